# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signed acts that were altered, in the ways that files are altered: by an accident, by a careless
tool, by someone who wants another text above a signature. None may pass.

The attacker is worse than most: he has a certificate the corpus trusts.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO

from asn1crypto import cms, crl
from authority import END, START, Authority, Identity, usage
from items import BROKEN, PASSED, REFUSED, UNSIGNED, Corpus, Item
from others import pyhanko, timestamper
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.validation.dss import DocumentSecurityStore

ISSUED = "documents/deliberazione.pdf"


def all_of_them(corpus: Corpus, ca: Authority) -> None:
    """Writes them under `altered/`."""
    issued, one, two = (corpus.read(f"documents/deliberazione{s}.pdf") for s in ("", ".s1", ".s2"))
    attacker = ca.person("attacker")

    def add(name: str, content: bytes, base: str = ISSUED) -> None:
        corpus.add(Item(f"altered/{name}.pdf", REFUSED, None, base), content)

    bits(add, issued, one, two)
    lengths(add, issued, two)
    holes(add, one, two)
    for name, change in CHANGES.items():
        add(f"after-signing-{name}", updated(two, change))
        add(f"before-signing-{name}", pyhanko(updated(issued, change), attacker))
    locks(add, issued, attacker)
    people(add, issued, corpus, ca)
    # A sound signature on a document that is not the one that was issued.
    corpus.add(Item("altered/another-act.pdf", REFUSED, None, ISSUED), corpus.read("documents/bozza.s1.pdf"))


# --- Bytes --------------------------------------------------------------------------------------------


def flipped(pdf: bytes, at: int) -> bytes:
    """One bit of a byte."""
    altered = bytearray(pdf)
    altered[at] ^= 1
    return bytes(altered)


def flipped_in_hexadecimal(pdf: bytes, at: int) -> bytes:
    """One bit of the byte that a hexadecimal digit tells, the least."""
    altered = bytearray(pdf)
    altered[at] = ord(format(int(chr(altered[at]), 16) ^ 1, "x"))
    return bytes(altered)


def contents(pdf: bytes) -> list[tuple[int, int]]:
    """Where the hexadecimal digits of each signature are, in the order of the file."""
    return [match.span(1) for match in re.finditer(rb"/Contents ?<([0-9A-Fa-f]{4000,})>", pdf)]


def bits(add: Callable, issued: bytes, one: bytes, two: bytes) -> None:
    """A bit in each region of the issued document, of the first revision and of the second."""
    regions = {
        "header": 7,
        "text": issued.index(b"stream\n") + 40,
        "metadata": issued.index(b"<dc:title") + 60,
        "structure": issued.index(b"/StructElem") + 3,
        "last-object": issued.rindex(b"endobj") - 8,
        "xref": issued.rindex(b"xref\n", 0, issued.rindex(b"trailer")) + 60,
        "trailer": issued.rindex(b"/Root") + 7,
    }
    for name, at in regions.items():
        add(f"bit-issued-{name}", flipped(two, at))
    for number, start, end in ((1, len(issued), len(one)), (2, len(one), len(two))):
        revision = two[start:end]
        regions = {
            "appearance": revision.index(b"stream") + 30,
            "field": revision.index(b"/FT") + 5,
            "byte-range": revision.index(b"/ByteRange") + 16,
            "time": revision.index(b"(D:2024") + 9,
            "filter": revision.index(b"/SubFilter") + 14,
            "xref": revision.rindex(b"trailer") - 9,
            "trailer": revision.rindex(b"/Prev") + 7,
        }
        for name, at in regions.items():
            add(f"bit-revision-{number}-{name}", flipped(two, start + at))
        digits = contents(two)[number - 1][0]
        for name, at in inside_cms(bytes.fromhex(two[slice(*contents(two)[number - 1])].decode())).items():
            add(f"bit-revision-{number}-cms-{name}", flipped_in_hexadecimal(two, digits + 2 * at + 1))


