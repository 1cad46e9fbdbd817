// SPDX-License-Identifier: AGPL-3.0-or-later
//! The keys of the regulation: each changes what the engine does, or says what it waits for.

use crate::desk::{Desk, code, day, fiscal, money, unanimous};
use crate::people::{Size, WORKFLOW, mandate, regulation};
use crate::segretario::away;
use delibera::domain::case::{CaseCommand, Content, Effect, OpinionOutcome, Touch};
use delibera::domain::command::Command;
use delibera::domain::offers;
use delibera::domain::registry::{Capacity, Mandate, Person, RegistryCommand, Role};
use delibera::domain::regulation::KEYS;
use delibera::domain::sitting::SittingCommand;
use delibera::domain::workflow::{Lifecycle, OpinionKind};
use std::path::Path;

/// Keys that are typed and checked and that no code reads yet, with what they wait for.
const LATER: &[(&str, &str)] = &[
    (
        "convocation_form",
        "the notice is always written and signed, the strictest of the three forms",
    ),
    ("convocation_channel", "PEC and reserved area: notices go by ordinary mail"),
    ("recording", "no recording is made or kept here: a place where recordings are kept"),
    ("number_scope", "one series with the Consiglio: acts of the Consiglio"),
    ("capigruppo_channel", "PEC and reserved area: the list goes by ordinary mail"),
    ("capigruppo_batch", "one value only: the law says contestualmente (art. 125 TUEL)"),
    ("preservation_timing", "conservazione"),
    ("det_number_at", "determinazioni"),
    ("det_register", "determinazioni"),
    ("det_publish", "determinazioni"),
    ("rounding", "controlli successivi"),
    ("control_period", "controlli successivi"),
];

fn sources(folder: &Path, found: &mut String) {
    for path in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
        let name = path.to_str().unwrap();
        if path.is_dir() {
            sources(&path, found);
        } else if !name.ends_with("regulation/keys.rs") && !name.ends_with("regulation/check.rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            text.split_whitespace().for_each(|word| found.extend([" ", word]));
        }
    }
}

/// A field of a regulation is read: `regulation.key`, `r.key`, `…()?.key`, or `self.key` in the
/// module that hands rules to the law.
fn is_read(source: &str, key: &str) -> bool {
    source.match_indices(&format!(".{key}")).any(|(at, found)| {
        let after = source[at + found.len()..].chars().next().unwrap_or(' ');
        let before = &source[..at];
        let word = ["regulation", "rules", "?", "|r", "self"].iter().any(|w| before.ends_with(w))
            || before.ends_with('r') && before[..at - 1].ends_with(['|', '(', '!', '&', ' ']);
        word && !after.is_alphanumeric() && after != '_' && after != '('
    })
}

#[test]
fn every_key_is_read_or_says_what_it_waits_for() {
    let mut source = String::new();
    for folder in ["src", "crates/domain/src"] {
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut source);
    }
    let source = source.replace(" .", ".");
    for key in KEYS {
        let later = LATER.iter().find(|(name, _)| *name == key.name);
        match (is_read(&source, key.name), later) {
            (true, Some(_)) => panic!("{} is read: take it off the list", key.name),
            (false, None) => panic!("{} is read by nobody and waits for nothing", key.name),
            _ => {}
        }
    }
    assert!(
        LATER.iter().all(|(name, why)| KEYS.iter().any(|k| k.name == *name) && !why.is_empty())
    );
}

fn joins(desk: &mut Desk, id: &str, capacity: Capacity, title: &str) {
    let person = Person {
        id: id.into(),
        given_name: "Nome".into(),
        surname: id.to_uppercase(),
        fiscal_code: fiscal(id),
        email: format!("{id}@comune.example"),
        born: None,
    };
    desk.registry(RegistryCommand::RegisterPerson(person)).unwrap();
    let granted = Mandate { capacity, ..mandate(id, Role::Segretario, title) };
    desk.registry(RegistryCommand::GrantMandate(granted)).unwrap();
}

