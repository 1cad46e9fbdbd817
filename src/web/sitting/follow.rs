// SPDX-License-Identifier: AGPL-3.0-or-later
//! Every screen follows within a second (server-sent events).
//!
//! The events carry a number and nothing else: whoever sees it change reads the page again from the
//! database, also after a lost line, so nothing can be missed or told in the wrong order. The number
//! is looked up in the database rather than told by the write, so that it moves too when another
//! process wrote: two look-ups by index a second for each sitting being watched, however many watch.

use crate::domain::visibility::may_read_sittings;
use crate::store::Store;
use crate::web::Shared;
use crate::web::error::WebError;
use crate::web::visitor::Visitor;
use axum::extract::{Path, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;

/// Between two looks at a sitting that somebody watches.
const LOOK: Duration = Duration::from_millis(400);
/// A stream ends after this, and the browser opens another: a closed session does not follow on.
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// How soon a browser tries again when the line falls, in milliseconds.
const RETRY: Duration = Duration::from_millis(1000);

/// The sittings being watched in this process, each with one who looks.
#[derive(Debug, Default)]
pub struct Watched(Mutex<BTreeMap<String, watch::Receiver<i64>>>);

impl Watched {
    /// The number of a sitting as it changes; begins to look when nobody does yet.
    fn follow(self: &Arc<Self>, store: &Store, id: &str) -> watch::Receiver<i64> {
        let mut watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = watched.get(id) {
            // Alive: its looker ends only under this lock, when nobody else holds a receiver.
            return known.clone();
        }
        let (tell, hear) = watch::channel(0);
        watched.insert(id.to_owned(), hear.clone());
        tokio::spawn(look(Arc::clone(self), store.clone(), id.to_owned(), tell));
        hear
    }

    /// Forgets a sitting nobody watches any more but this table.
    fn forget(&self, id: &str, tell: &watch::Sender<i64>) -> bool {
        let mut watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let alone = tell.receiver_count() <= 1;
        if alone {
            watched.remove(id);
        }
        alone
    }
}

async fn look(watched: Arc<Watched>, store: Store, id: String, tell: watch::Sender<i64>) {
    while !watched.forget(&id, &tell) {
        match store.progress(&id).await {
            Ok(Some(number)) => drop(tell.send_if_modified(|known| {
                let moved = *known != number;
                *known = number;
                moved
            })),
            Ok(None) => {}
            // The screens keep what they show; the next look may go better.
            Err(error) => tracing::warn!(%error, sitting = id, "a sitting cannot be followed"),
        }
        tokio::time::sleep(LOOK).await;
    }
}

type Told = Result<Event, Infallible>;

/// Hands each new number to one screen until it is gone, its time is over, or the server stops.
async fn tell(
    mut numbers: watch::Receiver<i64>,
    screen: mpsc::Sender<Told>,
    mut closing: watch::Receiver<bool>,
) {
    let over = tokio::time::sleep(LONGEST);
    tokio::pin!(over);
    loop {
        let number = *numbers.borrow_and_update();
        let event = Event::default().event("seduta").retry(RETRY).data(number.to_string());
        if number != 0 && screen.send(Ok(event)).await.is_err() {
            return;
        }
        tokio::select! {
            changed = numbers.changed() => if changed.is_err() { return },
            _ = closing.changed() => return,
            () = screen.closed() => return,
            () = &mut over => return,
        }
    }
}

/// The stream of one screen.
///
/// # Errors
/// 404 when there is no such sitting, 403 when this person may not read it.
pub async fn events(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    may_read_sittings(&visitor.registry, visitor.id(), visitor.today)?;
    let store = &app.office.executor.store;
    store.progress(&id).await?.ok_or(WebError::NotFound)?;
    let (send, hear) = mpsc::channel(1);
    tokio::spawn(tell(app.watched.follow(store, &id), send, app.closing.subscribe()));
    let alive = KeepAlive::new().interval(Duration::from_secs(10));
    let mut response = Sse::new(ReceiverStream::new(hear)).keep_alive(alive).into_response();
    // A proxy must hand each event on at once.
    let no = axum::http::HeaderValue::from_static("no");
    response.headers_mut().insert("x-accel-buffering", no);
    Ok(response)
}
