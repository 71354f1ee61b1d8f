// Scripts that are fetched when a person wants what they do.

import { gettext } from "#chat/language.js";
import { toast } from "#chat/notices.js";

/**
 * @template T
 * @param {Promise<T>} script  an `import()`
 * @returns {Promise<T | null>} null when it did not come: the person is told, and whoever tries again fetches it anew
 */
export async function fetched(script) {
  try {
    return await script;
  } catch {
    toast(gettext("This could not be fetched from the server. Check your connection and try again; nothing is lost."));
    return null;
  }
}
