// SPDX-License-Identifier: AGPL-3.0-or-later
//! From facts to moments, from moments to mails: the workflow's notices say who is told what
//! (practice.md section 3), one message per person and fact.

use super::{At, Job, MailJob, digests};
use crate::case::{Case, CaseEvent, Change, Effect, Opinion, OpinionOutcome, Posting, post_by};
use crate::notice_facts::concerned;
use crate::notices::{DAILY_MOMENTS, RecipientContext, recipients};
use crate::papers::words::bare_title;
use crate::papers::{PaperKind, PaperState};
use crate::registry::Signatory;
use crate::sitting::{Sitting, SittingEvent};
use crate::stream::NewJob;
use crate::workflow::{Lifecycle, OpinionKind, StepKind, Workflow};
use crate::world::World;
use chrono::NaiveDate;
use serde_json::{Value, json};

/// Mails a fact of a case owes.
pub(super) fn of_case(
    world: &World,
    id: &str,
    event: &CaseEvent,
    at: At<'_>,
    jobs: &mut Vec<NewJob>,
) {
    let Some(case) = world.cases.get(id) else { return };
    let Ok(workflow) = world.workflow(case) else { return };
    for (moment, mut detail) in case_moments(case, &workflow, event) {
        if moment == "perfected" {
            detail = json!({ "deadline": albo_by(world, case, &workflow, at) });
        }
        let mut found = Vec::new();
        notify(world, &workflow, moment, &detail, Some(case), None, at, &mut found);
        for job in found {
            if !told(jobs, &job) {
                queue(jobs, [job]);
            }
        }
    }
}

/// The person of a mail hears of this fact already: who has two roles reads one message, of the
/// moment that comes first.
fn told(jobs: &[NewJob], mail: &NewJob) -> bool {
    let person = |job: &NewJob| job.payload.get("person").cloned();
    let same = |known: &&NewJob| known.kind == mail.kind && person(known) == person(mail);
    mail.kind == "mail" && jobs.iter().any(|known| same(&known))
}

/// The day by which a perfected act is to be in the Albo, not the term of the check before it (row 15).
fn albo_by(world: &World, case: &Case, workflow: &Workflow, at: At<'_>) -> Option<NaiveDate> {
    let step = workflow.find(|k| matches!(k, StepKind::Post { .. }))?;
    post_by(case, at.day(), step, &*world.regulation(at.day()).ok()?)
}

/// Mails a fact of a sitting owes.
pub(super) fn of_sitting(
    world: &World,
    id: &str,
    event: &SittingEvent,
    at: At<'_>,
    jobs: &mut Vec<NewJob>,
) {
    let Some(sitting) = world.sittings.get(id) else { return };
    let Ok(workflow) = world.organ_workflow(&sitting.organ) else { return };
    let moment = match event {
        SittingEvent::Convened { .. } => "convened",
        SittingEvent::Moved { .. } => "sitting_moved",
        SittingEvent::Cancelled { .. } => "sitting_cancelled",
        SittingEvent::Closed {} => "sitting_closed",
        SittingEvent::Deserted(_) => "sitting_deserted",
        SittingEvent::ItemRemoved { announced: true, .. } => "item_removed",
        SittingEvent::PaperPrepared { key, .. } if personal(sitting.paper(key)) => "to_sign_daily",
        _ => return,
    };
    let detail = sitting_detail(sitting, event);
    let case = match event {
        SittingEvent::ItemRemoved { case, .. } => world.cases.get(case).map(AsRef::as_ref),
        _ => None,
    };
    notify(world, &workflow, moment, &detail, case, Some(sitting), at, jobs);
    // Directors hear of their own items: when they are convened, and when the day or place changes.
    if ["convened", "sitting_moved"].contains(&moment) {
        for item in sitting.items.iter().filter(|item| item.sent_in.is_some()) {
            let Some(case) = world.cases.get(&item.case) else { continue };
            notify(world, &workflow, "item_convened", &detail, Some(case), Some(sitting), at, jobs);
        }
    }
}

