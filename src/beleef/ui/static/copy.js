// Buttons that copy a block of code. They are hidden until this runs, as they can do nothing without it.
const TOLD_FOR_MS = 2000;

export function startCopying() {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll("[data-copies]")) {
    const [before, after] = button.querySelectorAll("span");
    button.hidden = false;
    after.setAttribute("role", "status");
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent);
      before.hidden = true;
      after.hidden = false;
      setTimeout(() => { before.hidden = false; after.hidden = true; }, TOLD_FOR_MS);
    });
  }
}
