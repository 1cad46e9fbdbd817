// SPDX-License-Identifier: AGPL-3.0-or-later
//! Sections 6 and 7: posting, executivity, interruptions, republication.

use crate::{day, rome};
use delibera::domain::law::outage::{Availability, OutagePolicy, OutageRules, extension};
use delibera::domain::law::posting::{
    check_certificate, check_referto, counted_from, is_late, on_albo,
};
use delibera::domain::law::terms::{
    ExecCount, Extension, POSTING_DAYS, PubCount, TermRules, Terms, TermsError, doctrines_disagree,
    regulation_in_force_on, terms,
};

const INC: PubCount = PubCount::Inclusive;
const EXC: PubCount = PubCount::Exclusive;

fn ask(posted: &str, pub_count: PubCount, exec_count: ExecCount, outage: u16) -> Terms {
    terms(day(posted), pub_count, exec_count, outage, POSTING_DAYS).unwrap()
}

/// One row of the table of R7.3: D, last day under P-INC and P-EXC, E-A, E-B, E-C with P-INC.
fn row(d: &str, [inc, exc, a, b, c]: [&str; 5]) {
    assert_eq!(ask(d, INC, ExecCount::A, 0).last_day, day(inc), "P-INC last of {d}");
    assert_eq!(ask(d, EXC, ExecCount::A, 0).last_day, day(exc), "P-EXC last of {d}");
    for pub_count in [INC, EXC] {
        assert_eq!(ask(d, pub_count, ExecCount::A, 0).effective_on, day(a), "E-A of {d}");
        assert_eq!(ask(d, pub_count, ExecCount::B, 0).effective_on, day(b), "E-B of {d}");
    }
    assert_eq!(ask(d, INC, ExecCount::C, 0).effective_on, day(c), "E-C of {d}");
    let later = day(c).succ_opt().unwrap();
    assert_eq!(ask(d, EXC, ExecCount::C, 0).effective_on, later, "E-C with P-EXC of {d}");
    assert_eq!(ask(d, INC, ExecCount::A, 0).off_on, day(inc).succ_opt().unwrap());
}

#[test]
fn t_28_start_kept_on_weekend() {
    row("2020-07-28", ["2020-08-11", "2020-08-12", "2020-08-07", "2020-08-08", "2020-08-22"]);
}

#[test]
fn t_29_year_end_and_holidays_count() {
    row("2023-12-20", ["2024-01-03", "2024-01-04", "2023-12-30", "2023-12-31", "2024-01-14"]);
}

#[test]
fn t_30_year_change() {
    row("2024-12-31", ["2025-01-14", "2025-01-15", "2025-01-10", "2025-01-11", "2025-01-25"]);
}

#[test]
fn t_31_leap_year() {
    row("2024-02-20", ["2024-03-05", "2024-03-06", "2024-03-01", "2024-03-02", "2024-03-16"]);
}

#[test]
fn t_32_ordinary_february() {
    row("2023-02-20", ["2023-03-06", "2023-03-07", "2023-03-02", "2023-03-03", "2023-03-17"]);
}

#[test]
fn t_33_start_on_29_february() {
    row("2028-02-29", ["2028-03-14", "2028-03-15", "2028-03-10", "2028-03-11", "2028-03-25"]);
}

#[test]
fn t_34_days_are_not_24_hours() {
    row("2025-03-24", ["2025-04-07", "2025-04-08", "2025-04-03", "2025-04-04", "2025-04-18"]);
    let terms = ask("2025-03-24", INC, ExecCount::A, 0);
    let posted = rome("2025-03-24 00:00");
    assert!(on_albo(posted, &terms, rome("2025-04-07 23:59")));
    assert!(!on_albo(posted, &terms, rome("2025-04-08 00:00")));
    let hours = (rome("2025-04-08 00:00") - posted).num_hours();
    assert_eq!(hours, 15 * 24 - 1, "fifteen days, one of 23 hours");
}

#[test]
fn t_35_holidays_do_not_shift() {
    row("2025-04-11", ["2025-04-25", "2025-04-26", "2025-04-21", "2025-04-22", "2025-05-06"]);
}

#[test]
fn t_36_ferragosto_counts() {
    row("2026-08-10", ["2026-08-24", "2026-08-25", "2026-08-20", "2026-08-21", "2026-09-04"]);
}

