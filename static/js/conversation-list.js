// The conversations of the sidebar by the places where they stand, newest first and grouped by day. No DOM.

import { date as inWords, gettext } from "#chat/language.js";

/** @import { ConversationRow, Folder, ListPage, SidebarPage } from "#chat/protocol.js" */

/** @typedef {string} Place  "list", "pinned", "archive" or a folder's id */
/** @typedef {{updated: string, id: string}} Cursor */
/** @typedef {{label: string, conversations: ConversationRow[]}} Group */

export class ConversationList {
  /** @type {Map<string, ConversationRow>} */
  #rows = new Map();
  /** @type {Map<Place, {cursor: Cursor | null, more: boolean}>} how far each place was read */
  #read = new Map();
  /** @type {Folder[]} */
  folders = [];

  /** @param {SidebarPage} page  what the sidebar begins with: whatever was known before is forgotten */
  reset(page) {
    this.#rows.clear();
    this.#read.clear();
    this.folders = page.folders;
    this.take("pinned", { conversations: page.pinned, more: false });
    this.take("list", page);
  }

  /**
   * @param {Place} place
   * @param {ListPage} page  the next one of that place
   */
  take(place, page) {
    for (const row of page.conversations) this.put(row);
    const last = page.conversations.at(-1);
    const cursor = last ? { updated: last.updated, id: last.id } : (this.#read.get(place)?.cursor ?? null);
    this.#read.set(place, { cursor, more: page.more });
  }

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

  /**
   * What is known of a place without gaps: rows beyond the last page that was read wait for theirs.
   * @param {Place} place
   */
  rows(place) {
    const { cursor, more } = this.#read.get(place) ?? { cursor: null, more: true };
    const rows = [...this.#rows.values()].filter((row) => stands(row, place));
    if (!more) return rows.sort(newestFirst);
    return rows.filter((row) => cursor && newestFirst(row, cursor) <= 0).sort(newestFirst);
  }

  /** @param {Place} place */
  isRead(place) {
    return this.#read.has(place);
  }

  /** @param {Place} place */
  hasMore(place) {
    return this.#read.get(place)?.more ?? true;
  }

  /** @param {Place} place */
  cursor(place) {
    return this.#read.get(place)?.cursor ?? null;
  }
}

/**
 * @param {ConversationRow} row
 * @param {Place} place
 */
function stands(row, place) {
  if (place === "archive") return row.archived;
  if (row.archived) return false;
  if (place === "pinned") return row.pinned;
  if (place === "list") return !row.pinned && row.folder === null;
  return row.folder === place;
}

/**
 * The order of the server's pages.
 * @param {Cursor} a
 * @param {Cursor} b
 */
function newestFirst(a, b) {
  if (a.updated !== b.updated) return a.updated < b.updated ? 1 : -1;
  return a.id < b.id ? 1 : a.id > b.id ? -1 : 0;
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
