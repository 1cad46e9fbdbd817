// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a scenario says must be true.

use super::ScenarioError;
use super::report::SentMail;
use crate::domain::case::{Case, effective_on, efficacy, executable, on_albo, terms_of};
use crate::domain::effects::token;
use crate::domain::law::calendar::{rome_date, rome_instant, rome_time};
use crate::domain::sitting::{Ballot, Treatment};
use crate::domain::stream::{StreamId, StreamKind};
use crate::domain::world::World;
use crate::service::execute::Executor;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What must be true of an act, a sitting or the mails; what is not named is not checked.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expectation {
    /// Case it is about.
    pub case: Option<String>,
    /// Sitting it is about.
    pub sitting: Option<String>,
    /// Day on which efficacy, lifecycle and the Albo are read; default: now.
    pub on: Option<NaiveDate>,
    /// Name of the step.
    pub step: Option<String>,
    /// Lifecycle token.
    pub lifecycle: Option<String>,
    /// Efficacy token.
    pub efficacy: Option<String>,
    /// Number of the proposal; 0 = none.
    pub proposal: Option<i64>,
    /// Number of the act; 0 = none.
    pub number: Option<i64>,
    /// Number in the Albo; 0 = none.
    pub albo: Option<i64>,
    /// Day of adoption.
    pub adopted: Option<NaiveDate>,
    /// D.
    pub posted: Option<NaiveDate>,
    /// Last day.
    pub last_day: Option<NaiveDate>,
    /// First day off.
    pub off_on: Option<NaiveDate>,
    /// Executivity.
    pub effective_on: Option<NaiveDate>,
    /// First day of the regulation it approves.
    pub in_force_on: Option<NaiveDate>,
    /// Declared immediately enforceable.
    pub immediate: Option<bool>,
    /// It may be executed: enforceable or effective, conditions met.
    pub executable: Option<bool>,
    /// Conditions of efficacy still unmet.
    pub unmet: Option<Vec<String>>,
    /// In the Albo at noon of the day.
    pub on_albo: Option<bool>,
    /// Number of the current version of the text.
    pub version: Option<u32>,
    /// Outcome of the item.
    pub outcome: Option<String>,
    /// Members present at the item.
    pub present: Option<u32>,
    /// Number of irregularities overridden.
    pub anomalies: Option<usize>,
    /// Who presided at the item.
    pub president: Option<String>,
    /// Who verbalized it.
    pub verbalizer: Option<String>,
    /// Votes: `favour`, `against`, `abstained`, `blank`, `void`.
    pub votes: BTreeMap<String, u32>,
    /// Votes of the second ballot, likewise.
    pub immediate_votes: BTreeMap<String, u32>,
    /// When the item was decided, "2020-07-24 11:20".
    pub decided_at: Option<String>,
    /// Papers by key with their state: `owed`, `prepared`, `complete`; `none` when there is none.
    pub papers: BTreeMap<String, String>,
    /// Duties: `pending`, `done`, `failed`; `none` when it is not due.
    pub duties: BTreeMap<String, String>,
    /// Status of the sitting.
    pub status: Option<String>,
    /// Outcomes of the items of the sitting.
    pub items: BTreeMap<String, String>,
    /// Quorum of the sitting.
    pub quorum: Option<u32>,
    /// How many times the sitting was suspended.
    pub suspensions: Option<usize>,
    /// Messages sent so far, by folder of templates: at least so many about this act; 0 = none.
    pub mails: BTreeMap<String, usize>,
    /// Register it is about.
    pub register: Option<String>,
    /// Its year.
    pub year: Option<i32>,
    /// Last number; numbers taken in the run must have no gap.
    pub last: Option<i64>,
    /// How many numbers were taken in the run.
    pub taken: Option<usize>,
}

/// What came of an expectation.
#[derive(Debug, Default)]
pub struct Met {
    /// Facts as expected.
    pub met: usize,
    /// What was not.
    pub failed: Vec<String>,
}

impl Met {
    fn same<T: PartialEq + std::fmt::Debug>(
        &mut self,
        what: &str,
        wanted: Option<T>,
        got: Option<T>,
    ) {
        let Some(wanted) = wanted else { return };
        if got.as_ref() == Some(&wanted) {
            self.met += 1;
        } else {
            self.failed.push(format!("{what}: atteso {wanted:?}, avuto {got:?}"));
        }
    }
}

