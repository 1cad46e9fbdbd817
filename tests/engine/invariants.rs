// SPDX-License-Identifier: AGPL-3.0-or-later
//! I1–I10 on random sittings: random people do random things, within their powers and against them.

use crate::desk::{Desk, by_register, day, money, roll, votes};
use crate::people::Size;
use delibera::domain::case::{
    CaseCommand, CaseEvent, Change, Efficacy, OpinionOutcome, efficacy, on_albo, terms_of,
};
use delibera::domain::changes::Fact;
use delibera::domain::law::ballot::Casting;
use delibera::domain::law::calendar::rome_midnight;
use delibera::domain::sitting::{
    Attendance, ConflictStance, Leaving, Mode, SecretTotals, Sitting, SittingCommand, SittingEvent,
    Status, VoteInput,
};
use delibera::domain::workflow::OpinionKind;
use proptest::prelude::*;
use std::sync::OnceLock;

const CASES: [&str; 4] = ["a", "b", "c", "d"];

/// One random act: who, what, on which case, with which choices.
type Draw = (u8, u8, u8, u16);

/// Which Comune a random sitting is held in.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Kind {
    size: Size,
    /// Some connected from elsewhere, the chair in the seat, a casting vote, one secret item.
    mixed: bool,
}

fn ready(kind: Kind) -> Desk {
    let mut keys = vec![("relatore_required", "true"), ("number_rejected", "false")];
    if kind.mixed {
        keys.push(("remote_president_must_be_in_seat", "true"));
        keys.push(("remote_regulation_ref", "\"Regolamento delle sedute a distanza\""));
        keys.push(("remote_secret_ballot_tool", "\"urna elettronica\"\nvalid_from = 2020-03-12"));
        keys.push(("casting_vote", "true"));
    }
    let mut desk = Desk::with(kind.size, &keys);
    for case in CASES {
        let mut content = desk.content();
        if kind.mixed && case == "b" {
            content.gates.secret_ballot = Some("apprezzamento di persone".into());
        }
        desk.ready(case, content);
    }
    let mode = if kind.mixed { Mode::Mixed } else { Mode::InSeat };
    desk.at("2024-05-02 09:00").scheduled("s", "2024-05-06 09:00", mode, &CASES[..3]);
    desk.sitting("sindaco", "s", SittingCommand::Convene { paper: None }).unwrap();
    desk.at("2024-05-06 09:00");
    desk.log.shrink_to_fit();
    desk
}

/// A desk with four acts ready and three of them on an agenda, made once for each kind.
fn base(kind: Kind) -> Desk {
    static MADE: [OnceLock<Desk>; 4] = [const { OnceLock::new() }; 4];
    let at = usize::from(kind.size == Size::Large) * 2 + usize::from(kind.mixed);
    MADE[at].get_or_init(|| ready(kind)).clone()
}

fn pick(list: &[String], at: u16) -> &str {
    &list[usize::from(at) % list.len()]
}

fn some(list: &[String], mask: u16) -> Vec<String> {
    list.iter()
        .enumerate()
        .filter(|(i, _)| mask >> (i % 16) & 1 == 1)
        .map(|(_, p)| p.clone())
        .collect()
}

fn ballot(members: &[String], choice: u16) -> VoteInput {
    let half = &members[..members.len() / 2];
    match choice % 8 {
        0 | 1 => VoteInput { unanimous: true, ..VoteInput::default() },
        2 => votes(&[pick(members, choice)], &[pick(members, choice / 7)]),
        3 => VoteInput { against: some(members, choice), ..VoteInput::default() },
        4 => VoteInput { favour: Some(some(members, choice)), ..VoteInput::default() },
        5 => {
            let small = |shift: u16| u32::from(choice >> shift & 7);
            let (favour, against, blank, void) = (small(3), small(6), small(9) / 3, 0);
            let totals = Some(SecretTotals { favour, against, blank, void });
            let casting = choice.is_multiple_of(3).then_some(Casting::Favour);
            VoteInput { totals, casting, ..VoteInput::default() }
        }
        _ => {
            let casting = [Casting::Favour, Casting::Against][usize::from(choice / 8) % 2];
            VoteInput { against: half.to_vec(), casting: Some(casting), ..VoteInput::default() }
        }
    }
}

