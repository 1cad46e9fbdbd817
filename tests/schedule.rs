// SPDX-License-Identifier: AGPL-3.0-or-later
//! Periodic work in the civil time of Rome: each trap of the library is a test with its name.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use chrono::{DateTime, TimeZone, Timelike, Utc};
use chrono_tz::Europe::Rome;
use delibera::service::clock::{Clock, SimulatedClock, SystemClock};
use delibera::service::schedule::{
    Occurrence, Recurrence, RecurrenceError, Task, Timetable, due_between,
};
use std::collections::{BTreeMap, BTreeSet};

/// An instant given in the time of Rome, where the hour is not doubled.
fn rome(year: i32, month: u32, day: u32, hour: u32, minute: u32) -> DateTime<Utc> {
    Rome.with_ymd_and_hms(year, month, day, hour, minute, 0).unwrap().with_timezone(&Utc)
}

fn every(expression: &str) -> Recurrence {
    expression.parse().unwrap()
}

fn refused(expression: &str) -> RecurrenceError {
    expression.parse::<Recurrence>().expect_err(expression)
}

#[test]
fn trap_five_fields_are_rejected_by_the_library_and_accepted_here() {
    assert!("30 7 * * *".parse::<cron::Schedule>().is_err());
    let next = every("30 7 * * *").next_after(rome(2026, 3, 2, 9, 0));
    assert_eq!(next, Some(rome(2026, 3, 3, 7, 30)));
    for wrong in ["0 30 7 * * *", "7:30", "", "@daily", "30 7 * *", "0 30 7 * * * 2026"] {
        assert!(matches!(refused(wrong), RecurrenceError::Fields(_)), "{wrong}");
    }
}

#[test]
fn trap_weekday_1_is_sunday_in_the_library_so_numbers_are_refused() {
    let library: cron::Schedule = "0 0 18 * * 1".parse().unwrap();
    let first = library.after(&rome(2026, 3, 2, 0, 0)).next().unwrap();
    assert_eq!(first.with_timezone(&Rome).format("%a").to_string(), "Sun");
    for wrong in ["0 18 * * 1", "0 18 * * 1-5", "0 18 * * Mon,2", "0 18 * * 7", "0 18 * * */2"] {
        assert!(matches!(refused(wrong), RecurrenceError::NumericWeekday(_)), "{wrong}");
    }
    let monday = every("0 18 * * Mon").next_after(rome(2026, 3, 3, 0, 0));
    assert_eq!(monday, Some(rome(2026, 3, 9, 18, 0)));
}

#[test]
fn trap_half_past_two_is_skipped_in_spring_and_doubled_in_autumn() {
    let library: cron::Schedule = "0 30 2 * * *".parse().unwrap();
    let on = |day: DateTime<Utc>| {
        let next = day + chrono::TimeDelta::hours(24);
        library.after(&day.with_timezone(&Rome)).take_while(|at| *at < next).count()
    };
    assert_eq!(on(rome(2026, 3, 29, 0, 30)), 0);
    assert_eq!(on(rome(2026, 10, 25, 0, 30)), 2);
    for wrong in ["30 2 * * *", "0 2 * * *", "59 1-3 * * *", "0 */2 * * *", "0 1,2 1 * *"] {
        assert!(matches!(refused(wrong), RecurrenceError::ChangingHour(_)), "{wrong}");
    }
    assert!("0 3 * * *".parse::<Recurrence>().is_ok());
    assert!("59 1 * * *".parse::<Recurrence>().is_ok());
}

#[test]
fn trap_the_library_wants_day_and_weekday_to_agree() {
    let library: cron::Schedule = "0 0 8 13 * Fri".parse().unwrap();
    let first = library.after(&rome(2026, 1, 1, 0, 0).with_timezone(&Rome)).next().unwrap();
    assert_eq!(first.format("%a %d %m %Y").to_string(), "Fri 13 02 2026");
    assert!(matches!(refused("0 8 13 * Fri"), RecurrenceError::TwoDays(_)));
}

#[test]
fn trap_there_is_no_last_day_of_the_month() {
    assert!(matches!(refused("0 8 L * *"), RecurrenceError::Unreadable(_, _)));
}

#[test]
fn trap_an_expression_that_never_happens_is_refused() {
    assert!(matches!(refused("0 8 30 2 *"), RecurrenceError::Never(_)));
    let leap = every("0 8 29 2 *").next_after(rome(2026, 1, 1, 0, 0));
    assert_eq!(leap, Some(rome(2028, 2, 29, 8, 0)));
}

#[test]
fn what_runs_every_hour_follows_the_elapsed_time_on_the_short_and_on_the_long_day() {
    let hourly = every("0 * * * *");
    for (month, day, hours) in [(3, 29, 23), (10, 25, 25), (7, 1, 24)] {
        let from = rome(2026, month, day, 0, 0);
        let to = rome(2026, month, day + 1, 0, 0);
        let found = due_between(&hourly, from, to);
        assert_eq!(found.len(), hours, "{day}/{month}");
        let distinct: BTreeSet<_> = found.iter().collect();
        assert_eq!(distinct.len(), hours);
        assert!(found.windows(2).all(|pair| pair[1] - pair[0] == chrono::TimeDelta::hours(1)));
    }
    // Asked from inside the doubled hour, the second one is not forgotten.
    let first_half_past_two = Utc.with_ymd_and_hms(2026, 10, 25, 0, 30, 0).unwrap();
    let next = hourly.next_after(first_half_past_two).unwrap();
    assert_eq!(next, Utc.with_ymd_and_hms(2026, 10, 25, 1, 0, 0).unwrap());
    assert!(matches!(refused("0 * * * Mon-Fri"), RecurrenceError::HourlyOnSomeDays(_)));
}

