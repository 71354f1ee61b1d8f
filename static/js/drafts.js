// What was typed and not sent, for each conversation: saved on the server soon after typing, with the version that this
// page knows, so that it never overwrites what another page or device wrote later. No DOM.

/**
 * @typedef {object} DraftRow
 * @property {string | null} conversation  null: of a new chat
 * @property {string} text
 * @property {number} version
 * @property {string | null} [changed]
 */

/** @typedef {{kind: "saved", row: DraftRow} | {kind: "outdated", row: DraftRow} | {kind: "gone"}} Outcome */

/**
 * @typedef {object} DraftStore
 * @property {(key: string, text: string, version: number) => Promise<Outcome>} write  rejects without a connection
 * @property {(key: string) => Promise<DraftRow | null>} read  null: there is no such conversation
 * @property {(key: string, text: string, version: number) => void} keep  a copy in the browser, until it is saved
 * @property {(key: string) => void} drop  that copy
 */

/**
 * @typedef {object} Draft
 * @property {string} text  as it is in the field
 * @property {string} saved  as it is on the server, as far as is known
 * @property {number} version
 * @property {boolean} isHeld  it was sent, and stays on the server until the message has arrived
 * @property {boolean} isSaving
 * @property {DraftRow | null} newer  what somebody else wrote while this one was typed
 * @property {ReturnType<typeof setTimeout> | undefined} timer
 */

export const NEW_CHAT = "new";
/** Milliseconds */
const SAVE_AFTER = 600;
const RETRY_AFTER = 4000;

export class Drafts {
  /** @type {Map<string, Draft>} */
  #drafts = new Map();
  #store;
  #onChange;

  /**
   * @param {DraftStore} store
   * @param {(key: string) => void} onChange  the text was replaced by a newer one, or there is a conflict, or no more
   */
  constructor(store, onChange) {
    this.#store = store;
    this.#onChange = onChange;
  }

  /** @param {string} key */
  get(key) {
    let draft = this.#drafts.get(key);
    if (!draft) {
      draft = { text: "", saved: "", version: 0, isHeld: false, isSaving: false, newer: null, timer: undefined };
      this.#drafts.set(key, draft);
    }
    return draft;
  }

  /**
   * @param {string} key
   * @param {string} text  as the person typed it
   */
  type(key, text) {
    const draft = this.get(key);
    if (draft.text === text) return;
    draft.text = text;
    draft.isHeld = draft.isHeld && text === "";
    this.#saveIn(key, SAVE_AFTER);
  }

  /**
   * The text is on its way as a message: the draft is kept until that has arrived.
   * @param {string} key
   */
  hold(key) {
    const draft = this.get(key);
    if (draft.text !== draft.saved) this.#store.keep(key, draft.text, draft.version);
    clearTimeout(draft.timer);
    draft.text = "";
    draft.isHeld = true;
  }

  /** @param {string} key  whose message has arrived */
  release(key) {
    const draft = this.get(key);
    if (!draft.isHeld) return;
    draft.isHeld = false;
    void this.save(key);
  }

  /** @param {string} key */
  async save(key) {
    const draft = this.get(key);
    clearTimeout(draft.timer);
    if (draft.isSaving || draft.isHeld || draft.newer) return this.#keepCopy(key);
    if (draft.text === draft.saved) return this.#store.drop(key);
    const { text } = draft;
    draft.isSaving = true;
    try {
      const outcome = await this.#store.write(key, text, draft.version);
      draft.isSaving = false;
      this.#settle(key, text, outcome);
    } catch {
      draft.isSaving = false;
      this.#keepCopy(key);
      this.#saveIn(key, RETRY_AFTER);
    }
  }

  /** Tries at once what waits for a connection, or for the end of a pause in typing. */
  flush() {
    for (const key of this.#drafts.keys()) if (this.isUnsaved(key)) void this.save(key);
  }

  /**
   * Takes over what is stored, unless something else was typed here.
   * @param {string} key
   * @param {DraftRow} row
   */
  learn(key, row) {
    const draft = this.get(key);
    if (row.version <= draft.version) return;
    if (this.isUnsaved(key) && row.text !== draft.text) draft.newer = row;
    else if (draft.isHeld) Object.assign(draft, { saved: row.text, version: row.version });
    else Object.assign(draft, { text: row.text, saved: row.text, version: row.version, newer: null });
    this.#onChange(key);
  }

  /**
   * Somebody wrote a version of it, perhaps this very page.
   * @param {string} key
   * @param {number} version
   */
  async hear(key, version) {
    const draft = this.#drafts.get(key);
    if (!draft || draft.isSaving || version <= draft.version) return;
    const row = await this.#store.read(key).catch(() => null);
    if (row && !draft.isSaving) this.learn(key, row);
  }

  /**
   * The person decides between their text here and the newer one.
   * @param {string} key
   * @param {"here" | "newer"} choice
   */
  resolve(key, choice) {
    const draft = this.get(key);
    if (!draft.newer) return;
    const { text, version } = draft.newer;
    Object.assign(draft, { saved: text, version, newer: null });
    if (choice === "newer") draft.text = text;
    this.#onChange(key);
    void this.save(key);
  }

  /** @param {string} key */
  isUnsaved(key) {
    const draft = this.#drafts.get(key);
    return Boolean(draft && !draft.isHeld && draft.text !== draft.saved);
  }

  get hasUnsaved() {
    return [...this.#drafts.keys()].some((key) => this.isUnsaved(key) && this.get(key).text.trim() !== "");
  }

  /**
   * @param {string} key
   * @param {string} text  that was written
   * @param {Outcome} outcome
   */
  #settle(key, text, outcome) {
    const draft = this.get(key);
    if (outcome.kind === "gone") Object.assign(draft, { saved: draft.text });
    else if (outcome.kind === "saved") Object.assign(draft, { saved: text, version: outcome.row.version });
    else if (draft.text === "" && text === "") return this.#adopt(key, outcome.row);
    else return this.learn(key, outcome.row);
    if (draft.text === draft.saved) this.#store.drop(key);
    else if (!draft.isHeld) this.#saveIn(key, SAVE_AFTER);
  }

  /**
   * What was sent from here is not what is stored: somebody wrote something else, which stays.
   * @param {string} key
   * @param {DraftRow} row
   */
  #adopt(key, row) {
    Object.assign(this.get(key), { text: row.text, saved: row.text, version: row.version });
    this.#store.drop(key);
    this.#onChange(key);
  }

  /** @param {string} key */
  #keepCopy(key) {
    const draft = this.get(key);
    if (this.isUnsaved(key)) this.#store.keep(key, draft.text, draft.version);
  }

  /**
   * @param {string} key
   * @param {number} delay
   */
  #saveIn(key, delay) {
    const draft = this.get(key);
    clearTimeout(draft.timer);
    draft.timer = setTimeout(() => void this.save(key), delay);
  }
}
