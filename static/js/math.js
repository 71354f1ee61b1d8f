// Typesets formulas as MathML, which needs no style sheet and no inline styles. KaTeX is loaded when the first one appears.

import { cleanFormula } from "#chat/sanitize.js";
import { scriptInTime } from "#chat/scripts.js";

/** @typedef {typeof import("katex").default} Katex */

/** Formulas that are kept: a paragraph that grows is typeset with each piece of text. */
const KEPT = 200;
/** @type {Map<string, DocumentFragment>} by kind and TeX */
const typesetBefore = new Map();

/** @type {Set<Element>} formulas that came before the library */
const waiting = new Set();
/** @type {Katex | null} */
let library = null;

/** @param {ParentNode} root  whose formulas are typeset, now or as soon as the library is there */
export function typeset(root) {
  const formulas = root.querySelectorAll("[data-math]:not([data-math=pending])");
  if (formulas.length === 0) return;
  if (library) for (const formula of formulas) typesetOne(library, formula);
  else for (const formula of formulas) waiting.add(formula);
  if (!library) void scriptInTime("katex", () => import("katex")).then(typesetWaiting);
}

/** @param {{default: Katex}} module */
function typesetWaiting(module) {
  library = module.default;
  for (const formula of waiting) if (formula.isConnected) typesetOne(library, formula);
  waiting.clear();
}

/**
 * @param {Katex} katex
 * @param {Element} formula
 */
function typesetOne(katex, formula) {
  const tex = formula.textContent ?? "";
  const kind = formula.getAttribute("data-math") ?? "";
  try {
    const key = `${kind} ${tex}`;
    const made = typesetBefore.get(key) ?? mathml(katex, tex, kind === "display");
    typesetBefore.delete(key);
    typesetBefore.set(key, made);
    if (typesetBefore.size > KEPT) typesetBefore.delete(typesetBefore.keys().next().value ?? "");
    formula.replaceChildren(made.cloneNode(true));
  } catch {
    // Not TeX after all, or a command that KaTeX does not know: the source is better than nothing.
    formula.classList.add("math-failed");
  }
}

/**
 * @param {Katex} katex
 * @param {string} tex
 * @param {boolean} displayMode
 * @returns {DocumentFragment}  raises what KaTeX raises
 */
function mathml(katex, tex, displayMode) {
  const output = /** @type {const} */ ("mathml");
  const options = { displayMode, output, strict: false, trust: false, maxExpand: 500, maxSize: 40 };
  return cleanFormula(katex.renderToString(tex, options));
}
