// One conversation as this tab knows it: a tree of messages and the branch that is shown. No DOM.

import { MessageTree } from "#chat/message-tree.js";
import { hasOpenEnd } from "#chat/open-end.js";
import { fold, isUnfinished } from "#chat/transcript.js";

/** @import { ConversationContent, ConversationRow, GenerationFrame, MessageRow, Options, SummaryRow, Thinking } from "#chat/protocol.js" */
/** @import { ShownMessage } from "#chat/transcript.js" */

export class Conversation {
  #tree = new MessageTree();
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
    this.#tree.learn(content.messages);
    this.#tree.learnNewest(content.newest ?? null);
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
    const branch = this.branch();
    const last = branch.findLast(({ id }) => this.summaries.has(id))?.id ?? this.#summarizedAbove(branch[0]?.id ?? "");
    return last ? (this.summaries.get(last) ?? null) : null;
  }

  /**
   * Of a branch whose messages further up are not known: the last one of those that may be among them.
   * @param {string} top
   */
  #summarizedAbove(top) {
    if (this.above === null) return null;
    return [...this.summaries.keys()].filter((id) => id < top && !this.#tree.get(id)).sort().at(-1) ?? null;
  }

  /** @param {MessageRow[]} rows  a page of a branch */
  learn(rows) {
    this.#tree.learn(rows);
  }

  /** @param {MessageRow} row  of a message that was made */
  add(row) {
    const leaf = this.leaf;
    // The answer to what is shown is shown; so is a new alternative to the answer that is shown.
    const isShown = row.parent === leaf || row.parent === (this.#tree.get(leaf)?.parent ?? null);
    if (this.#tree.add(row) && isShown) this.#leaf = row.id;
  }

  /**
   * @param {GenerationFrame} frame
   * @returns {ShownMessage | null}  the message as it is now; null for one that is not known
   */
  fold(frame) {
    const known = this.#tree.get(frame.message);
    if (!known) return null;
    const folded = fold(known, frame);
    this.#tree.replace(folded);
    return folded;
  }

  /** @param {string} id */
  message(id) {
    return this.#tree.get(id);
  }

  /** @param {string} id  of a message that is not known: whether it is old enough to be in a part that was not read */
  isElsewhere(id) {
    return this.newest !== null && id <= this.newest;
  }

  /** The last message of the shown branch; as long as the selected one has not arrived what was shown before it. */
  get leaf() {
    if (this.#tree.get(this.#leaf)) return this.#leaf;
    if (this.#tree.get(this.#before)) return this.#before;
    return this.#tree.newestKnown;
  }

  /** The newest message that this tab knows of. */
  get newest() {
    return this.#tree.newest;
  }

  /** @returns {ShownMessage[]} from the root, or from the first one that is known, to the leaf */
  branch() {
    return this.#tree.path(this.leaf);
  }

  /** @returns {string | null} with which message the page ends that goes before the shown branch; null at its root */
  get above() {
    const [top] = this.branch();
    if (!top) return null;
    return this.#tree.hasAllBeside(top) ? top.parent : top.id;
  }

  /** @returns {string | null} with which message a page ends without which the shown branch is not the right one */
  get missing() {
    if (this.#leaf && !this.#tree.get(this.#leaf) && this.isElsewhere(this.#leaf)) return this.#leaf;
    const [top] = this.branch();
    return top && !this.#tree.hasAllBeside(top) ? top.id : null;
  }

  /**
   * @param {string} id
   * @returns {string[]} the message and its alternatives, oldest first
   */
  alternatives(id) {
    return this.#tree.alternatives(id);
  }

  /**
   * Shows the branch through a message, down to its newest end.
   * @param {string} id
   * @returns {boolean} false when that branch is to be read first
   */
  select(id) {
    const end = this.#tree.endOf(id);
    if (end) this.#leaf = this.#selected = end;
    return end !== null;
  }

  /** @returns {ShownMessage | null} the answer at the end of the shown branch while it is being written */
  get running() {
    const last = this.#tree.get(this.leaf);
    return last && isUnfinished(last.generation) ? last : null;
  }

  /**
   * @returns {Record<string, [number, number]>} attempt and seq of each answer that is believed to be running, and of
   *   one at the end that somebody may have let go on meanwhile
   */
  seen() {
    /** @type {Record<string, [number, number]>} */
    const seen = {};
    for (const message of this.#tree.values()) {
      const { id, generation } = message;
      const mayGoOn = id === this.leaf && hasOpenEnd(message);
      if (generation && (isUnfinished(generation) || mayGoOn)) seen[id] = [generation.attempt, generation.seq];
    }
    return seen;
  }
}
