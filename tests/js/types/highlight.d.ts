// highlight.js comes as @highlightjs/cdn-assets, which carries no types. Only what the page uses.
declare module "highlight.js" {
  type ScopedText = { scope?: string; children: (string | ScopedText)[] };
  const hljs: {
    getLanguage(name: string): { name?: string } | undefined;
    highlight(
      code: string,
      options: { language: string; ignoreIllegals?: boolean },
    ): { value: string; _emitter: { rootNode: ScopedText } };
  };
  export default hljs;
}
