// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a proposal says: its text, attachments, money, and the answers to the gate questions of
//! law.

use super::request::PostingRequest;
use crate::digest::sha256_hex;
use crate::law::regulations::EntryIntoForce;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// The content of a proposal, draft or frozen.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Content {
    /// Object of the act: one string everywhere (R4.6), written without personal data (practice
    /// 1.13).
    pub subject: String,
    /// Type of act as the Comune names it; the regulation hangs rules on it
    /// (`extra_opinions_by_type`).
    pub act_type: String,
    /// Offices concerned; the first one leads (capofila). One technical opinion each (R1.5).
    pub offices: Vec<String>,
    /// Relatori, in order (R1.1); may be empty where the regulation allows it.
    pub rapporteurs: Vec<String>,
    /// Responsabile del procedimento.
    pub procedure_head: String,
    /// Why the Giunta is competent (R1.2).
    pub competence: String,
    /// Premises in Markdown.
    pub text: String,
    /// The dispositive, one entry per numbered point, in Markdown (practice.md 6: never typed
    /// twice).
    pub decision: Vec<String>,
    /// Scheda di sintesi for the assessori.
    pub summary: String,
    /// Attachments in the three classes.
    pub attachments: Vec<Attachment>,
    /// Answers to the gate questions.
    pub gates: Gates,
    /// Codice identificativo di gara.
    pub cig: Option<String>,
    /// Codice unico di progetto.
    pub cup: Option<String>,
    /// Classification in the filing plan.
    pub classification: String,
    /// Acts this one touches when it takes effect (R5.5).
    pub affects: Vec<Affects>,
    /// Effect date set by the act itself, beside executivity (practice.md 6).
    pub effect_date: Option<NaiveDate>,
    /// The document is of another body, which asks to have it shown (R6.10).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<PostingRequest>,
}

/// The answers the law asks of every proposal before it can be submitted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Gates {
    /// Direct or indirect effects on finances or assets (R1.6).
    pub effects: Effects,
    /// Reasons why this is a mere act of direction (R1.4); then no opinions under art. 49.
    pub direction_only: Option<String>,
    /// Segretario's acknowledgement of the above, where the regulation wants it.
    pub direction_acknowledged_by: Option<String>,
    /// Finances or authorises a public investment: needs the CUP (L. 3/2003 art. 11).
    pub public_investment: bool,
    /// Reserved to the Consiglio; the two exceptions of R1.2.
    pub council: CouncilGate,
    /// The act approves a regulation: from when it is in force (R7.6).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regulation: Option<EntryIntoForce>,
    /// The text or attachments name people: a public rendition is needed (R6.8).
    pub personal_data: bool,
    /// Conditions of efficacy beside the terms (practice.md 1.3).
    pub conditions: Vec<Condition>,
    /// Why the legitimacy opinion is asked for, where the regulation gives it on demand (R2.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub legitimacy_request: Option<String>,
    /// Request of immediate enforceability: its reasons of urgency (R4.3).
    pub immediate_request: Option<String>,
    /// Secret ballot because persons are appraised: the reason (R3.8).
    pub secret_ballot: Option<String>,
    /// To be communicated to the Prefetto (R8.6).
    pub prefect: bool,
    /// Reasons for departing from a contrary opinion, inside the text (art. 49 c. 4).
    pub departure: Option<String>,
}

/// Effects of the act on finances or assets.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Effects {
    /// The question was not answered: the proposal is not complete.
    #[default]
    Unanswered,
    /// The proposing office declares none.
    None,
    /// There are effects.
    Some {
        /// Amount in cents of euro, where one is known.
        #[serde(default)]
        amount_cents: Option<i64>,
        /// Chapter of the budget, where one is known.
        #[serde(default)]
        chapter: Option<String>,
        /// Financing of a public investment: source, effective date, value (practice.md 1.2).
        #[serde(default)]
        financing: Option<String>,
    },
}

/// Competence of the Consiglio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CouncilGate {
    /// Not a matter of the Consiglio.
    #[default]
    No,
    /// Urgent budget variation: the Giunta adopts, the Consiglio ratifies (TUEL 42 c. 4, 175 c. 4).
    UrgentVariation,
    /// A proposal to the Consiglio: not a final act.
    ProposalToCouncil,
    /// Reserved to the Consiglio: the Giunta may not adopt it.
    Reserved,
}

/// A condition without which an act has no efficacy although its terms have passed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Grants over € 1,000 per beneficiary and year (D.Lgs. 33/2013 art. 26 c. 3).
    GrantTransparency,
    /// Paid outside appointments (D.Lgs. 33/2013 art. 15 c. 2).
    AppointmentTransparency,
    /// Urban plans (D.Lgs. 33/2013 art. 39 c. 3).
    UrbanPlanTransparency,
}

impl Condition {
    /// What must be done, with its article.
    pub fn label(self) -> &'static str {
        match self {
            Self::GrantTransparency => {
                "pubblicazione del contributo in Amministrazione Trasparente (art. 26, c. 3, D.Lgs. 33/2013)"
            }
            Self::AppointmentTransparency => {
                "pubblicazione dell'incarico in Amministrazione Trasparente (art. 15, c. 2, D.Lgs. 33/2013)"
            }
            Self::UrbanPlanTransparency => {
                "pubblicazione dello strumento urbanistico (art. 39, c. 3, D.Lgs. 33/2013)"
            }
        }
    }
}

