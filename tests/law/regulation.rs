// SPDX-License-Identifier: AGPL-3.0-or-later
//! The regulation of the Comune: presets, defaults, periods, digests.

use crate::{day, rome};
use delibera::domain::law::ballot::{IeMajority, MemberBase, QuorumStructural, TieRule, VoteBase};
use delibera::domain::law::outage::Availability;
use delibera::domain::law::terms::{ExecCount, PubCount};
use delibera::domain::regulation::tokens::{AccountingGate, ActLayout, Keeper, LegitimacyOpinion};
use delibera::domain::regulation::{KEYS, Regulation, parse};

const LARGE: &str = include_str!("../../regulations/grande-comune.toml");
const SMALL: &str = include_str!("../../regulations/piccolo-comune.toml");

/// A regulation that says only what it must.
const LEAST: &str = "[exec_count]\nvalue = \"E-B\"\nsource = \"art. 29 Statuto\"\n";

fn read(text: &str) -> Regulation {
    parse(text, "regolamento.toml").unwrap_or_else(|problems| panic!("{problems:?}"))
}

#[test]
fn the_large_comune_is_shaped_like_the_reference_act() {
    let large = read(LARGE);
    assert_eq!(large.warnings, []);
    assert_eq!(large.seats, Some(13));
    assert_eq!(large.legitimacy_opinion, LegitimacyOpinion::Required);
    assert_eq!(
        large.source("legitimacy_opinion"),
        "art. 2, c. 1, Regolamento sul sistema dei controlli interni"
    );
    assert_eq!(large.accounting_gate, AccountingGate::AlwaysRagioneria);
    assert_eq!(large.act_layout, ActLayout::TwoLevel);
    assert_eq!(large.exec_count, ExecCount::A);
    let sitting = large.on(day("2020-07-24")).unwrap();
    let rules = sitting.vote_rules();
    assert_eq!(rules.quorum_structural, QuorumStructural::Majority);
    assert_eq!((rules.vote_base, rules.casting_vote), (VoteBase::Presenti, false));
    assert_eq!(rules.ie_majority, IeMajority::Members);
    assert!(sitting.remote_allowed(day("2020-07-24")).is_ok());
}

#[test]
fn the_small_comune_differs_where_it_should() {
    let small = read(SMALL);
    assert_eq!(small.warnings, []);
    assert_eq!(small.seats, Some(5));
    assert_eq!(small.legitimacy_opinion, LegitimacyOpinion::Off);
    assert_eq!(small.albo, Keeper::External);
    assert!(small.number_rejected && !small.relatore_required && !small.proposal_number_required);
    let rules = small.vote_rules();
    assert_eq!(rules.member_base, MemberBase::Assegnati);
    assert_eq!(rules.ie_member_base, MemberBase::InCarica, "its own key");
    assert_eq!((rules.casting_vote, rules.tie_rule), (true, TieRule::EqualVotes));
    assert!(!rules.art78_counts_for_quorum && small.art78_must_leave);
    assert!(small.remote_allowed(day("2024-05-06")).is_err());
}

#[test]
fn what_is_not_written_is_the_national_rule() {
    let least = read(LEAST);
    assert_eq!(least.exec_count, ExecCount::B);
    assert_eq!(least.pub_count, PubCount::Inclusive);
    assert!(!least.pub_show_extra_day, "show exactly the certified term");
    assert_eq!(least.source("pub_count"), "Cass. II 2563/2009");
    assert_eq!(least.source("exec_count"), "art. 29 Statuto");
    assert_eq!(least.provisions.len(), KEYS.len());
    for key in KEYS {
        assert_eq!(key.law.is_empty(), key.mandatory, "{}: a default has a source", key.name);
        assert!(key.rule.starts_with('R'), "{}", key.name);
        assert!(!key.allowed().is_empty(), "{}", key.name);
    }
    let mandatory: Vec<&str> =
        KEYS.iter().filter(|key| key.mandatory).map(|key| key.name).collect();
    assert_eq!(mandatory, ["exec_count"]);
}

#[test]
fn dates_by_the_regulation() {
    let posted = rome("2020-07-28 10:00");
    let large = read(LARGE).terms_of(posted, &Availability::new()).unwrap();
    assert_eq!((large.last_day, large.effective_on), (day("2020-08-11"), day("2020-08-07")));
    let small = read(SMALL).terms(day("2020-07-28"), 0).unwrap();
    assert_eq!((small.last_day, small.effective_on), (day("2020-08-12"), day("2020-08-08")));
}

#[test]
fn cut_off_and_interruptions_by_the_regulation() {
    let text = format!("{LEAST}[cutoff_hour]\nvalue = 18\nsource = \"art. 6 Reg. Albo\"\n");
    let outages = Availability::from([(day("2024-05-10"), 9)]);
    let terms = read(&text).terms_of(rome("2024-05-05 19:00"), &outages).unwrap();
    assert_eq!((terms.last_day, terms.effective_on), (day("2024-05-21"), day("2024-05-17")));
}

