// Endless scroll: reads the next page of a place when its end comes near, or when somebody presses the button there.

import { gettext } from "#chat/language.js";
import { readPage } from "#chat/reader.js";

/** @import { ConversationList, Place } from "#chat/conversation-list.js" */

export class Pages {
  #list;
  #onRead;
  #observer;
  /** @type {Map<Place, HTMLButtonElement>} */
  #buttons = new Map();
  /** @type {Set<Place>} */
  #reading = new Set();

  /**
   * @param {HTMLElement} root  that scrolls
   * @param {ConversationList} list
   * @param {() => void} onRead
   */
  constructor(root, list, onRead) {
    this.#list = list;
    this.#onRead = onRead;
    this.#observer = new IntersectionObserver((entries) => entries.forEach((entry) => this.#reached(entry)), {
      root,
      rootMargin: "200px",
    });
  }

  /**
   * @param {Place} place
   * @returns {HTMLElement[]} what stands at the end of the place: a button, or nothing when all of it is read
   */
  buttons(place) {
    if (!this.#list.hasMore(place)) return [];
    let button = this.#buttons.get(place);
    if (!button) {
      button = document.createElement("button");
      button.type = "button";
      button.className = "button button-quiet button-wide";
      button.dataset.place = place;
      button.textContent = gettext("Show more");
      button.addEventListener("click", () => void this.#read(place));
      this.#buttons.set(place, button);
      this.#observer.observe(button);
    }
    return [button];
  }

  /** @param {IntersectionObserverEntry} entry */
  #reached({ isIntersecting, target }) {
    if (isIntersecting && target instanceof HTMLElement && target.dataset.place) void this.#read(target.dataset.place);
  }

  /** @param {Place} place */
  async #read(place) {
    if (this.#reading.has(place) || !this.#list.hasMore(place)) return;
    this.#reading.add(place);
    try {
      const page = await readPage(place, this.#list.cursor(place));
      this.#list.take(place, page ?? { conversations: [], more: false });
      this.#onRead();
      this.#lookAgain(place);
    } catch {
      // The button stays, and with it the way to try again.
    } finally {
      this.#reading.delete(place);
    }
  }

  /**
   * The observer tells of changes only; a button may still be in sight after its page has come.
   * @param {Place} place
   */
  #lookAgain(place) {
    const button = this.#buttons.get(place);
    if (!button) return;
    this.#observer.unobserve(button);
    this.#observer.observe(button);
  }
}
