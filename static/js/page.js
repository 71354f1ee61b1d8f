// The page as a whole: which parts show what.

import { takeFiles } from "#chat/attachment-input.js";
import { AttachmentTray } from "#chat/attachment-tray.js";
import { Composer } from "#chat/composer.js";
import { byId } from "#chat/elements.js";
import { Follower } from "#chat/follower.js";
import { gettext } from "#chat/language.js";
import { LogView } from "#chat/log-view.js";
import { MessageEditor } from "#chat/message-editor.js";
import { paintSettings } from "#chat/settings-button.js";
import { Sidebar } from "#chat/sidebar.js";

/** @import { Conversation } from "#chat/conversation.js" */
/** @import { Send } from "#chat/outbox.js" */
/** @import { AttachmentRow, Config, ConversationPage, Thinking } from "#chat/protocol.js" */
/** @import { ShownMessage } from "#chat/transcript.js" */
/** @import { Mode } from "#chat/workspace.js" */

export class Page {
  #composer;
  /** @type {AttachmentTray} */
  #tray;
  #log;
  #follower;
  #welcome = byId("welcome", HTMLElement);
  #loading = byId("loading", HTMLElement);
  #loadFailure = byId("load-failure", HTMLElement);
  #title = byId("chat-title", HTMLElement);
  /** @type {Sidebar} */
  sidebar;

  /**
   * @param {Config} config
   * @param {ConversationPage} conversations
   * @param {(text: string) => void} onSend
   */
  constructor(config, conversations, onSend) {
    const log = byId("log", HTMLElement);
    const names = new Map(config.models.map(({ id, name }) => [id, name]));
    this.#follower = new Follower(byId("scroller", HTMLElement), log, byId("jump", HTMLElement));
    this.#log = new LogView(log, (id) => names.get(id) ?? id, (change) => this.#follower.keepPlace(change));
    this.#composer = new Composer(config, onSend);
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
   */
  render(conversation, sends, connected, mode) {
    if (conversation.id) this.#follower.name(conversation.id);
    this.#log.render(conversation, sends, connected, this.#follower.wanted);
    this.#follower.settle();
    this.#composer.setMode(mode);
    paintSettings(conversation);
    this.#composer.state.show(connected, sends.filter(({ failure }) => !failure).length, conversation.running);
    this.#loading.hidden = mode !== "loading" || !this.#loadFailure.hidden;
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
