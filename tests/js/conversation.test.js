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

/** The last two messages of m1 … m6; m5 has an alternative of which nothing else is known. */
function lowerPart() {
  const messages = [{ ...question("m5", "m4"), alternatives: ["m5", "m7"] }, answer("m6", "m5", { status: "complete" })];
  return Conversation.of({ conversation: conversationRow("m6"), messages, newest: "m8" });
}

test("of a long conversation the lower part is shown, and what is above can be asked for until its root is there", () => {
  const conversation = lowerPart();
  assert.deepEqual([path(conversation), conversation.above], [["m5", "m6"], "m4"]);
  conversation.learn([question("m3", "m2"), answer("m4", "m3", { status: "complete" })]);
  assert.deepEqual([path(conversation), conversation.above], [["m3", "m4", "m5", "m6"], "m2"]);
  conversation.learn([question("m1", null), answer("m2", "m1", { status: "complete" })]);
  assert.deepEqual([path(conversation), conversation.above], [["m1", "m2", "m3", "m4", "m5", "m6"], null]);
  assert.equal(conversation.missing, null);
});

test("the newest message of the tree is known before it is here, and is no sign of a loss", () => {
  const conversation = lowerPart();
  assert.equal(conversation.newest, "m8");
  assert.deepEqual([conversation.isElsewhere("m8"), conversation.isElsewhere("m9")], [true, false]);
  conversation.add(question("m9", "m6"));
  assert.equal(conversation.newest, "m9");
});

test("an alternative that is not here is known by its id, and shown once its branch was read", () => {
  const conversation = lowerPart();
  assert.deepEqual(conversation.alternatives("m5"), ["m5", "m7"]);
  assert.equal(conversation.select("m7"), false);
  assert.deepEqual(path(conversation), ["m5", "m6"], "nothing changes");
  conversation.learn([{ ...question("m7", "m4"), alternatives: ["m5", "m7"] }, answer("m8", "m7")]);
  assert.equal(conversation.select("m7"), true);
  assert.deepEqual(path(conversation), ["m7", "m8"]);
  assert.deepEqual(conversation.alternatives("m7"), ["m5", "m7"]);
});

test("a branch goes on along the newest messages, also when not all of them are here", () => {
  const conversation = lowerPart();
  conversation.learn([{ ...answer("m4", "m3"), alternatives: ["m2", "m4"] }]);
  assert.equal(conversation.select("m4"), false, "m7 is newer than m5");
  assert.equal(conversation.select("m6"), true);
});

test("a branch that another tab went to is missing when it is old, and is on its way when it is new", () => {
  const conversation = lowerPart();
  conversation.change(conversationRow("m8"));
  assert.deepEqual([conversation.missing, path(conversation)], ["m8", ["m5", "m6"]]);
  conversation.change(conversationRow("m99"));
  assert.equal(conversation.missing, null);
});

test("an edit of a message that is not here shows the new branch, whose other versions are missing", () => {
  const conversation = lowerPart();
  conversation.change(conversationRow("m92"));
  conversation.add(question("m91", "m2"));
  conversation.add(answer("m92", "m91"));
  assert.deepEqual([path(conversation), conversation.missing, conversation.above], [["m91", "m92"], "m91", "m91"]);
  conversation.learn([{ ...question("m91", "m2"), alternatives: ["m3", "m91"] }]);
  assert.deepEqual([conversation.missing, conversation.above], [null, "m2"]);
  assert.deepEqual(conversation.alternatives("m91"), ["m3", "m91"]);
});

test("an edit of the first message that is here stands beside it", () => {
  const conversation = lowerPart();
  conversation.change(conversationRow("m91"));
  conversation.add(question("m91", "m4"));
  assert.deepEqual(conversation.alternatives("m91"), ["m5", "m7", "m91"]);
  assert.deepEqual([conversation.missing, conversation.above], [null, "m4"]);
});

test("a new first message of a conversation whose root is not here has other versions", () => {
  const conversation = lowerPart();
  conversation.change(conversationRow("m91"));
  conversation.add(question("m91", null));
  assert.equal(conversation.missing, "m91");
});

test("pages that arrive again take nothing back", () => {
  const conversation = lowerPart();
  conversation.add(answer("m92", "m5", { status: "running" }));
  conversation.fold({ type: "generation.delta", message: "m92", attempt: 1, seq: 1, text: "new" });
  conversation.learn([{ ...answer("m92", "m5", { status: "running" }), alternatives: ["m6", "m92"] }]);
  assert.equal(conversation.message("m92")?.text, "new");
  assert.deepEqual(path(conversation), ["m5", "m92"]);
});

test("a summary of messages that are not here is in force", () => {
  const conversation = lowerPart();
  const summary = (/** @type {string} */ message) =>
    /** @type {import("#chat/protocol.js").SummaryRow} */ ({ id: `s${message}`, message, text: "", version: 1, changed: "" });
  conversation.summarize([summary("m1"), summary("m3")]);
  assert.equal(conversation.summaryInForce()?.message, "m3");
  conversation.summarize([summary("m1"), summary("m6")]);
  assert.equal(conversation.summaryInForce()?.message, "m6");
});
