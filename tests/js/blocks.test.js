import assert from "node:assert/strict";
import { test } from "node:test";

import { BlockSplitter } from "#chat/blocks.js";
import { toHtml } from "#chat/markdown.js";
import { randomFrom } from "./random.js";

const SAMPLES = {
  paragraphs: "One line\nand another.\n\nA second paragraph.\n\n\nA third.\n",
  headings: "# Title\nText right below.\n## Second\n\nText\n### Third",
  setext: "Title\n=====\n\nText\n---\n\nMore",
  fence: "Before\n```python\ndef f():\n\n    return 1\n\n# no heading\n```\nAfter\n",
  tildes: "~~~~\n~~~\n\ninside\n~~~~\n\nout",
  "fence never closed": "Text\n\n```js\nlet a = 1;\n\nlet b",
  "tight list": "- one\n- two\n  - deeper\n- three\n\nAfter",
  "loose list": "1. one\n\n   more of one\n\n2. two\n\n   ```sh\n   ls\n\n   cd\n   ```\n\n3. three\n\nAfter the list\n",
  "nested list, apart at the end": "- a\n  - b\n\n  - c\n- d\n\n- e\n* f\n* g\n",
  "list with other blocks in it": "1. a\n> quote\n2. b\n---\n3. c\nlazy\n4. d\n\n\n5) e\n-\n- f\n",
  "a table without outer bars": "a | b\n--|--\n1 | 2\n\nAfter",
  "a table and what ends it": "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 |\nno bar\n- list\n- list\n\n| x |\n|:-:|\n| `\\|` |\n# Head\n",
  "no table": "| a | b |\n|---|\n| 1 | 2 |\n\n|\n|-|\n",
  "list, then code": "1. Do this:\n\n```sh\nmake\n\nmake install\n```\n\n2. Then that.\n",
  "list with a fence that is indented too little": "1. a\n\n  ```\n  x\n\ny\n  ```\n\nend\n",
  "fence as an item": "- ```\n  a\n\n  b\n  ```\n- two\n\nend",
  table: "Before\n\n| a | b |\n|:--|--:|\n| 1 | 2 |\n\nAfter",
  quote: "> one\n> two\nlazy\n\n> again\n>\n> ```\n> code\n> ```\n\nout",
  "indented code": "Text\n\n    code\n\n    more code\n\nText",
  formulas: "We have\n\\[\nx = 1\n\n+ 2\n\\]\nand\n$$a^2$$\nand $$b$$ too\n\n$$\n\\frac{1}{2}\n$$\nend",
  "a stray delimiter": "$$ is a shop\n\nText\n\nMore text\n",
  rules: "a\n\n---\n\nb\n\n***\nc",
  "line ends of Windows": "One\r\n\r\n- a\r\n- b\r\n\r\n```\r\nx\r\n```\r\ntwo\r\n",
};

/** @param {string[]} pieces */
function blocksOf(pieces) {
  const splitter = new BlockSplitter();
  const blocks = pieces.flatMap((piece) => splitter.feed(piece));
  return [...blocks, ...splitter.finish()];
}

/** @param {import("#chat/blocks.js").Block[]} blocks */
function sources(blocks) {
  return blocks.map(({ source }) => source);
}

/**
 * Each block alone; the items of a list and the rows of a table together (that those can come one by one is tested
 * where they are put together, in a browser).
 * @param {import("#chat/blocks.js").Block[]} blocks
 */
function rendered(blocks) {
  /** @type {string[]} */
  const groups = [];
  for (const { source, joins } of blocks) {
    if (joins) groups.push(groups.pop() + source);
    else groups.push(source);
  }
  return groups.map((group) => toHtml(group)).join("");
}

/** @param {string} text @param {() => number} random */
function cut(text, random) {
  const pieces = [];
  for (let start = 0; start < text.length; ) {
    const length = 1 + Math.floor(random() * 9);
    pieces.push(text.slice(start, start + length));
    start += length;
  }
  return pieces;
}

for (const [name, text] of Object.entries(SAMPLES)) {
  test(`blocks rendered one by one look like the whole: ${name}`, () => {
    assert.equal(rendered(blocksOf([text])), toHtml(text));
  });
}

test("joined samples, cut anywhere, give the same blocks, lose nothing and look like the whole", () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const random = randomFrom(seed);
    const samples = Object.values(SAMPLES).filter((text) => !text.includes("let b"));
    const text = Array.from({ length: 4 }, () => samples[Math.floor(random() * samples.length)]).join("\n\n");
    const blocks = blocksOf([text]);
    assert.deepEqual(blocksOf(cut(text, random)), blocks, `seed ${seed}`);
    assert.equal(sources(blocks).join("").trimEnd(), text.trimEnd(), `seed ${seed}`);
    assert.equal(rendered(blocks), toHtml(text), `seed ${seed}`);
  }
});

test("a block settles as soon as nothing can change it any more", () => {
  const splitter = new BlockSplitter();
  assert.deepEqual(sources(splitter.feed("# Title\nText")), ["# Title\n"]);
  assert.deepEqual(splitter.feed(" goes on\n\n"), [], "an indented line could still follow");
  assert.deepEqual(sources(splitter.feed("Next\n")), ["Text goes on\n\n"]);
  assert.equal(splitter.open, "Next\n");
});

test("an open fence tells its language and its code so far", () => {
  const splitter = new BlockSplitter();
  splitter.feed("Text\n```python\nprint(1)\n\npri");
  assert.deepEqual(splitter.openFence, { info: "python", code: "print(1)\n\npri" });
  assert.deepEqual(sources(splitter.feed("nt(2)\n```\n")), ["```python\nprint(1)\n\nprint(2)\n```\n"]);
  assert.equal(splitter.openFence, null);
});

test("the open block stays small while a long answer is written", () => {
  const splitter = new BlockSplitter();
  for (let number = 0; number < 500; number += 1) {
    splitter.feed(`Paragraph ${number} with some words in it.\n\n`);
    assert.ok(splitter.open.length < 100);
  }
});

test("a long list settles item by item and a long table row by row", () => {
  const splitter = new BlockSplitter();
  const items = Array.from({ length: 300 }, (_, number) => `${number + 1}. Item ${number}\n   - with one below\n`);
  const rows = Array.from({ length: 300 }, (_, number) => `| ${number} | text |\n`);
  const text = `${items.join("")}\n| a | b |\n|---|---|\n${rows.join("")}`;
  let largest = 0;
  const blocks = [];
  for (const piece of cut(text, randomFrom(5))) {
    blocks.push(...splitter.feed(piece));
    largest = Math.max(largest, splitter.open.length);
  }
  assert.ok(largest < 100, `${largest}`);
  assert.equal(blocks.length, 300 + 1 + 300);
  assert.equal(blocks.filter(({ joins }) => joins).length, 299 + 300);
});