/// Compares an expectation with what is recorded.
///
/// # Errors
/// When the database does not answer or the case does not exist.
pub(super) async fn check(
    wanted: &Expectation,
    executor: &Executor,
    now: DateTime<Utc>,
    mails: &[SentMail],
) -> Result<Met, ScenarioError> {
    let mut met = Met::default();
    if let Some(id) = &wanted.case {
        check_case(wanted, id, executor, now, &mut met).await?;
    }
    if let Some(id) = &wanted.sitting {
        let world = executor.world(&[StreamId::sitting(id)]).await?;
        check_sitting(wanted, id, &world, &mut met);
    }
    if let Some(register) = &wanted.register {
        let streams = executor.store.streams(StreamKind::Case).await?;
        let world = executor.world(&streams).await?;
        check_register(wanted, register, &world, &mut met);
    }
    check_mails(wanted, mails, &mut met);
    if met.met == 0 && met.failed.is_empty() {
        met.failed.push("l'attesa non dice che cosa deve risultare".into());
    }
    Ok(met)
}

fn check_sitting(wanted: &Expectation, id: &str, world: &World, met: &mut Met) {
    let sitting = world.sittings.get(id).filter(|s| s.exists());
    let what = |name: &str| format!("{id}, {name}");
    let status = sitting.map(|s| s.status.token().to_owned());
    met.same(&what("stato della seduta"), wanted.status.clone(), status);
    met.same(&what("numero legale"), wanted.quorum, sitting.map(|s| s.quorum));
    met.same(&what("sospensioni"), wanted.suspensions, sitting.map(|s| s.suspensions.len()));
    for (case, outcome) in &wanted.items {
        let item = sitting.and_then(|s| s.item(case));
        let got = item.and_then(|i| i.outcome).map(|(o, _)| token(&o));
        met.same(&what(&format!("esito di {case}")), Some(outcome.clone()), got);
    }
}

fn check_register(wanted: &Expectation, register: &str, world: &World, met: &mut Met) {
    let mut taken: Vec<i64> = world
        .cases
        .values()
        .flat_map(|c| &c.numbers)
        .filter(|n| n.register == register && wanted.year.is_none_or(|year| n.year == year))
        .map(|n| n.number)
        .collect();
    taken.sort_unstable();
    let what = |name: &str| format!("registro {register}, {name}");
    let gapless = taken.windows(2).all(|pair| pair[0] + 1 == pair[1]);
    met.same(&what("senza lacune"), Some(true), Some(gapless));
    met.same(&what("ultimo numero"), wanted.last, taken.last().copied());
    met.same(&what("numeri presi"), wanted.taken, Some(taken.len()));
}

fn check_mails(wanted: &Expectation, mails: &[SentMail], met: &mut Met) {
    for (message, least) in &wanted.mails {
        let about = |mail: &&SentMail| {
            mail.message == *message && (wanted.case.is_none() || mail.case == wanted.case)
        };
        let sent = mails.iter().filter(about).count();
        if sent >= *least && (*least > 0 || sent == 0) {
            met.met += 1;
        } else {
            met.failed.push(format!("messaggi «{message}»: attesi {least}, inviati {sent}"));
        }
    }
}

