// The choice of light, dark or the system's theme in the account menu. `theme.js` applies it on the next page,
// and other tabs follow at once.

/** @param {HTMLElement} root  holds the radio buttons */
export function offerThemes(root) {
  const chosen = document.documentElement.dataset.theme ?? "";
  for (const input of root.querySelectorAll("input")) input.checked = input.value === chosen;
  root.addEventListener("change", (event) => {
    if (event.target instanceof HTMLInputElement) apply(event.target.value);
  });
  addEventListener("storage", (event) => {
    if (event.key !== "theme") return;
    show(event.newValue ?? "");
    for (const input of root.querySelectorAll("input")) input.checked = input.value === (event.newValue ?? "");
  });
}

/** @param {string} theme */
function apply(theme) {
  show(theme);
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // Storage is switched off: the choice holds for this page.
  }
}

/** @param {string} theme  "" for the system's */
function show(theme) {
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}
