// How an answer ended, in words for the person who reads it. Pure.

import { isUnfinished } from "#chat/transcript.js";

/** @import { Cost, Generation } from "#chat/protocol.js" */
/** @import { Waiting } from "#chat/transcript.js" */

/** @type {Record<string, string>} by finish reason */
const CUT_SHORT = {
  length: "The answer reached its maximum length and stops here. Continue it to get the rest.",
  content_filter: "The provider’s content filter ended this answer. Putting the question differently may help.",
  insufficient_system_resource: "The provider ran out of capacity and ended this answer early. Try again for a complete one.",
};

/**
 * @param {Generation} generation
 * @returns {string} what a reader must know about an answer that did not come to its own end; "" for all others.
 *   Failed answers have their error instead.
 */
export function noteOf(generation) {
  if (generation.status === "stopped") return "This answer was stopped here.";
  if (generation.status === "interrupted") {
    return generation.error?.message ?? "The server was interrupted while writing this answer. What was written is kept.";
  }
  if (generation.status !== "complete") return "";
  return CUT_SHORT[generation.finish_reason ?? ""] ?? "";
}

/** @param {Waiting} waiting */
export function waitingText(waiting) {
  if (waiting.kind === "retrying") return waiting.text;
  if (waiting.position <= 1) return "Waiting for a free place. Your message is next.";
  return `Waiting for a free place. ${waiting.position - 1} before you.`;
}

/**
 * @param {Generation} generation
 * @returns {string} what a screen reader says when the answer has ended; "" while it is running
 */
export function announcement(generation) {
  if (isUnfinished(generation)) return "";
  if (generation.status === "complete") return noteOf(generation) || "Answer complete.";
  if (generation.status === "failed") return "The answer failed.";
  return noteOf(generation);
}

/**
 * @param {number | null} milliseconds
 * @returns {string} "3 s", "2 min 5 s"; "" when unknown
 */
export function duration(milliseconds) {
  if (milliseconds === null) return "";
  const seconds = Math.max(1, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  return seconds % 60 ? `${Math.floor(seconds / 60)} min ${seconds % 60} s` : `${seconds / 60} min`;
}

/**
 * @param {Cost} cost  an exact decimal amount
 * @returns {string} with two significant digits
 */
export function price(cost) {
  const amount = Number(cost.amount).toLocaleString("en", { maximumSignificantDigits: 2, maximumFractionDigits: 9 });
  const symbol = { USD: "$", CNY: "¥", EUR: "€" }[cost.currency] ?? `${cost.currency} `;
  return `${cost.estimated ? "about " : ""}${symbol}${amount}${cost.simulated ? " (simulated)" : ""}`;
}

/**
 * @param {Generation} generation
 * @param {string} modelName
 * @returns {string} one line of figures
 */
export function figures(generation, modelName) {
  const { usage, cost, duration_ms } = generation;
  const tokens = usage && `${usage.estimated ? "about " : ""}${usage.completion.toLocaleString("en")} tokens`;
  const thinking = generation.thinking === "off" ? "" : `thinking ${generation.thinking}`;
  return [modelName, thinking, duration(duration_ms), tokens, cost && price(cost)].filter(Boolean).join(" · ");
}
