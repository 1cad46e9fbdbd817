// SPDX-License-Identifier: AGPL-3.0-or-later
// The pages in a real Chromium: an opinion given and signed from the desk, every page without axe
// violations at 360 and 1280 px, nothing refused by the CSP, everything also without JavaScript.
// `./test` runs it: DELIBERA is the program, SHOTS the folder for screenshots.

import { base, check, failures, look, person, run } from "./harness.mjs";

/** What a browser that was never here asks for, as it travels. */
async function first_load() {
  const signed_in = await person("neri");
  const cookies = await signed_in.context().cookies();
  await signed_in.context().close();
  for (const path of ["/scrivania", "/fascicoli/verde", "/albo"]) {
    const fresh = await person(null);
    await fresh.context().addCookies(cookies);
    const asked = [];
    fresh.on("requestfinished", (request) => asked.push(request));
    await fresh.goto(`${base}${path}`, { waitUntil: "networkidle" });
    const sizes = await Promise.all(asked.map((request) => request.sizes()));
    const bytes = sizes.reduce((sum, size) => sum + size.responseBodySize + size.responseHeadersSize, 0);
    console.log(`first load of ${path}: ${asked.length} requests, ${(bytes / 1000).toFixed(1)} kB`);
    check(`${path}: first load in ten requests`, asked.length <= 10, `${asked.length}`);
    check(`${path}: first load within 200 kB`, bytes <= 200_000, `${bytes} bytes`);
    await fresh.context().close();
  }
}

async function strangers() {
  const page = await person(null);
  await page.goto(`${base}/scrivania`);
  check("a stranger is asked to sign in", page.url().includes("/accesso"));
  await look(page, "accesso");
  await page.fill("#utente", "nessuno");
  await page.fill("#password", "sbagliata-di-certo");
  await page.click("button:has-text('Accedi')");
  check("a wrong password says so", await page.locator("#diniego").isVisible());
  check("the login typed stays", (await page.inputValue("#utente")) === "nessuno");
  await look(page, "accesso-negato");
  await page.goto(`${base}/accesso/recupero`);
  await look(page, "recupero");
  await page.goto(`${base}/accessibilita`);
  await look(page, "accessibilita");
  const missing = await page.goto(`${base}/non-esiste`);
  check("a page that is not there is 404", missing.status() === 404);
  await look(page, "non-trovata");
  await page.context().close();
}

