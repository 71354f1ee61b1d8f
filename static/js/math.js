// Typesets formulas as MathML, which needs no style sheet and no inline styles. KaTeX is loaded when the first one appears.

import { cleanFormula } from "#chat/sanitize.js";

/** @typedef {typeof import("katex").default} Katex */

/** @type {Promise<Katex> | null} */
let loading = null;
/** @type {Katex | null} */
let library = null;

/** @param {ParentNode} root  whose formulas are typeset, now or as soon as the library is there */
export function typeset(root) {
  const formulas = root.querySelectorAll("[data-math]:not([data-math=pending])");
  if (formulas.length === 0) return;
  if (library) for (const formula of formulas) typesetOne(library, formula);
  else void load().then((loaded) => formulas.forEach((formula) => typesetOne(loaded, formula)));
}

async function load() {
  loading ??= import("katex").then((module) => (library = module.default));
  return loading;
}

/**
 * @param {Katex} katex
 * @param {Element} formula
 */
function typesetOne(katex, formula) {
  const tex = formula.textContent ?? "";
  try {
    const displayMode = formula.getAttribute("data-math") === "display";
    const output = /** @type {const} */ ("mathml");
    const options = { displayMode, output, strict: false, trust: false, maxExpand: 500, maxSize: 40 };
    formula.replaceChildren(cleanFormula(katex.renderToString(tex, options)));
  } catch {
    // Not TeX after all, or a command that KaTeX does not know: the source is better than nothing.
    formula.classList.add("math-failed");
  }
}
