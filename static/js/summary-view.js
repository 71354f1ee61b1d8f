// One summary, at the end of the article of the last message that it tells: to be read, rewritten and deleted.

import { fromTemplate, part } from "#chat/elements.js";
import { gettext } from "#chat/language.js";

/** @import { SummaryRow } from "#chat/protocol.js" */

export class SummaryView {
  element = fromTemplate("summary");
  #form = /** @type {HTMLFormElement} */ (part(this.element, "form"));
  #field = /** @type {HTMLTextAreaElement} */ (part(this.element, "field"));
  /** @type {SummaryRow} */
  #row;
  /** The version that the person began to rewrite */
  #edited = 0;

  /** @param {SummaryRow} row */
  constructor(row) {
    this.#row = row;
    this.element.dataset.summary = row.id;
    const fieldId = `summary-${row.id}`;
    this.#field.id = fieldId;
    part(this.element, "field-label").setAttribute("for", fieldId);
  }

  get row() {
    return this.#row;
  }

  get text() {
    return this.#field.value;
  }

  get version() {
    return this.#edited;
  }

  /**
   * @param {SummaryRow} row
   * @param {boolean} isInForce
   */
  update(row, isInForce) {
    this.#row = row;
    this.element.classList.toggle("summary-replaced", !isInForce);
    part(this.element, "label").textContent = labelOf(row, isInForce);
    part(this.element, "explanation").textContent = isInForce
      ? gettext("From here on the model reads this in place of the messages above. They stay here for you.")
      : gettext("A later summary, further down, has taken the place of this one.");
    part(this.element, "text").textContent = row.text;
  }

  edit() {
    this.#edited = this.#row.version;
    this.#field.value = this.#row.text;
    this.#show("form");
    this.#field.focus();
  }

  askToDelete() {
    this.#show("confirm");
  }

  read() {
    this.#show("reading");
  }

  /** @param {string} text  why the new text was not saved; it stays in the field */
  complain(text) {
    const problem = part(this.element, "problem");
    problem.textContent = text;
    problem.hidden = false;
    this.#edited = this.#row.version;
  }

  /** @param {"form" | "confirm" | "reading"} what */
  #show(what) {
    this.#form.hidden = what !== "form";
    part(this.element, "problem").hidden = true;
    part(this.element, "confirm").hidden = what !== "confirm";
    part(this.element, "reading").hidden = what === "form";
    part(this.element, "actions").hidden = what !== "reading";
  }
}

/**
 * @param {SummaryRow} row
 * @param {boolean} isInForce
 */
function labelOf(row, isInForce) {
  if (!isInForce) return gettext("Earlier summary");
  if (row.author === "person") return gettext("Summary of the messages above, in your words");
  return gettext("Summary of the messages above");
}
