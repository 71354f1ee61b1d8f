// Sends a file to be imported and tells what became of it.

import { gettext, ngettext } from "#chat/language.js";
import { change, RefusedError } from "#chat/requests.js";

/** @typedef {{number: number, title: string, reason: string}} Skipped */
/** @typedef {{imported: number, messages: number, duplicates: number, failed: number, left_out: number, presets: number, presets_left_out: number, draft_left_out: boolean, skipped: Skipped[]}} Report */

/**
 * @param {HTMLInputElement} field
 * @param {HTMLElement} place  where the report goes
 */
export async function importFile(field, place) {
  const file = field.files?.[0];
  if (!file) return;
  place.replaceChildren(paragraph(gettext("Importing {name}…", { name: file.name }), "notice"));
  field.disabled = true;
  try {
    place.replaceChildren(...told(await change("POST", "/conversations/import/", file)));
  } catch (error) {
    const text = error instanceof RefusedError ? error.message : gettext("The import was cut off. What had come in stays; choose the file again for the rest.");
    place.replaceChildren(paragraph(text, "notice notice-error"));
  } finally {
    field.disabled = false;
    field.value = "";
  }
}

/** @param {Report} report */
function told({ imported, messages, duplicates, failed, left_out, presets, presets_left_out, draft_left_out, skipped }) {
  const lines = [
    imported > 0 ? ngettext("{n} chat imported, with {messages} messages.", "{n} chats imported, with {messages} messages.", imported, { messages }) : gettext("No chat was imported."),
    duplicates > 0 ? ngettext("{n} chat was here already.", "{n} chats were here already.", duplicates) : "",
    left_out > 0 ? ngettext("{n} attached file was left out: it is not in the export, or cannot be attached here.", "{n} attached files were left out: they are not in the export, or cannot be attached here.", left_out) : "",
    presets > 0 ? ngettext("{n} preset imported.", "{n} presets imported.", presets) : "",
    presets_left_out > 0 ? ngettext("{n} preset was left out: it is not valid here, or there is no room for more.", "{n} presets were left out: they are not valid here, or there is no room for more.", presets_left_out) : "",
    draft_left_out ? gettext("The draft of a new chat was left out: there is another one here.") : "",
    failed > 0 ? ngettext("{n} chat could not be read:", "{n} chats could not be read:", failed) : "",
  ];
  const kind = failed > 0 || left_out > 0 || presets_left_out > 0 || draft_left_out ? "notice notice-warning" : "notice notice-success";
  const elements = [paragraph(lines.filter(Boolean).join(" "), kind)];
  if (skipped.length === 0) return elements;
  const list = document.createElement("ul");
  list.className = "import-skipped";
  for (const { number, title, reason } of skipped) {
    const item = document.createElement("li");
    const name = title || gettext("untitled");
    item.textContent = gettext("Chat {number} ({title}): {reason}", { number, title: name, reason });
    list.append(item);
  }
  return [...elements, list];
}

/**
 * @param {string} text
 * @param {string} kind
 */
function paragraph(text, kind) {
  const element = document.createElement("p");
  element.className = kind;
  element.textContent = text;
  return element;
}
