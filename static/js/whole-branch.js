// Some of what browsers do with a page goes through all of it: their search, "select all" and printing. A long chat comes
// to the page as a whole before.

import { byId } from "#chat/elements.js";
import { gettext } from "#chat/language.js";
import { toast } from "#chat/notices.js";

/**
 * @param {() => boolean} isPart  whether there is more than what is on the page
 * @param {() => Promise<void>} bring  the rest; rejects when it did not work
 */
export function bringWhole(isPart, bring) {
  addEventListener("keydown", (event) => {
    const key = wanted(event);
    if (!key || event.defaultPrevented || !isPart()) return;
    // The search finds what comes in while it is open; the others work on what is there when they begin.
    if (key !== "f") event.preventDefault();
    toast(gettext("The earlier messages of this chat are being loaded…"));
    void bring()
      .catch(() => toast(gettext("Earlier messages could not be loaded. Check your connection and try again.")))
      .then(() => then(key));
  });
}

/** @param {string} key */
function then(key) {
  if (key === "a") getSelection()?.selectAllChildren(byId("log", HTMLElement));
  if (key === "p") print();
}

/**
 * @param {KeyboardEvent} event
 * @returns {"f" | "a" | "p" | null}
 */
function wanted(event) {
  if (event.key === "F3") return "f";
  if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return null;
  const isWriting = event.target instanceof HTMLElement && event.target.matches("input, textarea, select");
  const key = event.key.toLowerCase();
  if (key === "a" && isWriting) return null;
  return key === "f" || key === "a" || key === "p" ? key : null;
}
