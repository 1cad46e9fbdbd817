// SPDX-License-Identifier: AGPL-3.0-or-later
//! A sitting of the sample: its notice, its agenda, its minutes.

use super::*;
use crate::law::presidency::PresidencyOrder;
use crate::sitting::{Attendance, Leaving, Member, RollCall, SittingCommand};

/// A sitting with a late arrival, a lost line, a suspension; its notice and its minutes.
pub fn all(papers: &mut Vec<PaperFacts>) -> Result<(), Refusal> {
    let mut story = Story::new();
    story.submitted("a7", 1727, &content()).submitted("a8", 1728, &content());
    let time = NaiveTime::from_hms_opt(11, 0, 0).unwrap_or_default();
    let scheduled = SittingEvent::Scheduled {
        organ: "giunta".into(),
        date: date(7, 24),
        time,
        place: String::new(),
        mode: Mode::Mixed,
    };
    story.sitting("s1", at(7, 20, 9, 0), &scheduled);
    for case in ["a7", "a8"] {
        let item = SittingEvent::ItemAdded { case: case.into(), subject: content().subject };
        story.sitting("s1", at(7, 20, 9, 5), &item);
    }
    let convene = SittingCommand::Convene { paper: None };
    papers.extend(carried_by_sitting("s1", &convene, &ctx("m01", at(7, 22, 9, 0)), &story.world)?);
    let by = story.signer("m01", Role::Sindaco, at(7, 22, 9, 0));
    story.sitting(
        "s1",
        at(7, 22, 9, 0),
        &SittingEvent::Convened { version: 1, by, paper: signed("m01") },
    );
    papers.extend(carried_by_sitting("s1", &convene, &ctx("m01", at(7, 23, 9, 0)), &story.world)?);
    let remove = SittingCommand::RemoveItem {
        case: "a8".into(),
        reason: "in attesa del parere della Soprintendenza".into(),
        paper: None,
    };
    papers.extend(carried_by_sitting("s1", &remove, &ctx("m05", at(7, 23, 9, 0)), &story.world)?);
    replaced(&story, papers)?;
    deserted(papers)?;
    held(&mut story);
    let slots = super::stories::final_slots(&story);
    for (kind, slots) in [
        (PaperKind::EsitiSeduta, seal()),
        (PaperKind::Brogliaccio, Vec::new()),
        (PaperKind::VerbaleSeduta, slots),
    ] {
        let plan = PaperPlan { key: kind.token(), kind, slots, about: String::new() };
        story.sitting("s1", at(7, 24, 12, 30), &SittingEvent::PaperOwed(plan.clone()));
        papers.push(sitting_paper("s1", &plan, &story.world)?);
    }
    Ok(())
}

/// The notices that take the place of the one sent: the sitting moves, the sitting is not held.
fn replaced(story: &Story, papers: &mut Vec<PaperFacts>) -> Result<(), Refusal> {
    let reason = "concomitante convocazione del Consiglio comunale".to_owned();
    let moved = SittingCommand::Move {
        date: date(7, 25),
        time: NaiveTime::from_hms_opt(9, 30, 0).unwrap_or_default(),
        place: String::new(),
        mode: Some(Mode::InSeat),
        reason: reason.clone(),
        paper: None,
    };
    let cancelled = SittingCommand::Cancel { reason, paper: None };
    for command in [moved, cancelled] {
        let by = ctx("m01", at(7, 23, 10, 0));
        papers.extend(carried_by_sitting("s1", &command, &by, &story.world)?);
    }
    Ok(())
}

