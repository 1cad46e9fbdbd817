// SPDX-License-Identifier: AGPL-3.0-or-later
//! Personal data: what the detector proposes, who decides, what is published; copies and their
//! contrassegno.

use crate::desk::{Desk, code, day};
use crate::people::Size;
use delibera::domain::case::{
    Attachment, AttachmentClass, CaseCommand, Content, CopyForm, copy_paper_key, resolve_copy,
};
use delibera::domain::digest::sha256_hex;
use delibera::domain::papers::case_paper;
use delibera::domain::privacy::{DataKind, detect, hits, omit, open_hits, public_subject};

const NAME: &str = "Teresa Malinverni";

fn finds(text: &str) -> Vec<(DataKind, String)> {
    detect(text).into_iter().map(|hit| (hit.found, hit.text)).collect()
}

fn named(desk: &Desk) -> Content {
    Content {
        subject: format!("Contributo economico a {NAME} per assistenza domiciliare"),
        text: "Vista la domanda della sig.ra **Teresa** Malinverni, nata a Lodi il 3 marzo 1951, codice \
             fiscale MLNTRS51C43E648K, residente in Via dei Tigli, 14/B, tel. 0371 420911, invalida \
             civile al 100%, da accreditare su IT60 X054 2811 1010 0000 0123 456;\n\nRitenuto di \
             aiutare teresa\nMALINVERNI nei mesi a venire."
            .into(),
        decision: vec![format!("di concedere a {NAME} il contributo di € 300,00;")],
        attachments: vec![Attachment {
            name: "Relazione sociale.pdf".into(),
            class: AttachmentClass::Integral,
            media_type: "application/pdf".into(),
            sha256: sha256_hex(b"relazione"),
            size: 9,
            pages: Some(1),
        }],
        ..desk.content()
    }
}

/// The act of a person, signed, before who reviews.
fn at_review() -> Desk {
    let mut desk = Desk::large();
    let content = named(&desk);
    desk.adopted("a", content, false);
    desk.carry("a", "verifica_privacy");
    desk
}

#[test]
fn the_detector_finds_what_identifies_and_trusts_check_digits() {
    use DataKind::{Address, Birth, Email, FiscalCode, Health, Iban, Minor, Phone};
    let one = |text: &str| finds(text).into_iter().map(|(kind, _)| kind).collect::<Vec<_>>();
    assert_eq!(one("C.F. RSSMRA85T10A562S"), [FiscalCode]);
    assert_eq!(one("c.f. rss mra 85t10 a562s,"), [FiscalCode], "written in groups");
    assert_eq!(one("C.F. RSSMRA85T10A562T"), [], "its check character is wrong");
    assert_eq!(one("C.F. RSSMRA85T10A56NH"), [FiscalCode], "omocodia");
    assert_eq!(
        finds("su IT60 X054 2811 1010 0000 0123 456 presso la tesoreria"),
        [(Iban, "IT60 X054 2811 1010 0000 0123 456".to_owned())]
    );
    assert_eq!(one("IT61X0542811101000000123456"), [], "mod 97");
    assert_eq!(one("cell. 347 123 4567"), [Phone]);
    assert_eq!(one("tel. 0371/420911"), [Phone]);
    assert_eq!(one("+39 02 884501"), [Phone]);
    assert_eq!(one("protocollo n. 0123456 del 2024, CIG 8412345A1B"), []);
    assert_eq!(one("scrivere a mario_rossi@posta.example"), [Email]);
    assert_eq!(one("residente in **Via** dei Tigli, n. 14/B"), [Address]);
    assert_eq!(one("l'iter procedurale in via d'urgenza, art. 48"), []);
    assert_eq!(one("nata a Lodi il 3 marzo 1951"), [Birth]);
    assert_eq!(one("persona con disabilità, L. 104/1992"), [Health, Health]);
    assert_eq!(one("affidamento del minore al servizio"), [Minor]);
    assert_eq!(one("due minorenni e la figlia minore"), [Minor, Minor]);
    assert_eq!(one("con una minore spesa e minori entrate; la minore spesa"), []);
    assert_eq!(one("di approvare il bilancio 2024-2026 per € 1.234.567,89"), []);
}

