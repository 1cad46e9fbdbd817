// SPDX-License-Identifier: AGPL-3.0-or-later
//! Moving along the workflow: the one place where an act enters and leaves steps.

use super::event::CaseEvent;
use super::opinions::{needs, open_needs};
use super::{Case, Ending, powers};
use crate::changes::{Changes, Stop};
use crate::law::calendar::add_days;
use crate::law::posting::publish_by;
use crate::papers::{PaperKind, PaperPlan, Slot};
use crate::refusal::Refusal;
use crate::registry::{Role, Signatory};
use crate::regulation::Regulation;
use crate::workflow::{OpinionKind, Passage, Road, Signer, Step, StepKind, Workflow};
use chrono::{Datelike, NaiveDate};

/// Enters the first step of the workflow.
pub fn enter(changes: &mut Changes, id: &str, name: &str) -> Result<(), Stop> {
    let workflow = changes.world.workflow(changes.case(id)?)?;
    let mut next = workflow.step(name).cloned();
    // Steps that need nobody (an opinion not due, a number) are passed in the same decision.
    while let Some(step) = next {
        next = match pass_through(changes, id, &step, &workflow)? {
            true => match workflow.route(&step, Passage::Done) {
                Road::To(step) => Some(step.clone()),
                Road::End | Road::Closed => None,
            },
            false => None,
        };
    }
    Ok(())
}

/// The act leaves its step by a passage and enters the next one.
pub fn leave(changes: &mut Changes, id: &str, passage: Passage) -> Result<(), Stop> {
    let (workflow, step) = changes.position(id)?;
    match workflow.route(&step, passage) {
        Road::To(next) => enter(changes, id, &next.name.clone()),
        Road::End => Ok(()),
        Road::Closed => Err(Refusal::new(
            "no_such_exit",
            "R5.6",
            "",
            format!("Dal passo «{}» il procedimento non prevede questa uscita", step.title),
        )
        .into()),
    }
}

/// Leaves the current step if it is finished.
pub fn advance(changes: &mut Changes, id: &str) -> Result<(), Stop> {
    let (_, step) = changes.position(id)?;
    let regulation = changes.regulation()?;
    let case = changes.case(id)?;
    // A signature that comes after the withdrawal moves nothing.
    if matches!(case.ending, Some(Ending::Withdrawn | Ending::Archived)) {
        return Ok(());
    }
    let done = match &step.kind {
        StepKind::Opinion { opinion, .. } => open_needs(case, *opinion, &regulation).is_empty(),
        StepKind::Sign { .. } => step
            .paper
            .as_deref()
            .and_then(|token| step_paper(case, token))
            .is_some_and(|key| case.paper(&key).is_some_and(|p| p.is_complete())),
        _ => false,
    };
    if done { leave(changes, id, Passage::Done) } else { Ok(()) }
}

/// Key of the latest paper of a kind token.
pub fn step_paper(case: &Case, token: &str) -> Option<String> {
    case.papers.iter().rev().find(|p| p.plan.kind.token() == token).map(|p| p.plan.key.clone())
}

/// Enters one step; true when nobody has to do anything there.
fn pass_through(
    changes: &mut Changes,
    id: &str,
    step: &Step,
    workflow: &Workflow,
) -> Result<bool, Stop> {
    let regulation = changes.regulation()?;
    let day = changes.day();
    let entered = CaseEvent::StepEntered {
        step: step.name.clone(),
        deadline: match step.kind {
            // A first draft has no term; one that was sent back is to be mended by a day (row 5).
            StepKind::Freeze { .. } if changes.case(id)?.returned.is_none() => None,
            StepKind::Post { .. } => post_by(changes.case(id)?, day, step, &regulation),
            _ => deadline(day, days(step, &regulation)),
        },
    };
    match &step.kind {
        StepKind::Opinion { opinion, .. } => {
            let case = changes.case(id)?;
            match needs(&case.content, *opinion, &regulation) {
                Err(reason) => {
                    changes.push(id, CaseEvent::StepSkipped { step: step.name.clone(), reason });
                    Ok(true)
                }
                Ok(_) if open_needs(case, *opinion, &regulation).is_empty() => Ok(true),
                Ok(_) => {
                    changes.push(id, entered);
                    Ok(false)
                }
            }
        }
        StepKind::Number { register } => {
            changes.push(id, entered);
            let date = act_date(changes, id)?;
            take_number(changes, id, register, date)?;
            // The act is composed when its sitting has closed: the second ballot belongs to it.
            Ok(!in_open_sitting(changes, id)?)
        }
        StepKind::Sign { signers, .. } => {
            changes.push(id, entered);
            let slots = slots(changes, id, signers)?;
            if slots.is_empty() {
                return Ok(true);
            }
            let token = step.paper.as_deref().unwrap_or_default();
            let kind = paper_kind(token)?;
            let key = paper_key(changes.case(id)?, kind);
            // A proposal is signed as it was frozen: its paper says of which version it is.
            let version = changes.case(id)?.current().map(|v| v.number.to_string());
            let about = version.filter(|_| kind == PaperKind::Proposta).unwrap_or_default();
            owe(changes, id, kind, key, slots, &about);
            Ok(false)
        }
        StepKind::Agenda => {
            changes.push(id, entered);
            summary_of_opinions(changes, id, workflow)?;
            Ok(false)
        }
        StepKind::Freeze { .. }
        | StepKind::Review { .. }
        | StepKind::Discussion { .. }
        | StepKind::Ballot
        | StepKind::Post { .. } => {
            changes.push(id, entered);
            Ok(false)
        }
    }
}

