import assert from "node:assert/strict";
import { test } from "node:test";

import { fold, merge, shown } from "#chat/transcript.js";
import { answer, question } from "./rows.js";

/** @import { DeltaFrame, FinishedFrame, GenerationFrame, SnapshotFrame, Status } from "#chat/protocol.js" */

/** @param {number} attempt @param {number} seq @param {string} text @returns {DeltaFrame} */
const delta = (attempt, seq, text) => ({ type: "generation.delta", message: "a", attempt, seq, text });

/** @param {number} attempt @param {number} seq @param {string} text @returns {SnapshotFrame} */
const snapshot = (attempt, seq, text) => ({ type: "generation.snapshot", message: "a", attempt, seq, reasoning: "", text });

/** @param {number} attempt @param {number} seq @param {{text?: string, status?: Status}} [more] @returns {FinishedFrame} */
const finished = (attempt, seq, { text, status = "complete" } = {}) => ({
  ...{ type: "generation.finished", message: "a", attempt, seq, status, finish_reason: "stop", error: null },
  ...{ usage: null, cost: null, duration_ms: 10, reasoning_ms: null },
  ...(text === undefined ? {} : { text, reasoning: "" }),
});

/** @param {GenerationFrame[]} frames */
function after(...frames) {
  return frames.reduce(fold, shown(answer("a", "q")));
}

test("deltas are appended, text and reasoning apart", () => {
  const thought = /** @type {DeltaFrame} */ ({ type: "generation.delta", message: "a", attempt: 1, seq: 1, reasoning: "Hm" });
  const message = after(thought, delta(1, 2, "Yes"), delta(1, 3, "."));
  assert.deepEqual([message.reasoning, message.text, message.generation?.seq], ["Hm", "Yes.", 3]);
  assert.equal(message.generation?.status, "running");
  assert.equal(message.epoch, 0);
});

test("a delta that is known already changes nothing at all", () => {
  const message = after(delta(1, 1, "a"), delta(1, 2, "b"));
  assert.equal(fold(message, delta(1, 1, "a")), message);
  assert.equal(fold(message, delta(1, 2, "b")), message);
});

test("a gap shows no wrong text, and is healed by a snapshot or by what was missing", () => {
  const message = after(delta(1, 1, "a"), delta(1, 3, "c"));
  assert.deepEqual([message.text, message.gap], ["a", true]);
  assert.equal(fold(message, delta(1, 4, "d")), message, "a gap is told once");
  const healed = fold(message, snapshot(1, 3, "abc"));
  assert.deepEqual([healed.text, healed.gap, healed.epoch], ["abc", false, 0]);
  assert.deepEqual([fold(message, delta(1, 2, "b")).text, fold(message, delta(1, 2, "b")).gap], ["ab", false]);
});

test("an old snapshot takes nothing back", () => {
  const message = after(delta(1, 1, "a"), delta(1, 2, "b"));
  assert.equal(fold(message, snapshot(1, 1, "a")), message);
});

test("a higher attempt replaces everything, and frames of the lower one are ignored", () => {
  const message = after(delta(1, 1, "abc"), snapshot(2, 0, "ab"));
  assert.deepEqual([message.text, message.generation?.attempt, message.epoch], ["ab", 2, 1]);
  for (const frame of [delta(1, 2, "x"), snapshot(1, 9, "x"), finished(1, 9, { text: "x" })]) {
    assert.equal(fold(message, frame), message);
  }
  assert.equal(fold(message, delta(2, 1, "C")).text, "abC");
});

test("a delta of a higher attempt without its snapshot is a gap", () => {
  const message = after(delta(1, 1, "abc"), delta(2, 1, "d"));
  assert.deepEqual([message.text, message.gap], ["abc", true]);
});

test("the end counts when everything before it was seen, and otherwise is a gap", () => {
  assert.equal(after(delta(1, 1, "a"), finished(1, 1)).generation?.status, "complete");
  const early = after(delta(1, 1, "a"), finished(1, 2));
  assert.deepEqual([early.generation?.status, early.gap], ["running", true]);
  const whole = fold(early, finished(1, 2, { text: "ab" }));
  assert.deepEqual([whole.text, whole.generation?.status, whole.gap], ["ab", "complete", false]);
});

test("after the end nothing of the same attempt changes anything", () => {
  const message = after(delta(1, 1, "a"), finished(1, 1, { status: "stopped" }));
  for (const frame of [delta(1, 2, "x"), snapshot(1, 5, "x"), finished(1, 1), finished(1, 1, { text: "y" })]) {
    assert.equal(fold(message, frame), message);
  }
});

test("waiting is told, and is over with the next text", () => {
  const queued = after({ type: "generation.queued", message: "a", position: 2 });
  assert.deepEqual(queued.waiting, { kind: "queued", position: 2 });
  assert.equal(fold(queued, { type: "generation.queued", message: "a", position: 0 }).waiting, null);
  assert.equal(fold(queued, delta(1, 1, "a")).waiting, null);
  const retrying = after({ type: "generation.retrying", message: "a", attempt: 1, delay: 3, text: "Busy." });
  assert.deepEqual(retrying.waiting, { kind: "retrying", text: "Busy." });
  assert.equal(fold(retrying, finished(1, 0)).waiting, null);
  const ended = after(finished(1, 0));
  assert.equal(fold(ended, { type: "generation.queued", message: "a", position: 1 }), ended);
});

test("frames never change what a person wrote", () => {
  const message = shown(question("a", null));
  assert.equal(fold(message, delta(1, 1, "x")), message);
});

test("a row that arrives again never takes text back", () => {
  const message = after(delta(1, 1, "a"), delta(1, 2, "b"));
  assert.equal(merge(message, { ...answer("a", "q", { seq: 1 }), text: "a" }), message);
  const newer = merge(message, { ...answer("a", "q", { seq: 3, status: "running" }), text: "abc" });
  assert.deepEqual([newer.text, newer.generation?.seq], ["abc", 3]);
  const ended = merge(message, { ...answer("a", "q", { seq: 2, status: "complete" }), text: "ab" });
  assert.equal(ended.generation?.status, "complete");
});
