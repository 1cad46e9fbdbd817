// SPDX-License-Identifier: AGPL-3.0-or-later
//! An authority, its time-stamps, its OCSP answers and its revocation list, all made by openssl:
//! somebody else's work, so that ours is not judged by itself.
#![allow(dead_code, reason = "each test file uses its own part")]

use delibera_signature::{EvidenceError, Fetch, Network};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// A key and its certificate.
#[derive(Clone)]
pub struct Issued {
    /// PKCS#8, DER.
    pub key: Vec<u8>,
    /// DER.
    pub certificate: Vec<u8>,
    /// The private key, PEM.
    pub key_file: PathBuf,
    /// The certificate, PEM.
    pub certificate_file: PathBuf,
}

/// An authority in a folder of its own; `base` is where its services are said to be.
pub struct Pki {
    pub dir: PathBuf,
    pub base: String,
    serial: AtomicU32,
}

/// Asked directly, without a network between.
impl Network for Pki {
    fn fetch(&self, what: Fetch<'_>) -> Result<Vec<u8>, EvidenceError> {
        Ok(match what {
            Fetch::Timestamp(query) => self.time_stamp(query),
            Fetch::Ocsp { request, .. } => self.ocsp(request),
            Fetch::Crl(_) => self.list(),
            Fetch::Issuer(_) => self.anchor(),
        })
    }
}

const EXTENSIONS: &str = "\
[ca]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n\
subjectKeyIdentifier=hash\n\
[person]\nkeyUsage=critical,nonRepudiation\nsubjectKeyIdentifier=hash\n\
authorityKeyIdentifier=keyid\n\
authorityInfoAccess=OCSP;URI:BASE/ocsp,caIssuers;URI:BASE/ca.cer\n\
crlDistributionPoints=URI:BASE/ca.crl\n\
[qualified]\nkeyUsage=critical,nonRepudiation\nsubjectKeyIdentifier=hash\n\
authorityKeyIdentifier=keyid\n\
authorityInfoAccess=OCSP;URI:BASE/ocsp,caIssuers;URI:BASE/ca.cer\n\
crlDistributionPoints=URI:BASE/ca.crl\n\
1.3.6.1.5.5.7.1.3=DER:300A3008060604008E460101\n\
[sscd]\nkeyUsage=critical,nonRepudiation\nsubjectKeyIdentifier=hash\n\
authorityKeyIdentifier=keyid\n\
authorityInfoAccess=OCSP;URI:BASE/ocsp,caIssuers;URI:BASE/ca.cer\n\
crlDistributionPoints=URI:BASE/ca.crl\n\
1.3.6.1.5.5.7.1.3=DER:30143008060604008E4601013008060604008E460104\n\
[listed]\nkeyUsage=critical,nonRepudiation\nauthorityKeyIdentifier=keyid\n\
crlDistributionPoints=URI:BASE/ca.crl\n\
[tsa]\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n\
authorityKeyIdentifier=keyid\nauthorityInfoAccess=OCSP;URI:BASE/ocsp\n";

const CONFIG: &str = "\
[req]\ndistinguished_name=dn\n[dn]\n\
[ca]\ndefault_ca=own\n[own]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=30\n\
crlnumber=crlnumber\nunique_subject=no\n\
[tsa]\ndefault_tsa=own_tsa\n[own_tsa]\nserial=tsserial\nsigner_cert=tsa.pem\ncerts=ca.pem\n\
signer_key=tsa.key\nsigner_digest=sha256\ndefault_policy=1.2.3.4.1\n\
digests=sha256,sha384,sha512\ness_cert_id_alg=sha256\nclock_precision_digits=0\n";

impl Pki {
    /// A new authority; files go under `dir`, which is emptied.
    pub fn new(dir: &Path, base: &str) -> Self {
        let _ = std::fs::remove_dir_all(dir);
        std::fs::create_dir_all(dir).expect("a folder");
        let pki = Pki { dir: dir.to_owned(), base: base.to_owned(), serial: AtomicU32::new(1) };
        pki.write("ext.cnf", &EXTENSIONS.replace("BASE", base));
        pki.write("openssl.cnf", CONFIG);
        pki.write("index.txt", "");
        pki.write("index.txt.attr", "unique_subject = no\n");
        pki.write("crlnumber", "01\n");
        pki.write("tsserial", "01\n");
        pki.openssl(&["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "ca.key"]);
        let subject = "/C=IT/O=Prove/CN=Autorita di prova";
        pki.openssl(&[
            "req",
            "-config",
            "openssl.cnf",
            "-new",
            "-key",
            "ca.key",
            "-subj",
            subject,
            "-out",
            "ca.csr",
        ]);
        pki.openssl(&[
            "x509",
            "-req",
            "-in",
            "ca.csr",
            "-signkey",
            "ca.key",
            "-days",
            "3650",
            "-extfile",
            "ext.cnf",
            "-extensions",
            "ca",
            "-out",
            "ca.pem",
        ]);
        pki.issue("tsa", "/C=IT/O=Prove/CN=Marche di prova", "P-256", "tsa", 365);
        pki
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.dir.join(name), text).expect("a file");
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.dir.join(name)).expect("a file")
    }

