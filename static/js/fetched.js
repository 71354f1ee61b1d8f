// Scripts that are fetched when a person wants what they do.

import { gettext } from "#chat/language.js";
import { toast } from "#chat/notices.js";

/**
 * @template T
 * @param {Promise<T>} coming  a script
 * @returns {Promise<T | null>} null when it did not come, which the person is told
 */
export async function fetched(coming) {
  try {
    return await coming;
  } catch {
    toast(gettext("This could not be fetched from the server. Check your connection and try again; nothing is lost."));
    return null;
  }
}
