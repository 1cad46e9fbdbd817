// SPDX-License-Identifier: AGPL-3.0-or-later
//! Registers, searches and statistics: what each person sees of them, and what the files say.

use crate::on_both_engines;
use crate::server::{Answer, Browser, Server};

on_both_engines!(
    a_register_has_every_number_and_what_became_of_it,
    a_filter_is_in_the_address_and_stays_there,
    what_is_typed_wrong_is_said,
    the_files_have_the_lines_of_the_filter,
    a_councillor_reads_acts_and_not_proposals,
    a_stranger_reads_no_register,
    a_search_finds_by_stem_accent_phrase_and_number,
    a_search_never_shows_the_draft_of_another_office,
    statistics_are_for_who_answers_for_the_times,
);

fn a_register_has_every_number_and_what_became_of_it(server: &Server) {
    let mut greco = Browser::of(server, "greco");
    let answer = greco.get("/registri");
    assert_eq!((answer.status, answer.header("location")), (303, "/registri/deliberazioni"));
    let acts = greco.get("/registri/deliberazioni");
    assert_eq!(acts.status, 200);
    acts.says("centri estivi");
    acts.says("Registro delle deliberazioni");
    acts.says("href=\"/fascicoli/sport\"");
    // The newest number first.
    let numbers = numbers(&acts);
    assert!(
        !numbers.is_empty() && numbers.windows(2).all(|two| two[0] == two[1] + 1),
        "{numbers:?}"
    );
    let proposals = greco.get("/registri/proposte?parole=cortili");
    proposals.says("cortili scolastici");
    let albo = greco.get("/registri/albo");
    albo.says("pubblicazione");
    albo.says("dal ");
}

/// The numbers of a page, as they stand.
fn numbers(answer: &Answer) -> Vec<i64> {
    let rows = answer.body.split("<th scope=\"row\">").skip(1);
    let cell = |row: &str| {
        let text = row.split("</th>").next()?;
        let text = text.rsplit_once("\">").map_or(text, |(_, text)| text);
        text.split('/').next()?.parse().ok()
    };
    rows.filter_map(cell).collect()
}

/// The year of a number of a page.
fn year_of(answer: &Answer, number: i64) -> String {
    let after = answer.body.split(&format!(">{number}/")).nth(1).unwrap_or_default();
    after.chars().take(4).collect()
}

fn a_filter_is_in_the_address_and_stays_there(server: &Server) {
    let mut greco = Browser::of(server, "greco");
    let page = greco.get("/registri/deliberazioni?anno=tutti");
    let some = greco.get("/registri/deliberazioni?anno=tutti&parole=impianto+sportivo");
    some.says("centri estivi");
    some.says("value=\"impianto sportivo\"");
    some.says("parole&#x3D;impianto+sportivo");
    assert!(numbers(&some).len() < numbers(&page).len());
    greco.get("/registri/deliberazioni?anno=1999").says("Nessuna riga con questi filtri");
    greco.get("/registri/deliberazioni?stato=revoked").says("Nessuna riga con questi filtri");
    let proposals = numbers(&greco.get("/registri/proposte?parole=verde&ufficio=ambiente"));
    let one = greco.get("/registri/proposte?parole=verde+38&ufficio=ambiente");
    assert!((1..proposals.len()).contains(&numbers(&one).len()), "some, and not all");
    let none = greco.get("/registri/proposte?parole=verde&ufficio=bilancio");
    assert_eq!(numbers(&none).len(), 0);
    // From a line on: the same numbers without those before it.
    let all = numbers(&page);
    let year = year_of(&page, all[0]);
    let rest = greco.get(&format!("/registri/deliberazioni?anno=tutti&da={year}-{}", all[0]));
    assert_eq!(numbers(&rest), all[1..]);
    rest.says("Torna ai più recenti");
}

fn what_is_typed_wrong_is_said(server: &Server) {
    let mut greco = Browser::of(server, "greco");
    greco.get("/registri/deliberazioni?dal=ieri").says("«ieri» non è una data");
    greco.get("/registri/deliberazioni?dal=2026-05-02&al=2026-05-01").says("viene prima");
    greco.get("/registri/deliberazioni?parole=della").says("solo articoli");
    assert_eq!(greco.get("/registri/altro").status, 404);
    assert_eq!(greco.get("/registri/albo.pdf").status, 404);
}

