// The article of one answer.

import { fromTemplate, part } from "#chat/elements.js";
import { showFailure } from "#chat/failure.js";
import { figures } from "#chat/figures.js";
import { gettext } from "#chat/language.js";
import { noteOf, waitingText } from "#chat/outcome.js";
import { ReasoningView } from "#chat/reasoning-view.js";
import { RichText } from "#chat/rich-text.js";
import { isUnfinished } from "#chat/transcript.js";

/** @import { ShownMessage } from "#chat/transcript.js" */

/** @typedef {{alternatives: string[], modelName: string}} Surroundings  what the article shows besides the message */

export class AnswerView {
  element = fromTemplate("answer");
  #text = new RichText(part(this.element, "text"));
  #reasoning = new ReasoningView(this.element);
  /** @type {ShownMessage | null} */
  #painted = null;

  /** @param {string} id */
  constructor(id) {
    this.element.dataset.message = id;
  }

  toggleReasoning() {
    this.#reasoning.toggle();
    if (this.#painted) this.#reasoning.update(this.#painted);
  }

  /**
   * @param {ShownMessage} message
   * @param {Surroundings} surroundings
   */
  update(message, surroundings) {
    const running = isUnfinished(message.generation);
    this.#text.update(message.text, message.epoch, !running);
    this.#reasoning.update(message);
    // The pieces below change with the state, not with each piece of text.
    const isSettled = this.#painted && this.#painted.generation?.status === message.generation?.status && running;
    if (!isSettled) this.#paintEnd(message, running);
    this.#paintWaiting(message, running);
    if (!running) this.#paintSurroundings(message, surroundings);
    this.#painted = message;
  }

  /**
   * @param {ShownMessage} message
   * @param {boolean} running
   */
  #paintEnd(message, running) {
    const generation = message.generation;
    this.element.setAttribute("aria-busy", String(running));
    part(this.element, "actions").hidden = running;
    const note = part(this.element, "note");
    note.textContent = generation ? noteOf(generation) : "";
    note.hidden = note.textContent === "";
    const failed = generation?.status === "failed";
    const reason = generation?.error?.message ?? gettext("The answer could not be written. Your message is kept.");
    showFailure(part(this.element, "alert"), failed ? reason : null);
    for (const name of ["regenerate", "copy-message"]) this.#action(name).hidden = failed;
    if (message.text !== "") this.#action("copy-message").hidden = false;
  }

  /**
   * @param {ShownMessage} message
   * @param {boolean} running
   */
  #paintWaiting(message, running) {
    const waiting = part(this.element, "waiting");
    const isEmpty = message.text === "" && message.reasoning === "";
    waiting.hidden = !(running && (isEmpty || message.waiting));
    if (waiting.hidden) return;
    part(waiting, "waiting-text").textContent = message.waiting ? waitingText(message.waiting) : "";
    waiting.setAttribute("aria-label", gettext("Waiting for the answer"));
  }

  /**
   * @param {ShownMessage} message
   * @param {Surroundings} surroundings
   */
  #paintSurroundings(message, { alternatives, modelName }) {
    const index = alternatives.indexOf(message.id);
    part(this.element, "alternatives").hidden = alternatives.length < 2;
    part(this.element, "alternative-number").textContent = `${index + 1} / ${alternatives.length}`;
    disable(this.#action("previous-alternative"), index <= 0);
    disable(this.#action("next-alternative"), index === alternatives.length - 1);
    if (message.generation) this.#paintFigures(figures(message.generation, modelName));
  }

  /** @param {[string, string][]} rows */
  #paintFigures(rows) {
    const list = part(this.element, "figures");
    list.replaceChildren(
      ...rows.flatMap(([label, value]) => {
        const term = document.createElement("dt");
        const description = document.createElement("dd");
        term.textContent = label;
        description.textContent = value;
        return [term, description];
      }),
    );
  }

  /** @param {string} name */
  #action(name) {
    return /** @type {HTMLButtonElement} */ (this.element.querySelector(`[data-action="${name}"]`));
  }
}

/**
 * @param {HTMLButtonElement} button
 * @param {boolean} disabled
 */
function disable(button, disabled) {
  // Not the `disabled` attribute: it would drop the focus of who is just stepping through.
  button.setAttribute("aria-disabled", String(disabled));
}
