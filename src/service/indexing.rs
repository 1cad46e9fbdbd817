// SPDX-License-Identifier: AGPL-3.0-or-later
//! Reads the acts that changed into the index of words, with how long things took.
//!
//! It comes after the commit and owes nothing to anybody: a worker that is down delays what a search
//! finds by as long, and who reads a register sees every number at once, since those are rows.

use super::execute::{ExecuteError, Executor};
use super::history::fact_of;
use crate::domain::case::{Case, CaseEvent, Effect, terms_of};
use crate::domain::changes::Fact;
use crate::domain::effects::token;
use crate::domain::measures::measures;
use crate::domain::search::words_of;
use crate::domain::stream::StreamId;
use crate::domain::workflow::Lifecycle;
use crate::store::{SearchAct, StoreError};
use chrono::{DateTime, NaiveDate, Utc};

/// Acts taken at a time; each is stored on its own, so that nobody waits for long.
const BATCH: i64 = 64;

/// Reads every act that is marked, until none is left or somebody says that it is enough: after a
/// restore there may be many. Gives how many. An act this program cannot read is left out, and said.
///
/// # Errors
/// When the database does not answer.
pub async fn catch_up(
    executor: &Executor,
    go_on: &(impl Fn() -> bool + Sync),
) -> Result<usize, StoreError> {
    let mut done = 0;
    while go_on() {
        let marked = executor.store.unindexed(BATCH).await?;
        if marked.is_empty() {
            return Ok(done);
        }
        for (case, version) in marked {
            match read(executor, &case).await {
                Ok(Some(act)) => {
                    // A row ahead of its events is for `verify`: here it must not be read for ever.
                    let act = SearchAct { version: act.version.max(version), ..act };
                    executor.store.index_act(&act).await?;
                }
                Ok(None) => executor.store.leave_unindexed(&case, version).await?,
                Err(ExecuteError::Store(error)) => return Err(error),
                Err(error) => {
                    tracing::warn!(case, %error, "an act stays out of the index");
                    executor.store.leave_unindexed(&case, version).await?;
                }
            }
            done += 1;
        }
    }
    Ok(done)
}

/// What the index keeps of an act as it is now.
async fn read(executor: &Executor, id: &str) -> Result<Option<SearchAct>, ExecuteError> {
    let stream = StreamId::case(id);
    let (loaded, world) = executor.folded(std::slice::from_ref(&stream)).await?;
    let Some(case) = world.cases.get(id).filter(|case| case.exists()) else { return Ok(None) };
    let workflow = world.workflow(case).map_err(ExecuteError::Refused)?;
    let mut events: Vec<(CaseEvent, DateTime<Utc>)> = Vec::new();
    for stored in loaded.stream(&stream) {
        if let Fact::Case(_, event) = fact_of(stored)? {
            events.push((event, stored.event.happened_at));
        }
    }
    Ok(Some(SearchAct {
        case: id.to_owned(),
        version: case.version,
        words: words_of(case, &world.registry),
        off_on: terms_of(case).map(|terms| terms.off_on),
        ended: ended(case).map(|(day, state)| (day, token(&state))),
        measures: measures(case, &workflow, &events),
    }))
}

/// From when a later act takes this one away: annulment first, as in [`Case::lifecycle`].
fn ended(case: &Case) -> Option<(NaiveDate, Lifecycle)> {
    let first = |how: Effect| {
        let holding = case.touches.iter().filter(|t| t.how == how && !t.is_void());
        holding.map(|touch| touch.from).min()
    };
    let annulled = first(Effect::Annul).map(|day| (day, Lifecycle::Annulled));
    annulled.or_else(|| first(Effect::Revoke).map(|day| (day, Lifecycle::Revoked)))
}
