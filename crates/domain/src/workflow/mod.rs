// SPDX-License-Identifier: AGPL-3.0-or-later
//! Workflows as data: the graph of named steps of one act kind.
//!
//! Rust owns the kinds of step (what can happen there, who decides, which article); a TOML file
//! owns their order, the roles, the deadlines, the papers and the notices. `route` is the only
//! answer to "where does an act go from here": the engine follows it and `check` explores it.

mod check;
mod mermaid;
mod parse;

pub use check::{Names, Proof, check, fits, load, prove};
pub use mermaid::mermaid;
pub use parse::parse;

use crate::registry::Role;
use serde::{Deserialize, Serialize};

/// The definition of one act kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Workflow {
    /// Token of the act kind, e.g. `deliberazione-giunta`.
    pub kind: String,
    /// "Deliberazione della Giunta comunale".
    pub title: String,
    /// Organ that decides: `giunta`, or `none` for acts of one person.
    pub organ: String,
    /// Statutory profile: the closed list of predicates that every path must satisfy.
    pub profile: Profile,
    /// Token of the register of proposals; empty where nothing is proposed.
    pub proposal_register: String,
    /// Token of the register of the Albo.
    pub albo_register: String,
    /// Steps in the order of the file; the first one starts.
    pub steps: Vec<Step>,
    /// Duties raised on the way; none blocks the act.
    pub duties: Vec<Duty>,
    /// Who is told what, and when.
    pub notices: Vec<Notice>,
    /// Line of the table that describes the act kind.
    pub line: usize,
    /// SHA-256 of the text: what a case is pinned to.
    pub digest: String,
}

/// A named step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Name, unique in the file; a case's position.
    pub name: String,
    /// Title people read.
    pub title: String,
    /// Line in the file.
    pub line: usize,
    /// What happens there.
    pub kind: StepKind,
    /// The next step in the ordinary course; none at the end.
    pub next: Option<String>,
    /// Where an act goes when it is sent back from here.
    pub returns: Option<String>,
    /// Days within which the step should be done; 0 = no term (R1.17: reminder only).
    pub deadline_days: u16,
    /// Template of the paper this step produces.
    pub paper: Option<String>,
}

/// The kinds of step; the engine knows nothing else of an act kind.
#[derive(Debug, Clone, PartialEq)]
pub enum StepKind {
    /// The draft is completed and frozen: from here opinions bind its hash.
    Freeze {
        /// Who may submit.
        who: Role,
    },
    /// Opinions of one kind.
    Opinion {
        /// Which opinion.
        opinion: OpinionKind,
        /// Who gives it.
        who: Role,
    },
    /// A check by an office.
    Review {
        /// Who checks.
        who: Role,
        /// Lifecycle token while it lasts.
        lifecycle: Lifecycle,
    },
    /// Waiting for, then on, an agenda.
    Agenda,
    /// Called in a sitting; `amended` is where a substantial amendment sends an act whose opinions
    /// cannot be given on the spot.
    Discussion {
        /// Step for amended acts.
        amended: String,
    },
    /// The vote.
    Ballot,
    /// The act takes its number.
    Number {
        /// Register token.
        register: String,
    },
    /// Signatures on one paper.
    Sign {
        /// Who signs, one field each.
        signers: Vec<Signer>,
        /// Lifecycle token while it lasts.
        lifecycle: Lifecycle,
    },
    /// Posting in the Albo.
    Post {
        /// Who posts.
        who: Role,
    },
}

/// Opinions on a proposal.
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
pub enum OpinionKind {
    /// Regolarità tecnica (TUEL 49 c. 1, 147-bis c. 1), one per service concerned.
    Technical,
    /// Regolarità contabile (TUEL 49 c. 1).
    Accounting,
    /// Visto di copertura finanziaria, where the accounting rules of the Comune make the Giunta commit
    /// expenditure itself (TUEL 153 c. 5, 183 c. 7; R1.15).
    Cover,
    /// Legittimità, only by a local source (R2.2).
    Legitimacy,
}

impl OpinionKind {
    /// "parere tecnico", as sentences name it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Technical => "parere di regolarità tecnica",
            Self::Accounting => "parere di regolarità contabile",
            Self::Cover => "visto di copertura finanziaria",
            Self::Legitimacy => "parere di legittimità",
        }
    }

    /// The token of files and papers.
    pub fn token(self) -> &'static str {
        match self {
            Self::Technical => "technical",
            Self::Accounting => "accounting",
            Self::Cover => "cover",
            Self::Legitimacy => "legitimacy",
        }
    }
}

/// Who signs a paper of a `sign` step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signer {
    /// Responsabile del procedimento of the case.
    ResponsabileProcedimento,
    /// The director of each proposing office.
    Direttori,
    /// The relatori, where the regulation wants their signature.
    Relatori,
    /// Who presided the item (R2.8).
    Presidente,
    /// Who verbalized the item (R2.8).
    Verbalizzante,
    /// The Segretario or who acts for him.
    Segretario,
}

