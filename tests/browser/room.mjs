// SPDX-License-Identifier: AGPL-3.0-or-later
// A sitting of thirteen, three of them connected from elsewhere, forty items: the secretary works by
// keyboard alone, every screen follows, a lost line is said and nothing is lost.

import { base, check, look, person, run } from "./harness.mjs";

const room = `${base}/sedute/giunta-oggi/aula`;
const remote = ["serra", "gallo", "mariani"];
let greco;
const members = {};

async function before() {
  greco = await person("greco");
  await greco.goto(`${base}/sedute`);
  await look(greco, "sedute");
  await greco.goto(`${base}/sedute/giunta-oggi`);
  await look(greco, "seduta");
  await greco.goto(`${base}/sedute/nuova`);
  await look(greco, "seduta-nuova");
  members.serra = await person("serra");
  await members.serra.goto(`${base}/sedute/giunta-oggi/azioni/risposta`);
  await members.serra.check("input[value=remote]");
  await members.serra.click("button:has-text('Rispondi')");
  await members.serra.goto(`${base}/sedute/giunta-oggi/fascicoli`);
  await look(members.serra, "dossier");
}

async function opening() {
  await greco.goto(`${base}/sedute/giunta-oggi/azioni/apertura`);
  check("the roll starts from the answers", await greco.isChecked("input[name=p-serra][value=remoto]"));
  for (const who of remote) await greco.check(`input[name=p-${who}][value=remoto]`);
  await greco.check("input[name=p-vitale][value=assente]");
  await look(greco, "appello");
  await greco.click("button:has-text('Apri la seduta')");
  await greco.waitForURL(/aula/);
  check("the quorum is told with its reason", (await greco.textContent(".quorum")).includes("occorrono 7"));
  await look(greco, "aula-aperta");
  for (const who of remote) {
    members[who] ??= await person(who);
    await members[who].goto(room);
  }
}

/** Waits for a screen to show something, and says how long it took. */
async function shows(page, selector, name, within = 1500) {
  const started = Date.now();
  const seen = await page.locator(selector).first().waitFor({ timeout: 5000 }).then(() => true, () => false);
  check(name, seen && Date.now() - started <= within, `${Date.now() - started} ms`);
}

async function members_vote() {
  await greco.click("button:has-text('Chiama il n. 1')");
  await greco.waitForSelector(".item-now");
  for (const who of remote) await shows(members[who], "text=Si vota l'argomento", `${who} sees what is voted`);
  await look(members.serra, "aula-membro");
  await look(greco, "aula-argomento");
  await members.gallo.click("button:has-text('Favorevole')");
  await members.serra.click("button:has-text('Contrario')");
  await shows(greco, ".seat-chose:has-text('contrario')", "the secretary sees a vote from afar");
  await look(members.serra, "aula-membro-votato");
  check("«Unanime» is not offered any more", (await greco.locator("button:text-is('Unanime')").count()) === 0);
  await greco.click("details.denied summary");
  check("a vote cast is not overwritten, and why", (await greco.textContent("details.denied")).includes("Nicola Serra ha votato"));
  await look(greco, "aula-diniego");
  await greco.click("a:has-text('Registrare il voto')");
  await look(greco, "voto-nominale");
  check("the ballot starts from the votes cast", await greco.isChecked("input[name=v-serra][value=against]"));
  await greco.click("button:has-text('Registra il voto')");
  await greco.waitForURL(/aula/);
  await look(greco, "aula-votato");
  await greco.click("button:text-is('Proclama')");
  await greco.waitForSelector("text=deliberazione");
  await look(greco, "aula-proclamato");
  await greco.click("button:text-is('IE unanime')");
  await greco.waitForSelector(".item-now:has-text('immediatamente eseguibile')");
  check("a proclaimed act has its number", /n\. \d+/.test(await greco.textContent(".ballot")));
}

async function lost_line() {
  const page = members.mariani;
  await page.context().setOffline(true);
  await page.locator("#linea").waitFor({ state: "visible", timeout: 5000 });
  check("a lost line is said", (await page.textContent("#linea")).includes("Collegamento perso, riprovo"));
  await look(page, "aula-linea-persa").catch(() => {});
  await greco.click("button:has-text('Esce: Anna Bianchi')");
  await greco.waitForSelector(".seat-out:has-text('Anna Bianchi')");
  await page.context().setOffline(false);
  await shows(page, ".seat-out:has-text('Anna Bianchi')", "who comes back sees what happened", 5000);
  await page.locator("#linea").waitFor({ state: "hidden", timeout: 5000 });
  await greco.click("button:has-text('Entra: Anna Bianchi')");
  await greco.waitForSelector(".seat-room:has-text('Anna Bianchi')");
}

async function forty_by_keyboard() {
  const items = await greco.locator(".room-item").count();
  check("forty items", items === 40, `${items}`);
  const started = Date.now();
  for (let item = 2; item <= items; item += 1) {
    for (const wanted of [`Chiama il n. ${item}`, "Unanime", "IE unanime"]) {
      const ready = await greco
        .waitForFunction((text) => document.activeElement?.textContent.trim() === text, wanted, { timeout: 5000 })
        .then(() => true, () => false);
      if (!ready) {
        const focus = await greco.evaluate(() => document.activeElement?.textContent.trim());
        throw new Error(`n. ${item}: «${wanted}» is not ready, the focus is on «${focus}»`);
      }
      await Promise.all([greco.waitForNavigation(), greco.keyboard.press("Enter")]);
    }
  }
  console.log(`forty items by keyboard: ${((Date.now() - started) / 1000).toFixed(1)} s`);
  const done = await greco.locator(".room-item-done").count();
  check("forty items are done by keyboard alone", done === items, `${done}`);
  check("each with two ballots", (await greco.locator(".room-item:has-text('immediatamente eseguibile')").count()) === items);
  await look(greco, "aula-fine");
}

async function without_script() {
  const page = await person("pace", { javaScriptEnabled: false });
  await page.goto(room);
  await page.click("button:has-text('Esce: Marco Rizzo')");
  check("the room works without JavaScript", (await page.textContent(".notice")).includes("Uscita registrata"));
  await page.context().close();
}

async function closing() {
  await greco.goto(`${base}/sedute/giunta-oggi/azioni/chiusura`);
  await greco.check("input[name=conferma]");
  await greco.click("button:has-text('Chiudi la seduta')");
  await greco.waitForURL(/aula/);
  await shows(members.serra, "text=Documenti ed esiti della seduta", "the end is seen by everyone");
  await greco.goto(`${base}/sedute/giunta-oggi`);
  check("outcomes and minutes are due", (await greco.textContent("main")).includes("Brogliaccio"));
  await look(greco, "seduta-chiusa");
}

await run([before, opening, members_vote, lost_line, forty_by_keyboard, without_script, closing]);
