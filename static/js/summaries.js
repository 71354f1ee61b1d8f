// The summaries of the shown conversation: where they stand in the log, and what people do with them.

import { byId, onAction } from "#chat/elements.js";
import { estimateTokens } from "#chat/estimate.js";
import { write } from "#chat/http.js";
import { gettext } from "#chat/language.js";
import { announce, toast } from "#chat/notices.js";
import { readSummaries } from "#chat/reader.js";
import { SummaryView } from "#chat/summary-view.js";

/** @import { Chat } from "#chat/chat.js" */
/** @import { Send } from "#chat/outbox.js" */
/** @import { ErrorFrame, ServerFrame } from "#chat/protocol.js" */
/** @import { Workspace } from "#chat/workspace.js" */

/** Tokens that the wire format adds, and some to spare */
const SPARE = 32;
const UNSAVED = () => gettext("This could not be done. Check your connection and try again; nothing was changed.");

export class Summaries {
  #log = byId("log", HTMLElement);
  #progress = byId("summary-progress", HTMLElement);
  #workspace;
  #chat;
  /** @type {Map<string, SummaryView>} by id */
  #views = new Map();
  /** @type {Set<string>} commands that did not fit */
  #unfit = new Set();
  /** @type {{send: Send, made: number} | null} a message that goes out again when there is room */
  #waiting = null;

  /**
   * @param {Workspace} workspace
   * @param {Chat} chat
   */
  constructor(workspace, chat) {
    this.#workspace = workspace;
    this.#chat = chat;
    new MutationObserver(() => this.#place()).observe(this.#log, { childList: true });
    onAction(this.#log, {
      "edit-summary": (element) => this.#viewOf(element)?.edit(),
      "delete-summary": (element) => this.#viewOf(element)?.askToDelete(),
      "read-summary": (element) => this.#viewOf(element)?.read(),
      "confirm-delete-summary": (element) => void this.#delete(this.#viewOf(element)),
      "summarize-and-send": (element) => void this.#makeRoom(element),
    });
    this.#log.addEventListener("submit", (event) => {
      event.preventDefault();
      if (event.target instanceof HTMLElement) void this.#save(this.#viewOf(event.target));
    });
  }

  /** @param {ServerFrame} frame */
  receive(frame) {
    switch (frame.type) {
      case "error":
        return this.#refused(frame);
      case "summary.begun":
        return this.#showProgress(frame.conversation, gettext("Older messages are being summarized…"));
      case "summary.changed":
        if (this.#waiting) this.#waiting.made += 1;
        this.#workspace.find(frame.summary.conversation)?.summaries.set(frame.summary.message, frame.summary);
        return this.#place();
      case "summary.deleted":
        return this.#removed(frame.conversation, frame.summary);
      case "summary.ended":
        this.#showProgress(frame.conversation, "");
        return this.#ended(frame.error);
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
    this.#offerRoom();
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

  /** @param {ErrorFrame} frame */
  #refused(frame) {
    if (frame.code !== "context_full" || !frame.id) return;
    this.#unfit.add(frame.id);
    this.#offerRoom();
  }

  /** A message that did not fit gets a button that makes room for it. */
  #offerRoom() {
    for (const id of this.#unfit) {
      const buttons = this.#log.querySelector(`:scope > [data-message="${CSS.escape(id)}"] .alert-buttons`);
      if (!buttons || buttons.querySelector("[data-action=summarize-and-send]")) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button button-primary";
      button.dataset.action = "summarize-and-send";
      button.textContent = gettext("Summarize older messages and send");
      buttons.prepend(button);
    }
  }

  /** @param {HTMLElement} button */
  async #makeRoom(button) {
    const send = this.#workspace.outbox.get(button.closest("article")?.dataset.message ?? "");
    if (!send?.conversation.id || this.#waiting) return;
    const { parent: leaf, model, thinking, text } = send.command;
    this.#waiting = { send, made: 0 };
    const content = { leaf, model, thinking, room: estimateTokens(text) + SPARE };
    const response = await write("POST", `/c/${send.conversation.id}/summaries/`, content).catch(() => null);
    if (response?.ok) return;
    this.#waiting = null;
    toast((await response?.json().catch(() => null))?.message ?? UNSAVED());
  }

  /** @param {string | null} error */
  #ended(error) {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (!waiting) return;
    if (error) return toast(error);
    if (waiting.made === 0) return toast(gettext("There is nothing left to summarize here. Shorten the message, or start a new chat."));
    this.#unfit.delete(waiting.send.command.id);
    if (waiting.send.conversation === this.#workspace.current) this.#chat.sendAgain(waiting.send);
  }

  /**
   * @param {string} conversation
   * @param {string} text
   */
  #showProgress(conversation, text) {
    const isHere = conversation === this.#workspace.current.id;
    this.#progress.hidden = !isHere || text === "";
    this.#progress.textContent = isHere ? text : "";
    if (isHere && text === "") announce(gettext("The summary is done."));
  }
}

/**
 * @param {string} conversation
 * @param {string} id
 */
function addressOf(conversation, id) {
  return `/c/${conversation}/summaries/${id}/`;
}
