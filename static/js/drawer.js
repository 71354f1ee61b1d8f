// Shows and hides the sidebar: a column on wide screens, a drawer above the page on narrow ones.

import { byId } from "#chat/elements.js";

const NARROW = matchMedia("(max-width: 52rem)");

export class Drawer {
  #sidebar = byId("sidebar", HTMLElement);
  #main = byId("chat", HTMLElement);
  #opener = byId("open-sidebar", HTMLButtonElement);

  constructor() {
    NARROW.addEventListener("change", () => this.#set(!NARROW.matches));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && NARROW.matches && this.isOpen && !document.querySelector(":popover-open, dialog[open]")) {
        this.toggle();
      }
    });
    this.#set(!NARROW.matches);
  }

  get isOpen() {
    return document.body.dataset.sidebar === "open";
  }

  toggle() {
    this.#set(!this.isOpen);
    if (this.isOpen) this.#sidebar.querySelector("button")?.focus();
    else this.#opener.focus();
  }

  /** After something in the drawer was chosen; a column stays. */
  closeIfNarrow() {
    if (NARROW.matches && this.isOpen) this.#set(false);
  }

  /** @param {boolean} open */
  #set(open) {
    document.body.dataset.sidebar = open ? "open" : "closed";
    this.#sidebar.inert = !open;
    this.#main.inert = open && NARROW.matches;
    this.#opener.setAttribute("aria-expanded", String(open));
  }
}
