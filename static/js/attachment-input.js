// Where files come from: the button, and what is dropped or pasted anywhere on the page.

import { byId } from "#chat/elements.js";

/** @param {(files: File[]) => void} take */
export function takeFiles(take) {
  const chooser = byId("choose-files", HTMLInputElement);
  const composer = byId("composer", HTMLFormElement);
  const button = byId("attach", HTMLButtonElement);
  button.addEventListener("click", () => chooser.click());
  button.disabled = false;
  chooser.addEventListener("change", () => {
    take([...(chooser.files ?? [])]);
    // The same file can be chosen again.
    chooser.value = "";
    byId("message", HTMLTextAreaElement).focus();
  });
  composer.addEventListener("chat:files", (event) => {
    if (event instanceof CustomEvent) take([...event.detail.files]);
  });
  composer.addEventListener("paste", (event) => {
    if (event.defaultPrevented) return;
    const files = filesOf(event.clipboardData);
    // Office programs put a picture beside the text that was copied.
    if (!files.length || event.clipboardData?.types.includes("text/plain")) return;
    event.preventDefault();
    take(files);
  });
  takeDrops(byId("chat", HTMLElement), take);
}

/**
 * @param {HTMLElement} place
 * @param {(files: File[]) => void} take
 */
function takeDrops(place, take) {
  let depth = 0;
  const mark = (/** @type {number} */ next) => {
    depth = Math.max(0, next);
    place.classList.toggle("takes-drop", depth > 0);
  };
  const hasFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") ?? false;
  place.addEventListener("dragenter", (event) => hasFiles(event) && mark(depth + 1));
  place.addEventListener("dragleave", (event) => hasFiles(event) && mark(depth - 1));
  // A drop beside the chat must not replace the page by the file.
  document.addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
  document.addEventListener("drop", (event) => hasFiles(event) && event.preventDefault());
  place.addEventListener("drop", (event) => {
    mark(0);
    const files = event.defaultPrevented ? [] : filesOf(event.dataTransfer);
    if (files.length) take(files);
  });
}

/**
 * @param {DataTransfer | null} data
 * @returns {File[]} without folders, which cannot be read
 */
function filesOf(data) {
  return [...(data?.items ?? [])].flatMap((item) => {
    if (item.kind !== "file" || item.webkitGetAsEntry?.()?.isDirectory) return [];
    const file = item.getAsFile();
    return file ? [file] : [];
  });
}
