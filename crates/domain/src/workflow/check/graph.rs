// SPDX-License-Identifier: AGPL-3.0-or-later
//! The graph alone: names, exits, steps nobody reaches, traps, circles.
//!
//! Roads do not depend on facts, so steps suffice here; `explore.rs` looks at the facts.

use super::explore::{Move, named, passages};
use crate::problem::Problem;
use crate::workflow::{Passage, Road, Step, StepKind, Workflow};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Names and exits: with a defect here the graph cannot be walked.
pub(super) fn names(workflow: &Workflow, file: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    match workflow.first() {
        None => problems.push(Problem::at(file, workflow.line, "il file non ha nessun passo")),
        Some(first) if !matches!(first.kind, StepKind::Freeze { .. }) => {
            let reason =
                format!("il procedimento comincia da «{}», che non è di tipo «freeze»", first.name);
            problems.push(Problem::at(file, first.line, reason));
        }
        Some(_) => {}
    }
    let mut lines = BTreeMap::new();
    for step in &workflow.steps {
        if let Some(line) = lines.insert(step.name.as_str(), step.line) {
            let reason = format!("il passo «{}» c'è già alla riga {line}", step.name);
            problems.push(Problem::at(file, step.line, reason));
        }
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if step.name.is_empty() || !step.name.chars().all(plain) {
            let reason = format!("«{}» non può essere il nome di un passo", step.name);
            problems.push(Problem::at(file, step.line, reason).hint("minuscole, cifre e «_»"));
        }
        problems.extend(exits(workflow, step, file));
    }
    problems.extend(one_of_a_kind(workflow, file));
    problems
}

/// Every exit that is written leads to a step, and the step has that exit.
fn exits(workflow: &Workflow, step: &Step, file: &str) -> Vec<Problem> {
    let amended = match &step.kind {
        StepKind::Discussion { amended } => Some(amended),
        _ => None,
    };
    let written =
        [("next", step.next.as_ref()), ("returns", step.returns.as_ref()), ("amended", amended)];
    written
        .into_iter()
        .filter_map(|(key, target)| target.map(|target| (key, target)))
        .filter(|(_, target)| workflow.step(target).is_none())
        .map(|(key, target)| {
            let reason =
                format!("al passo «{}» «{key}» porta a «{target}», che non c'è", step.name);
            let known = workflow.steps.iter().map(|s| s.name.as_str());
            super::suggest(Problem::at(file, step.line, reason), target, known)
        })
        .collect()
}

/// Kinds that the engine finds by their kind must be one.
fn one_of_a_kind(workflow: &Workflow, file: &str) -> Vec<Problem> {
    let kind = |step: &Step| match &step.kind {
        StepKind::Opinion { opinion, .. } => Some(opinion.label()),
        StepKind::Agenda => Some("ordine del giorno"),
        StepKind::Discussion { .. } => Some("trattazione"),
        StepKind::Ballot => Some("votazione"),
        StepKind::Number { .. } => Some("numerazione"),
        StepKind::Post { .. } => Some("pubblicazione"),
        StepKind::Freeze { .. } | StepKind::Review { .. } | StepKind::Sign { .. } => None,
    };
    let mut first: BTreeMap<&str, &Step> = BTreeMap::new();
    let mut problems = Vec::new();
    for step in &workflow.steps {
        let Some(label) = kind(step) else { continue };
        if let Some(other) = first.get(label) {
            let reason = format!("il passo «{}» ripete «{}» ({label})", step.name, other.name);
            problems.push(Problem::at(file, step.line, reason).hint("ne può esistere uno solo"));
        } else {
            first.insert(label, step);
        }
    }
    problems
}

/// Traps and circles; where there are none, steps nobody reaches. `names` found nothing.
pub(super) fn walk(workflow: &Workflow, file: &str) -> Walk {
    let Some(first) = workflow.first() else { return Walk::Goes(Vec::new()) };
    let paths = reached(workflow, first);
    match round(workflow, &paths, file) {
        Some(problem) => Walk::Stuck(problem),
        None => Walk::Goes(unreachable(workflow, &paths, file)),
    }
}

/// What walking the graph shows.
pub(super) enum Walk {
    /// The ordinary course does not come to an end: nothing else is worth asking.
    Stuck(Problem),
    /// It does; these steps are never reached.
    Goes(Vec<Problem>),
}

