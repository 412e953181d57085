// A form that saves itself: what an answer finds wrong stands beside its field, once that is left. No input is exchanged, so
// focus and words stay. Without this file the line above the form says how many places there are. A form of something new has
// made a draft once it has a title: it goes on as the form of that draft, at its address.
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
  // From the first time that it is sent by itself there may be a draft, though no answer came.
  form.addEventListener("htmx:before:request", (event) => {
    if (event.target !== form || event.defaultPrevented || !form.elements._key || form.elements._begun) return;
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "_begun", value: "1" }));
  });
  const goOn = (action) => {
    form.setAttribute("action", action);
    form.setAttribute("hx-post", action);
    history.replaceState(history.state, "", action);
    const other = document.querySelector("[data-follows=other]");
    if (other) other.value = action.startsWith("/en/") ? action.slice(3) : `/en${action}`;
    for (const name of ["_key", "_begun"]) form.elements[name]?.remove();
    // Whose it is was said, and stays.
    const party = form.elements._party;
    for (const option of [...party?.options ?? []]) if (!option.selected) option.remove();
  };
  document.addEventListener("htmx:after:swap", (event) => {
    if (event.detail.ctx?.sourceElement !== form) return;
    const saved = document.getElementById("saved");
    const action = saved?.dataset.action;
    if (action && action !== form.getAttribute("action")) goOn(action);
    const told = [...saved?.querySelectorAll("[data-fault]") ?? []];
    // Nothing is known of the fields where the answer is about something else.
    if (!told.length && saved?.querySelector(".fault")) return;
    clear();
    for (const one of told) tell(one.dataset.fault, one.lastElementChild.textContent);
    if (live && told.length) live.textContent = saved.textContent;
  });
})();
