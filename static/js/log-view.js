// The shown branch as a column of articles.

import { AnswerView } from "#chat/answer-view.js";
import { OwnMessageView } from "#chat/own-message-view.js";
import { paintSoon } from "#chat/painting.js";

/** @import { Conversation } from "#chat/conversation.js" */
/** @import { Send } from "#chat/outbox.js" */
/** @import { ShownMessage } from "#chat/transcript.js" */

/** Messages that are put on the page at once when a conversation is opened, the newest ones; what else is here follows by steps. */
const AT_ONCE = 20;
const STEP = 10;
/** Milliseconds that a step may take, and between two steps: what is typed meanwhile goes first. */
const BUDGET = 8;
const PAUSE = 16;

export class LogView {
  #log;
  /** How many of the branch's first messages are not on the page yet. */
  #held = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #unholding;
  #modelName;
  #prepend;
  #onWhole;
  /** @type {Map<string, AnswerView | OwnMessageView>} by message id, or the command's id as long as it is not sent */
  #views = new Map();
  /** @type {Conversation | null} */
  #conversation = null;
  /** @type {Map<string, string | ShownMessage>} by message id what its article shows: rows are replaced, never changed */
  #painted = new Map();
  /** @type {Set<string>} messages to paint again */
  #due = new Set();
  #paint = () => this.#paintDue();

  /**
   * @param {HTMLElement} log
   * @param {(id: string) => string} modelName
   * @param {(change: () => void) => void} prepend  makes a change above what is read
   * @param {() => void} onWhole  all messages that are here are on the page
   */
  constructor(log, modelName, prepend, onWhole) {
    this.#log = log;
    this.#modelName = modelName;
    this.#prepend = prepend;
    this.#onWhole = onWhole;
  }

  /** Whether messages that are here are not on the page yet. */
  get isHeld() {
    return this.#held > 0;
  }

  /**
   * Brings the articles in line with the branch and with what is on its way.
   * @param {Conversation} conversation
   * @param {Send[]} sends
   * @param {boolean} connected
   * @param {string | null} [reader]  a message where the reader is: it comes to the page at once, too
   */
  render(conversation, sends, connected, reader = null) {
    const branch = conversation.branch();
    if (conversation !== this.#conversation || this.#views.size === 0) {
      this.#views.clear();
      this.#painted.clear();
    }
    const first = branch.findIndex(({ id }) => this.#views.has(id));
    this.#held = first >= 0 ? first : Math.max(0, branch.length - AT_ONCE);
    const place = reader ? branch.findIndex(({ id }) => id === reader) : -1;
    if (place >= 0) this.#held = Math.min(this.#held, place);
    this.#conversation = conversation;
    const views = new Map();
    for (const message of branch.slice(this.#held)) views.set(message.id, this.#viewOf(message));
    for (const send of sends) {
      const view = this.#views.get(send.command.id) ?? new OwnMessageView(send.command.id, send.command.text, send.files);
      if (view instanceof OwnMessageView) view.update(send.failure ?? (connected ? "sending" : "waiting"));
      views.set(send.command.id, view);
    }
    this.#views = views;
    this.#arrange([...views.values()].map((view) => view.element));
    this.#unholdSoon();
  }

  /** All messages that are here come to the page without waiting for a quiet moment. */
  async bringAll() {
    while (this.#held > 0) {
      this.#unhold();
      await new Promise((resolve) => setTimeout(resolve));
    }
  }

  #unholdSoon() {
    clearTimeout(this.#unholding);
    if (this.#held > 0) this.#unholding = setTimeout(() => whenIdle(() => this.#unhold()), PAUSE);
    else this.#onWhole();
  }

  /** Some more of the earlier messages come to the page, without a look at those that are there. */
  #unhold() {
    const start = performance.now();
    const branch = this.#conversation?.branch() ?? [];
    /** @type {[string, AnswerView | OwnMessageView][]} */
    const more = [];
    while (this.#held > 0 && more.length < STEP && performance.now() - start < BUDGET) {
      this.#held -= 1;
      const message = branch[this.#held];
      if (message) more.unshift([message.id, this.#viewOf(message)]);
    }
    this.#prepend(() => this.#log.prepend(...more.map(([, view]) => view.element)));
    this.#views = new Map([...more, ...this.#views]);
    this.#unholdSoon();
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
      const view = known instanceof OwnMessageView ? known : new OwnMessageView(message.id, message.text, message.attachments);
      const alternatives = this.#conversation?.alternatives(message.id) ?? [];
      if (view === known && this.#painted.get(message.id) === alternatives.join()) return view;
      this.#painted.set(message.id, alternatives.join());
      view.update("sent");
      view.paintAlternatives(alternatives);
      return view;
    }
    if (known instanceof AnswerView) {
      this.#update(known, message);
      return known;
    }
    const view = new AnswerView(message.id);
    this.#painted.delete(message.id);
    this.#update(view, message);
    return view;
  }

  /**
   * @param {AnswerView} view
   * @param {ShownMessage} message
   */
  #update(view, message) {
    const alternatives = this.#conversation?.alternatives(message.id) ?? [];
    const isLast = message.id === this.#conversation?.leaf;
    const others = [isLast, ...alternatives].join();
    if (this.#painted.get(message.id) === message && this.#painted.get(`${message.id} others`) === others) return;
    this.#painted.set(message.id, message).set(`${message.id} others`, others);
    view.update(message, { alternatives, isLast, modelName: this.#modelName(message.generation?.model ?? "") });
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

/** @param {() => void} work  for which there is time when nobody types and nothing is written */
function whenIdle(work) {
  // Safari has no idle callbacks.
  if ("requestIdleCallback" in window) requestIdleCallback(work, { timeout: 500 });
  else work();
}
