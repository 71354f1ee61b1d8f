// Completes what a text that is still being written has begun: a half link, bold type, the head of a table. Without it
// its signs would flash up and vanish with each piece of text. Pure; it looks at the last paragraph, item or row only.

import { FENCE, LIST_ITEM } from "#chat/line-syntax.js";
import { formulaAt } from "#chat/math-syntax.js";
import { delimiterFor } from "#chat/table-syntax.js";

/** A last line that could still become anything: it is shown as soon as the next character tells. */
const UNDECIDED = /(^|\n)[ \t]*(?:[-*+_=#>~`|:]+[-*+_=#>~`|: \t]*|\d{1,9}[.)]?|\[(?:[ xX]?\]?)?)$/;
const DELIMITER_BEGUN = /^ {0,3}\|?[ \t:|-]*$/;
const WORD = /[\p{L}\p{N}]/u;
/** Characters: an opening bracket or dollar with more behind it is no link and no formula. */
const LONGEST = 300;

/**
 * @param {string} text  an open block of Markdown
 * @returns {string} Markdown
 */
export function mend(text) {
  const decided = text.replace(UNDECIDED, "$1");
  if (insideFence(decided)) return decided;
  const start = startOfLast(text);
  const last = text.slice(start);
  return text.slice(0, start) + (mendTable(last) ?? mendInline(last.replace(UNDECIDED, "$1")));
}

/**
 * @param {string} text
 * @returns {number} where the last paragraph, list item or row begins
 */
function startOfLast(text) {
  let start = text.length;
  while (start > 0) {
    start = text.lastIndexOf("\n", start - 1) + 1;
    const above = text.lastIndexOf("\n", start - 2) + 1;
    const line = text.slice(start);
    if (start === 0 || LIST_ITEM.test(line.trimStart()) || !text.slice(above, start).trim()) return start;
    const isTable = /^ {0,3}\|/.test(line);
    if (isTable && !/^ {0,3}\|/.test(text.slice(above, start))) return start;
    start -= 1;
  }
  return 0;
}

/** @param {string} text */
function insideFence(text) {
  let fence = "";
  for (const line of text.split("\n")) {
    const marks = FENCE.exec(line.replace(/^[ \t]*((?:[-*+]|\d{1,9}[.)])[ \t]+)*[ \t]*/, ""))?.[1] ?? "";
    if (!fence) fence = marks;
    else if (marks.startsWith(fence)) fence = "";
  }
  return fence !== "";
}

/**
 * @param {string} text
 * @returns {string | null} null when it is no table, or one whose head is complete
 */
function mendTable(text) {
  if (!/^ {0,3}\|/.test(text)) return null;
  const [head, delimiter, ...rows] = text.split("\n");
  if (rows.length > 0) return null;
  if (delimiter !== undefined && !DELIMITER_BEGUN.test(delimiter)) return null;
  const cells = delimiter === undefined ? mendInline(head) : head;
  return `${cells}\n${delimiterFor(cells)}`;
}

/** @param {string} text */
function mendInline(text) {
  const scan = new InlineScan(text);
  return scan.mended();
}

/** One walk over a paragraph: what is open at its end is closed, or left out where it would show its signs only. */
class InlineScan {
  #text;
  #at = 0;
  /** @type {string[]} emphasis that is open, the outermost first */
  #open = [];
  /** @type {number[]} where a bracket is open */
  #brackets = [];
  #closing = "";

  /** @param {string} text */
  constructor(text) {
    this.#text = text;
  }

  mended() {
    while (this.#at < this.#text.length) this.#step(this.#text[this.#at]);
    const bracket = this.#brackets.at(-1);
    if (bracket !== undefined && this.#text.length - bracket < LONGEST) this.#drop(bracket, bracket + 1);
    const ends = this.#closing + this.#open.reverse().join("");
    return ends ? this.#text.trimEnd() + ends : this.#text;
  }

  /** @param {string} sign */
  #step(sign) {
    if (sign === "\\" && this.#at === this.#text.length - 1) return this.#end(this.#at);
    if (sign === "$" || (sign === "\\" && "([".includes(this.#text[this.#at + 1]))) return this.#formula();
    if (sign === "\\") this.#at += 2;
    else if (sign === "`") this.#code();
    else if ("*_~".includes(sign)) this.#emphasis(sign);
    else if (sign === "[") this.#brackets.push(this.#at++);
    else if (sign === "]") this.#link();
    else this.#at += 1;
  }

  #formula() {
    const found = formulaAt(this.#text, this.#at);
    if (found) this.#at = found.end;
    else if (this.#beginsFormula()) this.#end(this.#at);
    else this.#at += this.#text[this.#at] === "$" ? 1 : 2;
  }

  #beginsFormula() {
    const rest = this.#text.slice(this.#at);
    if (rest.length > LONGEST) return false;
    return /^(\\[([]|\$\$)/.test(rest) || /^\$([\\{(|]|[A-Za-z]\s*[\\^_=<>+])[^\n]*$/.test(rest);
  }

  #code() {
    const marks = /^`+/.exec(this.#text.slice(this.#at))?.[0] ?? "`";
    const begin = this.#at + marks.length;
    const rest = this.#text.slice(begin);
    const end = new RegExp(`(?<!\`)${marks}(?!\`)`).exec(rest);
    if (end) {
      this.#at = begin + end.index + marks.length;
    } else if (!rest.trim()) {
      this.#end(this.#at);
    } else {
      this.#text = this.#text.replace(/`+$/, "");
      this.#closing = marks;
      this.#at = this.#text.length;
    }
  }

  /** @param {string} sign */
  #emphasis(sign) {
    const start = this.#at;
    while (this.#text[this.#at] === sign) this.#at += 1;
    const count = this.#at - start;
    if (this.#at === this.#text.length) return this.#end(start);
    const before = this.#text[start - 1] ?? " ";
    const after = this.#text[this.#at];
    const marks = sign.repeat(count);
    if (!/\s/.test(before) && this.#open.at(-1)?.[0] === sign) this.#close(sign, count);
    else if (sign === "~" ? count === 2 : count <= 3) {
      if (!/\s/.test(after) && !WORD.test(before)) this.#open.push(marks);
    }
  }

  /**
   * @param {string} sign
   * @param {number} count
   */
  #close(sign, count) {
    while (count > 0 && this.#open.at(-1)?.[0] === sign) {
      const top = /** @type {string} */ (this.#open.pop());
      if (top.length > count) this.#open.push(sign.repeat(top.length - count));
      count -= top.length;
    }
  }

  #link() {
    const opening = this.#brackets.pop();
    this.#at += 1;
    if (opening === undefined) return;
    if (this.#at === this.#text.length && this.#at - opening > 3) {
      this.#end(this.#at - 1);
      return this.#drop(opening, opening + 1);
    }
    if (this.#text[this.#at] !== "(") return;
    const address = /^\((?:[^()\s]|\([^()\s]*\))*(?:\s+"[^"]*")?\)/.exec(this.#text.slice(this.#at));
    if (address) {
      this.#at += address[0].length;
    } else if (!/\n/.test(this.#text.slice(this.#at)) && this.#text.length - this.#at < LONGEST) {
      this.#end(this.#at - 1);
      this.#drop(opening, opening + 1);
    }
  }

  /** @param {number} at  where the text ends for now */
  #end(at) {
    this.#text = this.#text.slice(0, at);
    this.#at = at;
  }

  /**
   * @param {number} start
   * @param {number} end
   */
  #drop(start, end) {
    const isImage = this.#text[start - 1] === "!";
    this.#text = this.#text.slice(0, isImage ? start - 1 : start) + this.#text.slice(end);
    this.#at = this.#text.length;
  }
}
