// Questions to the person.

import { byId } from "#chat/elements.js";

/**
 * @param {string} title  the present one
 * @returns {Promise<string | null>} the new one; null when the person changed their mind
 */
export async function askTitle(title) {
  const dialog = byId("rename-dialog", HTMLDialogElement);
  const field = byId("rename-title", HTMLInputElement);
  field.value = title;
  const confirmed = await answered(dialog, () => field.select());
  const answer = field.value.trim();
  field.value = "";
  return confirmed && answer ? answer : null;
}

/**
 * @param {HTMLDialogElement} dialog
 * @param {() => void} [opened]
 * @returns {Promise<boolean>} whether it was closed by its confirming button
 */
export function answered(dialog, opened) {
  return new Promise((resolve) => {
    dialog.returnValue = "";
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "confirm"), { once: true });
    dialog.showModal();
    opened?.();
  });
}
