import assert from "node:assert/strict";
import { test } from "node:test";

import { languageOf } from "#chat/code-language.js";
import { toHtml } from "#chat/markdown.js";
import { formulaAt } from "#chat/math-syntax.js";

test("HTML in the text is shown, never interpreted", () => {
  assert.equal(toHtml("<img src=x onerror=alert(1)>").trim(), '<p dir="auto">&lt;img src=x onerror=alert(1)&gt;</p>');
  assert.equal(toHtml("a <script>alert(1)</script>").includes("<script"), false);
});

test("images become links, so that nothing is loaded from elsewhere", () => {
  const html = toHtml("![a cat](https://example.org/cat.png)");
  assert.match(html, /<a href="https:\/\/example\.org\/cat\.png"[^>]*>a cat<\/a>/);
  assert.equal(html.includes("<img"), false);
  assert.match(toHtml("![](https://example.org/cat.png)"), />https:\/\/example\.org\/cat\.png<\/a>/);
});

for (const address of ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "/relative", "//host"]) {
  test(`no link to ${address}`, () => {
    assert.equal(toHtml(`[x](${address})`).includes("<a "), false);
    assert.equal(toHtml(`![x](${address})`).includes("<a "), false);
  });
}

test("links open elsewhere and tell nothing about this page", () => {
  for (const text of ["[x](https://example.org/)", "https://example.org/", "<mailto:a@example.org>"]) {
    assert.match(toHtml(text), /<a (class="bare" )?href="[^"]+" target="_blank" rel="noopener noreferrer nofollow">/);
  }
});

test("names of files are not links", () => {
  assert.equal(toHtml("see main.py and README.md").includes("<a "), false);
});

test("tables scroll in a wrapper and are aligned by classes", () => {
  const html = toHtml("| a | b |\n|:-:|--:|\n| 1 | 2 |");
  assert.match(html, /<div class="table-scroll" tabindex="0"><table dir="auto">/);
  assert.match(html, /<th class="align-center">a<\/th>/);
  assert.match(html, /<td class="align-right">2<\/td>/);
  assert.equal(html.includes("style="), false);
});

test("code carries its language", () => {
  assert.equal(toHtml("```Python title\nx < 1\n```"), '<pre data-language="python"><code>x &lt; 1\n</code></pre>\n');
  assert.equal(languageOf("{.c++ .numberLines}"), "c++");
  assert.equal(languageOf('"><script>'), "");
});

test("formulas inside a line", () => {
  for (const text of ["so $x^2$ is", "so \\(x^2\\) is"]) {
    assert.equal(toHtml(text).trim(), '<p dir="auto">so <span class="math" data-math="inline">x^2</span> is</p>');
  }
  assert.match(toHtml("so $$x_1$$ is"), /<span class="math" data-math="display">x_1<\/span>/);
  assert.match(toHtml("$a < b$"), />a &lt; b<\/span>/);
});

test("prices are no formulas", () => {
  for (const text of ["$5 and $6", "from $5 to $10.", "costs $5, not 6$ or so", "US$ and A$", "\\$x\\$", "a $ b $ c", "$20M-$30M"]) {
    assert.equal(toHtml(text).includes("data-math"), false, text);
  }
});

test("code is no formula", () => {
  assert.equal(toHtml("`$x$` and `\\(y\\)`").includes("data-math"), false);
});

test("formula blocks", () => {
  for (const text of ["$$\nx\n$$", "\\[\nx\n\\]", "$$x$$", "\\[ x \\]", "- item\n\n  $$\n  x\n  $$"]) {
    assert.match(toHtml(text), /<div class="math" data-math="display">x<\/div>/, text);
  }
});

test("a formula that is still being written stays together, and is plain text if it never ends", () => {
  assert.match(toHtml("$$\n\\frac_1*2*", { streaming: true }), /data-math="pending">\\frac_1\*2\*</);
  assert.equal(toHtml("$$\nx").includes("data-math"), false);
});

test("a formula ends where its delimiter does", () => {
  assert.deepEqual(formulaAt("$x\\$y$ z", 0), { tex: "x\\$y", end: 6, display: false });
  assert.equal(formulaAt("$x", 0), null);
  assert.equal(formulaAt("\\(\\)", 0), null);
});

test("links may be defined in another block of the same text", () => {
  const env = {};
  toHtml("[1]: https://example.org/", env);
  assert.match(toHtml("see [1]", env), /<a href="https:\/\/example.org\/"/);
});
