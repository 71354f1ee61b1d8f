// The conversations of the sidebar, newest first and grouped by day. No DOM.

import { date as inWords, gettext } from "#chat/language.js";

/** @import { ConversationRow } from "#chat/protocol.js" */

/** @typedef {{label: string, conversations: ConversationRow[]}} Group */

export class ConversationList {
  /** @type {Map<string, ConversationRow>} */
  #rows = new Map();

  /** @param {ConversationRow} row */
  put(row) {
    this.#rows.set(row.id, row);
  }

  /** @param {string} id */
  remove(id) {
    this.#rows.delete(id);
  }

  /** @param {string} id */
  get(id) {
    return this.#rows.get(id) ?? null;
  }

  /** @returns {ConversationRow[]} newest first */
  newestFirst() {
    return [...this.#rows.values()].sort((a, b) => (a.updated < b.updated ? 1 : a.updated > b.updated ? -1 : 0));
  }

  /** @returns {string | null} when the oldest known one was updated: where the next page begins */
  get end() {
    return this.newestFirst().at(-1)?.updated ?? null;
  }
}

/**
 * @param {ConversationRow[]} rows  newest first
 * @param {Date} now
 * @returns {Group[]}
 */
export function grouped(rows, now) {
  /** @type {Group[]} */
  const groups = [];
  for (const row of rows) {
    const label = labelOf(new Date(row.updated), now);
    const last = groups.at(-1);
    if (last?.label === label) last.conversations.push(row);
    else groups.push({ label, conversations: [row] });
  }
  return groups;
}

/**
 * @param {Date} date
 * @param {Date} now
 */
function labelOf(date, now) {
  const days = dayNumber(now) - dayNumber(date);
  if (days <= 0) return gettext("Today");
  if (days === 1) return gettext("Yesterday");
  if (days <= 7) return gettext("Last 7 days");
  if (days <= 30) return gettext("Last 30 days");
  return inWords(date, { month: "long", year: "numeric" });
}

/**
 * Calendar days in the reader's time zone, so that days of 23 and 25 hours count as one.
 * @param {Date} date
 */
function dayNumber(date) {
  return Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000);
}
