// SPDX-License-Identifier: AGPL-3.0-or-later
//! Sections 3 and 4: quorum, majority, tie, immediate enforceability.

use delibera::domain::law::ballot::{
    BallotError, Casting, Count, IeMajority, MemberBase, Outcome, QuorumStructural, TieRule,
    VoteBase, VoteRules, has_quorum, immediate_effect, immediate_required, members_majority,
    outcome, structural_quorum,
};

const VOTANTI: VoteBase = VoteBase::Votanti;
const PRESENTI: VoteBase = VoteBase::Presenti;

/// A ballot of thirteen members.
fn thirteen(present: u32, favour: u32, against: u32, abstained: u32) -> Count {
    Count { members: 13, seats: 13, present, favour, against, abstained, ..Count::default() }
}

fn base(vote_base: VoteBase) -> VoteRules {
    VoteRules { vote_base, ..VoteRules::default() }
}

fn ask(rules: &VoteRules, count: &Count) -> Outcome {
    outcome(rules, count, None).unwrap()
}

#[test]
fn t_13_eleven_of_thirteen_unanimous() {
    for vote_base in [VOTANTI, PRESENTI] {
        let answer = ask(&base(vote_base), &thirteen(11, 11, 0, 0));
        assert!(answer.quorum);
        assert_eq!((answer.approved, answer.immediate), (Some(true), Some(true)));
        assert_eq!((answer.quorum_required, answer.immediate_required), (7, 7));
    }
}

#[test]
fn t_14_six_votes_approve_but_are_not_immediate() {
    for (vote_base, b) in [(VOTANTI, 6), (PRESENTI, 7)] {
        let answer = ask(&base(vote_base), &thirteen(7, 6, 0, 1));
        assert_eq!(answer.vote_base, b);
        assert_eq!((answer.approved, answer.immediate), (Some(true), Some(false)));
    }
}

#[test]
fn t_15_the_base_decides() {
    let count = thirteen(8, 4, 1, 3);
    assert_eq!(ask(&base(VOTANTI), &count).approved, Some(true));
    assert_eq!(ask(&base(PRESENTI), &count).approved, Some(false));
    assert_eq!(ask(&base(VOTANTI), &count).immediate, Some(false));
}

#[test]
fn t_16_a_tie_rejects_unless_the_casting_vote_saves_it() {
    let count = thirteen(12, 6, 6, 0);
    let answer = ask(&base(VOTANTI), &count);
    assert!(answer.tie);
    assert_eq!(answer.approved, Some(false));
    let rules = VoteRules { casting_vote: true, ..base(VOTANTI) };
    let saved = outcome(&rules, &count, Some(Casting::Favour)).unwrap();
    assert_eq!(saved.approved, Some(true));
    assert_eq!(saved.immediate, Some(false), "the casting vote is no extra vote: 6 < 7");
    let lost = outcome(&rules, &count, Some(Casting::Against)).unwrap();
    assert_eq!(lost.approved, Some(false));
}

#[test]
fn t_17_without_quorum_nothing_is_voted() {
    let answer = ask(&base(VOTANTI), &thirteen(6, 6, 0, 0));
    assert!(!answer.quorum);
    assert_eq!((answer.approved, answer.immediate, answer.tie), (None, None, false));
}

#[test]
fn t_18_who_must_abstain_counts_for_the_quorum() {
    let count = Count { conflicted: 1, ..thirteen(7, 6, 0, 0) };
    let answer = ask(&base(VOTANTI), &count);
    assert!(answer.quorum);
    assert_eq!((answer.approved, answer.immediate), (Some(true), Some(false)));
}

#[test]
fn t_19_unless_the_local_rule_takes_him_out() {
    let rules = VoteRules { art78_counts_for_quorum: false, ..VoteRules::default() };
    let count = Count { conflicted: 1, ..thirteen(7, 6, 0, 0) };
    let answer = ask(&rules, &count);
    assert!(!answer.quorum);
    assert_eq!((answer.quorum_counted, answer.quorum_required), (6, 7));
}

#[test]
fn t_20_in_office_or_assigned() {
    let count = Count { members: 11, ..thirteen(6, 6, 0, 0) };
    let in_office = ask(&VoteRules::default(), &count);
    assert_eq!(in_office.quorum_required, 6);
    assert_eq!((in_office.approved, in_office.immediate), (Some(true), Some(true)));
    let seats = VoteRules { member_base: MemberBase::Assegnati, ..VoteRules::default() };
    let assigned = ask(&seats, &count);
    assert_eq!((assigned.quorum, assigned.quorum_required), (false, 7));
}

