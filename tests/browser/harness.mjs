// SPDX-License-Identifier: AGPL-3.0-or-later
// A server with the sample Comune, acts waiting at every step, one-click sign-in as each person.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check, failures, finish, look, open, perform, program, start } from "./browser.mjs";

export { check, failures, look };

const folder = mkdtempSync(join(tmpdir(), "delibera-browser-"));
const server = start(program, ["demo", "--dir", join(folder, "demo"), "--serve", "--listen", "127.0.0.1:0"]);
export const base = await new Promise((resolve, reject) => {
  let said = "";
  const hear = (text) => {
    said += text;
    const found = said.match(/Pagine: (http:\/\/[^/\s]+)\//);
    if (found) resolve(found[1]);
  };
  server.stdout.on("data", hear);
  server.stderr.on("data", (text) => { said += text; });
  server.on("exit", () => reject(new Error(`the server ended:\n${said.slice(-3000)}`)));
  setTimeout(() => reject(new Error(`the server does not answer:\n${said.slice(-3000)}`)), 180000);
});

/** A person signed in, in a browser of his own; nobody yet when no one is named. */
export async function person(id, options = {}) {
  const page = await open(options);
  if (id) {
    await page.goto(`${base}/accesso`);
    await page.locator(`form:has(input[name=persona][value=${id}]) button`).first().click();
    await page.waitForURL(/scrivania/);
  }
  return page;
}

/** Runs the parts one after the other, ends everything, says how many held. */
export async function run(parts) {
  await perform(parts);
  await finish(async () => {
    server.kill("SIGTERM");
    await new Promise((resolve) => server.on("exit", resolve));
    rmSync(folder, { recursive: true, force: true });
  });
}
