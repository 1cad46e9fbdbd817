// SPDX-License-Identifier: AGPL-3.0-or-later
//! Quorum, majority, tie and immediate enforceability (R3.4-R3.9, R4.2).
//!
//! Structural quorum (may they vote at all?) and functional majority (did it pass?) are two
//! questions with two bases; immediate enforceability is a third, on the members.

use crate::refusal::Refusal;
use crate::token::tokens;
use serde::{Deserialize, Serialize};
use std::fmt;

tokens! {
    /// Which members are counted: N of the majorities (R3.4).
    MemberBase {
        /// Those in office on the day.
        InCarica = "in_carica",
        /// The seats the Comune has, vacant ones included.
        Assegnati = "assegnati",
    }

    /// The base the favourable votes must exceed by half (R3.6).
    VoteBase {
        /// Favourable and contrary votes: who abstains is left out.
        Votanti = "votanti",
        /// All who are present, those who abstain included.
        Presenti = "presenti",
    }

    /// When the casting vote of the president has something to decide (R3.7, practice.md 6).
    TieRule {
        /// Favourable votes are exactly half of the base.
        HalfOfBase = "half_of_base",
        /// Also, favourable and contrary votes are equal.
        EqualVotes = "equal_votes",
    }

    /// The casting vote of the president.
    Casting {
        /// The tie is resolved for the proposal.
        Favour = "favour",
        /// The tie is resolved against it.
        Against = "against",
    }
}

/// Members who must be present for the body to vote (statute; R3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QuorumStructural {
    /// ⌊N/2⌋ + 1.
    Majority,
    /// ⌈N/2⌉.
    HalfUp,
    /// A number, applied literally even when it is the whole body (CdS IV 4573/2011).
    Fixed(u32),
}

/// Votes needed for immediate enforceability (R4.2): art. 134, c. 4, or a stricter local rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IeMajority {
    /// ⌊N/2⌋ + 1 of the members (art. 134, c. 4, TUEL).
    Members,
    /// ⌈2N/3⌉ of the members, by statute; never less than the majority of the members.
    TwoThirdsMembers,
    /// ⌈2V/3⌉ of the voters (Sicilia, art. 12 L.R. 44/1991; R7.9).
    TwoThirdsVoters,
    /// A number, by statute; never less than the majority of the members.
    Fixed(u32),
}

/// Reads `fixed:K`, K at least 1 and written in digits only.
fn fixed(word: &str) -> Option<u32> {
    let digits = word.strip_prefix("fixed:")?;
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|number| plain && *number > 0)
}

impl QuorumStructural {
    /// The words allowed.
    pub const ALLOWED: &'static str = "majority | half_up | fixed:K";

    /// The value a word stands for: `majority`, `half_up`, `fixed:7`.
    pub fn from_token(word: &str) -> Option<Self> {
        match word {
            "majority" => Some(Self::Majority),
            "half_up" => Some(Self::HalfUp),
            _ => fixed(word).map(Self::Fixed),
        }
    }
}

impl fmt::Display for QuorumStructural {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Majority => f.write_str("majority"),
            Self::HalfUp => f.write_str("half_up"),
            Self::Fixed(number) => write!(f, "fixed:{number}"),
        }
    }
}

impl IeMajority {
    /// The words allowed.
    pub const ALLOWED: &'static str =
        "majority_of_members | two_thirds_of_members | two_thirds_of_voters | fixed:K";

    /// The value a word stands for.
    pub fn from_token(word: &str) -> Option<Self> {
        match word {
            "majority_of_members" => Some(Self::Members),
            "two_thirds_of_members" => Some(Self::TwoThirdsMembers),
            "two_thirds_of_voters" => Some(Self::TwoThirdsVoters),
            _ => fixed(word).map(Self::Fixed),
        }
    }
}

impl fmt::Display for IeMajority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Members => f.write_str("majority_of_members"),
            Self::TwoThirdsMembers => f.write_str("two_thirds_of_members"),
            Self::TwoThirdsVoters => f.write_str("two_thirds_of_voters"),
            Self::Fixed(number) => write!(f, "fixed:{number}"),
        }
    }
}

/// How a body votes: the regulation of the Comune as this module needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VoteRules {
    /// Structural quorum.
    pub quorum_structural: QuorumStructural,
    /// N of the structural quorum.
    pub member_base: MemberBase,
    /// At or below this number of members the result is worth a warning (R3.4).
    pub quorum_absolute_min: u32,
    /// Base of the functional majority.
    pub vote_base: VoteBase,
    /// Who must abstain still counts for the structural quorum (Min. Interno, parere 99252).
    pub art78_counts_for_quorum: bool,
    /// Who must abstain counts among the *presenti* of the functional majority.
    pub art78_in_vote_base: bool,
    /// The president has a casting vote (R3.7).
    pub casting_vote: bool,
    /// What a tie is.
    pub tie_rule: TieRule,
    /// Blank and void ballots count among the *votanti* of a secret ballot (R3.8).
    pub blank_ballots_count: bool,
    /// Votes needed for immediate enforceability.
    pub ie_majority: IeMajority,
    /// N of immediate enforceability: by default the members in office (practice.md 1.10).
    pub ie_member_base: MemberBase,
}