#[test]
fn a_landline_is_found_with_nothing_before_it() {
    let phones = |text: &str| -> Vec<String> {
        let found = finds(text).into_iter().filter(|(kind, _)| *kind == DataKind::Phone);
        found.map(|(_, text)| text).collect()
    };
    for (text, number) in [
        ("rivolgersi allo 0577 292111, in orario d'ufficio", "0577 292111"),
        ("0577/292111", "0577/292111"),
        ("Sig.ra Malinverni - 0371-420911.", "0371-420911"),
        ("recapito (0577) 29 21 11;", "(0577) 29 21 11"),
        ("al numero 055 2345678 o di persona", "055 2345678"),
        ("al numero 081 234 5678", "081 234 5678"),
        ("in Roma, 06 1234 5678", "06 1234 5678"),
        ("in Milano, 02 88450123", "02 88450123"),
        ("tel. 0371 420911", "0371 420911"),
    ] {
        assert_eq!(phones(text), [number], "{text}");
    }
}

#[test]
fn numbers_of_acts_codes_amounts_and_dates_are_nobodys_telephone() {
    for text in [
        "la deliberazione n. 045/2024 e la determinazione n. 0345/2024 del 02/06/2024",
        "protocollo n. 0123456/2024, 0012345 del 06-12-2024, prot. 0577292111",
        "n. 0345/2024 100 del registro",
        "CIG 0577292111, CIG 8412345A1B, CUP F81B20000340004",
        "per € 1.057.292,11, di cui € 577.292,11 sul capitolo 30510/2024",
        "missione 06.01.02.03, piano dei conti U.1.03.02.11.999, codice 01.02.1.103",
        "dal 02.06.2024 al 06.12.2024, dalle ore 09.30 alle 12.30, 06/2024",
        "foglio 045, particelle 292 e 1111; mappale 0577-2921",
        "per gli esercizi 2024-2026, 2025 e 2026",
        "IT60 X054 2811 1010 0000 0123 456",
    ] {
        let phones = finds(text).into_iter().filter(|(kind, _)| *kind == DataKind::Phone);
        assert_eq!(phones.collect::<Vec<_>>(), [], "{text}");
    }
}

#[test]
fn what_is_omitted_is_found_however_it_is_written() {
    let story = delibera::domain::papers::sample::Story::new();
    let marked = [delibera::domain::papers::sample::omission(&story, "Niccolò De Santis")];
    let gone = "«omissis 1»";
    for text in [
        "Niccolò De Santis",
        "NICCOLÒ DE SANTIS",
        "Niccolò\n  De\u{A0}Santis",
        "Niccolo\u{300} De Santis",
        "Nicco\u{AD}lò De Santis",
    ] {
        assert_eq!(omit(text, &marked), gone, "{text:?}");
    }
    assert_eq!(omit("**Niccolò** De Santis,", &marked), format!("**{gone}**,"));
    assert_eq!(omit("_Niccolò De_ Santis.", &marked), format!("_{gone}_."));
    assert_eq!(omit("Niccolò De Santisi", &marked), "Niccolò De Santisi", "another word");
}