#[test]
fn t_21_two_of_three_pass_with_a_warning() {
    let count = Count { members: 3, seats: 3, present: 2, favour: 2, ..Count::default() };
    let answer = ask(&VoteRules::default(), &count);
    assert_eq!((answer.approved, answer.immediate), (Some(true), Some(true)));
    assert!(answer.few_members);
    let three = VoteRules { quorum_structural: QuorumStructural::Fixed(3), ..VoteRules::default() };
    assert_eq!(ask(&three, &count).approved, None);
}

#[test]
fn t_12_a_dropped_line_breaks_the_quorum() {
    assert!(has_quorum(&VoteRules::default(), &thirteen(7, 0, 0, 0)));
    assert!(!has_quorum(&VoteRules::default(), &thirteen(6, 0, 0, 0)));
}

#[test]
fn t_100_eight_of_thirteen_go_on_after_a_suspension() {
    assert!(has_quorum(&VoteRules::default(), &thirteen(8, 0, 0, 0)));
}

#[test]
fn t_23_immediate_enforceability_has_its_own_ballot() {
    let rules = VoteRules::default();
    assert_eq!(ask(&rules, &thirteen(9, 9, 0, 0)).approved, Some(true));
    assert_eq!(immediate_effect(&rules, &thirteen(9, 6, 0, 3)), Ok(false));
    assert_eq!(immediate_effect(&rules, &thirteen(9, 7, 2, 0)), Ok(true));
    assert_eq!(immediate_effect(&rules, &thirteen(6, 6, 0, 0)), Ok(false), "no quorum");
}

#[test]
fn t_62_blank_ballots_are_votes_cast_unless_the_rule_says_no() {
    let count = Count { blank: 2, ..thirteen(11, 5, 4, 0) };
    let counted = ask(&VoteRules::default(), &count);
    assert_eq!((counted.vote_base, counted.approved), (11, Some(false)));
    let excluded = VoteRules { blank_ballots_count: false, ..VoteRules::default() };
    let answer = ask(&excluded, &count);
    assert_eq!((answer.vote_base, answer.approved), (9, Some(true)));
    let void = Count { void: 2, ..thirteen(11, 5, 4, 0) };
    assert_eq!(ask(&VoteRules::default(), &void).approved, Some(false));
}

#[test]
fn t_64_a_revoked_member_is_no_longer_counted() {
    let rules = VoteRules::default();
    assert_eq!(structural_quorum(&rules, 12, 13), 7);
    assert_eq!(members_majority(12), 7);
}

#[test]
fn half_up_and_fixed_quorum() {
    let with = |quorum_structural| VoteRules { quorum_structural, ..VoteRules::default() };
    assert_eq!(structural_quorum(&with(QuorumStructural::HalfUp), 12, 12), 6);
    assert_eq!(structural_quorum(&with(QuorumStructural::HalfUp), 13, 13), 7);
    assert_eq!(structural_quorum(&with(QuorumStructural::Fixed(5)), 13, 13), 5);
}

#[test]
fn presenti_leave_out_who_must_abstain_unless_the_rule_says_no() {
    let count = Count { conflicted: 2, ..thirteen(10, 5, 0, 3) };
    let answer = ask(&base(PRESENTI), &count);
    assert_eq!((answer.vote_base, answer.approved), (8, Some(true)));
    let counted = VoteRules { art78_in_vote_base: true, ..base(PRESENTI) };
    let answer = ask(&counted, &count);
    assert_eq!((answer.vote_base, answer.approved, answer.tie), (10, Some(false), true));
}

#[test]
fn nobody_in_favour_never_passes() {
    let rules = VoteRules { casting_vote: true, ..VoteRules::default() };
    let answer = outcome(&rules, &thirteen(9, 0, 0, 9), Some(Casting::Favour)).unwrap();
    assert_eq!((answer.approved, answer.tie), (Some(false), false));
}

#[test]
fn members_who_said_nothing_abstained() {
    let silent = ask(&base(PRESENTI), &thirteen(8, 4, 1, 0));
    assert_eq!(silent, ask(&base(PRESENTI), &thirteen(8, 4, 1, 3)));
}

