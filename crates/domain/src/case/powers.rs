// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who may act on a proposal, and as whom he signs: one answer for the decision and for the paper
//! that is signed before it. The actor, in the role his command wants, on the day of the fact.

use super::Case;
use super::command::Ctx;
use super::decide::wrong_step;
use super::request::is_of_others;
use crate::law::calendar::rome_date;
use crate::refusal::Refusal;
use crate::registry::{Role, Signatory};
use crate::regulation::Regulation;
use crate::workflow::{Lifecycle, OpinionKind, Step, StepKind, Workflow};
use crate::world::World;
use chrono::NaiveDate;

/// The day whose mandates count.
pub fn day(ctx: &Ctx) -> NaiveDate {
    rome_date(ctx.happened)
}

/// The actor in one role.
///
/// # Errors
/// `signer_not_in_role`, or why a substitute may not act that day.
pub fn acting_as(
    ctx: &Ctx,
    world: &World,
    role: Role,
    office: Option<&str>,
) -> Result<Signatory, Refusal> {
    world.registry.entitled(&ctx.actor, role, office, day(ctx))
}

/// Roles that write proposals, beside the one the workflow names: who answers for a procedure or
/// for an office, and the Segreteria that helps them. R1.1 lets the Comune say who proposes; the
/// offices draft.
pub const DRAFTERS: [Role; 4] = [
    Role::ResponsabileProcedimento,
    Role::Direttore,
    Role::ResponsabileRagioneria,
    Role::Segreteria,
];

/// Who may begin a proposal and go on with it: the role of the first step, or a drafter.
///
/// # Errors
/// `not_a_drafter`; of a document of others, an actor who does not take requests in.
pub fn drafter(ctx: &Ctx, world: &World, workflow: Option<&Workflow>) -> Result<(), Refusal> {
    if let Some(workflow) = workflow.filter(|w| is_of_others(w)) {
        return receiver(ctx, world, workflow).map(drop);
    }
    let mut roles = workflow.and_then(first_role).into_iter().chain(DRAFTERS);
    if roles.any(|role| acting_as(ctx, world, role, None).is_ok()) {
        return Ok(());
    }
    let text = format!(
        "{} non ha un incarico che consenta di scrivere proposte",
        world.registry.name(&ctx.actor)
    );
    Err(Refusal::new("not_a_drafter", "R1.1", "artt. 5 e 6 L. 241/1990; art. 107 TUEL", text)
        .next("Scrive la proposta chi risponde del procedimento o dell'ufficio, o la Segreteria"))
}

/// The role of the first step.
fn first_role(workflow: &Workflow) -> Option<Role> {
    match workflow.first()?.kind {
        StepKind::Freeze { who } => Some(who),
        _ => None,
    }
}

/// Who takes in the request of another body: the role of the first step, or the Segreteria to which
/// it came (R6.10).
fn receiver(ctx: &Ctx, world: &World, workflow: &Workflow) -> Result<Signatory, Refusal> {
    let named = first_role(workflow).unwrap_or(Role::ResponsabilePubblicazione);
    let named = acting_as(ctx, world, named, None);
    named.or_else(|no| acting_as(ctx, world, Role::Segreteria, None).map_err(|_| no))
}

/// Who gives an opinion at a step; the Segretario where the office has no officer (TUEL 49 c. 2).
///
/// # Errors
/// A step that is none of opinions, or an actor without the title.
pub fn giver(ctx: &Ctx, world: &World, step: &Step, office: &str) -> Result<Signatory, Refusal> {
    let StepKind::Opinion { who, opinion } = step.kind else {
        return Err(wrong_step(step, "rendere un parere"));
    };
    let office = (opinion == OpinionKind::Technical).then_some(office);
    match acting_as(ctx, world, who, office) {
        Err(refusal)
            if matches!(opinion, OpinionKind::Technical | OpinionKind::Accounting)
                && world.registry.holders(who, office, day(ctx)).is_empty() =>
        {
            acting_as(ctx, world, Role::Segretario, None).map_err(|_| refusal)
        }
        answer => answer,
    }
}

/// Who makes a check: the role of the step. A check of the proposing office is made by the office of this
/// very act, not by whoever is responsabile of some other procedure (R6.8, `privacy_reviewer`).
///
/// # Errors
/// An actor without the title.
pub fn checker(ctx: &Ctx, world: &World, case: &Case, who: Role) -> Result<Signatory, Refusal> {
    match who {
        Role::ResponsabileProcedimento => proposer(ctx, world, case),
        who => acting_as(ctx, world, who, None),
    }
}