#[test]
fn the_chain_of_the_segretario_is_the_one_of_the_regulation() {
    // A small Comune: reggente, then who comes a scavalco; no Vice (R2.4, art. 97, c. 5, TUEL).
    let mut desk = Desk::small();
    joins(&mut desk, "reggente", Capacity::Reggente, "Il Segretario reggente");
    joins(&mut desk, "scavalco", Capacity::Scavalco, "Il Segretario a scavalco");
    away(&mut desk, "segretario", "2024-04-29", "2024-06-30");
    let acting = |desk: &Desk| {
        let found = desk.world.registry.acting(Role::Segretario, None, desk.today());
        found.map(|s| (s.person, s.title))
    };
    let who = |person: &str, title: &str| Some((person.to_owned(), title.to_owned()));
    assert_eq!(acting(&desk), who("reggente", "Il Segretario reggente"));
    let entitled = |desk: &Desk, person: &str| {
        desk.world.registry.entitled(person, Role::Segretario, None, desk.today())
    };
    let refused = entitled(&desk, "vicario").unwrap_err();
    assert_eq!(refused.code, "substitute_not_foreseen");
    assert_eq!(refused.article, "art. 16-ter D.L. 162/2019; convenzione di segreteria n. 7/2022");
    assert!(
        refused.next.contains("Segretario reggente, Segretario a scavalco"),
        "{}",
        refused.next
    );
    assert_eq!(entitled(&desk, "scavalco").unwrap_err().code, "substitute_not_needed");
    away(&mut desk, "reggente", "2024-04-29", "2024-06-30");
    assert_eq!(acting(&desk), who("scavalco", "Il Segretario a scavalco"));
    // Who may not act does not verbalize either.
    away(&mut desk, "scavalco", "2024-04-29", "2024-06-30");
    assert_eq!(acting(&desk), None, "the vicario and the vice have no place in this chain");
}

#[test]
fn another_order_of_the_chain_is_another_substitute() {
    let chain = |value: &str| Desk::with(Size::Large, &[("segretario_chain", value)]);
    let mut desk = chain("[\"vice\", \"vicario\"]");
    away(&mut desk, "segretario", "2024-04-29", "2024-06-30");
    let content = desk.content();
    desk.submitted("a", content);
    desk.carry("a", "parere_legittimita");
    assert_eq!(code(desk.legitimacy("vicario", "a")), "substitute_not_needed");
    desk.legitimacy("vice2", "a").unwrap();
    assert_eq!(desk.of("a").opinions.last().unwrap().giver.title, "Il Vice Segretario");
    // A title that is the Segretario's alone.
    let director = Mandate {
        id: "x".into(),
        capacity: Capacity::Scavalco,
        office: Some("area".into()),
        ..mandate("dir_casa", Role::Direttore, "Il Direttore")
    };
    let answer = desk.registry(RegistryCommand::GrantMandate(director));
    assert_eq!(code(answer), "capacity_of_segretario");
}

#[test]
fn who_may_propose_is_the_comune_s_choice() {
    let mut desk = Desk::large();
    let by = |desk: &Desk, person: &str| Content {
        rapporteurs: vec![person.to_owned()],
        ..desk.content()
    };
    let content = by(&desk, "dir_gen");
    desk.create("a", content).unwrap();
    let refused = desk.case("rp", "a", CaseCommand::Submit).unwrap_err();
    assert_eq!((refused.code.as_str(), refused.rule.as_str()), ("not_a_proposer_role", "R1.1"));
    assert_eq!(refused.article, "art. 36, c. 2, Statuto");
    assert!(refused.next.contains("il Sindaco, un assessore"), "{}", refused.next);
    // The Vicesindaco is an assessore (art. 46, c. 2).
    let content = by(&desk, "vicesindaco");
    desk.submitted("b", content);
    let mut desk = Desk::with(Size::Large, &[("proposer_roles", "[\"sindaco\", \"direttore\"]")]);
    let content = by(&desk, "dir_gen");
    desk.submitted("a", content);
    let signer = desk.of("a").papers[0].signed.iter().map(|(_, s, _)| s).next_back().unwrap();
    assert_eq!((signer.person.as_str(), signer.title.as_str()), ("dir_gen", "Il Direttore"));
    assert!(desk.printed("a", "proposta").unwrap().context.to_string().contains("Nome DIR_GEN"));
    let content = by(&desk, "ass1");
    desk.create("b", content).unwrap();
    assert_eq!(code(desk.case("rp", "b", CaseCommand::Submit)), "not_a_proposer_role");
}

