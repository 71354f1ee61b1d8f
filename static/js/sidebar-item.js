// One conversation in the sidebar.

import { fromTemplate, part } from "#chat/elements.js";
import { gettext } from "#chat/language.js";

/** @import { ConversationRow } from "#chat/protocol.js" */

/**
 * @param {string} key  tells apart the items of a conversation that stands in two places
 * @param {ConversationRow} row
 */
export function newItem(key, row) {
  const item = fromTemplate("conversation-item");
  item.dataset.conversation = row.id;
  const link = part(item, "link");
  link.id = `conversation-${key}`;
  item.querySelector("button")?.setAttribute("aria-describedby", link.id);
  item.querySelector("input")?.setAttribute("aria-labelledby", link.id);
  return item;
}

/**
 * @param {HTMLElement} item
 * @param {ConversationRow} row
 * @param {{current: boolean, selected: boolean | null, tellsPlace: boolean}} state  `selected` null: nothing is being
 *   selected; `tellsPlace`: the item says that it is archived
 */
export function showRow(item, row, { current, selected, tellsPlace }) {
  const link = /** @type {HTMLAnchorElement} */ (part(item, "link"));
  link.href = `/c/${row.id}/`;
  part(item, "title").textContent = row.title || gettext("Untitled chat");
  link.title = row.title;
  link.classList.toggle("conversation-untitled", !row.title);
  part(item, "archived").hidden = !(tellsPlace && row.archived);
  if (current) link.setAttribute("aria-current", "page");
  else link.removeAttribute("aria-current");
  const box = item.querySelector("input");
  if (!box) return;
  box.hidden = selected === null;
  box.checked = selected === true;
}
