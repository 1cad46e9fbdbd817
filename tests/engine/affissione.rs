// SPDX-License-Identifier: AGPL-3.0-or-later
//! R6.10: documents of other bodies in the Albo. The same numbers as our acts, their own terms, the
//! same accidents, and a referto that goes back.

use crate::desk::{Answer, Desk, by_register, code, day, rome};
use crate::people::Size;
use delibera::domain::albo::{Recognised, files, lookups, recognise};
use delibera::domain::case::{
    Attachment, AttachmentClass, CaseCommand, Content, Efficacy, PostingRequest, on_albo, terms_of,
};
use delibera::domain::digest::sha256_hex;
use delibera::domain::effects::case_rows;
use delibera::domain::notices::{REQUESTER, addressee};
use delibera::domain::offers;
use delibera::domain::registry::{Person, RegistryCommand};
use delibera::domain::rows::Row;
use delibera::domain::workflow::Lifecycle;

const FOR_OTHERS: &str = include_str!("../../workflows/affissione-conto-terzi.toml");
const TYPES: (&str, &str) = ("term_by_type", "{ matrimonio = 8, \"cambio del nome\" = 30 }");

fn desk(keys: &[(&str, &str)]) -> Desk {
    let mut desk = Desk::with(Size::Large, keys);
    desk.registry(RegistryCommand::ActivateWorkflow { text: FOR_OTHERS.into() }).unwrap();
    desk.at("2024-05-06 09:00");
    desk
}

fn file(name: &str) -> Attachment {
    Attachment {
        name: name.into(),
        class: AttachmentClass::Integral,
        media_type: "application/pdf".into(),
        sha256: sha256_hex(name.as_bytes()),
        size: 900,
        pages: Some(2),
    }
}

fn request(act_type: &str) -> Content {
    Content {
        subject: "Avviso d'asta".into(),
        act_type: act_type.into(),
        attachments: vec![file("avviso.pdf")],
        request: Some(PostingRequest {
            body: "Tribunale di Valdoro".into(),
            email: "aste@pec.tribunale.example".into(),
            protocollo: "4471".into(),
            on: Some(day("2024-05-02")),
            ..PostingRequest::default()
        }),
        ..Content::default()
    }
}

fn asking(change: impl FnOnce(&mut PostingRequest)) -> Content {
    let mut content = request("");
    change(content.request.as_mut().unwrap());
    content
}

fn receive(desk: &mut Desk, who: &str, id: &str, content: Content) -> Answer {
    let kind = "affissione-conto-terzi".into();
    desk.case(who, id, CaseCommand::Create { kind, content, again_of: None })
}

fn posted(desk: &mut Desk, id: &str, content: Content) {
    receive(desk, "albo", id, content).unwrap();
    desk.post(id).unwrap();
}

#[test]
fn r6_10_a_complete_request_waits_at_once_for_its_posting() {
    let mut desk = desk(&[]);
    assert_eq!(code(receive(&mut desk, "dir_area", "t", request(""))), "signer_not_in_role");
    assert_eq!(code(receive(&mut desk, "segreteria", "t", request(""))), "ok");
    assert_eq!((desk.step("t"), desk.lifecycle("t")), ("albo", Lifecycle::Perfected));
    assert!(desk.of("t").number("proposte").is_none(), "nothing is proposed");
    let by_segreteria =
        CaseCommand::Post { external_number: None, external_day: None, repeats: None };
    assert_eq!(code(desk.case("segreteria", "t", by_segreteria)), "signer_not_in_role");
    desk.post("t").unwrap();
    assert_eq!(desk.lifecycle("t"), Lifecycle::Posted);
    assert_eq!(desk.efficacy_on("t", "2030-01-01"), Efficacy::None, "no act, no executivity");
    assert!(desk.jobs.iter().all(|job| job.kind != "capigruppo" && job.kind != "certify_effect"));
}

#[test]
fn r6_10_what_is_missing_or_impossible_is_told() {
    let mut desk = desk(&[]);
    let mut refused = |content: Content| receive(&mut desk, "albo", "t", content).unwrap_err();
    let empty = refused(Content { request: Some(PostingRequest::default()), ..Content::default() });
    assert_eq!(empty.code, "incomplete_request");
    for missing in ["l'ente richiedente", "il protocollo", "l'oggetto", "in PDF"] {
        assert!(empty.text.contains(missing), "{missing}: {}", empty.text);
    }
    assert_eq!((empty.rule.as_str(), empty.article.as_str()), ("R6.10", "art. 32 L. 69/2009"));
    let mut word = request("");
    word.attachments[0].media_type = "application/msword".into();
    assert_eq!(refused(word).code, "incomplete_request", "what is shown is a PDF");
    let wrong = [
        (asking(|r| r.email = "tribunale".into()), "request_address"),
        (asking(|r| r.on = Some(day("2024-05-07"))), "request_in_future"),
        (asking(|r| r.days = Some(45)), "request_days"),
        (asking(|r| (r.days, r.basis) = (Some(0), "una norma".into())), "request_days"),
    ];
    for (content, expected) in wrong {
        assert_eq!(refused(content).code, expected);
    }
    // A deliberation is nobody else's document.
    let content = Content { request: request("").request, ..desk.content() };
    desk.create("a", content).unwrap();
    assert_eq!(code(desk.case("rp", "a", CaseCommand::Submit)), "request_out_of_place");
}

