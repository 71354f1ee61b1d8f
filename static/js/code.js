// Code blocks: the language, a button to copy, and colours. highlight.js is loaded when the first one appears.

import { fromTemplate, part } from "#chat/elements.js";
import { cleanText } from "#chat/sanitize.js";

/** @import hljs from "highlight.js" */

/** Characters; colouring more than this would hold up the page. */
const LONGEST_COLOURED = 60_000;
/** Colouring again may take this share of the time. */
const SHARE = 1 / 20;

/** @type {typeof hljs | null} */
let library = null;
/** @type {Promise<void> | null} */
let loading = null;

async function load() {
  loading ??= import("highlight.js").then((module) => {
    library = module.default;
  });
  return loading;
}

/** @param {ParentNode} root  whose code blocks get their head and colours */
export function dressCode(root) {
  for (const pre of root.querySelectorAll("pre")) {
    const code = pre.querySelector("code");
    if (!code || pre.closest(".code")) continue;
    const language = pre.dataset.language ?? "";
    const figure = frame(language);
    pre.replaceWith(figure);
    pre.tabIndex = 0;
    figure.append(pre);
    void colour(code, language);
  }
}

/** @param {string} language */
function frame(language) {
  const figure = fromTemplate("code-block");
  part(figure, "language").textContent = language || "text";
  return figure;
}

/**
 * @param {HTMLElement} code
 * @param {string} language
 */
async function colour(code, language) {
  if (!language || (code.textContent ?? "").length > LONGEST_COLOURED) return;
  if (!library) await load();
  if (!library?.getLanguage(language)) return;
  const { value } = library.highlight(code.textContent ?? "", { language, ignoreIllegals: true });
  code.replaceChildren(cleanText(value));
}

/** A code block whose end has not been written yet. New text is appended; colours follow when there is time for them. */
export class OpenCode {
  #code = document.createElement("code");
  #length = 0;
  #colourAgainAt = 0;
  #language;
  /** @type {HTMLElement} */
  element;

  /** @param {string} language */
  constructor(language) {
    this.#language = language;
    const pre = document.createElement("pre");
    pre.tabIndex = 0;
    pre.append(this.#code);
    this.element = frame(language);
    this.element.append(pre);
  }

  /** @param {string} code  all of it so far */
  update(code) {
    this.#code.append(code.slice(this.#length));
    this.#length = code.length;
    const start = performance.now();
    if (start < this.#colourAgainAt) return;
    void colour(this.#code, this.#language);
    this.#colourAgainAt = start + Math.max(200, (performance.now() - start) / SHARE);
  }
}