#[test]
fn half_past_seven_in_rome_is_half_past_seven_all_the_year() {
    let daily = every("30 7 * * *");
    let days = due_between(&daily, rome(2026, 1, 1, 0, 0), rome(2027, 1, 1, 0, 0));
    assert_eq!(days.len(), 365);
    for at in &days {
        let local = at.with_timezone(&Rome);
        assert_eq!((local.hour(), local.minute()), (7, 30), "{local}");
    }
    let summer = days.iter().filter(|at| at.hour() == 5).count();
    assert_eq!(summer, 210, "days of summer time in 2026");
}

#[test]
fn the_start_is_excluded_and_the_end_included() {
    let daily = every("30 7 * * *");
    let seven_thirty = rome(2026, 5, 4, 7, 30);
    assert!(due_between(&daily, seven_thirty, rome(2026, 5, 4, 23, 0)).is_empty());
    let just_before = seven_thirty - chrono::TimeDelta::milliseconds(1);
    assert_eq!(due_between(&daily, just_before, seven_thirty), vec![seven_thirty]);
    assert!(due_between(&daily, seven_thirty, just_before).is_empty());
}

#[test]
fn an_occurrence_is_named_by_task_and_instant() {
    let timetable = Timetable::new(&BTreeMap::new()).unwrap();
    let from = rome(2026, 10, 24, 0, 0);
    let to = rome(2026, 10, 27, 0, 0);
    let found = timetable.due(from, to);
    let keys: BTreeSet<String> = found.iter().map(Occurrence::key).collect();
    assert_eq!(keys.len(), found.len(), "one key each, the doubled hour included");
    let middle = rome(2026, 10, 25, 12, 0);
    let mut twice = timetable.due(from, middle);
    twice.extend(timetable.due(middle, to));
    assert_eq!(twice, found, "looking twice finds the same, once");
    let seal = Occurrence { due_at: rome(2026, 7, 24, 23, 55), task: Task::DailySeal };
    assert_eq!(seal.key(), "schedule/daily_seal/2026-07-24T21:55:00Z");
    assert_eq!(seal.job().payload["task"], "daily_seal");
}

#[test]
fn after_a_gap_each_task_owes_its_latest_occurrence() {
    let timetable = Timetable::new(&BTreeMap::new()).unwrap();
    let owed = timetable.owed(rome(2026, 5, 4, 12, 0), rome(2026, 5, 8, 12, 0));
    let count = |task: Task| owed.iter().filter(|found| found.task == task).count();
    // A seal made on the 8th cannot be of the 4th: one fixes all that was recorded meanwhile.
    assert_eq!(count(Task::DailySeal), 1);
    assert_eq!(count(Task::HourlySeal), 1);
    assert_eq!(count(Task::AlboProbe), 1);
    let seal = owed.iter().find(|found| found.task == Task::DailySeal).unwrap();
    assert_eq!(seal.due_at, rome(2026, 5, 7, 23, 55));
    let made_up: Vec<Task> =
        Task::ALL.iter().map(|(task, ..)| *task).filter(|task| task.is_made_up_for()).collect();
    assert_eq!(made_up, [Task::HourlySeal, Task::DailySeal], "a look that was missed is not");
    assert!(owed.windows(2).all(|pair| pair[0].due_at <= pair[1].due_at));
}

#[test]
fn the_hours_of_the_configuration_replace_the_usual_ones() {
    let mut changes = BTreeMap::from([("hourly_seal".to_owned(), "off".to_owned())]);
    changes.insert("daily_seal".into(), "0 13 * * Mon-Fri".into());
    changes.insert("albo_probe".into(), "off".into());
    let timetable = Timetable::new(&changes).unwrap();
    assert!(timetable.entries().all(|(task, _)| task != Task::HourlySeal));
    let saturday = rome(2026, 5, 2, 0, 0);
    let seals = timetable.due(saturday, rome(2026, 5, 5, 0, 0));
    assert_eq!(seals.len(), 1);
    assert_eq!(seals[0].due_at, rome(2026, 5, 4, 13, 0));
    let unknown = BTreeMap::from([("sigillo".to_owned(), "0 8 * * *".to_owned())]);
    assert_eq!(
        Timetable::new(&unknown).unwrap_err(),
        RecurrenceError::UnknownTask("sigillo".into())
    );
    assert_eq!(timetable.next_after(saturday), Some(rome(2026, 5, 4, 13, 0)));
}

#[test]
fn every_usual_hour_is_acceptable_and_every_task_has_a_token() {
    for (task, token, expression) in Task::ALL {
        assert!(expression.parse::<Recurrence>().is_ok(), "{token}");
        assert_eq!(Task::parse(task.token()), Some(task));
        assert_eq!(serde_json::to_value(task).unwrap(), token);
    }
}

#[test]
fn clocks_tell_microseconds_and_the_simulated_one_is_shared() {
    assert_eq!(SystemClock.now().timestamp_subsec_nanos() % 1000, 0);
    let start = rome(2026, 1, 1, 8, 0);
    let clock = SimulatedClock::at(start);
    let seen: Box<dyn Clock> = Box::new(clock.clone());
    assert_eq!(seen.now(), start);
    clock.advance(chrono::TimeDelta::days(40));
    assert_eq!(seen.now(), rome(2026, 2, 10, 8, 0));
    clock.set(start);
    assert_eq!(seen.now(), start);
}
