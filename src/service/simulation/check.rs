// SPDX-License-Identifier: AGPL-3.0-or-later
//! What must hold after every gesture, and at the end of the story.

use super::people::postings;
use super::town::{Answer, key_of};
use super::{Broken, Town, room};
use crate::domain::case::capigruppo::listed_since_posting;
use crate::domain::case::{
    Case, CaseEvent, Change, Efficacy, Ending, effective_on, efficacy, needs, on_albo, terms_of,
};
use crate::domain::changes::Fact;
use crate::domain::effects::{case_rows, sitting_rows};
use crate::domain::law::calendar::{rome_instant, rome_midnight};
use crate::domain::papers::{PaperKind, PaperState};
use crate::domain::rows::Row;
use crate::domain::stream::StreamId;
use crate::domain::workflow::{Lifecycle, OpinionKind, Step, StepKind};
use crate::domain::world::World;
use crate::service::verify::Expected;
use chrono::{NaiveTime, TimeDelta};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Gestures of one life before it is led to its end.
const GESTURES: usize = 900;
/// Gestures in which everything must then come to an end.
const PATIENCE: usize = 4_000;

type Checked = Result<(), String>;

fn must(holds: bool, what: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(what()) }
}

impl Town {
    /// Lives until so many acts were begun, then leads each to its end and looks back.
    ///
    /// # Errors
    /// Something that must never be.
    pub fn live(&mut self, cases: usize) -> Result<(), Broken> {
        for _ in 0..GESTURES {
            self.now += TimeDelta::minutes(1 + self.chance.below(20) as i64);
            self.mishaps();
            if let Some(next) = self.next_move(cases) {
                self.try_move(&next)?;
            }
            if self.chance.percent(45) {
                let most = 1 + self.chance.below(30);
                self.work(most)?;
            }
            if self.chance.percent(4) {
                // The evening, and the morning after.
                self.work(usize::MAX)?;
                self.now += TimeDelta::hours(15);
            }
        }
        self.reach_the_end()?;
        self.tally.cases += self.world.cases.len() as u64;
        self.look_back().map_err(|what| self.broken(what))
    }

    /// Somebody does something; who gets no answer does it again.
    fn try_move(&mut self, next: &super::Move) -> Result<bool, Broken> {
        for _ in 0..6 {
            match self.act(&next.actor, &next.command, next.happened)? {
                Answer::Done(_) => return Ok(true),
                Answer::Refused(refusal) => {
                    self.last_no = format!("{}: {}", refusal.code, refusal.text);
                    return Ok(false);
                }
                Answer::Lost | Answer::Moved => {}
            }
        }
        Ok(false)
    }

    /// The clock, the disk, the authority of time.
    fn mishaps(&mut self) {
        match self.chance.below(1000) {
            0..=1 => {
                self.fault("orologio in avanti");
                self.now += TimeDelta::days(3);
            }
            2..=3 => {
                self.fault("orologio indietro");
                self.now -= TimeDelta::hours(2);
            }
            4..=5 => self.disk_full = 3,
            6..=7 => self.no_stamps_until = self.now + TimeDelta::days(7),
            _ => {}
        }
    }

    /// Nothing goes wrong any more: every act must still be able to come to an end.
    fn reach_the_end(&mut self) -> Result<(), Broken> {
        self.calm = true;
        let cases = self.world.cases.len();
        for n in 0..PATIENCE {
            while self.work(usize::MAX)? > 0 {}
            let open = |case: &&Arc<Case>| case.ending.is_none();
            let papers = |case: &Case| case.open_papers().next().is_some();
            let left = self.world.cases.values().filter(open).count();
            let unsigned = self.world.cases.values().filter(|case| papers(case)).count();
            if left == 0 && unsigned == 0 && self.quiet() {
                return Ok(());
            }
            self.now += TimeDelta::minutes(7);
            let moved = match self.next_move(cases) {
                Some(next) => self.try_move(&next)?,
                None => false,
            };
            if !moved && n % 4 == 3 {
                // Nobody can do anything today.
                self.now += TimeDelta::hours(16);
            }
        }
        let stuck = self.world.cases.values().find(|c| c.ending.is_none());
        let what = stuck.map_or_else(
            || self.unfinished(),
            |case| {
                format!(
                    "{} non arriva a una fine: è al passo «{}»; l'ultimo rifiuto fu {}",
                    case.id, case.step, self.last_no
                )
            },
        );
        Err(self.broken(what))
    }

