# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keys and certificates of people who do not sign with Delibera, made afresh for each run.

Two authorities: the corpus trusts one. Certificates have the shape of ETSI EN 319 412-2 (subject
`TINIT-…`, nonRepudiation alone), unless a mutation wants them otherwise.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

START = datetime(2020, 1, 1, tzinfo=timezone.utc)
END = START + timedelta(days=3653)


@dataclass
class Identity:
    """A key, its certificate and who vouches for it; the same as PEM files for outside tools."""

    key: object
    certificate: x509.Certificate
    issuer: x509.Certificate
    key_file: Path
    certificate_file: Path

    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    def issuer_der(self) -> bytes:
        return self.issuer.public_bytes(serialization.Encoding.DER)


def name(common_name: str, code: str | None = None) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COUNTRY_NAME, "IT")]
    if code:
        parts.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, f"TINIT-{code}"))
    parts.append(x509.NameAttribute(NameOID.COMMON_NAME, common_name))
    return x509.Name(parts)


class Authority:
    """A root and what it issues."""

    def __init__(self, folder: Path, label: str):
        self.folder, self.label = folder, label
        folder.mkdir(parents=True, exist_ok=True)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = name(label)
        extensions = [
            (x509.BasicConstraints(ca=True, path_length=0), True),
            (usage(key_cert_sign=True, crl_sign=True), True),
        ]
        self.certificate = self._issue(self.name, self.key.public_key(), START, END, extensions)

    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    def _issue(self, subject, public_key, start, end, extensions) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), False
            )
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self.key, hashes.SHA256())

    def person(self, file: str, key=None, start=START, end=END, extensions=None) -> Identity:
        """Mario Bianchi with a key (P-256 unless given); `file` names his PEM files."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        extensions = extensions or [(usage(content_commitment=True), True)]
        subject = name("Mario Bianchi", "BNCMRA70A01H501A")
        return self._identity(file, key, self._issue(subject, key.public_key(), start, end, extensions))

    def timestamper(self, file: str) -> Identity:
        """A time-stamping unit (RFC 3161, 2.3): its one extended usage is critical. RSA, for pyHanko."""
        key = rsa_key()
        extensions = [
            (usage(digital_signature=True), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True),
        ]
        certificate = self._issue(name("TSA di prova"), key.public_key(), START, END, extensions)
        return self._identity(file, key, certificate)

    def revocation_list(self, revoked: x509.Certificate | None = None) -> bytes:
        """A list (RFC 5280, 5) of yesterday for a month, DER; `revoked` was revoked in 2021."""
        now = datetime.now(timezone.utc)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.name)
            .last_update(now - timedelta(days=1))
            .next_update(now + timedelta(days=30))
            .add_extension(x509.CRLNumber(1), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), False
            )
        )
        if revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(revoked.serial_number)
            builder = builder.add_revoked_certificate(entry.revocation_date(datetime(2021, 1, 1)).build())
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def _identity(self, file, key, certificate) -> Identity:
        key_file, certificate_file = self.folder / f"{file}.key", self.folder / f"{file}.pem"
        key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return Identity(key, certificate, self.certificate, key_file, certificate_file)


def usage(**wanted) -> x509.KeyUsage:
    flags = dict.fromkeys(
        [
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ],
        False,
    )
    return x509.KeyUsage(**{**flags, **wanted})


def rsa_key(bits: int = 2048):
    return rsa.generate_private_key(65537, bits)
