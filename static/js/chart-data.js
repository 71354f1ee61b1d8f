// The figures of a chart in the form in which they are drawn. Pure.

/**
 * @typedef {object} Drawing
 * @property {"bars" | "lines"} kind
 * @property {string} unit  "count", "tokens", "seconds", "percent", or the code of a currency
 * @property {string[]} moments  days (2026-11-21) or moments in UTC, oldest first
 * @property {{label: string, values: Figure[]}[]} series
 * @property {string[]} links
 *
 * @typedef {number | string | null} Figure  amounts of money come as text; null leaves a gap
 */

const DAY = 86_400;
const FEWEST_DAYS = 7;

/**
 * @param {Drawing} drawing
 * @returns {{moments: number[], rows: (number | null)[][]}} seconds since 1970, and a row a series: bars on top of each
 *   other, the topmost first; lines as they are
 */
export function stacked(drawing) {
  const { moments, values } = sums(drawing);
  if (drawing.kind === "lines") return { moments, rows: values };
  /** @type {(number | null)[][]} */
  const rows = [];
  for (const row of values) {
    const below = rows.at(-1);
    rows.push(row.map((value, index) => (value ?? 0) + (below?.[index] ?? 0)));
  }
  return { moments, rows: rows.reverse() };
}

/** @param {Drawing} drawing */
export function sums(drawing) {
  const moments = drawing.moments.map((moment) => Date.parse(moment.length === 10 ? `${moment}T00:00:00Z` : moment) / 1000);
  const values = drawing.series.map((series) => series.values.map((value) => (value === null ? null : Number(value))));
  return { moments, values };
}

/**
 * From when to when the chart goes: room for the first and the last bar, and no few bars as broad as the page.
 * @param {number[]} moments
 * @returns {[number, number]}
 */
export function windowOf(moments) {
  const first = moments[0] ?? 0;
  const step = stepOf(moments);
  const last = Math.max(moments.at(-1) ?? first, first + (FEWEST_DAYS - 1) * step);
  return [first - step / 2, last + step / 2];
}

/** @param {number[]} moments */
export function stepOf(moments) {
  const steps = moments.slice(1).map((moment, index) => moment - moments[index]);
  return steps.length ? Math.min(...steps) : DAY;
}
