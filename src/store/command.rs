// SPDX-License-Identifier: AGPL-3.0-or-later
//! A command on its way through the writer: asked any number of times, answered once.

use super::write::{Loaded, Outcome, ReadSet, WriteSet, Written};
use super::{StoreError, WriteError};
use crate::domain::refusal::Refusal;
use crate::domain::stream::StoredEvent;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokio::sync::oneshot;

/// What the writer knows of a command; the type of its value is its own affair.
pub(crate) trait Command: Send {
    fn read(&self) -> &ReadSet;
    fn read_also(&mut self, more: &ReadSet);
    fn decide(&mut self, loaded: &Loaded) -> Decision;
    fn answer(self: Box<Self>, result: Result<Vec<StoredEvent>, WriteError>);
}

/// [`Outcome`] without the value, which the command keeps until the commit.
pub(crate) enum Decision {
    Write(WriteSet),
    Refused(Refusal),
    ReadAlso(ReadSet),
    Panicked(String),
}

/// What whoever asked gets.
pub(crate) type Answered<T> = Result<Written<T>, WriteError>;

struct Asked<T, F> {
    read: ReadSet,
    decide: F,
    value: Option<T>,
    reply: oneshot::Sender<Answered<T>>,
}

/// A command from a closure, and where its answer will arrive.
pub(crate) fn command<T, F>(
    read: ReadSet,
    decide: F,
) -> (Box<dyn Command>, oneshot::Receiver<Answered<T>>)
where
    T: Send + 'static,
    F: FnMut(&Loaded) -> Outcome<T> + Send + 'static,
{
    let (reply, answer) = oneshot::channel();
    (Box::new(Asked { read, decide, value: None, reply }), answer)
}

impl<T, F> Command for Asked<T, F>
where
    T: Send + 'static,
    F: FnMut(&Loaded) -> Outcome<T> + Send + 'static,
{
    fn read(&self) -> &ReadSet {
        &self.read
    }

    fn read_also(&mut self, more: &ReadSet) {
        self.read.extend(more);
    }

    fn decide(&mut self, loaded: &Loaded) -> Decision {
        self.value = None;
        // A panic must not take down the writer, on which every other command depends.
        match catch_unwind(AssertUnwindSafe(|| (self.decide)(loaded))) {
            Ok(Outcome::Write(write, value)) => {
                self.value = Some(value);
                Decision::Write(write)
            }
            Ok(Outcome::Refused(refusal)) => Decision::Refused(refusal),
            Ok(Outcome::ReadAlso(more)) => Decision::ReadAlso(more),
            Err(panic) => Decision::Panicked(
                panic
                    .downcast_ref::<&str>()
                    .map(ToString::to_string)
                    .or_else(|| panic.downcast_ref::<String>().cloned())
                    .unwrap_or_default(),
            ),
        }
    }

    fn answer(self: Box<Self>, result: Result<Vec<StoredEvent>, WriteError>) {
        let result = match (result, self.value) {
            (Ok(events), Some(value)) => Ok(Written { value, events }),
            (Ok(_), None) => Err(StoreError::Closed.into()),
            (Err(error), _) => Err(error),
        };
        // Nobody may be waiting any more: what was recorded stays recorded.
        let _ = self.reply.send(result);
    }
}
