// The switch of light and dark: at once, and remembered by the server as the form itself would be.
export function startTheme() {
  for (const form of document.querySelectorAll("form[data-theme-switch]")) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const chosen = event.submitter;
      document.documentElement.dataset.theme = chosen.value;
      document.querySelector("meta[name=color-scheme]").content = chosen.value === "auto" ? "light dark" : chosen.value;
      for (const button of form.querySelectorAll("button")) {
        button.setAttribute("aria-pressed", String(button === chosen));
      }
      await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form, chosen)), redirect: "manual" });
    });
  }
}
