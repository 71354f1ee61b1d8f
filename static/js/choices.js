// The models and thinking levels that can be chosen, in every place where they are.

import { gettext } from "#chat/language.js";

/** @import { Config, Thinking } from "#chat/protocol.js" */

/** @param {Thinking} level */
export function thinkingName(level) {
  switch (level) {
    case "off":
      return gettext("Thinking off");
    case "low":
      return gettext("Think a little");
    case "high":
      return gettext("Think");
    case "max":
      return gettext("Think hard");
  }
}

/** A select of models and one of thinking levels that belong together. */
export class Choices {
  #config;
  #model;
  #thinking;

  /**
   * @param {Config} config
   * @param {HTMLSelectElement} model
   * @param {HTMLSelectElement} thinking
   */
  constructor(config, model, thinking) {
    this.#config = config;
    this.#model = model;
    this.#thinking = thinking;
    model.replaceChildren(...config.models.map(({ id, name }) => new Option(name, id)));
    model.addEventListener("change", () => this.#fillThinking(this.value.thinking));
  }

  /** @returns {{model: string, thinking: Thinking}} */
  get value() {
    return { model: this.#model.value, thinking: /** @type {Thinking} */ (this.#thinking.value) };
  }

  /**
   * @param {string | null} model  one that is not offered is replaced by the default
   * @param {Thinking | null} thinking
   */
  choose(model, thinking) {
    const isOffered = this.#config.models.some(({ id }) => id === model);
    this.#model.value = isOffered && model ? model : this.#config.default_model;
    if (this.#model.selectedIndex < 0) this.#model.selectedIndex = 0;
    this.#fillThinking(thinking ?? "off");
  }

  /** What has no effect with this choice, and what else is to be known, by setting. */
  get effects() {
    const { model, thinking } = this.value;
    const effects = this.#config.models.find(({ id }) => id === model)?.effects;
    return effects?.[thinking === "off" ? "plain" : "thinking"] ?? { ignored: {}, hints: {} };
  }

  /** @param {Thinking} thinking */
  #fillThinking(thinking) {
    const offered = this.#config.models.find(({ id }) => id === this.#model.value)?.thinking ?? ["off"];
    this.#thinking.replaceChildren(...offered.map((level) => new Option(thinkingName(level), level)));
    this.#thinking.value = offered.includes(thinking) ? thinking : offered[0];
    const picker = this.#thinking.closest("label");
    if (picker) picker.hidden = offered.length < 2;
  }
}
