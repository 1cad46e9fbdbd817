// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who takes the minutes of an item when the Segretario must not (R2.6, T-10).

use super::Sitting;
use super::decide::rules;
use super::event::SittingEvent;
use super::items::current;
use crate::changes::{Changes, Stop};
use crate::law::presidency::{GiuntaOffice, Member as InLine, VerbalizerFallback, youngest};
use crate::refusal::Refusal;
use crate::registry::{Capacity, Signatory};
use crate::regulation::Regulation;

/// The Segretario has an interest in the item: the Vice, else a member by rule (R2.6, T-10).
pub(super) fn replace_verbalizer(
    changes: &mut Changes,
    id: &str,
    case_id: &str,
    person: &str,
    reason: &str,
) -> Result<(), Stop> {
    current(changes, id, case_id)?;
    let sitting = changes.sitting(id)?;
    let regulation = rules(changes, sitting)?;
    let registry = changes.registry();
    let day = changes.day();
    let leaving = sitting.verbalizer.as_ref().map_or("", |v| v.person.as_str());
    // The substitutes the regulation foresees, in service, without the one to be replaced.
    let mut vices = registry.segretari(day);
    vices.retain(|m| m.person != leaving);
    let by = match vices.iter().find(|m| m.person == person) {
        Some(vice) => registry.signatory(vice),
        None if !vices.is_empty() => return Err(cannot_verbalize(&regulation).into()),
        None => by_a_member(sitting, case_id, person, &regulation)?,
    };
    let (case, reason) = (case_id.to_owned(), reason.trim().to_owned());
    changes.push_sitting(id, SittingEvent::VerbalizerReplaced { case, by, reason });
    Ok(())
}

/// Without a Vice: the youngest member present, who does not preside and is not in conflict
/// himself; any such member where the ages are not on record.
fn by_a_member(
    sitting: &Sitting,
    case_id: &str,
    person: &str,
    regulation: &Regulation,
) -> Result<Signatory, Refusal> {
    let conflicted = |p: &str| sitting.item(case_id).is_some_and(|i| i.must_abstain(p));
    let president = sitting.president();
    let line: Vec<InLine> = sitting
        .members
        .iter()
        .filter(|m| sitting.is_present(&m.person) && !conflicted(&m.person))
        .map(|m| InLine {
            id: m.person.clone(),
            office: GiuntaOffice::Assessore,
            born: m.born,
            list_order: m.rank,
        })
        .collect();
    let first = youngest(&line, &president).map_or(person, |m| m.id.as_str());
    let by_rule = regulation.verbalizer_fallback.contains(&VerbalizerFallback::YoungestMember);
    let member = sitting.members.iter().find(|m| m.person == person).filter(|m| {
        by_rule
            && m.person == first
            && m.person != president
            && line.iter().any(|l| l.id == m.person)
    });
    member.map_or_else(
        || Err(cannot_verbalize(regulation)),
        |m| {
            Ok(Signatory {
                person: m.person.clone(),
                name: m.name.clone(),
                fiscal_code: m.fiscal_code.clone(),
                title: "Segretario verbalizzante".into(),
                role: m.role,
                // He verbalizes as the member he is: no decree makes him a substitute (R2.6).
                capacity: Capacity::Titolare,
                act: String::new(),
            })
        },
    )
}

fn cannot_verbalize(regulation: &Regulation) -> Refusal {
    Refusal::new(
        "cannot_verbalize",
        "R2.6",
        regulation.source("verbalizer_fallback"),
        "Per l'argomento verbalizza un Vice Segretario o, in mancanza, il componente presente \
         indicato dalla norma locale, che non presieda",
    )
}
