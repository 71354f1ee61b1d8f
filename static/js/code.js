// Code blocks: the language, buttons, and colours. New text is appended; colours follow when the highlighter has them.

import { fromTemplate, part } from "#chat/elements.js";
import { forgetCode, highlight } from "#chat/highlighting.js";
import { gettext } from "#chat/language.js";
import { near } from "#chat/nearness.js";

/** @import { ColouredLine } from "#chat/highlighting.js" */

/** Characters; longer code stays without colours. */
const LONGEST_COLOURED = 200_000;
/** Milliseconds between two colourings of code that grows */
const RHYTHM = 150;
/** Lines that are put on the page at once */
const AT_ONCE = 250;

/** @type {WeakMap<Element, CodeView>} */
const views = new WeakMap();
let lastId = 0;

/** @param {ParentNode} root  whose code blocks get their head and colours */
export function dressCode(root) {
  for (const pre of root.querySelectorAll("pre")) {
    if (pre.closest(".code, .diagram")) continue;
    const view = new CodeView(pre.dataset.language ?? "");
    view.update(pre.textContent ?? "");
    pre.replaceWith(view.element);
  }
}

export class CodeView {
  #id = ++lastId;
  #language;
  #code = "";
  #content = document.createElement("code");
  /** What has no colours yet. */
  #tail = document.createTextNode("");
  #isAsking = false;
  #version = 0;
  /** @type {HTMLElement} */
  element;

  /** @param {string} language  "" for none */
  constructor(language) {
    this.#language = language;
    this.element = fromTemplate("code-block");
    this.element.dataset.language = language;
    part(this.element, "language").textContent = language || gettext("text");
    const pre = document.createElement("pre");
    pre.tabIndex = 0;
    pre.dir = "ltr";
    pre.append(this.#content);
    this.#content.append(this.#tail);
    this.element.append(pre);
    views.set(this.element, this);
  }

  /** @param {Element} element */
  static of(element) {
    return views.get(element) ?? null;
  }

  get code() {
    return this.#code;
  }

  /** @param {string} code  all of it so far */
  update(code) {
    if (code.length === this.#code.length && code === this.#code) return;
    if (code.length > this.#code.length && code.startsWith(this.#code)) this.#tail.appendData(code.slice(this.#code.length));
    else this.#start(code);
    this.#code = code;
    if (this.#language && !this.#isAsking) void this.#colour();
  }

  /**
   * @param {CodeView} next  takes its place
   * @returns {boolean} whether it was of the same language and this one shows its code now
   */
  takeOver(next) {
    if (next.#language !== this.#language) return false;
    this.update(next.code);
    return true;
  }

  /** @param {string} code */
  #start(code) {
    this.#version += 1;
    this.#tail.data = code;
    this.#content.replaceChildren(this.#tail);
    forgetCode(this.#id);
  }

  async #colour() {
    this.#isAsking = true;
    let coloured = "";
    // The first round waits too: what is made to be compared with what is shown never comes to the page.
    await rest(0);
    if (this.element.isConnected) await near(this.element);
    while (this.element.isConnected && this.#code !== coloured && this.#code.length <= LONGEST_COLOURED) {
      const version = this.#version;
      coloured = this.#code;
      const answer = await highlight(this.#id, this.#language, coloured);
      if (!answer) break;
      if (version === this.#version) await this.#paint(answer.from, answer.lines, version);
      await rest(Math.max(RHYTHM, 4 * answer.took));
    }
    forgetCode(this.#id);
    this.#isAsking = false;
  }

  /**
   * @param {number} from  the first line that differs
   * @param {ColouredLine[]} lines
   * @param {number} version
   */
  async #paint(from, lines, version) {
    this.#takeBack(from);
    for (let start = 0; start < lines.length; start += AT_ONCE) {
      if (start > 0) await rest(0);
      if (version !== this.#version) return;
      const some = lines.slice(start, start + AT_ONCE);
      this.#setTail(this.#tail.data.slice(some.flat().reduce((sum, [text]) => sum + text.length, 0)));
      this.#tail.before(...some.map(lineElement));
    }
  }

  /** @param {number} from  the first line whose colours go */
  #takeBack(from) {
    const lines = [...this.#content.children].slice(from);
    if (lines.length > 0) this.#setTail(lines.map((line) => line.textContent).join("") + this.#tail.data);
    for (const line of lines) line.remove();
  }

  /**
   * In a new node: browsers would take the old one, which begins further down now, for a jump of the layout.
   * @param {string} text
   */
  #setTail(text) {
    const tail = document.createTextNode(text);
    this.#tail.replaceWith(tail);
    this.#tail = tail;
  }
}

/** @param {ColouredLine} line */
function lineElement(line) {
  const element = document.createElement("span");
  element.className = "code-line";
  for (const [text, scope] of line) {
    if (!scope) {
      element.append(text);
      continue;
    }
    const token = document.createElement("span");
    token.className = `hljs-${scope}`;
    token.textContent = text;
    element.append(token);
  }
  return element;
}

/** @param {number} milliseconds */
function rest(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
