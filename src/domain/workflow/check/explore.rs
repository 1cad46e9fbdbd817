// SPDX-License-Identifier: AGPL-3.0-or-later
//! The exhaustive exploration of what can happen to an act, breadth first: the first path that
//! breaks a predicate is a shortest one.
//!
//! A state is a step and the facts accomplished on the way. The moves are the passages of
//! `Workflow::route`, which the engine follows too, and the three leaps the engine makes on its own:
//! a substantial change in the offices reopens the opinions, a Commissario adopts alone, an annulled
//! posting goes back to the Albo. After a gap is reported the exploration goes on as if it were
//! filled, so that one mistake is told once.

use super::facts::{
    AFTER_DECISION, DECIDED, Facts, IN_SITTING, OF_PROPOSAL, ON_TEXT, POSTED, REJECTED, VOTED,
};
use super::statute::{Demand, Point, Predicate, STATUTE};
use crate::domain::problem::Problem;
use crate::domain::workflow::{Lifecycle, Passage, Road, Step, StepKind, Workflow};
use std::collections::{BTreeSet, VecDeque};

/// One thing that can happen at a step.
pub(super) struct Move<'a> {
    /// As a path names it; empty for the ordinary course.
    pub label: &'static str,
    /// The passage it is; none for the leaps of the engine.
    pub passage: Option<Passage>,
    /// What the step is there for was done.
    acts: bool,
    /// Facts lost.
    loses: Facts,
    /// Facts gained.
    gains: Facts,
    /// Where it leads.
    pub road: Road<'a>,
}

/// Everything that can happen to an act at a step, given what was accomplished.
pub(super) fn moves<'a>(workflow: &'a Workflow, step: &Step, facts: Facts) -> Vec<Move<'a>> {
    let pass = |label, passage, acts, loses, gains| Move {
        label,
        passage: Some(passage),
        acts,
        loses,
        gains,
        road: workflow.route(step, passage),
    };
    let none = Facts::default();
    let forgotten = if let StepKind::Freeze { .. } = step.kind { OF_PROPOSAL } else { none };
    let mut found = vec![pass("", Passage::Done, true, forgotten, Facts::of(&step.kind))];
    match &step.kind {
        StepKind::Opinion { .. } | StepKind::Review { .. } | StepKind::Agenda => {
            found.push(pass("restituita", Passage::Returned, false, OF_PROPOSAL, none));
        }
        StepKind::Discussion { .. } => {
            found.push(pass("rinviata", Passage::Postponed, false, IN_SITTING, none));
            found.push(pass("emendata", Passage::Amended, false, ON_TEXT, none));
        }
        StepKind::Ballot => {
            found.push(pass("respinta", Passage::Rejected, true, none, REJECTED));
            // Where the regulation numbers rejected acts they go on like the others (R5.2).
            found.push(Move { label: "respinta", gains: REJECTED, ..pass("", Passage::Done, true, none, none) });
            found.push(pass("rinviata", Passage::Postponed, false, IN_SITTING, none));
        }
        _ => {}
    }
    found.extend(leaps(workflow, step, facts));
    found
}