const TWO_PERIODS: &str = r#"
[[exec_count]]
value = "E-C"
source = "direttiva n. 1/2015"
valid_from = 2015-01-01

[[exec_count]]
value = "E-A"
source = "direttiva n. 7/2024"
valid_from = 2025-01-01
"#;

#[test]
fn t_77_each_act_keeps_the_rule_of_its_day() {
    let regulation = read(TWO_PERIODS);
    assert_eq!(regulation.exec_count, ExecCount::A, "the last period");
    let before = regulation.on(day("2024-12-31")).unwrap();
    assert_eq!(before.exec_count, ExecCount::C);
    assert_eq!(before.source("exec_count"), "direttiva n. 1/2015");
    let after = regulation.on(day("2025-01-01")).unwrap();
    assert_eq!(after.exec_count, ExecCount::A);
    let terms = |regulation: &Regulation, date| regulation.terms(day(date), 0).unwrap();
    assert_eq!(terms(&before, "2024-12-31").effective_on, day("2025-01-25"));
    assert_eq!(terms(&after, "2025-01-01").effective_on, day("2025-01-11"));
    let refusal = regulation.on(day("2014-12-31")).unwrap_err();
    assert_eq!(refusal.code, "regulation_silent");
    assert_eq!(
        refusal.text,
        "Il regolamento del Comune non stabilisce «exec_count» in vigore il 31/12/2014"
    );
}

#[test]
fn the_digest_follows_what_is_in_force() {
    let regulation = read(TWO_PERIODS);
    let on = |date| regulation.digest_on(day(date));
    assert_eq!(on("2015-01-01"), on("2024-12-31"));
    assert_ne!(on("2024-12-31"), on("2025-01-01"));
    assert_eq!(on("2025-01-01").len(), 64);
    let commented = read(&format!("# una nota\n{TWO_PERIODS}"));
    assert_ne!(commented.digest, regulation.digest, "the text changed");
    assert_eq!(commented.digest_on(day("2020-01-01")), on("2020-01-01"), "the rules did not");
}

#[test]
fn a_default_takes_over_when_a_local_rule_ends() {
    let text = format!(
        "{LEAST}[pub_count]\nvalue = \"P-EXC\"\nsource = \"art. 6\"\nvalid_to = 2023-12-31\n"
    );
    let regulation = read(&text);
    assert_eq!(regulation.on(day("2023-12-31")).unwrap().pub_count, PubCount::Exclusive);
    assert_eq!(regulation.on(day("2024-01-01")).unwrap().pub_count, PubCount::Inclusive);
}

#[test]
fn none_ends_a_key_that_may_be_absent() {
    let text = format!(
        "{LEAST}[[remote_regulation_ref]]\nvalue = \"DGC 41/2020\"\nsource = \"art. 38 TUEL\"\n\
         [[remote_regulation_ref]]\nvalue = \"none\"\nsource = \"DGC 2/2025\"\nvalid_from = 2025-02-01\n"
    );
    let regulation = read(&text);
    let remote = |date| regulation.on(day(date)).unwrap().remote_allowed(day(date));
    assert!(remote("2025-01-31").is_ok());
    assert!(remote("2025-02-01").is_err());
}

#[test]
fn a_special_region_changes_its_terms() {
    let text =
        format!("{LEAST}[profile]\nvalue = \"trentino_alto_adige\"\nsource = \"L.R. 2/2018\"\n");
    let regulation = read(&text).on(day("2024-05-06")).unwrap();
    let terms = regulation.terms(day("2024-05-06"), 0).unwrap();
    assert_eq!((terms.last_day, terms.effective_on), (day("2024-05-15"), day("2024-05-16")));
}

#[test]
fn lists_and_tables_are_typed() {
    let text = format!(
        "{LEAST}[term_by_type]\nvalue = {{ matrimonio = 8, cambio_nome = 30 }}\nsource = \"DPR 396/2000\"\n\
         [extra_opinions_by_type]\nvalue = {{ bilancio = [\"organo_di_revisione\"] }}\nsource = \"art. 239 TUEL\"\n"
    );
    let regulation = read(&text);
    assert_eq!(regulation.term_by_type.get("matrimonio"), Some(&8));
    assert_eq!(regulation.term_rules_for("matrimonio").posting_days, 8);
    assert_eq!(regulation.term_rules_for("altro").posting_days, 15);
    assert_eq!(regulation.extra_opinions_by_type["bilancio"], ["organo_di_revisione"]);
}

#[test]
fn every_set_still_to_come_is_looked_at_once() {
    let regulation = read(TWO_PERIODS);
    let counts = |from| -> Vec<ExecCount> {
        regulation.sets_from(day(from)).iter().map(|set| set.exec_count).collect()
    };
    assert_eq!(counts("2024-12-31"), [ExecCount::C, ExecCount::A]);
    assert_eq!(counts("2025-01-01"), [ExecCount::A]);
}
