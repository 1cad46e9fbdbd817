// SPDX-License-Identifier: AGPL-3.0-or-later
//! Names and what belongs together: papers, registers, roles, terms, duties, notices.

use super::statute::{Demand, Predicate, STATUTE};
use super::{Names, suggest};
use crate::notices::{
    DAILY_MOMENTS, DEADLINE_MOMENTS, DUTIES, DUTY_MOMENTS, OF_ACT, OF_SITTING, SITTING_MOMENTS,
    moments, recipient_tokens,
};
use crate::problem::Problem;
use crate::workflow::{Lifecycle, Notice, Profile, Step, StepKind, Workflow};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that can be seen without walking.
pub(super) fn check(workflow: &Workflow, names: &Names, file: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    for step in &workflow.steps {
        problems.extend(paper(step, names, file));
        problems.extend(lifecycle(step, file));
        problems.extend(signers(step, file));
        problems.extend(term(step, file));
    }
    problems.extend(one_paper_one_step(workflow, file));
    problems.extend(file_shown(workflow, file));
    problems.extend(registers(workflow, names, file));
    problems.extend(duties(workflow, file));
    for notice in &workflow.notices {
        problems.extend(notice_names(notice, names, file));
    }
    problems.extend(told_once(workflow, file));
    problems.extend(reminders(workflow, file));
    problems.extend(statute(workflow, file));
    problems
}

/// Opinions, signatures and postings leave a paper; whatever is named must have a template.
fn paper(step: &Step, names: &Names, file: &str) -> Option<Problem> {
    let due = matches!(
        step.kind,
        StepKind::Opinion { .. } | StepKind::Sign { .. } | StepKind::Post { .. }
    );
    let name = &step.name;
    match &step.paper {
        None if due => {
            let reason = format!("al passo «{name}» manca il documento che lascia («paper»)");
            Some(Problem::at(file, step.line, reason))
        }
        Some(paper) if !names.papers.contains(paper) => {
            let reason = format!("al passo «{name}» il documento «{paper}» non ha un modello");
            let known = names.papers.iter().map(String::as_str);
            Some(suggest(Problem::at(file, step.line, reason), paper, known))
        }
        _ => None,
    }
}

/// The stage a step shows is one of its kind.
fn lifecycle(step: &Step, file: &str) -> Option<Problem> {
    let (right, known) = match &step.kind {
        StepKind::Sign { lifecycle, .. } => (
            matches!(lifecycle, Lifecycle::ProposalSigning | Lifecycle::Signing),
            "proposal_signing, signing",
        ),
        StepKind::Review { lifecycle, .. } => (
            matches!(
                lifecycle,
                Lifecycle::Inquiry | Lifecycle::PrivacyReview | Lifecycle::PostingEnded
            ),
            "inquiry, privacy_review, posting_ended",
        ),
        _ => return None,
    };
    let reason = format!("al passo «{}» lo stadio («lifecycle») non è di questo tipo", step.name);
    (!right).then(|| Problem::at(file, step.line, reason).hint(format!("si può scrivere: {known}")))
}

/// Somebody signs, each once.
fn signers(step: &Step, file: &str) -> Option<Problem> {
    let StepKind::Sign { signers, .. } = &step.kind else { return None };
    let twice = signers.iter().enumerate().any(|(i, signer)| signers[..i].contains(signer));
    let what = match (signers.is_empty(), twice) {
        (true, _) => "nessuno firma («signers» è vuoto)",
        (_, true) => "qualcuno firma due volte («signers»)",
        _ => return None,
    };
    Some(Problem::at(file, step.line, format!("al passo «{}» {what}", step.name)))
}

/// A term needs somebody who can keep it: what happens in a sitting, or by itself, has none.
fn term(step: &Step, file: &str) -> Option<Problem> {
    let nobody = matches!(
        step.kind,
        StepKind::Discussion { .. } | StepKind::Ballot | StepKind::Number { .. }
    );
    (nobody && step.deadline_days > 0).then(|| {
        let reason = format!("al passo «{}» il termine non ha nessuno che lo rispetti", step.name);
        Problem::at(file, step.line, reason).hint("togliere «deadline_days»")
    })
}

/// A paper belongs to one step: opinions on different matters never share a sheet.
fn one_paper_one_step(workflow: &Workflow, file: &str) -> Vec<Problem> {
    let mut first: BTreeMap<&str, &Step> = BTreeMap::new();
    let mut problems = Vec::new();
    for step in &workflow.steps {
        let Some(paper) = step.paper.as_deref() else { continue };
        if let Some(other) = first.get(paper) {
            let reason = format!(
                "al passo «{}» il documento «{paper}» è già del passo «{}»",
                step.name, other.name
            );
            problems.push(Problem::at(file, step.line, reason));
        } else {
            first.insert(paper, step);
        }
    }
    problems
}

