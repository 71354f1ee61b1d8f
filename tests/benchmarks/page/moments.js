// Runs before the page's own scripts: marks when something first is on the page, and counts what makes it stutter.
(() => {
  const wanted = {
    "list-shown": "#conversations a[href^='/c/']",
    "can-read": ".message-answer .prose > *",
  };
  const look = () => {
    for (const [name, selector] of Object.entries(wanted)) {
      if (performance.getEntriesByName(name).length === 0 && document.querySelector(selector)) performance.mark(name);
    }
    if (performance.now() < 10_000) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);

  const seen = { longest: 0, long: 0, shift: 0, frames: 0, slow: 0, since: performance.now() };
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      seen.long += 1;
      seen.longest = Math.max(seen.longest, duration);
    }
  }).observe({ type: "longtask" });
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) seen.shift += value;
  }).observe({ type: "layout-shift", buffered: true });
  let before = 0;
  const count = (now) => {
    seen.frames += 1;
    if (before && now - before > 34) seen.slow += 1;
    before = now;
    requestAnimationFrame(count);
  };
  requestAnimationFrame(count);

  // What was seen since the last call.
  window.seenSoFar = () => {
    const { frames, since, ...others } = seen;
    const now = performance.now();
    Object.assign(seen, { longest: 0, long: 0, shift: 0, frames: 0, slow: 0, since: now });
    return { ...others, frames, rate: (1000 * frames) / (now - since) };
  };
})();
