// SPDX-License-Identifier: AGPL-3.0-or-later
//! The Albo as everybody sees it: before, during and after the term, what is never shown, the feed,
//! documents and codes that somebody holds.

use crate::comune::{Comune, rome};
use crate::on_both_databases;
use crate::server::{Answer, Browser};
use delibera::domain::digest::sha256_hex;
use delibera::domain::law::calendar::rome_date;
use delibera::domain::notice_facts::{NoticeSubject, notice};
use delibera::domain::papers::PaperKind;
use delibera::domain::stream::StreamId;
use delibera::service::mail::{MailConfig, Mailer, TransportConfig};
use delibera::service::scenario;
use std::io::Write;
use std::process::{Command, Stdio};

on_both_databases!(
    an_act_is_there_for_its_term_and_not_a_minute_more,
    what_is_left_of_an_ended_posting_is_the_comune_s_choice,
    only_what_is_public_is_given,
    t_71_no_cache_and_no_search_engine_keeps_it,
    t_79_the_list_of_the_capigruppo_links_to_a_page_behind_the_login,
    t_91_twenty_five_acts_in_the_feed_and_none_that_ended,
    t_92_the_feed_says_of_an_act_what_the_specification_wants,
    the_list_is_searched_and_turned_over,
    a_wrong_posting_leaves_its_number_and_a_note,
    what_somebody_holds_is_recognised,
    a_file_that_was_replaced_is_superseded,
    a_contrassegno_answers_after_the_albo,
    an_albo_of_another_system_shows_nothing_as_official,
);

/// The sample act: posted on 28 July 2020, last day 11 August. The queue is not worked afterwards.
fn demo(postgres: bool) -> Comune {
    Comune::of(scenario::demo().expect("demo"), "2020-07-29 00:00", postgres)
}

const ACT: &str = "/albo/2020/5012";

/// Digests of the files a page offers.
fn offered(page: &Answer) -> Vec<String> {
    let links = page.body.match_indices("href=\"/albo/").map(|(at, _)| &page.body[at + 12..]);
    let links = links.filter_map(|rest| rest.split('"').next()?.split('/').nth(2));
    let mut digests: Vec<String> =
        links.map(|d| d.split('?').next().unwrap().to_owned()).filter(|d| d.len() == 64).collect();
    digests.dedup();
    digests
}

fn an_act_is_there_for_its_term_and_not_a_minute_more(postgres: bool) {
    let comune = demo(postgres);
    let mut citizen = comune.citizen("10.1.0.1");
    comune.at("2020-07-28 08:29");
    assert_eq!(citizen.get(ACT).status, 404, "before D there is nothing");
    citizen.get("/albo").says("Oggi non ci sono atti in pubblicazione");
    comune.at("2020-07-28 08:31");
    citizen.get("/albo").says("1 atto in pubblicazione");
    let page = citizen.get(ACT);
    assert_eq!(page.status, 200);
    page.says("Piano degli obiettivi 2020-2022");
    page.says("fino a tutto l&#x27;11 agosto 2020 compreso");
    assert!(!page.body.contains("12/08/2020"), "the first day off is nobody's term");
    let files = offered(&page);
    assert_eq!(files.len(), 3, "the act and its two integral attachments: {files:?}");
    for sha256 in &files {
        let file = citizen.get(&format!("{ACT}/{sha256}"));
        assert_eq!((file.status, sha256_hex(&file.bytes)), (200, sha256.clone()));
        assert_eq!(file.header("content-type"), "application/pdf");
    }
    comune.at("2020-08-11 23:59");
    assert_eq!(citizen.get(ACT).status, 200);
    citizen.get("/albo").says("fino a tutto l&#x27;11 agosto 2020 compreso");
    comune.at("2020-08-12 00:00");
    let gone = citizen.get(ACT);
    assert_eq!(gone.status, 410);
    gone.says("La pubblicazione n. 5012/2020 è conclusa");
    assert!(!gone.body.contains("obiettivi 2020-2022"), "albo_history = none: {}", gone.body);
    for sha256 in &files {
        let file = citizen.get(&format!("{ACT}/{sha256}"));
        assert_eq!(file.status, 410);
        assert!(!file.bytes.starts_with(b"%PDF"));
    }
    citizen.get("/albo").says("Oggi non ci sono atti in pubblicazione");
    assert!(!citizen.get("/albo/feed.xml").body.contains("<item>"));
    assert_eq!(citizen.get("/albo/2020/1").status, 404, "a number nobody took");
}

