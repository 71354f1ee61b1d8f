// Arrow-up in an empty message field brings back what was sent in the conversation, arrow-down goes forward again.

import { SentHistory } from "#chat/sent-history.js";

/** @import { Conversation } from "#chat/conversation.js" */

export class SentRecall {
  #field;
  #type;
  #readAbove;
  #history = new SentHistory();
  /** @type {Conversation | null} */
  #conversation = null;

  /**
   * @param {HTMLTextAreaElement} field
   * @param {(text: string) => void} type  puts a text into the field as if the person had typed it
   * @param {() => Promise<boolean>} readAbove  reads earlier messages of the conversation, if there are any
   */
  constructor(field, type, readAbove) {
    this.#field = field;
    this.#type = type;
    this.#readAbove = readAbove;
  }

  /** @param {Conversation} conversation */
  switchTo(conversation) {
    this.#conversation = conversation;
    this.leave();
  }

  leave() {
    this.#history.leave();
  }

  /** The field has changed. */
  typed() {
    if (!this.#history.shows(this.#field.value)) this.leave();
  }

  /** @param {KeyboardEvent} event  of an arrow */
  step(event) {
    if (event.shiftKey || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const { value, selectionStart } = this.#field;
    const isUp = event.key === "ArrowUp";
    if (value === "" && !this.#history.isActive) this.#history.begin(this.#sent);
    const isAtEdge = isUp ? selectionStart === 0 || value === "" : selectionStart === value.length;
    if (!isAtEdge && !(this.#history.shows(value) && selectionStart === value.length)) return;
    if (value !== "" && !this.#history.shows(value)) return;
    const text = isUp ? this.#history.older() : this.#history.newer();
    if (text !== null) {
      event.preventDefault();
      this.#show(text);
    } else if (isUp) void this.#bringOlder();
  }

  /** What the person has sent, oldest first, as far as it is here. */
  get #sent() {
    const sent = this.#conversation?.branch().filter(({ role }) => role === "user") ?? [];
    return sent.map(({ text }) => text);
  }

  async #bringOlder() {
    const [conversation, before] = [this.#conversation, this.#field.value];
    const came = await this.#readAbove().catch(() => false);
    if (!came || conversation !== this.#conversation || before !== this.#field.value) return;
    this.#history.extend(this.#sent);
    const text = this.#history.older();
    if (text !== null) this.#show(text);
  }

  /** @param {string} text */
  #show(text) {
    this.#type(text);
    this.#field.setSelectionRange(text.length, text.length);
  }
}
