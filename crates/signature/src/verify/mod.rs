// SPDX-License-Identifier: AGPL-3.0-or-later
//! The verifier: independent questions, and the worst answer wins.
//!
//! 1. Do the bytes start with the document we issued?
//! 2. Is each signature what its signer made, with a certificate that leads to a trust anchor and
//!    was good when the signature is known to have existed?
//! 3. Did the updates change only what signing changes?
//! 4. Is it the right person, and is the signature of the kind the policy asks?
//!
//! A signature that covers every byte proves nothing about the third: content replaced by an
//! update and then signed looks perfect to the first two. What is not understood is
//! indeterminate, never passed.

mod algorithm;
mod certificate;
mod changes;
mod container;
mod document;
mod judge;
mod material;
mod places;
mod report;
mod revocation;
mod signed_data;
mod store;
mod timestamp;
mod trust;
mod trusted_list;

use chrono::{DateTime, Utc};

use crate::fields::{FormField, signature_fields};
use crate::pdf::File;
use crate::{Level, Malformed, VerifyError};
use algorithm::Hash;
use changes::{Change, Severity};
use document::{Content, Entry};
use judge::{Context, Subject};
use material::Material;
use report::{Problem, SubIndication as Sub};
use signed_data::SignedData;

pub use certificate::{Purpose, Qualification};
pub use container::{container_content, container_der, verify_container, verify_detached};
pub use report::{Format, Report, SignatureReport, SubIndication, TimestampReport, Verdict};
pub use trust::{Policy, Revocation, Trust};
pub use trusted_list::{Kind, Service, TrustedList, TrustedListError};

/// Most empty fields of which it is told whether a signature forbids them: no act has so many.
const MAX_EMPTY: usize = 256;

/// Verifies a document with certificates judged at the time each signer claims.
///
/// `issued` are the bytes the product issued for signing, if it did; `anchors` the trusted
/// certificates, DER.
pub fn verify(
    pdf: &[u8],
    issued: Option<&[u8]>,
    anchors: &[Vec<u8>],
) -> Result<Report, VerifyError> {
    verify_at(pdf, issued, anchors, None)
}

/// Like [`verify`], with certificates judged at `at`: without a timestamp, a certificate expired
/// by then leaves the signature indeterminate (CAD art. 24, c. 4-bis).
pub fn verify_at(
    pdf: &[u8],
    issued: Option<&[u8]>,
    anchors: &[Vec<u8>],
    at: Option<DateTime<Utc>>,
) -> Result<Report, VerifyError> {
    verify_pdf(pdf, issued, &Trust::of(anchors)?, &Policy { at, ..Policy::default() })
}

/// Verifies a signed file, PDF or container, whatever its name says.
pub fn verify_any(
    bytes: &[u8],
    issued: Option<&[u8]>,
    trust: &Trust,
    policy: &Policy,
) -> Result<Report, VerifyError> {
    match bytes.starts_with(b"%PDF-") {
        true => verify_pdf(bytes, issued, trust, policy),
        false => verify_container(bytes, issued, trust, policy),
    }
}

/// Verifies the signatures of a PDF.
pub fn verify_pdf(
    pdf: &[u8],
    issued: Option<&[u8]>,
    trust: &Trust,
    policy: &Policy,
) -> Result<Report, VerifyError> {
    let file = File::read(pdf)?;
    let fields = signature_fields(&file, file.last())?;
    let (filled, empty): (Vec<_>, Vec<_>) =
        fields.into_iter().partition(|field| field.dictionary.get("V").is_some());
    if filled.len() > file.revisions.len() {
        // Each signature closes a revision of its own; hashing the file for each has a limit.
        return Err(Malformed { at: 0, what: "più firme che revisioni" }.into());
    }
    let mut entries: Vec<Entry<'_>> =
        filled.iter().map(|field| Entry::read(&file, field)).collect::<Result<_, _>>()?;
    entries.sort_by_key(|e| e.revision);
    let data: Vec<Result<SignedData<'_>, Problem>> = entries.iter().map(read_cms).collect();
    let mut material = Material::default();
    material.add_store(&file)?;
    let has_store = !material.certificates.is_empty() || !material.evidence.is_empty();
    data.iter().flatten().for_each(|data| material.add_signed_data(data));
    let context = Context { trust, policy, has_store, material };
    let mut document = Examination::new(&file, &context, &entries);
    document.base(issued);
    document.timestamps(&data);
    document.signatures(&data);
    document.locks(&empty)?;
    document.compare(issued.is_some());
    document.people();
    if !context.material.is_authentic(trust) {
        let reason = "certificati o dati di revoca che nessuno garantisce";
        document.add(Problem::doubt(Sub::Generic, reason));
    }
    Ok(document.close())
}