fn what_is_left_of_an_ended_posting_is_the_comune_s_choice(postgres: bool) {
    // R6.8: number and object stay where the Comune says so; never a file.
    let mut scenario = scenario::demo().expect("demo");
    scenario.raw.regulation_set.insert("albo_history".into(), "number_and_object".into());
    let comune = Comune::of(scenario, "2020-07-29 00:00", postgres);
    let mut citizen = comune.citizen("10.1.0.14");
    comune.at("2020-08-11 12:00");
    let files = offered(&citizen.get(ACT));
    comune.at("2020-08-12 00:00");
    let gone = citizen.get(ACT);
    assert_eq!(gone.status, 410);
    gone.says("La pubblicazione n. 5012/2020 è conclusa");
    gone.says("Piano degli obiettivi 2020-2022");
    assert!(offered(&gone).is_empty() && !files.is_empty());
    for sha256 in &files {
        assert_eq!(citizen.get(&format!("{ACT}/{sha256}")).status, 410);
    }
}

fn only_what_is_public_is_given(postgres: bool) {
    let path = "scenarios/omissis-e-copie.toml";
    let comune = Comune::scenario(path, "2024-02-15 00:00", postgres);
    let case = act_of(&comune, "aiuto");
    let posting = case.posting.clone().expect("posted");
    let href = format!("/albo/{}/{}", posting.year, posting.number);
    let mut citizen = comune.citizen("10.1.0.2");
    let page = citizen.get(&href);
    assert_eq!(page.status, 200);
    page.says("versione pubblicabile con omissis");
    let shown = std::slice::from_ref(&posting.file);
    assert_eq!(offered(&page), shown, "the rendition and nothing else");
    let act = case.papers.iter().find(|p| p.plan.kind == PaperKind::Deliberazione);
    let act = act.and_then(|p| p.sha256.clone()).expect("signed");
    let reserved = case.content.attachments[0].sha256.clone();
    for hidden in [act, reserved] {
        assert_eq!(citizen.get(&format!("{href}/{hidden}")).status, 404);
    }
    let list = citizen.get("/albo");
    let feed = citizen.get("/albo/feed.xml");
    let search = citizen.get("/albo?testo=malinverni");
    search.says("Nessun atto in pubblicazione corrisponde alla ricerca");
    let pages = [page, list, feed, citizen.get("/albo?testo=contributo")];
    for page in &pages {
        assert!(!page.body.to_lowercase().contains("malinverni"), "{}", page.body);
    }
    pages[3].says("1 atto in pubblicazione");
    // In the sample act the minutes of the Nucleo are only on file.
    let comune = demo(postgres);
    let on_file = act_of(&comune, "obiettivi").content.attachments[2].sha256.clone();
    let mut citizen = comune.citizen("10.1.0.3");
    assert_eq!(citizen.get(&format!("{ACT}/{on_file}")).status, 404);
}

fn act_of(comune: &Comune, id: &str) -> delibera::domain::case::Case {
    let world = comune.run(comune.office.executor.world(&[StreamId::case(id)])).expect("world");
    world.case(id).expect("case").clone()
}

