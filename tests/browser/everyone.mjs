// SPDX-License-Identifier: AGPL-3.0-or-later
// For whoever does not use a mouse, a script, small letters or a screen: one whole cycle of an act by
// keyboard alone with the focus seen at every stop, the same cycle without JavaScript, every page with
// letters twice as large, what comes out of the printer.

import { base, check, failures, person, run } from "./harness.mjs";
import { shot } from "./browser.mjs";

// --- Two ways of doing the same things --------------------------------------------------------------

/** By keyboard: Tab until the thing has the focus, which must be seen wherever it stops. */
class Keyboard {
  static name = "keyboard";
  // A page that scrolls gently is not yet where it goes when one looks.
  static options = { reducedMotion: "reduce" };
  stops = 0;
  constructor(page) { this.page = page; }

  async #reach(target) {
    await target.waitFor();
    for (let press = 0; press < 400; press += 1) {
      const { here, seen, what } = await target.evaluate((element) => {
        const active = document.activeElement;
        const same = active === element || (active.type === "radio" && active.name === element.name);
        const box = active.getBoundingClientRect();
        const style = getComputedStyle(active);
        const drawn = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none";
        const shown = box.bottom > 0 && box.top < innerHeight && box.width > 0 && box.height > 0;
        const outside = active === document.body || active.tagName === "IFRAME" || active.tagName === "MAIN" || active.id === "diniego";
        return { here: same, seen: outside || (drawn && shown), what: `${active.tagName} ${active.id || active.name || ""} ${active.textContent.trim().slice(0, 40)}, drawn ${drawn}, shown ${shown}` };
      });
      this.stops += 1;
      if (!seen) failures.push(`keyboard: the focus is not seen on ${what} of ${this.page.url()}`);
      if (here) return;
      await this.page.keyboard.press("Tab");
    }
    throw new Error(`the keyboard does not reach ${target} on ${this.page.url()}`);
  }

  async press(target) {
    await this.#reach(target);
    await Promise.all([this.page.waitForNavigation({ waitUntil: "domcontentloaded" }), this.page.keyboard.press("Enter")]);
  }

  async write(selector, text) {
    await this.#reach(this.page.locator(selector));
    await this.page.keyboard.press("Control+A");
    await this.page.keyboard.insertText(text);
  }

  async tick(selector) {
    const target = this.page.locator(selector);
    if (await target.isChecked()) return;
    await this.#reach(target);
    const radio = (await target.getAttribute("type")) === "radio";
    if (!radio) return this.page.keyboard.press("Space");
    for (let press = 0; press < 10 && !(await target.isChecked()); press += 1) {
      const first = await target.evaluate((element) => document.activeElement === element);
      await this.page.keyboard.press(first ? "Space" : "ArrowDown");
    }
  }

  async choose(selector, value) {
    const list = this.page.locator(selector);
    await this.#reach(list);
    const label = (await list.locator(`option[value="${value}"]`).textContent()).trim();
    await this.page.keyboard.type(label.slice(0, 18));
    check(`keyboard: «${label}» is chosen`, (await list.inputValue()) === value);
  }
}

/** Without JavaScript: links, forms and nothing else. */
class Plain {
  static name = "no script";
  static options = { javaScriptEnabled: false };
  constructor(page) { this.page = page; }
  press(target) { return Promise.all([this.page.waitForNavigation({ waitUntil: "domcontentloaded" }), target.click()]); }
  write(selector, text) { return this.page.fill(selector, text); }
  tick(selector) { return this.page.check(selector); }
  choose(selector, value) { return this.page.selectOption(selector, value); }
}

// --- One act ---------------------------------------------------------------------------------------

