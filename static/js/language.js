// The person's language: every text that the page's scripts show goes through here, in English as its key. The texts
// come as a module which the page's import map picks by language (see `bin/translate`).

import { language as pageLanguage, pluralForms, texts } from "#catalog";

/** @type {Record<string, string | string[]>} */
let catalog = {};
let plurals = new Intl.PluralRules("en");
/** @type {string[]} */
let forms = ["one", "other"];
let locale = "en";

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
  locale = localeOf(language);
}

/**
 * A number as the person writes it.
 * @param {number} value
 * @param {Intl.NumberFormatOptions} [options]
 */
export function number(value, options) {
  return value.toLocaleString(locale, options);
}

/**
 * A date or time as the person writes it, in the time zone of the browser.
 * @param {Date} value
 * @param {Intl.DateTimeFormatOptions} options
 */
export function date(value, options) {
  return value.toLocaleString(locale, options);
}

/**
 * The country is the browser's, where it has the page's language: dates differ between en-US and en-GB. Digits are the
 * ones that the server's texts have, too.
 * @param {string} language
 */
function localeOf(language) {
  const script = (/** @type {string} */ tag) => {
    const { language, script } = new Intl.Locale(tag).maximize();
    return `${language}-${script}`;
  };
  const preferred = typeof navigator === "object" ? (navigator.languages ?? []) : [];
  const fitting = preferred.find((tag) => script(tag) === script(language));
  return new Intl.Locale(fitting ?? language, { numberingSystem: "latn" }).toString();
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

speak(pageLanguage, texts, pluralForms);
