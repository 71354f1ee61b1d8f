// Made by bin/translate.
export const language = "ar";
export const pluralForms = ["zero", "one", "two", "few", "many", "other"];
/** @type {Record<string, string | string[]>} */
export const texts = {};
