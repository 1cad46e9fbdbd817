// SPDX-License-Identifier: AGPL-3.0-or-later
//! What is periodic: which task runs when, in the civil time of Europe/Rome.
//!
//! No term of law hangs on these tasks (design.md section 2): they seal, certify and remind. An
//! occurrence is named by its task and its instant, so it runs once however often it is found.
//!
//! The crate `cron` computes the occurrences. What it does that a person would not expect is kept
//! out here, at the reading: it wants six fields, counts weekdays from Sunday = 1, asks that day of
//! month *and* weekday agree, skips 02:30 in spring and runs it twice in autumn.

use crate::domain::stream::NewJob;
use chrono::{DateTime, Utc};
use chrono_tz::Europe::Rome;
use cron::TimeUnitSpec;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::str::FromStr;
use thiserror::Error;

/// Occurrences returned at most by one question: more than a year of hours.
pub const OCCURRENCES_MAX: usize = 10_000;

/// Token of the jobs that are occurrences.
pub const KIND: &str = "schedule";

/// Why an expression of time is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RecurrenceError {
    /// The expression has not five fields.
    #[error(
        "l'orario «{0}» deve avere cinque campi: minuto, ora, giorno, mese, giorno della settimana"
    )]
    Fields(String),
    /// A weekday is written as a number: 1 is Monday for people and Sunday for the library.
    #[error(
        "nell'orario «{0}» il giorno della settimana va scritto per nome (Mon … Sun), non con un numero"
    )]
    NumericWeekday(String),
    /// Day of month and weekday together: programs disagree on whether either or both must hold.
    #[error(
        "l'orario «{0}» indica sia il giorno del mese sia quello della settimana: indicarne uno solo"
    )]
    TwoDays(String),
    /// It would run in the hour that is missing in spring and doubled in autumn.
    #[error(
        "l'orario «{0}» cade tra le 2 e le 3, ora che nei cambi dell'ora legale manca o si ripete: \
             scegliere un'altra ora"
    )]
    ChangingHour(String),
    /// An hourly task on some days only.
    #[error(
        "l'orario «{0}» vale a ogni ora: giorno, mese e giorno della settimana devono essere «*»"
    )]
    HourlyOnSomeDays(String),
    /// The library does not read it.
    #[error("l'orario «{0}» non è leggibile ({1})")]
    Unreadable(String, String),
    /// It never happens, e.g. 30 February.
    #[error("l'orario «{0}» non si verifica mai")]
    Never(String),
    /// No task has this name.
    #[error("nessuna attività periodica si chiama «{0}»")]
    UnknownTask(String),
}

/// A recurrence in the civil time of Rome, or at every elapsed hour.
#[derive(Debug, Clone)]
pub struct Recurrence {
    text: String,
    schedule: cron::Schedule,
    hourly: bool,
}

impl FromStr for Recurrence {
    type Err = RecurrenceError;

    /// Reads a five-field expression: minute, hour, day, month, weekday by name.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let shown = text.trim().to_owned();
        let fields: Vec<&str> = shown.split_whitespace().collect();
        let [_, hour, day, month, weekday] = fields[..] else {
            return Err(RecurrenceError::Fields(shown));
        };
        if weekday.chars().any(|c| c.is_ascii_digit()) {
            return Err(RecurrenceError::NumericWeekday(shown));
        }
        let any = |field: &str| field == "*" || field == "?";
        if !any(day) && !any(weekday) {
            return Err(RecurrenceError::TwoDays(shown));
        }
        let hourly = hour == "*";
        if hourly && !(any(day) && any(month) && any(weekday)) {
            return Err(RecurrenceError::HourlyOnSomeDays(shown));
        }
        let schedule = cron::Schedule::from_str(&format!("0 {shown}"))
            .map_err(|e| RecurrenceError::Unreadable(shown.clone(), e.to_string()))?;
        if !hourly && schedule.hours().includes(2) {
            return Err(RecurrenceError::ChangingHour(shown));
        }
        let recurrence = Self { text: shown, schedule, hourly };
        match recurrence.next_after(DateTime::UNIX_EPOCH) {
            Some(_) => Ok(recurrence),
            None => Err(RecurrenceError::Never(recurrence.text)),
        }
    }
}

impl Recurrence {
    /// The five fields as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The first occurrence after an instant.
    pub fn next_after(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.after(instant).next()
    }

    /// Occurrences after an instant, in order. What runs every hour follows the elapsed time: Rome
    /// is whole hours away from UTC, and the long and the short day have 25 and 23 of them.
    fn after(&self, instant: DateTime<Utc>) -> Box<dyn Iterator<Item = DateTime<Utc>> + '_> {
        if self.hourly {
            Box::new(self.schedule.after(&instant))
        } else {
            let local = instant.with_timezone(&Rome);
            Box::new(self.schedule.after_owned(local).map(|at| at.with_timezone(&Utc)))
        }
    }
}