#[test]
fn the_referto_is_signed_by_whom_the_regulation_says() {
    for (value, uses, wanted) in [
        ("\"publication_manager\"", "[\"capigruppo_list\"]", Some("albo")),
        ("\"segretario\"", "[\"capigruppo_list\"]", Some("segretario")),
        ("\"seal\"", "[\"capigruppo_list\", \"referto\"]", None),
    ] {
        let keys = [("referto_signer", value), ("seal_uses", uses)];
        let mut desk = Desk::with(Size::Large, &keys);
        let content = desk.content();
        desk.posted("a", content, false);
        desk.at("2024-05-21 08:00").case("system", "a", CaseCommand::EndPosting).unwrap();
        let printed = desk.printed("a", "referto_pubblicazione").unwrap();
        let signers: Vec<Option<&str>> =
            printed.slots.iter().map(|s| s.signer.as_ref().map(|s| s.person.as_str())).collect();
        assert_eq!(signers, [wanted], "{value}");
        desk.sign_all("a");
        assert!(desk.of("a").paper("referto_pubblicazione-1").unwrap().is_complete(), "{value}");
    }
}

fn list(on: &str, cases: &[&str]) -> Command {
    let cases = cases.iter().map(|c| (*c).to_owned()).collect();
    Command::ListCapigruppo { day: day(on), serial: 1, cases, sha256: "e".repeat(64) }
}

#[test]
fn a_register_of_capigruppo_kept_elsewhere_leaves_the_duty_open() {
    let mut desk = Desk::with(Size::Large, &[("capigruppo_registry", "\"external\"")]);
    let content = desk.content();
    desk.posted("a", content, false);
    desk.act("system", list("2024-05-06", &["a"])).unwrap();
    let told = desk.mails("elenco-capigruppo");
    assert!(!told.iter().any(|p| p.starts_with("capo")), "{told:?}");
    assert!(told.contains(&"segreteria".to_owned()), "who hands it on: {told:?}");
    assert_eq!(desk.of("a").duties["capigruppo"].settled, None, "nobody here knows it arrived");
    let done = CaseCommand::SettleDuty {
        duty: "capigruppo".into(),
        done: true,
        note: "consegnato all'Ufficio del Consiglio, prot. 1234".into(),
    };
    desk.case("segretario", "a", done).unwrap();
}

#[test]
fn the_term_of_an_opinion_is_the_comune_s_and_only_reminds() {
    for (days, due) in [("10", "2024-05-09"), ("2", "2024-05-01")] {
        let mut desk = Desk::with(Size::Large, &[("opinion_sla_days", days)]);
        let content = desk.content();
        desk.submitted("a", content);
        assert_eq!(desk.of("a").deadline, Some(day(due)));
        desk.at("2024-06-30 09:00").technical("dir_area", "a", "area").unwrap();
    }
}

