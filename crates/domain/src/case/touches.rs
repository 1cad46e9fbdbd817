// SPDX-License-Identifier: AGPL-3.0-or-later
//! What later acts and orders do to an act (R5.5, T-67).

use super::Case;
use super::advance::{acting, owe, slot};
use super::content::Effect;
use super::decide::{actor_as, proposer};
use super::efficacy::{effective_on, suspension_on};
use super::event::CaseEvent;
use super::record::Touch;
use crate::changes::{Changes, Stop};
use crate::law::calendar::Preposition;
use crate::papers::{PaperKind, PaperState};
use crate::refusal::Refusal;
use crate::registry::Role;
use crate::regulation::tokens::RettificaInstrument;
use chrono::NaiveDate;

/// Tells the acts this one revokes, annuls or suspends, from the day it has efficacy (R5.5, T-67).
pub fn tell_affected(changes: &mut Changes, id: &str, immediate: bool) -> Result<(), Stop> {
    let case = changes.case(id)?;
    if !case.is_adopted() {
        return Ok(());
    }
    let from = match (immediate, &case.immediate) {
        (true, Some(ballot)) => Some(ballot.on),
        (false, Some(ballot)) if ballot.declared => None,
        _ => effective_on(case),
    };
    let (workflow, _) = changes.position(id)?;
    let case = changes.case(id)?;
    // Numbered when the sitting closes: until then the act is named by its day.
    let adopted = case.treatment.as_ref().map_or(from, |t| Some(t.date));
    let source = case.act_number(&workflow).map_or_else(
        || {
            format!(
                "deliberazione {}",
                adopted.map(|d| Preposition::Of.short(d)).unwrap_or_default()
            )
        },
        |n| format!("deliberazione n. {} {}", n.number, Preposition::Of.short(n.date)),
    );
    let affected = changes.case(id)?.content.affects.clone();
    let Some(from) = from else { return Ok(()) };
    for affects in &affected {
        let told = |t: &Touch| t.by_case == id && t.how == affects.how && !t.is_void();
        // Told once: a posting repeated after executivity had set in changes nothing.
        if changes.case(&affects.case)?.touches.iter().any(told) {
            continue;
        }
        let touch = Touch::of(affects, id, from, source.clone());
        touched(changes, &affects.case, touch)?;
    }
    Ok(())
}

/// What this act did to others falls, where it did not hold yet: posted wrongly, or not approved.
pub fn untouch(changes: &mut Changes, id: &str, reason: &str) -> Result<(), Stop> {
    let today = changes.day();
    let still_enforceable = changes.case(id)?.is_immediate();
    let mut targets: Vec<String> =
        changes.case(id)?.content.affects.iter().map(|a| a.case.clone()).collect();
    targets.dedup();
    for target in targets {
        let by_this = |t: &&Touch| t.by_case == id && !t.is_void();
        let last = changes.case(&target)?.touches.iter().rfind(by_this);
        let holds = last.is_some_and(|t| t.holds_on(today));
        if last.is_none() || (holds && still_enforceable) {
            continue;
        }
        let (by_case, reason) = (id.to_owned(), reason.to_owned());
        changes.push(&target, CaseEvent::TouchWithdrawn { by_case, reason });
        withdraw_annotations(changes, &target, id)?;
    }
    Ok(())
}

/// The day of executivity of an act moved: what it does to other acts follows it (R5.5, T-67), and a
/// certificate nobody has signed yet, which would say the old day, is owed no more.
pub(super) fn effect_moved(
    changes: &mut Changes,
    id: &str,
    before: Option<NaiveDate>,
    why: &str,
) -> Result<(), Stop> {
    let now = effective_on(changes.case(id)?);
    if now == before {
        return Ok(());
    }
    void_certificates(changes, id, why)?;
    if changes.case(id)?.is_immediate() {
        return Ok(());
    }
    untouch(changes, id, why)?;
    if now.is_some() { tell_affected(changes, id, false) } else { Ok(()) }
}

/// Certificates nobody has signed yet that say another day than that of executivity: they could not
/// be signed any more (R7.7).
fn void_certificates(changes: &mut Changes, id: &str, why: &str) -> Result<(), Stop> {
    let case = changes.case(id)?;
    let now = effective_on(case);
    let stale: Vec<String> = case
        .open_papers()
        .filter(|p| p.plan.kind == PaperKind::CertificatoEsecutivita && p.signed.is_empty())
        .filter(|p| now.is_none_or(|day| p.plan.about != day.to_string()))
        .map(|p| p.plan.key.clone())
        .collect();
    for key in stale {
        changes.push(id, CaseEvent::PaperVoided { key, reason: why.to_owned() });
    }
    Ok(())
}

