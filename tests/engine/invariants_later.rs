// SPDX-License-Identifier: AGPL-3.0-or-later
//! I2 and I6 on random lives of an act: what was signed stays as it was signed, and the list of a
//! day to the capigruppo holds the acts posted on that day, each once.

use crate::desk::{Desk, day, fiscal, rome};
use chrono::Duration;
use delibera::domain::case::capigruppo::listed_since_posting;
use delibera::domain::case::{CaseCommand, CaseEvent, Opinion};
use delibera::domain::changes::Fact;
use delibera::domain::command::Command;
use delibera::domain::papers::{PaperState, SignedPaper};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::OnceLock;

fn config() -> ProptestConfig {
    ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() }
}

const ACTS: [&str; 4] = ["a", "b", "c", "d"];

/// One act being signed as a proposal, one at its opinions, one signed by nobody yet, one by one.
fn papers() -> Desk {
    static DESK: OnceLock<Desk> = OnceLock::new();
    let made = || {
        let mut desk = Desk::large();
        let content = desk.content();
        desk.adopted("c", content.clone(), true);
        desk.adopted("d", content.clone(), false);
        desk.at("2024-05-07 09:00").submitted("b", content.clone());
        desk.create("a", content).unwrap();
        desk.case("rp", "a", CaseCommand::Submit).unwrap();
        desk.work();
        desk.sign("rp", "a", "proposta").unwrap();
        desk.sign("sindaco", "d", "deliberazione").unwrap();
        desk
    };
    DESK.get_or_init(made).clone()
}

const PEOPLE: [&str; 9] = [
    "rp",
    "dir_area",
    "ass1",
    "sindaco",
    "segretario",
    "segreteria",
    "ragioniere",
    "system",
    "albo",
];

/// What may befall the papers of an act: who, what, on which act, with which choices.
fn befall(desk: &mut Desk, (who, what, which, choice): (u8, u8, u8, u16)) -> bool {
    let actor = PEOPLE[usize::from(who) % PEOPLE.len()];
    let id = ACTS[usize::from(which) % 4];
    let papers = &desk.of(id).papers;
    if papers.is_empty() {
        return false;
    }
    let state = papers[usize::from(choice) % papers.len()].clone();
    let (paper_key, reason) = (state.plan.key.clone(), "per le ragioni dette".to_owned());
    let field = state.plan.slots.first().map(|s| s.field.clone()).unwrap_or_default();
    let base = state.sha256.clone().unwrap_or_default();
    let facts = state.facts.clone().unwrap_or_default();
    let other = format!("{:064x}", u64::from(choice) * 251 + u64::from(what));
    let command = match what % 14 {
        0..=3 => {
            let open = state.open_slots().find_map(|s| s.signer.clone());
            let signer = open.map_or(actor.to_owned(), |s| s.person);
            return desk.sign(&signer, id, &paper_key).is_ok();
        }
        4 => CaseCommand::RecallPaper { paper_key, reason },
        5 => CaseCommand::PreparePaper { paper_key, facts, sha256: other, pages: 2 },
        6 => CaseCommand::SealPaper { paper_key, field, base, sha256: other, assurance: None },
        7 => CaseCommand::AttestImpediment { paper_key, field, reason, paper: None },
        8 => CaseCommand::Return { office: "area".into(), reasons: reason, paper: None },
        9 => CaseCommand::Rework,
        10 => CaseCommand::Submit,
        11 => {
            let mut content = desk.of(id).content.clone();
            content.text.push_str(" Ancora.");
            CaseCommand::Revise { content, formal: choice % 2 == 0, paper: None }
        }
        12 => {
            // A signature of somebody else's bytes, or on a revision that is not the last.
            let fiscal_code = fiscal(actor);
            let kind = state.plan.kind;
            let paper = Some(SignedPaper {
                form: Default::default(),
                kind,
                facts,
                sha256: other.clone(),
                fiscal_code,
                assurance: None,
            });
            CaseCommand::Sign { paper_key, base: other, paper }
        }
        _ => CaseCommand::PassReview { note: reason },
    };
    desk.case(actor, id, command).is_ok()
}

type Kept = (BTreeMap<(String, String), PaperState>, BTreeMap<String, Vec<Opinion>>);

fn kept(desk: &Desk) -> Kept {
    let mut papers = BTreeMap::new();
    let mut opinions = BTreeMap::new();
    for id in ACTS {
        let case = desk.of(id);
        opinions.insert(id.to_owned(), case.opinions.clone());
        for paper in case.papers.iter().filter(|p| !p.signed.is_empty()) {
            papers.insert((id.to_owned(), paper.plan.key.clone()), paper.clone());
        }
    }
    (papers, opinions)
}

