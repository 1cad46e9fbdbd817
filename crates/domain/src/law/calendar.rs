// SPDX-License-Identifier: AGPL-3.0-or-later
//! Civil dates and hours in Europe/Rome, and how an act writes them.
//!
//! Every legal term is counted on civil dates (art. 2963 c.c.), never on durations of 24 hours: the
//! days on which summer time begins or ends have 23 and 25 (T-34).

use chrono::{DateTime, Months, NaiveDate, NaiveTime, TimeDelta, TimeZone, Timelike, Utc};
use chrono::{Datelike, NaiveDateTime};
use chrono_tz::Europe::Rome;

/// Last year this program writes: beyond it an ISO date no longer has four digits.
pub const LAST_YEAR: i32 = 9999;

/// No gap of the civil clock in Italy was ever longer than this.
const LONGEST_GAP_MINUTES: i64 = 180;

/// The civil date in Italy at an instant.
pub fn rome_date(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&Rome).date_naive()
}

/// The civil hour in Italy at an instant.
pub fn rome_time(at: DateTime<Utc>) -> NaiveTime {
    at.with_timezone(&Rome).time()
}

/// The instant of a civil date and hour in Italy.
///
/// An hour that comes twice (end of summer time) means its first occurrence; an hour that does not
/// exist (begin of summer time) means the first instant after the gap. So the instants never go
/// back while the civil clock goes forward within a day.
pub fn rome_instant(date: NaiveDate, time: NaiveTime) -> DateTime<Utc> {
    let local = date.and_time(time);
    match Rome.from_local_datetime(&local).earliest() {
        Some(instant) => instant.with_timezone(&Utc),
        None => end_of_gap(local),
    }
}

/// The first instant that exists after a civil time that does not.
fn end_of_gap(local: NaiveDateTime) -> DateTime<Utc> {
    let minute = local.with_second(0).and_then(|t| t.with_nanosecond(0)).unwrap_or(local);
    (1..=LONGEST_GAP_MINUTES)
        .filter_map(|minutes| minute.checked_add_signed(TimeDelta::minutes(minutes)))
        .find_map(|later| Rome.from_local_datetime(&later).earliest())
        .map_or_else(|| local.and_utc(), |instant| instant.with_timezone(&Utc))
}

/// The instant at which a civil day begins in Italy (00:00, or the first instant that exists).
pub fn rome_midnight(date: NaiveDate) -> DateTime<Utc> {
    rome_instant(date, NaiveTime::MIN)
}

/// A term in months ends on the day of the same number, or on the last day of the month where that
/// number is missing (art. 2963, c. 4 and 5, c.c.). `None` beyond [`LAST_YEAR`].
pub fn add_months(date: NaiveDate, months: u32) -> Option<NaiveDate> {
    date.checked_add_months(Months::new(months)).filter(|end| end.year() <= LAST_YEAR)
}

/// A term in days, the first day not counted (art. 2963, c. 2, c.c.). `None` beyond [`LAST_YEAR`].
pub fn add_days(date: NaiveDate, days: u64) -> Option<NaiveDate> {
    date.checked_add_days(chrono::Days::new(days)).filter(|end| end.year() <= LAST_YEAR)
}

/// Reads a civil date written exactly `AAAA-MM-GG`.
pub fn parse_date(text: &str) -> Option<NaiveDate> {
    let shaped = text.len() == 10
        && text.bytes().enumerate().all(|(i, byte)| match i {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<u32>().ok();
    if !shaped {
        return None;
    }
    let year = i32::try_from(number(0..4)?).ok().filter(|year| *year > 0)?;
    NaiveDate::from_ymd_opt(year, number(5..7)?, number(8..10)?)
}

/// `24/07/2020`.
pub fn date_short(date: NaiveDate) -> String {
    date.format("%d/%m/%Y").to_string()
}

/// The preposition an article is joined with before a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preposition {
    /// "il 24 luglio", "l'8 luglio".
    On,
    /// "dal 24 luglio", "dall'8 luglio".
    From,
    /// "al 24 luglio", "all'8 luglio".
    Until,
    /// "del 24 luglio", "dell'8 luglio".
    Of,
}

impl Preposition {
    /// With its article, before a date however it is written: the eighth and the eleventh begin with
    /// a vowel when they are read.
    pub fn before(self, date: NaiveDate) -> &'static str {
        let (plain, elided) = match self {
            Self::On => ("il ", "l'"),
            Self::From => ("dal ", "dall'"),
            Self::Until => ("al ", "all'"),
            Self::Of => ("del ", "dell'"),
        };
        if matches!(date.day(), 8 | 11) { elided } else { plain }
    }

    /// "dell'11/04/2024".
    pub fn short(self, date: NaiveDate) -> String {
        format!("{}{}", self.before(date), date_short(date))
    }
}

