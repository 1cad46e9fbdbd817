// SPDX-License-Identifier: AGPL-3.0-or-later
//! From facts to moments, from moments to mails: the workflow's notices say who is told what
//! (practice.md section 3), one message per person and fact.

use super::{At, Job, MailJob};
use crate::domain::case::{Case, CaseEvent, OpinionOutcome};
use crate::domain::notices::{RecipientContext, recipients};
use crate::domain::papers::PaperKind;
use crate::domain::sitting::{Sitting, SittingEvent};
use crate::domain::stream::NewJob;
use crate::domain::workflow::{Lifecycle, OpinionKind, StepKind, Workflow};
use crate::domain::world::World;
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
    for (moment, detail) in case_moments(case, &workflow, event) {
        notify(world, &workflow, moment, &detail, Some(case), None, at, jobs);
    }
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
        _ => return,
    };
    let detail = sitting_detail(sitting, event);
    notify(world, &workflow, moment, &detail, None, Some(sitting), at, jobs);
    if moment == "convened" {
        for item in &sitting.items {
            let Some(case) = world.cases.get(&item.case) else { continue };
            notify(world, &workflow, "item_convened", &detail, Some(case), Some(sitting), at, jobs);
        }
    }
}

fn sitting_detail(sitting: &Sitting, event: &SittingEvent) -> Value {
    match event {
        SittingEvent::Moved { reason, .. } | SittingEvent::Cancelled { reason } => {
            json!({ "reason": reason })
        }
        SittingEvent::Convened { version, .. } => json!({ "agenda_version": version }),
        _ => json!({ "items": sitting.items.len() }),
    }
}

fn case_moments(case: &Case, workflow: &Workflow, event: &CaseEvent) -> Vec<(&'static str, Value)> {
    match event {
        CaseEvent::Submitted { version, .. } => vec![("submitted", json!({ "version": version }))],
        CaseEvent::PaperPrepared { key, .. }
        | CaseEvent::PaperOwed(crate::domain::papers::PaperPlan { key, .. }) => {
            paper_moments(case, key, matches!(event, CaseEvent::PaperPrepared { .. }))
        }
        CaseEvent::OpinionGiven(opinion) => {
            let moment = match opinion.opinion {
                OpinionKind::Technical => "technical_given",
                OpinionKind::Accounting => "accounting_given",
                OpinionKind::Cover => "cover_given",
                OpinionKind::Legitimacy => "legitimacy_given",
            };
            let detail = json!({ "opinion": opinion.opinion, "office": opinion.office });
            let mut moments = vec![(moment, detail.clone())];
            let against = [OpinionOutcome::Contrary, OpinionOutcome::WithPrescriptions]
                .contains(&opinion.outcome);
            if against {
                moments.push(("contrary", detail));
            }
            moments
        }
        CaseEvent::StepEntered { step, .. } => step_moments(workflow, step),
        CaseEvent::Returned { reasons, .. } => vec![("returned", json!({ "reason": reasons }))],
        CaseEvent::Revised { version, sitting, .. } => {
            let moment = if sitting.is_some() { "amended" } else { "text_changed" };
            vec![(moment, json!({ "version": version }))]
        }
        CaseEvent::PutOnAgenda { sitting } => vec![("on_agenda", json!({ "sitting": sitting }))],
        CaseEvent::RemovedFromAgenda { reason, .. } => {
            vec![("off_agenda", json!({ "reason": reason }))]
        }
        CaseEvent::Withdrawn { reason, .. } => vec![("withdrawn", json!({ "reason": reason }))],
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
        CaseEvent::Posted(_) => vec![("posted", Value::Null)],
        CaseEvent::CapigruppoListed { day, serial, paper, .. } => {
            vec![("capigruppo_listed", json!({ "day": day, "serial": serial, "paper": paper }))]
        }
        CaseEvent::OutageRecorded { day, .. } => vec![("outage", json!({ "day": day }))],
        CaseEvent::PostingAnnulled { reason, .. } => {
            vec![("posting_annulled", json!({ "reason": reason }))]
        }
        CaseEvent::PostingEnded { .. } => vec![("posting_ended", Value::Null)],
        CaseEvent::Touched { touch } => {
            vec![(
                "affected",
                json!({ "how": touch.how, "from": touch.from, "source": touch.source }),
            )]
        }
        _ => Vec::new(),
    }
}

fn paper_moments(case: &Case, key: &str, prepared: bool) -> Vec<(&'static str, Value)> {
    let Some(paper) = case.paper(key) else { return Vec::new() };
    let personal = paper.open_slots().any(|s| s.signer.is_some());
    match (paper.plan.kind, prepared) {
        (PaperKind::CertificatoEsecutivita, false) => vec![("effective", Value::Null)],
        (kind, true) if personal => {
            vec![("to_sign", json!({ "paper": kind, "key": key }))]
        }
        _ => Vec::new(),
    }
}

fn step_moments(workflow: &Workflow, name: &str) -> Vec<(&'static str, Value)> {
    let Some(step) = workflow.step(name) else { return Vec::new() };
    let moment = match &step.kind {
        StepKind::Opinion { opinion: OpinionKind::Accounting, .. } => "technical_complete",
        StepKind::Opinion { opinion: OpinionKind::Legitimacy, .. } => "inquiry_passed",
        StepKind::Agenda => "ready",
        StepKind::Review { lifecycle: Lifecycle::PrivacyReview, .. } => "perfected",
        _ => return Vec::new(),
    };
    vec![(moment, Value::Null)]
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
                if !jobs.iter().any(|j| j.key == key) {
                    jobs.push(job.owed(key, at.recorded, at.stream));
                }
            }
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
