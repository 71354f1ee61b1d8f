// Keyboard shortcuts and the sheet that lists them. Chords work wherever the focus is and are free in browsers and screen
// readers: Alt+Shift, on a Mac Control+Shift. Single keys work while nothing is being typed, and can be switched off.

import { byId, onAction } from "#chat/elements.js";
import { gettext } from "#chat/language.js";

/** @typedef {{key: string, chord: boolean, text: string, run: () => void}} Shortcut */

const IS_MAC = /mac|iphone|ipad/i.test(navigator.platform);
const CHORD = IS_MAC ? ["⌃", "⇧"] : ["Alt", gettext("Shift")];
const STORED = "single-keys";

export class Shortcuts {
  #sheet = byId("shortcuts-dialog", HTMLDialogElement);
  #singleKeys = byId("single-keys", HTMLInputElement);
  /** @type {Shortcut[]} */
  #all = [
    { key: "n", chord: true, text: gettext("New chat"), run: () => click("[data-action=new-chat]") },
    { key: "f", chord: true, text: gettext("Search chats"), run: search },
    { key: "/", chord: false, text: gettext("Search chats"), run: search },
    { key: "m", chord: true, text: gettext("Write a message"), run: () => document.getElementById("message")?.focus() },
    { key: "x", chord: true, text: gettext("Stop the answer"), run: () => click("#stop") },
    { key: "c", chord: true, text: gettext("Copy the last answer"), run: () => clickLast("[data-action=copy-message]") },
    { key: "s", chord: true, text: gettext("Show or hide the sidebar"), run: () => click("[data-action=toggle-sidebar]") },
    { key: "j", chord: true, text: gettext("Next chat"), run: () => step(1) },
    { key: "k", chord: true, text: gettext("Previous chat"), run: () => step(-1) },
    { key: "?", chord: false, text: gettext("This list"), run: () => this.show() },
  ];

  /** @param {HTMLElement[]} early  what was clicked before this was there */
  constructor(early) {
    this.#singleKeys.checked = stored() !== "off";
    this.#singleKeys.addEventListener("change", () => store(this.#singleKeys.checked ? "on" : "off"));
    document.addEventListener("keydown", (event) => this.#pressed(event));
    onAction(document, { "show-shortcuts": () => this.show() }, early);
  }

  show() {
    const list = byId("shortcuts-list", HTMLElement);
    list.replaceChildren(...this.#all.flatMap(({ key, chord, text }) => row(text, chord ? [...CHORD, key] : [key])));
    if (!this.#sheet.open) this.#sheet.showModal();
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.defaultPrevented || event.isComposing || event.repeat) return;
    const shortcut = this.#all.find((each) => (each.chord ? isChord(event, each.key) : this.#isSingle(event, each.key)));
    // What a dialog asks comes first.
    if (!shortcut || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    shortcut.run();
  }

  /**
   * @param {KeyboardEvent} event
   * @param {string} key
   */
  #isSingle(event, key) {
    if (event.key !== key || event.ctrlKey || event.metaKey || event.altKey) return false;
    return this.#singleKeys.checked && !isTyping(event.target);
  }
}

/**
 * By the key's letter, or by its place where the layout has no Latin letters.
 * @param {KeyboardEvent} event
 * @param {string} key
 */
function isChord(event, key) {
  const held = IS_MAC ? event.ctrlKey && !event.altKey : event.altKey && !event.ctrlKey;
  if (!held || !event.shiftKey || event.metaKey) return false;
  const letter = event.key.toLowerCase();
  return /^[a-z]$/.test(letter) ? letter === key : event.code === `Key${key.toUpperCase()}`;
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** @param {string} selector */
function click(selector) {
  const found = [...document.querySelectorAll(selector)].find((element) => element instanceof HTMLElement && !element.hidden);
  if (found instanceof HTMLElement) found.click();
}

/** @param {string} selector */
function clickLast(selector) {
  const found = [...document.querySelectorAll(`.message-answer ${selector}`)].at(-1);
  if (found instanceof HTMLElement) found.click();
}

function search() {
  const field = document.querySelector(".sidebar input[type=search]");
  if (!(field instanceof HTMLElement)) return;
  if (document.body.dataset.sidebar !== "open") click("#open-sidebar");
  field.focus();
}

/** @param {1 | -1} direction  in the list as it is shown */
function step(direction) {
  const links = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("#conversations [data-conversation] a")]);
  const current = links.findIndex((link) => link.getAttribute("aria-current") === "page");
  const next = current < 0 ? (direction > 0 ? 0 : -1) : current + direction;
  if (next >= 0) links[next]?.click();
}

/**
 * @param {string} text
 * @param {string[]} keys
 */
function row(text, keys) {
  const term = document.createElement("dt");
  term.textContent = text;
  const description = document.createElement("dd");
  description.append(...keys.map(keyCap));
  return [term, description];
}

/** @param {string} key */
function keyCap(key) {
  const cap = document.createElement("kbd");
  cap.textContent = key.length === 1 ? key.toUpperCase() : key;
  return cap;
}

function stored() {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null; // Storage is switched off.
  }
}

/** @param {string} value */
function store(value) {
  try {
    localStorage.setItem(STORED, value);
  } catch {
    // Storage is switched off: the choice holds for this page.
  }
}
