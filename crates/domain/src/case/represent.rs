// SPDX-License-Identifier: AGPL-3.0-or-later
//! A proposal presented again: the new one keeps a link to the earlier one, and the earlier one to it
//! (R3.13, row 21).

use super::record::{Earlier, EarlierEnd};
use super::{Case, CaseEvent, Ending};
use crate::changes::{Changes, Stop};
use crate::refusal::Refusal;
use crate::sitting::ItemOutcome;
use chrono::NaiveDate;

/// How a proposal ended, and when, if it may be presented again: withdrawn, rejected, or postponed
/// twice and on no agenda. What took its course is not presented again: it is revoked or changed.
pub fn representable(case: &Case) -> Option<(EarlierEnd, NaiveDate)> {
    match case.ending {
        Some(Ending::Withdrawn) => Some((EarlierEnd::Withdrawn, case.withdrawn_on?)),
        Some(Ending::Rejected) => Some((EarlierEnd::Rejected, case.treatment.as_ref()?.date)),
        Some(Ending::Archived) => None,
        None if case.sitting.is_some() || case.treatment.is_some() => None,
        None => {
            let postponed = case.not_voted.iter().filter(|t| t.outcome == ItemOutcome::Postponed);
            let last = postponed.clone().map(|t| t.date).max()?;
            (postponed.count() >= 2).then_some((EarlierEnd::Postponed, last))
        }
    }
}

/// The link a new proposal takes, read before it exists.
pub(super) fn earlier(changes: &Changes, from: &str) -> Result<Earlier, Stop> {
    let case = changes.case(from)?;
    if let Some(later) = case.later.last() {
        let text = format!("La proposta è già stata ripresentata con il fascicolo «{later}»");
        return Err(Refusal::new("already_presented_again", "R3.13", "", text)
            .next("Proseguire su quel fascicolo")
            .into());
    }
    let Some((how, on)) = representable(case) else {
        let text = "Si ripresenta una proposta ritirata, respinta o rinviata almeno due volte";
        return Err(Refusal::new("not_to_present_again", "R3.13", "", text)
            .next("Per riusarne solo il testo, aprire la proposta senza collegamento")
            .into());
    };
    let workflow = changes.world.workflow(case)?;
    let number = case.number(&workflow.proposal_register);
    let proposal = number.map(|n| format!("{}/{}", n.number, n.year));
    Ok(Earlier { case: from.to_owned(), proposal, how, on })
}

/// Tells the earlier one.
pub(super) fn tell(changes: &mut Changes, earlier: &Earlier, by_case: &str) {
    changes.push(&earlier.case, CaseEvent::PresentedAgain { by_case: by_case.to_owned() });
}

/// What was presented again goes to no sitting any more: its successor does.
///
/// # Errors
/// `already_presented_again`.
pub fn superseded(case: &Case) -> Result<(), Refusal> {
    let Some(later) = case.later.last() else { return Ok(()) };
    let text = format!("La proposta è stata ripresentata con il fascicolo «{later}»");
    Err(Refusal::new("already_presented_again", "R3.13", "", text)
        .next("Iscrivere la nuova proposta, e ritirare questa"))
}
