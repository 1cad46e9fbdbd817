// SPDX-License-Identifier: AGPL-3.0-or-later
//! The small rules of sections 1, 2, 3, 5, 7 and 8.

use crate::{day, rome};
use delibera::domain::law::annulment::annulment_limit;
use delibera::domain::law::ballot::IeMajority;
use delibera::domain::law::composition::{gender_balanced, most_assessori};
use delibera::domain::law::control::{check_request, councillors_needed, request_deadline};
use delibera::domain::law::identifiers::{ActKey, is_authority};
use delibera::domain::law::opinions::{OpinionTimes, check_order};
use delibera::domain::law::presidency::{
    GiuntaOffice, Member, PresidencyOrder, president, youngest,
};
use delibera::domain::law::profile::{ProfileName, profile_on};
use delibera::domain::law::ratification::{lapsed, ratify_by};
use delibera::domain::law::sitting::{
    OffAgendaRule, SittingDateRule, act_date, off_agenda_allowed, register_year, remote_allowed,
};

#[test]
fn t_1_ratification_never_passes_the_year() {
    assert_eq!(ratify_by(day("2024-11-20")), day("2024-12-31"));
}

#[test]
fn t_2_ratification_within_sixty_days() {
    assert_eq!(ratify_by(day("2024-09-10")), day("2024-11-09"));
    assert!(!lapsed(day("2024-09-10"), None, day("2024-11-09")));
    assert!(lapsed(day("2024-09-10"), None, day("2024-11-10")));
    assert!(!lapsed(day("2024-09-10"), Some(day("2024-11-09")), day("2025-01-01")));
    assert!(lapsed(day("2024-09-10"), Some(day("2024-11-10")), day("2024-11-10")));
}

#[test]
fn t_9_legitimacy_follows_accounting() {
    let times = |legitimacy: &str| OpinionTimes {
        technical: vec![rome("2020-07-22 09:00")],
        accounting: Some(rome("2020-07-23 10:00")),
        legitimacy: Some(rome(legitimacy)),
        vote: None,
    };
    let refusal = check_order(&times("2020-07-23 09:59")).unwrap_err();
    assert_eq!(refusal.code, "legitimacy_before_others");
    assert!(check_order(&times("2020-07-23 10:00")).is_err(), "strictly after");
    assert!(check_order(&times("2020-07-23 10:01")).is_ok(), "same date, later instant");
}

#[test]
fn t_47_order_of_the_reference_act() {
    let mut times = OpinionTimes {
        technical: ["2020-07-16 10:00", "2020-07-16 11:00", "2020-07-16 12:00", "2020-07-22 09:00"]
            .map(rome)
            .to_vec(),
        accounting: Some(rome("2020-07-23 10:00")),
        legitimacy: Some(rome("2020-07-23 16:00")),
        vote: Some(rome("2020-07-24 11:20")),
    };
    assert!(check_order(&times).is_ok());
    times.vote = Some(rome("2020-07-23 15:00"));
    assert_eq!(check_order(&times).unwrap_err().code, "opinion_after_vote");
    times.technical.push(rome("2020-07-23 11:00"));
    assert_eq!(check_order(&times).unwrap_err().code, "accounting_before_technical");
}

#[test]
fn opinions_of_one_instant_are_in_order() {
    let at = rome("2020-07-22 09:00");
    let mut times = OpinionTimes {
        technical: vec![at],
        accounting: Some(at),
        legitimacy: None,
        vote: Some(at),
    };
    assert!(check_order(&times).is_ok());
    times.legitimacy = Some(at);
    assert_eq!(check_order(&times).unwrap_err().code, "legitimacy_before_others");
}

#[test]
fn opinions_still_to_come_do_not_break_the_order() {
    assert!(check_order(&OpinionTimes::default()).is_ok());
}

fn member(id: &str, office: GiuntaOffice, born: Option<&str>, list_order: u32) -> Member {
    Member { id: id.to_owned(), office, born: born.map(day), list_order }
}

fn giunta() -> Vec<Member> {
    vec![
        member("rossi", GiuntaOffice::Assessore, Some("1970-03-02"), 3),
        member("neri", GiuntaOffice::Assessore, Some("1958-11-30"), 5),
        member("bianchi", GiuntaOffice::Assessore, None, 4),
        member("verdi", GiuntaOffice::Vicesindaco, Some("1980-01-01"), 2),
        member("sala", GiuntaOffice::Sindaco, Some("1990-01-01"), 1),
    ]
}

