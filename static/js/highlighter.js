// The worker that colours code. It imports nothing by name: import maps do not hold in workers.

/** @import hljs from "highlight.js" */

/** @typedef {{scope?: string, children: (string | Node)[]}} Node */
/** @typedef {{id: number, language?: string, code: string, library: string}} Question */

/** @type {Promise<typeof hljs | null> | null} */
let loading = null;
/** Milliseconds before what did not come is asked for again */
const PAUSE = 3000;
let failures = 0;
let failed = 0;
/** @type {Map<number, string[]>} the lines of the answer before, as JSON */
const answered = new Map();

addEventListener("message", ({ data }) => void answer(data));

/** @param {Question} question */
async function answer({ id, language, code, library }) {
  if (!language) return answered.delete(id);
  const hljs = await fetched(library);
  if (!hljs?.getLanguage(language)) return postMessage({ id, lines: null });
  const start = performance.now();
  const result = hljs.highlight(code, { language, ignoreIllegals: true });
  const lines = linesOf(result._emitter.rootNode);
  const encoded = lines.map((line) => JSON.stringify(line));
  const before = answered.get(id) ?? [];
  let from = 0;
  while (from < encoded.length && encoded[from] === before[from]) from += 1;
  answered.set(id, encoded);
  postMessage({ id, from, lines: lines.slice(from), took: performance.now() - start });
}

/**
 * @param {string} library
 * @returns {Promise<typeof hljs | null>} null while it cannot be fetched (see `scripts.js`)
 */
function fetched(library) {
  if (failures > 0 && performance.now() - failed < PAUSE) return Promise.resolve(null);
  loading ??= import(failures > 0 ? `${library}?again=${failures}` : library).then(
    (module) => module.default,
    () => {
      loading = null;
      failures += 1;
      failed = performance.now();
      return null;
    },
  );
  return loading;
}

/**
 * @param {Node} root
 * @returns {[string, string?][][]} per line, with its line break, the pieces with the innermost scope of each
 */
function linesOf(root) {
  /** @type {[string, string?][][]} */
  const lines = [[]];
  /**
   * @param {Node} node
   * @param {string | undefined} outer
   */
  const walk = (node, outer) => {
    const own = node.scope && !node.scope.startsWith("language:") ? node.scope.split(".")[0] : outer;
    for (const child of node.children) {
      if (typeof child === "string") addText(lines, child, own);
      else walk(child, own);
    }
  };
  walk(root, undefined);
  if (lines.at(-1)?.length === 0) lines.pop();
  return lines;
}

/**
 * @param {[string, string?][][]} lines
 * @param {string} text
 * @param {string | undefined} scope
 */
function addText(lines, text, scope) {
  for (const piece of text.split(/(?<=\n)/)) {
    if (piece) lines.at(-1)?.push(scope ? [piece, scope] : [piece]);
    if (piece.endsWith("\n")) lines.push([]);
  }
}
