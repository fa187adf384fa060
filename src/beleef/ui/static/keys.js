// Keyboard shortcuts: "/" to the search box, "g" and a letter to a page, "?" for the list. They can be switched off,
// as WCAG 2.2 (2.1.4) asks: speech input and stray keys would set them off by accident.
const SETTING = "beleef-shortcuts";
const SECOND_KEY_WITHIN_MS = 1500;

export function startKeys() {
  const dialog = document.getElementById("shortcuts");
  if (!dialog) return;
  const opener = document.querySelector("[data-shows-shortcuts]");
  const box = dialog.querySelector("[data-shortcuts-on]");
  let on = localStorage.getItem(SETTING) !== "off";
  let goSince = -Infinity;

  box.checked = on;
  box.addEventListener("change", () => {
    on = box.checked;
    localStorage.setItem(SETTING, on ? "on" : "off");
  });
  if (opener) {
    opener.hidden = false;
    opener.addEventListener("click", () => dialog.showModal());
  }
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, dialog, [contenteditable]");
    if (!on || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const going = event.timeStamp - goSince < SECOND_KEY_WITHIN_MS;
    goSince = -Infinity;
    const link = going && document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    const search = event.key === "/" && document.querySelector("[data-search]");
    if (link) link.click();
    else if (search) search.focus();
    else if (event.key === "?") dialog.showModal();
    else if (event.key === "g") { goSince = event.timeStamp; return; }
    else return;
    event.preventDefault();
  });
}
