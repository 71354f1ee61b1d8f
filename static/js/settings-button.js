// The button that opens the chat's settings, and says whether there are any.

import { byId } from "#chat/elements.js";
import { fetched } from "#chat/fetched.js";
import { gettext } from "#chat/language.js";
import { script } from "#chat/scripts.js";

/** @import { Chat } from "#chat/chat.js" */
/** @import { Conversation } from "#chat/conversation.js" */
/** @import { Page } from "#chat/page.js" */
/** @import { ChatSettings, Config } from "#chat/protocol.js" */
/** @import { SettingsDialog } from "#chat/settings-dialog.js" */
/** @import { Workspace } from "#chat/workspace.js" */

/** @type {SettingsDialog | null} */
let dialog = null;

/**
 * @param {Config} config
 * @param {Chat} chat
 * @param {Workspace} workspace
 * @param {Page} page
 */
export async function openSettings(config, chat, workspace, page) {
  const conversation = workspace.current;
  const come = await fetched(script("#chat/settings-dialog.js", () => import("#chat/settings-dialog.js")));
  if (!come) return;
  dialog ??= new come.SettingsDialog(config);
  const { instructions, options } = conversation;
  dialog.open({ ...page.choice, instructions, options }, async (settings) => {
    await store(conversation, settings);
    if (conversation === workspace.current) page.choose(settings.model, settings.thinking);
    chat.render();
  });
}

/**
 * A chat that does not exist yet keeps its settings here until its first message takes them along.
 * @param {Conversation} conversation
 * @param {ChatSettings} settings
 */
async function store(conversation, { instructions, options }) {
  if (!conversation.id) {
    conversation.instructions = instructions;
    conversation.options = options;
    return;
  }
  const { saveSettings } = await script("#chat/presets.js", () => import("#chat/presets.js"));
  conversation.change(await saveSettings(conversation.id, { instructions, options }));
}

/** @param {Conversation} conversation */
export function paintSettings({ instructions, options }) {
  const button = byId("settings", HTMLButtonElement);
  const count = Object.keys(options).length + (instructions ? 1 : 0);
  // It is of no use before this script has run.
  button.disabled = false;
  button.classList.toggle("is-set", count > 0);
  button.setAttribute("aria-label", count > 0 ? gettext("Chat settings (changed)") : gettext("Chat settings"));
}
