// Lists that stay up to date. The address answers with new entries as HTML and names, in a header, the address to ask next.
// Entries wait behind a button while the reader is in the list, so that nothing moves under the pointer.
const SLOWEST_MS = 30000;

export function startLive() {
  for (const region of document.querySelectorAll("[data-live]")) follow(region);
}

function follow(region) {
  const part = (name) => region.querySelector(`[data-live-${name}]`);
  const list = part("list");
  const every = Number(region.dataset.liveEvery);
  const keep = Number(region.dataset.liveKeep);
  let address = region.dataset.live;
  let paused = false;
  let failures = 0;
  let waiting = [];

  const tell = () => {
    const state = paused ? "paused" : failures ? "broken" : "running";
    for (const name of ["running", "paused", "broken"]) part(name).hidden = name !== state;
    region.dataset.liveState = state;
    part("show").hidden = waiting.length === 0;
    part("waiting").textContent = waiting.length;
  };
  const show = () => {
    list.prepend(...waiting);
    waiting = [];
    while (list.children.length > keep) list.lastElementChild.remove();
  };
  const ask = async () => {
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    address = answer.headers.get("Beleef-Next") ?? address;
    const template = document.createElement("template");
    template.innerHTML = await answer.text();
    const entries = [...template.content.children];
    waiting = [...entries, ...waiting].slice(0, keep);
    if (!list.matches(":hover, :focus-within")) show();
  };
  const turn = async () => {
    if (!paused && !document.hidden) {
      try {
        await ask();
        failures = 0;
      } catch {
        failures += 1;
      }
      tell();
    }
    setTimeout(turn, Math.min(every * 2 ** failures, SLOWEST_MS));
  };

  const pause = part("pause");
  pause.hidden = false;
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    tell();
  });
  part("show").addEventListener("click", () => { show(); tell(); });
  tell();
  setTimeout(turn, every);
}
