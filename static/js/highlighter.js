// The worker that colours code. It imports nothing by name: import maps do not hold in workers.

/** @import hljs from "highlight.js" */

/** @typedef {{scope?: string, children: (string | Node)[]}} Node */
/** @typedef {{id: number, language?: string, code: string, library: string}} Question */

/** @type {Promise<typeof hljs> | null} */
let loading = null;
/** @type {Map<number, string[]>} the lines of the answer before, as JSON */
const answered = new Map();

addEventListener("message", ({ data }) => void answer(data));

/** @param {Question} question */
async function answer({ id, language, code, library }) {
  if (!language) return answered.delete(id);
  loading ??= import(library).then((module) => module.default);
  // What did not come is fetched anew for the next question.
  const hljs = await loading.catch(() => (loading = null));
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
