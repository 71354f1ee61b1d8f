// What the composer says about the connection, the queue and a refusal, beside what the log shows.

import { byId } from "#chat/elements.js";
import { gettext, ngettext } from "#chat/language.js";

/** @import { ShownMessage } from "#chat/transcript.js" */

/** Milliseconds; most losses of the connection are over before anybody would read about them. */
const PATIENCE = 1200;

export class ComposerState {
  #line = byId("composer-state", HTMLElement);
  #refusal = byId("composer-refusal", HTMLElement);
  #isConnected = true;
  #waiting = 0;
  #position = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {boolean} isConnected
   * @param {number} waiting  messages that were not acknowledged
   * @param {ShownMessage | null} running
   */
  show(isConnected, waiting, running) {
    this.#waiting = waiting;
    if (isConnected) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#isConnected = true;
    } else {
      this.#timer ??= setTimeout(() => {
        this.#isConnected = false;
        this.#update();
      }, PATIENCE);
    }
    this.queue(running);
  }

  /** @param {ShownMessage | null} running  that waits for its turn, or does not any more */
  queue(running) {
    this.#position = running?.waiting?.kind === "queued" ? running.waiting.position : 0;
    this.#update();
  }

  /** @param {string} why  what is in the field was not sent; "" when that is over */
  refuse(why) {
    this.#refusal.hidden = why === "";
    this.#refusal.textContent = why;
  }

  #update() {
    if (!this.#isConnected) this.#write(this.#offline());
    else this.#write(this.#position > 0 ? inLine(this.#position) : "");
  }

  #offline() {
    if (this.#waiting === 0) return gettext("Not connected. You can write on; what you send goes out later.");
    return ngettext("One message waits for the connection.", "{n} messages wait for the connection.", this.#waiting);
  }

  /** @param {string} text */
  #write(text) {
    this.#line.hidden = text === "";
    // Screen readers read it out whenever it changes, even to the same.
    if (this.#line.textContent !== text) this.#line.textContent = text;
  }
}

/** @param {number} position  from 1 */
function inLine(position) {
  if (position === 1) return gettext("Next in line");
  /** @type {Partial<Record<Intl.LDMLPluralRule, string>>} */
  const endings = { one: "st", two: "nd", few: "rd" };
  const english = endings[new Intl.PluralRules("en", { type: "ordinal" }).select(position)] ?? "th";
  return gettext("{place} in line", { place: document.documentElement.lang.startsWith("en") ? `${position}${english}` : position });
}
