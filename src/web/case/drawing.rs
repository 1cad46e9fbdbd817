// SPDX-License-Identifier: AGPL-3.0-or-later
//! The workflow of an act drawn as an SVG: one column of steps, the ways back beside it.
//!
//! Colours and fonts are classes of the stylesheet (no inline style). The drawing has a title and a
//! description; the same list stands beside it as text for who does not see it.

use crate::domain::case::Case;
use crate::domain::workflow::{Passage, Road, StepKind, Workflow};
use serde::Serialize;

const WIDTH: usize = 330;
const BOX_X: usize = 18;
const BOX_WIDTH: usize = 236;
const BOX_HEIGHT: usize = 46;
const PITCH: usize = 66;
const TOP: usize = 10;
/// Room of one lane of a way back.
const LANE: usize = 14;
/// Characters of one line of a title.
const LINE: usize = 30;

/// One step as drawn.
#[derive(Debug, Serialize)]
pub struct Node {
    title: Vec<Words>,
    /// `done`, `current`, `skipped`, `todo`.
    state: &'static str,
    /// In words, for those who do not see it.
    words: String,
    x: usize,
    y: usize,
    width: usize,
    height: usize,
    /// The mark of the state.
    mark: &'static str,
    mark_x: usize,
    mark_y: usize,
}

/// One line of words.
#[derive(Debug, Serialize)]
struct Words {
    x: usize,
    y: usize,
    text: String,
}

/// A way from a step to another.
#[derive(Debug, Serialize)]
pub struct Arrow {
    path: String,
    back: bool,
}

/// The drawing.
#[derive(Debug, Serialize)]
pub struct Drawing {
    width: usize,
    height: usize,
    /// What it shows, in one sentence.
    pub description: String,
    /// The steps.
    pub nodes: Vec<Node>,
    arrows: Vec<Arrow>,
}

/// Draws the workflow of an act, with what was done, what was passed over and where it stands.
/// `entered` are the names of the steps it was at.
pub fn draw(workflow: &Workflow, case: &Case, entered: &[String]) -> Drawing {
    let at = workflow.steps.iter().position(|step| step.name == case.step);
    let over = case.ending.is_some();
    let nodes: Vec<Node> = workflow
        .steps
        .iter()
        .enumerate()
        .map(|(i, step)| {
            let skipped = case.skipped.get(&step.name);
            let (state, mark, words) = match (skipped, at) {
                (Some(reason), _) => ("skipped", "–", format!("non dovuto: {reason}")),
                (None, Some(at)) if at == i && !over => ("current", "●", "passo attuale".into()),
                (None, Some(at)) if i <= at && entered.contains(&step.name) => {
                    ("done", "✓", "compiuto".into())
                }
                _ => ("todo", "", "da compiere".into()),
            };
            node(i, &step.title, state, mark, words)
        })
        .collect();
    let current = at.map_or("", |at| workflow.steps[at].title.as_str());
    let description = match over {
        true => format!("{}: il procedimento è concluso", workflow.title),
        false => format!("{}: l'atto si trova al passo «{current}»", workflow.title),
    };
    drawing(workflow, nodes, description)
}

/// Draws a workflow that no act follows yet.
pub fn plan(workflow: &Workflow) -> Drawing {
    let numbered = workflow.steps.iter().enumerate();
    let nodes = numbered.map(|(i, step)| {
        let words = format!("passo {}", i + 1);
        node(i, &step.title, "todo", "", words)
    });
    let nodes: Vec<Node> = nodes.collect();
    let description = format!("{}: percorso in {} passi", workflow.title, nodes.len());
    drawing(workflow, nodes, description)
}

fn drawing(workflow: &Workflow, nodes: Vec<Node>, description: String) -> Drawing {
    Drawing {
        width: WIDTH,
        height: TOP * 2 + (PITCH * nodes.len()).saturating_sub(PITCH - BOX_HEIGHT),
        description,
        arrows: arrows(workflow),
        nodes,
    }
}

fn node(i: usize, title: &str, state: &'static str, mark: &'static str, words: String) -> Node {
    let y = TOP + i * PITCH;
    let lines = broken(title);
    let first = y + BOX_HEIGHT / 2 + 5 - (lines.len().saturating_sub(1)) * 9;
    let title = lines.into_iter().enumerate();
    let title = title.map(|(n, text)| Words { x: BOX_X + 34, y: first + n * 18, text });
    Node {
        title: title.collect(),
        state,
        words,
        x: BOX_X,
        y,
        width: BOX_WIDTH,
        height: BOX_HEIGHT,
        mark,
        mark_x: BOX_X + 17,
        mark_y: y + BOX_HEIGHT / 2 + 5,
    }
}

/// A title on one line or two.
fn broken(title: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in title.split_whitespace() {
        let full = lines.last().is_some_and(|l| l.chars().count() + word.chars().count() >= LINE);
        if full && lines.len() < 2 {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

fn arrows(workflow: &Workflow) -> Vec<Arrow> {
    let mut arrows = Vec::new();
    let mut lane = 0;
    let place = |name: &str| workflow.steps.iter().position(|step| step.name == name);
    let middle = BOX_X + BOX_WIDTH / 2;
    for (from, step) in workflow.steps.iter().enumerate() {
        if let Road::To(to) = workflow.route(step, Passage::Done)
            && let Some(to) = place(&to.name)
        {
            let (start, end) = (TOP + from * PITCH + BOX_HEIGHT, TOP + to * PITCH);
            let path = format!("M{middle} {start} V{end}");
            arrows.push(Arrow { path, back: false });
        }
    }
    // The ways back of all steps to one target share a lane.
    let mut targets: Vec<(usize, Vec<usize>)> = Vec::new();
    for (from, step) in workflow.steps.iter().enumerate() {
        let back = match &step.kind {
            StepKind::Discussion { .. } => &[Passage::Postponed, Passage::Amended][..],
            StepKind::Ballot => &[Passage::Postponed][..],
            _ => &[Passage::Returned][..],
        };
        for passage in back {
            let Road::To(to) = workflow.route(step, *passage) else { continue };
            let Some(to) = place(&to.name) else { continue };
            match targets.iter_mut().find(|(target, _)| *target == to) {
                Some((_, froms)) => froms.push(from),
                None => targets.push((to, vec![from])),
            }
        }
    }
    for (to, froms) in targets {
        let x = BOX_X + BOX_WIDTH + LANE + lane * LANE;
        let right = BOX_X + BOX_WIDTH;
        for from in froms {
            let (start, end) = (TOP + from * PITCH + 30, TOP + to * PITCH + 16);
            let path = format!("M{right} {start} H{x} V{end} H{right}");
            arrows.push(Arrow { path, back: true });
        }
        lane += 1;
    }
    arrows
}