/// The summary of the opinions, when the last has arrived (practice.md 1.7).
fn summary_of_opinions(changes: &mut Changes, id: &str, workflow: &Workflow) -> Result<(), Stop> {
    if workflow.opinions().next().is_none() {
        return Ok(());
    }
    let version = changes.case(id)?.current().map_or(0, |v| v.number);
    let key = format!("foglio_pareri-v{version}");
    if changes.case(id)?.paper(&key).is_none() {
        owe(changes, id, PaperKind::FoglioPareri, key, vec![seal_slot()], "");
    }
    Ok(())
}

/// Plans a paper of a case.
pub fn owe(
    changes: &mut Changes,
    id: &str,
    kind: PaperKind,
    key: String,
    slots: Vec<Slot>,
    about: &str,
) {
    let plan = PaperPlan { key, kind, slots, about: about.to_owned() };
    changes.push(id, CaseEvent::PaperOwed(plan));
}

/// The place of the entity's seal.
pub fn seal_slot() -> Slot {
    Slot { field: "sigillo".into(), caption: "SIGILLO ELETTRONICO DELL'ENTE".into(), signer: None }
}

/// The place of one person's signature, captioned with his title.
pub fn slot(field: &str, signer: Signatory) -> Slot {
    Slot { field: field.into(), caption: signer.title.to_uppercase(), signer: Some(signer) }
}

/// The signer acting in a role on the day, or a refusal that says who is missing.
pub fn acting(changes: &Changes, role: Role, office: Option<&str>) -> Result<Signatory, Refusal> {
    changes.world.registry.acting(role, office, changes.day()).ok_or_else(|| {
        Refusal::new(
            "nobody_acting",
            "R1.10",
            "artt. 50, c. 10, e 97 TUEL",
            format!(
                "Il {} nessuno risulta incaricato come {}",
                changes.day().format("%d/%m/%Y"),
                role.label()
            ),
        )
        .next("Registrare la nomina, la delega o l'assenza del titolare")
    })
}

/// Takes a number of ours and puts it on record.
pub fn take_number(
    changes: &mut Changes,
    id: &str,
    register: &str,
    date: NaiveDate,
) -> Result<i64, Stop> {
    let year = date.year();
    let number = changes.next_number(register, year)?;
    let register = register.to_owned();
    changes.push(id, CaseEvent::Numbered { register, year, number, date, external: false });
    Ok(number)
}

fn in_open_sitting(changes: &Changes, id: &str) -> Result<bool, Stop> {
    use crate::sitting::Status;
    let sitting = changes.case(id)?.treatment.as_ref().map(|t| t.sitting.clone());
    match sitting.filter(|s| !s.is_empty()) {
        None => Ok(false),
        Some(sitting) => {
            Ok(matches!(changes.sitting(&sitting)?.status, Status::Open | Status::Suspended))
        }
    }
}

/// Date of the act: of the sitting for collegial acts (R5.2), of the day otherwise.
fn act_date(changes: &Changes, id: &str) -> Result<NaiveDate, Stop> {
    Ok(changes.case(id)?.treatment.as_ref().map_or(changes.day(), |t| t.date))
}

