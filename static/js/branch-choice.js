// Tells the server which branch is shown: the last choice wins, whatever the order in which commands arrive. So one
// command is on its way at a time, and what was chosen meanwhile follows it.

import { newId } from "#chat/identifier.js";

/** @import { Conversation } from "#chat/conversation.js" */
/** @import { Command } from "#chat/protocol.js" */

export class BranchChoice {
  #send;
  /** @type {{id: string, conversation: Conversation, leaf: string} | null} */
  #sent = null;
  /** @type {{conversation: Conversation, leaf: string} | null} */
  #next = null;

  /** @param {(command: Command) => void} send */
  constructor(send) {
    this.#send = send;
  }

  /** @param {Conversation} conversation  whose shown branch the person has just chosen */
  chosen(conversation) {
    if (!conversation.id || !conversation.leaf) return;
    conversation.isChoosing = true;
    // Another conversation's choice that still waits would be lost for a mere look at this one.
    if (this.#next && this.#next.conversation !== conversation) this.#go(this.#next);
    this.#next = { conversation, leaf: conversation.leaf };
    if (!this.#sent) this.#go(this.#next);
  }

  /** @param {string | null} id  of a command that was answered */
  settle(id) {
    if (!this.#sent || id !== this.#sent.id) return;
    const { conversation } = this.#sent;
    const next = this.#next;
    this.#sent = null;
    conversation.isChoosing = next?.conversation === conversation;
    if (next) this.#go(next);
  }

  /** @param {{conversation: Conversation, leaf: string}} choice */
  #go({ conversation, leaf }) {
    this.#next = null;
    this.#sent = { id: newId(), conversation, leaf };
    this.#send({ type: "conversation.select", id: this.#sent.id, conversation: conversation.id ?? "", leaf });
  }
}
