// Reads those parts of a conversation's tree that are not here yet.

import { readBranch } from "#chat/reader.js";

/** @import { Conversation } from "#chat/conversation.js" */
/** @import { MessageRow } from "#chat/protocol.js" */

export class BranchReader {
  #onRead;
  /** @type {WeakMap<Conversation, Promise<boolean>>} the one page that is being read for each */
  #reading = new WeakMap();

  /** @param {(conversation: Conversation, rows: MessageRow[]) => void} onRead  it has learned them */
  constructor(onRead) {
    this.#onRead = onRead;
  }

  /**
   * The page above what is shown. Rejects without a connection.
   * @param {Conversation} conversation
   * @param {string | null} [reach]  a message up to which to read, however far up it is
   * @returns {Promise<boolean>} whether there was something
   */
  async above(conversation, reach = null) {
    while (this.#reading.has(conversation)) await this.#rest(conversation);
    const end = conversation.above;
    return end !== null && this.#read(conversation, { end, ...(reach ? { reach } : {}) });
  }

  /**
   * What frames told of and did not bring: another tab went to a branch that is not known here.
   * @param {Conversation} conversation
   */
  async missing(conversation) {
    const end = conversation.missing;
    if (end === null || this.#reading.has(conversation)) return;
    // Without a connection it stays as it is: the next frames ask again.
    await this.#read(conversation, { end }).catch(() => null);
  }

  /**
   * The branch through a message, from its newest end up to that message. Rejects without a connection.
   * @param {Conversation} conversation
   * @param {string} message
   */
  async through(conversation, message) {
    while (this.#reading.has(conversation)) await this.#rest(conversation);
    await this.#read(conversation, { through: message, reach: message });
  }

  /**
   * All that is above. Rejects without a connection.
   * @param {Conversation} conversation
   */
  async whole(conversation) {
    while (await this.above(conversation));
  }

  /** @param {Conversation} conversation  of which a page is being read until it resolves */
  #rest(conversation) {
    return this.#reading.get(conversation)?.catch(() => null);
  }

  /**
   * @param {Conversation} conversation
   * @param {Record<string, string>} wanted
   * @returns {Promise<boolean>} false when it is not there any more
   */
  #read(conversation, wanted) {
    const reading = readBranch(conversation.id ?? "", wanted).then((page) => {
      this.#reading.delete(conversation);
      if (!page) return false;
      conversation.learn(page.messages);
      this.#onRead(conversation, page.messages);
      return true;
    });
    this.#reading.set(conversation, reading);
    reading.catch(() => this.#reading.delete(conversation));
    return reading;
  }
}
