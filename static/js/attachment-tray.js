// The files that wait in the composer, for each conversation: uploaded at once, sent with the next message. They wait on
// the server, so that a reload or another device finds them.

import { fail, itemOf, settle } from "#chat/attachment-item.js";
import { byId, part } from "#chat/elements.js";
import { gettext } from "#chat/language.js";
import { announce, toast } from "#chat/notices.js";
import { readWaiting, takeBack, upload, UploadError } from "#chat/upload.js";

/** @import { Item } from "#chat/attachment-item.js" */
/** @import { AttachmentRow, Config } from "#chat/protocol.js" */

/** Uploads of a tab at the same time */
const AT_ONCE = 2;

export class AttachmentTray {
  #list = byId("waiting-files", HTMLElement);
  #limits;
  #onChange;
  /** @type {Map<string, Item[]>} by conversation, "" for one that has not begun */
  #items = new Map();
  #conversation = "";

  /**
   * @param {Config} config
   * @param {() => void} onChange
   */
  constructor(config, onChange) {
    this.#limits = config.attachments;
    this.#onChange = onChange;
    byId("attach", HTMLElement).hidden = config.attachments.kinds.length === 0;
    this.#list.addEventListener("click", (event) => this.#clicked(event));
  }

  /** @param {string | null} conversation  whose files are shown from now on */
  switchTo(conversation) {
    this.#conversation = conversation ?? "";
    if (!this.#items.has(this.#conversation)) void this.#load(this.#conversation);
    this.#changed();
  }

  /** Whether some are still on their way. */
  get isBusy() {
    return this.#shown.some(({ row, failure }) => !row && !failure);
  }

  /** How many are there, to be sent. */
  get count() {
    return this.#shown.filter(({ row }) => row).length;
  }

  /** Whether a model has to see to get all of them. */
  get hasImages() {
    return this.#shown.some(({ row }) => row?.kind === "image");
  }

  /** About how many tokens they add to the prompt. */
  get tokens() {
    return this.#shown.reduce((sum, { row }) => sum + (row?.tokens ?? 0), 0);
  }

  /** Whether something would be lost with this page. */
  get isUploading() {
    return [...this.#items.values()].flat().some(({ row, failure }) => !row && !failure);
  }

  /** @returns {AttachmentRow[]} what is sent with a message now; it waits no longer */
  take() {
    const rows = this.#shown.flatMap(({ row }) => (row ? [row] : []));
    this.#items.set(this.#conversation, []);
    this.#changed();
    return rows;
  }

  /** @param {AttachmentRow[]} rows  of a message that was not sent */
  giveBack(rows) {
    const known = new Set(this.#shown.map(({ row }) => row?.id));
    this.#shown.push(...rows.filter(({ id }) => !known.has(id)).map((row) => itemOf(null, row)));
    this.#changed();
  }

  /** @param {Iterable<File>} files */
  add(files) {
    const room = this.#limits.a_message - this.#shown.length;
    const chosen = [...files];
    if (chosen.length > room) {
      toast(gettext("A message can have {most} files. The others were left out.", { most: this.#limits.a_message }));
    }
    for (const file of chosen.slice(0, Math.max(0, room))) this.#shown.push(this.#begin(file));
    this.#changed();
    this.#uploadNext();
  }

  get #shown() {
    const items = this.#items.get(this.#conversation) ?? [];
    this.#items.set(this.#conversation, items);
    return items;
  }

  /** @param {File} file */
  #begin(file) {
    const item = itemOf(file, null);
    if (file.size > this.#limits.megabytes * 1024 * 1024) {
      const words = { name: file.name, most: this.#limits.megabytes };
      fail(item, gettext("“{name}” was not attached: it is larger than {most} MB.", words));
    }
    return item;
  }

  #uploadNext() {
    const all = [...this.#items].flatMap(([conversation, items]) => items.map((item) => ({ conversation, item })));
    const isDue = (/** @type {Item} */ item) => item.file && !item.row && !item.failure;
    const running = all.filter(({ item }) => item.started && isDue(item)).length;
    const next = all.filter(({ item }) => !item.started && isDue(item)).slice(0, AT_ONCE - running);
    for (const { conversation, item } of next) void this.#upload(conversation, item);
  }

  /**
   * @param {string} conversation
   * @param {Item} item
   */
  async #upload(conversation, item) {
    item.started = true;
    const file = /** @type {File} */ (item.file);
    const progress = /** @type {HTMLProgressElement} */ (part(item.element, "progress"));
    const onProgress = (/** @type {number} */ done) => {
      // All of it has left: now the server reads it, for how long nobody knows.
      if (done < 1) progress.value = done;
      else progress.removeAttribute("value");
    };
    try {
      item.row = await upload(file, conversation || null, { signal: item.abort.signal, onProgress });
      settle(item, item.row);
      announce(gettext("Attached {name}.", { name: item.row.name }));
    } catch (error) {
      if (!(error instanceof UploadError)) throw error;
      fail(item, error.message);
      announce(error.message);
    }
    this.#changed();
    this.#uploadNext();
  }

  /** @param {string} conversation */
  async #load(conversation) {
    this.#items.set(conversation, []);
    const rows = await readWaiting(conversation || null);
    const items = this.#items.get(conversation) ?? [];
    const known = new Set(items.map(({ row }) => row?.id));
    items.unshift(...rows.filter(({ id }) => !known.has(id)).map((row) => itemOf(null, row)));
    if (rows.length) this.#changed();
  }

  /** @param {Event} event */
  #clicked(event) {
    const button = event.target instanceof Element ? event.target.closest('[data-part="remove"]') : null;
    const item = this.#shown.find(({ element }) => button && element.contains(button));
    if (!item) return;
    const index = this.#shown.indexOf(item);
    this.#shown.splice(index, 1);
    item.abort.abort();
    if (item.row) void takeBack(item.row.id);
    this.#changed();
    this.#uploadNext();
    const near = this.#shown[Math.min(index, this.#shown.length - 1)]?.element.querySelector('[data-part="remove"]');
    if (near instanceof HTMLElement) near.focus();
    else byId("message", HTMLTextAreaElement).focus();
  }

  #changed() {
    this.#list.replaceChildren(...this.#shown.map(({ element }) => element));
    this.#list.hidden = this.#shown.length === 0;
    this.#onChange();
  }
}
