// SPDX-License-Identifier: AGPL-3.0-or-later
//! Papers of an act: composed by a job, signed by persons, sealed by the entity.

use super::advance::{acting, advance, owe, seal_slot, slot};
use super::capigruppo;
use super::command::CaseCommand;
use super::decide::{actor_as, signed};
use super::efficacy::effective_on;
use super::event::CaseEvent;
use crate::changes::{Changes, Stop};
use crate::papers::{
    Assurance, PaperKind, PaperState, SignedForm, SignedPaper, case_paper, check_quality, need,
};
use crate::refusal::Refusal;
use crate::registry::{Capacity, Role, Signatory};
use crate::regulation::tokens::SignatureOrder;
use crate::stream::{SYSTEM_ACTOR, StreamId};

/// Decides the commands on papers.
///
/// # Errors
/// A refusal, or what must be loaded first.
pub(super) fn decide(changes: &mut Changes, id: &str, command: &CaseCommand) -> Result<(), Stop> {
    match command {
        CaseCommand::Sign { paper_key, base, paper } => {
            let state = known(changes, id, paper_key)?;
            let (field, by) = check_signature(&state, &changes.ctx.actor, base, paper.as_ref())?;
            in_order(changes, &state, &field)?;
            still_so(changes, id, &state)?;
            let assurance = paper.as_ref().and_then(|p| p.assurance);
            paper.as_ref().map_or(Ok(()), |paper| check_form(changes, paper))?;
            worth(changes, state.plan.kind, assurance.as_ref())?;
            let sha256 = paper.as_ref().map(|p| p.sha256.clone()).unwrap_or_default();
            let at = changes.ctx.happened;
            let key = paper_key.clone();
            changes.push(id, CaseEvent::PaperSigned { key, field, by, sha256, at, assurance });
            after_signature(changes, id, paper_key)
        }
        CaseCommand::SealPaper { paper_key, field, base, sha256, assurance } => {
            let state = known(changes, id, paper_key)?;
            let by = check_seal(changes, &state, field, base)?;
            worth(changes, state.plan.kind, assurance.as_ref())?;
            let event = CaseEvent::PaperSigned {
                key: paper_key.clone(),
                field: field.clone(),
                by,
                sha256: sha256.clone(),
                at: changes.ctx.happened,
                assurance: *assurance,
            };
            changes.push(id, event);
            after_signature(changes, id, paper_key)
        }
        CaseCommand::Augment(step) => {
            only_system(&changes.ctx.actor)?;
            changes.case(id)?.kept.check(step)?;
            changes.push(id, CaseEvent::Augmented(step.clone()));
            Ok(())
        }
        CaseCommand::PreparePaper { paper_key, facts, sha256, pages } => {
            let state = known(changes, id, paper_key)?;
            changes.read_related(&StreamId::case(id))?;
            let now = case_paper(id, &state.plan, &changes.world)?.sha256();
            check_prepared(changes, &state, facts, &now)?;
            let event = CaseEvent::PaperPrepared {
                key: paper_key.clone(),
                facts: facts.clone(),
                sha256: sha256.clone(),
                pages: *pages,
            };
            changes.push(id, event);
            Ok(())
        }
        CaseCommand::RecallPaper { paper_key, reason } => recall(changes, id, paper_key, reason),
        CaseCommand::AttestImpediment { paper_key, field, reason, paper } => {
            attest(changes, id, paper_key, field, reason, paper.as_ref(), command)
        }
        _ => Ok(()),
    }
}

fn known(changes: &Changes, id: &str, key: &str) -> Result<PaperState, Stop> {
    changes.case(id)?.paper(key).cloned().ok_or_else(|| unknown_paper(key).into())
}

/// A certificate is signed while what it certifies is so (R7.7).
fn still_so(changes: &Changes, id: &str, state: &PaperState) -> Result<(), Stop> {
    let certified = state.plan.kind == PaperKind::CertificatoEsecutivita;
    let now = effective_on(changes.case(id)?).map(|day| day.to_string());
    if !certified || now.as_deref() == Some(state.plan.about.as_str()) {
        return Ok(());
    }
    let text = "L'esecutività non decorre più dal giorno che il certificato dice";
    Err(Refusal::new("certificate_outdated", "R7.7", "art. 134, c. 3, TUEL", text)
        .next("Il certificato giusto è dovuto da sé, il giorno in cui l'atto diviene esecutivo")
        .into())
}

