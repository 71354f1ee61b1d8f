// What is shown of a file: in the composer while it waits, and in the message that it was sent with.

import { fromTemplate, part } from "#chat/elements.js";
import { gettext, ngettext } from "#chat/language.js";
import { address } from "#chat/upload.js";

/** @import { AttachmentRow } from "#chat/protocol.js" */

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"];

/** @param {number} bytes */
export function fileSize(bytes) {
  const step = Math.min(UNITS.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** step;
  const digits = { style: "unit", unit: UNITS[step], unitDisplay: "short", maximumFractionDigits: value < 10 ? 1 : 0 };
  return new Intl.NumberFormat(document.documentElement.lang || "en", /** @type {any} */ (digits)).format(value);
}

/** @param {AttachmentRow} row */
export function facts(row) {
  const tokens = row.tokens.toLocaleString(document.documentElement.lang || "en");
  const parts = {
    pdf: () => ngettext("{n} page", "{n} pages", row.parts),
    sheet: () => ngettext("{n} sheet", "{n} sheets", row.parts),
    image: () => `${row.width} × ${row.height}`,
    text: () => "",
    word: () => "",
  }[row.kind]();
  return [parts, fileSize(row.size), ngettext("≈ {tokens} token", "≈ {tokens} tokens", row.tokens, { tokens })].filter(Boolean).join(" · ");
}

/**
 * @param {AttachmentRow} row
 * @returns {HTMLElement} for a message: opens a preview (`data-action="preview-file"`)
 */
export function sentCard(row) {
  const element = fromTemplate("sent-file");
  element.dataset.attachment = row.id;
  fill(element, row);
  const link = /** @type {HTMLAnchorElement} */ (part(element, "download"));
  link.href = address(row.id);
  link.setAttribute("aria-label", gettext("Download {name}", { name: row.name }));
  return element;
}

/**
 * @param {HTMLElement} element
 * @param {AttachmentRow} row
 */
export function fill(element, row) {
  element.dataset.kind = row.kind;
  part(element, "name").textContent = row.name;
  part(element, "facts").textContent = facts(row);
  if (row.kind !== "image") return;
  const image = new Image(row.width, row.height);
  image.loading = "lazy";
  image.alt = "";
  image.src = address(row.id, "picture/");
  part(element, "sign").replaceChildren(image);
}
