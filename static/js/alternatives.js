// "2 / 3": which alternative of a message is shown, and the arrows to the others.

import { part } from "#chat/elements.js";
import { gettext } from "#chat/language.js";

/**
 * @param {HTMLElement} article
 * @param {string[]} alternatives  ids, oldest first
 * @param {string} id  of the one that is shown
 */
export function paintAlternatives(article, alternatives, id) {
  const index = alternatives.indexOf(id);
  const group = part(article, "alternatives");
  group.hidden = alternatives.length < 2;
  part(group, "alternative-number").textContent = `${index + 1} / ${alternatives.length}`;
  const label = gettext("Version {number} of {total}", { number: index + 1, total: alternatives.length });
  group.setAttribute("aria-label", label);
  disable(arrow(group, -1), index <= 0);
  disable(arrow(group, 1), index === alternatives.length - 1);
}

/**
 * The arrow keys step as the buttons do, in the direction of writing.
 * @param {Element} log
 * @param {(message: string, step: 1 | -1) => void} step
 */
export function stepByKeys(log, step) {
  log.addEventListener("keydown", (event) => {
    if (!(event instanceof KeyboardEvent) || event.altKey || event.ctrlKey || event.metaKey) return;
    const direction = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    const group = event.target instanceof Element ? event.target.closest("[data-part=alternatives]") : null;
    const message = group?.closest("article")?.dataset.message;
    if (!direction || !group || !message) return;
    event.preventDefault();
    step(message, getComputedStyle(group).direction === "rtl" ? (direction === 1 ? -1 : 1) : direction);
  });
}

/**
 * @param {HTMLElement} article
 * @param {1 | -1} step
 */
export function focusArrow(article, step) {
  arrow(part(article, "alternatives"), step).focus({ preventScroll: true });
  article.scrollIntoView({ block: "nearest" });
}

/**
 * @param {HTMLElement} group
 * @param {1 | -1} step
 */
function arrow(group, step) {
  const action = step === 1 ? "next-alternative" : "previous-alternative";
  return /** @type {HTMLButtonElement} */ (group.querySelector(`[data-action="${action}"]`));
}

/**
 * @param {HTMLButtonElement} button
 * @param {boolean} disabled
 */
function disable(button, disabled) {
  // Not the `disabled` attribute: it would drop the focus of who is just stepping through.
  button.setAttribute("aria-disabled", String(disabled));
}
