// Formatted text on the page. What formats it is fetched when there is something to format, or before; until it is there
// the text stands as it was written.

/** @type {typeof import("#chat/rich-text.js").RichText | null} */
let RichText = null;
/** @type {Promise<void> | null} */
let loading = null;

/** @returns {Promise<void>} fulfilled when texts are formatted at once, or cannot be */
export function fetchFormatting() {
  loading ??= import("#chat/rich-text.js").then(
    (module) => void (RichText = module.RichText),
    () => {
      loading = null;
    },
  );
  return loading;
}

export class FormattedText {
  #element;
  /** @type {import("#chat/rich-text.js").RichText | null} */
  #rich = null;
  /** @type {[string, number, boolean] | null} what waits to be formatted */
  #waiting = null;

  /** @param {HTMLElement} element  empty, and left alone by everybody else */
  constructor(element) {
    this.#element = element;
  }

  /**
   * @param {string} text  the whole text; it begins with the text of the call before unless `epoch` is another one
   * @param {number} epoch
   * @param {boolean} done  whether the text is complete
   */
  update(text, epoch, done) {
    if (!this.#rich && !RichText) return this.#wait(text, epoch, done);
    this.#format(text, epoch, done);
  }

  /**
   * @param {string} text
   * @param {number} epoch
   * @param {boolean} done
   */
  #wait(text, epoch, done) {
    if (!this.#waiting) void fetchFormatting().then(() => this.#waiting && RichText && this.#format(...this.#waiting));
    this.#waiting = [text, epoch, done];
    this.#element.classList.add("unformatted");
    this.#element.textContent = text;
  }

  /**
   * @param {string} text
   * @param {number} epoch
   * @param {boolean} done
   */
  #format(text, epoch, done) {
    if (!RichText) return;
    if (this.#waiting) {
      this.#waiting = null;
      this.#element.classList.remove("unformatted");
      this.#element.textContent = "";
    }
    this.#rich ??= new RichText(this.#element);
    this.#rich.update(text, epoch, done);
  }
}
