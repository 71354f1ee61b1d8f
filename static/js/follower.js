// Keeps the end of the conversation in view as long as the reader is there, and leaves alone who scrolled up to read.

/** Pixels from the end that still count as being there */
const NEAR = 48;
const FAR = 160;

export class Follower {
  #scroller;
  #button;
  #following = true;
  #lastTop = 0;

  /**
   * @param {HTMLElement} scroller
   * @param {HTMLElement} content
   * @param {HTMLElement} button  shown to who is far from the end
   */
  constructor(scroller, content, button) {
    this.#scroller = scroller;
    this.#button = button;
    scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    // Whatever makes the content taller - text, colours, formulas, a wider font - comes by here, before it is painted.
    const observer = new ResizeObserver(() => this.#resized());
    observer.observe(content);
    observer.observe(scroller);
  }

  /** Goes to the end and stays there. */
  jump() {
    this.#following = true;
    this.#resized();
  }

  /** @param {() => void} change  of what stands above; the reader's lines stay where they are on the screen */
  keepPlace(change) {
    const { scrollHeight, scrollTop } = this.#scroller;
    change();
    if (this.#following || CSS.supports("overflow-anchor", "auto")) return;
    this.#scroller.scrollTop = scrollTop + this.#scroller.scrollHeight - scrollHeight;
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
    else if (this.#distance < NEAR) this.#following = true;
    this.#showButton();
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
