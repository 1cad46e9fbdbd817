// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a signature is worth: what the Comune asks for each kind of paper, what was found when the
//! signature entered, and how long it will hold.
//!
//! A paper is known by the SHA-256 of its signed revision. Time-stamps and validation data are
//! appended later, as further revisions of which the signed one is a prefix: they are *kept*
//! beside it, and nothing that was printed about the signed revision changes.

use super::{PaperKind, SignedPaper};
use crate::refusal::Refusal;
use crate::token::{Token, tokens};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

tokens! {
    /// How much a certificate is worth, from the least (artt. 20 and 24 CAD; reg. (UE) 910/2014).
    SignatureQuality {
        /// It says on its face that it is worth nothing.
        Development = "development",
        /// Advanced signature or seal.
        Advanced = "advanced",
        /// Qualified signature or seal.
        Qualified = "qualified",
    }

    /// Baseline level of a signature (ETSI EN 319 142-1, 6), from the least.
    SignatureLevel {
        /// A signature.
        B = "B-B",
        /// With a trusted time.
        T = "B-T",
        /// With what validates it.
        Lt = "B-LT",
        /// With a trusted time over all of it, to be renewed.
        Lta = "B-LTA",
    }
}

impl SignatureQuality {
    /// As the certificate of a person is called.
    pub fn italian(self) -> &'static str {
        match self {
            Self::Development => "di prova",
            Self::Advanced => "avanzata",
            Self::Qualified => "qualificata",
        }
    }
}

/// What a signature is worth, found or asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assurance {
    /// Of the certificate.
    pub quality: SignatureQuality,
    /// Of the document.
    pub level: SignatureLevel,
    /// Level that is still to come, whatever the policy asks: the Comune stamps every signature,
    /// and the authority was down. Signatures of before this was recorded want nothing more.
    #[serde(default = "least", skip_serializing_if = "is_least")]
    pub wanted: SignatureLevel,
    /// Nobody answered about the revocation of the certificate when the signature entered
    /// (art. 24, c. 4-bis, CAD): it was accepted, and the status is to be asked again.
    #[serde(default, skip_serializing_if = "is_false")]
    pub status_unknown: bool,
}

fn least() -> SignatureLevel {
    SignatureLevel::B
}

fn is_least(level: &SignatureLevel) -> bool {
    *level == SignatureLevel::B
}

fn is_false(value: &bool) -> bool {
    !value
}

impl Assurance {
    /// What nobody asked more than.
    pub const NONE: Self = Self::of(SignatureQuality::Development, SignatureLevel::B);

    /// What nobody can ask more than: the signature that is taken for granted when the question is
    /// only whether someone may act.
    pub const MOST: Self = Self::of(SignatureQuality::Qualified, SignatureLevel::Lta);

    /// A quality and a level, with nothing left to be done.
    pub const fn of(quality: SignatureQuality, level: SignatureLevel) -> Self {
        Self { quality, level, wanted: SignatureLevel::B, status_unknown: false }
    }

    /// As it is told beside a signature: "firma qualificata, livello B-T".
    pub fn italian(self) -> String {
        format!("firma {}, livello {}", self.quality.italian(), self.level.token())
    }

    /// Reads `qualified` or `qualified B-LTA`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let quality = SignatureQuality::from_token(words.next()?)?;
        let level = words.next().map_or(Some(SignatureLevel::B), SignatureLevel::from_token)?;
        words.next().is_none().then_some(Self::of(quality, level))
    }
}

/// Name of the need of every kind that has none of its own.
pub const ANY_KIND: &str = "default";

/// What is asked for a kind of paper.
pub fn need(policy: &BTreeMap<String, Assurance>, kind: PaperKind) -> Assurance {
    let own = policy.get(&kind.token()).or_else(|| policy.get(ANY_KIND));
    own.copied().unwrap_or(Assurance::NONE)
}

/// Refuses a signature of less than the quality that is asked (T-83). The level is no ground: what
/// a time-stamp authority that is down does not give today, a job adds later.
///
/// # Errors
/// `signature_not_enough`.
pub fn check_quality(
    needed: Assurance,
    found: Option<&Assurance>,
    source: &str,
) -> Result<(), Refusal> {
    let found = found.map_or(SignatureQuality::Development, |a| a.quality);
    if found >= needed.quality {
        return Ok(());
    }
    Err(Refusal::new(
        "signature_not_enough",
        "R9.5",
        if source.is_empty() { "artt. 20 e 24 CAD" } else { source },
        format!(
            "Per questo documento serve una firma {}, quella apposta è {}",
            needed.quality.italian(),
            found.italian()
        ),
    )
    .next("Firmare con il dispositivo che la politica delle firme del Comune richiede"))
}

