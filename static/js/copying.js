// What a copy button does, and says.

import { copy } from "#chat/clipboard.js";
import { gettext } from "#chat/language.js";
import { announce, toast } from "#chat/notices.js";

/** Milliseconds that a button says that it worked */
const COPIED_FOR = 2000;

/**
 * @param {HTMLElement} button
 * @param {string} text
 */
export async function copyWith(button, text) {
  if (!(await copy(text))) {
    return toast(gettext("The browser did not let this page copy. Select the text and copy it by hand."));
  }
  announce(gettext("Copied."));
  const use = button.querySelector("use");
  const label = button.querySelector("[data-part=copy-label]");
  const usual = label?.getAttribute("data-usual") ?? label?.textContent ?? "";
  use?.setAttribute("href", "#icon-check");
  if (label) {
    label.setAttribute("data-usual", usual);
    label.textContent = gettext("Copied");
  }
  setTimeout(() => {
    use?.setAttribute("href", "#icon-copy");
    if (label) label.textContent = usual;
  }, COPIED_FOR);
}
