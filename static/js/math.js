// Typesets formulas as MathML, which needs no style sheet and no inline styles. KaTeX is loaded when the first one appears.

import { cleanFormula } from "#chat/sanitize.js";

/** @typedef {typeof import("katex").default} Katex */

/** Formulas that are kept: a paragraph that grows is typeset with each piece of text. */
const KEPT = 200;
/** @type {Map<string, DocumentFragment>} by kind and TeX */
const typesetBefore = new Map();

/** @type {Promise<Katex | null> | null} */
let loading = null;
/** @type {Katex | null} */
let library = null;

/** @param {ParentNode} root  whose formulas are typeset, now or as soon as the library is there */
export function typeset(root) {
  const formulas = root.querySelectorAll("[data-math]:not([data-math=pending])");
  if (formulas.length === 0) return;
  if (library) for (const formula of formulas) typesetOne(library, formula);
  else void load().then((loaded) => loaded && formulas.forEach((formula) => typesetOne(loaded, formula)));
}

/** @returns {Promise<Katex | null>} null when it did not come: it is fetched anew for the next formula */
function load() {
  loading ??= import("katex").then(
    (module) => (library = module.default),
    () => (loading = null),
  );
  return loading;
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