    pub fn openssl(&self, arguments: &[&str]) -> Vec<u8> {
        let output = Command::new("openssl")
            .args(arguments)
            .current_dir(&self.dir)
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|e| panic!("openssl is missing ({e}): apt-get install openssl"));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "openssl {arguments:?}: {errors}");
        output.stdout
    }

    /// Certificate of the authority, DER: the trust anchor.
    pub fn anchor(&self) -> Vec<u8> {
        self.openssl(&["x509", "-in", "ca.pem", "-outform", "DER"])
    }

    /// A key of a kind (`RSA-2048`, `P-256`, `P-384`…) and its certificate with the extensions of a
    /// section, valid for so many days (negative: expired yesterday).
    pub fn issue(&self, name: &str, subject: &str, kind: &str, section: &str, days: i32) -> Issued {
        let (key, csr) = (format!("{name}.key"), format!("{name}.csr"));
        let pem = format!("{name}.pem");
        let option = match kind.split_once('-') {
            Some(("RSA", bits)) => format!("rsa_keygen_bits:{bits}"),
            _ => format!("ec_paramgen_curve:{kind}"),
        };
        let algorithm = if kind.starts_with("RSA") { "RSA" } else { "EC" };
        self.openssl(&["genpkey", "-algorithm", algorithm, "-pkeyopt", &option, "-out", &key]);
        self.openssl(&[
            "req",
            "-config",
            "openssl.cnf",
            "-new",
            "-utf8",
            "-key",
            &key,
            "-subj",
            subject,
            "-out",
            &csr,
        ]);
        let serial = self.serial.fetch_add(1, Ordering::SeqCst) + 0x1000;
        let days = days.to_string();
        let serial_option = serial.to_string();
        self.openssl(&[
            "x509",
            "-req",
            "-in",
            &csr,
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-set_serial",
            &serial_option,
            "-days",
            &days,
            "-extfile",
            "ext.cnf",
            "-extensions",
            section,
            "-out",
            &pem,
        ]);
        let index = String::from_utf8(self.read("index.txt")).expect("text");
        self.write(
            "index.txt",
            &format!("{index}V\t491231235959Z\t\t{serial:04X}\tunknown\t/CN={serial}\n"),
        );
        Issued {
            key: self.openssl(&["pkcs8", "-topk8", "-nocrypt", "-in", &key, "-outform", "DER"]),
            certificate: self.openssl(&["x509", "-in", &pem, "-outform", "DER"]),
            key_file: self.dir.join(key),
            certificate_file: self.dir.join(pem),
        }
    }

    /// Revokes a certificate that was issued, as of long ago.
    pub fn revoke(&self, name: &str) {
        let pem = format!("{name}.pem");
        let serial = self.openssl(&["x509", "-in", &pem, "-noout", "-serial"]);
        let serial = String::from_utf8(serial).expect("text");
        let serial = serial.trim().trim_start_matches("serial=").to_owned();
        let index = String::from_utf8(self.read("index.txt")).expect("text");
        let revoked = |line: &str| match line.split('\t').nth(3) {
            Some(own) if own == serial => {
                line.replacen("V\t491231235959Z\t", "R\t491231235959Z\t200101000000Z", 1)
            }
            _ => line.to_owned(),
        };
        let lines: Vec<String> = index.lines().map(revoked).collect();
        self.write("index.txt", &(lines.join("\n") + "\n"));
    }

    /// The answer of the time-stamp authority to a query, both DER.
    pub fn time_stamp(&self, query: &[u8]) -> Vec<u8> {
        let n = self.serial.fetch_add(1, Ordering::SeqCst);
        let (asked, answer) = (format!("{n}.tsq"), format!("{n}.tsr"));
        std::fs::write(self.dir.join(&asked), query).expect("a file");
        self.openssl(&[
            "ts",
            "-reply",
            "-config",
            "openssl.cnf",
            "-queryfile",
            &asked,
            "-out",
            &answer,
        ]);
        self.read(&answer)
    }

    /// The answer of the OCSP responder to a request, both DER.
    pub fn ocsp(&self, request: &[u8]) -> Vec<u8> {
        let n = self.serial.fetch_add(1, Ordering::SeqCst);
        let (asked, answer) = (format!("{n}.ocq"), format!("{n}.ocr"));
        std::fs::write(self.dir.join(&asked), request).expect("a file");
        self.openssl(&[
            "ocsp",
            "-index",
            "index.txt",
            "-CA",
            "ca.pem",
            "-rsigner",
            "ca.pem",
            "-rkey",
            "ca.key",
            "-reqin",
            &asked,
            "-respout",
            &answer,
            "-ndays",
            "7",
        ]);
        self.read(&answer)
    }

    /// The revocation list, DER.
    pub fn list(&self) -> Vec<u8> {
        self.openssl(&[
            "ca",
            "-config",
            "openssl.cnf",
            "-gencrl",
            "-keyfile",
            "ca.key",
            "-cert",
            "ca.pem",
            "-out",
            "ca.crl.pem",
        ]);
        self.openssl(&["crl", "-in", "ca.crl.pem", "-outform", "DER"])
    }
}
