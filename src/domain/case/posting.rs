// SPDX-License-Identifier: AGPL-3.0-or-later
//! After the vote: the Albo, its accidents, efficacy, duties, later acts and orders, closing.

use super::advance::{acting, enter, leave, owe, slot, take_number};
use super::command::CaseCommand;
use super::content::{Condition, CouncilGate, Effect};
use super::decide::{actor_as, wrong_step};
use super::efficacy::{Efficacy, efficacy, ratification_due, terms_of};
use super::event::{CaseEvent, Posting, Touch};
use super::signing::only_system;
use crate::domain::changes::{Changes, Stop};
use crate::domain::law::calendar::{date_short, rome_date};
use crate::domain::law::posting::{check_certificate, check_referto, counted_from};
use crate::domain::papers::PaperKind;
use crate::domain::refusal::Refusal;
use crate::domain::registry::{Role, Signatory};
use crate::domain::regulation::Regulation;
use crate::domain::regulation::tokens::Keeper;
use crate::domain::sitting::{ItemOutcome, Treatment};
use crate::domain::workflow::{Lifecycle, Passage, StepKind};
use chrono::{Datelike, NaiveDate};

/// Decides the commands of this part of an act's life.
///
/// # Errors
/// A refusal, or what must be loaded first.
pub(super) fn decide(changes: &mut Changes, id: &str, command: &CaseCommand) -> Result<(), Stop> {
    match command {
        CaseCommand::Post { external_number, external_day, repeats } => {
            post(changes, id, *external_number, *external_day, repeats.as_deref())
        }
        CaseCommand::RecordOutage { day, visible_hours } => {
            outage(changes, id, *day, *visible_hours)
        }
        CaseCommand::AnnulPosting { reason } => annul_posting(changes, id, reason),
        CaseCommand::ReplacePublicFile { sha256, reason } => {
            replace_file(changes, id, sha256, reason)
        }
        CaseCommand::EndPosting => end_posting(changes, id),
        CaseCommand::CertifyEffect => certify(changes, id),
        CaseCommand::MeetCondition { condition, on, evidence } => {
            meet(changes, id, *condition, *on, evidence)
        }
        CaseCommand::SettleDuty { duty, done, note } => settle(changes, id, duty, *done, note),
        CaseCommand::RecordOrder { touch } => {
            actor_as(changes, Role::Segretario, None)?;
            touched(changes, id, touch.clone())
        }
        CaseCommand::LiftSuspension { from, source } => lift(changes, id, *from, source),
        CaseCommand::AdoptAsCommissioner { immediate } => {
            adopt_alone(changes, id, immediate.as_deref())
        }
        CaseCommand::Close { note } => close(changes, id, note),
        _ => Ok(()),
    }
}

fn poster(changes: &Changes, id: &str) -> Result<Signatory, Stop> {
    let (_, step) = changes.position(id)?;
    let StepKind::Post { who } = step.kind else {
        return Err(wrong_step(&step, "pubblicare all'Albo").into());
    };
    Ok(actor_as(changes, who, None)?)
}

