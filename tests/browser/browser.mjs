// SPDX-License-Identifier: AGPL-3.0-or-later
// One Chromium for a script: people in browsers of their own, what every page must keep, the count.

import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const program = process.env.DELIBERA ?? "../../target/release/delibera";
const shots = process.env.SHOTS;
if (shots) mkdirSync(shots, { recursive: true });
let passed = 0;
export const failures = [];
export const check = (name, good, detail = "") => {
  if (good) passed += 1;
  else failures.push(`${name}${detail ? `: ${detail}` : ""}`);
};

/** Starts a program that ends with this script, however this script ends. */
const started = [];
export function start(command, words, options) {
  const child = spawn(command, words, options);
  started.push(child);
  return child;
}
process.on("exit", () => started.forEach((child) => child.exitCode === null && child.kill("SIGKILL")));
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(1));

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-dev-shm-usage"],
});

/** What was looked at, for the end: states given to axe, pages read where scripts do not run. */
let judged = 0;
const unscripted = new Set();

/** A page in a browser of its own. What the policy refuses and what a script throws is a failure. */
export async function open(options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  if (options.javaScriptEnabled === false) page.on("domcontentloaded", () => unscripted.add(new URL(page.url()).pathname));
  page.on("console", (message) => {
    if (message.type() === "error" && /Content Security Policy/i.test(message.text()))
      failures.push(`CSP on ${page.url()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => failures.push(`script error on ${page.url()}: ${error.message}`));
  return page;
}

/** A picture of the whole page, when pictures are wanted. */
export async function shot(page, name, options = { fullPage: true }) {
  if (shots) await page.screenshot({ path: join(shots, `${name}.png`), ...options });
}

/** The page at every width: no axe violation, no sideways scrolling, a picture. */
export async function look(page, name) {
  for (const width of [360, 768, 1280]) {
    await page.setViewportSize({ width, height: width < 500 ? 740 : 900 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    check(`${name} ${width} px: nothing sticks out`, wide <= 0, `${wide} px`);
    await shot(page, `${name}-${width}`);
  }
  await axed(page, name);
}

/** No axe violation. It is injected past the page's own policy, by the protocol of the browser. */
export async function axed(page, name) {
  await page.evaluate(`${axe};0`);
  const found = await page.evaluate(() =>
    window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"], iframes: false }),
  );
  judged += 1;
  const said = found.violations.map((v) => `${v.id} (${v.nodes.map((n) => n.target.join(" ")).slice(0, 3).join("; ")})`);
  check(`${name}: axe`, said.length === 0, said.join(", "));
}

/** Runs the parts one after the other; a part that breaks is one failure, and the end where each goes on
    from the one before. */
export async function perform(parts, { about = "", chained = false } = {}) {
  for (const part of parts) {
    const started = Date.now();
    try {
      await part();
    } catch (error) {
      failures.push(`${about}${part.name}: ${error.message.split("\n").slice(0, 4).join(" ")}`);
      await left(part.name);
      if (chained) return;
    }
    if (process.env.TIMES) console.log(`${about}${part.name}: ${((Date.now() - started) / 1000).toFixed(1)} s`);
  }
}

/** What was on the screens when a part broke. */
async function left(name) {
  const pages = browser.contexts().flatMap((context) => context.pages());
  for (const [index, page] of pages.entries()) {
    await shot(page, `rotto-${name}-${index}`).catch(() => {});
  }
}

/** Closes the browser, then `end`; says how many held and what did not. */
export async function finish(end) {
  await browser.close();
  await end();
  for (const failure of failures) console.log(`FAIL  ${failure}`);
  console.log(`states given to axe: ${judged}; pages without scripts: ${unscripted.size}`);
  console.log(`browser: ${passed} passed, ${failures.length} failed`);
  process.exit(failures.length ? 1 : 0);
}
