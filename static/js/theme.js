// Applies the chosen theme before the first paint. A classic script in <head>, since modules run too late for that.
// The choice ("light" or "dark"; nothing for the system's) is no secret, so it may stay in localStorage.

(() => {
  let theme = null;
  try {
    theme = localStorage.getItem("theme");
  } catch {
    // Storage is switched off: the system's theme it is.
  }
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
})();
