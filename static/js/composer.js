// Where a message is written.

import { Choices } from "#chat/choices.js";
import { ComposerState } from "#chat/composer-state.js";
import { DraftField } from "#chat/draft-field.js";
import { takeEarlyEnter } from "#chat/early.js";
import { byId } from "#chat/elements.js";
import { EstimateLine } from "#chat/estimate-line.js";
import { gettext, number } from "#chat/language.js";
import { sends } from "#chat/send-key.js";
import { SentRecall } from "#chat/sent-recall.js";

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
  #recall;
  /** @type {Conversation | null} */
  #conversation = null;
  /** @type {Mode} until a conversation is shown nobody knows where a message would go */
  #mode = "loading";
  #onSend;
  /** Whether Enter was pressed before this script ran. */
  #isDue = false;
  state = new ComposerState();
  drafts;
  #files = { count: 0, isBusy: false, hasImages: false, tokens: 0 };

  /**
   * @param {Config} config
   * @param {(text: string) => void} onSend
   * @param {() => Promise<boolean>} readAbove  reads earlier messages of the conversation, if there are any
   */
  constructor(config, onSend, readAbove) {
    this.#config = config;
    this.#recall = new SentRecall(this.#field, (text) => (this.text = text), readAbove);
    this.#onSend = onSend;
    const model = byId("model", HTMLSelectElement);
    const thinking = byId("thinking", HTMLSelectElement);
    this.#choices = new Choices(config, model, thinking);
    this.#estimate = new EstimateLine(config.budgets);
    this.drafts = new DraftField(config.draft_key, (text) => this.#fill(text));
    this.choose(config.default_model, config.default_thinking);
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
    if (before === "" && conversation !== this.#conversation) this.state.refuse("");
    this.#conversation = conversation;
    this.#recall.switchTo(conversation);
    this.drafts.switchTo(conversation, before);
    // What was typed after it, or was a draft, is not ready to be sent.
    const due = takeEarlyEnter();
    if (due && due === this.#field.value) this.#isDue = true;
  }

  get text() {
    return this.#field.value;
  }

  /** As if the person had typed it. */
  set text(text) {
    this.#field.value = text;
    this.#typed();
  }

  /** @param {{count: number, isBusy: boolean, hasImages: boolean, tokens: number}} files  that go with the next message */
  setFiles({ count, isBusy, hasImages, tokens }) {
    this.#files = { count, isBusy, hasImages, tokens };
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
    if (this.#isDue && mode !== "loading") this.#sendDue();
  }

  #sendDue() {
    this.#isDue = false;
    // The page is just being painted.
    queueMicrotask(() => this.#submit());
  }

  #typed() {
    this.drafts.type(this.#field.value);
    this.#recall.typed();
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
    const blind = this.#files.hasImages ? this.#blindModel() : null;
    const tooLong = excess > 0 ? gettext("{excess} characters too many ({limit} at most)", values) : "";
    this.#hint.textContent = blind
      ? gettext("{model} cannot see images. Choose another model, or remove them.", { model: blind })
      : tooLong;
    const isEmpty = this.#field.value.trim() === "" && this.#files.count === 0;
    this.#send.disabled = this.#mode !== "ready" || excess > 0 || isEmpty || this.#files.isBusy || blind !== null;
    // Browsers without `field-sizing` need help to grow the field.
    if (!CSS.supports("field-sizing", "content")) {
      this.#field.style.height = "auto";
      this.#field.style.height = `${this.#field.scrollHeight}px`;
    }
  }

  /** @returns {string | null} the chosen model's name, when it cannot see */
  #blindModel() {
    const model = this.#config.models.find(({ id }) => id === this.choice.model);
    return model && !model.images ? model.name : null;
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.key === "ArrowUp" || event.key === "ArrowDown") return this.#recall.step(event);
    if (!sends(event)) return;
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
    this.drafts.hold();
    this.state.refuse("");
    this.#recall.leave();
    this.#fill("");
    this.#onSend(text);
  }
}
