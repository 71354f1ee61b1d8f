// Colours for code, from a worker: colouring a long file takes longer than a frame, and nothing here may hold up the page.

/** @typedef {[text: string, scope?: string][]} ColouredLine  with its line break */
/** @typedef {{id: number, from: number, lines: ColouredLine[], took: number}} Colours */

/** @type {Worker | null | undefined} null: there is none, and code stays without colours */
let worker;
/** @type {Map<number, (colours: Colours | null) => void>} by the code's id */
const waiting = new Map();

/**
 * @param {number} id  of the code; at most one question about it at a time
 * @param {string} language
 * @param {string} code
 * @returns {Promise<Colours | null>} the lines from the first that differs from the answer before; null without colours
 */
export function highlight(id, language, code) {
  worker ??= worker === undefined ? start() : null;
  if (!worker) return Promise.resolve(null);
  worker.postMessage({ id, language, code, library: import.meta.resolve("highlight.js") });
  return new Promise((resolve) => waiting.set(id, resolve));
}

/** @param {number} id  of code that is complete, or that begins anew */
export function forgetCode(id) {
  worker?.postMessage({ id });
}

function start() {
  try {
    const made = new Worker(import.meta.resolve("#chat/highlighter.js"), { type: "module" });
    made.addEventListener("message", ({ data }) => settle(data.id, data.lines ? data : null));
    made.addEventListener("error", () => {
      worker = null;
      for (const id of waiting.keys()) settle(id, null);
    });
    return made;
  } catch {
    return null;
  }
}

/**
 * @param {number} id
 * @param {Colours | null} colours
 */
function settle(id, colours) {
  waiting.get(id)?.(colours);
  waiting.delete(id);
}
