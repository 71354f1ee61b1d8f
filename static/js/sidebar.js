// The list of conversations.

import { ConversationList, grouped } from "#chat/conversation-list.js";
import { fromTemplate, part } from "#chat/elements.js";
import { gettext } from "#chat/language.js";
import { readPage } from "#chat/reader.js";

/** @import { ConversationPage, ConversationRow } from "#chat/protocol.js" */

export class Sidebar {
  #nav;
  #list = new ConversationList();
  /** @type {Map<string, HTMLElement>} */
  #items = new Map();
  #hasMore;
  #isReading = false;
  /** @type {string | null} */
  #current = null;
  #moreButton = document.createElement("button");

  /**
   * @param {HTMLElement} nav
   * @param {ConversationPage} page
   */
  constructor(nav, page) {
    this.#nav = nav;
    this.#hasMore = page.more;
    for (const row of page.conversations) this.#list.put(row);
    this.#moreButton.type = "button";
    this.#moreButton.className = "button button-quiet button-wide";
    this.#moreButton.textContent = gettext("Show more");
    this.#moreButton.addEventListener("click", () => void this.#readMore());
    new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && void this.#readMore(), {
      root: nav,
      rootMargin: "200px",
    }).observe(this.#moreButton);
    this.render();
  }

  /** @param {ConversationRow} row */
  put(row) {
    this.#list.put(row);
    this.render();
  }

  /** @param {string} id */
  remove(id) {
    this.#list.remove(id);
    this.#items.delete(id);
    this.render();
  }

  /** @param {string} id */
  row(id) {
    return this.#list.get(id);
  }

  /** @param {string | null} id  the conversation that is shown */
  mark(id) {
    this.#current = id;
    this.render();
    const item = id && this.#items.get(id);
    if (item) item.scrollIntoView({ block: "nearest" });
  }

  render() {
    const focused = document.activeElement;
    const groups = grouped(this.#list.newestFirst(), new Date());
    const sections = groups.map(({ label, conversations }) => {
      const heading = document.createElement("h2");
      heading.textContent = label;
      const items = document.createElement("ul");
      items.append(...conversations.map((row) => this.#item(row)));
      return [heading, items];
    });
    this.#nav.replaceChildren(...sections.flat());
    if (groups.length === 0) this.#nav.append(emptyNote());
    if (this.#hasMore) this.#nav.append(this.#moreButton);
    // Moving an element takes its focus away.
    if (focused instanceof HTMLElement && this.#nav.contains(focused)) focused.focus({ preventScroll: true });
  }

  /** @param {ConversationRow} row */
  #item(row) {
    const item = this.#items.get(row.id) ?? fromTemplate("conversation-item");
    this.#items.set(row.id, item);
    item.dataset.conversation = row.id;
    const link = /** @type {HTMLAnchorElement} */ (part(item, "link"));
    link.href = `/c/${row.id}/`;
    link.textContent = row.title || gettext("Untitled chat");
    link.title = row.title;
    link.classList.toggle("conversation-untitled", !row.title);
    if (row.id === this.#current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    link.id = `conversation-${row.id}`;
    item.querySelector("button")?.setAttribute("aria-describedby", link.id);
    return item;
  }

  async #readMore() {
    if (this.#isReading || !this.#hasMore) return;
    this.#isReading = true;
    try {
      const page = await readPage(this.#list.end);
      for (const row of page?.conversations ?? []) this.#list.put(row);
      this.#hasMore = page?.more ?? false;
      this.render();
    } catch {
      // The button stays, and with it the way to try again.
    } finally {
      this.#isReading = false;
    }
  }
}

function emptyNote() {
  const note = document.createElement("p");
  note.className = "sidebar-empty";
  note.textContent = gettext("Your chats will be listed here.");
  return note;
}
