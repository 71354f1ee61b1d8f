// Formatted text that grows. Settled blocks are put on the page once; only the open one is painted again as it grows.

import { BlockSplitter } from "#chat/blocks.js";
import { languageOf } from "#chat/code-language.js";
import { CodeView, dressCode } from "#chat/code.js";
import { dressDiagrams } from "#chat/diagram.js";
import { toHtml } from "#chat/markdown.js";
import { typeset } from "#chat/math.js";
import { mend } from "#chat/mending.js";
import { patch } from "#chat/patching.js";
import { cleanText } from "#chat/sanitize.js";
import { dressTables } from "#chat/table.js";

/** @import { Env } from "markdown-it" */
/** @import { Block } from "#chat/blocks.js" */

/** Characters. A longer open block is painted whenever it has grown by an eighth; what comes between is plain text. */
const SHORT = 3000;
const GROWTH = 1 / 8;

/**
 * A block on the page, or several that are one list or one table.
 * @typedef {{source: string, nodes: ChildNode[], loose: boolean}} Group
 */

export class RichText {
  #element;
  #splitter = new BlockSplitter();
  /** @type {Env} */
  #env = {};
  /** @type {Group | null} the last one, which further items or rows may join */
  #group = null;
  /** @type {Group[]} those that may use a link that is defined later */
  #unresolved = [];
  /** @type {ChildNode[]} what the open block looks like at the moment, inside of `#openIn` */
  #openNodes = [];
  /** @type {ParentNode} */
  #openIn;
  /** @type {ChildNode[]} what follows a list or table in the open block */
  #openRest = [];
  /** @type {CodeView | null} */
  #openCode = null;
  #paintedLength = 0;
  #tailLength = 0;
  #length = 0;
  #epoch = 0;
  #done = false;

  /** @param {HTMLElement} element  empty, and left alone by everybody else */
  constructor(element) {
    this.#element = element;
    this.#openIn = element;
  }

