import assert from "node:assert/strict";
import { test } from "node:test";

import { stacked, windowOf } from "#chat/chart-data.js";
import { inUnit, momentFormat } from "#chat/chart-words.js";

const DAY = 86_400;
const FIRST = Date.parse("2026-11-20T00:00:00Z") / 1000;

/** @param {Partial<import("#chat/chart-data.js").Drawing>} given */
const drawing = (given) => ({ kind: /** @type {const} */ ("bars"), unit: "USD", moments: ["2026-11-20", "2026-11-21"], series: [], links: [], ...given });

test("bars stand on top of each other, the topmost first", () => {
  const { moments, rows } = stacked(drawing({ series: [{ label: "a", values: ["1.5", 2] }, { label: "b", values: [null, "0.25"] }] }));
  assert.deepEqual(moments, [FIRST, FIRST + DAY]);
  assert.deepEqual(rows, [[1.5, 2.25], [1.5, 2]]);
});

test("lines keep their gaps", () => {
  const { rows } = stacked(drawing({ kind: "lines", series: [{ label: "a", values: ["1.5", null] }] }));
  assert.deepEqual(rows, [[1.5, null]]);
});

test("the window has room for whole bars and for a week at least", () => {
  assert.deepEqual(windowOf([FIRST]), [FIRST - DAY / 2, FIRST + 6.5 * DAY]);
  const hours = Array.from({ length: 24 }, (_, hour) => FIRST + hour * 3600);
  assert.deepEqual(windowOf(hours), [FIRST - 1800, FIRST + 23.5 * 3600]);
});

test("figures are shown in their unit", () => {
  assert.equal(inUnit(12, "percent"), "12%");
  assert.equal(inUnit("0.00005361", "USD"), "$0.0000536");
  assert.equal(inUnit(null, "USD"), "–");
  assert.equal(momentFormat([FIRST])(FIRST), "Nov 20");
});
