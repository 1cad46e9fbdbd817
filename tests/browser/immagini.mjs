// SPDX-License-Identifier: AGPL-3.0-or-later
// The pictures of README and docs, taken from the sample Comune:
// `cd tests/browser && npm install && node immagini.mjs` writes those of docs/immagini again.
// With SHOTS, as in ./test, nothing is replaced: each is taken at 1280 and at 360 px, to be looked at.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { base, check, person, run } from "./harness.mjs";

const trying = process.env.SHOTS;
const folder = trying ?? join(import.meta.dirname, "../../docs/immagini");
/** A page of documentation is read over a telephone too. */
const HEAVIEST = 150 * 1024;
const DESK = { width: 1280, height: 860 };
const PHONE = { width: 360, height: 740 };

/** What one sees on coming to a page, in few colours: a picture of the screen needs no more. */
async function taken(page, name, size) {
  await page.setViewportSize(size);
  await page.evaluate(() => { document.activeElement?.blur(); window.scrollTo({ top: 0, behavior: "instant" }); });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  check(`${name}: nothing sticks out`, wide <= 0, `${wide} px`);
  const picture = await sharp(await page.screenshot()).png({ palette: true, colours: 128, effort: 10 }).toBuffer();
  check(`${name}: light`, picture.length <= HEAVIEST, `${picture.length} bytes`);
  writeFileSync(join(folder, `${name}.png`), picture);
}

async function picture(page, name, size = DESK) {
  await taken(page, name, size);
  if (!trying) return;
  for (const other of [DESK, PHONE].filter((other) => other.width !== size.width)) {
    await taken(page, `${name}-${other.width}`, other);
  }
}

async function desk() {
  const page = await person("greco");
  await picture(page, "scrivania");
  await page.goto(`${base}/fascicoli/verde`);
  await picture(page, "fascicolo", { ...DESK, height: 1000 });
  await page.context().close();
}

async function proposal() {
  const page = await person("neri");
  await page.goto(`${base}/fascicoli/piste/testo`);
  await picture(page, "proposta", { ...DESK, height: 1000 });
  await page.goto(`${base}/fascicoli/verde/azioni/parere?su=technical:ambiente`);
  await page.check("input[name=esito][value=favourable]");
  await page.check("input[name=conflitto]");
  await page.click("button:has-text('Vai alla firma')");
  await page.waitForURL(/\/firma\//);
  // The document is drawn by the browser's own reader, which tells no script when it is there.
  await page.waitForTimeout(3000);
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
  await picture(page, "aula", { ...DESK, height: 1000 });
  const member = await person("serra");
  await member.goto(`${base}/sedute/giunta-oggi/aula`);
  await picture(member, "aula-telefono", PHONE);
  for (const one of [page, member]) await one.context().close();
}

async function albo() {
  const page = await person(null);
  await page.goto(`${base}/albo`);
  await picture(page, "albo");
  await page.context().close();
}

await run([desk, proposal, room, albo]);
