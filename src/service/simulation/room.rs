// SPDX-License-Identifier: AGPL-3.0-or-later
//! The sittings: calendar, agenda, members who come, leave and lose the line, votes of every kind.

use super::Town;
use super::people::Move;
use crate::domain::case::{Case, Ctx};
use crate::domain::changes::Changes;
use crate::domain::command::Command;
use crate::domain::law::calendar::rome_instant;
use crate::domain::offers::of_sitting;
use crate::domain::registry::Role;
use crate::domain::sitting::{
    Answer, Attendance, ConflictStance, Item, ItemOutcome, Leaving, Member, Mode, Sitting,
    SittingCommand as C, Status, VoteInput, members,
};
use crate::domain::workflow::StepKind;
use crate::domain::world::World;
use chrono::{NaiveTime, TimeDelta};

const REASON: &str = "per un supplemento di istruttoria";

impl Town {
    /// What somebody does about the sitting in course, or the next one.
    pub(super) fn in_the_room(&mut self) -> Option<Move> {
        let over = [Status::Closed, Status::Deserted, Status::Cancelled];
        let current = self.world.sittings.values().find(|s| !over.contains(&s.status)).cloned();
        let Some(sitting) = current else {
            return self.sign_minutes().or_else(|| self.schedule());
        };
        match sitting.status {
            Status::Open | Status::Suspended => self.held(&sitting),
            _ => self.prepared(&sitting),
        }
    }

    /// Who acts in a role today.
    pub(super) fn acting(&self, role: Role) -> Option<String> {
        self.world.registry.acting(role, None, self.today()).map(|who| who.person)
    }

    fn sitting(&self, actor: String, sitting: &Sitting, command: C) -> Option<Move> {
        Some(Move::now(actor, Command::Sitting { id: sitting.id.clone(), command }))
    }

    /// Papers of past sittings that wait for a signature.
    fn sign_minutes(&mut self) -> Option<Move> {
        let waiting = self.world.sittings.values().find_map(|sitting| {
            let ready = |p: &&crate::domain::papers::PaperState| p.sha256.is_some() && !p.dropped;
            sitting.papers.iter().filter(ready).find_map(|paper| {
                let signer = paper.open_slots().find_map(|slot| slot.signer.clone())?;
                let base = paper.sha256.clone().unwrap_or_default();
                let sign = C::Sign { paper_key: paper.plan.key.clone(), base, paper: None };
                Some((signer.person, sitting.id.clone(), sign))
            })
        });
        let (actor, id, command) = waiting?;
        Some(Move::now(actor, Command::Sitting { id, command }))
    }

    fn ready(&self) -> Vec<&Case> {
        let waits = |case: &&Case| {
            let workflow = self.world.workflow(case).ok();
            let step = workflow.as_ref().and_then(|w| w.step(&case.step));
            case.sitting.is_none()
                && case.ending.is_none()
                && case.returned.is_none()
                && step.is_some_and(|step| step.kind == StepKind::Agenda)
        };
        self.world.cases.values().map(AsRef::as_ref).filter(waits).collect()
    }

    fn schedule(&mut self) -> Option<Move> {
        let ready = self.ready().len();
        if ready == 0 || (ready < 3 && !self.calm && self.chance.percent(70)) {
            return None;
        }
        let id = format!("seduta-{}-{}", self.seed, self.world.sittings.len());
        let mode = match self.chance.below(3) {
            0 => Mode::Remote,
            1 => Mode::Mixed,
            _ => Mode::InSeat,
        };
        let date = self.today() + TimeDelta::days(2 + self.chance.below(3) as i64);
        let time = NaiveTime::from_hms_opt(9, 30, 0)?;
        let schedule =
            C::Schedule { organ: "giunta".into(), date, time, place: String::new(), mode };
        let who = [Role::Segreteria, Role::Sindaco, Role::Segretario];
        let who = self.chance.pick(&who).copied()?;
        Some(Move::now(self.acting(who)?, Command::Sitting { id, command: schedule }))
    }

