// Offers for some seconds to take back what was done. The server keeps it a little longer than the offer lasts.

import { byId, part } from "#chat/elements.js";

/** Milliseconds */
const OFFERED_FOR = 10_000;

export class Undo {
  #box = byId("undo", HTMLElement);
  /** @type {(() => void) | null} */
  #take = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  constructor() {
    part(this.#box, "button").addEventListener("click", () => this.#undo());
    document.addEventListener("keydown", (event) => {
      const isField = event.target instanceof HTMLElement && event.target.matches("input, textarea, [contenteditable]");
      if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey || isField || !this.#take) return;
      event.preventDefault();
      this.#undo();
    });
  }

  /**
   * @param {string} text  what was done
   * @param {() => void} take  takes it back
   */
  offer(text, take) {
    clearTimeout(this.#timer);
    this.#take = take;
    this.#box.hidden = false;
    part(this.#box, "text").textContent = text;
    this.#timer = setTimeout(() => this.withdraw(), OFFERED_FOR);
  }

  #undo() {
    const take = this.#take;
    this.withdraw();
    take?.();
  }

  /** Ends the offer. */
  withdraw() {
    clearTimeout(this.#timer);
    this.#take = null;
    this.#box.hidden = true;
    part(this.#box, "text").textContent = "";
  }
}
