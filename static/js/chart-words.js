// The words of a chart: moments and figures as the person reads them.

import { stepOf } from "#chat/chart-data.js";
import { date, gettext, number } from "#chat/language.js";

/** @import { Figure } from "#chat/chart-data.js" */

const DAY = 86_400;

/**
 * @param {Figure | undefined} figure
 * @param {string} unit  as in `Drawing`
 */
export function inUnit(figure, unit) {
  if (figure === null || figure === undefined) return "–";
  return words(Number(figure), unit, {});
}

/**
 * Short, for the axis.
 * @param {number} figure
 * @param {string} unit
 */
export function shortUnit(figure, unit) {
  return words(figure, unit, { notation: "compact" });
}

/**
 * @param {number} figure
 * @param {string} unit
 * @param {Intl.NumberFormatOptions} options
 */
function words(figure, unit, options) {
  if (unit === "count" || unit === "tokens") return number(figure, options);
  if (unit === "percent") return number(figure / 100, { ...options, style: "percent", maximumFractionDigits: 1 });
  if (unit === "seconds") return gettext("{number} s", { number: number(figure, { ...options, maximumSignificantDigits: 3 }) });
  const small = Math.abs(figure) < 1 ? { maximumSignificantDigits: 3 } : {};
  return number(figure, { ...options, style: "currency", currency: unit, ...small });
}

/**
 * @param {number[]} moments  of the chart: days are named as days, anything closer with its time
 * @returns {(moment: number) => string}
 */
export function momentFormat(moments) {
  /** @type {Intl.DateTimeFormatOptions} */
  const day = { day: "numeric", month: "short", timeZone: "UTC" };
  const years = new Set(moments.map((moment) => new Date(moment * 1000).getUTCFullYear()));
  /** @type {Intl.DateTimeFormatOptions} */
  const options = stepOf(moments) < DAY ? { ...day, hour: "2-digit", minute: "2-digit" } : years.size > 1 ? { ...day, year: "2-digit" } : day;
  return (moment) => date(new Date(moment * 1000), options);
}