fn sitting_detail(sitting: &Sitting, event: &SittingEvent) -> Value {
    match event {
        SittingEvent::Moved { reason, .. } => {
            let previous = sitting
                .moved_from
                .as_ref()
                .map(|((date, time), place)| json!({ "date": date, "time": time, "place": place }));
            json!({ "reason": reason, "previous": previous })
        }
        SittingEvent::Cancelled { reason, .. } | SittingEvent::ItemRemoved { reason, .. } => {
            json!({ "reason": reason })
        }
        SittingEvent::Convened { version, .. } => json!({ "agenda_version": version }),
        _ => json!({ "items": sitting.items.len() }),
    }
}

/// The moments of a fact, the most specific first: it is the one told to who is in more than one.
fn case_moments(case: &Case, workflow: &Workflow, event: &CaseEvent) -> Vec<(&'static str, Value)> {
    match event {
        CaseEvent::Submitted { version, .. } => vec![("submitted", json!({ "version": version }))],
        CaseEvent::PaperPrepared { key, .. }
        | CaseEvent::PaperOwed(crate::papers::PaperPlan { key, .. }) => {
            paper_moments(case, workflow, key, matches!(event, CaseEvent::PaperPrepared { .. }))
        }
        CaseEvent::PaperSigned { key, sha256, .. } => signed_moments(case, key, sha256),
        CaseEvent::OpinionGiven(opinion) => opinion_moments(opinion),
        CaseEvent::StepEntered { step, .. } => step_moments(case, workflow, step),
        CaseEvent::Returned { reasons, by, .. } => {
            vec![("returned", json!({ "reason": reasons, "by": signed_as(by) }))]
        }
        CaseEvent::Revised { version, sitting, change, .. } => {
            // A correction of form asks nobody to answer, in the sitting either.
            let amended = sitting.is_some() && *change == Change::Substantial;
            let moment = if amended { "amended" } else { "text_changed" };
            vec![(moment, json!({ "version": version }))]
        }
        CaseEvent::PutOnAgenda { sitting } => vec![("on_agenda", json!({ "sitting": sitting }))],
        CaseEvent::RemovedFromAgenda { reason, .. } => {
            vec![("off_agenda", json!({ "reason": reason }))]
        }
        // Withdrawn in the sitting, the outcome of the item has told it already (row 13).
        CaseEvent::Withdrawn { reason, by, paper: Some(_), .. } => {
            vec![("withdrawn", json!({ "reason": reason, "by": signed_as(by) }))]
        }
        CaseEvent::Proclaimed { treatment, .. }
        | CaseEvent::ProclamationCorrected { treatment, .. }
            if treatment.outcome.is_approval() =>
        {
            vec![("adopted", Value::Null)]
        }
        CaseEvent::Proclaimed { treatment, .. }
        | CaseEvent::ProclamationCorrected { treatment, .. }
        | CaseEvent::NotVoted { treatment, .. } => {
            vec![(
                "not_adopted",
                json!({ "outcome": treatment.outcome, "reason": treatment.reason }),
            )]
        }
        CaseEvent::ImmediateVoted { declared: true, .. } => vec![("immediate", Value::Null)],
        CaseEvent::Posted(posting) => posted_moments(posting),
        CaseEvent::CapigruppoSent { day, serial, paper, cases, .. } => {
            let detail = json!({ "day": day, "serial": serial, "paper": paper, "acts": cases });
            vec![("capigruppo_listed", detail)]
        }
        CaseEvent::CapigruppoTold { delivered: false, person, day, serial, note } => {
            let detail = json!({ "day": day, "serial": serial, "person": person, "reason": note });
            vec![("capigruppo_undelivered", detail)]
        }
        CaseEvent::OutageRecorded { day, .. } => vec![("outage", json!({ "day": day }))],
        CaseEvent::PostingAnnulled { reason, by, was_effective } => {
            let by = signed_as(by);
            let detail = json!({ "reason": reason, "by": by, "was_effective": was_effective });
            vec![("posting_annulled", detail)]
        }
        other => later_moments(other),
    }
}

