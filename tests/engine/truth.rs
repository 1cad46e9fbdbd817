// SPDX-License-Identifier: AGPL-3.0-or-later
//! What an act and its papers say is what happened: the text that was signed and voted, the day that
//! counts, the list that was really signed and received.

use crate::desk::{Desk, code, day, rome, unanimous};
use crate::people::Size;
use delibera::domain::case::{
    CaseCommand, Condition, Effect, Efficacy, OpinionOutcome, Touch, effective_on,
};
use delibera::domain::command::Command;
use delibera::domain::papers::PaperKind;
use delibera::domain::regulation::tokens::SealUse;
use delibera::domain::sitting::SittingCommand;
use delibera::domain::stream::StreamId;
use delibera::domain::workflow::{Lifecycle, OpinionKind};

fn order(how: Effect, from: &str, until: Option<&str>) -> Touch {
    Touch {
        how,
        from: day(from),
        until: until.map(day),
        by_case: String::new(),
        source: "ordinanza del TAR n. 5/2024".into(),
        withdrawn: None,
    }
}

fn outage(on: &str, visible_hours: u8) -> CaseCommand {
    CaseCommand::RecordOutage { day: day(on), visible_hours }
}

fn motivate(reasons: &str) -> CaseCommand {
    CaseCommand::MotivateDeparture { reasons: reasons.into() }
}

// ---- The text -----------------------------------------------------------------------------------

#[test]
fn row_1_a_revised_proposal_is_signed_again_before_any_opinion() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.submitted("a", content);
    desk.technical("dir_area", "a", "area").unwrap();
    let mut content = desk.of("a").content.clone();
    content.decision.push("di aggiungere un punto;".into());
    content.offices.push("casa".into());
    let revise = CaseCommand::Revise { content, formal: false, paper: None };
    desk.case("rp", "a", revise).unwrap();
    assert_eq!(
        (desk.step("a"), desk.lifecycle("a")),
        ("firma_proposta", Lifecycle::ProposalSigning)
    );
    let due = |desk: &Desk| desk.mails("parere-da-rendere").contains(&"dir_casa".to_owned());
    assert!(!due(&desk), "not before it is signed");
    desk.sign_all("a");
    assert_eq!(desk.step("a"), "pareri_tecnici");
    // Row 1: an office that was not there before learns that its opinion is due.
    assert!(due(&desk));
    let second = desk.of("a").paper("proposta-2").unwrap();
    assert_eq!(second.plan.about, "2");
    let signed = second.sha256.clone().unwrap();
    desk.called_on_the_sixth("a");
    desk.unanimous("s", "a").unwrap();
    desk.close("s").unwrap();
    let act = desk.printed("a", "deliberazione").unwrap();
    let proposal = act.embedded.iter().find(|e| e.name == "proposta.pdf").unwrap();
    assert_eq!(proposal.sha256, signed);
    assert_eq!(proposal.description, "Proposta di deliberazione, come firmata");
}

#[test]
fn row_1_an_amended_act_says_which_version_of_the_proposal_was_signed() {
    let mut desk = Desk::large();
    desk.in_sitting(9, &["a"]);
    desk.call("s", "a").unwrap();
    let mut content = desk.of("a").content.clone();
    content.decision.push("di aggiungere un punto;".into());
    let amend = SittingCommand::Amend { case: "a".into(), content, formal: false, paper: None };
    desk.record_in("s", amend).unwrap();
    desk.technical("dir_area", "a", "area").unwrap();
    desk.accounting("ragioniere", "a").unwrap();
    desk.legitimacy("segretario", "a").unwrap();
    desk.unanimous("s", "a").unwrap();
    desk.close("s").unwrap();
    let act = desk.printed("a", "deliberazione").unwrap();
    let proposal = act.embedded.iter().find(|e| e.name == "proposta.pdf").unwrap();
    assert!(proposal.description.contains("versione 1, come firmata"), "{}", proposal.description);
    assert!(proposal.description.ends_with("versione 2"), "{}", proposal.description);
}

