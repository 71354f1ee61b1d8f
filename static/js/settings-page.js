// The settings page: saves what is changed, draws the usage, imports files, deletes chats.

import { answered } from "#chat/dialogs.js";
import { byId, onAction } from "#chat/elements.js";
import { importFile } from "#chat/import-file.js";
import { gettext, ngettext } from "#chat/language.js";
import { change, RefusedError } from "#chat/requests.js";
import { script } from "#chat/scripts.js";
import { applyTheme } from "#chat/theme-choice.js";

/** Milliseconds that an undo is offered; the server keeps what was deleted a little longer */
const UNDO = 10_000;

const status = byId("settings-status", HTMLElement);

/** @param {string} text */
function say(text, failed = false) {
  status.textContent = text;
  status.classList.toggle("settings-failed", failed);
}

/**
 * @param {HTMLInputElement | HTMLSelectElement} field
 * @param {string} address
 * @param {string} name
 */
async function save(field, address, name) {
  try {
    await change("PATCH", address, { [name]: field.value });
    say(gettext("Saved."));
    if (name === "theme") applyTheme(field.value);
    if (name === "language") location.reload();
  } catch (error) {
    say(error instanceof RefusedError ? error.message : gettext("That could not be saved. Check your connection and try again."), true);
  }
}

document.addEventListener("change", (event) => {
  const field = event.target;
  if (!(field instanceof HTMLInputElement || field instanceof HTMLSelectElement)) return;
  if (field.dataset.preference) void save(field, "/settings/preferences/", field.dataset.preference);
  else if (field.dataset.profile) void save(field, "/settings/profile/", field.dataset.profile);
  else if (field instanceof HTMLInputElement && field.type === "file") void importFile(field, byId("import-report", HTMLElement));
});

onAction(document, {
  "delete-chats": async () => {
    if (!(await answered(byId("delete-chats-dialog", HTMLDialogElement)))) return;
    try {
      const { deleted } = await change("POST", "/settings/delete-chats/");
      say(ngettext("{n} chat deleted.", "{n} chats deleted.", deleted));
      const undo = byId("restore-chats", HTMLButtonElement);
      undo.hidden = false;
      undo.focus();
      setTimeout(() => (undo.hidden = true), UNDO);
    } catch {
      say(gettext("That did not work. Nothing was deleted; try again."), true);
    }
  },
  "restore-chats": async () => {
    byId("restore-chats", HTMLButtonElement).hidden = true;
    try {
      const { restored } = await change("POST", "/settings/restore-chats/");
      say(ngettext("{n} chat is back.", "{n} chats are back.", restored));
    } catch {
      say(gettext("That did not work. Try again at once: there are only seconds left."), true);
      byId("restore-chats", HTMLButtonElement).hidden = false;
    }
  },
});

for (const element of document.querySelectorAll("[data-local-time]")) {
  const language = document.documentElement.lang || "en";
  const moment = new Date(element.getAttribute("datetime") ?? "");
  element.textContent = moment.toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });
}

if (document.querySelector("[data-chart]")) {
  // Without it the figures stand in their table.
  void script("#chat/chart.js", () => import("#chat/chart.js")).then(({ drawCharts }) => drawCharts(), () => {});
}
