// Which key sends.

/** @typedef {"send" | "newline" | "none"} Meaning */

/**
 * @param {KeyboardEvent} event
 * @returns {boolean} whether this key sends what is in a field, as the person has chosen
 */
export function sends(event) {
  const setting = document.getElementById("message")?.dataset.sendKey ?? "enter";
  return meaningOf(event, setting, matchMedia("(pointer: coarse) and (hover: none)").matches) === "send";
}

/**
 * Pure.
 * @param {KeyboardEvent} event
 * @param {string} setting  "enter": Enter sends and Shift+Enter makes a line; anything else: the other way round
 * @param {boolean} isTouch  a keyboard on the screen, which has no Shift+Enter: there the button sends
 * @returns {Meaning} "newline" is left to the browser
 */
export function meaningOf(event, setting, isTouch) {
  // Enter that ends the choice of an input method is no Enter (229 is how Safari says so).
  if (event.key !== "Enter" || event.isComposing || event.keyCode === 229 || event.altKey) return "none";
  if (event.ctrlKey || event.metaKey) return "send";
  if (isTouch) return "newline";
  return (setting === "enter") !== event.shiftKey ? "send" : "newline";
}