fn t_71_no_cache_and_no_search_engine_keeps_it(postgres: bool) {
    let comune = demo(postgres);
    let mut citizen = comune.citizen("10.1.0.4");
    let file = offered(&citizen.get(ACT)).remove(0);
    let (file, missing) = (format!("{ACT}/{file}"), format!("{ACT}/{}", "0".repeat(64)));
    for path in ["/albo", ACT, &file, &missing, "/albo/feed.xml", "/verifica", "/albo/2020/1"] {
        let answer = citizen.get(path);
        assert_eq!(answer.header("x-robots-tag"), "noindex, noarchive", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        if answer.header("content-type").starts_with("text/html") {
            answer.says("<meta name=\"robots\" content=\"noindex, noarchive\">");
            assert!(!answer.body.contains("href=\"/scrivania\""), "{path}: no work navigation");
            answer.says("https://www.comune.example");
            answer.says("Dichiarazione di accessibilità");
        }
    }
    assert_eq!(citizen.get("/sitemap.xml").status, 404);
    comune.at("2020-08-12 00:00");
    assert_eq!(citizen.get(ACT).header("x-robots-tag"), "noindex, noarchive");
}

fn t_79_the_list_of_the_capigruppo_links_to_a_page_behind_the_login(postgres: bool) {
    let comune = demo(postgres);
    let world = comune.run(comune.office.executor.world(&[StreamId::case("obiettivi")]));
    let world = world.expect("world");
    let capogruppo = &world.registry.people["ferri"];
    let subject = NoticeSubject {
        case: Some("obiettivi"),
        moment: "capigruppo_listed",
        detail: serde_json::json!({ "day": "2020-07-28", "serial": 1, "acts": ["obiettivi"] }),
        ..NoticeSubject::default()
    };
    let on = rome_date(rome("2020-07-28 18:00"));
    let facts = notice("elenco-capigruppo", &world, subject, capogruppo, on);
    let base = format!("http://{}", comune.pages);
    let config = MailConfig {
        transport: TransportConfig::Folder { path: comune.folder.join("mai") },
        from: "delibera@comune.example".into(),
        reply_to: None,
        training: None,
        base_url: Some(base.clone()),
        templates: None,
    };
    let mailer = Mailer::new(&config).expect("mail");
    let mail = mailer.compose(&facts, "t-79", rome("2020-07-28 18:00"), &[]).expect("composed");
    let message = mail_parser::MessageParser::default().parse(&mail.bytes).expect("a message");
    let text = message.body_text(0).expect("text").into_owned();
    let link = text.lines().find_map(|line| line.trim().strip_prefix("Testo: ")).expect("a link");
    let path = link.strip_prefix(&base).expect("of these pages").to_owned();
    assert!(!path.starts_with("/albo"), "{path}: the texts are not a public link (R8.4)");
    let mut stranger = comune.citizen("10.1.0.5");
    let answer = stranger.get(&path);
    assert_eq!(answer.status, 303, "who is not signed in is asked to");
    assert!(answer.header("location").starts_with("/accesso"));
    let mut ferri = Browser::person(comune.pages, "ferri");
    let page = ferri.get(&path);
    assert_eq!(page.status, 200, "{}", page.body);
    page.says("Piano degli obiettivi 2020-2022");
    let act = act_of(&comune, "obiettivi").posting.expect("posted").file;
    assert_eq!(ferri.get(&format!("/fascicoli/obiettivi/documenti/{act}")).status, 200);
}

/// What an independent parser reads of the feed: the lines a small Python program prints.
fn parsed(xml: &[u8]) -> Vec<String> {
    const PROGRAM: &str = r##"
import sys, xml.etree.ElementTree as E
rss = E.fromstring(sys.stdin.buffer.read())
assert rss.tag == "rss" and rss.get("version") == "2.0", rss.attrib
[channel] = rss
def say(of, element, names):
    for name in names:
        found = element.findall(name)
        assert len(found) == 1 and (found[0].text or "").strip(), (of, name)
        print(f"{of} {name}: {found[0].text}")
    for category in element.findall("category"):
        domain, what = category.get("domain").split("#")
        assert domain == "http://albopop.it/specs", domain
        print(f"{of} {what}: {category.text}")
say("channel", channel, ["title", "link", "description", "language", "pubDate", "webMaster", "docs", "copyright"])
robots = channel.find("{http://www.w3.org/1999/xhtml}meta")
assert (robots.get("name"), robots.get("content")) == ("robots", "noindex")
for item in channel.findall("item"):
    say("item", item, ["title", "link", "description", "pubDate", "guid"])
    assert item.find("guid").get("isPermaLink") == "true"
    [file] = item.findall("enclosure")
    print("item enclosure:", file.get("url"), file.get("length"), file.get("type"))
"##;
    let mut python = Command::new("python3")
        .args(["-c", PROGRAM])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3");
    python.stdin.take().expect("stdin").write_all(xml).expect("written");
    let said = python.wait_with_output().expect("an answer");
    assert!(said.status.success(), "not a feed:\n{}", String::from_utf8_lossy(xml));
    String::from_utf8_lossy(&said.stdout).lines().map(str::to_owned).collect()
}

fn t_91_twenty_five_acts_in_the_feed_and_none_that_ended(postgres: bool) {
    let comune = Comune::scenario("web/ventisette.toml", "2024-05-08 00:00", postgres);
    let mut citizen = comune.citizen("10.1.0.6");
    let titles = |citizen: &mut Browser| -> Vec<String> {
        let feed = citizen.get("/albo/feed.xml");
        assert_eq!(feed.header("content-type"), "application/rss+xml; charset=utf-8");
        let lines = parsed(&feed.bytes);
        lines.iter().filter_map(|l| l.strip_prefix("item title: ")).map(str::to_owned).collect()
    };
    let name = |n: u32| format!("Cura partecipata del verde & decoro, ambito territoriale n. {n}");
    // The first was posted on the 6th and ended yesterday; twenty-six are in their last day.
    comune.at("2024-05-21 10:00");
    let expected: Vec<String> = (3..=27).rev().map(name).collect();
    assert_eq!(titles(&mut citizen), expected, "twenty-five, the newest first");
    comune.at("2024-05-22 00:00");
    assert_eq!(titles(&mut citizen), Vec::<String>::new());
}

fn t_92_the_feed_says_of_an_act_what_the_specification_wants(postgres: bool) {
    let comune = demo(postgres);
    comune.at("2020-07-30 09:00");
    let mut citizen = comune.citizen("10.1.0.7");
    let feed = parsed(&citizen.get("/albo/feed.xml").bytes);
    let base = format!("http://{}", comune.pages);
    let act = act_of(&comune, "obiettivi");
    let posting = act.posting.as_ref().expect("posted");
    let size = comune.run(comune.office.executor.store.document_size(&posting.file));
    let size = size.expect("store").expect("document");
    let whole = [
        "channel title: AlboPOP - Comune - Valdoro".to_owned(),
        format!("channel link: {base}/albo/feed.xml"),
        "channel description: RSS feed dell'Albo Pretorio del Comune di Valdoro".into(),
        "channel language: it".into(),
        "channel pubDate: Tue, 28 Jul 2020 08:30:00 +0200".into(),
        "channel copyright: Copyright 2020, Comune di Valdoro".into(),
        "channel channel-category-country: Italia".into(),
        "channel channel-category-municipality: Valdoro".into(),
        "channel channel-category-type: Comune".into(),
        "channel channel-category-name: Comune di Valdoro".into(),
        "channel channel-category-uid: istat:015999".into(),
        format!("item title: {}", act.content.subject),
        format!("item link: {base}{ACT}"),
        format!("item guid: {base}{ACT}"),
        "item pubDate: Tue, 28 Jul 2020 08:30:00 +0200".into(),
        "item item-category-uid: 2020/5012".into(),
        "item item-category-type: Deliberazione della Giunta comunale".into(),
        "item item-category-pubStart: Tue, 28 Jul 2020 08:30:00 +0200".into(),
        "item item-category-pubEnd: Tue, 11 Aug 2020 23:59:59 +0200".into(),
        "item item-category-relStart: Fri, 24 Jul 2020 11:00:00 +0200".into(),
        "item item-category-exeStart: Fri, 24 Jul 2020 00:00:00 +0200".into(),
        format!("item enclosure: {base}{ACT}/{} {size} application/pdf", posting.file),
    ];
    for line in whole {
        assert!(feed.contains(&line), "«{line}» is not in\n{}", feed.join("\n"));
    }
}

fn the_list_is_searched_and_turned_over(postgres: bool) {
    let comune = Comune::scenario("web/ventisette.toml", "2024-05-08 00:00", postgres);
    let mut citizen = comune.citizen("10.1.0.8");
    let first = citizen.get("/albo");
    first.says("27 atti in pubblicazione");
    first.says("Pagina 1 di 2");
    first.says("ambito territoriale n. 27");
    assert!(!first.body.contains("ambito territoriale n. 1<"), "the oldest is on the other page");
    citizen.get("/albo?pagina=2").says("ambito territoriale n. 1<");
    citizen.get("/albo?pagina=99").says("Pagina 2 di 2");
    citizen.get("/albo?testo=TERRITORIALE+decoro").says("27 atti in pubblicazione");
    citizen.get("/albo?testo=decoro+mercato").says("Nessun atto in pubblicazione");
    let one = citizen.get("/albo?numero=n.+5%2F2024");
    one.says("Albo n. 5/2024");
    assert!(!citizen.get("/albo?numero=5%2F2023").body.contains("Albo n. 5/2024"));
    citizen.get("/albo?ufficio=ambiente&tipo=deliberazione-giunta").says("27 atti");
    citizen.get("/albo?ufficio=%27%22%3E%3Cscript%3E").says("Nessun atto in pubblicazione");
    // What the index says and what the facts say of an instant are the same.
    let executor = &comune.office.executor;
    for at in ["2024-05-06 08:29", "2024-05-06 12:00", "2024-05-20 23:59", "2024-05-21 00:00"] {
        let instant = rome(at);
        let rows = comune.run(executor.store.on_albo(instant, rome_date(instant))).expect("rows");
        let shown = rows.iter().any(|row| row.case_id == "lotto-1");
        let case = act_of(&comune, "lotto-1");
        assert_eq!(shown, delibera::domain::case::on_albo(&case, instant), "{at}");
    }
}

fn a_wrong_posting_leaves_its_number_and_a_note(postgres: bool) {
    let comune = Comune::scenario("scenarios/sc-07.toml", "2024-05-09 12:00", postgres);
    let mut citizen = comune.citizen("10.1.0.9");
    let gone = citizen.get("/albo/2024/2908");
    assert_eq!(gone.status, 410);
    gone.says("è stata annullata");
    gone.says("la bozza della Carta del 2019");
    assert!(offered(&gone).is_empty(), "the file is hidden");
    let comune = Comune::scenario("scenarios/sc-07.toml", "2024-05-10 12:00", postgres);
    let mut citizen = comune.citizen("10.1.0.10");
    citizen.get("/albo/2024/2908").says("href=\"/albo/2024/2909\"");
    let again = citizen.get("/albo/2024/2909");
    assert_eq!(again.status, 200);
    again.says("Ripete una pubblicazione annullata");
    again.says("fino a tutto il 24 maggio 2024 compreso");
    let wrong = offered(&again);
    for file in wrong {
        assert_eq!(citizen.get(&format!("/albo/2024/2908/{file}")).status, 410);
    }
    comune.at("2024-05-25 00:00");
    let over = citizen.get("/albo/2024/2908");
    assert!(!over.body.contains("bozza della Carta"), "nothing is said any more after its days");
}

fn what_somebody_holds_is_recognised(postgres: bool) {
    let comune = demo(postgres);
    let mut citizen = comune.citizen("10.1.0.11");
    let files = offered(&citizen.get(ACT));
    let act = citizen.get(&format!("{ACT}/{}", files[0])).bytes;
    let annex = citizen.get(&format!("{ACT}/{}", files[1])).bytes;
    let mut sends = |bytes: &[u8]| citizen.upload("/verifica", &[], &[("file", "mio.pdf", bytes)]);
    let same = sends(&act);
    assert_eq!(same.status, 200, "{}", same.body);
    same.says("Documento identico a quello pubblicato");
    same.says("Deliberazione della Giunta n. 838 del 24/07/2020");
    same.says(&files[0]);
    same.says("Luca Ferrari");
    sends(&annex).says("allegato n. 1, parte integrante");
    let more = [act.as_slice(), b"\n% aggiunta\n%%EOF\n"].concat();
    sends(&more).says("Documento con aggiunte di altri");
    let mut altered = act.clone();
    let middle = altered.len() / 2;
    altered[middle] ^= 1;
    sends(&altered).says("Documento non riconosciuto");
    let foreign = sends(b"una lettera qualunque");
    foreign.says("Documento non riconosciuto");
    foreign.says("non contiene firme");
    assert_eq!(citizen.post("/verifica", &[("codice", "")]).status, 422);
    // It stays recognised when it is no longer shown, and links to nothing.
    comune.at("2020-09-01 10:00");
    let later = citizen.upload("/verifica", &[], &[("file", "mio.pdf", &act)]);
    later.says("Documento identico a quello pubblicato");
    assert!(!later.body.contains("href=\"/albo/2020/5012\""));
    let mut tries = (0..30).map(|_| citizen.post("/verifica", &[("codice", "x")]).status);
    assert!(tries.any(|status| status == 429), "tries are counted");
}

fn a_file_that_was_replaced_is_superseded(postgres: bool) {
    let comune = Comune::scenario("scenarios/sc-08.toml", "2024-02-13 11:30", postgres);
    let executor = &comune.office.executor;
    let now = rome("2024-02-13 11:30");
    let rows = comune.run(executor.store.on_albo(now, rome_date(now)));
    let row = rows.expect("rows").remove(0);
    let case = act_of(&comune, &row.case_id);
    let old = case.replaced.last().expect("replaced").old.clone();
    let bytes = comune.run(executor.store.document(&old)).expect("store").expect("kept").bytes;
    let mut citizen = comune.citizen("10.1.0.12");
    let href = format!("/albo/{}/{}", row.year, row.number);
    assert_eq!(citizen.get(&format!("{href}/{old}")).status, 404, "it is no longer given");
    citizen.get(&href).says("con il computo che continua");
    let answer = citizen.upload("/verifica", &[], &[("file", "vecchio.pdf", &bytes)]);
    answer.says("Documento superato");
    answer.says("versione con omissis");
}

fn a_contrassegno_answers_after_the_albo(postgres: bool) {
    let path = "scenarios/omissis-e-copie.toml";
    let comune = Comune::scenario(path, "2024-03-10 00:00", postgres);
    let code = "0123456789abcdef0123456789abcdef";
    let href = format!("/verifica/aiuto/{code}");
    let mut citizen = comune.citizen("10.1.0.13");
    let page = citizen.get(&href);
    assert_eq!(page.status, 200);
    page.says("La copia è stata rilasciata da questo Comune");
    page.says("Copia conforme n. 1");
    page.says("fino a tutto il 4 marzo 2034");
    let copy = citizen.get(&format!("{href}/copia"));
    assert!(copy.status == 200 && copy.bytes.starts_with(b"%PDF"));
    page.says(&sha256_hex(&copy.bytes));
    assert_eq!(copy.header("cache-control"), "no-store");
    let typed = "0123 4567 89AB CDEF 0123 4567 89ab cdef";
    let answer = citizen.post("/verifica", &[("codice", typed)]);
    assert_eq!((answer.status, answer.header("location")), (303, href.as_str()));
    let held = citizen.upload("/verifica", &[], &[("file", "copia.pdf", &copy.bytes)]);
    held.says("Copia rilasciata dall");
    assert_eq!(citizen.post("/verifica", &[("codice", &"0".repeat(32))]).status, 404);
    assert_eq!(citizen.get(&format!("/verifica/aiuto/{}", "0".repeat(32))).status, 404);
    assert_eq!(citizen.get(&format!("/verifica/nessuno/{code}")).status, 404);
    comune.at("2034-03-05 09:00");
    let late = citizen.get(&href);
    assert_eq!(late.status, 410);
    late.says("La copia era verificabile fino al 04/03/2034");
}

fn an_albo_of_another_system_shows_nothing_as_official(postgres: bool) {
    let path = "scenarios/esterno-albo.toml";
    let comune = Comune::scenario(path, "2024-05-10 12:00", postgres);
    let posting = act_of(&comune, "wifi").posting.expect("posted");
    assert!(posting.external);
    let mut citizen = comune.citizen("10.1.0.14");
    let list = citizen.get("/albo");
    list.says("tenuto da un altro sistema");
    list.says("https://albo.example");
    assert!(!list.body.contains(&format!("/albo/{}/{}", posting.year, posting.number)));
    let page = citizen.get(&format!("/albo/{}/{}", posting.year, posting.number));
    assert_eq!(page.status, 404);
    page.says("su un altro sistema");
    assert!(offered(&page).is_empty());
    let file = format!("/albo/{}/{}/{}", posting.year, posting.number, posting.file);
    assert_eq!(citizen.get(&file).status, 404);
    assert!(!citizen.get("/albo/feed.xml").body.contains("<item>"));
}
