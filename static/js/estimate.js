// About how many tokens the next prompt has, and what reading it costs. Pure.

/** @import { Conversation } from "#chat/conversation.js" */
/** @import { SummaryRow } from "#chat/protocol.js" */
/** @import { ShownMessage } from "#chat/transcript.js" */

/**
 * @typedef {object} Price  for a million tokens, as decimal texts
 * @property {string} currency
 * @property {string} cache_hit
 * @property {string} cache_miss
 * @property {string} output
 * @property {boolean} simulated
 */

/**
 * @typedef {{known: number, fresh: number, isPart: boolean}} PromptSize  tokens that the upstream has probably cached, and
 *   all others; `isPart`: there are more, in messages that are not here
 */

// DeepSeek's rule of thumb, as on the server.
const LATIN = 0.3;
const CHINESE = 0.6;
const FIRST_WIDE = 0x2e80;
const AROUND = 4;

/** @param {string} text */
export function estimateTokens(text) {
  let wide = 0;
  let all = 0;
  for (const character of text) {
    all += 1;
    if (/** @type {number} */ (character.codePointAt(0)) >= FIRST_WIDE) wide += 1;
  }
  return Math.ceil(wide * CHINESE + (all - wide) * LATIN);
}

/**
 * The prompt of the next message, without that message: what the last call measured, and an estimate of what is new.
 * @param {Conversation} conversation
 * @returns {PromptSize}
 */
export function promptSize(conversation) {
  const branch = conversation.branch();
  const summary = conversation.summaryInForce();
  const open = summary ? branch.slice(branch.findIndex(({ id }) => id === summary.message) + 1) : branch;
  let fresh = 0;
  for (const message of open.toReversed()) {
    const usage = measured(message, summary);
    if (usage) return { known: usage.prompt + usage.completion - usage.reasoning, fresh, isPart: false };
    fresh += turnSize(message.text) + filesSize(message);
  }
  const isPart = conversation.above !== null && open.length === branch.length;
  return { known: 0, fresh: fresh + (summary ? turnSize(summary.text) : 0), isPart };
}

/** @param {string} text */
function turnSize(text) {
  return text ? estimateTokens(text) + AROUND : 0;
}

/** @param {ShownMessage} message */
function filesSize({ attachments }) {
  return (attachments ?? []).reduce((sum, { tokens }) => sum + tokens, 0);
}

/**
 * @param {ShownMessage} message
 * @param {SummaryRow | null} summary
 */
function measured(message, summary) {
  const usage = message.generation?.usage;
  if (!usage || usage.estimated || usage.prompt === 0) return null;
  return !summary || message.created > summary.changed ? usage : null;
}

/**
 * @param {PromptSize} size
 * @param {Price} price
 * @returns {number} in units of the currency; the answer is not in it
 */
export function readingCost({ known, fresh }, price) {
  return (known * Number(price.cache_hit) + fresh * Number(price.cache_miss)) / 1_000_000;
}
