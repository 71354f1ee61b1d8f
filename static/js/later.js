// What nobody waits for: fetched when the page can be used already.

import { byId } from "#chat/elements.js";
import { keepOrder } from "#chat/keeping-order.js";
import { readingActions } from "#chat/reading-actions.js";
import { copySelectionsAsMarkdown } from "#chat/selection-copy.js";
import { Shortcuts } from "#chat/shortcuts.js";
import { Summaries } from "#chat/summaries.js";
import { bringWhole } from "#chat/whole-branch.js";

/** @import { BranchReader } from "#chat/branch-reader.js" */
/** @import { Chat } from "#chat/chat.js" */
/** @import { Menu } from "#chat/menu.js" */
/** @import { Page } from "#chat/page.js" */
/** @import { Workspace } from "#chat/workspace.js" */

/**
 * @param {Chat} chat
 * @param {Workspace} workspace
 * @param {Page} page
 * @param {BranchReader} reader
 * @param {Menu} menu  of one conversation
 * @param {HTMLElement[]} early  what was clicked before this was there: done now
 * @returns {Summaries} which want to hear the server's frames
 */
export function addTheRest(chat, workspace, page, reader, menu, early) {
  keepOrder(chat, workspace, page, menu, early);
  readingActions(early);
  copySelectionsAsMarkdown(byId("log", HTMLElement));
  new Shortcuts(early);
  bringWhole(
    () => workspace.current.above !== null,
    async () => {
      await reader.whole(workspace.current);
      await page.bringAll();
    },
  );
  return new Summaries(workspace);
}
