// SPDX-License-Identifier: AGPL-3.0-or-later
//! From the TOML file to a [`Workflow`], with the line of everything that is wrong.

use super::{Duty, Lifecycle, Notice, OpinionKind, Profile, Signer, Step, StepKind, Workflow};
use crate::digest::sha256_hex;
use crate::problem::{Problem, line_of};
use crate::registry::Role;
use serde::Deserialize;

use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    act: Spanned<RawAct>,
    #[serde(default)]
    step: Vec<Spanned<RawStep>>,
    #[serde(default)]
    duty: Vec<Spanned<RawDuty>>,
    #[serde(default)]
    notice: Vec<Spanned<RawNotice>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAct {
    kind: String,
    title: String,
    organ: String,
    profile: Spanned<String>,
    #[serde(default)]
    proposal_register: String,
    albo_register: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    name: String,
    kind: String,
    title: String,
    who: Option<String>,
    opinion: Option<OpinionKind>,
    lifecycle: Option<Lifecycle>,
    register: Option<String>,
    signers: Option<Vec<Signer>>,
    paper: Option<String>,
    next: Option<String>,
    returns: Option<String>,
    amended: Option<String>,
    #[serde(default)]
    deadline_days: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDuty {
    name: String,
    on: String,
    who: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawNotice {
    on: String,
    message: String,
    to: Vec<String>,
}

/// Reads a workflow. Only its form is judged here; `check` proves that it is sound.
///
/// # Errors
/// Every defect of form, with its line.
pub fn parse(text: &str, file: &str) -> Result<Workflow, Vec<Problem>> {
    let raw: RawFile = toml::from_str(text).map_err(|e| vec![Problem::toml(file, text, &e)])?;
    let at = |offset: usize| line_of(text, offset);
    let mut problems = Vec::new();
    let mut steps = Vec::new();
    for spanned in raw.step {
        let line = at(spanned.span().start);
        match step(spanned.into_inner(), file, line) {
            Ok(step) => steps.push(step),
            Err(found) => problems.extend(found),
        }
    }
    let mut duties = Vec::new();
    for spanned in raw.duty {
        let line = at(spanned.span().start);
        let RawDuty { name, on, who } = spanned.into_inner();
        match role(&who, file, line) {
            Ok(who) => duties.push(Duty { name, on, who, line }),
            Err(problem) => problems.push(problem),
        }
    }
    let notices = raw.notice.into_iter().map(|spanned| {
        let line = at(spanned.span().start);
        let RawNotice { on, message, to } = spanned.into_inner();
        Notice { on, message, to, line }
    });
    let line = at(raw.act.span().start);
    let act = raw.act.into_inner();
    match profile(&act.profile, file, at(act.profile.span().start)) {
        Ok(profile) if problems.is_empty() => Ok(Workflow {
            kind: act.kind,
            title: act.title,
            organ: act.organ,
            profile,
            proposal_register: act.proposal_register,
            albo_register: act.albo_register,
            steps,
            duties,
            notices: notices.collect(),
            line,
            digest: sha256_hex(text.as_bytes()),
        }),
        Ok(_) => Err(problems),
        Err(problem) => Err([vec![problem], problems].concat()),
    }
}

fn profile(token: &Spanned<String>, file: &str, line: usize) -> Result<Profile, Problem> {
    match token.get_ref().as_str() {
        "deliberazione-giunta" => Ok(Profile::DeliberazioneGiunta),
        "atto-monocratico" => Ok(Profile::AttoMonocratico),
        "affissione-conto-terzi" => Ok(Profile::ContoTerzi),
        other => Err(Problem::at(file, line, format!("profilo di legge sconosciuto «{other}»"))
            .hint("profili noti: deliberazione-giunta, atto-monocratico, affissione-conto-terzi")),
    }
}

fn role(token: &str, file: &str, line: usize) -> Result<Role, Problem> {
    Role::parse(token).ok_or_else(|| {
        let known: Vec<&str> = Role::ALL.iter().map(|(_, token, _)| *token).collect();
        Problem::at(file, line, format!("ruolo sconosciuto «{token}»"))
            .hint(format!("ruoli noti: {}", known.join(", ")))
    })
}

fn step(raw: RawStep, file: &str, line: usize) -> Result<Step, Vec<Problem>> {
    let kind = step_kind(&raw, file, line).map_err(|problem| vec![problem])?;
    let idle = idle(&raw, &kind);
    if !idle.is_empty() {
        let reason = |key| format!("al passo «{}» ({}) «{key}» non ha effetto", raw.name, raw.kind);
        return Err(idle.into_iter().map(|key| Problem::at(file, line, reason(key))).collect());
    }
    Ok(Step {
        name: raw.name,
        title: raw.title,
        line,
        kind,
        next: raw.next,
        returns: raw.returns,
        deadline_days: raw.deadline_days,
        paper: raw.paper,
    })
}

/// Keys that are written but that a step of this kind does not look at: a file says what it does.
fn idle(raw: &RawStep, kind: &StepKind) -> Vec<&'static str> {
    let who = matches!(
        kind,
        StepKind::Freeze { .. }
            | StepKind::Opinion { .. }
            | StepKind::Review { .. }
            | StepKind::Post { .. }
    );
    let returns = matches!(
        kind,
        StepKind::Opinion { .. }
            | StepKind::Review { .. }
            | StepKind::Agenda
            | StepKind::Discussion { .. }
            | StepKind::Ballot
            | StepKind::Sign { lifecycle: Lifecycle::ProposalSigning, .. }
    );
    let sign = matches!(kind, StepKind::Sign { .. });
    let staged = sign || matches!(kind, StepKind::Review { .. });
    let number = matches!(kind, StepKind::Number { .. });
    [
        ("who", raw.who.is_some(), who),
        ("opinion", raw.opinion.is_some(), matches!(kind, StepKind::Opinion { .. })),
        ("lifecycle", raw.lifecycle.is_some(), staged),
        ("register", raw.register.is_some(), number),
        ("signers", raw.signers.is_some(), sign),
        ("amended", raw.amended.is_some(), matches!(kind, StepKind::Discussion { .. })),
        ("returns", raw.returns.is_some(), returns),
    ]
    .into_iter()
    .filter(|(_, written, used)| *written && !used)
    .map(|(key, ..)| key)
    .collect()
}

fn step_kind(raw: &RawStep, file: &str, line: usize) -> Result<StepKind, Problem> {
    let lacks = |what: &str| {
        Problem::at(file, line, format!("al passo «{}» ({}) manca «{what}»", raw.name, raw.kind))
    };
    let who = || raw.who.as_deref().ok_or_else(|| lacks("who")).and_then(|w| role(w, file, line));
    let lifecycle = || raw.lifecycle.ok_or_else(|| lacks("lifecycle"));
    Ok(match raw.kind.as_str() {
        "freeze" => StepKind::Freeze { who: who()? },
        "opinion" => {
            StepKind::Opinion { opinion: raw.opinion.ok_or_else(|| lacks("opinion"))?, who: who()? }
        }
        "review" => StepKind::Review { who: who()?, lifecycle: lifecycle()? },
        "agenda" => StepKind::Agenda,
        "discussion" => {
            StepKind::Discussion { amended: raw.amended.clone().ok_or_else(|| lacks("amended"))? }
        }
        "ballot" => StepKind::Ballot,
        "number" => {
            StepKind::Number { register: raw.register.clone().ok_or_else(|| lacks("register"))? }
        }
        "sign" => StepKind::Sign {
            signers: raw.signers.clone().ok_or_else(|| lacks("signers"))?,
            lifecycle: lifecycle()?,
        },
        "post" => StepKind::Post { who: who()? },
        other => {
            return Err(Problem::at(file, line, format!("tipo di passo sconosciuto «{other}»"))
                .hint("freeze, opinion, review, agenda, discussion, ballot, number, sign, post"));
        }
    })
}
