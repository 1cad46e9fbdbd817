// SPDX-License-Identifier: AGPL-3.0-or-later
// Signing in at a real identity provider, in a real Chromium: there and back, with a form that was
// being sent, without script, and every way in which it does not succeed.

import { createServer } from "node:net";
import { join } from "node:path";
import { base, check, look, person, restart, run } from "./harness.mjs";
import { provide } from "./provider.mjs";

const free = () => new Promise((resolve) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});
const [ours, theirs] = [`http://127.0.0.1:${await free()}`, `http://localhost:${await free()}`];
process.env.OIDC_SECRET = "un segreto soltanto di prova";
const provider = await provide(theirs, ours, process.env.OIDC_SECRET);
await restart((folder) => `
database = "sqlite:${join(folder, "demo", "delibera.db")}"
listen = "${new URL(ours).host}"
listen_ops = "127.0.0.1:0"
seed_file = "${join(folder, "demo", "delibera.seed")}"
[mail]
from = "prova@comune.valdoro.example"
base_url = "${ours}"
[mail.transport]
kind = "folder"
path = "${join(folder, "posta")}"
[oidc]
issuer = "${theirs}"
client_id = "delibera"
client_secret_env = "OIDC_SECRET"
name = "SPID o CIE"
acr = ["livello2"]
passwords_only_for = ["emergenza"]
`);

const enter = "button:has-text('Entra con SPID o CIE')";

/** On the page of the provider: who one is, and how surely. */
async function sign(page, code, level = "livello2") {
  await page.waitForURL(`${theirs}/chi/**`);
  await page.fill("[name=codice]", code);
  await page.fill("[name=livello]", level);
  await page.click("[value=entra]");
}

async function there_and_back() {
  const page = await person(null);
  await page.goto(`${base}/fascicoli/orti`);
  check("the provider is offered first", await page.locator(enter).isVisible());
  check("the password is for the emergency", await page.locator("text=Accesso di emergenza").isVisible());
  await look(page, "accesso-identita");
  await page.click(enter);
  await sign(page, "NREGRG67P14F205A");
  await page.waitForURL(`${base}/fascicoli/orti`);
  check("one is where one wanted to go", await page.locator(".top-person:has-text('Giorgio Neri')").isVisible());
  await page.goto(`${base}/profilo`);
  check("the profile says how one is known", (await page.textContent("main")).includes("Collegato: la persona"));
  check("and how one came in", (await page.textContent(".sessions")).includes("con SPID o CIE"));
  await look(page, "profilo-identita");
  await page.click(".top-out");
  await page.waitForURL(`${theirs}/session/end**`);
  await page.click("text=Esci dal gestore");
  await page.waitForURL(`${base}/accesso**`);
  await page.goto(`${base}/scrivania`);
  check("one is out", page.url().includes("/accesso"));
  await page.click(enter);
  await page.waitForURL(`${theirs}/chi/**`);
  check("there too", await page.locator("[name=codice]").isVisible());
  await page.context().close();
}

async function a_form_is_not_lost() {
  const page = await person(null);
  await page.goto(`${base}/fascicoli/orti/azioni/ritiro`);
  await page.click(enter);
  await sign(page, "NREGRG67P14F205A");
  await page.waitForURL(/azioni\/ritiro/);
  await page.fill("#campo-motivazione", "Il comitato ha rinunciato alla convenzione");
  await page.context().clearCookies();
  await page.click("button:has-text('Vai alla firma')");
  check("the session has ended", await page.locator("text=La sessione è scaduta").isVisible());
  await page.click(enter);
  await sign(page, "NREGRG67P14F205A");
  await page.waitForURL(/identita\/ritorno/);
  check("what was written is there", await page.locator("dd:has-text('Il comitato ha rinunciato')").isVisible());
  await look(page, "ripresa-identita");
  await page.click("button:has-text('Invia di nuovo')");
  await page.waitForURL(/\/firma\//);
  check("and goes on", await page.locator("text=Impronta SHA-256").isVisible());
  await page.context().close();
}

async function what_does_not_succeed() {
  const refusals = [
    ["XXXYYY60A01F205X", "livello2", "non è fra quelli delle persone", "sconosciuta"],
    ["NREGRG67P14F205A", "livello1", "livello di sicurezza inferiore", "livello"],
    ["senza", "livello2", "non ha comunicato il codice fiscale", "senza-codice"],
  ];
  for (const [code, level, words, name] of refusals) {
    const page = await person(null);
    await page.goto(`${base}/accesso`);
    await page.click(enter);
    await sign(page, code, level);
    await page.waitForURL(/identita\/ritorno/);
    check(`${name}: said`, (await page.textContent("#diniego")).includes(words), await page.textContent("main"));
    check(`${name}: a reference`, await page.locator(".reference code").isVisible());
    await look(page, `identita-${name}`);
    await page.goto(`${base}/scrivania`);
    check(`${name}: nobody is signed in`, page.url().includes("/accesso"));
    await page.context().close();
  }
  const page = await person(null);
  await page.goto(`${base}/accesso`);
  await page.click(enter);
  await page.waitForURL(`${theirs}/chi/**`);
  await page.click("[value=rifiuta]");
  await page.waitForURL(/identita\/ritorno/);
  check("declined: said", (await page.textContent("#diniego")).includes("non è stato completato"));
  check("declined: words of others are not shown", !(await page.content()).includes("899"));
  const again = await page.reload();
  check("an answer is good once", again.status() === 403);
  await page.context().close();
}

async function without_script() {
  const page = await person(null, { javaScriptEnabled: false });
  await page.goto(`${base}/scrivania`);
  await page.click(enter);
  await sign(page, "PCASLV76R56F205M");
  await page.waitForURL(/scrivania/);
  check("it works without JavaScript", await page.locator(".top-person:has-text('Silvia Pace')").isVisible());
  await page.context().close();
}

await run([there_and_back, a_form_is_not_lost, what_does_not_succeed, without_script, async function ends() {
  provider.close();
  provider.closeAllConnections();
}]);
