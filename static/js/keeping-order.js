// Puts together what keeps order in the sidebar. Fetched after the rest of the page.

import { dragging } from "#chat/dragging.js";
import { byId } from "#chat/elements.js";
import { Order } from "#chat/order.js";
import { orderActions } from "#chat/order-actions.js";
import { searchField } from "#chat/search-field.js";
import { Selection } from "#chat/selection.js";

/** @import { Chat } from "#chat/chat.js" */
/** @import { Menu } from "#chat/menu.js" */
/** @import { Page } from "#chat/page.js" */
/** @import { Workspace } from "#chat/workspace.js" */

/**
 * @param {Chat} chat
 * @param {Workspace} workspace
 * @param {Page} page
 * @param {Menu} menu  of one conversation
 * @param {HTMLElement[]} early  what was clicked before this was there
 */
export function keepOrder(chat, workspace, page, menu, early) {
  const nav = byId("conversations", HTMLElement);
  const selection = new Selection(page.sidebar, nav);
  const order = new Order(chat, workspace, page);
  orderActions(order, page.sidebar, selection, menu, early);
  searchField(page.sidebar, nav);
  dragging(nav, page.sidebar, order);
}
