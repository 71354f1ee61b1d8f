// The line below the message field that tells about how much will be sent, and what that costs, once it matters.

import { byId } from "#chat/elements.js";
import { estimateTokens, promptSize, readingCost } from "#chat/estimate.js";
import { gettext, number } from "#chat/language.js";
import { readPrices } from "#chat/reader.js";

/** @import { Conversation } from "#chat/conversation.js" */
/** @import { Price } from "#chat/estimate.js" */
/** @import { Thinking } from "#chat/protocol.js" */

/** Tokens, and share of the budget, below which nobody needs to think about it */
const FROM = 8000;
const SHARE = 0.4;
/** Milliseconds: prices change with the time of the day */
const PRICES_FOR = 10 * 60_000;
const AFTER = 250;

export class EstimateLine {
  #line = byId("composer-estimate", HTMLElement);
  #budgets;
  /** @type {Record<string, Price>} */
  #prices = {};
  #pricesAt = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {Record<string, Record<string, number>>} budgets  by model and thinking level, in tokens */
  constructor(budgets) {
    this.#budgets = budgets;
  }

  /**
   * @param {Conversation | null} conversation
   * @param {string} text  of the next message
   * @param {number} files  their tokens
   * @param {{model: string, thinking: Thinking}} choice
   */
  show(conversation, text, files, choice) {
    clearTimeout(this.#timer);
    // Not with every key: the text may be long.
    this.#timer = setTimeout(() => this.#update(conversation, text, files, choice), AFTER);
  }

  /**
   * @param {Conversation | null} conversation
   * @param {string} text
   * @param {number} files
   * @param {{model: string, thinking: Thinking}} choice
   */
  #update(conversation, text, files, { model, thinking }) {
    const size = conversation ? promptSize(conversation) : { known: 0, fresh: 0, isPart: false };
    size.fresh += files + (text.trim() ? estimateTokens(text) : 0);
    const tokens = size.known + size.fresh;
    const budget = this.#budgets[model]?.[thinking] ?? Infinity;
    const matters = (files > 0 || text.trim() !== "") && tokens >= Math.min(FROM, budget * SHARE);
    this.#line.hidden = !matters;
    if (!matters) return;
    this.#line.classList.toggle("composer-estimate-over", tokens > budget);
    // What only part of the chat costs would be wrong.
    const price = size.isPart ? undefined : this.#prices[model];
    const values = { tokens: amount(tokens), budget: amount(budget), cost: price ? money(readingCost(size, price), price) : "" };
    const isMore = size.isPart && tokens <= budget;
    this.#line.textContent = isMore ? gettext("More than {tokens} tokens with the chat so far.", values) : words(tokens > budget, price, values);
    void this.#readPrices(() => this.#update(conversation, text, files, { model, thinking }));
  }

  /** @param {() => void} done */
  async #readPrices(done) {
    if (performance.now() - this.#pricesAt < PRICES_FOR) return;
    this.#pricesAt = performance.now();
    const read = await readPrices().catch(() => null);
    if (!read) return;
    this.#prices = read.prices;
    done();
  }
}

/**
 * @param {boolean} isOver
 * @param {Price | undefined} price
 * @param {{tokens: string, budget: string, cost: string}} values
 */
function words(isOver, price, values) {
  if (isOver) return gettext("About {tokens} tokens, and {budget} fit. It may be refused; nothing is lost then.", values);
  if (!price) return gettext("About {tokens} tokens with the chat so far.", values);
  if (price.simulated) return gettext("About {tokens} tokens with the chat so far, about {cost} before the answer (simulated: nothing is charged).", values);
  return gettext("About {tokens} tokens with the chat so far, about {cost} before the answer.", values);
}

/** @param {number} tokens  shown with two significant digits */
function amount(tokens) {
  return number(tokens, { maximumSignificantDigits: 2 });
}

/**
 * @param {number} sum
 * @param {Price} price
 */
function money(sum, price) {
  const style = /** @type {const} */ ("currency");
  return number(sum, {
    style,
    currency: price.currency,
    minimumFractionDigits: 0,
    maximumSignificantDigits: 2,
  });
}
