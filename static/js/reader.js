// What the page reads over HTTP.

/** @import { Cursor, Place } from "#chat/conversation-list.js" */
/** @import { DraftRow } from "#chat/drafts.js" */
/** @import { Price } from "#chat/estimate.js" */
/** @import { ConversationContent, ListPage, MessageRow, PresetRow, SidebarPage, SummaryRow } from "#chat/protocol.js" */

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
 * @param {string} conversation
 * @param {Record<string, string>} wanted  `end` or `through`, and perhaps `reach`
 * @returns {Promise<{messages: MessageRow[]} | null>} null when it is not there
 */
export function readBranch(conversation, wanted) {
  return read(`/c/${encodeURIComponent(conversation)}/branch/?${new URLSearchParams(wanted)}`);
}

/** @returns {Promise<SidebarPage | null>} */
export function readSidebar() {
  return read("/conversations/");
}

/**
 * @param {Place} place
 * @param {Cursor | null} after  the last row that is known
 * @returns {Promise<ListPage | null>} null when the place is not there
 */
export function readPage(place, after) {
  const query = new URLSearchParams({ limit: "50", in: place });
  if (after) {
    query.set("before", after.updated);
    query.set("id", after.id);
  }
  return read(`/conversations/?${query}`);
}

/** @returns {Promise<{presets: PresetRow[], manages_shared: boolean} | null>} */
export function readPresets() {
  return read("/presets/");
}

/**
 * @param {string} words
 * @param {AbortSignal} signal
 * @returns {Promise<ListPage | null>}
 */
export function readFound(words, signal) {
  return read(`/conversations/search/?${new URLSearchParams({ q: words })}`, signal);
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
