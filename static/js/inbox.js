// What becomes of each frame of the server.

import { gettext } from "#chat/language.js";
import { announce, toast } from "#chat/notices.js";
import { applyTheme } from "#chat/theme-choice.js";
import { announcement } from "#chat/outcome.js";
import { ReadingAloud } from "#chat/reading-aloud.js";
import { isUnfinished } from "#chat/transcript.js";

/** @import { Branching } from "#chat/branching.js" */
/** @import { Chat } from "#chat/chat.js" */
/** @import { Page } from "#chat/page.js" */
/** @import { AckFrame, ConversationRow, ErrorFrame, GenerationFrame, MessageRow, ServerFrame } from "#chat/protocol.js" */
/** @import { Send } from "#chat/outbox.js" */
/** @import { Workspace } from "#chat/workspace.js" */

/** Milliseconds: a promised answer that takes longer to arrive is asked for */
const PROMISE = 600;

export class Inbox {
  #workspace;
  #page;
  #chat;
  #branching;
  #aloud = new ReadingAloud();

  /**
   * @param {Workspace} workspace
   * @param {Page} page
   * @param {Chat} chat
   * @param {Branching} branching
   */
  constructor(workspace, page, chat, branching) {
    this.#workspace = workspace;
    this.#page = page;
    this.#chat = chat;
    this.#branching = branching;
  }

  /** @param {ServerFrame} frame */
  receive(frame) {
    switch (frame.type) {
      case "generation.delta":
      case "generation.snapshot":
      case "generation.finished":
      case "generation.queued":
      case "generation.retrying":
        return this.#generation(frame);
      case "message.created":
        return this.#messageCreated(frame.message);
      case "conversation.changed":
        return this.#conversationChanged(frame.conversation);
      case "conversation.deleted":
        return this.#conversationsDeleted([frame.conversation]);
      case "conversations.deleted":
        return this.#conversationsDeleted(frame.conversations);
      case "list.changed":
        return void this.#page.sidebar.refresh();
      case "preferences.changed":
        return applyTheme(frame.preferences.theme);
      case "conversation.stale":
        void this.#page.sidebar.refresh();
        return this.#chat.heal();
      case "ack":
        return this.#acknowledged(frame);
      case "error":
        return this.#refused(frame);
    }
  }

  /** @param {GenerationFrame} frame */
  #generation(frame) {
    const { current } = this.#workspace;
    const before = current.message(frame.message);
    const after = current.fold(frame);
    // An unknown message: one of a branch that was not read, or its row was lost.
    if (!after) return current.isElsewhere(frame.message) ? undefined : this.#chat.heal();
    if (after === before) return;
    if (after.gap && !before?.gap) this.#chat.heal();
    const began = isUnfinished(after.generation) && before?.text === "" && after.text !== "";
    if (began) announce(gettext("The assistant is writing."));
    if (after.role === "assistant") this.#aloud.hear(after, before?.text ?? "");
    if (before?.waiting !== after.waiting) this.#page.showQueue(current.running);
    if (isUnfinished(after.generation)) return this.#page.paint(frame.message);
    this.#workspace.stopping.delete(frame.message);
    if (after.generation) announce(announcement(after.generation));
    this.#chat.render();
  }

  /** @param {MessageRow} row */
  #messageCreated(row) {
    const send = this.#workspace.outbox.matching(row);
    if (send) this.#settle(send, row.conversation, row.id);
    this.#workspace.receive(row);
    if (row.conversation === this.#workspace.current.id) this.#chat.render();
  }

  /** @param {ConversationRow} row */
  #conversationChanged(row) {
    this.#page.sidebar.put(row);
    this.#workspace.find(row.id)?.change(row);
    if (row.id === this.#workspace.current.id) this.#chat.render();
  }

  /** @param {string[]} ids */
  #conversationsDeleted(ids) {
    this.#page.sidebar.remove(...ids);
    for (const id of ids) this.#workspace.forget(id);
    if (!this.#workspace.current.id || !ids.includes(this.#workspace.current.id)) return;
    toast(gettext("This chat was deleted."));
    this.#page.replaceAddress(null);
    this.#chat.showNew();
  }

  /** @param {AckFrame} frame */
  #acknowledged(frame) {
    const { outbox, current, asked, stopping } = this.#workspace;
    this.#branching.done(frame.id);
    const send = outbox.take(frame.id);
    if (send && !send.isStored && frame.conversation && frame.message) this.#settle(send, frame.conversation, frame.message);
    const isHere = send ? send.conversation === current : asked.delete(frame.id);
    if (isHere && frame.answer && !current.message(frame.answer)) this.#expect(frame.answer);
    if (send?.stopped && frame.answer) stopping.add(frame.answer);
    // The server follows a new conversation by itself, even when the person has gone on to another one; and a stop that
    // was asked for before the answer had an id is sent now.
    if (send && (!isHere || send.stopped)) this.#chat.follow();
    this.#chat.render();
  }

  /** @param {string} answer */
  #expect(answer) {
    this.#workspace.promised = answer;
    setTimeout(() => this.#workspace.promised === answer && this.#chat.heal(), PROMISE);
  }

  /**
   * @param {Send} send  that the server has stored
   * @param {string} conversation
   * @param {string} message
   */
  #settle(send, conversation, message) {
    const isNew = send.conversation.id === null;
    send.isStored = true;
    this.#workspace.adopt(send, conversation);
    this.#workspace.store(send, message);
    this.#page.drafts.release(send.conversation, { isNew, isShown: send.conversation === this.#workspace.current });
    if (send.conversation !== this.#workspace.current) return;
    this.#page.confirm(send.command.id, message);
    if (isNew) this.#page.replaceAddress(conversation);
  }

  /** @param {ErrorFrame} frame */
  #refused(frame) {
    const { outbox, asked } = this.#workspace;
    const send = frame.id ? outbox.get(frame.id) : null;
    if (send?.conversation === this.#workspace.current && frame.code.startsWith("budget_")) this.#takeBack(send, frame);
    else if (send) send.failure = { failure: frame.message };
    else if (!this.#branching.refused(frame)) toast(frame.message);
    if (frame.id) asked.delete(frame.id);
    this.#chat.render();
  }

  /**
   * It could be sent later as it is: the text goes back to where it was written, with the reason beside it.
   * @param {Send} send
   * @param {ErrorFrame} frame
   */
  #takeBack(send, frame) {
    this.#workspace.outbox.take(send.command.id);
    this.#page.giveBackFiles(send.files);
    this.#page.refuse(send.command.text, frame.message);
  }
}
