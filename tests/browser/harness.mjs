// SPDX-License-Identifier: AGPL-3.0-or-later
// A server for the script that imports this: the sample Comune with acts waiting at every step and
// one-click sign-in as each person; or, with START=empty, an installation that was just made.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { check, failures, finish, look, open, perform, program as named, start } from "./browser.mjs";

export { check, failures, look };

const program = resolve(named);
const folder = mkdtempSync(join(tmpdir(), "delibera-browser-"));
const configuration = join(folder, "delibera.toml");
/** What `delibera init` said, where a script began from an empty database (`START=empty`). */
export let said_by_init = "";
/** Where that installation leaves its mail. */
export const mail_folder = join(folder, "posta");
let server;

/** Starts the program and waits until it answers: its address. */
const serve = (...words) =>
  new Promise((settle, reject) => {
    server = start(program, words, { cwd: folder });
    let said = "";
    const hear = (text) => {
      said += text;
      const found = said.match(/Pagine: (http:\/\/[^/\s]+)\//);
      if (found) settle(found[1]);
    };
    server.stdout.on("data", hear);
    server.stderr.on("data", (text) => { said += text; });
    server.on("exit", () => reject(new Error(`the server ended:\n${said.slice(-3000)}`)));
    setTimeout(() => reject(new Error(`the server does not answer:\n${said.slice(-3000)}`)), 180000).unref();
  });

async function stop() {
  if (server.exitCode !== null) return;
  server.removeAllListeners("exit");
  server.kill("SIGTERM");
  await new Promise((settle) => server.on("exit", settle));
}

/** A real installation just made: no sample Comune, mail in a folder. */
function empty() {
  writeFileSync(
    configuration,
    `database = "sqlite:${join(folder, "vuoto.db")}"
listen = "127.0.0.1:0"
listen_ops = "127.0.0.1:0"
seed_file = "${join(folder, "seme")}"

[mail]
from = "delibere@comune.example"
base_url = "http://delibere.comune.example"
[mail.transport]
kind = "folder"
path = "${mail_folder}"
`,
  );
  const words = ["init", "--comune", "Comune di Vallechiara", "--nome", "Ada", "--cognome", "Riva"];
  words.push("--codice-fiscale", "RVIDAA80A41F205X", "--posta", "ada@comune.example");
  said_by_init = execFileSync(program, words, { cwd: folder, encoding: "utf8" });
  return serve("serve");
}

export let base = await (process.env.START === "empty"
  ? empty()
  : serve("demo", "--dir", join(folder, "demo"), "--serve", "--listen", "127.0.0.1:0"));

/** The same database served with a configuration, given the folder where everything is. */
export async function restart(written) {
  await stop();
  writeFileSync(configuration, written(folder));
  base = await serve("serve", "--config", configuration);
}

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
    await stop();
    rmSync(folder, { recursive: true, force: true });
  });
}
