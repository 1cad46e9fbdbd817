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
