// The page's reducer against the cases that the Python one (tests/shown.py) is held to, and against random histories.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { fold, merge, shown } from "#chat/transcript.js";
import { randomFrom } from "./random.js";
import { answer, generation } from "./rows.js";

/** @import { GenerationFrame, MessageRow, Status } from "#chat/protocol.js" */
/** @import { ShownMessage } from "#chat/transcript.js" */

/** @typedef {[reasoning: string, text: string]} Piece */
/** @typedef {{type: "message.created", message: MessageRow} | GenerationFrame} Arrival */
/** @typedef {{seed: number, attempts: Piece[][], status: Status, frames: Arrival[], shown: [number, number, Status, boolean][]}} Case */

/** @type {Case[]} */
const cases = JSON.parse(readFileSync(new URL("../reducer/cases.json", import.meta.url), "utf8"));

/** @param {Piece[][]} attempts @param {number} attempt @param {number} seq @returns {Piece} what is true up to there */
function truth(attempts, attempt, seq) {
  const pieces = attempts[attempt - 1].slice(0, seq + 1);
  return [pieces.map(([reasoning]) => reasoning).join(""), pieces.map(([, text]) => text).join("")];
}

/** @param {ShownMessage} message @param {Arrival} frame */
function take(message, frame) {
  return frame.type === "message.created" ? merge(message, frame.message) : fold(message, frame);
}

/** @param {ShownMessage} message @returns {[number, number, Status | undefined, boolean]} */
const position = ({ generation, gap }) => [generation?.attempt ?? 0, generation?.seq ?? 0, generation?.status, gap];

/**
 * @param {Piece[][]} attempts
 * @param {Arrival[]} frames
 * @param {string} what
 */
function follow(attempts, frames, what) {
  let message = shown(answer("m", "q", { status: "running" }));
  return frames.map((frame) => {
    const before = message;
    message = take(message, frame);
    const [attempt, seq, , gap] = position(message);
    assert.deepEqual([message.reasoning, message.text], truth(attempts, attempt, seq), what);
    const [attemptBefore, seqBefore] = position(before);
    assert.ok(attempt > attemptBefore || (attempt === attemptBefore && seq >= seqBefore), `${what}: it went back`);
    const isOnward = message.text.startsWith(before.text) && message.reasoning.startsWith(before.reasoning);
    if (!isOnward) assert.ok(message.epoch > before.epoch, `${what}: text was replaced and nobody told`);
    if (message === before) assert.equal(gap, before.gap);
    return position(message);
  });
}

test("the same cases give the same text as in Python", () => {
  assert.ok(cases.length > 50);
  for (const { seed, attempts, frames, shown } of cases) {
    assert.deepEqual(follow(attempts, frames, `case ${seed}`), shown, `case ${seed}`);
  }
});

test("whatever is lost, repeated or late: shown text is a true beginning, and what heals completes it", () => {
  for (let seed = 1; seed <= 2000; seed += 1) {
    const { attempts, frames } = randomHistory(randomFrom(seed));
    const steps = follow(attempts, frames, `seed ${seed}`);
    const last = attempts.length;
    assert.deepEqual(steps.at(-1), [last, attempts[last - 1].length - 1, "complete", false], `seed ${seed}`);
  }
});

/**
 * One to three attempts of an answer, each from a beginning of the one before, and what arrives of it.
 * @param {() => number} random
 * @returns {{attempts: Piece[][], frames: Arrival[]}}
 */
function randomHistory(random) {
  const pick = (/** @type {number} */ below) => Math.floor(random() * below);
  /** @type {Piece[][]} */
  const attempts = [];
  for (let number = 1; number <= 1 + pick(3); number += 1) {
    const known = number > 1 ? truth(attempts, number - 1, pick(attempts[number - 2].length)) : ["", ""];
    const pieces = Array.from({ length: pick(7) }, () => randomPiece(pick));
    attempts.push([/** @type {Piece} */ (known[1] ? known : ["", ""]), ...pieces]);
  }
  const frames = attempts.flatMap((pieces, index) => sent(attempts, index + 1, pieces.length - 1, pick));
  const arrived = frames.filter(() => pick(5)).flatMap((frame) => (pick(6) ? [frame] : [frame, frame]));
  for (let moves = pick(6); moves > 0 && arrived.length > 1; moves -= 1) {
    const [late] = arrived.splice(pick(arrived.length), 1);
    arrived.splice(pick(arrived.length + 1), 0, late);
  }
  return { attempts, frames: [...arrived, finished(attempts, true)] };
}

/** @param {(below: number) => number} pick @returns {Piece} */
function randomPiece(pick) {
  const words = ["a", "b", " \n", "é", "漢", "😀"][pick(6)].repeat(1 + pick(2));
  return pick(4) ? ["", words] : [words, ""];
}

/** @param {Piece[][]} attempts @param {number} attempt @param {number} last @param {(below: number) => number} pick */
function sent(attempts, attempt, last, pick) {
  const message = "m";
  /** @type {Arrival[]} */
  const frames = attempt > 1 ? [snapshot(attempts, attempt, 0)] : [];
  for (let seq = 1; seq <= last; seq += 1) {
    const [reasoning, text] = attempts[attempt - 1][seq];
    frames.push({ type: "generation.delta", message, attempt, seq, ...(reasoning ? { reasoning } : { text }) });
    if (!pick(6)) frames.push(snapshot(attempts, attempt, seq));
    if (!pick(8)) frames.push(row(attempts, attempt, pick(seq + 1)));
  }
  if (attempt === attempts.length && pick(2)) frames.push(finished(attempts, false));
  return frames;
}

/** @param {Piece[][]} attempts @param {number} attempt @param {number} seq @returns {GenerationFrame} */
function snapshot(attempts, attempt, seq) {
  const [reasoning, text] = truth(attempts, attempt, seq);
  return { type: "generation.snapshot", message: "m", attempt, seq, reasoning, text };
}

/** @param {Piece[][]} attempts @param {number} attempt @param {number} seq @returns {Arrival} */
function row(attempts, attempt, seq) {
  const [reasoning, text] = truth(attempts, attempt, seq);
  return { type: "message.created", message: { ...answer("m", "q", { status: "running", attempt, seq }), text, reasoning } };
}

/** @param {Piece[][]} attempts @param {boolean} isWhole @returns {GenerationFrame} */
function finished(attempts, isWhole) {
  const attempt = attempts.length;
  const seq = attempts[attempt - 1].length - 1;
  const [reasoning, text] = truth(attempts, attempt, seq);
  const { model: _model, thinking: _thinking, ...end } = generation({ status: "complete", attempt, seq });
  return { type: "generation.finished", message: "m", ...end, ...(isWhole ? { reasoning, text } : {}) };
}