#[test]
fn a_proposal_dropped_before_it_was_composed_never_prints_a_later_version() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.create("a", content).unwrap();
    desk.case("rp", "a", CaseCommand::Submit).unwrap();
    let back =
        CaseCommand::Return { office: String::new(), reasons: "da rifare".into(), paper: None };
    desk.case("rp", "a", back).unwrap();
    let dropped = desk.of("a").paper("proposta").unwrap();
    assert_eq!((dropped.status(), dropped.sha256.clone()), ("dropped", None));
    assert_eq!(desk.of("a").open_papers().count(), 0, "nothing waits for it");
    let prepare = CaseCommand::PreparePaper {
        paper_key: "proposta".into(),
        facts: "0".repeat(64),
        sha256: "1".repeat(64),
        pages: 1,
    };
    assert_eq!(code(desk.case("system", "a", prepare)), "paper_dropped");
    assert_eq!(desk.of("a").deadline, Some(day("2024-05-04")), "row 5: to be mended by a day");
}

#[test]
fn r_1_9_from_the_ballot_on_the_text_is_what_was_voted() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.submitted("a", content);
    desk.contrary("a");
    desk.called_on_the_sixth("a");
    let vote = SittingCommand::Vote {
        case: "a".into(),
        vote: unanimous(),
        override_reason: "urgenza".into(),
    };
    desk.record_in("s", vote).unwrap();
    assert_eq!(code(desk.case("rp", "a", motivate("si era già provveduto"))), "wrong_step");
    desk.proclaim("s", "a").unwrap();
    desk.close("s").unwrap();
    let act = desk.printed("a", "deliberazione").unwrap().context;
    assert_eq!(act["departure"], serde_json::Value::Null, "it has none");
}

#[test]
fn r_1_9_reasons_answer_the_opinions_they_follow_and_no_other() {
    let mut desk = Desk::large();
    let mut content = desk.content();
    content.gates.departure = Some("la Giunta decide comunque".into());
    desk.submitted("a", content);
    assert_eq!(code(desk.case("rp", "a", motivate("prima"))), "nothing_to_depart_from");
    desk.contrary("a");
    let mut early = desk.clone();
    early.called_on_the_sixth("a");
    assert_eq!(code(early.unanimous("s", "a")), "departure_not_motivated", "written before it");
    desk.case("rp", "a", motivate("l'istruttoria è completa")).unwrap();
    // A formal correction leaves the opinions, and so what answers them.
    let mut formal = desk.clone();
    let mut content = formal.of("a").content.clone();
    content.text.push('.');
    let answered = content.gates.departure.take();
    let formally = CaseCommand::Revise { content, formal: true, paper: None };
    formal.case("segretario", "a", formally).unwrap();
    assert_eq!(formal.of("a").content.gates.departure, answered);
    // A new contrary opinion on a new text is not the one that was answered.
    let mut content = desk.of("a").content.clone();
    content.text.push_str(" Visto il piano.");
    desk.case("rp", "a", CaseCommand::Revise { content, formal: false, paper: None }).unwrap();
    desk.sign_all("a");
    desk.contrary("a");
    desk.called_on_the_sixth("a");
    assert_eq!(code(desk.unanimous("s", "a")), "departure_not_motivated");
    desk.case("rp", "a", motivate("il piano supera l'osservazione")).unwrap();
    desk.unanimous("s", "a").unwrap();
}

