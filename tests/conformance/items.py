# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the corpus is made of: files, and what every judge should say of each."""

from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

from pyhanko.pdf_utils.reader import PdfFileReader

PASSED, REFUSED, UNSIGNED = "passed", "refused", "unsigned"

ARCHIVE = ("pdfa", "pdfua")
# Both PDF/A and PDF/UA, or neither.
SOUND, BROKEN = (PASSED, PASSED), (REFUSED, REFUSED)
# Levels of a paper, as `corpus.rs` names its files.
RAISED = ("t", "lt", "lta", "renewed")
SIGNATURE = ("dss", "pyhanko", "pdfsig", "delibera")
ENVELOPE = ("dss", "pyhanko", "openssl", "delibera")


@dataclass(frozen=True)
class Item:
    """A file and what is true of it; a judge who says otherwise disagrees.

    Paths are relative to the corpus. `signatures` is what its signatures are worth: passed, refused
    (whatever the word the judge uses), unsigned. `archival` says whether it is PDF/A and whether it
    is PDF/UA, or None where nobody is asked; `part` is the one it must be, `2a` or `3a`. `issued` is the document that was given out for
    signing: only our verifier takes it.
    """

    file: str
    signatures: str
    archival: tuple[str, str] | None = None
    issued: str | None = None
    part: str | None = None

    def expected(self) -> dict[str, str]:
        """Judge -> verdict."""
        signature = ENVELOPE if self.file.endswith(".p7m") else SIGNATURE
        wanted = dict.fromkeys(signature, self.signatures)
        if self.archival:
            wanted |= dict(zip(ARCHIVE, self.archival, strict=True))
        return wanted


def part(content: bytes) -> str:
    """Part and level of PDF/A that a document of ours must keep: 3a where it embeds files, else 2a."""
    return "3a" if "/AF" in PdfFileReader(BytesIO(content)).root else "2a"


class Corpus:
    """The folder of the corpus and what has been put there."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.items: list[Item] = []

    def read(self, file: str) -> bytes:
        return (self.folder / file).read_bytes()

    def add(self, item: Item, content: bytes | None = None) -> None:
        """Lists a file, and writes it where the bytes are given."""
        path = self.folder / item.file
        if content is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        if not path.is_file():
            raise FileNotFoundError(path)
        if any(other.file == item.file for other in self.items):
            raise ValueError(f"{item.file} is already there")
        if item.archival:
            item = replace(item, part=part(path.read_bytes()))
        self.items.append(item)

    def add_demo(self, acts: Path) -> None:
        """The papers of the demo as it leaves them: those with a signature are sound."""
        for path in sorted(acts.glob("*.pdf")):
            content = path.read_bytes()
            signatures = PASSED if b"/ByteRange" in content else UNSIGNED
            self.add(Item(f"demo/{path.name}", signatures, SOUND), content)

    def add_revisions(self, folder: str, base: str = UNSIGNED) -> None:
        """The PDFs of a folder: `NAME.pdf` as issued, `NAME.sN.pdf` after its Nth signature."""
        for path in sorted((self.folder / folder).glob("*.pdf")):
            stem, _, revision = path.name.removesuffix(".pdf").partition(".s")
            issued = f"{folder}/{stem}.pdf" if revision else None
            signatures = PASSED if revision else base
            self.add(Item(f"{folder}/{path.name}", signatures, SOUND, issued))

    def add_levels(self, issued: str) -> None:
        """Ours with keys of every kind and at every level, all on one document; then the papers, each
        signed with its time-stamps and raised. At B-T a certificate that says where revocation is told
        still lacks it: no one should be sure."""
        for path in sorted((self.folder / "levels").glob("*.pdf")):
            known = REFUSED if path.name in ("b-t.pdf", "b-t-in-signature.pdf") else PASSED
            self.add(Item(f"levels/{path.name}", known, SOUND, issued))
        for level in RAISED:
            for path in sorted((self.folder / "papers").glob(f"*.{level}.pdf")):
                base = f"papers/{path.name.removesuffix(f'.{level}.pdf')}.pdf"
                known = REFUSED if level == "t" else PASSED
                self.add(Item(f"papers/{path.name}", known, SOUND, base))
