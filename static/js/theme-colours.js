// The page's colours for what is drawn outside of its style sheets.

/** @typedef {{dark: boolean, text: string, soft: string, line: string, surface: string, fill: string, side: string}} Colours */

/** @returns {Colours} */
export function themeColours() {
  // Properties keep `light-dark(…)` as it is written; only a colour in use is one of both.
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  /** @param {string} property */
  const read = (property) => {
    probe.style.color = `var(${property})`;
    return getComputedStyle(probe).color;
  };
  const [text, soft, line] = ["--text", "--text-soft", "--line-strong"].map(read);
  const [surface, fill, side] = ["--surface", "--surface-own", "--surface-side"].map(read);
  probe.remove();
  return { dark: isDark(), text, soft, line, surface, fill, side };
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

/** @param {() => void} changed */
export function onThemeChange(changed) {
  new MutationObserver(changed).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
}