async fn check_case(
    wanted: &Expectation,
    id: &str,
    executor: &Executor,
    now: DateTime<Utc>,
    met: &mut Met,
) -> Result<(), ScenarioError> {
    let world = executor.world(&[StreamId::case(id)]).await?;
    let case = match world.case(id) {
        Ok(case) => case,
        Err(refusal) => {
            met.failed.push(refusal.to_string());
            return Ok(());
        }
    };
    let Ok(workflow) = world.workflow(case) else { return Ok(()) };
    let day = wanted.on.unwrap_or_else(|| rome_date(now));
    let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default();
    let instant = wanted.on.map_or(now, |day| rome_instant(day, noon));
    let terms = terms_of(case);
    let act = case.act_number(&workflow).map_or(0, |n| n.number);
    let what = |name: &str| format!("{id}, {name}");
    let number = |register: &str| Some(case.number(register).map_or(0, |n| n.number));
    met.same(&what("passo"), wanted.step.clone(), Some(case.step.clone()));
    let lifecycle = token(&case.lifecycle(&workflow, day));
    met.same(&what("stato"), wanted.lifecycle.clone(), Some(lifecycle));
    let (state, unmet) = efficacy(case, day);
    met.same(&what("efficacia"), wanted.efficacy.clone(), Some(token(&state)));
    met.same(&what("eseguibile"), wanted.executable, Some(executable(case, day).is_ok()));
    let unmet = unmet.iter().map(token).collect();
    met.same(&what("condizioni mancanti"), wanted.unmet.clone(), Some(unmet));
    met.same(&what("versione"), wanted.version, case.current().map(|v| v.number));
    met.same(&what("proposta"), wanted.proposal, number(&workflow.proposal_register));
    met.same(&what("numero"), wanted.number, Some(act));
    met.same(&what("albo"), wanted.albo, number(&workflow.albo_register));
    met.same(&what("adozione"), wanted.adopted, case.treatment.as_ref().map(|t| t.date));
    met.same(&what("pubblicazione"), wanted.posted, case.posting.as_ref().map(|p| p.day));
    met.same(&what("ultimo giorno"), wanted.last_day, terms.map(|t| t.last_day));
    met.same(&what("primo giorno fuori"), wanted.off_on, terms.map(|t| t.off_on));
    met.same(&what("esecutività"), wanted.effective_on, effective_on(case));
    met.same(&what("immediata eseguibilità"), wanted.immediate, Some(case.is_immediate()));
    met.same(&what("in Albo"), wanted.on_albo, Some(on_albo(case, instant)));
    check_treatment(wanted, case, met);
    for (key, status) in &wanted.papers {
        let got = case.paper(key).map_or("none", |p| p.status()).to_owned();
        met.same(&what(&format!("documento {key}")), Some(status.clone()), Some(got));
    }
    for (duty, status) in &wanted.duties {
        let got = case.duties.get(duty).map_or("none", super::report::duty_token).to_owned();
        met.same(&what(&format!("adempimento {duty}")), Some(status.clone()), Some(got));
    }
    Ok(())
}

/// What the organ did: of the vote, or of the last time it was not voted.
fn check_treatment(wanted: &Expectation, case: &Case, met: &mut Met) {
    let treated = case.treatment.as_ref().or(case.not_voted.last());
    let what = |name: &str| format!("{}, {name}", case.id);
    met.same(&what("esito"), wanted.outcome.clone(), treated.map(|t| token(&t.outcome)));
    met.same(&what("presenti"), wanted.present, treated.map(Treatment::present));
    met.same(&what("anomalie"), wanted.anomalies, treated.map(|t| t.anomalies.len()));
    let president = treated.map(|t| t.president.person.clone());
    met.same(&what("presidente"), wanted.president.clone(), president);
    let verbalizer = treated.map(|t| t.verbalizer.person.clone());
    met.same(&what("verbalizzante"), wanted.verbalizer.clone(), verbalizer);
    let decided =
        treated.map(|t| format!("{} {}", rome_date(t.at), rome_time(t.at).format("%H:%M")));
    met.same(&what("deciso alle"), wanted.decided_at.clone(), decided);
    let ballot = treated.and_then(|t| t.ballot.as_ref());
    check_votes("voti", &wanted.votes, ballot, case, met);
    let second = case.immediate.as_ref().map(|i| &i.ballot);
    check_votes("voti sulla I.E.", &wanted.immediate_votes, second, case, met);
}

fn check_votes(
    name: &str,
    wanted: &BTreeMap<String, u32>,
    ballot: Option<&Ballot>,
    case: &Case,
    met: &mut Met,
) {
    let count = ballot.map(|b| b.count(0, 0, 0));
    for (key, number) in wanted {
        let got = count.and_then(|c| match key.as_str() {
            "favour" => Some(c.favour),
            "against" => Some(c.against),
            "abstained" => Some(c.abstained),
            "blank" => Some(c.blank),
            "void" => Some(c.void),
            _ => None,
        });
        met.same(&format!("{}, {name} {key}", case.id), Some(*number), got);
    }
}
