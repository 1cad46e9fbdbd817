// SPDX-License-Identifier: AGPL-3.0-or-later
//! The control on request of art. 127 TUEL (R8.5, row 35), where the Comune keeps it in use.
//!
//! Councillors write the request; the Segretario or the Segreteria, who receive it, put it on record.
//! It suspends the act until the control has an outcome: lifted, or the act is annulled.

use super::command::CaseCommand;
use super::content::Effect;
use super::decide::actor_as;
use super::efficacy::effective_on;
use super::event::CaseEvent;
use super::record::{ControlRequest, Touch};
use super::touches::{effect_moved, touched};
use crate::changes::{Changes, Stop};
use crate::law::control::{check_request, councillors_needed};
use crate::refusal::Refusal;
use crate::registry::Role;
use chrono::NaiveDate;
use std::collections::BTreeSet;

const ARTICLE: &str = "art. 127, c. 1, TUEL";

fn refuse(code: &str, text: impl Into<String>, next: &str) -> Stop {
    Refusal::new(code, "R8.5", ARTICLE, text).next(next).into()
}

/// Puts a request on record and suspends the act.
pub(super) fn request(changes: &mut Changes, id: &str, command: &CaseCommand) -> Result<(), Stop> {
    let CaseCommand::RequestControl { councillors, matter, reasons, on, reference } = command
    else {
        return Ok(());
    };
    let regulation = changes.regulation()?;
    if !regulation.art127_enabled {
        let text = "Il Comune non tiene in uso il controllo a richiesta dei consiglieri";
        return Err(Refusal::new(
            "control_not_in_use",
            "R8.5",
            regulation.source("art127_enabled"),
            text,
        )
        .next("Lo attiva la chiave art127_enabled del regolamento, con la sua fonte")
        .into());
    }
    let by = actor_as(changes, Role::Segreteria, None)
        .or_else(|_| actor_as(changes, Role::Segretario, None))?;
    let case = changes.case(id)?;
    let Some(posting) = &case.posting else {
        let text = "La richiesta di controllo si fa su una deliberazione affissa";
        return Err(refuse("not_posted", text, "Attendere la pubblicazione all'Albo"));
    };
    check_request(posting.day, *on, reasons)?;
    if *on > changes.ctx.today() {
        return Err(refuse(
            "fact_in_future",
            "La richiesta ha una data futura",
            "Correggere la data",
        ));
    }
    if reference.trim().is_empty() {
        return Err(refuse("source_missing", "Manca il protocollo della richiesta", "Indicarlo"));
    }
    if case.control.iter().any(|known| known.on >= posting.day) {
        let text = "Il controllo è già stato chiesto per questa pubblicazione";
        return Err(refuse("control_already_requested", text, "Attenderne l'esito"));
    }
    let councillors = signers(changes, councillors, *on)?;
    let request = ControlRequest {
        councillors,
        matter: *matter,
        reasons: reasons.trim().to_owned(),
        on: *on,
        reference: reference.trim().to_owned(),
        by,
    };
    let touch = Touch {
        how: Effect::Suspend,
        from: *on,
        until: None,
        by_case: String::new(),
        source: request.source(),
        withdrawn: None,
    };
    let before = effective_on(case);
    changes.push(id, CaseEvent::ControlRequested(request));
    touched(changes, id, touch)?;
    effect_moved(changes, id, before, "l'esecutività dell'atto che lo dispone è sospesa")
}

/// Councillors in office on the day, each once, and enough of them.
fn signers(changes: &Changes, named: &[String], on: NaiveDate) -> Result<Vec<String>, Stop> {
    let registry = changes.registry();
    let named: BTreeSet<&String> = named.iter().collect();
    let sits = |person: &str| {
        [Role::Consigliere, Role::Capogruppo, Role::PresidenteConsiglio]
            .iter()
            .any(|role| registry.holders(*role, None, on).iter().any(|m| m.person == person))
    };
    if let Some(stranger) = named.iter().find(|person| !sits(person)) {
        let text =
            format!("{} non risulta consigliere in carica quel giorno", registry.name(stranger));
        let next = "Controllare i firmatari, o registrare il mandato del consigliere";
        return Err(refuse("not_a_councillor", text, next));
    }
    let (inhabitants, seats) = (registry.comune.inhabitants, registry.comune.council_seats);
    if inhabitants == 0 || seats == 0 {
        let text = "Non è registrato quanti abitanti e quanti consiglieri assegnati ha il Comune";
        let next = "Registrarli fra i dati del Comune: da essi dipende quanti devono firmare";
        return Err(refuse("council_not_described", text, next));
    }
    let needed = councillors_needed(inhabitants, seats) as usize;
    if named.len() < needed {
        let text = format!(
            "La richiesta è firmata da {} consiglieri: ne occorrono almeno {needed} su {seats} assegnati",
            named.len()
        );
        return Err(refuse("too_few_councillors", text, "Raccogliere le firme che mancano"));
    }
    Ok(named.into_iter().cloned().collect())
}
