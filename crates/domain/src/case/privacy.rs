// SPDX-License-Identifier: AGPL-3.0-or-later
//! The privacy review of an act: finds decided by name, the publishable rendition that follows
//! (R6.8, practice.md 1.13 and row 16). It never touches the act, which stays as it was signed.

use super::advance::{acting, owe, paper_key, slot};
use super::command::{CaseCommand, Ctx};
use super::decide::wrong_step;
use super::event::CaseEvent;
use super::{Case, powers, request};
use crate::changes::{Changes, Stop};
use crate::papers::{PaperKind, case_paper, printed_content};
use crate::privacy::{Clearance, Hit, Omission, covers, hits, needs_rendition, open_hits, same};
use crate::refusal::Refusal;
use crate::registry::{Role, Signatory};
use crate::workflow::{Lifecycle, StepKind};
use crate::world::World;

/// Where minimisation is asked of what is published.
const MINIMISATION: &str = "art. 5, par. 1, lett. c), Reg. (UE) 2016/679";
/// A shorter string would take words away that nobody meant.
const SHORTEST: usize = 3;

/// Decides the commands of the review.
///
/// # Errors
/// A refusal, or what must be loaded first.
pub(super) fn decide(changes: &mut Changes, id: &str, command: &CaseCommand) -> Result<(), Stop> {
    let by = reviewer(&changes.ctx, &changes.world, changes.case(id)?)?;
    match command {
        CaseCommand::MarkPersonalData { text, reason, basis } => {
            mark(changes, id, text, reason, basis, by)
        }
        CaseCommand::ClearPersonalData { text, reason } => clear(changes, id, text, reason, by),
        _ => compose(changes, id),
    }
}

/// Who decides on the personal data of an act: the proposing office until the vote, who reviews from
/// then on (practice.md 1.13).
///
/// # Errors
/// A draft, or an actor who is not that one.
pub fn reviewer(ctx: &Ctx, world: &World, case: &Case) -> Result<Signatory, Refusal> {
    let workflow = world.workflow(case)?;
    request::untouched(case)?;
    if case.current().is_none() {
        let text = "I dati personali si verificano su una proposta presentata";
        return Err(Refusal::new("not_submitted", "R6.8", MINIMISATION, text));
    }
    if case.treatment.is_none() {
        return powers::proposer(ctx, world, case);
    }
    let review = workflow.steps.iter().find_map(|s| match s.kind {
        StepKind::Review { who, lifecycle: Lifecycle::PrivacyReview } => Some(who),
        _ => None,
    });
    powers::checker(ctx, world, case, review.unwrap_or(Role::ResponsabilePrivacy))
}

fn mark(
    changes: &mut Changes,
    id: &str,
    text: &str,
    reason: &str,
    basis: &str,
    by: Signatory,
) -> Result<(), Stop> {
    let [text, reason, basis] = [text, reason, basis].map(|t| t.trim().to_owned());
    let refuse = |code: &str, text: &str| Refusal::new(code, "R6.8", MINIMISATION, text);
    if reason.is_empty() || basis.is_empty() {
        let why =
            "Ogni omissis vuole il motivo e la base giuridica, che sono stampati al suo posto";
        return Err(refuse("omission_without_reason", why).into());
    }
    if text.chars().filter(|c| c.is_alphanumeric()).count() < SHORTEST {
        let why = "Il testo da omettere è troppo breve: toglierebbe parole che nessuno ha indicato";
        return Err(refuse("omission_too_short", why)
            .next("Indicare il nome per intero, o l'espressione che lo contiene")
            .into());
    }
    if [&reason, &basis].iter().any(|printed| covers(printed, &text)) {
        let why = "Il motivo è pubblicato: non può ripetere il dato che si omette";
        return Err(refuse("reason_repeats_data", why).into());
    }
    if !stands_in(changes, id, &text)? {
        let why = "Il testo indicato non si trova nell'atto né fra i nomi dei suoi allegati";
        return Err(refuse("span_not_found", why).next("Copiarlo dall'atto, com'è scritto").into());
    }
    changes.push(id, CaseEvent::PersonalDataMarked(Omission { text, reason, basis, by }));
    Ok(())
}

/// True when the act, or the name of a file of it, holds a string.
fn stands_in(changes: &Changes, id: &str, text: &str) -> Result<bool, Stop> {
    let case = changes.case(id)?;
    let content = serde_json::to_value(printed_content(case)).unwrap_or_default();
    let act = case.papers.iter().rev().find(|p| p.plan.kind == PaperKind::Deliberazione);
    let facts = act.and_then(|p| case_paper(id, &p.plan, &changes.world).ok());
    let printed = facts.map(|f| f.context).unwrap_or_default();
    Ok([content, printed].iter().any(|value| holds(value, text)))
}