/// Posts the act: D is the civil day of the server's clock, never a day someone writes (T-73), except
/// where the Albo is another system that gives number and day.
fn post(
    changes: &mut Changes,
    id: &str,
    external_number: Option<i64>,
    external_day: Option<NaiveDate>,
    repeats: Option<&str>,
) -> Result<(), Stop> {
    let by = poster(changes, id)?;
    if changes.ctx.happened != changes.ctx.now {
        return Err(Refusal::new(
            "posting_backdated",
            "R6.4",
            "art. 124, c. 1, TUEL",
            "La pubblicazione ha la data dell'orologio del sistema: non si registra a posteriori",
        )
        .into());
    }
    let file = public_file(changes, id)?;
    let regulation = changes.regulation()?;
    let (number, day, external) = match (regulation.albo, external_number, external_day) {
        (Keeper::External, Some(number), Some(day)) => (number, day, true),
        (Keeper::External, ..) => {
            return Err(Refusal::new(
                "external_albo_number",
                "R5.1",
                "art. 32 L. 69/2009",
                "L'Albo è tenuto da un altro sistema: indicare numero e data ricevuti",
            )
            .into());
        }
        (Keeper::Internal, None, None) => {
            (0, counted_from(changes.ctx.now, regulation.cutoff_hour), false)
        }
        (Keeper::Internal, ..) => {
            return Err(Refusal::new(
                "internal_albo_number",
                "R5.1",
                "art. 124, c. 1, TUEL",
                "L'Albo è tenuto da questo sistema: numero e data non si indicano",
            )
            .into());
        }
    };
    let (workflow, _) = changes.position(id)?;
    let register = workflow.albo_register.clone();
    let number = if external {
        let numbered =
            CaseEvent::Numbered { register, year: day.year(), number, date: day, external: true };
        changes.push(id, numbered);
        number
    } else {
        take_number(changes, id, &register, day)?
    };
    let posting = posting(changes, &regulation, number, day, file, by.clone(), repeats);
    changes.push(id, CaseEvent::Posted(posting));
    let kind = PaperKind::AttestazionePubblicazione;
    let key = format!("{}-{number}", kind.token());
    owe(changes, id, kind, key, vec![slot("firma", by)], &number.to_string());
    raise_duties(changes, id, "posted")?;
    tell_affected(changes, id, false)?;
    leave(changes, id, Passage::Done)
}

#[expect(clippy::too_many_arguments, reason = "a plain constructor of a snapshot")]
fn posting(
    changes: &Changes,
    regulation: &Regulation,
    number: i64,
    day: NaiveDate,
    file: String,
    by: Signatory,
    repeats: Option<&str>,
) -> Posting {
    let terms = regulation.term_rules();
    let outage = regulation.outage_rules();
    Posting {
        number,
        year: day.year(),
        day,
        at: changes.ctx.now,
        days: terms.posting_days,
        pub_count: terms.pub_count,
        exec_count: terms.exec_count,
        exec_source: regulation.source("exec_count").to_owned(),
        holiday_shift: terms.holiday_shift,
        show_extra_day: terms.show_extra_day,
        effective_after_posting: terms.effective_after_posting,
        outage_policy: outage.policy,
        outage_min_hours: outage.min_hours,
        outage_affects_executivity: outage.affects_executivity,
        regulation: regulation.digest_on(day),
        file,
        by,
        repeats: repeats.map(str::to_owned),
    }
}

/// The file that is shown: the deliberation, signed by all who must.
fn public_file(changes: &Changes, id: &str) -> Result<String, Stop> {
    let (workflow, _) = changes.position(id)?;
    let case = changes.case(id)?;
    let signed = workflow.steps.iter().filter_map(|s| match s.kind {
        StepKind::Sign { .. } => s.paper.as_deref(),
        _ => None,
    });
    let key = signed.filter_map(|token| super::advance::step_paper(case, token)).last();
    let paper = key.as_deref().and_then(|key| case.paper(key)).filter(|p| p.is_complete());
    paper.and_then(|p| p.sha256.clone()).ok_or_else(|| {
        Refusal::new(
            "act_not_signed",
            "R2.8",
            "art. 124, c. 1, TUEL",
            "L'atto non è ancora firmato da tutti: non si può pubblicare",
        )
        .into()
    })
}

/// Raises the duties of a moment: those the file names, where the act and the regulation want them.
pub fn raise_duties(changes: &mut Changes, id: &str, moment: &str) -> Result<(), Stop> {
    let (workflow, _) = changes.position(id)?;
    let regulation = changes.regulation()?;
    for duty in workflow.duties.iter().filter(|d| d.on == moment) {
        let case = changes.case(id)?;
        if case.duties.contains_key(&duty.name) && duty.name != "capigruppo" {
            continue;
        }
        let due = match duty.name.as_str() {
            "prefetto" if !prefect_due(case, &regulation) => continue,
            "consiglio" if case.content.gates.council != CouncilGate::UrgentVariation => continue,
            "consiglio" => ratification_due(case),
            "capigruppo" => Some(changes.day()),
            _ => None,
        };
        changes.push(id, CaseEvent::DutyRaised { duty: duty.name.clone(), due });
    }
    Ok(())
}

