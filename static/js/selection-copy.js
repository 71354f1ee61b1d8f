// Copying a selection out of an answer gives Markdown as plain text, so that lists, code and tables survive the way into
// an editor. Programs that take formatted text still get it.

import { markdownOf } from "#chat/markdown-of.js";

/** What makes plain text lose something. Within one paragraph or one block of code nothing is lost. */
const STRUCTURE = "p, li, h1, h2, h3, h4, h5, h6, strong, em, s, a, code, pre, table, math, blockquote";

/** @param {HTMLElement} log */
export function copySelectionsAsMarkdown(log) {
  log.addEventListener("copy", (event) => {
    const selection = getSelection();
    if (!selection || selection.isCollapsed || !event.clipboardData || selection.rangeCount === 0) return;
    const range = selection.getRangeAt(0);
    const inside = elementOf(range.commonAncestorContainer);
    if (inside?.closest("pre, textarea, .own-text, math") || !log.contains(inside)) return;
    const fragment = range.cloneContents();
    if (!fragment.querySelector(STRUCTURE)) return;
    const holder = document.createElement("div");
    holder.append(wrapped(fragment, inside));
    event.clipboardData.setData("text/plain", markdownOf(holder));
    event.clipboardData.setData("text/html", withoutControls(holder).innerHTML);
    event.preventDefault();
  });
}

/**
 * A range inside of one list or table holds its items or rows without the list or table.
 * @param {DocumentFragment} fragment
 * @param {Element | null} inside
 * @returns {Node}
 */
function wrapped(fragment, inside) {
  const outer = inside?.closest("ul, ol, table, pre");
  if (!outer || !/^(UL|OL|TABLE|TBODY|THEAD|TR)$/.test(inside?.tagName ?? "")) return fragment;
  const shell = /** @type {Element} */ (outer.cloneNode(false));
  shell.append(fragment);
  return shell;
}

/** @param {Element} holder */
function withoutControls(holder) {
  for (const control of holder.querySelectorAll("button, figcaption, .message-actions, .figures, [hidden]")) control.remove();
  return holder;
}

/** @param {Node} node */
function elementOf(node) {
  return node instanceof Element ? node : node.parentElement;
}
