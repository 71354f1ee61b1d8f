// Puts the page together.

import { conversationActions, messageActions, treeActions } from "#chat/actions.js";
import { BranchReader } from "#chat/branch-reader.js";
import { Branching } from "#chat/branching.js";
import { Chat } from "#chat/chat.js";
import { ConnectionNotice } from "#chat/connection-notice.js";
import { ContextRoom } from "#chat/context-room.js";
import { Conversation } from "#chat/conversation.js";
import { Drawer } from "#chat/drawer.js";
import { EarlyClick } from "#chat/early-click.js";
import { byId, fromJson, onAction } from "#chat/elements.js";
import { fetchFormatting } from "#chat/formatted-text.js";
import { Inbox } from "#chat/inbox.js";
import { gettext } from "#chat/language.js";
import { Menu } from "#chat/menu.js";
import { toast } from "#chat/notices.js";
import { prepareForOffline } from "#chat/offline.js";
import { Page } from "#chat/page.js";
import { script, scriptInTime } from "#chat/scripts.js";
import { Socket } from "#chat/socket.js";
import { offerThemes } from "#chat/theme-choice.js";
import { isUnfinished } from "#chat/transcript.js";
import { followKeyboard } from "#chat/viewport.js";
import { Workspace } from "#chat/workspace.js";

/** @import { DraftRow } from "#chat/drafts.js" */
/** @import { Config, ConversationContent, SidebarPage } from "#chat/protocol.js" */

const config = /** @type {Config} */ (fromJson("chat-config"));
const conversations = /** @type {SidebarPage} */ (fromJson("chat-conversations"));
const content = /** @type {ConversationContent | null} */ (fromJson("chat-messages"));
const draft = /** @type {DraftRow | null} */ (fromJson("chat-draft"));

const workspace = new Workspace();
const notice = new ConnectionNotice();
const reader = new BranchReader((conversation, rows) => {
  if (conversation !== workspace.current) return;
  chat.render();
  // What was said of them before was not understood here.
  if (rows.some(({ generation }) => isUnfinished(generation))) chat.follow();
});
const readAbove = () => reader.above(workspace.current);
const page = new Page(config, conversations, (text) => chat.send(text), readAbove);
const socket = new Socket({
  user: config.user.email,
  connect: () => new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/`),
  greet: (isFirst) => {
    chat.follow();
    // What happened while there was no connection was told to nobody.
    if (!isFirst) void page.sidebar.refresh();
    void summaries?.refresh();
    room.reconnect();
    page.drafts.reconnect();
  },
  onFrame: (frame) => {
    inbox.receive(frame);
    summaries?.receive(frame);
    room.receive(frame);
    page.drafts.receive(frame);
  },
  onState: (state) => {
    if (state === "other-person") return leave();
    notice.show(state);
    chat.render();
  },
});
const chat = new Chat(workspace, page, socket, reader);
const branching = new Branching(chat, workspace, page, reader, (command) => socket.send(command));
const inbox = new Inbox(workspace, page, chat, branching);
/** @type {import("#chat/summaries.js").Summaries | null} */
let summaries = null;
const room = new ContextRoom(workspace, chat);

messageActions(chat, workspace, page);
treeActions(config, branching, chat, workspace, page);
const menu = new Menu("conversation-menu");
conversationActions(chat, page, new Drawer(), menu);
onAction(byId("connection", HTMLElement), { reconnect: () => socket.wake() });
for (const root of document.querySelectorAll("[data-theme-choice]")) offerThemes(/** @type {HTMLElement} */ (root));

followKeyboard();
prepareForOffline();

const first = content ? Conversation.of(content) : new Conversation();
if (draft) page.drafts.learn(draft, first);
// What the page came with is formatted at once; its modules were fetched side by side with this one.
if (content) await fetchFormatting();
chat.show(first);
performance.mark("can-write");
socket.start();
// Nobody waits for it: writing comes first.
const early = new EarlyClick();
const rest = /** @type {const} */ (["#chat/later.js", () => import("#chat/later.js")]);
script(...rest).catch(() => toast(gettext("Parts of this page have not come yet: menus and search do nothing until they have. They are fetched again by themselves.")));
void scriptInTime(...rest).then(({ addTheRest }) => {
  summaries = addTheRest(chat, workspace, page, reader, menu, early.take());
  if (socket.state === "open") void summaries.refresh();
  performance.mark("later");
  // The first answer comes soon.
  void fetchFormatting();
});

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
