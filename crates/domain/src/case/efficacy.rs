// SPDX-License-Identifier: AGPL-3.0-or-later
//! Region B: what time alone decides, computed when it is read.
//!
//! No timer makes an act effective; certificates and mails follow, the effect does not wait (1.17).

use super::{Case, Condition, Effect, Posting, Touch};
use crate::law::calendar::{Preposition, rome_midnight};
use crate::law::outage::{OutageRules, extension};
use crate::law::posting;
use crate::law::ratification::{lapsed, ratify_by};
use crate::law::regulations;
use crate::law::terms::{TermRules, Terms};
use crate::refusal::Refusal;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Efficacy of an act on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Efficacy {
    /// None yet.
    None,
    /// Declared immediately enforceable (TUEL 134 c. 4): *eseguibile*.
    ImmediatelyEnforceable,
    /// Effective (TUEL 134 c. 3): *esecutiva*.
    Effective,
    /// Suspended by an act or an order.
    Suspended,
    /// Ceased: revoked, annulled, or lapsed.
    Ceased,
}

impl Posting {
    /// The rules its terms are counted by: those in force at D (T-77).
    pub fn rules(&self) -> TermRules {
        TermRules {
            posting_days: self.days,
            holiday_shift: self.holiday_shift,
            show_extra_day: self.show_extra_day,
            effective_after_posting: self.effective_after_posting,
            ..TermRules::new(self.pub_count, self.exec_count)
        }
    }

    /// The instant it began: ours when it was recorded, in another system's Albo with its day, since
    /// only the day is received and the recording comes later.
    pub fn shown_from(&self) -> DateTime<Utc> {
        if self.external { rome_midnight(self.day) } else { self.at }
    }

    /// Its dates, with the days lost so far (R6.2, R6.5, R7.2).
    pub fn terms(&self, outages: &BTreeMap<NaiveDate, u8>) -> Option<Terms> {
        let outage = OutageRules {
            policy: self.outage_policy,
            min_hours: self.outage_min_hours,
            affects_executivity: self.outage_affects_executivity,
        };
        let rules = self.rules();
        let extended = extension(&outage, &rules, self.day, outages).ok()?;
        rules.terms(self.day, extended).ok()
    }
}

/// Last day, day off and executivity of the current posting, outages counted (R6.2, R6.5, R7.2).
pub fn terms_of(case: &Case) -> Option<Terms> {
    case.posting.as_ref()?.terms(&case.outages)
}

/// First day of executivity (TUEL 134 c. 3), if it can be said today. A suspension that covers the
/// day keeps it from setting in (law.md row 31, SC-13): the act is effective from the day after
/// the suspension, and nobody knows when while that has no end. What had set in before a
/// posting was annulled stays (row 33).
pub fn effective_on(case: &Case) -> Option<NaiveDate> {
    let mut day = match &case.matured {
        Some((on, _)) => *on,
        None => terms_of(case)?.effective_on,
    };
    while let Some(touch) = suspension_on(case, day) {
        let lifted = case.lifted.iter().map(|(on, _)| *on).filter(|on| *on > day).min();
        let over = touch.until.and_then(|until| until.succ_opt());
        day = [lifted, over].into_iter().flatten().min()?;
    }
    Some(day)
}

/// First day on which the regulation an act approves is in force (R7.6), once it is posted; none for
/// other acts, and while nobody knows when the act has effect.
pub fn in_force_on(case: &Case) -> Option<NaiveDate> {
    let posting = case.posting.as_ref()?;
    in_force_from(case, posting, effective_on(case))
}

/// The same for one of its postings, with the day of executivity as it was known.
pub fn in_force_from(
    case: &Case,
    posting: &Posting,
    effective: Option<NaiveDate>,
) -> Option<NaiveDate> {
    let how = case.content.gates.regulation.filter(|_| case.is_adopted())?;
    let declared = case.immediate.as_ref().filter(|ballot| ballot.declared).map(|b| b.on);
    let effective = declared.into_iter().chain(effective).min()?;
    Some(regulations::in_force_on(how, posting.day, effective))
}

/// Region B on a day, with the conditions still unmet (practice.md 1.3).
pub fn efficacy(case: &Case, today: NaiveDate) -> (Efficacy, Vec<Condition>) {
    let unmet: Vec<Condition> = case
        .content
        .gates
        .conditions
        .iter()
        .copied()
        .filter(|c| case.conditions_met.get(c).is_none_or(|on| today < *on))
        .collect();
    (state(case, today), unmet)
}

