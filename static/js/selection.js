// Several conversations at once: boxes beside the titles, and a bar with what can be done to those that are ticked.

import { byId, onAction, part } from "#chat/elements.js";
import { gettext, ngettext } from "#chat/language.js";

/** @import { Sidebar } from "#chat/sidebar.js" */

export class Selection {
  #sidebar;
  #bar = byId("selection-bar", HTMLElement);
  #tools = byId("sidebar-tools", HTMLElement);

  /**
   * @param {Sidebar} sidebar
   * @param {HTMLElement} nav
   */
  constructor(sidebar, nav) {
    this.#sidebar = sidebar;
    nav.addEventListener("change", (event) => {
      const id = event.target instanceof HTMLInputElement && event.target.closest("[data-conversation]")?.getAttribute("data-conversation");
      if (id) this.toggle(id);
    });
    onAction(nav, {
      "open-conversation": (element, event) => {
        const id = element.closest("[data-conversation]")?.getAttribute("data-conversation");
        if (id && this.isActive && !(event instanceof MouseEvent && (event.ctrlKey || event.metaKey || event.shiftKey))) this.toggle(id);
      },
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.#sidebar.selection && !document.querySelector(":popover-open, dialog[open]")) this.end();
    });
  }

  get isActive() {
    return this.#sidebar.selection !== null;
  }

  /** @param {string} [id]  ticked at once */
  begin(id) {
    this.#sidebar.selection = new Set(id ? [id] : []);
    this.#render();
  }

  /** @param {string} id */
  toggle(id) {
    const { selection } = this.#sidebar;
    if (!selection) return;
    if (!selection.delete(id)) selection.add(id);
    this.#render();
  }

  end() {
    this.#sidebar.selection = null;
    this.#render();
  }

  /**
   * @param {(ids: string[]) => unknown} act  on those that are ticked, if any are; then the selection is over
   */
  use(act) {
    const ids = [...(this.#sidebar.selection ?? [])];
    if (ids.length === 0) return;
    this.end();
    act(ids);
  }

  #render() {
    const count = this.#sidebar.selection?.size ?? 0;
    this.#sidebar.render();
    this.#bar.hidden = !this.isActive;
    this.#tools.hidden = this.isActive;
    part(this.#bar, "count").textContent = ngettext("{n} selected", "{n} selected", count);
    part(this.#bar, "archive-label").textContent = this.#sidebar.view === "archive" ? gettext("Back to the list") : gettext("Archive");
    for (const button of this.#bar.querySelectorAll("button")) {
      if (button.dataset.action !== "selection-end") button.disabled = count === 0;
    }
  }
}