/// A roll call with some of them connected from elsewhere.
fn connected(present: &[String], which: u8) -> Vec<Attendance> {
    let mut rows = roll(present);
    let far = |i: usize| u32::from(which).rotate_left(u32::try_from(i).unwrap()) & 3 == 3;
    rows.iter_mut().enumerate().for_each(|(i, a)| a.remote = which > 128 && far(i));
    rows
}

/// Mostly who records, sometimes anyone.
fn recorder(who: u8) -> &'static str {
    match who % 12 {
        0 => "ass3",
        1 => "rp",
        2 => "segreteria",
        _ => "segretario",
    }
}

fn play(desk: &mut Desk, (who, what, which, choice): Draw) {
    let members = desk.size.members();
    let any = CASES[usize::from(which) % 4].to_owned();
    // Mostly about the item in hand, sometimes about any other.
    let sitting = desk.held("s");
    let in_hand = sitting.under_discussion().map_or(&sitting.last_called, |i| &i.case);
    let about_it = which < 224 && what % 24 > 3 && !in_hand.is_empty();
    let case = if about_it { in_hand.clone() } else { any };
    let person = pick(&members, choice).to_owned();
    let reason = "per le ragioni dette".to_owned();
    let vote = ballot(&members, choice);
    let command = match what % 24 {
        0..=2 => SittingCommand::CallItem { case },
        3 => SittingCommand::CallOffAgenda { case, objections: Vec::new() },
        4 => SittingCommand::Vote { case, vote, override_reason: String::new() },
        5 | 6 => SittingCommand::Unanimous { case, override_reason: String::new() },
        7 | 8 => SittingCommand::Proclaim { case },
        9 | 10 => SittingCommand::VoteImmediate { case, vote, reasons: reason },
        11 | 12 => SittingCommand::Leave { person, why: Leaving::Left },
        13 | 14 => SittingCommand::Enter { person, remote: choice % 3 == 0 },
        15 => {
            let stances = [ConflictStance::Stays, ConflictStance::Leaves];
            let stance = stances[usize::from(choice) % 2];
            SittingCommand::DeclareConflict { case, person, stance, reason }
        }
        16 => SittingCommand::CorrectVote { case, vote, reason },
        17 => SittingCommand::CorrectProclamation { case, vote, present: None, reason },
        18 => SittingCommand::CorrectPresence {
            person,
            present: choice % 2 == 0,
            remote: choice % 5 == 0,
            reason,
        },
        19 => SittingCommand::Postpone { case, reason, next_sitting: None },
        20 => SittingCommand::Suspend { reason },
        21 => SittingCommand::Resume { present: connected(&some(&members, choice | 0x3ff), which) },
        22 => return amend_or_opine(desk, &case, choice),
        _ if choice % 6 == 0 => SittingCommand::Close,
        _ => SittingCommand::ReplaceVerbalizer { case, person, reason },
    };
    drop(desk.sitting(recorder(who), "s", command));
}

fn amend_or_opine(desk: &mut Desk, case: &str, choice: u16) {
    let kinds = [OpinionKind::Technical, OpinionKind::Accounting, OpinionKind::Legitimacy];
    match choice % 4 {
        3 => {
            let mut content = desk.of(case).content.clone();
            content.text.push_str(" Emendato.");
            let formal = choice % 8 == 3;
            if !formal {
                content.gates.effects = money();
            }
            let case = case.to_owned();
            let amend = SittingCommand::Amend { case, content, formal, paper: None };
            drop(desk.record_in("s", amend));
        }
        _ => {
            for (kind, giver) in kinds.into_iter().zip(["dir_area", "ragioniere", "segretario"]) {
                let office = if kind == OpinionKind::Technical { "area" } else { "" };
                drop(desk.opinion(giver, case, (kind, office), OpinionOutcome::Favourable, ""));
            }
        }
    }
}

