// Formatted text back to Markdown, for what is copied out of an answer.

import { rowsOf } from "#chat/table.js";

const AROUND = { STRONG: "**", B: "**", EM: "*", I: "*", S: "~~", DEL: "~~" };
const LEFT_OUT = "button, figcaption, .message-actions, [hidden], .visually-hidden";

/**
 * @param {Node} root  whose children are translated; they may be parts of what was on the page
 * @returns {string}
 */
export function markdownOf(root) {
  return blocks(root).replace(/\n{3,}/g, "\n\n").trim();
}

/** @param {Node} parent */
function blocks(parent) {
  let text = "";
  for (const child of parent.childNodes) {
    text += isBlock(child) ? `\n\n${block(/** @type {Element} */ (child))}\n\n` : inline(child);
  }
  return text;
}

/** @param {Node} node */
function isBlock(node) {
  return node instanceof Element && /^(P|H[1-6]|UL|OL|PRE|FIGURE|BLOCKQUOTE|HR|TABLE|DIV|ARTICLE|LI)$/.test(node.tagName);
}

/**
 * @param {Element} element
 * @returns {string}
 */
function block(element) {
  if (element.matches(LEFT_OUT)) return "";
  if (element.matches("[data-math]")) return formula(element);
  const pre = element.matches("figure") ? element.querySelector("pre") : element.closest("pre");
  if (pre) return fenced(pre);
  const table = element.matches("figure, div, table") ? element.querySelector("table") ?? (element.matches("table") ? element : null) : null;
  if (table instanceof HTMLTableElement && table.rows.length > 0 && !element.matches("article, .prose")) return tableText(table);
  switch (element.tagName) {
    case "HR":
      return "---";
    case "UL":
    case "OL":
      return list(element);
    case "BLOCKQUOTE":
      return markdownOf(element).replace(/^/gm, "> ").replace(/^> $/gm, ">");
    case "P":
      return inlines(element).trim();
  }
  const heading = /^H([1-6])$/.exec(element.tagName);
  return heading ? `${"#".repeat(Number(heading[1]))} ${inlines(element).trim()}` : markdownOf(element);
}

/** @param {Element} element */
function list(element) {
  let number = Number(element.getAttribute("start") ?? 1);
  const isLoose = element.querySelector(":scope > li > p") !== null;
  const items = [...element.children].map((item) => {
    const marker = element.tagName === "OL" ? `${number++}. ` : "- ";
    const text = isLoose ? markdownOf(item) : markdownOf(item).replace(/\n\n(?=\s*(?:[-*+]|\d+\.) )/g, "\n");
    return marker + text.replace(/^☐ /, "[ ] ").replace(/^☑ /, "[x] ").replace(/\n(?=.)/g, `\n${" ".repeat(marker.length)}`);
  });
  return items.join(isLoose ? "\n\n" : "\n");
}

/** @param {Element} pre */
function fenced(pre) {
  const figure = pre.closest("figure");
  const language = figure?.getAttribute("data-language") ?? (figure?.matches(".diagram") ? "mermaid" : "");
  const code = (pre.textContent ?? "").replace(/\n$/, "");
  const longest = Math.max(2, ...[...code.matchAll(/`+/g)].map(([marks]) => marks.length));
  const marks = "`".repeat(longest + 1);
  return `${marks}${language}\n${code}\n${marks}`;
}

/** @param {HTMLTableElement} table */
function tableText(table) {
  const rows = rowsOf(table).map((cells) => cells.map((cell) => cell.replaceAll("|", "\\|").replace(/\s*\n\s*/g, " ")));
  const lines = rows.map((cells) => `| ${cells.join(" | ")} |`);
  const cells = [...(table.rows[0]?.cells ?? [])].map((cell) => alignment(cell.className));
  return [lines[0], `| ${cells.join(" | ")} |`, ...lines.slice(1)].join("\n");
}

/** @param {string} className */
function alignment(className) {
  if (className.includes("align-center")) return ":---:";
  if (className.includes("align-right")) return "---:";
  return className.includes("align-left") ? ":---" : "---";
}

/** @param {Node} parent */
function inlines(parent) {
  return [...parent.childNodes].map(inline).join("");
}

/**
 * @param {Node} node
 * @returns {string}
 */
function inline(node) {
  if (node instanceof Text) return node.data;
  if (!(node instanceof Element) || node.matches(LEFT_OUT)) return "";
  if (node.matches("[data-math]")) return formula(node);
  if (node.tagName === "BR") return "  \n";
  if (node.tagName === "CODE") return codeSpan(node.textContent ?? "");
  const text = inlines(node);
  const around = AROUND[/** @type {keyof typeof AROUND} */ (node.tagName)];
  if (around && text.trim()) return around + text + around;
  const address = node.tagName === "A" ? node.getAttribute("href") : null;
  if (!address) return text;
  return address === text ? text : `[${text}](${address})`;
}

/** @param {string} code */
function codeSpan(code) {
  const marks = code.includes("`") ? "``" : "`";
  return marks.length > 1 ? `${marks} ${code} ${marks}` : marks + code + marks;
}

/** @param {Element} element */
function formula(element) {
  const tex = (element.querySelector("annotation")?.textContent ?? element.textContent ?? "").trim();
  return element.getAttribute("data-math") === "display" ? `$$\n${tex}\n$$` : `$${tex}$`;
}
