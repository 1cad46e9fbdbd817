// SPDX-License-Identifier: AGPL-3.0-or-later
// The pages in a real Chromium: an opinion given and signed from the desk, every page without axe
// violations at 360 and 1280 px, nothing refused by the CSP, everything also without JavaScript.
// `./test` runs it: DELIBERA is the program, SHOTS the folder for screenshots.

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const program = process.env.DELIBERA ?? "../../target/release/delibera";
const shots = process.env.SHOTS;
if (shots) mkdirSync(shots, { recursive: true });
const widths = [360, 768, 1280];
let passed = 0;
const failures = [];
const check = (name, good, detail = "") => {
  if (good) passed += 1;
  else failures.push(`${name}${detail ? `: ${detail}` : ""}`);
};

// --- The server ------------------------------------------------------------------------------

const folder = mkdtempSync(join(tmpdir(), "delibera-browser-"));
const server = spawn(program, ["demo", "--dir", join(folder, "demo"), "--serve", "--listen", "127.0.0.1:0"]);
const base = await new Promise((resolve, reject) => {
  let said = "";
  const hear = (text) => {
    said += text;
    const found = said.match(/Pagine: (http:\/\/[^/\s]+)\//);
    if (found) resolve(found[1]);
  };
  server.stdout.on("data", hear);
  server.stderr.on("data", (text) => { said += text; });
  server.on("exit", () => reject(new Error(`the server ended:\n${said.slice(-3000)}`)));
  setTimeout(() => reject(new Error(`the server does not answer:\n${said.slice(-3000)}`)), 120000);
});

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-dev-shm-usage"],
});

// --- Helpers -----------------------------------------------------------------------------------