/// I4: declared on its own open ballot, by the majority of the members, with its reasons.
fn check_immediate(case: &delibera::domain::case::Case) {
    let Some(immediate) = case.immediate.as_ref().filter(|i| i.declared) else { return };
    let n = case.treatment.as_ref().unwrap().in_office();
    assert!(case.is_adopted() && !immediate.reasons.trim().is_empty(), "I4");
    assert!(u32::try_from(immediate.ballot.favour.len()).unwrap() > n / 2, "I4");
    assert_eq!(immediate.ballot.totals, None, "the second ballot is open");
}

/// What must hold after every act.
fn check(desk: &Desk) {
    let sitting = desk.held("s");
    // I1: gapless.
    for ((register, year), numbers) in by_register(&desk.numbers) {
        let first = numbers[0];
        let expected: Vec<i64> = (first..).take(numbers.len()).collect();
        assert_eq!(numbers, expected, "I1 {register}/{year}");
    }
    for case in CASES.iter().map(|id| desk.of(id)) {
        let adopted = case.treatment.as_ref();
        check_immediate(case);
        let Some(treatment) = adopted else { continue };
        let rows = &treatment.members;
        let here = |p: &str| rows.iter().any(|m| m.person == p && m.present);
        let ballot = treatment.ballot.as_ref().unwrap();
        let named = [&ballot.favour, &ballot.against, &ballot.abstained];
        // Printed presence and named votes cannot contradict each other.
        let cast = ballot.totals.map_or(0, |t| t.favour + t.against + t.blank + t.void);
        let names: usize = named.iter().map(|n| n.len()).sum();
        assert!(ballot.totals.is_none() || (names == 0 && ballot.casting.is_none()), "R3.8");
        let most = treatment.present() - u32::try_from(ballot.conflicted.len()).unwrap();
        assert!(cast <= most, "more ballots than voters: {ballot:?}");
        let names = if ballot.totals.is_some() { usize::try_from(most).unwrap() } else { names };
        let counted = names + ballot.conflicted.len();
        assert_eq!(counted, usize::try_from(treatment.present()).unwrap(), "presence {ballot:?}");
        assert!(named.iter().copied().flatten().all(|p| here(p)), "a voter was not there");
        let left = rows.iter().filter(|m| !m.present && m.conflict.is_some()).count();
        let counts = desk.size == Size::Large;
        let quorum_of = treatment.present() + if counts { u32::try_from(left).unwrap() } else { 0 };
        assert!(quorum_of >= treatment.quorum, "no proclamation without quorum");
        assert!(here(&treatment.president.person), "I8 president {:?}", treatment.president);
        let president = rows.iter().find(|m| m.person == treatment.president.person).unwrap();
        assert_eq!(president.conflict, None, "who must abstain does not preside");
        let in_seat = desk.world.regulation(treatment.date).unwrap();
        let in_seat = in_seat.remote_president_must_be_in_seat;
        assert!(!(in_seat && president.remote), "R3.10: the chair is in the seat");
        let sindaco = rows.iter().find(|m| m.person == "sindaco").unwrap();
        let able = sindaco.present && sindaco.conflict.is_none() && !(in_seat && sindaco.remote);
        assert_eq!(president.person == "sindaco", able, "R3.3: the Sindaco when he can");
        assert_eq!(treatment.president_reason.is_empty(), able, "{}", treatment.president_reason);
        let his = match ballot.casting {
            Some(Casting::Favour) => ballot.favour.contains(&president.person),
            Some(Casting::Against) => ballot.against.contains(&president.person),
            None => true,
        };
        assert!(his, "R3.7: {ballot:?} presided by {}", president.person);
        for gone in rows.iter().filter(|m| m.conflict == Some(ConflictStance::Leaves)) {
            assert!(!gone.present && gone.left.is_some(), "left and yet there: {gone:?}");
        }
        if rows.iter().any(|m| m.person == treatment.verbalizer.person) {
            assert!(here(&treatment.verbalizer.person), "I8 verbalizer");
        }
        let count = ballot.count(0, 0, 0);
        let prevails = ballot.casting == Some(Casting::Favour) && count.favour == count.against;
        let approved = count.favour > count.against || prevails;
        assert!(!treatment.outcome.is_approval() || approved, "approved by fewer");
        // I5, I9.
        if treatment.outcome.is_approval() && treatment.anomalies.is_empty() {
            let regulation = desk.world.regulation(treatment.date).unwrap();
            opinions_stand(case, &treatment.hash, &regulation);
        }
    }
    let open = sitting.items.iter().filter(|i| i.called.is_some() && i.outcome.is_none()).count();
    assert!(open <= 1, "one item at a time");
    present_once(sitting);
}

