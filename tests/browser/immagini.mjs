// SPDX-License-Identifier: AGPL-3.0-or-later
// The pictures of README and docs, made again from the sample Comune:
// `cd tests/browser && node immagini.mjs` writes docs/immagini. Small JPEGs of one screen each.

import { join } from "node:path";
import { base, person, run } from "./harness.mjs";

const folder = join(import.meta.dirname, "../../docs/immagini");

async function picture(page, name, { width = 1280, height = 860 } = {}) {
  await page.setViewportSize({ width, height });
  await page.evaluate(() => { document.activeElement?.blur(); window.scrollTo(0, 0); });
  await page.screenshot({ path: join(folder, `${name}.jpg`), type: "jpeg", quality: 72 });
}

async function desk() {
  const page = await person("greco");
  await picture(page, "scrivania");
  await page.goto(`${base}/fascicoli/verde`);
  await picture(page, "fascicolo", { height: 1000 });
  await picture(page, "fascicolo-telefono", { width: 390, height: 844 });
  await page.goto(`${base}/fascicoli/piste`);
  await page.context().close();
}

async function proposal() {
  const page = await person("neri");
  await page.goto(`${base}/fascicoli/piste/testo`);
  await picture(page, "proposta", { height: 1000 });
  await page.goto(`${base}/fascicoli/verde/azioni/parere?su=technical:ambiente`);
  await page.check("input[name=esito][value=favourable]");
  await page.check("input[name=conflitto]");
  await page.click("button:has-text('Vai alla firma')");
  await page.waitForURL(/\/firma\//);
  await picture(page, "firma");
  await page.context().close();
}

async function room() {
  const page = await person("greco");
  await page.goto(`${base}/sedute/giunta-oggi/azioni/apertura`);
  for (const who of ["serra", "gallo", "mariani"]) await page.check(`input[name=p-${who}][value=remoto]`);
  await page.check("input[name=p-vitale][value=assente]");
  await page.click("button:has-text('Apri la seduta')");
  await page.waitForURL(/aula/);
  for (const item of [1, 2]) {
    await page.click(`button:has-text('Chiama il n. ${item}')`);
    await page.waitForSelector(".item-now:not(.item-done)");
    await page.click("button:text-is('Unanime')");
    await page.waitForSelector(".item-done");
    await page.click("button:text-is('IE unanime')");
    await page.waitForSelector(".item-now:has-text('immediatamente eseguibile')");
  }
  await page.click("button:has-text('Chiama il n. 3')");
  await page.waitForSelector(".item-now:not(.item-done)");
  await picture(page, "aula", { height: 1000 });
  const member = await person("serra");
  await member.goto(`${base}/sedute/giunta-oggi/aula`);
  await picture(member, "aula-telefono", { width: 390, height: 844 });
  for (const one of [page, member]) await one.context().close();
}

await run([desk, proposal, room]);