/// Days a step should take. For the opinions of art. 49 the regulation of the Comune comes before
/// the file; its term reminds and nothing else (R1.17).
fn days(step: &Step, regulation: &Regulation) -> u16 {
    match step.kind {
        StepKind::Opinion { opinion: OpinionKind::Legitimacy, .. } => step.deadline_days,
        StepKind::Opinion { .. } => regulation.opinion_sla_days.unwrap_or(step.deadline_days),
        _ => step.deadline_days,
    }
}

/// The day by which an act is posted: the term of the region or of the Comune, from its adoption,
/// or the one of the step if it comes first (R6.1, R7.9; T-75).
pub fn post_by(
    case: &Case,
    day: NaiveDate,
    step: &Step,
    regulation: &Regulation,
) -> Option<NaiveDate> {
    let own = deadline(day, step.deadline_days);
    own.into_iter().chain(posting_term(case, regulation).map(|(by, _)| by)).min()
}

/// The last day a norm gives to post an act, and the norm: of the region, else of the Comune (R6.1,
/// R7.9). The days of the step are the office's own and make no posting late.
pub fn posting_term(case: &Case, regulation: &Regulation) -> Option<(NaiveDate, String)> {
    let adopted = case.treatment.as_ref()?.date;
    let profile = regulation.profile();
    let regional = profile.publish_by(adopted, case.is_immediate());
    let local = || {
        let by = publish_by(adopted, regulation.publish_within_days)?;
        Some((by, regulation.source("publish_within_days").to_owned()))
    };
    regional.map(|by| (by, profile.source.to_owned())).or_else(local)
}

fn deadline(day: NaiveDate, days: u16) -> Option<NaiveDate> {
    if days == 0 { None } else { add_days(day, u64::from(days)) }
}

/// The paper kind of a template token in a workflow.
pub fn paper_kind(token: &str) -> Result<PaperKind, Refusal> {
    serde_json::from_value(serde_json::Value::String(token.to_owned())).map_err(|_| {
        Refusal::new("paper_unknown", "R5.6", "", format!("Il documento «{token}» non esiste"))
    })
}

/// Key of a new paper: its kind and, when it is made again, a serial.
pub fn paper_key(case: &Case, kind: PaperKind) -> String {
    let token = kind.token();
    let taken = case.papers.iter().filter(|p| p.plan.kind == kind).count();
    if taken == 0 { token } else { format!("{token}-{}", taken + 1) }
}

fn slots(changes: &Changes, id: &str, signers: &[Signer]) -> Result<Vec<Slot>, Stop> {
    let mut slots: Vec<Slot> = Vec::new();
    for signer in signers {
        for (field, signatory) in signatories(changes, id, *signer)? {
            let known = slots
                .iter()
                .any(|s| s.signer.as_ref().is_some_and(|known| known.person == signatory.person));
            if !known {
                slots.push(slot(&field, signatory));
            }
        }
    }
    Ok(slots)
}

fn signatories(
    changes: &Changes,
    id: &str,
    signer: Signer,
) -> Result<Vec<(String, Signatory)>, Stop> {
    let case = changes.case(id)?;
    let regulation = changes.regulation()?;
    let treatment = || {
        case.treatment.as_ref().ok_or_else(|| {
            Refusal::new("not_voted", "R2.8", "", "L'atto non è stato ancora votato")
        })
    };
    let named =
        |role, person: &str| changes.world.registry.entitled(person, role, None, changes.day());
    Ok(match signer {
        Signer::ResponsabileProcedimento => vec![(
            "firma_rp".into(),
            named(Role::ResponsabileProcedimento, &case.content.procedure_head)?,
        )],
        Signer::Direttori => case
            .content
            .offices
            .iter()
            .enumerate()
            .map(|(i, office)| {
                acting(changes, Role::Direttore, Some(office))
                    .map(|s| (format!("firma_dir_{}", i + 1), s))
            })
            .collect::<Result<_, _>>()?,
        Signer::Relatori if !regulation.political_signature_required => Vec::new(),
        Signer::Relatori => case
            .content
            .rapporteurs
            .iter()
            .enumerate()
            .map(|(i, person)| {
                powers::rapporteur(&changes.world, person, changes.day())
                    .map(|s| (format!("firma_rel_{}", i + 1), s))
            })
            .collect::<Result<_, _>>()?,
        Signer::Presidente => vec![("firma_presidente".into(), treatment()?.president.clone())],
        Signer::Verbalizzante => {
            vec![("firma_verbalizzante".into(), treatment()?.verbalizer.clone())]
        }
        Signer::Segretario => {
            vec![("firma_segretario".into(), acting(changes, Role::Segretario, None)?)]
        }
    })
}