/// How long a signed paper will hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Kind.
    pub kind: PaperKind,
    /// SHA-256 of the newest revision.
    pub sha256: String,
    /// Level it reached.
    pub level: SignatureLevel,
    /// Level its signatures still want, whatever the policy asks.
    pub wanted: SignatureLevel,
    /// For B-LTA: when the certificate of the newest time-stamp expires.
    pub renew_by: Option<DateTime<Utc>>,
}

impl Kept {
    /// The level to reach: what the policy asks, or what was wanted when it was signed, if more.
    pub fn target(&self, policy: &BTreeMap<String, Assurance>) -> SignatureLevel {
        need(policy, self.kind).level.max(self.wanted)
    }
}

/// An augmentation, as its command and its fact say it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Augmentation {
    /// SHA-256 of the signed revision.
    pub document: String,
    /// SHA-256 of the revision this one continues.
    pub base: String,
    /// SHA-256 of the new revision.
    pub sha256: String,
    /// Level reached.
    pub level: SignatureLevel,
    /// When the certificate of the newest time-stamp expires, for B-LTA.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renew_by: Option<DateTime<Utc>>,
}

/// The signed papers of a stream, by the SHA-256 of their signed revision.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeptPapers(BTreeMap<String, Kept>);

impl KeptPapers {
    /// A signed paper, if there is one.
    pub fn get(&self, document: &str) -> Option<&Kept> {
        self.0.get(document)
    }

    /// The newest revision of a document: itself, when nothing was appended.
    pub fn newest<'a>(&'a self, document: &'a str) -> &'a str {
        self.0.get(document).map_or(document, |kept| &kept.sha256)
    }

    /// The signed revision that a newest revision continues; none for what nothing was appended to.
    pub fn continued_by(&self, newest: &str) -> Option<&str> {
        let found = self.0.iter().find(|(signed, kept)| kept.sha256 == newest && *signed != newest);
        found.map(|(signed, _)| signed.as_str())
    }

    /// A paper got a signature; the revision before it is no longer the signed one.
    pub fn signed(
        &mut self,
        kind: PaperKind,
        before: Option<&str>,
        sha256: &str,
        found: Option<&Assurance>,
    ) {
        let earlier = before.and_then(|before| self.0.remove(before));
        let level = found.map_or(SignatureLevel::B, |a| a.level);
        // What an earlier signature of the paper still wants is wanted of the whole.
        let earlier = earlier.map_or(SignatureLevel::B, |kept| kept.wanted);
        let wanted = found.map_or(SignatureLevel::B, |a| a.wanted).max(earlier);
        let kept = Kept { kind, sha256: sha256.to_owned(), level, wanted, renew_by: None };
        self.0.insert(sha256.to_owned(), kept);
    }

    /// A command carried a signed paper.
    pub fn carried(&mut self, paper: &SignedPaper) {
        self.signed(paper.kind, None, &paper.sha256, paper.assurance.as_ref());
    }

    /// A revision was appended.
    pub fn augmented(&mut self, step: &Augmentation) {
        if let Some(kept) = self.0.get_mut(&step.document) {
            kept.sha256.clone_from(&step.sha256);
            kept.level = step.level;
            kept.renew_by = step.renew_by;
        }
    }

    /// Checks that an augmentation continues what is there and gains something.
    ///
    /// # Errors
    /// `paper_unknown`, `paper_moved`, `nothing_gained`.
    pub fn check(&self, step: &Augmentation) -> Result<(), Refusal> {
        let Some(kept) = self.get(&step.document) else {
            let text = "Il documento da conservare non è tra quelli firmati";
            return Err(Refusal::new("paper_unknown", "R9.2", "", text));
        };
        if kept.sha256 != step.base {
            let text = "Nel frattempo il documento è stato esteso";
            return Err(Refusal::new("paper_moved", "R9.2", "", text));
        }
        let gains = step.level > kept.level
            || (step.level == SignatureLevel::Lta && step.renew_by > kept.renew_by);
        if gains && step.sha256 != step.base {
            return Ok(());
        }
        Err(Refusal::new("nothing_gained", "R9.2", "", "Il livello della firma non aumenta"))
    }
}
