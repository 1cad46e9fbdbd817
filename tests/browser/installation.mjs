// SPDX-License-Identifier: AGPL-3.0-or-later
// A real installation for a script: `delibera serve --config` on SQLite or on a private PostgreSQL, a
// mail server that keeps what it is given, accounts made through their first link. The program runs on
// the clock of the machine, and the machine's clock is moved for it alone (faketime): the same process
// that a Comune runs lives through the weeks an act takes.

import { execFileSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { program, start } from "./browser.mjs";

export const PASSWORD = "tre fontane in piazza";

// --- Mail -----------------------------------------------------------------------------------------

const unquoted = (text) => {
  const bytes = text.replace(/=\r?\n/g, "").replace(/=([0-9A-F]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
};
const decoded = (body, encoding = "") => {
  if (/base64/i.test(encoding)) return Buffer.from(body, "base64").toString("utf8");
  return /quoted-printable/i.test(encoding) ? unquoted(body) : Buffer.from(body, "latin1").toString("utf8");
};
const word = (_, how, text) => (how.toUpperCase() === "B" ? decoded(text, "base64") : unquoted(text.replaceAll("_", " ")));

/** Headers by lower-case name, and the body. */
function parts(raw) {
  const at = raw.indexOf("\r\n\r\n");
  const lines = raw.slice(0, at).replace(/\r\n[ \t]+/g, " ").split("\r\n");
  const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]));
  return { headers, body: raw.slice(at + 4) };
}

/** The plain text of a message, wherever it is nested. */
function plain(raw) {
  const { headers, body } = parts(raw);
  const type = headers["content-type"] ?? "text/plain";
  const boundary = type.match(/boundary="?([^";]+)"?/);
  if (!boundary) return /^text\/plain/i.test(type) ? decoded(body, headers["content-transfer-encoding"]) : "";
  const inner = body.split(`--${boundary[1]}`).slice(1, -1).map((part) => part.replace(/^\r\n/, ""));
  return inner.map(plain).find((text) => text) ?? "";
}

