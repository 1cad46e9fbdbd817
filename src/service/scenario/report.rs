// SPDX-License-Identifier: AGPL-3.0-or-later
//! What a run leaves: the object of `run --json` (design.md section 7) and the documents.

use super::ScenarioError;
use crate::domain::case::{Case, DutyState, effective_on, efficacy, in_force_on, terms_of};
use crate::domain::changes::Fact;
use crate::domain::effects::token;
use crate::domain::law::calendar::rome_date;
use crate::domain::papers::SignedPaper;
use crate::domain::refusal::Refusal;
use crate::domain::stream::{StreamId, StreamKind};
use crate::domain::world::World;
use crate::service::execute::Executor;
use crate::service::history::fact_of;
pub use crate::service::worker::SentMail;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// The result of a scenario.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// Acts.
    pub cases: Vec<CaseReport>,
    /// Registers.
    pub registers: Vec<RegisterReport>,
    /// Documents, in order of time.
    pub documents: Vec<DocumentReport>,
    /// Mails, in order of time.
    pub mails: Vec<SentMail>,
    /// Refusals, in order of time.
    pub refusals: Vec<RefusalSeen>,
    /// Expectations.
    pub expectations: Expectations,
    /// Sittings, for people.
    #[serde(skip)]
    pub sittings: Vec<SittingOutcome>,
}

/// Expectations met and failed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Expectations {
    /// How many were met.
    pub met: usize,
    /// Those that were not, with place and reason.
    pub failed: Vec<String>,
}

/// An act at the end of the run.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct CaseReport {
    /// Case id.
    pub id: String,
    /// Act kind.
    pub kind: String,
    /// Object.
    pub subject: String,
    /// Step.
    pub step: String,
    /// Lifecycle token.
    pub lifecycle: String,
    /// Efficacy token.
    pub efficacy: String,
    /// Duties: `pending`, `done`, `failed`.
    pub duties: BTreeMap<String, String>,
    /// Numbers.
    pub numbers: Numbers,
    /// Dates.
    pub dates: Dates,
}

/// Numbers of an act.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Numbers {
    /// Of the proposal.
    pub proposal: Option<String>,
    /// Of the act.
    pub deliberation: Option<String>,
    /// In the Albo.
    pub albo: Option<String>,
}

/// Dates of an act.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Dates {
    /// Adoption.
    pub adopted: Option<NaiveDate>,
    /// D.
    pub posted: Option<NaiveDate>,
    /// Last day of posting.
    pub last_day: Option<NaiveDate>,
    /// First day off the Albo.
    pub off_on: Option<NaiveDate>,
    /// Executivity.
    pub effective_on: Option<NaiveDate>,
    /// First day of the regulation it approves (R7.6); only where it approves one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_force_on: Option<NaiveDate>,
}

/// A register.
#[derive(Debug, Clone, Serialize)]
pub struct RegisterReport {
    /// Token.
    pub register: String,
    /// Year.
    pub year: i32,
    /// Last number.
    pub last: i64,
    /// Numbers taken in the run.
    pub taken: Vec<i64>,
}

/// A document left in `acts/`.
#[derive(Debug, Clone, Serialize)]
pub struct DocumentReport {
    /// Case or sitting.
    pub case: String,
    /// Kind token.
    pub kind: String,
    /// File name in `acts/`.
    pub file: String,
    /// SHA-256.
    pub sha256: String,
    /// Who signed, in order.
    pub signers: Vec<String>,
}

/// A refusal met.
#[derive(Debug, Clone, Serialize)]
pub struct RefusalSeen {
    /// Command.
    pub command: String,
    /// Code.
    pub code: String,
    /// Rule.
    pub rule: String,
    /// Article.
    pub article: String,
    /// Text.
    pub text: String,
}

