// Copies of drafts that the server does not have yet, in the browser's storage: encrypted with a key that only a page of
// the same sign-in gets, so that nobody can read them once that has ended.

/** @typedef {{text: string, version: number}} Copy */

const PREFIX = "chatsite.draft.";

export class DraftCopies {
  #key;
  /** @type {Map<string, number>} counts the changes of each copy: encrypting takes its time */
  #turns = new Map();
  #isClosed = false;

  /** @param {string} key  32 bytes in Base64 */
  constructor(key) {
    const bytes = Uint8Array.from(atob(key), (character) => character.charCodeAt(0));
    // Browsers encrypt on safe connections only (and on this machine); elsewhere there are no copies.
    this.#key = globalThis.crypto?.subtle
      ? crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"])
      : Promise.resolve(null);
  }

  /**
   * @param {string} name
   * @param {Copy} copy
   */
  async put(name, copy) {
    const turn = this.#turn(name);
    const key = await this.#key;
    if (!key) return;
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const additionalData = new TextEncoder().encode(name);
    const plain = new TextEncoder().encode(JSON.stringify(copy));
    const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, key, plain));
    if (turn !== this.#turns.get(name) || this.#isClosed) return;
    try {
      localStorage.setItem(PREFIX + name, `${base64(iv)}.${base64(sealed)}`);
    } catch {
      // Full or forbidden: the page itself still has the text.
    }
  }

  /**
   * @param {string} name
   * @returns {Promise<Copy | null>} null for none, and for one of another sign-in, which is removed
   */
  async take(name) {
    const stored = readStorage(PREFIX + name);
    const key = await this.#key;
    if (stored === null || !key) return null;
    try {
      const [iv, sealed] = stored.split(".").map((part) => Uint8Array.from(atob(part), (c) => c.charCodeAt(0)));
      const additionalData = new TextEncoder().encode(name);
      const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, key, sealed);
      return JSON.parse(new TextDecoder().decode(plain));
    } catch {
      this.remove(name);
      return null;
    }
  }

  /** @param {string} name */
  remove(name) {
    this.#turn(name);
    try {
      localStorage.removeItem(PREFIX + name);
    } catch {
      // No storage, no copy.
    }
  }

  /** The person signs out: there are no copies any more. */
  removeAll() {
    this.#isClosed = true;
    try {
      for (const name of Object.keys(localStorage)) if (name.startsWith(PREFIX)) this.remove(name.slice(PREFIX.length));
    } catch {
      // No storage, no copies.
    }
  }

  /** @param {string} name */
  #turn(name) {
    const turn = (this.#turns.get(name) ?? 0) + 1;
    this.#turns.set(name, turn);
    return turn;
  }
}

/** @param {string} name */
function readStorage(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** @param {Uint8Array} bytes */
function base64(bytes) {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