def inside_cms(content: bytes) -> dict[str, int]:
    """Offsets of what matters in a signature."""
    signed = cms.ContentInfo.load(content)["content"]
    signer = signed["signer_infos"][0]
    kinds = {attribute["type"].native: attribute for attribute in signer["signed_attrs"]}
    pieces = {
        "signature": signer["signature"].contents,
        "digest": kinds["message_digest"]["values"][0].contents,
        "certificate": signed["certificates"][0].chosen["tbs_certificate"]["subject"].dump(),
    }
    return {name: content.rindex(piece) + len(piece) // 2 for name, piece in pieces.items()}


def lengths(add: Callable, issued: bytes, two: bytes) -> None:
    """Too short, too long, the wrong beginning."""
    for cut in (1, 100, 9_000, len(two) // 2):
        add(f"shorter-by-{cut}", two[:-cut])
    add("line-added", two + b"\n")
    add("comment-added", two + b"% nota\n%%EOF\n")
    add("zeros-added", two + bytes(512))
    add("preceded", b"\n" + two)
    add("twice", two + two)
    add("signature-cut-off", two[: len(issued)] + two[-400:])


def holes(add: Callable, one: bytes, two: bytes) -> None:
    """The signature moved, exchanged, given more room than it has."""
    (first, second) = (two[slice(*span)] for span in contents(two))
    swapped = two.replace(first, b"@").replace(second, first).replace(b"@", second)
    add("signatures-exchanged", swapped)
    add("signature-repeated", two.replace(second, first))
    add("signature-of-zeros", two.replace(second, b"0" * len(second)))
    # Bytes after the CMS, inside the hole, where no signature looks.
    add("hidden-in-the-hole", two.replace(second, second[:-16] + b"deadbeefdeadbeef"))
    span = re.search(rb"/ByteRange ?\[0 (\d+) (\d+) (\d+) *\]", one)
    numbers = [int(n) for n in span.groups()]
    for name, change in {
        "earlier": (-64, 0, 0),
        "later": (0, 64, -64),
        "short-of-the-end": (0, 0, -30),
        "beyond-the-end": (0, 0, 30),
    }.items():
        text = b"/ByteRange [0 %d %d %d" % tuple(n + d for n, d in zip(numbers, change, strict=True))
        whole = span.group()
        add(f"byte-range-{name}", one.replace(whole, text.ljust(len(whole) - 1)[: len(whole) - 1] + b"]"))


# --- Updates ------------------------------------------------------------------------------------------


def updated(pdf: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    """The document followed by an update that does this."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    change(writer)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def first_page(writer: IncrementalPdfFileWriter) -> generic.DictionaryObject:
    page = writer.root["/Pages"]["/Kids"][0]
    writer.update_container(page)
    return page


def replace_text(writer: IncrementalPdfFileWriter) -> None:
    """Another text where the first page was."""
    page = first_page(writer)
    page["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b"0.9 g 60 300 470 300 re f"))


def rewrite_stream(writer: IncrementalPdfFileWriter) -> None:
    """The same object, other content: no reference changes."""
    page = writer.root["/Pages"]["/Kids"][0]
    reference = page.raw_get("/Contents")
    stream = reference.get_object()
    stream._data, stream._encoded_data = stream.data + b"\n0.9 g 60 300 470 300 re f", None
    writer.mark_update(reference)


def cover(writer: IncrementalPdfFileWriter) -> None:
    """A white rectangle over the text, as an annotation."""
    look = generic.StreamObject(
        {
            pdf_name("/Type"): pdf_name("/XObject"),
            pdf_name("/Subtype"): pdf_name("/Form"),
            pdf_name("/BBox"): generic.ArrayObject(map(generic.NumberObject, (0, 0, 500, 300))),
        },
        stream_data=b"1 g 0 0 500 300 re f",
    )
    note = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/Square"),
            pdf_name("/F"): generic.NumberObject(4),
            pdf_name("/Rect"): generic.ArrayObject(map(generic.NumberObject, (50, 300, 550, 600))),
            pdf_name("/AP"): generic.DictionaryObject({pdf_name("/N"): writer.add_object(look)}),
        }
    )
    page = first_page(writer)
    page["/Annots"] = generic.ArrayObject([*page.get("/Annots", ()), writer.add_object(note)])


def hide(writer: IncrementalPdfFileWriter) -> None:
    """Optional content: what is shown depends on the reader."""
    layer = writer.add_object(
        generic.DictionaryObject(
            {pdf_name("/Type"): pdf_name("/OCG"), pdf_name("/Name"): generic.pdf_string("Testo")}
        )
    )
    writer.root["/OCProperties"] = generic.DictionaryObject(
        {
            pdf_name("/OCGs"): generic.ArrayObject([layer]),
            pdf_name("/D"): generic.DictionaryObject({pdf_name("/OFF"): generic.ArrayObject([layer])}),
        }
    )
    writer.update_root()


def run_script(writer: IncrementalPdfFileWriter) -> None:
    writer.root["/OpenAction"] = generic.DictionaryObject(
        {
            pdf_name("/S"): pdf_name("/JavaScript"),
            pdf_name("/JS"): generic.pdf_string("this.getField('firma').hidden = true"),
        }
    )
    writer.update_root()


def rotate(writer: IncrementalPdfFileWriter) -> None:
    first_page(writer)["/Rotate"] = generic.NumberObject(180)


def crop(writer: IncrementalPdfFileWriter) -> None:
    first_page(writer)["/CropBox"] = generic.ArrayObject(map(generic.NumberObject, (0, 500, 595, 842)))


def drop_page(writer: IncrementalPdfFileWriter) -> None:
    pages = writer.root["/Pages"]
    pages["/Kids"] = generic.ArrayObject(list(pages["/Kids"].raw_get(i) for i in (0, 2)))
    pages["/Count"] = generic.NumberObject(2)
    writer.update_container(pages["/Kids"])
    writer.mark_update(writer.root.raw_get("/Pages"))


def move_box(writer: IncrementalPdfFileWriter) -> None:
    """The last signature box goes over the text."""
    field = writer.root["/AcroForm"]["/Fields"][-1]
    field["/Rect"] = generic.ArrayObject(map(generic.NumberObject, (50, 300, 550, 600)))
    writer.update_container(field)


def change_font(writer: IncrementalPdfFileWriter) -> None:
    """The letters that the codes stand for."""
    fonts = first_page(writer)["/Resources"]["/Font"]
    for name in list(fonts):
        if "/ToUnicode" in fonts[name]:
            font = generic.DictionaryObject(fonts[name])
            del font["/ToUnicode"]
            fonts[name] = writer.add_object(font)
    writer.update_container(fonts)


def retitle(writer: IncrementalPdfFileWriter) -> None:
    writer.set_info(
        writer.add_object(
            generic.DictionaryObject({pdf_name("/Title"): generic.pdf_string("Deliberazione n. 839")})
        )
    )


# What the update changes; each is tried under two signatures and before one.
CHANGES: dict[str, Callable[[IncrementalPdfFileWriter], None]] = {
    "text-replaced": replace_text,
    "stream-rewritten": rewrite_stream,
    "covered": cover,
    "layer-hidden": hide,
    "script": run_script,
    "rotated": rotate,
    "cropped": crop,
    "page-dropped": drop_page,
    "box-moved": move_box,
    "font-changed": change_font,
    "retitled": retitle,
}


# --- Locks --------------------------------------------------------------------------------------------


class Stubborn(signers.PdfSigner):
    """Signs also what an earlier signature forbids to sign."""

    def _enforce_certification_constraints(self, reader: PdfFileReader) -> None:
        pass


def locks(add: Callable, issued: bytes, attacker: Identity) -> None:
    """The first signature lets nobody sign after it, and somebody does: neither is worth anything."""
    certified = pyhanko(
        issued, attacker, certify=True, docmdp_permissions=fields.MDPPerm.NO_CHANGES
    )
    add("certified-then-signed", pyhanko(certified, attacker, by=Stubborn))
    lock = fields.FieldMDPSpec(fields.FieldMDPAction.ALL)
    locked = pyhanko(issued, attacker, new_field=fields.SigFieldSpec("blocco", field_mdp_spec=lock))
    add("locked-then-signed", pyhanko(locked, attacker, by=Stubborn))


# --- People -------------------------------------------------------------------------------------------


def people(add: Callable, issued: bytes, corpus: Corpus, ca: Authority) -> None:
    """Sound signatures of someone whose certificate does not allow them."""
    stranger = Authority(corpus.folder.parent / "keys/stranger", "Autorità sconosciuta")
    namesake = Authority(corpus.folder.parent / "keys/namesake", ca.label)
    day = timedelta(days=1)
    wrong = {
        "unknown-authority": stranger.person("stranger"),
        "authority-of-the-same-name": namesake.person("namesake"),
        "expired": ca.person("expired", end=START + 365 * day),
        "not-yet-valid": ca.person("early", start=END - day),
        "not-for-signing": ca.person("web", extensions=[(usage(key_encipherment=True), True)]),
    }
    for name, identity in wrong.items():
        add(f"certificate-{name}", pyhanko(issued, identity))
    add("certificate-revoked", revoked(issued, ca, ca.person("revoked")))


def revoked(issued: bytes, ca: Authority, identity: Identity) -> bytes:
    """Timestamped today, with a list that revokes the certificate in 2021."""
    signed = pyhanko(issued, identity, timestamper=timestamper(ca.timestamper("tsa-revoked")))
    writer = IncrementalPdfFileWriter(BytesIO(signed))
    signature = writer.prev.embedded_signatures[-1]
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        signature.pkcs7_content.hex().encode(),
        crls=[crl.CertificateList.load(ca.revocation_list(identity.certificate))],
    )
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


# --- Archive quality ----------------------------------------------------------------------------------


def broken_archives(corpus: Corpus) -> None:
    """Documents that are no longer what their metadata claim: the judges of PDF/A must notice."""

    def without(key: str) -> Callable[[IncrementalPdfFileWriter], None]:
        def change(writer: IncrementalPdfFileWriter) -> None:
            del writer.root[key]
            writer.update_root()

        return change

    issued = corpus.read(ISSUED)
    for name, change, archival in (
        ("no-metadata", without("/Metadata"), BROKEN),
        ("no-structure", without("/StructTreeRoot"), BROKEN),
        ("no-mark-info", without("/MarkInfo"), BROKEN),
        ("no-output-intent", without("/OutputIntents"), (REFUSED, PASSED)),
        ("no-title-shown", without("/ViewerPreferences"), (PASSED, REFUSED)),
        ("script", run_script, (REFUSED, PASSED)),
        ("untagged-drawing", replace_text, (PASSED, REFUSED)),
    ):
        corpus.add(Item(f"broken/{name}.pdf", UNSIGNED, archival), updated(issued, change))
