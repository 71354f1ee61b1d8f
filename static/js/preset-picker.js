// Presets inside of the settings: choosing one fills the fields; what the fields say can be saved as one.

import { byId, part } from "#chat/elements.js";
import { gettext } from "#chat/language.js";
import { announce } from "#chat/notices.js";
import { allPresets, changePreset, createPreset, deletePreset } from "#chat/presets.js";

/** @import { PresetContent, PresetRow } from "#chat/protocol.js" */

/**
 * @typedef {object} Fields
 * @property {() => Omit<PresetContent, "name"> | null} read
 * @property {(content: PresetContent) => void} apply
 * @property {(error: unknown) => void} fail
 */

export class PresetPicker {
  #select = byId("preset", HTMLSelectElement);
  #name = byId("preset-name", HTMLInputElement);
  #shared = byId("preset-shared", HTMLInputElement);
  #change;
  #delete;
  #managesShared = false;
  #fields;
  /** @type {PresetRow[]} */
  #rows = [];

  /**
   * @param {HTMLElement} root
   * @param {Fields} fields
   */
  constructor(root, fields) {
    this.#fields = fields;
    this.#change = part(root, "preset-change");
    this.#delete = part(root, "preset-delete");
    this.#select.addEventListener("change", () => this.#chosen());
    part(root, "preset-create").addEventListener("click", () => void this.#try(() => this.#create()));
    this.#change.addEventListener("click", () => void this.#try(() => this.#save()));
    this.#delete.addEventListener("click", () => void this.#try(() => this.#remove()));
    this.#name.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      // Not the dialog's own button: that would use the settings and close it.
      event.preventDefault();
      void this.#try(() => this.#create());
    });
  }

  async load() {
    this.forget();
    await this.#try(async () => {
      const { presets, manages_shared } = await allPresets();
      this.#managesShared = manages_shared;
      this.#show(presets, "");
    });
  }

  /** Nothing is chosen any more. */
  forget() {
    this.#select.value = "";
    this.#name.value = "";
    this.#shared.checked = false;
    this.#update();
  }

  /** @returns {PresetRow | null} */
  get #current() {
    return this.#rows.find(({ id }) => id === this.#select.value) ?? null;
  }

  #chosen() {
    const preset = this.#current;
    this.#name.value = preset?.name ?? "";
    this.#shared.checked = preset?.shared ?? false;
    if (preset) this.#fields.apply(preset);
    this.#update();
  }

  /**
   * @param {PresetRow[]} rows
   * @param {string} chosen
   */
  #show(rows, chosen) {
    this.#rows = rows;
    const groups = [
      { label: gettext("My presets"), shared: false },
      { label: gettext("Shared with everybody"), shared: true },
    ].map(({ label, shared }) => {
      const group = document.createElement("optgroup");
      group.label = label;
      group.append(...rows.filter((row) => row.shared === shared).map(({ id, name }) => new Option(name, id)));
      return group;
    });
    const none = new Option(rows.length > 0 ? gettext("Choose a preset") : gettext("There are none yet"), "");
    this.#select.replaceChildren(none, ...groups.filter((group) => group.children.length > 0));
    this.#select.value = chosen;
    this.#update();
  }

  #update() {
    const preset = this.#current;
    const isTheirs = preset !== null && (!preset.shared || this.#managesShared);
    this.#change.hidden = this.#delete.hidden = !isTheirs;
    const field = this.#shared.closest("div");
    if (field) field.hidden = !this.#managesShared;
  }

  async #create() {
    const content = this.#fields.read();
    if (!content) return;
    const preset = await createPreset({ ...content, name: this.#name.value }, this.#shared.checked);
    this.#show([...this.#rows, preset], preset.id);
    announce(gettext("The preset was saved."));
  }

  async #save() {
    const content = this.#fields.read();
    if (!content || !this.#current) return;
    const preset = await changePreset(this.#current.id, { ...content, name: this.#name.value });
    this.#show(this.#rows.map((row) => (row.id === preset.id ? preset : row)), preset.id);
    announce(gettext("The preset was saved."));
  }

  async #remove() {
    if (!this.#current) return;
    const { id, name } = this.#current;
    if (!confirm(gettext("Delete the preset “{name}”? Chats that use it keep their settings.", { name }))) return;
    await deletePreset(id);
    this.#show(this.#rows.filter((row) => row.id !== id), "");
    this.forget();
    announce(gettext("The preset was deleted."));
  }

  /** @param {() => Promise<void>} work */
  async #try(work) {
    try {
      await work();
    } catch (error) {
      if (error instanceof Error && "field" in error && error.field === "name") this.#name.focus();
      this.#fields.fail(error);
    }
  }
}