/** An act of one office from the blank page to its attestation of posting. */
async function cycle(Way, subject, sitting) {
  let page, way, act, stops = 0;
  const button = (words, scope = "main") => page.locator(`${scope} button:has-text("${words}")`).first();
  const leave = () => page?.context().close();

  async function as(who) {
    stops += way?.stops ?? 0;
    await leave();
    page = await person(null, Way.options);
    way = new Way(page);
    await page.goto(`${base}/accesso`);
    await way.press(page.locator(`form:has(input[name=persona][value=${who}]) button`).first());
    await page.waitForURL(/scrivania/);
  }
  /** Opens the act or the sitting and takes what is offered there, once it is. */
  async function take(path, words) {
    await page.goto(base + path);
    const offer = page.locator(`.actions a:has-text("${words}")`).first();
    for (let attempt = 0; (await offer.count()) === 0; attempt += 1) {
      if (attempt === 240) throw new Error(`${Way.name}: ${page.url()} does not offer «${words}»`);
      await page.waitForTimeout(250);
      await page.goto(base + path);
    }
    await way.press(offer);
  }
  async function send(words) {
    await way.press(button(words, "main form.panel"));
  }
  async function sign() {
    await page.waitForURL(/\/firma\//);
    await way.press(button("Firma il documento"));
    await page.waitForURL((url) => !url.pathname.startsWith("/firma/"));
  }
  async function signs(who, path, words) {
    await as(who);
    await take(path, words);
    await page.waitForURL(/azioni/);
    await send("Vai alla firma");
    await sign();
  }
  async function opinion(who, words, outcome, reasons) {
    await as(who);
    await take(act, words);
    await way.tick(`input[name=esito][value=${outcome}]`);
    if (reasons) await way.write("#campo-ragioni", reasons);
    await way.tick("input[name=conflitto]");
    await send("Vai alla firma");
    await sign();
  }
  async function review(done) {
    await as("pace");
    await take(act, "Chiudere la verifica");
    await send("Verifica superata");
    check(`${Way.name}: ${done}`, (await page.textContent(".notice")).includes("Verifica registrata"));
  }

  await as("neri");
  await page.goto(`${base}/proposte/nuova`);
  await way.press(button("Comincia"));
  await page.waitForURL(/\/testo$/);
  await way.write("#campo-oggetto", subject);
  await way.choose("#campo-capofila", "ambiente");
  await way.choose("#campo-responsabile", "neri");
  await way.tick("input[name=relatori][value=costa]");
  await way.write("#campo-competenza", "art. 48, c. 2, TUEL");
  await way.write("#campo-premesse", "Premesso che il verde di quartiere è curato dai cittadini.");
  await way.write("#punto-1", "di approvare lo schema;");
  await way.write("#campo-scheda", "Schema di protocollo, senza oneri.");
  await way.tick("input[name=effetti][value=nessuno]");
  await way.press(button("Salva e presenta"));
  await page.waitForURL(/presentazione/);
  act = new URL(page.url()).pathname.replace("/azioni/presentazione", "");
  await send("Presenta");
  for (const who of ["neri", "costa"]) await signs(who, act, "Firmare: ");
  await opinion("neri", "parere di regolarità tecnica", "favourable");
  await opinion("villa", "parere di regolarità contabile", "not_due", "nessun riflesso sul bilancio o sul patrimonio");
  await review("the inquiry is closed");
  await opinion("greco", "parere di legittimità", "favourable");

  // Deposited too late for any agenda: who presides takes it off the agenda.
  await as("greco");
  await take(sitting, "Appello e apertura");
  await send("Apri la seduta");
  await page.waitForURL(/aula/);
  await way.press(page.locator("a:has-text('fuori sacco')").first());
  await way.choose("#campo-fascicolo", act.split("/").pop());
  await way.press(page.locator("main form.panel button[type=submit]").first());
  await page.waitForSelector(`.item-now:has-text("${subject}")`);
  await way.press(button("Unanime"));
  await page.waitForSelector(".ballot");
  await way.press(page.locator("a:has-text('Chiudere la seduta')").first());
  await way.tick("input[name=conferma]");
  await send("Chiudi la seduta");

  await signs("greco", act, "Firmare: deliberazione");
  await signs("conti", act, "Firmare: deliberazione");
  await review("the personal data are reviewed");
  await as("basile");
  await take(act, "Pubblicare all'Albo pretorio");
  await send("Pubblica ora");
  check(`${Way.name}: a whole cycle, posted`, (await page.textContent(".notice")).includes("pubblicato"));
  await signs("basile", act, "Firmare: ");
  stops += way.stops ?? 0;
  if (stops) console.log(`keyboard: ${stops} stops of the focus`);
  await leave();
}

async function by_keyboard() {
  await cycle(Keyboard, "Cura partecipata delle aiuole di via Roma", "/sedute/giunta-sera");
}

async function without_script() {
  await cycle(Plain, "Cura partecipata dei giardini di via Verdi", "/sedute/giunta-oggi");
}

// --- Large letters, paper ----------------------------------------------------------------------------

const PAGES = [
  ["neri", "/scrivania", "scrivania"],
  ["neri", "/fascicoli/obiettivi", "fascicolo"],
  ["neri", "/fascicoli/parcheggi/confronto", "confronto"],
  ["neri", "/proposte/nuova", "proposta-nuova"],
  ["neri", "/fascicoli/piste/testo", "proposta"],
  ["villa", "/fascicoli/scuole/azioni/parere?su=accounting", "parere"],
  ["greco", "/sedute", "sedute"],
  ["greco", "/sedute/giunta-oggi", "seduta"],
  ["greco", "/sedute/giunta-sera/azioni/apertura", "appello"],
  ["serra", "/sedute/giunta-oggi/fascicoli", "dossier"],
  ["neri", "/profilo", "profilo"],
  [null, "/accesso", "accesso"],
  [null, "/albo", "albo"],
  ["greco", "/registri", "registri"],
  ["bruno", "/amministrazione", "amministrazione"],
  ["bruno", "/amministrazione/incarichi", "incarichi"],
  ["bruno", "/amministrazione/lavori?stato=tutti", "lavori"],
  ["bruno", "/amministrazione/regolamento", "regolamento"],
  ["bruno", "/amministrazione/procedimenti", "procedimenti"],
];

/** What is cut or covered, of the words one should be able to read. */
function hidden_words() {
  const found = [];
  const name = (element) => `${element.tagName.toLowerCase()}.${element.className?.baseVal ?? element.className} «${element.textContent.trim().slice(0, 30)}»`;
  const own = (element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  for (const element of document.querySelectorAll("body *")) {
    if (!own(element) || element.closest("svg, iframe, dialog, .visually-hidden, .visually-hidden-focusable, .scroll, details:not([open]) > :not(summary)")) continue;
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    if (style.visibility === "hidden" || box.width === 0 || box.height === 0) continue;
    if (["hidden", "clip"].includes(style.overflowX) && element.scrollWidth > element.clientWidth + 1) found.push(`cut: ${name(element)}`);
    if (box.right > innerWidth + 1 || box.left < -1) found.push(`outside: ${name(element)}`);
    element.scrollIntoView({ block: "center" });
    const range = document.createRange();
    range.selectNodeContents(element);
    const line = range.getClientRects()[0];
    if (!line || line.width === 0) continue;
    const at = document.elementFromPoint(Math.min(innerWidth - 1, line.left + Math.min(line.width / 2, 20)), line.top + line.height / 2);
    // What follows the screen moves away when one scrolls.
    const follows = at?.closest(".editor-bar, .line-lost");
    if (at && !follows && at !== element && !element.contains(at) && !at.contains(element)) found.push(`covered by ${name(at)}: ${name(element)}`);
  }
  window.scrollTo(0, 0);
  return [...new Set(found)].slice(0, 4);
}

async function large_letters() {
  for (const [who, path, name] of PAGES) {
    const page = await person(who);
    await page.goto(base + path);
    for (const width of [360, 1280]) {
      await page.setViewportSize({ width, height: 900 });
      await page.evaluate(() => { document.documentElement.style.fontSize = "200%"; });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      const sticks = await page.evaluate(() => [...document.querySelectorAll("main *")].filter((element) => element.getBoundingClientRect().right > innerWidth + 1 && !element.closest(".scroll")).map((element) => `${element.tagName}.${element.className}`).slice(0, 3));
      check(`${name} at 200 % and ${width} px: nothing sticks out`, wide <= 0, `${wide} px: ${sticks.join("; ")}`);
      const wrong = await page.evaluate(hidden_words);
      check(`${name} at 200 % and ${width} px: every word is read`, wrong.length === 0, wrong.join("; "));
      await shot(page, `grande-${name}-${width}`);
    }
    await page.context().close();
  }
}

async function on_paper() {
  const printed = [
    ["neri", "/fascicoli/obiettivi", "fascicolo"],
    ["greco", "/sedute/giunta-oggi", "ordine-del-giorno"],
    ["greco", "/sedute/giunta-scorsa/aula", "aula"],
    ["neri", "/fascicoli/parcheggi/confronto", "confronto"],
  ];
  for (const [who, path, name] of printed) {
    const page = await person(who, { viewport: { width: 794, height: 1123 } });
    await page.goto(base + path);
    await page.emulateMedia({ media: "print" });
    for (const part of [".top-nav", ".trail", ".actions", ".denied", "iframe", ".skiplinks", ".seat-moves", ".console", ".agenda-move"]) {
      const shown = await page.locator(part).evaluateAll((all) => all.filter((element) => element.getClientRects().length).length);
      check(`${name} on paper: no ${part}`, shown === 0, `${shown}`);
    }
    const heading = await page.locator("h1").first().isVisible();
    check(`${name} on paper: what it is`, heading);
    await shot(page, `stampa-${name}`);
    await page.context().close();
  }
}

await run([large_letters, on_paper, by_keyboard, without_script]);
