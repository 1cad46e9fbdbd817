// SPDX-License-Identifier: AGPL-3.0-or-later
//! The draft: created, edited, submitted when complete, taken up again, withdrawn.

use super::advance::{enter, leave, take_number};
use super::command::CaseCommand;
use super::content::{Content, CouncilGate, Effects, Gap};
use super::decide::{actor_as, proposer, signed, wrong_step};
use super::event::CaseEvent;
use super::{powers, represent, request};
use crate::changes::{Changes, Stop};
use crate::papers::SignedPaper;
use crate::refusal::Refusal;
use crate::registry::Role;
use crate::regulation::Regulation;
use crate::regulation::tokens::ProposalNumberAt;
use crate::workflow::{Passage, Step, StepKind};

pub(super) fn create(
    changes: &mut Changes,
    id: &str,
    kind: &str,
    content: &Content,
    again_of: Option<&str>,
) -> Result<(), Stop> {
    if changes.maybe_case(id)?.exists() {
        return Err(Refusal::new(
            "case_exists",
            "R5.6",
            "",
            format!("Il fascicolo «{id}» esiste già"),
        )
        .into());
    }
    let registry = changes.registry();
    let digest = registry.active.get(kind).cloned().ok_or_else(|| {
        let known: Vec<&str> = registry.active.keys().map(String::as_str).collect();
        Refusal::new("unknown_kind", "R5.6", "", format!("Nessun procedimento attivo è «{kind}»"))
            .next(format!("Procedimenti attivi: {}", known.join(", ")))
    })?;
    let workflow = registry.workflows.get(&digest);
    powers::drafter(&changes.ctx, &changes.world, workflow.map(AsRef::as_ref))?;
    let first = workflow.and_then(|w| w.first()).map(|s| s.name.clone()).unwrap_or_default();
    let of_others = workflow.is_some_and(|w| request::is_of_others(w));
    let content = content.clone().acknowledged_as(&Content::default());
    let earlier = again_of.map(|of| represent::earlier(changes, of)).transpose()?;
    let created = CaseEvent::Created {
        kind: kind.into(),
        workflow: digest,
        content,
        earlier: earlier.clone(),
    };
    changes.push(id, created);
    if let Some(earlier) = earlier {
        represent::tell(changes, &earlier, id);
    }
    if changes.regulation()?.proposal_number_at == ProposalNumberAt::Draft {
        number_proposal(changes, id)?;
    }
    enter(changes, id, &first)?;
    // A request comes as it is: there is nothing to draft (R6.10).
    if of_others { submit(changes, id) } else { Ok(()) }
}

/// The number of the proposal, once, where the Comune wants one (R5.3).
fn number_proposal(changes: &mut Changes, id: &str) -> Result<(), Stop> {
    let workflow = changes.world.workflow(changes.case(id)?)?;
    let register = &workflow.proposal_register;
    let wanted = changes.regulation()?.proposal_number_required && !register.is_empty();
    if wanted && changes.case(id)?.number(register).is_none() {
        let day = changes.day();
        take_number(changes, id, register, day)?;
    }
    Ok(())
}

fn freeze_step(changes: &Changes, id: &str, what: &str) -> Result<Step, Stop> {
    let (_, step) = changes.position(id)?;
    if !matches!(step.kind, StepKind::Freeze { .. }) {
        return Err(wrong_step(&step, what)
            .next("Dopo la presentazione il testo si cambia con una nuova versione")
            .into());
    }
    if changes.case(id)?.returned.is_some() {
        return Err(Refusal::new(
            "returned_first_rework",
            "R1.8",
            "",
            "La proposta è stata restituita: va prima ripresa in carico",
        )
        .next("Usare «rielabora»")
        .into());
    }
    Ok(step)
}

pub(super) fn edit(changes: &mut Changes, id: &str, content: &Content) -> Result<(), Stop> {
    freeze_step(changes, id, "modificare la bozza")?;
    let case = changes.case(id)?;
    if changes.ctx.actor == case.creator {
        // Who began it goes on with it as long as writing proposals is his work.
        let workflow = changes.world.workflow(case)?;
        powers::drafter(&changes.ctx, &changes.world, Some(&workflow))?;
    } else {
        proposer(changes, case)?;
    }
    let content = content.clone().acknowledged_as(&case.content);
    changes.push(id, CaseEvent::Edited { content });
    Ok(())
}

