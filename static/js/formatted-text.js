// Formatted text on the page. What formats it is fetched when there is something to format, or before; until it is there
// the text stands as it was written.

import { script, scriptInTime } from "#chat/scripts.js";

/** @type {typeof import("#chat/rich-text.js").RichText | null} */
let RichText = null;
const rich = /** @type {const} */ (["#chat/rich-text.js", () => import("#chat/rich-text.js")]);
/** @type {Set<() => void>} what formats a text that waits for it */
const waiting = new Set();

/** @returns {Promise<void>} fulfilled when texts are formatted at once, or cannot be now */
export async function fetchFormatting() {
  await script(...rich).then(take, () => void scriptInTime(...rich).then(take));
}

/** @param {typeof import("#chat/rich-text.js")} module */
function take(module) {
  RichText = module.RichText;
  for (const format of waiting) format();
  waiting.clear();
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
    this.#waiting = [text, epoch, done];
    waiting.add(this.#formatWaiting);
    void fetchFormatting();
    this.#element.classList.add("unformatted");
    this.#element.textContent = text;
  }

  #formatWaiting = () => {
    if (this.#waiting) this.#format(...this.#waiting);
  };

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
