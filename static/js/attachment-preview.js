// A file that was attached, as the model got it. Loaded when somebody wants to see one.

import { facts } from "#chat/attachment-card.js";
import { byId, part } from "#chat/elements.js";
import { gettext } from "#chat/language.js";
import { address } from "#chat/upload.js";

/** @import { AttachmentRow } from "#chat/protocol.js" */

/** @param {string} id */
export async function preview(id) {
  const dialog = byId("file-dialog", HTMLDialogElement);
  const body = part(dialog, "body");
  const link = /** @type {HTMLAnchorElement} */ (part(dialog, "download"));
  link.href = address(id);
  part(dialog, "name").textContent = "";
  part(dialog, "facts").textContent = gettext("Loading…");
  body.replaceChildren();
  dialog.addEventListener("close", () => body.replaceChildren(), { once: true });
  dialog.showModal();
  const response = await fetch(address(id, "text/"), { redirect: "manual" }).catch(() => null);
  if (!response?.ok) {
    const reason = (await response?.json().catch(() => null))?.error;
    part(dialog, "facts").textContent =
      reason ?? gettext("This file could not be loaded. Check your connection and try again.");
    return;
  }
  /** @type {AttachmentRow & {text: string}} */
  const row = await response.json();
  part(dialog, "name").textContent = row.name;
  part(dialog, "facts").textContent = facts(row);
  body.replaceChildren(row.kind === "image" ? pictureOf(row) : textOf(row.text));
}

/** @param {AttachmentRow} row */
function pictureOf(row) {
  const image = new Image(row.width, row.height);
  image.alt = row.name;
  image.src = address(row.id, "picture/");
  return image;
}

/** @param {string} text */
function textOf(text) {
  const element = document.createElement("pre");
  element.textContent = text;
  element.tabIndex = 0;
  element.setAttribute("aria-label", gettext("Text of the file"));
  return element;
}
