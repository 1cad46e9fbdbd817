// SPDX-License-Identifier: AGPL-3.0-or-later
//! The actions of the review of personal data. What is decided on is named by a key, never by its
//! words: addresses are logged.

use super::{Action, Subject};
use crate::domain::case::CaseCommand;
use crate::domain::offers::key_of;
use crate::domain::privacy::{DataKind, hits};
use crate::web::forms::{Field, Reader};

/// Leaves a string out of what is published.
pub const OMIT: Action = Action {
    slug: "omissis",
    token: "mark_personal_data",
    title: "Omettere un dato personale",
    button: "Ometti",
    done: "Il dato non sarà pubblicato",
    fields: omit_fields,
    read: |subject, form| {
        let text = match subject.about.as_str() {
            "" => form.needed("testo"),
            _ => named(subject).map(|(_, text)| text)?,
        };
        let (reason, basis) = (chosen(form, &REASONS, "motivo"), chosen(form, &BASES, "base"));
        Some(CaseCommand::MarkPersonalData { text, reason, basis })
    },
};

/// Says that a find may be published, or takes an omission back.
pub const PUBLISH: Action = Action {
    slug: "pubblicabile",
    token: "clear_personal_data",
    title: "Dichiarare pubblicabile un dato",
    button: "Si può pubblicare",
    done: "Il dato resta nel documento pubblicato",
    fields: |subject| {
        let mut fields = shown(subject);
        fields.extend(choice("perche", "Perché si può pubblicare", &PUBLIC, PUBLIC[0].0));
        fields
    },
    read: |subject, form| {
        let (_, text) = named(subject)?;
        let reason = chosen(form, &PUBLIC, "perche");
        Some(CaseCommand::ClearPersonalData { text, reason })
    },
};

/// Has the rendition made again when the review is over.
pub const COMPOSE: Action = Action {
    slug: "ricomposizione-pubblicabile",
    token: "compose_public",
    title: "Preparare di nuovo la versione pubblicabile",
    button: "Prepara",
    done: "La versione pubblicabile sarà composta e andrà alla firma",
    fields: |_| Vec::new(),
    read: |_, _| Some(CaseCommand::ComposePublic),
};

/// A word of a form and the sentence it stands for.
type Sentence = (&'static str, &'static str);

/// Why something is left out; printed in its place, so none of them says what it was.
const REASONS: [Sentence; 7] = [
    ("non-pertinente", "dato identificativo non pertinente alla finalità della pubblicazione"),
    ("recapiti", "recapito o indirizzo privato"),
    ("coordinate", "coordinate bancarie"),
    ("salute", "dato relativo alla salute"),
    ("disagio", "condizione di disagio economico o sociale"),
    ("minore", "dato relativo a un minore"),
    ("giudiziario", "dato relativo a condanne o reati"),
];

/// Where it is written.
const BASES: [Sentence; 5] = [
    ("minimizzazione", "art. 5, par. 1, lett. c), Reg. (UE) 2016/679"),
    ("particolari", "art. 9 Reg. (UE) 2016/679"),
    ("salute", "art. 2-septies, c. 8, D.Lgs. 196/2003"),
    ("disagio", "art. 26, c. 4, D.Lgs. 33/2013"),
    ("giudiziari", "art. 10 Reg. (UE) 2016/679"),
];

/// Why something may be published.
const PUBLIC: [Sentence; 4] = [
    ("non-personale", "non è un dato personale"),
    ("ufficio", "è di un ufficio, di un'impresa o di chi agisce per un ente"),
    ("norma", "la pubblicazione è prevista da una norma"),
    ("letto", "allegato letto per intero: non contiene dati da omettere"),
];

const OTHER: &str = "altro";

/// The usual reason and basis for what something looks like.
pub fn usual(found: Option<DataKind>) -> (&'static str, &'static str) {
    match found {
        Some(DataKind::Health) => ("salute", "salute"),
        Some(DataKind::Minor) => ("minore", "minimizzazione"),
        Some(DataKind::Iban) => ("coordinate", "minimizzazione"),
        Some(DataKind::Phone | DataKind::Email | DataKind::Address) => {
            ("recapiti", "minimizzazione")
        }
        _ => ("non-pertinente", "minimizzazione"),
    }
}

/// The sentence of the usual reason, for who decides with one gesture.
pub fn usual_words(found: Option<DataKind>) -> &'static str {
    let (reason, _) = usual(found);
    REASONS.iter().find(|(word, _)| *word == reason).map_or("", |(_, words)| words)
}

/// The string an action is about, and what it looks like.
fn named(subject: &Subject) -> Option<(Option<DataKind>, String)> {
    let (case, about) = (&subject.case, &subject.about);
    let found = hits(case, &subject.world).into_iter().find(|h| key_of(&h.text) == *about);
    let marked = || case.omissions.iter().find(|o| key_of(&o.text) == *about);
    found
        .map(|hit| (Some(hit.found), hit.text))
        .or_else(|| marked().map(|omission| (None, omission.text.clone())))
}

/// What is decided on, as it is written; to be typed where nothing is named.
fn shown(subject: &Subject) -> Vec<Field> {
    let label = "Parole da omettere";
    match named(subject) {
        Some((found, text)) => {
            let what = found.map_or(label, DataKind::label);
            vec![Field::new("said", "testo", what).value(text)]
        }
        None => {
            let help = "Come sono scritte nell'atto, per intero: saranno tolte ovunque compaiano.";
            vec![Field::new("text", "testo", label).required().help(help)]
        }
    }
}

fn omit_fields(subject: &Subject) -> Vec<Field> {
    let (reason, basis) = usual(named(subject).and_then(|(found, _)| found));
    let mut fields = shown(subject);
    fields.extend(choice("motivo", "Motivo, stampato al posto del dato", &REASONS, reason));
    fields.extend(choice("base", "Base giuridica", &BASES, basis));
    fields
}

/// A list of sentences with the usual one chosen, and a place for another.
fn choice(name: &'static str, label: &str, all: &[Sentence], first: &str) -> Vec<Field> {
    let other = format!("{name}-{OTHER}");
    let only = match name {
        "motivo" => "motivo=altro",
        "base" => "base=altro",
        _ => "perche=altro",
    };
    let options = all.iter().copied().chain([(OTHER, "altro, da scrivere")]);
    vec![
        Field::new("radio", name, label).required().value(first).options(options),
        Field::new("text", &other, "In parole proprie").only(only),
    ]
}

fn chosen(form: &mut Reader<'_>, all: &[Sentence], name: &str) -> String {
    let word = form.needed(name);
    let other = format!("{name}-{OTHER}");
    match all.iter().find(|(known, _)| *known == word) {
        Some((_, sentence)) => (*sentence).to_owned(),
        None if word == OTHER => form.needed(&other),
        None => {
            if !word.is_empty() {
                form.wrong(name, "Il valore scelto non è fra quelli possibili");
            }
            String::new()
        }
    }
}
