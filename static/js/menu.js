// The menu of a conversation in the list: one popover, placed at the button that asked for it.

import { byId } from "#chat/elements.js";

export class Menu {
  #menu;
  /** @type {HTMLElement | null} */
  #opener = null;

  /** @param {string} id */
  constructor(id) {
    this.#menu = byId(id, HTMLElement);
    this.#menu.addEventListener("keydown", (event) => this.#pressed(event));
    this.#menu.addEventListener("toggle", () => {
      if (!this.#menu.matches(":popover-open") && document.activeElement === document.body) this.#opener?.focus();
    });
  }

  /** What the opener belongs to. */
  get subject() {
    const element = this.#opener?.closest("[data-conversation], [data-folder]");
    return element?.getAttribute("data-conversation") ?? element?.getAttribute("data-folder") ?? null;
  }

  /** @param {HTMLElement} opener */
  open(opener) {
    this.#opener = opener;
    this.#menu.showPopover();
    const { left, right, bottom, top } = opener.getBoundingClientRect();
    const { width, height } = this.#menu.getBoundingClientRect();
    const y = bottom + height + 4 > innerHeight ? top - height - 4 : bottom + 4;
    const x = this.#menu.matches(":dir(rtl)") ? right - width : left;
    this.#menu.style.left = `${Math.max(8, Math.min(x, innerWidth - width - 8))}px`;
    this.#menu.style.top = `${Math.max(8, y)}px`;
    this.#items[0]?.focus();
  }

  close() {
    this.#menu.hidePopover();
  }

  get #items() {
    return /** @type {HTMLElement[]} */ ([...this.#menu.querySelectorAll("[role=menuitem]")]);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const index = this.#items.findIndex((item) => item === document.activeElement);
    this.#items.at((index + step) % this.#items.length)?.focus();
  }
}
