// SPDX-License-Identifier: AGPL-3.0-or-later
// The public Albo in a real Chromium, by somebody who never signs in: list, search, one posting, the
// stone of one that is over, verification of the file just read; axe at every width.

import { base, check, look, person, run } from "./harness.mjs";

async function citizen() {
  const page = await person(null, { acceptDownloads: true });
  await page.goto(`${base}/albo`);
  check("the Albo asks nobody to sign in", new URL(page.url()).pathname === "/albo");
  check("no way into the work from its head", (await page.locator("header a[href='/scrivania']").count()) === 0);
  check("a robot is told to leave", (await page.getAttribute("meta[name=robots]", "content")) === "noindex, noarchive");
  const acts = await page.locator(".posting").count();
  check("acts are in the Albo today", acts > 0, `${acts}`);
  check("their term is the certified one", /fino a tutto (il|l'|l’).+ compreso/.test(await page.locator(".posting-term").first().textContent()));
  await look(page, "albo");
  await page.fill("#testo", "parola che non esiste");
  await page.click("button:has-text('Cerca')");
  check("a search that finds nothing says so", await page.locator(".empty").isVisible());
  check("what was looked for stays", (await page.inputValue("#testo")) === "parola che non esiste");
  await look(page, "albo-ricerca");
  await page.click("a:has-text('Mostra tutti')");
  await page.locator(".task-subject a").first().click();
  check("a posting shows its files", (await page.locator(".files li").count()) > 0);
  await look(page, "albo-pubblicazione");
  const href = await page.locator(".files a").first().getAttribute("href");
  const answer = await page.request.get(`${base}${href}`);
  const pdf = await answer.body();
  check("the file is a PDF", pdf.subarray(0, 5).toString() === "%PDF-");
  await page.goto(`${base}/verifica`);
  await look(page, "verifica");
  await page.setInputFiles("#file", { name: "atto.pdf", mimeType: "application/pdf", buffer: pdf });
  await page.click("button:has-text('Verifica il file')");
  check("the file just read is recognised", (await page.textContent("#esito")).includes("identico"));
  await look(page, "verifica-esito");
  await page.setInputFiles("#file", { name: "altro.pdf", mimeType: "application/pdf", buffer: Buffer.concat([pdf, Buffer.from("\n% altro\n%%EOF\n")]) });
  await page.click("button:has-text('Verifica il file')");
  check("additions of others are seen", (await page.textContent("#esito")).includes("aggiunte"));
  await look(page, "verifica-aggiunte");
  await page.fill("#codice", "non è un codice");
  await page.click("button:has-text('Verifica il codice')");
  check("a wrong code says so", await page.locator("#diniego").isVisible());
  await look(page, "verifica-codice");
  const gone = await page.goto(`${base}/albo/2020/5012`);
  check("what is over is gone", gone.status() === 410);
  await look(page, "albo-conclusa");
  const missing = await page.goto(`${base}/albo/2020/1`);
  check("a number nobody took is not there", missing.status() === 404);
  await look(page, "albo-assente");
  await page.goto(`${base}/accessibilita`);
  await look(page, "albo-accessibilita");
  await page.context().close();
}

async function withoutScript() {
  const page = await person(null, { javaScriptEnabled: false });
  await page.goto(`${base}/albo`);
  await page.fill("#numero", "1");
  await page.click("button:has-text('Cerca')");
  check("the search works without JavaScript", page.url().includes("numero=1"));
  await page.context().close();
}

await run([citizen, withoutScript]);
