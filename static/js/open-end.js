// Which answers ended early and can go on. Pure.

/** @import { MessageRow } from "#chat/protocol.js" */

/**
 * @param {Pick<MessageRow, "text" | "generation">} message
 * @returns {boolean} whether there is text, and more of it could follow
 */
export function hasOpenEnd({ text, generation }) {
  if (text === "" || !generation || generation.finish_reason === "content_filter") return false;
  if (generation.status === "complete") return generation.finish_reason === "length";
  return generation.status === "stopped" || generation.status === "interrupted" || generation.status === "failed";
}
