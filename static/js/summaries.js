// The summaries of the shown conversation: where they stand in the log, and what people do with them.

import { byId, onAction } from "#chat/elements.js";
import { gettext } from "#chat/language.js";
import { announce, toast } from "#chat/notices.js";
import { readSummaries } from "#chat/reader.js";
import { write } from "#chat/requests.js";
import { SummaryView } from "#chat/summary-view.js";

/** @import { ServerFrame } from "#chat/protocol.js" */
/** @import { Workspace } from "#chat/workspace.js" */

const UNSAVED = () => gettext("This could not be done. Check your connection and try again; nothing was changed.");

export class Summaries {
  #log = byId("log", HTMLElement);
  #progress = byId("summary-progress", HTMLElement);
  #workspace;
  /** @type {Map<string, SummaryView>} by id */
  #views = new Map();

  /** @param {Workspace} workspace */
  constructor(workspace) {
    this.#workspace = workspace;
    new MutationObserver(() => this.#place()).observe(this.#log, { childList: true });
    onAction(this.#log, {
      "edit-summary": (element) => this.#viewOf(element)?.edit(),
      "delete-summary": (element) => this.#viewOf(element)?.askToDelete(),
      "read-summary": (element) => this.#viewOf(element)?.read(),
      "confirm-delete-summary": (element) => void this.#delete(this.#viewOf(element)),
    });
    this.#log.addEventListener("submit", (event) => {
      event.preventDefault();
      if (event.target instanceof HTMLElement) void this.#save(this.#viewOf(event.target));
    });
    this.#place();
  }

  /** @param {ServerFrame} frame */
  receive(frame) {
    switch (frame.type) {
      case "summary.begun":
        return this.#showProgress(frame.conversation, gettext("Older messages are being summarized…"));
      case "summary.changed":
        this.#workspace.find(frame.summary.conversation)?.summaries.set(frame.summary.message, frame.summary);
        return this.#place();
      case "summary.deleted":
        return this.#removed(frame.conversation, frame.summary);
      case "summary.ended":
        return this.#showProgress(frame.conversation, "");
    }
  }

  /** Puts every summary of the shown branch into the article of its message. */
  #place() {
    const { current } = this.#workspace;
    const inForce = current.summaryInForce();
    const shown = new Set();
    for (const row of current.summaries.values()) {
      const article = this.#log.querySelector(`:scope > [data-message="${CSS.escape(row.message)}"]`);
      if (!article) continue;
      const view = this.#views.get(row.id) ?? new SummaryView(row);
      view.update(row, row.id === inForce?.id);
      if (view.element.parentElement !== article) article.append(view.element);
      this.#views.set(row.id, view);
      shown.add(row.id);
    }
    for (const [id, view] of this.#views) {
      if (shown.has(id)) continue;
      view.element.remove();
      this.#views.delete(id);
    }
  }

  /** @param {HTMLElement} element */
  #viewOf(element) {
    return this.#views.get(element.closest("[data-summary]")?.getAttribute("data-summary") ?? "") ?? null;
  }

  /** What was missed without a connection. */
  async refresh() {
    const { current } = this.#workspace;
    if (!current.id || !current.loaded) return;
    const read = await readSummaries(current.id).catch(() => null);
    if (!read) return;
    current.summarize(read.summaries);
    this.#place();
  }

  /** @param {SummaryView | null} view */
  async #save(view) {
    if (!view) return;
    const { conversation, id } = view.row;
    try {
      const response = await write("PUT", addressOf(conversation, id), { text: view.text, version: view.version });
      const body = await response.json();
      const stored = response.ok ? body : body.summary;
      if (stored) this.receive({ type: "summary.changed", summary: stored });
      if (response.ok) view.read();
      else view.complain(body.message ?? UNSAVED());
    } catch {
      view.complain(UNSAVED());
    }
  }

  /** @param {SummaryView | null} view */
  async #delete(view) {
    if (!view) return;
    const { conversation, id } = view.row;
    const response = await write("DELETE", addressOf(conversation, id)).catch(() => null);
    if (response?.ok || response?.status === 404) this.#removed(conversation, id);
    else toast(UNSAVED());
  }

  /**
   * @param {string} conversation
   * @param {string} id
   */
  #removed(conversation, id) {
    const found = this.#workspace.find(conversation);
    for (const row of found?.summaries.values() ?? []) if (row.id === id) found?.summaries.delete(row.message);
    this.#place();
  }

  /**
   * @param {string} conversation
   * @param {string} text
   */
  #showProgress(conversation, text) {
    const isHere = conversation === this.#workspace.current.id;
    if (isHere && text === "" && !this.#progress.hidden) announce(gettext("The summary is done."));
    this.#progress.hidden = !isHere || text === "";
    this.#progress.textContent = isHere ? text : "";
  }
}

/**
 * @param {string} conversation
 * @param {string} id
 */
function addressOf(conversation, id) {
  return `/c/${conversation}/summaries/${id}/`;
}
