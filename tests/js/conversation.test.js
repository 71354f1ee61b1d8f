import assert from "node:assert/strict";
import { test } from "node:test";

import { Conversation } from "#chat/conversation.js";
import { answer, conversationRow, question } from "./rows.js";

/** @param {Conversation} conversation */
const path = (conversation) => conversation.branch().map(({ id }) => id);

function branched() {
  const messages = [question("m1", null), answer("m2", "m1"), question("m3", "m2"), answer("m4", "m3"), answer("m5", "m1")];
  return Conversation.of({ conversation: conversationRow("m4"), messages });
}

test("the selected branch is shown", () => {
  assert.deepEqual(path(branched()), ["m1", "m2", "m3", "m4"]);
});

test("alternatives are messages of the same role with the same parent", () => {
  assert.deepEqual(branched().alternatives("m2"), ["m2", "m5"]);
  assert.deepEqual(branched().alternatives("m3"), ["m3"]);
});

test("choosing an alternative shows its branch down to the newest message", () => {
  const conversation = branched();
  conversation.select("m5");
  assert.deepEqual(path(conversation), ["m1", "m5"]);
  conversation.select("m2");
  assert.deepEqual(path(conversation), ["m1", "m2", "m3", "m4"]);
});

test("a new title leaves alone what the person chose to look at; a newly selected leaf does not", () => {
  const conversation = branched();
  conversation.select("m5");
  conversation.isChoosing = true;
  conversation.change(conversationRow("m4", "Title"));
  conversation.isChoosing = false;
  conversation.change(conversationRow("m5", "Title"));
  assert.deepEqual([conversation.leaf, conversation.title], ["m5", "Title"]);
  conversation.change(conversationRow("m3"));
  assert.equal(conversation.leaf, "m3");
});

test("what answers the shown branch is shown, and so is a new alternative to its last answer", () => {
  const conversation = branched();
  conversation.add(question("m6", "m4"));
  conversation.add(answer("m7", "m6"));
  assert.equal(conversation.leaf, "m7");
  conversation.add(answer("m8", "m6"));
  assert.equal(conversation.leaf, "m8");
  conversation.add(question("m9", "m2"));
  assert.equal(conversation.leaf, "m8", "a message elsewhere in the tree is not");
});

test("a leaf that has not arrived yet is shown as soon as it has", () => {
  const conversation = new Conversation();
  conversation.change(conversationRow("m2"));
  assert.deepEqual(path(conversation), []);
  conversation.add(question("m1", null));
  assert.deepEqual(path(conversation), ["m1"]);
  conversation.add(answer("m2", "m1"));
  assert.deepEqual(path(conversation), ["m1", "m2"]);
});

test("until a newly selected leaf has arrived, what was shown before stays", () => {
  const conversation = branched();
  conversation.add(answer("m9", "m1"));
  conversation.select("m4");
  conversation.change(conversationRow("m8"));
  assert.equal(conversation.leaf, "m4");
  conversation.add(question("m7", "m2"));
  assert.equal(conversation.leaf, "m4");
  conversation.add(answer("m8", "m7"));
  assert.deepEqual(path(conversation), ["m1", "m2", "m7", "m8"]);
});

test("rows of the list say nothing of settings, others do", () => {
  const conversation = branched();
  conversation.change({ ...conversationRow("m4"), instructions: "Be brief.", options: { temperature: 1 } });
  conversation.change(conversationRow("m4", "Title"));
  assert.deepEqual([conversation.instructions, conversation.options], ["Be brief.", { temperature: 1 }]);
});

test("an answer at the end that may be continued elsewhere is asked for as well", () => {
  const conversation = branched();
  conversation.add({ ...answer("m6", "m3", { status: "stopped", seq: 7, attempt: 2 }), text: "half" });
  conversation.select("m6");
  assert.deepEqual(conversation.seen()["m6"], [2, 7]);
});

test("what is asked for after a reconnect: the newest message, and how far running answers were seen", () => {
  const conversation = branched();
  conversation.fold({ type: "generation.delta", message: "m4", attempt: 1, seq: 1, text: "x" });
  assert.equal(conversation.newest, "m5");
  assert.deepEqual(conversation.seen(), { m2: [1, 0], m4: [1, 1], m5: [1, 0] });
  assert.equal(conversation.running?.id, "m4");
  assert.equal(conversation.fold({ type: "generation.queued", message: "unknown", position: 1 }), null);
});