/// The CMS of a filled field, of the shape PAdES gives it.
fn read_cms<'e>(entry: &'e Entry<'_>) -> Result<SignedData<'e>, Problem> {
    if let Some(problem) = entry.problems.first().filter(|_| entry.end().is_none()) {
        return Err(problem.clone());
    }
    SignedData::read(entry.cms()?)
        .ok_or_else(|| Problem::doubt(Sub::Generic, "struttura della firma non riconosciuta"))
}

/// A document being examined.
struct Examination<'e, 'a> {
    file: &'e File<'a>,
    context: &'e Context<'e>,
    entries: &'e [Entry<'a>],
    /// The last revision that is the issued document; without one, the first.
    base: usize,
    /// Timestamps of the document: revision and report, from the last to the first.
    stamps: Vec<(usize, TimestampReport)>,
    /// Revision and report of each signature.
    signed: Vec<(usize, SignatureReport)>,
    /// Revision and change.
    changes: Vec<(usize, Change)>,
    verdict: Verdict,
    sub_indication: Option<SubIndication>,
    covers_whole: bool,
    reasons: Vec<String>,
}

impl<'e, 'a> Examination<'e, 'a> {
    fn new(file: &'e File<'a>, context: &'e Context<'e>, entries: &'e [Entry<'a>]) -> Self {
        Examination {
            file,
            context,
            entries,
            base: 0,
            stamps: Vec::new(),
            signed: Vec::new(),
            changes: Vec::new(),
            verdict: Verdict::TotalPassed,
            sub_indication: None,
            covers_whole: false,
            reasons: Vec::new(),
        }
    }

    fn add(&mut self, problem: Problem) {
        self.worsen(problem.verdict, problem.sub_indication);
        self.reasons.push(problem.reason);
    }

    fn worsen(&mut self, verdict: Verdict, sub: Option<SubIndication>) {
        if verdict > self.verdict {
            (self.verdict, self.sub_indication) = (verdict, sub);
        }
    }

    /// The issued document must be a prefix that ends where a revision ends.
    fn base(&mut self, issued: Option<&[u8]>) {
        let Some(issued) = issued else { return };
        let boundary = |r: &crate::pdf::Revision| (r.marker..=r.end).contains(&issued.len());
        match self.file.revisions.iter().position(boundary) {
            Some(base) if self.file.bytes.starts_with(issued) => self.base = base,
            _ => {
                let reason = "il file non comincia con il documento emesso";
                self.add(Problem::fail(Sub::HashFailure, reason));
            }
        }
    }

    /// The earliest proof, by a timestamp of the document, that a revision existed.
    fn existed(&self, revision: usize) -> Option<DateTime<Utc>> {
        let later = self.stamps.iter().filter(|(r, _)| *r > revision);
        later.filter_map(|(_, stamp)| stamp.proved()).min()
    }

    /// Timestamps of the document, from the last, each judged when the next proves it existed
    /// (EN 319 102-1, 5.6.3).
    fn timestamps(&mut self, data: &[Result<SignedData<'_>, Problem>]) {
        let found = self.entries.iter().zip(data).rev();
        for (entry, data) in found.filter(|(e, _)| e.content == Content::Timestamp) {
            let name = Some(entry.field.clone());
            let report = match (data, entry.parts(self.file), entry.cms()) {
                (Ok(_), Some(parts), Ok(token)) => {
                    let imprint = |hash: Hash| hash.of(&parts);
                    let existed = self.existed(entry.revision);
                    timestamp::verify(self.context, token, &imprint, existed, name)
                }
                _ => {
                    let mut report = TimestampReport::new(name);
                    let reason = "marca temporale del documento non leggibile";
                    report.add(Problem::fail(Sub::FormatFailure, reason));
                    report
                }
            };
            if report.verdict != Verdict::TotalPassed {
                self.worsen(report.verdict, report.sub_indication);
                self.reasons.push("una marca temporale del documento non è a posto".into());
            }
            self.stamps.push((entry.revision, report));
        }
    }

    fn signatures(&mut self, data: &[Result<SignedData<'_>, Problem>]) {
        let found = self.entries.iter().zip(data);
        for (entry, data) in found.filter(|(e, _)| e.content != Content::Timestamp) {
            let mut report = SignatureReport::new(&entry.field);
            report.claimed_time = entry.claimed();
            report.covers_revision = entry.end().is_some();
            entry.problems.iter().cloned().for_each(|problem| report.add(problem));
            match (data, entry.parts(self.file)) {
                (Ok(data), Some(parts)) => self.signature(data, parts, entry, &mut report),
                (Err(problem), _) => report.add(problem.clone()),
                (Ok(_), None) => {}
            }
            if entry.problems.iter().any(|p| p.verdict != Verdict::TotalPassed) {
                report.level = None;
            }
            let covering = self.stamps.iter().filter(|(r, _)| *r > entry.revision);
            let covering: Vec<TimestampReport> = covering.map(|(_, s)| s.clone()).collect();
            let archived = covering.iter().any(TimestampReport::is_sound);
            if report.level == Some(Level::Lt) && archived && self.store_precedes_a_stamp() {
                report.level = Some(Level::Lta);
            }
            report.timestamps.extend(covering);
            self.signed.push((entry.revision, report));
        }
    }

    fn signature(
        &self,
        data: &SignedData<'_>,
        parts: [&[u8]; 2],
        entry: &Entry<'_>,
        report: &mut SignatureReport,
    ) {
        let [signer] = data.signers.as_slice() else {
            let reason = "la firma non ha un solo firmatario";
            return report.add(Problem::doubt(Sub::SigConstraintsFailure, reason));
        };
        let plain = data.content_type == crate::oid::DATA && data.content.is_none();
        if !plain || !data.is_consistent() {
            let reason = "la struttura della firma non è quella di PAdES";
            report.add(Problem::doubt(Sub::SigConstraintsFailure, reason));
        }
        let digest = |hash: Hash| hash.of(&parts);
        let existed = self.existed(entry.revision);
        let mut covering = self.stamps.iter().filter(|(r, _)| *r > entry.revision);
        let stamped = covering.any(|(_, s)| s.is_sound());
        let subject = Subject { data, signer, digest: &digest, existed, stamped };
        judge::judge(self.context, &subject, report);
    }

    /// Whether validation data was there when a timestamp covered the document.
    fn store_precedes_a_stamp(&self) -> bool {
        let has_store = |revision: usize| {
            self.file.catalog(revision).is_ok_and(|(_, catalog)| catalog.get("DSS").is_some())
        };
        let mut sound = self.stamps.iter().filter(|(_, s)| s.is_sound());
        sound.any(|(revision, _)| *revision > 0 && has_store(*revision - 1))
    }

    /// Signatures added although an earlier one forbids them; fields still empty that one forbids.
    fn locks(&mut self, empty: &[FormField<'_>]) -> Result<(), Malformed> {
        for (n, entry) in self.entries.iter().enumerate() {
            if let Some((_, report)) = self.signed.iter_mut().find(|(_, s)| s.field == entry.field)
            {
                for field in empty.iter().take(MAX_EMPTY) {
                    if entry.forbids(self.file, &field.name)? {
                        report.locks.push(field.name.clone());
                    }
                }
            }
            let later = self.entries[n + 1..].iter().filter(|e| e.content != Content::Timestamp);
            for later in later {
                if entry.forbids(self.file, &later.field)? {
                    let reason = format!(
                        "la firma «{}» non ammetteva che si firmasse poi «{}»",
                        entry.field, later.field
                    );
                    self.add(Problem::fail(Sub::FormatFailure, reason));
                }
            }
        }
        Ok(())
    }

    /// Looks at every update after the base, and at what follows the last signature.
    fn compare(&mut self, issued: bool) {
        let first_signed = self.entries.first().map_or(usize::MAX, |e| e.revision);
        let watch = changes::Watch::new(self.file);
        for update in self.base + 1..=self.file.last() {
            let fixed = issued || first_signed < update;
            for change in watch.changes(update) {
                let (verdict, sub) = match change.severity {
                    Severity::Tolerated | Severity::Store => (Verdict::TotalPassed, None),
                    Severity::Forbidden if fixed => {
                        (Verdict::TotalFailed, Some(Sub::FormatFailure))
                    }
                    Severity::Forbidden | Severity::Unknown => {
                        (Verdict::Indeterminate, Some(Sub::Generic))
                    }
                };
                self.worsen(verdict, sub);
                self.changes.push((update, change));
            }
        }
        self.covers_whole = self.entries.last().is_some_and(|last| {
            let whole = last.end() == Some(self.file.bytes.len());
            whole || last.end().is_some() && self.only_store_after(last.revision)
        });
        if !self.covers_whole {
            let reason = match self.entries.len() {
                0 => "il documento non è firmato",
                _ => "l'ultima firma non copre tutto il file",
            };
            self.add(Problem::doubt(Sub::SignedDataNotFound, reason));
        } else if self.signed.is_empty() {
            let reason = "il documento ha marche temporali ma nessuna firma";
            self.add(Problem::doubt(Sub::SignedDataNotFound, reason));
        }
    }

    /// Whether nothing but validation data followed a revision, and at most metadata that say the
    /// same: pyHanko rewrites them in every update. What is not was reported.
    fn only_store_after(&self, revision: usize) -> bool {
        let mut later = (revision + 1..=self.file.last()).map(|update| {
            let severities = || {
                let changes = self.changes.iter().filter(move |(r, _)| *r == update);
                changes.map(|(_, change)| change.severity)
            };
            severities().any(|s| s == Severity::Store)
                && severities().all(|s| matches!(s, Severity::Store | Severity::Tolerated))
        });
        revision < self.file.last() && later.all(|store| store)
    }

    /// Whether the fields were signed by whom they were for.
    fn people(&mut self) {
        for (field, code) in &self.context.policy.signers {
            match self.signed.iter_mut().find(|(_, s)| s.field == *field) {
                Some((_, signature)) => judge::expect_person(signature, code),
                None => {
                    let reason = format!("manca la firma «{field}»");
                    self.add(Problem::doubt(Sub::SigConstraintsFailure, reason));
                }
            }
        }
    }

    /// A doubt about the document is a doubt about every signature in it.
    fn close(self) -> Report {
        let (verdict, sub_indication) = (self.verdict, self.sub_indication);
        let mut signatures = Vec::new();
        for (revision, mut signature) in self.signed {
            let beyond = |c: &Change| c.severity != Severity::Store;
            let after = self.changes.iter().filter(|(r, c)| *r > revision && beyond(c));
            signature.changed_after = after.map(|(_, change)| change.text.clone()).collect();
            if verdict > Verdict::TotalPassed {
                let reason = "il documento nel suo insieme non è a posto".to_owned();
                signature.add(Problem { verdict, sub_indication, reason });
            }
            signatures.push(signature);
        }
        let overall = signatures.iter().map(|s| s.verdict).fold(verdict, Verdict::max);
        let texts = |tolerated: bool| {
            let chosen = self.changes.iter().filter(move |(_, c)| {
                matches!(c.severity, Severity::Tolerated | Severity::Store) == tolerated
            });
            chosen.map(|(_, change)| change.text.clone()).collect()
        };
        Report {
            format: Format::Pades,
            signatures,
            document_timestamps: self.stamps.into_iter().rev().map(|(_, s)| s).collect(),
            covers_whole: self.covers_whole,
            changed_after: texts(false),
            noted: texts(true),
            reasons: self.reasons,
            overall,
            content: None,
        }
    }
}
