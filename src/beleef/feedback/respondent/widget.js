// Beleef's feedback widget: asks on other sites. It keeps nothing in the browser before Beleef.consent(true), needs no inline
// style or script, and shows the questions in a frame, so that the site cannot read the answers and its styles cannot break them.
(() => {
  const me = document.currentScript || document.querySelector('script[src*="/feedback/widget.js"]');
  if (!me || (window.Beleef && window.Beleef.open)) return;
  const home = new URL(me.src).origin, KEEP = "beleef_feedback", DAY = 864e5;
  const early = Array.isArray(window.Beleef) ? window.Beleef : [];
  let memory = { asked: {}, done: {}, drawn: {} }, agreed = false, who = {}, language = me.dataset.language || document.documentElement.lang;
  let said = null, parts = null, current = null, timers = [], asking = 0;

  const element = (name, about, ...inside) => {
    const made = document.createElement(name);
    for (const key in about) key.startsWith("on") ? (made[key] = about[key]) : made.setAttribute(key, about[key]);
    made.append(...inside);
    return made;
  };
  const button = (onclick, text, about) => element("button", { type: "button", onclick, ...about }, text);
  const safely = (what) => { try { return what(); } catch {} };
  const keep = () => agreed && safely(() => localStorage.setItem(KEEP, JSON.stringify(memory)));
  const note = (list, survey) => { memory[list][survey] = Date.now(); keep(); };
  // Before consent the draw holds as long as the page; afterwards as long as the browser keeps it.
  const isDrawn = ({ survey, share }) => { memory.drawn[survey] ??= Math.random(); keep(); return memory.drawn[survey] < share; };
  const tell = ({ ticket }) => fetch(home + "/v1/widget/marks", {
    method: "POST", credentials: "omit", keepalive: true, headers: { "content-type": "application/json" }, body: JSON.stringify({ ticket, act: "shown" }),
  }).catch(() => {});

  const STYLE = `
    :host { all: initial; color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; --accent: light-dark(var(--l), var(--d)); --on: light-dark(var(--ol), var(--od)); --line: light-dark(#8b8377, #857d71); }
    .place { position: fixed; z-index: 2147483000; right: 16px; bottom: 16px; max-width: min(22rem, calc(100vw - 32px)); }
    .card, dialog { background: light-dark(#faf8f5, #151412); color: light-dark(#211d18, #f3efe9); border: 1px solid var(--line); border-radius: 10px; }
    .card { padding: 16px; box-shadow: 0 8px 28px #0004; } p { margin: 0 0 12px; font-weight: 600; overflow-wrap: anywhere; }
    button { font: inherit; min-height: 44px; min-width: 44px; padding: 0 16px; margin: 0 8px 0 0; border-radius: 6px; cursor: pointer; border: 1px solid var(--line); background: none; color: inherit; }
    .main, .tab { background: var(--accent); color: var(--on); border-color: var(--accent); } .tab { margin: 0; box-shadow: 0 4px 14px #0003; }
    button:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
    dialog { padding: 0; width: min(34rem, 100vw - 16px); max-width: none; max-height: calc(100vh - 16px); margin: auto 16px 16px auto; overflow: hidden; }
    dialog::backdrop { background: #15141266; } header { display: flex; justify-content: flex-end; } header button { margin: 4px; padding: 0; border: 0; font-size: 20px; }
    iframe { display: block; width: 100%; height: 24rem; max-height: calc(100vh - 76px); border: 0; }
    @media (max-width: 40rem) { dialog { margin: auto auto 8px; } }`;

  function dress(root) {
    const sheet = safely(() => new CSSStyleSheet());
    if (!sheet) return root.append(element("style", { nonce: me.nonce }, STYLE));
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
  }

  function draw() {
    if (parts) return parts;
    const host = element("div", { lang: said.language }), root = host.attachShadow({ mode: "open" });
    for (const [name, value] of Object.entries(said.colours)) host.style.setProperty("--" + name, value);
    dress(root);
    const place = element("div", { class: "place" }), room = element("div");
    const shut = button(() => close(), "✕", { "aria-label": said.words.close });
    const box = element("dialog", { "aria-label": said.words.title, onclose: closed }, element("header", {}, shut), room);
    root.append(place, box);
    document.body.append(host);
    return (parts = { host, place, room, box });
  }

  function tab() {
    const one = said && said.surveys.find((survey) => survey.tab && !memory.done[survey.survey]);
    draw().place.replaceChildren(...(one ? [button(() => show(one), one.tab, { class: "tab", "aria-haspopup": "dialog" })] : []));
  }

  // What comes by itself never takes the focus: it asks whether it may ask.
  function invite(one) {
    if (parts && (parts.box.open || parts.place.querySelector(".card"))) return;
    if (memory.done[one.survey] || !isDrawn(one) || Date.now() - memory.asked[one.survey] < one.pause_days * DAY) return;
    note("asked", one.survey);
    tell(one);
    const yes = button(() => show(one), said.words.yes, { class: "main" });
    const no = button(tab, said.words.no);
    draw().place.replaceChildren(element("section", { class: "card", "aria-label": said.words.title }, element("p", { role: "status" }, one.title), yes, no));
  }

  function show(one) {
    const { box, room } = draw();
    if (box.open) return;
    current = one;
    note("asked", one.survey);
    tab();
    room.replaceChildren(element("iframe", { src: home + one.frame, title: one.title, referrerpolicy: "no-referrer" }));
    box.showModal();
  }
  function close() { if (parts) parts.box.close(); }
  function closed() { current = null; parts.room.replaceChildren(); tab(); }

  addEventListener("message", (event) => {
    const frame = parts && parts.room.firstChild;
    if (!frame || event.origin !== home || event.source !== frame.contentWindow) return;
    const { beleef, height } = event.data || {};
    if (beleef === "height") frame.style.height = Math.max(120, +height || 0) + "px";
    if (beleef === "close") close();
    if (beleef === "done" && current) note("done", current.survey);
  });

  const MATCHES = {
    exact: (url, value) => url === value, contains: (url, value) => url.includes(value), startsWith: (url, value) => url.startsWith(value),
    endsWith: (url, value) => url.endsWith(value), regex: (url, value) => safely(() => new RegExp(value).test(url)),
  };
  const holds = ({ match, value, not }) => {
    const url = value.startsWith("/") && match !== "regex" ? location.pathname + location.search : location.href.split("#")[0];
    return (MATCHES[match] || (() => false))(url, value) !== !!not;
  };
  // Rules that say where must one of them hold; rules that say where not must all hold.
  const here = (trigger) => trigger.where.filter((rule) => rule.not).every(holds)
    && (trigger.where.every((rule) => rule.not) || trigger.where.some((rule) => !rule.not && holds(rule)));
  const fire = (on, fits = () => true) => {
    for (const one of said ? said.surveys : []) if (one.triggers.some((trigger) => trigger.on === on && here(trigger) && fits(trigger))) return invite(one);
  };
  function look() {
    timers.forEach(clearTimeout);
    timers = [];
    fire("view");
    for (const one of said.surveys) for (const trigger of one.triggers)
      if (trigger.on === "delay" && here(trigger)) timers.push(setTimeout(() => invite(one), trigger.after_s * 1e3));
  }
  function watch() {
    addEventListener("click", (event) => fire("click", ({ selector }) => safely(() => event.target.closest(selector))), true);
    document.documentElement.addEventListener("mouseleave", (event) => { if (event.clientY <= 0) fire("exit"); });
    addEventListener("scroll", () => {
      const page = document.documentElement, way = (scrollY + innerHeight) / page.scrollHeight;
      fire("scroll", ({ share }) => way >= share);
    }, { passive: true });
    for (const name of ["pushState", "replaceState"]) {
      const before = history[name];
      history[name] = function (...given) { const done = before.apply(this, given); setTimeout(look); return done; };
    }
    addEventListener("popstate", () => setTimeout(look));
  }

  async function ask() {
    const turn = ++asking, query = new URLSearchParams({ language: language || "" });
    if (agreed && who.anonymousId) query.set("anonymousId", who.anonymousId);
    const answer = await fetch(home + "/v1/widget/surveys?" + query, { credentials: "omit", headers: who.token ? { authorization: "Bearer " + who.token } : {} }).catch(() => ({}));
    if (!answer.ok || turn !== asking) return;
    const first = !said;
    said = await answer.json();
    tab();
    if (first) watch();
    look();
  }
  const ready = new Promise((done) => document.body ? done() : addEventListener("DOMContentLoaded", done)).then(() => { early.splice(0).map(run); return ask(); });

  const commands = {
    open: async (name) => { await ready; const one = (said ? said.surveys : []).find((survey) => survey.survey === name); one && show(one); return !!one; },
    close, page: () => { if (said) look(); },
    identify: (whom) => { who = whom || {}; if (said) ask(); },
    language: (code) => { language = code; parts && parts.host.remove(); parts = null; if (said) ask(); },
    consent: (yes) => {
      agreed = !!yes;
      safely(() => {
        const kept = JSON.parse((agreed && localStorage.getItem(KEEP)) || "{}");
        for (const list in memory) Object.assign(memory[list], kept[list]);
        agreed ? keep() : localStorage.removeItem(KEEP);
      });
      if (said) ask();
    },
  };
  function run([name, ...given]) { commands[name] && commands[name](...given); }
  window.Beleef = { ...commands, push: run };
})();
