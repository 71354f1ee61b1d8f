// Typed access to the page's elements. The templates promise them; a missing one is a mistake and fails at once.

/**
 * @template {Element} T
 * @param {string} id
 * @param {{new (): T}} type
 * @returns {T}
 */
export function byId(id, type) {
  return found(document.getElementById(id), type, `#${id}`);
}

/**
 * @param {ParentNode} root
 * @param {string} name  of the descendant with this data-part
 * @returns {HTMLElement}
 */
export function part(root, name) {
  return found(root.querySelector(`[data-part="${name}"]`), HTMLElement, name);
}

/**
 * @param {string} id  of a <template>
 * @returns {HTMLElement} a copy of its first element
 */
export function fromTemplate(id) {
  const template = byId(id, HTMLTemplateElement);
  return found(document.importNode(template.content, true).firstElementChild, HTMLElement, id);
}

/**
 * @template T
 * @param {string} id  of a JSON script element
 * @returns {T | null} null when the page has none
 */
export function fromJson(id) {
  const element = document.getElementById(id);
  return element ? JSON.parse(element.textContent ?? "null") : null;
}

/**
 * Calls the handler named by the `data-action` of what was clicked.
 * @param {Element | Document} root
 * @param {Record<string, (element: HTMLElement, event?: Event) => void>} handlers
 * @param {HTMLElement[]} [early]  what was clicked before: done now
 */
export function onAction(root, handlers, early = []) {
  root.addEventListener("click", (event) => {
    const element = event.target instanceof Element ? event.target.closest("[data-action]") : null;
    if (element instanceof HTMLElement) handlers[element.dataset.action ?? ""]?.(element, event);
  });
  for (const element of early) handlers[element.dataset.action ?? ""]?.(element);
}

/**
 * @template {Element} T
 * @param {Element | null} element
 * @param {{new (): T}} type
 * @param {string} what
 * @returns {T}
 */
function found(element, type, what) {
  if (element instanceof type) return element;
  throw new Error(`The page lacks ${what}.`);
}
