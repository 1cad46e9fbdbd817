// SPDX-License-Identifier: AGPL-3.0-or-later
// The documentation of the API and the tokens of programs, as a person sees them.

import { base, check, look, person, run } from "./harness.mjs";

async function reference() {
  const page = await person();
  await page.goto(`${base}/api/v1`);
  check("the reference is made here", (await page.textContent("h1")) === "API per i programmi");
  const outside = await page.evaluate(() => performance.getEntriesByType("resource").filter((r) => !r.name.startsWith(location.origin)).length);
  check("nothing comes from elsewhere", outside === 0);
  await look(page, "api");
  await page.goto(`${base}/api/v1/problems/wrong_step`);
  await look(page, "api-problema");
  await page.context().close();
}

async function tokens() {
  const page = await person("neri");
  await page.goto(`${base}/profilo`);
  await page.click("a:has-text('Token per i programmi')");
  await look(page, "token");
  await page.fill("#nome", "Programma del protocollo");
  await page.check("input[name=ambito][value=act]");
  await page.click("button:has-text('Crea il token')");
  const secret = (await page.textContent("section[aria-labelledby=nuovo-token] .code")).trim();
  check("the secret is shown", /^delibera_[0-9a-f]{64}$/.test(secret));
  await look(page, "token-nuovo");
  const ask = (token) => fetch(`${base}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } });
  check("it works", (await ask(secret)).status === 200);
  await page.goto(`${base}/profilo/token`);
  check("it is shown once", !(await page.content()).includes(secret));
  await page.click("button:has-text('Revoca')");
  check("it is revoked", (await page.textContent(".notice")).includes("Token revocato"));
  check("and refused", (await ask(secret)).status === 401);
  await look(page, "token-revocato");
  await page.context().close();
}

await run([reference, tokens]);
