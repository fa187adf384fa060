// What a form selects, counted again while it is filled in: the panel's address is sent the form and answers with the panel's content.
const PAUSE_MS = 350;

export function startCounts() {
  for (const panel of document.querySelectorAll("[data-counts]")) follow(panel);
  const came = document.querySelector("[data-focus] .rule-fields :is(input, select)");
  // Going to the part that the address names takes the focus away once more, so it is given after that.
  if (came) addEventListener("load", () => setTimeout(() => came.focus({ preventScroll: true })));
}

function follow(panel) {
  const form = document.getElementById(panel.dataset.countsForm);
  let timer;
  let asking = new AbortController();
  let sent = written(form);

  const ask = async () => {
    const now = written(form);
    if (now === sent) return;
    asking.abort();
    asking = new AbortController();
    panel.setAttribute("aria-busy", "true");
    try {
      const headers = { Accept: "text/html", "Content-Type": "application/x-www-form-urlencoded" };
      const answer = await fetch(panel.dataset.counts, { method: "POST", headers, body: now, signal: asking.signal });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      panel.innerHTML = await answer.text();
      sent = now;
      panel.removeAttribute("aria-busy");
    } catch (error) {
      // What was counted last stays; the button counts again.
      if (error.name !== "AbortError") panel.removeAttribute("aria-busy");
    }
  };
  for (const kind of ["input", "change"]) {
    form.addEventListener(kind, () => {
      clearTimeout(timer);
      timer = setTimeout(ask, PAUSE_MS);
    });
  }
}

function written(form) {
  return new URLSearchParams(new FormData(form)).toString();
}
