// SPDX-License-Identifier: AGPL-3.0-or-later
//! The only place that says yes or no to a command on an act.

use super::advance::{advance, enter, leave, owe, seal_slot};
use super::command::CaseCommand;
use super::content::{Content, CouncilGate};
use super::event::{CaseEvent, Change, Opinion, OpinionOutcome};
use super::opinions::{OpinionNeed, needs, standing};
use super::{Case, Ending, posting, signing};
use crate::domain::changes::{Changes, Stop};
use crate::domain::papers::{PaperKind, SignedPaper, carried_by_case};
use crate::domain::refusal::Refusal;
use crate::domain::registry::{Role, Signatory};
use crate::domain::regulation::Regulation;
use crate::domain::regulation::tokens::{
    AccountingGate, ContraryOpinionPath, LegitimacyContraryEffect,
};
use crate::domain::stream::StreamId;
use crate::domain::workflow::{OpinionKind, Passage, Step, StepKind};

/// Decides a command on a case.
///
/// # Errors
/// A refusal, or what must be loaded first.
pub fn decide(changes: &mut Changes, id: &str, command: &CaseCommand) -> Result<(), Stop> {
    if let CaseCommand::Create { kind, content } = command {
        return create(changes, id, kind, content);
    }
    still_open(changes.case(id)?, command)?;
    match command {
        CaseCommand::Edit { content } => edit(changes, id, content),
        CaseCommand::Submit => submit(changes, id),
        CaseCommand::GiveOpinion { .. } => give_opinion(changes, id, command),
        CaseCommand::Return { .. } => send_back(changes, id, command),
        CaseCommand::Rework => rework(changes, id),
        CaseCommand::Revise { content, formal, paper } => {
            revise_in_office(changes, id, content, *formal, paper.as_ref(), command)
        }
        CaseCommand::MotivateDeparture { reasons } => motivate(changes, id, reasons),
        CaseCommand::AcknowledgeDirection => acknowledge(changes, id),
        CaseCommand::PassReview { note } => pass_review(changes, id, note),
        CaseCommand::Withdraw { reason, paper } => {
            withdraw(changes, id, reason, paper.as_ref(), command)
        }
        CaseCommand::Sign { .. }
        | CaseCommand::AttestImpediment { .. }
        | CaseCommand::RecallPaper { .. }
        | CaseCommand::PreparePaper { .. }
        | CaseCommand::SealPaper { .. } => signing::decide(changes, id, command),
        _ => posting::decide(changes, id, command),
    }
}

/// What is over takes no more commands, except those on its papers, efficacy and duties.
fn still_open(case: &Case, command: &CaseCommand) -> Result<(), Refusal> {
    let procedural = matches!(
        command,
        CaseCommand::Edit { .. }
            | CaseCommand::Submit
            | CaseCommand::GiveOpinion { .. }
            | CaseCommand::Return { .. }
            | CaseCommand::Rework
            | CaseCommand::Revise { .. }
            | CaseCommand::PassReview { .. }
            | CaseCommand::Withdraw { .. }
    );
    let how = match case.ending {
        Some(Ending::Withdrawn) => "è stata ritirata",
        Some(Ending::Rejected) if matches!(command, CaseCommand::PassReview { .. }) => {
            return Ok(());
        }
        Some(Ending::Rejected) => "è stata respinta",
        Some(Ending::Archived) => "è chiusa",
        None => return Ok(()),
    };
    if !procedural {
        return Ok(());
    }
    Err(Refusal::new("case_over", "R3.13", "", format!("La proposta {how}"))
        .next("Presentare una nuova proposta, collegata a questa"))
}

/// A refusal when the act does not stand at the right kind of step.
pub(super) fn wrong_step(step: &Step, what: &str) -> Refusal {
    Refusal::new("wrong_step", "R13", "", format!("Al passo «{}» non si può {what}", step.title))
}

/// The actor in a role, on the day of the fact.
pub(super) fn actor_as(
    changes: &Changes,
    role: Role,
    office: Option<&str>,
) -> Result<Signatory, Refusal> {
    changes.world.registry.entitled(&changes.ctx.actor, role, office, changes.day())
}

/// The actor as responsabile del procedimento of this case, or as director of one of its offices.
fn proposer(changes: &Changes, case: &Case) -> Result<Signatory, Refusal> {
    if changes.ctx.actor == case.content.procedure_head {
        return actor_as(changes, Role::ResponsabileProcedimento, None);
    }
    case.content
        .offices
        .iter()
        .find_map(|office| actor_as(changes, Role::Direttore, Some(office)).ok())
        .ok_or_else(|| {
            Refusal::new(
                "not_the_proposer",
                "R1.1",
                "artt. 5 e 6 L. 241/1990",
                format!(
                    "{} non è il responsabile del procedimento né il direttore di un ufficio proponente",
                    changes.world.registry.name(&changes.ctx.actor)
                ),
            )
        })
}

