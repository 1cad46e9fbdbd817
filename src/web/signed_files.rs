// SPDX-License-Identifier: AGPL-3.0-or-later
//! What the verifier says of the signed files that come with an act (a signed PDF, a `.p7m`), shown
//! beside them. It is an opinion of today and no fact: it is never written on record, never asked of
//! the network, and never in the way of anybody. A file is examined when it arrives; after a restart,
//! or after a day, in the background of the first page that shows it.

use super::App;
use crate::domain::case::Attachment;
use crate::domain::law::calendar::{date_short, rome_date};
use crate::service::verification::{SignatureLine, attached};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// How long an answer is good: certificates and lists of authorities change.
const GOOD_FOR: TimeDelta = TimeDelta::days(1);
/// Most answers kept in memory.
const MOST: usize = 10_000;

/// Answers by the digest of the file; none while it is being examined.
type Answers = BTreeMap<String, (DateTime<Utc>, Option<String>)>;

/// The answers of this process.
pub struct SignedFiles {
    answers: Mutex<Answers>,
    /// One file at a time: the work is of the processor, and nobody waits for it.
    turn: Arc<Semaphore>,
}

impl Default for SignedFiles {
    fn default() -> Self {
        Self { answers: Mutex::default(), turn: Arc::new(Semaphore::new(1)) }
    }
}

impl SignedFiles {
    fn with<T>(&self, work: impl FnOnce(&mut Answers) -> T) -> T {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= MOST {
            answers.clear();
        }
        work(&mut answers)
    }
}

impl App {
    /// What is known of the signatures of a file, in words; nothing for a file without signatures, or
    /// not examined yet: then its examination begins. `at_hand` are its bytes, if they are not in
    /// the archive.
    pub fn signatures_of(
        self: &Arc<Self>,
        file: &Attachment,
        at_hand: impl FnOnce() -> Option<Vec<u8>>,
    ) -> String {
        if !is_signable(&file.media_type) {
            return String::new();
        }
        let now = self.now();
        let known = self.signed_files.with(|answers| match answers.get(&file.sha256) {
            Some((at, words)) if *at + GOOD_FOR > now => Some(words.clone()),
            _ => {
                answers.insert(file.sha256.clone(), (now, None));
                None
            }
        });
        match known {
            Some(words) => words.unwrap_or_default(),
            None => {
                let (app, sha256) = (Arc::clone(self), file.sha256.clone());
                let bytes = at_hand();
                tokio::spawn(async move { app.examine_file(sha256, bytes).await });
                String::new()
            }
        }
    }

    /// Examines a file that has just arrived.
    pub async fn examine_signatures(
        self: &Arc<Self>,
        sha256: &str,
        media_type: &str,
        bytes: &[u8],
    ) {
        if is_signable(media_type) {
            self.examine_file(sha256.to_owned(), Some(bytes.to_vec())).await;
        }
    }

    async fn examine_file(self: &Arc<Self>, sha256: String, bytes: Option<Vec<u8>>) {
        let found = self.verdict_of(&sha256, bytes).await;
        let now = self.now();
        self.signed_files.with(|answers| match found {
            Some(words) => answers.insert(sha256, (now, Some(words))),
            // It may be in the archive later.
            None => answers.remove(&sha256),
        });
    }

    async fn verdict_of(&self, sha256: &str, bytes: Option<Vec<u8>>) -> Option<String> {
        let turn = Arc::clone(&self.signed_files.turn).acquire_owned().await.ok()?;
        let bytes = match bytes {
            Some(bytes) => bytes,
            None => self.office.executor.store.document(sha256).await.ok()??.bytes,
        };
        let (trust, now) = (self.office.press.keys.trust(), self.now());
        let work = move || {
            let _turn = turn;
            let container = !bytes.starts_with(b"%PDF-");
            words(&attached(&bytes, &trust, now), container)
        };
        tokio::task::spawn_blocking(work).await.ok()
    }
}

fn is_signable(media_type: &str) -> bool {
    matches!(media_type, "application/pdf" | "application/pkcs7-mime")
}

/// The verdicts on a file, one after the other; of a container without signatures, that it has none.
pub fn words(signatures: &[SignatureLine], container: bool) -> String {
    if signatures.is_empty() && container {
        return "Il file p7m non contiene firme leggibili".into();
    }
    signatures.iter().map(of_one).collect::<Vec<_>>().join(" · ")
}

fn of_one(signature: &SignatureLine) -> String {
    let who = match signature.signer.as_str() {
        "" => "Firma senza certificato",
        _ => "Firma di ",
    };
    let day = signature.time.map(|at| format!(" del {}", date_short(rome_date(at))));
    let verdict = match signature.verdict {
        "good" => "valida",
        "bad" => "non valida",
        _ => "non si può dire se sia valida",
    };
    let why = match signature.reasons.as_slice() {
        [] => String::new(),
        reasons => format!(" ({})", reasons.join("; ")),
    };
    format!("{who}{}{}: {verdict}{why}", signature.signer, day.unwrap_or_default())
}
