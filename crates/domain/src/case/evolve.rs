// SPDX-License-Identifier: AGPL-3.0-or-later
//! Folding: what each fact makes of an act. It never refuses and never looks at a clock.

use super::{
    Case, CaseEvent, Change, DutyState, Ending, ImmediateBallot, Numbering, PassedReview, Replaced,
    Version, capigruppo, effective_on,
};
use crate::law::calendar::rome_date;
use crate::papers::{PaperState, Signature};
use crate::privacy::same;
use crate::sitting::ItemOutcome;
use chrono::{DateTime, Utc};

impl Case {
    /// Folds one event.
    pub fn evolve(&mut self, event: &CaseEvent, at: DateTime<Utc>, actor: &str) {
        self.version += 1;
        self.updated = Some(at);
        self.keep(event);
        match event {
            CaseEvent::Created { kind, workflow, content, earlier } => {
                self.earlier.clone_from(earlier);
                self.kind.clone_from(kind);
                self.workflow.clone_from(workflow);
                self.content = content.clone();
                self.creator = actor.to_owned();
            }
            CaseEvent::Edited { content } => self.content = content.clone(),
            CaseEvent::Submitted { version, hash, .. } => self.versions.push(Version {
                number: *version,
                content: self.content.clone(),
                hash: hash.clone(),
                change: None,
                at,
            }),
            CaseEvent::Revised { version, content, hash, change, .. } => {
                self.content = content.clone();
                if *change == Change::Substantial {
                    self.skipped.clear();
                }
                self.versions.push(Version {
                    number: *version,
                    content: content.clone(),
                    hash: hash.clone(),
                    change: Some(change.clone()),
                    at,
                });
            }
            CaseEvent::DepartureMotivated { reasons, answers } => {
                self.content.gates.departure = Some(reasons.clone());
                self.answered.clone_from(answers);
            }
            CaseEvent::Numbered { register, year, number, date, external } => {
                self.numbers.push(Numbering {
                    register: register.clone(),
                    year: *year,
                    number: *number,
                    date: *date,
                    external: *external,
                });
            }
            CaseEvent::StepEntered { step, deadline } => {
                self.step.clone_from(step);
                self.entered = self.version;
                self.deadline = *deadline;
            }
            CaseEvent::StepSkipped { step, reason } => {
                self.skipped.insert(step.clone(), reason.clone());
            }
            CaseEvent::OpinionGiven(opinion) => self.opinions.push(opinion.clone()),
            CaseEvent::FurtherOpinionRecorded(opinion) => self.further.push(opinion.clone()),
            CaseEvent::Returned { reasons, .. } => {
                self.returned = Some(reasons.clone());
                // A proposal that goes back while it is being signed is signed again when it returns.
                self.drop_proposals();
            }
            CaseEvent::ReworkStarted => {
                self.returned = None;
                self.skipped.clear();
            }
            other => self.evolve_sitting(other, at),
        }
    }

    /// Signed papers, before the event is folded: the revision signed upon is still there.
    fn keep(&mut self, event: &CaseEvent) {
        match event {
            CaseEvent::PaperSigned { key, sha256, assurance, .. } => {
                let Some(paper) = self.papers.iter().find(|p| p.plan.key == *key) else { return };
                let before = paper.sha256.as_deref();
                self.kept.signed(paper.plan.kind, before, sha256, assurance.as_ref());
            }
            CaseEvent::Augmented(step) => self.kept.augmented(step),
            other => {
                if let Some(paper) = other.carried() {
                    self.kept.carried(paper);
                }
            }
        }
    }

    fn evolve_sitting(&mut self, event: &CaseEvent, at: DateTime<Utc>) {
        match event {
            CaseEvent::ReviewPassed { step, by, note } => self.reviews.push(PassedReview {
                step: step.clone(),
                by: by.clone(),
                note: note.clone(),
                at,
            }),
            CaseEvent::PutOnAgenda { sitting } => self.sitting = Some(sitting.clone()),
            CaseEvent::RemovedFromAgenda { .. } => self.sitting = None,
            CaseEvent::Called { sitting } => self.sitting = Some(sitting.clone()),
            CaseEvent::NotVoted { treatment, .. } => {
                if treatment.outcome == ItemOutcome::TakenNote {
                    self.ending = Some(Ending::Archived);
                }
                self.not_voted.push(treatment.clone());
                self.sitting = None;
            }
            CaseEvent::Proclaimed { treatment, .. } => {
                if !treatment.outcome.is_approval() {
                    self.ending = Some(Ending::Rejected);
                }
                self.treatment = Some(treatment.clone());
            }
            CaseEvent::ProclamationCorrected { treatment, .. } => {
                self.ending = (!treatment.outcome.is_approval()).then_some(Ending::Rejected);
                if self.ending.is_some() {
                    self.immediate = None;
                }
                self.treatment = Some(treatment.clone());
            }
            CaseEvent::ImmediateVoted { ballot, declared, required, reasons, on } => {
                self.immediate = Some(ImmediateBallot {
                    ballot: ballot.clone(),
                    declared: *declared,
                    required: *required,
                    reasons: reasons.clone(),
                    on: *on,
                });
            }
            CaseEvent::PresentedAgain { by_case } => self.later.push(by_case.clone()),
            CaseEvent::Withdrawn { .. } => {
                self.withdrawn_on = Some(rome_date(at));
                self.ending = Some(Ending::Withdrawn);
                self.sitting = None;
                self.drop_proposals();
            }
            CaseEvent::Closed { .. } => self.ending = Some(Ending::Archived),
            other => self.evolve_after(other, at),
        }
    }