impl Default for VoteRules {
    /// What holds where statute and regulation are silent.
    fn default() -> Self {
        Self {
            quorum_structural: QuorumStructural::Majority,
            member_base: MemberBase::InCarica,
            quorum_absolute_min: 2,
            vote_base: VoteBase::Votanti,
            art78_counts_for_quorum: true,
            art78_in_vote_base: false,
            casting_vote: false,
            tie_rule: TieRule::HalfOfBase,
            blank_ballots_count: true,
            ie_majority: IeMajority::Members,
            ie_member_base: MemberBase::InCarica,
        }
    }
}

/// The facts of one ballot. Present members not accounted for count as abstained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Count {
    /// Members in office.
    pub members: u32,
    /// Seats of the body, vacant ones included.
    pub seats: u32,
    /// Members present at the item, those who must abstain and stay included.
    pub present: u32,
    /// Present members who must abstain by art. 78, c. 2, TUEL; not among `abstained`.
    pub conflicted: u32,
    /// Favourable votes.
    pub favour: u32,
    /// Contrary votes.
    pub against: u32,
    /// Abstentions.
    pub abstained: u32,
    /// Blank ballots of a secret ballot.
    pub blank: u32,
    /// Void ballots of a secret ballot.
    pub void: u32,
}

/// What follows from a ballot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The body could vote.
    pub quorum: bool,
    /// Members needed to vote.
    pub quorum_required: u32,
    /// Members present who count for the quorum.
    pub quorum_counted: u32,
    /// They are so few that the collegial nature of the body is in doubt (R3.4).
    pub few_members: bool,
    /// B: the favourable votes must exceed its half.
    pub vote_base: u32,
    /// The proposal passed; `None` without quorum.
    pub approved: Option<bool>,
    /// Favourable votes tie: only a casting vote can save the proposal.
    pub tie: bool,
    /// Votes needed for immediate enforceability.
    pub immediate_required: u32,
    /// The same votes, taken as second ballot, give immediate enforceability.
    pub immediate: Option<bool>,
}

/// Why a count makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BallotError {
    /// More members than seats.
    #[error("i componenti in carica ({members}) superano i seggi assegnati ({seats})")]
    MoreMembersThanSeats {
        /// Members in office.
        members: u32,
        /// Seats.
        seats: u32,
    },
    /// More present than members.
    #[error("i presenti ({present}) superano i componenti in carica ({members})")]
    MorePresentThanMembers {
        /// Present.
        present: u32,
        /// Members in office.
        members: u32,
    },
    /// More votes than people.
    #[error(
        "favorevoli, contrari, astenuti e obbligati ad astenersi ({sum}) superano i presenti ({present})"
    )]
    MoreVotesThanPresent {
        /// Votes, abstentions and duties to abstain together.
        sum: u64,
        /// Present.
        present: u32,
    },
    /// A fixed quorum outside 1…N.
    #[error("il numero legale fisso ({fixed}) deve stare fra 1 e {members}")]
    FixedQuorumOutOfRange {
        /// K.
        fixed: u32,
        /// N.
        members: u32,
    },
    /// A casting vote nobody has.
    #[error("il regolamento non dà al presidente il voto prevalente")]
    NoCastingVote,
}

impl From<BallotError> for Refusal {
    fn from(error: BallotError) -> Self {
        let (code, rule) = match error {
            BallotError::MoreMembersThanSeats { .. } => ("more_members_than_seats", "R3.1"),
            BallotError::MorePresentThanMembers { .. } => ("more_present_than_members", "R3.5"),
            BallotError::MoreVotesThanPresent { .. } => ("more_votes_than_present", "R3.6"),
            BallotError::FixedQuorumOutOfRange { .. } => ("fixed_quorum_out_of_range", "R3.4"),
            BallotError::NoCastingVote => ("no_casting_vote", "R3.7"),
        };
        Self::new(code, rule, "", error.to_string())
    }
}

/// ⌊n/2⌋ + 1.
pub fn members_majority(members: u32) -> u32 {
    members / 2 + 1
}

/// N by the base the statute names.
pub fn base_members(base: MemberBase, members: u32, seats: u32) -> u32 {
    match base {
        MemberBase::InCarica => members,
        MemberBase::Assegnati => seats,
    }
}

/// Members who must be present (R3.4).
pub fn structural_quorum(rules: &VoteRules, members: u32, seats: u32) -> u32 {
    let n = base_members(rules.member_base, members, seats);
    match rules.quorum_structural {
        QuorumStructural::Majority => members_majority(n),
        QuorumStructural::HalfUp => n.div_ceil(2),
        QuorumStructural::Fixed(number) => number,
    }
}