#[test]
fn r6_10_our_acts_and_theirs_take_the_same_numbers() {
    let mut desk = desk(&[]);
    posted(&mut desk, "t1", request(""));
    let content = desk.content();
    desk.posted_on("a", content, false, "2024-05-13");
    desk.at("2024-05-14 09:00");
    posted(&mut desk, "t2", request("matrimonio"));
    desk.case("albo", "t1", CaseCommand::AnnulPosting { reason: "file sbagliato".into() }).unwrap();
    desk.post("t1").unwrap();
    assert_eq!(by_register(&desk.numbers)[&("albo".into(), 2024)], [1, 2, 3, 4]);
    // One list a day for the capigruppo, of our act alone: none names a document of others.
    let lists = desk.jobs.iter().filter(|job| job.kind == "capigruppo").count();
    assert_eq!(lists, 1);
    let (cases, sha256) = (vec!["t2".to_owned()], String::new());
    let list = delibera::domain::command::Command::ListCapigruppo {
        day: day("2024-05-14"),
        serial: 1,
        cases,
        sha256,
    };
    assert_eq!(code(desk.act("system", list)), "list_outdated");
}

#[test]
fn r6_10_each_type_has_its_days_and_a_norm_may_give_others() {
    let last = |content: Content| {
        let mut desk = desk(&[TYPES]);
        posted(&mut desk, "t", content);
        terms_of(desk.of("t")).unwrap().last_day.to_string()
    };
    assert_eq!(last(request("")), "2024-05-20", "fifteen days, the first included");
    assert_eq!(last(request("manifesto")), "2024-05-20", "a type without a term of its own");
    assert_eq!(last(request("matrimonio")), "2024-05-13");
    assert_eq!(last(request("cambio del nome")), "2024-06-04");
    let asked = asking(|r| (r.days, r.basis) = (Some(45), "art. 490, c. 3, c.p.c.".into()));
    assert_eq!(last(asked), "2024-06-19");
    // The attestation says by which norm.
    for (content, source) in [
        (request(""), "art. 32 L. 69/2009"),
        (request("matrimonio"), "fonte di prova"),
        (asking(|r| (r.days, r.basis) = (Some(45), "art. 490 c.p.c.".into())), "art. 490 c.p.c."),
    ] {
        let mut desk = desk(&[TYPES]);
        posted(&mut desk, "t", content);
        let facts = desk.printed("t", "attestazione_pubblicazione").unwrap().context;
        assert_eq!(facts["posting"]["term_source"], source);
        assert_eq!(facts["request"]["body"], "Tribunale di Valdoro");
    }
}

#[test]
fn r6_10_an_outage_extends_and_a_wrong_posting_is_annulled_corrected_repeated() {
    let mut desk = desk(&[TYPES]);
    posted(&mut desk, "t", request("matrimonio"));
    let lost = CaseCommand::RecordOutage { day: day("2024-05-08"), visible_hours: 3 };
    desk.at("2024-05-09 08:00").case("albo", "t", lost).unwrap();
    assert_eq!(terms_of(desk.of("t")).unwrap().last_day, day("2024-05-14"));
    let right =
        Content { attachments: vec![file("avviso definitivo.pdf")], ..request("matrimonio") };
    let correct = CaseCommand::CorrectRequest { content: right.clone() };
    assert_eq!(code(desk.case("albo", "t", correct.clone())), "wrong_step", "it is shown");
    let withdraw = CaseCommand::Withdraw { reason: "rinuncia".into(), paper: None };
    assert_eq!(code(desk.case("albo", "t", withdraw)), "already_posted");
    desk.case("albo", "t", CaseCommand::AnnulPosting { reason: "era la bozza".into() }).unwrap();
    assert_eq!(code(desk.case("dir_area", "t", correct.clone())), "signer_not_in_role");
    desk.case("segreteria", "t", correct.clone()).unwrap();
    assert_eq!(code(desk.case("segreteria", "t", correct)), "nothing_changed");
    desk.at("2024-05-10 09:00").post("t").unwrap();
    let case = desk.of("t");
    let posting = case.posting.clone().unwrap();
    assert_eq!((posting.number, posting.file), (2, right.attachments[0].sha256.clone()));
    assert_eq!(posting.repeats.as_deref(), Some("era la bozza"));
    assert_eq!(terms_of(case).unwrap().last_day, day("2024-05-17"), "its whole term anew");
    // Each paper names the file that was shown then.
    let shown = |kind: &str, about: &str| {
        let plan = case.papers.iter().map(|p| &p.plan);
        let plan = plan.into_iter().find(|p| p.kind.token() == kind && p.about == about).unwrap();
        let facts = delibera::domain::papers::case_paper("t", plan, &desk.world).unwrap();
        facts.context["request"]["file"].as_str().unwrap().to_owned()
    };
    assert_eq!(shown("attestazione_pubblicazione", "1/2024"), "avviso.pdf");
    assert_eq!(shown("annullamento_pubblicazione", "1/2024"), "avviso.pdf");
    assert_eq!(shown("attestazione_pubblicazione", "2/2024"), "avviso definitivo.pdf");
}

