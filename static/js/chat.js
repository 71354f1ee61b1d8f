// What the person does: shows conversations, sends, stops.

import { Conversation } from "#chat/conversation.js";
import { newId } from "#chat/identifier.js";
import { gettext } from "#chat/language.js";
import { readConversation, SignedOutError } from "#chat/reader.js";

/** @import { BranchReader } from "#chat/branch-reader.js" */
/** @import { AttachmentRow } from "#chat/protocol.js" */
/** @import { Page } from "#chat/page.js" */
/** @import { Send } from "#chat/outbox.js" */
/** @import { Socket } from "#chat/socket.js" */
/** @import { Workspace } from "#chat/workspace.js" */

/** Milliseconds: missing frames are asked for this often at most */
const HEAL_EVERY = 1000;

const NOT_THERE = gettext("This chat is not there. It may have been deleted.");
const NOT_LOADED = gettext("This chat could not be loaded. Check your connection and choose it again.");
const SIGNED_OUT = gettext("You are signed out. Reload this page to sign in again.");

export class Chat {
  #workspace;
  #page;
  #socket;
  #reader;
  #loading = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #healing;
  #healedAt = -Infinity;

  /**
   * @param {Workspace} workspace
   * @param {Page} page
   * @param {Socket} socket
   * @param {BranchReader} reader
   */
  constructor(workspace, page, socket, reader) {
    this.#workspace = workspace;
    this.#page = page;
    this.#socket = socket;
    this.#reader = reader;
  }

  /** @param {Conversation} conversation  shown from now on */
  show(conversation) {
    this.#loading.abort();
    this.#workspace.show(conversation);
    this.#page.switchTo(conversation);
    this.render();
    this.follow();
    void this.#bringReader(conversation);
  }

  /**
   * Reads up to where the reader was, when that is further up than what is here.
   * @param {Conversation} conversation
   */
  async #bringReader(conversation) {
    const place = this.#page.wanted;
    if (!place || !conversation.loaded || conversation.id === null) return;
    if (!conversation.message(place)) await this.#reader.above(conversation, place).catch(() => null);
    if (conversation !== this.#workspace.current || this.#page.wanted !== place) return;
    // It belongs to another branch by now, or could not be read: the end is where most people want to be.
    if (!conversation.branch().some(({ id }) => id === place)) this.#page.jump();
    this.render();
  }

  showNew() {
    this.show(new Conversation());
  }

  /** @param {string} id */
  async open(id) {
    const known = this.#workspace.find(id);
    if (known) return this.show(known);
    const conversation = new Conversation();
    conversation.id = id;
    conversation.loaded = false;
    this.show(conversation);
    this.#loading = new AbortController();
    const failure = await this.#load(conversation, id, this.#loading.signal);
    if (failure === null) return;
    if (failure) {
      this.#workspace.forget(id);
      return this.#page.showLoadFailure(failure);
    }
    this.show(conversation);
  }

  /**
   * @param {Conversation} conversation
   * @param {string} id
   * @param {AbortSignal} signal
   * @returns {Promise<string | null>} "" when it worked, what went wrong, or null when nobody waits any more
   */
  async #load(conversation, id, signal) {
    try {
      const content = await readConversation(id, signal);
      if (content) conversation.fill(content);
      if (signal.aborted) return null;
      return content ? "" : NOT_THERE;
    } catch (error) {
      // What was not loaded must not be found again.
      if (!conversation.loaded) this.#workspace.forget(id);
      if (signal.aborted) return null;
      return error instanceof SignedOutError ? SIGNED_OUT : NOT_LOADED;
    }
  }

  /** Tells the server what is shown here; it answers with all that is missing. */
  follow() {
    const { id, loaded, newest } = this.#workspace.current;
    if (!id) this.#socket.signal({ type: "conversation.close" });
    else if (loaded) {
      const seen = this.#workspace.current.seen();
      this.#socket.signal({ type: "conversation.open", conversation: id, newest, seen });
    }
    for (const message of this.#workspace.stopping) this.#socket.signal({ type: "generation.stop", message });
  }

  /** Something is missing: follows again, soon, but not for each frame that shows it. */
  heal() {
    clearTimeout(this.#healing);
    const wait = Math.max(0, this.#healedAt + HEAL_EVERY - performance.now());
    this.#healing = setTimeout(() => {
      this.#healedAt = performance.now();
      this.follow();
    }, wait);
  }

  /** @param {string | null} [message]  one that has to be on the page afterwards, however far up it is */
  render(message = null) {
    const { current, outbox, mode } = this.#workspace;
    this.#page.render(current, outbox.of(current), this.#socket.state === "open", mode, message);
    void this.#reader.missing(current);
  }

  /**
   * @param {string} text
   * @param {AttachmentRow[]} [files]
   */
  send(text, files = this.#page.takeFiles()) {
    const { current, outbox } = this.#workspace;
    const type = /** @type {const} */ ("message.send");
    const { id: conversation, leaf: parent, options } = current;
    // Settings of a chat that begins now go along; later ones are saved as they are changed.
    const begins = conversation ? {} : { instructions: current.instructions };
    const settings = { ...this.#page.choice, options, ...begins };
    const attachments = files.map(({ id }) => id);
    const command = { type, id: newId(), conversation, parent, text, attachments, ...settings };
    outbox.add(command, current, files);
    this.#socket.send(command);
    this.render();
    this.#page.jump();
  }

  /** @param {Send} send  refused before */
  sendAgain(send) {
    this.#workspace.outbox.take(send.command.id);
    this.send(send.command.text, send.files);
  }

  stop() {
    const { current, outbox, stopping } = this.#workspace;
    const message = current.running?.id;
    if (message) {
      stopping.add(message);
      this.#socket.signal({ type: "generation.stop", message });
    }
    for (const send of outbox.of(current)) send.stopped = true;
    this.render();
  }

  /**
   * @param {string} conversation
   * @param {string} title
   */
  rename(conversation, title) {
    this.#socket.send({ type: "conversation.rename", id: newId(), conversation, title });
  }
}
