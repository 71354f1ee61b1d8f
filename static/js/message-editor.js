// A message of the person while it is written anew, in the place where it stands.

import { fromTemplate, part } from "#chat/elements.js";
import { sends } from "#chat/send-key.js";

/** @type {Map<string, string>} what was typed and not sent, by message: it survives a look at another chat */
const drafts = new Map();

export class MessageEditor {
  element = fromTemplate("message-editor");
  #field = /** @type {HTMLTextAreaElement} */ (this.element.querySelector("textarea"));
  #send = /** @type {HTMLButtonElement} */ (this.element.querySelector("[type=submit]"));
  #id;
  #original;

  /**
   * @param {string} id  of the message
   * @param {string} text
   * @param {{send: (text: string) => void, cancel: () => void}} handlers
   */
  constructor(id, text, { send, cancel }) {
    this.#id = id;
    this.#original = text;
    this.#field.value = drafts.get(id) ?? text;
    this.#field.addEventListener("input", () => this.#changed());
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        event.preventDefault();
        this.#cancel(cancel);
      } else if (event.target === this.#field && sends(event)) {
        event.preventDefault();
        if (!this.#send.disabled) send(this.text);
      }
    });
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      send(this.text);
    });
    this.element.querySelector("[data-part=cancel]")?.addEventListener("click", () => this.#cancel(cancel));
    this.#changed();
  }

  /** Whether an edit was begun anywhere and not sent. */
  static get hasDrafts() {
    return drafts.size > 0;
  }

  get text() {
    return this.#field.value.trimEnd();
  }

  focus() {
    this.#field.focus();
    this.#field.setSelectionRange(this.#field.value.length, this.#field.value.length);
  }

  /** @param {boolean} busy  on its way to the server */
  setBusy(busy) {
    this.#field.readOnly = busy;
    this.#send.disabled = busy || this.text.trim() === "";
  }

  /** @param {string} text  why it was refused */
  fail(text) {
    this.setBusy(false);
    const alert = part(this.element, "editor-error");
    alert.textContent = text;
    alert.hidden = false;
    this.#field.focus();
  }

  /** It has arrived. */
  sent() {
    drafts.delete(this.#id);
  }

  /** @param {() => void} cancel */
  #cancel(cancel) {
    drafts.delete(this.#id);
    cancel();
  }

  #changed() {
    if (this.text === this.#original) drafts.delete(this.#id);
    else drafts.set(this.#id, this.#field.value);
    this.#send.disabled = this.text.trim() === "";
    part(this.element, "editor-error").hidden = true;
  }
}
