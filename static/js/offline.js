// What the service worker is for: a page of its own instead of the browser's error while the server cannot be reached.

/** Asks for it once the page has all that it needs itself. */
export function prepareForOffline() {
  if (!("serviceWorker" in navigator)) return;
  const register = () => void navigator.serviceWorker.register("/service-worker.js").catch(() => {
    // Not over plain http on a network, and in some private windows: the page works without.
  });
  if (document.readyState === "complete") register();
  else addEventListener("load", register, { once: true });
}
