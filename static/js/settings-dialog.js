// "Chat settings": instructions, model, sampling and presets of the chat that is shown. Loaded when it is first opened.

import { Choices } from "#chat/choices.js";
import { byId, part } from "#chat/elements.js";
import { gettext } from "#chat/language.js";
import { OptionsForm } from "#chat/options-form.js";
import { PresetPicker } from "#chat/preset-picker.js";

/** @import { ChatSettings, Config, PresetContent, Thinking } from "#chat/protocol.js" */

export class SettingsDialog {
  #dialog = byId("settings-dialog", HTMLDialogElement);
  #form = /** @type {HTMLFormElement} */ (this.#dialog.querySelector("form"));
  #instructions = byId("settings-instructions", HTMLTextAreaElement);
  #error = part(this.#dialog, "settings-error");
  #choices;
  #options = new OptionsForm(part(this.#dialog, "options"));
  #presets;
  /** @type {(settings: ChatSettings) => Promise<void>} */
  #save = async () => {};

  /** @param {Config} config */
  constructor(config) {
    const model = byId("settings-model", HTMLSelectElement);
    const thinking = byId("settings-thinking", HTMLSelectElement);
    this.#choices = new Choices(config, model, thinking);
    for (const select of [model, thinking]) select.addEventListener("change", () => this.#explain());
    this.#presets = new PresetPicker(this.#dialog, {
      read: () => this.#content,
      apply: (content) => this.#apply(content),
      fail: (error) => this.#fail(error),
    });
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#submit();
    });
    part(this.#dialog, "site-instructions").hidden = config.instructions === "";
    part(this.#dialog, "site-instructions-text").textContent = config.instructions;
    part(this.#dialog, "settings-cancel").addEventListener("click", () => this.#dialog.close());
    part(this.#dialog, "settings-reset").addEventListener("click", () => this.#reset(config.default_model, config.default_thinking));
    this.#dialog.addEventListener("input", () => (this.#error.hidden = true));
    // Clear texts do not stay in the page's fields.
    this.#dialog.addEventListener("close", () => this.#fill({ ...this.#choices.value, instructions: "", options: {} }));
  }

  /**
   * @param {ChatSettings} settings  as they are
   * @param {(settings: ChatSettings) => Promise<void>} save  rejects with why it did not work
   */
  open(settings, save) {
    this.#save = save;
    this.#fill(settings);
    this.#error.hidden = true;
    this.#dialog.showModal();
    void this.#presets.load();
  }

  /** @param {ChatSettings} settings */
  #fill({ model, thinking, instructions, options }) {
    this.#choices.choose(model, thinking);
    this.#instructions.value = instructions;
    this.#options.value = options;
    this.#explain();
  }

  /** @returns {ChatSettings} */
  get #settings() {
    return { ...this.#choices.value, instructions: this.#instructions.value.trim(), options: this.#options.value };
  }

  /** @returns {Omit<PresetContent, "name"> | null} null when the browser says what is wrong with it */
  get #content() {
    return this.#options.isValid ? this.#settings : null;
  }

  /** @param {PresetContent} content */
  #apply({ model, thinking, instructions, options }) {
    const now = this.#choices.value;
    this.#fill({ model: model || now.model, thinking: thinking || now.thinking, instructions, options });
  }

  /**
   * @param {string} model
   * @param {Thinking} thinking
   */
  #reset(model, thinking) {
    this.#presets.forget();
    this.#fill({ model, thinking, instructions: "", options: {} });
  }

  #explain() {
    this.#options.explain(this.#choices.effects);
  }

  async #submit() {
    if (!this.#options.isValid) return;
    try {
      await this.#save(this.#settings);
      this.#dialog.close();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** @param {unknown} error */
  #fail(error) {
    const known = error instanceof Error && "field" in error;
    this.#error.textContent = known
      ? error.message
      : gettext("This could not be saved. Check your connection and try again; nothing that you wrote is lost.");
    this.#error.hidden = false;
    if (!known || typeof error.field !== "string") return;
    if (error.field === "instructions") this.#instructions.focus();
    else if (error.field) this.#options.blame(error.field);
  }
}