    /// Nothing is left in the queue but what waits for another day.
    fn quiet(&self) -> bool {
        self.jobs.values().all(|queued| queued.ended.is_some() || queued.next_at > self.now)
    }

    fn unfinished(&self) -> String {
        let paper = self.world.cases.values().find_map(|case| {
            case.open_papers().next().map(|p| format!("{}, {}", case.id, p.plan.key))
        });
        paper.map_or_else(
            || "la coda non si vuota".to_owned(),
            |paper| format!("il documento {paper} non si completa mai"),
        )
    }

    /// After a gesture: the acts it touched.
    pub(super) fn check_facts(&mut self, before: &World, facts: &[Fact]) -> Result<(), Broken> {
        let (mut acts, mut held) = (BTreeSet::new(), BTreeSet::new());
        for fact in facts {
            match fact {
                Fact::Case(id, _) => _ = acts.insert(id),
                Fact::Sitting(id, _) => _ = held.insert(id),
                Fact::Registry(_) => {}
            }
        }
        let mut checked = Ok(());
        for id in held {
            let after = self.world.sittings.get(id).map_or(&[][..], |held| &held.papers);
            let papers = before.sittings.get(id).map_or(&[][..], |held| &held.papers);
            checked = checked.and_then(|()| unchanged(id, papers, after));
        }
        for id in acts {
            let Some(case) = self.world.cases.get(id) else { continue };
            let papers = before.cases.get(id).map_or(&[][..], |case| &case.papers);
            checked = checked
                .and_then(|()| unchanged(id, papers, &case.papers))
                .and_then(|()| immediate(case))
                .and_then(|()| treated(case, &self.world))
                .and_then(|()| shown(case, self))
                .and_then(|()| numbered(case, &self.world));
        }
        for fact in facts {
            if let Fact::Case(id, CaseEvent::Posted(_)) = fact {
                let case = before.cases.get(id).map(AsRef::as_ref);
                checked = checked.and_then(|()| may_be_posted(case, id, &self.world));
            }
        }
        if self.chance.percent(10) {
            checked = checked.and_then(|()| self.rows_agree());
        }
        checked.map_err(|what| self.broken(what))
    }

    /// The rows of acts and sittings are what their facts give.
    fn rows_agree(&self) -> Checked {
        let cases = self.world.cases.values().flat_map(|case| case_rows(&self.world, case));
        let rows = cases.chain(self.world.sittings.values().flat_map(|held| sitting_rows(held)));
        for row in rows {
            let key = key_of(&row);
            let kept = self.rows.get(&key);
            must(kept == Some(&row), || format!("la riga {key} è {kept:?}, dai fatti {row:?}"))?;
        }
        Ok(())
    }

    /// The whole story, told again from its events.
    fn look_back(&mut self) -> Checked {
        let mut expected = Expected::default();
        for event in &self.events {
            expected.apply(event)?;
        }
        let same = |a: &World, b: &World| {
            format!("{:?}{:?}", a.cases, a.sittings) == format!("{:?}{:?}", b.cases, b.sittings)
        };
        must(same(&expected.world, &self.world), || "I10: rileggendo, lo stato è un altro".into())?;
        let wanted: BTreeMap<String, Row> =
            expected.rows().into_iter().map(|row| (key_of(&row), row)).collect();
        let taken = |row: &&Row| !matches!(row, Row::Task(task) if task.holder.is_empty());
        let stored = self.rows.values().filter(taken);
        for row in stored.clone() {
            let key = key_of(row);
            must(wanted.get(&key) == Some(row), || format!("la riga {key} non è dai fatti"))?;
        }
        must(stored.count() == wanted.len(), || "mancano righe".into())?;
        for (key, job) in &expected.jobs {
            let queued = self.jobs.get(key).map(|queued| &queued.job);
            must(queued == Some(job), || format!("il lavoro {key} è dovuto e non c'è"))?;
        }
        must(expected.jobs.len() == self.jobs.len(), || "lavori che nessun fatto deve".into())?;
        self.everything_done()?;
        self.lists_of_the_day()?;
        self.archive_holds()?;
        for case in self.world.cases.values() {
            let end = match (case.ending, &case.treatment) {
                (Some(Ending::Withdrawn), _) => "ritirata".to_owned(),
                (Some(Ending::Rejected), _) => "respinta".to_owned(),
                (Some(Ending::Archived), Some(t)) => {
                    format!("archiviata, {}", room::outcome(t.outcome))
                }
                (Some(Ending::Archived), None) => "archiviata".to_owned(),
                (None, _) => return Err(format!("{} non è finita", case.id)),
            };
            *self.tally.ends.entry(end).or_default() += 1;
        }
        Ok(())
    }

