// Messages that the server has not acknowledged: on their way, or refused and waiting for the person. No DOM.

/** @import { Conversation } from "#chat/conversation.js" */
/** @import { AttachmentRow, MessageRow, SendCommand } from "#chat/protocol.js" */

/**
 * @typedef {object} Send
 * @property {SendCommand} command
 * @property {Conversation} conversation
 * @property {{failure: string} | null} failure
 * @property {AttachmentRow[]} files  that go with it
 * @property {boolean} isStored  its row arrived, its `ack` did not yet
 * @property {boolean} stopped  the person wanted the answer stopped before it had an id
 */

export class Outbox {
  /** @type {Map<string, Send>} */
  #sends = new Map();

  /**
   * @param {SendCommand} command
   * @param {Conversation} conversation
   * @param {AttachmentRow[]} [files]
   */
  add(command, conversation, files = []) {
    this.#sends.set(command.id, { command, conversation, files, failure: null, isStored: false, stopped: false });
  }

  /** @param {string} id */
  get(id) {
    return this.#sends.get(id) ?? null;
  }

  /** @param {string} id */
  take(id) {
    const send = this.get(id);
    this.#sends.delete(id);
    return send;
  }

  /**
   * @param {Conversation} conversation
   * @returns {Send[]} what is shown after its messages
   */
  of(conversation) {
    return [...this.#sends.values()].filter((send) => send.conversation === conversation && !send.isStored);
  }

  /** @param {Conversation} conversation */
  isBusy(conversation) {
    return [...this.#sends.values()].some((send) => send.conversation === conversation && !send.failure);
  }

  /** Whether a text would be lost with this page. */
  get hasUnsent() {
    return [...this.#sends.values()].some((send) => !send.isStored);
  }

  /**
   * The message that a row is the stored form of; it can arrive before the `ack` that names it.
   * @param {MessageRow} row
   */
  matching(row) {
    if (row.role !== "user") return null;
    const fits = (/** @type {Send} */ { command, conversation, failure, isStored }) =>
      !failure &&
      !isStored &&
      (conversation.id === null || conversation.id === row.conversation) &&
      command.parent === row.parent &&
      command.text.trim() === row.text.trim();
    return [...this.#sends.values()].find(fits) ?? null;
  }
}
