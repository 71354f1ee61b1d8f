import assert from "node:assert/strict";
import { test } from "node:test";

import { Conversation } from "#chat/conversation.js";
import { estimateTokens, promptSize, readingCost } from "#chat/estimate.js";
import { meaningOf } from "#chat/send-key.js";
import { SentHistory } from "#chat/sent-history.js";
import { answer, conversationRow, question } from "./rows.js";

/** @import { MessageRow, SummaryRow } from "#chat/protocol.js" */

/** @param {Partial<KeyboardEvent>} more */
const key = (more = {}) =>
  /** @type {KeyboardEvent} */ ({
    key: "Enter",
    keyCode: 13,
    shiftKey: false,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    isComposing: false,
    ...more,
  });

test("Enter and Shift+Enter change places by the setting", () => {
  assert.equal(meaningOf(key(), "enter", false), "send");
  assert.equal(meaningOf(key({ shiftKey: true }), "enter", false), "newline");
  assert.equal(meaningOf(key(), "ctrl-enter", false), "newline");
  assert.equal(meaningOf(key({ shiftKey: true }), "ctrl-enter", false), "send");
  for (const setting of ["enter", "ctrl-enter"]) {
    assert.equal(meaningOf(key({ ctrlKey: true }), setting, false), "send");
    assert.equal(meaningOf(key({ metaKey: true }), setting, true), "send");
    assert.equal(meaningOf(key(), setting, true), "newline");
  }
});

test("an Enter that ends the choice of an input method sends nothing", () => {
  assert.equal(meaningOf(key({ isComposing: true }), "enter", false), "none");
  assert.equal(meaningOf(key({ keyCode: 229 }), "enter", false), "none");
});

test("the history goes back and forth and ends in an empty field", () => {
  const history = new SentHistory();
  history.begin(["one", "two", "two", "three"]);
  assert.deepEqual([history.older(), history.older(), history.older(), history.older()], ["three", "two", "one", null]);
  assert.ok(history.shows("one"));
  assert.deepEqual([history.newer(), history.newer(), history.newer(), history.newer()], ["two", "three", "", null]);
  assert.ok(!history.isActive);
});

test("older texts that come later stand before those that were known", () => {
  const history = new SentHistory();
  history.begin(["three", "four"]);
  assert.deepEqual([history.older(), history.older(), history.older()], ["four", "three", null]);
  history.extend(["one", "two", "three", "four"]);
  assert.deepEqual([history.older(), history.newer(), history.newer()], ["two", "three", "four"]);
});

test("tokens are estimated as on the server", () => {
  assert.equal(estimateTokens(""), 0);
  assert.equal(estimateTokens("a"), 1);
  assert.equal(estimateTokens("x".repeat(100)), 30);
  assert.equal(estimateTokens("你好".repeat(50)), 60);
  assert.equal(estimateTokens("👋".repeat(10)), 6);
});

const USAGE = { prompt: 1000, cached: 0, completion: 300, reasoning: 100, estimated: false };

/** @param {MessageRow[]} messages */
function chat(messages) {
  const conversation = new Conversation();
  for (const row of messages) conversation.add(row);
  return conversation;
}

/** @param {string} message */
const summary = (message, changed = "2026-11-21T12:00:00.000000Z") =>
  /** @type {SummaryRow} */ ({ id: "s1", conversation: "c", message, text: "x".repeat(100), author: "model", version: 1, created: changed, changed });

test("what the last call measured counts, without its reasoning; the rest is estimated", () => {
  const a2 = { ...answer("2", "1", { status: "complete", usage: USAGE }), text: "short" };
  assert.deepEqual(promptSize(chat([question("1", null), a2])), { known: 1200, fresh: 0, isPart: false });
  const q3 = question("3", "2", { text: "x".repeat(100) });
  assert.deepEqual(promptSize(chat([question("1", null), a2, q3])), { known: 1200, fresh: 34, isPart: false });
});

test("behind a summary that is newer than the last call everything is estimated", () => {
  const conversation = chat([
    question("1", null),
    { ...answer("2", "1", { status: "complete" }), text: "long ago" },
    question("3", "2", { text: "y".repeat(100) }),
    { ...answer("4", "3", { status: "complete", usage: USAGE }), text: "z".repeat(100) },
  ]);
  conversation.summarize([summary("2", "2099-01-01T00:00:00.000000Z")]);
  assert.deepEqual(promptSize(conversation), { known: 0, fresh: 3 * 34, isPart: false });
  conversation.summarize([summary("2", "2001-01-01T00:00:00.000000Z")]);
  assert.deepEqual(promptSize(conversation), { known: 1200, fresh: 0, isPart: false });
});

test("an estimate says when messages that count are not here", () => {
  const messages = [question("5", "4", { text: "x".repeat(100) }), answer("6", "5", { status: "stopped" })];
  const conversation = Conversation.of({ conversation: conversationRow("6"), messages, newest: "6" });
  assert.deepEqual(promptSize(conversation), { known: 0, fresh: 34, isPart: true });
  conversation.summarize([summary("2")]);
  assert.deepEqual(promptSize(conversation), { known: 0, fresh: 2 * 34, isPart: true });
  conversation.summarize([summary("5")]);
  assert.deepEqual(promptSize(conversation), { known: 0, fresh: 34, isPart: false });
});

test("the cost before the answer is that of cached and of new tokens", () => {
  const price = { currency: "USD", cache_hit: "0.1", cache_miss: "1", output: "4", simulated: false };
  assert.equal(readingCost({ known: 1_000_000, fresh: 500_000, isPart: false }, price), 0.6);
});
