// SPDX-License-Identifier: AGPL-3.0-or-later
//! Why a person receives a notice: the recipients of the workflow file, said in words.

use crate::case::Case;
use crate::notices::{REQUESTER, RecipientContext, recipients};
use crate::registry::{Registry, Role};
use crate::sitting::Sitting;
use crate::world::World;
use chrono::NaiveDate;

/// In which of the capacities the workflow names does the person receive the message? Empty when
/// none can be read from the streams: the message then says that the procedure foresees it.
pub(super) fn capacities(
    message: &str,
    moment: &str,
    world: &World,
    case: Option<&Case>,
    sitting: Option<&Sitting>,
    person: &str,
    on: NaiveDate,
) -> Vec<String> {
    let workflow = match (case, sitting) {
        (Some(case), _) => world.workflow(case).ok(),
        (None, Some(sitting)) => world.organ_workflow(&sitting.organ).ok(),
        (None, None) => None,
    };
    let Some(workflow) = workflow else { return Vec::new() };
    let step = case.and_then(|case| workflow.step(&case.step));
    let context = RecipientContext { world, case, sitting, on, step };
    let mut found: Vec<String> = workflow
        .notices
        .iter()
        .filter(|n| n.on == moment && n.message == message)
        .flat_map(|n| &n.to)
        .filter_map(|token| {
            sitting_capacity(token, world, sitting, person)
                .or_else(|| step_capacity(token, &context, person))
                .unwrap_or_else(|| capacity(token, &world.registry, case, person, on))
        })
        .collect();
    found.dedup();
    found
}

/// The capacity of a token that is about the acts of a sitting; outer none for any other token.
fn sitting_capacity(
    token: &str,
    world: &World,
    sitting: Option<&Sitting>,
    person: &str,
) -> Option<Option<String>> {
    let any = |test: &dyn Fn(&Case) -> bool| {
        let items = sitting.map_or(&[][..], |s| &s.items);
        items.iter().filter_map(|i| world.cases.get(&i.case)).any(|c| test(c))
    };
    let (has, text) = match token {
        "proponenti" => {
            (any(&|c| c.content.procedure_head == person), "proponente di argomenti della seduta")
        }
        "relatori_seduta" => (
            any(&|c| c.content.rapporteurs.iter().any(|r| r == person)),
            "relatore di argomenti della seduta",
        ),
        _ => return None,
    };
    Some(has.then(|| text.to_owned()))
}

/// The capacity of a token that hangs on the step the act stands at; outer none for any other token.
fn step_capacity(
    token: &str,
    context: &RecipientContext<'_>,
    person: &str,
) -> Option<Option<String>> {
    let text = match token {
        "incaricati" => "incaricato del passo in scadenza",
        "superiori" => "direttore dell'ufficio di chi è incaricato del passo",
        _ => return None,
    };
    let has = recipients(token, context).iter().any(|found| found == person);
    Some(has.then(|| text.to_owned()))
}

/// The capacity of a recipient token, when the person has it.
fn capacity(
    token: &str,
    registry: &Registry,
    case: Option<&Case>,
    person: &str,
    on: NaiveDate,
) -> Option<String> {
    let of_case = |test: &dyn Fn(&Case) -> bool, text: &str| {
        case.filter(|case| test(case)).map(|_| text.to_owned())
    };
    match token {
        "responsabile_procedimento" => {
            of_case(&|c| c.content.procedure_head == person, "responsabile del procedimento")
        }
        "relatori" => of_case(
            &|c| c.content.rapporteurs.iter().any(|r| r == person),
            "relatore della proposta",
        ),
        "autori_pareri" => of_case(
            &|c| c.opinions.iter().any(|o| o.giver.person == person),
            "autore di un parere sulla proposta",
        ),
        "firmatari" => of_case(
            &|c| {
                c.papers
                    .iter()
                    .flat_map(|p| p.open_slots())
                    .any(|slot| slot.signer.as_ref().is_some_and(|s| s.person == person))
            },
            "firmatario del documento",
        ),
        REQUESTER => (person == REQUESTER).then(|| "ente richiedente".to_owned()),
        "direttori" => director(registry, case, person, on),
        "componenti" => [Role::Sindaco, Role::Vicesindaco, Role::Assessore]
            .into_iter()
            .find_map(|role| title(registry, role, person, on))
            .map(|title| format!("componente della Giunta ({title})")),
        "segretari" => title(registry, Role::Segretario, person, on),
        "capigruppo" => registry
            .holders(Role::Capogruppo, None, on)
            .into_iter()
            .find(|m| m.person == person)
            .map(|m| match &m.group {
                Some(group) => format!("capogruppo consiliare ({group})"),
                None => "capogruppo consiliare".into(),
            }),
        token => Role::parse(token).and_then(|role| title(registry, role, person, on)),
    }
}

fn director(
    registry: &Registry,
    case: Option<&Case>,
    person: &str,
    on: NaiveDate,
) -> Option<String> {
    let offices = case.map(|c| c.content.offices.as_slice()).unwrap_or_default();
    let office = offices.iter().find(|office| {
        registry.holders(Role::Direttore, Some(office), on).iter().any(|m| m.person == person)
    });
    match office {
        Some(office) => {
            let title = registry
                .holders(Role::Direttore, Some(office), on)
                .into_iter()
                .find(|m| m.person == person)
                .map(|m| m.title.clone())?;
            Some(format!("{title}, {}", registry.office_name(office)))
        }
        None => title(registry, Role::Direttore, person, on),
    }
}

/// The title of the person's mandate in a role.
fn title(registry: &Registry, role: Role, person: &str, on: NaiveDate) -> Option<String> {
    registry
        .holders(role, None, on)
        .into_iter()
        .find(|m| m.person == person)
        .map(|m| if m.title.trim().is_empty() { role.label().to_owned() } else { m.title.clone() })
}