#[test]
fn an_error_is_mended_with_the_instrument_of_the_comune() {
    let rectify = CaseCommand::RecordOrder {
        touch: Touch {
            how: Effect::Rectify,
            from: day("2024-05-07"),
            until: None,
            by_case: String::new(),
            source: "nota prot. 99 del 7 maggio 2024".into(),
            withdrawn: None,
        },
    };
    for (value, segretario, office) in [
        ("\"new_act\"", "rectified_by_new_act", "rectified_by_new_act"),
        ("\"segretario_note\"", "ok", "signer_not_in_role"),
        ("\"office_note\"", "not_the_proposer", "ok"),
    ] {
        let mut desk = Desk::with(Size::Large, &[("rettifica_instrument", value)]);
        let content = desk.content();
        desk.posted("a", content, false);
        desk.at("2024-05-07 09:00");
        let mut other = desk.clone();
        assert_eq!(code(desk.case("segretario", "a", rectify.clone())), segretario, "{value}");
        assert_eq!(code(other.case("dir_area", "a", rectify.clone())), office, "{value}");
    }
}

#[test]
fn a_type_of_act_has_its_own_days_in_the_albo() {
    let mut desk = Desk::with(Size::Large, &[("term_by_type", "{ adesione = 30 }")]);
    let content = desk.content();
    desk.posted("a", content, false);
    let terms = delibera::domain::case::terms_of(desk.of("a")).unwrap();
    assert_eq!(terms.last_day, day("2024-06-04"), "thirty days, the first included (R6.10)");
    assert_eq!(terms.effective_on, day("2024-05-16"), "executivity has its own ten days");
}

fn spending(desk: &Desk) -> Content {
    let mut content = desk.content();
    content.gates.effects = money();
    content
}

fn visto(desk: &mut Desk, actor: &str, outcome: OpinionOutcome, why: &str) -> crate::desk::Answer {
    desk.opinion(actor, "a", (OpinionKind::Cover, ""), outcome, why)
}

#[test]
fn t_53_the_visto_of_cover_where_the_giunta_commits() {
    // Without the key: only the accounting opinion.
    let mut desk = Desk::with(Size::Large, &[("giunta_visto_copertura", "false")]);
    let content = spending(&desk);
    desk.submitted("a", content);
    desk.carry("a", "istruttoria");
    let kinds: Vec<OpinionKind> = desk.of("a").opinions.iter().map(|o| o.opinion).collect();
    assert_eq!(kinds, [OpinionKind::Technical, OpinionKind::Accounting]);
    // With it: a step of its own, a sheet of its own, a gate of its own (art. 183, c. 7, TUEL).
    let mut desk = Desk::with(Size::Large, &[("giunta_visto_copertura", "true")]);
    let content = spending(&desk);
    desk.submitted("a", content);
    desk.carry("a", "parere_contabile");
    desk.accounting("ragioniere", "a").unwrap();
    assert_eq!(desk.step("a"), "visto_copertura");
    assert_eq!(code(desk.pass("segreteria", "a")), "wrong_step");
    let half = visto(&mut desk, "ragioniere", OpinionOutcome::WithPrescriptions, "se si trova");
    assert_eq!(code(half), "cover_or_not");
    assert_eq!(
        code(visto(&mut desk, "dir_area", OpinionOutcome::Favourable, "")),
        "signer_not_in_role"
    );
    visto(&mut desk, "ragioniere", OpinionOutcome::Favourable, "").unwrap();
    assert_eq!(desk.step("a"), "istruttoria");
    let sheet = desk.of("a").opinions.last().unwrap();
    assert_eq!(sheet.opinion, OpinionKind::Cover);
    desk.carry("a", "ordine_del_giorno");
    let summary = desk.printed("a", "foglio_pareri").unwrap().context.to_string();
    let visto = "\"label\":\"visto di copertura finanziaria\"";
    assert!(summary.contains(visto) && summary.contains("\"outcome\":\"reso\""), "{summary}");
    // An act that commits nothing has none, and does not speak of it.
    let content = desk.content();
    desk.ready("b", content);
    assert!(desk.of("b").skipped["visto_copertura"].contains("non impegna spesa"));
    let summary = desk.printed("b", "foglio_pareri").unwrap().context.to_string();
    assert!(!summary.contains("visto di copertura"), "{summary}");
}

