// SPDX-License-Identifier: AGPL-3.0-or-later
// The review of personal data by keyboard and by selection: finds marked in place, decided by name,
// other words taken from the text, the rendition beside the original, the review confirmed.

import { base, check, look, person, run } from "./harness.mjs";

const here = `${base}/fascicoli/sostegno/dati-personali`;

/** Presses a key until the focus is on an element of this selector. */
async function tabTo(page, selector, most = 120) {
  for (let step = 0; step < most; step += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return true;
  }
  return false;
}

async function review() {
  const page = await person("pace");
  await page.goto(`${base}/fascicoli/sostegno`);
  await page.click("a:has-text('Verificare i dati personali')");
  await page.waitForURL(here);
  const finds = await page.locator(".find-line-open").count();
  check("finds are proposed", finds >= 6, `${finds}`);
  check("each stands marked in the text", (await page.locator(".marked a.find-open").count()) >= finds);
  await look(page, "dati-personali");
  // From the text to its line and back, by keyboard alone.
  check("a mark is reached by keyboard", await tabTo(page, ".marked a.find-open"));
  await page.keyboard.press("Enter");
  check("it leads to its line", /#riscontro-\d+$/.test(page.url()), page.url());
  check("the gesture is reached by keyboard", await tabTo(page, ".find-line-open button"));
  await page.keyboard.press("Enter");
  await page.waitForSelector(".notice");
  check("one is omitted", (await page.locator(".find-line-open").count()) < finds);
  // Another one with a reason of one's own.
  await page.locator(".find-line-open a:has-text('Si può pubblicare')").first().click();
  await look(page, "dati-personali-pubblicabile");
  await page.check("input[name=perche][value=altro]");
  await page.fill("[name=perche-altro]", "compare già in un elenco pubblico");
  await page.keyboard.press("Enter");
  await page.waitForURL(here);
  check("its reason is shown", await page.locator("text=compare già in un elenco pubblico").isVisible());
  await page.locator(".find-line-open a:has-text('con altro motivo')").first().click();
  await look(page, "dati-personali-omissis");
  await page.keyboard.press("Escape");
  await page.goto(here);
  while ((await page.locator(".find-line-open button").count()) > 0) {
    await page.locator(".find-line-open button").first().click();
    await page.waitForSelector(".notice");
  }
  await selection(page);
  check("everything is decided", await page.locator("text=Tutto è deciso").isVisible());
  check("both documents are shown", (await page.locator("iframe").count()) === 2);
  await look(page, "dati-personali-decisi");
  await page.click("a:has-text('Conferma la verifica')");
  await page.fill("#campo-nota", "letto per intero");
  await page.click("button:has-text('Verifica superata')");
  check("the review is confirmed", (await page.textContent(".notice")).includes("Verifica registrata"));
  await page.context().close();
}

/** Words taken with the mouse from the text; the same field takes what is typed. */
async function selection(page) {
  const chosen = await page.evaluate(() => {
    const walker = document.createTreeWalker(document.querySelector("[data-selectable]"), NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const at = node.textContent.indexOf("Teresa Malinverni");
      if (at < 0) continue;
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + "Teresa Malinverni".length);
      const selection = document.getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      return selection.toString();
    }
    return "";
  });
  check("the name can be selected in the text", chosen === "Teresa Malinverni", chosen);
  await page.click("[data-take] button");
  check("the selection is taken", (await page.inputValue("#campo-testo")) === chosen);
  await page.click("button:has-text('Ometti queste parole')");
  await page.waitForSelector(".notice");
  check("it is omitted everywhere", (await page.locator(".marked a.find-omitted:has-text('Teresa')").count()) >= 2);
}

async function without_script() {
  const page = await person("pace", { javaScriptEnabled: false });
  await page.goto(`${base}/fascicoli/sport/dati-personali`);
  check("without JavaScript nothing offers a selection", await page.locator("[data-take]").isHidden());
  await page.fill("#campo-testo", "centri estivi");
  await page.click("button:has-text('Ometti queste parole')");
  check("typed words are omitted", (await page.textContent(".notice")).includes("non sarà pubblicato"));
  await page.context().close();
}

await run([review, without_script]);