#[test]
fn a_contrary_legitimacy_opinion_is_never_departed_from_by_article_49() {
    let keys = [("legitimacy_contrary_effect", "\"motivate\"")];
    let mut desk = Desk::with(Size::Large, &keys);
    let content = desk.content();
    desk.submitted("a", content);
    desk.carry("a", "parere_legittimita");
    let which = (OpinionKind::Legitimacy, "");
    let given = desk.opinion("segretario", "a", which, OpinionOutcome::Contrary, "Manca la base.");
    given.unwrap();
    desk.called_on_the_sixth("a");
    let refusal = desk.vote("s", "a", unanimous()).unwrap_err();
    assert_eq!(refusal.code, "departure_not_motivated");
    assert!(!refusal.article.contains("49"), "{}", refusal.article);
    desk.case("rp", "a", motivate("la base è nello statuto")).unwrap();
    desk.unanimous("s", "a").unwrap();
    desk.close("s").unwrap();
    let act = desk.printed("a", "deliberazione").unwrap().context;
    assert_eq!(act["departure"]["statutory"], false);
    assert_eq!(act["departure"]["legitimacy"], true);
}

// ---- The days -----------------------------------------------------------------------------------

#[test]
fn t_67_an_outage_of_the_revoking_act_moves_the_day_the_other_ceases() {
    let mut desk = Desk::with(Size::Large, &[("outage_affects_executivity", "true")]);
    let content = desk.content();
    desk.posted("a", content, false);
    let revoking = desk.touching("a", Effect::Revoke);
    desk.posted_on("b", revoking, false, "2024-06-03");
    desk.at("2024-06-11 08:00").case("albo", "b", outage("2024-06-10", 3)).unwrap();
    assert_eq!(effective_on(desk.of("b")), Some(day("2024-06-14")));
    assert_eq!(
        desk.efficacy_on("a", "2024-06-13"),
        Efficacy::Effective,
        "not before the other works"
    );
    assert_eq!(desk.efficacy_on("a", "2024-06-14"), Efficacy::Ceased);
    desk.work();
    let printed = desk.printed("a", "annotazione").unwrap().context;
    assert_eq!(printed["from"], "2024-06-14", "the new annotation says the new day");
    assert_eq!(printed["withdrawn"], "");
    // A suspension of the revoking act that covers its day moves it too.
    let command = CaseCommand::RecordOrder {
        touch: order(Effect::Suspend, "2024-06-12", Some("2024-06-30")),
    };
    desk.at("2024-06-12 09:00").case("segretario", "b", command).unwrap();
    assert_eq!(desk.efficacy_on("a", "2024-06-30"), Efficacy::Effective);
    assert_eq!(desk.efficacy_on("a", "2024-07-01"), Efficacy::Ceased);
}

#[test]
fn t_26_an_outage_recorded_again_is_attested_again() {
    for signed in [false, true] {
        let mut desk = Desk::large();
        let content = desk.content();
        desk.posted("a", content, false);
        desk.at("2024-05-11 08:00").case("albo", "a", outage("2024-05-10", 9)).unwrap();
        assert_eq!(code(desk.case("albo", "a", outage("2024-05-10", 9))), "outage_known");
        desk.work();
        if signed {
            desk.sign("albo", "a", "attestazione_disservizio-20240510").unwrap();
        }
        desk.case("albo", "a", outage("2024-05-10", 20)).unwrap();
        assert_eq!(desk.of("a").paper("attestazione_disservizio-20240510-2").is_some(), signed);
        let printed = desk.printed("a", "attestazione_disservizio").unwrap().context;
        assert_eq!((&printed["lost"]["hours"], &printed["replaces"]), (&20.into(), &signed.into()));
        desk.sign_all("a");
        let open = desk
            .of("a")
            .papers
            .iter()
            .filter(|p| p.plan.kind == PaperKind::AttestazioneDisservizio);
        assert!(open.clone().all(|p| p.is_complete()), "each signed");
    }
}

