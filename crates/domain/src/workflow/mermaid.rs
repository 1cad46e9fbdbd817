// SPDX-License-Identifier: AGPL-3.0-or-later
//! A workflow draws itself as a Mermaid flowchart: what people see is what the engine follows.

use super::{Lifecycle, Passage, Road, Signer, Step, StepKind, Workflow};
use std::fmt::Write;

/// The end, as a node.
const END: &str = "fine_del_procedimento";

/// The flowchart; `current` is the step an act stands at, and is marked.
pub fn mermaid(workflow: &Workflow, current: Option<&str>) -> String {
    let mut out = String::from("flowchart TD\n");
    let mut ends = false;
    for step in &workflow.steps {
        let _ = writeln!(out, "    {}", node(step));
    }
    for step in &workflow.steps {
        for (passage, label) in passages(&step.kind) {
            let to = match workflow.route(step, *passage) {
                Road::To(to) => id(&to.name),
                Road::End => END.into(),
                Road::Closed => continue,
            };
            ends |= to == END;
            let arrow = if label.is_empty() { "-->".into() } else { format!("-. {label} .->") };
            let _ = writeln!(out, "    {} {arrow} {to}", id(&step.name));
        }
    }
    if ends {
        let _ = writeln!(out, "    {END}(((Fine)))");
    }
    if let Some(step) = current.and_then(|name| workflow.step(name)) {
        out.push_str("    classDef attuale fill:#ffd54f,stroke:#5d4037,stroke-width:3px\n");
        let _ = writeln!(out, "    class {} attuale", id(&step.name));
    }
    out
}

/// The passages a drawing shows, with the word on the arrow; the ordinary course has none.
fn passages(kind: &StepKind) -> &'static [(Passage, &'static str)] {
    match kind {
        StepKind::Opinion { .. }
        | StepKind::Review { .. }
        | StepKind::Agenda
        | StepKind::Sign { lifecycle: Lifecycle::ProposalSigning, .. } => {
            &[(Passage::Done, ""), (Passage::Returned, "restituita")]
        }
        StepKind::Discussion { .. } => {
            &[(Passage::Done, ""), (Passage::Postponed, "rinviata"), (Passage::Amended, "emendata")]
        }
        StepKind::Ballot => &[
            (Passage::Done, ""),
            (Passage::Postponed, "rinviata"),
            (Passage::Rejected, "respinta"),
        ],
        _ => &[(Passage::Done, "")],
    }
}

/// A step: its title, then who acts and within how long.
fn node(step: &Step) -> String {
    let (open, close) = match step.kind {
        StepKind::Freeze { .. } => ("([", "])"),
        StepKind::Ballot => ("{", "}"),
        StepKind::Agenda | StepKind::Discussion { .. } => ("(", ")"),
        StepKind::Post { .. } => ("[[", "]]"),
        _ => ("[", "]"),
    };
    let mut text = escaped(&step.title);
    let mut small: Vec<String> = who(&step.kind).into_iter().collect();
    match step.deadline_days {
        0 => {}
        1 => small.push("entro 1 giorno".into()),
        days => small.push(format!("entro {days} giorni")),
    }
    if !small.is_empty() {
        let _ = write!(text, "<br/><small>{}</small>", escaped(&small.join(", ")));
    }
    format!("{}{open}\"{text}\"{close}", id(&step.name))
}

/// Who acts at a step.
fn who(kind: &StepKind) -> Option<String> {
    match kind {
        StepKind::Freeze { who }
        | StepKind::Opinion { who, .. }
        | StepKind::Review { who, .. }
        | StepKind::Post { who } => Some(who.label().to_owned()),
        StepKind::Sign { signers, .. } => {
            Some(signers.iter().map(|s| signer(*s)).collect::<Vec<_>>().join(", "))
        }
        _ => None,
    }
}

fn signer(signer: Signer) -> &'static str {
    match signer {
        Signer::ResponsabileProcedimento => "il responsabile del procedimento",
        Signer::Direttori => "i direttori",
        Signer::Relatori => "i relatori",
        Signer::Presidente => "chi ha presieduto",
        Signer::Verbalizzante => "chi ha verbalizzato",
        Signer::Segretario => "il Segretario",
    }
}

/// A name Mermaid accepts as identifier: some words are its own.
fn id(name: &str) -> String {
    const RESERVED: &[&str] = &[
        "call",
        "class",
        "click",
        "default",
        "direction",
        "end",
        "flowchart",
        "graph",
        "href",
        "style",
        "subgraph",
    ];
    if RESERVED.contains(&name) { format!("{name}_") } else { name.to_owned() }
}

/// Text within quotes.
fn escaped(text: &str) -> String {
    text.replace('#', "#35;").replace('"', "#quot;").replace('<', "#lt;").replace('>', "#gt;")
}
