// Files that are pasted or dropped onto the page: handed on as the event `chat:files` of the composer, whose
// `detail.files` holds them. Text is left to the browser.

/**
 * @param {HTMLFormElement} composer
 * @param {HTMLElement} area  onto which files can be dropped
 */
export function takeFiles(composer, area) {
  composer.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    // Office programs put a picture of the text beside the text: whoever pastes that wants the text.
    if (files.length === 0 || event.clipboardData?.types.includes("text/plain")) return;
    event.preventDefault();
    hand(composer, files);
  });
  for (const type of /** @type {const} */ (["dragenter", "dragover"])) {
    area.addEventListener(type, (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      composer.classList.add("composer-takes-files");
    });
  }
  area.addEventListener("dragleave", (event) => {
    if (!(event.relatedTarget instanceof Node && area.contains(event.relatedTarget))) leave(composer);
  });
  area.addEventListener("drop", (event) => {
    leave(composer);
    if (!hasFiles(event)) return;
    event.preventDefault();
    hand(composer, [...(event.dataTransfer?.files ?? [])]);
  });
}

/** @param {DragEvent} event */
function hasFiles(event) {
  return event.dataTransfer?.types.includes("Files") ?? false;
}

/** @param {HTMLElement} composer */
function leave(composer) {
  composer.classList.remove("composer-takes-files");
}

/**
 * @param {HTMLElement} composer
 * @param {File[]} files
 */
function hand(composer, files) {
  if (files.length > 0) composer.dispatchEvent(new CustomEvent("chat:files", { detail: { files }, bubbles: true }));
}