#[test]
fn t_37_the_certificate_of_a_matured_term_counts_its_own_outages() {
    let mut desk = Desk::with(Size::Large, &[("outage_affects_executivity", "true")]);
    let content = desk.content();
    desk.posted("a", content, false);
    desk.at("2024-05-11 08:00").case("albo", "a", outage("2024-05-10", 3)).unwrap();
    assert_eq!(effective_on(desk.of("a")), Some(day("2024-05-17")));
    let annul = CaseCommand::AnnulPosting { reason: "file sbagliato".into() };
    desk.at("2024-05-17 07:00").case("albo", "a", annul).unwrap();
    desk.at("2024-05-17 09:00").post("a").unwrap();
    desk.case("system", "a", CaseCommand::CertifyEffect).unwrap();
    let printed = desk.printed("a", "certificato_esecutivita").unwrap().context;
    assert_eq!(printed["effective_on"], "2024-05-17");
    assert_eq!(printed["deferred_from"], serde_json::Value::Null, "an outage is no suspension");
    assert_eq!(printed["posting"]["last_day"], "2024-05-21", "of the posting that matured");
}

#[test]
fn r_6_4_the_attestation_says_when_it_was_put_up_and_from_which_day_it_counts() {
    let mut desk = Desk::with(Size::Large, &[("cutoff_hour", "18")]);
    let content = desk.content();
    desk.adopted("a", content, false);
    desk.carry("a", "albo");
    desk.at("2024-05-06 20:30").post("a").unwrap();
    let posting =
        desk.printed("a", "attestazione_pubblicazione").unwrap().context["posting"].clone();
    assert_eq!(
        (&posting["from"], &posting["shown_on"]),
        (&"2024-05-07".into(), &"2024-05-06".into())
    );
    assert_eq!(posting["at"], "20:30");
}

#[test]
fn practice_1_3_with_a_condition_unmet_nothing_is_executable() {
    let mut desk = Desk::large();
    let mut content = desk.content();
    content.gates.conditions = vec![Condition::GrantTransparency];
    content.gates.effects = crate::desk::money();
    desk.posted("a", content, true);
    let printed = |desk: &Desk| desk.printed("a", "certificato_eseguibilita").unwrap().context;
    assert_eq!(printed(&desk)["executable_from"], serde_json::Value::Null);
    let meet = CaseCommand::MeetCondition {
        condition: Condition::GrantTransparency,
        on: day("2024-05-08"),
        evidence: "scheda n. 12".into(),
    };
    desk.at("2024-05-08 10:00").case("trasparenza", "a", meet).unwrap();
    assert_eq!(printed(&desk)["executable_from"], "2024-05-08");
}

#[test]
fn numbers_of_the_albo_start_again_every_year_and_papers_stay_apart() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.posted_on("a", content, false, "2024-12-27");
    assert_eq!(desk.of("a").posting.as_ref().unwrap().number, 1);
    desk.sign_all("a");
    let annul = CaseCommand::AnnulPosting { reason: "file sbagliato".into() };
    desk.at("2025-01-02 09:00").case("albo", "a", annul).unwrap();
    desk.at("2025-01-02 10:00").post("a").unwrap();
    assert_eq!(desk.of("a").posting.as_ref().unwrap().number, 1, "of another year");
    desk.sign_all("a");
    let second = desk.of("a").paper("attestazione_pubblicazione-1-2025").unwrap();
    assert!(second.is_complete());
    let printed = desk.printed("a", "attestazione_pubblicazione").unwrap().context;
    assert_eq!(
        (&printed["posting"]["year"], &printed["posting"]["from"]),
        (&2025.into(), &"2025-01-02".into())
    );
}

// ---- Orders -------------------------------------------------------------------------------------

