// SPDX-License-Identifier: AGPL-3.0-or-later
// What goes wrong on an ordinary day: two people on the same thing, a session that ends in the middle
// of a long form, files that are not what they seem, what may not be done. Nobody loses what he wrote,
// and everybody reads what happened, why, and what to do next.

import { base, check, look, person, run } from "./harness.mjs";
import { locked, pdf } from "./files.mjs";

const says = async (page, words, name) => {
  const text = await page.textContent("main");
  check(name, text.includes(words), `«${words}» is not in «${text.replace(/\s+/g, " ").slice(0, 300)}»`);
};

/** One person, two windows on the same draft: the second to save is told, and keeps his words. */
async function two_windows() {
  const [first, second] = [await person("neri"), await person("neri")];
  for (const page of [first, second]) await page.goto(`${base}/fascicoli/piste/testo`);
  await first.fill("#campo-oggetto", "Indirizzi per la rete ciclabile dei quartieri nord e della stazione");
  await first.click("button:has-text('Salva la bozza')");
  await says(first, "Bozza registrata", "the first window saves");
  await second.fill("#campo-oggetto", "Indirizzi per la rete ciclabile, con il ponte sul canale");
  const [answer] = await Promise.all([
    second.waitForResponse((response) => response.request().method() === "POST" && response.url().endsWith("/testo")),
    second.click("button:has-text('Salva la bozza')"),
  ]);
  check("the second is refused as a conflict", answer.status() === 409 || answer.status() === 422, `${answer.status()}`);
  await says(second, "Nel frattempo il fascicolo è cambiato", "and told what happened");
  check("what he typed is still there", (await second.inputValue("#campo-oggetto")).includes("ponte sul canale"));
  await look(second, "due-finestre");
  for (const page of [first, second]) await page.context().close();
}

/** Secretary and vicar record the same gesture: one is recorded, the other sees what happened. */
async function two_recorders() {
  const greco = await person("greco");
  await greco.goto(`${base}/sedute/giunta-sera/azioni/apertura`);
  await greco.click("button:has-text('Apri la seduta')");
  await greco.waitForURL(/aula/);
  // Without the script the screen does not follow: it is the one of a tablet left on the table.
  const still = await person("greco", { javaScriptEnabled: false });
  await still.goto(`${base}/sedute/giunta-sera/aula`);
  await greco.click("button:has-text('Chiama il n. 1')");
  await greco.waitForSelector(".item-now");
  await greco.click("button:text-is('Unanime')");
  await greco.waitForSelector(".ballot");
  await still.click("button:has-text('Chiama il n. 1')");
  await says(still, "Nel frattempo la seduta è andata avanti", "an old screen is told that the sitting went on");
  await look_still(still);
  const votes = await greco.locator(".chronicle li:has-text('Proclama')").count();
  check("the gesture is recorded once", votes <= 1, `${votes}`);
  for (const page of [greco, still]) await page.context().close();
}

/** Axe needs scripts; widths do not. */
async function look_still(page) {
  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    const box = await page.locator("#diniego").boundingBox();
    check(`the refusal is readable at ${width} px`, box !== null && box.x >= 0 && box.x + box.width <= width);
  }
}

/** The session ends while a long text is being written: nothing is lost, attachments are asked again. */
async function session_ends() {
  const page = await person("marchi");
  await page.goto(`${base}/proposte/nuova`);
  await page.click("button:has-text('Comincia')");
  await page.waitForURL(/\/testo$/);
  const words = `Premesso che il testo è lungo.\n\n${"Considerato che ogni parola è costata fatica. ".repeat(400)}`;
  await page.context().clearCookies();
  await page.fill("#campo-oggetto", "Regolamento degli spazi civici: atto di indirizzo");
  await page.fill("#campo-premesse", words);
  await page.waitForSelector("[data-saved].wrong");
  check("the page says at once that the session ended", (await page.textContent("[data-saved]")).includes("La sessione è scaduta"));
  await page.setInputFiles("#campo-allegati", { name: "piano.pdf", mimeType: "application/pdf", buffer: pdf("piano") });
  await page.waitForSelector("[data-drop] [role=alert]");
  check("a file sent without a session is told so", (await page.textContent("[data-drop] [role=alert]")).includes("sessione"), await page.textContent("[data-drop] [role=alert]"));
  await page.click("button:has-text('Salva la bozza')");
  check("one is asked to sign in", await page.locator("text=La sessione è scaduta").isVisible());
  await look(page, "sessione-scaduta-testo");
  await page.locator("form:has(input[name=persona][value=marchi]) button").first().click();
  await says(page, "ogni parola è costata fatica", "the whole text is offered again");
  await look(page, "ripresa-testo");
  await page.click("main button[type=submit]");
  await page.waitForURL(/\/testo$/);
  check("and recorded", (await page.inputValue("#campo-premesse")).length >= words.trim().length - 2);
  await says(page, "Bozza registrata", "as if nothing had happened");
  await page.context().close();
}

