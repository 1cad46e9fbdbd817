// SPDX-License-Identifier: AGPL-3.0-or-later
// From an empty database, by the link `delibera init` prints, through the first start to a first
// proposal; then every page of the administration at every width, without axe violations.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { deflateSync } from "node:zlib";

process.env.START = "empty";
const { base, check, look, mail_folder, person, run, said_by_init } = await import("./harness.mjs");

const PASSWORD = "tre fontane in piazza";
let admin;

/** A small PNG: enough of a crest to be printed. */
function crest() {
  const crc = (bytes) => {
    let value = ~0;
    for (const byte of bytes) {
      value ^= byte;
      for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
    }
    return ~value >>> 0;
  };
  const part = (name, data) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const head = Buffer.alloc(4);
    head.writeUInt32BE(data.length);
    const tail = Buffer.alloc(4);
    tail.writeUInt32BE(crc(body));
    return Buffer.concat([head, body, tail]);
  };
  const size = 64;
  const head = Buffer.alloc(13);
  head.writeUInt32BE(size, 0);
  head.writeUInt32BE(size, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(size * 3, 0x66)]);
  const rows = Buffer.concat(Array(size).fill(row));
  const start = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([start, part("IHDR", head), part("IDAT", deflateSync(rows)), part("IEND", Buffer.alloc(0))]);
}

const OFFICES = "nome\nSettore tecnico\nSettore finanziario\nSegreteria generale\n";
const HEAD = "cognome;nome;codice_fiscale;posta;ruolo;ufficio;titolo;atto;dal;ordine;gruppo\n";
const person_line = (surname, name, n, role, office, title, rest = ";") =>
  `${surname};${name};PRVPRV80A01H50${n}X;${surname.toLowerCase()}@comune.example;${role};${office};${title};decreto del Sindaco n. 1 del 2 gennaio 2020;2020-01-02;${rest}\n`;
const PEOPLE = [
  person_line("Sala", "Irene", 1, "sindaco", "", "Sindaca"),
  person_line("Galli", "Ugo", 2, "vicesindaco", "", "Vicesindaco"),
  person_line("Fabbri", "Lia", 3, "assessore", "", "Assessora ai Lavori pubblici", "1;"),
  person_line("Greco", "Nora", 4, "segretario", "", "Il Segretario comunale"),
  person_line("Pini", "Ivo", 5, "segreteria", "Segreteria generale", "Addetto alla Segreteria"),
  person_line("Pini", "Ivo", 5, "responsabile_pubblicazione", "Segreteria generale", "Il Responsabile della pubblicazione"),
  person_line("Pini", "Ivo", 5, "direttore", "Segreteria generale", "Il Responsabile della Segreteria"),
  person_line("Villa", "Rosa", 6, "direttore", "Settore finanziario", "Il Responsabile del Settore finanziario"),
  person_line("Villa", "Rosa", 6, "responsabile_ragioneria", "Settore finanziario", "Il Responsabile del servizio finanziario"),
  person_line("Costa", "Elio", 7, "direttore", "Settore tecnico", "Il Responsabile del Settore tecnico"),
  person_line("Costa", "Elio", 7, "responsabile_procedimento", "Settore tecnico", "Il Responsabile del procedimento"),
].join("");

/** The address in the newest mail to a person. */
function link_mailed(to) {
  const mails = readdirSync(mail_folder).map((name) => readFileSync(join(mail_folder, name), "utf8"));
  const mine = mails.filter((mail) => mail.includes(to));
  const parts = mine.map((mail) => mail.replace(/=\r?\n/g, "").replace(/=3D/g, "="));
  const found = parts.map((text) => text.match(/\/accesso\/password\?c=([0-9a-f]+)/)).filter(Boolean);
  return found.length ? found[found.length - 1][0] : "";
}

async function sign_up(page, path, login) {
  await page.goto(`${base}${path}`);
  await page.fill("input[name=nuova]", PASSWORD);
  await page.fill("input[name=ripetuta]", PASSWORD);
  await page.click("main button");
  await page.waitForURL(/accesso/);
  await page.fill("#utente", login);
  await page.fill("#password", PASSWORD);
  await page.click("button:has-text('Accedi')");
}