#[test]
fn a_denied_visto_stands_against_the_vote_whatever_the_text_says() {
    let mut desk = Desk::with(Size::Large, &[("giunta_visto_copertura", "true")]);
    let content = spending(&desk);
    desk.submitted("a", content);
    desk.carry("a", "parere_contabile");
    desk.accounting("ragioniere", "a").unwrap();
    visto(&mut desk, "ragioniere", OpinionOutcome::Contrary, "Il capitolo 1030 è esaurito.")
        .unwrap();
    desk.carry("a", "ordine_del_giorno");
    let reasons = "la Giunta confida nel riparto".into();
    // A visto is not an opinion one departs from.
    let motivated = desk.case("rp", "a", CaseCommand::MotivateDeparture { reasons });
    assert_eq!(code(motivated), "nothing_to_depart_from");
    desk.at("2024-05-02 09:00").convened("s", "2024-05-06 09:00", &["a"]);
    let everyone = desk.size.members();
    desk.at("2024-05-06 09:00").open("s", &everyone).unwrap();
    desk.call("s", "a").unwrap();
    let refused = desk.vote("s", "a", unanimous()).unwrap_err();
    assert_eq!(
        (refused.code.as_str(), refused.article.as_str()),
        ("cover_denied", "art. 183, c. 7, TUEL")
    );
}

#[test]
fn one_sheet_for_opinion_and_visto_is_two_facts() {
    let keys = [("giunta_visto_copertura", "true"), ("visto_on_accounting_sheet", "true")];
    let mut desk = Desk::with(Size::Large, &keys);
    let content = spending(&desk);
    desk.submitted("a", content);
    desk.carry("a", "parere_contabile");
    let mut against = desk.clone();
    let facts = desk.accounting("ragioniere", "a").unwrap();
    assert_eq!(desk.step("a"), "istruttoria", "{facts:?}");
    let [.., accounting, cover] = &desk.of("a").opinions[..] else { panic!("two facts") };
    assert_eq!((accounting.opinion, cover.opinion), (OpinionKind::Accounting, OpinionKind::Cover));
    assert_eq!(accounting.paper, cover.paper, "one sheet");
    desk.carry("a", "ordine_del_giorno");
    desk.adopted_from_agenda("a");
    let act = desk.printed("a", "deliberazione").unwrap();
    let sheets = act.embedded.iter().filter(|e| e.sha256 == desk.of("a").opinions[1].paper.sha256);
    assert_eq!(sheets.count(), 1, "embedded once");
    // An opinion that is not favourable attests no cover: the visto waits for its own sheet.
    let which = (OpinionKind::Accounting, "");
    let answer =
        against.opinion("ragioniere", "a", which, OpinionOutcome::Contrary, "Manca il capitolo.");
    answer.unwrap();
    assert_eq!(against.step("a"), "visto_copertura");
}

const FURTHER: (&str, &str) =
    ("extra_opinions_by_type", "{ adesione = [\"organo_di_revisione\", \"municipio_4\"] }");

fn further(name: &str, outcome: OpinionOutcome, reasons: &str, on: &str) -> CaseCommand {
    CaseCommand::RecordFurtherOpinion {
        name: name.into(),
        giver: "Collegio dei revisori dei conti".into(),
        outcome,
        reasons: reasons.into(),
        on: day(on),
        reference: "verbale n. 12, prot. 4567".into(),
    }
}