/// Whether an act may be carried out on a day; else why not, and from when it may (SC-6). Neither the
/// approval nor the posting is enough (art. 134, c. 3 and 4, TUEL).
///
/// # Errors
/// `not_executable`.
pub fn executable(case: &Case, today: NaiveDate) -> Result<(), Refusal> {
    let (state, unmet) = efficacy(case, today);
    let refuse = |article: &str, text: String, next: &str| {
        Err(Refusal::new("not_executable", "R7.2", article, text).next(next))
    };
    match state {
        Efficacy::None => {
            let text = match effective_on(case) {
                _ if !case.is_adopted() => "Non esecutiva: non è stata approvata".into(),
                Some(on) => format!("Non esecutiva: lo diviene {}", Preposition::On.short(on)),
                None => "Non esecutiva: non è ancora pubblicata".into(),
            };
            let next = "Attendere l'esecutività: l'atto non si esegue prima";
            refuse("art. 134, c. 3, TUEL", text, next)
        }
        Efficacy::Suspended => {
            let next = "Attendere la fine della sospensione";
            refuse("art. 21-quater, c. 2, L. 241/1990", "L'efficacia è sospesa".into(), next)
        }
        Efficacy::Ceased => {
            let next = "Eseguire l'atto che ne ha preso il posto, se vi è";
            refuse(
                "artt. 21-quinquies e 21-nonies L. 241/1990",
                "L'efficacia è cessata".into(),
                next,
            )
        }
        Efficacy::ImmediatelyEnforceable | Efficacy::Effective => match unmet.as_slice() {
            [] => Ok(()),
            unmet => {
                let labels: Vec<&str> = unmet.iter().map(|c| c.label()).collect();
                let text = format!("Manca una condizione di efficacia: {}", labels.join(", "));
                refuse("D.Lgs. 33/2013", text, "Adempiere e registrare la condizione avverata")
            }
        },
    }
}

fn state(case: &Case, today: NaiveDate) -> Efficacy {
    if !case.is_adopted() {
        return Efficacy::None;
    }
    if has_ceased(case, today) {
        return Efficacy::Ceased;
    }
    // A suspension that came before the tenth day also keeps executivity from setting in (SC-13).
    match suspension_on(case, today) {
        Some(_) => Efficacy::Suspended,
        None => reached(case, today),
    }
}

fn reached(case: &Case, today: NaiveDate) -> Efficacy {
    if effective_on(case).is_some_and(|on| on <= today) {
        return Efficacy::Effective;
    }
    match &case.immediate {
        Some(ballot) if ballot.declared && ballot.on <= today => Efficacy::ImmediatelyEnforceable,
        _ => Efficacy::None,
    }
}

fn has_ceased(case: &Case, today: NaiveDate) -> bool {
    let touched = case
        .touches
        .iter()
        .any(|t| matches!(t.how, Effect::Revoke | Effect::Annul) && t.holds_on(today));
    touched || ratification_missed(case, today)
}

/// An urgent budget variation that the Consiglio did not ratify in time lapses (175 c. 5, row 40).
fn ratification_missed(case: &Case, today: NaiveDate) -> bool {
    let Some(treatment) = &case.treatment else { return false };
    let Some(duty) = case.duties.get("consiglio") else { return false };
    let ratified = duty.settled.as_ref().filter(|(done, _, _)| *done).map(|(_, on, _)| *on);
    lapsed(treatment.date, ratified, today)
}

/// Day by which the Consiglio must ratify, for urgent budget variations.
pub fn ratification_due(case: &Case) -> Option<NaiveDate> {
    case.treatment.as_ref().map(|t| ratify_by(t.date))
}

/// The suspension that holds on a day and was not lifted by then.
pub(super) fn suspension_on(case: &Case, today: NaiveDate) -> Option<&Touch> {
    let lifted = |t: &Touch| case.lifted.iter().any(|(on, _)| t.from <= *on && *on <= today);
    case.touches.iter().find(|t| t.how == Effect::Suspend && t.holds_on(today) && !lifted(t))
}

/// Is the act in the public Albo at an instant? (I7: from D until the first day off.)
pub fn on_albo(case: &Case, at: DateTime<Utc>) -> bool {
    match (&case.posting, terms_of(case)) {
        (Some(posted), Some(terms)) => posting::on_albo(posted.shown_from(), &terms, at),
        _ => false,
    }
}
