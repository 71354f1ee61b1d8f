// The click on something that is not there yet: done when it comes, unless that took long or the person went on.

/** Milliseconds after which nobody expects a click to do anything any more */
const FRESH = 5000;

export class EarlyClick {
  /** @type {HTMLElement | null} */
  #element = null;
  #at = 0;
  #listening = new AbortController();

  constructor() {
    const { signal } = this.#listening;
    document.addEventListener("click", ({ target }) => this.#note(target), { signal });
    document.addEventListener("keydown", ({ key }) => key === "Escape" && this.#note(null), { signal });
  }

  /**
   * Listen no more.
   * @returns {HTMLElement[]} what is to be done now, at most the last click
   */
  take() {
    this.#listening.abort();
    const element = this.#element;
    return element?.isConnected && performance.now() - this.#at < FRESH ? [element] : [];
  }

  /** @param {EventTarget | null} target */
  #note(target) {
    // A click that has its handler takes the place of one that had none: the person has gone on.
    this.#element = target instanceof Element ? target.closest("[data-action]") : null;
    this.#at = performance.now();
  }
}