/** A mail server: every message with whom it reached, which notice it is, its subject and its text. */
export async function mailServer() {
  const mails = [];
  const server = createServer((socket) => {
    let rest = "", data = null, to = [];
    const say = (text) => socket.write(`${text}\r\n`);
    say("220 prova ESMTP");
    socket.setEncoding("latin1");
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      rest += chunk;
      for (let end = rest.indexOf("\r\n"); end >= 0; end = rest.indexOf("\r\n")) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        if (data !== null) {
          if (line !== ".") {
            data.push(line.replace(/^\./, ""));
            continue;
          }
          const raw = data.join("\r\n");
          const { headers } = parts(raw);
          const subject = (headers.subject ?? "").replace(/\?=\s+=\?/g, "?==?").replace(/=\?utf-8\?([BQ])\?([^?]*)\?=/gi, word);
          for (const one of to) mails.push({ to: one, notice: headers["x-delibera-message"] ?? "", subject, text: plain(raw), raw });
          [data, to] = [null, []];
          say("250 presa in carico");
        } else if (/^EHLO/i.test(line)) socket.write("250-prova\r\n250 8BITMIME\r\n");
        else if (/^RCPT TO:/i.test(line)) {
          to.push(line.match(/<([^>]*)>/)[1]);
          say("250 bene");
        } else if (/^DATA/i.test(line)) {
          data = [];
          say("354 avanti");
        } else if (/^QUIT/i.test(line)) socket.end("221 addio\r\n");
        else say("250 bene");
      }
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { mails, port: server.address().port, close: () => server.close() };
}

// --- PostgreSQL -----------------------------------------------------------------------------------

/** PostgreSQL refuses to run as root: the user of its package, when we are root. */
function owner() {
  if (process.getuid() !== 0) return {};
  const fields = readFileSync("/etc/passwd", "utf8").split("\n").find((line) => line.startsWith("postgres:")).split(":");
  return { uid: Number(fields[2]), gid: Number(fields[3]) };
}

/** A private PostgreSQL in a folder of its own: the address of its one database, and its end. */
export async function postgres() {
  const versions = existsSync("/usr/lib/postgresql") ? readdirSync("/usr/lib/postgresql") : [];
  const newest = versions.map((version) => join("/usr/lib/postgresql", version, "bin")).filter((bin) => existsSync(join(bin, "initdb"))).sort().pop();
  const bin = process.env.PG_BIN ?? newest;
  if (!bin) throw new Error("PostgreSQL is not installed: apt-get install postgresql, or set PG_BIN");
  const dir = mkdtempSync(join(tmpdir(), "delibera-pg-"));
  const as = { ...owner(), cwd: dir, stdio: "ignore" };
  if (as.uid) chownSync(dir, as.uid, as.gid);
  const data = join(dir, "data");
  execFileSync(join(bin, "initdb"), ["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-N", "-D", data], as);
  const server = start(join(bin, "postgres"), ["-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off"], as);
  const url = (name) => `postgres://postgres@localhost/${name}?host=${dir}&sslmode=disable`;
  for (let attempt = 0; ; attempt += 1) {
    try {
      execFileSync(join(bin, "psql"), ["-h", dir, "-U", "postgres", "-qc", "CREATE DATABASE delibera TEMPLATE template0"], as);
      break;
    } catch (error) {
      if (attempt > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  const end = async () => {
    server.kill("SIGQUIT");
    await new Promise((resolve) => server.on("exit", resolve));
    rmSync(dir, { recursive: true, force: true });
  };
  return { url: url("delibera"), end };
}

/** The library that moves the clock of one process. */
function faketime() {
  const folders = readdirSync("/usr/lib").map((name) => join("/usr/lib", name, "faketime", "libfaketimeMT.so.1"));
  const found = folders.find((path) => existsSync(path));
  if (!found) throw new Error("faketime is not installed: apt-get install faketime");
  return found;
}

// --- The program ----------------------------------------------------------------------------------

/** A Comune on a database, served from a configuration file. */
export class Installation {
  constructor(database, mailPort) {
    this.folder = mkdtempSync(join(tmpdir(), "delibera-installation-"));
    this.database = database ?? `sqlite:${join(this.folder, "comune", "delibera.db")}`;
    this.own = !database;
    this.config = join(this.folder, "delibera.toml");
    writeFileSync(
      this.config,
      `database = "${this.database}"\nlisten = "127.0.0.1:0"\nlisten_ops = "127.0.0.1:0"\n` +
        `seed_file = "${join(this.folder, "chiavi.seed")}"\n[mail]\nfrom = "Comune di Valdoro <delibere@comune.valdoro.example>"\n` +
        `[mail.transport]\nkind = "smtp"\nhost = "127.0.0.1"\nport = ${mailPort}\ntls = "none"\n`,
    );
  }

  /** Puts the Comune of a scenario on record. */
  found(scenario) {
    const file = join(this.folder, "comune.toml");
    writeFileSync(file, scenario);
    const database = this.own ? [] : ["--database", this.database];
    execFileSync(program, ["run", file, "--dir", join(this.folder, "comune"), ...database], { stdio: "pipe" });
  }

  /** The program with its clock at an instant (Europe/Rome, as people write it) and the words given. */
  #at(instant, words) {
    const env = { ...process.env, TZ: "Europe/Rome", LD_PRELOAD: faketime(), FAKETIME: `@${instant}`, FAKETIME_DONT_FAKE_MONOTONIC: "1" };
    return start(program, [...words, "--config", this.config], { env });
  }

  /** The path, with its secret, on which a person chooses the first password. */
  async link(person, instant) {
    const child = this.#at(instant, ["access", person]);
    let said = "";
    child.stdout.on("data", (text) => { said += text; });
    child.stderr.on("data", (text) => { said += text; });
    await new Promise((resolve) => child.on("exit", resolve));
    const found = said.match(/\/accesso\/password\?c=\w+/);
    if (!found) throw new Error(`no link for ${person}: ${said}`);
    return found[0];
  }

  /** Serves from an instant on. */
  async serve(instant) {
    this.server = this.#at(instant, ["serve"]);
    this.status = undefined;
    let said = "";
    this.base = await new Promise((resolve, reject) => {
      const hear = (text) => {
        said += text;
        this.status ??= said.match(/Stato: (\S+)/)?.[1];
        const found = said.match(/Pagine: (http:\/\/[^/\s]+)\//);
        if (found && this.status) resolve(found[1]);
      };
      this.server.stdout.on("data", hear);
      this.server.stderr.on("data", (text) => {
        said += text;
        if (process.env.LOGS && /WARN|ERROR/.test(text)) process.stderr.write(text);
      });
      this.server.on("exit", () => reject(new Error(`the server ended:\n${said.slice(-3000)}`)));
    });
  }

  /** Nothing that is due waits for the worker or is in its hands. */
  async idle() {
    for (let attempt = 0; attempt < 240; attempt += 1) {
      const { jobs } = await (await fetch(this.status)).json();
      if (jobs.late_seconds === 0 && jobs.running === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    throw new Error("the worker does not come to its end");
  }

  async stop() {
    if (!this.server || this.server.exitCode !== null) return;
    const ended = new Promise((resolve) => this.server.on("exit", resolve));
    this.server.kill("SIGTERM");
    await ended;
  }

  /** Everything on record read again, independently of the server: true when all of it fits. */
  verify() {
    try {
      return { good: true, said: execFileSync(program, ["verify", "--database", this.database], { encoding: "utf8", stdio: "pipe" }) };
    } catch (error) {
      return { good: false, said: `${error.stdout}${error.stderr}` };
    }
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