fn prefect_due(case: &super::Case, regulation: &Regulation) -> bool {
    case.content.gates.prefect || regulation.prefect_notice_types.contains(&case.content.act_type)
}

/// Tells the acts this one revokes, annuls or suspends, from the day it has efficacy (R5.5, T-67).
pub fn tell_affected(changes: &mut Changes, id: &str, immediate: bool) -> Result<(), Stop> {
    let case = changes.case(id)?;
    if !case.is_adopted() {
        return Ok(());
    }
    let from = match (immediate, &case.immediate) {
        (true, Some(ballot)) => Some(ballot.on),
        (false, Some(ballot)) if ballot.declared => None,
        _ => terms_of(case).map(|t| t.effective_on),
    };
    let (workflow, _) = changes.position(id)?;
    let source = changes.case(id)?.act_number(&workflow).map_or_else(String::new, |n| {
        format!("deliberazione n. {} del {}", n.number, date_short(n.date))
    });
    let affected = changes.case(id)?.content.affects.clone();
    let Some(from) = from else { return Ok(()) };
    for affects in &affected {
        let touch = Touch::of(affects, id, from, source.clone());
        touched(changes, &affects.case, touch)?;
    }
    Ok(())
}

fn touched(changes: &mut Changes, id: &str, touch: Touch) -> Result<(), Stop> {
    let case = changes.case(id)?;
    if !case.is_adopted() {
        return Err(Refusal::new(
            "nothing_to_touch",
            "R5.5",
            "artt. 21-quater, 21-quinquies e 21-nonies L. 241/1990",
            "L'atto indicato non è stato adottato: non c'è nulla da revocare, annullare o sospendere",
        )
        .into());
    }
    let serial = case.touches.len() + 1;
    let about = serial.to_string();
    changes.push(id, CaseEvent::Touched { touch });
    let segretario = acting(changes, Role::Segretario, None)?;
    let kind = PaperKind::Annotazione;
    owe(
        changes,
        id,
        kind,
        format!("{}-{serial}", kind.token()),
        vec![slot("firma", segretario)],
        &about,
    );
    Ok(())
}

/// What a timer does, a person in the role may do too.
fn system_or(changes: &Changes, role: Role) -> Result<(), Refusal> {
    only_system(&changes.ctx.actor).or_else(|_| actor_as(changes, role, None).map(drop))
}

fn posted(changes: &Changes, id: &str) -> Result<Posting, Stop> {
    changes.case(id)?.posting.clone().ok_or_else(|| {
        Refusal::new("not_posted", "R6.1", "art. 124, c. 1, TUEL", "L'atto non è in pubblicazione")
            .into()
    })
}

fn outage(changes: &mut Changes, id: &str, day: NaiveDate, visible_hours: u8) -> Result<(), Stop> {
    let posting = posted(changes, id)?;
    let by = actor_as(changes, Role::ResponsabilePubblicazione, None)?;
    let terms = terms_of(changes.case(id)?);
    let within = terms.is_some_and(|t| posting.day <= day && day <= t.last_day);
    if !within || visible_hours > 24 || day > changes.ctx.today() {
        return Err(Refusal::new(
            "outage_outside_posting",
            "R6.5",
            "",
            format!(
                "Il {} l'atto non era in pubblicazione, o le ore non sono fra 0 e 24",
                date_short(day)
            ),
        )
        .into());
    }
    changes.push(id, CaseEvent::OutageRecorded { day, visible_hours, by: by.clone() });
    let kind = PaperKind::AttestazioneDisservizio;
    let key = format!("{}-{}", kind.token(), day.format("%Y%m%d"));
    if changes.case(id)?.paper(&key).is_none() {
        owe(changes, id, kind, key, vec![slot("firma", by)], &day.to_string());
    }
    Ok(())
}

