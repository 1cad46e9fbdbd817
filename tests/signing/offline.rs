// SPDX-License-Identifier: AGPL-3.0-or-later
//! Documents downloaded, signed with somebody else's tool, uploaded.

use crate::comune::{CODE, Comune, SUBJECT};
use crate::pki::Pki;
use crate::services::Services;
use crate::{folder, python, run, valid};
use delibera::domain::case::{CaseCommand, OpinionOutcome};
use delibera::domain::command::Command;
use delibera::domain::papers::SignedForm;
use delibera::domain::stream::StreamId;
use delibera::domain::workflow::OpinionKind;
use delibera::service::office::Office;
use delibera::service::offline::Target;
use std::path::PathBuf;

/// The technical opinion of the only office.
pub fn opinion(outcome: OpinionOutcome) -> Command {
    let command = CaseCommand::GiveOpinion {
        opinion: OpinionKind::Technical,
        office: "affari".into(),
        outcome,
        reasons: String::new(),
        no_conflict: true,
        paper: None,
    };
    Command::Case { id: "atto-0".into(), command }
}

/// A Comune where everybody signs with tools of his own, and an authority it trusts.
async fn desk(name: &str) -> (Comune, Services) {
    desk_with(name, "{ default = \"advanced\" }").await
}

/// The same, where the relatore signs the proposal too: it has two boxes.
async fn desk_of_two(name: &str) -> (Comune, Services) {
    let policy = "{ default = \"advanced\" }\nsource = \"prova\"\n\n\
                  [political_signature_required]\nvalue = true";
    desk_with(name, policy).await
}

async fn desk_with(name: &str, policy: &str) -> (Comune, Services) {
    let services = Services::new(&format!("{name}-pki"));
    let pki = &services.pki;
    pki.issue("rossi", SUBJECT, "RSA-2048", "person", 30);
    let trust = folder(&format!("{name}-trust"));
    std::fs::write(trust.join("ca.cer"), pki.anchor()).unwrap();
    let signing = format!(
        "trust = {trust:?}\n[backends]\npropria = {{ kind = \"offline\" }}\n\
         [people]\ndefault = {{ backend = \"propria\" }}\n"
    );
    (Comune::new(name, &signing, policy).await, services)
}

fn paper(n: usize) -> Target {
    Target::Paper { stream: StreamId::case(format!("atto-{n}")), key: "proposta".into() }
}

/// Signs the content of a prepared document with openssl.
fn openssl(pki: &Pki, content: &[u8], who: &str, form: &str) -> Vec<u8> {
    std::fs::write(pki.dir.join("content.bin"), content).unwrap();
    let (signer, key) = (format!("{who}.pem"), format!("{who}.key"));
    pki.openssl(&[
        "cms",
        "-sign",
        "-binary",
        "-nodetach",
        "-cades",
        "-md",
        "sha256",
        "-in",
        "content.bin",
        "-signer",
        &signer,
        "-inkey",
        &key,
        "-outform",
        form,
        "-out",
        "content.p7m",
    ]);
    pki.read("content.p7m")
}

/// Signs a PDF with pyHanko, in the field that is there for it.
fn pyhanko(pki: &Pki, pdf: &[u8], field: &str) -> Vec<u8> {
    let path = |name: &str| -> PathBuf { pki.dir.join(name) };
    std::fs::write(path("issued.pdf"), pdf).unwrap();
    std::fs::write(
        path("pyhanko.yml"),
        "stamp-styles:\n  default:\n    type: text\n    background: null\n    stamp-text: Firma\n",
    )
    .unwrap();
    let mut command = python("pyhanko");
    command.current_dir(&pki.dir).args(["--config", "pyhanko.yml", "sign", "addsig"]);
    command.args(["--field", field, "--use-pades", "pemder", "--no-pass", "--key"]);
    command.arg(path("rossi.key")).arg("--cert").arg(path("rossi.pem"));
    run(command.arg(path("issued.pdf")).arg(path("signed.pdf")));
    pki.read("signed.pdf")
}

