// SPDX-License-Identifier: AGPL-3.0-or-later
//! What later acts and orders do to an act (R5.5, T-67).

use super::advance::{acting, owe, slot};
use super::content::Effect;
use super::decide::actor_as;
use super::efficacy::terms_of;
use super::event::{CaseEvent, Touch};
use crate::domain::changes::{Changes, Stop};
use crate::domain::law::calendar::date_short;
use crate::domain::papers::PaperKind;
use crate::domain::refusal::Refusal;
use crate::domain::registry::Role;
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

pub(super) fn touched(changes: &mut Changes, id: &str, touch: Touch) -> Result<(), Stop> {
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

pub(super) fn lift(changes: &mut Changes, id: &str, from: NaiveDate, source: &str) -> Result<(), Stop> {
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
