// What keys mean in fields of text.

/**
 * @param {KeyboardEvent} event
 * @returns {boolean} whether it is the Enter that sends
 */
export function isFinalEnter(event) {
  // Enter that ends the choice of an input method is no Enter (229 is how Safari says so).
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return false;
  // A keyboard on the screen has no Shift+Enter: there Enter makes a line and the button sends.
  return !matchMedia("(pointer: coarse) and (hover: none)").matches;
}
