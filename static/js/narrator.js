// Turns an answer that is being written into what a screen reader says: whole sentences, and a word for what cannot be
// read out. Pure.

import { languageOf } from "#chat/code-language.js";
import { gettext } from "#chat/language.js";

/** The end of a sentence, of a line that stands for one, or of a paragraph. */
const END = /[.!?…]["”’)*_\]]*(?=\s)|[。！？][”」』）]*|\n(?=\s*(?:[-*+#>|]|\d+[.)])\s)|\n\s*\n/g;
const FENCE_OPENS = /^ *(`{3,}|~{3,})([^\n`]*)\n/m;

export class Narrator {
  #read = 0;

  /** @param {string} text  that was there before this page looked: it is not read out */
  skip(text) {
    this.#read = text.length;
  }

  /**
   * @param {string} text  the whole text so far
   * @param {boolean} done
   * @returns {string} what can be said now, "" as long as no sentence is complete
   */
  next(text, done) {
    if (text.length < this.#read) this.#read = 0;
    const fresh = text.slice(this.#read);
    const end = done ? fresh.length : lastEnd(fresh);
    this.#read += end;
    return spoken(fresh.slice(0, end));
  }
}

/**
 * @param {string} text
 * @returns {number} where the last complete sentence ends; code counts when it is complete
 */
function lastEnd(text) {
  const fence = FENCE_OPENS.exec(text);
  if (fence) {
    const closing = new RegExp(`\\n *${fence[1][0]}{${fence[1].length},}[ \\t]*(\\n|$)`).exec(text.slice(fence.index + fence[0].length - 1));
    if (!closing) return fence.index;
    const end = fence.index + fence[0].length - 1 + closing.index + closing[0].length;
    return end + lastEnd(text.slice(end));
  }
  let last = 0;
  for (const match of text.matchAll(END)) last = match.index + match[0].length;
  return last;
}

/**
 * @param {string} markdown
 * @returns {string} the same without its signs
 */
export function spoken(markdown) {
  return markdown
    .replace(/^ *(`{3,}|~{3,})([^\n]*)\n[^]*?(?:\n *\1[ \t]*$|(?![^]))/gm, (_all, _marks, info) => codeWord(languageOf(info)))
    .replace(/\$\$[^]+?\$\$|\\\[[^]+?\\\]/g, gettext("A formula."))
    .replace(/\\\((.+?)\\\)|(?<!\\)\$(\S[^$\n]*?)\$/g, "$1$2")
    .replace(/^\s*\|?[ \t:|-]*-[ \t:|-]*$/gm, "")
    .replace(/^\s*\|(.*)\|\s*$/gm, (_all, cells) => `${cells.trim().split(/\s*\|\s*/).join(", ")} `)
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/^\s*(?:#{1,6}|>|[-*+])\s+/gm, "")
    .replace(/(\*\*|__|~~|`+|(?<!\w)[*_]|[*_](?!\w))/g, "")
    .replace(/\s+/g, " ")
    .trim();
}

/** @param {string} language */
function codeWord(language) {
  return language ? ` ${gettext("Code in {language}.", { language })} ` : ` ${gettext("A block of code.")} `;
}
