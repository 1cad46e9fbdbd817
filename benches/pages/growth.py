# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a transition, a desk and a search cost with a thousand acts and with a million.

The acts are those of the measured cycle (`delibera bench --open`), each left at its first check, on
SQLite: the most that a desk can hold. A database made once is kept under target/benches/growth.
"""

import argparse
import sqlite3
import statistics
import subprocess
import sys
import time
from pathlib import Path

from pages import PROGRAM, ROOT, Server, load

WORK = ROOT / "target/benches/growth"
# Who proposes every act, and who has all of them on the desk.
HEAD, SECRETARY = "grandi", "lupo"
GOAL = 1.5


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--acts", type=int, nargs=2, default=[1_000, 1_000_000], metavar=("FEW", "MANY"))
    parser.add_argument("--seconds", type=float, default=4, help="of each measure")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rate", type=float, default=50, help="requests a second")
    return parser.parse_args()


def asked(database: Path, question: str) -> list:
    line = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return line.execute(question).fetchall()
    finally:
        line.close()


def served(folder: Path) -> Server:
    return Server(f"sqlite:{folder}/delibera.db", folder, (HEAD, SECRETARY))


def filled(acts: int) -> Path:
    """A folder with so many acts. What `bench` verifies at its end wants 4 kB for every fact: with a
    million acts more memory than there is, so it is stopped once they are made. Then the words are indexed."""
    folder = WORK / str(acts)
    database, ready = folder / "delibera.db", folder / "ready"
    if ready.exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("delibera.db*"):
        file.unlink()
    command = [PROGRAM, "bench", "--database", f"sqlite:{database}", "--open", acts, "--at-once", 1]
    filling = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL)
    while filling.poll() is None and not enough(database, acts):
        time.sleep(1)
    filling.kill()
    filling.wait()
    if not enough(database, acts):
        sys.exit(f"benches: `bench` ended before {acts} acts were there")
    server = served(folder)
    try:
        while asked(database, "SELECT count(*) FROM search_stale") != [(0,)]:
            time.sleep(1)
    finally:
        server.stop()
    ready.touch()
    return folder


def enough(database: Path, acts: int) -> bool:
    """More acts than were to be left open: now they are measured."""
    try:
        [(found,)] = asked(database, "SELECT count(*) FROM cases")
    except sqlite3.OperationalError:
        return False
    return found > acts


def measured(folder: Path, options: argparse.Namespace) -> dict[str, float]:
    """Milliseconds, medians of one round."""
    [(subject,)] = asked(folder / "delibera.db", "SELECT subject FROM cases ORDER BY id DESC LIMIT 1")
    pages = [
        ("scrivania of who has every act to check", SECRETARY, "/scrivania?vista=io"),
        ("scrivania of who follows every act", HEAD, "/scrivania?vista=altri"),
        ("search, one act", SECRETARY, f"/ricerca?parole={subject.split()[-1]}"),
        ("search, a word of every act", SECRETARY, "/ricerca?parole=misurare"),
    ]
    server = served(folder)
    try:
        found = {
            name: load(server.address, path, server.cookies[who], options.rate, options.seconds, 8)["p50"]
            for name, who, path in pages
        }
        return found | {"a transition": transition(server, folder)}
    finally:
        server.stop()


def transition(server: Server, folder: Path) -> float:
    """A check passed by its form, the answer awaited: median of ten, which are no longer to be checked."""
    took = []
    waiting = "SELECT id, version FROM cases WHERE step = 'verifica_1' ORDER BY id LIMIT 10"
    for case, version in asked(folder / "delibera.db", waiting):
        form = {"nota": "verificato", "versione": version}
        start = time.perf_counter()
        answer = server.post(f"/fascicoli/{case}/azioni/verifica", form, server.cookies[SECRETARY])
        took.append((time.perf_counter() - start) * 1e3)
        if answer.status != 303:
            sys.exit(f"benches: the check of {case} is refused ({answer.status})")
    return statistics.median(took)


def main() -> None:
    options = arguments()
    few, many = (filled(acts) for acts in options.acts)
    rounds = [(measured(few, options), measured(many, options)) for _ in range(options.rounds)]
    print(f"{'median, ms':<42} {options.acts[0]:>10,} {options.acts[1]:>10,}    times")
    for name in rounds[0][0]:
        before, after = (statistics.median(side[name] for side in sides) for sides in zip(*rounds, strict=True))
        times = statistics.median(big[name] / small[name] for small, big in rounds)
        word = "goal met" if times <= GOAL else "GOAL MISSED"
        print(f"{name:<42} {before:>10.2f} {after:>10.2f} {times:>8.2f}   {word} (<= {GOAL})")


if __name__ == "__main__":
    main()
