// Changes of the page, gathered: however many frames arrive, each view is painted once a screen refresh.

/** @type {Set<() => void>} */
const due = new Set();

/** @param {() => void} paint  the same function counts once */
export function paintSoon(paint) {
  if (due.size === 0) requestAnimationFrame(paintAll);
  due.add(paint);
}

function paintAll() {
  const now = [...due];
  due.clear();
  for (const paint of now) paint();
}
