// Menus close when the reader looks elsewhere, and messages can be put away.
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
  for (const button of document.querySelectorAll("[data-removes-parent]")) {
    button.hidden = false;
    button.addEventListener("click", () => button.parentElement.remove());
  }
}
