// Made by bin/translate.
export const language = "de";
export const pluralForms = ["one", "other"];
/** @type {Record<string, string | string[]>} */
export const texts = {};
