// SPDX-License-Identifier: AGPL-3.0-or-later
//! Italian as acts write it.

use chrono::NaiveDate;
use delibera::domain::papers::words::{
    Preposition, bare_title, clause, count, dated, euros, list, of_title, office, slug, the_title,
};

fn day(d: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 7, d).unwrap_or_default()
}

#[test]
fn titles_and_offices_take_their_article_once() {
    assert_eq!(the_title("Il Commissario straordinario"), "il Commissario straordinario");
    assert_eq!(the_title("Commissaria straordinaria"), "la Commissaria straordinaria");
    assert_eq!(the_title("L'Assessore anziano"), "l'Assessore anziano");
    assert_eq!(office("Ufficio Sport"), "Ufficio Sport");
    assert_eq!(office("Direzione Ambiente"), "ufficio Direzione Ambiente");
}

#[test]
fn dates_take_the_article_they_are_read_with() {
    assert_eq!(dated(Preposition::On, day(24)), "il 24 luglio 2024");
    assert_eq!(dated(Preposition::On, day(8)), "l'8 luglio 2024");
    assert_eq!(dated(Preposition::From, day(11)), "dall'11 luglio 2024");
    assert_eq!(dated(Preposition::Of, day(1)), "del 1° luglio 2024");
    assert_eq!(dated(Preposition::Until, day(18)), "al 18 luglio 2024");
}

#[test]
fn lists_and_counts_are_grammatical() {
    assert_eq!(list(&["Anna"]), "Anna");
    assert_eq!(list(&["Anna", "Bruno", "Elena"]), "Anna, Bruno ed Elena");
    assert_eq!(list::<&str>(&[]), "");
    assert_eq!(count(1, "voto", "voti"), "n. 1 voto");
    assert_eq!(count(0, "voto", "voti"), "n. 0 voti");
}

#[test]
fn money_titles_and_slugs() {
    assert_eq!(euros(123_456_789), "€ 1.234.567,89");
    assert_eq!(euros(5), "€ 0,05");
    assert_eq!(bare_title("Il Vice Segretario"), "Vice Segretario");
    assert_eq!(bare_title("L'Assessora"), "Assessora");
    assert_eq!(of_title("Il Sindaco"), "del Sindaco");
    assert_eq!(of_title("Vicesindaca"), "della Vicesindaca");
    assert_eq!(of_title("Assessore"), "dell'Assessore");
    assert_eq!(of_title("del Sindaco"), "del Sindaco");
    assert_eq!(slug("Direzione Città e  Verde"), "direzione-citta-e-verde");
    assert_eq!(clause("  per urgenza;\n dei lavori. "), "per urgenza; dei lavori");
}
