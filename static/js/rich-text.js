// Formatted text that grows. Settled blocks are put on the page once; the open one is painted again as it grows.

import { BlockSplitter } from "#chat/blocks.js";
import { dressCode, OpenCode } from "#chat/code.js";
import { languageOf, toHtml } from "#chat/markdown.js";
import { typeset } from "#chat/math.js";
import { cleanText } from "#chat/sanitize.js";

/** @import { Env } from "markdown-it" */

/** Painting the open block may take this share of the time; a long table or list is painted less often. */
const SHARE = 1 / 5;

export class RichText {
  #element;
  #splitter = new BlockSplitter();
  /** @type {Env} */
  #env = {};
  /** @type {ChildNode[]} what the open block looks like at the moment */
  #openNodes = [];
  /** @type {OpenCode | null} */
  #openCode = null;
  #length = 0;
  #epoch = 0;
  #done = false;
  #paintAgainAt = 0;

  /** @param {HTMLElement} element  empty, and left alone by everybody else */
  constructor(element) {
    this.#element = element;
  }

  /**
   * @param {string} text  the whole text; it begins with the text of the call before unless `epoch` is another one
   * @param {number} epoch
   * @param {boolean} done  whether the text is complete
   * @returns {boolean} false when a part was left for later and another call is due
   */
  update(text, epoch, done) {
    if (epoch !== this.#epoch || (this.#done && text.length > this.#length)) this.#clear(epoch);
    if (this.#done) return true;
    const settled = this.#splitter.feed(text.slice(this.#length));
    this.#length = text.length;
    this.#done = done;
    const rest = done ? this.#splitter.finish() : [];
    const blocks = [...settled, ...rest];
    if (blocks.length > 0) this.#append(blocks);
    if (done) this.#resolveReferences(text);
    return done || this.#paintOpen(blocks.length > 0);
  }

  /** @param {number} epoch */
  #clear(epoch) {
    this.#element.replaceChildren();
    this.#splitter = new BlockSplitter();
    this.#env = {};
    this.#openNodes = [];
    this.#openCode = null;
    this.#length = 0;
    this.#epoch = epoch;
    this.#done = false;
    this.#paintAgainAt = 0;
  }

  /** @param {string[]} blocks */
  #append(blocks) {
    this.#removeOpen();
    for (const block of blocks) this.#element.append(...this.#nodes(block, this.#env));
  }

  /** @param {boolean} moved  whether the open block is another one than before */
  #paintOpen(moved) {
    const start = performance.now();
    const fence = this.#splitter.openFence;
    if (fence) {
      this.#paintCode(fence);
    } else if (moved || start >= this.#paintAgainAt) {
      this.#removeOpen();
      // Half an address must not become the definition of a reference, so the references are copied.
      const env = { references: { ...this.#env.references }, streaming: true };
      this.#openNodes = this.#nodes(this.#splitter.open, env);
      this.#element.append(...this.#openNodes);
      this.#paintAgainAt = start + (performance.now() - start) / SHARE;
    } else {
      return false;
    }
    return true;
  }

  /** @param {{info: string, code: string}} fence */
  #paintCode({ info, code }) {
    if (!this.#openCode) {
      this.#removeOpen();
      this.#openCode = new OpenCode(languageOf(info));
      this.#openNodes = [this.#openCode.element];
      this.#element.append(this.#openCode.element);
    }
    this.#openCode.update(code);
  }

  #removeOpen() {
    for (const node of this.#openNodes) node.remove();
    this.#openNodes = [];
    this.#openCode = null;
  }

  /**
   * Models put link definitions at the end, when the blocks that use them are long settled.
   * @param {string} text
   */
  #resolveReferences(text) {
    if (Object.keys(this.#env.references ?? {}).length > 0) this.#element.replaceChildren(...this.#nodes(text, {}));
  }

  /**
   * @param {string} markdown
   * @param {Env} env
   * @returns {ChildNode[]}
   */
  #nodes(markdown, env) {
    const fragment = cleanText(toHtml(markdown, env));
    dressCode(fragment);
    typeset(fragment);
    return [...fragment.childNodes];
  }
}
