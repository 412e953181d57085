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
  const wide = matchMedia("(min-width: 60rem)");
  const drawer = document.getElementById("drawer");
  if (drawer && wide.matches) drawer.open = true;
  // So is what stands at the top for whoever is signed in; where it is folded, it closes when one goes on elsewhere.
  const menu = document.querySelector(".menu");
  if (menu) {
    const fit = () => { menu.open = wide.matches; };
    fit();
    wide.addEventListener("change", fit);
    document.addEventListener("click", (event) => { if (!wide.matches && !menu.contains(event.target)) menu.open = false; });
    menu.addEventListener("focusout", (event) => {
      if (!wide.matches && event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
    });
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || wide.matches) return;
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  }
  const live = document.getElementById("live");
  let open = new Set();
  document.addEventListener("htmx:before:swap", () => {
    open = new Set([...document.querySelectorAll("#finding details[id][open]")].map((d) => d.id));
  });
  // An answer without the piece that was asked for (an error, the door after a session ended) would leave nothing where it
  // stood. Where nothing that was typed could be lost, the page goes to that address and shows what it says; else it says
  // beside what was asked that there was no answer, and stays.
  const unanswered = () => document.querySelectorAll(".unanswered").forEach((one) => one.remove());
  const sorry = (ctx) => {
    unanswered();
    const box = ctx.sourceElement.closest(".field, form") ?? ctx.target;
    const line = Object.assign(document.createElement("p"), { className: "fault unanswered", textContent: live.dataset.unanswered });
    box.after(line);
    live.textContent = line.textContent;
  };
  document.addEventListener("htmx:before:swap", (event) => {
    const { ctx, tasks } = event.detail;
    if (!ctx.select) return;
    const main = tasks.find((task) => task.type === "main");
    if (ctx.response.status < 400 && main?.fragment.childElementCount) return;
    event.preventDefault();
    const typed = "main form[method=post] :is(textarea, select, input:not([type=hidden]))";
    if (ctx.request.method.toUpperCase() === "GET" && !document.querySelector(typed)) location.assign(ctx.request.action);
    else sorry(ctx);
  });
  document.addEventListener("htmx:error", (event) => { if (event.detail.ctx?.select) sorry(event.detail.ctx); });
  document.addEventListener("htmx:after:swap", (event) => {
    unanswered();
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    const found = document.getElementById("found");
    if (live && found) live.textContent = found.textContent;
    if (!event.detail.ctx.text?.includes("id=\"finding\"")) return;
    keepUp(event.detail.ctx.text);
    // What was pressed may be gone with the old results: whoever uses the keys goes on from the new ones.
    if (found && document.activeElement === document.body) found.focus({ preventScroll: true });
  });
  // Only the results are exchanged; what stands around them and speaks of the same search follows: links that lead to it in
  // another language, or back to it, and the words in its box, unless somebody is just typing there.
  function keepUp(text) {
    const page = new DOMParser().parseFromString(text, "text/html");
    for (const link of document.querySelectorAll("[data-follows]")) {
      const now = page.querySelector(`[data-follows="${link.dataset.follows}"]`);
      const name = link.tagName === "INPUT" ? "value" : "href";
      if (now) link.setAttribute(name, now.getAttribute(name));
    }
    const box = document.getElementById("q"), now = page.getElementById("q");
    if (box && now && box !== document.activeElement) box.value = now.getAttribute("value");
  }

  // --- what takes longer than a moment says so ---
  const LATE_MS = 300, LONGEST_MS = 40_000;
  const words = document.body.dataset;
  const sign = Object.assign(document.createElement("p"), { id: "waiting", className: "waiting", hidden: true });
  document.body.append(sign);
  const say = (word) => { if (live) live.textContent = word; };
  // What is fetched into the page: its place is busy, and a sign stands at the foot of the window.
  const underway = new Map();
  document.addEventListener("htmx:before:request", (event) => {
    // What asks again and again by itself shows its own progress.
    if (event.target.getAttribute("hx-trigger")?.startsWith("load")) return;
    const ctx = event.detail.ctx, place = ctx.target instanceof Element ? ctx.target : event.target;
    const timer = setTimeout(() => {
      place.setAttribute("aria-busy", "true");
      sign.textContent = place.id === "finding" ? words.searching : words.waiting;
      sign.hidden = false;
      say(sign.textContent);
    }, LATE_MS);
    underway.set(ctx, [timer, place]);
  });
  document.addEventListener("htmx:finally:request", (event) => {
    const [timer, place] = underway.get(event.detail.ctx) ?? [];
    if (!place) return;
    underway.delete(event.detail.ctx);
    clearTimeout(timer);
    for (const one of [place, document.getElementById(place.id)]) one?.removeAttribute("aria-busy");
    if (underway.size) return;
    sign.hidden = true;
    if (live && [words.searching, words.waiting].includes(live.textContent)) live.textContent = "";
  });
  // What is sent: the button that was pressed says so, and no button of the form can be pressed again.
  document.addEventListener("submit", (event) => {
    const form = event.target, button = event.submitter;
    if (event.defaultPrevented || form.method === "dialog") return;
    const word = form.getAttribute("role") === "search" ? words.searching : words.waiting;
    const buttons = [...form.elements].filter((one) => one.type === "submit" && !one.disabled);
    const label = button && !button.querySelector("svg") ? [...button.childNodes] : null;
    const timer = setTimeout(() => {
      form.setAttribute("aria-busy", "true");
      for (const one of buttons) one.disabled = true;
      if (label) button.replaceChildren(word);
      button?.classList.add("waits");
      say(word);
    }, LATE_MS);
    // Whoever comes back, or stays because no answer came, finds the form as it was.
    const restore = () => {
      clearTimeout(timer);
      form.removeAttribute("aria-busy");
      for (const one of buttons) one.disabled = false;
      if (label) button.replaceChildren(...label);
      button?.classList.remove("waits");
    };
    addEventListener("pageshow", (shown) => { if (shown.persisted) restore(); }, { once: true });
    setTimeout(restore, LONGEST_MS);
  });

  // --- a form that was written in asks before it is left ---
  for (const form of document.querySelectorAll("form[data-guard]")) {
    // What was typed since the form was last sent by itself is counted, so that an answer speaks of no more than it knows.
    let dirty = false, typed = 0, sent = 0, leaves = false;
    const line = () => document.getElementById("saved");
    const say = (text) => {
      const saved = line();
      if (!saved) return;
      saved.removeAttribute("data-ok");
      [...saved.childNodes].filter((n) => n.nodeName !== "INPUT").forEach((n) => n.remove());
      if (text) saved.prepend(Object.assign(document.createElement("span"), { className: "fault", textContent: text }));
    };
    form.addEventListener("input", () => { dirty = true; typed++; say(""); });
    form.addEventListener("htmx:before:request", (event) => {
      if (event.target !== form) return;
      // What is on its way by its button is not sent once more by itself.
      if (leaves) {
        event.preventDefault();
        event.stopPropagation();
        return;
      }
      // It may have waited for the one before it: what goes out is what the form says now, from the version it was told.
      const body = new URLSearchParams(new FormData(form));
      body.set("_do", "auto");
      event.detail.ctx.request.body = body;
      event.detail.ctx.request.action = form.getAttribute("action");
      sent = typed;
    });
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
      if (!form.classList.contains("htmx-request")) {
        leaves = true;
        setTimeout(() => { leaves = false; }, LONGEST_MS);
        return;
      }
      event.preventDefault();
      if (waits) return;
      waits = true;
      form.addEventListener("htmx:finally:request", () => setTimeout(() => {
        waits = false;
        form.requestSubmit(event.submitter);
      }), { once: true });
    });
    document.addEventListener("htmx:after:swap", () => { if (sent === typed && document.querySelector("#saved[data-ok]")) dirty = false; });
    addEventListener("pageshow", (shown) => { if (shown.persisted) leaves = false; });
    addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
  }

  // --- an error summary is where reading goes on ---
  document.getElementById("fault")?.focus();

  // --- keys ---
  // Keys of one letter can be switched off, and stay so in this browser (WCAG 2.1.4): who speaks to the machine, or has a
  // trembling hand, would set them off unawares.
  const OFF = "keys-off";
  const stored = (write) => { try { return write ? write(localStorage) : localStorage.getItem(OFF); } catch { return null; } };
  const keys = document.getElementById("keys"), letters = document.getElementById("keys-on");
  if (letters) {
    letters.checked = !stored();
    letters.addEventListener("change", () => stored((s) => letters.checked ? s.removeItem(OFF) : s.setItem(OFF, "1")));
    const opens = document.getElementById("keys-open");
    opens.hidden = false;
    opens.addEventListener("click", () => keys.showModal());
  }
  // Enter in the points of a decision decides nothing; without scripts its form comes back as it is.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("form[data-decides] input")) event.preventDefault();
  });
  const isTyping = (target) => target.closest("input, textarea, select, [contenteditable]");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || keys?.open || stored()) return;
    if (event.key === "/") {
      event.preventDefault();
      // The box of the page itself, then that of its head; where there is none, the page of results has one.
      const box = [...document.querySelectorAll("main input[type=search]"), ...document.querySelectorAll("input[type=search]")]
        .find((b) => b.getClientRects().length);
      if (box) { box.focus(); box.select(); } else location.assign(document.querySelector("[data-search]").href);
    } else if (event.key === "j" || event.key === "k") {
      const lines = [...document.querySelectorAll(".list tbody th, .hits h2, .board-card, .people > li")];
      const rows = lines.map((line) => line.querySelector("a, summary")).filter(Boolean);
      const here = rows.indexOf(document.activeElement);
      rows[here < 0 ? 0 : Math.min(Math.max(here + (event.key === "j" ? 1 : -1), 0), rows.length - 1)]?.focus();
    } else if (event.key === "?") {
      keys?.showModal();
    }
  });
})();