    /// Every notice is in the outbox once and was taken or is a dead letter in view; every paper is
    /// there.
    fn everything_done(&self) -> Checked {
        for queued in self.jobs.values() {
            let key = &queued.job.key;
            let later = queued.next_at > self.now;
            must(queued.ended.is_some() || later, || format!("il lavoro {key} non è mai finito"))?;
            let message = ["mail", "remind", "digest", "ratification"];
            if message.contains(&queued.job.kind.as_str()) && queued.ended == Some(true) {
                must(self.taken.contains_key(key), || {
                    format!("{key} è fatto e nessuno l'ha avuto")
                })?;
            }
        }
        for case in self.world.cases.values() {
            let owed = case.papers.iter().find(|p| p.sha256.is_none() && !p.dropped);
            must(owed.is_none(), || {
                format!("{}: nessuno compone {}", case.id, owed.map_or("", |p| &p.plan.key))
            })?;
        }
        Ok(())
    }

    /// I6: every posted act is on the list of its day, and a list names acts of its day only.
    fn lists_of_the_day(&self) -> Checked {
        for case in self.world.cases.values() {
            if let Some(posting) = &case.posting {
                must(listed_since_posting(case), || {
                    format!("I6: {} non è nell'elenco del {}", case.id, posting.day)
                })?;
            }
            for list in &case.lists {
                for id in &list.cases {
                    let named = self.world.cases.get(id);
                    let days = named.into_iter().flat_map(|c| {
                        c.annulled_postings
                            .iter()
                            .map(|(p, _)| p.day)
                            .chain(c.posting.as_ref().map(|p| p.day))
                    });
                    must(days.into_iter().any(|day| day == list.day), || {
                        format!(
                            "I6: {id} è nell'elenco del {} e non fu pubblicato allora",
                            list.day
                        )
                    })?;
                }
            }
        }
        Ok(())
    }
}

/// I2: a complete paper keeps its bytes.
fn unchanged(id: &str, before: &[PaperState], after: &[PaperState]) -> Checked {
    for paper in before.iter().filter(|p| p.is_complete() && !p.signed.is_empty()) {
        let now = after.iter().find(|p| p.plan.key == paper.plan.key);
        must(now.is_some_and(|now| now.sha256 == paper.sha256), || {
            format!("I2: {} di {id} è firmato e cambia", paper.plan.key)
        })?;
    }
    Ok(())
}

/// I4: its own open ballot, the majority of the members, its reasons.
fn immediate(case: &Case) -> Checked {
    let Some(second) = case.immediate.as_ref().filter(|second| second.declared) else {
        return Ok(());
    };
    let in_office = case.treatment.as_ref().map_or(0, |t| t.in_office());
    let favour = u32::try_from(second.ballot.favour.len()).unwrap_or_default();
    let good = case.is_adopted()
        && !second.reasons.trim().is_empty()
        && second.ballot.totals.is_none()
        && favour > in_office / 2;
    must(good, || format!("I4: {} è eseguibile senza i suoi voti", case.id))
}