/// Whether a signed paper may come as it comes: a `.p7m` around the whole document only where one person
/// signs and the Comune takes it, and with every level the policy asks, since none can be added to it.
///
/// # Errors
/// `container_not_here`, `container_not_taken`, `container_below_level`.
pub fn check_form(changes: &Changes, paper: &SignedPaper) -> Result<(), Stop> {
    if paper.form == SignedForm::Pades {
        return Ok(());
    }
    let article = "art. 20 CAD; dec. (UE) 2015/1506";
    let refuse = |code: &str, text: &str| {
        let next = "Firmare in formato PDF il documento scaricato, nel campo predisposto";
        Stop::from(Refusal::new(code, "R9.3", article, text).next(next))
    };
    if !paper.kind.may_be_enveloped() {
        let text = "Questo documento va firmato nel PDF: altri firmano dopo nel loro campo, o lo riceve \
                    chi deve poterlo aprire con qualunque programma";
        return Err(refuse("container_not_here", text));
    }
    let regulation = changes.regulation()?;
    if !regulation.accept_p7m {
        let text = "Il Comune non accetta fogli firmati in formato p7m";
        return Err(refuse("container_not_taken", text));
    }
    let needed = need(&regulation.signature_policy, paper.kind).level;
    if paper.assurance.is_none_or(|found| found.level < needed) {
        let text =
            "La politica delle firme chiede un livello che a un file p7m non si può aggiungere";
        return Err(refuse("container_below_level", text));
    }
    Ok(())
}

/// Whether a signature is worth what the policy of the Comune asks for that kind of paper.
///
/// # Errors
/// `signature_not_enough` (T-83).
pub fn worth(changes: &Changes, kind: PaperKind, found: Option<&Assurance>) -> Result<(), Stop> {
    let regulation = changes.regulation()?;
    let needed = need(&regulation.signature_policy, kind);
    Ok(check_quality(needed, found, regulation.source("signature_policy"))?)
}

/// The act is signed in the order of the regulation (R2.8).
fn in_order(changes: &Changes, state: &PaperState, field: &str) -> Result<(), Stop> {
    let regulation = changes.regulation()?;
    let last = match regulation.signature_order {
        SignatureOrder::Parallel => return Ok(()),
        SignatureOrder::PresidentFirst => "firma_verbalizzante",
        SignatureOrder::VerbalizerFirst => "firma_presidente",
    };
    let other = state.open_slots().find(|s| s.field != field && s.signer.is_some());
    match other {
        Some(other) if state.plan.kind == PaperKind::Deliberazione && field == last => {
            let who = other.signer.as_ref().map_or("", |s| s.name.as_str());
            Err(Refusal::new(
                "signature_out_of_order",
                "R2.8",
                regulation.source("signature_order"),
                format!("Prima deve firmare {who}"),
            )
            .into())
        }
        _ => Ok(()),
    }
}

/// The paper of a key does not exist.
pub fn unknown_paper(key: &str) -> Refusal {
    Refusal::new("paper_unknown", "R9.1", "", format!("Il documento «{key}» non è previsto"))
}

/// A person's signature on a composed paper: his own open field, on the current revision.
pub fn check_signature(
    state: &PaperState,
    actor: &str,
    base: &str,
    paper: Option<&SignedPaper>,
) -> Result<(String, Signatory), Refusal> {
    let (current, field, by) = state.turn_of(actor)?;
    let paper = super::decide::check_signed(
        paper,
        state.facts.clone().map(|facts| (state.plan.kind, facts)),
        &by,
    )?;
    if base != current {
        return Err(Refusal::new(
            "paper_moved",
            "R9.3",
            "",
            "Nel frattempo un'altra firma è stata apposta sul documento",
        )
        .next("Firmare la versione aggiornata"));
    }
    if paper.sha256 == current {
        return Err(Refusal::new(
            "paper_not_signed",
            "R9.1",
            "",
            "Il documento non contiene una nuova firma",
        ));
    }
    Ok((field, by))
}

/// The entity's seal: only by the system, on a field foreseen for it.
pub fn check_seal(
    changes: &Changes,
    state: &PaperState,
    field: &str,
    base: &str,
) -> Result<Signatory, Refusal> {
    only_system(&changes.ctx.actor)?;
    if state.sha256.as_deref() != Some(base)
        || !state.open_slots().any(|s| s.field == field && s.signer.is_none())
    {
        return Err(Refusal::new(
            "paper_moved",
            "R9.6",
            "",
            "Il documento da sigillare è cambiato",
        ));
    }
    let comune = &changes.world.registry.comune;
    Ok(Signatory {
        person: SYSTEM_ACTOR.into(),
        name: comune.name.clone(),
        fiscal_code: comune.fiscal_code.clone(),
        title: "Sigillo elettronico dell'ente".into(),
        role: Role::Segreteria,
        capacity: Capacity::Titolare,
        act: String::new(),
    })
}

