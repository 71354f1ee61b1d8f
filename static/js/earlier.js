// The earlier messages of a long conversation: read when their place comes near, or when somebody presses the button there.

import { gettext } from "#chat/language.js";
import { toast } from "#chat/notices.js";

/** How far above the screen they are read already */
const AHEAD = "2500px";

export class Earlier {
  #place;
  #log;
  #read;
  #observer;
  /** @type {string | null} with which message the next page ends */
  #end = null;
  #isReading = false;

  /**
   * @param {HTMLElement} place  above the log, with a button in it
   * @param {HTMLElement} log
   * @param {HTMLElement} scroller
   * @param {() => Promise<unknown>} read  rejects when it did not work
   */
  constructor(place, log, scroller, read) {
    this.#place = place;
    this.#log = log;
    this.#read = read;
    place.addEventListener("click", () => void this.#go());
    this.#observer = new IntersectionObserver(
      (entries) => {
        if (entries.at(-1)?.isIntersecting) void this.#go();
      },
      { root: scroller, rootMargin: `${AHEAD} 0px 0px 0px` },
    );
    this.#observer.observe(place);
  }

  /** @param {string | null} end  with which message the next page ends; null when there is none */
  show(end) {
    if (end === this.#end) return;
    this.#end = end;
    // The focus must not go with the button.
    if (end === null && this.#place.contains(document.activeElement)) this.#log.focus({ preventScroll: true });
    this.#place.hidden = end === null;
  }

  /** All that was read is on the page: the place of the next ones may still be near, and an observer tells of changes only. */
  look() {
    this.#observer.unobserve(this.#place);
    this.#observer.observe(this.#place);
  }

  async #go() {
    if (this.#isReading || this.#end === null) return;
    this.#isReading = true;
    this.#place.setAttribute("aria-busy", "true");
    try {
      await this.#read();
    } catch {
      // The button stays, and with it the way to try again.
      toast(gettext("Earlier messages could not be loaded. Check your connection and try again."));
    } finally {
      this.#isReading = false;
      this.#place.setAttribute("aria-busy", "false");
    }
  }
}
