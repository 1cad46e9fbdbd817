// SPDX-License-Identifier: AGPL-3.0-or-later
//! The exhaustive exploration of what can happen to an act, breadth first: the first path that
//! breaks a predicate is a shortest one.
//!
//! A state is a step and the facts accomplished on the way. The moves are the passages of
//! `Workflow::route`, which the engine follows too. A file whose roads keep the law is tried again
//! with the three leaps the engine makes on its own: a substantial change in the offices reopens
//! the opinions, a Commissario adopts alone, an annulled posting goes back to the Albo.
//!
//! After a gap is reported the exploration goes on assuming that it is filled, so that one mistake
//! is told once.

use super::facts::{
    AFTER_DECISION, DECIDED, Facts, IN_SITTING, OF_PROPOSAL, ON_TEXT, POSTED, REJECTED, VOTED,
};
use super::statute::{Demand, Point, Predicate, STATUTE};
use crate::problem::Problem;
use crate::workflow::{Lifecycle, Passage, Road, Step, StepKind, Workflow};
use std::collections::BTreeSet;

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

/// The passages of a step, as the graph has them.
pub(super) fn passages<'a>(workflow: &'a Workflow, step: &Step) -> Vec<Move<'a>> {
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
        StepKind::Opinion { .. }
        | StepKind::Review { .. }
        | StepKind::Agenda
        | StepKind::Sign { lifecycle: Lifecycle::ProposalSigning, .. } => {
            found.push(pass("restituita", Passage::Returned, false, OF_PROPOSAL, none));
        }
        StepKind::Discussion { .. } => {
            found.push(pass("rinviata", Passage::Postponed, false, IN_SITTING, none));
            found.push(pass("emendata", Passage::Amended, false, ON_TEXT, none));
        }
        StepKind::Ballot => {
            found.push(pass("respinta", Passage::Rejected, true, none, REJECTED));
            // Where the regulation numbers rejected acts they go on like the others (R5.2).
            found.push(Move {
                label: "respinta",
                gains: REJECTED,
                ..pass("", Passage::Done, true, none, none)
            });
            found.push(pass("rinviata", Passage::Postponed, false, IN_SITTING, none));
        }
        _ => {}
    }
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
    let revised =
        (in_offices && !facts.has_any(VOTED)).then(|| workflow.after_revision()).flatten();
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

/// Where an act can stand.
#[derive(Clone, Copy)]
struct State<'a> {
    step: &'a Step,
    /// Accomplished on the way.
    facts: Facts,
    /// Missing and reported: enough for what follows, no obstacle to doing it.
    assumed: Facts,
}

/// A state and how it was reached first.
struct Node<'a> {
    state: State<'a>,
    from: Option<(usize, &'static str)>,
}

/// The exploration under way.
struct Explorer<'a> {
    workflow: &'a Workflow,
    file: &'a str,
    foreseen: Facts,
    seen: BTreeSet<(&'a str, Facts, Facts)>,
    nodes: Vec<Node<'a>>,
    told: BTreeSet<(&'static str, &'a str)>,
    problems: Vec<Problem>,
}

/// Tries the statute on every path; says how many states there are.
pub(super) fn explore(workflow: &Workflow, file: &str) -> (usize, Vec<Problem>) {
    let Some(step) = workflow.first() else { return (0, Vec::new()) };
    let none = Facts::default();
    let start = Node { state: State { step, facts: none, assumed: none }, from: None };
    let mut explorer = Explorer {
        workflow,
        file,
        foreseen: workflow.steps.iter().map(|s| Facts::of(&s.kind)).fold(none, Facts::and),
        seen: BTreeSet::from([start.state.key()]),
        nodes: vec![start],
        told: BTreeSet::new(),
        problems: Vec::new(),
    };
    explorer.run(0, |workflow, step, _| passages(workflow, step));
    if explorer.problems.is_empty() {
        let roads = explorer.nodes.len();
        for at in 0..roads {
            explorer.pass(at, leaps);
        }
        explorer.run(roads, |workflow, step, facts| {
            let mut found = passages(workflow, step);
            found.extend(leaps(workflow, step, facts));
            found
        });
    }
    (explorer.nodes.len(), explorer.problems)
}

