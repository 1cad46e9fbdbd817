// SPDX-License-Identifier: AGPL-3.0-or-later
// Improvements only: every page works without this file.
"use strict";
// A refusal, or a form that came back, is read first.
document.addEventListener("DOMContentLoaded", () => {
  const first = document.querySelector("#diniego, [aria-invalid=true]");
  if (first) first.focus();
});
// One click is one request: a second one on the same form waits for the answer.
document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) event.preventDefault();
  else if (event.target.method === "post") event.target.dataset.sent = "1";
});
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});
// A field that matters only with one answer is shown with that answer.
const only = () => {
  for (const field of document.querySelectorAll("[data-only]")) {
    const [name, value] = field.dataset.only.split("=");
    const chosen = [...document.getElementsByName(name)].some((input) => input.checked && input.value === value);
    field.hidden = !chosen;
  }
};
document.addEventListener("DOMContentLoaded", only);
document.addEventListener("change", only);
// Keys of one letter, which anybody can switch off (WCAG 2.1.4).
document.addEventListener("DOMContentLoaded", () => {
  const help = document.querySelector("[data-keys]");
  const opens = document.querySelector("[data-keys-open]");
  const on = document.querySelector("[data-keys-on]");
  if (!help || !help.showModal) return;
  const kept = "delibera-scorciatoie";
  on.checked = localStorage.getItem(kept) !== "no";
  on.addEventListener("change", () => localStorage.setItem(kept, on.checked ? "sì" : "no"));
  opens.hidden = false;
  opens.firstChild.addEventListener("click", () => help.showModal());
  help.querySelector("[data-keys-close]").addEventListener("click", () => help.close());
  const rows = () => [...document.querySelectorAll(".task")];
  const at = () => rows().findIndex((row) => row.contains(document.activeElement));
  const go = (step) => {
    const all = rows();
    const row = all[Math.min(all.length - 1, Math.max(0, at() + step))];
    if (row) row.querySelector("a").focus();
  };
  const keys = {
    "?": () => help.showModal(),
    j: () => go(1),
    k: () => go(at() < 0 ? 1 : -1),
    g: () => window.location.assign("/scrivania"),
    x: () => {
      const box = rows()[at()] && rows()[at()].querySelector("input[type=checkbox]");
      if (box) box.checked = !box.checked;
    },
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
    if (!on.checked || typing || help.open || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
});

// --- A sitting being followed: the page is read again whenever its number moves. -------------------

// Keyboard users go on from where they were; the gesture that usually comes next is ready.
function focusNext(kept) {
  const again = kept && document.getElementById("aula").querySelector(kept);
  const next = document.querySelector("#aula [data-next]");
  if (document.querySelector("#diniego")) return;
  if (again) again.focus({ preventScroll: true });
  else if (next) {
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  }
}
// What finds the focused element again in the new page.
function addressOf(element) {
  if (!element || !element.closest("#aula")) return "";
  if (element.id) return `#${element.id}`;
  const target = element.getAttribute("formaction") || element.getAttribute("href");
  if (target) return `[${element.hasAttribute("formaction") ? "formaction" : "href"}="${CSS.escape(target)}"]`;
  return element.name && element.value ? `[name="${element.name}"][value="${element.value}"]` : "";
}
async function readAgain() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" }, redirect: "manual" });
  if (!answer.ok) throw new Error(`answer ${answer.status}`);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("aula");
  const old = document.getElementById("aula");
  if (!fresh || !old) return;
  const typed = [...old.querySelectorAll("input[type=date], input[type=time]")].map((i) => [i.id, i.value]);
  const open = [...old.querySelectorAll("details")].map((d) => d.open);
  const kept = addressOf(document.activeElement);
  old.replaceWith(document.adoptNode(fresh));
  for (const [id, value] of typed) if (document.getElementById(id)) document.getElementById(id).value = value;
  if (open.length) [...fresh.querySelectorAll("details")].forEach((d, i) => { d.open = open[i] ?? d.open; });
  focusNext(kept);
}
function follow(room) {
  const lost = document.getElementById("linea");
  const say = (gone) => { lost.hidden = !gone; };
  let wanted = room.dataset.progress;
  let reading = false;
  async function catchUp() {
    if (reading) return;
    reading = true;
    try {
      while (wanted !== document.getElementById("aula").dataset.progress) {
        const before = wanted;
        await readAgain();
        if (before === wanted) break;
      }
      say(false);
    } catch {
      say(true);
      setTimeout(catchUp, 1000);
    }
    reading = false;
  }
  const source = new EventSource(room.dataset.follow);
  source.addEventListener("seduta", (event) => { wanted = event.data; catchUp(); });
  source.addEventListener("open", () => say(false));
  source.addEventListener("error", () => {
    say(true);
    // A stream that was refused is not tried again by the browser: the page itself says why.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => follow(document.getElementById("aula")), 2000);
  });
  window.addEventListener("offline", () => say(true));
  window.addEventListener("pagehide", () => source.close());
}
document.addEventListener("DOMContentLoaded", () => {
  const room = document.getElementById("aula");
  if (!room) return;
  focusNext("");
  follow(room);
});

// --- An agenda put in order by dragging; the buttons do the same without a mouse. -------------------

document.addEventListener("DOMContentLoaded", () => {
  const list = document.querySelector("[data-order]");
  if (!list) return;
  let dragged = null;
  for (const item of list.children) item.draggable = true;
  const target = (event) => event.target.closest?.(".agenda-item");
  list.addEventListener("dragstart", (event) => { dragged = target(event); dragged?.classList.add("dragged"); });
  list.addEventListener("dragend", () => dragged?.classList.remove("dragged"));
  list.addEventListener("dragover", (event) => { if (dragged) event.preventDefault(); });
  list.addEventListener("drop", (event) => {
    const over = target(event);
    if (!dragged || !over || over === dragged) return;
    event.preventDefault();
    const items = [...list.children];
    list.insertBefore(dragged, items.indexOf(dragged) < items.indexOf(over) ? over.nextSibling : over);
    const form = list.closest("form");
    for (const item of list.children) {
      const field = Object.assign(document.createElement("input"), { type: "hidden", name: "ordine", value: item.dataset.case });
      form.append(field);
    }
    form.action = `${list.dataset.order}/ordine`;
    form.submit();
  });
});

// --- Words chosen in a text with the mouse or the keyboard; typing them does the same. --------------

document.addEventListener("DOMContentLoaded", () => {
  const text = document.querySelector("[data-selectable]");
  const take = document.querySelector("[data-take]");
  const field = document.getElementById("campo-testo");
  if (!text || !take || !field) return;
  let chosen = "";
  take.hidden = false;
  document.addEventListener("selectionchange", () => {
    const selection = document.getSelection();
    const within = selection.anchorNode && text.contains(selection.anchorNode) && text.contains(selection.focusNode);
    if (within && selection.toString().trim()) chosen = selection.toString().replace(/\s+/g, " ").trim();
  });
  take.firstElementChild.addEventListener("click", () => {
    field.value = chosen;
    field.focus();
  });
});
