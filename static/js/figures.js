// The figures of one answer, in words. Pure.

import { gettext, number } from "#chat/language.js";
import { duration, price } from "#chat/outcome.js";

/** @import { Generation } from "#chat/protocol.js" */

/**
 * @param {Generation} generation  that has ended
 * @param {string} modelName
 * @returns {[label: string, value: string][]} what is known, in the order of reading
 */
export function figures(generation, modelName) {
  /** @type {[string, string][]} */
  const rows = [
    [gettext("Model"), model(generation, modelName)],
    [gettext("Answered by"), generation.served_by ?? ""],
    [gettext("Time"), time(generation)],
    [gettext("Read"), prompt(generation)],
    [gettext("Written"), written(generation)],
    [gettext("Cost"), cost(generation)],
    [gettext("End"), ending(generation)],
  ];
  return rows.filter(([, value]) => value !== "");
}

/**
 * @param {Generation} generation
 * @param {string} name
 */
function model({ thinking }, name) {
  /** @type {Record<string, string>} */
  const levels = {
    low: gettext("{model}, thinking a little", { model: name }),
    high: gettext("{model}, thinking", { model: name }),
    max: gettext("{model}, thinking as hard as it can", { model: name }),
  };
  return levels[thinking] ?? name;
}

/** @param {Generation} generation */
function time({ duration_ms, reasoning_ms }) {
  if (duration_ms === null) return "";
  const whole = duration(duration_ms);
  return reasoning_ms === null ? whole : gettext("{time}, {thinking} of it thinking", { time: whole, thinking: duration(reasoning_ms) });
}

/** @param {Generation} generation */
function prompt({ usage }) {
  if (!usage) return "";
  const tokens = counted(usage.prompt, usage.estimated);
  if (!usage.cached) return gettext("{tokens}, all of them new", { tokens });
  const [cached, fresh] = [number(usage.cached), number(Math.max(0, usage.prompt - usage.cached))];
  return gettext("{tokens}: {cached} known from before, {fresh} new", { tokens, cached, fresh });
}

/** @param {Generation} generation */
function written({ usage }) {
  if (!usage) return "";
  const tokens = counted(usage.completion, usage.estimated);
  return usage.reasoning ? gettext("{tokens}, {reasoning} of them thinking", { tokens, reasoning: number(usage.reasoning) }) : tokens;
}

/** @param {Generation} generation */
function cost({ cost: known }) {
  if (!known) return "";
  return known.simulated ? gettext("{price} (simulated)", { price: price(known) }) : price(known);
}

/** @param {Generation} generation */
function ending({ status, finish_reason, usage, cost: known }) {
  const estimated = usage?.estimated || known?.estimated;
  const words = reason(status, finish_reason ?? "");
  return estimated ? [words, gettext("The figures are estimates: exact ones never arrived.")].filter(Boolean).join(" ") : words;
}

/**
 * @param {string} status
 * @param {string} finishReason
 */
function reason(status, finishReason) {
  if (status === "stopped") return gettext("Stopped by you.");
  if (status === "interrupted") return gettext("Interrupted by a failure.");
  if (status === "failed") return gettext("Failed.");
  /** @type {Record<string, string>} */
  const known = {
    stop: gettext("The model had said all it wanted to."),
    length: gettext("The longest length of an answer was reached."),
    content_filter: gettext("The provider’s content filter ended it."),
    insufficient_system_resource: gettext("The provider ran out of capacity."),
    tool_calls: gettext("The model asked for a tool."),
  };
  if (Object.hasOwn(known, finishReason)) return known[finishReason];
  return finishReason ? gettext("The provider gave a reason of its own: {reason}.", { reason: finishReason }) : "";
}

/**
 * @param {number} tokens
 * @param {boolean} estimated
 */
function counted(tokens, estimated) {
  const values = { count: number(tokens) };
  return estimated ? gettext("about {count} tokens", values) : gettext("{count} tokens", values);
}
