# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signatures that others make on our documents: pyHanko inside the PDF, OpenSSL around it."""

import subprocess
from io import BytesIO

from asn1crypto import algos, keys, pem, x509
from authority import Authority, Identity, rsa_key
from cryptography.hazmat.primitives.asymmetric import ec
from items import BROKEN, PASSED, REFUSED, SOUND, Corpus, Item
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers, timestamps
from pyhanko.stamp import NoOpStampStyle
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

# Documents of the corpus that are signed here.
ISSUED = "documents/deliberazione.pdf"
ONCE = "documents/deliberazione.s1.pdf"


def certificate(identity: Identity) -> x509.Certificate:
    return x509.Certificate.load(identity.der())


def private_key(identity: Identity) -> keys.PrivateKeyInfo:
    return keys.PrivateKeyInfo.load(pem.unarmor(identity.key_file.read_bytes())[2])


def simple_signer(identity: Identity, mechanism=None) -> signers.SimpleSigner:
    store = SimpleCertificateStore()
    store.register(x509.Certificate.load(identity.issuer_der()))
    return signers.SimpleSigner(
        certificate(identity), private_key(identity), store, signature_mechanism=mechanism
    )


def pss(salt: int) -> algos.SignedDigestAlgorithm:
    """RSASSA-PSS with SHA-256 (RFC 4055) and a salt of so many bytes."""
    sha256 = algos.DigestAlgorithm({"algorithm": "sha256"})
    mask = algos.MaskGenAlgorithm({"algorithm": "mgf1", "parameters": sha256})
    parameters = {"hash_algorithm": sha256, "mask_gen_algorithm": mask, "salt_length": salt}
    return algos.SignedDigestAlgorithm(
        {"algorithm": "rsassa_pss", "parameters": algos.RSASSAPSSParams(parameters)}
    )


def field_names(pdf: bytes) -> list[str]:
    """The empty signature fields, in the order of the form."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    return [name for name, value, _ in fields.enumerate_sig_fields(writer) if value is None]


def pyhanko(
    pdf: bytes,
    identity: Identity,
    *,
    stamp=None,
    signer=None,
    new_field=None,
    timestamper=None,
    by=signers.PdfSigner,
    **meta,
) -> bytes:
    """The document with the first empty field, or a new one, signed as PAdES."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    field = new_field.sig_field_name if new_field else meta.pop("field", None) or field_names(pdf)[0]
    settings = {"md_algorithm": "sha256", "subfilter": fields.SigSeedSubFilter.PADES, **meta}
    pdf_signer = by(
        signers.PdfSignatureMetadata(field_name=field, **settings),
        signer or simple_signer(identity),
        timestamper=timestamper,
        stamp_style=stamp or NoOpStampStyle(),
        new_field_spec=new_field,
    )
    return pdf_signer.sign_pdf(writer).getvalue()


def timestamper(identity: Identity) -> timestamps.DummyTimeStamper:
    return timestamps.DummyTimeStamper(
        certificate(identity),
        private_key(identity),
        certs_to_embed=[x509.Certificate.load(identity.issuer_der())],
    )


