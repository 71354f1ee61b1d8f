// Figures that follow what happens: asked for again every few seconds, as long as somebody looks.

const EVERY = 3000;

/** Follow all blocks with `data-live`, the address of their figures as JSON. */
export function followFigures() {
  for (const block of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-live]"))) {
    setInterval(() => void (document.hidden || renew(block)), EVERY);
  }
}

/** @param {HTMLElement} block */
async function renew(block) {
  const answer = await fetch(block.dataset.live ?? "", { headers: { Accept: "application/json" } }).catch(() => null);
  // What stands there is old then, and the next turn may have better luck.
  block.classList.toggle("report-stale", !answer?.ok);
  if (!answer?.ok) return;
  const figures = /** @type {Record<string, unknown>} */ (await answer.json());
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (block.querySelectorAll("[data-live-figure]"))) {
    const text = String(figures[element.dataset.liveFigure ?? ""] ?? "–");
    if (element.textContent !== text) element.textContent = text;
  }
}
