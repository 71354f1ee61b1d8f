// What the page reads over HTTP.

/** @import { DraftRow } from "#chat/drafts.js" */
/** @import { Price } from "#chat/estimate.js" */
/** @import { ConversationContent, ConversationPage, PresetRow, SummaryRow } from "#chat/protocol.js" */

export class SignedOutError extends Error {}

/**
 * @param {string} id
 * @param {AbortSignal} signal
 * @returns {Promise<ConversationContent | null>} null for one that is not there
 */
export function readConversation(id, signal) {
  return read(`/c/${encodeURIComponent(id)}/messages/`, signal);
}

/**
 * @param {string | null} before
 * @returns {Promise<ConversationPage | null>}
 */
export function readPage(before) {
  const query = new URLSearchParams({ limit: "50", ...(before ? { before } : {}) });
  return read(`/conversations/?${query}`);
}

/** @returns {Promise<{presets: PresetRow[], manages_shared: boolean} | null>} */
export function readPresets() {
  return read("/presets/");
}

/**
 * @param {string | null} conversation  null: the one of a new chat
 * @returns {Promise<DraftRow | null>}
 */
export function readDraft(conversation) {
  return read(conversation ? `/c/${encodeURIComponent(conversation)}/draft/` : "/draft/");
}

/**
 * @param {string} conversation
 * @returns {Promise<{summaries: SummaryRow[]} | null>}
 */
export function readSummaries(conversation) {
  return read(`/c/${encodeURIComponent(conversation)}/summaries/`);
}

/** @returns {Promise<{prices: Record<string, Price>} | null>} */
export function readPrices() {
  return read("/prices/");
}

/**
 * @param {string} address
 * @param {AbortSignal} [signal]
 */
async function read(address, signal) {
  const headers = { Accept: "application/json" };
  const response = await fetch(address, { headers, redirect: "manual", ...(signal ? { signal } : {}) });
  // Who is not signed in is sent to the sign-in page.
  if (response.type === "opaqueredirect" || response.status === 401) throw new SignedOutError();
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response.json();
}
