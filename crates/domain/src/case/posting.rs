// SPDX-License-Identifier: AGPL-3.0-or-later
//! After the vote: the Albo, its accidents, efficacy, duties, later acts and orders, closing.

use super::advance::{acting, enter, leave, owe, posting_term, seal_slot, slot, take_number};
use super::command::CaseCommand;
use super::commissioner::adopt_alone;
use super::decide::{actor_as, wrong_step};
use super::duties::{close, meet, raise_duties, settle};
use super::efficacy::{Efficacy, effective_on, efficacy, terms_of};
use super::event::CaseEvent;
use super::record::{LatePosting, Posting};
use super::signing::only_system;
use super::touches::{effect_moved, lift, ordered, tell_affected, untouch};
use super::{Case, Ending, availability, capigruppo, privacy, request};
use crate::changes::{Changes, Stop};
use crate::law::calendar::{Preposition, rome_date};
use crate::law::posting::{check_certificate, check_referto, counted_from, lag};
use crate::law::terms::TermRules;
use crate::papers::{PaperKind, PaperState, Slot};
use crate::refusal::Refusal;
use crate::registry::{Role, Signatory};
use crate::regulation::Regulation;
use crate::regulation::tokens::{Keeper, PostingSigner};
use crate::workflow::{Passage, StepKind};
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
        CaseCommand::RecordAvailability(found) => availability::record(changes, id, found),
        CaseCommand::EndPosting => end_posting(changes, id),
        CaseCommand::CertifyEffect => certify(changes, id),
        CaseCommand::MeetCondition { condition, on, evidence } => {
            meet(changes, id, *condition, *on, evidence)
        }
        CaseCommand::SettleDuty { duty, done, note } => settle(changes, id, duty, *done, note),
        CaseCommand::RecordOrder { touch } => ordered(changes, id, touch),
        CaseCommand::LiftSuspension { from, source } => lift(changes, id, *from, source),
        CaseCommand::AdoptAsCommissioner { immediate } => {
            adopt_alone(changes, id, immediate.as_deref())
        }
        CaseCommand::RecordDelivery { day, serial, person, delivered, note } => {
            capigruppo::told(changes, id, (*day, *serial), person, *delivered, note)
        }
        CaseCommand::Close { note } => close(changes, id, note),
        _ => Ok(()),
    }
}

fn poster(changes: &Changes, id: &str) -> Result<Signatory, Stop> {
    let (_, step) = changes.position(id)?;
    let over = matches!(changes.case(id)?.ending, Some(Ending::Withdrawn | Ending::Archived));
    let StepKind::Post { who } = step.kind.clone() else {
        return Err(wrong_step(&step, "pubblicare all'Albo").into());
    };
    if over {
        let text = "Alla richiesta non si è dato corso: il documento non si affigge";
        return Err(Refusal::new("case_over", "R6.10", "", text)
            .next("Registrare una nuova richiesta")
            .into());
    }
    Ok(actor_as(changes, who, None)?)
}

/// Posts the act: D is the civil day of the server's clock, never a day someone writes (T-73),
/// except where the Albo is another system that gives number and day.
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
    let file = file_to_show(changes, id)?;
    let regulation = changes.regulation()?;
    let (number, day, external) = match (regulation.albo, external_number, external_day) {
        (Keeper::External, Some(number), Some(day)) => {
            received(changes, id, day)?;
            (number, day, true)
        }
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
    let wrong = changes.case(id)?.annulled_postings.last().map(|(_, why)| why.clone());
    let repeats = repeats.map(str::to_owned).or(wrong);
    let terms = request::terms(&regulation, &changes.case(id)?.content);
    let late = missed(changes.case(id)?, &regulation, day);
    let posting = posting(changes, (&regulation, terms), number, day, file, by.clone(), repeats);
    changes.push(id, CaseEvent::Posted(Posting { late: late.clone(), ..posting }));
    attest(changes, id, &regulation, by, late.is_some(), (day.year(), number))?;
    raise_duties(changes, id, "posted")?;
    tell_affected(changes, id, false)?;
    leave(changes, id, Passage::Done)
}

