// Applies the chosen theme before the first paint. A classic script in <head>, since modules run too late for that.
// Pages of a signed-in person come with their theme; others (the sign-in page) take what this browser saw last. That
// ("light" or "dark"; nothing for the system's) is no secret, so it may stay in localStorage.

(() => {
  const root = document.documentElement;
  try {
    if (root.dataset.themeOf === "person") localStorage.setItem("theme", root.dataset.theme ?? "");
    else {
      const theme = localStorage.getItem("theme");
      if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    }
  } catch {
    // Storage is switched off: the system's theme it is.
  }
})();
