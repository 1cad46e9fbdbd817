// SPDX-License-Identifier: AGPL-3.0-or-later
//! What has the look of personal data. The detector proposes, a person decides: it would rather
//! find too much than too little, and is silent only where a check digit proves it wrong.

use super::omit::in_word;
use super::plain::Plain;
use regex::Regex;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;

/// What a find looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataKind {
    /// Codice fiscale of a person, its check character right (D.M. 23.12.1976).
    FiscalCode,
    /// IBAN, its check digits right (ISO 13616).
    Iban,
    /// Telephone number.
    Phone,
    /// E-mail address.
    Email,
    /// Street and number.
    Address,
    /// Place or date of birth.
    Birth,
    /// A word of health (Reg. UE 2016/679, art. 9; Codice privacy, art. 2-septies, c. 8).
    Health,
    /// A minor.
    Minor,
    /// A file that goes with the act and that no program has read: a person must.
    UnreadFile,
}

impl DataKind {
    /// As a sentence names it.
    pub fn label(self) -> &'static str {
        match self {
            Self::FiscalCode => "codice fiscale",
            Self::Iban => "IBAN",
            Self::Phone => "numero di telefono",
            Self::Email => "indirizzo di posta elettronica",
            Self::Address => "indirizzo",
            Self::Birth => "data o luogo di nascita",
            Self::Health => "dato sulla salute",
            Self::Minor => "riferimento a un minore",
            Self::UnreadFile => "allegato da leggere",
        }
    }
}

/// One find.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// What it looks like.
    pub found: DataKind,
    /// The string.
    pub text: String,
}

/// Patterns, case aside; each is found in the text as it is read.
pub const PATTERNS: [(DataKind, &str); 10] = [
    (
        DataKind::FiscalCode,
        r"(?i)\b[a-z]{3} ?[a-z]{3} ?[0-9lmnp-v]{2} ?[abcdehlmprst] ?[0-9lmnp-v]{2} ?[a-z] ?[0-9lmnp-v]{3} ?[a-z]\b",
    ),
    (DataKind::Iban, r"(?i)\b[a-z]{2}[0-9]{2}(?: ?[a-z0-9]){11,30}"),
    (DataKind::Phone, r"(?:(?:\+|\b00)39[ ./-]?)?\b3[0-9]{2}[ ./-]?[0-9]{3}[ ./-]?[0-9]{3,4}\b"),
    (
        DataKind::Phone,
        r"(?i)(?:\btel(?:efono|\.)?|\bcell(?:ulare|\.)?|\bfax|(?:\+|\b00)39)[ :.n°]*(0[0-9]{1,4}[ ./-]?[0-9]{2,4}[ ./-]?[0-9]{2,5})\b",
    ),
    // A landline that nothing announces. By the national numbering plan 02 and 06 are whole, a third
    // digit 0, 1, 5 or 9 ends the prefix, another wants a fourth: numbers of acts and dates do not fit.
    (
        DataKind::Phone,
        r"(?:^|[^\p{L}0-9/.,-])(\(?0[26]\)? ?[ /.-] ?[0-9]{6,8}|\(?0[26]\)?[ .-][0-9]{3,4}[ .-][0-9]{3,4}|\(?0[13-57-9](?:[0159]|[2-46-8][0-9])\)? ?[ /.-] ?[0-9]{5,8}|\(?0[13-57-9](?:[0159]|[2-46-8][0-9])\)?[ -](?:[0-9]{2,3}[ -][0-9]{2}[ -][0-9]{2})|\(?0[13-57-9](?:[0159]|[2-46-8][0-9])\)?[ .-][0-9]{3,4}[ .-][0-9]{2,4})(?:$|[^\p{L}0-9/,-]|[,/-](?:$|[^0-9]))",
    ),
    (DataKind::Email, r"(?i)\b[a-z0-9][a-z0-9._%+-]*@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}\b"),
    (
        DataKind::Address,
        r"\b(?:[Vv]ia|[Vv]iale|[Vv]\.le|[Pp]iazza|[Pp]\.(?:zza|za)|[Pp]iazzale|[Cc]orso|[Cc]\.so|[Ll]argo|[Vv]icolo|[Ss]trada|[Cc]ontrada|[Ll]ocalità|[Ff]razione|[Bb]orgo)(?: (?:[\p{L}0-9'.]+)){1,5},? ?(?:n\. ?|n° ?|civico )?[0-9]{1,4}(?: ?/ ?[0-9a-zA-Z]+|[a-zA-Z])?\b",
    ),
    (
        DataKind::Birth,
        r"(?i)\bnat[oaie] (?:a|ad|in|il)\b.{0,60}?[0-9]{1,2}(?:[./-][0-9]{1,2}[./-]| \p{L}+ )[0-9]{2,4}\b",
    ),
    (
        DataKind::Health,
        r"(?i)\b(?:disabil\w*|invalid(?:o|a|i|e|ità)|handicap\w*|malatti[ae]|malat[oaie]|patologi[ae]|diagnosi|ricover\w*|cartell[ae] clinic\w+|certificat[oi] medic[oi]|stato di salute|inabilit\w+|non autosufficient\w+|tossicodipend\w+|psichiatric\w+|oncologic\w+|gravidanza|legge (?:n\. )?104/(?:19)?92|l\. 104/(?:19)?92)\b",
    ),
    (
        DataKind::Minor,
        r"(?i)\b(?:minorenn[ei]|figli[oaie] minor[ei]|minor[ei] (?:di età|affidat\w+|stranier\w+)|(?:il|la|del|della|al|alla|dal|dalla|un|una|i|dei|ai) minor[ei](?: \p{L}+)?)\b",
    ),
];