/// The papers of D: the attestation of the posting, and of its lag where it is late.
fn attest(
    changes: &mut Changes,
    id: &str,
    regulation: &Regulation,
    by: Signatory,
    late: bool,
    number: (i32, i64),
) -> Result<(), Stop> {
    let kind = PaperKind::AttestazionePubblicazione;
    let (key, about) = of_posting(changes.case(id)?, kind, number);
    let slots = attestation_slots(changes, regulation, &by)?;
    owe(changes, id, kind, key, slots, &about);
    if late {
        let kind = PaperKind::AttestazioneRitardo;
        let (key, about) = of_posting(changes.case(id)?, kind, number);
        owe(changes, id, kind, key, vec![slot("firma", by)], &about);
    }
    Ok(())
}

/// The term of a norm that a posting of this day misses (row 20).
fn missed(case: &Case, regulation: &Regulation, day: NaiveDate) -> Option<LatePosting> {
    let (due, source) = posting_term(case, regulation)?;
    let days = lag(due, day);
    (days > 0).then_some(LatePosting { due, days, source })
}

/// Key of a paper of a posting, and what it is about. The numbers of the Albo start again every year:
/// where the number alone already names a paper of this act, the year is added (R5.1).
fn of_posting(case: &Case, kind: PaperKind, (year, number): (i32, i64)) -> (String, String) {
    let short = format!("{}-{number}", kind.token());
    let taken = case.paper(&short).is_some();
    (if taken { format!("{short}-{year}") } else { short }, format!("{number}/{year}"))
}

fn posting(
    changes: &Changes,
    (regulation, terms): (&Regulation, TermRules),
    number: i64,
    day: NaiveDate,
    file: String,
    by: Signatory,
    repeats: Option<String>,
) -> Posting {
    let outage = regulation.outage_rules();
    Posting {
        number,
        year: day.year(),
        day,
        at: changes.ctx.now,
        external: regulation.albo == Keeper::External,
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
        repeats,
        late: None,
    }
}

/// The day an external Albo gave: not before the act, not after today (R6.4).
fn received(changes: &Changes, id: &str, day: NaiveDate) -> Result<(), Stop> {
    let adopted = changes.case(id)?.treatment.as_ref().map_or(day, |t| t.date);
    if (adopted..=changes.ctx.today()).contains(&day) {
        return Ok(());
    }
    let text = format!("La pubblicazione non può cominciare {}", Preposition::On.short(day));
    Err(Refusal::new("external_albo_day", "R6.4", "art. 124, c. 1, TUEL", text).into())
}

/// Who attests the posting, by the regulation: one signature each (practice.md 6).
fn attestation_slots(
    changes: &Changes,
    regulation: &Regulation,
    by: &Signatory,
) -> Result<Vec<Slot>, Stop> {
    let mut slots: Vec<Slot> = Vec::new();
    for signer in &regulation.attestation_signers {
        let next = posting_slot(changes, *signer, by)?;
        if !slots.iter().any(|s| s.field == next.field) {
            slots.push(next);
        }
    }
    Ok(slots)
}

/// The place of who signs a paper of the Albo, by the regulation (R6.7).
fn posting_slot(changes: &Changes, signer: PostingSigner, by: &Signatory) -> Result<Slot, Stop> {
    Ok(match signer {
        PostingSigner::PublicationManager | PostingSigner::Messo => slot("firma", by.clone()),
        PostingSigner::Segretario => {
            slot("firma_segretario", acting(changes, Role::Segretario, None)?)
        }
        PostingSigner::Seal => seal_slot(),
    })
}

/// What the Albo shows: the act as signed, or without what was withheld; a document of others as it
/// came (R6.8, R6.10).
fn file_to_show(changes: &Changes, id: &str) -> Result<String, Stop> {
    let case = changes.case(id)?;
    if case.content.request.is_some() {
        let document = request::shown_document(&case.content).map(|a| a.sha256.clone());
        return Ok(document.unwrap_or_default());
    }
    privacy::all_decided(changes, id)?;
    privacy::public_file(changes, id, act_file(changes, id)?)
}

