// Runs in the page: reads a whole conversation as a patient person would, from its end to its beginning and back, unfolding
// everything. Answers how many answers there are once `expected` are there, all formatted, and no diagram waits.
async (expected) => {
  const rest = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  const scroller = document.getElementById("scroller");
  const answers = () => [...document.querySelectorAll("#log .message-answer")];
  for (let round = 0; round < 600 && answers().length < expected; round += 1) {
    scroller.scrollTop = 0;
    await rest(50);
  }
  for (const button of document.querySelectorAll("[data-action=toggle-reasoning][aria-expanded=false]")) button.click();
  for (const answer of answers()) {
    answer.scrollIntoView({ block: "center" });
    await rest(10);
  }
  const waits = (figure) => !figure.classList.contains("diagram-failed") && !figure.querySelector("img");
  for (const figure of document.querySelectorAll(".diagram")) {
    figure.scrollIntoView({ block: "center" });
    for (let round = 0; round < 600 && waits(figure); round += 1) await rest(50);
  }
  await rest(500);
  return {
    answers: answers().length,
    unformatted: document.querySelectorAll(".unformatted").length,
    diagrams: [...document.querySelectorAll(".diagram")].filter(waits).length,
  };
}
