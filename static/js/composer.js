// Where a message is written. What was typed and not sent is kept for each conversation in this tab's memory, and
// nowhere else: storage of the browser would leave it readable on shared machines.

import { Choices } from "#chat/choices.js";
import { byId } from "#chat/elements.js";
import { isFinalEnter } from "#chat/keys.js";
import { gettext, number } from "#chat/language.js";

/** @import { Config, Thinking } from "#chat/protocol.js" */

/** @typedef {"ready" | "sending" | "answering" | "stopping" | "loading"} Mode */

export class Composer {
  #field = byId("message", HTMLTextAreaElement);
  #send = byId("send", HTMLButtonElement);
  #stop = byId("stop", HTMLButtonElement);
  #hint = byId("composer-hint", HTMLElement);
  #choices;
  #config;
  /** @type {Map<object, string>} by conversation */
  #drafts = new Map();
  /** @type {object | null} */
  #conversation = null;
  /** @type {Mode} */
  #mode = "ready";
  #onSend;
  #files = { count: 0, isBusy: false };

  /**
   * @param {Config} config
   * @param {(text: string) => void} onSend
   */
  constructor(config, onSend) {
    this.#config = config;
    this.#onSend = onSend;
    this.#choices = new Choices(config, byId("model", HTMLSelectElement), byId("thinking", HTMLSelectElement));
    this.choose(config.default_model, "off");
    this.#field.addEventListener("input", () => this.#changed());
    this.#field.addEventListener("keydown", (event) => this.#pressed(event));
    byId("composer", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#changed();
  }

  /** @returns {{model: string, thinking: Thinking}} */
  get choice() {
    return this.#choices.value;
  }

  /**
   * @param {string | null} model
   * @param {Thinking | null} thinking
   */
  choose(model, thinking) {
    this.#choices.choose(model, thinking);
  }

  /** @param {object} conversation  whose draft is shown from now on */
  switchTo(conversation) {
    // What somebody typed before this script ran belongs to the first conversation that is shown.
    const before = this.#conversation ? "" : this.#field.value;
    if (this.#conversation) this.#drafts.set(this.#conversation, this.#field.value);
    this.#conversation = conversation;
    this.text = this.#drafts.get(conversation) ?? before;
  }

  /** Whether there is text that was typed and not sent, here or in a conversation that is not shown. */
  get hasDraft() {
    const others = [...this.#drafts].filter(([conversation]) => conversation !== this.#conversation);
    return [this.#field.value, ...others.map(([, text]) => text)].some((text) => text.trim() !== "");
  }

  get text() {
    return this.#field.value;
  }

  set text(text) {
    this.#field.value = text;
    this.#changed();
  }

  /** @param {{count: number, isBusy: boolean}} files  that go with the next message */
  setFiles({ count, isBusy }) {
    this.#files = { count, isBusy };
    this.#changed();
  }

  focus() {
    this.#field.focus();
  }

  /** @param {Mode} mode */
  setMode(mode) {
    const hadFocus = document.activeElement === this.#send || document.activeElement === this.#stop;
    this.#mode = mode;
    const isBusy = mode === "sending" || mode === "answering" || mode === "stopping";
    this.#send.hidden = isBusy;
    this.#stop.hidden = !isBusy;
    this.#stop.setAttribute("aria-disabled", String(mode === "stopping"));
    if (hadFocus && document.activeElement === document.body) (isBusy ? this.#stop : this.#field).focus();
    this.#changed();
  }

  #changed() {
    const excess = this.#field.value.length - this.#config.max_message_characters;
    const values = { excess: number(excess), limit: number(this.#config.max_message_characters) };
    this.#hint.textContent = excess > 0 ? gettext("{excess} characters too many ({limit} at most)", values) : "";
    const isEmpty = this.#field.value.trim() === "" && this.#files.count === 0;
    this.#send.disabled = this.#mode !== "ready" || excess > 0 || isEmpty || this.#files.isBusy;
    // Browsers without `field-sizing` need help to grow the field.
    if (!CSS.supports("field-sizing", "content")) {
      this.#field.style.height = "auto";
      this.#field.style.height = `${this.#field.scrollHeight}px`;
    }
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (!isFinalEnter(event)) return;
    event.preventDefault();
    this.#submit();
  }

  #submit() {
    if (this.#send.disabled) {
      if (this.#mode === "answering" && this.#field.value.trim() !== "") {
        this.#hint.textContent = gettext("Wait for the answer, or stop it, before you send.");
      }
      if (this.#files.isBusy) this.#hint.textContent = gettext("Wait until the files are uploaded.");
      return;
    }
    const text = this.#field.value.trimEnd().replace(/^(\s*\n)+/, "");
    this.text = "";
    this.#onSend(text);
  }
}