#[test]
fn posting_waits_until_each_find_is_accepted_or_dismissed_by_name() {
    let mut desk = at_review();
    let open = open_hits(desk.of("a"), &desk.world);
    let kinds: Vec<DataKind> = open.iter().map(|hit| hit.found).collect();
    for kind in [
        DataKind::FiscalCode,
        DataKind::Iban,
        DataKind::Phone,
        DataKind::Address,
        DataKind::Birth,
        DataKind::Health,
        DataKind::UnreadFile,
    ] {
        assert!(kinds.contains(&kind), "{kind:?} {open:?}");
    }
    let refusal = desk.pass("segreteria", "a").unwrap_err();
    assert_eq!(refusal.code, "personal_data_undecided");
    assert!(!refusal.text.contains("MLNTRS51C43E648K"), "refusals are logged: {}", refusal.text);
    let no_reason =
        CaseCommand::ClearPersonalData { text: open[0].text.clone(), reason: " ".into() };
    assert_eq!(code(desk.case("segreteria", "a", no_reason)), "nothing_to_clear");
    assert_eq!(code(desk.mark("albo", "a", NAME)), "signer_not_in_role");
    assert_eq!(code(desk.mark("segreteria", "a", "Nessuno Così")), "span_not_found");
    assert_eq!(code(desk.mark("segreteria", "a", "a.")), "omission_too_short");
    // What only the signed act prints may be left out as well: here, who was there.
    assert_eq!(code(desk.clone().mark("segreteria", "a", "Nome ASS1")), "ok");
    assert_eq!(code(desk.clone().mark("segreteria", "a", "14/B")), "ok", "three letters or digits");
    desk.clear_all("a");
    let by = &desk.of("a").cleared[0].by;
    assert_eq!(by.person, "segreteria", "who decided is on record");
    desk.pass("segreteria", "a").unwrap();
    desk.post("a").unwrap();
    let act = desk.of("a").paper("deliberazione").unwrap().sha256.clone();
    assert_eq!(Some(&desk.of("a").posting.as_ref().unwrap().file), act.as_ref());
}

#[test]
fn a_find_is_named_on_a_page_without_saying_it() {
    let desk = at_review();
    let offers = delibera::domain::offers::of_privacy(&desk.world, desk.of("a"));
    let named: Vec<&str> =
        offers.iter().map(|offer| offer.about.as_str()).filter(|about| !about.is_empty()).collect();
    assert!(named.len() > 10, "{named:?}");
    let opaque = |about: &str| about.len() == 16 && about.bytes().all(|b| b.is_ascii_hexdigit());
    assert!(named.iter().all(|about| opaque(about)), "addresses are logged: {named:?}");
}

#[test]
fn t_27_no_fact_of_the_rendition_holds_what_was_marked() {
    let mut desk = at_review();
    let mut gone = vec![NAME.to_owned()];
    gone.extend(hits(desk.of("a"), &desk.world).into_iter().map(|hit| hit.text));
    for text in &gone {
        desk.mark("segreteria", "a", text).unwrap();
    }
    desk.pass("segreteria", "a").unwrap();
    assert_eq!(code(desk.post("a")), "rendition_not_signed");
    desk.sign_all("a");
    let paper = desk.of("a").paper("versione_pubblicabile").unwrap().clone();
    let facts = case_paper("a", &paper.plan, &desk.world).unwrap();
    let all = serde_json::to_string(&facts).unwrap().to_lowercase();
    for text in
        ["malinverni", "MLNTRS51C43E648K", "Tigli", "420911", "invalida", "relazione sociale"]
    {
        assert!(!all.contains(&text.to_lowercase()), "{text} in {all}");
    }
    assert!(facts.embedded.is_empty(), "the withheld attachment and the signed parts stay out");
    let act = desk.of("a").paper("deliberazione").unwrap().sha256.clone().unwrap();
    assert_eq!(facts.context["original"]["sha256"].as_str(), Some(act.as_str()));
    assert_eq!(facts.context["omissions"].as_array().unwrap().len(), gone.len());
    desk.post("a").unwrap();
    assert_eq!(Some(desk.of("a").posting.clone().unwrap().file), paper.sha256);
    assert!(facts.slots[0].signer.as_ref().unwrap().title.contains("Segretari"), "row 16");
}

#[test]
fn t_72_the_object_loses_the_name_too() {
    let mut desk = at_review();
    desk.mark("segreteria", "a", NAME).unwrap();
    let subject = public_subject(desk.of("a"));
    assert_eq!(subject, "Contributo economico a «omissis 1» per assistenza domiciliare");
    desk.clear_all("a");
    desk.pass("segreteria", "a").unwrap();
    desk.sign_all("a");
    desk.post("a").unwrap();
    // Whatever is composed from now on for others than the offices.
    desk.sign_all("a");
    let key = desk.of("a").papers.last().unwrap().plan.clone();
    let facts = case_paper("a", &key, &desk.world).unwrap();
    assert_eq!(facts.context["subject"], subject.as_str(), "{}", facts.title);
    let original = desk.of("a").paper("deliberazione").unwrap().plan.clone();
    let original = case_paper("a", &original, &desk.world).unwrap();
    assert!(original.context["subject"].as_str().unwrap().contains(NAME), "the act is untouched");
}

