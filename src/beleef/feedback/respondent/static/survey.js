// What a survey's page gains where scripts run: a first answer is told once somebody really looks, two options never share a place,
// the focus goes to what needs another look, and a page in a frame tells its size. Everything works without.
(() => {
  const page = document.querySelector("[data-survey]");
  if (!page) return;
  const { seen, intent, parent: origin, finished } = page.dataset;
  document.querySelector("[data-focus]")?.focus();

  // Programs that open every link of a mail load pages too, but look at none for two seconds and touch nothing.
  if (seen || intent) {
    let looked = 0, before = performance.now(), told = false;
    const tell = () => {
      if (told) return;
      told = true;
      stop.abort();
      for (const [path, body] of [[seen, ""], [intent, new URLSearchParams({ intent: "yes" })]])
        if (path) fetch(path, { method: "POST", body, keepalive: true }).catch(() => {});
    };
    const stop = new AbortController(), { signal } = stop;
    const tick = () => {
      const now = performance.now();
      if (document.visibilityState === "visible" && document.hasFocus()) looked += now - before;
      before = now;
      if (looked >= 2000) tell();
      else if (!told) setTimeout(tick, 250);
    };
    for (const name of ["pointerdown", "keydown", "touchstart"])
      addEventListener(name, (event) => { if (event.isTrusted) tell(); }, { signal, passive: true });
    tick();
  }

  for (const list of page.querySelectorAll("[data-ranking]")) {
    const places = [...list.querySelectorAll("select")];
    let before = places.map((one) => one.value);
    list.addEventListener("change", (event) => {
      const index = places.indexOf(event.target);
      const other = places.findIndex((one, at) => at !== index && one.value && one.value === event.target.value);
      if (other >= 0) places[other].value = before[index];
      before = places.map((one) => one.value);
    });
  }

  if (origin && window.parent !== window) {
    const say = (what) => window.parent.postMessage(what, origin);
    const size = () => say({ beleef: "height", height: page.offsetTop + page.offsetHeight + 16 });
    new ResizeObserver(size).observe(page);
    size();
    addEventListener("keydown", (event) => { if (event.key === "Escape") say({ beleef: "close" }); });
    if (finished) say({ beleef: "done" });
  }
})();
