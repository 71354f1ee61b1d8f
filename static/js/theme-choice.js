// The choice of light, dark or the system's theme in the account menu. The server remembers it for all devices, and draws
// the next page with it; other tabs follow at once.

import { gettext } from "#chat/language.js";
import { toast } from "#chat/notices.js";
import { change } from "#chat/requests.js";

/** @param {HTMLElement} root  holds the radio buttons */
export function offerThemes(root) {
  check();
  root.addEventListener("change", (event) => {
    if (event.target instanceof HTMLInputElement) void choose(event.target.value);
  });
}

/** @param {string} theme  "" for the system's */
export function applyTheme(theme) {
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // Storage is switched off; the server remembers.
  }
  check();
}

/** @param {string} theme */
async function choose(theme) {
  applyTheme(theme);
  try {
    await change("PATCH", "/settings/preferences/", { theme });
  } catch {
    toast(gettext("The theme could not be saved: it holds for this page."));
  }
}

function check() {
  const chosen = document.documentElement.dataset.theme ?? "";
  /** @type {NodeListOf<HTMLInputElement>} */
  const inputs = document.querySelectorAll("[data-theme-choice] input");
  for (const input of inputs) input.checked = input.value === chosen;
}
