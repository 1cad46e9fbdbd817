// SPDX-License-Identifier: AGPL-3.0-or-later
//! Papers: which document a fact owes, who signs it, and the facts it prints.
//!
//! Two ways in. A *carried* paper (opinion sheets, notes, notices) is signed before the command that
//! carries it: a signature is an input. An *owed* paper prints something that exists only after its
//! fact (a number, a date): the fact plans it, a job composes it, its signers sign it afterwards.
//! Both are rendered from `facts`, a pure function of the streams, whose SHA-256 `decide` compares:
//! what was signed says what is decided.

mod assurance;
pub mod diff;
mod facts;
pub mod sample;
pub mod words;

pub use assurance::{
    ANY_KIND, Assurance, Augmentation, Kept, KeptPapers, SignatureLevel, SignatureQuality,
    check_quality, need,
};
pub use facts::{
    ActData, Embedded, PaperFacts, Relation, act_key, capigruppo_list, carried_by_case,
    carried_by_sitting, case_paper, effects_sentence, printed_content, sitting_paper,
};

use crate::digest::sha256_hex;
use crate::refusal::Refusal;
use crate::registry::Signatory;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Every kind of paper, in the order of practice.md section 3.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PaperKind {
    /// Proposal with synthesis and list of attachments.
    Proposta,
    /// Technical opinion, one sheet per giver.
    ParereTecnico,
    /// Accounting opinion, `non dovuto` included.
    ParereContabile,
    /// Visto of cover of an expenditure the Giunta commits itself (TUEL 183 c. 7).
    VistoCopertura,
    /// Check-list of the Segreteria's istruttoria, unsigned.
    SchedaIstruttoria,
    /// Legitimacy opinion.
    ParereLegittimita,
    /// Note of return.
    NotaRestituzione,
    /// Comparison of two versions.
    ConfrontoVersioni,
    /// Declaration that a change is purely formal.
    DichiarazioneFormale,
    /// Summary of the opinions, when the last has arrived.
    FoglioPareri,
    /// Notice of convening with the agenda.
    Convocazione,
    /// Notice that a convened sitting will not be held.
    RevocaConvocazione,
    /// Note of withdrawal or removal from the agenda.
    NotaRitiro,
    /// Outcomes of a closed sitting.
    EsitiSeduta,
    /// Draft minutes, unsigned.
    Brogliaccio,
    /// Minutes, where the regulation wants them.
    VerbaleSeduta,
    /// Extract of the minutes for an item that was not adopted.
    EstrattoVerbale,
    /// The deliberation.
    Deliberazione,
    /// Attestation that a signer is prevented.
    AttestazioneImpedimento,
    /// Report of validation of the signatures.
    RapportoFirme,
    /// Attestation of posting, at D.
    AttestazionePubblicazione,
    /// Letter and list to the capigruppo.
    ElencoCapigruppo,
    /// Attestation of an outage of the Albo.
    AttestazioneDisservizio,
    /// Attestation that a posting began after its term.
    AttestazioneRitardo,
    /// Annulment of a posting.
    AnnullamentoPubblicazione,
    /// Certificate of executivity (134 c. 3).
    CertificatoEsecutivita,
    /// Certificate of immediate enforceability (134 c. 4).
    CertificatoEseguibilita,
    /// Report at the end of posting.
    RefertoPubblicazione,
    /// Annotation of a later act or order.
    Annotazione,
    /// Publishable rendition with omissis (row 16).
    VersionePubblicabile,
    /// Certified copy of the act.
    CopiaConforme,
    /// Certified extract of the act.
    EstrattoConforme,
}

impl PaperKind {
    /// Every kind, in order.
    pub const ALL: [Self; 32] = [
        Self::Proposta,
        Self::ParereTecnico,
        Self::ParereContabile,
        Self::VistoCopertura,
        Self::SchedaIstruttoria,
        Self::ParereLegittimita,
        Self::NotaRestituzione,
        Self::ConfrontoVersioni,
        Self::DichiarazioneFormale,
        Self::FoglioPareri,
        Self::Convocazione,
        Self::RevocaConvocazione,
        Self::NotaRitiro,
        Self::EsitiSeduta,
        Self::Brogliaccio,
        Self::VerbaleSeduta,
        Self::EstrattoVerbale,
        Self::Deliberazione,
        Self::AttestazioneImpedimento,
        Self::RapportoFirme,
        Self::AttestazionePubblicazione,
        Self::ElencoCapigruppo,
        Self::AttestazioneDisservizio,
        Self::AttestazioneRitardo,
        Self::AnnullamentoPubblicazione,
        Self::CertificatoEsecutivita,
        Self::CertificatoEseguibilita,
        Self::RefertoPubblicazione,
        Self::Annotazione,
        Self::VersionePubblicabile,
        Self::CopiaConforme,
        Self::EstrattoConforme,
    ];