fn opinions_stand(
    case: &delibera::domain::case::Case,
    voted: &str,
    regulation: &delibera::domain::regulation::Regulation,
) {
    let mut hashes: Vec<&str> = Vec::new();
    let from = case.versions.iter().position(|v| v.hash == voted).unwrap();
    for version in case.versions[..=from].iter().rev() {
        hashes.push(&version.hash);
        if !matches!(version.change, Some(Change::Formal { .. })) {
            break;
        }
    }
    for kind in [OpinionKind::Technical, OpinionKind::Accounting, OpinionKind::Legitimacy] {
        for need in
            delibera::domain::case::needs(&case.content, kind, regulation).unwrap_or_default()
        {
            let stands = case.opinions.iter().any(|o| {
                o.opinion == need.opinion
                    && o.office == need.office
                    && hashes.contains(&o.hash.as_str())
            });
            assert!(stands, "I5/I9 {need:?}");
        }
    }
}

fn present_once(sitting: &Sitting) {
    let mut now: Vec<&str> = sitting.present_now().map(|i| i.person.as_str()).collect();
    now.sort_unstable();
    let before = now.len();
    now.dedup();
    assert_eq!(now.len(), before, "present twice");
    if sitting.status == Status::Open {
        assert!(
            sitting.is_present(&sitting.president()),
            "an open sitting has its president there"
        );
        let last = sitting.presidencies().pop().unwrap().chair;
        assert_eq!(Some(last), sitting.chair(), "told over the sitting, and now: the same chair");
    }
}

/// I2, I10 and the jobs: what is recorded stays, folds to the state, and owes what it owes.
fn check_log(desk: &Desk) {
    let replayed = desk.replayed();
    assert_eq!(format!("{:?}", replayed.cases), format!("{:?}", desk.world.cases), "I10");
    assert_eq!(format!("{:?}", replayed.sittings), format!("{:?}", desk.world.sittings), "I10");
    for recorded in &desk.log {
        let owed = match &recorded.fact {
            Fact::Case(_, CaseEvent::PaperOwed(plan))
            | Fact::Sitting(_, SittingEvent::PaperOwed(plan)) => &plan.key,
            _ => continue,
        };
        let job = desk.jobs.iter().any(|j| j.kind == "paper" && j.payload["key"] == *owed);
        assert!(job, "nobody composes {owed}");
    }
    for case in CASES.iter().map(|id| desk.of(id)) {
        let mut keys: Vec<&String> = case.papers.iter().map(|p| &p.plan.key).collect();
        let before = keys.len();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), before, "two papers with one key");
        if case.ending.is_none() && case.treatment.is_some() {
            assert!(
                case.act_number(&desk.world.workflow(case).unwrap()).is_some_and(|n| n.number > 0)
                    || desk.size == Size::Small
            );
        }
    }
}

