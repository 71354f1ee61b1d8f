// English is the scripts' own language.
export const language = "en";
export const pluralForms = ["one", "other"];
/** @type {Record<string, string | string[]>} */
export const texts = {};
