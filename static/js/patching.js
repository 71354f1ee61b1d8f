// Brings nodes on the page in line with newly made ones, and touches what differs only: a selection stays, and so do
// code blocks with their colours and buttons.

import { CodeView } from "#chat/code.js";
import { diagramOf } from "#chat/diagram.js";

/**
 * @param {ChildNode[]} shown  neighbours on the page
 * @param {ChildNode[]} wanted  not on the page
 * @param {(node: ChildNode) => void} append  puts a node behind the last one shown
 * @returns {ChildNode[]} what is shown now
 */
export function patch(shown, wanted, append) {
  const result = wanted.map((node, index) => {
    const old = shown[index];
    if (!old) append(node);
    else if (!becomes(old, node)) old.replaceWith(node);
    else return old;
    return node;
  });
  for (const node of shown.slice(wanted.length)) node.remove();
  return result;
}

/**
 * @param {ChildNode} old
 * @param {ChildNode} wanted
 * @returns {boolean} whether `old` now looks like `wanted`
 */
function becomes(old, wanted) {
  if (old instanceof Text && wanted instanceof Text) {
    setText(old, wanted.data);
    return true;
  }
  if (!(old instanceof Element && wanted instanceof Element) || !alike(old, wanted)) return false;
  const code = CodeView.of(old);
  const next = CodeView.of(wanted);
  if (code && next) return code.takeOver(next);
  const diagram = diagramOf(old);
  if (diagram) return diagram.source === diagramOf(wanted)?.source;
  if (old instanceof HTMLElement) patch([...old.childNodes], [...wanted.childNodes], (node) => old.append(node));
  else if (!old.isEqualNode(wanted)) return false;
  return true;
}

/**
 * @param {Text} node
 * @param {string} text
 */
function setText(node, text) {
  if (text.startsWith(node.data)) {
    if (text.length > node.length) node.appendData(text.slice(node.length));
  } else {
    node.data = text;
  }
}

/**
 * @param {Element} one
 * @param {Element} other
 */
function alike(one, other) {
  if (one.tagName !== other.tagName || one.attributes.length !== other.attributes.length) return false;
  return [...one.attributes].every(({ name, value }) => other.getAttribute(name) === value);
}