impl<'a> State<'a> {
    fn key(&self) -> (&'a str, Facts, Facts) {
        (&self.step.name, self.facts, self.assumed)
    }
}

/// What can happen at a step.
type Moves<'a> = fn(&'a Workflow, &Step, Facts) -> Vec<Move<'a>>;

impl<'a> Explorer<'a> {
    /// Explores from the states not looked at yet: nodes are in breadth-first order.
    fn run(&mut self, from: usize, moves: Moves<'a>) {
        let mut at = from;
        while at < self.nodes.len() {
            self.pass(at, moves);
            at += 1;
        }
    }

    /// Follows every move of one state.
    fn pass(&mut self, at: usize, moves: Moves<'a>) {
        let State { step, facts, .. } = self.nodes[at].state;
        for passed in moves(self.workflow, step, facts) {
            if let Some(state) = self.follow(at, &passed)
                && self.seen.insert(state.key())
            {
                self.nodes.push(Node { state, from: Some((at, passed.label)) });
            }
        }
    }

    /// The state a move leads to, after trying every predicate it touches.
    fn follow(&mut self, at: usize, passed: &Move<'a>) -> Option<State<'a>> {
        let State { step, mut facts, mut assumed } = self.nodes[at].state;
        if passed.acts {
            assumed = self.demand_before(at, Some(step), facts, assumed);
        }
        facts = facts.without(passed.loses).and(passed.gains);
        assumed = assumed.without(passed.loses).without(passed.gains);
        match passed.road {
            Road::To(to) => {
                if !self.allowed(at, passed, Some(to)) {
                    return None;
                }
                let facts = self.demand_not_after(at, passed, to, facts);
                Some(State { step: to, facts, assumed })
            }
            Road::End => {
                if passed.passage == Some(Passage::Done) {
                    self.demand_closing(at, step, facts, assumed);
                }
                None
            }
            Road::Closed => {
                self.allowed(at, passed, None);
                None
            }
        }
    }

    /// Facts that must hold when a step is done, or at the end (no step); what is then assumed.
    fn demand_before(
        &mut self,
        at: usize,
        step: Option<&'a Step>,
        facts: Facts,
        mut assumed: Facts,
    ) -> Facts {
        let here = |point: Point| step.map_or(point == Point::End, |s| point.covers(&s.kind));
        for predicate in self.statute() {
            let wanted = match predicate.demand {
                Demand::Before(point, wanted) if here(point) => wanted,
                Demand::BeforeIfForeseen(point, wanted)
                    if here(point) && self.foreseen.has_any(wanted) =>
                {
                    wanted
                }
                _ => continue,
            };
            if !facts.and(assumed).has_any(wanted) {
                self.tell(predicate, at, "", None);
                assumed = assumed.and(wanted.one());
            }
        }
        assumed
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
    fn demand_closing(&mut self, at: usize, step: &'a Step, facts: Facts, assumed: Facts) {
        let sound = self.demand_before(at, None, facts, assumed) == assumed;
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
        let step = self.nodes[at].state.step;
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
    fn tell(&mut self, predicate: &Predicate, at: usize, label: &str, to: Option<&Step>) {
        let step = self.nodes[at].state.step;
        if self.told.insert((predicate.name, &step.name)) {
            let reason =
                format!("al passo «{}» {}{}", step.name, predicate.sentence, predicate.cited());
            let hint = format!("percorso: {}", self.path(at, label, to));
            self.problems.push(Problem::at(self.file, step.line, reason).hint(hint));
        }
    }

    /// The path to a state and, where given, one move further: "bozza → votazione [rinviata] → …".
    fn path(&self, at: usize, label: &str, to: Option<&Step>) -> String {
        let mut steps = Vec::new();
        if let Some(to) = to {
            steps.push(to.name.clone());
        }
        let mut next = Some((at, label));
        while let Some((index, label)) = next {
            let node = &self.nodes[index];
            steps.push(named(&node.state.step.name, label));
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
