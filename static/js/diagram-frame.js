// The script of the sandboxed frame that draws diagrams. It knows its port and Mermaid, and nothing of the page.

/** @typedef {Record<"text" | "soft" | "line" | "surface" | "fill" | "side", string> & {dark: boolean}} Colours */
/** @typedef {{id: number, source: string, colours: Colours}} Order */

const FONT = "system-ui, sans-serif";
/** @type {Promise<any> | null} */
let loading = null;
let failures = 0;
/** @type {Promise<void>} Mermaid has one configuration for all, so that one diagram is drawn after the other. */
let queue = Promise.resolve();

addEventListener("message", ({ ports: [port] }) => {
  port?.addEventListener("message", ({ data }) => {
    queue = queue.then(() => carryOut(port, data));
  });
  port?.start();
});

/** @returns {Promise<any>} fetched once; one that did not come, again for the next diagram (see `scripts.js`) */
function library() {
  const address = document.documentElement.dataset.mermaid ?? "";
  loading ??= import(failures > 0 ? `${address}?again=${failures}` : address).then(
    (module) => module.default,
    (error) => {
      loading = null;
      failures += 1;
      throw error;
    },
  );
  return loading;
}

/**
 * @param {MessagePort} port
 * @param {Order} order
 */
async function carryOut(port, { id, source, colours }) {
  try {
    const mermaid = await library();
    mermaid.initialize(configuration(colours));
    const { svg } = await mermaid.render(`drawing-${id}`, source);
    port.postMessage({ id, ...finished(svg) });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    port.postMessage({ id, error: message.split("\n").slice(0, 4).join(" ").slice(0, 300) });
  } finally {
    document.body.replaceChildren();
  }
}

/** @param {Colours} colours */
function configuration({ dark, text, soft, line, surface, fill, side }) {
  return {
    startOnLoad: false,
    securityLevel: "strict",
    // Errors come as exceptions and not as pictures of a bomb.
    suppressErrorRendering: true,
    htmlLabels: false,
    flowchart: { htmlLabels: false },
    fontFamily: FONT,
    theme: "base",
    themeVariables: {
      darkMode: dark,
      background: surface,
      fontFamily: FONT,
      primaryColor: fill,
      primaryTextColor: text,
      primaryBorderColor: line,
      secondaryColor: side,
      tertiaryColor: side,
      lineColor: soft,
      textColor: text,
      noteBkgColor: side,
      noteTextColor: text,
      noteBorderColor: line,
    },
  };
}

/**
 * @param {string} markup
 * @returns {{svg: string, width: number, height: number, text: string}} a picture that stands alone
 */
function finished(markup) {
  const svg = new DOMParser().parseFromString(markup, "text/html").querySelector("svg");
  if (!svg) throw new Error("Nothing was drawn.");
  const [, , width, height] = (svg.getAttribute("viewBox") ?? "0 0 600 400").split(/[\s,]+/).map(Number);
  svg.setAttribute("width", String(Math.ceil(width)));
  svg.setAttribute("height", String(Math.ceil(height)));
  const words = [...svg.querySelectorAll("text, foreignObject")].map((label) => label.textContent?.trim());
  const text = [...new Set(words.filter(Boolean))].join(", ");
  return { svg: new XMLSerializer().serializeToString(svg), width: Math.ceil(width), height: Math.ceil(height), text };
}