/// Steps reached from a step, in breadth-first order, with a shortest path to each.
fn reached<'a>(workflow: &'a Workflow, from: &'a Step) -> Vec<(&'a Step, String)> {
    let mut found = vec![(from, from.name.clone())];
    let mut seen = BTreeSet::from([from.name.as_str()]);
    let mut queue = VecDeque::from([(from, String::new())]);
    while let Some((step, before)) = queue.pop_front() {
        for (passed, to) in roads(workflow, step) {
            if seen.insert(&to.name) {
                let before = format!("{before}{} → ", named(&step.name, passed.label));
                found.push((to, format!("{before}{}", to.name)));
                queue.push_back((to, before));
            }
        }
    }
    found
}

/// The passages that lead to a step.
fn roads<'a>(
    workflow: &'a Workflow,
    step: &Step,
) -> impl Iterator<Item = (Move<'a>, &'a Step)> + use<'a> {
    passages(workflow, step)
        .into_iter()
        .filter_map(|m| if let Road::To(to) = m.road { Some((m, to)) } else { None })
}

/// True when the procedure can end at this step.
fn ends(workflow: &Workflow, step: &Step) -> bool {
    passages(workflow, step).iter().any(|m| m.road == Road::End)
}

/// Steps that no path reaches: one problem for each group, at its first step.
fn unreachable(workflow: &Workflow, paths: &[(&Step, String)], file: &str) -> Vec<Problem> {
    let mut known: BTreeSet<&str> = paths.iter().map(|(step, _)| step.name.as_str()).collect();
    let mut problems = Vec::new();
    for step in &workflow.steps {
        if known.contains(step.name.as_str()) {
            continue;
        }
        let behind: Vec<String> = reached(workflow, step)
            .iter()
            .filter(|(other, _)| known.insert(&other.name) && other.name != step.name)
            .map(|(other, _)| format!("«{}»", other.name))
            .collect();
        let mut reason = format!("al passo «{}» non si arriva mai", step.name);
        if !behind.is_empty() {
            reason = format!("{reason}, e quindi neppure a {}", behind.join(", "));
        }
        problems.push(Problem::at(file, step.line, reason));
    }
    problems
}

/// The ordinary course from a step: up to its end, or to the first step met twice (included).
fn course<'a>(workflow: &'a Workflow, from: &'a Step) -> Vec<&'a Step> {
    let mut way = vec![from];
    let mut at = from;
    while let Road::To(next) = workflow.route(at, Passage::Done) {
        let again = way.contains(&next);
        way.push(next);
        if again {
            break;
        }
        at = next;
    }
    way
}

/// The part of a course that goes round, its first step again at the end; none where it ends.
fn circle<'a>(workflow: &'a Workflow, from: &'a Step) -> Option<Vec<&'a Step>> {
    let mut way = course(workflow, from);
    let again = way.pop()?;
    let start = way.iter().position(|step| *step == again)?;
    way.push(again);
    Some(way.split_off(start))
}

/// An ordinary course that goes round: a trap when no accident leads to an end either.
fn round(workflow: &Workflow, paths: &[(&Step, String)], file: &str) -> Option<Problem> {
    let round = paths.iter().find_map(|(step, _)| circle(workflow, step))?;
    let first = *round.first()?;
    let path = paths.iter().find(|(step, _)| *step == first).map_or("", |(_, path)| path);
    let names = round.iter().map(|s| s.name.as_str()).collect::<Vec<_>>().join(" → ");
    let free = reached(workflow, first).iter().any(|(step, _)| ends(workflow, step));
    let reason = if free {
        let exits = exits_of(workflow, &round).join(", ");
        format!("il corso ordinario gira in tondo: {names}; se ne esce solo con {exits}")
    } else {
        let name = &first.name;
        format!(
            "dal passo «{name}» non si arriva a nessuna fine, l'atto resta intrappolato: {names}"
        )
    };
    Some(Problem::at(file, first.line, reason).hint(format!("percorso: {path}")))
}

/// The passages that leave a circle for an end; failing those, all that leave it.
fn exits_of(workflow: &Workflow, round: &[&Step]) -> Vec<String> {
    let mut leaving: Vec<(bool, String)> = Vec::new();
    for step in &round[1..] {
        for passed in passages(workflow, step) {
            let ends = match passed.road {
                Road::To(to) if round.contains(&to) => continue,
                Road::To(to) => circle(workflow, to).is_none(),
                Road::End => true,
                Road::Closed => continue,
            };
            leaving.push((ends, named(&step.name, passed.label)));
        }
    }
    let any = leaving.iter().any(|(ends, _)| *ends);
    let mut exits: Vec<String> =
        leaving.into_iter().filter(|(ends, _)| *ends == any).map(|(_, exit)| exit).collect();
    exits.dedup();
    exits
}
