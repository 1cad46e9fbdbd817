// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who may read what inside the Comune. The public Albo has its own rule, `on_albo`.
//!
//! A draft belongs to who writes it and to the offices of the procedure; what was submitted is
//! read by whoever works on acts or decides on them; a member of the Consiglio reads what was
//! adopted (TUEL 43 c. 2). Reserved attachments are read only by who must know them to do his part.

use crate::case::{AttachmentClass, Case};
use crate::refusal::Refusal;
use crate::registry::{Registry, Role};
use chrono::NaiveDate;

/// Roles that work on acts, or decide on them.
pub const AT_WORK: [Role; 15] = [
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
    // What was posted is listed to the capigruppo, rejected proposals with a number included.
    let decided = case.is_adopted() || !crate::albo::postings(case).is_empty();
    let allowed = match (case.versions.is_empty(), decided) {
        _ if takes_part || may_read_everything(&held) => true,
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

/// The Segreteria has every act in hand, drafts included.
pub fn may_read_everything(held: &[(Role, Option<String>)]) -> bool {
    held.iter().any(|(role, _)| matches!(role, Role::Segretario | Role::Segreteria))
}

/// A register of the Comune.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Register {
    /// Numbers of the acts.
    Acts,
    /// Numbers of the proposals.
    Proposals,
    /// Numbers of the postings.
    Albo,
}

/// Who reads the registers of acts and postings: who works on acts, and the councillors.
pub const READERS: [Role; 17] = {
    let mut all = [Role::Consigliere; 17];
    all[1] = Role::Capogruppo;
    let mut n = 0;
    while n < AT_WORK.len() {
        all[n + 2] = AT_WORK[n];
        n += 1;
    }
    all
};

/// May a person consult a register? A proposal is no act yet: its register is for who works on it.
///
/// # Errors
/// `not_yours_to_read`.
pub fn may_read_register(
    registry: &Registry,
    person: &str,
    register: Register,
    on: NaiveDate,
) -> Result<(), Refusal> {
    let wanted: &[Role] = if register == Register::Proposals { &AT_WORK } else { &READERS };
    holds(registry, person, wanted, on).then_some(()).ok_or_else(|| {
        let text = "Il registro non è fra quelli che può consultare";
        Refusal::new("not_yours_to_read", "R5.6", "artt. 10 e 43 TUEL", text)
            .next("Chiedere l'accesso alla Segreteria")
    })
}

/// Who reads how long the offices take: who answers for an office, who leads them, who governs.
pub const MEASURERS: [Role; 10] = [
    Role::Segretario,
    Role::Segreteria,
    Role::DirettoreGenerale,
    Role::Direttore,
    Role::ResponsabileRagioneria,
    Role::ResponsabileTrasparenza,
    Role::Sindaco,
    Role::Vicesindaco,
    Role::Assessore,
    Role::Commissario,
];

/// May a person read the statistics?
///
/// # Errors
/// `not_yours_to_read`.
pub fn may_read_statistics(
    registry: &Registry,
    person: &str,
    on: NaiveDate,
) -> Result<(), Refusal> {
    holds(registry, person, &MEASURERS, on).then_some(()).ok_or_else(|| {
        let text =
            "I tempi degli uffici sono per chi ne risponde, per il Segretario e per la Giunta";
        Refusal::new("not_yours_to_read", "R1.17", "artt. 147 e 147-bis TUEL", text)
            .next("Rivolgersi al Segretario")
    })
}

/// Roles that follow what happens in the room, beside the members of the organ.
const IN_THE_ROOM: [Role; 8] = [
    Role::Segretario,
    Role::Segreteria,
    Role::Sindaco,
    Role::Vicesindaco,
    Role::Assessore,
    Role::Gabinetto,
    Role::DirettoreGenerale,
    Role::Commissario,
];

/// May a person read the calendar and the agenda of the sittings? Whoever works on acts may: the
/// agenda is his work too.
///
/// # Errors
/// `not_yours_to_read`.
pub fn may_read_sittings(registry: &Registry, person: &str, on: NaiveDate) -> Result<(), Refusal> {
    holds(registry, person, &AT_WORK, on).then_some(()).ok_or_else(|| {
        let text = "L'ordine del giorno della Giunta non è fra ciò che può consultare";
        Refusal::new("not_yours_to_read", "R3.2", "art. 10 TUEL", text).next("Chiedere l'accesso")
    })
}

/// May a person read the registers? They name proposals too: whoever works on acts may.
///
/// # Errors
/// `not_yours_to_read`.
pub fn may_read_registers(registry: &Registry, person: &str, on: NaiveDate) -> Result<(), Refusal> {
    holds(registry, person, &AT_WORK, on).then_some(()).ok_or_else(|| {
        let text = "I registri non sono fra ciò che può consultare";
        Refusal::new("not_yours_to_read", "R5.6", "art. 10 TUEL", text).next("Chiedere l'accesso")
    })
}

/// May a person follow the room itself: who is there, how each votes, the dossier? Sittings of the
/// Giunta are not public.
///
/// # Errors
/// `not_yours_to_read`.
pub fn may_follow_sitting(registry: &Registry, person: &str, on: NaiveDate) -> Result<(), Refusal> {
    holds(registry, person, &IN_THE_ROOM, on).then_some(()).ok_or_else(|| {
        let text = "Le sedute della Giunta non sono pubbliche: le segue chi vi prende parte";
        Refusal::new("not_yours_to_read", "R3.2", "artt. 10 e 48 TUEL", text)
            .next("Gli esiti arrivano alla chiusura della seduta")
    })
}

fn holds(registry: &Registry, person: &str, wanted: &[Role], on: NaiveDate) -> bool {
    roles(registry, person, on).iter().any(|(role, _)| wanted.contains(role))
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
    let named = case.creator == person
        || case.content.procedure_head == person
        || case.content.rapporteurs.iter().any(|p| p == person)
        || case.opinions.iter().any(|o| o.giver.person == person);
    // What one did does not open it to who has no mandate any more (invariant 11).
    (named && !held.is_empty())
        || held.iter().any(|(_, office)| of_office(office))
        || held.iter().any(|(role, _)| {
            // The accounting opinion is about the whole act (TUEL 49 c. 1).
            *role == Role::ResponsabileRagioneria && !case.versions.is_empty()
        })
}
