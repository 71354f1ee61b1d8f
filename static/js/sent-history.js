// What the person has sent in the shown conversation, to be brought back by arrow-up. No DOM.

export class SentHistory {
  /** @type {string[]} oldest first */
  #texts = [];
  /** How many steps back; 0: not in the history */
  #back = 0;

  /** @param {string[]} texts  oldest first */
  begin(texts) {
    this.#texts = texts.filter((text, index) => text !== texts[index + 1]);
    this.#back = 0;
  }

  /** @param {string[]} texts  the same, with older ones before them */
  extend(texts) {
    const back = this.#back;
    this.begin(texts);
    this.#back = back;
  }

  get isActive() {
    return this.#back > 0;
  }

  /** @param {string} text  whether it is the one that the history shows */
  shows(text) {
    return this.isActive && text === this.#texts.at(-this.#back);
  }

  /** @returns {string | null} the text before; null when there is none */
  older() {
    if (this.#back >= this.#texts.length) return null;
    this.#back += 1;
    return this.#texts.at(-this.#back) ?? null;
  }

  /** @returns {string | null} the text after, "" behind the newest; null outside of the history */
  newer() {
    if (this.#back === 0) return null;
    this.#back -= 1;
    return this.#back === 0 ? "" : (this.#texts.at(-this.#back) ?? null);
  }

  leave() {
    this.#back = 0;
  }
}
