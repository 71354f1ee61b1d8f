// TeX in Markdown: $…$ and \(…\) within a line, $$…$$ and \[…\] as blocks of their own. A markdown-it plugin; it leaves
// the TeX as text in elements that `math.js` typesets.

/** @import { MarkdownIt, StateBlock, StateInline, Token } from "markdown-it" */

const CLOSING = /** @type {const} */ ({ $$: "$$", "\\[": "\\]" });
/** A block that is not closed within so many lines is no formula but a stray delimiter. */
export const LONGEST_BLOCK = 80;

/**
 * @param {string} line
 * @returns {{tex: string, closing: string, closed: boolean} | null}  what a line that begins a formula block says
 */
export function mathOpening(line) {
  const opening = /^ {0,3}(\$\$|\\\[)(.*)$/s.exec(line.trimEnd());
  if (!opening) return null;
  const closing = CLOSING[/** @type {keyof typeof CLOSING} */ (opening[1])];
  const end = opening[2].indexOf(closing);
  if (end < 0) return { tex: opening[2], closing, closed: false };
  const isWhole = end + closing.length === opening[2].length && opening[2].slice(0, end).trim() !== "";
  return isWhole ? { tex: opening[2].slice(0, end), closing, closed: true } : null;
}

/**
 * @param {string} line
 * @param {string} closing
 */
export function closesMath(line, closing) {
  return line.trimEnd().endsWith(closing);
}

/** @param {MarkdownIt} md */
export function mathSyntax(md) {
  md.block.ruler.before("fence", "math_block", mathBlock, { alt: ["paragraph", "reference", "blockquote", "list"] });
  md.inline.ruler.before("escape", "math_inline", mathInline);
  md.renderer.rules.math_block = (tokens, index) => render(md, tokens[index], "div", "display");
  md.renderer.rules.math_inline = (tokens, index) => render(md, tokens[index], "span", tokens[index].info || "inline");
}

/**
 * @param {MarkdownIt} md
 * @param {Token} token
 * @param {"div" | "span"} tag
 * @param {string} kind
 */
function render(md, token, tag, kind) {
  const tex = md.utils.escapeHtml(token.content.trim());
  return `<${tag} class="math" data-math="${token.meta?.pending ? "pending" : kind}">${tex}</${tag}>`;
}

/**
 * @param {StateBlock} state
 * @param {number} startLine
 * @param {number} endLine
 * @param {boolean} silent
 */
function mathBlock(state, startLine, endLine, silent) {
  if (state.sCount[startLine] - state.blkIndent >= 4) return false;
  /** @param {number} line */
  const lineAt = (line) => state.src.slice(state.bMarks[line] + state.tShift[line], state.eMarks[line]);
  const opening = mathOpening(lineAt(startLine));
  if (!opening) return false;
  const lines = [opening.tex];
  let line = startLine;
  let closed = opening.closed;
  while (!closed && line + 1 < endLine && line - startLine < LONGEST_BLOCK) {
    line += 1;
    if (state.sCount[line] < state.blkIndent && !state.isEmpty(line)) break;
    closed = closesMath(lineAt(line), opening.closing);
    lines.push(closed ? lineAt(line).trimEnd().slice(0, -opening.closing.length) : lineAt(line));
  }
  if (!closed && !state.env.streaming) return false;
  if (silent) return true;
  const token = state.push("math_block", "div", 0);
  token.block = true;
  token.content = lines.join("\n");
  token.map = [startLine, line + 1];
  token.meta = { pending: !closed };
  state.line = line + 1;
  return true;
}

/**
 * @param {StateInline} state
 * @param {boolean} silent
 */
function mathInline(state, silent) {
  const found = formulaAt(state.src, state.pos);
  if (!found) return false;
  if (!silent) {
    const token = state.push("math_inline", "span", 0);
    token.content = found.tex;
    token.info = found.display ? "display" : "inline";
  }
  state.pos = found.end;
  return true;
}

/**
 * @param {string} text
 * @param {number} start
 * @returns {{tex: string, end: number, display: boolean} | null}
 */
export function formulaAt(text, start) {
  if (text.startsWith("\\(", start)) return delimited(text, start, "\\)", false);
  if (text.startsWith("\\[", start)) return delimited(text, start, "\\]", true);
  if (text.startsWith("$$", start)) return delimited(text, start, "$$", true);
  return text[start] === "$" ? dollars(text, start) : null;
}

/**
 * @param {string} text
 * @param {number} start
 * @param {string} closing
 * @param {boolean} display
 */
function delimited(text, start, closing, display) {
  const end = text.indexOf(closing, start + 2);
  const tex = text.slice(start + 2, end);
  return end < 0 || !tex.trim() ? null : { tex, end: end + 2, display };
}

/**
 * Pandoc's rule keeps most prices out: no space inside the dollars, no digit behind them. What it lets through
 * ("$5 and 6$") is taken for prose when it begins like an amount and contains words but nothing of TeX.
 * @param {string} text
 * @param {number} start
 */
function dollars(text, start) {
  if (/[\s$]/.test(text[start + 1] ?? " ")) return null;
  for (let end = start + 1; end < text.length; end += 1) {
    if (text[end] === "\\") end += 1;
    else if (text[end] === "$") {
      const tex = text.slice(start + 1, end);
      const isProse = /^[\d.,]+[\s,.]*[a-z]{2,}/i.test(tex) && !/[\\^_{}=+<>]/.test(tex);
      const isFormula = !/\s$/.test(tex) && !/[\d$]/.test(text[end + 1] ?? "") && !isProse;
      return isFormula ? { tex, end: end + 1, display: false } : null;
    }
  }
  return null;
}