/// The Albo shows the paper signed last in the file: it must be the act, not the proposal (R2.8).
fn file_shown(workflow: &Workflow, file: &str) -> Option<Problem> {
    let signs = |s: &&Step| matches!(s.kind, StepKind::Sign { .. });
    let last = workflow.steps.iter().rfind(signs)?;
    let StepKind::Sign { lifecycle: Lifecycle::ProposalSigning, .. } = last.kind else {
        return None;
    };
    let reason = format!(
        "al passo «{}» l'ultima firma del file è sulla proposta: l'Albo mostrerebbe quella — R2.8",
        last.name
    );
    Some(Problem::at(file, last.line, reason))
}

/// Registers exist.
fn registers(workflow: &Workflow, names: &Names, file: &str) -> Vec<Problem> {
    used_registers(workflow)
        .into_iter()
        .filter(|(_, register)| !names.registers.contains(*register))
        .map(|(line, register)| {
            let known = names.registers.iter().map(String::as_str);
            let reason = format!("il registro «{register}» non esiste");
            suggest(Problem::at(file, line, reason), register, known)
        })
        .collect()
}

/// Registers of proposals, of the Albo and of the acts, with their line.
fn used_registers(workflow: &Workflow) -> Vec<(usize, &str)> {
    let mut used = vec![(workflow.line, workflow.albo_register.as_str())];
    // Where nothing is proposed, no proposal takes a number.
    if workflow.profile != Profile::ContoTerzi || !workflow.proposal_register.is_empty() {
        used.insert(0, (workflow.line, workflow.proposal_register.as_str()));
    }
    used.extend(workflow.steps.iter().filter_map(|s| match &s.kind {
        StepKind::Number { register } => Some((s.line, register.as_str())),
        _ => None,
    }));
    used
}

/// Duties are known, raised at a moment that raises duties, and each once.
fn duties(workflow: &Workflow, file: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    for duty in &workflow.duties {
        let (name, on) = (duty.name.as_str(), duty.on.as_str());
        let known = DUTIES.iter().map(|(token, _)| *token);
        if !known.clone().any(|token| token == name) {
            let reason = format!("adempimento sconosciuto «{name}»");
            problems.push(suggest(Problem::at(file, duty.line, reason), name, known));
        }
        if !DUTY_MOMENTS.contains(&on) {
            let reason = format!("l'adempimento «{name}» non può nascere da «{on}»");
            let known = DUTY_MOMENTS.iter().copied();
            problems.push(suggest(Problem::at(file, duty.line, reason), on, known));
        }
        if !seen.insert(name) {
            let reason = format!("l'adempimento «{name}» è ripetuto");
            problems.push(Problem::at(file, duty.line, reason));
        }
    }
    problems
}

/// Moment, message and recipients exist, and the moment knows where to find them.
fn notice_names(notice: &Notice, names: &Names, file: &str) -> Vec<Problem> {
    let (on, message) = (notice.on.as_str(), notice.message.as_str());
    let at = |reason: String| Problem::at(file, notice.line, reason);
    let mut problems = Vec::new();
    if !moments().any(|token| token == on) {
        problems.push(suggest(at(format!("momento sconosciuto «{on}»")), on, moments()));
    }
    if !names.messages.contains(message) {
        let known = names.messages.iter().map(String::as_str);
        problems.push(suggest(at(format!("messaggio sconosciuto «{message}»")), message, known));
    }
    if DAILY_MOMENTS.contains(&on) != (message == "riepilogo") {
        problems.push(at(format!("«riepilogo» è il messaggio dei momenti {DAILY_MOMENTS:?}")));
    }
    if notice.to.is_empty() {
        problems.push(at(format!("l'avviso «{on}» non ha destinatari")));
    }
    for to in notice.to.iter().map(String::as_str) {
        if !recipient_tokens().any(|token| token == to) {
            let unknown = at(format!("destinatario sconosciuto «{to}»"));
            problems.push(suggest(unknown, to, recipient_tokens()));
        } else if SITTING_MOMENTS.contains(&on) && OF_ACT.contains(&to) {
            let reason = format!("l'avviso «{on}» riguarda la seduta: «{to}» è di un solo atto");
            problems.push(at(reason).hint("proponenti, relatori_seduta"));
        } else if !SITTING_MOMENTS.contains(&on) && OF_SITTING.contains(&to) {
            let reason = format!("l'avviso «{on}» riguarda un atto: «{to}» è della seduta");
            problems.push(at(reason).hint("responsabile_procedimento, relatori"));
        }
    }
    problems
}

