// The messages of a conversation that this tab knows, as a tree. Of a long one these are the lower parts of branches. No DOM.

import { merge, shown } from "#chat/transcript.js";

/** @import { MessageRow } from "#chat/protocol.js" */
/** @import { ShownMessage } from "#chat/transcript.js" */

export class MessageTree {
  /** @type {Map<string, ShownMessage>} */
  #messages = new Map();
  /** @type {Map<string, string[]>} ids of messages beside each other, by their place, oldest first; known or not */
  #beside = new Map();
  /** @type {Set<string>} the places of which all messages are told */
  #complete = new Set();
  /** @type {string | null} of the whole tree, as far as told */
  #newest = null;
  #isPaged = false;

  /**
   * A page of a branch: whole from its first message to its last, and each message with its alternatives.
   * @param {MessageRow[]} rows
   */
  learn(rows) {
    this.#isPaged = true;
    for (const row of rows) {
      this.#put(row);
      for (const id of row.alternatives ?? []) this.#tell(placeOf(row), id);
      this.#complete.add(placeOf(row));
    }
  }

  /** @param {string | null} id  of the newest message of the whole tree, wherever that is */
  learnNewest(id) {
    if (id && (this.#newest === null || id > this.#newest)) this.#newest = id;
  }

  /**
   * A message as it is made.
   * @param {MessageRow} row
   * @returns {boolean} whether it is new here
   */
  add(row) {
    const isNew = !this.#messages.has(row.id);
    // Below a known message nothing is missing, for its pages were read down to the end of their branches.
    const isFollowed = row.parent === null ? !this.#isPaged : this.#messages.has(row.parent);
    if (isFollowed) this.#complete.add(placeOf(row));
    this.#put(row);
    return isNew;
  }

  /** @param {ShownMessage} message  a known one as it is now */
  replace(message) {
    this.#messages.set(message.id, message);
  }

  /** @param {string | null} id */
  get(id) {
    return (id && this.#messages.get(id)) || null;
  }

  values() {
    return this.#messages.values();
  }

  /** Ids are UUIDs of version 7: the greatest one is the newest. */
  get newest() {
    return this.#newest;
  }

  get newestKnown() {
    let newest = null;
    for (const id of this.#messages.keys()) if (newest === null || id > newest) newest = id;
    return newest;
  }

  /**
   * @param {string | null} leaf
   * @returns {ShownMessage[]} from the root, or from the first one that is known, to the leaf
   */
  path(leaf) {
    const path = [];
    for (let message = this.get(leaf); message; message = this.get(message.parent)) path.push(message);
    return path.reverse();
  }

  /**
   * @param {string} id
   * @returns {string[]} the message and its alternatives, oldest first
   */
  alternatives(id) {
    const message = this.get(id);
    return (message && this.#beside.get(placeOf(message))) ?? [];
  }

  /**
   * @param {string} id
   * @returns {string | null} where the branch through a message ends that goes on along the newest messages; null when it
   *   leads to messages that are not known
   */
  endOf(id) {
    for (let message = this.get(id); message; ) {
      const parent = message.id;
      const below = ["assistant", "user"].flatMap((role) => this.#beside.get(`${parent} ${role}`) ?? []);
      const next = below.sort().at(-1);
      if (!next) return parent;
      message = this.get(next);
    }
    return null;
  }

  /** @param {ShownMessage} message  whether all of its alternatives are told */
  hasAllBeside(message) {
    return this.#complete.has(placeOf(message));
  }

  /** @param {MessageRow} row */
  #put({ alternatives, ...row }) {
    const known = this.#messages.get(row.id);
    this.#messages.set(row.id, known ? merge(known, row) : shown(row));
    if (!known) this.#tell(placeOf(row), row.id);
    this.learnNewest(row.id);
  }

  /**
   * @param {string} place
   * @param {string} id
   */
  #tell(place, id) {
    const there = this.#beside.get(place) ?? [];
    if (!there.includes(id)) this.#beside.set(place, [...there, id].sort());
  }
}

/** @param {{parent: string | null, role: string}} message  what alternatives share */
function placeOf({ parent, role }) {
  return `${parent ?? "root"} ${role}`;
}
