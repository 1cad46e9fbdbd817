# SPDX-License-Identifier: AGPL-3.0-or-later
"""The twelve-step cycle: Delibera, DBOS for Rust and Restate in turn, then Delibera by itself.

A round runs everybody once, alone and with 32 cycles at once; the ratios are taken within each round.
The peers are installed and run by their own harness, which says how busy the rest of the machine was.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
WORK = ROOT / "target/benches/cycle"
RUNS = WORK / "runs.jsonl"
AT_ONCE = (1, 32)
# Cycles after which the memory of the server is asked, and acts open when it is started again.
LONG, OPEN = 10_000, 10_000

# Ours / theirs, how many at once, and how many times as fast it has to be.
GOALS = [
    ("sqlite", "restate", 32, 8),
    ("sqlite", "dbos-rs", 32, 6),
    ("sqlite", "dbos-rs", 1, 2),
    ("postgres", "dbos-rs", 1, 2),
    ("postgres", "dbos-rs", 32, 4),
    ("api", "restate", 1, 3),
    ("api", "restate", 32, 5),
]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benches/cycle/run", description=__doc__.split("\n")[0])
    parser.add_argument("peers", type=Path, help="folder of the peers' harness")
    parser.add_argument("--rounds", type=int, default=5, help="0: only what concerns Delibera alone")
    parser.add_argument("--seconds", type=int, default=3, help="of each run, after the warm-up")
    parser.add_argument("--busy", type=float, default=0.5, help="cores used by others at which a round does not count")
    parser.add_argument("--program", type=Path, help="a program already built")
    return parser.parse_args()


def run(*words: object, **how: object) -> str:
    done = subprocess.run([str(word) for word in words], check=True, stdout=subprocess.PIPE, text=True, **how)
    return done.stdout


# --- The peers, by their own harness -------------------------------------------------------------------


class Peers:
    """The harness in a folder where it may write, what it needs installed, PostgreSQL and Restate running."""

    def __init__(self, folder: Path) -> None:
        self.folder = WORK / "peers"
        shutil.copytree(folder, self.folder, dirs_exist_ok=True, copy_function=shutil.copyfile)
        for program in self.folder.rglob("*.sh"):
            program.chmod(0o755)
        installed = Path(os.environ.get("PEERS_ENV", WORK / "installed"))
        binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        data = WORK / "data"
        shutil.rmtree(data, ignore_errors=True)
        self.environment = {
            **os.environ,
            "PATH": ":".join([*map(str, binaries), os.environ["PATH"]]),
            "PEERS_DATA": str(data),
            "NODE_DIR": str(installed / "node"),
            "T": str(installed / "target/release"),
            "SS": f"{sys.executable} {self.folder / 'shortslice.py'}",
            "RESULTS": str(RUNS),
        }
        self.install(installed)

    def install(self, installed: Path) -> None:
        node = installed / "node"
        if not (node / "node_modules").exists():
            node.mkdir(parents=True, exist_ok=True)
            shutil.copy(self.folder / "node/package.json", node)
            run("npm", "install", "--no-audit", "--no-fund", cwd=node)
        target = {**os.environ, "CARGO_TARGET_DIR": str(installed / "target")}
        run("cargo", "build", "--release", cwd=self.folder / "dbos-rs", env=target)

    def call(self, *words: object, **more: str) -> None:
        words = [self.folder / words[0], *words[1:]]
        run(*words, cwd=self.folder, env={**self.environment, **more})

    def short(self, *words: object, **more: str) -> None:
        """The same with the short slice that everybody has."""
        words = [*self.environment["SS"].split(), self.folder / words[0], *words[1:]]
        run(*words, cwd=self.folder, env={**self.environment, **more})

    def start(self) -> None:
        self.short("pg.sh", "start")
        self.database("dbosrs")
        self.call("restate/up.sh", "start")

    def stop(self) -> None:
        for words in (["restate/up.sh", "stop"], ["pg.sh", "stop"]):
            # One that was not started cannot be stopped.
            subprocess.run([self.folder / words[0], *words[1:]], env=self.environment, check=False)

    def database(self, name: str) -> str:
        port = os.environ.get("PGPORT", "55432")
        where = ["-h", "127.0.0.1", "-p", port, "-U", "postgres"]
        run("createdb", *where, name, env=self.environment)
        return f"postgres://postgres@127.0.0.1:{port}/{name}"

    def one(self, name: str, at_once: int, seconds: float) -> None:
        self.call("run_all.sh", 1, seconds, name, CONC=str(at_once))

    def ours(self, label: str, program: Path, *words: object, postgres: bool = False) -> None:
        command = [*self.environment["SS"].split(), program, "bench", "--json", *words]
        uses = "1" if postgres else "0"
        measure = [sys.executable, self.folder / "measure.py", label, "--"]
        run(*measure, *command, cwd=self.folder, env={**self.environment, "USE_PG": uses})


# --- Rounds --------------------------------------------------------------------------------------------


def lines_of(runs: Path) -> int:
    return len(runs.read_text().splitlines()) if runs.exists() else 0


def last() -> dict:
    return json.loads(RUNS.read_text().splitlines()[-1])


def rate(line: dict) -> float:
    """Cycles a second, as ours or theirs call it."""
    return line.get("cycles_per_second") or line["cycles_s"]


def turn(peers: Peers, program: Path, number: int, options: argparse.Namespace) -> dict | None:
    """Everybody once; nothing, when the rest of the machine was busy."""
    seconds, found, busiest = options.seconds, {}, 0.0
    for at_once in AT_ONCE:
        how = ("--at-once", at_once, "--seconds", seconds)
        work = {
            "sqlite": lambda: peers.ours("sqlite", program, *how),
            "restate": lambda: peers.one("restate", at_once, seconds),
            "api": lambda: peers.ours("api", program, "--via", "api", *how),
            "dbos-rs": lambda: peers.one("dbos-rs", at_once, seconds),
            "postgres": lambda: peers.ours(
                "postgres", program, "--database", peers.database(f"ours_{number}_{at_once}"), *how, postgres=True
            ),
        }
        for name, one in work.items():
            before = lines_of(RUNS)
            one()
            line = last()
            # A peer that failed leaves no line of its own; another's is not its measure.
            if lines_of(RUNS) != before + 1:
                sys.exit(f"benches: {name}, {at_once} at once, left no measure")
            busiest = max(busiest, line["others_cores"])
            found[name, at_once] = rate(line)
    said = "  ".join(f"{name} {at_once}: {value:.1f}" for (name, at_once), value in found.items())
    print(f"round {number}: {said}  (others at most {busiest:.2f} cores)", flush=True)
    if busiest > options.busy:
        print(f"round {number} does not count: the machine was busy", flush=True)
        return None
    return found


def spread(values: list[float], form: str) -> str:
    return f"{statistics.median(values):{form}} ({min(values):{form}}–{max(values):{form}})"


def report(rounds: list[dict]) -> None:
    print(f"\n{'cycles a second':<12}" + "".join(f"{at_once:>26} at once" for at_once in AT_ONCE))
    for name in dict.fromkeys(name for name, _ in rounds[0]):
        values = (spread([found[name, at_once] for found in rounds], ".1f") for at_once in AT_ONCE)
        print(f"{name:<12}" + "".join(f"{value:>34}" for value in values))
    print(f"\n{len(rounds)} rounds, ratios within each")
    for ours, theirs, at_once, goal in GOALS:
        ratios = [found[ours, at_once] / found[theirs, at_once] for found in rounds]
        word = "goal met" if statistics.median(ratios) >= goal else "GOAL MISSED"
        print(f"{ours} / {theirs}, {at_once:>2} at once: {spread(ratios, '.2f'):>22}   {word} (>= {goal})")


# --- Alone ---------------------------------------------------------------------------------------------


def alone(program: Path) -> None:
    """Start, recovery, memory, verification, size: what needs no peer."""
    lines = lambda *words: [json.loads(line) for line in run(program, "bench", "--json", *words).splitlines()]
    # Each run is served by a process that takes up what was killed in the run before: the first one is not.
    recovered = lines("--via", "api", "--open", OPEN, "--at-once", 1, "--seconds", 0.5, "--rounds", 6)[1:]
    took = [line["first_transition_ms"] for line in recovered]
    starts = [line["start_ms"] for line in lines("--via", "api", "--at-once", 1, "--seconds", 0.5, "--rounds", 5)]
    [probe] = lines("--via", "api", "--at-once", 32, "--seconds", 3)
    seconds = 1.2 * LONG / probe["cycles_per_second"]
    [long] = lines("--via", "api", "--at-once", 32, "--seconds", round(seconds))
    # As the package installs it.
    stripped = WORK / "stripped"
    run("strip", "--strip-unneeded", "-o", stripped, program)
    size = stripped.stat().st_size / 1e6
    goals = [
        ("start, until /status answers", statistics.median(starts), 150, spread(starts, ".0f"), "ms"),
        (f"first transition after kill -9, {OPEN} open", statistics.median(took), 1000, spread(took, ".0f"), "ms"),
        (f"memory after {long['total_cycles']} cycles", long["memory_mb"], 60, f"{long['memory_mb']:.0f}", "MB"),
        ("size of the program", size, 45, f"{size:.1f}", "MB"),
    ]
    print()
    for what, value, goal, said, unit in goals:
        print(f"{what:<48} {said:>16} {unit}   {'goal met' if value <= goal else 'GOAL MISSED'} (<= {goal})")
    verified = long["verified_per_second"]
    word = "goal met" if verified >= 50_000 else "GOAL MISSED"
    print(f"{'events verified and replayed a second':<48} {verified:>16.0f}      {word} (>= 50000)")


def main() -> None:
    options = arguments()
    WORK.mkdir(parents=True, exist_ok=True)
    if options.program is None:
        run("cargo", "build", "--profile", "dist", "--features", "mimalloc", "--locked", "--bin", "delibera", cwd=ROOT)
    program = (options.program or ROOT / "target/dist/delibera").resolve()
    model = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    print(f"{model[1] if model else 'unknown processor'}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    if options.rounds:
        RUNS.unlink(missing_ok=True)
        peers = Peers(options.peers.resolve())
        try:
            peers.start()
            rounds = [turn(peers, program, number + 1, options) for number in range(options.rounds)]
        finally:
            peers.stop()
        quiet = [found for found in rounds if found]
        if quiet:
            report(quiet)
        print(f"every run: {RUNS}")
    alone(program)


if __name__ == "__main__":
    main()
