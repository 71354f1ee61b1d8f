import assert from "node:assert/strict";
import { test } from "node:test";

import { toHtml } from "#chat/markdown.js";
import { mend } from "#chat/mending.js";

/** @param {string} text */
function shown(text) {
  return toHtml(mend(text), { streaming: true }).replaceAll(' dir="auto"', "").trim();
}

for (const [open, html] of [
  ["so **bold", "<p>so <strong>bold</strong></p>"],
  ["so **bold *both", "<p>so <strong>bold <em>both</em></strong></p>"],
  ["so **bold*", "<p>so <strong>bold</strong></p>"],
  ["so **", "<p>so </p>"],
  ["so *it", "<p>so <em>it</em></p>"],
  ["so ~~gone", "<p>so <s>gone</s></p>"],
  ["so `code **x", "<p>so <code>code **x</code></p>"],
  ["so ``a `b`", "<p>so <code>a `b</code></p>"],
  ["see [the docs", "<p>see the docs</p>"],
  ["see [the docs](https://exam", "<p>see the docs</p>"],
  ["see ![a cat](https://exam", "<p>see a cat</p>"],
  ["text\n--", "<p>text</p>"],
  ["text\n=", "<p>text</p>"],
  ["- a\n- ", "<ul>\n<li>a</li>\n</ul>"],
  ["- a\n- **b", "<ul>\n<li>a</li>\n<li><strong>b</strong></li>\n</ul>"],
  ["a \\", "<p>a </p>"],
  ["by \\(x^2", "<p>by </p>"],
  ["by $\\frac{1}{2", "<p>by </p>"],
]) {
  test(`unfinished ${JSON.stringify(open)} shows none of its signs`, () => {
    assert.equal(shown(open).replace(/\s+<\/p>/, "</p>"), html.replace(" </p>", "</p>"));
  });
}

for (const complete of [
  "2 * 3 * 4 is 24",
  "snake_case_name and a*b",
  "**bold** and *it* and `code` and ~~gone~~",
  "[a](https://example.org/) and [1] and a ] b",
  "costs $5 and $6 at $HOME",
  "a\n\n---\n\nb",
  "- ```\n  **x",
  "formula $x^2$ and \\(y\\) end",
  "`a` ``b`` c",
  "***both*** and **a *b* c**",
]) {
  test(`nothing is mended in ${JSON.stringify(complete)}`, () => {
    assert.equal(mend(complete), complete);
  });
}

for (const table of ["| a | b", "| a | b |", "| a | b |\n", "| a | b |\n|", "| a | b |\n| --", "| a | b |\n|---|--"]) {
  test(`the head of a table is one from the beginning: ${JSON.stringify(table)}`, () => {
    assert.match(shown(table), /<thead>[^]*<th>a<\/th>\s*<th>b<\/th>[^]*<\/thead>/);
    assert.equal(shown(table).includes("|"), false);
  });
}

test("no beginning of an answer shows signs of what is only half there", () => {
  const answer = "Use **strong** words, `code()` and [links](https://example.org/a_b), ~~not~~ *this*.\n";
  for (let length = 1; length <= answer.length; length += 1) {
    const text = shown(answer.slice(0, length)).replace(/<[^>]*>/g, "");
    assert.match(text, /^[A-Za-z ,.]*(code\(?\)?)?[A-Za-z ,.]*\]?[A-Za-z ,.]*$/, answer.slice(0, length));
  }
});

test("a row below a table's head is no head", () => {
  const head = "| a | b |\n| --- | --- |\n";
  assert.equal(mend(`${head}| 1 | te`), `${head}| 1 | te`);
  assert.equal(mend(`${head}| 1 | **te`), `${head}| 1 | **te**`);
  assert.equal(mend("a | b\n--- | ---\n1 | te"), "a | b\n--- | ---\n1 | te");
});