async function wrong_files() {
  const page = await person("marchi");
  await page.goto(`${base}/proposte/nuova`);
  await page.click("button:has-text('Comincia')");
  await page.waitForURL(/\/testo$/);
  const whole = pdf("un documento vero");
  const wrong = [
    ["a program named .pdf", "fattura.pdf", Buffer.from("MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff", "latin1"), "non contiene un PDF"],
    ["a program", "aggiornamento.exe", Buffer.from("MZ\x90\x00", "latin1"), "non è di un tipo ammesso"],
    ["a PDF under a password", "riservato.pdf", locked(whole), "protetto da password"],
    ["a PDF cut short", "tagliato.pdf", whole.subarray(0, 200), "danneggiato"],
    ["an empty file", "vuoto.pdf", Buffer.alloc(0), "è vuoto"],
    ["a file too large", "planimetria.pdf", Buffer.concat([whole, Buffer.alloc(26 * 1024 * 1024)]), "supera i 25 MB"],
    ["a web page named .pdf", "pagina.pdf", Buffer.from("<html><script>alert(1)</script></html>"), "non contiene un PDF"],
  ];
  for (const [name, file, buffer, words] of wrong) {
    await page.setInputFiles("#campo-allegati", { name: file, mimeType: "application/pdf", buffer });
    // Name and reason together: the refusal of the file before may still be shown, in similar words.
    const told = page.locator(`[data-drop] [role=alert]:has-text("«${file}»"):has-text("${words}")`);
    check(`${name} is refused by name with its reason`, await told.waitFor({ timeout: 15000 }).then(() => true, () => false), await page.textContent("[data-drop]"));
  }
  await look(page, "file-rifiutato");
  await page.reload();
  check("none of them is kept", (await page.locator(".attachments li").count()) === 0);
  await page.setInputFiles("#campo-allegati", { name: "vero.pdf", mimeType: "application/pdf", buffer: whole });
  await page.waitForSelector(".attachments li");
  await page.context().close();

  const still = await person("marchi", { javaScriptEnabled: false });
  await still.goto(page.url());
  await still.setInputFiles("#campo-allegati", { name: "fattura.pdf", mimeType: "application/pdf", buffer: wrong[0][2] });
  await still.click("button:has-text('Carica i file')");
  check("the same without JavaScript", (await still.textContent("#diniego")).includes("non contiene un PDF"));
  await still.context().close();
}

/** Each refusal: what, the article, what to do next. */
async function refusals() {
  const cases = [
    ["villa", "/fascicoli/verde", "Rendere il parere di regolarità tecnica"],
    ["neri", "/fascicoli/scuole", "Rendere il parere di regolarità contabile"],
    ["pace", "/fascicoli/museo", "Pubblicare all'Albo pretorio"],
    ["costa", "/sedute/giunta-prossima", "Convocare la Giunta"],
  ];
  for (const [who, path, words] of cases) {
    const page = await person(who);
    await page.goto(base + path);
    check(`${who} on ${path}: «${words}» is not offered`, (await page.locator(`.actions a:has-text("${words}")`).count()) === 0);
    await page.click("details.denied summary");
    const reason = page.locator(`.denied div:has(dt:has-text("${words}")) dd`).first();
    const said = (await reason.count()) ? await reason.textContent() : "";
    check(`${who} on ${path}: why, with the article`, /art(t)?\. \d+/.test(said), said || "nothing is said");
    await page.context().close();
  }
  const draft = await person("neri");
  await draft.goto(`${base}/proposte/nuova`);
  await draft.click("button:has-text('Comincia')");
  await draft.fill("#campo-oggetto", "Proposta ancora incompleta");
  await draft.click("button:has-text('Salva e presenta')");
  await draft.waitForURL(/presentazione/);
  await says(draft, "art.", "an incomplete proposal is refused with the article");
  await look(draft, "presentazione-rifiutata");
  await draft.context().close();
  const stranger = await person("testa");
  const answer = await stranger.goto(`${base}/fascicoli/piste`);
  check("the draft of another office is not read", answer.status() === 403);
  await look(stranger, "bozza-altrui");
  await stranger.context().close();
}

await run([two_windows, two_recorders, session_ends, wrong_files, refusals]);
