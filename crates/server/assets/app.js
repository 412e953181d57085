// What htmx does not do: suggestions under search boxes, announcements, a warning before typed words are left behind,
// and keys for those who work here all day. Every page works without this file.
(() => {
  "use strict";
  const root = document.documentElement;
  const lang = root.lang;

  // --- suggestions: a combobox as the ARIA practices describe it ---
  let boxes = 0;
  function combobox(input) {
    const list = document.createElement("ul");
    list.id = `suggestions-${++boxes}`;
    list.className = "suggestions";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", input.dataset.suggest);
    list.hidden = true;
    input.parentElement.append(list);
    for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", list.id]]) {
      input.setAttribute(name, value);
    }
    let at = -1, typed = input.value, timer = 0, asked = 0;

    const close = () => {
      list.hidden = true;
      at = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };
    const mark = (next) => {
      const items = list.children;
      items[at]?.removeAttribute("aria-selected");
      at = next < -1 ? items.length - 1 : next >= items.length ? -1 : next;
      items[at]?.setAttribute("aria-selected", "true");
      if (at < 0) input.removeAttribute("aria-activedescendant");
      else input.setAttribute("aria-activedescendant", items[at].id);
      input.value = at < 0 ? typed : items[at].dataset.text;
    };
    const choose = (text) => {
      input.value = text;
      close();
      input.form.requestSubmit();
    };
    const show = (items) => {
      list.replaceChildren(...items.map((item, n) => {
        const row = document.createElement("li");
        row.id = `${list.id}-${n}`;
        row.setAttribute("role", "option");
        row.dataset.text = item.text;
        row.textContent = item.text;
        row.addEventListener("pointerdown", (event) => event.preventDefault());
        row.addEventListener("click", () => choose(item.text));
        return row;
      }));
      at = -1;
      list.hidden = items.length === 0;
      input.setAttribute("aria-expanded", String(!list.hidden));
    };
    const ask = async () => {
      const mine = ++asked, q = typed.trim();
      if (q.length < 2) return close();
      try {
        const answer = await fetch(`/api/v1/suggest?limit=8&lang=${lang}&q=${encodeURIComponent(q)}`);
        if (!answer.ok || mine !== asked || document.activeElement !== input) return;
        show((await answer.json()).items);
      } catch { close(); }
    };
    input.addEventListener("input", () => {
      typed = input.value;
      clearTimeout(timer);
      timer = setTimeout(ask, 120);
    });
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      if (list.hidden) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        mark(at + (event.key === "ArrowDown" ? 1 : -1));
      } else if (event.key === "Escape") {
        event.preventDefault();
        input.value = typed;
        close();
      } else if (event.key === "Enter") {
        asked++;
        close();
      }
    });
  }
  document.querySelectorAll("input[data-suggest]").forEach(combobox);

  // --- what a swap changed is said aloud; what was open stays open ---
  // On a wide screen the filters stand beside the results and are open for whoever asks the document.
  const drawer = document.getElementById("drawer");
  if (drawer && matchMedia("(min-width: 60rem)").matches) drawer.open = true;
  const live = document.getElementById("live");
  let open = new Set();
  document.addEventListener("htmx:before:swap", () => {
    open = new Set([...document.querySelectorAll("#finding details[id][open]")].map((d) => d.id));
  });
  document.addEventListener("htmx:after:swap", () => {
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    const found = document.getElementById("found");
    if (live && found) live.textContent = found.textContent;
  });

  // --- a form that was written in asks before it is left ---
  for (const form of document.querySelectorAll("form[data-guard]")) {
    // What was typed since the form was last sent by itself is counted, so that an answer speaks of no more than it knows.
    let dirty = false, typed = 0, sent = 0;
    const line = () => document.getElementById("saved");
    const say = (text) => {
      const saved = line();
      if (!saved) return;
      saved.removeAttribute("data-ok");
      [...saved.childNodes].filter((n) => n.nodeName !== "INPUT").forEach((n) => n.remove());
      if (text) saved.prepend(Object.assign(document.createElement("span"), { className: "fault", textContent: text }));
    };
    form.addEventListener("input", () => { dirty = true; typed++; say(""); });
    form.addEventListener("htmx:before:request", () => { sent = typed; });
    // Anything but the line itself, such as the page of a session that ended, is no answer for this place.
    form.addEventListener("htmx:before:swap", (event) => {
      if (event.target !== form || event.detail.ctx.text.trimStart().startsWith("<p id=\"saved\"")) return;
      event.preventDefault();
      say(form.dataset.unsaved);
    });
    form.addEventListener("htmx:error", () => say(form.dataset.unsaved));
    let waits = false;
    form.addEventListener("submit", (event) => {
      dirty = false;
      // A form that is just saving itself is told a new version to go on from; what is sent now goes on from that one.
      if (!form.classList.contains("htmx-request")) return;
      event.preventDefault();
      if (waits) return;
      waits = true;
      form.addEventListener("htmx:finally:request", () => setTimeout(() => {
        waits = false;
        form.requestSubmit(event.submitter);
      }), { once: true });
    });
    document.addEventListener("htmx:after:swap", () => { if (sent === typed && document.querySelector("#saved[data-ok]")) dirty = false; });
    addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
  }

  // --- an error summary is where reading goes on ---
  document.getElementById("fault")?.focus();

  // --- keys ---
  const isTyping = (target) => target.closest("input, textarea, select, [contenteditable]");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key === "/") {
      const box = document.querySelector("input[type=search]");
      if (box) { event.preventDefault(); box.focus(); box.select(); }
    } else if (event.key === "j" || event.key === "k") {
      const rows = [...document.querySelectorAll(".list tbody th a, .hits h2 a")];
      const here = rows.indexOf(document.activeElement);
      rows[here < 0 ? 0 : Math.min(Math.max(here + (event.key === "j" ? 1 : -1), 0), rows.length - 1)]?.focus();
    } else if (event.key === "?") {
      document.getElementById("keys")?.showModal();
    }
  });
})();
