// "Another answer with …": model and thinking level of one more answer to the same question.

import { Choices } from "#chat/choices.js";
import { byId } from "#chat/elements.js";

/** @import { Config, Generation, Thinking } from "#chat/protocol.js" */

/** Pixels */
const GAP = 4;
const EDGE = 8;

export class AgainMenu {
  #menu = byId("again-menu", HTMLFormElement);
  #choices;
  /** @type {((choice: {model: string, thinking: Thinking}) => void) | null} */
  #onChosen = null;

  /** @param {Config} config */
  constructor(config) {
    const model = byId("again-model", HTMLSelectElement);
    this.#choices = new Choices(config, model, byId("again-thinking", HTMLSelectElement));
    this.#menu.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#menu.hidePopover();
      this.#onChosen?.(this.#choices.value);
    });
  }

  /**
   * @param {HTMLElement} opener
   * @param {Generation} generation  of the answer that is there
   * @param {(choice: {model: string, thinking: Thinking}) => void} onChosen
   */
  open(opener, generation, onChosen) {
    this.#onChosen = onChosen;
    this.#choices.choose(generation.model, generation.thinking);
    this.#menu.showPopover();
    const { left, top, bottom } = opener.getBoundingClientRect();
    const { width, height } = this.#menu.getBoundingClientRect();
    const y = bottom + height + GAP > innerHeight ? top - height - GAP : bottom + GAP;
    this.#menu.style.left = `${Math.max(EDGE, Math.min(left, innerWidth - width - EDGE))}px`;
    this.#menu.style.top = `${Math.max(EDGE, y)}px`;
    byId("again-model", HTMLSelectElement).focus();
  }
}