/// After "minore" these make it an adjective: "la minore spesa".
const NOT_MINORS: [&str; 15] = [
    "spesa", "spese", "entrata", "entrate", "costo", "costi", "importo", "importi", "gettito",
    "onere", "oneri", "impatto", "tempo", "introito", "introiti",
];

static COMPILED: LazyLock<Vec<(DataKind, Regex)>> = LazyLock::new(|| {
    // A pattern that cannot be read would be a silent detector: the tests try each of them.
    PATTERNS.iter().filter_map(|(kind, text)| Some((*kind, Regex::new(text).ok()?))).collect()
});

/// Every find in a text, each string once.
pub fn detect(text: &str) -> Vec<Hit> {
    let text = Plain::of(&text.nfc().collect::<String>()).string();
    let mut hits: Vec<Hit> = Vec::new();
    for (found, pattern) in COMPILED.iter() {
        for captures in pattern.captures_iter(&text) {
            // What a letter or a digit stands before is no word that could be left out.
            let alone = |at: usize| !text[..at].ends_with(in_word);
            let part = captures.get(1).filter(|part| alone(part.start()));
            let Some(whole) = part.or(captures.get(0)) else { continue };
            let Some(part) = confirmed(*found, whole.as_str()) else { continue };
            let start = whole.start() + whole.as_str().find(part).unwrap_or_default();
            let text = to_end_of_word(&text[start..], part.len());
            let hit = Hit { found: *found, text: text.to_owned() };
            // The groups of an IBAN may look like a number to call.
            let inside = |known: &Hit| known.found == DataKind::Iban && known.text.contains(text);
            if !hits.contains(&hit) && !hits.iter().any(inside) {
                hits.push(hit);
            }
        }
    }
    hits
}

/// What is left out is whole words: letters that follow without a blank go with what was found.
fn to_end_of_word(text: &str, found: usize) -> &str {
    let rest = text[found..].chars().take_while(|c| in_word(*c)).map(char::len_utf8);
    &text[..found + rest.sum::<usize>()]
}

/// The part of a match that stands a closer look.
fn confirmed(found: DataKind, text: &str) -> Option<&str> {
    let text = text.trim();
    match found {
        DataKind::FiscalCode => is_fiscal_code(text).then_some(text),
        DataKind::Iban => iban(text),
        DataKind::Minor => {
            let last = text.rsplit(' ').next().unwrap_or_default().to_lowercase();
            let adjective = NOT_MINORS.contains(&last.as_str());
            let bare = match text.rfind(' ') {
                // The word after it only tells an adjective from a noun.
                Some(at) if !last.starts_with("minor") && text[..at].contains(' ') => &text[..at],
                _ => text,
            };
            (!adjective).then_some(bare)
        }
        _ => Some(text),
    }
}

/// The check character: odd places by a table, even places by value, the sum modulo 26.
fn is_fiscal_code(text: &str) -> bool {
    // Without case, «ſ» is an s to the pattern.
    if !text.is_ascii() {
        return false;
    }
    const ODD: [u32; 26] = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24,
        23,
    ];
    let code: Vec<u8> =
        text.bytes().filter(|b| *b != b' ').map(|b| b.to_ascii_uppercase()).collect();
    let [body @ .., check] = code.as_slice() else { return false };
    let value = |byte: u8| u32::from(if byte.is_ascii_digit() { byte - b'0' } else { byte - b'A' });
    let sum: u32 = body
        .iter()
        .enumerate()
        .map(|(index, byte)| if index % 2 == 0 { ODD[value(*byte) as usize] } else { value(*byte) })
        .sum();
    code.len() == 16 && u32::from(check - b'A') == sum % 26
}

/// The longest beginning that is an IBAN: what follows it may be the next words.
fn iban(text: &str) -> Option<&str> {
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8()).rev();
    ends.filter(|end| !text[*end..].starts_with(|c: char| c.is_alphanumeric()))
        .map(|end| text[..end].trim_end())
        .find(|part| {
            (15..=34).contains(&part.chars().filter(|c| *c != ' ').count()) && mod_97(part)
        })
}

/// ISO 7064, mod 97-10: the first four characters moved to the end, letters as numbers.
fn mod_97(text: &str) -> bool {
    let code: Vec<u32> = text.chars().filter_map(|c| c.to_digit(36)).collect();
    let turned = code.iter().skip(4).chain(code.iter().take(4));
    let step = |rest: u32, digit: &u32| {
        let shift = if *digit > 9 { 100 } else { 10 };
        (rest * shift + digit) % 97
    };
    code.len() > 4 && turned.fold(0, step) == 1
}
