// SPDX-License-Identifier: AGPL-3.0-or-later
//! What changed between two versions of a proposal: paragraph by paragraph, then word by word.

use crate::case::{AttachmentClass, Content};
use serde::Serialize;

/// A stretch of words, changed or common to both texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Run {
    /// The words.
    pub text: String,
    /// True when the other text does not have them.
    pub changed: bool,
}

/// One place where two versions differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hunk {
    /// Where: "premesse", "dispositivo, punto 2", "allegati"…
    pub part: String,
    /// What stood there; empty for an addition.
    pub before: Vec<Run>,
    /// What stands there now; empty for a removal.
    pub after: Vec<Run>,
}

/// Every difference between two contents, in the order of the proposal.
pub fn compare(before: &Content, after: &Content) -> Vec<Hunk> {
    let mut hunks = Vec::new();
    let mut field = |part: &str, old: &str, new: &str| hunks.extend(paragraphs(part, old, new));
    field("oggetto", &before.subject, &after.subject);
    field("uffici proponenti", &before.offices.join("\n"), &after.offices.join("\n"));
    field("relatori", &before.rapporteurs.join("\n"), &after.rapporteurs.join("\n"));
    field("competenza", &before.competence, &after.competence);
    field("premesse", &before.text, &after.text);
    let points = before.decision.len().max(after.decision.len());
    for index in 0..points {
        let point = |content: &Content| content.decision.get(index).cloned().unwrap_or_default();
        let part = format!("dispositivo, punto {}", index + 1);
        field(&part, &point(before), &point(after));
    }
    field("scheda di sintesi", &before.summary, &after.summary);
    field("allegati", &attachments(before), &attachments(after));
    field("dichiarazioni dell'ufficio", &declarations(before), &declarations(after));
    hunks
}

/// One line per attachment; a reserved one is named only as such.
fn attachments(content: &Content) -> String {
    let line = |a: &crate::case::Attachment| {
        let name = match a.class {
            AttachmentClass::Reserved => "allegato riservato",
            AttachmentClass::Integral | AttachmentClass::OnFile => a.name.as_str(),
        };
        format!("{name} (SHA-256 {})", a.sha256)
    };
    content.attachments.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The answers to the gate questions, one a line, as far as the text itself does not say them.
fn declarations(content: &Content) -> String {
    let gates = &content.gates;
    let mut lines = vec![super::facts::effects_sentence(&gates.effects)];
    let mut add = |label: &str, value: &Option<String>| {
        if let Some(value) = value {
            lines.push(format!("{label}: {value}"));
        }
    };
    add("CIG", &content.cig);
    add("CUP", &content.cup);
    add("mero atto di indirizzo", &gates.direction_only);
    add("richiesta di immediata eseguibilità", &gates.immediate_request);
    add("scrutinio segreto", &gates.secret_ballot);
    lines
        .extend(gates.conditions.iter().map(|c| format!("condizione di efficacia: {}", c.label())));
    lines.join("\n")
}

/// Differences between two texts, paragraphs aligned by their longest common subsequence.
fn paragraphs(part: &str, before: &str, after: &str) -> Vec<Hunk> {
    let split = |text: &str| -> Vec<String> {
        text.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect()
    };
    let (old, new) = (split(before), split(after));
    let mut hunks = Vec::new();
    let (mut i, mut j) = (0, 0);
    for (keep_i, keep_j) in common(&old, &new).into_iter().chain([(old.len(), new.len())]) {
        hunks.extend(pair(part, &old[i..keep_i], &new[j..keep_j]));
        (i, j) = (keep_i + 1, keep_j + 1);
    }
    hunks
}

/// Lines between two common ones: paired in order and compared word by word.
fn pair(part: &str, old: &[String], new: &[String]) -> Vec<Hunk> {
    let mut hunks = Vec::new();
    for index in 0..old.len().max(new.len()) {
        let (before, after) = match (old.get(index), new.get(index)) {
            (Some(before), Some(after)) => words(before, after),
            (Some(before), None) => (vec![whole(before)], Vec::new()),
            (None, Some(after)) => (Vec::new(), vec![whole(after)]),
            (None, None) => continue,
        };
        hunks.push(Hunk { part: part.to_owned(), before, after });
    }
    hunks
}

fn whole(text: &str) -> Run {
    Run { text: text.to_owned(), changed: true }
}

fn words(before: &str, after: &str) -> (Vec<Run>, Vec<Run>) {
    let split = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let (old, new) = (split(before), split(after));
    let kept = common(&old, &new);
    let runs = |all: &[String], kept: &dyn Fn(usize) -> bool| {
        let mut runs: Vec<Run> = Vec::new();
        for (index, word) in all.iter().enumerate() {
            let changed = !kept(index);
            match runs.last_mut() {
                Some(run) if run.changed == changed => {
                    run.text.push(' ');
                    run.text.push_str(word);
                }
                _ => runs.push(Run { text: word.clone(), changed }),
            }
        }
        runs
    };
    (
        runs(&old, &|i| kept.iter().any(|(k, _)| *k == i)),
        runs(&new, &|j| kept.iter().any(|(_, k)| *k == j)),
    )
}

/// Beyond this many comparisons only the common head and tail are looked for.
const MOST_COMPARISONS: usize = 4_000_000;

/// Longest common subsequence, as pairs of indices in order.
fn common(old: &[String], new: &[String]) -> Vec<(usize, usize)> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (rows, columns) = (old_rest.len() - tail, new_rest.len() - tail);
    let mut pairs: Vec<(usize, usize)> = (0..head).map(|i| (i, i)).collect();
    if rows.saturating_mul(columns) <= MOST_COMPARISONS {
        let middle = middle(&old_rest[..rows], &new_rest[..columns]);
        pairs.extend(middle.into_iter().map(|(i, j)| (head + i, head + j)));
    }
    pairs.extend((0..tail).map(|k| (head + rows + k, head + columns + k)));
    pairs
}

fn middle(old: &[String], new: &[String]) -> Vec<(usize, usize)> {
    let width = new.len() + 1;
    let mut length = vec![0_usize; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            length[i * width + j] = if old[i] == new[j] {
                length[(i + 1) * width + j + 1] + 1
            } else {
                length[(i + 1) * width + j].max(length[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < old.len() && j < new.len() {
        if old[i] == new[j] {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if length[(i + 1) * width + j] >= length[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}
