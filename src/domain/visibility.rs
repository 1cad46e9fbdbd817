// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who may read what inside the Comune. The public Albo has its own rule, `on_albo`.
//!
//! A draft belongs to who writes it and to the offices of the procedure; what was submitted is
//! read by whoever works on acts or decides on them; a member of the Consiglio reads what was
//! adopted (TUEL 43 c. 2). Reserved attachments are read only by who must know them to do his part.

use crate::domain::case::{AttachmentClass, Case};
use crate::domain::refusal::Refusal;
use crate::domain::registry::{Registry, Role};
use chrono::NaiveDate;

/// Roles that work on acts, or decide on them.
const AT_WORK: [Role; 15] = [
    Role::ResponsabileProcedimento,
    Role::Direttore,
    Role::ResponsabileRagioneria,
    Role::Segretario,
    Role::Segreteria,
    Role::DirettoreGenerale,
    Role::Sindaco,
    Role::Vicesindaco,
    Role::Assessore,
    Role::Commissario,
    Role::ResponsabilePubblicazione,
    Role::ResponsabilePrivacy,
    Role::ResponsabileTrasparenza,
    Role::Gabinetto,
    Role::PresidenteConsiglio,
];

/// Roles that read a reserved attachment by their office, beside who takes part in the act.
const TRUSTED: [Role; 7] = [
    Role::Segretario,
    Role::Segreteria,
    Role::Sindaco,
    Role::Vicesindaco,
    Role::Assessore,
    Role::Commissario,
    Role::ResponsabilePrivacy,
];

/// Roles of a person on a day.
pub fn roles(registry: &Registry, person: &str, on: NaiveDate) -> Vec<(Role, Option<String>)> {
    let held = registry.mandates.values().filter(|m| m.person == person && m.valid_on(on));
    held.map(|m| (m.role, m.office.clone())).collect()
}

/// May a person read an act?
///
/// # Errors
/// `not_yours_to_read`.
pub fn may_read(
    registry: &Registry,
    person: &str,
    case: &Case,
    on: NaiveDate,
) -> Result<(), Refusal> {
    let held = roles(registry, person, on);
    let takes_part = takes_part(case, person, &held);
    let has = |wanted: &[Role]| held.iter().any(|(role, _)| wanted.contains(role));
    let allowed = match (case.versions.is_empty(), case.is_adopted()) {
        _ if takes_part || has(&[Role::Segretario, Role::Segreteria]) => true,
        (true, _) => false,
        (false, true) => has(&AT_WORK) || has(&[Role::Consigliere, Role::Capogruppo]),
        (false, false) => has(&AT_WORK),
    };
    allowed.then_some(()).ok_or_else(|| {
        let (text, next) = match case.versions.is_empty() {
            true => ("È una bozza di un altro ufficio", "Sarà visibile quando verrà presentata"),
            false => ("Il fascicolo non è fra quelli che può consultare", "Chiedere l'accesso"),
        };
        Refusal::new("not_yours_to_read", "R6.8", "artt. 10 e 43 TUEL", text).next(next)
    })
}

/// May a person read an attachment of an act he may read?
///
/// # Errors
/// `reserved_attachment`.
pub fn may_read_attachment(
    registry: &Registry,
    person: &str,
    case: &Case,
    class: AttachmentClass,
    on: NaiveDate,
) -> Result<(), Refusal> {
    may_read(registry, person, case, on)?;
    let held = roles(registry, person, on);
    let trusted = held.iter().any(|(role, _)| TRUSTED.contains(role));
    if class != AttachmentClass::Reserved || trusted || takes_part(case, person, &held) {
        return Ok(());
    }
    let text = "L'allegato è riservato a chi tratta il procedimento e a chi delibera";
    Err(Refusal::new("reserved_attachment", "R6.8", "art. 24 L. 241/1990", text)
        .next("Rivolgersi al responsabile del procedimento"))
}

/// Writes it, answers for it, directs one of its offices, or gave an opinion on it.
fn takes_part(case: &Case, person: &str, held: &[(Role, Option<String>)]) -> bool {
    let of_office = |office: &Option<String>| {
        office.as_ref().is_some_and(|office| case.content.offices.contains(office))
    };
    case.creator == person
        || case.content.procedure_head == person
        || case.content.rapporteurs.iter().any(|p| p == person)
        || case.opinions.iter().any(|o| o.giver.person == person)
        || held.iter().any(|(_, office)| of_office(office))
        || held.iter().any(|(role, _)| {
            // The accounting opinion is about the whole act (TUEL 49 c. 1).
            *role == Role::ResponsabileRagioneria && !case.versions.is_empty()
        })
}