/// Checks the signed paper a command carries: composed from these facts, signed by this person.
pub(super) fn signed(
    changes: &Changes,
    id: &str,
    command: &CaseCommand,
    paper: Option<&SignedPaper>,
    signer: &Signatory,
) -> Result<SignedPaper, Stop> {
    changes.read_related(&StreamId::case(id))?;
    let facts = carried_by_case(id, command, &changes.ctx, &changes.world)?;
    check_signed(paper, facts.map(|f| (f.kind, f.sha256())), signer).map_err(Stop::from)
}

/// The checks common to every carried paper.
pub fn check_signed(
    paper: Option<&SignedPaper>,
    expected: Option<(PaperKind, String)>,
    signer: &Signatory,
) -> Result<SignedPaper, Refusal> {
    let Some(paper) = paper else {
        return Err(Refusal::new(
            "signature_missing",
            "R9.1",
            "artt. 20 e 24 CAD",
            format!("Manca il documento firmato da {}", signer.name),
        )
        .next("Firmare il documento proposto e ripetere l'operazione"));
    };
    let Some((kind, facts)) = expected else {
        return Err(Refusal::new(
            "paper_unexpected",
            "R9.1",
            "",
            "Questa operazione non ha documenti",
        ));
    };
    if paper.kind != kind || paper.facts != facts {
        return Err(Refusal::new(
            "paper_outdated",
            "R1.12",
            "",
            "Il documento firmato non corrisponde ai fatti attuali: nel frattempo qualcosa è cambiato",
        )
        .next("Rileggere il documento aggiornato e firmarlo di nuovo"));
    }
    if !paper.fiscal_code.eq_ignore_ascii_case(&signer.fiscal_code) {
        return Err(Refusal::new(
            "wrong_signer",
            "R9.4",
            "art. 28 Reg. (UE) 910/2014",
            format!(
                "La firma è di {}, ma deve firmare {} ({})",
                paper.fiscal_code, signer.name, signer.fiscal_code
            ),
        ));
    }
    Ok(paper.clone())
}