/// How an attachment belongs to the act (practice.md 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentClass {
    /// Parte integrante e sostanziale.
    #[default]
    Integral,
    /// Agli atti.
    OnFile,
    /// Riservato: not posted.
    Reserved,
}

/// An attachment; its bytes are a document of the store, byte-identical.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// File name.
    pub name: String,
    /// Class.
    #[serde(default)]
    pub class: AttachmentClass,
    /// MIME type.
    pub media_type: String,
    /// SHA-256 of the bytes, lower-case hex.
    pub sha256: String,
    /// Size in bytes.
    pub size: u64,
    /// Pages, for PDF.
    #[serde(default)]
    pub pages: Option<usize>,
}

impl Attachment {
    /// Read only by who must know it.
    pub fn is_reserved(&self) -> bool {
        self.class == AttachmentClass::Reserved
    }
}

/// What an act does to an earlier one (R5.5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Affects {
    /// The earlier case.
    pub case: String,
    /// What it does to it.
    pub how: Effect,
}

/// Effect of a later act or order on an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// L. 241/1990 art. 21-quinquies: from now on.
    Revoke,
    /// L. 241/1990 art. 21-nonies: from the beginning.
    Annul,
    /// Correction of a material error.
    Rectify,
    /// L. 241/1990 art. 21-quater c. 2.
    Suspend,
    /// L. 241/1990 art. 21-nonies c. 2.
    Validate,
}

impl Content {
    /// SHA-256 (hex) of text and attachments: what opinions bind (R1.12). It covers everything an
    /// opinion is about, in the canonical form "JSON of the struct, fields in declaration order",
    /// except the reasons for departing from an opinion, which answer the opinions and come after.
    pub fn hash(&self) -> String {
        let mut bound = self.clone();
        bound.gates.departure = None;
        bound.gates.direction_acknowledged_by = None;
        let canonical = serde_json::to_vec(&bound).unwrap_or_default();
        sha256_hex(&canonical)
    }

    /// The Segretario's acknowledgement of a declaration of direction belongs to the words he saw:
    /// who writes the text can neither give it nor carry it over to other words (R1.4).
    pub fn acknowledged_as(mut self, before: &Self) -> Self {
        let same = self.gates.direction_only == before.gates.direction_only;
        self.gates.direction_acknowledged_by =
            before.gates.direction_acknowledged_by.clone().filter(|_| same);
        self
    }

    /// True when nothing but words changed: a formal correction touches no answer of law, no
    /// office, no file, no act (R1.12).
    pub fn differs_only_in_words(&self, other: &Self) -> bool {
        let bare = |content: &Self| {
            let mut bare = content.clone();
            bare.subject.clear();
            bare.text.clear();
            bare.summary.clear();
            bare.competence.clear();
            bare.classification.clear();
            bare.decision = content.decision.iter().map(|_| String::new()).collect();
            bare.gates.departure = None;
            bare.gates.direction_acknowledged_by = None;
            bare
        };
        bare(self) == bare(other)
    }

    /// Whose it is, for lists: the leading office, or the body that asks for a posting.
    pub fn origin(&self) -> &str {
        self.request.as_ref().map_or(self.lead_office(), |request| &request.body)
    }

    /// The leading office.
    pub fn lead_office(&self) -> &str {
        self.offices.first().map_or("", String::as_str)
    }

    /// True when the proposing office declared effects on finances or assets.
    pub fn has_effects(&self) -> bool {
        matches!(self.gates.effects, Effects::Some { .. })
    }

    /// It commits expenditure: an amount charged to a chapter of the budget (TUEL 183 c. 1).
    pub fn commits_spending(&self) -> bool {
        let Effects::Some { amount_cents: Some(cents), chapter: Some(chapter), .. } =
            &self.gates.effects
        else {
            return false;
        };
        *cents > 0 && !chapter.trim().is_empty()
    }

    /// What is missing before it can be submitted, in the order of the proposal.
    pub fn missing(&self) -> Vec<Gap> {
        let mut missing = Vec::new();
        let mut need = |ok: bool, field: &'static str, text: &'static str| {
            if !ok {
                missing.push(Gap { field, text });
            }
        };
        let gates = &self.gates;
        let said = |text: &str| !text.trim().is_empty();
        need(said(&self.subject), "subject", "l'oggetto");
        need(!self.offices.is_empty(), "offices", "almeno un ufficio proponente");
        need(said(&self.procedure_head), "procedure_head", "il responsabile del procedimento");
        need(
            said(&self.competence),
            "competence",
            "la base di competenza della Giunta (art. 48 TUEL)",
        );
        need(said(&self.text), "text", "le premesse");
        need(self.decision.iter().any(|p| said(p)), "decision", "il dispositivo");
        need(
            gates.effects != Effects::Unanswered,
            "effects",
            "la risposta sugli effetti economico-finanziari o patrimoniali (art. 49, c. 1, TUEL)",
        );
        need(
            gates.direction_only.as_deref().is_none_or(said),
            "direction_only",
            "le ragioni per cui è mero atto di indirizzo (art. 49, c. 1, TUEL)",
        );
        missing
    }
}

/// Something a proposal lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// Field of [`Content`] or of [`Gates`].
    pub field: &'static str,
    /// What, with the article that wants it, so that "manca …" reads well before it.
    pub text: &'static str,
}