/// An order is of a court or of an authority: it suspends, annuls, or a note mends a material error.
/// To revoke or to validate an act is of the organ alone, by a new deliberation (R5.5; L. 241/1990
/// artt. 21-quinquies and 21-nonies c. 2). It does not work before the act existed.
fn check_order(case: &Case, touch: &Touch) -> Result<(), Refusal> {
    if matches!(touch.how, Effect::Revoke | Effect::Validate) {
        let article = match touch.how {
            Effect::Revoke => "art. 21-quinquies L. 241/1990",
            _ => "art. 21-nonies, c. 2, L. 241/1990",
        };
        let text = "La revoca e la convalida spettano all'organo che ha adottato l'atto";
        return Err(Refusal::new("of_the_organ_alone", "R5.5", article, text)
            .next("Presentare una proposta di deliberazione che incide su questo atto"));
    }
    let adopted = case.treatment.as_ref().map(|t| t.date);
    let backwards = touch.until.is_some_and(|until| until < touch.from);
    let term_of_other = touch.until.is_some() && touch.how != Effect::Suspend;
    if adopted.is_some_and(|adopted| touch.from < adopted) || backwards || term_of_other {
        let text = match (backwards, term_of_other) {
            (true, _) => "L'ultimo giorno dell'effetto viene prima del primo",
            (_, true) => "Solo una sospensione ha un ultimo giorno",
            _ => "L'effetto non può cominciare prima che l'atto fosse adottato",
        };
        let article = "artt. 21-quater e 21-nonies L. 241/1990";
        return Err(Refusal::new("order_days", "R5.5", article, text)
            .next("Controllare i giorni indicati nel provvedimento"));
    }
    if !touch.by_case.is_empty() {
        let text = "Gli effetti di una deliberazione nascono dalla sua efficacia, non da un ordine";
        return Err(
            Refusal::new("not_an_order", "R5.5", "", text).next("Lasciare vuoto l'atto che incide")
        );
    }
    Ok(())
}

/// Puts on record an order on this act. A material error is mended by a new deliberation, or by a
/// note of the Segretario or of the proposing office where the Comune says so (R5.5a).
pub(super) fn ordered(changes: &mut Changes, id: &str, touch: &Touch) -> Result<(), Stop> {
    let regulation = changes.regulation()?;
    match (touch.how, regulation.rettifica_instrument) {
        (Effect::Rectify, RettificaInstrument::NewAct) => {
            return Err(Refusal::new(
                "rectified_by_new_act",
                "R5.5",
                regulation.source("rettifica_instrument"),
                "L'errore materiale si corregge con una nuova deliberazione, non con una nota",
            )
            .next("Presentare una proposta che rettifica questo atto")
            .into());
        }
        (Effect::Rectify, RettificaInstrument::OfficeNote) => {
            proposer(changes, changes.case(id)?)?;
        }
        _ => {
            actor_as(changes, Role::Segretario, None)?;
        }
    }
    check_order(changes.case(id)?, touch)?;
    let source = touch.source.trim().to_owned();
    let before = effective_on(changes.case(id)?);
    touched(changes, id, Touch { source, withdrawn: None, ..touch.clone() })?;
    effect_moved(changes, id, before, "l'esecutività dell'atto che lo dispone è sospesa")
}

/// What was composed and not signed says something that is no longer so: it is recalled, and says
/// that the effect fell. What was signed stays, and a new annotation says it.
fn withdraw_annotations(changes: &mut Changes, target: &str, by: &str) -> Result<(), Stop> {
    let case = changes.case(target)?;
    let fallen = case.touches.iter().enumerate().filter(|(_, t)| t.by_case == by && t.is_void());
    let papers: Vec<(usize, PaperState)> = fallen
        .filter_map(|(i, _)| Some((i + 1, case.paper(&annotation_key(i + 1))?.clone())))
        .collect();
    for (serial, paper) in papers {
        if !paper.signed.is_empty() {
            annotate(changes, target, format!("{}-ritiro", annotation_key(serial)), serial)?;
        } else if paper.sha256.is_some() {
            let reason = "l'effetto annotato è caduto".into();
            let key = annotation_key(serial);
            changes.push(target, CaseEvent::PaperRecalled { key, reason });
        }
    }
    Ok(())
}

fn annotation_key(serial: usize) -> String {
    format!("{}-{serial}", PaperKind::Annotazione.token())
}

/// The annotation of the touch of a serial, from 1, signed by the Segretario.
fn annotate(changes: &mut Changes, id: &str, key: String, serial: usize) -> Result<(), Stop> {
    if changes.case(id)?.paper(&key).is_some() {
        return Ok(());
    }
    let segretario = acting(changes, Role::Segretario, None)?;
    let slots = vec![slot("firma", segretario)];
    owe(changes, id, PaperKind::Annotazione, key, slots, &serial.to_string());
    Ok(())
}

pub(super) fn touched(changes: &mut Changes, id: &str, touch: Touch) -> Result<(), Stop> {
    if touch.source.trim().is_empty() {
        let text = "Indicare l'atto o il provvedimento";
        return Err(Refusal::new("source_missing", "R5.5", "", text).into());
    }
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
    changes.push(id, CaseEvent::Touched { touch });
    annotate(changes, id, annotation_key(serial), serial)?;
    void_certificates(changes, id, "un altro atto o un provvedimento ne ha spostato l'esecutività")
}

pub(super) fn lift(
    changes: &mut Changes,
    id: &str,
    from: NaiveDate,
    source: &str,
) -> Result<(), Stop> {
    actor_as(changes, Role::Segretario, None)?;
    if source.trim().is_empty() {
        let text = "Indicare l'atto o il provvedimento";
        return Err(Refusal::new("source_missing", "R5.5", "", text).into());
    }
    let case = changes.case(id)?;
    let Some(suspension) = suspension_on(case, from) else {
        return Err(Refusal::new(
            "not_suspended",
            "R5.5",
            "art. 21-quater, c. 2, L. 241/1990",
            format!("L'atto non è sospeso {}", Preposition::On.short(from)),
        )
        .into());
    };
    let found = case.touches.iter().position(|t| t == suspension);
    let serial = found.map_or(case.touches.len(), |i| i + 1);
    let before = effective_on(case);
    changes.push(id, CaseEvent::SuspensionLifted { from, source: source.trim().to_owned() });
    annotate(changes, id, format!("{}-fine", annotation_key(serial)), serial)?;
    effect_moved(changes, id, before, "la sospensione dell'atto che lo dispone è cessata")
}
