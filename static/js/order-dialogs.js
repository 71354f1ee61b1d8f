// Questions about folders and exports.

import { answered } from "#chat/dialogs.js";
import { byId, part } from "#chat/elements.js";
import { gettext } from "#chat/language.js";

/** @import { Folder } from "#chat/protocol.js" */

const NEW = "new";

/**
 * @param {string} heading
 * @param {string} name  the present one
 * @returns {Promise<string | null>} null when the person changed their mind
 */
export async function askName(heading, name) {
  const dialog = byId("folder-dialog", HTMLDialogElement);
  const field = byId("folder-name", HTMLInputElement);
  part(dialog, "heading").textContent = heading;
  field.value = name;
  const confirmed = await answered(dialog, () => field.select());
  const answer = field.value.trim();
  field.value = "";
  return confirmed && answer ? answer : null;
}

/**
 * @param {Folder[]} folders
 * @param {string | null} present
 * @returns {Promise<{folder: string | null, create: string} | null>} where to; `create` is the name of a new folder
 */
export async function askFolder(folders, present) {
  const dialog = byId("move-dialog", HTMLDialogElement);
  const choice = byId("move-folder", HTMLSelectElement);
  const field = byId("move-name", HTMLInputElement);
  const options = folders.map(({ id, name }) => new Option(name, id));
  choice.replaceChildren(new Option(gettext("No folder"), ""), ...options, new Option(gettext("New folder…"), NEW));
  choice.value = present ?? (folders[0]?.id || NEW);
  const show = () => {
    const isNew = choice.value === NEW;
    part(dialog, "new").hidden = !isNew;
    field.required = isNew;
  };
  choice.onchange = () => {
    show();
    if (choice.value === NEW) field.focus();
  };
  show();
  const confirmed = await answered(dialog);
  const isNew = choice.value === NEW;
  const create = isNew ? field.value.trim() : "";
  const folder = isNew ? null : choice.value || null;
  field.value = "";
  choice.replaceChildren();
  return confirmed && (create || !isNew) ? { folder, create } : null;
}

/**
 * @param {string} name
 * @returns {Promise<boolean>}
 */
export async function confirmFolderDeletion(name) {
  const dialog = byId("delete-folder-dialog", HTMLDialogElement);
  part(dialog, "name").textContent = name;
  const confirmed = await answered(dialog);
  part(dialog, "name").textContent = "";
  return confirmed;
}

/** @param {string[]} ids  the form of the dialog downloads them */
export function offerExport(ids) {
  const dialog = byId("export-dialog", HTMLDialogElement);
  const inputs = ids.map((id) => {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name: "conversation", value: id });
    return input;
  });
  part(dialog, "chosen").replaceChildren(...inputs);
  dialog.querySelector("form")?.addEventListener("submit", () => setTimeout(() => dialog.close()), { once: true });
  dialog.showModal();
}
