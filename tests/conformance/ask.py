# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asks each judge about each file. One that cannot read a file says `error`, which is a refusal; ours,
where it breaks or contradicts itself, says `crashed`, which agrees with nothing."""

import asyncio
import json
import os
import re
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from asn1crypto import cms, x509
from items import Corpus, Item
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import validation
from pyhanko.sign.validation import generic_cms
from pyhanko_certvalidator import ValidationContext

# Longest a judge may think about one file, seconds.
PATIENCE = 60


@dataclass(frozen=True)
class Verdict:
    """What one judge says of one file."""

    judge: str
    file: str
    verdict: str
    detail: str = ""


def everyone(corpus: Corpus, trust: Path, java: list[str], program: Path) -> list[Verdict]:
    """Every judge on every file it is asked about."""
    asked = [(judge, item) for item in corpus.items for judge in item.expected()]
    verdicts = jvm(corpus, trust, java, asked)
    anchors = [x509.Certificate.load(path.read_bytes()) for path in sorted(trust.iterdir())]
    judges = {
        "pyhanko": lambda item: pyhanko(corpus, item, anchors),
        "pdfsig": lambda item: pdfsig(corpus, item),
        "openssl": lambda item: openssl(corpus, item, trust),
        "delibera": lambda item: delibera(corpus, item, trust, program),
    }
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        others = [(judge, item) for judge, item in asked if judge in judges]
        verdicts += pool.map(lambda pair: judges[pair[0]](pair[1]), others)
    return verdicts


def run(*command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=PATIENCE,
        check=False,
    )


def jvm(corpus: Corpus, trust: Path, java: list[str], asked: Iterable[tuple[str, Item]]) -> list[Verdict]:
    """veraPDF and DSS, started once (`judges/`)."""
    # veraPDF answers for both at once, and is told which part of PDF/A the file must be.
    names = {"pdfa": "verapdf-{}", "dss": "dss"}
    lines = [
        f"{names[judge].format(item.part)}\t{item.file}\n" for judge, item in asked if judge in names
    ]
    done = subprocess.run(
        [*java, str(trust)],
        cwd=corpus.folder,
        input="".join(lines),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return [Verdict(**json.loads(line)) for line in done.stdout.splitlines()]


# --- pyHanko ----------------------------------------------------------------------------------------


def pyhanko(corpus: Corpus, item: Item, anchors: list[x509.Certificate]) -> Verdict:
    """Integrity, path, and what updates changed; nothing is fetched."""
    try:
        with (corpus.folder / item.file).open("rb") as file:
            if item.file.endswith(".p7m"):
                found = [envelope(file.read(), anchors)]
            else:
                found = signatures(PdfFileReader(file), anchors)
    except Exception as error:  # noqa: BLE001 (whatever it stumbles on, it did not accept the file)
        return Verdict("pyhanko", item.file, "error", f"{type(error).__name__}: {error}")
    if not found:
        return Verdict("pyhanko", item.file, "unsigned")
    word = "passed" if all(good for good, _ in found) else "failed"
    return Verdict("pyhanko", item.file, word, "; ".join(summary for _, summary in found))


def context(anchors: list[x509.Certificate], **more) -> ValidationContext:
    return ValidationContext(trust_roots=anchors, allow_fetching=False, **more)


def signatures(reader: PdfFileReader, anchors: list[x509.Certificate]) -> list[tuple[bool, str]]:
    """Each signature and each document timestamp, with the validation data the file carries.

    Where there is revocation data the signer's must be there: left to itself pyHanko looks at it only
    for certificates that say where theirs is.
    """
    carried = {}
    if "/DSS" in reader.root:
        store = validation.dss.DocumentSecurityStore.read_dss(reader)
        carried = {
            "crls": [entry.get_object().data for entry in store.crls],
            "ocsps": [entry.get_object().data for entry in store.ocsps],
            "other_certs": list(store.load_certs()),
        }
    mode = "require" if carried.get("crls") or carried.get("ocsps") else "soft-fail"
    found = []
    for signature in reader.embedded_regular_signatures:
        signer = context(anchors, revocation_mode=mode, **carried)
        status = validation.validate_pdf_signature(signature, signer, context(anchors, **carried))
        found.append((status.bottom_line, status.summary()))
    for signature in reader.embedded_timestamp_signatures:
        status = validation.validate_pdf_timestamp(signature, context(anchors, **carried))
        found.append((status.intact and status.valid and status.trusted, status.summary()))
    return found


def envelope(content: bytes, anchors: list[x509.Certificate]) -> tuple[bool, str]:
    """A CMS with its content inside."""
    signed = cms.ContentInfo.load(content, strict=True)["content"]
    check = generic_cms.async_validate_cms_signature(signed, validation_context=context(anchors))
    status = asyncio.run(check)
    return status.intact and status.valid and status.trusted, status.summary()


# --- Command lines ----------------------------------------------------------------------------------


def pdfsig(corpus: Corpus, item: Item) -> Verdict:
    """poppler, without a certificate store: it judges bytes, not people.

    Passed when every filled field is valid and one signature covers the whole file.
    """
    done = run("pdfsig", "-nocert", item.file, folder=corpus.folder)
    said = done.stdout
    filled = re.findall(r"Signature Validation: (.+)", said)
    whole = "Total document signed" in said.replace("Not total document signed", "")
    if not filled:
        return Verdict("pdfsig", item.file, "unsigned" if said else "error", done.stderr.strip())
    good = all(line == "Signature is Valid." for line in filled)
    word = "passed" if good and whole else "failed"
    detail = "; ".join(sorted(set(filled))) + ("" if whole else "; not the whole file")
    return Verdict("pdfsig", item.file, word, detail)


def openssl(corpus: Corpus, item: Item, trust: Path) -> Verdict:
    """`openssl cms -verify`, certificates included."""
    bundle = trust.parent.parent / "anchors.pem"
    done = run(
        *("openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", item.file),
        *("-purpose", "any", "-CAfile", bundle, "-out", os.devnull),
        folder=corpus.folder,
    )
    if done.returncode == 0:
        return Verdict("openssl", item.file, "passed")
    return Verdict("openssl", item.file, "failed", done.stderr.strip().splitlines()[-1])


def delibera(corpus: Corpus, item: Item, trust: Path, program: Path) -> Verdict:
    """Ours, with the issued document where there is one."""
    issued = ("--issued", item.issued) if item.issued else ()
    done = run(program, "verify-pdf", item.file, "--trust", trust, *issued, "--json", folder=corpus.folder)
    try:
        report = json.loads(done.stdout)
    except json.JSONDecodeError:
        said = " ".join((done.stderr or done.stdout).split())
        # A file it cannot read is refused with a reason; anything else is a defect of ours.
        return Verdict("delibera", item.file, "error" if done.returncode == 1 and said else "crashed", said)
    word = report["overall"].removeprefix("TOTAL-").lower()
    if not report["signatures"] and word == "indeterminate":
        word = "unsigned"
    if (word == "passed") != (done.returncode == 0):
        return Verdict("delibera", item.file, "crashed", f"{report['overall']}, exit {done.returncode}")
    reasons = [r for s in report["signatures"] for r in s["reasons"]] + report.get("reasons", [])
    return Verdict("delibera", item.file, word, "; ".join(dict.fromkeys(reasons)))