#[test]
fn equal_votes_is_a_stricter_tie() {
    let rules = |tie_rule| VoteRules { casting_vote: true, tie_rule, ..base(PRESENTI) };
    let ask = |tie_rule, count: &Count| {
        outcome(&rules(tie_rule), count, Some(Casting::Favour)).unwrap().approved
    };
    let half_not_equal = thirteen(10, 5, 4, 1);
    assert_eq!(ask(TieRule::HalfOfBase, &half_not_equal), Some(true));
    assert_eq!(ask(TieRule::EqualVotes, &half_not_equal), Some(false));
    let equal_not_half = thirteen(10, 4, 4, 2);
    assert_eq!(ask(TieRule::EqualVotes, &equal_not_half), Some(false));
    assert_eq!(ask(TieRule::EqualVotes, &thirteen(10, 5, 5, 0)), Some(true));
}

#[test]
fn stricter_majorities_of_immediate_enforceability() {
    let with = |ie_majority| VoteRules { ie_majority, ..VoteRules::default() };
    let needed = |majority, count: &Count| ask(&with(majority), count).immediate_required;
    let count = thirteen(10, 8, 1, 1);
    assert_eq!(needed(IeMajority::Members, &count), 7);
    assert_eq!(needed(IeMajority::TwoThirdsMembers, &count), 9);
    assert_eq!(needed(IeMajority::TwoThirdsVoters, &count), 6);
    assert_eq!(needed(IeMajority::Fixed(10), &count), 10);
    assert_eq!(needed(IeMajority::Fixed(3), &count), 7, "never below art. 134, c. 4");
    let seats = VoteRules { ie_member_base: MemberBase::Assegnati, ..VoteRules::default() };
    let vacant = Count { members: 11, seats: 13, ..count };
    assert_eq!(ask(&seats, &vacant).immediate_required, 7);
    assert_eq!(ask(&VoteRules::default(), &vacant).immediate_required, 6);
}

#[test]
fn counts_that_cannot_have_happened() {
    let say = |rules: &VoteRules, count: Count| outcome(rules, &count, None).unwrap_err();
    let rules = VoteRules::default();
    assert_eq!(
        say(&rules, thirteen(14, 0, 0, 0)),
        BallotError::MorePresentThanMembers { present: 14, members: 13 }
    );
    assert_eq!(
        say(&rules, Count { seats: 12, ..thirteen(3, 0, 0, 0) }),
        BallotError::MoreMembersThanSeats { members: 13, seats: 12 }
    );
    let crowded = Count { conflicted: 1, ..thirteen(7, 4, 2, 1) };
    assert_eq!(say(&rules, crowded), BallotError::MoreVotesThanPresent { sum: 8, present: 7 });
    for fixed in [0, 14] {
        let quorum_structural = QuorumStructural::Fixed(fixed);
        let rules = VoteRules { quorum_structural, ..rules };
        assert_eq!(
            say(&rules, thirteen(7, 7, 0, 0)),
            BallotError::FixedQuorumOutOfRange { fixed, members: 13 }
        );
    }
    let casting = outcome(&rules, &thirteen(12, 6, 6, 0), Some(Casting::Favour));
    assert_eq!(casting, Err(BallotError::NoCastingVote));
}

#[test]
fn numbers_too_large_for_any_comune_do_not_overflow() {
    let n = u32::MAX;
    let count = Count { members: n, seats: n, present: n, favour: n, ..Count::default() };
    assert_eq!(ask(&VoteRules::default(), &count).approved, Some(true));
    let crowded = Count { against: n, ..count };
    assert!(outcome(&VoteRules::default(), &crowded, None).is_err());
}

#[test]
fn words_of_the_quorum() {
    for word in ["majority", "half_up", "fixed:7"] {
        assert_eq!(QuorumStructural::from_token(word).unwrap().to_string(), word);
    }
    for word in ["fixed:", "fixed:0", "fixed:+7", "fixed:7.0", "fixed:99999999999", "Majority", ""]
    {
        assert_eq!(QuorumStructural::from_token(word), None, "{word}");
    }
    for word in ["majority_of_members", "two_thirds_of_members", "two_thirds_of_voters", "fixed:9"]
    {
        assert_eq!(IeMajority::from_token(word).unwrap().to_string(), word);
    }
}

#[test]
fn r7_9_two_thirds_of_one_voter_is_one_vote_and_of_none_is_not_nothing() {
    let rules = VoteRules { ie_majority: IeMajority::TwoThirdsVoters, ..base(VoteBase::Votanti) };
    let needed = |favour| immediate_required(&rules, &thirteen(9, favour, 0, 9 - favour));
    assert_eq!((needed(0), needed(1), needed(2), needed(3), needed(9)), (1, 1, 2, 2, 6));
}