fn annul_posting(changes: &mut Changes, id: &str, reason: &str) -> Result<(), Stop> {
    let posting = posted(changes, id)?;
    let by = actor_as(changes, Role::ResponsabilePubblicazione, None)?;
    if reason.trim().is_empty() {
        return Err(Refusal::new(
            "reasons_missing",
            "R6.6",
            "",
            "L'annullamento della pubblicazione va motivato",
        )
        .into());
    }
    let was_effective = efficacy(changes.case(id)?, changes.ctx.today()).0 == Efficacy::Effective;
    let event = CaseEvent::PostingAnnulled {
        reason: reason.trim().to_owned(),
        by: by.clone(),
        was_effective,
    };
    changes.push(id, event);
    let kind = PaperKind::AnnullamentoPubblicazione;
    let key = format!("{}-{}", kind.token(), posting.number);
    owe(changes, id, kind, key, vec![slot("firma", by)], &posting.number.to_string());
    let (workflow, _) = changes.position(id)?;
    match workflow.find(|k| matches!(k, StepKind::Post { .. })) {
        Some(step) => enter(changes, id, &step.name.clone()),
        None => Ok(()),
    }
}

fn replace_file(changes: &mut Changes, id: &str, sha256: &str, reason: &str) -> Result<(), Stop> {
    let posting = posted(changes, id)?;
    actor_as(changes, Role::ResponsabilePubblicazione, None)?;
    let regulation = changes.regulation()?;
    if !regulation.privacy_replace_continues {
        return Err(Refusal::new(
            "replacement_restarts",
            "R6.6",
            "",
            "La norma locale non ammette la sostituzione con il computo che continua",
        )
        .next("Annullare la pubblicazione e ripeterla")
        .into());
    }
    if sha256.len() != 64 || sha256 == posting.file || reason.trim().is_empty() {
        return Err(Refusal::new(
            "replacement_invalid",
            "R6.6",
            "art. 5 Reg. (UE) 2016/679",
            "Occorrono un file diverso da quello esposto e il motivo della sostituzione",
        )
        .into());
    }
    let event = CaseEvent::PublicFileReplaced {
        old: posting.file,
        new: sha256.into(),
        reason: reason.trim().to_owned(),
    };
    changes.push(id, event);
    Ok(())
}

fn end_posting(changes: &mut Changes, id: &str) -> Result<(), Stop> {
    let posting = posted(changes, id)?;
    let case = changes.case(id)?;
    if case.posting_ended {
        return Err(Refusal::new(
            "posting_already_ended",
            "R6.7",
            "",
            "La fine della pubblicazione è già registrata",
        )
        .into());
    }
    system_or(changes, Role::ResponsabilePubblicazione)?;
    let Some(terms) = terms_of(case) else { return Ok(()) };
    check_referto(&terms, rome_date(changes.ctx.now))?;
    changes.push(id, CaseEvent::PostingEnded { last_day: terms.last_day });
    let signer = match actor_as(changes, Role::ResponsabilePubblicazione, None) {
        Ok(by) => by,
        Err(_) => acting(changes, Role::ResponsabilePubblicazione, None)?,
    };
    let kind = PaperKind::RefertoPubblicazione;
    let key = format!("{}-{}", kind.token(), posting.number);
    owe(changes, id, kind, key, vec![slot("firma", signer)], &posting.number.to_string());
    raise_duties(changes, id, "posting_ended")
}

