// Made by bin/translate.
export const language = "zh-Hans";
export const pluralForms = ["other"];
/** @type {Record<string, string | string[]>} */
export const texts = {};
