// One conversation as this tab knows it: a tree of messages and the branch that is shown. No DOM.

import { hasOpenEnd } from "#chat/open-end.js";
import { fold, isUnfinished, merge, shown } from "#chat/transcript.js";

/** @import { ConversationContent, ConversationRow, GenerationFrame, MessageRow, Options, SummaryRow, Thinking } from "#chat/protocol.js" */
/** @import { ShownMessage } from "#chat/transcript.js" */

export class Conversation {
  /** @type {Map<string, ShownMessage>} */
  #messages = new Map();
  /** @type {Map<string | null, string[]>} ids of the messages below each, oldest first */
  #below = new Map();
  /** @type {string | null} what is shown */
  #leaf = null;
  /** @type {string | null} what was shown before a leaf that has not arrived yet */
  #before = null;
  /** @type {string | null} what the server said last; only a change of it changes what is shown */
  #selected = null;

  /** @type {string | null} null as long as the server has not acknowledged the first message */
  id = null;
  title = "";
  /** @type {string | null} */
  model = null;
  /** @type {Thinking | null} */
  thinking = null;
  instructions = "";
  /** @type {Options} */
  options = {};
  /** Whether the person's choice of a branch is on its way: what the server says of it is older. */
  isChoosing = false;
  /** @type {Map<string, SummaryRow>} by the message with which they end */
  summaries = new Map();
  /** False for one that was never loaded. */
  loaded = true;

  /** @param {ConversationContent} content */
  static of(content) {
    const conversation = new Conversation();
    conversation.fill(content);
    return conversation;
  }

  /** @param {ConversationContent} content */
  fill(content) {
    for (const row of content.messages) this.add(row);
    this.change(content.conversation);
    this.summarize(content.summaries ?? []);
    this.loaded = true;
  }

  /** @param {ConversationRow} row */
  change(row) {
    this.id = row.id;
    this.title = row.title;
    this.model = row.model;
    this.thinking = row.thinking;
    if (row.instructions !== undefined) this.instructions = row.instructions;
    if (row.options !== undefined) this.options = row.options;
    if (row.leaf === this.#selected || this.isChoosing) return;
    this.#before = this.leaf;
    this.#leaf = this.#selected = row.leaf;
  }

  /** @param {SummaryRow[]} rows  all that there are */
  summarize(rows) {
    this.summaries = new Map(rows.map((row) => [row.message, row]));
  }

  /** @returns {SummaryRow | null} the one that the model reads in place of messages of the shown branch */
  summaryInForce() {
    if (this.summaries.size === 0) return null;
    const last = this.branch().findLast(({ id }) => this.summaries.has(id));
    return last ? (this.summaries.get(last.id) ?? null) : null;
  }

  /** @param {MessageRow} row */
  add(row) {
    const known = this.#messages.get(row.id);
    this.#messages.set(row.id, known ? merge(known, row) : shown(row));
    if (!known) this.#below.set(row.parent, [...(this.#below.get(row.parent) ?? []), row.id].sort());
    // The answer to what is shown is shown; so is a new alternative to the answer that is shown.
    if (!known && (row.parent === this.leaf || row.parent === this.#parentOf(this.leaf))) this.#leaf = row.id;
  }

  /**
   * @param {GenerationFrame} frame
   * @returns {ShownMessage | null}  the message as it is now; null for one that is not known
   */
  fold(frame) {
    const known = this.#messages.get(frame.message);
    if (!known) return null;
    const folded = fold(known, frame);
    this.#messages.set(known.id, folded);
    return folded;
  }

  /** @param {string} id */
  message(id) {
    return this.#messages.get(id) ?? null;
  }

  /** The last message of the shown branch; as long as the selected one has not arrived what was shown before it. */
  get leaf() {
    if (this.#leaf && this.#messages.has(this.#leaf)) return this.#leaf;
    if (this.#before && this.#messages.has(this.#before)) return this.#before;
    return this.newest;
  }

  /** Ids are UUIDs of version 7: the greatest one is the newest. */
  get newest() {
    let newest = null;
    for (const id of this.#messages.keys()) if (newest === null || id > newest) newest = id;
    return newest;
  }

  /** @returns {ShownMessage[]} from the root to the leaf */
  branch() {
    const path = [];
    for (let id = this.leaf; id; id = this.#parentOf(id)) {
      const message = this.#messages.get(id);
      if (!message) break;
      path.push(message);
    }
    return path.reverse();
  }

  /**
   * @param {string} id
   * @returns {string[]} the message and its alternatives, oldest first
   */
  alternatives(id) {
    const role = this.#messages.get(id)?.role;
    const below = this.#below.get(this.#parentOf(id)) ?? [];
    return below.filter((other) => this.#messages.get(other)?.role === role);
  }

  /**
   * Shows the branch through a message, down to its newest descendant.
   * @param {string} id
   */
  select(id) {
    const ids = [...this.#messages.keys()].sort();
    this.#leaf = id;
    for (const next of ids) if (this.#parentOf(next) === this.#leaf) this.#leaf = next;
    this.#selected = this.#leaf;
  }

  /** @returns {ShownMessage | null} the answer at the end of the shown branch while it is being written */
  get running() {
    const last = this.leaf ? this.#messages.get(this.leaf) : null;
    return last && isUnfinished(last.generation) ? last : null;
  }

  /**
   * @returns {Record<string, [number, number]>} attempt and seq of each answer that is believed to be running, and of
   *   one at the end that somebody may have let go on meanwhile
   */
  seen() {
    /** @type {Record<string, [number, number]>} */
    const seen = {};
    for (const message of this.#messages.values()) {
      const { id, generation } = message;
      const mayGoOn = id === this.leaf && hasOpenEnd(message);
      if (generation && (isUnfinished(generation) || mayGoOn)) seen[id] = [generation.attempt, generation.seq];
    }
    return seen;
  }

  /** @param {string | null} id */
  #parentOf(id) {
    return id ? (this.#messages.get(id)?.parent ?? null) : null;
  }
}
