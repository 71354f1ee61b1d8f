// Presets over HTTP.

import { gettext } from "#chat/language.js";
import { readPresets } from "#chat/reader.js";
import { write } from "#chat/requests.js";

/** @import { PresetContent, PresetRow } from "#chat/protocol.js" */

/** What the server refused, in words for the person; `field` is the setting at fault. */
export class PresetRefused extends Error {
  /**
   * @param {string} message
   * @param {string} field
   */
  constructor(message, field) {
    super(message);
    this.field = field;
  }
}

/** @returns {Promise<{presets: PresetRow[], manages_shared: boolean}>} */
export async function allPresets() {
  return (await readPresets()) ?? { presets: [], manages_shared: false };
}

/**
 * @param {PresetContent} content
 * @param {boolean} shared
 * @returns {Promise<PresetRow>}
 */
export async function createPreset(content, shared) {
  return (await sent("POST", "/presets/", { ...content, shared })).preset;
}

/**
 * @param {string} id
 * @param {PresetContent} content
 * @returns {Promise<PresetRow>}
 */
export async function changePreset(id, content) {
  return (await sent("PUT", `/presets/${encodeURIComponent(id)}/`, content)).preset;
}

/** @param {string} id */
export async function deletePreset(id) {
  await sent("DELETE", `/presets/${encodeURIComponent(id)}/`);
}

/**
 * @param {string} conversation
 * @param {{instructions: string, options: import("#chat/protocol.js").Options}} settings
 * @returns {Promise<import("#chat/protocol.js").ConversationRow>}
 */
export async function saveSettings(conversation, settings) {
  return (await sent("POST", `/c/${encodeURIComponent(conversation)}/settings/`, settings)).conversation;
}

/**
 * @param {"POST" | "PUT" | "DELETE"} method
 * @param {string} address
 * @param {unknown} [content]
 */
async function sent(method, address, content) {
  const response = await write(method, address, content);
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const unknown = gettext("This could not be saved. Check your connection and try again.");
  throw new PresetRefused(answer.message ?? unknown, answer.field ?? "");
}
