// The shown branch as a column of articles.

import { AnswerView } from "#chat/answer-view.js";
import { OwnMessageView } from "#chat/own-message-view.js";
import { paintSoon } from "#chat/painting.js";

/** @import { Conversation } from "#chat/conversation.js" */
/** @import { Send } from "#chat/outbox.js" */
/** @import { ShownMessage } from "#chat/transcript.js" */

export class LogView {
  #log;
  #modelName;
  /** @type {Map<string, AnswerView | OwnMessageView>} by message id, or the command's id as long as it is not sent */
  #views = new Map();
  /** @type {Conversation | null} */
  #conversation = null;
  /** @type {Set<string>} messages to paint again */
  #due = new Set();
  #paint = () => this.#paintDue();

  /**
   * @param {HTMLElement} log
   * @param {(id: string) => string} modelName
   */
  constructor(log, modelName) {
    this.#log = log;
    this.#modelName = modelName;
  }

  /**
   * Brings the articles in line with the branch and with what is on its way.
   * @param {Conversation} conversation
   * @param {Send[]} sends
   * @param {boolean} connected
   */
  render(conversation, sends, connected) {
    if (conversation !== this.#conversation) this.#views.clear();
    this.#conversation = conversation;
    const views = new Map();
    for (const message of conversation.branch()) views.set(message.id, this.#viewOf(message));
    for (const send of sends) {
      const view = this.#views.get(send.command.id) ?? new OwnMessageView(send.command.id, send.command.text);
      if (view instanceof OwnMessageView) view.update(send.failure ?? (connected ? "sending" : "waiting"));
      views.set(send.command.id, view);
    }
    this.#views = views;
    this.#arrange([...views.values()].map((view) => view.element));
  }

  /** @param {string} id  of a message that changed */
  paint(id) {
    this.#due.add(id);
    paintSoon(this.#paint);
  }

  /**
   * A sent message keeps its article when the server has given it an id.
   * @param {string} commandId
   * @param {string} messageId
   */
  confirm(commandId, messageId) {
    const view = this.#views.get(commandId);
    if (!view || this.#views.has(messageId)) return;
    this.#views.delete(commandId);
    this.#views.set(messageId, view);
    view.element.dataset.message = messageId;
  }

  /** @param {string} id */
  view(id) {
    return this.#views.get(id) ?? null;
  }

  /** @param {ShownMessage} message */
  #viewOf(message) {
    const known = this.#views.get(message.id);
    if (message.role === "user") {
      const view = known instanceof OwnMessageView ? known : new OwnMessageView(message.id, message.text);
      view.update("sent");
      return view;
    }
    const view = known instanceof AnswerView ? known : new AnswerView(message.id);
    this.#update(view, message);
    return view;
  }

  /**
   * @param {AnswerView} view
   * @param {ShownMessage} message
   */
  #update(view, message) {
    const alternatives = this.#conversation?.alternatives(message.id) ?? [];
    const done = view.update(message, { alternatives, modelName: this.#modelName(message.generation?.model ?? "") });
    if (!done) this.paint(message.id);
  }

  #paintDue() {
    const due = [...this.#due];
    this.#due.clear();
    for (const id of due) {
      const view = this.#views.get(id);
      const message = this.#conversation?.message(id);
      if (message && view instanceof AnswerView) this.#update(view, message);
    }
  }

  /** @param {HTMLElement[]} elements */
  #arrange(elements) {
    const wanted = new Set(elements);
    for (const child of [...this.#log.children]) if (!wanted.has(/** @type {HTMLElement} */ (child))) child.remove();
    elements.forEach((element, index) => {
      const there = this.#log.children[index];
      if (there !== element) this.#log.insertBefore(element, there ?? null);
    });
  }
}