#[test]
fn r_5_5_an_order_revokes_nothing_and_its_days_make_sense() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.posted("a", content, false);
    desk.at("2024-05-20 10:00");
    let mut by_other = order(Effect::Suspend, "2024-05-20", None);
    by_other.by_case = "b".into();
    for (touch, wanted) in [
        (order(Effect::Revoke, "2024-05-20", None), "of_the_organ_alone"),
        (order(Effect::Validate, "2024-05-20", None), "of_the_organ_alone"),
        (order(Effect::Suspend, "2024-01-01", None), "order_days"),
        (order(Effect::Suspend, "2024-05-20", Some("2024-05-19")), "order_days"),
        (order(Effect::Annul, "2024-05-20", Some("2024-05-30")), "order_days"),
        (by_other, "not_an_order"),
    ] {
        let command = CaseCommand::RecordOrder { touch };
        assert_eq!(code(desk.case("segretario", "a", command)), wanted);
    }
    assert!(desk.of("a").touches.is_empty());
}

#[test]
fn row_23_the_end_of_a_suspension_is_told_to_who_was_told_of_it() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.posted("a", content, false);
    let suspend = CaseCommand::RecordOrder { touch: order(Effect::Suspend, "2024-05-11", None) };
    desk.at("2024-05-11 10:00").case("segretario", "a", suspend).unwrap();
    let told = desk.mails("atto-modificato");
    let lift =
        CaseCommand::LiftSuspension { from: day("2024-07-01"), source: "sentenza n. 9".into() };
    desk.at("2024-07-01 10:00").case("segretario", "a", lift).unwrap();
    let again = desk.mails("atto-modificato");
    assert_eq!(again.len(), 2 * told.len());
    let mut told = told;
    told.sort();
    let council = ["capo1", "capo2", "presidente", "sindaco"];
    let offices = ["dir_area", "ragioniere", "rp", "segreteria"];
    let mut first: Vec<&str> = council.into_iter().chain(offices).collect();
    first.sort_unstable();
    assert_eq!(told, first, "who was told of the act hears what ceases");
}

#[test]
fn r_7_7_a_certificate_overtaken_by_a_suspension_is_not_left_to_stand_alone() {
    let certified = || {
        let mut desk = Desk::large();
        let content = desk.content();
        desk.posted("a", content, false);
        desk.at("2024-05-16 08:00").case("system", "a", CaseCommand::CertifyEffect).unwrap();
        desk.work();
        desk
    };
    let suspend = || CaseCommand::RecordOrder {
        touch: order(Effect::Suspend, "2024-05-11", Some("2024-05-31")),
    };
    // Not signed yet: it will not be.
    let mut desk = certified();
    desk.at("2024-05-20 09:00").case("segretario", "a", suspend()).unwrap();
    let key = "certificato_esecutivita-1";
    assert_eq!(desk.of("a").paper(key).unwrap().status(), "dropped");
    assert_eq!(code(desk.sign("segretario", "a", key)), "paper_dropped");
    // Signed: the annotation says that it is overtaken, and another one follows on the new day.
    let mut desk = certified();
    desk.sign("segretario", "a", key).unwrap();
    desk.at("2024-05-20 09:00").case("segretario", "a", suspend()).unwrap();
    let note = desk.printed("a", "annotazione").unwrap().context;
    assert_eq!(note["certified"], "2024-05-16");
    let owed = desk.jobs.iter().filter(|j| j.kind == "certify_effect").count();
    assert_eq!(owed, 2, "at the posting and at the suspension, which has a last day");
    desk.at("2024-06-01 08:00").case("system", "a", CaseCommand::CertifyEffect).unwrap();
    let printed = desk.printed("a", "certificato_esecutivita").unwrap().context;
    assert_eq!(
        (&printed["effective_on"], &printed["replaces"]),
        (&"2024-06-01".into(), &"2024-05-16".into())
    );
    desk.sign_all("a");
    assert_eq!(code(desk.case("system", "a", CaseCommand::CertifyEffect)), "already_certified");
}

// ---- The list of the day ------------------------------------------------------------------------

fn list(sha256: &str, cases: &[&str]) -> Command {
    Command::ListCapigruppo {
        day: day("2024-05-06"),
        serial: 1,
        cases: cases.iter().map(|c| (*c).to_owned()).collect(),
        sha256: sha256.into(),
    }
}