/// A composed paper must print the facts as they are now.
pub fn check_prepared(
    changes: &Changes,
    state: &PaperState,
    facts: &str,
    now: &str,
) -> Result<(), Refusal> {
    only_system(&changes.ctx.actor)?;
    state.still_owed()?;
    if state.sha256.is_some() {
        return Err(Refusal::new("paper_ready", "R9.1", "", "Il documento è già composto"));
    }
    if facts == now {
        return Ok(());
    }
    Err(Refusal::new(
        "paper_outdated",
        "R1.12",
        "",
        "I fatti sono cambiati: il documento va ricomposto",
    ))
}

/// Worker and timer commands are not for people.
pub fn only_system(actor: &str) -> Result<(), Refusal> {
    if actor == SYSTEM_ACTOR {
        return Ok(());
    }
    Err(Refusal::new("only_system", "R9.6", "", "Questa operazione è riservata al sistema"))
}

fn after_signature(changes: &mut Changes, id: &str, key: &str) -> Result<(), Stop> {
    let state = known(changes, id, key)?;
    if state.is_complete() && state.plan.kind == PaperKind::ElencoCapigruppo {
        return capigruppo::signed(changes, id, key);
    }
    if state.is_complete() && state.plan.kind == PaperKind::Deliberazione {
        let case = changes.case(id)?;
        let declared = case.is_immediate();
        owe(changes, id, PaperKind::RapportoFirme, "rapporto_firme".into(), vec![seal_slot()], key);
        if declared {
            let segretario = acting(changes, Role::Segretario, None)?;
            let slots = vec![slot("firma", segretario)];
            let kind = PaperKind::CertificatoEseguibilita;
            owe(changes, id, kind, kind.token(), slots, "");
        }
    }
    advance(changes, id)
}

fn recall(changes: &mut Changes, id: &str, key: &str, reason: &str) -> Result<(), Stop> {
    actor_as(changes, Role::Segreteria, None)?;
    let state = known(changes, id, key)?;
    if !state.signed.is_empty() {
        return Err(Refusal::new(
            "already_signed",
            "R5.5",
            "art. 24 CAD",
            "Il documento ha già una firma: non si ricompone più",
        )
        .next("L'errore si corregge con una deliberazione di rettifica")
        .into());
    }
    let event = CaseEvent::PaperRecalled { key: key.into(), reason: reason.trim().to_owned() };
    changes.push(id, event);
    Ok(())
}

fn attest(
    changes: &mut Changes,
    id: &str,
    key: &str,
    field: &str,
    reason: &str,
    paper: Option<&SignedPaper>,
    command: &CaseCommand,
) -> Result<(), Stop> {
    let by = actor_as(changes, Role::Segretario, None)?;
    let state = known(changes, id, key)?;
    let open = state.open_slots().find(|s| s.field == field).cloned();
    let Some(open) = open else {
        return Err(Refusal::new("field_not_open", "R2.7", "", "Quella firma non è attesa").into());
    };
    if open.signer.as_ref().is_some_and(|s| s.person == by.person) {
        return Err(Refusal::new(
            "own_impediment",
            "R2.7",
            "",
            "Il proprio impedimento non si attesta da sé",
        )
        .next("Attesta il Vice Segretario")
        .into());
    }
    if !state.plan.slots.iter().any(|s| s.field != field && !state.excused.contains(&s.field)) {
        let text = "Nessuno firmerebbe più l'atto: almeno una firma deve esserci";
        return Err(Refusal::new("nobody_would_sign", "R2.7", "art. 24 CAD", text).into());
    }
    if reason.trim().is_empty() {
        return Err(Refusal::new("reasons_missing", "R2.7", "", "L'impedimento va motivato").into());
    }
    let paper = signed(changes, id, command, paper, &by)?;
    let event = CaseEvent::ImpedimentAttested {
        key: key.into(),
        field: field.into(),
        reason: reason.trim().to_owned(),
        by,
        paper,
    };
    changes.push(id, event);
    after_signature(changes, id, key)
}
