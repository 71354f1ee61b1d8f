// The fields of sampling settings: empty ones are left to the model.

import { part } from "#chat/elements.js";

/** @import { Options } from "#chat/protocol.js" */

const NUMBERS = /** @type {const} */ (["temperature", "top_p", "max_tokens", "frequency_penalty", "presence_penalty"]);

export class OptionsForm {
  #root;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
    root.addEventListener("input", (event) => {
      if (event.target instanceof Element) event.target.removeAttribute("aria-invalid");
    });
  }

  /** @returns {Options} */
  get value() {
    /** @type {Options} */
    const options = {};
    for (const name of NUMBERS) {
      const { value, valueAsNumber } = this.#field(name);
      if (value !== "") options[name] = valueAsNumber;
    }
    const stop = this.#stop.value.split("\n").filter((line) => line !== "");
    if (stop.length > 0) options.stop = stop;
    if (this.#json.checked) options.json_mode = true;
    return options;
  }

  set value(options) {
    for (const name of NUMBERS) this.#field(name).value = String(options[name] ?? "");
    this.#stop.value = (options.stop ?? []).join("\n");
    this.#json.checked = options.json_mode ?? false;
    const advanced = part(this.#root, "advanced");
    const { json_mode: _, ...hidden } = options;
    if (advanced instanceof HTMLDetailsElement && Object.keys(hidden).length > 0) advanced.open = true;
  }

  /** Whether the browser finds nothing wrong; it says where the mistake is. */
  get isValid() {
    for (const field of this.#root.querySelectorAll("input")) {
      if (field.checkValidity()) continue;
      this.#reveal(field);
      return field.reportValidity();
    }
    return true;
  }

  /**
   * Greys what has no effect, with the reason beneath it.
   * @param {{ignored: Record<string, string>, hints: Record<string, string>}} effects
   */
  explain({ ignored, hints }) {
    for (const name of NUMBERS) {
      const field = this.#field(name);
      const why = part(this.#root, `why-${name}`);
      // What was entered stays there and counts again with another choice.
      field.readOnly = name in ignored;
      field.setAttribute("aria-disabled", String(name in ignored));
      field.closest(".field")?.classList.toggle("field-ignored", name in ignored);
      why.textContent = ignored[name] ?? hints[name] ?? "";
      why.hidden = why.textContent === "";
    }
  }

  /** @param {string} name  of the field that the server found fault with */
  blame(name) {
    const field = this.#root.querySelector(`[name="${CSS.escape(name)}"]`);
    if (!(field instanceof HTMLElement)) return;
    field.setAttribute("aria-invalid", "true");
    this.#reveal(field);
  }

  /** @param {HTMLElement} field */
  #reveal(field) {
    const details = field.closest("details");
    if (details) details.open = true;
    field.focus();
  }

  /** @param {string} name */
  #field(name) {
    return /** @type {HTMLInputElement} */ (this.#root.querySelector(`[name="${name}"]`));
  }

  get #stop() {
    return /** @type {HTMLTextAreaElement} */ (this.#root.querySelector("[name=stop]"));
  }

  get #json() {
    return /** @type {HTMLInputElement} */ (this.#root.querySelector("[name=json_mode]"));
  }
}