/// What comes when an act has been posted, or beside its posting.
fn later_moments(event: &CaseEvent) -> Vec<(&'static str, Value)> {
    match event {
        CaseEvent::PostingEnded { .. } => vec![("posting_ended", Value::Null)],
        CaseEvent::DutyRaised { duty, .. } if duty == "trasmissione_consiglio" => {
            vec![("council_proposal", Value::Null)]
        }
        CaseEvent::DutySettled { duty, note, by, on, .. } => council_moments(duty, note, by, *on),
        CaseEvent::ControlRequested(request) => vec![(
            "control_requested",
            json!({
                "how": Effect::Suspend,
                "from": request.on,
                "source": request.source(),
                "reason": request.reasons,
            }),
        )],
        CaseEvent::Touched { touch } => {
            vec![(
                "affected",
                json!({ "how": touch.how, "from": touch.from, "source": touch.source }),
            )]
        }
        CaseEvent::SuspensionLifted { from, source } => {
            vec![("affected", json!({ "lifted": true, "from": from, "source": source }))]
        }
        _ => Vec::new(),
    }
}

/// What became of a proposal to the Consiglio, as it was put on record (row 19).
fn council_moments(
    duty: &str,
    note: &str,
    by: &Option<Signatory>,
    on: NaiveDate,
) -> Vec<(&'static str, Value)> {
    let moment = match duty {
        "trasmissione_consiglio" => "council_sent",
        "esito_consiglio" => "council_answered",
        _ => return Vec::new(),
    };
    let by = by.as_ref().map(signed_as);
    vec![(moment, json!({ "reason": note, "by": by, "day": on, "stage": moment }))]
}

/// A late posting is told to the Segretario; the others who hear of the posting read it there (row 20).
fn posted_moments(posting: &Posting) -> Vec<(&'static str, Value)> {
    let Some(late) = &posting.late else { return vec![("posted", Value::Null)] };
    let detail = json!({ "deadline": late.due, "lag": late.days, "source": late.source });
    vec![("posted_late", detail.clone()), ("posted", detail)]
}

fn opinion_moments(opinion: &Opinion) -> Vec<(&'static str, Value)> {
    let moment = match opinion.opinion {
        OpinionKind::Technical => "technical_given",
        OpinionKind::Accounting => "accounting_given",
        OpinionKind::Cover => "cover_given",
        OpinionKind::Legitimacy => "legitimacy_given",
    };
    let detail = json!({ "opinion": opinion.opinion, "office": opinion.office });
    let against =
        [OpinionOutcome::Contrary, OpinionOutcome::WithPrescriptions].contains(&opinion.outcome);
    match against {
        true => vec![("contrary", detail.clone()), (moment, detail)],
        false => vec![(moment, detail)],
    }
}

/// "Anna Sartori, Segretario": who did it, as messages name him.
fn signed_as(by: &Signatory) -> String {
    format!("{}, {}", by.name, bare_title(&by.title))
}

fn paper_moments(
    case: &Case,
    workflow: &Workflow,
    key: &str,
    prepared: bool,
) -> Vec<(&'static str, Value)> {
    let Some(paper) = case.paper(key) else { return Vec::new() };
    match (paper.plan.kind, prepared) {
        (PaperKind::CertificatoEsecutivita, false) => vec![("effective", Value::Null)],
        (kind, true) if personal(Some(paper)) => {
            // A procedure without digest tells its signers at once.
            let daily = workflow.notices.iter().any(|n| n.on == "to_sign_daily");
            let moment = if daily && kind.waits_a_day() { "to_sign_daily" } else { "to_sign" };
            vec![(moment, json!({ "paper": kind, "key": key }))]
        }
        _ => Vec::new(),
    }
}

/// The referto, once whole, goes back to who asked for the posting (R6.7, R6.10).
fn signed_moments(case: &Case, key: &str, sha256: &str) -> Vec<(&'static str, Value)> {
    let report = |p: &&PaperState| p.plan.kind == PaperKind::RefertoPubblicazione;
    let whole = case.paper(key).filter(report).is_some_and(PaperState::is_complete);
    whole.then(|| ("report_ready", json!({ "paper": sha256 }))).into_iter().collect()
}