impl RefusalSeen {
    /// The refusal of a command.
    pub fn new(command: &str, refusal: &Refusal) -> Self {
        Self {
            command: command.into(),
            code: refusal.code.clone(),
            rule: refusal.rule.clone(),
            article: refusal.article.clone(),
            text: refusal.text.clone(),
        }
    }
}

/// What a sitting did, for people.
#[derive(Debug, Clone)]
pub struct SittingOutcome {
    /// Sitting id.
    pub id: String,
    /// Items with their outcome token.
    pub items: Vec<(String, String)>,
}

/// Token of a duty's state.
pub fn duty_token(duty: &DutyState) -> &'static str {
    match &duty.settled {
        None => "pending",
        Some((true, ..)) => "done",
        Some((false, ..)) => "failed",
    }
}

/// A document found in the events: where it came, in the end, to.
struct Found {
    stream: StreamId,
    name: String,
    kind: String,
    sha256: String,
    signers: Vec<String>,
}

impl Report {
    /// Reads the whole database and writes the documents to `acts/`.
    ///
    /// # Errors
    /// When the database does not answer or a file cannot be written.
    pub(super) async fn collect(
        &mut self,
        executor: &Executor,
        folder: &Path,
        now: DateTime<Utc>,
    ) -> Result<(), ScenarioError> {
        let mut streams = executor.store.streams(StreamKind::Case).await?;
        streams.extend(executor.store.streams(StreamKind::Sitting).await?);
        let world = executor.world(&streams).await?;
        self.cases = world.cases.values().filter_map(|c| case_report(&world, c, now)).collect();
        self.registers = registers(&world);
        self.sittings = world
            .sittings
            .values()
            .map(|s| SittingOutcome {
                id: s.id.clone(),
                items: s
                    .items
                    .iter()
                    .map(|i| {
                        (i.subject.clone(), i.outcome.map(|(o, _)| token(&o)).unwrap_or_default())
                    })
                    .collect(),
            })
            .collect();
        let found = documents(executor, &world).await?;
        for (i, document) in found.into_iter().enumerate() {
            let file = format!("{:02}-{}-{}.pdf", i + 1, document.stream.id, document.name);
            let bytes = crate::service::paper::document(executor, &document.sha256).await?;
            let path = folder.join("acts").join(&file);
            std::fs::write(&path, bytes)
                .map_err(|source| ScenarioError::Io { path: path.display().to_string(), source })?;
            self.documents.push(DocumentReport {
                case: document.stream.id,
                kind: document.kind,
                file,
                sha256: document.sha256,
                signers: document.signers,
            });
        }
        Ok(())
    }
}

/// An act as it stands now; none when its workflow is not on record.
pub fn case_report(world: &World, case: &Case, now: DateTime<Utc>) -> Option<CaseReport> {
    let workflow = world.workflow(case).ok()?;
    let today = rome_date(now);
    let terms = terms_of(case);
    let label =
        |n: Option<&crate::domain::case::Numbering>| n.map(|n| format!("{}/{}", n.number, n.year));
    Some(CaseReport {
        id: case.id.clone(),
        kind: case.kind.clone(),
        subject: case.content.subject.clone(),
        step: case.step.clone(),
        lifecycle: token(&case.lifecycle(&workflow, today)),
        efficacy: token(&efficacy(case, today).0),
        duties: case.duties.iter().map(|(k, d)| (k.clone(), duty_token(d).to_owned())).collect(),
        numbers: Numbers {
            proposal: label(case.number(&workflow.proposal_register)),
            deliberation: label(case.act_number(&workflow)),
            albo: label(case.number(&workflow.albo_register)),
        },
        dates: Dates {
            adopted: case.treatment.as_ref().filter(|_| case.is_adopted()).map(|t| t.date),
            posted: case.posting.as_ref().map(|p| p.day),
            last_day: terms.map(|t| t.last_day),
            off_on: terms.map(|t| t.off_on),
            effective_on: effective_on(case).filter(|_| case.is_adopted()),
            in_force_on: in_force_on(case),
        },
    })
}