/// What the engine does without asking the graph (`case::decide`, `case::posting`).
fn leaps<'a>(workflow: &'a Workflow, step: &Step, facts: Facts) -> Vec<Move<'a>> {
    let leap = |label, loses, gains, to: Option<&'a Step>| {
        to.map(|to| Move { label, passage: None, acts: false, loses, gains, road: Road::To(to) })
    };
    let none = Facts::default();
    let in_offices =
        matches!(step.kind, StepKind::Opinion { .. } | StepKind::Review { .. } | StepKind::Agenda);
    let revised = (in_offices && !facts.has_any(VOTED))
        .then(|| workflow.find(|k| matches!(k, StepKind::Opinion { .. })))
        .flatten();
    // The gate of the opinions stands before a Commissario too.
    let opinions = workflow.opinions().map(Facts::of_opinion).fold(none, Facts::and);
    let alone = (step.kind == StepKind::Agenda && facts.has_all(opinions))
        .then(|| workflow.find(|k| matches!(k, StepKind::Number { .. })))
        .flatten();
    let annulled = facts
        .has_any(POSTED)
        .then(|| workflow.find(|k| matches!(k, StepKind::Post { .. })))
        .flatten();
    [
        leap("testo modificato", ON_TEXT, none, revised),
        leap("adottata dal Commissario", none, Facts::of(&StepKind::Ballot), alone),
        leap("pubblicazione annullata", POSTED, none, annulled),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A state and how it was reached first.
struct Node<'a> {
    step: &'a Step,
    facts: Facts,
    from: Option<(usize, &'static str)>,
}

/// The exploration under way.
struct Explorer<'a> {
    workflow: &'a Workflow,
    file: &'a str,
    foreseen: Facts,
    nodes: Vec<Node<'a>>,
    told: BTreeSet<(&'static str, &'a str)>,
    problems: Vec<Problem>,
}

/// Tries the statute on every path; says how many states there are.
pub(super) fn explore(workflow: &Workflow, file: &str) -> (usize, Vec<Problem>) {
    let Some(first) = workflow.first() else { return (0, Vec::new()) };
    let foreseen = workflow.steps.iter().map(|s| Facts::of(&s.kind)).fold(Facts::default(), Facts::and);
    let start = Node { step: first, facts: Facts::default(), from: None };
    let mut explorer = Explorer {
        workflow,
        file,
        foreseen,
        nodes: vec![start],
        told: BTreeSet::new(),
        problems: Vec::new(),
    };
    let mut seen = BTreeSet::from([(first.name.as_str(), Facts::default())]);
    let mut queue = VecDeque::from([0]);
    while let Some(at) = queue.pop_front() {
        let (step, facts) = (explorer.nodes[at].step, explorer.nodes[at].facts);
        for passed in moves(workflow, step, facts) {
            if let Some((to, facts)) = explorer.follow(at, &passed)
                && seen.insert((to.name.as_str(), facts))
            {
                queue.push_back(explorer.nodes.len());
                explorer.nodes.push(Node { step: to, facts, from: Some((at, passed.label)) });
            }
        }
    }
    (explorer.nodes.len(), explorer.problems)
}

impl<'a> Explorer<'a> {
    /// The state a move leads to, after trying every predicate it touches.
    fn follow(&mut self, at: usize, passed: &Move<'a>) -> Option<(&'a Step, Facts)> {
        let (step, mut facts) = (self.nodes[at].step, self.nodes[at].facts);
        if passed.acts {
            facts = self.demand_before(at, step, facts);
        }
        facts = facts.without(passed.loses).and(passed.gains);
        match passed.road {
            Road::To(to) => {
                if !self.allowed(at, passed, Some(to)) {
                    return None;
                }
                Some((to, self.demand_not_after(at, passed, to, facts)))
            }
            Road::End => {
                if passed.passage == Some(Passage::Done) {
                    self.demand_at_end(at, step, facts);
                }
                None
            }
            Road::Closed => {
                self.allowed(at, passed, None);
                None
            }
        }
    }

    /// Facts that must hold when the step is done.
    fn demand_before(&mut self, at: usize, step: &'a Step, mut facts: Facts) -> Facts {
        for predicate in self.statute() {
            let wanted = match predicate.demand {
                Demand::Before(point, wanted) if point.covers(&step.kind) => wanted,
                Demand::BeforeIfForeseen(point, wanted)
                    if point.covers(&step.kind) && self.foreseen.has_any(wanted) =>
                {
                    wanted
                }
                _ => continue,
            };
            if !facts.has_any(wanted) {
                self.tell(predicate, at, "", None);
                facts = facts.and(wanted.one());
            }
        }
        facts
    }

