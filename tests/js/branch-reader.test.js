import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { BranchReader } from "#chat/branch-reader.js";
import { Conversation } from "#chat/conversation.js";
import { answer, conversationRow, question } from "./rows.js";

/** @import { MessageRow } from "#chat/protocol.js" */

const real = globalThis.fetch;
afterEach(() => void (globalThis.fetch = real));

/** The rows m1 … m8 by id */
const ROWS = new Map(
  [1, 2, 3, 4, 5, 6, 7, 8].map((number) => {
    const [id, parent] = [`m${number}`, number > 1 ? `m${number - 1}` : null];
    return [id, number % 2 ? question(id, parent) : answer(id, parent, { status: "complete" })];
  }),
);

/**
 * A server with pages of two messages.
 * @returns {{asked: string[], isAway: boolean}}
 */
function server() {
  const state = { asked: /** @type {string[]} */ ([]), isAway: false };
  globalThis.fetch = async (address) => {
    if (state.isAway) throw new TypeError("no connection");
    const { pathname, searchParams } = new URL(String(address), "http://chat.test");
    assert.equal(pathname, "/c/c1/branch/");
    state.asked.push(searchParams.toString());
    const messages = [];
    let id = searchParams.get("end") ?? "m8";
    const reach = searchParams.get("reach");
    while (ROWS.has(id) && (messages.length < 2 || (reach && id >= reach))) {
      const row = /** @type {MessageRow} */ (ROWS.get(id));
      messages.unshift(row);
      id = row.parent ?? "";
    }
    return new Response(JSON.stringify({ messages }));
  };
  return state;
}

function opened() {
  const messages = ["m7", "m8"].map((id) => /** @type {MessageRow} */ (ROWS.get(id)));
  return Conversation.of({ conversation: conversationRow("m8"), messages, newest: "m8" });
}

/** @param {Conversation} conversation */
const path = (conversation) => conversation.branch().map(({ id }) => id).join(" ");

test("pages above are read one after the other, also when they are asked for at once", async () => {
  const { asked } = server();
  /** @type {string[]} */
  const shown = [];
  const reader = new BranchReader((conversation) => shown.push(path(conversation)));
  const conversation = opened();
  await Promise.all([reader.above(conversation), reader.above(conversation)]);
  assert.deepEqual(asked, ["end=m6", "end=m4"]);
  assert.deepEqual(shown, ["m5 m6 m7 m8", "m3 m4 m5 m6 m7 m8"]);
});

test("all of it is read until there is no more", async () => {
  const { asked } = server();
  const conversation = opened();
  const reader = new BranchReader(() => {});
  await reader.whole(conversation);
  assert.equal(path(conversation), "m1 m2 m3 m4 m5 m6 m7 m8");
  assert.equal(asked.length, 3);
  assert.equal(await reader.above(conversation), false);
  assert.equal(asked.length, 3);
});

test("a place further up is reached with one page", async () => {
  const { asked } = server();
  const conversation = opened();
  await new BranchReader(() => {}).above(conversation, "m2");
  assert.deepEqual(asked, ["end=m6&reach=m2"]);
  assert.equal(path(conversation), "m2 m3 m4 m5 m6 m7 m8");
});

test("without a connection nothing changes, and it can be tried again", async () => {
  const state = server();
  const conversation = opened();
  const reader = new BranchReader(() => {});
  state.isAway = true;
  await assert.rejects(reader.above(conversation));
  conversation.change(conversationRow("m4"));
  await reader.missing(conversation);
  assert.equal(path(conversation), "m7 m8");
  state.isAway = false;
  await reader.missing(conversation);
  assert.deepEqual([state.asked, path(conversation)], [["end=m4"], "m3 m4"]);
});
