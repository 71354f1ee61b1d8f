// Cuts Markdown that is still being written into blocks. A settled block will not be changed by any text to come, so
// that it is parsed and put on the page once; only the last, open block is rendered again.
//
// Two settled blocks rendered alone must look like both rendered together. Where that is uncertain the block stays open:
// too large a block costs time, too small a one shows wrong text.

import { closesMath, LONGEST_BLOCK, mathOpening } from "#chat/math-syntax.js";

const BLANK = /^[ \t\r\n]*$/;
const FENCE = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})\s*(.*)$/s;
const HEADING = /^ {0,3}#{1,6}([ \t\r\n]|$)/;
const LIST_ITEM = /^ {0,3}([-*+]|\d{1,9}[.)])([ \t\r\n]|$)/;

/** @typedef {"fence" | "math" | "list" | "indented" | "text"} Kind */

export class BlockSplitter {
  /** The text of the open block. */
  open = "";
  /** @type {Kind | null} null before the block's first line with content is complete */
  #kind = null;
  /** Where the first incomplete line begins in `open`. */
  #lineStart = 0;
  #afterBlank = false;
  /** @type {string | null} the marks of a fence that is open: the block itself, or one inside a list */
  #fence = null;
  #info = "";
  #contentStart = 0;
  #closing = "";
  #mathLines = 0;

  /**
   * @param {string} text  what is new
   * @returns {string[]} the blocks that it settles, in order
   */
  feed(text) {
    /** @type {string[]} */
    const settled = [];
    this.open += text;
    let end = this.open.indexOf("\n", this.#lineStart);
    while (end >= 0) {
      const before = this.open.length;
      this.#line(this.open.slice(this.#lineStart, end + 1), end + 1, settled);
      // Settling takes text away from the front.
      this.#lineStart = end + 1 - (before - this.open.length);
      end = this.open.indexOf("\n", this.#lineStart);
    }
    return settled;
  }

  /** @returns {string[]} what is left when the text is complete */
  finish() {
    const rest = this.open;
    this.#reset("");
    this.#lineStart = 0;
    return BLANK.test(rest) ? [] : [rest];
  }

  /** @returns {{info: string, code: string} | null} the open block, when it is a fenced code block */
  get openFence() {
    if (this.#kind !== "fence") return null;
    return { info: this.#info, code: this.open.slice(this.#contentStart) };
  }

  /**
   * @param {string} line  with its line break
   * @param {number} end  where it ends in `open`
   * @param {string[]} settled
   */
  #line(line, end, settled) {
    if (this.#kind === "fence") {
      if (this.#closesFence(line)) this.#settle(end, settled);
      return;
    }
    if (this.#kind === "math") {
      this.#mathLines += 1;
      if (closesMath(line, this.#closing)) this.#settle(end, settled);
      else if (this.#mathLines > LONGEST_BLOCK) this.#kind = "text";
      return;
    }
    if (BLANK.test(line)) {
      this.#afterBlank = this.#kind !== null;
      return;
    }
    if (this.#kind !== null && this.#beginsBlock(line)) end -= this.#settle(this.#lineStart, settled);
    this.#afterBlank = false;
    if (this.#kind === "list") this.#watchFence(line);
    else if (this.#kind === null && this.#begin(line, end)) this.#settle(end, settled);
  }

  /** @param {string} line */
  #beginsBlock(line) {
    const interrupts = FENCE.test(line) || HEADING.test(line) || mathOpening(line) !== null;
    if (this.#kind === "list") {
      // A line that is not indented ends a list, unless it is the next item; a fence left open inside is not judged.
      if (this.#fence !== null || /^[ \t]/.test(line)) return false;
      return interrupts || (this.#afterBlank && !LIST_ITEM.test(line));
    }
    if (this.#kind === "indented" && this.#afterBlank) return !/^( {4}| {0,3}\t)/.test(line);
    return this.#afterBlank || interrupts;
  }

  /**
   * @param {string} line
   * @param {number} end
   * @returns {boolean} whether the line is a whole block: a heading, a formula
   */
  #begin(line, end) {
    const fence = FENCE.exec(line);
    const math = mathOpening(line);
    if (fence) {
      this.#kind = "fence";
      this.#fence = fence[1];
      this.#info = fence[2].trim();
      this.#contentStart = end;
    } else if (math) {
      this.#kind = "math";
      this.#closing = math.closing;
      this.#mathLines = 0;
      return math.closed;
    } else if (LIST_ITEM.test(line)) {
      this.#kind = "list";
      this.#watchFence(line.replace(LIST_ITEM, ""));
    } else {
      this.#kind = /^( {4}| {0,3}\t)/.test(line) ? "indented" : "text";
    }
    return HEADING.test(line);
  }

  /**
   * Inside a list only whether a fence is open matters.
   * @param {string} line
   */
  #watchFence(line) {
    const trimmed = line.replace(/^[ \t]*((?:[-*+]|\d{1,9}[.)])[ \t]+)*[ \t]*/, "");
    if (this.#fence !== null) {
      if (this.#closesFence(line.trimStart())) this.#fence = null;
    } else {
      this.#fence = FENCE.exec(trimmed)?.[1] ?? null;
    }
  }

  /** @param {string} line */
  #closesFence(line) {
    const marks = /^ {0,3}(`{3,}|~{3,})[ \t\r\n]*$/.exec(line)?.[1];
    return marks !== undefined && this.#fence !== null && marks.startsWith(this.#fence);
  }

  /**
   * @param {number} end
   * @param {string[]} settled
   * @returns {number} how much was taken from the front of `open`
   */
  #settle(end, settled) {
    settled.push(this.open.slice(0, end));
    this.#reset(this.open.slice(end));
    this.#lineStart = 0;
    return end;
  }

  /** @param {string} open */
  #reset(open) {
    this.open = open;
    this.#kind = null;
    this.#fence = null;
    this.#afterBlank = false;
  }
}
