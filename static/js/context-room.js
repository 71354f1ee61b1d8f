// A message that does not fit into the context any more can go out after the older ones were summarized.

import { byId, onAction } from "#chat/elements.js";
import { estimateTokens } from "#chat/estimate.js";
import { gettext } from "#chat/language.js";
import { toast } from "#chat/notices.js";
import { write } from "#chat/requests.js";

/** @import { Chat } from "#chat/chat.js" */
/** @import { Send } from "#chat/outbox.js" */
/** @import { ServerFrame } from "#chat/protocol.js" */
/** @import { Workspace } from "#chat/workspace.js" */

/** Tokens that the wire format adds, and some to spare */
const SPARE = 32;

export class ContextRoom {
  #log = byId("log", HTMLElement);
  #workspace;
  #chat;
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
    new MutationObserver(() => this.#offer()).observe(this.#log, { childList: true });
    onAction(this.#log, { "summarize-and-send": (element) => void this.#make(element) });
  }

  /** @param {ServerFrame} frame */
  receive(frame) {
    if (frame.type === "error" && frame.code === "context_full" && frame.id) {
      this.#unfit.add(frame.id);
      this.#offer();
    } else if (frame.type === "summary.changed" && this.#waiting) {
      this.#waiting.made += 1;
    } else if (frame.type === "summary.ended") {
      this.#ended(frame.conversation, frame.error);
    }
  }

  /** The connection was lost, and with it perhaps the word that there is room: the person may ask again. */
  reconnect() {
    this.#waiting = null;
  }

  /** Puts a button beside what the server said about a message that did not fit. */
  #offer() {
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
  async #make(button) {
    const send = this.#workspace.outbox.get(button.closest("article")?.dataset.message ?? "");
    if (!send?.conversation.id || this.#waiting) return;
    const { parent: leaf, model, thinking, text } = send.command;
    this.#waiting = { send, made: 0 };
    const files = send.files.reduce((sum, { tokens }) => sum + tokens, 0);
    const content = { leaf, model, thinking, room: estimateTokens(text) + files + SPARE };
    const response = await write("POST", `/c/${send.conversation.id}/summaries/`, content).catch(() => null);
    if (response?.ok) return;
    this.#waiting = null;
    const said = await response?.json().catch(() => null);
    toast(said?.message ?? gettext("This could not be done. Check your connection and try again; nothing was changed."));
  }

  /**
   * @param {string} conversation
   * @param {string | null} error
   */
  #ended(conversation, error) {
    const waiting = this.#waiting;
    if (!waiting || waiting.send.conversation.id !== conversation) return;
    this.#waiting = null;
    if (error) return toast(error);
    if (waiting.made === 0) {
      return toast(gettext("There is nothing left to summarize here. Shorten the message, or start a new chat."));
    }
    this.#unfit.delete(waiting.send.command.id);
    if (waiting.send.conversation === this.#workspace.current) this.#chat.sendAgain(waiting.send);
  }
}
