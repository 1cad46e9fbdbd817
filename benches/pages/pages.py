# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fills a Comune, serves it, asks for its pages, prints what they cost; then the page of a peer.

A filled database is kept under target/benches/pages: the second run only measures.
"""

import argparse
import http.client
import json
import os
import pwd
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORK = ROOT / "target/benches/pages"
BUILT = ROOT / "target/dist"
PROGRAM, FILL, LOAD = BUILT / "delibera", BUILT / "examples/fill", BUILT / "examples/load"
PASSWORD = "tre fontane in piazza"
# Who asks, and what; {N} is a number below the acts there are.
PAGES = [
    ("scrivania of who proposes", "rp-1", "/scrivania?vista=io"),
    ("scrivania of the Segretario, 50 rows", "segretario", "/scrivania?vista=io"),
    ("scrivania, in the hands of others", "rp-1", "/scrivania?vista=altri"),
    ("fascicolo, another each time", "segretario", "/fascicoli/atto-{N}"),
    ("Albo pretorio", None, "/albo"),
    ("search, a word of one act in seven", "segretario", "/ricerca?parole=biblioteche"),
    ("search, a number of one act", "segretario", "/ricerca?parole=lotto+7"),
    ("register of the acts", "segretario", "/registri/deliberazioni"),
]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--acts", type=int, nargs="+", default=[10, 100_000])
    parser.add_argument("--engines", nargs="+", default=["sqlite", "postgres"])
    parser.add_argument("--rate", type=float, default=200, help="requests a second")
    parser.add_argument("--seconds", type=float, default=20, help="of each page")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5, help="of the comparison with Django; 0: none")
    parser.add_argument("--fill", action="store_true", help="only fill what is not there yet")
    parser.add_argument("--json", action="store_true", help="one object at the end")
    return parser.parse_args()


# --- PostgreSQL ----------------------------------------------------------------------------------------


class Cluster:
    """A private PostgreSQL, kept from one run to the next."""

    def __init__(self) -> None:
        versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        self.bin = Path(os.environ["PG_BIN"]) if "PG_BIN" in os.environ else versions[-1].parent
        self.dir = WORK / "postgres"
        self.socket = Path("/tmp") / f"delibera-pages-{os.getpid()}"
        # PostgreSQL refuses to run as root: the user of its package, when we are root.
        self.owner = {}
        if os.getuid() == 0:
            user = pwd.getpwnam("postgres")
            self.owner = {"user": user.pw_uid, "group": user.pw_gid}
        self.process = None

    def run(self, *words: str) -> str:
        command = [str(self.bin / words[0]), *words[1:]]
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd="/tmp", **self.owner)
        return done.stdout

    def start(self) -> None:
        for folder in (self.dir, self.socket):
            folder.mkdir(parents=True, exist_ok=True)
            if self.owner:
                os.chown(folder, self.owner["user"], self.owner["group"])
        data = self.dir / "data"
        if not (data / "PG_VERSION").exists():
            self.run("initdb", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-D", str(data))
        (data / "postmaster.pid").unlink(missing_ok=True)
        settings = ["listen_addresses=", "shared_buffers=256MB", "max_wal_size=4GB", "synchronous_commit=off"]
        command = [str(self.bin / "postgres"), "-D", str(data), "-k", str(self.socket)]
        command += [word for setting in settings for word in ("-c", setting)]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd="/tmp", **self.owner)
        for _ in range(600):
            try:
                self.psql("SELECT 1")
                return
            except subprocess.CalledProcessError:
                time.sleep(0.1)
        sys.exit("benches: PostgreSQL does not start")

    def psql(self, text: str) -> str:
        return self.run("psql", "-h", str(self.socket), "-U", "postgres", "-qtAc", text)

    def database(self, name: str, again: bool) -> str:
        known = self.psql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'").strip()
        if known and again:
            self.psql(f"DROP DATABASE {name}")
        if not known or again:
            self.psql(f"CREATE DATABASE {name} TEMPLATE template0")
        return f"postgres://postgres@localhost/{name}?host={self.socket}&sslmode=disable"

    def stop(self) -> None:
        if self.process:
            # Fast: who is still connected is not waited for.
            self.process.send_signal(signal.SIGINT)
            self.process.wait()
            shutil.rmtree(self.socket, ignore_errors=True)


# --- The server ----------------------------------------------------------------------------------------


class Server:
    """`delibera serve` on a database, and who is signed in."""

    def __init__(self, database: str, folder: Path, people: tuple[str, ...] = ("rp-1", "segretario")) -> None:
        self.config = folder / "delibera.toml"
        self.config.write_text(
            f'database = "{database}"\nlisten = "127.0.0.1:0"\nlisten_ops = "127.0.0.1:0"\n'
            f'seed_file = "{folder}/chiavi.seed"\n[schedule]\nhourly_seal = "off"\ndaily_seal = "off"\n'
            f'[mail]\nfrom = "prova@comune.example"\n[mail.transport]\nkind = "folder"\npath = "{folder}/mail"\n'
        )
        links = {who: self.link(who) for who in people}
        command = [PROGRAM, "serve", "--config", self.config]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        self.address = re.search(r"http://([^/\s]+)/", line)[1]
        self.cookies = {who: self.sign_in(who, link) for who, link in links.items()}
        self.cookies[None] = ""

    def link(self, who: str) -> str:
        done = subprocess.run([PROGRAM, "access", who, "--config", self.config], check=True, capture_output=True, text=True)
        return done.stdout.strip().split("?c=")[1]

    def post(self, path: str, form: dict, cookie: str = "") -> http.client.HTTPResponse:
        line = http.client.HTTPConnection(self.address)
        headers = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin", "cookie": cookie}
        line.request("POST", path, urlencode(form), headers)
        answer = line.getresponse()
        answer.read()
        return answer

    def sign_in(self, who: str, link: str) -> str:
        self.post("/accesso/password", {"c": link, "nuova": PASSWORD, "ripetuta": PASSWORD})
        answer = self.post("/accesso", {"utente": who, "password": PASSWORD})
        cookies = [value.split(";")[0] for name, value in answer.getheaders() if name.lower() == "set-cookie"]
        session = [cookie for cookie in cookies if "=" in cookie and not cookie.endswith("=")]
        if not session:
            self.stop()
            sys.exit(f"benches: {who} is not let in ({answer.status})")
        return "; ".join(session)

    def has(self, path: str, cookie: str) -> bool:
        line = http.client.HTTPConnection(self.address)
        line.request("GET", path, headers={"cookie": cookie})
        return line.getresponse().status == 200

    def memory(self) -> dict:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        rollup = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        megabytes = lambda text, name: int(re.search(rf"{name}:\s+(\d+) kB", text)[1]) / 1024
        return {"pss": megabytes(rollup, "Pss"), "rss": megabytes(status, "VmRSS"), "peak": megabytes(status, "VmHWM")}

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


def load(address: str, path: str, cookie: str, rate: float, seconds: float, connections: int) -> dict:
    command = [LOAD, address, path, cookie, str(rate), str(seconds), str(connections)]
    done = subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


# --- What is measured ----------------------------------------------------------------------------------


def filled(cluster: Cluster, engine: str, acts: int) -> tuple[str, Path]:
    folder = WORK / f"{engine}-{acts}"
    ready = folder / "ready"
    again = not ready.exists()
    if again:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    if engine == "postgres":
        database = cluster.database(f"acts_{acts}", again)
    else:
        database = f"sqlite:{folder / 'delibera.db'}"
    if again:
        # The acts of PostgreSQL are those of SQLite, put back: both engines are asked for the same.
        source = acts if engine == "sqlite" else filled(cluster, "sqlite", acts)[1] / "delibera.db"
        start = time.monotonic()
        subprocess.run([FILL, database, str(source)], check=True, stderr=None if acts > 5_000 else subprocess.DEVNULL)
        ready.write_text(f"{time.monotonic() - start:.0f}\n")
    return database, folder


def pages(options: argparse.Namespace, cluster: Cluster, engine: str, acts: int) -> list[dict]:
    database, folder = filled(cluster, engine, acts)
    server = Server(database, folder)
    rows = []
    print(f"\n{engine}, {acts:,} acts (made in {(folder / 'ready').read_text().strip()} s)")
    print(f"  {'page':<40} {'p50 ms':>8} {'p99 ms':>8} {'max':>8} {'kB':>6} {'wrong':>6}")
    try:
        idle = server.memory()
        for name, who, path in PAGES:
            path, cookie = path.replace("{N}", f"{{{acts}}}"), server.cookies[who]
            if not server.has(path.replace(f"{{{acts}}}", "0"), cookie):
                print(f"  {name:<40} not there")
                continue
            seen = load(server.address, path, cookie, options.rate, options.seconds, options.connections)
            rows.append({"engine": engine, "acts": acts, "page": name, **seen})
            print(
                f"  {name:<40} {seen['p50']:8.2f} {seen['p99']:8.2f} {seen['max']:8.1f} "
                f"{seen['bytes'] / 1024:6.1f} {seen['wrong']:6d}"
            )
        after = server.memory()
        print(f"  memory of the server, MB: PSS {idle['pss']:.0f} idle, {after['pss']:.0f} after; peak {after['peak']:.0f}")
        rows.append({"engine": engine, "acts": acts, "memory": {"idle": idle, "after": after}})
    finally:
        server.stop()
    return rows


def comparison(options: argparse.Namespace, cluster: Cluster) -> dict:
    """Answers a second of our page of fifty rows and of Django's, in turn, both from PostgreSQL."""
    acts = max(options.acts)
    database, folder = filled(cluster, "postgres", acts)
    cluster.database("peer", False)
    server = Server(database, folder)
    port = int(server.address.split(":")[1]) + 1
    environment = {**os.environ, "PGHOST": str(cluster.socket), "PGDATABASE": "peer"}
    command = [sys.executable, "-m", "gunicorn", "-w", "2", "-b", f"127.0.0.1:{port}", "peer:app"]
    peer = subprocess.Popen(command, cwd=HERE, env=environment, stderr=subprocess.DEVNULL)
    time.sleep(3)
    ratios, ours, theirs = [], [], []
    path, cookie = "/scrivania?vista=io", server.cookies["segretario"]
    try:
        for _ in range(options.rounds):
            mine = load(server.address, path, cookie, 0, options.seconds / 4, 16)
            other = load(f"127.0.0.1:{port}", "/", "", 0, options.seconds / 4, 16)
            ours.append(mine["a_second"])
            theirs.append(other["a_second"])
            ratios.append(mine["a_second"] / other["a_second"])
    finally:
        server.stop()
        peer.terminate()
        peer.wait()
    middle = {"ours": statistics.median(ours), "django": statistics.median(theirs), "times": statistics.median(ratios)}
    print(f"\nfifty rows, PostgreSQL, {acts:,} acts: ours (signed in, rights, layout) {middle['ours']:.0f}/s, "
          f"Django (a bare list) {middle['django']:.0f}/s: {middle['times']:.1f} times")
    return middle


def main() -> None:
    options = arguments()
    WORK.mkdir(parents=True, exist_ok=True)
    cluster = Cluster()
    cluster.start()
    found = {"pages": []}
    try:
        for engine in options.engines:
            for acts in options.acts:
                if options.fill:
                    filled(cluster, engine, acts)
                else:
                    found["pages"] += pages(options, cluster, engine, acts)
        if options.rounds and not options.fill:
            found["django"] = comparison(options, cluster)
    finally:
        cluster.stop()
    if options.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
