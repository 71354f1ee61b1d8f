/** @import { Generation, MessageRow } from "#chat/protocol.js" */

/**
 * @param {Partial<Generation>} [fields]
 * @returns {Generation}
 */
export function generation(fields = {}) {
  return {
    status: "queued",
    attempt: 1,
    seq: 0,
    model: "deepseek-flash",
    thinking: "off",
    finish_reason: null,
    error: null,
    usage: null,
    cost: null,
    duration_ms: null,
    reasoning_ms: null,
    ...fields,
  };
}

/**
 * @param {string} id
 * @param {string | null} parent
 * @param {Partial<MessageRow>} [fields]
 * @returns {MessageRow}
 */
export function question(id, parent, fields = {}) {
  const created = "2026-11-21T10:00:00.000Z";
  return { id, conversation: "c1", parent, role: "user", text: id, reasoning: "", created, attachments: [], generation: null, ...fields };
}

/**
 * @param {string} id
 * @param {string | null} parent
 * @param {Partial<Generation>} [fields]
 * @returns {MessageRow}
 */
export function answer(id, parent, fields = {}) {
  return { ...question(id, parent), role: "assistant", text: "", generation: generation(fields) };
}

/** @param {string | null} leaf */
export function conversationRow(leaf, title = "") {
  const updated = "2026-11-21T10:00:00.000Z";
  const thinking = /** @type {const} */ ("off");
  return { id: "c1", title, updated, created: updated, leaf, model: "deepseek-flash", thinking, pinned: false, archived: false, folder: null };
}