#[test]
fn i_2_no_transition_changes_what_was_signed() {
    let done = Cell::new(0);
    let draws = prop::collection::vec(any::<(u8, u8, u8, u16)>(), 10..40);
    TestRunner::new(config())
        .run(&draws, |draws| {
            let mut desk = papers();
            for draw in draws {
                let (papers, opinions) = kept(&desk);
                done.set(done.get() + usize::from(befall(&mut desk, draw)));
                if draw.1 % 5 == 0 {
                    desk.work();
                }
                for ((id, key), before) in papers {
                    let after = desk.of(&id).paper(&key).unwrap();
                    prop_assert_eq!(&after.facts, &before.facts, "I2 {} {}", id, key);
                    prop_assert!(after.signed.starts_with(&before.signed), "I2 {id} {key}");
                    if after.signed.len() == before.signed.len() {
                        prop_assert_eq!(&after.sha256, &before.sha256, "I2 {} {}", id, key);
                    }
                }
                for (id, before) in opinions {
                    prop_assert!(desk.of(&id).opinions.starts_with(&before), "I2 sheets of {id}");
                }
            }
            Ok(())
        })
        .unwrap();
    assert!(done.get() > 600, "the draws do something: {}", done.get());
}

/// Four acts signed and ready for the Albo on 6 May.
fn to_post() -> Desk {
    static DESK: OnceLock<Desk> = OnceLock::new();
    let made = || {
        let mut desk = Desk::large();
        for id in ACTS {
            let content = desk.content();
            desk.adopted(id, content, false);
            desk.at("2024-05-06 11:00").carry(id, "albo");
        }
        desk
    };
    DESK.get_or_init(made).clone()
}

fn list(desk: &mut Desk, on: chrono::NaiveDate, cases: Vec<String>) -> bool {
    let serial = 1;
    let sha256 = "e".repeat(64);
    desk.act("system", Command::ListCapigruppo { day: on, serial, cases, sha256 }).is_ok()
}

/// The acts a list of that day must name.
fn unlisted(desk: &Desk, on: chrono::NaiveDate) -> Vec<String> {
    let due = |id: &&str| {
        let case = desk.of(id);
        case.posting.as_ref().is_some_and(|p| p.day == on) && !listed_since_posting(case)
    };
    ACTS.into_iter().filter(due).map(|id| id.to_owned()).collect()
}

#[test]
fn i_6_the_list_of_a_day_has_the_acts_posted_that_day_each_once() {
    let (listed, refused) = (Cell::new(0), Cell::new(0));
    let draws = prop::collection::vec(any::<(u8, u8, u8)>(), 8..30);
    TestRunner::new(config())
        .run(&draws, |draws| {
            let mut desk = to_post();
            desk.now = rome("2024-05-06 12:00");
            for (what, which, mask) in draws {
                let id = ACTS[usize::from(which) % 4];
                let on = day("2024-05-06") + Duration::days(i64::from(mask % 4));
                match what % 6 {
                    0 | 1 => drop(desk.post(id)),
                    2 => {
                        let annul = CaseCommand::AnnulPosting { reason: "file errato".into() };
                        drop(desk.case("albo", id, annul));
                    }
                    3 => desk.now += Duration::hours(i64::from(which % 24)),
                    // Any list that is not made of acts of its day is refused, and made again.
                    4 => {
                        let some = (0..4).filter(|i| which >> i & 1 == 1);
                        let some: Vec<String> = some.map(|i| ACTS[i].to_owned()).collect();
                        let due = unlisted(&desk, on);
                        let right = !some.is_empty() && some.iter().all(|id| due.contains(id));
                        prop_assert_eq!(list(&mut desk, on, some), right, "I6 on {}", on);
                        refused.set(refused.get() + usize::from(!right));
                    }
                    _ => {
                        let due = unlisted(&desk, on);
                        prop_assert!(due.is_empty() || list(&mut desk, on, due), "I6 on {on}");
                    }
                }
            }
            for offset in 0..40 {
                let on = day("2024-05-06") + Duration::days(offset);
                let due = unlisted(&desk, on);
                prop_assert!(due.is_empty() || list(&mut desk, on, due), "I6 on {on}");
            }
            listed.set(listed.get() + each_once(&desk)?);
            Ok(())
        })
        .unwrap();
    assert!(listed.get() > 300 && refused.get() > 100, "{} {}", listed.get(), refused.get());
}

/// Reads the log: a list names an act only while it is posted with that D, and once for a posting;
/// nothing that is in the Albo was left out.
fn each_once(desk: &Desk) -> Result<usize, TestCaseError> {
    let mut posted: BTreeMap<&str, (chrono::NaiveDate, usize)> = BTreeMap::new();
    let mut lists = 0;
    for recorded in &desk.log {
        let Fact::Case(id, event) = &recorded.fact else { continue };
        match event {
            CaseEvent::Posted(posting) => drop(posted.insert(id, (posting.day, 0))),
            CaseEvent::PostingAnnulled { .. } => drop(posted.remove(id.as_str())),
            CaseEvent::CapigruppoListed { day, .. } => {
                let entry = posted.get_mut(id.as_str());
                let Some((start, times)) = entry else {
                    return Err(TestCaseError::fail(format!("I6: {id} was not posted")));
                };
                prop_assert_eq!(&*start, day, "I6 {}", id);
                *times += 1;
                prop_assert_eq!(*times, 1, "I6 {} twice", id);
                lists += 1;
            }
            _ => {}
        }
    }
    prop_assert!(posted.values().all(|(_, times)| *times == 1), "I6 left out: {posted:?}");
    Ok(lists)
}