/// A sitting nobody but three came to, and its minutes.
fn deserted(papers: &mut Vec<PaperFacts>) -> Result<(), Refusal> {
    let mut story = Story::new();
    let scheduled = SittingEvent::Scheduled {
        organ: "giunta".into(),
        date: date(7, 31),
        time: NaiveTime::from_hms_opt(11, 0, 0).unwrap_or_default(),
        place: String::new(),
        mode: Mode::InSeat,
    };
    let when = at(7, 31, 12, 5);
    let here = |p: &str| Attendance { person: p.into(), remote: false };
    let present = ["m02", "m04", "m09"].map(here).to_vec();
    let mut roll = roll_call(&story, present, when);
    roll.verbalizer_remote = false;
    let president = story.signer("m02", Role::Vicesindaco, when);
    let verbalizer = story.signer("vsg", Role::Segretario, when);
    let slots = vec![slot("firma_presidente", president), slot("firma_verbalizzante", verbalizer)];
    let kind = PaperKind::VerbaleSeduta;
    let plan = PaperPlan { key: kind.token(), kind, slots, about: String::new() };
    story
        .sitting("s2", at(7, 26, 9, 0), &scheduled)
        .sitting("s2", when, &SittingEvent::Deserted(roll))
        .sitting("s2", when, &SittingEvent::PaperOwed(plan.clone()));
    papers.push(sitting_paper("s2", &plan, &story.world)?);
    Ok(())
}

/// Opens, treats two items and closes the sitting.
pub fn held(story: &mut Story) {
    let opening = at(7, 24, 11, 0);
    let present: Vec<Attendance> = presence(&["m01", "m07", "m13"])
        .iter()
        .filter(|m| m.present)
        .map(|m| Attendance { person: m.person.clone(), remote: m.remote })
        .collect();
    let opened = SittingEvent::Opened(roll_call(story, present, opening));
    let case = || "a7".to_owned();
    let rows = presence(&["m01", "m03", "m07"]);
    let ballot = vote(&rows, &["m04"], &[]);
    let called = |case: &str| SittingEvent::ItemCalled {
        case: case.into(),
        off_agenda: false,
        subject: String::new(),
    };
    let closed = |case: &str, outcome, number, reason: &str| SittingEvent::ItemClosed {
        case: case.into(),
        outcome,
        number,
        reason: reason.into(),
        to: None,
    };
    story
        .sitting("s1", opening, &opened)
        .sitting(
            "s1",
            at(7, 24, 11, 10),
            &SittingEvent::Entered { person: "m13".into(), remote: false },
        )
        .sitting(
            "s1",
            at(7, 24, 11, 20),
            &SittingEvent::Left { person: "m03".into(), why: Leaving::LineLost },
        )
        .sitting("s1", at(7, 24, 11, 30), &called("a7"))
        .sitting(
            "s1",
            at(7, 24, 11, 35),
            &SittingEvent::Voted { case: case(), ballot: ballot.clone(), anomalies: Vec::new() },
        )
        .sitting("s1", at(7, 24, 11, 36), &closed("a7", ItemOutcome::Approved, Some(846), ""))
        .sitting(
            "s1",
            at(7, 24, 11, 37),
            &SittingEvent::ImmediateVoted { case: case(), ballot, declared: true },
        )
        .sitting(
            "s1",
            at(7, 24, 11, 40),
            &SittingEvent::Suspended { reason: "per una verifica tecnica".into() },
        )
        .sitting("s1", at(7, 24, 11, 50), &called("a8"))
        .sitting(
            "s1",
            at(7, 24, 11, 55),
            &closed("a8", ItemOutcome::Postponed, None, "alla prossima seduta"),
        )
        .sitting("s1", at(7, 24, 12, 20), &SittingEvent::Closed {});
}

/// The roll call of the sample.
pub fn roll_call(story: &Story, present: Vec<Attendance>, at: DateTime<Utc>) -> RollCall {
    RollCall {
        members: members(),
        seats: 13,
        quorum: 7,
        present,
        presidency_order: PresidencyOrder::ListOrder,
        chair_in_seat: false,
        verbalizer: story.signer("vsg", Role::Segretario, at),
        verbalizer_remote: true,
        assisting: vec![story.signer("dg", Role::DirettoreGenerale, at)],
        regulation: String::new(),
    }
}

/// The members in office at the opening.
pub fn members() -> Vec<Member> {
    let member = |(rank, (person, name, title)): (u32, (&str, &str, &str))| Member {
        person: person.into(),
        name: name.into(),
        title: title.into(),
        role: match rank {
            0 => Role::Sindaco,
            1 => Role::Vicesindaco,
            _ => Role::Assessore,
        },
        rank,
        born: None,
        fiscal_code: String::new(),
        act: String::new(),
    };
    (0..).zip(MEMBERS).map(member).collect()
}
