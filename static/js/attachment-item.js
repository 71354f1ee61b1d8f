// One file in the composer, and what is shown of it.

import { facts, fill } from "#chat/attachment-card.js";
import { fromTemplate, part } from "#chat/elements.js";
import { gettext } from "#chat/language.js";

/** @import { AttachmentRow } from "#chat/protocol.js" */

/**
 * @typedef {object} Item  a file: on its way, there (`row`), or refused (`failure`)
 * @property {HTMLElement} element
 * @property {File | null} file
 * @property {AttachmentRow | null} row
 * @property {string} failure
 * @property {AbortController} abort
 * @property {boolean} started
 */

/**
 * @param {File | null} file
 * @param {AttachmentRow | null} row
 * @returns {Item}
 */
export function itemOf(file, row) {
  const element = fromTemplate("waiting-file");
  const item = { element, file, row, failure: "", abort: new AbortController(), started: false };
  const name = row?.name ?? file?.name ?? "";
  part(element, "name").textContent = name;
  part(element, "facts").textContent = gettext("Uploading…");
  part(element, "remove").setAttribute("aria-label", gettext("Remove {name}", { name }));
  if (row) settle(item, row);
  return item;
}

/**
 * @param {Item} item
 * @param {AttachmentRow} row
 */
export function settle(item, row) {
  item.element.dataset.attachment = row.id;
  fill(item.element, row);
  part(item.element, "name").title = facts(row);
  part(item.element, "progress").hidden = true;
}

/**
 * @param {Item} item
 * @param {string} text
 */
export function fail(item, text) {
  item.failure = text;
  item.element.classList.add("file-failed");
  part(item.element, "facts").textContent = text;
  part(item.element, "progress").hidden = true;
}
