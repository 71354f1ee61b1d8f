// The choice of light, dark or the system's theme in the account menu. `theme.js` applies it on the next page.

/** @param {HTMLElement} root  holds the radio buttons */
export function offerThemes(root) {
  const chosen = document.documentElement.dataset.theme ?? "";
  for (const input of root.querySelectorAll("input")) input.checked = input.value === chosen;
  root.addEventListener("change", (event) => {
    if (event.target instanceof HTMLInputElement) apply(event.target.value);
  });
}

/** @param {string} theme */
function apply(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // Storage is switched off: the choice holds for this page.
  }
}