async fn code_of(office: &Office, id: &str, file: Vec<u8>) -> String {
    let error = office.upload("rossi", id, file).await.unwrap_err();
    error.refusal().map_or_else(|| error.to_string(), |r| r.code.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_p7m_of_the_bytes_that_were_shown_becomes_the_signature_of_the_document() {
    let (comune, services) = desk("p7m").await;
    let papers = comune.proposals(2).await;
    for (n, form) in ["DER", "PEM"].into_iter().enumerate() {
        let (id, waiting) = comune.office.prepare_offline("rossi", paper(n)).await.unwrap();
        let shown = waiting.digest();
        // Days later, another process: what was prepared is still the same.
        let again = comune.office.waiting("rossi", &id).await.unwrap();
        assert_eq!((again.digest(), again.content()), (shown.clone(), waiting.content()));
        assert_eq!(delibera::domain::digest::sha256_hex(&waiting.content()), shown);
        let p7m = openssl(&services.pki, &waiting.content(), "rossi", form);
        comune.office.upload("rossi", &id, p7m).await.unwrap();
        let signed = comune.paper(&papers[n]).await;
        assert!(signed.starts_with(waiting.pdf()));
        valid(&signed, 1);
        assert!(comune.office.waiting("rossi", &id).await.is_err(), "it waits no longer");
    }
    comune.verified().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pdf_signed_by_another_program_is_taken_as_it_is() {
    let (comune, services) = desk("pdf").await;
    let papers = comune.proposals(1).await;
    let (id, waiting) = comune.office.prepare_offline("rossi", paper(0)).await.unwrap();
    let signed = pyhanko(&services.pki, waiting.pdf(), &waiting.field);
    comune.office.upload("rossi", &id, signed.clone()).await.unwrap();
    assert_eq!(comune.paper(&papers[0]).await, signed);
    valid(&signed, 1);
    comune.verified().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paper_that_travels_with_its_command_is_signed_elsewhere_too() {
    let (comune, services) = desk("carried-offline").await;
    comune.proposals(1).await;
    let (id, waiting) = comune.office.prepare_offline("rossi", paper(0)).await.unwrap();
    let p7m = openssl(&services.pki, &waiting.content(), "rossi", "DER");
    comune.office.upload("rossi", &id, p7m).await.unwrap();
    let target = || Target::Command(Box::new(opinion(OpinionOutcome::Favourable)));
    let (id, waiting) = comune.office.prepare_offline("rossi", target()).await.unwrap();
    let (late, _) = comune.office.prepare_offline("rossi", target()).await.unwrap();
    let p7m = openssl(&services.pki, &waiting.content(), "rossi", "DER");
    comune.office.upload("rossi", &id, p7m).await.unwrap();
    let world = comune.office.executor.world(&[StreamId::case("atto-0")]).await.unwrap();
    assert_eq!(world.case("atto-0").unwrap().opinions[0].paper.fiscal_code, CODE);
    // The same gesture again, from the other download: the rules refuse it, nothing changes.
    let content = comune.office.waiting("rossi", &late).await.unwrap().content();
    let p7m = openssl(&services.pki, &content, "rossi", "DER");
    assert!(comune.office.upload("rossi", &late, p7m).await.is_err());
    comune.verified().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_certificate_has_not_signed_and_who_cannot_say_so_makes_the_upload_wait() {
    let (comune, services) = desk("revoked").await;
    comune.proposals(1).await;
    let (id, waiting) = comune.office.prepare_offline("rossi", paper(0)).await.unwrap();
    let p7m = openssl(&services.pki, &waiting.content(), "rossi", "DER");
    services.server.set_down(true);
    let said = code_of(&comune.office, &id, p7m.clone()).await;
    assert!(said.contains("non risponde"), "{said}");
    services.server.set_down(false);
    services.pki.revoke("rossi");
    assert_eq!(code_of(&comune.office, &id, p7m).await, "certificate_revoked");
    comune.verified().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_that_document_signed_by_that_person_is_refused_with_its_reason() {
    // Before the Comune's clock is set: a certificate made after it would not be valid yet.
    let stranger = Pki::new(&folder("stranger-pki"), "http://altrove.invalid");
    stranger.issue("rossi", SUBJECT, "P-256", "person", 30);
    let (comune, services) = desk("refused").await;
    let wrong = "/C=IT/serialNumber=TINIT-VRDLGU70A01F205Y/CN=Altro";
    services.pki.issue("altro", wrong, "P-256", "person", 30);
    comune.proposals(2).await;
    let (id, waiting) = comune.office.prepare_offline("rossi", paper(0)).await.unwrap();
    let (_, second) = comune.office.prepare_offline("rossi", paper(1)).await.unwrap();
    let office = &comune.office;
    let other = openssl(&services.pki, &second.content(), "rossi", "DER");
    assert_eq!(code_of(office, &id, other).await, "foreign_signature");
    assert_eq!(code_of(office, &id, b"non una firma".to_vec()).await, "foreign_signature");
    assert_eq!(code_of(office, &id, waiting.pdf().to_vec()).await, "signature_missing");
    let mut broken = waiting.preview().to_vec();
    broken.truncate(broken.len() / 2);
    assert_eq!(code_of(office, &id, broken).await, "not_readable");
    let p7m = openssl(&services.pki, &waiting.content(), "altro", "DER");
    assert!(code_of(office, &id, p7m).await.contains("il certificato è di VRDLGU70A01F205Y"));
    let p7m = openssl(&stranger, &waiting.content(), "rossi", "DER");
    assert_eq!(code_of(office, &id, p7m).await, "authority_not_trusted");
    let signed = pyhanko(&services.pki, second.pdf(), &second.field);
    assert_ne!(code_of(office, &id, signed).await, "", "the document of another act");
    let mine = office.waiting("segretario", &id).await;
    assert_eq!(mine.unwrap_err().refusal().unwrap().code, "pending_unknown");
    let p7m = openssl(&services.pki, &waiting.content(), "rossi", "DER");
    office.upload("rossi", &id, p7m).await.unwrap();
    comune.verified().await;
}

/// Signs a whole file with openssl: what programs of signature make of any document.
fn enveloped(pki: &Pki, pdf: &[u8], who: &str, form: &str) -> Vec<u8> {
    openssl(pki, pdf, who, form)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_p7m_around_a_whole_sheet_is_kept_as_the_original_and_read_inside() {
    let (comune, services) = desk("enveloped").await;
    comune.proposals(1).await;
    let office = &comune.office;
    let (id, waiting) = office.prepare_offline("rossi", paper(0)).await.unwrap();
    // The proposal has fields for others: there it must be the PDF itself.
    let p7m = enveloped(&services.pki, waiting.pdf(), "rossi", "DER");
    assert_eq!(code_of(office, &id, p7m).await, "container_not_here");
    let p7m = openssl(&services.pki, &waiting.content(), "rossi", "DER");
    office.upload("rossi", &id, p7m).await.unwrap();
    // The sheet of an opinion is signed by one person: the container is accepted, byte for byte.
    let target = || Target::Command(Box::new(opinion(OpinionOutcome::Favourable)));
    let (id, waiting) = office.prepare_offline("rossi", target()).await.unwrap();
    let stranger = "/C=IT/serialNumber=TINIT-VRDLGU70A01F205Y/CN=Altro";
    services.pki.issue("altro", stranger, "P-256", "person", 30);
    let p7m = enveloped(&services.pki, waiting.pdf(), "altro", "DER");
    assert!(code_of(office, &id, p7m).await.contains("il certificato è di VRDLGU70A01F205Y"));
    let mut other = waiting.pdf().to_vec();
    other.extend(b"%altro\n");
    let p7m = enveloped(&services.pki, &other, "rossi", "DER");
    assert_eq!(code_of(office, &id, p7m).await, "foreign_signature", "another document");
    let mut broken = enveloped(&services.pki, waiting.pdf(), "rossi", "DER");
    let last = broken.len() - 5;
    broken[last] ^= 1;
    assert_ne!(code_of(office, &id, broken).await, "", "the signature is altered");
    let p7m = enveloped(&services.pki, waiting.pdf(), "rossi", "PEM");
    office.upload("rossi", &id, p7m.clone()).await.unwrap();
    let world = office.executor.world(&[StreamId::case("atto-0")]).await.unwrap();
    let given = world.case("atto-0").unwrap().opinions[0].paper.clone();
    assert_eq!((given.form, given.fiscal_code.as_str()), (SignedForm::Cades, CODE));
    let kept = office.executor.store.document(&given.sha256).await.unwrap().unwrap();
    assert_eq!((kept.bytes, kept.media_type.as_str()), (p7m.clone(), "application/pkcs7-mime"));
    let inside = delibera_signature::container_content(&p7m).unwrap();
    assert_eq!(inside, waiting.pdf(), "what is read is what was shown");
    // Nothing is ever appended to it, and the archive agrees.
    let jobs = office.executor.store.jobs(&Default::default()).await.unwrap();
    assert!(!jobs.iter().any(|job| job.kind == "augment" && job.key.contains(&given.sha256)));
    comune.verified().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_uploads_has_signed_in_his_own_box_and_in_no_other() {
    let (comune, services) = desk_of_two("boxes").await;
    let papers = comune.proposals(1).await;
    let office = &comune.office;
    let (id, waiting) = office.prepare_offline("rossi", paper(0)).await.unwrap();
    let fields = delibera_signature::fields(waiting.pdf()).unwrap();
    let other = fields.iter().find(|f| f.name != waiting.field).expect("the box of the relatore");
    let own = pyhanko(&services.pki, waiting.pdf(), &waiting.field);
    for field in [other.name.as_str(), "altra"] {
        let both = pyhanko(&services.pki, &own, field);
        assert_eq!(code_of(office, &id, both).await, "signature_of_others", "{field}");
    }
    let not_his = pyhanko(&services.pki, waiting.pdf(), &other.name);
    assert_eq!(code_of(office, &id, not_his).await, "signature_missing");
    office.upload("rossi", &id, own.clone()).await.unwrap();
    assert_eq!(comune.paper(&papers[0]).await, own);
    comune.verified().await;
}

const CERTIFY: &str = "\
import sys
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.stamp import NoOpStampStyle

meta = signers.PdfSignatureMetadata(
    field_name=sys.argv[1],
    md_algorithm='sha256',
    subfilter=fields.SigSeedSubFilter.PADES,
    certify=True,
    docmdp_permissions=fields.MDPPerm[sys.argv[2]],
)
signer = signers.SimpleSigner.load('rossi.key', 'rossi.pem')
with open('issued.pdf', 'rb') as issued, open('signed.pdf', 'wb') as signed:
    by = signers.PdfSigner(meta, signer, stamp_style=NoOpStampStyle())
    signed.write(by.sign_pdf(IncrementalPdfFileWriter(issued)).getbuffer())
";

/// Certifies a PDF with pyHanko in the field that is there for it: who signs first may say what the
/// others may still do.
fn certified(pki: &Pki, pdf: &[u8], field: &str, others: &str) -> Vec<u8> {
    std::fs::write(pki.dir.join("issued.pdf"), pdf).unwrap();
    let mut command = python("python");
    run(command.current_dir(&pki.dir).args(["-c", CERTIFY, field, others]));
    pki.read("signed.pdf")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_that_locks_the_boxes_of_others_is_refused_while_they_are_empty() {
    let (comune, services) = desk_of_two("locks").await;
    comune.proposals(1).await;
    let office = &comune.office;
    let (id, waiting) = office.prepare_offline("rossi", paper(0)).await.unwrap();
    let closed = certified(&services.pki, waiting.pdf(), &waiting.field, "NO_CHANGES");
    assert_eq!(code_of(office, &id, closed).await, "signature_locks_document");
    let open = certified(&services.pki, waiting.pdf(), &waiting.field, "FILL_FORMS");
    office.upload("rossi", &id, open).await.unwrap();
    comune.verified().await;
    // Where nobody signs after, it harms nobody.
    let (comune, services) = desk("locks-alone").await;
    let papers = comune.proposals(1).await;
    let (id, waiting) = comune.office.prepare_offline("rossi", paper(0)).await.unwrap();
    let closed = certified(&services.pki, waiting.pdf(), &waiting.field, "NO_CHANGES");
    comune.office.upload("rossi", &id, closed.clone()).await.unwrap();
    assert_eq!(comune.paper(&papers[0]).await, closed);
    comune.verified().await;
}
