// Draws figures over time. The table beside a chart says the same in numbers, so charts are for the eye only.
// What is drawn comes from the server as JSON: see `conversations/accounting/chart.py`.

import uPlot from "uplot";

import { stacked, sums, windowOf } from "#chat/chart-data.js";
import { fromJson } from "#chat/elements.js";
import { inUnit, momentFormat, shortUnit } from "#chat/chart-words.js";
import { gettext } from "#chat/language.js";

/** @import { Drawing } from "#chat/chart-data.js" */

const HEIGHT = 240;
// Shades of one hue for what adds up; lines, which cross, differ in hue.
const BAR_COLOURS = [1, 2, 3, 4, 5, 6, 7, 8];
const LINE_COLOURS = [1, 4, 5, 6, 7, 8, 2, 3];

/** Draw all charts of the page, and again whenever the theme changes. */
export function drawCharts() {
  const boxes = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-chart]")]);
  const redrawers = boxes.map((box) => drawn(box, /** @type {Drawing} */ (fromJson(box.dataset.chart ?? ""))));
  const redraw = () => redrawers.forEach((each) => each());
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}

/**
 * @param {HTMLElement} box
 * @param {Drawing} drawing
 * @returns {() => void} draws it anew, in the colours of now
 */
function drawn(box, drawing) {
  // Time runs from left to right in every language.
  box.dir = "ltr";
  if (drawing.links.length) followClicks(box, drawing);
  let chart = build(box, drawing);
  new ResizeObserver(() => chart.setSize({ width: box.clientWidth, height: HEIGHT })).observe(box);
  return () => {
    chart.destroy();
    chart = build(box, drawing);
  };
}

/**
 * @param {HTMLElement} box
 * @param {Drawing} drawing
 */
function build(box, drawing) {
  const { moments, rows } = stacked(drawing);
  const chart = new uPlot(
    {
      width: box.clientWidth,
      height: HEIGHT,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
      cursor: { y: false, drag: { setScale: false, x: false, y: false }, points: { show: drawing.kind === "lines" } },
      scales: { x: { range: () => windowOf(moments) }, y: { range: (_chart, _min, max) => [0, Math.max(max, drawing.unit === "percent" ? 1 : 0) * 1.1 || 1] } },
      axes: axes(box, drawing, moments),
      series: [{ label: gettext("When"), value: (_chart, at) => (at === null ? "–" : momentFormat(moments)(at)) }, ...series(box, drawing)],
    },
    // uPlot draws in this order: the tallest of a stack first, so that what is drawn later covers its lower part.
    [moments, ...rows],
    box,
  );
  box.dataset.drawn = "";
  return chart;
}

/**
 * @param {HTMLElement} box
 * @param {Drawing} drawing
 * @returns {uPlot.Series[]} in the order of `stacked`
 */
function series(box, drawing) {
  const bars = uPlot.paths.bars?.({ size: [0.7, 40] });
  const colours = drawing.kind === "bars" ? BAR_COLOURS : LINE_COLOURS;
  const all = drawing.series.map(({ label, values }, index) => {
    const colour = resolved(box, `--chart-${colours[index % colours.length]}`);
    const look = drawing.kind === "bars" ? { fill: colour, width: 0, paths: bars, points: { show: false } } : { stroke: colour, width: 2, spanGaps: false };
    /** @type {uPlot.Series} */
    const made = { label, ...look, value: (_chart, _stacked, _series, at) => (at === null ? "–" : inUnit(values[at], drawing.unit)) };
    return made;
  });
  return drawing.kind === "bars" ? all.reverse() : all;
}

/**
 * @param {HTMLElement} box
 * @param {Drawing} drawing
 * @param {number[]} moments
 * @returns {uPlot.Axis[]}
 */
function axes(box, drawing, moments) {
  const axis = { stroke: resolved(box, "--text-soft"), grid: { stroke: resolved(box, "--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
  const words = momentFormat(moments);
  const hour = 3600;
  const daily = drawing.moments.every((moment) => moment.length === 10);
  const steps = daily ? [24, 48, 168, 336, 720, 1440, 2184, 4380, 8760] : [1, 2, 3, 6, 12, 24, 48, 168, 336, 720, 2184, 4380, 8760];
  return [
    { ...axis, values: (_chart, values) => values.map(words), space: 64, size: 32, incrs: steps.map((hours) => hours * hour) },
    { ...axis, values: (_chart, values) => values.map((value) => shortUnit(value, drawing.unit)), size: 64 },
  ];
}

/**
 * A click on a moment goes to the rows that its figures are made of; the table has the same as links.
 * @param {HTMLElement} box
 * @param {Drawing} drawing
 */
function followClicks(box, drawing) {
  box.classList.add("chart-linked");
  box.addEventListener("click", (event) => {
    const over = event.target instanceof Element ? event.target.closest(".u-over") : null;
    if (!(event instanceof MouseEvent) || !over) return;
    const { left, width } = over.getBoundingClientRect();
    const { moments } = sums(drawing);
    const [from, to] = windowOf(moments);
    const at = from + ((event.clientX - left) / width) * (to - from);
    const nearest = moments.reduce((best, moment, index) => (Math.abs(moment - at) < Math.abs(moments[best] - at) ? index : best), 0);
    location.assign(drawing.links[nearest]);
  });
}

/**
 * A custom property as a colour that a canvas takes: `light-dark()` is for style sheets only.
 * @param {HTMLElement} box
 * @param {string} name
 */
function resolved(box, name) {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  box.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
