// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who signs a carried paper: the actor, in the role his command wants, on the day of the fact.

use crate::domain::case::{Case, Ctx};
use crate::domain::law::calendar::rome_date;
use crate::domain::refusal::Refusal;
use crate::domain::registry::{Registry, Role, Signatory};
use crate::domain::workflow::{OpinionKind, Step, StepKind};
use crate::domain::world::World;
use chrono::NaiveDate;

/// The day whose mandates count.
pub fn day(ctx: &Ctx) -> NaiveDate {
    rome_date(ctx.happened)
}

/// The actor in one role.
pub fn acting_as(
    ctx: &Ctx,
    world: &World,
    role: Role,
    office: Option<&str>,
) -> Result<Signatory, Refusal> {
    world.registry.entitled(&ctx.actor, role, office, day(ctx))
}

/// The actor in the first role of the list he is entitled to; the refusal is the first one.
pub fn acting_in(ctx: &Ctx, world: &World, roles: &[Role]) -> Result<Signatory, Refusal> {
    let mut refused = None;
    for role in roles {
        match acting_as(ctx, world, *role, None) {
            Ok(signer) => return Ok(signer),
            Err(refusal) => refused = refused.or(Some(refusal)),
        }
    }
    Err(refused.unwrap_or_else(|| Refusal::new("signer_not_in_role", "R1.10", "", "Nessun ruolo")))
}

/// Who gives an opinion at a step; the Segretario where the office has no officer (TUEL 49 c. 2).
pub fn giver(ctx: &Ctx, world: &World, step: &Step, office: &str) -> Result<Signatory, Refusal> {
    let StepKind::Opinion { who, opinion } = step.kind else {
        return Err(wrong_step(step));
    };
    let office = (opinion == OpinionKind::Technical).then_some(office);
    match acting_as(ctx, world, who, office) {
        Err(refusal)
            if opinion != OpinionKind::Legitimacy
                && world.registry.holders(who, office, day(ctx)).is_empty() =>
        {
            acting_as(ctx, world, Role::Segretario, None).map_err(|_| refusal)
        }
        answer => answer,
    }
}

/// Who sends a proposal back from the step where it stands.
pub fn returner(ctx: &Ctx, world: &World, step: &Step, office: &str) -> Result<Signatory, Refusal> {
    match &step.kind {
        StepKind::Opinion { .. } => giver(ctx, world, step, office),
        StepKind::Review { who, .. } => acting_as(ctx, world, *who, None),
        StepKind::Agenda => acting_as(ctx, world, Role::Segreteria, None),
        _ => Err(wrong_step(step)),
    }
}

/// Who withdraws a proposal: one of its relatori, its responsabile del procedimento, or a director
/// of one of its offices.
pub fn proposer(ctx: &Ctx, world: &World, case: &Case) -> Result<Signatory, Refusal> {
    let content = &case.content;
    if content.rapporteurs.contains(&ctx.actor) {
        return acting_in(ctx, world, &MEMBERS);
    }
    if content.procedure_head == ctx.actor {
        return acting_as(ctx, world, Role::ResponsabileProcedimento, None);
    }
    director(ctx, world, case)
}

/// Who takes an item off an agenda: a relatore, or a director of a proposing office.
pub fn remover(ctx: &Ctx, world: &World, case: &Case) -> Result<Signatory, Refusal> {
    if case.content.rapporteurs.contains(&ctx.actor) {
        return acting_in(ctx, world, &MEMBERS);
    }
    director(ctx, world, case)
}

fn director(ctx: &Ctx, world: &World, case: &Case) -> Result<Signatory, Refusal> {
    let director = |office: &String| acting_as(ctx, world, Role::Direttore, Some(office)).ok();
    case.content.offices.iter().find_map(director).ok_or_else(|| {
        let name = world.registry.name(&ctx.actor);
        Refusal::new(
            "not_the_proposer",
            "R1.1",
            "artt. 5 e 6 L. 241/1990",
            format!("{name} non è fra i proponenti"),
        )
    })
}

/// Roles of the members of the Giunta, as a person is printed among them.
pub const MEMBERS: [Role; 3] = [Role::Sindaco, Role::Vicesindaco, Role::Assessore];

/// A relatore as printed on a day: name, and the office held in the Giunta.
pub fn member(registry: &Registry, person: &str, on: NaiveDate) -> super::common::PersonFacts {
    let mandate = MEMBERS.iter().find_map(|role| {
        registry.holders(*role, None, on).into_iter().find(|m| m.person == person)
    });
    super::common::PersonFacts {
        name: registry.name(person),
        title: mandate.map_or_else(String::new, |m| {
            crate::domain::papers::words::bare_title(&m.title).to_owned()
        }),
        power: None,
    }
}

fn wrong_step(step: &Step) -> Refusal {
    Refusal::new(
        "wrong_step",
        "R13",
        "",
        format!("Al passo «{}» nessuno firma questo documento", step.title),
    )
}