fn delivery(person: &str, delivered: bool) -> CaseCommand {
    CaseCommand::RecordDelivery {
        day: day("2024-05-06"),
        serial: 1,
        person: person.into(),
        delivered,
        note: "550 casella inesistente".into(),
    }
}

#[test]
fn r_9_6_without_the_rule_the_list_waits_for_the_segretario_and_no_seal_replaces_her() {
    let mut desk = Desk::with(Size::Large, &[("seal_uses", "[\"receipt\"]")]);
    for id in ["a", "b"] {
        let content = desk.content();
        desk.posted(id, content, false);
    }
    let sealed = list(&"e".repeat(64), &["a", "b"]);
    assert_eq!(code(desk.act("system", sealed)), "list_outdated", "nothing sealed is taken");
    desk.act("system", list("", &["a", "b"])).unwrap();
    assert!(desk.mails("elenco-capigruppo").is_empty(), "not before it is signed");
    assert_eq!(code(desk.act("system", list("", &["a", "b"]))), "list_outdated", "once");
    desk.work();
    let related = desk.world.related(&StreamId::case("a"));
    assert!(related.contains(&StreamId::case("b")), "the list names it: {related:?}");
    let key = "elenco_capigruppo-2024-05-06-1";
    let state = desk.of("a").paper(key).unwrap().clone();
    let signers: Vec<&str> =
        state.open_slots().map(|s| s.signer.as_ref().unwrap().person.as_str()).collect();
    assert_eq!(signers, ["segretario"]);
    assert!(desk.mails("documento-da-firmare").contains(&"segretario".to_owned()));
    desk.sign("segretario", "a", key).unwrap();
    let told = desk.mails("elenco-capigruppo");
    assert!(told.contains(&"capo1".to_owned()) && told.contains(&"capo2".to_owned()), "{told:?}");
    // Where the regulation gives it to the seal, nothing unsigned goes out.
    let mut desk = Desk::large();
    let regulation = desk.world.regulation(desk.today()).unwrap();
    assert!(regulation.seal_uses.contains(&SealUse::CapigruppoList));
    let content = desk.content();
    desk.posted("a", content, false);
    assert_eq!(code(desk.act("system", list("", &["a"]))), "list_outdated");
}

#[test]
fn t_38_the_duty_is_done_when_the_list_arrived_and_a_failure_opens_a_task() {
    let mut desk = Desk::large();
    for id in ["a", "b"] {
        let content = desk.content();
        desk.posted(id, content, false);
    }
    desk.act("system", list(&"e".repeat(64), &["a", "b"])).unwrap();
    let settled = |desk: &Desk, id: &str| desk.of(id).duties["capigruppo"].settled.clone();
    assert_eq!(settled(&desk, "a"), None, "to be sent is not sent");
    assert_eq!(code(desk.case("segretario", "a", delivery("capo1", true))), "only_system");
    assert_eq!(code(desk.case("system", "a", delivery("sindaco", true))), "already_told");
    desk.case("system", "a", delivery("capo1", true)).unwrap();
    assert_eq!(settled(&desk, "b"), None, "one of two");
    desk.case("system", "a", delivery("capo2", false)).unwrap();
    for id in ["a", "b"] {
        let (done, _, note) = settled(&desk, id).unwrap();
        assert!(!done && note.contains("non recapitato"), "{note}");
    }
    assert!(desk.mails("elenco-non-recapitato").contains(&"segreteria".to_owned()));
    let workflow = desk.world.workflow(desk.of("b")).unwrap();
    let tasks = delibera::domain::tasks::of_case(desk.of("b"), &workflow);
    assert!(tasks.iter().any(|t| t.about == "capigruppo"), "someone finds it on his desk");
    assert_eq!(desk.efficacy_on("a", "2024-05-16"), Efficacy::Effective, "the act does not wait");
    // Sent again and received: done.
    desk.case("system", "a", delivery("capo2", true)).unwrap();
    assert!(settled(&desk, "b").unwrap().0);
    assert_eq!(code(desk.case("system", "a", delivery("capo2", true))), "already_told");
}

