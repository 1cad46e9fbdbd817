// SPDX-License-Identifier: AGPL-3.0-or-later
// A real act from blank page to referto, by eleven people, each at a browser of his own, on an
// installation configured by a file; once on SQLite, once on PostgreSQL, mail by SMTP. The act has the
// shape of a deliberation of July 2020: four directors, accounting opinion «non dovuto», legitimacy by
// the vicar, a sitting by video with eleven of thirteen, the deputy mayor in the chair, immediately
// enforceable. The clock of the program is moved between one working moment and the next.

import { axed, check, finish, open, perform, shot } from "./browser.mjs";
import { pdf } from "./files.mjs";
import { Installation, PASSWORD, mailServer, postgres } from "./installation.mjs";

const PEOPLE = ["ricci", "testa", "orlandi", "marchi", "conti", "gallo", "riva", "pace", "zanetti", "ferrari", "basile"];
const SUBJECT = "Aggiornamento del sistema di valutazione e approvazione del Piano degli obiettivi 2020-2022";
const REMOTE = ["ferrari", "bianchi", "rizzo", "gallo", "costa", "fontana", "moretti", "barbieri", "lombardi", "mariani", "serra"];
/** The Comune on the eve: the Segretario is away, the registers go on from those kept before. */
const COMUNE = `title = "Il Comune prima dell'atto"
include = ["grande-comune"]
[[absence]]
person = "greco"
from = "2020-07-13"
to = "2020-08-31"
${[["proposte", 1720], ["deliberazioni", 837], ["albo", 5011]]
    .map(([name, last]) => `[[register]]\nregister = "${name}"\nyear = 2020\nlast = ${last}\nsource = "registro tenuto prima"\n`).join("")}
[[step]]
at = "2020-07-10 18:00"
do = "wait"
`;

