// Lets screen readers say the answer that is being written, sentence by sentence. The log itself is silent.

import { byId } from "#chat/elements.js";
import { Narrator } from "#chat/narrator.js";
import { isUnfinished } from "#chat/transcript.js";

/** @import { ShownMessage } from "#chat/transcript.js" */

/** Milliseconds between two pieces, so that they are not more than can be said. */
const RHYTHM = 1500;
/** Milliseconds that a piece stays: long enough to be noticed, gone before somebody searches the page. */
const KEPT = 5000;

export class ReadingAloud {
  #element = byId("reading-aloud", HTMLElement);
  #narrator = new Narrator();
  /** @type {ShownMessage | null} */
  #message = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {ShownMessage} message  an answer in the conversation on the page that has changed
   * @param {string} before  its text before the change
   */
  hear(message, before) {
    if (message.id !== this.#message?.id) {
      this.#narrator = new Narrator();
      this.#narrator.skip(before);
    }
    this.#message = message;
    if (!isUnfinished(message.generation)) return this.#say();
    this.#timer ??= setTimeout(() => this.#say(), RHYTHM);
  }

  #say() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#message) return;
    const text = this.#narrator.next(this.#message.text, !isUnfinished(this.#message.generation));
    if (!text) return;
    const piece = document.createElement("p");
    piece.dir = "auto";
    piece.textContent = text;
    this.#element.append(piece);
    setTimeout(() => piece.remove(), KEPT);
  }
}
