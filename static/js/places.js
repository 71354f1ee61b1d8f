// Where the reader was in each conversation: kept for this tab, so that a reload and a look into another conversation
// lead back to the same line. It holds ids and pixels, and no text.

/** @typedef {{message: string, offset: number}} Place  the first message on the screen, and where its top edge is */

const KEY = "places";
/** Conversations that are remembered */
const MOST = 50;

/**
 * @param {HTMLElement} scroller
 * @param {HTMLElement} log
 * @returns {Element | undefined} the first message on the screen
 */
export function firstOnScreen(scroller, log) {
  const { top } = scroller.getBoundingClientRect();
  // Messages stand below each other, so that the first on the screen is found by halving.
  const { children } = log;
  let [first, last] = [0, children.length - 1];
  while (first < last) {
    const middle = (first + last) >> 1;
    if (children[middle].getBoundingClientRect().bottom > top) last = middle;
    else first = middle + 1;
  }
  return children[first];
}

/**
 * @param {HTMLElement} scroller
 * @param {HTMLElement} log
 * @returns {Place | null}
 */
export function placeIn(scroller, log) {
  const { top } = scroller.getBoundingClientRect();
  const message = firstOnScreen(scroller, log);
  if (!(message instanceof HTMLElement) || !message.dataset.message) return null;
  return { message: message.dataset.message, offset: Math.round(message.getBoundingClientRect().top - top) };
}

/**
 * @param {string} conversation
 * @param {Place | null} place  null for the end, which needs no memory
 */
export function keepPlace(conversation, place) {
  const places = read();
  delete places[conversation];
  if (place) places[conversation] = place;
  const kept = Object.entries(places).slice(-MOST);
  try {
    sessionStorage.setItem(KEY, JSON.stringify(Object.fromEntries(kept)));
  } catch {
    // Storage is switched off: the next visit begins at the end.
  }
}

/**
 * @param {string} conversation
 * @returns {Place | null}
 */
export function keptPlace(conversation) {
  return read()[conversation] ?? null;
}

/** @returns {Record<string, Place>} */
function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "{}");
  } catch {
    return {};
  }
}
