// Where a message is written. What was typed and not sent is kept for each conversation in this tab's memory, and
// nowhere else: storage of the browser would leave it readable on shared machines.

import { byId } from "#chat/elements.js";
import { gettext } from "#chat/language.js";

/** @import { Config, Thinking } from "#chat/protocol.js" */

/** @typedef {"ready" | "sending" | "answering" | "stopping" | "loading"} Mode */

/** @type {Record<Thinking, string>} */
const THINKING_NAMES = { off: "Thinking off", low: "Think a little", high: "Think", max: "Think hard" };

export class Composer {
  #field = byId("message", HTMLTextAreaElement);
  #send = byId("send", HTMLButtonElement);
  #stop = byId("stop", HTMLButtonElement);
  #hint = byId("composer-hint", HTMLElement);
  #model = byId("model", HTMLSelectElement);
  #thinking = byId("thinking", HTMLSelectElement);
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
    this.#model.replaceChildren(...config.models.map(({ id, name }) => new Option(name, id)));
    this.#model.addEventListener("change", () => this.#fillThinking(this.choice.thinking));
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
    return { model: this.#model.value, thinking: /** @type {Thinking} */ (this.#thinking.value) };
  }

  /**
   * @param {string | null} model
   * @param {Thinking | null} thinking
   */
  choose(model, thinking) {
    const isOffered = this.#config.models.some(({ id }) => id === model);
    this.#model.value = isOffered && model ? model : this.#config.default_model;
    if (this.#model.selectedIndex < 0) this.#model.selectedIndex = 0;
    this.#fillThinking(thinking ?? "off");
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

  /** @param {Thinking} thinking */
  #fillThinking(thinking) {
    const offered = this.#config.models.find(({ id }) => id === this.#model.value)?.thinking ?? ["off"];
    this.#thinking.replaceChildren(...offered.map((level) => new Option(THINKING_NAMES[level] ?? level, level)));
    this.#thinking.value = offered.includes(thinking) ? thinking : offered[0];
    const picker = this.#thinking.closest("label");
    if (picker) picker.hidden = offered.length < 2;
  }

  #changed() {
    const excess = this.#field.value.length - this.#config.max_message_characters;
    const limit = this.#config.max_message_characters.toLocaleString("en");
    this.#hint.textContent = excess > 0 ? `${excess.toLocaleString("en")} characters too many (${limit} at most)` : "";
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
    // Enter that ends the choice of an input method is no Enter (229 is how Safari says so).
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    // A keyboard on the screen has no Shift+Enter: there Enter makes a line and the button sends.
    if (matchMedia("(pointer: coarse) and (hover: none)").matches) return;
    event.preventDefault();
    this.#submit();
  }

  #submit() {
    if (this.#send.disabled) {
      if (this.#mode === "answering" && this.#field.value.trim() !== "") {
        this.#hint.textContent = "Wait for the answer, or stop it, before you send.";
      }
      if (this.#files.isBusy) this.#hint.textContent = gettext("Wait until the files are uploaded.");
      return;
    }
    const text = this.#field.value.trimEnd().replace(/^(\s*\n)+/, "");
    this.text = "";
    this.#onSend(text);
  }
}
