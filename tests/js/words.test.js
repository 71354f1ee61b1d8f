import assert from "node:assert/strict";
import { test } from "node:test";

import { figures } from "#chat/figures.js";
import { announcement, duration, noteOf, price, waitingText } from "#chat/outcome.js";
import { generation } from "./rows.js";

test("durations", () => {
  assert.deepEqual([null, 20, 2600, 60_000, 125_000].map(duration), ["", "1 s", "3 s", "1 min", "2 min 5 s"]);
});

test("prices", () => {
  const cost = { amount: "0.000054321", currency: "USD", estimated: false, simulated: false };
  assert.equal(price(cost), "$0.000054");
  assert.equal(price({ ...cost, amount: "1.25", currency: "CHF" }), "CHF 1.3");
  assert.equal(price({ ...cost, estimated: true, simulated: true }), "about $0.000054");
});

test("figures leave out what is unknown", () => {
  assert.deepEqual(figures(generation(), "Flash"), [["Model", "Flash"]]);
});

test("figures tell all that is known, and mark what is estimated or simulated", () => {
  const usage = { prompt: 1320, cached: 1280, completion: 1234, reasoning: 200, estimated: true };
  const cost = { amount: "0.000054321", currency: "USD", estimated: true, simulated: true };
  const known = { usage, cost, duration_ms: 12_000, reasoning_ms: 3000, thinking: /** @type {const} */ ("high") };
  const ended = generation({ ...known, status: "complete", finish_reason: "length", served_by: "own server" });
  assert.deepEqual(Object.fromEntries(figures(ended, "Flash")), {
    Model: "Flash, thinking",
    "Answered by": "own server",
    Time: "12 s, 3 s of it thinking",
    Read: "about 1,320 tokens: 1,280 known from before, 40 new",
    Written: "about 1,234 tokens, 200 of them thinking",
    Cost: "about $0.000054 (simulated)",
    End: "The longest length of an answer was reached. The figures are estimates: exact ones never arrived.",
  });
});

test("an answer that came to its own end needs no note; every other end has one, or an error", () => {
  assert.equal(noteOf(generation({ status: "complete", finish_reason: "stop" })), "");
  for (const finish_reason of ["length", "content_filter", "insufficient_system_resource"]) {
    assert.notEqual(noteOf(generation({ status: "complete", finish_reason })), "");
  }
  assert.match(noteOf(generation({ status: "stopped" })), /stopped/);
  assert.match(noteOf(generation({ status: "interrupted" })), /kept/);
  const error = { code: "x", message: "The server restarted.", retryable: true };
  assert.equal(noteOf(generation({ status: "interrupted", error })), "The server restarted.");
  assert.equal(noteOf(generation({ status: "failed" })), "");
});

test("screen readers hear the end once it is there", () => {
  assert.equal(announcement(generation({ status: "running" })), "");
  assert.equal(announcement(generation({ status: "complete", finish_reason: "stop" })), "Answer complete.");
  assert.equal(announcement(generation({ status: "failed" })), "The answer failed.");
});

test("waiting", () => {
  assert.match(waitingText({ kind: "queued", position: 1 }), /next/);
  assert.match(waitingText({ kind: "queued", position: 3 }), /2 before you/);
  assert.equal(waitingText({ kind: "retrying", text: "Busy." }), "Busy.");
});
