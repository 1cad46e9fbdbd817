// SPDX-License-Identifier: AGPL-3.0-or-later
//! Opinions given, confirmed, not given; the reasons for departing from them.

use super::Case;
use super::advance::{advance, leave};
use super::command::CaseCommand;
use super::decide::{actor_as, proposer, signed, wrong_step};
use super::event::CaseEvent;
use super::opinions::{OpinionNeed, needs, open_needs, standing, unheeded};
use super::powers;
use super::record::{Opinion, OpinionOutcome};
use crate::changes::{Changes, Stop};
use crate::refusal::Refusal;
use crate::registry::Role;
use crate::regulation::Regulation;
use crate::regulation::tokens::{
    AccountingGate, ContraryOpinionPath, LegitimacyContraryEffect, TechOpinionOrder,
};
use crate::workflow::{OpinionKind, Passage, StepKind, Workflow};

pub(super) fn give_opinion(
    changes: &mut Changes,
    id: &str,
    command: &CaseCommand,
) -> Result<(), Stop> {
    let CaseCommand::GiveOpinion { opinion, office, outcome, reasons, no_conflict, paper } =
        command
    else {
        return Ok(());
    };
    let (workflow, step) = changes.position(id)?;
    let on_the_spot = matches!(step.kind, StepKind::Discussion { .. });
    let opinion_step = workflow
        .opinion_step(*opinion)
        .filter(|s| on_the_spot || s.name == step.name)
        .cloned()
        .ok_or_else(|| wrong_step(&step, &format!("rendere il {}", opinion.label())))?;
    let need = due(changes, id, *opinion, office)?;
    check_outcome(changes, id, *opinion, *outcome, reasons)?;
    if !no_conflict {
        return Err(Refusal::new(
            "conflict_declaration_missing",
            "R1.10",
            "art. 6-bis L. 241/1990",
            "Chi rende il parere deve dichiarare l'assenza di conflitto di interessi",
        )
        .into());
    }
    let giver = powers::giver(&changes.ctx, &changes.world, &opinion_step, office)?;
    if *opinion == OpinionKind::Technical {
        in_turn(changes, id, office)?;
    }
    if *opinion == OpinionKind::Legitimacy {
        others_given(changes, id, on_the_spot)?;
    }
    let paper = signed(changes, id, command, paper.as_ref(), &giver)?;
    let case = changes.case(id)?;
    let version = case.current().ok_or_else(|| wrong_step(&step, "rendere un parere"))?;
    let given = Opinion {
        opinion: *opinion,
        office: need.office.clone(),
        outcome: *outcome,
        reasons: reasons.trim().to_owned(),
        version: version.number,
        hash: version.hash.clone(),
        confirmation: case
            .opinions
            .iter()
            .any(|o| o.opinion == *opinion && o.office == need.office && o.outcome == *outcome),
        on_the_spot,
        paper,
        giver,
        at: changes.ctx.happened,
    };
    let with_cover = with_cover(changes, id, *opinion, *outcome)?;
    let cover = with_cover.then(|| Opinion {
        opinion: OpinionKind::Cover,
        outcome: OpinionOutcome::Favourable,
        reasons: String::new(),
        ..given.clone()
    });
    changes.push(id, CaseEvent::OpinionGiven(given));
    // One sheet, two facts: the visto is given where its own rule wants it (practice.md 6).
    if let Some(cover) = cover {
        changes.push(id, CaseEvent::OpinionGiven(cover));
    }
    after_opinion(changes, id, *opinion, *outcome, on_the_spot)
}

/// The accounting sheet about to be signed also attests the cover.
fn with_cover(
    changes: &Changes,
    id: &str,
    opinion: OpinionKind,
    outcome: OpinionOutcome,
) -> Result<bool, Stop> {
    let case = changes.case(id)?;
    let workflow = changes.world.workflow(case)?;
    let regulation = changes.regulation()?;
    Ok(opinion == OpinionKind::Accounting && covers(case, &workflow, &regulation, outcome))
}

/// Where the Comune puts the visto on the accounting sheet, a favourable accounting opinion attests
/// the cover too; any other outcome leaves the visto to be given by itself (R1.15).
pub fn covers(
    case: &Case,
    workflow: &Workflow,
    regulation: &Regulation,
    outcome: OpinionOutcome,
) -> bool {
    regulation.visto_on_accounting_sheet
        && matches!(outcome, OpinionOutcome::Favourable | OpinionOutcome::WithRemarks)
        && workflow.opinion_step(OpinionKind::Cover).is_some()
        && !open_needs(case, OpinionKind::Cover, regulation).is_empty()
}

