// SPDX-License-Identifier: AGPL-3.0-or-later
//! Certified copies of a signed act, and what their contrassegno answers (CAD artt. 23, c. 2-bis,
//! and 23-bis; practice.md 1.17 and row 23). The code is of the copy, not of the posting: it lives
//! on when the act has left the Albo.

use super::Case;
use super::advance::{acting, owe, slot};
use super::command::CaseCommand;
use super::decide::actor_as;
use super::event::CaseEvent;
use super::posting::act_file;
use super::record::{CopyForm, CopyRequest};
use crate::changes::{Changes, Stop};
use crate::law::calendar::{add_months, date_short};
use crate::papers::{PaperKind, PaperState};
use crate::refusal::Refusal;
use crate::registry::Role;
use crate::regulation::Regulation;
use chrono::NaiveDate;

/// Hexadecimal digits of a code: 128 bits.
const CODE_DIGITS: usize = 32;

/// Puts a request on record and owes the copy.
pub(super) fn request(changes: &mut Changes, id: &str, command: &CaseCommand) -> Result<(), Stop> {
    let CaseCommand::RequestCopy { form, applicant, purpose, code } = command else {
        return Ok(());
    };
    let by = actor_as(changes, Role::Segreteria, None)?;
    let original = act_file(changes, id).map_err(|stop| match stop {
        Stop::Refused(_) => Refusal::new(
            "nothing_to_copy",
            "R9.8",
            "art. 23-bis CAD",
            "L'atto non è ancora firmato da tutti: non ha un originale di cui fare copia",
        )
        .into(),
        other => other,
    })?;
    if applicant.trim().is_empty() {
        return Err(Refusal::new(
            "applicant_missing",
            "R9.8",
            "art. 25 L. 241/1990",
            "Manca chi chiede la copia",
        )
        .into());
    }
    let drawn = code.len() == CODE_DIGITS
        && code.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let known = changes.case(id)?.copies.iter().any(|c| c.code == *code);
    if !drawn || known {
        let text = "Il codice del contrassegno deve essere nuovo e di 32 cifre esadecimali";
        return Err(Refusal::new("copy_code", "R9.8", "art. 23, c. 2-bis, CAD", text).into());
    }
    let regulation = changes.regulation()?;
    let on = changes.ctx.today();
    let copy = CopyRequest {
        serial: u32::try_from(changes.case(id)?.copies.len()).unwrap_or(u32::MAX) + 1,
        form: *form,
        applicant: applicant.trim().to_owned(),
        purpose: purpose.trim().to_owned(),
        code: code.clone(),
        original,
        until: verifiable_until(&regulation, on),
        by,
        on,
    };
    let (kind, key) = (kind_of(*form), copy_paper_key(&copy));
    let about = copy.serial.to_string();
    changes.push(id, CaseEvent::CopyRequested(copy));
    let signer = acting(changes, Role::Segretario, None)?;
    owe(changes, id, kind, key, vec![slot("firma", signer)], &about);
    Ok(())
}

fn kind_of(form: CopyForm) -> PaperKind {
    match form {
        CopyForm::Full => PaperKind::CopiaConforme,
        CopyForm::Extract => PaperKind::EstrattoConforme,
    }
}

/// Key of the paper of a copy.
pub fn copy_paper_key(copy: &CopyRequest) -> String {
    format!("{}-{}", kind_of(copy.form).token(), copy.serial)
}

/// Last day on which a copy made today can be verified.
fn verifiable_until(regulation: &Regulation, on: NaiveDate) -> Option<NaiveDate> {
    let months = u32::from(regulation.contrassegno_years) * 12;
    regulation.contrassegno.then(|| add_months(on, months)).flatten()
}

/// What the verification page answers.
#[derive(Debug, Clone, PartialEq)]
pub struct CopyFound<'a> {
    /// The request.
    pub request: &'a CopyRequest,
    /// The paper: its current SHA-256 and who signed it.
    pub paper: &'a PaperState,
    /// SHA-256 of the act it is a copy of.
    pub original: &'a str,
}

/// The copy of a code, on a day. Where there is no such code, and where the case is another one,
/// the answer is the same: it tells nothing to who tries.
///
/// # Errors
/// `copy_unknown`, `copy_expired`, `copy_not_ready`.
pub fn resolve_copy<'a>(
    case: &'a Case,
    code: &str,
    today: NaiveDate,
) -> Result<CopyFound<'a>, Refusal> {
    let refuse =
        |token: &str, text: String| Refusal::new(token, "R9.8", "art. 23, c. 2-bis, CAD", text);
    let found = case.copies.iter().find(|c| same_bits(&c.code, code)).ok_or_else(|| {
        refuse("copy_unknown", "Il codice non corrisponde ad alcuna copia".to_owned())
            .next("Ricopiare il codice come è stampato, o chiedere alla Segreteria")
    })?;
    if let Some(until) = found.until.filter(|until| *until < today) {
        let text = format!("La copia era verificabile fino al {}", date_short(until));
        return Err(refuse("copy_expired", text).next("Chiedere alla Segreteria una nuova copia"));
    }
    let paper = case
        .paper(&copy_paper_key(found))
        .filter(|p| p.is_complete())
        .ok_or_else(|| refuse("copy_not_ready", "La copia non è ancora firmata".to_owned()))?;
    Ok(CopyFound { request: found, paper, original: &found.original })
}

/// Compares without stopping at the first difference: time must not tell how much was guessed.
fn same_bits(one: &str, other: &str) -> bool {
    one.len() == other.len()
        && one.bytes().zip(other.bytes()).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}
