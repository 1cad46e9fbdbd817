// SPDX-License-Identifier: AGPL-3.0-or-later
//! Full-text search in Italian: which words an act is found by, what a question means, which words
//! of a text answer it.
//!
//! The words are cut, folded and stemmed here, once, and each engine only stores and finds them:
//! that is why both give the same answer. Nothing here knows a database.

mod excerpt;
mod question;
mod words;

pub use excerpt::{Piece, excerpt};
pub use question::{Clause, Question, Scope};
pub use words::{FORMAT, Indexed, Said, index, key, number as number_word};

use crate::case::Case;
use crate::privacy::public_subject;
use crate::registry::{Registry, Role};
use crate::visibility::{AT_WORK, may_read_everything, roles};
use chrono::NaiveDate;

/// What a case is found by, with who may find it.
pub fn words_of(case: &Case, registry: &Registry) -> Indexed {
    let content = &case.content;
    let offices: Vec<String> = content.offices.iter().map(|o| registry.office_name(o)).collect();
    let mut body = vec![content.act_type.as_str(), &content.text];
    body.extend(content.decision.iter().map(String::as_str));
    body.extend([content.summary.as_str(), &content.competence]);
    body.extend(content.cig.as_deref().into_iter().chain(content.cup.as_deref()));
    // The name of a reserved file may say what the file keeps to itself.
    let shown = content.attachments.iter().filter(|a| !a.is_reserved());
    body.extend(shown.map(|a| a.name.as_str()));
    let relators: Vec<String> = content.rapporteurs.iter().map(|p| registry.name(p)).collect();
    body.extend(relators.iter().map(String::as_str));
    let said = Said {
        subject: content.subject.clone(),
        public_subject: public_subject(case),
        offices: offices.join(" "),
        body: body.join("\n"),
        numbers: case.numbers.iter().map(|n| (n.number, n.year)).collect(),
    };
    index(&said, &readers(case))
}

/// Keys of who may read an act: a stage for everyone of a kind, then those who take part in it.
/// The same rule as [`crate::visibility::may_read`], as words of the index.
fn readers(case: &Case) -> Vec<String> {
    let stage = match (case.versions.is_empty(), case.is_adopted()) {
        (true, _) => "draft",
        (false, false) => "proposed",
        (false, true) => "adopted",
    };
    let content = &case.content;
    let people = [&case.creator, &content.procedure_head].into_iter();
    let people = people.chain(&content.rapporteurs);
    let people = people.chain(case.opinions.iter().map(|o| &o.giver.person));
    let mut keys = vec![key("stage", stage)];
    keys.extend(people.filter(|p| !p.is_empty()).map(|person| key("person", person)));
    keys.extend(content.offices.iter().map(|office| key("office", office)));
    keys.extend(case.numbers.iter().map(|n| key(&n.register, &n.year.to_string())));
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// What an act must bear for a person to find it on a day: one of these keys.
pub fn readable_by(registry: &Registry, person: &str, on: NaiveDate) -> Clause {
    let held = roles(registry, person, on);
    let has = |wanted: &[Role]| held.iter().any(|(role, _)| wanted.contains(role));
    let stages: &[&str] = if may_read_everything(&held) {
        &["draft", "proposed", "adopted"]
    } else if has(&AT_WORK) {
        &["proposed", "adopted"]
    } else if has(&[Role::Consigliere, Role::Capogruppo]) {
        &["adopted"]
    } else {
        &[]
    };
    let mut keys: Vec<String> = stages.iter().map(|stage| key("stage", stage)).collect();
    keys.push(key("person", person));
    keys.extend(held.iter().filter_map(|(_, office)| Some(key("office", office.as_ref()?))));
    Clause::Any(keys.into_iter().map(Clause::Word).collect())
}
