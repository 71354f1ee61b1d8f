// Where a message is written.

import { Choices } from "#chat/choices.js";
import { ComposerState } from "#chat/composer-state.js";
import { DraftField } from "#chat/draft-field.js";
import { byId } from "#chat/elements.js";
import { EstimateLine } from "#chat/estimate-line.js";
import { gettext, number } from "#chat/language.js";
import { meaningOf } from "#chat/send-key.js";
import { SentHistory } from "#chat/sent-history.js";

/** @import { Conversation } from "#chat/conversation.js" */
/** @import { Config, Thinking } from "#chat/protocol.js" */

/** @typedef {"ready" | "sending" | "answering" | "stopping" | "loading"} Mode */

export class Composer {
  #field = byId("message", HTMLTextAreaElement);
  #send = byId("send", HTMLButtonElement);
  #stop = byId("stop", HTMLButtonElement);
  #hint = byId("composer-hint", HTMLElement);
  #choices;
  #config;
  #estimate;
  #history = new SentHistory();
  /** @type {Conversation | null} */
  #conversation = null;
  /** @type {Mode} */
  #mode = "ready";
  #onSend;
  state = new ComposerState();
  drafts;
  #files = { count: 0, isBusy: false, tokens: 0 };

  /**
   * @param {Config} config
   * @param {(text: string) => void} onSend
   */
  constructor(config, onSend) {
    this.#config = config;
    this.#onSend = onSend;
    const model = byId("model", HTMLSelectElement);
    const thinking = byId("thinking", HTMLSelectElement);
    this.#choices = new Choices(config, model, thinking);
    this.#estimate = new EstimateLine(config.budgets);
    this.drafts = new DraftField(config.draft_key, (text) => this.#fill(text));
    this.choose(config.default_model, "off");
    for (const select of [model, thinking]) select.addEventListener("change", () => this.#changed());
    this.#field.addEventListener("input", () => this.#typed());
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

  /** @param {Conversation} conversation  whose draft is shown from now on */
  switchTo(conversation) {
    // What somebody typed before this script ran belongs to the first conversation that is shown.
    const before = this.#conversation ? "" : this.#field.value;
    this.#conversation = conversation;
    this.#history.leave();
    this.drafts.switchTo(conversation, before);
  }

  get text() {
    return this.#field.value;
  }

  /** As if the person had typed it. */
  set text(text) {
    this.#field.value = text;
    this.#typed();
  }

  /** @param {{count: number, isBusy: boolean, tokens: number}} files  that go with the next message */
  setFiles({ count, isBusy, tokens }) {
    this.#files = { count, isBusy, tokens };
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

  #typed() {
    this.drafts.type(this.#field.value);
    if (!this.#history.shows(this.#field.value)) this.#history.leave();
    this.#changed();
  }

  /** @param {string} text  that is no news to the drafts */
  #fill(text) {
    // Setting the same value would move the caret.
    if (this.#field.value !== text) this.#field.value = text;
    this.#changed();
  }

  #changed() {
    this.#estimate.show(this.#conversation, this.#field.value, this.#files.tokens, this.choice);
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
    if (event.key === "ArrowUp" || event.key === "ArrowDown") return this.#stepBack(event);
    const isTouch = matchMedia("(pointer: coarse) and (hover: none)").matches;
    if (meaningOf(event, this.#config.preferences?.send_key ?? "enter", isTouch) !== "send") return;
    event.preventDefault();
    this.#submit();
  }

  /**
   * Arrow-up in an empty field brings back what was sent here, arrow-down goes forward again.
   * @param {KeyboardEvent} event
   */
  #stepBack(event) {
    if (event.shiftKey || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const { value, selectionStart } = this.#field;
    if (value === "" && !this.#history.isActive) {
      const sent = this.#conversation?.branch().filter(({ role }) => role === "user") ?? [];
      this.#history.begin(sent.map(({ text }) => text));
    }
    const isAtEdge = event.key === "ArrowUp" ? selectionStart === 0 || value === "" : selectionStart === value.length;
    if (!isAtEdge && !(this.#history.shows(value) && selectionStart === value.length)) return;
    if (value !== "" && !this.#history.shows(value)) return;
    const text = event.key === "ArrowUp" ? this.#history.older() : this.#history.newer();
    if (text === null) return;
    event.preventDefault();
    this.text = text;
    this.#field.setSelectionRange(text.length, text.length);
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
    this.drafts.hold();
    this.#history.leave();
    this.#fill("");
    this.#onSend(text);
  }
}