    /// Facts after which the act must not come to the next step.
    fn demand_not_after(
        &mut self,
        at: usize,
        passed: &Move<'a>,
        to: &'a Step,
        mut facts: Facts,
    ) -> Facts {
        for predicate in self.statute() {
            if let Demand::NotAfter(point, fatal) = predicate.demand
                && point.covers(&to.kind)
                && facts.has_any(fatal)
            {
                self.tell(predicate, at, passed.label, Some(to));
                if fatal.has_any(DECIDED) {
                    facts = facts.without(AFTER_DECISION);
                }
            }
        }
        facts
    }

    /// Facts that must hold at the end, and that the fascicolo can be closed there.
    fn demand_at_end(&mut self, at: usize, step: &'a Step, facts: Facts) {
        let mut sound = true;
        for predicate in self.statute() {
            if let Demand::Before(Point::End, wanted) = predicate.demand
                && !facts.has_any(wanted)
            {
                self.tell(predicate, at, "", None);
                sound = false;
            }
        }
        let closing =
            matches!(step.kind, StepKind::Review { lifecycle: Lifecycle::PostingEnded, .. });
        if sound && !closing && self.told.insert(("closing", &step.name)) {
            let reason = format!(
                "al passo «{}» il procedimento finisce ma il fascicolo non si può chiudere — R9.11",
                step.name
            );
            let hint = format!(
                "serve un ultimo passo «review» con lifecycle «posting_ended»; percorso: {}",
                self.path(at, "", None)
            );
            self.problems.push(Problem::at(self.file, step.line, reason).hint(hint));
        }
    }

    /// True when the move arrives where it may.
    fn allowed(&mut self, at: usize, passed: &Move<'a>, to: Option<&'a Step>) -> bool {
        let step = self.nodes[at].step;
        let mut allowed = true;
        for predicate in self.statute() {
            let Demand::Road { from, passage, required, to: wanted } = predicate.demand else {
                continue;
            };
            if passed.passage != Some(passage) || !from.covers(&step.kind) {
                continue;
            }
            let right = match to {
                Some(to) if wanted == Point::FirstOpinion => {
                    self.workflow.find(|k| Point::AnyOpinion.covers(k)).is_none_or(|s| s == to)
                }
                Some(to) => wanted.covers(&to.kind),
                None => !required,
            };
            if !right {
                self.tell(predicate, at, passed.label, to);
                allowed = false;
            }
        }
        allowed
    }

    fn statute(&self) -> impl Iterator<Item = &'static Predicate> + use<> {
        let profile = self.workflow.profile;
        STATUTE.iter().filter(move |p| p.profiles.contains(&profile))
    }

    /// Reports a predicate once for each guilty step.
    fn tell(
        &mut self,
        predicate: &Predicate,
        at: usize,
        label: &str,
        to: Option<&Step>,
    ) {
        let step = self.nodes[at].step;
        if self.told.insert((predicate.name, &step.name)) {
            let reason =
                format!("al passo «{}» {}{}", step.name, predicate.sentence, predicate.cited());
            let hint = format!("percorso: {}", self.path(at, label, to));
            self.problems.push(Problem::at(self.file, step.line, reason).hint(hint));
        }
    }

    /// The path to a state and, where given, one move further: "bozza → trattazione [emendata] → …".
    fn path(&self, at: usize, label: &str, to: Option<&Step>) -> String {
        let mut steps = Vec::new();
        if let Some(to) = to {
            steps.push(to.name.clone());
        }
        let mut next = Some((at, label));
        while let Some((index, label)) = next {
            let node = &self.nodes[index];
            steps.push(named(&node.step.name, label));
            next = node.from;
        }
        steps.reverse();
        steps.join(" → ")
    }
}

/// A step of a path, with how it was left when not in the ordinary course.
pub(super) fn named(step: &str, label: &str) -> String {
    if label.is_empty() { step.to_owned() } else { format!("{step} [{label}]") }
}
