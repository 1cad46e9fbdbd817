# SPDX-License-Identifier: AGPL-3.0-or-later
"""Makes the corpus, asks the judges, prints the table: what `run` starts. See README.md."""

import base64
import logging
import shutil
import subprocess
import sys
import time
from pathlib import Path

import ask
import mutations
import others
import table
from authority import Authority
from items import PASSED, Corpus
from pyhanko.pdf_utils.reader import PdfFileReader

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILT = ROOT / "target/release"
WORK = ROOT / "target/conformance"


def program(*command: str | Path) -> None:
    """A program of ours; what it prints is shown if it fails."""
    done = subprocess.run([str(c) for c in command], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{command[0]}: exit {done.returncode}\n{done.stdout}{done.stderr}")


def make() -> Corpus:
    """Everything the judges are asked about, under target/conformance."""
    shutil.rmtree(WORK, ignore_errors=True)
    corpus = Corpus(WORK / "corpus")
    corpus.folder.mkdir(parents=True)
    trust = corpus.folder / "trust"
    program(BUILT / "delibera", "demo", "--dir", WORK / "demo")
    program(BUILT / "examples/gallery", corpus.folder / "documents")
    program(BUILT / "examples/samples", corpus.folder / "documents", "1")
    program(BUILT / "examples/corpus", corpus.folder, "papers", "documents")
    ca = Authority(WORK / "keys/ca", "Autorità di prova")
    (trust / "demo.der").write_bytes(demo_anchor(WORK / "demo/acts"))
    (trust / "test.der").write_bytes(ca.der())
    corpus.add_demo(WORK / "demo/acts")
    corpus.add_revisions("papers")
    corpus.add_revisions("documents")
    others.inside(corpus, ca)
    program(BUILT / "examples/corpus", corpus.folder, "mixed")
    corpus.add_revisions("mixed", base=PASSED)
    program(BUILT / "examples/corpus", corpus.folder, "--levels", corpus.folder / others.ISSUED)
    corpus.add_levels(others.ISSUED)
    others.around(corpus, ca)
    mutations.all_of_them(corpus, ca)
    mutations.broken_archives(corpus)
    bundle(trust, WORK / "anchors.pem")
    return corpus


def demo_anchor(acts: Path) -> bytes:
    """The authority of the demo's keys, which is the same at every run: from the papers it signed."""
    found = set()
    for path in sorted(acts.glob("*.pdf")):
        with path.open("rb") as file:
            for signature in PdfFileReader(file).embedded_signatures:
                chain = signature.other_embedded_certs
                found |= {c.dump() for c in chain if c.subject == c.issuer}
    (anchor,) = found
    return anchor


def bundle(trust: Path, to: Path) -> None:
    """The anchors as one PEM file, for OpenSSL."""
    body = [base64.encodebytes(path.read_bytes()).decode() for path in sorted(trust.iterdir())]
    pem = "-----BEGIN CERTIFICATE-----\n{}-----END CERTIFICATE-----\n"
    to.write_text("".join(pem.format(text) for text in body))


def main() -> None:
    """Exit 0 when nothing is wrong."""
    # pyHanko tells of every doubt it has; the verdict is what we read.
    logging.disable(logging.CRITICAL)
    start = time.monotonic()
    corpus = make()
    made = time.monotonic()
    print(f"{len(corpus.items)} files in {made - start:.0f} s", flush=True)
    jars = ROOT / "target/judges"
    java = ["java", "-cp", f"{jars}/classes:{jars}/lib/*", "delibera.Judges"]
    verdicts = ask.everyone(corpus, corpus.folder / "trust", java, BUILT / "delibera")
    print(f"{len(verdicts)} verdicts in {time.monotonic() - made:.0f} s\n", flush=True)
    known = table.read_known(HERE / "disagreements.toml")
    judged = table.judge(corpus.items, verdicts, known)
    (WORK / "table.md").write_text(table.markdown(judged, known), encoding="utf-8")
    print(table.summary(judged), end="\n\n")
    for problem in judged.problems:
        print(f"FAIL  {problem}")
    print("The whole table: target/conformance/table.md")
    passed, failed = judged.totals
    print(f"conformance: {passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
