import assert from "node:assert/strict";
import { test } from "node:test";

import { newId } from "#chat/identifier.js";
import { Workspace } from "#chat/workspace.js";
import { answer, question } from "./rows.js";

/** @param {Workspace} workspace @param {string} text */
function sent(workspace, text) {
  const { current } = workspace;
  const choice = /** @type {const} */ ({ model: "deepseek-flash", thinking: "off" });
  const command = { type: /** @type {const} */ ("message.send"), id: newId(), conversation: current.id, parent: current.leaf, text, ...choice };
  workspace.outbox.add(command, current);
  const send = workspace.outbox.get(command.id);
  assert.ok(send);
  return send;
}

test("a first message: sending, stored, answered, ended", () => {
  const workspace = new Workspace();
  assert.equal(workspace.mode, "ready");
  const send = sent(workspace, "Hello");
  assert.equal(workspace.mode, "sending");

  workspace.adopt(send, "c1");
  workspace.store(send, "m1");
  send.isStored = true;
  assert.equal(workspace.find("c1"), workspace.current);
  assert.deepEqual(workspace.outbox.of(workspace.current), [], "its row is shown instead");
  assert.equal(workspace.mode, "sending", "until the ack");

  workspace.outbox.take(send.command.id);
  workspace.promised = "m2";
  assert.equal(workspace.mode, "sending", "until the answer's row");
  workspace.receive(answer("m2", "m1"));
  assert.equal(workspace.mode, "answering");
  workspace.stopping.add("m2");
  assert.equal(workspace.mode, "stopping");
});

test("a row is recognized as the stored form of what was sent, once", () => {
  const workspace = new Workspace();
  const send = sent(workspace, "Hello  ");
  assert.equal(workspace.outbox.matching(question("m1", "other", { text: "Hello" })), null);
  assert.equal(workspace.outbox.matching(answer("m1", null)), null);
  assert.equal(workspace.outbox.matching(question("m1", null, { text: "Hello" })), send);
  send.isStored = true;
  assert.equal(workspace.outbox.matching(question("m2", null, { text: "Hello" })), null);
});

test("a refused message stays, and does not hold up the next one", () => {
  const workspace = new Workspace();
  const send = sent(workspace, "Hello");
  send.failure = { failure: "No budget left." };
  assert.equal(workspace.mode, "ready");
  assert.deepEqual(workspace.outbox.of(workspace.current), [send]);
  assert.equal(workspace.outbox.hasUnsent, true);
  workspace.outbox.take(send.command.id);
  assert.equal(workspace.outbox.hasUnsent, false);
});

test("what is on its way in one conversation does not hold up another", () => {
  const workspace = new Workspace();
  sent(workspace, "Hello");
  const before = workspace.current;
  workspace.show(new (Object.getPrototypeOf(before).constructor)());
  assert.equal(workspace.mode, "ready");
  workspace.show(before);
  assert.equal(workspace.mode, "sending");
});

test("ids of commands are UUIDs", () => {
  assert.match(newId(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.notEqual(newId(), newId());
});