def inside(corpus: Corpus, ca: Authority) -> None:
    """pyHanko's signatures, by algorithm, by place, by level."""
    issued, once = corpus.read(ISSUED), corpus.read(ONCE)
    rsa2048 = ca.person("rsa-2048", rsa_key(2048))

    def add(name, content, archival=SOUND, base=ISSUED):
        corpus.add(Item(f"pyhanko/{name}.pdf", PASSED, archival, base), content)

    people = {
        "rsa-2048": (rsa2048, "sha256"),
        "rsa-3072": (ca.person("rsa-3072", rsa_key(3072)), "sha512"),
        "rsa-4096": (ca.person("rsa-4096", rsa_key(4096)), "sha256"),
        "p-256": (ca.person("p-256"), "sha256"),
        "p-384": (ca.person("p-384", ec.generate_private_key(ec.SECP384R1())), "sha384"),
    }
    for name, (identity, md) in people.items():
        add(name, pyhanko(issued, identity, md_algorithm=md))
    for name, salt in (("rsa-pss", 32), ("rsa-pss-long-salt", 222)):
        add(name, pyhanko(issued, rsa2048, signer=simple_signer(rsa2048, pss(salt))))
    add("second", pyhanko(once, rsa2048))
    first = pyhanko(issued, rsa2048)
    add("both", pyhanko(first, people["p-256"][0]))
    # Outside the product signers do as their tools do: a stamp in a font that is not embedded, a field
    # outside the structure. The signatures hold, the archive quality is lost.
    add("stamp", pyhanko(issued, rsa2048, stamp=signers.DEFAULT_SIGNING_STAMP_STYLE), BROKEN)
    box = fields.SigFieldSpec("in_piu", on_page=0, box=(40, 20, 200, 50))
    add("new-field", pyhanko(once, rsa2048, new_field=box), BROKEN)
    certified = {"certify": True, "docmdp_permissions": fields.MDPPerm.FILL_FORMS}
    add("certified", pyhanko(issued, rsa2048, **certified))
    levels(add, issued, rsa2048, ca)
    # What the product signs after another tool has: `corpus` fills the remaining field.
    (corpus.folder / "mixed").mkdir()
    (corpus.folder / "mixed/after-pyhanko.pdf").write_bytes(first)


def levels(add, issued: bytes, identity: Identity, ca: Authority) -> None:
    """B-T, B-LT, B-LTA as pyHanko makes them, with the revocation list of the test authority."""
    clock = timestamper(ca.timestamper("tsa"))
    context = ValidationContext(
        trust_roots=[x509.Certificate.load(ca.der())],
        crls=[ca.revocation_list()],
        allow_fetching=False,
        revocation_mode="require",
    )
    data = {"embed_validation_info": True, "validation_context": context}
    add("b-t", pyhanko(issued, identity, timestamper=clock))
    add("b-lt", pyhanko(issued, identity, timestamper=clock, **data))
    add("b-lta", pyhanko(issued, identity, timestamper=clock, use_pades_lta=True, **data))


# --- Around the PDF: CAdES p7m ----------------------------------------------------------------------


def openssl(corpus: Corpus, source: str, *options: str) -> bytes:
    """`openssl cms` with the PDF as content."""
    arguments = ["openssl", "cms", "-sign", "-binary", "-nodetach", "-cades", "-nosmimecap", "-md", "sha256"]
    done = subprocess.run(
        [*arguments, "-in", str(corpus.folder / source), *options], capture_output=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"openssl cms: {done.stderr.decode()}")
    return done.stdout


def around(corpus: Corpus, ca: Authority) -> None:
    """OpenSSL's envelopes: DER, BER in pieces, two signers; and what must be refused."""
    one, two = ca.person("p7m-rsa", rsa_key()), ca.person("p7m-p256")

    def signer(identity):
        return "-signer", str(identity.certificate_file), "-inkey", str(identity.key_file)

    def add(name, content, signatures=PASSED, issued=ISSUED):
        corpus.add(Item(f"openssl/{name}.pdf.p7m", signatures, None, issued), content)

    der = openssl(corpus, ISSUED, "-outform", "DER", *signer(one))
    add("rsa", der)
    add("p-256", openssl(corpus, ISSUED, "-outform", "DER", *signer(two)))
    add("ber", openssl(corpus, ISSUED, "-outform", "DER", "-stream", *signer(one)))
    add("two-signers", openssl(corpus, ISSUED, "-outform", "DER", *signer(one), *signer(two)))
    add("pades-inside", openssl(corpus, ONCE, "-outform", "DER", *signer(one)), issued=ONCE)
    altered = bytearray(der)
    altered[len(der) // 3] ^= 1
    add("altered", bytes(altered), REFUSED)
    add("truncated", der[: len(der) - 700], REFUSED)
    add("other-content", openssl(corpus, "documents/bozza.pdf", "-outform", "DER", *signer(one)), REFUSED)
    stranger = Authority(corpus.folder.parent / "keys/p7m-stranger", "Autorità sconosciuta").person("p7m")
    add("unknown-authority", openssl(corpus, ISSUED, "-outform", "DER", *signer(stranger)), REFUSED)