/// A person must still sign it.
fn personal(paper: Option<&PaperState>) -> bool {
    paper.is_some_and(|paper| paper.open_slots().any(|s| s.signer.is_some()))
}

fn step_moments(case: &Case, workflow: &Workflow, name: &str) -> Vec<(&'static str, Value)> {
    let Some(step) = workflow.step(name) else { return Vec::new() };
    let moment = match &step.kind {
        // On the first text the directors were told when it was submitted.
        StepKind::Opinion { opinion: OpinionKind::Technical, .. } if renewed(case) => {
            "technical_again"
        }
        StepKind::Opinion { opinion: OpinionKind::Accounting, .. } => "technical_complete",
        StepKind::Opinion { opinion: OpinionKind::Legitimacy, .. } => "inquiry_passed",
        StepKind::Agenda if case.legitimacy_given() => "ready",
        // Nobody else says how the check ended (row 8).
        StepKind::Agenda => return vec![("ready", Value::Null), ("ready_as_checked", Value::Null)],
        StepKind::Review { lifecycle: Lifecycle::PrivacyReview, .. } => "perfected",
        _ => return Vec::new(),
    };
    vec![(moment, Value::Null)]
}

/// The text changed in substance: opinions are due again, perhaps by other offices.
fn renewed(case: &Case) -> bool {
    case.current().is_some_and(|v| v.change == Some(Change::Substantial))
}

fn notify(
    world: &World,
    workflow: &Workflow,
    moment: &str,
    detail: &Value,
    case: Option<&Case>,
    sitting: Option<&Sitting>,
    at: At<'_>,
    jobs: &mut Vec<NewJob>,
) {
    let step = case.and_then(|c| workflow.step(&c.step));
    let context = RecipientContext { world, case, sitting, on: at.day(), step };
    for notice in workflow.notices.iter().filter(|n| n.on == moment) {
        for token in &notice.to {
            for person in recipients(token, &context) {
                // Outcomes are told to those whose acts they are (practice.md 3, row 12).
                let told = |s| moment != "sitting_closed" || concerned(world, s, &person, at.day());
                if !sitting.is_none_or(told) {
                    continue;
                }
                if DAILY_MOMENTS.contains(&moment) {
                    queue(jobs, digests(world, &person, at));
                    continue;
                }
                let job = Job::Mail(MailJob {
                    message: notice.message.clone(),
                    moment: moment.to_owned(),
                    person: person.clone(),
                    case: case.map(|c| c.id.clone()),
                    sitting: sitting.map(|s| s.id.clone()),
                    day: at.day(),
                    detail: detail.clone(),
                });
                let key = mail_key(moment, detail, &notice.message, &person, case, at);
                queue(jobs, [job.owed(key, at.recorded, at.stream)]);
            }
        }
    }
}

fn queue(jobs: &mut Vec<NewJob>, owed: impl IntoIterator<Item = NewJob>) {
    for job in owed {
        if !jobs.iter().any(|known| known.key == job.key) {
            jobs.push(job);
        }
    }
}

/// One message per person and fact. The list of the day is one fact told once, whatever the number
/// of acts on it.
fn mail_key(
    moment: &str,
    detail: &Value,
    message: &str,
    person: &str,
    case: Option<&Case>,
    at: At<'_>,
) -> String {
    match (moment, detail.get("day"), detail.get("serial")) {
        ("capigruppo_listed", Some(day), Some(serial)) => {
            format!("mail:{message}:{}:{serial}:{person}", day.as_str().unwrap_or_default())
        }
        ("item_convened", ..) => {
            let case = case.map_or("", |c| c.id.as_str());
            at.key(&format!("mail:{message}:{case}:{person}"))
        }
        _ => at.key(&format!("mail:{message}:{moment}:{person}")),
    }
}