#[test]
fn r6_10_the_referto_comes_after_the_term_and_goes_back_to_who_asked() {
    let mut desk = desk(&[TYPES]);
    posted(&mut desk, "t", request("matrimonio"));
    desk.sign_all("t");
    desk.at("2024-05-13 23:00");
    assert_eq!(code(desk.case("albo", "t", CaseCommand::EndPosting)), "posting_not_ended", "T-70");
    assert!(on_albo(desk.of("t"), rome("2024-05-13 23:59")));
    assert!(!on_albo(desk.of("t"), rome("2024-05-14 00:00")));
    desk.at("2024-05-14 08:00").case("system", "t", CaseCommand::EndPosting).unwrap();
    desk.work();
    assert_eq!(desk.mails("referto-all-ente"), Vec::<String>::new(), "it is not signed yet");
    desk.sign_all("t");
    assert_eq!(desk.mails("referto-all-ente"), [REQUESTER]);
    let report = desk.of("t").paper("referto_pubblicazione-1").unwrap();
    let mail = desk.jobs.iter().find(|job| job.payload["message"] == "referto-all-ente").unwrap();
    assert_eq!(mail.payload["detail"]["paper"], report.sha256.clone().unwrap());
    let to = addressee(&desk.world.registry, Some(desk.of("t")), REQUESTER).unwrap();
    assert_eq!(
        (to.name().as_str(), to.email.as_str()),
        ("Tribunale di Valdoro", "aste@pec.tribunale.example")
    );
    desk.case("segreteria", "t", CaseCommand::Close { note: String::new() }).unwrap();
    // No person of the Comune may be taken for it.
    let person = Person { id: REQUESTER.into(), ..to };
    assert_eq!(code(desk.registry(RegistryCommand::RegisterPerson(person))), "bad_id");
}

#[test]
fn r6_10_everybody_reads_the_document_as_it_came() {
    let mut desk = desk(&[]);
    let mut content = request("");
    content.attachments.push(file("planimetria.pdf"));
    posted(&mut desk, "t", content.clone());
    let case = desk.of("t");
    let workflow = desk.world.workflow(case).unwrap();
    let shown = files(case, &workflow, case.posting.as_ref().unwrap());
    let titles: Vec<&str> = shown.iter().map(|f| f.title.as_str()).collect();
    assert_eq!(titles, ["Documento affisso: avviso.pdf", "Allegato n. 1: planimetria.pdf"]);
    let offered = offers::of_case(&desk.world, case, desk.today());
    let replaces = |c: &CaseCommand| matches!(c, CaseCommand::ReplacePublicFile { .. });
    assert!(!offered.iter().any(|offer| replaces(&offer.command)), "it is not ours to redact");
    let sha256 = &content.attachments[0].sha256;
    assert_eq!(recognise(case, sha256), Some(Recognised::Shown { posting: (2024, 1) }));
    assert!(lookups(case).contains(&(sha256.clone(), "file")));
    let rows = case_rows(&desk.world, case);
    let office = rows.iter().find_map(|row| match row {
        Row::Posting(posting) => Some(posting.office.as_str()),
        _ => None,
    });
    assert_eq!(office, Some("Tribunale di Valdoro"), "lists say whose it is");
    let mark = CaseCommand::MarkPersonalData {
        text: "Avviso".into(),
        reason: "x".into(),
        basis: "y".into(),
    };
    assert_eq!(code(desk.case("albo", "t", mark)), "document_of_others");
    let replace = CaseCommand::ReplacePublicFile { sha256: String::new(), reason: "x".into() };
    assert_eq!(code(desk.case("albo", "t", replace)), "document_of_others");
}

#[test]
fn r6_10_a_request_that_has_no_course_takes_no_number() {
    let mut desk = desk(&[]);
    receive(&mut desk, "segreteria", "t", request("")).unwrap();
    let offered = |desk: &Desk| {
        let offers = offers::of_case(&desk.world, desk.of("t"), desk.today());
        offers.into_iter().map(|offer| offer.command).collect::<Vec<_>>()
    };
    let has = |all: &[CaseCommand], test: fn(&CaseCommand) -> bool| all.iter().any(test);
    let before = offered(&desk);
    assert!(has(&before, |c| matches!(c, CaseCommand::CorrectRequest { .. })));
    assert!(!has(&before, |c| matches!(c, CaseCommand::Submit | CaseCommand::Edit { .. })));
    let reason = "il documento non è leggibile".to_owned();
    desk.case("albo", "t", CaseCommand::Withdraw { reason, paper: None }).unwrap();
    assert_eq!(desk.lifecycle("t"), Lifecycle::Withdrawn);
    assert_eq!(code(desk.post("t")), "case_over");
    assert!(desk.numbers.iter().all(|taken| taken.register != "albo"));
}