#[test]
fn further_opinions_by_type_of_act() {
    let mut desk = Desk::with(Size::Large, &[FURTHER]);
    let content = desk.content();
    desk.submitted("a", content);
    desk.carry("a", "istruttoria");
    let refused = desk.pass("segreteria", "a").unwrap_err();
    assert_eq!(
        (refused.code.as_str(), refused.rule.as_str()),
        ("missing_further_opinion", "R1.16")
    );
    assert!(refused.text.contains("municipio 4"), "{}", refused.text);
    let favourable = OpinionOutcome::Favourable;
    let other = further("cug", favourable, "", "2024-04-29");
    assert_eq!(code(desk.case("segreteria", "a", other)), "further_opinion_not_due");
    let stranger = further("municipio_4", favourable, "", "2024-04-29");
    assert_eq!(code(desk.case("ass5", "a", stranger.clone())), "not_the_proposer");
    let early = further("municipio_4", favourable, "", "2024-04-28");
    assert_eq!(code(desk.case("segreteria", "a", early)), "further_opinion_day");
    let silent = further("municipio_4", OpinionOutcome::Contrary, " ", "2024-04-29");
    assert_eq!(code(desk.case("segreteria", "a", silent)), "further_opinion_unclear");
    desk.case("segreteria", "a", stranger).unwrap();
    let contrary = OpinionOutcome::Contrary;
    let auditors = further("organo_di_revisione", contrary, "Mancano i pareri.", "2024-04-29");
    desk.case("rp", "a", auditors).unwrap();
    desk.carry("a", "ordine_del_giorno");
    desk.at("2024-05-02 09:00").convened("s", "2024-05-06 09:00", &["a"]);
    let everyone = desk.size.members();
    desk.at("2024-05-06 09:00").open("s", &everyone).unwrap();
    desk.call("s", "a").unwrap();
    assert_eq!(code(desk.vote("s", "a", unanimous())), "departure_not_motivated");
    let reasons = "i pareri sono stati acquisiti dopo".into();
    desk.case("rp", "a", CaseCommand::MotivateDeparture { reasons }).unwrap();
    // A substantial change voids them with all the others (practice.md 1.6).
    let mut amended = desk.clone();
    let mut content = amended.of("a").content.clone();
    content.text.push_str(" Emendato.");
    let amend = SittingCommand::Amend { case: "a".into(), content, formal: false, paper: None };
    amended.record_in("s", amend).unwrap();
    let offers = offers::of_case(&amended.world, amended.of("a"), amended.today());
    let further =
        offers.iter().filter(|o| matches!(o.command, CaseCommand::RecordFurtherOpinion { .. }));
    assert_eq!(further.count(), 2, "both are due again, and a page says so");
    amended.technical("dir_area", "a", "area").unwrap();
    amended.accounting("ragioniere", "a").unwrap();
    amended.legitimacy("segretario", "a").unwrap();
    assert_eq!(code(amended.vote("s", "a", unanimous())), "missing_further_opinion");
    desk.unanimous("s", "a").unwrap();
    desk.close("s").unwrap();
    let act = desk.printed("a", "deliberazione").unwrap().context;
    assert_eq!(act["further"].as_array().unwrap().len(), 2);
    assert_eq!(act["departure"]["further"][0]["label"], "organo di revisione");
}

#[test]
fn a_proposal_being_signed_goes_back_for_rework() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.create("a", content).unwrap();
    desk.case("rp", "a", CaseCommand::Submit).unwrap();
    desk.work();
    desk.sign("rp", "a", "proposta").unwrap();
    let back = |reasons: &str| CaseCommand::Return {
        office: String::new(),
        reasons: reasons.into(),
        paper: None,
    };
    assert_eq!(code(desk.case("dir_area", "a", back(" "))), "reasons_missing");
    assert_eq!(code(desk.case("dir_casa", "a", back("no"))), "not_the_proposer");
    desk.case("dir_area", "a", back("Manca la stima dei costi.")).unwrap();
    assert_eq!((desk.step("a"), desk.lifecycle("a")), ("bozza", Lifecycle::Returned));
    let stale = desk.sign("dir_area", "a", "proposta");
    assert_eq!(code(stale), "paper_dropped", "nobody signs what went back");
    desk.case("rp", "a", CaseCommand::Rework).unwrap();
    let mut content = desk.of("a").content.clone();
    content.text.push_str(" Vista la stima.");
    desk.case("rp", "a", CaseCommand::Edit { content }).unwrap();
    desk.case("rp", "a", CaseCommand::Submit).unwrap();
    desk.sign_all("a");
    let case = desk.of("a");
    assert_eq!((desk.step("a"), case.versions.len()), ("pareri_tecnici", 2));
    assert!(case.paper("proposta-2").unwrap().is_complete());
    let kept = case.paper("proposta").unwrap();
    assert_eq!(kept.signed.len(), 1, "the signature given stays on record");
    assert!(!kept.is_complete());
    // The road is the workflow's: without it, no.
    let text = WORKFLOW.replacen(
        "next = \"pareri_tecnici\"\nreturns = \"bozza\"\n",
        "next = \"pareri_tecnici\"\n",
        1,
    );
    desk.registry(RegistryCommand::ActivateWorkflow { text }).unwrap();
    let content = desk.content();
    desk.create("b", content).unwrap();
    desk.case("rp", "b", CaseCommand::Submit).unwrap();
    assert_eq!(code(desk.case("rp", "b", back("no"))), "no_such_exit");
}

