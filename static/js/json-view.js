// An answer in JSON: as it comes while it is written, then checked and foldable.

import { fromTemplate, part } from "#chat/elements.js";
import { gettext, ngettext } from "#chat/language.js";

/** Levels that are open at first, and entries of one level that are shown at once */
const OPEN_LEVELS = 2;
const AT_ONCE = 200;

export class JsonView {
  element = fromTemplate("json-answer");
  #text = part(this.element, "json-text");
  #tree = part(this.element, "json-tree");
  #note = part(this.element, "json-note");
  #shown = "";
  #done = false;

  /**
   * @param {string} text  the whole answer so far
   * @param {boolean} done
   */
  update(text, done) {
    if (done && this.#done && text === this.#shown) return;
    if (text.startsWith(this.#shown)) this.#text.append(text.slice(this.#shown.length));
    else this.#text.textContent = text;
    this.#shown = text;
    this.#done = done;
    const value = done && text.trim() !== "" ? parsed(text) : undefined;
    this.#tree.replaceChildren(...(value === undefined ? [] : [nodeOf(value, null, 0)]));
    this.#note.hidden = !done || value !== undefined || text.trim() === "";
    this.showAsText(value === undefined);
    part(this.element, "json-buttons").hidden = value === undefined;
  }

  /** @param {boolean} asText  instead of as a tree */
  showAsText(asText) {
    this.#text.hidden = !asText;
    this.#tree.hidden = asText;
    part(this.element, "json-toggle").textContent = asText ? gettext("Show foldable") : gettext("Show as text");
  }

  get isText() {
    return this.#tree.hidden;
  }

  /** @param {boolean} open */
  foldAll(open) {
    this.showAsText(false);
    // Opening builds what is inside, so that the next level is there only then.
    let nodes = this.#folds(open);
    while (nodes.length > 0) {
      for (const node of nodes) {
        if (open) fill(node);
        node.open = open;
      }
      nodes = open ? this.#folds(open) : [];
    }
  }

  /** @param {boolean} open */
  #folds(open) {
    const selector = open ? "details:not([open])" : "details[open] details[open]";
    return /** @type {HTMLDetailsElement[]} */ ([...this.#tree.querySelectorAll(selector)]);
  }
}

/**
 * @param {string} text
 * @returns {unknown} undefined for what is no JSON
 */
export function parsed(text) {
  // Some models put their JSON into a fence all the same.
  const bare = /^\s*```(?:json)?\s*\n([\s\S]*?)\n?```\s*$/.exec(text)?.[1] ?? text;
  try {
    return JSON.parse(bare);
  } catch {
    return undefined;
  }
}

/** @type {WeakMap<HTMLDetailsElement, () => void>} what makes the inside of folds that were never open */
const unfilled = new WeakMap();

/** @param {HTMLDetailsElement} fold */
function fill(fold) {
  unfilled.get(fold)?.();
  unfilled.delete(fold);
}

/**
 * @param {unknown} value
 * @param {string | null} key
 * @param {number} level
 * @returns {HTMLElement}
 */
function nodeOf(value, key, level) {
  return value !== null && typeof value === "object" ? foldOf(value, key, level) : leafOf(value, key);
}

/**
 * @param {object} value
 * @param {string | null} key
 * @param {number} level
 */
function foldOf(value, key, level) {
  const isList = Array.isArray(value);
  const entries = Object.entries(value);
  const fold = document.createElement("details");
  const summary = document.createElement("summary");
  const count = isList
    ? ngettext("{n} entry", "{n} entries", entries.length)
    : ngettext("{n} field", "{n} fields", entries.length);
  summary.append(...keyOf(key), spanOf("json-count", `${isList ? "[ ]" : "{ }"} ${count}`));
  fold.append(summary);
  const list = document.createElement("ul");
  unfilled.set(fold, () => {
    fold.append(list);
    append(list, entries, isList, level);
  });
  fold.addEventListener("toggle", () => fold.open && fill(fold));
  if (level < OPEN_LEVELS && entries.length > 0) {
    fill(fold);
    fold.open = true;
  }
  return fold;
}

/**
 * @param {HTMLElement} list
 * @param {[string, unknown][]} entries
 * @param {boolean} isList
 * @param {number} level
 */
function append(list, entries, isList, level) {
  for (const [name, value] of entries.slice(0, AT_ONCE)) {
    const item = document.createElement("li");
    item.append(nodeOf(value, isList ? null : name, level + 1));
    list.append(item);
  }
  const rest = entries.slice(AT_ONCE);
  if (rest.length === 0) return;
  const item = document.createElement("li");
  const more = document.createElement("button");
  more.type = "button";
  more.className = "button button-quiet";
  more.textContent = ngettext("{n} more", "{n} more", rest.length);
  more.addEventListener("click", () => {
    item.remove();
    append(list, rest, isList, level);
  });
  item.append(more);
  list.append(item);
}

/**
 * @param {unknown} value
 * @param {string | null} key
 */
function leafOf(value, key) {
  const line = document.createElement("span");
  const kind = value === null ? "null" : typeof value;
  line.append(...keyOf(key), spanOf(`json-${kind}`, JSON.stringify(value)));
  return line;
}

/** @param {string | null} key */
function keyOf(key) {
  return key === null ? [] : [spanOf("json-key", JSON.stringify(key)), ": "];
}

/**
 * @param {string} className
 * @param {string} text
 */
function spanOf(className, text) {
  const span = document.createElement("span");
  span.className = className;
  span.textContent = text;
  return span;
}