#[test]
fn t_60_the_eldest_assessore_presides() {
    let all = giunta();
    let who = |order, present: &[Member]| president(order, present).map(|m| m.id.clone());
    assert_eq!(who(PresidencyOrder::Eldest, &all).as_deref(), Some("sala"));
    assert_eq!(who(PresidencyOrder::Eldest, &all[..4]).as_deref(), Some("verdi"));
    assert_eq!(who(PresidencyOrder::Eldest, &all[..3]).as_deref(), Some("neri"));
    assert_eq!(who(PresidencyOrder::ListOrder, &all[..3]).as_deref(), Some("rossi"));
    assert_eq!(who(PresidencyOrder::Eldest, &all[2..3]).as_deref(), Some("bianchi"));
    assert_eq!(who(PresidencyOrder::Eldest, &[]), None);
}

#[test]
fn t_10_the_youngest_takes_the_minutes_and_does_not_preside() {
    let all = giunta();
    assert_eq!(youngest(&all, "verdi").map(|m| m.id.as_str()), Some("sala"));
    assert_eq!(youngest(&all, "sala").map(|m| m.id.as_str()), Some("verdi"));
    assert_eq!(youngest(&all[..3], "rossi").map(|m| m.id.as_str()), Some("neri"));
}

#[test]
fn t_24_numbered_later_in_the_year_of_the_sitting() {
    let opened = rome("2024-12-31 10:00");
    let date = act_date(SittingDateRule::Opening, opened, opened);
    assert_eq!(register_year(date), 2024);
}

#[test]
fn t_25_a_sitting_over_midnight() {
    let (opened, voted) = (rome("2024-12-31 23:30"), rome("2025-01-01 00:20"));
    assert_eq!(act_date(SittingDateRule::Opening, opened, voted), day("2024-12-31"));
    assert_eq!(act_date(SittingDateRule::Item, opened, voted), day("2025-01-01"));
}

#[test]
fn t_61_one_objection_stops_a_fuori_sacco() {
    let say = |rule, complete, objections| {
        off_agenda_allowed(rule, complete, objections).map_err(|refusal| refusal.code)
    };
    assert_eq!(
        say(OffAgendaRule::UnanimityOfPresent, true, 1),
        Err("off_agenda_objected".to_owned())
    );
    assert_eq!(say(OffAgendaRule::UnanimityOfPresent, true, 0), Ok(()));
    assert_eq!(say(OffAgendaRule::PresidentDecides, true, 1), Ok(()));
    assert_eq!(say(OffAgendaRule::Forbidden, true, 0), Err("off_agenda_forbidden".to_owned()));
    assert_eq!(
        say(OffAgendaRule::PresidentDecides, false, 0),
        Err("off_agenda_without_opinions".to_owned())
    );
}

#[test]
fn t_63_remote_needs_a_rule_after_the_emergency() {
    let refusal = remote_allowed(day("2022-05-10"), None).unwrap_err();
    assert_eq!(refusal.code, "remote_not_regulated");
    assert!(remote_allowed(day("2022-05-10"), Some("  ")).is_err());
    assert!(remote_allowed(day("2022-05-10"), Some("DGC 41/2022")).is_ok());
    assert!(remote_allowed(day("2020-07-24"), None).is_ok(), "the reference act");
    assert!(remote_allowed(day("2022-03-31"), None).is_ok());
    assert!(remote_allowed(day("2022-04-01"), None).is_err());
    assert!(remote_allowed(day("2020-03-16"), None).is_err());
}

#[test]
fn self_annulment_by_the_rule_in_force() {
    let benefit = annulment_limit(day("2026-01-10"), day("2026-07-20")).unwrap();
    assert_eq!((benefit.last_day, benefit.months), (day("2026-07-10"), 6));
    let before = annulment_limit(day("2025-03-01"), day("2025-11-30")).unwrap();
    assert_eq!((before.last_day, before.months), (day("2026-03-01"), 12));
    assert!(day("2025-11-30") <= before.last_day);
}

#[test]
fn self_annulment_across_a_change_of_law() {
    let across = annulment_limit(day("2025-03-01"), day("2026-02-01")).unwrap();
    assert_eq!(across.last_day, day("2026-03-01"), "the term of birth ends first");
    let same = annulment_limit(day("2025-06-18"), day("2026-02-01")).unwrap();
    assert_eq!((same.last_day, same.months), (day("2026-06-18"), 6), "both end on one day");
    let late = annulment_limit(day("2025-12-01"), day("2026-02-01")).unwrap();
    assert_eq!(late.last_day, day("2026-06-18"), "six months from the new rule");
    let old = annulment_limit(day("2010-01-01"), day("2016-01-01")).unwrap();
    assert_eq!((old.last_day, old.months), (day("2017-02-28"), 18));
    assert_eq!(annulment_limit(day("2010-01-01"), day("2014-01-01")), None);
}