  /**
   * @param {string} text  the whole text; it begins with the text of the call before unless `epoch` is another one
   * @param {number} epoch
   * @param {boolean} done  whether the text is complete
   */
  update(text, epoch, done) {
    if (epoch !== this.#epoch || (this.#done && text.length > this.#length)) this.#clear(epoch);
    if (this.#done) return;
    const settled = this.#splitter.feed(text.slice(this.#length));
    this.#length = text.length;
    this.#done = done;
    const blocks = done ? [...settled, ...this.#splitter.finish()] : settled;
    if (blocks.length > 0) this.#settle(blocks);
    if (done) this.#end();
    else this.#paintOpen();
  }

  /** @param {number} epoch */
  #clear(epoch) {
    this.#element.replaceChildren();
    this.#splitter = new BlockSplitter();
    this.#env = {};
    this.#group = null;
    this.#unresolved = [];
    this.#openNodes = [];
    this.#openRest = [];
    this.#openCode = null;
    this.#paintedLength = 0;
    this.#length = 0;
    this.#epoch = epoch;
    this.#done = false;
  }

  #end() {
    this.#removeOpen();
    if (Object.keys(this.#env.references ?? {}).length > 0) this.#unresolved.forEach((group) => this.#paintAgain(group));
    this.#unresolved = [];
  }

  /** @param {Block[]} blocks */
  #settle(blocks) {
    const [first, ...others] = together(blocks);
    // What was painted as it grew becomes the settled block: nothing blinks, and what was selected stays so.
    const { head, source, loose } = first;
    const into = this.#target(first);
    const made = this.#nodes(head + source, loose || (first.joins && Boolean(this.#group?.loose)));
    if (first.joins && this.#group) this.#join(this.#group, first, made, into);
    else this.#add(first, patch(this.#openIn === into ? this.#openNodes : this.#removeOpen(), made, (node) => into.append(node)));
    this.#openNodes = [];
    this.#openRest = [];
    this.#openCode = null;
    this.#paintedLength = 0;
    for (const block of others) this.#add(block, this.#append(this.#nodes(block.head + block.source, block.loose)));
  }

  /**
   * @param {Block} block
   * @param {ChildNode[]} nodes  on the page
   */
  #add({ head, source, loose }, nodes) {
    this.#group = { source: head && source ? head + source : source, nodes, loose: loose || isLoose(nodes) };
    this.#noteUse(this.#group, source);
  }

  /**
   * @param {Group} group
   * @param {Block} block
   * @param {ChildNode[]} made
   * @param {ParentNode} into
   */
  #join(group, { source, loose }, made, into) {
    group.source += source;
    this.#noteUse(group, source);
    // One item apart from the next sets all of them apart.
    if (!group.loose && (loose || isLoose(made))) {
      this.#removeOpen();
      group.loose = true;
      return this.#paintAgain(group);
    }
    const [parts, rest] = partsOf(made, into);
    const shown = this.#openIn === into ? this.#openNodes : this.#removeOpen();
    patch(shown, parts, (node) => into.append(node));
    group.nodes.push(...patch(this.#openRest, rest, (node) => this.#element.append(node)));
  }

  /**
   * Models put link definitions at the end, when the blocks that use them are long settled.
   * @param {Group} group
   * @param {string} source
   */
  #noteUse(group, source) {
    const isText = !(group.nodes[0] instanceof Element && group.nodes[0].matches(".code, .diagram"));
    if (isText && /\[[^\]]+\](?!\()/.test(source) && this.#unresolved.at(-1) !== group) this.#unresolved.push(group);
  }

  /** @param {Group} group */
  #paintAgain(group) {
    const last = group.nodes.at(-1);
    const made = this.#nodes(group.source, group.loose);
    group.nodes = patch(group.nodes, made, (node) => (last ? last.after(node) : this.#element.append(node)));
  }

  #paintOpen() {
    const fence = this.#splitter.openFence;
    if (fence) return this.#paintCode(fence);
    const block = this.#splitter.openBlock;
    const { source, head, joins, loose } = block;
    if (source.length > SHORT && source.length < this.#paintedLength * (1 + GROWTH)) return this.#paintTail(source);
    const into = this.#target(block);
    const shown = this.#openIn === into ? this.#openNodes : this.#removeOpen();
    // Mended together with its head: a row alone would be taken for the head of another table.
    const made = source.trim() ? this.#nodes(mend(head + source), loose || (joins && Boolean(this.#group?.loose)), true) : [];
    const [parts, rest] = into === this.#element ? [made, []] : partsOf(made, into);
    this.#openIn = into;
    this.#openNodes = patch(shown, parts, (node) => into.append(node));
    this.#openRest = patch(this.#openRest, rest, (node) => this.#element.append(node));
    this.#paintedLength = this.#tailLength = source.length;
  }

  /** @param {string} source */
  #paintTail(source) {
    let last = this.#openRest.at(-1) ?? this.#openNodes.at(-1);
    while (last instanceof Element && last.lastElementChild && !last.lastElementChild.matches("math, figure")) {
      last = last.lastElementChild;
    }
    if (last instanceof Element) last.append(source.slice(this.#tailLength));
    this.#tailLength = source.length;
  }

  /** @param {{info: string, code: string}} fence */
  #paintCode({ info, code }) {
    if (!this.#openCode) {
      this.#removeOpen();
      this.#openCode = new CodeView(languageOf(info));
      this.#openNodes = [this.#openCode.element];
      this.#openIn = this.#element;
      this.#element.append(this.#openCode.element);
    }
    this.#openCode.update(code);
  }

  /** @returns {ChildNode[]} always none: what is shown of the open block from now on */
  #removeOpen() {
    for (const node of [...this.#openNodes, ...this.#openRest]) node.remove();
    this.#openNodes = [];
    this.#openRest = [];
    this.#openCode = null;
    return this.#openNodes;
  }

  /**
   * @param {Block} block
   * @returns {ParentNode} the list or table body that the block's items or rows belong to, or the whole text's element
   */
  #target({ joins, head }) {
    const last = joins ? this.#group?.nodes.at(-1) : null;
    if (!(last instanceof Element)) return this.#element;
    if (last.matches("ul, ol")) return last;
    const table = head ? last.querySelector("table") : null;
    if (!table) return this.#element;
    return table.tBodies[0] ?? table.createTBody();
  }

  /** @param {ChildNode[]} nodes */
  #append(nodes) {
    this.#element.append(...nodes);
    return nodes;
  }

  /**
   * @param {string} markdown
   * @param {boolean} loose
   * @param {boolean} [streaming]
   * @returns {ChildNode[]}
   */
  #nodes(markdown, loose, streaming = false) {
    // Half an address must not become the definition of a reference, so an open block gets a copy of the references.
    const env = streaming ? { references: { ...this.#env.references } } : this.#env;
    Object.assign(env, { loose, streaming });
    const fragment = cleanText(toHtml(markdown, env));
    if (!streaming) dressDiagrams(fragment);
    dressCode(fragment);
    dressTables(fragment);
    typeset(fragment);
    return [...fragment.childNodes].filter((node) => !(node instanceof Text && !node.data.trim()));
  }
}

/**
 * Items of one list and rows of one table that arrived together are rendered together.
 * @param {Block[]} blocks
 * @returns {Block[]}
 */
function together(blocks) {
  /** @type {Block[]} */
  const result = [];
  for (const block of blocks) {
    const last = result.at(-1);
    if (!last || !block.joins) {
      result.push({ ...block });
    } else {
      last.source += block.source;
      last.loose ||= block.loose;
    }
  }
  return result;
}

/** @param {ChildNode[]} nodes */
function isLoose(nodes) {
  const [first] = nodes;
  return first instanceof Element && first.matches("ul, ol") && first.querySelector(":scope > li > p") !== null;
}

/**
 * @param {ChildNode[]} nodes  newly made: a list or a table, and perhaps what follows it
 * @param {ParentNode} into  what its items or rows are for
 * @returns {[ChildNode[], ChildNode[]]} the items or rows, and the rest
 */
function partsOf(nodes, into) {
  const [first, ...rest] = nodes;
  if (!(first instanceof Element && into instanceof Element)) return [[], nodes];
  if (into.matches("tbody")) return [[...first.querySelectorAll("tbody > tr")], rest];
  return first.tagName === into.tagName ? [[...first.children], rest] : [[], nodes];
}