async function first_steps() {
  admin = await person(null);
  const path = said_by_init.match(/\/accesso\/password\?c=[0-9a-f]+/)[0];
  await sign_up(admin, path, "amministratore");
  await admin.waitForURL(/\/avvio/);
  check("who has just installed is led to the first start", admin.url().includes("/avvio/comune"));
  await look(admin, "avvio-comune");
  await admin.fill("#campo-sede", "Municipio, piazza della Fontana 1");
  await admin.fill("#campo-provincia", "VC");
  await admin.fill("#campo-posta", "delibere@comune.example");
  await admin.fill("#campo-seggi", "5");
  await admin.fill("#campo-intestazione", "piazza della Fontana 1 – 13000 Vallechiara (VC)\nPEC vallechiara@pec.example");
  await admin.setInputFiles("#campo-stemma", { name: "stemma.png", mimeType: "image/png", buffer: crest() });
  await admin.click("button:has-text('Registra')");
  check("the Comune is on record", (await admin.textContent(".notice")).includes("registrati"));
  const pdf = await admin.request.get(`${base}/amministrazione/carta-intestata`);
  check("the letterhead is a PDF", (await pdf.body()).subarray(0, 5).toString() === "%PDF-");
}

async function regulation() {
  await admin.goto(`${base}/avvio/regolamento`);
  await look(admin, "avvio-regolamento");
  await admin.click("a:has-text('Parti dal modello di un piccolo Comune')");
  await look(admin, "regolamento-carica");
  const text = await admin.inputValue("#campo-testo");
  await admin.fill("#campo-testo", text.replace("[exec_count]", "[exec_cont]"));
  await admin.click("button:has-text('Controlla')");
  check("a wrong key is told with its line and the right word", (await admin.textContent(".refusal")).includes("forse «exec_count»?"));
  await look(admin, "regolamento-errori");
  await admin.fill("#campo-testo", text);
  await admin.click("button:has-text('Controlla')");
  await look(admin, "regolamento-prova");
  await admin.click("button:has-text('Metti in vigore')");
  await admin.waitForURL(/avvio\/regolamento/);
  check("the regulation is in force", (await admin.textContent(".cards")).includes("Regolamento"));
}

async function tables() {
  await admin.goto(`${base}/avvio/uffici`);
  await look(admin, "avvio-uffici");
  await admin.fill("#campo-nome", "Ufficio cultura");
  await admin.click("button:has-text('Registra l')");
  check("an office by hand", (await admin.textContent(".cards")).includes("Ufficio cultura"));
  await admin.click("a:has-text('Importa gli uffici')");
  await send(OFFICES);
  await admin.click("button:has-text('Registra tutto')");
  await admin.waitForURL(/avvio\/uffici/);
  check("offices from a table", (await admin.textContent(".cards")).includes("Settore finanziario"));
  await admin.goto(`${base}/avvio/persone`);
  await admin.click("a:has-text('Importa persone')");
  await send(HEAD + PEOPLE.replace("Settore tecnico", "Settore tenico").replace("segretario;;", "segretrio;;"));
  const said = await admin.textContent(".refusal");
  check("every mistake has its line", said.includes("Riga 11") && said.includes("forse «segretario»?"), said);
  check("nothing was recorded", said.includes("Nulla è stato registrato"));
  await look(admin, "importa-errori");
  await send(HEAD + PEOPLE);
  await look(admin, "importa-prova");
  await admin.click("button:has-text('Registra tutto')");
  await admin.waitForURL(/avvio\/persone/);
  await look(admin, "avvio-persone");
  await admin.goto(`${base}/avvio/incarichi`);
  await look(admin, "avvio-incarichi");
}

