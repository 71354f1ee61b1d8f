// Puts the page together.

import { conversationActions, messageActions, treeActions } from "#chat/actions.js";
import { Branching } from "#chat/branching.js";
import { Chat } from "#chat/chat.js";
import { ConnectionNotice } from "#chat/connection-notice.js";
import { ContextRoom } from "#chat/context-room.js";
import { Conversation } from "#chat/conversation.js";
import { Drawer } from "#chat/drawer.js";
import { byId, fromJson, onAction } from "#chat/elements.js";
import { Inbox } from "#chat/inbox.js";
import { prepareForOffline } from "#chat/offline.js";
import { Page } from "#chat/page.js";
import { Shortcuts } from "#chat/shortcuts.js";
import { readingActions } from "#chat/reading-actions.js";
import { copySelectionsAsMarkdown } from "#chat/selection-copy.js";
import { Socket } from "#chat/socket.js";
import { Summaries } from "#chat/summaries.js";
import { offerThemes } from "#chat/theme-choice.js";
import { followKeyboard } from "#chat/viewport.js";
import { Workspace } from "#chat/workspace.js";

/** @import { DraftRow } from "#chat/drafts.js" */
/** @import { Config, ConversationContent, ConversationPage } from "#chat/protocol.js" */

const config = /** @type {Config} */ (fromJson("chat-config"));
const conversations = /** @type {ConversationPage} */ (fromJson("chat-conversations"));
const content = /** @type {ConversationContent | null} */ (fromJson("chat-messages"));
const draft = /** @type {DraftRow | null} */ (fromJson("chat-draft"));

const workspace = new Workspace();
const notice = new ConnectionNotice();
const page = new Page(config, conversations, (text) => chat.send(text));
const socket = new Socket({
  user: config.user.email,
  connect: () => new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/`),
  greet: () => {
    chat.follow();
    void summaries.refresh();
    room.reconnect();
    page.drafts.reconnect();
  },
  onFrame: (frame) => {
    inbox.receive(frame);
    summaries.receive(frame);
    room.receive(frame);
    page.drafts.receive(frame);
  },
  onState: (state) => {
    if (state === "other-person") return leave();
    notice.show(state);
    chat.render();
  },
});
const chat = new Chat(workspace, page, socket);
const branching = new Branching(chat, workspace, page, (command) => socket.send(command));
const inbox = new Inbox(workspace, page, chat, branching);
const summaries = new Summaries(workspace);
const room = new ContextRoom(workspace, chat);

messageActions(chat, workspace, page);
treeActions(config, branching, chat, workspace, page);
conversationActions(chat, page, new Drawer());
readingActions();
copySelectionsAsMarkdown(byId("log", HTMLElement));
onAction(byId("connection", HTMLElement), { reconnect: () => socket.wake() });
for (const root of document.querySelectorAll("[data-theme-choice]")) offerThemes(/** @type {HTMLElement} */ (root));

new Shortcuts();
followKeyboard();
prepareForOffline();

const first = content ? Conversation.of(content) : new Conversation();
if (draft) page.drafts.learn(draft, first);
chat.show(first);
socket.start();

/** Somebody else has signed in with this browser: what is on this page is not for their eyes. */
function leave() {
  removeEventListener("beforeunload", warn);
  document.body.hidden = true;
  location.replace("/");
}

/** @param {Event} event */
function warn(event) {
  if (page.hasUnsaved || workspace.outbox.hasUnsent || socket.isWaiting) event.preventDefault();
}

addEventListener("popstate", () => {
  if (page.addressed) void chat.open(page.addressed);
  else chat.showNew();
});
addEventListener("online", () => socket.wake());
addEventListener("pageshow", (event) => event.persisted && socket.wake());
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && socket.wake());
addEventListener("beforeunload", warn);
