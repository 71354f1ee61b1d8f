// Markdown to HTML text. Pure. Whatever the text says, the HTML loads nothing and links to http, https and mailto only.

import MarkdownIt from "markdown-it";
import { languageOf } from "#chat/code-language.js";
import { mathSyntax } from "#chat/math-syntax.js";

/** @import { Env, StateCore } from "markdown-it" */

export const SAFE_LINK = /^(https?:|mailto:)/i;

const md = new MarkdownIt({ html: false, linkify: true, breaks: false });
// "main.py" and "README.md" would become links to Paraguay and Moldova.
md.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
md.validateLink = (url) => SAFE_LINK.test(url.trim());
md.use(mathSyntax);
md.core.ruler.push("table_alignment", alignByClass);
md.core.ruler.push("list_items_apart", setItemsApart);
md.core.ruler.push("direction", giveDirections);
md.core.ruler.after("inline", "tasks", drawTasks);

const { escapeHtml } = md.utils;

// An image from elsewhere would tell its host who reads what, and when. It becomes a link.
md.renderer.rules.image = (tokens, index) => {
  const token = tokens[index];
  const address = String(token.attrGet("src") ?? "");
  return `${linkStart(address)}${escapeHtml(token.content || address)}</a>`;
};
md.renderer.rules.link_open = (tokens, index) => {
  const { markup } = tokens[index];
  return linkStart(String(tokens[index].attrGet("href") ?? ""), markup === "linkify" || markup === "autolink");
};
md.renderer.rules.table_open = () => '<div class="table-scroll" tabindex="0"><table dir="auto">';
md.renderer.rules.table_close = () => "</table></div>";
md.renderer.rules.fence = (tokens, index) => codeBlock(tokens[index].content, tokens[index].info);
md.renderer.rules.code_block = (tokens, index) => codeBlock(tokens[index].content, "");

/**
 * @param {string} text  one block, or a whole text
 * @param {Env} [env]  shared by the blocks of one text: link references are collected in it;
 *   `streaming` says that the text may end in the middle of a formula, `loose` that its list is one whose items stand apart
 * @returns {string} HTML
 */
export function toHtml(text, env = {}) {
  return md.render(text, env);
}

/**
 * @param {string} address
 * @param {boolean} [isBare]  whether the address itself is the link's text
 */
function linkStart(address, isBare = false) {
  return `<a${isBare ? ' class="bare"' : ""} href="${escapeHtml(address)}" target="_blank" rel="noopener noreferrer nofollow">`;
}

/**
 * @param {string} code
 * @param {string} info
 */
function codeBlock(code, info) {
  return `<pre data-language="${escapeHtml(languageOf(info))}"><code>${escapeHtml(code)}</code></pre>\n`;
}

/**
 * markdown-it aligns cells by inline styles, which the content security policy forbids.
 * @param {StateCore} state
 */
function alignByClass(state) {
  for (const token of state.tokens) {
    const style = token.attrGet("style");
    if (!style) continue;
    token.attrs = (token.attrs ?? []).filter(([name]) => name !== "style");
    token.attrSet("class", String(style).replace(/^text-align:\s*/, "align-"));
  }
}

/**
 * In a list whose items stand apart each item's text is a paragraph; an item alone does not know it.
 * @param {StateCore} state
 */
function setItemsApart(state) {
  if (!state.env.loose) return;
  for (const token of state.tokens) if (token.level === 2 && token.type.startsWith("paragraph")) token.hidden = false;
}

/**
 * Each outermost block goes in the direction of its first letters, so that languages can be mixed.
 * @param {StateCore} state
 */
function giveDirections(state) {
  for (const token of state.tokens) {
    if (token.level === 0 && token.nesting === 1 && token.type !== "table_open") token.attrSet("dir", "auto");
  }
}

/**
 * "[ ]" and "[x]" at the beginning of a list item are boxes.
 * @param {StateCore} state
 */
function drawTasks({ tokens }) {
  tokens.forEach((token, index) => {
    const first = token.type === "inline" && tokens[index - 2]?.type === "list_item_open" ? token.children?.[0] : null;
    if (first?.type !== "text") return;
    first.content = first.content.replace(/^\[([ xX])\] (?=.)/, (_all, mark) => (mark === " " ? "☐ " : "☑ "));
  });
}