fn create(changes: &mut Changes, id: &str, kind: &str, content: &Content) -> Result<(), Stop> {
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
    let first = registry
        .workflows
        .get(&digest)
        .and_then(|w| w.first())
        .map(|s| s.name.clone())
        .unwrap_or_default();
    changes.push(
        id,
        CaseEvent::Created { kind: kind.into(), workflow: digest, content: content.clone() },
    );
    enter(changes, id, &first)
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

fn edit(changes: &mut Changes, id: &str, content: &Content) -> Result<(), Stop> {
    freeze_step(changes, id, "modificare la bozza")?;
    let case = changes.case(id)?;
    if changes.ctx.actor != case.creator {
        proposer(changes, case)?;
    }
    changes.push(id, CaseEvent::Edited { content: content.clone() });
    Ok(())
}

fn submit(changes: &mut Changes, id: &str) -> Result<(), Stop> {
    freeze_step(changes, id, "presentare la proposta")?;
    let by = proposer(changes, changes.case(id)?)?;
    let content = changes.case(id)?.content.clone();
    complete(changes, &content)?;
    let version = changes.case(id)?.versions.len() + 1;
    let version = u32::try_from(version).unwrap_or(u32::MAX);
    changes.push(id, CaseEvent::Submitted { version, hash: content.hash(), by });
    let (workflow, _) = changes.position(id)?;
    let register = &workflow.proposal_register;
    if changes.case(id)?.number(register).is_none() {
        let day = changes.day();
        super::advance::take_number(changes, id, register, day)?;
    }
    leave(changes, id, Passage::Done)
}

/// The completeness list and the gate questions of law (R1.2, R1.4, practice.md 1.2).
fn complete(changes: &Changes, content: &Content) -> Result<(), Stop> {
    let regulation = changes.regulation()?;
    let mut missing = content.missing();
    if content.rapporteurs.is_empty() && regulation.relatore_required {
        missing.push("almeno un relatore (la norma locale lo richiede)".into());
    }
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
    if content.gates.council == CouncilGate::Reserved {
        return Err(Refusal::new(
            "council_matter",
            "R1.2",
            "artt. 42 e 48 TUEL",
            "La materia è riservata al Consiglio comunale: la Giunta non può deliberare",
        )
        .next("Presentarla come proposta al Consiglio")
        .into());
    }
    check_cup(content)?;
    if content.gates.direction_only.is_some()
        && regulation.indirizzo_requires_segretario_ack
        && content.gates.direction_acknowledged_by.is_none()
    {
        return Err(Refusal::new(
            "direction_not_acknowledged",
            "R1.4",
            "art. 49, c. 1, TUEL",
            "La dichiarazione di mero atto di indirizzo attende la presa d'atto del Segretario",
        )
        .into());
    }
    if content.gates.direction_only.is_some() && content.has_effects() {
        return Err(Refusal::new(
            "direction_with_effects",
            "R1.4",
            "art. 49, c. 1, TUEL",
            "Un atto con effetti economico-finanziari o patrimoniali non è mero atto di indirizzo",
        )
        .next("Togliere la dichiarazione di indirizzo e chiedere i pareri")
        .into());
    }
    for person in &content.rapporteurs {
        super::advance::rapporteur(changes, person)?;
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
        super::content::Effects::Some { financing: Some(f), amount_cents: Some(_), .. }
            if !f.trim().is_empty()
    );
    if financed { Ok(()) } else { refuse("Accanto al CUP mancano finanziamento e valore") }
}

fn give_opinion(changes: &mut Changes, id: &str, command: &CaseCommand) -> Result<(), Stop> {
    let CaseCommand::GiveOpinion { opinion, office, outcome, reasons, no_conflict, paper } =
        command
    else {
        return Ok(());
    };
    let (workflow, step) = changes.position(id)?;
    let on_the_spot = matches!(step.kind, StepKind::Discussion { .. } | StepKind::Ballot);
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
    let giver = giver(changes, &opinion_step, office)?;
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
    changes.push(id, CaseEvent::OpinionGiven(given));
    after_opinion(changes, id, *opinion, *outcome, on_the_spot)
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
    if outcome == OpinionOutcome::NotDue && opinion != OpinionKind::Accounting {
        return refuse(
            "not_due_only_accounting",
            format!("«Non dovuto» non è un esito del {}", opinion.label()),
        );
    }
    // An amendment with money reopens it: Ragioneria judges again on the new text (T-8). Where the
    // office declared effects, "non dovuto" contradicts the declaration.
    let regulation = changes.regulation()?;
    if outcome == OpinionOutcome::NotDue
        && changes.case(id)?.content.has_effects()
        && regulation.accounting_gate == AccountingGate::AlwaysRagioneria
        && reasons.trim().len() < 10
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

/// Who gives the opinion, with the title printed; the Segretario replaces a missing officer (49 c. 2).
fn giver(changes: &Changes, step: &Step, office: &str) -> Result<Signatory, Refusal> {
    let StepKind::Opinion { who, opinion } = step.kind else {
        return Err(wrong_step(step, "rendere un parere"));
    };
    let office = (opinion == OpinionKind::Technical).then_some(office);
    let nobody = changes.world.registry.holders(who, office, changes.day()).is_empty();
    match actor_as(changes, who, office) {
        Err(refusal) if nobody && opinion != OpinionKind::Legitimacy => {
            actor_as(changes, Role::Segretario, None).map_err(|_| refusal)
        }
        answer => answer,
    }
}

/// The legitimacy opinion recites the others: they must be there, and earlier (R2.2, T-9).
fn others_given(changes: &Changes, id: &str, on_the_spot: bool) -> Result<(), Stop> {
    let regulation = changes.regulation()?;
    let case = changes.case(id)?;
    for opinion in [OpinionKind::Technical, OpinionKind::Accounting] {
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

fn send_back(changes: &mut Changes, id: &str, command: &CaseCommand) -> Result<(), Stop> {
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
    let by = match &step.kind {
        StepKind::Opinion { .. } => giver(changes, &step, office)?,
        StepKind::Review { who, .. } => actor_as(changes, *who, None)?,
        StepKind::Agenda => actor_as(changes, Role::Segreteria, None)?,
        _ => return Err(wrong_step(&step, "restituire la proposta").into()),
    };
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

fn rework(changes: &mut Changes, id: &str) -> Result<(), Stop> {
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

fn revise_in_office(
    changes: &mut Changes,
    id: &str,
    content: &Content,
    formal: bool,
    paper: Option<&SignedPaper>,
    command: &CaseCommand,
) -> Result<(), Stop> {
    let (workflow, step) = changes.position(id)?;
    let allowed =
        matches!(step.kind, StepKind::Opinion { .. } | StepKind::Review { .. } | StepKind::Agenda);
    let adopted = changes.case(id)?.treatment.is_some();
    if !allowed || adopted {
        return Err(wrong_step(&step, "cambiare il testo").into());
    }
    let change = if formal {
        let by = actor_as(changes, Role::Segretario, None)?;
        let paper = signed(changes, id, command, paper, &by)?;
        Change::Formal { by, paper }
    } else {
        proposer(changes, changes.case(id)?)?;
        if changes.case(id)?.sitting.is_some() {
            return Err(Refusal::new(
                "on_agenda",
                "R1.12",
                "art. 49, c. 1, TUEL",
                "La proposta è iscritta all'ordine del giorno: una modifica sostanziale riapre i pareri",
            )
            .next("Toglierla prima dall'ordine del giorno, oppure emendarla in seduta")
            .into());
        }
        Change::Substantial
    };
    let substantial = change == Change::Substantial;
    apply_revision(changes, id, content, change, None)?;
    if substantial && let Some(first) = workflow.find(|k| matches!(k, StepKind::Opinion { .. })) {
        enter(changes, id, &first.name)?;
    }
    Ok(())
}

/// Records a new version and plans the comparison with the one before (practice.md 3, row 6).
pub fn apply_revision(
    changes: &mut Changes,
    id: &str,
    content: &Content,
    change: Change,
    sitting: Option<&str>,
) -> Result<u32, Stop> {
    complete(changes, content)?;
    let case = changes.case(id)?;
    let hash = content.hash();
    if case.current().is_some_and(|v| v.hash == hash) {
        return Err(Refusal::new(
            "nothing_changed",
            "R1.12",
            "",
            "Il nuovo testo è uguale al precedente",
        )
        .into());
    }
    let version = u32::try_from(case.versions.len() + 1).unwrap_or(u32::MAX);
    let event = CaseEvent::Revised {
        version,
        content: content.clone(),
        hash,
        change,
        sitting: sitting.map(str::to_owned),
    };
    changes.push(id, event);
    let key = format!("confronto_versioni-v{version}");
    owe(changes, id, PaperKind::ConfrontoVersioni, key, vec![seal_slot()], &version.to_string());
    Ok(version)
}

fn motivate(changes: &mut Changes, id: &str, reasons: &str) -> Result<(), Stop> {
    if reasons.trim().is_empty() {
        return Err(Refusal::new(
            "reasons_missing",
            "R1.9",
            "art. 49, c. 4, TUEL",
            "La motivazione per cui ci si discosta dal parere non può essere vuota",
        )
        .into());
    }
    if changes.case(id)?.treatment.is_some() {
        let (_, step) = changes.position(id)?;
        return Err(wrong_step(&step, "motivare lo scostamento: l'atto è già votato").into());
    }
    if proposer(changes, changes.case(id)?).is_err() {
        actor_as(changes, Role::Segretario, None)?;
    }
    changes.push(id, CaseEvent::DepartureMotivated { reasons: reasons.trim().to_owned() });
    Ok(())
}

fn acknowledge(changes: &mut Changes, id: &str) -> Result<(), Stop> {
    let by = actor_as(changes, Role::Segretario, None)?;
    let mut content = changes.case(id)?.content.clone();
    content.gates.direction_acknowledged_by = Some(by.person);
    changes.push(id, CaseEvent::Edited { content });
    Ok(())
}

fn pass_review(changes: &mut Changes, id: &str, note: &str) -> Result<(), Stop> {
    let (_, step) = changes.position(id)?;
    let StepKind::Review { who, lifecycle } = &step.kind else {
        return Err(wrong_step(&step, "chiudere una verifica").into());
    };
    let by = actor_as(changes, *who, None)?;
    if *lifecycle == crate::domain::workflow::Lifecycle::PostingEnded {
        return Err(wrong_step(&step, "passare oltre: il fascicolo si chiude con «close»").into());
    }
    if note.trim().is_empty() && contrary_needs_note(changes, id)? {
        return Err(Refusal::new(
            "note_on_contrary_missing",
            "R1.9",
            "art. 49, c. 4, TUEL",
            "C'è un parere contrario: la norma locale chiede una nota prima dell'iscrizione",
        )
        .into());
    }
    let event =
        CaseEvent::ReviewPassed { step: step.name.clone(), by, note: note.trim().to_owned() };
    changes.push(id, event);
    leave(changes, id, Passage::Done)
}

/// `allow_with_segretario_note`: a contrary opinion goes on only with a note of the check.
fn contrary_needs_note(changes: &Changes, id: &str) -> Result<bool, Stop> {
    let regulation = changes.regulation()?;
    let case = changes.case(id)?;
    let contrary = case.treatment.is_none()
        && case.opinions.iter().any(|o| o.outcome == OpinionOutcome::Contrary);
    Ok(contrary && regulation.contrary_opinion_path == ContraryOpinionPath::AllowWithSegretarioNote)
}

fn withdraw(
    changes: &mut Changes,
    id: &str,
    reason: &str,
    paper: Option<&SignedPaper>,
    command: &CaseCommand,
) -> Result<(), Stop> {
    let case = changes.case(id)?;
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
    let by = if case.content.rapporteurs.contains(&changes.ctx.actor) {
        super::advance::rapporteur(changes, &changes.ctx.actor)?
    } else {
        proposer(changes, case)?
    };
    let paper = signed(changes, id, command, paper, &by)?;
    changes.push(
        id,
        CaseEvent::Withdrawn { by, reason: reason.trim().to_owned(), paper: Some(paper) },
    );
    Ok(())
}