/** The whole cycle on one engine. */
function cycle(engine, installation, mails) {
  const pages = {};
  const links = {};
  let act, sitting, seen = 0;
  const says = async (page, words, name) => {
    const text = await page.textContent("main");
    check(`${engine}: ${name}`, text.includes(words), `«${words}» is not in «${text.replace(/\s+/g, " ").slice(0, 300)}»`);
  };

  /** The program goes on at another moment: whoever was signed in signs in again. */
  async function moment(instant) {
    // What a slow machine has not composed yet would be composed at the other moment.
    await installation.idle();
    await installation.stop();
    await installation.serve(instant);
    for (const page of Object.values(pages)) await page.context().clearCookies();
  }

  /** A person at a page, with his own password. */
  async function at(person, path) {
    pages[person] ??= await open({ locale: "it-IT", viewport: { width: 1280, height: 900 } });
    const page = pages[person];
    await page.goto(installation.base + path);
    if (new URL(page.url()).pathname === "/accesso") {
      await page.fill("#utente", person);
      await page.fill("#password", PASSWORD);
      await page.click("button:has-text('Accedi')");
      await page.waitForURL((url) => url.pathname !== "/accesso");
    }
    return page;
  }

  /** A person opens the act from his desk: from what waits for him, or for his office where others may act too. */
  async function desk(person) {
    const line = `a:has-text('${SUBJECT}')`;
    let page = await at(person, "/scrivania?vista=io");
    if ((await page.locator(line).count()) === 0) page = await at(person, "/scrivania?vista=ufficio");
    await page.click(line, { timeout: 5000 });
    await page.waitForURL(/fascicoli/);
    return page;
  }

  /** What the page offers appears within a few seconds: the worker composes papers meanwhile. */
  async function offered(page, words) {
    const link = page.locator(`.actions a:has-text("${words}")`);
    for (let attempt = 0; (await link.count()) === 0; attempt += 1) {
      if (attempt === 240) throw new Error(`${page.url()} does not offer «${words}»: ${(await page.textContent("main")).replace(/\s+/g, " ").slice(0, 500)}`);
      await page.waitForTimeout(250);
      await page.reload();
    }
    return link.first();
  }

  /** The page of the signature: what is signed is on it; then it is signed. */
  async function sign(page) {
    await page.waitForURL(/\/firma\//);
    await page.click("button:has-text('Firma il documento')");
    await page.waitForURL((url) => !url.pathname.startsWith("/firma/"));
    check(`${engine}: ${page.url().split("/").pop()} is signed and said`, await page.locator(".notice").isVisible());
  }

  /** Follows an offer of the act, fills in what `fill` says, sends it. */
  async function act_on(page, words, button, fill = async () => {}) {
    await (await offered(page, words)).click();
    await fill(page);
    await page.click(`main form.panel button:has-text("${button}")`);
  }

  async function sign_paper(person, words) {
    const page = await at(person, act);
    await act_on(page, words, "Vai alla firma");
    await sign(page);
    return page;
  }

  /** Who was written to since the last question, by notice: `person@…` without the domain. */
  async function told(name, expected) {
    const wanted = Object.entries(expected).flatMap(([notice, people]) => people.map((person) => `${notice} → ${person}`)).sort();
    // What comes every day until it is done comes several times at once to a server that stood still.
    const daily = (line, index, all) => !/^(riepilogo|scadenza)/.test(line) || all.indexOf(line) === index;
    const line = (mail) => `${mail.notice} → ${mail.to.split("@")[0]}`;
    const got = () => mails.slice(seen).filter((mail) => mail.notice !== "sigillo-del-giorno").map(line).filter(daily).sort();
    await installation.idle();
    check(`${engine}: ${name}: who is told`, got().join("; ") === wanted.join("; "), `got ${got().join("; ")}, wanted ${wanted.join("; ")}`);
    seen = mails.length;
  }

  async function accounts() {
    installation.found(COMUNE);
    for (const person of PEOPLE) links[person] = await installation.link(person, "2020-07-13 09:00:00");
    await installation.serve("2020-07-13 09:05:00");
    for (const person of PEOPLE) {
      pages[person] = await open({ locale: "it-IT", viewport: { width: 1280, height: 900 } });
      const page = pages[person];
      await page.goto(installation.base + links[person]);
      await page.fill("#nuova", PASSWORD);
      await page.fill("#ripetuta", PASSWORD);
      await page.click("button:has-text('Salva la password')");
      if (person === "ricci") await shot(page, `ciclo-${engine}-password`);
    }
    const once = await open();
    await once.goto(installation.base + links.ricci);
    await once.fill("#nuova", "un'altra password lunga");
    await once.fill("#ripetuta", "un'altra password lunga");
    await once.click("button:has-text('Salva la password')");
    check(`${engine}: a first link is good once`, await once.locator("#diniego").isVisible());
    await once.context().close();
    const page = await at("ricci", "/scrivania");
    await says(page, "Nulla attende Lei", "an empty desk says so");
    check(`${engine}: nobody signs in with one click here`, (await page.context().request.post(`${installation.base}/accesso/prova`, { form: { persona: "conti" }, maxRedirects: 0 })).status() === 404);
  }

  async function proposal() {
    const page = await at("ricci", "/proposte/nuova");
    await page.click("button:has-text('Comincia')");
    await page.waitForURL(/\/testo$/);
    await page.fill("#campo-oggetto", SUBJECT);
    await page.selectOption("#campo-capofila", "organizzazione");
    for (const office of ["risorse", "operativa", "dg"]) await page.check(`input[name=uffici][value=${office}]`);
    for (const person of ["conti", "gallo"]) await page.check(`input[name=relatori][value=${person}]`);
    await page.selectOption("#campo-responsabile", "ricci");
    await page.fill("#campo-competenza", "art. 48, c. 3, TUEL");
    await page.fill("#campo-tipo", "programmazione");
    await page.fill("#campo-premesse", "## Premesso che\n\n- con deliberazione della Giunta comunale n. 465 del 3 aprile 2020 è stato approvato il Piano esecutivo di gestione;\n\n| Ambito | Peso |\n|---|---:|\n| Obiettivi solidali | 30 % |\n| Obiettivi di direzione | 70 % |");
    await page.fill("#punto-1", "di approvare il Piano degli obiettivi 2020-2022, allegato quale parte integrante e sostanziale;");
    await page.fill("#campo-scheda", "Obiettivi e indicatori del triennio. Nessuna spesa.");
    await page.check("input[name=effetti][value=nessuno]");
    await page.fill("#campo-immediata", "occorre avviare senza ritardo il ciclo di valutazione dell'anno in corso");
    await page.selectOption("#classe-nuovi", "on_file");
    await page.setInputFiles("#campo-allegati", { name: "Piano degli obiettivi.pdf", mimeType: "application/pdf", buffer: pdf("Piano degli obiettivi 2020-2022") });
    await page.waitForSelector(".attachments li");
    await page.click("button:has-text('Salva e presenta')");
    await page.waitForURL(/presentazione/);
    act = new URL(page.url()).pathname.replace("/azioni/presentazione", "");
    await page.click("main form.panel button:has-text('Presenta')");
    await says(page, "1721/2020", "the proposal goes on from the register kept before");
    await told("proposal", { "proposta-presentata": ["ricci", "testa", "orlandi", "marchi", "conti", "gallo"], "documento-da-firmare": ["ricci", "testa", "orlandi", "marchi", "conti", "gallo"] });
  }

  async function proposal_signed() {
    for (const person of ["ricci", "testa", "orlandi", "marchi", "conti", "gallo"]) {
      const page = await desk(person);
      await act_on(page, "Firmare: ", "Vai alla firma");
      await sign(page);
    }
    await told("proposal signed", {});
  }

  async function opinions() {
    await moment("2020-07-15 09:10:00");
    const before = await at("riva", act);
    check(`${engine}: Ragioneria may not come before the technical opinions`, (await before.locator(".actions a:has-text('contabile')").count()) === 0);
    for (const person of ["ricci", "testa", "orlandi", "marchi"]) {
      const page = await desk(person);
      await act_on(page, "Rendere il parere di regolarità tecnica", "Vai alla firma", async () => {
        await page.check("input[name=esito][value=favourable]");
        await page.check("input[name=conflitto]");
      });
      await sign(page);
    }
    await told("technical opinions", { "esito-parere": ["ricci", "ricci", "ricci", "ricci"], "parere-da-rendere": ["villa"] });
    const page = await desk("riva");
    await act_on(page, "Rendere il parere di regolarità contabile", "Vai alla firma", async () => {
      await page.check("input[name=esito][value=not_due]");
      await page.fill("#campo-ragioni", "il provvedimento non ha riflessi diretti o indiretti sulla situazione economico-finanziaria o sul patrimonio dell'ente");
      await page.check("input[name=conflitto]");
    });
    await sign(page);
    await told("accounting opinion", { "esito-parere": ["ricci", "pace"] });
  }

  async function legitimacy() {
    const office = await desk("pace");
    await act_on(office, "Chiudere la verifica", "Verifica superata", () => office.fill("#campo-nota", "fascicolo completo"));
    const page = await desk("zanetti");
    await (await offered(page, "Rendere il parere di legittimità")).click();
    await says(page, "Il Vice Segretario Generale Vicario", "the vicar sees the title that will be printed");
    await page.check("input[name=esito][value=favourable]");
    await page.check("input[name=conflitto]");
    await page.click("button:has-text('Vai alla firma')");
    await sign(page);
    await told("legitimacy", { "parere-da-rendere": ["zanetti"], "esito-parere": ["ricci", "sala"], "proposta-pronta": ["pace"] });
  }

  async function agenda() {
    await moment("2020-07-23 10:30:00");
    const office = await at("pace", "/sedute/nuova");
    await office.fill("#campo-data", "2020-07-24");
    await office.fill("#campo-ora", "11:00");
    await office.check("input[name=modo][value=remote]");
    await office.click("main form.panel button:has-text('Metti in calendario')");
    await office.waitForURL(/sedute\/(?!nuova)/);
    sitting = new URL(office.url()).pathname;
    await office.click(".ready button:has-text('Iscrivi')");
    const mayor = await at("conti", sitting);
    await (await offered(mayor, "Convocare la Giunta")).click();
    await mayor.click("button:has-text('Vai alla firma')");
    await sign(mayor);
    const members = ["conti", "vitale", ...REMOTE];
    await told("convened", { convocazione: [...members, "greco", "zanetti", "leone", "marchi"], "argomento-convocato": ["ricci", "testa", "orlandi", "marchi"] });
    for (const [person, answer] of [["gallo", "remote"], ["conti", "absent"]]) {
      const page = await at(person, sitting);
      await (await offered(page, "Rispondere alla convocazione")).click();
      await page.check(`input[name=risposta][value=${answer}]`);
      await page.click("button:has-text('Rispondi')");
    }
  }

  async function in_session() {
    await moment("2020-07-24 11:00:00");
    const clerk = await at("zanetti", sitting);
    await (await offered(clerk, "Appello e apertura")).click();
    check(`${engine}: the roll starts from the answers`, await clerk.isChecked("input[name=p-conti][value=assente]"));
    for (const person of REMOTE) await clerk.check(`input[name=p-${person}][value=remoto]`);
    await clerk.check("input[name=p-vitale][value=assente]");
    await clerk.click("button:has-text('Apri la seduta')");
    await clerk.waitForURL(/aula/);
    await clerk.click("button:has-text('Chiama il n. 1')");
    for (const person of ["ferrari", "gallo"]) {
      const page = await at(person, `${sitting}/aula`);
      await page.click("button:has-text('Favorevole')");
      check(`${engine}: ${person} votes from afar`, /Ha votato:\s*favorevole/i.test(await page.textContent(".own-vote")));
    }
    // Both are seen before the clerk goes on: a click on an older page is refused.
    await clerk.waitForFunction(() => document.querySelectorAll(".seat-chose").length === 2);
    await clerk.click("button:text-is('Unanime')");
    await clerk.waitForSelector(".ballot:has-text('838')");
    await clerk.click("button:text-is('IE unanime')");
    await clerk.waitForSelector(".item-now:has-text('immediatamente eseguibile')");
    await shot(clerk, `ciclo-${engine}-aula`);
    await clerk.click("a:has-text('Chiudere la seduta')");
    await clerk.check("input[name=conferma]");
    await clerk.click("button:has-text('Chiudi la seduta')");
    await told("sitting", { "atto-adottato": ["ricci"], "atto-eseguibile": ["ricci", "villa", "testa", "orlandi", "marchi"], "esiti-seduta": ["ricci", "conti", "gallo"] });
  }

  async function act_signed() {
    await moment("2020-07-27 09:10:00");
    for (const person of ["zanetti", "ferrari"]) {
      const page = await desk(person);
      await act_on(page, "Firmare: deliberazione", "Vai alla firma");
      await sign(page);
    }
    const page = await at("pace", act);
    await says(page, "Zanetti", "both signatures are shown");
    await told("perfected", { riepilogo: ["zanetti", "ferrari"], scadenza: ["zanetti", "ferrari"], "atto-da-pubblicare": ["basile", "ricci"] });
  }

  async function review() {
    const page = await desk("pace");
    await act_on(page, "Chiudere la verifica", "Verifica superata");
    await says(page, "Pubblicazione all'Albo", "the act may be posted");
  }

  async function posting() {
    await moment("2020-07-28 08:30:00");
    const page = await desk("basile");
    await act_on(page, "Pubblicare all'Albo pretorio", "Pubblica ora");
    await says(page, "5012", "the number of the Albo goes on");
    await told("posted", { "atto-pubblicato": ["ricci", "pace"], "documento-da-firmare": ["basile", "zanetti"], riepilogo: ["zanetti"] });
    await sign_paper("basile", "attestazione");
    await sign_paper("zanetti", "immediata eseguibilità");
    // The list leaves under the seal when the day's postings are over, at the hour of the regulation.
    await moment("2020-07-28 18:05:00");
    await told("list of the day", { "elenco-capigruppo": ["ferri", "monti", "conti"] });
    const list = mails.filter((mail) => mail.notice === "elenco-capigruppo" && mail.to.startsWith("ferri"));
    check(`${engine}: the list of the capigruppo names the act and its days`, list.length === 1 && /838/.test(list[0].text) && /11\/08\/2020|11 agosto 2020/.test(list[0].text), list[0]?.text);
  }

  async function executive() {
    await moment("2020-08-07 08:05:00");
    const page = await at("ricci", act);
    await says(page, "immediatamente eseguibile", "an act enforceable at once stays so when its days have run");
    await told("executive", { "atto-esecutivo": ["ricci", "villa", "testa", "orlandi", "marchi"] });
  }

  async function off() {
    await moment("2020-08-12 08:05:00");
    await sign_paper("basile", "referto");
    const page = await at("ricci", act);
    await says(page, "Referto", "the referto is in the dossier");
    await axed(page, `ciclo ${engine}: the whole dossier`);
    await shot(page, `ciclo-${engine}-fascicolo`);
  }

  async function verified() {
    await installation.stop();
    const { good, said } = installation.verify();
    check(`${engine}: the whole record verifies`, good, said);
    const people = new Set(mails.map((mail) => mail.to));
    check(`${engine}: nobody outside the Comune is written to`, [...people].every((to) => to.endsWith(".example")), [...people].join(", "));
  }

  return [accounts, proposal, proposal_signed, opinions, legitimacy, agenda, in_session, act_signed, review, posting, executive, off, verified];
}

const server = await postgres();
for (const engine of (process.env.ENGINE ?? "sqlite postgres").split(" ")) {
  const mail = await mailServer();
  const installation = new Installation(engine === "postgres" ? server.url : undefined, mail.port);
  await perform(cycle(engine, installation, mail.mails), { about: `${engine}: `, chained: true });
  await installation.stop();
  mail.close();
  if (process.env.KEEP) console.log(installation.folder);
  else installation.remove();
}
await finish(server.end);