/// I5, I8, I9: what a proclaimed act rests on.
fn treated(case: &Case, world: &World) -> Checked {
    let Some(treatment) = case.treatment.as_ref().filter(|t| !t.sitting.is_empty()) else {
        return Ok(());
    };
    let here = |p: &str| treatment.members.iter().any(|m| m.person == p && m.present);
    must(here(&treatment.president.person), || format!("I8: {} presiede da assente", case.id))?;
    let member = treatment.members.iter().any(|m| m.person == treatment.verbalizer.person);
    must(!member || here(&treatment.verbalizer.person), || {
        format!("I8: {} verbalizza da assente", case.id)
    })?;
    if !treatment.outcome.is_approval() || !treatment.anomalies.is_empty() {
        return Ok(());
    }
    let Ok(regulation) = world.regulation(treatment.date) else { return Ok(()) };
    let Some(from) = case.versions.iter().position(|v| v.hash == treatment.hash) else {
        return Err(format!("I9: {} è votato su un testo che non c'è", case.id));
    };
    let mut hashes: Vec<&str> = Vec::new();
    for version in case.versions[..=from].iter().rev() {
        hashes.push(&version.hash);
        if !matches!(version.change, Some(Change::Formal { .. })) {
            break;
        }
    }
    for kind in [OpinionKind::Technical, OpinionKind::Accounting, OpinionKind::Legitimacy] {
        for need in needs(&case.content, kind, &regulation).unwrap_or_default() {
            let stands = case.opinions.iter().any(|o| {
                (o.opinion, &o.office) == (need.opinion, &need.office)
                    && hashes.contains(&o.hash.as_str())
            });
            must(stands, || format!("I5/I9: {} è approvato senza {need:?}", case.id))?;
        }
    }
    Ok(())
}

/// I3, I7: efficacy and Albo follow the terms.
fn shown(case: &Case, town: &Town) -> Checked {
    let today = town.today();
    let (state, _) = efficacy(case, today);
    if state == Efficacy::Effective {
        let day = effective_on(case);
        must(day.is_some_and(|day| day <= today), || format!("I3: {} esecutiva prima", case.id))?;
        let posted = case.posting.is_some() || case.matured.is_some();
        must(posted, || format!("I3: {} esecutiva senza pubblicazione", case.id))?;
    }
    let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default();
    for days in [-1, 0, 9, 14, 15, 16, 30] {
        let at = rome_instant(today + TimeDelta::days(days), noon);
        let within = case.posting.as_ref().zip(terms_of(case)).is_some_and(|(posting, terms)| {
            posting.shown_from() <= at && at < rome_midnight(terms.off_on)
        });
        must(on_albo(case, at) == within, || {
            format!("I7: {} all'Albo fuori dal termine", case.id)
        })?;
    }
    Ok(())
}

/// One number of the act, one of the proposal, one of the Albo for each posting.
fn numbered(case: &Case, world: &World) -> Checked {
    let Ok(workflow) = world.workflow(case) else { return Ok(()) };
    let count = |register: &str| case.numbers.iter().filter(|n| n.register == register).count();
    let acts = workflow.act_register().map_or(0, count);
    must(acts <= 1, || format!("I1: {} ha {acts} numeri", case.id))?;
    let proposals = count(&workflow.proposal_register);
    must(proposals <= 1, || format!("I1: {} ha {proposals} numeri di proposta", case.id))?;
    let postings = postings(case);
    let albo = count(&workflow.albo_register);
    must(albo == postings, || {
        format!("{}: {albo} numeri d'Albo, {postings} pubblicazioni", case.id)
    })
}

/// No act is posted that was not voted, signed and reviewed.
fn may_be_posted(before: Option<&Case>, id: &str, world: &World) -> Checked {
    let Some(case) = before else { return Err(format!("{id} è pubblicato senza esistere")) };
    must(case.treatment.is_some(), || format!("{id} è pubblicato senza voto"))?;
    let Ok(workflow) = world.workflow(case) else {
        return Err(format!("{id} non ha procedimento"));
    };
    let of_data = |step: &&Step| {
        matches!(step.kind, StepKind::Review { lifecycle: Lifecycle::PrivacyReview, .. })
    };
    for step in workflow.steps.iter().filter(of_data) {
        let passed = case.reviews.iter().any(|r| r.step == step.name);
        must(passed, || format!("{id} è pubblicato senza «{}»", step.title))?;
    }
    let stream = StreamId::case(id);
    let signed = |p: &&PaperState| {
        matches!(p.plan.kind, PaperKind::Deliberazione | PaperKind::EstrattoVerbale)
    };
    let complete = case.papers.iter().filter(signed).any(|p| p.is_complete());
    must(complete, || format!("{stream} è pubblicato senza firme"))?;
    must(case.posting.is_none(), || format!("{stream} è pubblicato due volte"))
}
