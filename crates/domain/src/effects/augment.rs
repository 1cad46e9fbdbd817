// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a signed paper owes: time-stamps and validation data up to the level of the policy, or to the
//! one it wanted when it was signed, then their renewal, for as long as the paper is kept (R9.2).

use super::{At, Job};
use crate::case::CaseEvent;
use crate::papers::{KeptPapers, PaperState, SignatureLevel, SignedForm};
use crate::sitting::SittingEvent;
use crate::stream::NewJob;
use crate::world::World;
use chrono::TimeDelta;

/// A time-stamp is renewed so long before its certificate expires.
const BEFORE_EXPIRY: TimeDelta = TimeDelta::days(90);
/// Renewals of the same paper are at least so far apart, however short the certificates last.
const BETWEEN_RENEWALS: TimeDelta = TimeDelta::days(1);
/// What was only half reached is tried again after this.
const HALF_WAY: TimeDelta = TimeDelta::hours(1);

/// What a fact of an act owes.
pub fn of_case(world: &World, id: &str, event: &CaseEvent, at: At<'_>, jobs: &mut Vec<NewJob>) {
    let Some(case) = world.cases.get(id) else { return };
    let document = match event {
        CaseEvent::PaperSigned { key, .. } => complete(case.paper(key)),
        CaseEvent::Augmented(step) => Some(step.document.as_str()),
        _ => None,
    };
    // The attestation of an impediment is signed itself, and may complete another paper.
    let excused = match event {
        CaseEvent::ImpedimentAttested { key, .. } => complete(case.paper(key)),
        _ => None,
    };
    // Nothing is appended to a container.
    let carried = event.carried().filter(|paper| paper.form == SignedForm::Pades);
    let carried = carried.map(|paper| paper.sha256.as_str());
    for document in [document, excused, carried].into_iter().flatten() {
        owe(world, &case.kept, document, at, jobs);
    }
}

/// What a fact of a sitting owes.
pub fn of_sitting(
    world: &World,
    id: &str,
    event: &SittingEvent,
    at: At<'_>,
    jobs: &mut Vec<NewJob>,
) {
    let Some(sitting) = world.sittings.get(id) else { return };
    let document = match event {
        SittingEvent::PaperSigned { key, .. } => {
            complete(sitting.papers.iter().find(|p| p.plan.key == *key))
        }
        SittingEvent::Augmented(step) => Some(step.document.as_str()),
        other => {
            let carried = other.carried().filter(|paper| paper.form == SignedForm::Pades);
            carried.map(|paper| paper.sha256.as_str())
        }
    };
    if let Some(document) = document {
        owe(world, &sitting.kept, document, at, jobs);
    }
}

/// The signed revision of a paper that waits for nobody.
fn complete(paper: Option<&PaperState>) -> Option<&str> {
    paper.filter(|p| p.is_complete() && !p.signed.is_empty()).and_then(|p| p.sha256.as_deref())
}

fn owe(world: &World, kept: &KeptPapers, document: &str, at: At<'_>, jobs: &mut Vec<NewJob>) {
    let Some(kept) = kept.get(document) else { return };
    let Ok(regulation) = world.regulation(at.day()) else { return };
    let wanted = kept.target(&regulation.signature_policy);
    let begun = kept.sha256 != document;
    let due = match (kept.level < wanted, kept.renew_by) {
        (true, _) if begun => at.recorded + HALF_WAY,
        (true, _) => at.recorded,
        (false, Some(expiry)) if wanted == SignatureLevel::Lta => {
            (expiry - BEFORE_EXPIRY).max(at.recorded + BETWEEN_RENEWALS)
        }
        (false, _) => return,
    };
    let job = Job::Augment { stream: at.stream.clone(), document: document.to_owned() };
    jobs.push(job.owed(at.key(&format!("augment:{document}")), due, at.stream));
}