    /// Before the sitting: agenda, convening, answers; then the hour comes.
    fn prepared(&mut self, sitting: &Sitting) -> Option<Move> {
        let ready: Vec<String> = self.ready().into_iter().map(|case| case.id.clone()).collect();
        let secretary = self.acting(Role::Segreteria)?;
        let (date, time) = (sitting.date?, sitting.time?);
        if let (Some(case), true) = (self.chance.pick(&ready).cloned(), self.chance.percent(60)) {
            return self.sitting(secretary, sitting, C::AddItem { case });
        }
        let cancel = C::Cancel { reason: REASON.into(), paper: None };
        let dice = if self.calm { 99 } else { self.chance.below(100) };
        match dice {
            0..=2 => {
                let cases = sitting.items.iter().rev().map(|item| item.case.clone()).collect();
                return self.sitting(secretary, sitting, C::Reorder { cases });
            }
            3..=5 => {
                let item = self.chance.pick(&sitting.items)?;
                let (case, reason) = (item.case.clone(), REASON.to_owned());
                let who = self.acting(Role::Sindaco)?;
                return self.sitting(who, sitting, C::RemoveItem { case, reason, paper: None });
            }
            6 => return self.sitting(self.acting(Role::Sindaco)?, sitting, cancel),
            7 | 8 => {
                let who = self.acting(Role::Sindaco)?;
                let (date, place, mode) = (date + TimeDelta::days(1), String::new(), None);
                let reason = REASON.to_owned();
                return self.sitting(
                    who,
                    sitting,
                    C::Move { date, time, place, mode, reason, paper: None },
                );
            }
            9..=15 => {
                let member = self.members().first()?.person.clone();
                return self.sitting(member, sitting, C::Answer { answer: Answer::Present });
            }
            _ => {}
        }
        let sent = sitting.items.iter().all(|item| item.sent_in.is_some());
        let hour = rome_instant(date, time);
        let presides = self.acting(Role::Sindaco).or_else(|| self.acting(Role::Vicesindaco));
        if sitting.status == Status::Scheduled || (!sent && self.now < hour) {
            let who = presides?;
            // Too late to convene, or nothing to convene for.
            let late = self.now >= hour || sitting.items.is_empty() || self.chance.percent(5);
            if sitting.status == Status::Scheduled && late {
                return self.sitting(who, sitting, cancel);
            }
            return self.sitting(who, sitting, C::Convene { paper: None });
        }
        if self.today() > date {
            // Nobody came on the day: it is revoked, and its acts wait for another one.
            return self.sitting(presides?, sitting, cancel);
        }
        if self.now < hour {
            self.now = hour + TimeDelta::minutes(self.chance.below(20) as i64);
        }
        let present = self.roll(sitting.mode, if self.calm { 100 } else { 80 });
        let who = self.acting(Role::Segretario)?;
        if dice < 18 {
            return self.sitting(who, sitting, C::Desert { present: Vec::new() });
        }
        let open =
            C::Open { present, verbalizer: None, verbalizer_remote: false, assisting: Vec::new() };
        self.sitting(who, sitting, open)
    }

    fn members(&self) -> Vec<Member> {
        let registry = self.world.registry.clone();
        let ctx = Ctx { actor: String::new(), now: self.now, happened: self.now };
        members(&Changes::new(World { registry, ..World::default() }, ctx), self.now)
    }

    /// Who answers the roll: each member so many times in a hundred.
    fn roll(&mut self, mode: Mode, times: usize) -> Vec<Attendance> {
        let today = self.today();
        let members = self.members();
        let here: Vec<Member> = members
            .into_iter()
            .filter(|m| !self.world.registry.is_absent(&m.person, today))
            .filter(|_| self.chance.percent(times))
            .collect();
        let far = |chance: &mut super::Chance| match mode {
            Mode::Remote => true,
            Mode::Mixed => chance.percent(30),
            Mode::InSeat => false,
        };
        here.into_iter()
            .map(|m| Attendance { person: m.person, remote: far(&mut self.chance) })
            .collect()
    }

    /// While it is held: who verbalizes takes it all down.
    fn held(&mut self, sitting: &Sitting) -> Option<Move> {
        let segretario = self.acting(Role::Segretario);
        let who = sitting.verbalizer.as_ref().map(|v| v.person.clone()).or(segretario)?;
        if !self.calm && self.chance.percent(12) {
            // One of everything that could be asked, asked by who records or by anyone there.
            let offers = of_sitting(&self.world, sitting, &sitting.members);
            let command = self.chance.pick(&offers)?.command.clone();
            let member = self.chance.pick(&sitting.members)?.person.clone();
            let actor = if self.chance.percent(70) { who } else { member };
            return self.sitting(actor, sitting, command);
        }
        if self.calm && self.chance.percent(15) {
            // What cannot go on is closed: what was not reached comes back another day.
            let absent = sitting.members.iter().find(|m| !sitting.is_present(&m.person));
            let enter = absent.map(|m| C::Enter { person: m.person.clone(), remote: false });
            let command = enter.filter(|_| self.chance.percent(60)).unwrap_or(C::Close);
            return self.sitting(who, sitting, command);
        }
        if sitting.status == Status::Suspended {
            let present = self.roll(sitting.mode, 95);
            return self.sitting(who, sitting, C::Resume { present });
        }
        if let Some(command) = self.comes_and_goes(sitting) {
            return self.sitting(who, sitting, command);
        }
        let item = sitting.under_discussion().cloned();
        let command = match item {
            Some(item) => self.on_item(sitting, &item)?,
            None => self.between_items(sitting),
        };
        self.sitting(who, sitting, command)
    }