pub(super) fn submit(changes: &mut Changes, id: &str) -> Result<(), Stop> {
    freeze_step(changes, id, "presentare la proposta")?;
    let by = proposer(changes, changes.case(id)?)?;
    let content = changes.case(id)?.content.clone();
    let (workflow, _) = changes.position(id)?;
    match request::is_of_others(&workflow) {
        true => request::complete(changes, &content)?,
        false => complete(changes, &content)?,
    }
    offices_open(changes, &content)?;
    targets_stand(changes, id, &content)?;
    let version = changes.case(id)?.versions.len() + 1;
    let version = u32::try_from(version).unwrap_or(u32::MAX);
    changes.push(id, CaseEvent::Submitted { version, hash: content.hash(), by });
    number_proposal(changes, id)?;
    leave(changes, id, Passage::Done)
}

/// Acts to be touched must be there when the proposal is made, not when it takes effect.
pub(super) fn targets_stand(changes: &Changes, id: &str, content: &Content) -> Result<(), Stop> {
    for affects in &content.affects {
        if affects.case == id || !changes.case(&affects.case)?.is_adopted() {
            return Err(Refusal::new(
                "nothing_to_touch",
                "R5.5",
                "artt. 21-quater, 21-quinquies e 21-nonies L. 241/1990",
                format!("«{}» non è una deliberazione adottata su cui incidere", affects.case),
            )
            .into());
        }
    }
    Ok(())
}

/// A new proposal is of offices that are there: nobody would give the opinion of the others.
fn offices_open(changes: &Changes, content: &Content) -> Result<(), Refusal> {
    let registry = changes.registry();
    let closed = content.offices.iter().find(|office| !registry.is_open(office, changes.day()));
    closed.map_or(Ok(()), |office| {
        let text = format!(
            "{} è chiuso: non può proporre né rendere pareri",
            registry.office_name(office)
        );
        Err(Refusal::new("office_closed", "R1.3", "artt. 49, c. 1, e 107 TUEL", text)
            .next("Indicare l'ufficio che ne ha assunto le competenze"))
    })
}

/// What is missing, by the law and by the regulation (R1.2).
pub fn gaps(content: &Content, regulation: &Regulation) -> Vec<Gap> {
    let mut gaps = content.missing();
    if content.rapporteurs.is_empty() && regulation.relatore_required {
        let text = "almeno un relatore (la norma locale lo richiede)";
        gaps.push(Gap { field: "rapporteurs", text });
    }
    gaps
}

/// What the answers to the gate questions of law put in the way, each with its field of [`Content`] or
/// of its gates (R1.2, R1.4, practice.md 1.2).
pub fn obstacles(content: &Content, regulation: &Regulation) -> Vec<(&'static str, Refusal)> {
    let gates = &content.gates;
    let council = (gates.council == CouncilGate::Reserved).then(|| {
        let text = "La materia è riservata al Consiglio comunale: la Giunta non può deliberare";
        Refusal::new("council_matter", "R1.2", "artt. 42 e 48 TUEL", text)
            .next("Presentarla come proposta al Consiglio")
    });
    let direction = gates.direction_only.is_some();
    let waits =
        regulation.indirizzo_requires_segretario_ack && gates.direction_acknowledged_by.is_none();
    let waits = (direction && waits).then(|| {
        let text =
            "La dichiarazione di mero atto di indirizzo attende la presa d'atto del Segretario";
        Refusal::new("direction_not_acknowledged", "R1.4", "art. 49, c. 1, TUEL", text)
    });
    let effects = (direction && content.has_effects()).then(|| {
        let text = "Un atto con effetti economico-finanziari o patrimoniali non è mero atto di \
                    indirizzo";
        Refusal::new("direction_with_effects", "R1.4", "art. 49, c. 1, TUEL", text)
            .next("Togliere la dichiarazione di indirizzo e chiedere i pareri")
    });
    let found = [
        ("council", council),
        ("cup", check_cup(content).err()),
        ("direction_only", waits),
        ("direction_only", effects),
    ];
    found.into_iter().filter_map(|(field, refusal)| Some((field, refusal?))).collect()
}

