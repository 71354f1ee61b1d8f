// The alert inside of a message: what went wrong and "Try again".

import { byId, part } from "#chat/elements.js";

/**
 * @param {HTMLElement} alert
 * @param {string | null} text  null takes the alert away
 * @param {{canEdit?: boolean}} [options]
 */
export function showFailure(alert, text, { canEdit = false } = {}) {
  alert.hidden = text === null;
  if (text === null) return alert.replaceChildren();
  // Screen readers read an alert out whenever its content changes, even to the same.
  if (alert.querySelector("[data-part=failure-text]")?.textContent === text) return;
  const template = byId("failure", HTMLTemplateElement);
  const content = document.importNode(template.content, true);
  part(content, "failure-text").textContent = text;
  const edit = content.querySelector('[data-action="edit-unsent"]');
  if (edit instanceof HTMLElement) edit.hidden = !canEdit;
  alert.replaceChildren(content);
}