/// Instants of a recurrence after `from`, up to and including `to`; the last [`OCCURRENCES_MAX`]
/// would be a fault of the caller, the first ones are returned.
pub fn due_between(
    recurrence: &Recurrence,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Vec<DateTime<Utc>> {
    recurrence.after(from).take_while(|at| *at <= to).take(OCCURRENCES_MAX).collect()
}

/// What is done periodically.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Chains the root over all streams.
    HourlySeal,
    /// Chains it and mails the seal of the day to those who keep it elsewhere.
    DailySeal,
    /// Asks for the public pages of the Albo.
    AlboProbe,
}

impl Task {
    /// Every task with its token and the hour a Comune starts with.
    pub const ALL: [(Task, &'static str, &'static str); 3] = [
        (Task::HourlySeal, "hourly_seal", "0 * * * *"),
        (Task::DailySeal, "daily_seal", "55 23 * * *"),
        // Away from midnight, when acts come and go.
        (Task::AlboProbe, "albo_probe", "23 * * * *"),
    ];

    /// The token of configuration, jobs and logs.
    pub fn token(self) -> &'static str {
        Self::ALL.iter().find(|(task, _, _)| *task == self).map_or("", |(_, token, _)| token)
    }

    /// Reads a token.
    pub fn parse(token: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, t, _)| *t == token).map(|(task, _, _)| *task)
    }

    /// Whether a process that starts does what was missed before. A look at the public pages is not:
    /// it says nothing of the hour that is gone, and the pages are not up yet.
    pub fn is_made_up_for(self) -> bool {
        match self {
            Self::HourlySeal | Self::DailySeal => true,
            Self::AlboProbe => false,
        }
    }
}

/// A task at its instant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Occurrence {
    /// When.
    pub due_at: DateTime<Utc>,
    /// What.
    pub task: Task,
}

impl Occurrence {
    /// Names the occurrence: the same task at the same instant is the same work.
    pub fn key(&self) -> String {
        format!("schedule/{}/{}", self.task.token(), self.due_at.format("%Y-%m-%dT%H:%M:%SZ"))
    }

    /// The job that performs it, of kind [`KIND`].
    pub fn job(&self) -> NewJob {
        NewJob {
            key: self.key(),
            kind: KIND.into(),
            payload: serde_json::json!({ "task": self.task, "due_at": self.due_at }),
            due_at: self.due_at,
            stream: String::new(),
        }
    }
}

/// The hours of an installation.
#[derive(Debug, Clone)]
pub struct Timetable {
    entries: BTreeMap<Task, Recurrence>,
}

impl Timetable {
    /// The hours every installation starts with, those of the configuration in their place: task
    /// token and expression; `off` silences a task.
    ///
    /// # Errors
    /// An unknown task or an expression that cannot be trusted.
    pub fn new(changes: &BTreeMap<String, String>) -> Result<Self, RecurrenceError> {
        let unknown = changes.keys().find(|name| Task::parse(name).is_none());
        if let Some(name) = unknown {
            return Err(RecurrenceError::UnknownTask(name.clone()));
        }
        let mut entries = BTreeMap::new();
        for (task, token, usual) in Task::ALL {
            match changes.get(token).map_or(usual, String::as_str) {
                "off" => {}
                expression => {
                    entries.insert(task, expression.parse()?);
                }
            }
        }
        Ok(Self { entries })
    }

    /// The tasks and their hours.
    pub fn entries(&self) -> impl Iterator<Item = (Task, &Recurrence)> {
        self.entries.iter().map(|(task, recurrence)| (*task, recurrence))
    }

    /// Every occurrence after `from` up to `to`, in order of time.
    pub fn due(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<Occurrence> {
        let mut found: Vec<Occurrence> = self
            .entries
            .iter()
            .flat_map(|(task, recurrence)| {
                due_between(recurrence, from, to)
                    .into_iter()
                    .map(|due_at| Occurrence { due_at, task: *task })
            })
            .collect();
        found.sort();
        found
    }

    /// What is still owed at `to` by a worker that last looked at `from`: of each task its latest
    /// occurrence. A look is of the moment it is made, and a seal fixes all that was recorded since
    /// the one before, whatever days went by.
    pub fn owed(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<Occurrence> {
        let latest = |(task, recurrence): (&Task, &Recurrence)| {
            let due_at = due_between(recurrence, from, to).pop()?;
            Some(Occurrence { due_at, task: *task })
        };
        let mut found: Vec<Occurrence> = self.entries.iter().filter_map(latest).collect();
        found.sort();
        found
    }

    /// The next instant at which something is due.
    pub fn next_after(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.entries.values().filter_map(|recurrence| recurrence.next_after(instant)).min()
    }
}