#[test]
fn control_on_request_within_ten_days() {
    let posted = day("2024-05-06");
    assert_eq!(request_deadline(posted), day("2024-05-16"));
    let reasons = "violazione dell'art. 191 TUEL";
    assert!(check_request(posted, day("2024-05-16"), reasons).is_ok());
    let late = check_request(posted, day("2024-05-17"), reasons).unwrap_err();
    assert_eq!(late.code, "request_late");
    assert!(late.text.ends_with("entro il 16/05/2024"), "{}", late.text);
    assert!(check_request(posted, posted, " ").is_err());
    assert_eq!(councillors_needed(15_000, 16), 4);
    assert_eq!(councillors_needed(15_001, 24), 6);
    assert_eq!(councillors_needed(15_001, 25), 7);
}

#[test]
fn special_regions_are_data() {
    let friuli = profile_on(ProfileName::FriuliVeneziaGiulia, day("2024-05-06"));
    assert!(friuli.effective_after_posting);
    assert_eq!(friuli.publish_by(day("2024-05-05"), false), Some(day("2024-05-13")));
    assert_eq!(friuli.publish_by(day("2024-05-06"), true), Some(day("2024-05-11")));
    let trentino = profile_on(ProfileName::TrentinoAltoAdige, day("2024-05-06"));
    assert_eq!(trentino.posting_days, 10);
    let sicilia = profile_on(ProfileName::Sicilia, day("2024-05-06"));
    assert_eq!(sicilia.ie_majority, Some(IeMajority::TwoThirdsVoters));
    let before = profile_on(ProfileName::TrentinoAltoAdige, day("2001-01-01"));
    assert_eq!(before.name, ProfileName::Ordinario);
}

#[test]
fn size_and_balance_of_the_giunta() {
    assert_eq!(most_assessori(2_500, 10), 2);
    assert_eq!(most_assessori(9_000, 12), 4);
    assert_eq!(most_assessori(40_000, 24), 7);
    assert_eq!(most_assessori(1_300_000, 48), 12);
    assert!(gender_balanced(50_000, 2, 3));
    assert!(!gender_balanced(50_000, 1, 4));
    assert!(gender_balanced(3_000, 0, 3));
}

#[test]
fn t_93_urn_akoma_ntoso_and_key_of_an_act_are_made_of_each_other() {
    let key = ActKey {
        authority: "comune.milano".into(),
        organ: "giunta".into(),
        measure: "deliberazione".into(),
        date: day("2020-07-24"),
        number: 838,
    };
    assert_eq!(key.nir(), "urn:nir:comune.milano;giunta:deliberazione:2020-07-24;838");
    assert_eq!(key.lex(), "urn:lex:it:comune.milano;giunta:deliberazione:2020-07-24;838");
    assert_eq!(key.akn(), "/akn/it/act/deliberazione/giunta-comune-milano/2020-07-24/838");
    for name in [key.nir(), key.lex(), key.akn()] {
        assert_eq!(ActKey::parse(&name).as_ref(), Some(&key), "{name}");
    }
    // A version, an annex or an expression name the same act.
    for name in [
        "urn:nir:comune.milano;giunta:deliberazione:2020-07-24;838@originale",
        "urn:lex:it:comune.milano;giunta:deliberazione:2020-07-24;838:allegato.1",
        "/akn/it/act/deliberazione/giunta-comune-milano/2020-07-24/838/ita@2020-07-24/!main",
    ] {
        assert_eq!(ActKey::parse(name).as_ref(), Some(&key), "{name}");
    }
    for wrong in [
        "",
        "urn:nir:stato:legge:1990-08-07;241",
        "urn:nir:comune.milano;giunta:deliberazione:2020-07-24",
        "urn:nir:comune.milano;giunta:deliberazione:2020-13-24;838",
        "urn:nir:Comune.Milano;giunta:deliberazione:2020-07-24;838",
        "urn:nir:comune.milano;giunta:deliberazione:2020-07-24;-8",
        "/akn/it/act/deliberazione/giunta/2020-07-24/838",
    ] {
        assert_eq!(ActKey::parse(wrong), None, "{wrong}");
    }
    // Names of several words come back too; a hyphen, which the path would lose, is refused.
    let long = ActKey { authority: "comune.reggio.nell.emilia".into(), ..key };
    assert_eq!(ActKey::parse(&long.akn()), Some(long));
    assert!(!is_authority("comune.san-giovanni") && !is_authority("comune..x"));
}
