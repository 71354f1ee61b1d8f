import assert from "node:assert/strict";
import { test } from "node:test";

import { toCsv } from "#chat/csv.js";
import { fileNameOf } from "#chat/file-names.js";

test("fields are quoted where they must be", () => {
  assert.equal(toCsv([["a", 'say "hi"', "1,5"], [" x", "two\nlines", ""]]), 'a,"say ""hi""","1,5"\r\n" x","two\nlines",\r\n');
});

test("code gets a fitting name", () => {
  const names = { python: "code.py", "c++": "code.cpp", dockerfile: "Dockerfile", "main.rs": "main.rs", "": "code.txt", klingon: "code.txt" };
  for (const [language, name] of Object.entries(names)) assert.equal(fileNameOf(language), name);
  assert.equal(fileNameOf("../x.sh"), "code.txt");
  assert.equal(fileNameOf("constructor"), "code.txt");
});