    /// Nothing of the same day hangs on its signatures: its signers read of it in the digest of the
    /// day (practice.md 3, row 14; certificates are a morning's batch, 1.17).
    pub fn waits_a_day(self) -> bool {
        matches!(
            self,
            Self::Deliberazione
                | Self::EstrattoVerbale
                | Self::VerbaleSeduta
                | Self::CertificatoEsecutivita
                | Self::CertificatoEseguibilita
                | Self::RefertoPubblicazione
                | Self::AttestazioneDisservizio
                | Self::AttestazioneRitardo
                | Self::Annotazione
        )
    }

    /// The token: file names, template names, `run --json`.
    pub fn token(self) -> String {
        serde_json::to_value(self)
            .ok()
            .and_then(|v| v.as_str().map(str::to_owned))
            .unwrap_or_default()
    }
}

/// A place for a signature on a paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// Name of the signature field.
    pub field: String,
    /// Caption above the name: "IL PRESIDENTE".
    pub caption: String,
    /// Who must sign; none for a seal of the entity.
    pub signer: Option<Signatory>,
}

/// A paper that a fact owes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperPlan {
    /// Key within the stream, unique there.
    pub key: String,
    /// Kind.
    pub kind: PaperKind,
    /// Signatures foreseen; empty for unsigned papers.
    pub slots: Vec<Slot>,
    /// What the paper is about when its stream alone does not say it (a day, a version, a case).
    #[serde(default)]
    pub about: String,
}

/// A paper signed before the command that carries it; the bytes travel as a document of the write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedPaper {
    /// Kind.
    pub kind: PaperKind,
    /// SHA-256 of the facts that were printed.
    pub facts: String,
    /// SHA-256 of the signed bytes.
    pub sha256: String,
    /// Codice fiscale read from the certificate that signed.
    pub fiscal_code: String,
    /// What the signature is worth; papers of before this was recorded say nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assurance: Option<Assurance>,
    /// How the signature is carried.
    #[serde(default, skip_serializing_if = "SignedForm::is_pades")]
    pub form: SignedForm,
}

/// How a signature is carried (dec. (UE) 2015/1506).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignedForm {
    /// Inside the PDF: the rule.
    #[default]
    Pades,
    /// A `.p7m` around the whole PDF: the container is the original, the PDF is inside.
    Cades,
}

impl SignedForm {
    fn is_pades(&self) -> bool {
        *self == Self::Pades
    }

    /// Media type of the signed original.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pades => "application/pdf",
            Self::Cades => "application/pkcs7-mime",
        }
    }

    /// What its file is called after.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Pades => "pdf",
            Self::Cades => "pdf.p7m",
        }
    }
}

impl PaperKind {
    /// A container around this paper is an original like any other: one person signs it, nothing is
    /// appended to it or composed from its fields, and it is read inside the house. Of the others the
    /// PDF itself must bear the signature: a second signer finds his field there, and who receives it
    /// opens it with any program.
    pub fn may_be_enveloped(self) -> bool {
        matches!(
            self,
            Self::ParereTecnico
                | Self::ParereContabile
                | Self::VistoCopertura
                | Self::ParereLegittimita
                | Self::NotaRestituzione
                | Self::DichiarazioneFormale
                | Self::NotaRitiro
                | Self::AttestazioneImpedimento
        )
    }
}

/// A signature on a composed paper, as its fact says it.
#[derive(Debug, Clone, Copy)]
pub struct Signature<'a> {
    /// Field filled.
    pub field: &'a str,
    /// Who signed; the entity itself for seals.
    pub by: &'a Signatory,
    /// SHA-256 after the signature.
    pub sha256: &'a str,
    /// Instant.
    pub at: DateTime<Utc>,
    /// What it is worth.
    pub worth: Option<&'a Assurance>,
}

