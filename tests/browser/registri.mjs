// SPDX-License-Identifier: AGPL-3.0-or-later
// Registers, searches and statistics: as people look for an act, print a register, read the times.

import { readFileSync } from "node:fs";
import { base, check, look, person, run } from "./harness.mjs";

let greco;

async function register() {
  greco = await person("greco");
  await greco.click("nav[aria-label=Principale] >> text=Registri");
  await greco.waitForURL(/registri\/deliberazioni/);
  await look(greco, "registro-deliberazioni");
  const numbers = await greco.locator("table.register tbody th").allTextContents();
  check("the newest number comes first", parseInt(numbers[0], 10) > parseInt(numbers.at(-1), 10), numbers.join(" "));
  await greco.fill("#parole", "centri estivi");
  await greco.selectOption("#anno", "tutti");
  await greco.click("button:has-text('Filtra')");
  check("the filter is in the address", greco.url().includes("parole=centri+estivi"));
  check("one act answers", (await greco.locator("table.register tbody tr").count()) === 1);
  await look(greco, "registro-filtrato");
  await greco.click("text=Togli i filtri");
  await greco.click("nav[aria-label=Registri] >> text=Proposte");
  await look(greco, "registro-proposte");
  await greco.click("nav[aria-label=Registri] >> text=Albo");
  await look(greco, "registro-albo");
  await greco.fill("#parole", "parola che nessun atto contiene davvero");
  await greco.click("button:has-text('Filtra')");
  await look(greco, "registro-vuoto");
}

async function printed() {
  await greco.goto(`${base}/registri/deliberazioni`);
  await greco.emulateMedia({ media: "print" });
  check("on paper the filter is not there", !(await greco.isVisible("form.filter")));
  check("on paper the day and the criteria are", await greco.isVisible(".print-only"));
  if (process.env.SHOTS) await greco.screenshot({ path: `${process.env.SHOTS}/registro-stampa.png`, fullPage: true });
  await greco.emulateMedia({ media: "screen" });
}

async function files() {
  for (const [words, start] of [["CSV", "\ufeffNumero;"], ["XLSX", "PK"]]) {
    const [download] = await Promise.all([greco.waitForEvent("download"), greco.click(`.exports a:has-text('${words}')`)]);
    const text = readFileSync(await download.path(), "utf8");
    check(`the ${words} file is what it says`, text.startsWith(start), text.slice(0, 20));
    check(`the ${words} file has a name`, /^registro-deliberazioni/.test(download.suggestedFilename()));
  }
}

async function search() {
  await greco.goto(`${base}/scrivania`);
  await greco.fill("#cerca-atti", "impianto sportivo");
  await greco.press("#cerca-atti", "Enter");
  await greco.waitForURL(/ricerca/);
  check("the plural is found by the singular", (await greco.textContent("main")).includes("impianti sportivi"));
  check("the words found are marked", (await greco.locator("mark").count()) > 0);
  await look(greco, "ricerca");
  await greco.goto(`${base}/ricerca?parole=sosta`);
  await look(greco, "ricerca-testo");
  await greco.goto(`${base}/registri/deliberazioni`);
  const number = (await greco.locator("table.register tbody th a").first().textContent()).trim();
  await greco.goto(`${base}/ricerca?parole=${encodeURIComponent(`n. ${number}`)}`);
  check("a number leads to its act", (await greco.textContent("main")).includes(`Deliberazione n. ${number}`));
  await look(greco, "ricerca-numero");
  await greco.goto(`${base}/ricerca?parole=zanzibar`);
  await look(greco, "ricerca-nulla");
}

async function statistics() {
  await greco.goto(`${base}/registri/statistiche`);
  await look(greco, "statistiche");
  for (const summary of await greco.locator("details summary").all()) await summary.click();
  await look(greco, "statistiche-aperte");
  check("each picture has its words", (await greco.locator("svg[role=img] title").count()) === (await greco.locator("svg[role=img]").count()));
}

async function others() {
  const ferri = await person("ferri");
  await ferri.goto(`${base}/registri`);
  check("a councillor comes to the acts", ferri.url().endsWith("/registri/deliberazioni"));
  check("and is not led to the proposals", (await ferri.locator("nav[aria-label=Registri] >> text=Proposte").count()) === 0);
  await look(ferri, "registro-consigliere");
}

await run([register, printed, files, search, statistics, others]);
