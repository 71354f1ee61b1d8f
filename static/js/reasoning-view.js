// The folded block with a thinking model's reasoning. Its text is put on the page only while it is unfolded.

import { part } from "#chat/elements.js";
import { FormattedText } from "#chat/formatted-text.js";
import { gettext } from "#chat/language.js";
import { duration } from "#chat/outcome.js";
import { isUnfinished } from "#chat/transcript.js";

/** @import { ShownMessage } from "#chat/transcript.js" */

export class ReasoningView {
  #root;
  #button;
  #label;
  #content;
  #text;
  /** @type {number | null} when this page saw the first reasoning of a running answer */
  #startedAt = null;
  /** @type {number | null} milliseconds, as seen by this page */
  #seen = null;

  /** @param {HTMLElement} article */
  constructor(article) {
    this.#root = part(article, "reasoning");
    this.#label = part(article, "reasoning-label");
    this.#content = part(article, "reasoning-text");
    this.#button = /** @type {HTMLElement} */ (this.#label.parentElement);
    this.#text = new FormattedText(this.#content);
  }

  get isOpen() {
    return this.#button.getAttribute("aria-expanded") === "true";
  }

  toggle() {
    this.#button.setAttribute("aria-expanded", String(!this.isOpen));
    this.#content.hidden = !this.isOpen;
  }

  /** @param {ShownMessage} message */
  update(message) {
    const hasReasoning = message.reasoning !== "";
    this.#root.hidden = !hasReasoning;
    if (!hasReasoning) return;
    const isThinking = isUnfinished(message.generation) && message.text === "";
    this.#measure(message, isThinking);
    this.#root.classList.toggle("reasoning-active", isThinking);
    const milliseconds = message.generation?.reasoning_ms ?? this.#seen;
    this.#setLabel(isThinking ? this.#thinkingLabel() : thoughtLabel(milliseconds));
    if (this.isOpen) this.#text.update(message.reasoning, message.epoch, !isThinking);
  }

  /**
   * @param {ShownMessage} message
   * @param {boolean} isThinking
   */
  #measure(message, isThinking) {
    // Reasoning that was there before this page looked has an unknown start.
    if (isThinking && this.#startedAt === null && message.generation?.seq === 1) this.#startedAt = performance.now();
    if (!isThinking && this.#startedAt !== null) {
      this.#seen ??= performance.now() - this.#startedAt;
    }
  }

  #thinkingLabel() {
    const seconds = this.#startedAt === null ? 0 : Math.floor((performance.now() - this.#startedAt) / 1000);
    return seconds < 3 ? gettext("Thinking…") : gettext("Thinking for {time}…", { time: duration(seconds * 1000) });
  }

  /** @param {string} label */
  #setLabel(label) {
    if (this.#label.textContent !== label) this.#label.textContent = label;
  }
}

/** @param {number | null} milliseconds */
function thoughtLabel(milliseconds) {
  return milliseconds === null ? gettext("Thought") : gettext("Thought for {time}", { time: duration(milliseconds) });
}
