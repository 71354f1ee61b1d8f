// What clicks on code, tables and diagrams do, by the `data-action` of what was clicked.

import { CodeView } from "#chat/code.js";
import { copyWith } from "#chat/copying.js";
import { toCsv } from "#chat/csv.js";
import { diagramOf } from "#chat/diagram.js";
import { download } from "#chat/download.js";
import { onAction } from "#chat/elements.js";
import { fileNameOf } from "#chat/file-names.js";
import { rowsOf } from "#chat/table.js";

/** @param {HTMLElement[]} early  what was clicked before this was there */
export function readingActions(early) {
  /** @type {Record<string, (element: HTMLElement) => void>} */
  const handlers = {
    "copy-code": (element) => void copyWith(element, codeOf(element)?.code ?? ""),
    "download-code": (element) => {
      const figure = element.closest("figure");
      download(fileNameOf(figure?.dataset.language ?? ""), codeOf(element)?.code ?? "");
    },
    "toggle-wrap": (element) => {
      const wraps = element.closest("figure")?.classList.toggle("code-wrapped") ?? false;
      element.setAttribute("aria-pressed", String(wraps));
    },
    "copy-csv": (element) => void copyWith(element, csvOf(element)),
    "download-csv": (element) => download("table.csv", csvOf(element), "text/csv"),
    "toggle-source": (element) => diagramOf(element)?.toggleSource(),
    "copy-source": (element) => void copyWith(element, diagramOf(element)?.source ?? ""),
    "download-diagram": (element) => download("diagram.svg", diagramOf(element)?.svg ?? "", "image/svg+xml"),
  };
  onAction(document, handlers, early);
}

/** @param {Element} element */
function codeOf(element) {
  const figure = element.closest("figure");
  return figure ? CodeView.of(figure) : null;
}

/** @param {Element} element */
function csvOf(element) {
  const table = element.closest("figure")?.querySelector("table");
  return table ? toCsv(rowsOf(table)) : "";
}
