// SPDX-License-Identifier: AGPL-3.0-or-later
//! What later acts and orders do to an act (R5.5, T-67).

use super::advance::{acting, owe, slot};
use super::content::Effect;
use super::decide::{actor_as, proposer};
use super::efficacy::terms_of;
use super::event::{CaseEvent, Touch};
use crate::domain::changes::{Changes, Stop};
use crate::domain::law::calendar::date_short;
use crate::domain::papers::PaperKind;
use crate::domain::refusal::Refusal;
use crate::domain::registry::Role;
use crate::domain::regulation::tokens::RettificaInstrument;
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
        _ => terms_of(case).map(|t| t.effective_on),
    };
    let (workflow, _) = changes.position(id)?;
    let case = changes.case(id)?;
    // Numbered when the sitting closes: until then the act is named by its day.
    let adopted = case.treatment.as_ref().map_or(from, |t| Some(t.date));
    let source = case.act_number(&workflow).map_or_else(
        || format!("deliberazione del {}", adopted.map(date_short).unwrap_or_default()),
        |n| format!("deliberazione n. {} del {}", n.number, date_short(n.date)),
    );
    let affected = changes.case(id)?.content.affects.clone();
    let Some(from) = from else { return Ok(()) };
    for affects in &affected {
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
    touched(changes, id, touch.clone())
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

pub(super) fn lift(
    changes: &mut Changes,
    id: &str,
    from: NaiveDate,
    source: &str,
) -> Result<(), Stop> {
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
