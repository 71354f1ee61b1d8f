// What one line of Markdown says about blocks. Pure.

export const BLANK = /^[ \t\r\n]*$/;
export const FENCE = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})\s*(.*)$/s;
export const HEADING = /^ {0,3}#{1,6}([ \t\r\n]|$)/;
export const LIST_ITEM = /^ {0,3}([-*+]|\d{1,9}[.)])([ \t\r\n]|$)/;
/** A line across the page */
export const RULE = /^ {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}[\r\n]*$/;
export const QUOTE = /^ {0,3}>/;
/** Indented far enough to be code */
export const DEEP = /^( {4}| {0,3}\t)/;
const OUTER_ITEM = /^(?:[-*+]|\d{1,9}[.)])(?=[ \t\r\n]|$)/;

/**
 * @param {string} line
 * @returns {string} the last character of the marker of a list item that is not indented, "" for all else
 */
export function markerOf(line) {
  return RULE.test(line) ? "" : (OUTER_ITEM.exec(line)?.[0].slice(-1) ?? "");
}
