// A form that saves itself: what an answer finds wrong stands beside its field, once that is left. No input is exchanged, so
// focus and words stay. Without this file the line above the form says how many places there are.
(() => {
  "use strict";
  const form = document.querySelector("form[data-guard][hx-post]");
  if (!form) return;
  const live = document.getElementById("live");
  // The field that is being typed in is left in peace.
  let typing = null;
  form.addEventListener("input", (event) => { typing = event.target; });
  form.addEventListener("change", (event) => { if (typing === event.target) typing = null; });
  const isTypedIn = (field) => typing && field.contains(typing);

  const describe = (element, id, is) => {
    const ids = (element.getAttribute("aria-describedby") || "").split(" ").filter((one) => one && one !== id);
    if (is) ids.push(id);
    if (ids.length) element.setAttribute("aria-describedby", ids.join(" "));
    else element.removeAttribute("aria-describedby");
  };
  const clear = () => {
    for (const old of form.querySelectorAll(".field .fault")) {
      const field = old.closest(".field");
      if (isTypedIn(field)) continue;
      old.remove();
      field.classList.remove("wrong");
      for (const one of [field, ...field.querySelectorAll("[aria-describedby]")]) describe(one, old.id, false);
      for (const one of field.querySelectorAll("[aria-invalid]")) one.removeAttribute("aria-invalid");
    }
  };
  const tell = (id, text) => {
    const input = document.getElementById(id);
    const field = input?.closest(".field");
    if (!field || isTypedIn(field)) return;
    const isGroup = field.matches("fieldset");
    const fault = Object.assign(document.createElement("p"), { className: "fault", id: `fault:${id}`, textContent: text });
    (isGroup && field.querySelector(".choices, .money") || input).before(fault);
    field.classList.add("wrong");
    describe(isGroup ? field : input, fault.id, true);
    if (!["radio", "checkbox"].includes(input.type)) input.setAttribute("aria-invalid", "true");
  };
  document.addEventListener("htmx:after:swap", () => {
    const saved = document.getElementById("saved");
    const told = [...saved?.querySelectorAll("[data-fault]") ?? []];
    if (!told.length && !saved?.matches("[data-ok]")) return;
    clear();
    for (const one of told) tell(one.dataset.fault, one.lastElementChild.textContent);
    if (live && told.length) live.textContent = saved.textContent;
  });
})();
