// SPDX-License-Identifier: AGPL-3.0-or-later
//! A document that somebody holds: is it one of ours, as it was shown, and what are its signatures
//! worth? By the digest of its bytes, never by what it says of itself.
//!
//! A paper is known by its signed revision; time-stamps and validation data come after it in the
//! file. So a longer file is looked for by the revisions that are its beginning.

use super::execute::{ExecuteError, Executor};
use super::keyring::{level_of, quality_of};
use crate::domain::albo::{Recognised, recognise};
use crate::domain::digest::sha256_hex;
use crate::domain::papers::{SignatureLevel, SignatureQuality};
use crate::domain::stream::StreamId;
use chrono::{DateTime, Utc};
use delibera_signature::{Policy, Revocation, SignatureReport, Trust, Verdict, verify_any};

/// Revisions of a file that are looked at, from the last: each is hashed from the beginning.
const REVISIONS: usize = 12;

/// What was appended to a document of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// Nothing: the very same bytes.
    Nothing,
    /// Time-stamps and validation data, by us.
    Ours,
    /// Something that does not come from here.
    Others,
}

/// A document of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Case.
    pub case: String,
    /// What it is for that act.
    pub what: Recognised,
    /// What follows it in the file.
    pub appended: Appended,
}

/// Looks for a document among those that strangers may hold. Several acts may have the same
/// attachment: the first by case is named.
///
/// # Errors
/// What the database said.
pub async fn find(executor: &Executor, bytes: &[u8]) -> Result<Option<Known>, ExecuteError> {
    let whole = sha256_hex(bytes);
    if let Some(known) = by_digest(executor, &whole, Appended::Nothing).await? {
        return Ok(Some(known));
    }
    let digests = revisions(bytes);
    for digest in digests {
        if let Some(known) = by_digest(executor, &digest, Appended::Others).await? {
            // Our own revisions of a document that is found are in the archive as they are.
            let ours = executor.store.has_document(&whole).await?;
            let appended = if ours { Appended::Ours } else { Appended::Others };
            return Ok(Some(Known { appended, ..known }));
        }
    }
    Ok(None)
}

async fn by_digest(
    executor: &Executor,
    digest: &str,
    appended: Appended,
) -> Result<Option<Known>, ExecuteError> {
    for case in executor.store.lookup(digest, "file").await? {
        let world = executor.sittings(&[StreamId::case(&case)]).await?;
        let what = world.cases.get(&case).and_then(|found| recognise(found, digest));
        if let Some(what) = what {
            return Ok(Some(Known { case, what, appended }));
        }
    }
    Ok(None)
}

/// Digests of the earlier revisions of a PDF, the longest first: each ends with `%%EOF`, with or
/// without the end of its line.
pub fn revisions(bytes: &[u8]) -> Vec<String> {
    const END: &[u8] = b"%%EOF";
    let mut ends: Vec<usize> = Vec::new();
    for at in (0..bytes.len().saturating_sub(END.len())).rev() {
        if ends.len() >= REVISIONS {
            break;
        }
        if bytes[at..].starts_with(END) {
            let after = at + END.len();
            let line = match &bytes[after..] {
                [b'\r', b'\n', ..] => 2,
                [b'\n' | b'\r', ..] => 1,
                _ => 0,
            };
            ends.extend([after + line, after].into_iter().filter(|end| *end < bytes.len()));
        }
    }
    ends.dedup();
    ends.into_iter().map(|end| sha256_hex(&bytes[..end])).collect()
}

/// One signature, for who is not of the trade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureLine {
    /// Who signed, as the certificate says.
    pub signer: String,
    /// `good`, `unsure`, `bad`.
    pub verdict: &'static str,
    /// When it is known to have existed, or is claimed to have been made.
    pub time: Option<DateTime<Utc>>,
    /// That time is proved by a time-stamp.
    pub proved: bool,
    /// How much its certificate is worth.
    pub quality: SignatureQuality,
    /// A Trusted List confirms what the certificate declares.
    pub confirmed: bool,
    /// Baseline level; none for what is no baseline signature.
    pub level: Option<SignatureLevel>,
    /// Why, in Italian.
    pub reasons: Vec<String>,
}

/// The signatures of a document at an instant; none when it has none that can be read. CPU work:
/// off the async threads.
pub fn signatures(bytes: &[u8], trust: &Trust, at: DateTime<Utc>) -> Vec<SignatureLine> {
    lines(bytes, trust, Policy { at: Some(at), ..Policy::default() })
}

/// The same of a file that comes with an act, where nobody asks the authorities: that the status of
/// a certificate is not known is said, and is no reason for doubt.
pub fn attached(bytes: &[u8], trust: &Trust, at: DateTime<Utc>) -> Vec<SignatureLine> {
    let revocation = Revocation::IfAvailable;
    lines(bytes, trust, Policy { at: Some(at), revocation, ..Policy::default() })
}

fn lines(bytes: &[u8], trust: &Trust, policy: Policy) -> Vec<SignatureLine> {
    let report = verify_any(bytes, None, trust, &policy);
    report.map(|r| r.signatures.iter().map(line).collect()).unwrap_or_default()
}

fn line(signature: &SignatureReport) -> SignatureLine {
    let proved = signature.timestamps.iter().any(|stamp| stamp.proved().is_some());
    SignatureLine {
        signer: signature.signer_common_name.clone(),
        verdict: match signature.verdict {
            Verdict::TotalPassed => "good",
            Verdict::Indeterminate => "unsure",
            Verdict::TotalFailed => "bad",
        },
        time: if proved { signature.time } else { signature.claimed_time.or(signature.time) },
        proved,
        quality: quality_of(signature.qualification.quality()),
        confirmed: signature.qualification.granted == Some(true),
        level: signature.level.map(level_of),
        reasons: signature.reasons.iter().chain(&signature.changed_after).cloned().collect(),
    }
}