    /// The posting goes, with the days it lost; executivity that had matured stays (row 33).
    fn annul_posting(&mut self, reason: &str, was_effective: bool) {
        let on = effective_on(self).filter(|_| was_effective && self.matured.is_none());
        let named = self.posting.as_ref().map(|p| (p.year, p.number));
        self.matured = on.zip(named).or(self.matured);
        if let Some(posting) = self.posting.take() {
            let lost = std::mem::take(&mut self.outages);
            self.past_outages.insert((posting.year, posting.number), lost);
            self.annulled_postings.push((posting, reason.to_owned()));
        }
    }

    /// Another file is shown from now on; which one was shown before is kept (R6.6).
    fn replace_public_file(&mut self, old: &str, new: &str, reason: &str, at: DateTime<Utc>) {
        let Some(shown) = &mut self.posting else { return };
        shown.file = new.to_owned();
        let posting = (shown.year, shown.number);
        let (old, reason) = (old.to_owned(), reason.to_owned());
        self.replaced.push(Replaced { posting, old, reason, at });
    }

    fn evolve_after(&mut self, event: &CaseEvent, at: DateTime<Utc>) {
        match event {
            CaseEvent::Posted(posting) => {
                self.posting = Some(posting.clone());
                self.outages.clear();
                self.posting_ended = false;
                self.listed_before_posting = self.listed.len();
            }
            CaseEvent::OutageRecorded { day, visible_hours, .. } => {
                self.outages.insert(*day, *visible_hours);
            }
            CaseEvent::PostingAnnulled { reason, was_effective, .. } => {
                self.annul_posting(reason, *was_effective);
            }
            CaseEvent::PublicFileReplaced { old, new, reason } => {
                self.replace_public_file(old, new, reason, at);
            }
            CaseEvent::AvailabilityRecorded(found) => {
                self.availability.insert((found.year, found.number), found.clone());
            }
            CaseEvent::PersonalDataMarked(omission) => {
                self.cleared.retain(|c| !same(&c.text, &omission.text));
                self.omissions.retain(|o| !same(&o.text, &omission.text));
                self.omissions.push(omission.clone());
            }
            CaseEvent::PersonalDataCleared(clearance) => {
                self.omissions.retain(|o| !same(&o.text, &clearance.text));
                self.cleared.retain(|c| !same(&c.text, &clearance.text));
                self.cleared.push(clearance.clone());
            }
            CaseEvent::CopyRequested(copy) => self.copies.push(copy.clone()),
            CaseEvent::CapigruppoListed { day, serial } => self.listed.push((*day, *serial)),
            CaseEvent::CapigruppoSent { .. } | CaseEvent::CapigruppoTold { .. } => {
                capigruppo::evolve(&mut self.lists, event);
            }
            CaseEvent::PostingEnded { .. } => self.posting_ended = true,
            CaseEvent::ConditionMet { condition, on, .. } => {
                self.conditions_met.insert(*condition, *on);
            }
            CaseEvent::MemberReturned { sitting, person } => {
                let there = self.treatment.iter_mut().chain(&mut self.not_voted);
                let there = there.filter(|t| t.sitting == *sitting);
                there.for_each(|t| t.came_back(person, at));
            }
            CaseEvent::DutyRaised { duty, due } => {
                self.duties.insert(duty.clone(), DutyState { due: *due, settled: None, by: None });
            }
            CaseEvent::DutySettled { duty, done, note, on, by } => {
                if let Some(state) = self.duties.get_mut(duty) {
                    state.settled = Some((*done, *on, note.clone()));
                    state.by.clone_from(by);
                }
            }
            CaseEvent::ProtocolloRecorded(recorded) => self.protocollo.push(recorded.clone()),
            CaseEvent::ControlRequested(request) => self.control.push(request.clone()),
            CaseEvent::Touched { touch } => self.touches.push(touch.clone()),
            CaseEvent::TouchWithdrawn { by_case, reason } => {
                for touch in self.touches.iter_mut().filter(|t| t.by_case == *by_case) {
                    touch.until = touch.from.pred_opt();
                    touch.withdrawn.get_or_insert_with(|| reason.clone());
                }
            }
            CaseEvent::SuspensionLifted { from, source } => {
                self.lifted.push((*from, source.clone()));
            }
            other => evolve_papers(&mut self.papers, other, at),
        }
    }
}

fn evolve_papers(papers: &mut Vec<PaperState>, event: &CaseEvent, at: DateTime<Utc>) {
    let found =
        |papers: &mut Vec<PaperState>, key: &str| papers.iter().position(|p| p.plan.key == key);
    match event {
        CaseEvent::PaperOwed(plan) => papers.push(PaperState::owed(plan.clone(), at)),
        CaseEvent::PaperPrepared { key, facts, sha256, .. } => {
            if let Some(i) = found(papers, key) {
                papers[i].facts = Some(facts.clone());
                papers[i].sha256 = Some(sha256.clone());
            }
        }
        CaseEvent::PaperRecalled { key, .. } => {
            if let Some(i) = found(papers, key) {
                let plan = papers[i].plan.clone();
                papers[i] = PaperState::owed(plan, at);
            }
        }
        CaseEvent::PaperVoided { key, .. } => {
            if let Some(i) = found(papers, key) {
                papers[i].dropped = true;
            }
        }
        CaseEvent::PaperSigned { key, field, by, sha256, at, assurance } => {
            if let Some(i) = found(papers, key) {
                let worth = assurance.as_ref();
                papers[i].sign(Signature { field, by, sha256, at: *at, worth });
            }
        }
        CaseEvent::ImpedimentAttested { key, field, .. } => {
            if let Some(i) = found(papers, key) {
                papers[i].excused.push(field.clone());
            }
        }
        _ => {}
    }
}