fn request(form: CopyForm, code: &str) -> CaseCommand {
    CaseCommand::RequestCopy {
        form,
        applicant: "Studio legale Ferri".into(),
        purpose: String::new(),
        code: code.into(),
    }
}

#[test]
fn t_85_the_contrassegno_of_a_copy_leads_to_the_hash_of_its_original() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.posted("a", content, false);
    let secret = "0123456789abcdef0123456789abcdef";
    assert_eq!(code(desk.case("albo", "a", request(CopyForm::Full, secret))), "signer_not_in_role");
    assert_eq!(code(desk.case("segreteria", "a", request(CopyForm::Full, "1234"))), "copy_code");
    desk.case("segreteria", "a", request(CopyForm::Full, secret)).unwrap();
    assert_eq!(code(desk.case("segreteria", "a", request(CopyForm::Full, secret))), "copy_code");
    let today = desk.today();
    assert_eq!(resolve_copy(desk.of("a"), secret, today).unwrap_err().code, "copy_not_ready");
    desk.sign_all("a");
    let case = desk.of("a");
    let plan = case.paper(&copy_paper_key(&case.copies[0])).unwrap().plan.clone();
    let facts = case_paper("a", &plan, &desk.world).unwrap();
    let url = facts.context["mark"]["url"].as_str().unwrap();
    assert!(url.starts_with("https://") && url.ends_with(&format!("/a/{secret}")), "{url}");
    let scanned = url.rsplit('/').next().unwrap();
    // Long after the act has left the Albo, until the day it says.
    for (on, expected) in [("2024-06-30", None), ("2034-05-06", None), ("2034-05-07", Some(()))] {
        let found = resolve_copy(case, scanned, day(on));
        match expected {
            Some(()) => assert_eq!(found.unwrap_err().code, "copy_expired"),
            None => {
                let found = found.unwrap();
                let act = case.paper("deliberazione").unwrap().sha256.clone();
                assert_eq!(Some(found.original.to_owned()), act);
                assert_eq!(facts.context["original"]["sha256"].as_str(), act.as_deref());
                assert_eq!(facts.embedded[0].sha256, found.original, "the original is inside");
                assert_eq!(found.paper.signed.len(), 1);
            }
        }
    }
    let wrong = "0123456789abcdef0123456789abcdee";
    assert_eq!(resolve_copy(case, wrong, today).unwrap_err().code, "copy_unknown");
}

#[test]
fn there_is_no_copy_of_a_signed_proposal() {
    let mut desk = Desk::large();
    let content = desk.content();
    desk.ready("a", content);
    assert!(desk.of("a").paper("proposta").is_some_and(|p| p.is_complete()));
    let asked = request(CopyForm::Full, &"a".repeat(32));
    assert_eq!(code(desk.case("segreteria", "a", asked)), "nothing_to_copy");
}

#[test]
fn an_extract_has_no_premises_and_a_copy_without_contrassegno_no_term() {
    let mut desk = Desk::with(Size::Large, &[("contrassegno", "false")]);
    let content = desk.content();
    desk.posted("a", content, false);
    let secret = "f".repeat(32);
    desk.case("segreteria", "a", request(CopyForm::Extract, &secret)).unwrap();
    desk.sign_all("a");
    let case = desk.of("a");
    let plan = case.paper("estratto_conforme-1").unwrap().plan.clone();
    let facts = case_paper("a", &plan, &desk.world).unwrap();
    assert!(facts.embedded.is_empty() && facts.context["mark"].is_null());
    assert!(resolve_copy(case, &secret, day("2090-01-01")).is_ok());
}