    fn comes_and_goes(&mut self, sitting: &Sitting) -> Option<C> {
        if self.calm || !self.chance.percent(10) {
            return None;
        }
        let person = self.chance.pick(&sitting.members)?.person.clone();
        Some(match (sitting.is_present(&person), self.chance.below(4)) {
            (true, 0) => C::Leave { person, why: Leaving::LineLost },
            (true, 1) => {
                let (present, remote, reason) = (false, false, "era uscito".to_owned());
                C::CorrectPresence { person, present, remote, reason }
            }
            (true, _) => C::Leave { person, why: Leaving::Left },
            (false, n) => C::Enter { person, remote: n == 0 && sitting.mode != Mode::InSeat },
        })
    }

    fn between_items(&mut self, sitting: &Sitting) -> C {
        let last = sitting.item(&sitting.last_called);
        let approved = |item: &&Item| {
            item.outcome.is_some_and(|(outcome, _)| outcome.is_approval())
                && item.immediate.is_none()
        };
        if let Some(item) = last.filter(approved).filter(|_| self.chance.percent(45)) {
            let (case, reasons) = (item.case.clone(), "occorre provvedere subito".to_owned());
            return match self.chance.below(2) {
                0 => C::UnanimousImmediate { case, reasons },
                _ => C::VoteImmediate { case, vote: self.vote(sitting, item), reasons },
            };
        }
        let next = sitting.items.iter().find(|i| i.called.is_none() && i.outcome.is_none());
        if let Some(next) = next {
            return C::CallItem { case: next.case.clone() };
        }
        let ready: Vec<String> = self.ready().into_iter().map(|case| case.id.clone()).collect();
        match self.chance.pick(&ready).cloned().filter(|_| !self.calm) {
            Some(case) if self.chance.percent(40) => {
                C::CallOffAgenda { case, objections: Vec::new() }
            }
            _ => C::Close,
        }
    }

    fn on_item(&mut self, sitting: &Sitting, item: &Item) -> Option<C> {
        let case = || item.case.clone();
        let reason = || REASON.to_owned();
        if item.ballot.is_some() {
            if self.chance.percent(8) {
                let vote = self.vote(sitting, item);
                return Some(C::CorrectVote { case: case(), vote, reason: reason() });
            }
            return Some(C::Proclaim { case: case() });
        }
        // Who tries in vain to vote it gives it up: the organ decides another day.
        if self.calm && self.chance.percent(25) {
            return Some(C::Postpone { case: case(), reason: reason(), next_sitting: None });
        }
        let dice = if self.calm { 99 } else { self.chance.below(100) };
        Some(match dice {
            0..=5 => {
                let mut content = self.world.cases.get(&item.case)?.content.clone();
                content.text.push_str(" Emendato.");
                let formal = dice < 2;
                C::Amend { case: case(), content, formal, paper: None }
            }
            6..=9 => {
                let person = self.chance.pick(&sitting.members)?.person.clone();
                let stance = if dice == 6 { ConflictStance::Stays } else { ConflictStance::Leaves };
                C::DeclareConflict { case: case(), person, stance, reason: String::new() }
            }
            10..=13 => C::Postpone { case: case(), reason: reason(), next_sitting: None },
            14 | 15 => {
                let by = self.world.cases.get(&item.case)?.content.rapporteurs.first()?.clone();
                C::WithdrawItem { case: case(), by, reason: reason() }
            }
            16 => C::TakeNote { case: case() },
            17 => C::Suspend { reason: reason() },
            18..=20 if item.amended => C::SendBack { case: case(), reason: reason() },
            21..=60 => C::Unanimous { case: case(), override_reason: String::new() },
            _ => C::Vote {
                case: case(),
                vote: self.vote(sitting, item),
                override_reason: if dice < 65 { REASON.into() } else { String::new() },
            },
        })
    }

    /// A vote: names where it is open, totals where it is secret.
    fn vote(&mut self, sitting: &Sitting, item: &Item) -> VoteInput {
        let offered = of_sitting(&self.world, sitting, &sitting.members);
        let sample = offered.into_iter().find_map(|offer| match offer.command {
            C::Vote { vote, .. } | C::CorrectVote { vote, .. } => Some(vote),
            _ => None,
        });
        let mut vote =
            sample.unwrap_or_else(|| VoteInput { unanimous: true, ..VoteInput::default() });
        if self.calm || vote.totals.is_some() {
            return vote;
        }
        for voter in sitting.present_now().filter(|i| !item.must_abstain(&i.person)) {
            match self.chance.below(10) {
                0 => vote.against.push(voter.person.clone()),
                1 => vote.abstained.push(voter.person.clone()),
                _ => {}
            }
        }
        vote.unanimous = vote.against.is_empty() && vote.abstained.is_empty();
        vote
    }
}

/// An outcome as a tally names it.
pub(super) fn outcome(outcome: ItemOutcome) -> String {
    crate::domain::effects::token(&outcome)
}