/// The workflow without one step, its neighbours joined.
fn without(step: &str, next: &str) -> String {
    let start = WORKFLOW.find(&format!("name = \"{step}\"")).unwrap();
    let start = WORKFLOW[..start].rfind("[[step]]").unwrap();
    let end = start + 8 + WORKFLOW[start + 8..].find("[[step]]").unwrap();
    let cut = format!("{}{}", &WORKFLOW[..start], &WORKFLOW[end..]);
    cut.replace(&format!("next = \"{step}\""), &format!("next = \"{next}\""))
}

#[test]
fn a_workflow_without_what_the_regulation_wants_is_not_activated() {
    let lacking = [
        ("legitimacy_opinion", "\"required\"", without("parere_legittimita", "ordine_del_giorno")),
        ("giunta_visto_copertura", "true", without("visto_copertura", "istruttoria")),
        (FURTHER.0, FURTHER.1, without("istruttoria", "parere_legittimita")),
        ("privacy_reviewer", "\"dpo\"", WORKFLOW.to_owned()),
        (
            "political_signature_required",
            "true",
            WORKFLOW.replace(", \"relatori\"]\ndeadline_days = 3", "]\ndeadline_days = 3"),
        ),
    ];
    for (key, value, text) in lacking {
        let off = match key {
            "legitimacy_opinion" => "\"off\"",
            "privacy_reviewer" => "\"segreteria\"",
            "extra_opinions_by_type" => "{}",
            _ => "false",
        };
        // The regulation first, then the workflow…
        let wanting = regulation(Size::Large, &[(key, value)]);
        let mut desk = Desk::with(Size::Large, &[(key, off)]);
        let from = day("2024-04-29");
        let mut other = desk.clone();
        let adopt = RegistryCommand::AdoptRegulation { text: wanting, from };
        if key != "privacy_reviewer" {
            desk.registry(adopt.clone()).unwrap();
            let activate = RegistryCommand::ActivateWorkflow { text: text.clone() };
            let refused = desk.registry(activate).unwrap_err();
            assert_eq!(refused.code, "workflow_lacks_rule", "{key}");
            assert!(refused.text.contains(&format!("«{key}»")), "{}", refused.text);
        }
        // …or the workflow first, then the regulation.
        other.registry(RegistryCommand::ActivateWorkflow { text }).unwrap();
        assert_eq!(code(other.registry(adopt)), "workflow_lacks_rule", "{key}");
    }
}

#[test]
fn the_term_to_post_runs_from_the_adoption() {
    for (days, due) in [("3", "2024-05-09"), ("30", "2024-05-11")] {
        let mut desk = Desk::with(Size::Large, &[("publish_within_days", days)]);
        let content = desk.content();
        desk.adopted("a", content, false);
        desk.carry("a", "albo");
        assert_eq!(desk.of("a").deadline, Some(day(due)), "the first of the two terms (R6.1)");
        let mine = |j: &&delibera::domain::stream::NewJob| {
            j.kind == "remind" && j.payload["entered"] == desk.of("a").entered
        };
        assert_eq!(desk.jobs.iter().filter(mine).count(), 3, "near, due, passed");
    }
}
