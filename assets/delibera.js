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