async function opinion() {
  const page = await person("neri");
  await look(page, "scrivania");
  for (const view of ["ufficio", "altri", "scadenza"]) {
    await page.goto(`${base}/scrivania?vista=${view}`);
    await look(page, `scrivania-${view}`);
  }
  await page.goto(`${base}/scrivania?testo=verde`);
  await page.click("a:has-text('Programma di cura del verde')");
  await look(page, "fascicolo-pareri");
  await page.locator("details.denied summary").click();
  check("what may not be done says why", (await page.locator("details.denied dd").count()) > 0);
  await page.click("a:has-text('Rendere il parere di regolarità tecnica')");
  await look(page, "azione-parere");
  await page.check("input[name=esito][value=contrary]");
  await page.check("input[name=conflitto]");
  await page.click("button:has-text('Vai alla firma')");
  check("a contrary opinion wants reasons", await page.locator("#errore-motivazione").isVisible());
  check("only the field of that outcome is shown", await page.locator("#campo-prescrizioni").isHidden());
  check("what was chosen stays", await page.isChecked("input[name=esito][value=contrary]"));
  await look(page, "azione-parere-errore");
  await page.check("input[name=esito][value=favourable]");
  await page.click("button:has-text('Vai alla firma')");
  await page.waitForURL(/\/firma\//);
  await look(page, "firma");
  await page.click("button:has-text('Firma il documento')");
  await page.waitForURL(/\/fascicoli\//);
  check("the opinion is given and said", (await page.textContent(".notice")).includes("Parere reso"));
  await look(page, "fascicolo-dopo-parere");
  await page.goto(`${base}/profilo`);
  await look(page, "profilo");
  await page.context().close();
}

async function proposal() {
  const page = await person("marchi");
  await page.goto(`${base}/proposte/nuova`);
  await look(page, "proposta-nuova");
  await page.click("button:has-text('Patrocinio e contributo')");
  await page.waitForURL(/\/testo$/);
  check("a draft opens with the words of its model", (await page.inputValue("#campo-premesse")).includes("Vista la richiesta"));
  await page.fill("#campo-oggetto", "Concessione di patrocinio alla Festa della montagna");
  const kept = page.waitForResponse((answer) => answer.url().endsWith("/bozza"));
  await page.fill("#campo-premesse", "Premesso che **la festa** si tiene ogni anno;\n\n| Voce | Euro |\n|---|---:|\n| Palco | 1.000 |");
  await kept;
  await page.waitForSelector("[data-preview-body] td:has-text('1.000')");
  check("what is typed is shown as it will be printed", (await page.locator("[data-preview-body] strong:has-text('la festa')").count()) === 1);
  check("what is missing is listed", (await page.locator(".gaps li").count()) > 0);
  await look(page, "proposta");
  await page.reload();
  check("what was typed survives a reload", (await page.inputValue("#campo-oggetto")).includes("Festa della montagna"));
  await paste(page);
  await points(page);
  await page.setInputFiles("#campo-allegati", { name: "finto.pdf", mimeType: "application/pdf", buffer: Buffer.from("MZ niente") });
  await page.waitForSelector("[data-drop] [role=alert]");
  check("a wrong file is refused with its reason", (await page.textContent("[data-drop] [role=alert]")).includes("non contiene un PDF"));
  await page.setInputFiles("#campo-allegati", { name: "voci.csv", mimeType: "text/csv", buffer: Buffer.from("voce;euro\npalco;1000\n") });
  await page.waitForSelector(".attachments li");
  check("an attachment is there and not on record yet", (await page.textContent(".attachments")).includes("non ancora registrato"));
  await page.click("button:has-text('Salva la bozza')");
  check("the draft is recorded", (await page.textContent(".notice")).includes("Bozza registrata"));
  check("its attachment too", !(await page.textContent(".attachments")).includes("non ancora registrato"));
  await look(page, "proposta-salvata");
  const pdf = await page.request.get(`${page.url()}/documento`);
  check("the real document is there", (await pdf.body()).subarray(0, 5).toString() === "%PDF-", `${pdf.status()}`);
  await page.click("button:has-text('Salva e presenta')");
  await look(page, "presentazione");
  await page.context().close();
}

/** What is written in the premises after a paste of this HTML. */
async function pasted(page, html) {
  await page.fill("#campo-premesse", "");
  await page.evaluate((text) => {
    const data = new DataTransfer();
    data.setData("text/html", text);
    const area = document.querySelector("#campo-premesse");
    area.focus();
    area.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  }, html);
  return (await page.inputValue("#campo-premesse")).trim();
}

/** A paragraph of a list as Word puts it on the clipboard, with the sign of its item. */
const listed = (list, level, sign, words, font = "Calibri") =>
  `<p class=MsoListParagraph style='margin-left:36.0pt;mso-list:${list} level${level} lfo1'><!--[if !supportLists]--><span
  style='font-family:${font}'><span style='mso-list:Ignore'>${sign}<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;&nbsp;
  </span></span></span><!--[endif]-->${words}<o:p></o:p></p>\n`;

/** Words as Word puts them on the clipboard: numbers, levels and merged cells as the import of a document
    makes them of the same lists and tables. */
async function paste(page) {
  const cases = [
    ["numbering and tables",
      `<p class=MsoNormal>Visto l'<b>art. 48</b>;</p>
      <p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>1.<span>&nbsp;</span></span>primo</p>
      <p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>2.<span>&nbsp;</span></span>secondo</p>
      <table><tr><td>Voce</td><td>Euro</td></tr><tr><td>Sedie</td><td>10</td></tr></table>`,
      "Visto l'**art. 48**;\n\n1. primo\n2. secondo\n\n| Voce | Euro |\n|---|---|\n| Sedie | 10 |"],
    ["letters", ["a)", "b)", "c)"].map((sign) => listed("l0", 1, sign, `lettera ${sign[0]}`)).join(""),
      "1. lettera a\n2. lettera b\n3. lettera c"],
    ["letters from the eighth on", ["h)", "i)", "j)"].map((sign) => listed("l0", 1, sign, "voce")).join(""), "8. voce\n9. voce\n10. voce"],
    ["Roman numerals", ["I.", "II.", "III.", "IV.", "V."].map((sign) => listed("l0", 1, sign, "parte")).join(""),
      "1. parte\n2. parte\n3. parte\n4. parte\n5. parte"],
    ["a sign that is only in its condition",
      ["a)", "b)"].map((sign) => `<p style="mso-list:l0 level1 lfo1"><![if !supportLists]>${sign}&nbsp;<![endif]>voce</p>`).join(""),
      "1. voce\n2. voce"],
    ["lists of HTML with letters and Roman numerals",
      "<ol type='a'><li>uno</li><li>due</li></ol><p>poi</p><ol type='I' start='3'><li>tre<ol type='i'><li>dentro</li></ol></li><li>quattro</li></ol>",
      "1. uno\n2. due\n\npoi\n\n3. tre\n   1. dentro\n4. quattro"],
    ["marks", listed("l0", 1, "·", "punto", "Symbol") + listed("l0", 2, "o", "cerchio", '"Courier New"') + listed("l0", 3, "q", "riquadro", "Wingdings"),
      "- punto\n   - cerchio\n      - riquadro"],
    ["levels", [[1, "1."], [2, "1.1."], [2, "1.2."], [3, "1.2.1"], [1, "2."], [2, "2.1."]].map(([level, sign]) => listed("l0", level, sign, "voce")).join(""),
      "1. voce\n   1. voce\n   2. voce\n      1. voce\n2. voce\n   1. voce"],
    ["merged cells",
      `<table><tr><td rowspan=2><p>Capitolo</p></td><td colspan=2><p>Importi</p></td><td>Note</td></tr><tr><td>2024</td><td>2025</td><td></td></tr>
      <tr><td rowspan=2>101</td><td>10</td><td rowspan=2 colspan=2>uguale</td></tr><tr><td>20</td></tr><tr><td>102</td><td>1</td><td>2</td><td>fine</td></tr>
      <![if !supportMisalignedColumns]><tr height=0><td width=9></td><td width=9></td><td width=9></td><td width=9></td></tr><![endif]></table>`,
      "| Capitolo | Importi | Importi | Note |\n|---|---|---|---|\n|  | 2024 | 2025 |  |\n| 101 | 10 | uguale |  |\n|  | 20 |  |  |\n| 102 | 1 | 2 | fine |"],
  ];
  for (const [what, html, wanted] of cases) {
    const text = await pasted(page, html);
    check(`a paste from Word keeps ${what}`, text === wanted, JSON.stringify(text));
  }
}

async function points(page) {
  const before = await page.locator("textarea[name=punto]").count();
  await page.click("[data-add-point]");
  check("a point is added in place", (await page.locator("textarea[name=punto]").count()) === before + 1);
  const first = await page.inputValue("#punto-1");
  await page.click("[aria-label='Sposta giù il punto 1']");
  check("a point moves", (await page.inputValue("#punto-2")) === first);
}

async function versions() {
  const page = await person("neri");
  await page.goto(`${base}/fascicoli/parcheggi/confronto`);
  check("versions are compared word by word", (await page.locator(".diff ins, .diff del").count()) > 0);
  await look(page, "confronto");
  await page.goto(`${base}/fascicoli/obiettivi/indice`);
  await look(page, "indice");
  await page.context().close();
}

async function void_opinions() {
  const page = await person("neri");
  await page.goto(`${base}/fascicoli/parcheggi`);
  check("an opinion on an older text is void", (await page.locator(".void").count()) > 0);
  await look(page, "fascicolo-superato");
  await page.goto(`${base}/fascicoli/obiettivi`);
  await look(page, "fascicolo-concluso");
  await page.context().close();
}

async function expired() {
  const page = await person("testa");
  await page.goto(`${base}/fascicoli/obiettivi`);
  await page.context().clearCookies();
  await page.goto(`${base}/accesso`);
  await page.context().close();
  const other = await person("neri");
  await other.goto(`${base}/fascicoli/orti/azioni/ritiro`);
  if (await other.locator("#campo-motivazione").count()) {
    await other.fill("#campo-motivazione", "Il comitato ha rinunciato alla convenzione");
    await other.context().clearCookies();
    await other.click("button:has-text('Vai alla firma')");
    check("a form sent without a session is kept", await other.locator("text=La sessione è scaduta").isVisible());
    await look(other, "sessione-scaduta");
    await other.locator("form:has(input[name=persona][value=neri]) button").first().click();
    check("what was written is shown again", await other.locator("text=Il comitato ha rinunciato").isVisible());
    await look(other, "ripresa");
  } else failures.push("the form of the withdrawal is not there");
  await other.context().close();
}

async function without_script() {
  const page = await person("pace", { javaScriptEnabled: false });
  await page.goto(`${base}/fascicoli/rifiuti`);
  await page.click("a:has-text('Chiudere la verifica')");
  await page.fill("#campo-nota", "fascicolo completo");
  await page.click("button:has-text('Verifica superata')");
  check("an action works without JavaScript", (await page.textContent(".notice")).includes("Verifica registrata"));
  await page.context().close();
}

await run([first_load, strangers, opinion, proposal, versions, void_opinions, expired, without_script]);
