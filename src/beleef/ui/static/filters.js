// Filter forms: a choice is applied at once (a date is not: it is typed part by part), and empty answers stay out of the address, so that it can be read and shared.
export function startFilters() {
  for (const form of document.querySelectorAll("form[data-auto-submit]")) {
    form.addEventListener("change", (event) => {
      if (event.target.matches("select, [type=checkbox], [type=radio]")) form.requestSubmit();
    });
    form.addEventListener("submit", () => {
      for (const field of form.elements) if (field.name && !field.value) field.disabled = true;
    });
  }
  // The browser may show the page again from memory, with the fields as they were when it was left.
  addEventListener("pageshow", () => {
    for (const field of document.querySelectorAll("form[data-auto-submit] :disabled")) field.disabled = false;
  });
}