// ---- Notices ------------------------------------------------------------------------------------

#[test]
fn row_15_who_posts_is_told_the_day_of_the_posting_not_of_the_check() {
    let mut desk = Desk::with(Size::Large, &[("publish_within_days", "3")]);
    let content = desk.content();
    desk.adopted("a", content, false);
    desk.carry("a", "verifica_privacy");
    let found = desk.jobs.iter().find(|j| j.payload["message"] == "atto-da-pubblicare").unwrap();
    assert_eq!(found.payload["detail"]["deadline"], "2024-05-09");
}

#[test]
fn row_20_a_late_posting_is_told_to_the_segretario() {
    for (on, late) in [("2024-05-08 10:00", false), ("2024-05-20 10:00", true)] {
        let mut desk = Desk::large();
        let content = desk.content();
        desk.adopted("a", content, false);
        desk.carry("a", "albo");
        desk.at(on).post("a").unwrap();
        let told = desk.mails("atto-pubblicato").contains(&"segretario".to_owned());
        assert_eq!(told, late, "{on}");
    }
}

#[test]
fn t_75_the_alarm_comes_after_the_term_of_the_comune() {
    let mut desk = Desk::with(Size::Large, &[("publish_within_days", "2")]);
    let content = desk.content();
    desk.adopted("a", content, false);
    desk.carry("a", "albo");
    let entered = desk.of("a").entered;
    let alarm = desk.jobs.iter().find(|j| {
        j.kind == "remind"
            && j.payload["moment"] == "deadline_passed"
            && j.payload["entered"] == entered
    });
    assert_eq!(alarm.unwrap().due_at, rome("2024-05-09 07:30"), "the day after 8 May");
    assert_eq!(desk.efficacy_on("a", "2030-01-01"), Efficacy::None);
}

#[test]
fn row_6_a_formal_change_is_told_to_who_gave_an_opinion() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.submitted("a", content);
    desk.technical("dir_area", "a", "area").unwrap();
    let mut content = desk.of("a").content.clone();
    content.text.push_str(" Corretto un refuso.");
    desk.case("segretario", "a", CaseCommand::Revise { content, formal: true, paper: None })
        .unwrap();
    assert_eq!(desk.mails("testo-modificato"), ["dir_area"]);
    assert_eq!(desk.step("a"), "parere_contabile", "the opinion stands");
}

#[test]
fn row_8_without_a_legitimacy_opinion_the_proposer_learns_that_it_is_ready() {
    for (value, told) in [("\"off\"", true), ("\"required\"", false)] {
        let mut desk = Desk::with(Size::Large, &[("legitimacy_opinion", value)]);
        let content = desk.content();
        desk.ready("a", content);
        assert_eq!(desk.mails("proposta-pronta").contains(&"rp".to_owned()), told, "{value}");
    }
}

#[test]
fn t_68_a_late_self_annulment_is_warned_of_in_the_proposal() {
    for (benefit, annulled, late) in
        [("2026-01-12", "2026-07-20", true), ("2025-03-03", "2025-11-28", false)]
    {
        let mut desk = Desk::large();
        let content = desk.content();
        desk.adopted_on("a", content, false, benefit);
        let annulling = desk.touching("a", Effect::Annul);
        desk.at(&format!("{annulled} 09:00")).submitted("b", annulling);
        let printed = desk.printed("b", "proposta").unwrap().context;
        let found = printed["late_annulments"].as_array().unwrap();
        assert_eq!(found.len(), usize::from(late), "{printed}");
        if late {
            assert_eq!(
                (&found[0]["last_day"], &found[0]["months"]),
                (&"2026-07-12".into(), &6.into())
            );
        }
    }
}
