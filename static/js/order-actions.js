// What clicks in the sidebar do to the order of conversations.

import { askFolder, askName, confirmFolderDeletion, offerExport } from "#chat/order-dialogs.js";
import { byId, onAction, part } from "#chat/elements.js";
import { gettext } from "#chat/language.js";
import { Menu } from "#chat/menu.js";

/** @import { Order } from "#chat/order.js" */
/** @import { Selection } from "#chat/selection.js" */
/** @import { Sidebar } from "#chat/sidebar.js" */

/**
 * @param {Order} order
 * @param {Sidebar} sidebar
 * @param {Selection} selection
 * @param {Menu} menu  of one conversation
 * @param {HTMLElement[]} early  what was clicked before, in its order
 */
export function orderActions(order, sidebar, selection, menu, early) {
  const folderMenu = new Menu("folder-menu");
  /** @param {(id: string) => void} act */
  const one = (act) => () => {
    const id = menu.subject;
    menu.close();
    if (id) act(id);
  };
  /** @param {(id: string, name: string) => Promise<void>} act */
  const folder = (act) => async () => {
    const id = folderMenu.subject;
    folderMenu.close();
    const found = sidebar.folders.find((each) => each.id === id);
    if (found) await act(found.id, found.name);
  };
  byId("conversation-menu", HTMLElement).addEventListener("toggle", () => prepare(menu, sidebar));
  /** @type {Record<string, (element: HTMLElement) => void>} */
  const handlers = {
    pin: one((id) => void order.arrange([id], { pinned: !sidebar.row(id)?.pinned })),
    archive: one((id) => void order.archive([id], !sidebar.row(id)?.archived)),
    move: one((id) => void move(order, sidebar, [id])),
    export: one((id) => offerExport([id])),
    select: one((id) => selection.begin(id)),
    delete: one((id) => void order.delete([id])),
    "folder-menu": (element) => folderMenu.open(element),
    "toggle-folder": (element) => sidebar.toggleFolder(folderId(element)),
    "new-folder": async () => {
      const name = await askName(gettext("New folder"), "");
      if (name) await order.newFolder(name);
    },
    "rename-folder": folder(async (id, name) => {
      const wanted = await askName(gettext("Rename folder"), name);
      if (wanted && wanted !== name) await order.renameFolder(id, wanted);
    }),
    "delete-folder": folder(async (id, name) => {
      if (await confirmFolderDeletion(name)) await order.deleteFolder(id);
    }),
    "show-archive": () => sidebar.show("archive"),
    "show-list": () => sidebar.show("list"),
    "select-several": () => selection.begin(),
    "selection-end": () => selection.end(),
    "selection-delete": () => selection.use((ids) => order.delete(ids)),
    "selection-archive": () => selection.use((ids) => order.archive(ids, sidebar.view !== "archive")),
    "selection-move": () => selection.use((ids) => move(order, sidebar, ids)),
    "selection-export": () => selection.use((ids) => offerExport(ids)),
  };
  onAction(document, handlers, early);
}

/**
 * @param {Order} order
 * @param {Sidebar} sidebar
 * @param {string[]} ids
 */
async function move(order, sidebar, ids) {
  const present = ids.length === 1 ? (sidebar.row(ids[0])?.folder ?? null) : null;
  const answer = await askFolder(sidebar.folders, present);
  if (!answer) return;
  const target = answer.create ? ((await order.newFolder(answer.create))?.id ?? undefined) : answer.folder;
  if (target !== undefined) await order.arrange(ids, { folder: target });
}

/**
 * The menu says what each entry would do to this conversation.
 * @param {Menu} menu
 * @param {Sidebar} sidebar
 */
function prepare(menu, sidebar) {
  const row = menu.subject ? sidebar.row(menu.subject) : null;
  const element = byId("conversation-menu", HTMLElement);
  part(element, "pin-label").textContent = row?.pinned ? gettext("Unpin") : gettext("Pin");
  part(element, "archive-label").textContent = row?.archived ? gettext("Back to the list") : gettext("Archive");
}

/** @param {HTMLElement} element */
function folderId(element) {
  return element.closest("[data-folder]")?.getAttribute("data-folder") ?? "";
}
