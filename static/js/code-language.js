// In which language a block of code is. Pure.

/**
 * @param {string} info  what stands behind the opening fence
 * @returns {string} the language's name in lower case, "" for none
 */
export function languageOf(info) {
  return /^\{?\.?([\w+#.-]+)/.exec(info.trim())?.[1].toLowerCase() ?? "";
}
