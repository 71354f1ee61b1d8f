// What clicks do, by the `data-action` of what was clicked.

import { AgainMenu } from "#chat/again-menu.js";
import { stepByKeys } from "#chat/alternatives.js";
import { AnswerView } from "#chat/answer-view.js";
import { copyWith } from "#chat/copying.js";
import { askTitle } from "#chat/dialogs.js";
import { byId, onAction, part } from "#chat/elements.js";
import { fetched } from "#chat/fetched.js";
import { OwnMessageView } from "#chat/own-message-view.js";
import { script } from "#chat/scripts.js";
import { openSettings } from "#chat/settings-button.js";

/** @import { Branching } from "#chat/branching.js" */
/** @import { Chat } from "#chat/chat.js" */
/** @import { Drawer } from "#chat/drawer.js" */
/** @import { Menu } from "#chat/menu.js" */
/** @import { Page } from "#chat/page.js" */
/** @import { Config } from "#chat/protocol.js" */
/** @import { Workspace } from "#chat/workspace.js" */

/**
 * @param {Config} config
 * @param {Branching} branching
 * @param {Chat} chat
 * @param {Workspace} workspace
 * @param {Page} page
 */
export function treeActions(config, branching, chat, workspace, page) {
  const again = new AgainMenu(config);
  stepByKeys(byId("log", HTMLElement), (message, step) => void branching.showAlternative(message, step));
  onAction(document, {
    "edit-message": (element) => branching.edit(messageId(element)),
    regenerate: (element) => branching.regenerate(messageId(element)),
    "regenerate-with": (element) => {
      const { id, generation } = workspace.current.message(messageId(element)) ?? {};
      if (id && generation) again.open(element, generation, (choice) => branching.regenerate(id, choice));
    },
    continue: (element) => branching.goOn(messageId(element)),
    "previous-alternative": (element) => void branching.showAlternative(messageId(element), -1),
    "next-alternative": (element) => void branching.showAlternative(messageId(element), 1),
    "try-again": (element) => {
      const send = workspace.outbox.get(messageId(element));
      if (send) chat.sendAgain(send);
      else branching.regenerate(messageId(element));
    },
    "chat-settings": () => void openSettings(config, chat, workspace, page),
  });
}

/**
 * @param {Chat} chat
 * @param {Workspace} workspace
 * @param {Page} page
 */
export function messageActions(chat, workspace, page) {
  onAction(document, {
    stop: () => chat.stop(),
    jump: () => page.jump(),
    suggest: (element) => page.suggest(element.textContent?.trim() ?? ""),
    "edit-unsent": (element) => {
      const send = workspace.outbox.take(messageId(element));
      if (send) page.suggest(send.command.text);
      if (send) page.giveBackFiles(send.files);
      chat.render();
    },
    "toggle-reasoning": (element) => {
      const view = page.messageView(messageId(element));
      if (view instanceof AnswerView) view.toggleReasoning();
    },
    "toggle-json": (element) => {
      const { json } = answerView(page, element) ?? {};
      json?.showAsText(!json.isText);
    },
    "fold-json": (element) => answerView(page, element)?.json?.foldAll(false),
    "unfold-json": (element) => answerView(page, element)?.json?.foldAll(true),
    "toggle-figures": (element) => {
      const figures = part(element.closest("article") ?? document, "figures");
      figures.hidden = !figures.hidden;
      element.setAttribute("aria-expanded", String(!figures.hidden));
    },
    "show-more": (element) => {
      const view = page.messageView(messageId(element));
      if (view instanceof OwnMessageView) view.showAll();
    },
    "preview-file": async (element) => {
      const id = element.closest("[data-attachment]")?.getAttribute("data-attachment");
      const come = await fetched(script("#chat/attachment-preview.js", () => import("#chat/attachment-preview.js")));
      if (id) await come?.preview(id);
    },
    "close-dialog": (element) => element.closest("dialog")?.close(),
    "copy-message": (element) => void copyWith(element, workspace.current.message(messageId(element))?.text ?? ""),
  });
}

/**
 * @param {Chat} chat
 * @param {Page} page
 * @param {Drawer} drawer
 * @param {Menu} menu  of one conversation
 */
export function conversationActions(chat, page, drawer, menu) {
  onAction(document, {
    "toggle-sidebar": () => drawer.toggle(),
    "conversation-menu": (element) => menu.open(element),
    "new-chat": (_element, event) => {
      if (opensElsewhere(event)) return;
      event?.preventDefault();
      page.pushAddress(null);
      drawer.closeIfNarrow();
      chat.showNew();
      page.focusComposer();
    },
    rename: async () => {
      const id = menu.subject;
      menu.close();
      const title = id && (await askTitle(page.sidebar.row(id)?.title ?? ""));
      if (id && title) chat.rename(id, title);
    },
    "open-conversation": (element, event) => {
      const id = element.closest("[data-conversation]")?.getAttribute("data-conversation");
      if (!id || opensElsewhere(event)) return;
      event?.preventDefault();
      // A click then ticks it.
      if (page.sidebar.selection) return;
      page.pushAddress(id);
      drawer.closeIfNarrow();
      void chat.open(id);
      page.focusComposer();
    },
  });
}

/** @param {Event} [event]  a click that the browser answers with another tab or window */
function opensElsewhere(event) {
  return event instanceof MouseEvent && (event.ctrlKey || event.metaKey || event.shiftKey);
}

/**
 * @param {Page} page
 * @param {HTMLElement} element
 */
function answerView(page, element) {
  const view = page.messageView(messageId(element));
  return view instanceof AnswerView ? view : null;
}

/** @param {HTMLElement} element */
function messageId(element) {
  return element.closest("article")?.dataset.message ?? "";
}