async function send(text) {
  await admin.setInputFiles("#tabella", { name: "tabella.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
  await admin.click("button:has-text('Leggi la tabella')");
}

async function last_steps() {
  await admin.goto(`${base}/avvio/gruppi`);
  await admin.selectOption("#campo-persona", { label: "Fabbri Lia" });
  await admin.fill("#campo-gruppo", "Insieme per Vallechiara");
  await admin.fill("#campo-atto", "comunicazione al Consiglio del 2 gennaio 2020");
  await admin.fill("#campo-dal", "2020-01-02");
  await admin.click("button:has-text('Registra il capogruppo')");
  await admin.goto(`${base}/avvio/numeri`);
  await admin.selectOption("#campo-registro", "deliberazioni");
  await admin.fill("#campo-ultimo", "41");
  await admin.click("button:has-text('Apri il registro')");
  check("numbers go on from the last one used", (await admin.textContent(".cards")).includes("42"));
  await look(admin, "avvio-numeri");
  await admin.goto(`${base}/avvio/posta`);
  await admin.click("button:has-text('Invia un messaggio di prova')");
  check("a trial message left", (await admin.textContent(".notice")).includes("ada@comune.example"));
  await look(admin, "avvio-posta");
  await admin.goto(`${base}/avvio/riepilogo`);
  await look(admin, "avvio-riepilogo");
  const missing = await admin.locator(".check-no").allTextContents();
  check("what is missing is named", missing.some((line) => line.includes("Ufficio cultura")), missing.join(" | "));
  await admin.click("button:has-text('Concludi')");
  await admin.waitForURL(/amministrazione$/);
  await admin.goto(`${base}/avvio`);
  check("it is over", admin.url().endsWith("/amministrazione"));
}

async function account() {
  await admin.goto(`${base}/amministrazione/utenze`);
  await look(admin, "utenze");
  await admin.click("tr:has-text('Elio Costa') a:has-text('Crea')");
  await look(admin, "utenza-nuova");
  await admin.click("button:has-text('Crea l')");
  check("the account is there and its link left", (await admin.textContent(".notice")).includes("collegamento inviato"));
  await look(admin, "utenza");
  const page = await person(null);
  const path = link_mailed("costa@comune.example");
  check("the mail carries the link", path !== "");
  await sign_up(page, path, "elio.costa");
  await page.waitForURL(/scrivania/);
  await page.goto(`${base}/proposte/nuova`);
  await page.click(".models button >> nth=0");
  await page.waitForURL(/\/testo$/);
  check("a first proposal is written", (await page.locator("#campo-oggetto").count()) === 1);
  await page.goto(`${base}/amministrazione`);
  check("who has no power there is told who has", (await page.textContent("main")).includes("un incarico che permetta"));
  await page.goto(`${base}/sostituti`);
  await look(page, "sostituti");
  await page.click("a:has-text('come Il Responsabile del Settore tecnico')");
  await look(page, "sostituto-nomina");
  await page.selectOption("#campo-persona", { label: "Villa Rosa" });
  await page.check("input[name=qualita][value=vicario]");
  await page.fill("#campo-titolo", "Il Vicario del Responsabile del Settore tecnico");
  await page.fill("#campo-atto", "atto n. 1 del 2 gennaio 2026");
  await page.click("button:has-text('Registra la nomina')");
  check("a vicario in a minute", (await page.textContent(".cards")).includes("Rosa Villa"));
  await page.context().close();
}

async function sections() {
  const pages = [
    ["", "amministrazione"],
    ["/comune", "comune"],
    ["/uffici", "uffici"],
    ["/persone", "persone"],
    ["/persone/pini", "persona"],
    ["/incarichi", "incarichi"],
    ["/titolo?ruolo=direttore&ufficio=settore-tecnico", "titolo"],
    ["/organi", "organi"],
    ["/regolamento", "regolamento"],
    ["/regolamento/sezione/seduta", "regolamento-sezione"],
    ["/procedimenti", "procedimenti"],
    ["/procedimenti/carica", "procedimento-carica"],
    ["/modelli", "modelli"],
    ["/modelli/documenti/deliberazione", "modello-documento"],
    ["/modelli/messaggi/atto-adottato", "modello-messaggio"],
    ["/lavori?stato=tutti", "lavori"],
    ["/attivita", "attivita"],
    ["/attivita?vista=accessi", "accessi"],
    ["/azioni/incarico", "azione-incarico"],
  ];
  for (const [path, name] of pages) {
    const answer = await admin.goto(`${base}/amministrazione${path}`);
    check(`${name} opens`, answer.status() === 200, `${answer.status()}`);
    await look(admin, `amministrazione-${name}`);
  }
  await admin.goto(`${base}/amministrazione/procedimenti`);
  await admin.click(".cards a >> nth=0");
  await look(admin, "amministrazione-procedimento");
  await admin.context().close();
}

await run([first_steps, regulation, tables, last_steps, account, sections]);