#[test]
fn t_37_republication_restarts_both_terms() {
    let again = ask("2024-05-10", INC, ExecCount::A, 0);
    assert_eq!(again.effective_on, day("2024-05-20"));
    assert_eq!(again.last_day, day("2024-05-24"));
}

#[test]
fn t_38_effective_at_ten_days_whatever_the_notices_did() {
    let terms = ask("2024-05-06", INC, ExecCount::A, 0);
    assert!(check_certificate(terms.effective_on, day("2024-05-15")).is_err());
    assert!(check_certificate(terms.effective_on, day("2024-05-16")).is_ok());
}

#[test]
fn t_26_a_day_of_nine_hours_extends_the_posting() {
    let rules = TermRules::new(INC, ExecCount::A);
    let outages = Availability::from([(day("2024-05-10"), 9)]);
    let added = extension(&per_day(false), &rules, day("2024-05-06"), &outages).unwrap();
    let terms = rules.terms(day("2024-05-06"), added).unwrap();
    assert_eq!(terms.last_day, day("2024-05-21"));
    assert_eq!(terms.effective_on, day("2024-05-16"));
}

fn per_day(affects_executivity: bool) -> OutageRules {
    OutageRules { policy: OutagePolicy::ExtendPerDay, min_hours: 12, affects_executivity }
}

#[test]
fn t_76_outage_moves_executivity_only_by_rule() {
    let rules = TermRules::new(INC, ExecCount::A);
    let posted = day("2024-05-06");
    let outages = Availability::from([(day("2024-05-09"), 9)]);
    let effective = |affects| {
        let added = extension(&per_day(affects), &rules, posted, &outages).unwrap();
        rules.terms(posted, added).unwrap().effective_on
    };
    assert_eq!(effective(false), day("2024-05-16"));
    assert_eq!(effective(true), day("2024-05-17"));
}

#[test]
fn outage_after_the_ten_days_never_moves_executivity() {
    let rules = TermRules::new(INC, ExecCount::A);
    let posted = day("2024-05-06");
    let on = |date: &str| {
        let outages = Availability::from([(day(date), 0)]);
        extension(&per_day(true), &rules, posted, &outages).unwrap()
    };
    assert_eq!(on("2024-05-15"), Extension { posting: 1, executivity: 1 });
    assert_eq!(on("2024-05-16"), Extension { posting: 1, executivity: 0 });
    assert_eq!(on("2024-05-21"), Extension::default(), "after the last day");
    assert_eq!(on("2024-05-05"), Extension::default(), "before posting");
}

#[test]
fn days_of_extension_can_be_disturbed_too() {
    let rules = TermRules::new(INC, ExecCount::C);
    let posted = day("2024-05-06");
    let outages = Availability::from([(day("2024-05-20"), 3), (day("2024-05-21"), 11)]);
    let added = extension(&per_day(false), &rules, posted, &outages).unwrap();
    let terms = rules.terms(posted, added).unwrap();
    assert_eq!(terms.last_day, day("2024-05-22"));
    assert_eq!(terms.effective_on, day("2024-06-02"), "under E-C executivity follows");
}

#[test]
fn outage_policies_none_and_restart() {
    let rules = TermRules::new(INC, ExecCount::B);
    let posted = day("2024-05-06");
    let outages = Availability::from([(day("2024-05-07"), 12), (day("2024-05-08"), 0)]);
    let with = |policy| {
        let outage = OutageRules { policy, min_hours: 12, affects_executivity: true };
        extension(&outage, &rules, posted, &outages).unwrap()
    };
    assert_eq!(with(OutagePolicy::None), Extension::default());
    let restarted = with(OutagePolicy::Restart);
    let terms = rules.terms(posted, restarted).unwrap();
    assert_eq!(terms, rules.terms(day("2024-05-09"), Extension::default()).unwrap());
}

#[test]
fn t_69_public_until_the_last_minute() {
    let posted = rome("2024-05-06 09:30");
    let strict = TermRules::new(INC, ExecCount::A);
    let terms = strict.terms(day("2024-05-06"), Extension::default()).unwrap();
    assert!(!on_albo(posted, &terms, rome("2024-05-06 09:29")));
    assert!(on_albo(posted, &terms, posted));
    assert!(on_albo(posted, &terms, rome("2024-05-20 23:59")));
    assert!(!on_albo(posted, &terms, rome("2024-05-21 00:00")));
    let prudent = TermRules { show_extra_day: true, ..strict };
    let shown = prudent.terms(day("2024-05-06"), Extension::default()).unwrap();
    assert_eq!(shown.last_day, terms.last_day, "the extra day is shown, not certified");
    assert!(on_albo(posted, &shown, rome("2024-05-21 23:59")));
    assert!(!on_albo(posted, &shown, rome("2024-05-22 00:00")));
}