async function person(id, options = {}) {
  const context = await browser.newContext({ bypassCSP: false, ...options });
  const page = await context.newPage();
  page.on("console", (message) => {
    if (message.type() === "error" && /Content Security Policy/i.test(message.text()))
      failures.push(`CSP on ${page.url()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => failures.push(`script error on ${page.url()}: ${error.message}`));
  if (id) await signIn(page, id);
  return page;
}

async function signIn(page, id) {
  await page.goto(`${base}/accesso`);
  await page.locator(`form:has(input[name=persona][value=${id}]) button`).first().click();
  await page.waitForURL(/scrivania|fascicoli/);
}

/** The page at every width: no axe violation, no sideways scrolling, a picture. */
async function look(page, name) {
  for (const width of widths) {
    await page.setViewportSize({ width, height: width < 500 ? 740 : 900 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    check(`${name} ${width} px: nothing sticks out`, wide <= 0, `${wide} px`);
    if (shots && width !== 768) await page.screenshot({ path: join(shots, `${name}-${width}.png`), fullPage: true });
  }
  // axe is injected past the page's own policy, by the protocol of the browser.
  await page.evaluate(`${axe};0`);
  const found = await page.evaluate(() =>
    window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"], iframes: false }),
  );
  const said = found.violations.map((v) => `${v.id} (${v.nodes.map((n) => n.target.join(" ")).slice(0, 3).join("; ")})`);
  check(`${name}: axe`, said.length === 0, said.join(", "));
}

// --- What must hold ------------------------------------------------------------------------------

async function strangers() {
  const page = await person(null);
  const requests = [];
  page.on("response", async (response) => requests.push(response));
  await page.goto(`${base}/scrivania`);
  check("a stranger is asked to sign in", page.url().includes("/accesso"));
  check("first load in ten requests", requests.length <= 10, `${requests.length}`);
  await look(page, "accesso");
  await page.fill("#utente", "nessuno");
  await page.fill("#password", "sbagliata-di-certo");
  await page.click("button:has-text('Accedi')");
  check("a wrong password says so", await page.locator("#diniego").isVisible());
  check("the login typed stays", (await page.inputValue("#utente")) === "nessuno");
  await look(page, "accesso-negato");
  await page.goto(`${base}/accesso/recupero`);
  await look(page, "recupero");
  await page.goto(`${base}/accessibilita`);
  await look(page, "accessibilita");
  const missing = await page.goto(`${base}/non-esiste`);
  check("a page that is not there is 404", missing.status() === 404);
  await look(page, "non-trovata");
  await page.context().close();
}

async function opinion() {
  const page = await person("neri");
  await look(page, "scrivania");
  for (const view of ["ufficio", "altri", "scadenza"]) {
    await page.goto(`${base}/scrivania?vista=${view}`);
    await look(page, `scrivania-${view}`);
  }
  await page.goto(`${base}/scrivania?testo=verde`);
  await page.click("a:has-text('Programma di cura del verde')");
  await look(page, "fascicolo-pareri");
  await page.locator("details.denied summary").click();
  check("what may not be done says why", (await page.locator("details.denied dd").count()) > 0);
  await page.click("a:has-text('Rendere il parere di regolarità tecnica')");
  await look(page, "azione-parere");
  await page.check("input[name=esito][value=contrary]");
  await page.check("input[name=conflitto]");
  await page.click("button:has-text('Vai alla firma')");
  check("a contrary opinion wants reasons", await page.locator("#errore-motivazione").isVisible());
  check("what was chosen stays", await page.isChecked("input[name=esito][value=contrary]"));
  await look(page, "azione-parere-errore");
  await page.check("input[name=esito][value=favourable]");
  await page.click("button:has-text('Vai alla firma')");
  await page.waitForURL(/\/firma\//);
  await look(page, "firma");
  await page.click("button:has-text('Firma il documento')");
  await page.waitForURL(/\/fascicoli\//);
  check("the opinion is given and said", (await page.textContent(".notice")).includes("Parere reso"));
  await look(page, "fascicolo-dopo-parere");
  await page.goto(`${base}/profilo`);
  await look(page, "profilo");
  await page.context().close();
}

async function void_opinions() {
  const page = await person("neri");
  await page.goto(`${base}/fascicoli/parcheggi`);
  check("an opinion on an older text is void", (await page.locator(".void").count()) > 0);
  await look(page, "fascicolo-superato");
  await page.goto(`${base}/fascicoli/obiettivi`);
  await look(page, "fascicolo-concluso");
  await page.context().close();
}

async function expired() {
  const page = await person("testa");
  await page.goto(`${base}/fascicoli/obiettivi`);
  await page.context().clearCookies();
  await page.goto(`${base}/accesso`);
  await page.context().close();
  const other = await person("neri");
  await other.goto(`${base}/fascicoli/orti/azioni/ritiro`);
  if (await other.locator("#campo-motivazione").count()) {
    await other.fill("#campo-motivazione", "Il comitato ha rinunciato alla convenzione");
    await other.context().clearCookies();
    await other.click("button:has-text('Vai alla firma')");
    check("a form sent without a session is kept", await other.locator("text=La sessione è scaduta").isVisible());
    await look(other, "sessione-scaduta");
    await other.locator("form:has(input[name=persona][value=neri]) button").first().click();
    check("what was written is shown again", await other.locator("text=Il comitato ha rinunciato").isVisible());
    await look(other, "ripresa");
  } else failures.push("the form of the withdrawal is not there");
  await other.context().close();
}

async function without_script() {
  const page = await person("pace", { javaScriptEnabled: false });
  await page.goto(`${base}/fascicoli/rifiuti`);
  await page.click("a:has-text('Chiudere la verifica')");
  await page.fill("#campo-nota", "fascicolo completo");
  await page.click("button:has-text('Verifica superata')");
  check("an action works without JavaScript", (await page.textContent(".notice")).includes("Verifica registrata"));
  await page.context().close();
}

for (const part of [strangers, opinion, void_opinions, expired, without_script]) {
  try {
    await part();
  } catch (error) {
    failures.push(`${part.name}: ${error.message.split("\n").slice(0, 4).join(" ")}`);
  }
}
await browser.close();
server.kill("SIGTERM");
await new Promise((resolve) => server.on("exit", resolve));
rmSync(folder, { recursive: true, force: true });
for (const failure of failures) console.log(`FAIL  ${failure}`);
console.log(`browser: ${passed} passed, ${failures.length} failed`);
process.exit(failures.length ? 1 : 0);
