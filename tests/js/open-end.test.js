import assert from "node:assert/strict";
import { test } from "node:test";

import { hasOpenEnd } from "#chat/open-end.js";
import { parsed } from "#chat/json-view.js";
import { generation } from "./rows.js";

/** @import { Generation } from "#chat/protocol.js" */

/** @param {Partial<Generation>} fields */
const ended = (fields, text = "some text") => hasOpenEnd({ text, generation: generation(fields) });

test("an answer that was cut, stopped, interrupted or failed can go on", () => {
  assert.equal(ended({ status: "complete", finish_reason: "length" }), true);
  for (const status of /** @type {const} */ (["stopped", "interrupted", "failed"])) assert.equal(ended({ status }), true);
});

test("one that came to its own end, is running, was filtered or has no text cannot", () => {
  assert.equal(ended({ status: "complete", finish_reason: "stop" }), false);
  assert.equal(ended({ status: "running" }), false);
  assert.equal(ended({ status: "failed", finish_reason: "content_filter" }), false);
  assert.equal(ended({ status: "stopped" }, ""), false);
  assert.equal(hasOpenEnd({ text: "Hello", generation: null }), false);
});

test("JSON is read, also inside of a fence; what is none is not", () => {
  assert.deepEqual(parsed('{"a": [1, null]}'), { a: [1, null] });
  assert.deepEqual(parsed('```json\n{"a": 1}\n```\n'), { a: 1 });
  assert.equal(parsed("null"), null);
  assert.equal(parsed('{"a": [1, '), undefined);
  assert.equal(parsed("Here is your JSON"), undefined);
});
