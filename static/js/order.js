// Keeps order among conversations: pin, archive, move, delete and undo; for one or for several at once.

import { gettext, ngettext } from "#chat/language.js";
import { toast } from "#chat/notices.js";
import { SignedOutError } from "#chat/reader.js";
import { change, RefusedError } from "#chat/requests.js";
import { Undo } from "#chat/undo.js";

/** @import { Chat } from "#chat/chat.js" */
/** @import { Page } from "#chat/page.js" */
/** @import { ConversationRow, Folder } from "#chat/protocol.js" */
/** @import { Workspace } from "#chat/workspace.js" */

/** @typedef {{pinned?: boolean, archived?: boolean, folder?: string | null}} Arrangement */

export class Order {
  #chat;
  #workspace;
  #page;
  #undo = new Undo();

  /**
   * @param {Chat} chat
   * @param {Workspace} workspace
   * @param {Page} page
   */
  constructor(chat, workspace, page) {
    this.#chat = chat;
    this.#workspace = workspace;
    this.#page = page;
  }

  /**
   * @param {string[]} ids
   * @param {Arrangement} wanted
   * @returns {Promise<boolean>} false when it failed, which the person was told
   */
  async arrange(ids, wanted) {
    const done = await told(async () => {
      const { conversations } = await change("POST", "/conversations/arrange/", { conversations: ids, ...wanted });
      this.#put(conversations);
      return true;
    });
    return done ?? false;
  }

  /**
   * Archives or brings back, and offers to undo the former, since what is archived is out of sight.
   * @param {string[]} ids
   * @param {boolean} archived
   */
  async archive(ids, archived) {
    const pinned = ids.filter((id) => this.#page.sidebar.row(id)?.pinned);
    if (!(await this.arrange(ids, { archived })) || !archived) return;
    this.#undo.offer(ngettext("Chat archived.", "{n} chats archived.", ids.length), async () => {
      if ((await this.arrange(ids, { archived: false })) && pinned.length > 0) await this.arrange(pinned, { pinned: true });
    });
  }

  /** @param {string[]} ids */
  async delete(ids) {
    const rows = ids.map((id) => this.#page.sidebar.row(id)).filter((row) => row !== null);
    const shown = this.#workspace.current.id;
    const hides = shown !== null && ids.includes(shown);
    this.#page.sidebar.remove(...ids);
    if (hides) this.#leave(shown);
    const deletion = told(() => change("POST", "/conversations/delete/", { conversations: ids }));
    // Offered at once: whoever takes it back at once does so as soon as there is something to take back.
    this.#undo.offer(ngettext("Chat deleted.", "{n} chats deleted.", ids.length), async () => {
      if (await deletion) await this.#restore(ids, hides ? shown : null);
    });
    if (!(await deletion)) {
      this.#undo.withdraw();
      return this.#put(rows);
    }
    for (const id of ids) this.#workspace.forget(id);
  }

  /**
   * @param {string[]} ids
   * @param {string | null} shown  which of them was shown
   */
  async #restore(ids, shown) {
    await told(async () => {
      /** @type {{conversations: ConversationRow[], gone: string[]}} */
      const { conversations, gone } = await change("POST", "/conversations/restore/", { conversations: ids });
      this.#put(conversations);
      if (gone.length > 0) toast(ngettext("It was too late: the chat is gone.", "It was too late for {n} chats.", gone.length));
      if (!shown || gone.includes(shown) || this.#workspace.current.id) return;
      this.#page.replaceAddress(shown);
      await this.#chat.open(shown);
    });
  }

  /**
   * @param {string} name
   * @returns {Promise<Folder | null>}
   */
  async newFolder(name) {
    return told(async () => {
      /** @type {Folder} */
      const folder = await change("POST", "/folders/", { name });
      await this.#page.sidebar.refresh();
      return folder;
    });
  }

  /**
   * @param {string} id
   * @param {string} name
   */
  async renameFolder(id, name) {
    await told(async () => {
      await change("PATCH", `/folders/${id}/`, { name });
      await this.#page.sidebar.refresh();
    });
  }

  /** @param {string} id */
  async deleteFolder(id) {
    await told(async () => {
      await change("DELETE", `/folders/${id}/`);
      await this.#page.sidebar.refresh();
    });
  }

  /** @param {ConversationRow[]} rows */
  #put(rows) {
    for (const row of rows) this.#page.sidebar.put(row);
  }

  /** @param {string} id  of the conversation that is shown and is going */
  #leave(id) {
    this.#workspace.forget(id);
    this.#page.replaceAddress(null);
    this.#chat.showNew();
  }
}

/**
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T | null>} null when it failed, which the person was told
 */
async function told(work) {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RefusedError) toast(error.message);
    else if (error instanceof SignedOutError) toast(gettext("You are signed out. Reload this page to sign in again."));
    else toast(gettext("That did not work. Nothing was changed; check your connection and try again."));
    return null;
  }
}
