// Cuts Markdown that is still being written into blocks. A settled block will not be changed by any text to come, so
// that it is parsed and put on the page once; only the last, open block is rendered again. Long lists and tables settle
// by parts: an item, a row.
//
// Two settled blocks rendered alone must look like both rendered together. Where that is uncertain the block stays open:
// too large a block costs time, too small a one shows wrong text.

import { BLANK, DEEP, FENCE, HEADING, LIST_ITEM, markerOf, QUOTE, RULE } from "#chat/line-syntax.js";
import { closesMath, LONGEST_BLOCK, mathOpening } from "#chat/math-syntax.js";
import { isDelimiterOf } from "#chat/table-syntax.js";

/** @typedef {"fence" | "math" | "list" | "table" | "indented" | "text"} Kind */

/**
 * @typedef {object} Block
 * @property {string} source
 * @property {string} head  of the table that `source` is rows of, "" for all else: rendered are both together
 * @property {boolean} joins  whether it goes on with the list or table of the block before
 * @property {boolean} loose  whether it belongs to a list whose items are known to stand apart
 */

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
  /** Lines with content of an open block of text. */
  #lines = 0;
  /** The first line of the open block of text, where a table may begin. */
  #first = "";
  /** What ends the marker of a list's items: items with another one are another list. "" for a list that is indented. */
  #marker = "";
  #head = "";
  #joins = false;
  #loose = false;

  /**
   * @param {string} text  what is new
   * @returns {Block[]} the blocks that it settles, in order
   */
  feed(text) {
    /** @type {Block[]} */
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

  /** @returns {Block[]} what is left when the text is complete */
  finish() {
    const rest = this.openBlock;
    this.#reset("");
    this.#lineStart = 0;
    return BLANK.test(rest.source) ? [] : [rest];
  }

  /** @returns {Block} what is not settled yet */
  get openBlock() {
    return { source: this.open, head: this.#head, joins: this.#joins, loose: this.#loose };
  }

  /** @returns {{info: string, code: string} | null} the open block, when it is a fenced code block */
  get openFence() {
    if (this.#kind !== "fence") return null;
    return { info: this.#info, code: this.open.slice(this.#contentStart) };
  }

  /**
   * @param {string} line  with its line break
   * @param {number} end  where it ends in `open`
   * @param {Block[]} settled
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
    if (this.#kind === "list" && this.#isNextItem(line)) end -= this.#settleItem(this.#lineStart, settled);
    else if (this.#kind !== null && this.#beginsBlock(line)) end -= this.#settle(this.#lineStart, settled);
    this.#afterBlank = false;
    if (this.#kind === "list") this.#watchFence(line);
    else if (this.#kind === "table") this.#settleRow(end, settled, this.#head);
    else if (this.#kind === "text") this.#watchTable(line, end, settled);
    else if (this.#kind === null && this.#begin(line, end)) this.#settle(end, settled);
  }

  /**
   * A marker without indentation begins an item of the outermost list, whatever stands before it.
   * @param {string} line
   */
  #isNextItem(line) {
    return this.#marker !== "" && this.#fence === null && markerOf(line) === this.#marker;
  }

  /** @param {string} line */
  #beginsBlock(line) {
    const interrupts = FENCE.test(line) || HEADING.test(line) || mathOpening(line) !== null;
    if (this.#kind === "table") {
      const ends = this.#afterBlank || RULE.test(line) || LIST_ITEM.test(line) || QUOTE.test(line) || DEEP.test(line);
      return ends || interrupts;
    }
    if (this.#kind === "list") {
      // A line that is not indented ends a list, unless it is the next item; a fence left open inside is not judged.
      if (this.#fence !== null || /^[ \t]/.test(line)) return false;
      const isOther = this.#marker !== "" && !["", this.#marker].includes(markerOf(line));
      return interrupts || isOther || (this.#afterBlank && !LIST_ITEM.test(line));
    }
    if (this.#kind === "indented" && this.#afterBlank) return !DEEP.test(line);
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
      this.#marker = RULE.test(line) ? "" : markerOf(line);
      this.#watchFence(line.replace(LIST_ITEM, ""));
    } else {
      this.#kind = DEEP.test(line) ? "indented" : "text";
      this.#first = line;
      this.#lines = 1;
    }
    return HEADING.test(line);
  }

  /**
   * The second line says whether a text is a table.
   * @param {string} line
   * @param {number} end
   * @param {Block[]} settled
   */
  #watchTable(line, end, settled) {
    this.#lines += 1;
    if (this.#lines !== 2 || !isDelimiterOf(this.#first, line)) return;
    this.#settleRow(end, settled, this.open.slice(0, end));
  }

  /**
   * @param {number} end
   * @param {Block[]} settled
   * @param {string} head  of the table
   */
  #settleRow(end, settled, head) {
    this.#settle(end, settled);
    this.#kind = "table";
    this.#head = head;
    this.#joins = true;
  }

  /**
   * @param {number} end
   * @param {Block[]} settled
   */
  #settleItem(end, settled) {
    const marker = this.#marker;
    const loose = this.#loose || this.#afterBlank;
    this.#loose = loose;
    const taken = this.#settle(end, settled);
    this.#kind = "list";
    this.#marker = marker;
    this.#joins = true;
    this.#loose = loose;
    return taken;
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
   * @param {Block[]} settled
   * @returns {number} how much was taken from the front of `open`
   */
  #settle(end, settled) {
    settled.push({ ...this.openBlock, source: this.open.slice(0, end) });
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
    this.#marker = "";
    this.#head = "";
    this.#joins = false;
    this.#loose = false;
  }
}
