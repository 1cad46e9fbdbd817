// SPDX-License-Identifier: AGPL-3.0-or-later
#![expect(clippy::disallowed_methods, reason = "OpenSSL makes certificates valid from now")]
//! Keys, authorities and signatures made by others: RSA, OpenSSL's CMS, revocation addresses.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod support;

use std::path::Path;

use delibera_signature::{Algorithm, KeyError, SignError, Signer, Verdict, prepare, sign, verify};
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use support::*;

/// A key and a certificate made by OpenSSL, with the authority that issued it.
struct Made {
    key: String,
    certificate: String,
    certificate_der: Vec<u8>,
    authority_der: Vec<u8>,
}

/// An authority and one person under it; `extensions` go into the person's certificate.
fn make(name: &str, algorithm: &[&str], extensions: &str) -> Made {
    let path = |suffix: &str| file(&format!("{name}-{suffix}"), b"").to_string_lossy().into_owned();
    let (root_key, root) = (path("root.key"), path("root.pem"));
    let (key, request, leaf) = (path("leaf.key"), path("leaf.csr"), path("leaf.pem"));
    let text = file(&format!("{name}-ext"), extensions.as_bytes()).to_string_lossy().into_owned();
    for to in [&root_key, &key] {
        run("openssl", &[&["genpkey", "-out", to], algorithm].concat());
    }
    let subject = "/C=IT/serialNumber=TINIT-RSSMRA80A01F205X/CN=Mario Rossi";
    run(
        "openssl",
        &[
            "req",
            "-x509",
            "-new",
            "-key",
            &root_key,
            "-subj",
            "/C=IT/CN=CA di prova",
            "-days",
            "30",
            "-addext",
            "keyUsage=critical,keyCertSign",
            "-out",
            &root,
        ],
    );
    run("openssl", &["req", "-new", "-key", &key, "-subj", subject, "-out", &request]);
    run(
        "openssl",
        &[
            "x509",
            "-req",
            "-in",
            &request,
            "-CA",
            &root,
            "-CAkey",
            &root_key,
            "-set_serial",
            "77",
            "-days",
            "20",
            "-extfile",
            &text,
            "-out",
            &leaf,
        ],
    );
    let der = |pem: &str| {
        let to = format!("{pem}.der");
        let said = run("openssl", &["x509", "-in", pem, "-outform", "DER", "-out", &to]);
        std::fs::read(Path::new(&to)).unwrap_or_else(|_| panic!("{said}"))
    };
    Made { certificate_der: der(&leaf), authority_der: der(&root), key, certificate: leaf }
}

const RSA: &[&str] = &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
const P384: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"];
const PERSON: &str = "keyUsage=critical,nonRepudiation\n";

struct RsaKey {
    pair: RsaKeyPair,
    made: Made,
}

impl RsaKey {
    fn new(made: Made) -> Self {
        let der = format!("{}.der", made.key);
        run(
            "openssl",
            &["pkcs8", "-topk8", "-nocrypt", "-in", &made.key, "-outform", "DER", "-out", &der],
        );
        let pair = RsaKeyPair::from_pkcs8(&std::fs::read(der).unwrap()).unwrap();
        RsaKey { pair, made }
    }
}

impl Signer for RsaKey {
    fn certificate(&self) -> &[u8] {
        &self.made.certificate_der
    }

    fn chain(&self) -> &[Vec<u8>] {
        &[]
    }

    fn sign(&self, attributes: &[u8]) -> Result<Vec<u8>, SignError> {
        let mut signature = vec![0; self.pair.public().modulus_len()];
        let random = ring::rand::SystemRandom::new();
        self.pair
            .sign(&RSA_PKCS1_SHA256, &random, attributes, &mut signature)
            .map_err(|e| SignError::from(KeyError::Other(e.to_string())))?;
        Ok(signature)
    }

    fn algorithm(&self) -> Algorithm {
        Algorithm::RsaPkcs1Sha256
    }
}

#[test]
fn an_rsa_key_signs_behind_the_same_trait() {
    let key = RsaKey::new(make("rsa", RSA, PERSON));
    let lines = lines(0);
    let mut asked = request(0, &lines);
    asked.signing_time = chrono::Utc::now();
    let issued = document(&Shape::default());
    let pdf = sign(&issued, &asked, &key).unwrap();
    let judged = pdfsig("rsa.pdf", &pdf);
    assert!(judged.contains("Signature is Valid"), "{judged}");
    let report =
        verify(&pdf, Some(&issued), std::slice::from_ref(&key.made.authority_der)).unwrap();
    assert_eq!(report.overall, Verdict::TotalPassed, "{report:#?}");
    assert_eq!(report.signatures[0].fiscal_code.as_deref(), Some("RSSMRA80A01F205X"));
}

/// Prepares, lets OpenSSL make the CMS over the covered bytes, embeds.
fn signed_by_openssl(name: &str, made: &Made) -> Vec<u8> {
    let lines = lines(1);
    let mut asked = request(1, &lines);
    asked.signing_time = chrono::Utc::now();
    let prepared = prepare(&document(&Shape::default()), &asked).unwrap();
    let bytes = prepared.preview();
    let start = bytes.windows(11).rposition(|w| w == b"/Contents <").unwrap() + 10;
    let end = start + 2 + asked.reserve * 2;
    let covered = file(&format!("{name}.bin"), &[&bytes[..start], &bytes[end..]].concat());
    let out = covered.with_extension("cms");
    let said = run(
        "openssl",
        &[
            "cms",
            "-sign",
            "-binary",
            "-cades",
            "-nosmimecap",
            "-md",
            "sha256",
            "-outform",
            "DER",
            "-signer",
            &made.certificate,
            "-inkey",
            &made.key,
            "-in",
            &covered.to_string_lossy(),
            "-out",
            &out.to_string_lossy(),
        ],
    );
    let cms = std::fs::read(&out).unwrap_or_else(|_| panic!("{said}"));
    prepared.embed(&cms).unwrap()
}

#[test]
fn a_signature_made_elsewhere_is_embedded_and_verified() {
    for (name, algorithm) in [("openssl-rsa", RSA), ("openssl-p384", P384)] {
        let made = make(name, algorithm, PERSON);
        let pdf = signed_by_openssl(name, &made);
        let judged = pdfsig(&format!("{name}.pdf"), &pdf);
        assert!(judged.contains("Signature is Valid"), "{judged}");
        let report = verify(&pdf, None, &[made.authority_der]).unwrap();
        assert_eq!(report.overall, Verdict::TotalPassed, "{name}: {report:#?}");
    }
}

#[test]
fn certificates_not_checked_or_not_for_signing_do_not_pass() {
    let crl = format!("{PERSON}crlDistributionPoints=URI:http://esempio.it/ca.crl\n");
    let web = "keyUsage=critical,digitalSignature\n";
    for (name, extensions, why) in
        [("revocable", crl.as_str(), "revoca"), ("web", web, "non è destinato alla firma")]
    {
        let made = make(name, P384, extensions);
        let pdf = signed_by_openssl(name, &made);
        let report = verify(&pdf, None, &[made.authority_der]).unwrap();
        assert_eq!(report.overall, Verdict::Indeterminate, "{report:#?}");
        let signature = &report.signatures[0];
        assert!(signature.intact);
        assert!(signature.reasons.iter().any(|r| r.contains(why)), "{report:#?}");
    }
}
