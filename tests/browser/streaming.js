// Runs in the page: lets a text arrive in random pieces, and compares with the same text at once. Answers the HTML of both,
// how many settled blocks were replaced, how many elements were made and how many there are in the end.
async ({ text, seed, longest }) => {
  const { RichText } = await import("#chat/rich-text.js");
  let state = seed;
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
  const host = () => document.getElementById("log").appendChild(document.createElement("div"));
  const plain = (element) => {
    const copy = element.cloneNode(true);
    // Colours, formulas and pictures come when their libraries are there.
    for (const code of copy.querySelectorAll("code")) code.textContent = code.textContent;
    for (const formula of copy.querySelectorAll("[data-math]")) {
      formula.textContent = formula.querySelector("annotation")?.textContent ?? formula.textContent;
      formula.classList.remove("math-failed");
    }
    for (const figure of copy.querySelectorAll(".diagram")) {
      figure.replaceChildren(figure.querySelector("pre"));
      figure.className = "diagram";
      figure.firstChild.hidden = false;
    }
    copy.normalize();
    return copy.innerHTML.replace(/>\s+</g, "><");
  };
  const element = host();
  const rich = new RichText(element);
  let [made, settledReplaced] = [0, 0];
  const settled = new Set();
  const observer = new MutationObserver((changes) => count(changes));
  const count = (changes) => {
    for (const { addedNodes, removedNodes, target } of changes) {
      for (const node of addedNodes) made += node instanceof Element ? 1 + node.querySelectorAll("*").length : 0;
      if (target === element) for (const node of removedNodes) settledReplaced += settled.has(node) ? 1 : 0;
    }
  };
  observer.observe(element, { childList: true, subtree: true });
  for (let end = 0; end < text.length; ) {
    end = Math.min(text.length, end + 1 + Math.floor(random() * longest));
    rich.update(text.slice(0, end), 0, false);
    count(observer.takeRecords());
    // All but the last two: the open block may be a list and what follows it.
    for (const child of [...element.children].slice(0, -2)) settled.add(child);
  }
  rich.update(text, 0, true);
  count(observer.takeRecords());
  const whole = host();
  new RichText(whole).update(text, 0, true);
  const final = element.querySelectorAll("*").length;
  const answer = { streamed: plain(element), whole: plain(whole), settledReplaced, made, final };
  observer.disconnect();
  element.remove();
  whole.remove();
  return answer;
}
