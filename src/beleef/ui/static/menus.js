// Menus close when the reader looks elsewhere, messages can be put away, and where one is in a row of tabs is in sight.
export function startMenus() {
  const open = () => document.querySelectorAll("details[data-closes][open]");
  document.addEventListener("click", (event) => {
    for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      const inside = menu.contains(document.activeElement);
      menu.open = false;
      if (inside) menu.querySelector("summary").focus();
    }
  });
  for (const here of document.querySelectorAll(".tabs [aria-current], .side [aria-current]")) {
    const row = here.closest(".tabs, .side");
    row.scrollLeft = here.offsetLeft - row.offsetLeft - 48;
    row.scrollTop = here.offsetTop - row.clientHeight / 2;
  }
  for (const button of document.querySelectorAll("[data-removes-parent]")) {
    button.hidden = false;
    button.addEventListener("click", () => button.parentElement.remove());
  }
}