/// One whole sitting; answers how many items were proclaimed.
fn whole_sitting((large, mixed, far): (bool, bool, u8), absent: u16, draws: Vec<Draw>) -> usize {
    let size = if large { Size::Large } else { Size::Small };
    let mut desk = base(Kind { size, mixed });
    let members = desk.size.members();
    let there = |i: usize| (absent >> i) & 3 != 0;
    let present: Vec<String> =
        members.iter().enumerate().filter(|(i, _)| there(*i)).map(|(_, p)| p.clone()).collect();
    let open = SittingCommand::Open {
        present: connected(&present, if mixed { far } else { 0 }),
        verbalizer: None,
        verbalizer_remote: false,
        assisting: Vec::new(),
    };
    if desk.sitting("segretario", "s", open).is_ok() {
        for draw in draws {
            play(&mut desk, draw);
            check(&desk);
        }
        drop(desk.close("s"));
        check(&desk);
        let sitting = desk.held("s");
        let ended = sitting.items.iter().all(|i| i.outcome.is_some());
        assert!(ended || sitting.status != Status::Closed);
    }
    check_log(&desk);
    CASES.iter().filter(|id| desk.of(id).treatment.is_some()).count()
}

#[test]
fn random_sittings_keep_the_invariants() {
    let config =
        ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() };
    let proclaimed = std::cell::Cell::new(0);
    let draws = prop::collection::vec(any::<Draw>(), 20..40);
    proptest::test_runner::TestRunner::new(config)
        .run(&(any::<(bool, bool, u8)>(), any::<u16>(), draws), |(kind, absent, draws)| {
            proclaimed.set(proclaimed.get() + whole_sitting(kind, absent, draws));
            Ok(())
        })
        .unwrap();
    assert!(proclaimed.get() > 500, "the draws reach the end: {}", proclaimed.get());
}

fn posted() -> Desk {
    static DESK: OnceLock<Desk> = OnceLock::new();
    let made = || {
        let mut desk = Desk::large();
        let content = desk.content();
        desk.posted("a", content.clone(), false);
        desk.posted("b", content, true);
        desk
    };
    DESK.get_or_init(made).clone()
}

fn rank(state: Efficacy) -> u8 {
    match state {
        Efficacy::None => 0,
        Efficacy::ImmediatelyEnforceable => 1,
        Efficacy::Effective => 2,
        Efficacy::Suspended | Efficacy::Ceased => 3,
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 500,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// I3, I7, I6: efficacy never goes back while nobody touches the act; shown exactly in its
    /// days.
    #[test]
    fn efficacy_and_albo_follow_the_terms(
        outages in prop::collection::vec((0i64..20, 0u8..24), 0..4),
        probe in 0i64..60,
    ) {
        let mut desk = posted();
        for (after, hours) in outages {
            let lost = day("2024-05-06") + chrono::Duration::days(after);
            desk.at(&format!("{} 08:00", lost + chrono::Duration::days(1)));
            let command = CaseCommand::RecordOutage { day: lost, visible_hours: hours };
            drop(desk.case("albo", "a", command));
        }
        for id in ["a", "b"] {
            let case = desk.of(id);
            let terms = terms_of(case).unwrap();
            let mut last = 0;
            for offset in 0..60 {
                let on = day("2024-05-06") + chrono::Duration::days(offset);
                let now = rank(efficacy(case, on).0);
                prop_assert!(now >= last, "went back on {on}");
                prop_assert_eq!(now == 2, on >= terms.effective_on);
                last = now;
            }
            let at = rome_midnight(day("2024-05-06") + chrono::Duration::days(probe));
            let posting = case.posting.as_ref().unwrap();
            let shown = posting.at <= at && at < rome_midnight(terms.off_on);
            prop_assert_eq!(on_albo(case, at), shown);
        }
    }
}