fn the_files_have_the_lines_of_the_filter(server: &Server) {
    let mut greco = Browser::of(server, "greco");
    let page = greco.get("/registri/deliberazioni?anno=tutti");
    let csv = greco.get("/registri/deliberazioni.csv?anno=tutti");
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert!(csv.header("content-disposition").contains("registro-deliberazioni.csv"));
    assert!(csv.body.starts_with("\u{feff}Numero;Anno;"), "{}", &csv.body[..40]);
    let lines: Vec<&str> = csv.body.trim_end().split("\r\n").collect();
    assert_eq!(lines.len() - 1, numbers(&page).len());
    csv.says("centri estivi");
    csv.says("approvata");
    let narrow = greco.get("/registri/deliberazioni.csv?anno=tutti&parole=centri+estivi");
    assert_eq!(narrow.body.trim_end().split("\r\n").count(), 2);
    let xlsx = greco.get("/registri/albo.xlsx?anno=tutti");
    assert_eq!(xlsx.status, 200);
    assert!(xlsx.header("content-type").contains("spreadsheetml"));
    assert!(xlsx.body.starts_with("PK"), "a zip file");
}

fn a_councillor_reads_acts_and_not_proposals(server: &Server) {
    let mut ferri = Browser::of(server, "ferri");
    ferri.get("/registri/deliberazioni").says("centri estivi");
    let refused = ferri.get("/registri/proposte");
    assert_eq!(refused.status, 403);
    refused.says("artt. 10 e 43 TUEL");
    assert!(!ferri.get("/registri/albo").body.contains("/registri/proposte\""), "no way to it");
}

fn a_stranger_reads_no_register(server: &Server) {
    let mut browser = Browser::new(server, "10.3.0.1");
    for path in ["/registri", "/registri/albo", "/registri/albo.csv", "/ricerca?parole=sosta"] {
        assert_eq!(browser.get(path).status, 303, "{path}");
    }
}

fn a_search_finds_by_stem_accent_phrase_and_number(server: &Server) {
    let mut greco = Browser::of(server, "greco");
    for typed in ["impianti+sportivi", "impianto+sportiv", "%22centri+estivi%22", "IMPIANT%C3%8C"] {
        let found = greco.get(&format!("/ricerca?parole={typed}"));
        found.says("href=\"/fascicoli/sport\"");
        found.says("<mark>");
    }
    let acts = greco.get("/registri/deliberazioni");
    let number = numbers(&acts)[0];
    let year = year_of(&acts, number);
    greco.get(&format!("/ricerca?parole=n.+{number}/{year}")).says("Con questo numero");
    greco.get("/ricerca?parole=%22estivi+centri%22").says("Nessun atto");
    greco.get("/ricerca?parole=della").says("solo articoli");
    greco.get("/ricerca").says("Si cerca negli atti");
    // Every page has it.
    greco.get("/scrivania").says("action=\"/ricerca\"");
}

fn a_search_never_shows_the_draft_of_another_office(server: &Server) {
    let words = "/ricerca?parole=piste+ciclabili";
    Browser::of(server, "neri").get(words).says("href=\"/fascicoli/piste\"");
    Browser::of(server, "greco").get(words).says("href=\"/fascicoli/piste\"");
    for other in ["ricci", "rizzo", "ferri"] {
        let found = Browser::of(server, other).get(words);
        assert!(!found.body.contains("/fascicoli/piste"), "{other}");
    }
    // A councillor finds what was adopted and nothing that is under way.
    let mut ferri = Browser::of(server, "ferri");
    ferri.get("/ricerca?parole=centri+estivi").says("href=\"/fascicoli/sport\"");
    let found = ferri.get("/ricerca?parole=cortili+scolastici");
    assert!(!found.body.contains("/fascicoli/scuole"));
    Browser::of(server, "villa")
        .get("/ricerca?parole=cortili+scolastici")
        .says("/fascicoli/scuole");
}

fn statistics_are_for_who_answers_for_the_times(server: &Server) {
    let mut greco = Browser::of(server, "greco");
    let page = greco.get("/registri/statistiche");
    assert_eq!(page.status, 200);
    page.says("Parere di regolarità tecnica");
    page.says("<svg role=\"img\"");
    page.says("Dall&#x27;adozione alla pubblicazione");
    assert!(!page.body.contains("style="), "no style of its own");
    greco.get("/registri/statistiche?anno=1999").says("Nessun atto adottato");
    assert_eq!(Browser::of(server, "ferri").get("/registri/statistiche").status, 403);
    assert_eq!(Browser::of(server, "costa").get("/registri/statistiche").status, 200);
}
