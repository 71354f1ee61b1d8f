// Mermaid diagrams: drawn as soon as they come near the screen, as a picture; their source is a button away, and is what
// is shown when a diagram cannot be drawn.

import { draw } from "#chat/drawing.js";
import { fromTemplate, part } from "#chat/elements.js";
import { gettext } from "#chat/language.js";
import { onThemeChange } from "#chat/theme-colours.js";

/** Characters of the diagram's labels that are read out in place of the picture */
const LONGEST_DESCRIPTION = 400;

/** @type {WeakMap<Element, DiagramView>} */
const views = new WeakMap();
/** @type {IntersectionObserver | null} */
let observer = null;

/** @param {ParentNode} root  whose diagrams get their figures; they are drawn when they come into view */
export function dressDiagrams(root) {
  for (const pre of root.querySelectorAll('pre[data-language="mermaid"]')) {
    const view = new DiagramView(pre.textContent ?? "");
    pre.replaceWith(view.element);
    watcher().observe(view.element);
  }
}

/** @param {Element} element */
export function diagramOf(element) {
  const figure = element.closest(".diagram");
  return figure ? (views.get(figure) ?? null) : null;
}

function watcher() {
  if (observer) return observer;
  observer = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) if (isIntersecting) void views.get(target)?.draw();
    },
    { rootMargin: "300px" },
  );
  onThemeChange(() => {
    for (const figure of document.querySelectorAll(".diagram")) views.get(figure)?.fade();
  });
  return observer;
}

class DiagramView {
  element = fromTemplate("diagram");
  source;
  svg = "";
  #isWanted = true;

  /** @param {string} source */
  constructor(source) {
    this.source = source;
    part(this.element, "source-text").textContent = source;
    views.set(this.element, this);
  }

  /** The page's colours changed: the picture is drawn again when it is on the screen. */
  fade() {
    this.#isWanted = true;
    observer?.unobserve(this.element);
    observer?.observe(this.element);
  }

  async draw() {
    if (!this.#isWanted) return;
    this.#isWanted = false;
    try {
      this.#show(await draw(this.source));
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : "");
    }
  }

  toggleSource() {
    this.#showSource(part(this.element, "source").hidden !== false);
  }

  /** @param {import("#chat/drawing.js").Drawing} drawing */
  #show({ svg, width, height, text, dark }) {
    const picture = part(this.element, "picture");
    const isFirst = this.svg === "";
    this.svg = svg;
    const image = document.createElement("img");
    image.width = width;
    image.height = height;
    image.alt = gettext("Diagram: {text}", { text: text.slice(0, LONGEST_DESCRIPTION) });
    // As an image a drawing runs nothing and loads nothing, whatever is in it.
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
    picture.replaceChildren(image);
    picture.dataset.scheme = dark ? "dark" : "light";
    part(this.element, "status").hidden = true;
    for (const name of ["toggle-source", "download-diagram"]) this.#button(name).hidden = false;
    if (isFirst) this.#showSource(false);
  }

  /** @param {string} reason */
  #fail(reason) {
    if (this.svg) return;
    const status = part(this.element, "status");
    status.textContent = [gettext("This diagram could not be drawn; its source is shown."), reason].filter(Boolean).join(" ");
    status.hidden = false;
    this.element.classList.add("diagram-failed");
  }

  /** @param {boolean} shown */
  #showSource(shown) {
    part(this.element, "source").hidden = !shown;
    part(this.element, "picture").hidden = shown;
    this.#button("toggle-source").setAttribute("aria-pressed", String(shown));
  }

  /** @param {string} action */
  #button(action) {
    return /** @type {HTMLButtonElement} */ (this.element.querySelector(`[data-action="${action}"]`));
  }
}
