// SPDX-License-Identifier: AGPL-3.0-or-later
//! What holds for every ballot and every date.

use chrono::{Days, NaiveDate};
use delibera::domain::law::ballot::{
    Casting, Count, IeMajority, MemberBase, QuorumStructural, TieRule, VoteBase, VoteRules,
    immediate_effect, members_majority, outcome,
};
use delibera::domain::law::calendar::{add_months, rome_date, rome_midnight};
use delibera::domain::law::terms::{ExecCount, PubCount, terms};
use proptest::prelude::*;

fn rules() -> impl Strategy<Value = VoteRules> {
    let quorum = prop_oneof![
        Just(QuorumStructural::Majority),
        Just(QuorumStructural::HalfUp),
        (1u32..=7).prop_map(QuorumStructural::Fixed),
    ];
    let base = prop_oneof![Just(MemberBase::InCarica), Just(MemberBase::Assegnati)];
    let vote_base = prop_oneof![Just(VoteBase::Votanti), Just(VoteBase::Presenti)];
    let tie = prop_oneof![Just(TieRule::HalfOfBase), Just(TieRule::EqualVotes)];
    (quorum, base, vote_base, tie, any::<[bool; 3]>()).prop_map(
        |(quorum_structural, member_base, vote_base, tie_rule, flags)| VoteRules {
            quorum_structural,
            member_base,
            vote_base,
            tie_rule,
            art78_counts_for_quorum: flags[0],
            art78_in_vote_base: flags[1],
            blank_ballots_count: flags[2],
            casting_vote: true,
            ie_majority: IeMajority::Members,
            ie_member_base: member_base,
            ..VoteRules::default()
        },
    )
}

/// A count that can have happened, of 7 to 60 members.
fn count() -> impl Strategy<Value = Count> {
    (7u32..=60, 0u32..=5, any::<[u32; 6]>()).prop_map(|(members, vacant, random)| {
        let present = random[0] % (members + 1);
        let mut left = present;
        let mut take = |random: u32| {
            let taken = random % (left + 1);
            left -= taken;
            taken
        };
        let favour = take(random[1]);
        let against = take(random[2]);
        let abstained = take(random[3]);
        let conflicted = take(random[4]);
        let blank = take(random[5]);
        let seats = members + vacant;
        Count { members, seats, present, conflicted, favour, against, abstained, blank, void: 0 }
    })
}

fn casting() -> impl Strategy<Value = Option<Casting>> {
    prop_oneof![Just(None), Just(Some(Casting::Favour)), Just(Some(Casting::Against))]
}

