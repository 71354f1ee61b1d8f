// The article of one message of the person: sent, on its way, or refused.

import { sentCard } from "#chat/attachment-card.js";
import { fromTemplate, part } from "#chat/elements.js";
import { showFailure } from "#chat/failure.js";

/** @import { AttachmentRow } from "#chat/protocol.js" */

/** Characters and lines above which a message is shown folded */
const LONG = 1800;
const MANY_LINES = 18;

export class OwnMessageView {
  element = fromTemplate("own-message");

  /**
   * @param {string} id
   * @param {string} text
   * @param {AttachmentRow[]} [files]
   */
  constructor(id, text, files = []) {
    this.element.dataset.message = id;
    const list = part(this.element, "files");
    list.replaceChildren(...files.map(sentCard));
    list.hidden = files.length === 0;
    const content = part(this.element, "text");
    content.textContent = text;
    content.hidden = text === "";
    const isLong = text.length > LONG || text.split("\n", MANY_LINES + 1).length > MANY_LINES;
    content.classList.toggle("own-text-folded", isLong);
    this.#button("show-more").hidden = !isLong;
  }

  showAll() {
    part(this.element, "text").classList.remove("own-text-folded");
    this.#button("show-more").hidden = true;
  }

  /** @param {"sent" | "sending" | "waiting" | {failure: string}} state */
  update(state) {
    const failure = typeof state === "object" ? state.failure : null;
    this.element.classList.toggle("message-pending", state !== "sent");
    part(this.element, "actions").hidden = state !== "sent";
    const note = part(this.element, "note");
    note.hidden = state !== "waiting";
    note.textContent = state === "waiting" ? "Not sent yet. It goes out as soon as the connection is back." : "";
    showFailure(part(this.element, "alert"), failure, { canEdit: true });
  }

  /** @param {string} action */
  #button(action) {
    return /** @type {HTMLButtonElement} */ (this.element.querySelector(`[data-action="${action}"]`));
  }
}
