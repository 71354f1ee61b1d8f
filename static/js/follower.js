// Keeps the end of the conversation in view as long as the reader is there, and leaves alone who scrolled up to read:
// their place is kept when the page is loaded again, too.

import { firstOnScreen, keepPlace, keptPlace, placeIn } from "#chat/places.js";

/** @import { Place } from "#chat/places.js" */

/** Pixels from the end that still count as being there */
const NEAR = 48;
const FAR = 160;
/** Milliseconds of rest before a place is kept */
const REST = 250;

export class Follower {
  #scroller;
  #content;
  #button;
  #following = true;
  #lastTop = 0;
  /** @type {string | null} */
  #conversation = null;
  /** @type {Place | null} where to go back to as soon as it is on the page */
  #wanted = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #keeping;

  /**
   * @param {HTMLElement} scroller
   * @param {HTMLElement} content
   * @param {HTMLElement} button  shown to who is far from the end
   */
  constructor(scroller, content, button) {
    this.#scroller = scroller;
    this.#content = content;
    this.#button = button;
    scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    addEventListener("pagehide", () => this.#keep());
    // Whatever makes the content taller - text, colours, formulas, a wider font - comes by here, before it is painted.
    const observer = new ResizeObserver(() => this.#resized());
    observer.observe(content);
    observer.observe(scroller);
  }

  /** Goes to the end and stays there. */
  jump() {
    this.#following = true;
    this.#wanted = null;
    // The button is about to go, and the focus must not go with it.
    if (document.activeElement === this.#button) this.#content.focus({ preventScroll: true });
    this.#resized();
    this.#keep();
  }

  /**
   * Another conversation is shown: where the reader left it, or at its end.
   * @param {string | null} conversation
   */
  turnTo(conversation) {
    if (conversation !== this.#conversation) this.#keep();
    this.#conversation = conversation;
    this.#wanted = conversation ? keptPlace(conversation) : null;
    this.#following = this.#wanted === null;
    this.#resized();
  }

  /** @param {string} id  of a conversation that was new until now */
  name(id) {
    this.#conversation ??= id;
  }

  /** @returns {string | null} the message that has to be on the page for the reader to be where they were */
  get wanted() {
    return this.#wanted?.message ?? null;
  }

  /** The messages are on the page: back to where the reader was. */
  settle() {
    const place = this.#wanted;
    if (!place) return;
    const message = this.#content.querySelector(`[data-message="${CSS.escape(place.message)}"]`);
    if (!message) return;
    this.#wanted = null;
    const { top } = this.#scroller.getBoundingClientRect();
    // A second time when what came into view has its true height.
    for (let round = 0; round < 2; round += 1) {
      this.#scroller.scrollTop += message.getBoundingClientRect().top - top - place.offset;
    }
    this.#lastTop = this.#scroller.scrollTop;
    this.#showButton();
  }

  /** @param {() => void} change  of what stands above; the reader's lines stay where they are on the screen */
  keepPlace(change) {
    const message = this.#following ? undefined : firstOnScreen(this.#scroller, this.#content);
    if (!message) return change();
    // Browsers do so by themselves, but not all of them, and none at the very top.
    const { top } = message.getBoundingClientRect();
    change();
    this.#scroller.scrollTop += message.getBoundingClientRect().top - top;
    this.#lastTop = this.#scroller.scrollTop;
  }

  get #distance() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight;
  }

  #scrolled() {
    const top = this.#scroller.scrollTop;
    const isUpward = top < this.#lastTop - 1;
    this.#lastTop = top;
    if (isUpward && this.#distance > 8) this.#following = false;
    else if (this.#distance < NEAR && !this.#wanted) this.#following = true;
    this.#showButton();
    clearTimeout(this.#keeping);
    this.#keeping = setTimeout(() => this.#keep(), REST);
  }

  #keep() {
    clearTimeout(this.#keeping);
    if (!this.#conversation || this.#wanted) return;
    keepPlace(this.#conversation, this.#following ? null : placeIn(this.#scroller, this.#content));
  }

  #resized() {
    if (this.#following) {
      this.#scroller.scrollTop = this.#scroller.scrollHeight;
      this.#lastTop = this.#scroller.scrollTop;
    }
    this.#showButton();
  }

  #showButton() {
    this.#button.hidden = this.#following || this.#distance < FAR;
  }
}