/// The act itself, signed by all who must.
pub(super) fn act_file(changes: &Changes, id: &str) -> Result<String, Stop> {
    let (workflow, _) = changes.position(id)?;
    let case = changes.case(id)?;
    let mut signed = workflow.steps.iter().filter_map(|s| match s.kind {
        StepKind::Sign { .. } => s.paper.as_deref(),
        _ => None,
    });
    // The last paper to be signed is the act: before it is there, the signed proposal is not it.
    let key = signed.next_back().and_then(|token| super::advance::step_paper(case, token));
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

/// What a timer does, a person in the role may do too.
fn system_or(changes: &Changes, role: Role) -> Result<(), Refusal> {
    only_system(&changes.ctx.actor).or_else(|_| actor_as(changes, role, None).map(drop))
}

pub(super) fn posted(changes: &Changes, id: &str) -> Result<Posting, Stop> {
    changes.case(id)?.posting.clone().ok_or_else(|| {
        Refusal::new("not_posted", "R6.1", "art. 124, c. 1, TUEL", "L'atto non è in pubblicazione")
            .into()
    })
}

fn outage(changes: &mut Changes, id: &str, day: NaiveDate, visible_hours: u8) -> Result<(), Stop> {
    let posting = posted(changes, id)?;
    let by = actor_as(changes, Role::ResponsabilePubblicazione, None)?;
    let terms = terms_of(changes.case(id)?);
    if changes.case(id)?.posting_ended {
        let text = "La fine della pubblicazione è già certificata";
        return Err(Refusal::new("posting_already_ended", "R6.5", "", text).into());
    }
    let within = terms.is_some_and(|t| posting.day <= day && day <= t.last_day);
    if !within || visible_hours > 24 || day > changes.ctx.today() {
        return Err(Refusal::new(
            "outage_outside_posting",
            "R6.5",
            "",
            format!(
                "L'atto non era in pubblicazione {}, o le ore non sono fra 0 e 24",
                Preposition::On.short(day)
            ),
        )
        .into());
    }
    if changes.case(id)?.outages.get(&day) == Some(&visible_hours) {
        let text = "Quel disservizio è già registrato, con le stesse ore";
        return Err(Refusal::new("outage_known", "R6.5", "", text).into());
    }
    let before = effective_on(changes.case(id)?);
    changes.push(id, CaseEvent::OutageRecorded { day, visible_hours, by: by.clone() });
    attest_outage(changes, id, day, by)?;
    effect_moved(changes, id, before, "l'esecutività dell'atto che lo dispone si è spostata")
}

/// The attestation of a lost day. Recorded again with other hours, what nobody signed is composed
/// again, and what was signed is followed by another that takes its place (R6.5).
fn attest_outage(
    changes: &mut Changes,
    id: &str,
    day: NaiveDate,
    by: Signatory,
) -> Result<(), Stop> {
    let kind = PaperKind::AttestazioneDisservizio;
    let stem = format!("{}-{}", kind.token(), day.format("%Y%m%d"));
    let about = day.to_string();
    let case = changes.case(id)?;
    let mut of_day = case.papers.iter().filter(|p| p.plan.kind == kind && p.plan.about == about);
    let made = of_day.clone().count();
    match of_day.next_back() {
        Some(last) if last.signed.is_empty() => {
            let key = last.plan.key.clone();
            if last.sha256.is_some() {
                let reason = "le ore registrate sono cambiate".into();
                changes.push(id, CaseEvent::PaperRecalled { key, reason });
            }
        }
        None => owe(changes, id, kind, stem, vec![slot("firma", by)], &about),
        Some(_) => {
            let key = format!("{stem}-{}", made + 1);
            owe(changes, id, kind, key, vec![slot("firma", by)], &about);
        }
    }
    Ok(())
}

fn annul_posting(changes: &mut Changes, id: &str, reason: &str) -> Result<(), Stop> {
    let posting = posted(changes, id)?;
    let by = actor_as(changes, Role::ResponsabilePubblicazione, None)?;
    if changes.case(id)?.ending == Some(Ending::Archived) {
        let text = "Il fascicolo è chiuso: la pubblicazione non si annulla più";
        return Err(Refusal::new("case_over", "R6.6", "", text)
            .next("L'errore si corregge con una nuova deliberazione")
            .into());
    }
    if reason.trim().is_empty() {
        return Err(Refusal::new(
            "reasons_missing",
            "R6.6",
            "",
            "L'annullamento della pubblicazione va motivato",
        )
        .into());
    }
    let today = changes.ctx.today();
    let case = changes.case(id)?;
    let was_effective = case.is_adopted() && effective_on(case).is_some_and(|on| on <= today);
    let event = CaseEvent::PostingAnnulled {
        reason: reason.trim().to_owned(),
        by: by.clone(),
        was_effective,
    };
    changes.push(id, event);
    let kind = PaperKind::AnnullamentoPubblicazione;
    let (key, about) = of_posting(changes.case(id)?, kind, (posting.year, posting.number));
    owe(changes, id, kind, key, vec![slot("firma", by)], &about);
    // Executivity that set in stays, and so does what it did to other acts (row 33).
    if !was_effective {
        untouch(changes, id, "pubblicazione annullata")?;
    }
    let (workflow, _) = changes.position(id)?;
    match workflow.find(|k| matches!(k, StepKind::Post { .. })) {
        Some(step) => enter(changes, id, &step.name.clone()),
        None => Ok(()),
    }
}

fn replace_file(changes: &mut Changes, id: &str, sha256: &str, reason: &str) -> Result<(), Stop> {
    let posting = posted(changes, id)?;
    actor_as(changes, Role::ResponsabilePubblicazione, None)?;
    request::untouched(changes.case(id)?)?;
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
    if reason.trim().is_empty() {
        return Err(Refusal::new(
            "replacement_invalid",
            "R6.6",
            "art. 5 Reg. (UE) 2016/679",
            "Occorre il motivo della sostituzione",
        )
        .into());
    }
    privacy::all_decided(changes, id)?;
    let rendition = privacy::public_file(changes, id, act_file(changes, id)?)?;
    if rendition == posting.file || !(sha256.is_empty() || *sha256 == rendition) {
        return Err(Refusal::new(
            "replacement_not_derived",
            "R6.6",
            "art. 5 Reg. (UE) 2016/679; art. 23-bis CAD",
            "Il file esposto si sostituisce solo con la versione pubblicabile più recente dell'atto, \
             firmata e diversa da quella esposta",
        )
        .next("Segnare i dati da omettere, preparare la versione pubblicabile e firmarla")
        .into());
    }
    let event = CaseEvent::PublicFileReplaced {
        old: posting.file,
        new: rendition,
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
    let manager = match actor_as(changes, Role::ResponsabilePubblicazione, None) {
        Ok(by) => by,
        Err(_) => acting(changes, Role::ResponsabilePubblicazione, None)?,
    };
    let signer = posting_slot(changes, changes.regulation()?.referto_signer, &manager)?;
    let kind = PaperKind::RefertoPubblicazione;
    let (key, about) = of_posting(changes.case(id)?, kind, (posting.year, posting.number));
    owe(changes, id, kind, key, vec![signer], &about);
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
    let today = rome_date(changes.ctx.now);
    let on = effective_on(case);
    on.map_or(Ok(()), |on| check_certificate(on, today))?;
    let halted = matches!(efficacy(case, today).0, Efficacy::Suspended | Efficacy::Ceased);
    let Some(on) = on.filter(|_| !halted) else {
        return Err(Refusal::new(
            "not_effective_now",
            "R7.2",
            "",
            "L'atto è sospeso o ha cessato di avere effetto: l'esecutività non si certifica",
        )
        .next("Cessata la sospensione, il certificato è dovuto da sé")
        .into());
    };
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
    let case = changes.case(id)?;
    let standing = |p: &&PaperState| p.plan.kind == kind && !p.dropped;
    if case.papers.iter().rfind(standing).is_some_and(|p| p.plan.about == on.to_string()) {
        return Err(Refusal::new(
            "already_certified",
            "R7.7",
            "",
            "Il certificato è già stato emesso",
        )
        .into());
    }
    let named = case.matured.map_or((posting.year, posting.number), |(_, named)| named);
    let (mut key, _) = of_posting(case, kind, named);
    // The day moved after one had been issued: another one takes its place.
    let issued = case.papers.iter().filter(|p| p.plan.kind == kind).count();
    if case.paper(&key).is_some() {
        key = format!("{key}-{}", issued + 1);
    }
    let segretario = acting(changes, Role::Segretario, None)?;
    owe(changes, id, kind, key, vec![slot("firma", segretario)], &on.to_string());
    Ok(())
}
