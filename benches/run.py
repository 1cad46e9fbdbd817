# SPDX-License-Identifier: AGPL-3.0-or-later
"""Runs the workers in turn on one core, the same act number for each, and prints the figures.

A round asks every worker once, so that a noisy moment strikes all; the ratios are taken round by round.
Two clocks: wall, as the worker measures it, and the processor time of its threads, as the kernel does.
Goals and ratios are on the second: alone on a core they are the same, on a busy machine wall time
measures the others.
"""

import os
import re
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
WORK = ROOT / "target/benches"
ACTS = ROOT / "target/release/examples/acts"
# Rounds thrown away: caches and branch predictors of everyone are warm after them.
WARM_UP = 3

# Name, command, calls a round, pages and signatures of what it leaves.
WORKERS = [
    ("p-256", [ACTS], 1, 3, 1),
    ("rsa-2048", [ACTS], 1, 3, 1),
    ("typst", [sys.executable, HERE / "peers.py"], 1, 3, 1),
    ("weasyprint", [sys.executable, HERE / "peers.py"], 1, 3, 1),
    ("cycle", [ACTS], 1, None, 1),
    ("verify", [ACTS], 1, 3, 4),
    ("attachments", [ACTS], 1, 3, 1),
]

# What, worker, and the goal: milliseconds of processor time, MB, or how many times faster.
GOALS = [
    ("3-page act, PDF/A-2a, signed P-256", "p-256", "ms", 8),
    ("the same, RSA-2048", "rsa-2048", "ms", 10),
    ("papers of a whole cycle, all signed", "cycle", "ms", 100),
    ("four signatures verified", "verify", "ms", 8),
    ("act with a 31-page attachment, signed", "attachments", "ms", None),
    ("memory of the process, act P-256", "p-256", "MB", 20),
]
PEERS = [("typst", 15), ("weasyprint", 25)]


@dataclass
class Worker:
    """A process that does one thing when asked."""

    name: str
    process: subprocess.Popen
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak: float = 0.0

    def ask(self, number: int, counts: bool) -> None:
        before = self.processor()
        self.process.stdin.write(f"{number}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"{self.name} stopped: exit {self.process.wait()}")
        if counts:
            self.wall.append(int(answer) / 1e6)
            self.cpu.append(self.processor() - before)

    def processor(self) -> float:
        """Milliseconds on a processor, all threads (first field of schedstat, nanoseconds)."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e6

    def finish(self) -> None:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        self.peak = int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024
        self.process.stdin.close()
        if self.process.wait():
            sys.exit(f"{self.name}: exit {self.process.returncode}")


def keys() -> Path:
    """A key of each kind and its certificate, as both sides want them."""
    folder = WORK / "keys"
    folder.mkdir(parents=True, exist_ok=True)
    usage = ["-addext", "keyUsage=critical,nonRepudiation", "-subj", "/C=IT/CN=Anna Rossi", "-days", "30"]
    kinds = {"rsa-2048": "RSA -pkeyopt rsa_keygen_bits:2048", "p-256": "EC -pkeyopt ec_paramgen_curve:P-256"}
    for name, kind in kinds.items():
        pem, certificate = f"{name}.pem", f"{name}-certificate.pem"
        for command in (
            f"genpkey -algorithm {kind} -out {pem}".split(),
            f"pkcs8 -topk8 -nocrypt -in {pem} -outform DER -out {name}.key".split(),
            ["req", "-x509", "-new", "-key", pem, *usage, "-out", certificate],
            f"x509 -in {certificate} -outform DER -out {name}.der".split(),
        ):
            subprocess.run(["openssl", *command], cwd=folder, check=True, capture_output=True)
    return folder


def start() -> list[Worker]:
    folder = keys()
    workers = []
    for name, command, *_ in WORKERS:
        arguments = [*command, name, folder, WORK / f"{name}.pdf"]
        process = subprocess.Popen(
            [str(a) for a in arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        workers.append(Worker(name, process))
    return workers


def check() -> None:
    """What was made last has the pages and the valid signatures it should have."""
    for name, _, _, pages, signatures in WORKERS:
        file = str(WORK / f"{name}.pdf")
        info = subprocess.run(["pdfinfo", file], capture_output=True, text=True, check=True).stdout
        found = int(re.search(r"Pages:\s+(\d+)", info)[1])
        said = subprocess.run(["pdfsig", "-nocert", file], capture_output=True, text=True, check=False).stdout
        valid = said.count("Signature is Valid.")
        if (pages and found != pages) or valid != signatures:
            sys.exit(f"{name}: {found} pages, {valid} valid signatures; {pages}, {signatures} expected")


def spread(values: list[float]) -> str:
    return f"{statistics.median(values):9.2f} {min(values):9.2f} {max(values):9.2f}"


def report(workers: dict[str, Worker], rounds: int, core: int) -> None:
    """Prints the figures, and beside each goal whether it is met: whoever reads decides what it means."""
    model = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    load = os.getloadavg()[0]
    print(f"{model[1] if model else 'unknown processor'}, core {core}, load {load:.1f}, {rounds} rounds\n")
    print(f"{'milliseconds':<14}{'wall: median':>12} {'min':>9} {'max':>9}   {'cpu: median':>11} {'min':>9} {'max':>9}   MB")
    for w in workers.values():
        print(f"{w.name:<14}   {spread(w.wall)}    {spread(w.cpu)}   {w.peak:.0f}")
    print()
    for what, name, unit, goal in GOALS:
        worker = workers[name]
        value = worker.peak if unit == "MB" else statistics.median(worker.cpu)
        word = "" if goal is None else ("goal met" if value <= goal else f"GOAL MISSED ({goal} {unit})")
        print(f"{what:<40} {value:8.2f} {unit}  {word}")
    for ours in ("p-256", "rsa-2048"):
        for peer, goal in PEERS:
            pairs = zip(workers[peer].cpu, workers[ours].cpu, strict=True)
            ratios = [theirs / own for theirs, own in pairs]
            value = statistics.median(ratios)
            word = "goal met" if value >= goal else f"GOAL MISSED ({goal} ×)"
            print(f"{peer + ' + pyHanko / ours ' + ours:<40} {value:8.1f} ×   {word}")
    size = (WORK / "attachments.pdf").stat().st_size / 1024
    print(f"{'act with a 31-page attachment, size':<40} {size:8.0f} KiB")


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    core = min(os.sched_getaffinity(0))
    # The workers inherit it; this process only waits while they work.
    os.sched_setaffinity(0, {core})
    workers = start()
    for turn in range(WARM_UP + rounds):
        for worker in workers:
            worker.ask(900 + turn, turn >= WARM_UP)
    for worker in workers:
        worker.finish()
    check()
    report({w.name: w for w in workers}, rounds, core)


if __name__ == "__main__":
    main()