/// The completeness list and the gate questions.
pub(super) fn complete(changes: &Changes, content: &Content) -> Result<(), Stop> {
    request::none_here(content)?;
    let regulation = changes.regulation()?;
    let missing: Vec<&str> = gaps(content, &regulation).iter().map(|gap| gap.text).collect();
    if !missing.is_empty() {
        return Err(Refusal::new(
            "incomplete_proposal",
            "R1.2",
            "",
            format!("La proposta non è completa: manca {}", missing.join("; manca ")),
        )
        .next("Completare i campi indicati e presentare di nuovo")
        .into());
    }
    if let Some((_, refusal)) = obstacles(content, &regulation).into_iter().next() {
        return Err(refusal.into());
    }
    for person in &content.rapporteurs {
        powers::rapporteur(&changes.world, person, changes.day())?;
    }
    Ok(())
}

/// Without CUP an act that finances a public investment is null (L. 3/2003 art. 11 c. 2-bis).
fn check_cup(content: &Content) -> Result<(), Refusal> {
    if !content.gates.public_investment {
        return Ok(());
    }
    let refuse = |text: &str| {
        Err(Refusal::new("cup_missing", "R1.2", "art. 11, cc. 2-bis e 2-ter, L. 3/2003", text)
            .next("Indicare il CUP, il finanziamento, la sua decorrenza e il valore"))
    };
    let cup = content.cup.as_deref().unwrap_or("").trim();
    if cup.is_empty() {
        return refuse("L'atto finanzia o autorizza un investimento pubblico e senza CUP è nullo");
    }
    if cup.len() != 15 || !cup.chars().all(|c| c.is_ascii_alphanumeric()) {
        return refuse("Il CUP deve avere 15 caratteri alfanumerici");
    }
    let financed = matches!(
        &content.gates.effects,
        Effects::Some { financing: Some(f), amount_cents: Some(_), .. }
            if !f.trim().is_empty()
    );
    if financed { Ok(()) } else { refuse("Accanto al CUP mancano finanziamento e valore") }
}

pub(super) fn rework(changes: &mut Changes, id: &str) -> Result<(), Stop> {
    let case = changes.case(id)?;
    if case.returned.is_none() {
        return Err(
            Refusal::new("not_returned", "R1.8", "", "La proposta non è stata restituita").into()
        );
    }
    proposer(changes, case)?;
    changes.push(id, CaseEvent::ReworkStarted);
    Ok(())
}

pub(super) fn acknowledge(changes: &mut Changes, id: &str) -> Result<(), Stop> {
    let by = actor_as(changes, Role::Segretario, None)?;
    freeze_step(changes, id, "prendere atto della dichiarazione di indirizzo")?;
    let mut content = changes.case(id)?.content.clone();
    if content.gates.direction_only.is_none() {
        let text = "La proposta non è dichiarata mero atto di indirizzo";
        return Err(
            Refusal::new("direction_not_declared", "R1.4", "art. 49, c. 1, TUEL", text).into()
        );
    }
    content.gates.direction_acknowledged_by = Some(by.person);
    changes.push(id, CaseEvent::Edited { content });
    Ok(())
}

pub(super) fn withdraw(
    changes: &mut Changes,
    id: &str,
    reason: &str,
    paper: Option<&SignedPaper>,
    command: &CaseCommand,
) -> Result<(), Stop> {
    let case = changes.case(id)?;
    if case.posting.is_some() && case.treatment.is_none() {
        let text = "Il documento è affisso all'Albo: la richiesta ha avuto corso";
        return Err(Refusal::new("already_posted", "R6.6", "art. 32 L. 69/2009", text)
            .next("Annullare prima la pubblicazione, se è errata")
            .into());
    }
    if case.treatment.is_some() {
        return Err(Refusal::new(
            "already_voted",
            "R5.5",
            "art. 21-quinquies L. 241/1990",
            "La proposta è già stata votata e non si può più ritirare",
        )
        .next("L'atto si revoca o si annulla con una nuova deliberazione")
        .into());
    }
    if let Some(sitting) = case.sitting.clone() {
        return Err(Refusal::new(
            "on_agenda",
            "R3.12",
            "",
            format!("La proposta è iscritta all'ordine del giorno della seduta {sitting}"),
        )
        .next("Toglierla dall'ordine del giorno, o ritirarla in seduta")
        .into());
    }
    let by = powers::withdrawer(&changes.ctx, &changes.world, case)?;
    let paper = signed(changes, id, command, paper, &by)?;
    changes.push(
        id,
        CaseEvent::Withdrawn { by, reason: reason.trim().to_owned(), paper: Some(paper) },
    );
    Ok(())
}
