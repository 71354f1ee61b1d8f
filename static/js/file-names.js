// Names for code that is kept as a file. Pure.

/** @type {Record<string, string>} */
const ENDINGS = {
  bash: "sh", c: "c", "c++": "cpp", "c#": "cs", clojure: "clj", console: "sh", cpp: "cpp", cs: "cs", csharp: "cs", css: "css",
  csv: "csv", dart: "dart", diff: "diff", elixir: "ex", erlang: "erl", fortran: "f90", go: "go", golang: "go", graphql: "graphql",
  haskell: "hs", html: "html", ini: "ini", java: "java", javascript: "js", js: "js", json: "json", jsx: "jsx", julia: "jl",
  kotlin: "kt", latex: "tex", less: "less", lua: "lua", markdown: "md", md: "md", matlab: "m", mermaid: "mmd", nginx: "conf",
  objectivec: "m", ocaml: "ml", perl: "pl", php: "php", powershell: "ps1", ps1: "ps1", protobuf: "proto", py: "py", python: "py",
  r: "r", rb: "rb", rs: "rs", ruby: "rb", rust: "rs", sass: "sass", scala: "scala", scss: "scss", sh: "sh", shell: "sh", sql: "sql",
  svg: "svg", swift: "swift", tex: "tex", toml: "toml", ts: "ts", tsx: "tsx", typescript: "ts", vb: "vb", vbnet: "vb", vue: "vue",
  xml: "xml", yaml: "yaml", yml: "yml", zig: "zig", zsh: "sh",
};
/** @type {Record<string, string>} */
const WHOLE = { dockerfile: "Dockerfile", docker: "Dockerfile", makefile: "Makefile", cmake: "CMakeLists.txt" };

/**
 * @param {string} language  as a code block names it, or a file's name, which some models write there
 * @returns {string}
 */
export function fileNameOf(language) {
  // Names come from models, "constructor" among them: own properties only.
  if (Object.hasOwn(WHOLE, language)) return WHOLE[language];
  if (/^[\w-]+\.[a-z]\w{0,5}$/i.test(language)) return language;
  return `code.${Object.hasOwn(ENDINGS, language) ? ENDINGS[language] : "txt"}`;
}
