// Drags conversations into folders, and out of them onto the list. The menu's "Move" does the same without a pointer.

/** @import { Order } from "#chat/order.js" */
/** @import { Sidebar } from "#chat/sidebar.js" */

const TYPE = "application/x-chatsite-conversations";

/**
 * @param {HTMLElement} nav
 * @param {Sidebar} sidebar
 * @param {Order} order
 */
export function dragging(nav, sidebar, order) {
  /** @type {Element | null} */
  let over = null;

  /** @param {Element | null} target */
  function mark(target) {
    if (target === over) return;
    over?.classList.remove("drop-target");
    target?.classList.add("drop-target");
    over = target;
  }

  nav.addEventListener("dragstart", (event) => {
    const id = closest(event, "[data-conversation]")?.getAttribute("data-conversation");
    if (!id || !event.dataTransfer) return;
    const ids = sidebar.selection?.has(id) ? [...sidebar.selection] : [id];
    event.dataTransfer.setData(TYPE, JSON.stringify(ids));
    event.dataTransfer.effectAllowed = "copyMove";
  });
  nav.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes(TYPE)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    mark(closest(event, "[data-folder]") ?? nav);
  });
  nav.addEventListener("dragleave", (event) => {
    if (!(event.relatedTarget instanceof Node && nav.contains(event.relatedTarget))) mark(null);
  });
  nav.addEventListener("dragend", () => mark(null));
  nav.addEventListener("drop", (event) => {
    const data = event.dataTransfer?.getData(TYPE);
    mark(null);
    if (!data) return;
    event.preventDefault();
    /** @type {string[]} */
    const ids = JSON.parse(data);
    const folder = closest(event, "[data-folder]")?.getAttribute("data-folder") ?? null;
    const moved = ids.filter((id) => sidebar.row(id)?.folder !== folder);
    if (moved.length > 0) void order.arrange(moved, { folder });
  });
}

/**
 * @param {Event} event
 * @param {string} selector
 */
function closest(event, selector) {
  return event.target instanceof Element ? event.target.closest(selector) : null;
}