/// Where a paper stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperState {
    /// The plan.
    pub plan: PaperPlan,
    /// SHA-256 of the facts printed, once composed.
    pub facts: Option<String>,
    /// SHA-256 of the current revision, once composed.
    pub sha256: Option<String>,
    /// Signatures so far: field, who, when.
    pub signed: Vec<(String, Signatory, DateTime<Utc>)>,
    /// What each of them is worth, by field; facts of before this was recorded say nothing.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub worth: BTreeMap<String, Assurance>,
    /// Fields that stay empty by attestation of an impediment.
    pub excused: Vec<String>,
    /// The text went back before everyone had signed, or the fact it was owed for is no more:
    /// nobody composes it, nobody is awaited any more.
    pub dropped: bool,
    /// Instant of the fact that owes it: the date its file bears.
    pub owed_at: DateTime<Utc>,
}

impl PaperState {
    /// A paper just planned, by a fact of that instant.
    pub fn owed(plan: PaperPlan, at: DateTime<Utc>) -> Self {
        Self {
            plan,
            facts: None,
            sha256: None,
            signed: Vec::new(),
            worth: BTreeMap::new(),
            excused: Vec::new(),
            dropped: false,
            owed_at: at,
        }
    }

    /// Folds a signature.
    pub fn sign(&mut self, signature: Signature<'_>) {
        let Signature { field, by, sha256, at, worth } = signature;
        self.sha256 = Some(sha256.to_owned());
        self.signed.push((field.to_owned(), by.clone(), at));
        if let Some(worth) = worth {
            self.worth.insert(field.to_owned(), *worth);
        }
    }

    /// Slots still to be filled.
    pub fn open_slots(&self) -> impl Iterator<Item = &Slot> {
        self.plan.slots.iter().filter(|slot| {
            !self.dropped
                && !self.signed.iter().any(|(field, _, _)| *field == slot.field)
                && !self.excused.contains(&slot.field)
        })
    }

    /// Whose turn it is: the revision to sign, the field and the title of this person.
    ///
    /// # Errors
    /// `paper_not_ready`, `not_the_signer`.
    pub fn turn_of(&self, person: &str) -> Result<(String, String, Signatory), Refusal> {
        self.still_owed()?;
        let base = self.sha256.clone().ok_or_else(|| {
            let text = "Il documento non è ancora stato composto";
            Refusal::new("paper_not_ready", "R9.1", "", text)
        })?;
        let own = self.open_slots().find_map(|slot| {
            let who = slot.signer.clone().filter(|who| who.person == person)?;
            Some((slot.field.clone(), who))
        });
        let (field, who) = own.ok_or_else(|| self.not_the_signer())?;
        Ok((base, field, who))
    }

    /// What was dropped is neither composed nor signed.
    ///
    /// # Errors
    /// `paper_dropped`.
    pub fn still_owed(&self) -> Result<(), Refusal> {
        if !self.dropped {
            return Ok(());
        }
        let text = "Il fatto che questo documento attesta non c'è più: non si compone né si firma";
        Err(Refusal::new("paper_dropped", "R1.1", "", text)
            .next("Si firmerà il documento che ne prende il posto, quando è dovuto"))
    }

    fn not_the_signer(&self) -> Refusal {
        let awaited: Vec<String> = self
            .open_slots()
            .map(|s| s.signer.as_ref().map_or("il sigillo dell'ente".into(), |w| w.name.clone()))
            .collect();
        let next = if awaited.is_empty() {
            "Il documento è già completo".to_owned()
        } else {
            format!("Deve firmare: {}", awaited.join(", "))
        };
        let text = "Chi firma non è fra i firmatari del documento";
        Refusal::new("not_the_signer", "R2.8", "", text).next(next)
    }

    /// True when composed and nothing remains to be signed.
    pub fn is_complete(&self) -> bool {
        self.sha256.is_some() && !self.dropped && self.open_slots().next().is_none()
    }

    /// Token for rows and `run --json`.
    pub fn status(&self) -> &'static str {
        match (&self.sha256, self.is_complete()) {
            _ if self.dropped => "dropped",
            (None, _) => "owed",
            (_, true) => "complete",
            _ => "prepared",
        }
    }
}

/// SHA-256 (hex) of facts: of their JSON with sorted keys.
pub fn facts_sha256(facts: &Value) -> String {
    sha256_hex(facts.to_string().as_bytes())
}
