import assert from "node:assert/strict";
import { test } from "node:test";

import { Narrator, spoken } from "#chat/narrator.js";

/** @param {string} text @param {number} step */
function said(text, step) {
  const narrator = new Narrator();
  const pieces = [];
  for (let end = step; end < text.length + step; end += step) {
    pieces.push(narrator.next(text.slice(0, end), end >= text.length));
  }
  return pieces.filter(Boolean);
}

test("sentences are said when they are complete, each once", () => {
  assert.deepEqual(said("One is here. Two is **bold**! And a rest", 1), ["One is here.", "Two is bold!", "And a rest"]);
  assert.deepEqual(said("你好。这是第二句。还有", 1), ["你好。", "这是第二句。", "还有"]);
});

test("a full stop inside of a number or an address ends nothing", () => {
  assert.deepEqual(said("It costs 1.50 at example.org today.", 3), ["It costs 1.50 at example.org today."]);
});

test("code is named, not read out, and only when it is complete", () => {
  const text = "Look:\n\n```python\nprint(1). x\n\ny\n```\nDone. Fine.\n";
  for (const step of [1, 5, 200]) assert.equal(said(text, step).join(" "), "Look: Code in python. Done. Fine.");
});

test("what was there before is not said", () => {
  const narrator = new Narrator();
  narrator.skip("One. ");
  assert.equal(narrator.next("One. Two. Three", false), "Two.");
});

test("signs of Markdown are not said", () => {
  const markdown = "# Head\n\n- a `b` [c](https://e.org)\n- ~~d~~\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n$$\nx\n$$";
  assert.equal(spoken(markdown), "Head a b c d x, y 1, 2 A formula.");
});
