// The last gate before the page: nothing but formatted text passes, whatever the renderers produced.

import DOMPurify from "dompurify";
import { SAFE_LINK } from "#chat/markdown.js";

const PLAIN_ATTRIBUTES = ["target", "rel", "class", "dir", "start", "tabindex", "data-language", "data-math"];

const TEXT = {
  ALLOWED_TAGS: [
    ..."p br hr h1 h2 h3 h4 h5 h6 ul ol li blockquote em strong s del code pre a span div".split(" "),
    ..."table thead tbody tr th td".split(" "),
  ],
  ALLOWED_ATTR: ["href", ...PLAIN_ATTRIBUTES],
  ALLOWED_URI_REGEXP: SAFE_LINK,
  // DOMPurify holds every other attribute to the rule for addresses.
  ADD_URI_SAFE_ATTR: PLAIN_ATTRIBUTES,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: /** @type {const} */ (true),
};

const FORMULA = {
  USE_PROFILES: { mathMl: true },
  // The TeX source that KaTeX adds for other programs to read.
  ADD_TAGS: ["semantics", "annotation"],
  FORBID_ATTR: ["style", "href", "xlink:href"],
  RETURN_DOM_FRAGMENT: /** @type {const} */ (true),
};

/**
 * @param {string} html
 * @returns {DocumentFragment}
 */
export function cleanText(html) {
  return DOMPurify.sanitize(html, TEXT);
}

/**
 * @param {string} html  MathML
 * @returns {DocumentFragment}
 */
export function cleanFormula(html) {
  return DOMPurify.sanitize(html, FORMULA);
}
