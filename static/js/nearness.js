// Waits until something comes near the screen: what nobody looks at needs no colours and no pictures.

/** @type {Map<Element, () => void>} */
const waiting = new Map();
/** @type {IntersectionObserver | null} */
let observer = null;

/**
 * @param {Element} element  on the page
 * @returns {Promise<void>}
 */
export function near(element) {
  observer ??= new IntersectionObserver(settle, { rootMargin: "400px" });
  observer.observe(element);
  return new Promise((resolve) => waiting.set(element, resolve));
}

/** @param {IntersectionObserverEntry[]} entries */
function settle(entries) {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting && target.isConnected) continue;
    observer?.unobserve(target);
    waiting.get(target)?.();
    waiting.delete(target);
  }
}