/// The certificate of executivity: the effect came by law, this only certifies it (practice 1.17).
fn certify(changes: &mut Changes, id: &str) -> Result<(), Stop> {
    let case = changes.case(id)?;
    if !case.is_adopted() {
        return Err(Refusal::new(
            "never_effective",
            "R3.13",
            "art. 134, c. 3, TUEL",
            "Un atto non approvato non diviene esecutivo",
        )
        .into());
    }
    system_or(changes, Role::Segretario)?;
    let posting = posted(changes, id)?;
    let case = changes.case(id)?;
    let Some(terms) = terms_of(case) else { return Ok(()) };
    let today = rome_date(changes.ctx.now);
    check_certificate(&terms, today)?;
    if matches!(efficacy(case, today).0, Efficacy::Suspended | Efficacy::Ceased) {
        return Err(Refusal::new(
            "not_effective_now",
            "R7.2",
            "",
            "L'atto è sospeso o ha cessato di avere effetto: l'esecutività non si certifica",
        )
        .into());
    }
    let regulation = changes.regulation()?;
    if changes.case(id)?.is_immediate() && !regulation.ie_also_certify_executive {
        return Err(Refusal::new(
            "already_enforceable",
            "R4.5",
            "art. 134, c. 4, TUEL",
            "L'atto è immediatamente eseguibile e la norma locale non chiede anche il certificato di \
             esecutività",
        )
        .into());
    }
    let kind = PaperKind::CertificatoEsecutivita;
    let key = format!("{}-{}", kind.token(), posting.number);
    if changes.case(id)?.paper(&key).is_some() {
        return Err(Refusal::new(
            "already_certified",
            "R7.7",
            "",
            "Il certificato è già stato emesso",
        )
        .into());
    }
    let segretario = acting(changes, Role::Segretario, None)?;
    owe(changes, id, kind, key, vec![slot("firma", segretario)], &terms.effective_on.to_string());
    Ok(())
}

fn meet(
    changes: &mut Changes,
    id: &str,
    condition: Condition,
    on: NaiveDate,
    evidence: &str,
) -> Result<(), Stop> {
    let case = changes.case(id)?;
    if !case.content.gates.conditions.contains(&condition) || evidence.trim().is_empty() {
        return Err(Refusal::new(
            "condition_unknown",
            "R7.2",
            "D.Lgs. 33/2013",
            "L'atto non ha questa condizione di efficacia, o ne manca la prova",
        )
        .into());
    }
    changes
        .push(id, CaseEvent::ConditionMet { condition, on, evidence: evidence.trim().to_owned() });
    Ok(())
}

fn settle(changes: &mut Changes, id: &str, duty: &str, done: bool, note: &str) -> Result<(), Stop> {
    let (workflow, _) = changes.position(id)?;
    let case = changes.case(id)?;
    let spec = workflow.duties.iter().find(|d| d.name == duty);
    let (Some(spec), Some(_)) = (spec, case.duties.get(duty)) else {
        return Err(Refusal::new(
            "duty_unknown",
            "R8.1",
            "",
            format!("L'adempimento «{duty}» non è dovuto"),
        )
        .into());
    };
    actor_as(changes, spec.who, None)?;
    let on = changes.day();
    let (duty, note) = (duty.to_owned(), note.trim().to_owned());
    changes.push(id, CaseEvent::DutySettled { duty, done, note, on });
    Ok(())
}

fn lift(changes: &mut Changes, id: &str, from: NaiveDate, source: &str) -> Result<(), Stop> {
    actor_as(changes, Role::Segretario, None)?;
    if !changes.case(id)?.touches.iter().any(|t| t.how == Effect::Suspend) {
        return Err(Refusal::new(
            "not_suspended",
            "R5.5",
            "art. 21-quater, c. 2, L. 241/1990",
            "L'atto non è sospeso",
        )
        .into());
    }
    changes.push(id, CaseEvent::SuspensionLifted { from, source: source.trim().to_owned() });
    Ok(())
}

