// What the person does with the tree: edits, other answers, answers that go on, the branch that is shown.

import { focusArrow } from "#chat/alternatives.js";
import { BranchChoice } from "#chat/branch-choice.js";
import { newId } from "#chat/identifier.js";
import { gettext } from "#chat/language.js";
import { toast } from "#chat/notices.js";
import { OwnMessageView } from "#chat/own-message-view.js";

/** @import { BranchReader } from "#chat/branch-reader.js" */
/** @import { Chat } from "#chat/chat.js" */
/** @import { Conversation } from "#chat/conversation.js" */
/** @import { Page } from "#chat/page.js" */
/** @import { Command, ErrorFrame, Thinking } from "#chat/protocol.js" */
/** @import { Workspace } from "#chat/workspace.js" */

export class Branching {
  #chat;
  #workspace;
  #page;
  #reader;
  #send;
  #choice;
  /** @type {Map<string, OwnMessageView>} the editors whose text is on its way, by command */
  #edits = new Map();

  /**
   * @param {Chat} chat
   * @param {Workspace} workspace
   * @param {Page} page
   * @param {BranchReader} reader
   * @param {(command: Command) => void} send
   */
  constructor(chat, workspace, page, reader, send) {
    this.#chat = chat;
    this.#workspace = workspace;
    this.#page = page;
    this.#reader = reader;
    this.#send = send;
    this.#choice = new BranchChoice(send);
  }

  /** @param {string} message  of the person */
  edit(message) {
    const view = this.#page.messageView(message);
    const text = this.#workspace.current.message(message)?.text ?? "";
    if (view instanceof OwnMessageView) view.edit(text, (edited) => this.#sendEdit(view, message, edited));
  }

  /**
   * @param {OwnMessageView} view
   * @param {string} message
   * @param {string} text
   */
  #sendEdit(view, message, text) {
    if (!this.#isReady()) return;
    const id = this.#ask();
    this.#edits.set(id, view);
    view.editor?.setBusy(true);
    this.#send({ type: "message.edit", id, message, text, ...this.#page.choice, options: this.#options });
    this.#page.jump();
  }

  /**
   * @param {string} message  the answer that gets an alternative
   * @param {{model: string, thinking: Thinking}} choice
   */
  regenerate(message, choice = this.#page.choice) {
    if (!this.#isReady()) return;
    this.#send({ type: "message.regenerate", id: this.#ask(), message, ...choice, options: this.#options });
    this.#page.jump();
  }

  /** @param {string} message  the answer that goes on */
  goOn(message) {
    if (this.#isReady()) this.#send({ type: "message.continue", id: this.#ask(), message });
  }

  /**
   * @param {string} id  of a message
   * @param {1 | -1} step
   */
  async showAlternative(id, step) {
    const { current } = this.#workspace;
    const alternatives = current.alternatives(id);
    const other = alternatives[alternatives.indexOf(id) + step];
    if (!other || !(await this.#select(current, other))) return;
    this.#choice.chosen(current);
    this.#chat.render(other);
    const article = this.#page.messageView(other)?.element;
    if (article) focusArrow(article, step);
  }

  /**
   * @param {Conversation} conversation
   * @param {string} message
   * @returns {Promise<boolean>} whether the branch through the message is shown
   */
  async #select(conversation, message) {
    if (conversation.select(message)) return true;
    try {
      await this.#reader.through(conversation, message);
    } catch {
      toast(gettext("This version could not be loaded. Check your connection and try again."));
    }
    return conversation === this.#workspace.current && conversation.select(message);
  }

  /** @param {string} id  of a command that was done */
  done(id) {
    this.#choice.settle(id);
    this.#edits.get(id)?.endEdit({ sent: true });
    this.#edits.delete(id);
  }

  /**
   * @param {ErrorFrame} frame
   * @returns {boolean} whether the refusal is shown where it belongs
   */
  refused(frame) {
    this.#choice.settle(frame.id);
    const view = frame.id ? this.#edits.get(frame.id) : null;
    if (!view || !frame.id) return false;
    this.#edits.delete(frame.id);
    view.editor?.fail(frame.message);
    return view.element.isConnected;
  }

  get #options() {
    return this.#workspace.current.options;
  }

  #isReady() {
    if (this.#workspace.mode === "ready") return true;
    toast(gettext("An answer is being written. Wait for its end, or stop it first."));
    return false;
  }

  /** @returns {string} the id of a command that will bring an answer */
  #ask() {
    const id = newId();
    this.#workspace.asked.add(id);
    // After the command is on its way.
    queueMicrotask(() => this.#chat.render());
    return id;
  }
}
