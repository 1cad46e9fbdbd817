// SPDX-License-Identifier: AGPL-3.0-or-later
//! Civil dates in Italy, and how an act writes them.

use crate::{day, rome};
use chrono::{NaiveTime, TimeZone, Utc};
use delibera::domain::law::calendar::{
    add_months, date_in_words, date_long, date_short, date_with_weekday, number_in_words,
    parse_date, rome_date, rome_instant, rome_midnight, rome_time,
};
use delibera::domain::law::holidays::{easter, is_holiday, next_working_day};

#[test]
fn the_civil_day_begins_at_midnight_in_italy() {
    let instant = Utc.with_ymd_and_hms(2024, 6, 30, 22, 0, 0).unwrap();
    assert_eq!(rome_date(instant), day("2024-07-01"));
    assert_eq!(rome_time(instant), NaiveTime::MIN);
    assert_eq!(rome_midnight(day("2024-07-01")), instant);
    assert_eq!(
        rome_date(Utc.with_ymd_and_hms(2024, 12, 31, 22, 59, 0).unwrap()),
        day("2024-12-31")
    );
}

#[test]
fn an_hour_that_does_not_exist_is_the_end_of_the_gap() {
    let three = Utc.with_ymd_and_hms(2026, 3, 29, 1, 0, 0).unwrap();
    for hour in ["02:00", "02:30", "02:59", "03:00"] {
        assert_eq!(rome(&format!("2026-03-29 {hour}")), three, "{hour}");
    }
    let seconds = NaiveTime::from_hms_milli_opt(2, 30, 15, 250).unwrap();
    assert_eq!(rome_instant(day("2026-03-29"), seconds), three);
    assert_eq!(rome("2026-03-29 01:59"), Utc.with_ymd_and_hms(2026, 3, 29, 0, 59, 0).unwrap());
}

#[test]
fn an_hour_that_comes_twice_is_the_first() {
    let first = Utc.with_ymd_and_hms(2026, 10, 25, 0, 30, 0).unwrap();
    assert_eq!(rome("2026-10-25 02:30"), first);
    assert_eq!(rome("2026-10-25 03:00"), Utc.with_ymd_and_hms(2026, 10, 25, 2, 0, 0).unwrap());
}

#[test]
fn dates_as_acts_write_them() {
    let date = day("2020-07-24");
    assert_eq!(date_in_words(date), "ventiquattro luglio duemilaventi");
    assert_eq!(date_long(date), "24 luglio 2020");
    assert_eq!(date_short(date), "24/07/2020");
    assert_eq!(date_with_weekday(date), "venerdì 24 luglio 2020");
    assert_eq!(date_in_words(day("2023-01-01")), "primo gennaio duemilaventitré");
    assert_eq!(date_long(day("2023-01-01")), "1° gennaio 2023");
}

#[test]
fn numbers_in_words() {
    for (number, words) in [
        (0, "zero"),
        (3, "tre"),
        (8, "otto"),
        (17, "diciassette"),
        (21, "ventuno"),
        (23, "ventitré"),
        (28, "ventotto"),
        (33, "trentatré"),
        (38, "trentotto"),
        (88, "ottantotto"),
        (100, "cento"),
        (101, "centouno"),
        (103, "centotré"),
        (108, "centotto"),
        (111, "centoundici"),
        (180, "centottanta"),
        (838, "ottocentotrentotto"),
        (1_000, "mille"),
        (1_721, "millesettecentoventuno"),
        (1_908, "millenovecentotto"),
        (2_003, "duemilatré"),
        (2_020, "duemilaventi"),
        (21_000, "ventunomila"),
        (23_023, "ventitremilaventitré"),
        (100_000, "centomila"),
        (1_000_000, "un milione"),
        (1_000_003, "un milione tre"),
        (23_000_000, "ventitré milioni"),
        (1_000_000_000, "un miliardo"),
        (2_000_200_001, "due miliardi duecentomilauno"),
    ] {
        assert_eq!(number_in_words(number), words, "{number}");
    }
    assert!(
        number_in_words(u32::MAX).starts_with("quattro miliardi duecentonovantaquattro milioni")
    );
}

#[test]
fn terms_in_months() {
    assert_eq!(add_months(day("2026-01-10"), 6), Some(day("2026-07-10")));
    assert_eq!(add_months(day("2025-08-31"), 6), Some(day("2026-02-28")), "art. 2963, c. 5, c.c.");
    assert_eq!(add_months(day("2023-08-31"), 6), Some(day("2024-02-29")));
    assert_eq!(add_months(day("9999-12-01"), 1), None);
}

#[test]
fn dates_are_read_strictly() {
    assert_eq!(parse_date("2024-02-29"), Some(day("2024-02-29")));
    for wrong in [
        "2023-02-29",
        "2024-2-29",
        "+2024-02-2",
        "2024-02-29T00",
        "2024/02/29",
        "",
        "0000-01-01",
        "20240229",
        "２０２４-02-2",
        "2024-13-01",
    ] {
        assert_eq!(parse_date(wrong), None, "{wrong}");
    }
}

#[test]
fn the_calendar_begins_with_the_year_one() {
    assert_eq!(parse_date("0001-01-01").map(|first| first.to_string()), Some("0001-01-01".into()));
}

#[test]
fn holidays() {
    for (year, sunday) in [
        (1954, "1954-04-18"),
        (2000, "2000-04-23"),
        (2024, "2024-03-31"),
        (2025, "2025-04-20"),
        (2026, "2026-04-05"),
        (2038, "2038-04-25"),
        (2100, "2100-03-28"),
        (2285, "2285-03-22"),
    ] {
        assert_eq!(easter(year), Some(day(sunday)));
    }
    assert!(is_holiday(day("2025-04-21")), "lunedì dell'Angelo");
    assert!(is_holiday(day("2025-04-25")));
    assert!(is_holiday(day("2025-04-27")), "domenica");
    assert!(!is_holiday(day("2025-04-26")), "sabato");
    assert!(!is_holiday(day("2024-10-04")));
    assert!(is_holiday(day("2027-10-04")), "San Francesco, dal 2026");
    assert_eq!(next_working_day(day("2025-12-25")), day("2025-12-27"));
    assert_eq!(next_working_day(day("2025-12-24")), day("2025-12-24"));
}
