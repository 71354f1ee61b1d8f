// The page as a whole: which parts show what.

import { takeFiles } from "#chat/attachment-input.js";
import { AttachmentTray } from "#chat/attachment-tray.js";
import { Composer } from "#chat/composer.js";
import { Earlier } from "#chat/earlier.js";
import { byId } from "#chat/elements.js";
import { Follower } from "#chat/follower.js";
import { gettext } from "#chat/language.js";
import { LogView } from "#chat/log-view.js";
import { MessageEditor } from "#chat/message-editor.js";
import { paintSettings } from "#chat/settings-button.js";
import { Sidebar } from "#chat/sidebar.js";

/** @import { Conversation } from "#chat/conversation.js" */
/** @import { Send } from "#chat/outbox.js" */
/** @import { AttachmentRow, Config, SidebarPage, Thinking } from "#chat/protocol.js" */
/** @import { ShownMessage } from "#chat/transcript.js" */
/** @import { Mode } from "#chat/workspace.js" */

export class Page {
  #composer;
  /** @type {AttachmentTray} */
  #tray;
  #log;
  #earlier;
  #follower;
  #logElement = byId("log", HTMLElement);
  #welcome = byId("welcome", HTMLElement);
  #loading = byId("loading", HTMLElement);
  #loadFailure = byId("load-failure", HTMLElement);
  #title = byId("chat-title", HTMLElement);
  /** @type {Sidebar} */
  sidebar;

  /**
   * @param {Config} config
   * @param {SidebarPage} conversations
   * @param {(text: string) => void} onSend
   * @param {() => Promise<boolean>} readAbove  reads the page above what is shown; rejects when it did not work
   */
  constructor(config, conversations, onSend, readAbove) {
    const names = new Map(config.models.map(({ id, name }) => [id, name]));
    const scroller = byId("scroller", HTMLElement);
    this.#follower = new Follower(scroller, this.#logElement, byId("jump", HTMLElement));
    const keepPlace = (/** @type {() => void} */ change) => this.#follower.keepPlace(change);
    this.#log = new LogView(this.#logElement, (id) => names.get(id) ?? id, keepPlace, () => this.#earlier.look());
    this.#earlier = new Earlier(byId("earlier", HTMLElement), this.#logElement, scroller, async () => {
      // What was read comes to the page first.
      if (!this.#log.isHeld) await readAbove();
    });
    this.#composer = new Composer(config, onSend, readAbove);
    this.#tray = new AttachmentTray(config, () => this.#composer.setFiles(this.#tray));
    takeFiles((files) => this.#tray.add(files));
    this.sidebar = new Sidebar(byId("conversations", HTMLElement), conversations);
  }

  get choice() {
    return this.#composer.choice;
  }

  /**
   * @param {string} model
   * @param {Thinking} thinking
   */
  choose(model, thinking) {
    this.#composer.choose(model, thinking);
  }

  get drafts() {
    return this.#composer.drafts;
  }

  /** Whether something that is not on the server would be lost with this page. */
  get hasUnsaved() {
    return this.drafts.hasUnsaved || MessageEditor.hasDrafts || this.#tray.isUploading;
  }

  /** The files that go with the message that is sent now. */
  takeFiles() {
    return this.#tray.take();
  }

  /** @param {AttachmentRow[]} files  of a message that was not sent */
  giveBackFiles(files) {
    this.#tray.giveBack(files);
  }

  /** @param {Conversation} conversation */
  switchTo(conversation) {
    this.#composer.switchTo(conversation);
    this.#tray.switchTo(conversation.id);
    if (conversation.model) this.#composer.choose(conversation.model, conversation.thinking);
    this.#loadFailure.hidden = true;
    this.#loadFailure.textContent = "";
    this.sidebar.mark(conversation.id);
    this.#follower.turnTo(conversation.id);
  }

  /**
   * @param {Conversation} conversation
   * @param {Send[]} sends
   * @param {boolean} connected
   * @param {Mode} mode
   * @param {string | null} [message]  one that has to be on the page
   */
  render(conversation, sends, connected, mode, message = null) {
    if (conversation.id) this.#follower.name(conversation.id);
    // Nobody sees the end of a chat whose middle they will be brought back to in a moment.
    const isAway = this.wanted !== null && !conversation.message(this.wanted) && conversation.above !== null;
    this.#logElement.hidden = isAway;
    this.#log.render(conversation, sends, connected, this.wanted ?? message);
    this.#earlier.show(conversation.above);
    this.#follower.settle();
    this.#composer.setMode(mode);
    paintSettings(conversation);
    this.#composer.state.show(connected, sends.filter(({ failure }) => !failure).length, conversation.running);
    this.#loading.hidden = (mode !== "loading" && !isAway) || !this.#loadFailure.hidden;
    this.#welcome.hidden = conversation.id !== null || sends.length > 0;
    const title = conversation.title || (conversation.id && this.sidebar.row(conversation.id)?.title) || "";
    this.#title.textContent = title || gettext("Untitled chat");
    this.#title.hidden = !this.#welcome.hidden;
    document.title = title ? `${title} – Chatsite` : "Chatsite";
  }

  /** @param {ShownMessage | null} running */
  showQueue(running) {
    this.#composer.state.queue(running);
  }

  /** @param {string} text */
  showLoadFailure(text) {
    this.#loading.hidden = true;
    this.#loadFailure.textContent = text;
    this.#loadFailure.hidden = false;
  }

  /** @param {string} id  of a message that changed */
  paint(id) {
    this.#log.paint(id);
  }

  /**
   * @param {string} commandId
   * @param {string} messageId
   */
  confirm(commandId, messageId) {
    this.#log.confirm(commandId, messageId);
  }

  /** @returns {string | null} the message to which the reader is to be brought back */
  get wanted() {
    return this.#follower.wanted;
  }

  /** All messages that are here are on the page when it resolves. */
  bringAll() {
    return this.#log.bringAll();
  }

  /** @param {string} id */
  messageView(id) {
    return this.#log.view(id);
  }

  jump() {
    this.#follower.jump();
  }

  /** @param {string} text  appended to what is being written, so that nothing typed is lost */
  suggest(text) {
    this.#composer.text = [this.#composer.text.trim(), text].filter(Boolean).join("\n\n");
    this.#composer.focus();
  }

  /**
   * @param {string} text  of a message that was not sent
   * @param {string} why
   */
  refuse(text, why) {
    this.suggest(text);
    this.#composer.state.refuse(why);
  }

  focusComposer() {
    // On phones the keyboard would cover the page.
    if (matchMedia("(hover: hover)").matches) this.#composer.focus();
  }

  /** @param {string | null} id  null for a new conversation */
  replaceAddress(id) {
    history.replaceState(null, "", addressOf(id));
    this.sidebar.mark(id);
  }

  /** @param {string | null} id */
  pushAddress(id) {
    if (location.pathname !== addressOf(id)) history.pushState(null, "", addressOf(id));
  }

  /** @returns {string | null} the conversation that the address names */
  get addressed() {
    return /^\/c\/([0-9a-f-]{36})\/$/.exec(location.pathname)?.[1] ?? null;
  }
}

/** @param {string | null} id */
function addressOf(id) {
  return id ? `/c/${id}/` : "/";
}
