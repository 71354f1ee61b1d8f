// How an answer ended, in words for the person who reads it. Pure.

import { gettext, number } from "#chat/language.js";
import { isUnfinished } from "#chat/transcript.js";

/** @import { Cost, Generation } from "#chat/protocol.js" */
/** @import { Waiting } from "#chat/transcript.js" */

/**
 * @param {Generation} generation
 * @returns {string} what a reader must know about an answer that did not come to its own end; "" for all others.
 *   Failed answers have their error instead.
 */
export function noteOf(generation) {
  if (generation.status === "stopped") return gettext("This answer was stopped here.");
  if (generation.status === "interrupted") {
    return generation.error?.message ?? gettext("The server was interrupted while writing this answer. What was written is kept.");
  }
  if (generation.status !== "complete") return "";
  return cutShort(generation.finish_reason);
}

/** @param {string | null} finishReason */
function cutShort(finishReason) {
  switch (finishReason) {
    case "length":
      return gettext("The answer reached its maximum length and stops here. Continue it to get the rest.");
    case "content_filter":
      return gettext("The provider’s content filter ended this answer. Putting the question differently may help.");
    case "insufficient_system_resource":
      return gettext("The provider ran out of capacity and ended this answer early. Try again for a complete one.");
    default:
      return "";
  }
}

/** @param {Waiting} waiting */
export function waitingText(waiting) {
  if (waiting.kind === "retrying") return waiting.text;
  if (waiting.position <= 1) return gettext("Waiting for a free place. Your message is next.");
  return gettext("Waiting for a free place. {count} before you.", { count: waiting.position - 1 });
}

/**
 * @param {Generation} generation
 * @returns {string} what a screen reader says when the answer has ended; "" while it is running
 */
export function announcement(generation) {
  if (isUnfinished(generation)) return "";
  if (generation.status === "complete") return noteOf(generation) || gettext("Answer complete.");
  if (generation.status === "failed") return gettext("The answer failed.");
  return noteOf(generation);
}

/**
 * @param {number | null} milliseconds
 * @returns {string} "3 s", "2 min 5 s"; "" when unknown
 */
export function duration(milliseconds) {
  if (milliseconds === null) return "";
  const seconds = Math.max(1, Math.round(milliseconds / 1000));
  if (seconds < 60) return gettext("{seconds} s", { seconds });
  const minutes = Math.floor(seconds / 60);
  return seconds % 60 ? gettext("{minutes} min {seconds} s", { minutes, seconds: seconds % 60 }) : gettext("{minutes} min", { minutes });
}

/**
 * @param {Cost} cost  an exact decimal amount
 * @returns {string} with two significant digits
 */
export function price(cost) {
  const amount = number(Number(cost.amount), { maximumSignificantDigits: 2, maximumFractionDigits: 9 });
  const symbol = { USD: "$", CNY: "¥", EUR: "€" }[cost.currency] ?? `${cost.currency} `;
  return cost.estimated ? gettext("about {price}", { price: symbol + amount }) : symbol + amount;
}
