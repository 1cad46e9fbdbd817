// SPDX-License-Identifier: AGPL-3.0-or-later
//! Every hour the Comune asks for its own public pages, as a citizen would: what must be in the Albo
//! is there with the very bytes that were posted, what is over is gone. What is found is kept and
//! told; only a person attests an outage, and no date moves by itself (R6.5).

use super::{Done, JobError, Worker};
use crate::domain::albo::{Standing, find};
use crate::domain::case::{Availability, CaseCommand, Posting};
use crate::domain::command::Command;
use crate::domain::digest::sha256_hex;
use crate::domain::effects::MailJob;
use crate::domain::law::calendar::{rome_date, rome_midnight};
use crate::domain::registry::Role;
use crate::domain::rows::PostingRow;
use crate::domain::stream::{NewDocument, StreamId};
use crate::service::clock::Clock;
use crate::service::execute::ExecuteError;
use crate::service::keyring::network::Http;
use crate::store::{Expected, Job as QueuedJob, Probe};
use chrono::{DateTime, Days, TimeDelta, Utc};
use chrono_tz::Europe::Rome;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Days after its term for which a posting is asked for again, to see that it is gone.
const GONE_DAYS: u64 = 3;
/// Longest round: the others wait for the next hour rather than overlap with it.
const ROUND: TimeDelta = TimeDelta::seconds(90);
/// Days a probe is kept at most; those of an ended posting are a document by then.
const KEPT_DAYS: i64 = 400;
/// Postings named in a message.
const NAMED: usize = 10;
/// Nobody answered.
const SILENT: u16 = 0;

/// One posting to ask for.
struct Target {
    row: PostingRow,
    expected: Expected,
}

impl Worker {
    /// One round.
    pub(super) async fn probe(&self, queued: &QueuedJob) -> Result<Done, JobError> {
        let Some(base) = self.pages.clone() else {
            return Ok(Done::Yes("senza indirizzo delle pagine pubbliche".into()));
        };
        let (store, now) = (&self.office.executor.store, self.now());
        let today = rome_date(now);
        let since = today.checked_sub_days(Days::new(GONE_DAYS)).unwrap_or(today);
        let of = |expected| move |row| Target { row, expected };
        let mut targets: Vec<Target> =
            store.on_albo(now, today).await?.into_iter().map(of(Expected::Shown)).collect();
        let ended = store.off_albo(since, today).await?;
        targets.extend(ended.into_iter().map(of(Expected::Gone)));
        let clock = Arc::clone(&self.office.executor.clock);
        let round = tokio::task::spawn_blocking(move || look_at_all(&base, targets, &*clock));
        let looked = round.await.map_err(|error| JobError::Retry(error.to_string()))?;
        let mut probes = Vec::with_capacity(looked.len());
        for (row, probe) in looked {
            // Posted, annulled or ended while it was asked for: the look says nothing.
            if probe.note.is_empty() || self.still_expected(&row, &probe).await? {
                probes.push(probe);
            }
        }
        let failed: Vec<&Probe> = probes.iter().filter(|probe| !probe.note.is_empty()).collect();
        let told = store.failed_probes(rome_midnight(today), now).await? > 0;
        store.keep_probes(&probes, now - TimeDelta::days(KEPT_DAYS)).await?;
        if !failed.is_empty() && !told {
            self.tell_failures(&failed, queued).await?;
        }
        Ok(Done::Yes(format!("{} pubblicazioni, {} senza esito", probes.len(), failed.len())))
    }

    async fn still_expected(&self, row: &PostingRow, probe: &Probe) -> Result<bool, JobError> {
        let world = self.office.executor.sittings(&[StreamId::case(&row.case_id)]).await?;
        let year = i32::try_from(row.year).unwrap_or_default();
        let case = world.cases.get(&row.case_id);
        let Some(found) = case.and_then(|case| find(case, year, row.number)) else {
            return Ok(false);
        };
        let standing = found.standing(self.now());
        Ok(match probe.expected {
            Expected::Shown => standing == Standing::Shown && found.posting.file == row.file,
            Expected::Gone => standing == Standing::Ended,
        })
    }

    /// Tells who answers for the Albo, at the first failure of a day: the hours are in the log.
    async fn tell_failures(&self, failed: &[&Probe], queued: &QueuedJob) -> Result<(), JobError> {
        let on = rome_date(self.now());
        let world = self.office.executor.world(&[]).await?;
        let mut lines: Vec<String> = failed
            .iter()
            .take(NAMED)
            .map(|probe| format!("n. {}/{}: {}", probe.number, probe.year, probe.note))
            .collect();
        if failed.len() > NAMED {
            lines.push(format!("e altre {}", failed.len() - NAMED));
        }
        let roles = [Role::ResponsabilePubblicazione, Role::Segreteria];
        let people: BTreeSet<String> = roles
            .iter()
            .flat_map(|role| world.registry.in_service(*role, None, on))
            .map(|answers| answers.person)
            .collect();
        let mail = |person: String| MailJob {
            message: "albo-non-raggiungibile".into(),
            moment: "albo_probe".into(),
            person,
            case: None,
            sitting: None,
            day: on,
            detail: json!({ "reason": lines.join("\n"), "day": on }),
        };
        let mails = people.into_iter().map(mail).collect();
        let told = self.tell_each(mails, &format!("albo-probe:{on}"), queued.due_at).await?;
        tracing::warn!(failed = failed.len(), told, "the public pages are not as they should be");
        Ok(())
    }

