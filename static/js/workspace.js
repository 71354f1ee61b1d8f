// What this tab works on: the conversation that is shown, the others it has loaded, and what is on its way. No DOM.

import { Conversation } from "#chat/conversation.js";
import { Outbox } from "#chat/outbox.js";

/** @import { Send } from "#chat/outbox.js" */
/** @import { MessageRow } from "#chat/protocol.js" */

/** @typedef {"ready" | "sending" | "answering" | "stopping" | "loading"} Mode */

export class Workspace {
  current = new Conversation();
  outbox = new Outbox();
  /** @type {Set<string>} answers whose stop was asked for and that still run, as far as is known */
  stopping = new Set();
  /** @type {string | null} an answer in the shown conversation that an `ack` promised and that has not arrived */
  promised = null;
  /** @type {Set<string>} commands other than sends that will bring a new answer here */
  asked = new Set();
  /** @type {Map<string, Conversation>} */
  #known = new Map();

  /** @param {Conversation} conversation */
  show(conversation) {
    this.current = conversation;
    this.promised = null;
    this.asked.clear();
    this.remember(conversation);
  }

  /** @param {Conversation} conversation */
  remember(conversation) {
    if (conversation.id) this.#known.set(conversation.id, conversation);
  }

  /** @param {string} id */
  forget(id) {
    this.#known.delete(id);
  }

  /** @param {string} id */
  find(id) {
    return this.#known.get(id) ?? null;
  }

  /** @returns {Mode} */
  get mode() {
    if (!this.current.loaded) return "loading";
    const running = this.current.running;
    if (running) return this.stopping.has(running.id) ? "stopping" : "answering";
    const isBusy = this.outbox.isBusy(this.current) || this.promised !== null || this.asked.size > 0;
    return isBusy ? "sending" : "ready";
  }

  /**
   * A new conversation gets its id by the first sign of it: the `ack`, or its message's row.
   * @param {Send} send
   * @param {string} id
   */
  adopt(send, id) {
    send.conversation.id ??= id;
    this.remember(send.conversation);
  }

  /**
   * @param {Send} send  acknowledged
   * @param {string} id  of the message
   */
  store(send, id) {
    const { text, parent } = send.command;
    const conversation = send.conversation.id ?? "";
    const created = new Date().toISOString();
    const own = { role: /** @type {const} */ ("user"), text, reasoning: "", attachments: send.files, generation: null };
    send.conversation.add({ id, conversation, parent, created, ...own });
  }

  /** @param {MessageRow} row */
  receive(row) {
    this.find(row.conversation)?.add(row);
    if (row.id === this.promised) this.promised = null;
  }
}
