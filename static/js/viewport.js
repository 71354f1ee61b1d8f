// The height that is left above a phone's keyboard. Browsers that resize the page for it (`interactive-widget`) need no
// help; Safari covers the page, and would scroll the composer's conversation out of sight.

export function followKeyboard() {
  const viewport = window.visualViewport;
  if (!viewport) return;
  const fit = () => {
    // Zoomed in by two fingers, the visible part says nothing about a keyboard.
    const covered = viewport.scale > 1.01 ? 0 : window.innerHeight - viewport.height;
    const root = document.documentElement;
    if (covered > 60) root.style.setProperty("--height-page", `${viewport.height}px`);
    else root.style.removeProperty("--height-page");
    if (covered > 60) window.scrollTo(0, 0);
  };
  viewport.addEventListener("resize", fit);
}
