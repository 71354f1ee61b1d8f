// The list of conversations: pinned ones, folders and days; or the archive; or what was found.

import { ConversationList, grouped } from "#chat/conversation-list.js";
import { fromTemplate, part } from "#chat/elements.js";
import { FoldersOpen } from "#chat/folders-open.js";
import { gettext } from "#chat/language.js";
import { Pages } from "#chat/pages.js";
import { readSidebar } from "#chat/reader.js";
import { newItem, showRow } from "#chat/sidebar-item.js";

/** @import { ConversationRow, ListPage, SidebarPage } from "#chat/protocol.js" */

export class Sidebar {
  #nav;
  #list = new ConversationList();
  #open = new FoldersOpen();
  /** @type {Map<string, HTMLElement>} by place and conversation */
  #items = new Map();
  #pages;
  /** @type {string | null} */
  #current = null;
  /** @type {"list" | "archive"} */
  #view = "list";
  /** @type {ListPage | null} */
  #found = null;
  /** @type {Set<string> | null} null: nothing is being selected */
  selection = null;

  /**
   * @param {HTMLElement} nav
   * @param {SidebarPage} page
   */
  constructor(nav, page) {
    this.#nav = nav;
    this.#pages = new Pages(nav, this.#list, () => this.render());
    this.#list.reset(page);
    this.render();
  }

  get folders() {
    return this.#list.folders;
  }

  get view() {
    return this.#view;
  }

  /** @param {ConversationRow} row */
  put(row) {
    this.#list.put(row);
    if (this.#found) this.#found.conversations = this.#found.conversations.map((old) => (old.id === row.id ? row : old));
    this.render();
  }

  /** @param {string[]} ids */
  remove(...ids) {
    for (const id of ids) {
      this.#list.remove(id);
      this.selection?.delete(id);
    }
    if (this.#found) this.#found.conversations = this.#found.conversations.filter((row) => !ids.includes(row.id));
    this.render();
  }

  /** @param {string} id */
  row(id) {
    return this.#list.get(id) ?? this.#found?.conversations.find((row) => row.id === id) ?? null;
  }

  /** @param {string | null} id  the conversation that is shown */
  mark(id) {
    this.#current = id;
    this.render();
    const item = this.#nav.querySelector("[aria-current=page]");
    if (item) item.scrollIntoView({ block: "nearest" });
  }

  /** @param {"list" | "archive"} view */
  show(view) {
    this.#view = view;
    this.#found = null;
    this.selection = null;
    this.render();
    this.#nav.scrollTop = 0;
  }

  /** @param {ListPage | null} found  null: the list again */
  showFound(found) {
    this.#found = found;
    this.render();
    this.#nav.scrollTop = 0;
  }

  /** @param {string} folder */
  toggleFolder(folder) {
    this.#open.toggle(folder);
    this.render();
  }

  /** Reads everything anew: more has changed than was told. */
  async refresh() {
    try {
      const page = await readSidebar();
      if (page) this.#list.reset(page);
      this.render();
    } catch {
      // What is shown stays; the connection's own notice says what is wrong.
    }
  }

  render() {
    const focused = document.activeElement;
    /** @type {Map<string, HTMLElement>} */
    const used = new Map();
    this.#nav.replaceChildren(...this.#sections(used));
    this.#items = used;
    // Moving an element takes its focus away.
    if (focused instanceof HTMLElement && this.#nav.contains(focused)) focused.focus({ preventScroll: true });
  }

  /** @param {Map<string, HTMLElement>} used */
  #sections(used) {
    if (this.#found) return this.#foundSections(this.#found, used);
    if (this.#view === "archive") return this.#archiveSections(used);
    const pinned = this.#list.rows("pinned");
    const days = grouped(this.#list.rows("list"), new Date());
    const sections = [
      ...(pinned.length > 0 ? titled(gettext("Pinned"), this.#rows("pinned", pinned, used)) : []),
      ...this.#list.folders.map((folder) => this.#folder(folder.id, folder.name, used)),
      ...days.flatMap(({ label, conversations }) => titled(label, this.#rows("list", conversations, used))),
      ...this.#pages.buttons("list"),
    ];
    return sections.length > 0 ? sections : [note(gettext("Your chats will be listed here."))];
  }

  /** @param {Map<string, HTMLElement>} used */
  #archiveSections(used) {
    const rows = this.#list.rows("archive");
    const isEmpty = rows.length === 0 && !this.#list.hasMore("archive");
    const head = fromTemplate("archive-head");
    return [head, isEmpty ? note(gettext("Nothing is archived.")) : this.#rows("archive", rows, used), ...this.#pages.buttons("archive")];
  }

  /**
   * @param {ListPage} found
   * @param {Map<string, HTMLElement>} used
   */
  #foundSections({ conversations, more }, used) {
    if (conversations.length === 0) return [note(gettext("No title has these words."))];
    const rest = more ? [note(gettext("There are more. Add a word to narrow it down."))] : [];
    return [this.#rows("found", conversations, used), ...rest];
  }

  /**
   * @param {string} id
   * @param {string} name
   * @param {Map<string, HTMLElement>} used
   */
  #folder(id, name, used) {
    const isOpen = this.#open.has(id);
    const section = used.get(`folder ${id}`) ?? this.#items.get(`folder ${id}`) ?? fromTemplate("folder-item");
    used.set(`folder ${id}`, section);
    section.dataset.folder = id;
    part(section, "name").textContent = name;
    part(section, "toggle").setAttribute("aria-expanded", String(isOpen));
    const rows = isOpen ? this.#list.rows(id) : [];
    const isEmpty = isOpen && rows.length === 0 && !this.#list.hasMore(id);
    const content = isOpen ? [isEmpty ? note(gettext("This folder is empty.")) : this.#rows(id, rows, used), ...this.#pages.buttons(id)] : [];
    part(section, "content").replaceChildren(...content);
    return section;
  }

  /**
   * @param {string} place
   * @param {ConversationRow[]} rows
   * @param {Map<string, HTMLElement>} used
   */
  #rows(place, rows, used) {
    const items = document.createElement("ul");
    for (const row of rows) {
      const key = `${place}-${row.id}`;
      const item = this.#items.get(key) ?? newItem(key, row);
      used.set(key, item);
      const selected = this.selection ? this.selection.has(row.id) : null;
      showRow(item, row, { current: row.id === this.#current, selected, tellsPlace: place === "found" });
      items.append(item);
    }
    return items;
  }
}

/**
 * @param {string} label
 * @param {HTMLElement} content
 */
function titled(label, content) {
  const heading = document.createElement("h2");
  heading.textContent = label;
  return [heading, content];
}

/** @param {string} text */
function note(text) {
  const element = document.createElement("p");
  element.className = "sidebar-empty";
  element.textContent = text;
  return element;
}