/// One message per person and event: a recipient is told once of a moment.
fn told_once(workflow: &Workflow, file: &str) -> Vec<Problem> {
    let mut told: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut problems = Vec::new();
    for notice in &workflow.notices {
        for to in &notice.to {
            if let Some(line) = told.insert((&notice.on, to), notice.line) {
                let reason = format!("«{to}» è già avvisato di «{}» alla riga {line}", notice.on);
                let hint = "un solo messaggio per persona e per fatto";
                problems.push(Problem::at(file, notice.line, reason).hint(hint));
            }
        }
    }
    problems
}

/// Terms and reminders go together: who is late is told, and then somebody above him (R1.17).
fn reminders(workflow: &Workflow, file: &str) -> Vec<Problem> {
    let Some(step) = workflow.steps.iter().find(|s| s.deadline_days > 0) else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    for moment in DEADLINE_MOMENTS {
        let of_moment = |n: &&Notice| n.on == *moment;
        let to = || workflow.notices.iter().filter(of_moment).flat_map(|n| &n.to);
        if !to().any(|to| to == "incaricati") {
            let reason =
                format!("il passo «{}» ha un termine ma «{moment}» non avvisa nessuno", step.name);
            let hint = "aggiungere un avviso agli «incaricati»";
            problems.push(Problem::at(file, step.line, reason).hint(hint));
        } else if *moment == "deadline_passed" && to().all(|to| to == "incaricati") {
            let line = workflow.notices.iter().find(of_moment).map_or(step.line, |n| n.line);
            let reason = "un termine superato va detto anche a chi può intervenire";
            problems.push(Problem::at(file, line, reason).hint("aggiungere «segretario»"));
        }
    }
    problems
}

/// Predicates of the statute that need no path.
fn statute(workflow: &Workflow, file: &str) -> Vec<Problem> {
    STATUTE
        .iter()
        .filter(|predicate| predicate.profiles.contains(&workflow.profile))
        .filter_map(|predicate| {
            let line = guilty(workflow, predicate)?;
            let at = workflow.steps.iter().find(|s| s.line == line);
            let place = at.map_or(String::new(), |s| format!("al passo «{}» ", s.name));
            let reason = format!("{place}{}{}", predicate.sentence, predicate.cited());
            Some(Problem::at(file, line, reason))
        })
        .collect()
}

/// Line where a predicate is broken; none where it is kept.
fn guilty(workflow: &Workflow, predicate: &Predicate) -> Option<usize> {
    let post = || {
        let step = workflow.find(|k| matches!(k, StepKind::Post { .. }));
        step.map_or(workflow.line, |s| s.line)
    };
    match predicate.demand {
        Demand::Giver(kind, roles) => {
            let step = workflow.opinion_step(kind)?;
            match &step.kind {
                StepKind::Opinion { who, .. } if roles.contains(who) => None,
                _ => Some(step.line),
            }
        }
        Demand::Duty { name, on } => {
            let kept = workflow.duties.iter().any(|d| d.name == name && d.on == on);
            let named = workflow.duties.iter().find(|d| d.name == name).map(|d| d.line);
            (!kept).then(|| named.unwrap_or_else(post))
        }
        Demand::Notice { on, to } => {
            let kept = workflow.notices.iter().any(|n| n.on == on && n.to.iter().any(|t| t == to));
            let named = workflow.notices.iter().find(|n| n.on == on).map(|n| n.line);
            (!kept).then(|| named.unwrap_or_else(post))
        }
        Demand::DistinctRegisters => {
            let mut seen = BTreeSet::new();
            let twice = used_registers(workflow).into_iter().find(|(_, r)| !seen.insert(*r));
            twice.map(|(line, _)| line)
        }
        Demand::Organ(organ) => (workflow.organ != organ).then_some(workflow.line),
        Demand::Only(points) => {
            let foreign = |k: &StepKind| !points.iter().any(|point| point.covers(k));
            workflow.find(foreign).map(|step| step.line)
        }
        Demand::Before(..)
        | Demand::BeforeIfForeseen(..)
        | Demand::NotAfter(..)
        | Demand::Road { .. } => None,
    }
}
