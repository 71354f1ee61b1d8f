// Short messages to the person: on screen, or for screen readers only.

import { byId } from "#chat/elements.js";

/** Milliseconds */
const SHOWN_FOR = 7000;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** @param {string} text  shown for some seconds */
export function toast(text) {
  const element = byId("toast", HTMLElement);
  clearTimeout(timer);
  element.hidden = false;
  element.textContent = text;
  timer = setTimeout(() => {
    element.hidden = true;
    element.textContent = "";
  }, SHOWN_FOR);
}

/** @param {string} text  read out by screen readers. The log itself is silent, or every token would be read. */
export function announce(text) {
  if (text) byId("announcer", HTMLElement).textContent = text;
}