/// Where the rule is hierarchical the offices follow the order of the proposal (R1.5).
fn in_turn(changes: &Changes, id: &str, office: &str) -> Result<(), Stop> {
    let regulation = changes.regulation()?;
    if regulation.tech_opinion_order == TechOpinionOrder::Parallel {
        return Ok(());
    }
    let case = changes.case(id)?;
    let all = needs(&case.content, OpinionKind::Technical, &regulation).unwrap_or_default();
    let before = all.iter().take_while(|need| need.office != office);
    match before.into_iter().find(|need| standing(case, need).is_none()) {
        None => Ok(()),
        Some(first) => Err(Refusal::new(
            "opinion_out_of_turn",
            "R1.5",
            regulation.source("tech_opinion_order"),
            format!("Prima si esprime {}", changes.world.registry.office_name(&first.office)),
        )
        .into()),
    }
}

/// The opinion must be one that is due on this content.
fn due(
    changes: &Changes,
    id: &str,
    opinion: OpinionKind,
    office: &str,
) -> Result<OpinionNeed, Stop> {
    let regulation = changes.regulation()?;
    let case = changes.case(id)?;
    let not_due = |reason: String| {
        Refusal::new(
            "opinion_not_due",
            "R1.3",
            "art. 49, c. 1, TUEL",
            format!("Il {} non è dovuto: {reason}", opinion.label()),
        )
    };
    let needs = needs(&case.content, opinion, &regulation).map_err(not_due)?;
    let office = if opinion == OpinionKind::Technical { office } else { "" };
    needs.into_iter().find(|n| n.office == office).ok_or_else(|| {
        let name = changes.world.registry.office_name(office);
        not_due(format!("l'ufficio «{name}» non è fra quelli interessati")).into()
    })
}

/// Outcomes allowed per kind, and the reasons they need (R1.7, R1.8, R2.2).
fn check_outcome(
    changes: &Changes,
    id: &str,
    opinion: OpinionKind,
    outcome: OpinionOutcome,
    reasons: &str,
) -> Result<(), Stop> {
    let refuse = |code: &str, text: String| {
        Err(Refusal::new(code, "R1.8", "art. 49, c. 1, TUEL", text).into())
    };
    if outcome != OpinionOutcome::Favourable && reasons.trim().is_empty() {
        return refuse(
            "reasons_missing",
            format!("Il {} così espresso richiede una motivazione", opinion.label()),
        );
    }
    let attests = [OpinionOutcome::Favourable, OpinionOutcome::Contrary, OpinionOutcome::NotDue];
    if opinion == OpinionKind::Cover && !attests.contains(&outcome) {
        return refuse("cover_or_not", "Il visto attesta la copertura o la nega".into());
    }
    let ragioneria = matches!(opinion, OpinionKind::Accounting | OpinionKind::Cover);
    if outcome == OpinionOutcome::NotDue && !ragioneria {
        return refuse(
            "not_due_only_accounting",
            format!("«Non dovuto» non è un esito del {}", opinion.label()),
        );
    }
    // An amendment with money reopens it: Ragioneria judges again on the new text (T-8). Where the
    // office declared effects, "non dovuto" contradicts the declaration.
    let regulation = changes.regulation()?;
    if outcome == OpinionOutcome::NotDue
        && opinion == OpinionKind::Accounting
        && changes.case(id)?.content.has_effects()
        && regulation.accounting_gate == AccountingGate::AlwaysRagioneria
        && !own_words(reasons)
    {
        return refuse(
            "not_due_with_effects",
            "L'ufficio dichiara riflessi economico-finanziari o patrimoniali: «non dovuto» va motivato \
             in modo specifico"
                .into(),
        );
    }
    Ok(())
}

/// Reasons of one's own: more than a word or two, and not the bare denial of effects that the office
/// has declared (T-55). The judgement stays with Ragioneria.
fn own_words(reasons: &str) -> bool {
    let letters = |word: &&str| word.chars().filter(|c| c.is_alphabetic()).count() > 1;
    let words: Vec<String> = reasons
        .split(|c: char| !c.is_alphanumeric())
        .filter(letters)
        .map(str::to_lowercase)
        .collect();
    let denial = [
        "non",
        "vi",
        "sono",
        "ci",
        "nessun",
        "nessuno",
        "riflesso",
        "riflessi",
        "assenza",
        "di",
        "diretti",
        "indiretti",
        "sul",
        "sulla",
        "né",
        "bilancio",
        "patrimonio",
        "situazione",
        "economico",
        "finanziaria",
        "dovuto",
        "parere",
        "comporta",
        "atto",
    ];
    words.len() >= 4 && words.iter().any(|w| w.chars().count() > 3 && !denial.contains(&w.as_str()))
}

