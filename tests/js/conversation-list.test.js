import assert from "node:assert/strict";
import { test } from "node:test";

import { ConversationList, grouped } from "#chat/conversation-list.js";

import { conversationRow } from "./rows.js";

/** @import { ConversationRow } from "#chat/protocol.js" */

/**
 * @param {string} id
 * @param {Partial<ConversationRow>} [fields]
 * @returns {ConversationRow}
 */
function row(id, fields = {}) {
  return { ...conversationRow(null), id, ...fields };
}

/** @param {ConversationRow[]} conversations */
function listOf(conversations, more = false) {
  const list = new ConversationList();
  list.reset({ conversations, more, pinned: [], folders: [] });
  return list;
}

/** @param {ConversationRow[]} rows */
const ids = (rows) => rows.map(({ id }) => id);

test("conversations are listed newest first, by calendar day", () => {
  const now = new Date(2026, 10, 21, 0, 30);
  const at = (/** @type {string} */ id, /** @type {Date} */ date) => row(id, { updated: date.toISOString() });
  const list = listOf([
    at("old", new Date(2026, 5, 3)),
    at("today", new Date(2026, 10, 21, 0, 10)),
    at("yesterday", new Date(2026, 10, 20, 23, 50)),
    at("week", new Date(2026, 10, 15)),
    at("month", new Date(2026, 10, 1)),
  ]);
  const groups = grouped(list.rows("list"), now).map(({ label, conversations }) => [label, conversations[0].id]);
  assert.deepEqual(groups, [
    ["Today", "today"],
    ["Yesterday", "yesterday"],
    ["Last 7 days", "week"],
    ["Last 30 days", "month"],
    ["June 2026", "old"],
  ]);
  list.remove("old");
  assert.equal(list.get("old"), null);
});

test("a conversation stands where it was put", () => {
  const list = listOf([row("a"), row("b"), row("c"), row("d")]);
  list.take("f1", { conversations: [], more: false });
  list.take("archive", { conversations: [], more: false });
  list.put(row("a", { pinned: true }));
  list.put(row("b", { archived: true, folder: "f1" }));
  list.put(row("c", { folder: "f1" }));
  assert.deepEqual(ids(list.rows("pinned")), ["a"]);
  assert.deepEqual(ids(list.rows("archive")), ["b"]);
  assert.deepEqual(ids(list.rows("f1")), ["c"]);
  assert.deepEqual(ids(list.rows("list")), ["d"]);
});

test("a row from beyond the last page waits for its page, so that none between is skipped", () => {
  const list = listOf([row("d", { updated: "2026-11-04" }), row("c", { updated: "2026-11-03" })], true);
  list.put(row("a", { updated: "2026-11-01" }));
  assert.deepEqual(ids(list.rows("list")), ["d", "c"]);
  assert.deepEqual(list.cursor("list"), { updated: "2026-11-03", id: "c" });
  list.take("list", { conversations: [row("b", { updated: "2026-11-02" }), row("a", { updated: "2026-11-01" })], more: false });
  assert.deepEqual(ids(list.rows("list")), ["d", "c", "b", "a"]);
  assert.equal(list.hasMore("list"), false);
});

test("rows of the same moment are ordered as the server's pages are", () => {
  const same = { updated: "2026-11-03" };
  const list = listOf([row("c", same), row("b", same)], true);
  assert.deepEqual(ids(list.rows("list")), ["c", "b"]);
  list.put(row("a", same));
  assert.deepEqual(ids(list.rows("list")), ["c", "b"]);
});

test("what was answered moves to the top", () => {
  const list = listOf([row("b", { updated: "2026-11-04" }), row("a", { updated: "2026-11-03" })]);
  list.put(row("a", { updated: "2026-11-05" }));
  assert.deepEqual(ids(list.rows("list")), ["a", "b"]);
});
