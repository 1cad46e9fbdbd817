// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a scenario says must be true.

use super::ScenarioError;
use super::report::SentMail;
use crate::domain::case::{efficacy, on_albo, terms_of};
use crate::domain::effects::token;
use crate::domain::law::calendar::{rome_date, rome_instant};
use crate::domain::stream::StreamId;
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
    /// Number of the proposal.
    pub proposal: Option<i64>,
    /// Number of the act; 0 = none.
    pub number: Option<i64>,
    /// Number in the Albo.
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
    /// Declared immediately enforceable.
    pub immediate: Option<bool>,
    /// In the Albo at noon of the day.
    pub on_albo: Option<bool>,
    /// Outcome of the item.
    pub outcome: Option<String>,
    /// Members present at the item.
    pub present: Option<u32>,
    /// Number of irregularities overridden.
    pub anomalies: Option<usize>,
    /// Papers that must exist, by key, with their state: `owed`, `prepared`, `complete`.
    pub papers: BTreeMap<String, String>,
    /// Duties: `pending`, `done`, `failed`.
    pub duties: BTreeMap<String, String>,
    /// Status of the sitting.
    pub status: Option<String>,
    /// Messages sent so far, by folder of templates: at least so many about this act or sitting.
    pub mails: BTreeMap<String, usize>,
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
    fn same<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, wanted: Option<T>, got: Option<T>) {
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
        let sitting = world.sittings.get(id);
        let status = sitting.map(|s| s.status.token().to_owned());
        met.same(&format!("{id}: stato della seduta"), wanted.status.clone(), status);
    }
    for (message, least) in &wanted.mails {
        let about = |mail: &&SentMail| {
            mail.message == *message && (wanted.case.is_none() || mail.case == wanted.case)
        };
        let sent = mails.iter().filter(about).count();
        if sent >= *least {
            met.met += 1;
        } else {
            met.failed.push(format!("messaggi «{message}»: attesi {least}, inviati {sent}"));
        }
    }
    Ok(met)
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
    let number = |register: &str| case.number(register).map(|n| n.number);
    met.same(&what("passo"), wanted.step.clone(), Some(case.step.clone()));
    let lifecycle = token(&case.lifecycle(&workflow, day));
    met.same(&what("stato"), wanted.lifecycle.clone(), Some(lifecycle));
    let efficacy = token(&efficacy(case, day).0);
    met.same(&what("efficacia"), wanted.efficacy.clone(), Some(efficacy));
    met.same(&what("proposta"), wanted.proposal, number(&workflow.proposal_register));
    met.same(&what("numero"), wanted.number, Some(act));
    met.same(&what("albo"), wanted.albo, number(&workflow.albo_register));
    met.same(&what("adozione"), wanted.adopted, case.treatment.as_ref().map(|t| t.date));
    met.same(&what("pubblicazione"), wanted.posted, case.posting.as_ref().map(|p| p.day));
    met.same(&what("ultimo giorno"), wanted.last_day, terms.map(|t| t.last_day));
    met.same(&what("primo giorno fuori"), wanted.off_on, terms.map(|t| t.off_on));
    met.same(&what("esecutività"), wanted.effective_on, terms.map(|t| t.effective_on));
    met.same(&what("immediata eseguibilità"), wanted.immediate, Some(case.is_immediate()));
    met.same(&what("in Albo"), wanted.on_albo, Some(on_albo(case, instant)));
    let treated = case.treatment.as_ref().or(case.not_voted.last());
    met.same(&what("esito"), wanted.outcome.clone(), treated.map(|t| token(&t.outcome)));
    met.same(&what("presenti"), wanted.present, treated.map(crate::domain::sitting::Treatment::present));
    met.same(&what("anomalie"), wanted.anomalies, treated.map(|t| t.anomalies.len()));
    for (key, status) in &wanted.papers {
        let got = case.paper(key).map(|p| p.status().to_owned());
        met.same(&what(&format!("documento {key}")), Some(status.clone()), got);
    }
    for (duty, status) in &wanted.duties {
        let got = case.duties.get(duty).map(|d| super::report::duty_token(d).to_owned());
        met.same(&what(&format!("adempimento {duty}")), Some(status.clone()), got);
    }
    Ok(())
}
