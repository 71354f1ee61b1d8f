// Draws diagrams in one sandboxed frame that has an origin of its own, no network, and no way to this page but a port.

import { gettext } from "#chat/language.js";
import { themeColours } from "#chat/theme-colours.js";

/** @typedef {{svg: string, width: number, height: number, text: string, dark: boolean}} Drawing */
/** @typedef {{resolve: (drawing: Drawing) => void, reject: (error: Error) => void}} Waiting */

const ADDRESS = "/diagram/";
/** Milliseconds; a frame that takes longer is thrown away with whatever holds it up. */
const PATIENCE = 20_000;

/** @type {{frame: HTMLIFrameElement, port: Promise<MessagePort>} | null} */
let studio = null;
/** @type {Map<number, Waiting>} */
const waiting = new Map();
let lastId = 0;

/**
 * @param {string} source
 * @returns {Promise<Drawing>} rejected with the reason, in the words of Mermaid
 */
export async function draw(source) {
  studio ??= open();
  const { port } = studio;
  const id = ++lastId;
  const colours = themeColours();
  const drawn = new Promise((resolve, reject) => {
    waiting.set(id, { resolve: (drawing) => resolve({ ...drawing, dark: colours.dark }), reject });
    setTimeout(() => waiting.has(id) && close(), PATIENCE);
  });
  (await port).postMessage({ id, source, colours });
  return /** @type {Promise<Drawing>} */ (drawn);
}

function open() {
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts");
  frame.className = "diagram-studio";
  frame.title = gettext("Drawing diagrams");
  frame.tabIndex = -1;
  frame.setAttribute("aria-hidden", "true");
  const port = new Promise((resolve) => {
    frame.addEventListener("load", () => {
      const { port1, port2 } = new MessageChannel();
      port1.addEventListener("message", ({ data }) => settle(data));
      port1.start();
      // The frame's origin is opaque: no address names it.
      frame.contentWindow?.postMessage(null, "*", [port2]);
      resolve(port1);
    });
  });
  frame.src = ADDRESS;
  document.body.append(frame);
  return { frame, port: /** @type {Promise<MessagePort>} */ (port) };
}

/** @param {{id: number, error?: string} & Drawing} answer */
function settle({ id, error, ...drawing }) {
  const asked = waiting.get(id);
  waiting.delete(id);
  if (error === undefined) asked?.resolve(drawing);
  else asked?.reject(new Error(error));
}

function close() {
  studio?.frame.remove();
  studio = null;
  for (const { reject } of waiting.values()) reject(new Error(gettext("Drawing it took too long.")));
  waiting.clear();
}
