// Fetched by itself, ahead of the page's other scripts: an Enter that comes before them sends when they are there.

import { sends } from "#chat/send-key.js";

/** What stood in the field when Enter was pressed */
let due = "";

document.addEventListener("keydown", note);

/** @param {KeyboardEvent} event */
function note(event) {
  if (!(event.target instanceof HTMLTextAreaElement) || event.target.id !== "message" || !sends(event)) return;
  event.preventDefault();
  due = event.target.value.trim() && event.target.value;
}

/**
 * From here on the composer listens itself.
 * @returns {string} what is to be sent, if it still stands in the field; empty for nothing
 */
export function takeEarlyEnter() {
  document.removeEventListener("keydown", note);
  const text = due;
  due = "";
  return text;
}