/// The legitimacy opinion recites the others: they must be there, and earlier (R2.2, T-9).
fn others_given(changes: &Changes, id: &str, on_the_spot: bool) -> Result<(), Stop> {
    let regulation = changes.regulation()?;
    let case = changes.case(id)?;
    let workflow = changes.world.workflow(case)?;
    for opinion in workflow.opinions().filter(|o| *o != OpinionKind::Legitimacy) {
        for need in needs(&case.content, opinion, &regulation).unwrap_or_default() {
            let earlier = standing(case, &need).filter(|o| o.at < changes.ctx.happened);
            if earlier.is_none() {
                return Err(Refusal::new(
                    "legitimacy_before_others",
                    "R2.2",
                    regulation.source("legitimacy_opinion"),
                    format!(
                        "Il parere di legittimità segue gli altri, che richiama: manca il {}{}",
                        opinion.label(),
                        if on_the_spot { " sul testo emendato" } else { "" }
                    ),
                )
                .into());
            }
        }
    }
    Ok(())
}

/// After an opinion: where the regulation sends contrary ones back, the act returns (R1.9, R2.3).
fn after_opinion(
    changes: &mut Changes,
    id: &str,
    opinion: OpinionKind,
    outcome: OpinionOutcome,
    on_the_spot: bool,
) -> Result<(), Stop> {
    if on_the_spot {
        return Ok(());
    }
    let regulation = changes.regulation()?;
    if outcome == OpinionOutcome::Contrary && contrary_returns(opinion, &regulation) {
        let (_, step) = changes.position(id)?;
        let case = changes.case(id)?;
        if let Some(given) = case.opinions.last().cloned() {
            let event = CaseEvent::Returned {
                step: step.name,
                by: given.giver,
                reasons: given.reasons,
                paper: given.paper,
            };
            changes.push(id, event);
            return leave(changes, id, Passage::Returned);
        }
    }
    advance(changes, id)
}

fn contrary_returns(opinion: OpinionKind, regulation: &Regulation) -> bool {
    match opinion {
        OpinionKind::Legitimacy => {
            regulation.legitimacy_contrary_effect == LegitimacyContraryEffect::ReturnToProposer
        }
        _ => regulation.contrary_opinion_path == ContraryOpinionPath::ReturnToProposer,
    }
}

pub(super) fn send_back(
    changes: &mut Changes,
    id: &str,
    command: &CaseCommand,
) -> Result<(), Stop> {
    let CaseCommand::Return { office, reasons, paper } = command else { return Ok(()) };
    let (_, step) = changes.position(id)?;
    if reasons.trim().is_empty() {
        return Err(Refusal::new(
            "reasons_missing",
            "R1.8",
            "art. 3 L. 241/1990",
            "La restituzione deve dire perché e che cosa correggere",
        )
        .into());
    }
    let by = powers::returner(&changes.ctx, &changes.world, changes.case(id)?, &step, office)?;
    if changes.case(id)?.sitting.is_some() {
        return Err(Refusal::new(
            "on_agenda",
            "R3.12",
            "",
            "La proposta è iscritta all'ordine del giorno",
        )
        .next("Toglierla prima dall'ordine del giorno")
        .into());
    }
    let paper = signed(changes, id, command, paper.as_ref(), &by)?;
    let event = CaseEvent::Returned {
        step: step.name.clone(),
        by,
        reasons: reasons.trim().to_owned(),
        paper,
    };
    changes.push(id, event);
    leave(changes, id, Passage::Returned)
}

pub(super) fn motivate(changes: &mut Changes, id: &str, reasons: &str) -> Result<(), Stop> {
    if reasons.trim().is_empty() {
        return Err(Refusal::new(
            "reasons_missing",
            "R1.9",
            "art. 49, c. 4, TUEL",
            "La motivazione per cui ci si discosta dal parere non può essere vuota",
        )
        .into());
    }
    // From the ballot on the text is what was voted (R1.9, R2.7).
    let (workflow, step) = changes.position(id)?;
    if changes.case(id)?.treatment.is_some() || step.kind == StepKind::Ballot {
        return Err(wrong_step(&step, "motivare lo scostamento: l'atto è già votato").into());
    }
    if proposer(changes, changes.case(id)?).is_err() {
        actor_as(changes, Role::Segretario, None)?;
    }
    let answers = unheeded(changes.case(id)?, &workflow, &*changes.regulation()?);
    if answers.is_empty() {
        return Err(Refusal::new(
            "nothing_to_depart_from",
            "R1.9",
            "art. 49, c. 4, TUEL",
            "Sul testo attuale non c'è un parere da cui ci si discosti",
        )
        .next("Indicare i motivi quando il parere è stato reso")
        .into());
    }
    let reasons = reasons.trim().to_owned();
    changes.push(id, CaseEvent::DepartureMotivated { reasons, answers });
    Ok(())
}
