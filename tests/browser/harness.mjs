// SPDX-License-Identifier: AGPL-3.0-or-later
// A server with the sample Comune, people in their own browsers, and what every page must keep.

import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const program = process.env.DELIBERA ?? "../../target/release/delibera";
const shots = process.env.SHOTS;
if (shots) mkdirSync(shots, { recursive: true });
let passed = 0;
export const failures = [];
export const check = (name, good, detail = "") => {
  if (good) passed += 1;
  else failures.push(`${name}${detail ? `: ${detail}` : ""}`);
};

const folder = mkdtempSync(join(tmpdir(), "delibera-browser-"));
/** What `delibera init` said, where a script began from an empty database (`START=empty`). */
export let said_by_init = "";
/** Where that installation leaves its mail. */
export let mail_folder = "";
const server = process.env.START === "empty" ? empty() : demo();

function demo() {
  return spawn(program, ["demo", "--dir", join(folder, "demo"), "--serve", "--listen", "127.0.0.1:0"]);
}

/** A real installation just made: no sample Comune, mail in a folder. */
function empty() {
  const path = resolve(program);
  const mail = join(folder, "posta");
  const config = `database = "sqlite:${join(folder, "vuoto.db")}"\nlisten = "127.0.0.1:0"\nlisten_ops = "127.0.0.1:0"\nseed_file = "${join(folder, "seme")}"\n\n[mail]\nfrom = "delibere@comune.example"\nbase_url = "http://delibere.comune.example"\n[mail.transport]\nkind = "folder"\npath = "${mail}"\n`;
  mail_folder = mail;
  writeFileSync(join(folder, "delibera.toml"), config);
  const words = ["init", "--comune", "Comune di Vallechiara", "--nome", "Ada", "--cognome", "Riva", "--codice-fiscale", "RVIDAA80A41F205X", "--posta", "ada@comune.example"];
  said_by_init = execFileSync(path, words, { cwd: folder, encoding: "utf8" });
  return spawn(path, ["serve"], { cwd: folder });
}

export const base = await new Promise((settle, reject) => {
  let said = "";
  const hear = (text) => {
    said += text;
    const found = said.match(/Pagine: (http:\/\/[^/\s]+)\//);
    if (found) settle(found[1]);
  };
  server.stdout.on("data", hear);
  server.stderr.on("data", (text) => { said += text; });
  server.on("exit", () => reject(new Error(`the server ended:\n${said.slice(-3000)}`)));
  setTimeout(() => reject(new Error(`the server does not answer:\n${said.slice(-3000)}`)), 180000);
});
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-dev-shm-usage"],
});

/** A person signed in, in a browser of his own; nobody yet when no one is named. */
export async function person(id, options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.on("console", (message) => {
    if (message.type() === "error" && /Content Security Policy/i.test(message.text()))
      failures.push(`CSP on ${page.url()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => failures.push(`script error on ${page.url()}: ${error.message}`));
  if (id) {
    await page.goto(`${base}/accesso`);
    await page.locator(`form:has(input[name=persona][value=${id}]) button`).first().click();
    await page.waitForURL(/scrivania/);
  }
  return page;
}

/** The page at every width: no axe violation, no sideways scrolling, a picture. */
export async function look(page, name) {
  for (const width of [360, 768, 1280]) {
    await page.setViewportSize({ width, height: width < 500 ? 740 : 900 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    check(`${name} ${width} px: nothing sticks out`, wide <= 0, `${wide} px`);
    if (shots) await page.screenshot({ path: join(shots, `${name}-${width}.png`), fullPage: true });
  }
  // axe is injected past the page's own policy, by the protocol of the browser.
  await page.evaluate(`${axe};0`);
  const found = await page.evaluate(() =>
    window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"], iframes: false }),
  );
  const said = found.violations.map((v) => `${v.id} (${v.nodes.map((n) => n.target.join(" ")).slice(0, 3).join("; ")})`);
  check(`${name}: axe`, said.length === 0, said.join(", "));
}

/** Runs the parts one after the other, ends everything, says how many held. */
export async function run(parts) {
  for (const part of parts) {
    try {
      await part();
    } catch (error) {
      failures.push(`${part.name}: ${error.message.split("\n").slice(0, 4).join(" ")}`);
    }
  }
  await browser.close();
  server.kill("SIGTERM");
  await new Promise((settle) => server.on("exit", settle));
  rmSync(folder, { recursive: true, force: true });
  for (const failure of failures) console.log(`FAIL  ${failure}`);
  console.log(`browser: ${passed} passed, ${failures.length} failed`);
  process.exit(failures.length ? 1 : 0);
}
