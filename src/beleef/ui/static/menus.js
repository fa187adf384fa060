// Menus close when the reader looks elsewhere, messages can be put away, and the place where one is stands in sight.
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
  for (const here of document.querySelectorAll(".tabs [aria-current]")) {
    const row = here.closest(".tabs");
    row.scrollLeft = here.offsetLeft - row.offsetLeft - 48;
  }
  for (const here of document.querySelectorAll(".side [aria-current]")) {
    const column = here.closest(".side");
    column.scrollTop = here.offsetTop + 2 * here.offsetHeight - column.clientHeight;
  }
  for (const button of document.querySelectorAll("[data-removes-parent]")) {
    button.hidden = false;
    button.addEventListener("click", () => button.parentElement.remove());
  }
}
