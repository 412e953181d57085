// A form that was sent after the session had ended, or to a server that could not answer, is answered by a page that has
// nothing of it. What was typed is kept in this tab until an answer has come, and offered where the same form stands again,
// to the same account alone. Without this file that page says that nothing was kept.
(() => {
  "use strict";
  const KEY = "kept", MOST_CHARS = 400_000;
  const account = document.body.dataset.account;
  const store = (act) => { try { return act(sessionStorage); } catch { return null; } };
  const forget = () => store((s) => s.removeItem(KEY));
  const read = () => { try { return JSON.parse(store((s) => s.getItem(KEY))); } catch { return null; } };
  // The form is the same in both languages.
  const place = (form) => new URL(form.action, location.href).pathname.replace(/^\/en(?=\/)/, "");
  const guarded = [...document.querySelectorAll("form[data-guard]:not([data-unkept])")];

  for (const form of guarded) {
    form.addEventListener("submit", () => {
      // What the page itself says, such as which version it was made from, is that of the next page.
      const fields = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !name.startsWith("_"));
      const kept = JSON.stringify({ account, place: place(form), fields });
      if (account && kept.length <= MOST_CHARS) store((s) => s.setItem(KEY, kept));
      else forget();
    });
  }
  document.querySelector("form[action$='/sign-out']")?.addEventListener("submit", forget);

  const kept = read();
  if (!kept) return;
  const problem = document.querySelector("[data-unanswered-form]");
  if (problem) {
    kept.isUnanswered = true;
    store((s) => s.setItem(KEY, JSON.stringify(kept)));
    for (const one of problem.querySelectorAll("[data-when]")) one.hidden = one.dataset.when !== "kept";
    return;
  }
  // Nobody is there yet: on the way through the door.
  if (kept.isUnanswered && !account) return;
  // Answered, or somebody else's.
  if (!kept.isUnanswered || kept.account !== account) return forget();
  const form = guarded.find((one) => place(one) === kept.place);
  if (!form) return;

  const fill = () => {
    const left = new Map();
    for (const [name, value] of kept.fields) left.set(name, [...left.get(name) ?? [], value]);
    for (const input of form.elements) {
      const values = left.get(input.name);
      if (!values || input.type === "submit") continue;
      if (["radio", "checkbox"].includes(input.type)) input.checked = values.includes(input.value);
      else if (values.length && input.type !== "hidden") input.value = values.shift();
    }
    // Rows that the page has no inputs for any more are sent all the same.
    const names = new Set([...form.elements].map((input) => input.name));
    for (const [name, values] of left) {
      if (names.has(name)) continue;
      for (const value of values) form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    }
    form.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const words = document.body.dataset;
  const box = Object.assign(document.createElement("div"), { className: "notice amber kept" });
  const button = (text, className, act) => {
    const one = Object.assign(document.createElement("button"), { type: "button", className, textContent: text });
    one.addEventListener("click", () => {
      forget();
      box.remove();
      act();
      form.querySelector("input:not([type=hidden]), textarea, select")?.focus();
    });
    return one;
  };
  const say = Object.assign(document.createElement("p"), { textContent: words.kept });
  const row = Object.assign(document.createElement("p"), { className: "buttons" });
  row.append(button(words.keptFill, "button", fill), " ", button(words.keptDrop, "button quiet", () => {}));
  box.append(say, row);
  box.setAttribute("role", "status");
  form.before(box);
})();
