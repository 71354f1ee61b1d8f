// The rows of Markdown tables, as far as one line tells. Pure.

const DELIMITER = /^:?-+:?$/;

/**
 * @param {string} line
 * @returns {string[]} the trimmed cells of a row; a `|` behind a backslash is text
 */
export function cellsOf(line) {
  const inner = line.trim().replace(/^\|/, "").replace(/(?<!\\)\|$/, "");
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim());
}

/**
 * @param {string} head  a line
 * @param {string} line  the one below it
 * @returns {boolean} whether both begin a table
 */
export function isDelimiterOf(head, line) {
  if (!head.includes("|") || !line.includes("|") || /^( {4}| {0,3}\t)/.test(line)) return false;
  const cells = cellsOf(line);
  return cells.every((cell) => DELIMITER.test(cell)) && cells.length === cellsOf(head).length;
}

/**
 * @param {string} head  of a table, perhaps not complete
 * @returns {string} a line that makes it one
 */
export function delimiterFor(head) {
  return `|${" --- |".repeat(cellsOf(head).length)}`;
}
