import assert from "node:assert/strict";
import { test } from "node:test";

import { BranchChoice } from "#chat/branch-choice.js";
import { Conversation } from "#chat/conversation.js";
import { answer, conversationRow, question } from "./rows.js";

/** @import { Command } from "#chat/protocol.js" */

function scene() {
  /** @type {Command[]} */
  const sent = [];
  const messages = [question("m1", null), answer("m2", "m1"), answer("m3", "m1"), answer("m4", "m1")];
  const conversation = Conversation.of({ conversation: conversationRow("m4"), messages });
  const choice = new BranchChoice((command) => sent.push(command));
  const leaves = () => sent.map((command) => (command.type === "conversation.select" ? command.leaf : null));
  /** @param {string} leaf */
  const choose = (leaf) => {
    conversation.select(leaf);
    choice.chosen(conversation);
  };
  return { sent, conversation, choice, leaves, choose };
}

test("one choice is on its way at a time, and the last one is what the server hears last", () => {
  const { sent, conversation, choice, leaves, choose } = scene();
  for (const leaf of ["m3", "m2", "m3", "m2"]) choose(leaf);
  assert.deepEqual(leaves(), ["m3"]);
  choice.settle("another command");
  assert.deepEqual(leaves(), ["m3"]);
  choice.settle(sent[0]?.id ?? "");
  assert.deepEqual(leaves(), ["m3", "m2"]);
  assert.equal(conversation.isChoosing, true);
  choice.settle(sent[1]?.id ?? "");
  assert.deepEqual(leaves(), ["m3", "m2"]);
  assert.equal(conversation.isChoosing, false);
});

test("what the server says of an older choice does not move the page", () => {
  const { sent, conversation, choice, choose } = scene();
  choose("m3");
  choose("m2");
  conversation.change(conversationRow("m3"));
  assert.equal(conversation.leaf, "m2");
  choice.settle(sent[0]?.id ?? "");
  conversation.change(conversationRow("m3"));
  assert.equal(conversation.leaf, "m2");
  choice.settle(sent[1]?.id ?? "");
  conversation.change(conversationRow("m4"));
  assert.equal(conversation.leaf, "m4", "another tab's choice does");
});

test("a chat that is not stored yet has nothing to choose", () => {
  const { leaves, choice } = scene();
  choice.chosen(new Conversation());
  assert.deepEqual(leaves(), []);
});