/// Present members who count for the quorum (R3.9).
pub fn counted_for_quorum(rules: &VoteRules, present: u32, conflicted: u32) -> u32 {
    if rules.art78_counts_for_quorum { present } else { present.saturating_sub(conflicted) }
}

/// The body may vote: to be asked at each item, not once a sitting (R3.5).
pub fn has_quorum(rules: &VoteRules, count: &Count) -> bool {
    counted_for_quorum(rules, count.present, count.conflicted)
        >= structural_quorum(rules, count.members, count.seats)
}

/// B of the functional majority (R3.6, R3.8).
pub fn vote_base(rules: &VoteRules, count: &Count) -> u32 {
    match (rules.vote_base, rules.art78_in_vote_base) {
        (VoteBase::Votanti, _) => voters(rules, count),
        (VoteBase::Presenti, true) => count.present,
        (VoteBase::Presenti, false) => count.present.saturating_sub(count.conflicted),
    }
}

/// Who voted; in a secret ballot blank and void ballots are votes cast, unless the rule says no.
fn voters(rules: &VoteRules, count: &Count) -> u32 {
    let named = count.favour.saturating_add(count.against);
    if rules.blank_ballots_count {
        named.saturating_add(count.blank).saturating_add(count.void)
    } else {
        named
    }
}

/// Votes needed to declare an act immediately enforceable (art. 134, c. 4, TUEL; R4.2).
pub fn immediate_required(rules: &VoteRules, count: &Count) -> u32 {
    let n = base_members(rules.ie_member_base, count.members, count.seats);
    match rules.ie_majority {
        IeMajority::Members => members_majority(n),
        IeMajority::TwoThirdsMembers => members_majority(n).max(two_thirds(n)),
        IeMajority::TwoThirdsVoters => two_thirds(voters(rules, count)).max(1),
        IeMajority::Fixed(number) => members_majority(n).max(number),
    }
}

fn two_thirds(n: u32) -> u32 {
    n - n / 3
}

/// The count is one that can have happened.
fn check(rules: &VoteRules, count: &Count) -> Result<(), BallotError> {
    let Count { members, seats, present, .. } = *count;
    if members > seats {
        return Err(BallotError::MoreMembersThanSeats { members, seats });
    }
    if present > members {
        return Err(BallotError::MorePresentThanMembers { present, members });
    }
    let people =
        [count.favour, count.against, count.abstained, count.conflicted, count.blank, count.void];
    let sum = people.into_iter().map(u64::from).sum();
    if sum > u64::from(present) {
        return Err(BallotError::MoreVotesThanPresent { sum, present });
    }
    if let QuorumStructural::Fixed(fixed) = rules.quorum_structural {
        let members = base_members(rules.member_base, members, seats);
        if !(1..=members).contains(&fixed) {
            return Err(BallotError::FixedQuorumOutOfRange { fixed, members });
        }
    }
    Ok(())
}

/// What follows from a ballot: quorum, majority, tie, and what the same votes would give as second
/// ballot of immediate enforceability (R3.4-R3.9, R4.2).
///
/// The casting vote counts only in a tie, and is no extra vote for art. 134, c. 4 (R3.7).
pub fn outcome(
    rules: &VoteRules,
    count: &Count,
    casting: Option<Casting>,
) -> Result<Outcome, BallotError> {
    check(rules, count)?;
    if casting.is_some() && !rules.casting_vote {
        return Err(BallotError::NoCastingVote);
    }
    let base = vote_base(rules, count);
    let tie = is_tie(rules, count, base);
    let passed = count.favour > 0
        && (2 * u64::from(count.favour) > u64::from(base)
            || (tie && casting == Some(Casting::Favour)));
    let immediate_required = immediate_required(rules, count);
    let quorum = has_quorum(rules, count);
    let quorum_counted = counted_for_quorum(rules, count.present, count.conflicted);
    Ok(Outcome {
        quorum,
        quorum_required: structural_quorum(rules, count.members, count.seats),
        quorum_counted,
        few_members: quorum && quorum_counted <= rules.quorum_absolute_min,
        vote_base: base,
        approved: quorum.then_some(passed),
        tie: quorum && tie,
        immediate_required,
        immediate: quorum.then_some(passed && count.favour >= immediate_required),
    })
}

/// A tie needs votes: nobody ties where nobody was in favour.
fn is_tie(rules: &VoteRules, count: &Count, base: u32) -> bool {
    let half = count.favour > 0 && 2 * u64::from(count.favour) == u64::from(base);
    match rules.tie_rule {
        TieRule::HalfOfBase => half,
        TieRule::EqualVotes => half && count.favour == count.against,
    }
}

/// The second ballot, taken on its own (R4.2): quorum still holds and the members' majority votes
/// for it. The approval of the act does not depend on it (R4.4).
pub fn immediate_effect(rules: &VoteRules, count: &Count) -> Result<bool, BallotError> {
    check(rules, count)?;
    Ok(has_quorum(rules, count) && count.favour >= immediate_required(rules, count))
}
