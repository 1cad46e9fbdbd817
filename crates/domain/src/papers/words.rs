// SPDX-License-Identifier: AGPL-3.0-or-later
//! Italian as acts write it: articles before dates, plurals, lists, captions under signatures.
//!
//! Facts hold data, templates hold sentences; what grammar must compute from data is here, once.

use crate::case::OpinionOutcome;
pub use crate::law::calendar::Preposition;
use crate::law::calendar::date_long;
use crate::registry::{Capacity, Signatory};
use crate::workflow::OpinionKind;
use chrono::NaiveDate;

/// A date in words with its article.
pub fn dated(preposition: Preposition, date: NaiveDate) -> String {
    format!("{}{}", preposition.before(date), date_long(date))
}

/// "n. 1 voto favorevole", "n. 11 voti favorevoli".
pub fn count(number: u64, one: &str, many: &str) -> String {
    format!("n. {number} {}", if number == 1 { one } else { many })
}

/// "Anna, Bruno e Carla"; "ed" before a word that begins with e.
pub fn list<T: AsRef<str>>(items: &[T]) -> String {
    let Some((last, others)) = items.split_last() else { return String::new() };
    let last = last.as_ref();
    if others.is_empty() {
        return last.to_owned();
    }
    let and = if last.starts_with(['e', 'E', 'è', 'È']) { "ed" } else { "e" };
    let others: Vec<&str> = others.iter().map(AsRef::as_ref).collect();
    format!("{} {and} {last}", others.join(", "))
}

/// A phrase someone wrote, ready to stand inside a sentence: one line, no final stop.
pub fn clause(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.trim_end_matches(['.', ';', ',', ':', ' ']).to_owned()
}

/// "€ 1.234,56" from cents.
pub fn euros(cents: i64) -> String {
    let digits = (cents.unsigned_abs() / 100).to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push('.');
        }
        grouped.push(digit);
    }
    let sign = if cents < 0 { "−" } else { "" };
    format!("€ {sign}{grouped},{:02}", cents.unsigned_abs() % 100)
}

/// A title without its article: "Il Vice Segretario Vicario" reads "Vice Segretario Vicario".
pub fn bare_title(title: &str) -> &str {
    const ARTICLES: [&str; 12] =
        ["Il ", "il ", "IL ", "La ", "la ", "LA ", "Lo ", "lo ", "LO ", "L'", "l'", "L’"];
    let title = title.trim();
    ARTICLES.iter().find_map(|article| title.strip_prefix(article)).unwrap_or(title)
}

/// "il Sindaco", "la Commissaria", "l'Assessore": a title with its article, whichever it has.
pub fn the_title(title: &str) -> String {
    let of = of_title(title);
    let article = [("dell'", "l'"), ("dello ", "lo "), ("della ", "la "), ("del ", "il ")];
    let found = article.iter().find_map(|(di, il)| Some(format!("{il}{}", of.strip_prefix(di)?)));
    found.unwrap_or(of)
}

/// "ufficio Direzione Ambiente", and not twice where the name says it: "Ufficio Sport".
pub fn office(name: &str) -> String {
    let said = name.get(..7).is_some_and(|word| word.eq_ignore_ascii_case("ufficio"));
    if said { name.to_owned() } else { format!("ufficio {name}") }
}

/// "del Sindaco", "della Vicesindaca", "dell'Assessore": a title after the preposition *di*.
pub fn of_title(title: &str) -> String {
    let title = title.trim();
    let bare = bare_title(title);
    let first = bare.split_whitespace().next().unwrap_or_default();
    let article = title.get(..title.len() - bare.len()).unwrap_or_default().to_lowercase();
    let vowel = first.starts_with(['A', 'E', 'I', 'O', 'U', 'a', 'e', 'i', 'o', 'u']);
    match article.as_str() {
        "" if title.starts_with("del") || title.is_empty() => title.to_owned(),
        _ if vowel => format!("dell'{bare}"),
        "lo " => format!("dello {bare}"),
        "la " => format!("della {bare}"),
        "il " => format!("del {bare}"),
        _ if first.ends_with('a') => format!("della {bare}"),
        _ => format!("del {bare}"),
    }
}

/// What stands over a name where someone signs: the title as the mandate prints it, in capitals.
pub fn caption(title: &str) -> String {
    title.trim().to_uppercase()
}

/// What stands under a name where someone signs: the office when the caption is another word, and
/// the act a substitute's power comes from (practice.md 1.16).
pub fn signature_note(caption_text: &str, signer: &Signatory) -> String {
    let mut notes = Vec::new();
    let title = bare_title(&signer.title);
    if !caption_text.to_uppercase().contains(&title.to_uppercase()) {
        notes.push(title.to_owned());
    }
    if let Some(power) = power(signer) {
        notes.push(power);
    }
    notes.join(", ")
}

/// Where a substitute's power comes from; nothing for the holder of an office.
pub fn power(signer: &Signatory) -> Option<String> {
    let act = clause(&signer.act);
    let word = match signer.capacity {
        Capacity::Titolare => return None,
        Capacity::Vicario | Capacity::Vice | Capacity::Sostituto => "in sostituzione",
        Capacity::Reggente => "reggente",
        Capacity::Scavalco => "a scavalco",
        Capacity::Delegato => "per delega",
    };
    if act.is_empty() { Some(word.to_owned()) } else { Some(format!("{word} ({act})")) }
}

/// The outcome of an opinion, as sentences name it.
pub fn outcome(outcome: OpinionOutcome) -> &'static str {
    match outcome {
        OpinionOutcome::Favourable => "favorevole",
        OpinionOutcome::WithRemarks => "favorevole con osservazioni",
        OpinionOutcome::WithPrescriptions => "favorevole con prescrizioni",
        OpinionOutcome::Contrary => "contrario",
        OpinionOutcome::NotDue => "non dovuto",
    }
}

/// The outcome of an opinion of a kind: a visto attests the cover or denies it, it favours nothing.
pub fn outcome_of(opinion: OpinionKind, given: OpinionOutcome) -> &'static str {
    match (opinion, given) {
        (OpinionKind::Cover, OpinionOutcome::Favourable) => "reso",
        (OpinionKind::Cover, OpinionOutcome::Contrary) => "negato",
        (_, given) => outcome(given),
    }
}

/// A piece of a file name: lower case, without accents and spaces.
pub fn slug(text: &str) -> String {
    let plain = |c: char| match c {
        'à' | 'á' => 'a',
        'è' | 'é' => 'e',
        'ì' | 'í' => 'i',
        'ò' | 'ó' => 'o',
        'ù' | 'ú' => 'u',
        c if c.is_ascii_alphanumeric() => c,
        _ => '-',
    };
    let all: String = text.to_lowercase().chars().map(plain).collect();
    all.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}
