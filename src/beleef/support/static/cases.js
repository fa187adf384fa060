// Cases by keyboard: j and k walk through the list, Enter opens, x marks; on a case r, n and a go to the reply, the note and who has it.
// The switch for shortcuts in the frame holds for these as well.
const SETTING = "beleef-shortcuts";
const rows = [...document.querySelectorAll("[data-cases] tbody tr")];
const places = { r: "[name=text]", n: "[data-note] [name=text]", a: "[name=assignee]" };
const hint = document.querySelector("[data-case-keys]");

const on = () => localStorage.getItem(SETTING) !== "off";
if (hint) hint.hidden = !on();

function walk(step) {
  const now = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[Math.min(rows.length - 1, Math.max(0, now < 0 ? 0 : now + step))];
  next.querySelector("th a").focus();
}

// What can be done with the marked cases comes into sight with the first mark.
const bulk = document.querySelector(".case-bulk");
const marked = () => document.querySelectorAll("[data-cases] [type=checkbox]:checked").length;
const show = () => bulk?.toggleAttribute("open", marked() > 0);
document.querySelector("[data-cases]")?.addEventListener("change", show);

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox]), textarea, select, dialog, [contenteditable]");
  if (!on() || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const field = !rows.length && places[event.key] && document.querySelector(places[event.key]);
  if (rows.length && event.key === "j") walk(1);
  else if (rows.length && event.key === "k") walk(-1);
  else if (rows.length && event.key === "x") {
    const mark = document.activeElement.closest("tr")?.querySelector("[type=checkbox]");
    if (mark) mark.checked = !mark.checked;
    show();
  } else if (field) {
    field.closest("details")?.setAttribute("open", "");
    field.focus();
  } else return;
  event.preventDefault();
});