proptest! {
    /// Turning a contrary vote or an abstention into a favourable one never sinks a proposal, nor
    /// its immediate enforceability.
    #[test]
    fn one_more_in_favour_never_harms(rules in rules(), count in count(), casting in casting()) {
        let before = outcome(&rules, &count, casting).unwrap();
        let mut turned = Vec::new();
        if count.against > 0 {
            turned.push(Count { against: count.against - 1, favour: count.favour + 1, ..count });
        }
        if count.abstained > 0 {
            turned.push(Count { abstained: count.abstained - 1, favour: count.favour + 1, ..count });
        }
        for count in turned {
            let after = outcome(&rules, &count, casting).unwrap();
            prop_assert!(after.approved >= before.approved, "{before:?} {after:?}");
            prop_assert!(after.immediate >= before.immediate);
        }
    }

    /// The casting vote decides ties and nothing else.
    #[test]
    fn the_casting_vote_decides_ties_only(rules in rules(), count in count()) {
        let silent = outcome(&rules, &count, None).unwrap();
        let favour = outcome(&rules, &count, Some(Casting::Favour)).unwrap();
        let against = outcome(&rules, &count, Some(Casting::Against)).unwrap();
        prop_assert_eq!(silent.approved, against.approved);
        if silent.approved != favour.approved {
            prop_assert!(silent.tie);
        }
    }

    /// Without quorum nothing is decided; with it everything is (I4 for the second ballot).
    #[test]
    fn quorum_decides_whether_there_is_an_outcome(rules in rules(), count in count()) {
        let answer = outcome(&rules, &count, None).unwrap();
        prop_assert_eq!(answer.quorum, answer.approved.is_some());
        prop_assert_eq!(answer.quorum, answer.immediate.is_some());
        if answer.immediate == Some(true) {
            prop_assert_eq!(answer.approved, Some(true));
            prop_assert!(immediate_effect(&rules, &count).unwrap());
            let n = match rules.ie_member_base {
                MemberBase::InCarica => count.members,
                MemberBase::Assegnati => count.seats,
            };
            prop_assert!(count.favour >= members_majority(n));
        }
        if answer.approved == Some(true) {
            prop_assert!(count.favour > 0);
            prop_assert!(2 * count.favour >= answer.vote_base);
        }
    }

    /// Whatever is asked, the answer is an answer or an error, never a panic.
    #[test]
    fn any_numbers_get_an_answer(rules in rules(), n in any::<[u32; 9]>(), casting in casting()) {
        let [members, seats, present, conflicted, favour, against, abstained, blank, void] = n;
        let count =
            Count { members, seats, present, conflicted, favour, against, abstained, blank, void };
        let _ = outcome(&rules, &count, casting);
    }

    /// The dates of a posting: order, lengths, doctrines one day apart.
    #[test]
    fn dates_of_a_posting(days in 0u64..800_000, outage in 0u16..400, posting in 1u16..90) {
        let posted = NaiveDate::from_ymd_opt(1900, 1, 1).unwrap() + Days::new(days);
        let ask = |pub_count, exec_count, outage| {
            terms(posted, pub_count, exec_count, outage, posting).unwrap()
        };
        let (inc, exc) = (PubCount::Inclusive, PubCount::Exclusive);
        let a = ask(inc, ExecCount::A, outage);
        let b = ask(inc, ExecCount::B, outage);
        let c = ask(inc, ExecCount::C, outage);
        prop_assert!(posted <= a.last_day);
        prop_assert_eq!(a.off_on, a.last_day + Days::new(1));
        prop_assert_eq!(b.effective_on, a.effective_on + Days::new(1));
        prop_assert_eq!(c.effective_on, c.last_day + Days::new(11));
        prop_assert_eq!(ask(exc, ExecCount::A, outage).last_day, a.last_day + Days::new(1));
        let longer = ask(inc, ExecCount::A, outage + 1);
        prop_assert_eq!(longer.last_day, a.last_day + Days::new(1));
        prop_assert_eq!(longer.effective_on, a.effective_on);
        prop_assert_eq!((a.off_on - posted).num_days(), i64::from(posting) + i64::from(outage));
    }

    /// A civil day begins on itself, on days of 23, 24 and 25 hours alike.
    #[test]
    fn a_day_begins_on_itself(days in 0u64..60_000) {
        let date = NaiveDate::from_ymd_opt(1980, 1, 1).unwrap() + Days::new(days);
        let begin = rome_midnight(date);
        prop_assert_eq!(rome_date(begin), date);
        prop_assert_eq!(rome_date(begin - chrono::TimeDelta::seconds(1)), date.pred_opt().unwrap());
        let hours = (rome_midnight(date.succ_opt().unwrap()) - begin).num_hours();
        prop_assert!((23..=25).contains(&hours));
    }

    /// Months never skip the month they end in.
    #[test]
    fn months_end_in_their_month(days in 0u64..100_000, months in 0u32..60) {
        use chrono::Datelike;
        let date = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap() + Days::new(days);
        let end = add_months(date, months).unwrap();
        let expected = date.year() * 12 + date.month0() as i32 + months as i32;
        prop_assert_eq!(end.year() * 12 + end.month0() as i32, expected);
        prop_assert!(end.day() <= date.day());
    }
}
