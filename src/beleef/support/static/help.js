// The help pages: tells that an article is in sight, and shows articles that fit a text while it is typed, for customers and for staff.
const PAUSE_MS = 400;
const LEAST_LETTERS = 4;

for (const article of document.querySelectorAll("[data-article]")) tellSeen(article.dataset);
for (const form of document.querySelectorAll("[data-suggests]")) suggestIn(form);

function tellSeen({ article, visit, place }) {
  const body = JSON.stringify({ article, visit, place });
  fetch(`/help/seen?language=${document.documentElement.lang}`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body, keepalive: true,
  }).catch(() => {}); // That it was read is not worth a word to the reader.
}

function suggestIn(form) {
  const panel = form.querySelector("[data-suggested]");
  const list = panel.querySelector("ul");
  let timer;
  let asking = new AbortController();
  let last = "";

  const ask = async () => {
    const text = [...form.querySelectorAll("[name=subject], [name=text]")].map((field) => field.value.trim()).join(" ").trim();
    if (text === last || text.length < LEAST_LETTERS) return;
    last = text;
    asking.abort();
    asking = new AbortController();
    const address = new URL(form.dataset.suggests, location.href);
    address.searchParams.set("q", text.slice(-1000));
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" }, signal: asking.signal });
      if (answer.ok) show(await answer.json());
    } catch (error) {
      if (error.name !== "AbortError") panel.hidden = true;
    }
  };

  const show = (articles) => {
    list.replaceChildren(...articles.map(item));
    panel.hidden = articles.length === 0;
    if (articles.length && form.elements.once && !form.elements.suggested) {
      // Who saw them here need not see them once more before the question goes.
      const seen = Object.assign(document.createElement("input"), { type: "hidden", name: "suggested", value: "yes" });
      form.append(seen);
    }
  };

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  });
}

function item({ title, summary, href }) {
  const link = Object.assign(document.createElement("a"), { href, target: "_blank", textContent: title });
  const detail = Object.assign(document.createElement("span"), { className: "second", textContent: summary });
  const line = document.createElement("li");
  line.append(link, detail);
  return line;
}