    /// Puts on record what the probes of a posting found, with their log, when its term is over: the
    /// referto prints it. Without any probe there is nothing to say.
    pub(super) async fn availability(&self, id: &str) -> Result<(), JobError> {
        let executor = &self.office.executor;
        let world = executor.world(&[StreamId::case(id)]).await?;
        let Some(posting) = world.cases.get(id).and_then(|case| case.posting.clone()) else {
            return Ok(());
        };
        let mut probes = executor.store.probes(posting.year, posting.number).await?;
        let from = posting.shown_from();
        probes.retain(|probe| probe.expected == Expected::Shown && from <= probe.at);
        let (Some(first), Some(last)) = (probes.first(), probes.last()) else { return Ok(()) };
        let log = log_of(&posting, &probes)?;
        let found = Availability {
            year: posting.year,
            number: posting.number,
            probes: u32::try_from(probes.len()).unwrap_or(u32::MAX),
            failed: u32::try_from(probes.iter().filter(|p| !p.note.is_empty()).count())
                .unwrap_or(u32::MAX),
            first: first.at,
            last: last.at,
            sha256: log.sha256.clone(),
            media_type: log.media_type.clone(),
        };
        let command = CaseCommand::RecordAvailability(found);
        match self.system(Command::Case { id: id.into(), command }, vec![log]).await {
            Ok(()) => Ok(executor.store.drop_probes(posting.year, posting.number).await?),
            // The term moved, or somebody ended the posting before: the timer says so itself.
            Err(ExecuteError::Refused(refusal))
                if ["posting_not_ended", "posting_already_ended", "not_posted"]
                    .contains(&refusal.code.as_str()) =>
            {
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// The log of a posting: one line a look, in the time of Italy; the same looks give the same bytes.
fn log_of(posting: &Posting, probes: &[Probe]) -> Result<NewDocument, JobError> {
    let unwritten = |error: csv::Error| JobError::Retry(error.to_string());
    let mut log = csv::Writer::from_writer(Vec::new());
    log.write_record(["albo", "istante", "stato_http", "esito"]).map_err(unwritten)?;
    for probe in probes {
        let at = probe.at.with_timezone(&Rome).to_rfc3339();
        let number = format!("{}/{}", posting.number, posting.year);
        let outcome = if probe.note.is_empty() { "raggiunto" } else { probe.note.as_str() };
        let status = probe.status.to_string();
        let line = [number.as_str(), at.as_str(), status.as_str(), outcome];
        log.write_record(line).map_err(unwritten)?;
    }
    let bytes = log.into_inner().map_err(|error| JobError::Retry(error.to_string()))?;
    Ok(NewDocument { sha256: sha256_hex(&bytes), media_type: "text/csv".into(), bytes })
}

/// Asks for each posting in turn. When nobody answers at all, they are all out of reach: each is not
/// waited for on its own.
fn look_at_all(base: &str, targets: Vec<Target>, clock: &dyn Clock) -> Vec<(PostingRow, Probe)> {
    let http = Http::default();
    let began = clock.now();
    let unreachable = http.get(&format!("{base}/albo")).err();
    let mut looked = Vec::with_capacity(targets.len());
    for Target { row, expected } in targets {
        let at = clock.now();
        if at - began > ROUND {
            break;
        }
        let answer = match &unreachable {
            Some(why) => (SILENT, format!("l'Albo non risponde ({why})")),
            None => look(&http, base, &row, expected),
        };
        // Whether something is gone cannot be seen while nothing answers.
        if expected == Expected::Gone && answer.0 == SILENT {
            continue;
        }
        let probe = probe(&row, expected, at, answer);
        looked.push((row, probe));
    }
    looked
}

fn probe(
    row: &PostingRow,
    expected: Expected,
    at: DateTime<Utc>,
    (status, note): (u16, String),
) -> Probe {
    Probe { year: row.year, number: row.number, at, expected, status, note }
}

/// The page, then the file: status of the worse of the two, and what is wrong.
fn look(http: &Http, base: &str, row: &PostingRow, expected: Expected) -> (u16, String) {
    let page = format!("{base}/albo/{}/{}", row.year, row.number);
    let file = format!("{page}/{}", row.file);
    for url in [&page, &file] {
        let (status, bytes) = match http.get(url) {
            Ok(answer) => answer,
            Err(why) => return (SILENT, format!("nessuna risposta ({why})")),
        };
        let wrong = match (expected, status) {
            (Expected::Shown, 200) if *url == file && sha256_hex(&bytes) != row.file => {
                "il file non è quello pubblicato".to_owned()
            }
            (Expected::Shown, 200) | (Expected::Gone, 404 | 410) => continue,
            (Expected::Shown, other) => format!("la pagina risponde {other}"),
            (Expected::Gone, 200) => "è ancora consultabile oltre il termine".to_owned(),
            (Expected::Gone, _) => return (SILENT, String::new()),
        };
        return (status, wrong);
    }
    (if expected == Expected::Shown { 200 } else { 410 }, String::new())
}
