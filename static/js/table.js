// Tables: they scroll inside of their box, and leave it as CSV.

import { fromTemplate, part } from "#chat/elements.js";

/** @param {ParentNode} root  whose tables get their buttons */
export function dressTables(root) {
  for (const box of root.querySelectorAll(".table-scroll")) {
    const figure = fromTemplate("table-block");
    box.replaceWith(figure);
    part(figure, "table").append(...box.childNodes);
  }
}

/**
 * @param {HTMLTableElement} table
 * @returns {string[][]}
 */
export function rowsOf(table) {
  return [...table.rows].map((row) => [...row.cells].map(textOf));
}

/** @param {HTMLTableCellElement} cell */
function textOf(cell) {
  const copy = /** @type {Element} */ (cell.cloneNode(true));
  for (const formula of copy.querySelectorAll("[data-math]")) {
    formula.textContent = formula.querySelector("annotation")?.textContent ?? formula.textContent;
  }
  return (copy.textContent ?? "").trim();
}