/// Region A of an act: where it is in its life (design.md section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lifecycle {
    /// Being written.
    Draft,
    /// Frozen, its proposers are signing it.
    ProposalSigning,
    /// Technical opinions awaited.
    TechnicalOpinions,
    /// Accounting opinion awaited.
    AccountingOpinion,
    /// Visto of cover awaited.
    CoverVisto,
    /// Legitimacy opinion awaited.
    LegitimacyOpinion,
    /// Checked by the Segreteria.
    Inquiry,
    /// Ready for an agenda.
    Ready,
    /// On an agenda.
    OnAgenda,
    /// Called in a sitting.
    UnderDiscussion,
    /// Approved and proclaimed.
    Adopted,
    /// Not approved: final.
    Rejected,
    /// Postponed by the organ, awaiting another agenda.
    Postponed,
    /// Withdrawn: final.
    Withdrawn,
    /// Sent back to who proposed it.
    Returned,
    /// The act is being signed.
    Signing,
    /// All signed.
    Perfected,
    /// Personal data are being checked before posting.
    PrivacyReview,
    /// In the Albo.
    Posted,
    /// Its term in the Albo has passed.
    PostingEnded,
    /// The fascicolo is closed.
    Archived,
    /// Annulled by a later act or order.
    Annulled,
    /// Revoked by a later act.
    Revoked,
}

/// A duty that accompanies an act without blocking it (region C).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duty {
    /// Token: `capigruppo`, `trasparenza`, `prefetto`, `consiglio`, `conservazione`.
    pub name: String,
    /// Moment that raises it.
    pub on: String,
    /// Who performs it.
    pub who: Role,
    /// Line in the file.
    pub line: usize,
}

/// Who is told what at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Moment (see `notices.rs` for the closed list).
    pub on: String,
    /// Folder of `templates/mail/`.
    pub message: String,
    /// Recipients, tokens of the closed list of `notices.rs`.
    pub to: Vec<String>,
    /// Line in the file.
    pub line: usize,
}

/// What happened at a step, as far as the road is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Passage {
    /// The step is done (opinion complete, approved, signed, posted…).
    Done,
    /// Sent back with reasons.
    Returned,
    /// Postponed by the organ, or not treated.
    Postponed,
    /// Amended in substance, opinions not available on the spot.
    Amended,
    /// Voted and not approved.
    Rejected,
}

/// Where a passage leads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Road<'a> {
    /// To this step.
    To(&'a Step),
    /// The procedure ends here.
    End,
    /// The step has no such exit.
    Closed,
}

/// The statutory profile of an act kind (law.md, always on).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Deliberation of the Giunta: TUEL 49, 134, 124, 125.
    DeliberazioneGiunta,
    /// An act of one official: signed, numbered, posted where a rule says so.
    AttoMonocratico,
    /// A document of another body, shown in the Albo at its request (R6.10).
    ContoTerzi,
}

impl Workflow {
    /// The step of a name.
    pub fn step(&self, name: &str) -> Option<&Step> {
        self.steps.iter().find(|s| s.name == name)
    }

    /// The register in which the act takes its number.
    pub fn act_register(&self) -> Option<&str> {
        self.steps.iter().find_map(|step| match &step.kind {
            StepKind::Number { register } => Some(register.as_str()),
            _ => None,
        })
    }

    /// The first step.
    pub fn first(&self) -> Option<&Step> {
        self.steps.first()
    }

    /// The first step that satisfies a test.
    pub fn find(&self, test: impl Fn(&StepKind) -> bool) -> Option<&Step> {
        self.steps.iter().find(|s| test(&s.kind))
    }

    /// Where a proposal goes whose text changed in substance: signed again where the procedure has it
    /// signed, else to the first opinion.
    pub fn after_revision(&self) -> Option<&Step> {
        let signed = |k: &StepKind| match k {
            StepKind::Sign { lifecycle, .. } => *lifecycle == Lifecycle::ProposalSigning,
            _ => false,
        };
        self.find(signed).or_else(|| self.find(|k| matches!(k, StepKind::Opinion { .. })))
    }

    /// The opinion step of a kind.
    pub fn opinion_step(&self, opinion: OpinionKind) -> Option<&Step> {
        self.find(|k| matches!(k, StepKind::Opinion { opinion: o, .. } if *o == opinion))
    }

    /// Kinds of opinion this act needs, in the order of the file.
    pub fn opinions(&self) -> impl Iterator<Item = OpinionKind> + '_ {
        self.steps.iter().filter_map(|s| match s.kind {
            StepKind::Opinion { opinion, .. } => Some(opinion),
            _ => None,
        })
    }

    /// Where a passage at a step leads. A rejected act stops (or goes on to its number where the
    /// regulation numbers rejected acts: that is the engine's choice, R5.2).
    pub fn route(&self, step: &Step, passage: Passage) -> Road<'_> {
        let target = match (&step.kind, passage) {
            (_, Passage::Done) => match &step.next {
                Some(next) => next,
                None => return Road::End,
            },
            (StepKind::Ballot, Passage::Rejected) => return Road::End,
            (StepKind::Discussion { amended }, Passage::Amended) => amended,
            (StepKind::Discussion { .. } | StepKind::Ballot, Passage::Postponed)
            | (
                StepKind::Agenda
                | StepKind::Opinion { .. }
                | StepKind::Review { .. }
                | StepKind::Sign { lifecycle: Lifecycle::ProposalSigning, .. },
                Passage::Returned,
            ) => match &step.returns {
                Some(target) => target,
                None => return Road::Closed,
            },
            _ => return Road::Closed,
        };
        self.step(target).map_or(Road::Closed, Road::To)
    }
}
