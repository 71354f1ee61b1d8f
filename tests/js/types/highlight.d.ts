// highlight.js comes as @highlightjs/cdn-assets, which carries no types. Only what the page uses.
declare module "highlight.js" {
  const hljs: {
    getLanguage(name: string): { name?: string } | undefined;
    highlight(code: string, options: { language: string; ignoreIllegals?: boolean }): { value: string };
  };
  export default hljs;
}
