// SPDX-License-Identifier: AGPL-3.0-or-later
//! What has been accomplished on the way: the finite abstraction of an act's facts.

use crate::workflow::{Lifecycle, OpinionKind, Signer, StepKind};

/// A set of accomplished facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Facts(u16);

/// The text is frozen.
pub(super) const SUBMITTED: Facts = Facts(1);
/// The proposal bears its signatures.
pub(super) const SIGNED_PROPOSAL: Facts = Facts(1 << 1);
/// Technical opinions given, or found not due, on the current text.
pub(super) const TECHNICAL: Facts = Facts(1 << 2);
/// Accounting opinion given, or found not due, on the current text.
pub(super) const ACCOUNTING: Facts = Facts(1 << 3);
/// Legitimacy opinion given, or found not due, on the current text.
pub(super) const LEGITIMACY: Facts = Facts(1 << 4);
/// Put on an agenda.
pub(super) const ON_AGENDA: Facts = Facts(1 << 5);
/// Called in a sitting.
pub(super) const CALLED: Facts = Facts(1 << 6);
/// Voted and approved.
pub(super) const APPROVED: Facts = Facts(1 << 7);
/// Voted and rejected.
pub(super) const REJECTED: Facts = Facts(1 << 8);
/// Has its number.
pub(super) const NUMBERED: Facts = Facts(1 << 9);
/// The act bears the signatures of a step.
pub(super) const SIGNED_ACT: Facts = Facts(1 << 10);
/// The president of the item signed.
pub(super) const SIGNED_PRESIDENT: Facts = Facts(1 << 11);
/// Who verbalized the item signed.
pub(super) const SIGNED_VERBALIZER: Facts = Facts(1 << 12);
/// Personal data were checked.
pub(super) const REVIEWED: Facts = Facts(1 << 13);
/// In the Albo.
pub(super) const POSTED: Facts = Facts(1 << 14);
/// Visto of cover given, or found not due, on the current text.
pub(super) const COVER: Facts = Facts(1 << 15);

/// Voted, with either outcome.
pub(super) const VOTED: Facts = APPROVED.and(REJECTED);
/// What an item loses when it leaves the sitting without a vote.
pub(super) const IN_SITTING: Facts = ON_AGENDA.and(CALLED);
/// What was said of a text and falls with it (R1.12, practice.md 1.6).
pub(super) const ON_TEXT: Facts =
    TECHNICAL.and(ACCOUNTING).and(COVER).and(LEGITIMACY).and(REVIEWED).and(IN_SITTING);
/// What makes an act: the vote of an organ, the signature of one person.
pub(super) const DECIDED: Facts = VOTED.and(SIGNED_ACT);
/// What rests on the decision.
pub(super) const AFTER_DECISION: Facts =
    DECIDED.and(NUMBERED).and(SIGNED_PRESIDENT).and(SIGNED_VERBALIZER).and(POSTED);
/// What a proposal loses when it goes back to the draft.
pub(super) const OF_PROPOSAL: Facts = ON_TEXT.and(SUBMITTED).and(SIGNED_PROPOSAL);

impl Facts {
    /// Both sets together.
    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Without those of the other set.
    pub(super) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// True when one of the other set holds.
    pub(super) const fn has_any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// True when all of the other set hold.
    pub(super) const fn has_all(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// One fact of the set, for going on after a gap was reported.
    pub(super) const fn one(self) -> Self {
        Self(self.0 & self.0.wrapping_neg())
    }

    /// What doing a step accomplishes.
    pub(super) fn of(kind: &StepKind) -> Self {
        match kind {
            StepKind::Freeze { .. } => SUBMITTED,
            StepKind::Opinion { opinion, .. } => Self::of_opinion(*opinion),
            StepKind::Review { lifecycle: Lifecycle::PrivacyReview, .. } => REVIEWED,
            StepKind::Review { .. } => Self::default(),
            StepKind::Agenda => ON_AGENDA,
            StepKind::Discussion { .. } => CALLED,
            StepKind::Ballot => APPROVED,
            StepKind::Number { .. } => NUMBERED,
            StepKind::Sign { lifecycle: Lifecycle::ProposalSigning, .. } => SIGNED_PROPOSAL,
            StepKind::Sign { signers, .. } => {
                signers.iter().fold(SIGNED_ACT, |facts, signer| match signer {
                    Signer::Presidente => facts.and(SIGNED_PRESIDENT),
                    Signer::Verbalizzante => facts.and(SIGNED_VERBALIZER),
                    _ => facts,
                })
            }
            StepKind::Post { .. } => POSTED,
        }
    }

    /// The fact of an opinion.
    pub(super) fn of_opinion(opinion: OpinionKind) -> Self {
        match opinion {
            OpinionKind::Technical => TECHNICAL,
            OpinionKind::Accounting => ACCOUNTING,
            OpinionKind::Cover => COVER,
            OpinionKind::Legitimacy => LEGITIMACY,
        }
    }
}