/// `24 luglio 2020`; the first of the month is `1° luglio 2020`.
pub fn date_long(date: NaiveDate) -> String {
    let ordinal = if date.day() == 1 { "°" } else { "" };
    format!("{}{ordinal} {} {}", date.day(), month_name(date), date.year())
}

/// `venerdì 24 luglio 2020`.
pub fn date_with_weekday(date: NaiveDate) -> String {
    format!("{} {}", weekday_name(date), date_long(date))
}

/// `ventiquattro luglio duemilaventi`; the first of the month is `primo luglio duemilaventi`.
pub fn date_in_words(date: NaiveDate) -> String {
    let day = if date.day() == 1 { "primo".to_owned() } else { number_in_words(date.day()) };
    format!("{day} {} {}", month_name(date), number_in_words(date.year().unsigned_abs()))
}

/// The month of a date, in Italian.
pub fn month_name(date: NaiveDate) -> &'static str {
    const MONTHS: [&str; 12] = [
        "gennaio",
        "febbraio",
        "marzo",
        "aprile",
        "maggio",
        "giugno",
        "luglio",
        "agosto",
        "settembre",
        "ottobre",
        "novembre",
        "dicembre",
    ];
    MONTHS.get(date.month0() as usize).copied().unwrap_or_default()
}

/// The day of the week of a date, in Italian.
pub fn weekday_name(date: NaiveDate) -> &'static str {
    const DAYS: [&str; 7] =
        ["lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"];
    DAYS.get(date.weekday().num_days_from_monday() as usize).copied().unwrap_or_default()
}

const SMALL: [&str; 20] = [
    "zero",
    "uno",
    "due",
    "tre",
    "quattro",
    "cinque",
    "sei",
    "sette",
    "otto",
    "nove",
    "dieci",
    "undici",
    "dodici",
    "tredici",
    "quattordici",
    "quindici",
    "sedici",
    "diciassette",
    "diciotto",
    "diciannove",
];
const TENS: [&str; 10] = [
    "",
    "",
    "venti",
    "trenta",
    "quaranta",
    "cinquanta",
    "sessanta",
    "settanta",
    "ottanta",
    "novanta",
];

/// A number in Italian words, as acts write years and counts: `duemilaventitré`.
pub fn number_in_words(number: u32) -> String {
    if number == 0 {
        return small(0).to_owned();
    }
    let thousands = below_a_million(number % 1_000_000);
    let parts = [
        scale(number / 1_000_000_000, "un miliardo", "miliardi"),
        scale(number / 1_000_000 % 1_000, "un milione", "milioni"),
        Some(thousands).filter(|words| !words.is_empty()),
    ];
    let words: Vec<String> = parts.into_iter().flatten().collect();
    accented(words.join(" "), number)
}

/// `un milione`, `ventitré milioni`, or nothing for zero.
fn scale(count: u32, one: &str, many: &str) -> Option<String> {
    match count {
        0 => None,
        1 => Some(one.to_owned()),
        _ => Some(format!("{} {many}", accented(below_a_thousand(count), count))),
    }
}

/// A compound that ends in `tre` takes the accent: `ventitré`, but `tre`, and `ventitremila`.
fn accented(words: String, number: u32) -> String {
    match words.strip_suffix("tre") {
        Some(stem) if number > 3 && !stem.ends_with(' ') => format!("{stem}tré"),
        _ => words,
    }
}

fn below_a_million(number: u32) -> String {
    let rest = below_a_thousand(number % 1_000);
    match number / 1_000 {
        0 => rest,
        1 => format!("mille{rest}"),
        thousands => format!("{}mila{rest}", below_a_thousand(thousands)),
    }
}

fn below_a_thousand(number: u32) -> String {
    let rest = below_a_hundred(number % 100);
    let hundred = if rest.starts_with("ott") { "cent" } else { "cento" };
    match number / 100 {
        0 => rest,
        1 => format!("{hundred}{rest}"),
        hundreds => format!("{}{hundred}{rest}", small(hundreds)),
    }
}

fn below_a_hundred(number: u32) -> String {
    match (number / 10, number % 10) {
        (0, 0) => String::new(),
        (0 | 1, _) => small(number).to_owned(),
        (tens, 0) => ten(tens).to_owned(),
        (tens, unit) => {
            let word = ten(tens);
            let stem = match unit {
                1 | 8 => &word[..word.len() - 1],
                _ => word,
            };
            format!("{stem}{}", small(unit))
        }
    }
}

fn small(number: u32) -> &'static str {
    SMALL.get(number as usize).copied().unwrap_or_default()
}

fn ten(tens: u32) -> &'static str {
    TENS.get(tens as usize).copied().unwrap_or_default()
}
