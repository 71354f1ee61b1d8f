// The person's language: every text that the page's scripts show goes through here, in English as its key.

/** @type {Record<string, string | string[]>} */
let catalog = {};
let plurals = new Intl.PluralRules("en");
/** @type {string[]} */
let forms = ["one", "other"];

/**
 * Take a language over: `texts` by their English, plurals as a list in the order of `pluralForms` (CLDR's names).
 * @param {string} language a BCP 47 tag
 * @param {Record<string, string | string[]>} texts
 * @param {string[]} pluralForms
 */
export function speak(language, texts, pluralForms) {
  catalog = texts;
  plurals = new Intl.PluralRules(language);
  forms = pluralForms;
}

/**
 * A text in the person's language; values replace `{name}`.
 * @param {string} english
 * @param {Record<string, unknown>} [values]
 */
export function gettext(english, values) {
  const found = catalog[english];
  return fill(typeof found === "string" && found ? found : english, values);
}

/**
 * A text that depends on a number; `{n}` is the number.
 * @param {string} one
 * @param {string} many
 * @param {number} n
 * @param {Record<string, unknown>} [values]
 */
export function ngettext(one, many, n, values) {
  const found = catalog[one];
  const translated = Array.isArray(found) ? found[forms.indexOf(plurals.select(n))] : "";
  return fill(translated || (n === 1 ? one : many), { n, ...values });
}

/**
 * @param {string} text
 * @param {Record<string, unknown>} [values]
 */
function fill(text, values) {
  return values ? text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole)) : text;
}
