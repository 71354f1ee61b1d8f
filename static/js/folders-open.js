// Which folders are unfolded, in this tab. Ids are no secret, so the browser may keep them over a reload.

const KEY = "folders-open";

export class FoldersOpen {
  /** @type {Set<string>} */
  #ids = new Set(read());

  /** @param {string} id */
  has(id) {
    return this.#ids.has(id);
  }

  /** @param {string} id */
  toggle(id) {
    if (!this.#ids.delete(id)) this.#ids.add(id);
    try {
      sessionStorage.setItem(KEY, JSON.stringify([...this.#ids]));
    } catch {
      // Storage is switched off: it holds for this page.
    }
  }
}

/** @returns {string[]} */
function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
  } catch {
    return [];
  }
}