/// The Commissario decides alone: no quorum, no ballots (practice.md 1.12; TUEL 141).
fn adopt_alone(changes: &mut Changes, id: &str, immediate: Option<&str>) -> Result<(), Stop> {
    let commissioner = actor_as(changes, Role::Commissario, None)?;
    let (workflow, step) = changes.position(id)?;
    if !matches!(step.kind, StepKind::Agenda) {
        return Err(wrong_step(&step, "adottare la deliberazione").into());
    }
    let regulation = changes.regulation()?;
    let registry = changes.registry();
    let case = changes.case(id)?;
    let stops = super::opinions::gate(case, &workflow, &regulation, &registry);
    if let Some(refusal) = stops.into_iter().next() {
        return Err(refusal.into());
    }
    let Some(version) = case.current() else { return Err(wrong_step(&step, "adottare").into()) };
    let (number, hash) = (version.number, version.hash.clone());
    let verbalizer = acting(changes, Role::Segretario, None)?;
    let at = changes.ctx.happened;
    let treatment = Treatment {
        sitting: String::new(),
        date: changes.day(),
        opened: crate::domain::law::calendar::rome_time(at),
        place: registry.comune.seat.clone(),
        mode: crate::domain::sitting::Mode::InSeat,
        remote_source: String::new(),
        convened_by: String::new(),
        item: 1,
        off_agenda: false,
        at,
        members: Vec::new(),
        seats: 0,
        quorum: 0,
        president: commissioner,
        president_reason: String::new(),
        verbalizer,
        verbalizer_remote: false,
        assisting: Vec::new(),
        ballot: None,
        outcome: ItemOutcome::Approved,
        version: number,
        hash,
        regulation: regulation.digest_on(changes.day()),
        anomalies: Vec::new(),
        reason: String::new(),
    };
    changes.push(id, CaseEvent::Proclaimed { sitting: String::new(), treatment });
    if let Some(reasons) = immediate {
        if reasons.trim().is_empty() {
            return Err(Refusal::new(
                "urgency_not_motivated",
                "R4.3",
                "art. 134, c. 4, TUEL",
                "L'urgenza va motivata",
            )
            .into());
        }
        let event = CaseEvent::ImmediateVoted {
            ballot: crate::domain::sitting::Ballot::default(),
            declared: true,
            required: 0,
            reasons: reasons.trim().to_owned(),
            on: changes.day(),
        };
        changes.push(id, event);
    }
    match workflow.find(|k| matches!(k, StepKind::Number { .. })) {
        Some(step) => enter(changes, id, &step.name.clone())?,
        None => leave(changes, id, Passage::Done)?,
    }
    raise_duties(changes, id, "adopted")?;
    tell_affected(changes, id, true)
}

/// Closes the fascicolo by its check-list: nothing owed, nothing pending (practice.md 2).
fn close(changes: &mut Changes, id: &str, note: &str) -> Result<(), Stop> {
    let by = actor_as(changes, Role::Segreteria, None)?;
    let (_, step) = changes.position(id)?;
    let case = changes.case(id)?;
    let over = case.ending.is_some()
        || matches!(step.kind, StepKind::Review { lifecycle: Lifecycle::PostingEnded, .. });
    if !over {
        return Err(wrong_step(&step, "chiudere il fascicolo").into());
    }
    let mut open: Vec<String> = case
        .papers
        .iter()
        .filter(|p| !p.is_complete())
        .map(|p| format!("il documento «{}»", p.plan.key))
        .collect();
    open.extend(
        case.duties
            .iter()
            .filter(|(_, d)| d.settled.is_none())
            .map(|(name, _)| format!("l'adempimento «{name}»")),
    );
    if case.posting.is_some() && !case.posting_ended {
        open.push("la fine della pubblicazione".into());
    }
    if !open.is_empty() {
        return Err(Refusal::new(
            "file_not_complete",
            "R9.11",
            "",
            format!("Il fascicolo non si può chiudere: manca {}", open.join(", ")),
        )
        .into());
    }
    changes.push(id, CaseEvent::Closed { by, note: note.trim().to_owned() });
    Ok(())
}