#[test]
fn extra_day_adds_nothing_to_p_exc() {
    let rules = TermRules { show_extra_day: true, ..TermRules::new(EXC, ExecCount::B) };
    let terms = rules.terms(day("2024-05-06"), Extension::default()).unwrap();
    assert_eq!((terms.last_day, terms.off_on), (day("2024-05-21"), day("2024-05-22")));
}

#[test]
fn t_70_referto_after_the_last_day_only() {
    let terms = ask("2024-05-06", INC, ExecCount::A, 0);
    let refusal = check_referto(&terms, day("2024-05-20")).unwrap_err();
    assert_eq!(refusal.code, "posting_not_ended");
    assert_eq!(
        refusal.text,
        "Il referto non può essere rilasciato prima che sia trascorso l'ultimo giorno di \
         pubblicazione, 20/05/2024"
    );
    assert!(check_referto(&terms, day("2024-05-21")).is_ok());
}

#[test]
fn t_74_certificate_from_the_day_it_is_true() {
    let terms = ask("2024-05-06", INC, ExecCount::A, 0);
    assert_eq!(
        check_certificate(terms.effective_on, day("2024-05-15")).unwrap_err().to_string(),
        "La deliberazione diverrà esecutiva il 16/05/2024 — art. 134, c. 3, TUEL"
    );
    assert!(check_certificate(terms.effective_on, day("2024-05-16")).is_ok());
}

#[test]
fn an_act_not_posted_raises_an_alarm() {
    let adopted = day("2024-05-06");
    assert!(!is_late(adopted, Some(10), day("2024-05-16")));
    assert!(is_late(adopted, Some(10), day("2024-05-17")));
    assert!(!is_late(adopted, None, day("2025-05-17")), "no national term");
}

#[test]
fn posted_after_the_cut_off_counts_from_the_next_day() {
    assert_eq!(counted_from(rome("2024-05-06 17:59"), Some(18)), day("2024-05-06"));
    assert_eq!(counted_from(rome("2024-05-06 18:00"), Some(18)), day("2024-05-07"));
    assert_eq!(counted_from(rome("2024-05-06 23:59"), None), day("2024-05-06"));
}

#[test]
fn other_lengths_of_posting() {
    let matrimony = terms(day("2024-05-06"), INC, ExecCount::A, 0, 8).unwrap();
    assert_eq!(matrimony.last_day, day("2024-05-13"));
    let none = terms(day("2024-05-06"), INC, ExecCount::A, 0, 0);
    assert_eq!(none, Err(TermsError::NoDays));
    assert_eq!(regulation_in_force_on(day("2024-05-06")).unwrap(), day("2024-05-21"));
}

#[test]
fn a_shift_by_local_rule_moves_only_the_last_day() {
    let rules = TermRules { holiday_shift: true, ..TermRules::new(INC, ExecCount::A) };
    let terms = rules.terms(day("2025-04-11"), Extension::default()).unwrap();
    assert_eq!(terms.last_day, day("2025-04-26"), "25 April is a holiday");
    assert_eq!(terms.effective_on, day("2025-04-21"), "Easter Monday stays");
}

#[test]
fn beyond_the_calendar_is_an_error() {
    for exec_count in [ExecCount::A, ExecCount::B, ExecCount::C] {
        let answer = terms(day("9999-12-31"), INC, exec_count, u16::MAX, 15);
        assert_eq!(answer, Err(TermsError::OutOfCalendar));
    }
    assert!(terms(chrono::NaiveDate::MAX, EXC, ExecCount::C, u16::MAX, u16::MAX).is_err());
}

#[test]
fn opposite_doctrines_are_told() {
    assert!(doctrines_disagree(INC, ExecCount::B));
    assert!(doctrines_disagree(EXC, ExecCount::A));
    assert!(!doctrines_disagree(INC, ExecCount::A));
    assert!(!doctrines_disagree(EXC, ExecCount::B));
    assert!(!doctrines_disagree(INC, ExecCount::C));
}
