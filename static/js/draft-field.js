// The message field and the drafts: what is typed is saved, what another page wrote appears.

import { DraftCopies } from "#chat/draft-copies.js";
import { Drafts, NEW_CHAT } from "#chat/drafts.js";
import { byId, onAction } from "#chat/elements.js";
import { readDraft } from "#chat/reader.js";
import { write } from "#chat/requests.js";

/** @import { Conversation } from "#chat/conversation.js" */
/** @import { DraftRow, DraftStore } from "#chat/drafts.js" */
/** @import { ServerFrame } from "#chat/protocol.js" */

export class DraftField {
  #drafts;
  #copies;
  #conflict = byId("draft-conflict", HTMLElement);
  #show;
  /** @type {string | null} null until a conversation is shown: what stands in the field until then belongs to that one */
  #key = null;
  /** @type {Set<string>} conversations whose draft was looked up */
  #restored = new Set();

  /**
   * @param {string} key  that copies in the browser are sealed with
   * @param {(text: string) => void} show  puts a text into the field
   */
  constructor(key, show) {
    this.#show = show;
    this.#copies = new DraftCopies(key);
    this.#drafts = new Drafts(storeWith(this.#copies), (changed) => changed === this.#key && this.#showCurrent());
    onAction(this.#conflict, {
      "take-draft": () => this.#key && this.#drafts.resolve(this.#key, "newer"),
      "keep-draft": () => this.#key && this.#drafts.resolve(this.#key, "here"),
    });
    addEventListener("online", () => this.#drafts.flush());
    addEventListener("pagehide", () => this.#drafts.flush());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.#drafts.flush();
      else this.reconnect();
    });
    for (const form of document.querySelectorAll("form[action$='/logout/']")) {
      form.addEventListener("submit", () => this.#copies.removeAll());
    }
  }

  get hasUnsaved() {
    return this.#drafts.hasUnsaved;
  }

  /**
   * @param {Conversation} conversation  shown from now on
   * @param {string} typed  before there was any
   */
  switchTo(conversation, typed) {
    this.#key = conversation.id ?? NEW_CHAT;
    const { text } = this.#drafts.get(this.#key);
    if (typed) this.#drafts.type(this.#key, joined(text, typed));
    this.#showCurrent();
    if (!this.#restored.has(this.#key)) void this.#restore(this.#key, conversation);
  }

  /** @param {string} text */
  type(text) {
    if (this.#key) this.#drafts.type(this.#key, text);
  }

  /** What is in the field goes out as a message. */
  hold() {
    if (this.#key) this.#drafts.hold(this.#key);
  }

  /**
   * A message has arrived.
   * @param {Conversation} conversation
   * @param {{isNew: boolean, isShown: boolean}} which  `isNew`: the message was its first
   */
  release(conversation, { isNew, isShown }) {
    const id = conversation.id ?? NEW_CHAT;
    if (!isNew) return this.#drafts.release(id);
    const typed = this.#drafts.get(NEW_CHAT).text;
    if (isShown) this.#key = id;
    if (isShown && typed) {
      // What was typed since then belongs to the conversation that now is one.
      this.#drafts.hold(NEW_CHAT);
      this.#drafts.type(id, typed);
    }
    this.#drafts.release(NEW_CHAT);
    this.#drafts.get(id);
  }

  /**
   * @param {DraftRow} row  that came with the page
   * @param {Conversation} conversation
   */
  learn(row, conversation) {
    const key = row.conversation ?? NEW_CHAT;
    this.#drafts.learn(key, row);
    if (wasSent(row, conversation)) this.#drafts.type(key, "");
  }

  /** @param {ServerFrame} frame */
  receive(frame) {
    if (frame.type === "draft.changed") void this.#drafts.hear(frame.conversation ?? NEW_CHAT, frame.version);
  }

  /** There is a connection again: saves what waits, and learns what was missed. */
  reconnect() {
    this.#drafts.flush();
    if (this.#key) void this.#refresh(this.#key);
  }

  /**
   * The stored draft and, above it, what the browser kept when there was no connection.
   * @param {string} key
   * @param {Conversation} conversation
   */
  async #restore(key, conversation) {
    this.#restored.add(key);
    const copy = await this.#copies.take(key);
    if (this.#drafts.get(key).version === 0) {
      const row = await readDraft(key === NEW_CHAT ? null : key).catch(() => null);
      if (row) this.learn(row, conversation);
    }
    const { text, saved, version } = this.#drafts.get(key);
    if (!copy || text !== saved) return;
    // A message that arrived although nobody heard of it needs no draft any more.
    const isSent = conversation.branch().some((message) => message.role === "user" && message.text === copy.text.trim());
    if (isSent || copy.text === saved) return this.#copies.remove(key);
    this.#drafts.type(key, copy.text);
    if (copy.version < version && saved) this.#drafts.get(key).newer = { conversation: null, text: saved, version };
    if (key === this.#key) this.#showCurrent();
  }

  /** @param {string} key */
  async #refresh(key) {
    const row = await readDraft(key === NEW_CHAT ? null : key).catch(() => null);
    if (row) this.#drafts.learn(key, row);
  }

  #showCurrent() {
    if (!this.#key) return;
    const draft = this.#drafts.get(this.#key);
    this.#conflict.hidden = draft.newer === null;
    this.#show(draft.text);
  }
}

/**
 * @param {string} draft
 * @param {string} typed  by the person, or put back by the browser after a reload
 */
function joined(draft, typed) {
  if (draft.includes(typed)) return draft;
  return typed.includes(draft) ? typed : `${draft}\n\n${typed}`;
}

/**
 * Whether the page that sent a draft was closed before it could empty it.
 * @param {DraftRow} row
 * @param {Conversation} conversation
 */
function wasSent(row, conversation) {
  const last = conversation.branch().findLast(({ role }) => role === "user");
  return Boolean(last && row.changed && row.changed < last.created && row.text.trim() === last.text.trim());
}

/**
 * @param {DraftCopies} copies
 * @returns {DraftStore}
 */
function storeWith(copies) {
  return {
    read: (key) => readDraft(key === NEW_CHAT ? null : key),
    keep: (key, text, version) => void copies.put(key, { text, version }),
    drop: (key) => copies.remove(key),
    write: async (key, text, version) => {
      const address = key === NEW_CHAT ? "/draft/" : `/c/${key}/draft/`;
      const response = await write("PUT", address, { text, version });
      if (response.status === 404) return { kind: "gone" };
      const body = await response.json();
      if (response.status === 409) return { kind: "outdated", row: body.draft };
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      return { kind: "saved", row: body };
    },
  };
}
