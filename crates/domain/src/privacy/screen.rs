// SPDX-License-Identifier: AGPL-3.0-or-later
//! The finds of an act: everything it prints is asked, what is decided is told apart.

use super::detect::{DataKind, Hit, detect};
use super::omit::{covers, omit, same};
use crate::case::{AttachmentClass, Case};
use crate::papers::{PaperKind, case_paper, printed_content};
use crate::world::World;
use serde_json::Value;

/// Every find in what the act would show, decided or not.
pub fn hits(case: &Case, world: &World) -> Vec<Hit> {
    let mut texts = Vec::new();
    let content = printed_content(case);
    strings(&serde_json::to_value(content).unwrap_or_default(), &mut texts);
    let act = case.papers.iter().rev().find(|p| p.plan.kind == PaperKind::Deliberazione);
    if let Some(facts) = act.and_then(|p| case_paper(&case.id, &p.plan, world).ok()) {
        strings(&facts.context, &mut texts);
    }
    for opinion in &case.opinions {
        texts.push(opinion.reasons.clone());
    }
    let mut hits: Vec<Hit> = Vec::new();
    for hit in texts.iter().flat_map(|text| detect(text)) {
        if !of_the_body(&hit.text, case, world) && !hits.iter().any(|h| same(&h.text, &hit.text)) {
            hits.push(hit);
        }
    }
    let files = content.attachments.iter().filter(|a| a.class == AttachmentClass::Integral);
    hits.extend(files.map(|file| Hit { found: DataKind::UnreadFile, text: file.name.clone() }));
    hits
}

/// The finds nobody has accepted or dismissed.
pub fn open_hits(case: &Case, world: &World) -> Vec<Hit> {
    let decided = |hit: &Hit| {
        case.cleared.iter().any(|c| same(&c.text, &hit.text))
            || case.omissions.iter().any(|o| covers(&o.text, &hit.text))
    };
    hits(case, world).into_iter().filter(|hit| !decided(hit)).collect()
}

/// The act is shown as a rendition: something is left out, or the proposing office declared that
/// it names people (R6.8).
pub fn needs_rendition(case: &Case) -> bool {
    !case.omissions.is_empty() || printed_content(case).gates.personal_data
}

/// The object as everybody may read it: objects leak most often (T-72).
pub fn public_subject(case: &Case) -> String {
    omit(&printed_content(case).subject, &case.omissions)
}

/// The seat and the mailbox of the Comune are nobody's personal data.
fn of_the_body(text: &str, case: &Case, world: &World) -> bool {
    let comune = &world.registry.comune;
    let place = case.treatment.as_ref().map_or("", |t| t.place.as_str());
    [comune.seat.as_str(), comune.email.as_str(), comune.name.as_str(), place]
        .iter()
        .any(|own| covers(own, text))
}

/// Every string of a value but digests, which are long enough to look like anything.
fn strings(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) if text.len() == 64 && !text.contains(' ') => {}
        Value::String(text) => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| strings(item, into)),
        Value::Object(map) => map.values().for_each(|item| strings(item, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
