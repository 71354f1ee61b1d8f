// The article of one answer.

import { paintAlternatives } from "#chat/alternatives.js";
import { fromTemplate, part } from "#chat/elements.js";
import { showFailure } from "#chat/failure.js";
import { figures } from "#chat/figures.js";
import { FormattedText } from "#chat/formatted-text.js";
import { gettext } from "#chat/language.js";
import { hasOpenEnd } from "#chat/open-end.js";
import { noteOf, waitingText } from "#chat/outcome.js";
import { ReasoningView } from "#chat/reasoning-view.js";
import { scriptInTime } from "#chat/scripts.js";
import { isUnfinished } from "#chat/transcript.js";

/** @import { ShownMessage } from "#chat/transcript.js" */

/** @typedef {{alternatives: string[], isLast: boolean, modelName: string}} Surroundings  what the article shows besides the message */

export class AnswerView {
  element = fromTemplate("answer");
  #text = new FormattedText(part(this.element, "text"));
  #reasoning = new ReasoningView(this.element);
  /** @type {import("#chat/json-view.js").JsonView | null} of an answer in JSON mode, once its module is there */
  json = null;
  #isFetchingJson = false;
  #plain = "";
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
    this.#paintText(message, running);
    this.#reasoning.update(message);
    // The pieces below change with the state, not with each piece of text.
    const isSettled = this.#painted && this.#painted.generation?.status === message.generation?.status && running;
    if (!isSettled) this.#paintEnd(message, running);
    this.#paintWaiting(message, running);
    if (!isSettled) this.#paintSurroundings(message, surroundings);
    this.#painted = message;
  }

  /**
   * @param {ShownMessage} message
   * @param {boolean} running
   */
  #paintText(message, running) {
    if (!message.generation?.options?.json_mode) return this.#text.update(message.text, message.epoch, !running);
    if (this.json) return this.json.update(message.text, !running);
    this.#paintPlain(message.text);
    if (!this.#isFetchingJson) void this.#beginJson();
  }

  /** @param {string} text  shown as it came until its view is there */
  #paintPlain(text) {
    const element = part(this.element, "text");
    element.classList.toggle("unformatted", text !== "");
    if (text.startsWith(this.#plain)) element.append(text.slice(this.#plain.length));
    else element.textContent = text;
    this.#plain = text;
  }

  async #beginJson() {
    this.#isFetchingJson = true;
    const { JsonView } = await scriptInTime("#chat/json-view.js", () => import("#chat/json-view.js"));
    this.json = new JsonView();
    this.#paintPlain("");
    part(this.element, "text").after(this.json.element);
    if (this.#painted) this.#paintText(this.#painted, isUnfinished(this.#painted.generation));
  }

  /**
   * @param {ShownMessage} message
   * @param {boolean} running
   */
  #paintEnd(message, running) {
    const generation = message.generation;
    this.element.setAttribute("aria-busy", String(running));
    const note = part(this.element, "note");
    note.textContent = generation ? noteOf(generation) : "";
    note.hidden = note.textContent === "";
    const failed = generation?.status === "failed";
    const reason = generation?.error?.message ?? gettext("The answer could not be written. Your message is kept.");
    showFailure(part(this.element, "alert"), failed ? reason : null);
    for (const name of ["regenerate", "regenerate-with", "copy-message"]) this.#action(name).hidden = failed;
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
  #paintSurroundings(message, { alternatives, isLast, modelName }) {
    paintAlternatives(this.element, alternatives, message.id);
    const running = isUnfinished(message.generation);
    // While an answer is written only the way to its alternatives is there; the style sheet hides the rest.
    part(this.element, "actions").hidden = running && alternatives.length < 2;
    this.#action("continue").hidden = running || !isLast || !hasOpenEnd(message);
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
