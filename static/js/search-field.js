// The search field: looks for titles while somebody types. Escape empties it; arrow down goes to what was found.

import { byId } from "#chat/elements.js";
import { gettext, ngettext } from "#chat/language.js";
import { announce, toast } from "#chat/notices.js";
import { readFound } from "#chat/reader.js";

/** @import { Sidebar } from "#chat/sidebar.js" */

/** Milliseconds of silence after which is looked */
const PAUSE = 120;

/**
 * @param {Sidebar} sidebar
 * @param {HTMLElement} nav
 */
export function searchField(sidebar, nav) {
  const field = byId("search", HTMLInputElement);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let asked = new AbortController();

  async function look() {
    asked.abort();
    asked = new AbortController();
    const words = field.value.trim();
    if (!words) return sidebar.showFound(null);
    const { signal } = asked;
    try {
      const found = await readFound(words, signal);
      if (signal.aborted || !found) return;
      sidebar.showFound(found);
      const count = found.conversations.length;
      announce(ngettext("{n} chat found", "{n} chats found", count));
    } catch {
      if (!signal.aborted) toast(gettext("The search did not work. Check your connection and try again."));
    }
  }

  // What was typed before this was there.
  if (field.value) void look();
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => void look(), PAUSE);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && field.value) {
      event.stopPropagation();
      field.value = "";
      void look();
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      nav.querySelector("a")?.focus();
    }
  });
  nav.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const links = [...nav.querySelectorAll("a")];
    const index = links.findIndex((link) => link === document.activeElement);
    if (!step || index < 0) return;
    event.preventDefault();
    (links[index + step] ?? (step < 0 ? field : links[index])).focus();
  });
}