/// Who sends a proposal back from the step where it stands. While it is being signed: who signs it,
/// which is who may withdraw it.
///
/// # Errors
/// A step nothing is sent back from, or an actor without the title.
pub fn returner(
    ctx: &Ctx,
    world: &World,
    case: &Case,
    step: &Step,
    office: &str,
) -> Result<Signatory, Refusal> {
    match &step.kind {
        // The Segretario stands in for an office without officer, not for one that is not asked.
        StepKind::Opinion { opinion: OpinionKind::Technical, .. }
            if !case.content.offices.iter().any(|asked| asked == office) =>
        {
            Err(wrong_step(step, "restituire la proposta per un ufficio che non è interessato"))
        }
        StepKind::Opinion { .. } => giver(ctx, world, step, office),
        StepKind::Review { who, .. } => checker(ctx, world, case, *who),
        StepKind::Agenda => acting_as(ctx, world, Role::Segreteria, None),
        StepKind::Sign { lifecycle: Lifecycle::ProposalSigning, .. } => {
            withdrawer(ctx, world, case)
        }
        _ => Err(wrong_step(step, "restituire la proposta")),
    }
}

/// The responsabile del procedimento of the case, or the director of one of its offices; of a
/// document of others, who takes requests in.
///
/// # Errors
/// `not_the_proposer`.
pub fn proposer(ctx: &Ctx, world: &World, case: &Case) -> Result<Signatory, Refusal> {
    let of_others = world.workflow(case).ok().filter(|w| is_of_others(w));
    if let Some(workflow) = of_others {
        return receiver(ctx, world, &workflow);
    }
    if ctx.actor == case.content.procedure_head {
        return acting_as(ctx, world, Role::ResponsabileProcedimento, None);
    }
    director(ctx, world, case)
}

/// Who withdraws a proposal: one of its relatori, or a proposer.
///
/// # Errors
/// `not_the_proposer`, `not_a_proposer_role`.
pub fn withdrawer(ctx: &Ctx, world: &World, case: &Case) -> Result<Signatory, Refusal> {
    if case.content.rapporteurs.contains(&ctx.actor) {
        return rapporteur(world, &ctx.actor, day(ctx));
    }
    proposer(ctx, world, case)
}

/// Who takes an item off an agenda: a relatore, or a director of a proposing office.
///
/// # Errors
/// `not_the_proposer`, `not_a_proposer_role`.
pub fn remover(ctx: &Ctx, world: &World, case: &Case) -> Result<Signatory, Refusal> {
    if case.content.rapporteurs.contains(&ctx.actor) {
        return rapporteur(world, &ctx.actor, day(ctx));
    }
    director(ctx, world, case)
}

fn director(ctx: &Ctx, world: &World, case: &Case) -> Result<Signatory, Refusal> {
    let director = |office: &String| acting_as(ctx, world, Role::Direttore, Some(office)).ok();
    case.content.offices.iter().find_map(director).ok_or_else(|| {
        Refusal::new(
            "not_the_proposer",
            "R1.1",
            "artt. 5 e 6 L. 241/1990",
            format!(
                "{} non è il responsabile del procedimento né il direttore di un ufficio proponente",
                world.registry.name(&ctx.actor)
            ),
        )
    })
}

/// A relatore: who holds on the day one of the roles that the Comune lets propose
/// (`proposer_roles`, R1.1).
///
/// # Errors
/// `not_a_proposer_role`, naming the roles and their source.
pub fn rapporteur(world: &World, person: &str, on: NaiveDate) -> Result<Signatory, Refusal> {
    let regulation = world.regulation(on)?;
    let registry = &world.registry;
    proposing_roles(&regulation)
        .into_iter()
        .find_map(|role| registry.entitled(person, role, None, on).ok())
        .ok_or_else(|| {
            let roles: Vec<&str> = regulation.proposer_roles.iter().map(|r| r.label()).collect();
            Refusal::new(
                "not_a_proposer_role",
                "R1.1",
                regulation.source("proposer_roles"),
                format!("{} in quella data non può proporre come relatore", registry.name(person)),
            )
            .next(format!("Secondo la norma locale propone: {}", roles.join(", ")))
        })
}

/// The roles that may propose. The Vicesindaco is an assessore (TUEL 46 c. 2), and a Commissario
/// has the powers of the Sindaco and of the Giunta (TUEL 141 c. 3).
pub fn proposing_roles(regulation: &Regulation) -> Vec<Role> {
    let with = |role: &Role| match role {
        Role::Sindaco => vec![Role::Sindaco, Role::Commissario],
        Role::Assessore => vec![Role::Vicesindaco, Role::Assessore],
        role => vec![*role],
    };
    regulation.proposer_roles.iter().flat_map(with).collect()
}