fn registers(world: &World) -> Vec<RegisterReport> {
    let mut taken: BTreeMap<(String, i32), Vec<i64>> = BTreeMap::new();
    for number in world.cases.values().flat_map(|c| &c.numbers) {
        taken.entry((number.register.clone(), number.year)).or_default().push(number.number);
    }
    taken
        .into_iter()
        .map(|((register, year), mut taken)| {
            taken.sort_unstable();
            let last = taken.last().copied().unwrap_or_default();
            RegisterReport { register, year, last, taken }
        })
        .collect()
}

/// Every document in the order in which it first came to be, in its final revision.
async fn documents(executor: &Executor, world: &World) -> Result<Vec<Found>, ScenarioError> {
    let mut found: Vec<Found> = Vec::new();
    let mut position = 0;
    loop {
        let page = executor.store.events_after(position, 1_000).await?;
        let Some(last) = page.last() else { return Ok(found) };
        position = last.position;
        for stored in &page {
            let stream = stored.event.stream.clone();
            if let Ok(fact) = fact_of(stored)
                && let Some(key) = prepared(&fact)
            {
                found.extend(owed(world, &stream, &key));
            }
            for (paper, office) in carried(&stored.event.payload) {
                found.push(Found {
                    stream: stream.clone(),
                    name: if office.is_empty() {
                        paper.kind.token()
                    } else {
                        format!("{}-{office}", paper.kind.token())
                    },
                    kind: paper.kind.token(),
                    sha256: paper.sha256,
                    signers: vec![name_of(world, &paper.fiscal_code)],
                });
            }
            let list = stored.event.payload.get("paper").and_then(Value::as_str);
            // The list that is sealed has no fact that owes it; the one that is signed is there already.
            if let (Some(sha256), "capigruppo_sent") = (list, stored.event.kind.as_str())
                && !found.iter().any(|known| known.sha256 == sha256)
            {
                found.push(Found {
                    stream,
                    name: "elenco_capigruppo".into(),
                    kind: "elenco_capigruppo".into(),
                    sha256: sha256.to_owned(),
                    signers: vec![world.registry.comune.name.clone()],
                });
            }
        }
    }
}

fn prepared(fact: &Fact) -> Option<String> {
    use crate::domain::case::CaseEvent;
    use crate::domain::sitting::SittingEvent;
    match fact {
        Fact::Case(_, CaseEvent::PaperPrepared { key, .. })
        | Fact::Sitting(_, SittingEvent::PaperPrepared { key, .. }) => Some(key.clone()),
        _ => None,
    }
}

fn owed(world: &World, stream: &StreamId, key: &str) -> Option<Found> {
    let paper = crate::service::office::paper_state(world, stream, key).ok()?;
    Some(Found {
        stream: stream.clone(),
        name: key.to_owned(),
        kind: paper.plan.kind.token(),
        sha256: paper.sha256?,
        signers: paper.signed.iter().map(|(_, s, _)| s.name.clone()).collect(),
    })
}

/// Papers a fact carries, with the office they are about.
fn carried(payload: &Value) -> Vec<(SignedPaper, String)> {
    let office = payload.get("office").and_then(Value::as_str).unwrap_or_default().to_owned();
    let nested = payload.get("change").and_then(|c| c.get("paper"));
    [payload.get("paper"), nested]
        .into_iter()
        .flatten()
        .filter_map(|value| serde_json::from_value::<SignedPaper>(value.clone()).ok())
        .map(|paper| (paper, office.clone()))
        .collect()
}

fn name_of(world: &World, fiscal_code: &str) -> String {
    world
        .registry
        .people
        .values()
        .find(|p| p.fiscal_code.eq_ignore_ascii_case(fiscal_code))
        .map_or_else(|| fiscal_code.to_owned(), |p| p.name())
}
