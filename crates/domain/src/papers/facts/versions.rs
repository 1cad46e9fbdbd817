// SPDX-License-Identifier: AGPL-3.0-or-later
//! What changed from one version to the next, and who says that it is only form (R1.12).

use super::PaperFacts;
use super::common::{Head, Parts, PersonFacts, TextFacts, current, owed_at, own_slot, paper, read};
use super::opinion::numbered;
use super::recital::{RecitedOpinion, recited};
use crate::case::powers;
use crate::case::{Change, Content, Ctx};
use crate::papers::diff::{Hunk, compare};
use crate::papers::{PaperKind, PaperPlan};
use crate::refusal::Refusal;
use crate::registry::Role;
use crate::world::World;
use chrono::NaiveDate;
use serde::Serialize;

#[derive(Serialize)]
struct DeclarationFacts {
    #[serde(flatten)]
    head: Head,
    from: TextFacts,
    new_version: u32,
    new_hash: String,
    hunks: Vec<Hunk>,
    by: PersonFacts,
    /// Day of the sitting where the text was changed.
    sitting: Option<NaiveDate>,
}

/// The declaration that a change is purely formal: opinions stay valid on the new hash.
pub fn formal_declaration(
    id: &str,
    content: &Content,
    sitting: Option<&str>,
    ctx: &Ctx,
    world: &World,
) -> Result<PaperFacts, Refusal> {
    let (case, _, head) = read(id, world)?;
    let version = current(case)?;
    let by = powers::acting_as(ctx, world, Role::Segretario, None)?;
    let facts = DeclarationFacts {
        head: head.into_proposal(),
        from: TextFacts::from(version),
        new_version: version.number + 1,
        new_hash: content.hash(),
        hunks: compare(&version.content, content),
        by: PersonFacts::from(&by),
        sitting: sitting.map(|s| world.sitting(s)).transpose()?.and_then(|s| s.date),
    };
    let parts = Parts {
        kind: PaperKind::DichiarazioneFormale,
        file: format!("dichiarazione-formale-{}-v{}", facts.head.stem(case), facts.new_version),
        title: format!("Modifica puramente formale della proposta{}", numbered(&facts.head)),
        created: version.at,
        slots: &own_slot(&by),
        embedded: Vec::new(),
    };
    paper(parts, &facts)
}

#[derive(Serialize)]
struct ComparisonFacts {
    #[serde(flatten)]
    head: Head,
    from: TextFacts,
    to: TextFacts,
    formal: bool,
    /// Who declared the change formal.
    declared_by: Option<PersonFacts>,
    hunks: Vec<Hunk>,
    /// Opinions given on the earlier text: void after a substantial change, to be confirmed or
    /// renewed by who gave them.
    opinions: Vec<RecitedOpinion>,
}

/// The comparison of a version with the one before.
pub fn comparison(id: &str, plan: &PaperPlan, world: &World) -> Result<PaperFacts, Refusal> {
    let (case, _, head) = read(id, world)?;
    let about = plan.about.parse::<u32>().ok();
    let place = about
        .and_then(|number| case.versions.iter().position(|v| v.number == number))
        .filter(|place| *place > 0)
        .ok_or_else(|| {
            let text = "Non c'è una versione precedente con cui confrontare il testo";
            Refusal::new("nothing_to_compare", "R1.12", "", text)
        })?;
    let (from, to) = (&case.versions[place - 1], &case.versions[place]);
    let declared_by = match &to.change {
        Some(Change::Formal { by, .. }) => Some(PersonFacts::from(by)),
        Some(Change::Substantial) | None => None,
    };
    let facts = ComparisonFacts {
        head: head.into_proposal(),
        formal: declared_by.is_some(),
        declared_by,
        hunks: compare(&from.content, &to.content),
        opinions: case
            .opinions
            .iter()
            .filter(|o| o.hash == from.hash)
            .map(|o| recited(o, &world.registry))
            .collect(),
        from: TextFacts::from(from),
        to: TextFacts::from(to),
    };
    let parts = Parts {
        kind: plan.kind,
        file: format!("confronto-{}-v{}", facts.head.stem(case), to.number),
        title: format!("Confronto fra versioni della proposta{}", numbered(&facts.head)),
        created: owed_at(case, plan),
        slots: &plan.slots,
        embedded: Vec::new(),
    };
    paper(parts, &facts)
}