fn holds(value: &serde_json::Value, text: &str) -> bool {
    use serde_json::Value;
    match value {
        Value::String(string) => covers(string, text),
        Value::Array(items) => items.iter().any(|item| holds(item, text)),
        Value::Object(map) => map.values().any(|item| holds(item, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn clear(
    changes: &mut Changes,
    id: &str,
    text: &str,
    reason: &str,
    by: Signatory,
) -> Result<(), Stop> {
    let (text, reason) = (text.trim().to_owned(), reason.trim().to_owned());
    let case = changes.case(id)?;
    let known = hits(case, &changes.world).iter().any(|h| same(&h.text, &text))
        || case.omissions.iter().any(|o| same(&o.text, &text));
    if !known || reason.is_empty() {
        let why = "Si scarta un riscontro proposto, o si toglie un omissis segnato, dicendo perché \
                   il dato può essere pubblicato";
        return Err(Refusal::new("nothing_to_clear", "R6.8", MINIMISATION, why).into());
    }
    changes.push(id, CaseEvent::PersonalDataCleared(Clearance { text, reason, by }));
    Ok(())
}

/// Refuses while a find is neither accepted nor dismissed.
pub(super) fn all_decided(changes: &Changes, id: &str) -> Result<(), Stop> {
    let open = open_hits(changes.case(id)?, &changes.world);
    if open.is_empty() {
        return Ok(());
    }
    let count = match open.len() {
        1 => "Resta da decidere un riscontro".to_owned(),
        several => format!("Restano da decidere {several} riscontri"),
    };
    let list: Vec<String> = open.iter().map(shown).collect();
    let text = format!("{count} sui dati personali: {}", list.join("; "));
    Err(Refusal::new("personal_data_undecided", "R6.8", MINIMISATION, text)
        .next("Per ciascuno: omettere, con motivo e base giuridica, oppure dire perché si pubblica")
        .into())
}

/// A find as a refusal names it: refusals are logged, data are not.
fn shown(hit: &Hit) -> String {
    use crate::privacy::DataKind as K;
    let whole = matches!(hit.found, K::UnreadFile | K::Health | K::Minor);
    let text: String = if whole {
        hit.text.clone()
    } else {
        let start: String = hit.text.chars().take(SHORTEST).collect();
        format!("{start}…")
    };
    format!("{} «{text}»", hit.found.label())
}

/// Plans the rendition where one is needed; Segretario or who stands in for him signs (row 16).
pub(super) fn owe_rendition(changes: &mut Changes, id: &str) -> Result<(), Stop> {
    if !needs_rendition(changes.case(id)?) {
        return Ok(());
    }
    let signer = acting(changes, Role::Segretario, None)?;
    let kind = PaperKind::VersionePubblicabile;
    let key = paper_key(changes.case(id)?, kind);
    owe(changes, id, kind, key, vec![slot("firma", signer)], "");
    Ok(())
}

/// Makes the rendition again, after marks that came when the review was over.
fn compose(changes: &mut Changes, id: &str) -> Result<(), Stop> {
    let (_, step) = changes.position(id)?;
    let before = changes.case(id)?.treatment.is_none()
        || matches!(step.kind, StepKind::Review { lifecycle: Lifecycle::PrivacyReview, .. })
        || matches!(step.kind, StepKind::Sign { .. });
    if before {
        let what = "preparare la versione pubblicabile: la prepara la verifica dei dati personali";
        return Err(wrong_step(&step, what).into());
    }
    all_decided(changes, id)?;
    if !needs_rendition(changes.case(id)?) {
        let text = "Nessun dato è segnato come da omettere: si pubblica l'atto";
        return Err(Refusal::new("nothing_to_omit", "R6.8", MINIMISATION, text).into());
    }
    owe_rendition(changes, id)
}

/// What may be shown: the act itself, or the latest rendition where one is needed, signed and
/// made from the decisions as they are now.
pub(super) fn public_file(changes: &Changes, id: &str, act: String) -> Result<String, Stop> {
    let case = changes.case(id)?;
    if !needs_rendition(case) {
        return Ok(act);
    }
    let refuse = |code: &str, text: &str, next: &str| {
        Stop::from(Refusal::new(code, "R6.8", MINIMISATION, text).next(next))
    };
    let kind = PaperKind::VersionePubblicabile;
    let Some(paper) = case.papers.iter().rev().find(|p| p.plan.kind == kind) else {
        let text = "L'atto contiene dati personali e non ha una versione pubblicabile";
        return Err(refuse("rendition_missing", text, "Preparare la versione pubblicabile"));
    };
    let Some(sha256) = paper.sha256.clone().filter(|_| paper.is_complete()) else {
        let text = "La versione pubblicabile non è ancora firmata";
        return Err(refuse("rendition_not_signed", text, "Firmare la versione pubblicabile"));
    };
    let now = case_paper(id, &paper.plan, &changes.world)?.sha256();
    if paper.facts.as_deref() != Some(now.as_str()) {
        let text = "Dopo la versione pubblicabile sono cambiate le decisioni sui dati personali";
        return Err(refuse(
            "rendition_outdated",
            text,
            "Preparare di nuovo la versione pubblicabile",
        ));
    }
    Ok(sha256)
}
