// SPDX-License-Identifier: AGPL-3.0-or-later
//! Opinions as forms, and back: those of the Comune, each outcome with its own fields, and those of
//! somebody outside.

use super::Subject;
use crate::domain::case::{CaseCommand, OpinionOutcome};
use crate::domain::law::calendar::date_short;
use crate::domain::workflow::OpinionKind;
use crate::web::forms::{Field, Reader};

/// Outcomes an opinion of a kind may have, with their words (R1.7, R1.8).
fn outcomes(opinion: OpinionKind) -> Vec<(&'static str, &'static str)> {
    let all = [
        ("favourable", "Favorevole"),
        ("with_remarks", "Favorevole con osservazioni"),
        ("with_prescriptions", "Favorevole con prescrizioni"),
        ("contrary", "Contrario"),
        ("not_due", "Non dovuto"),
    ];
    let due = |word: &str| word != "not_due" || opinion == OpinionKind::Accounting;
    all.into_iter().filter(|(word, _)| due(word)).collect()
}

/// Opinion and office an action is about.
pub fn which(about: &str) -> Option<(OpinionKind, &str)> {
    let (kind, office) = about.split_once(':').unwrap_or((about, ""));
    let kinds = [
        OpinionKind::Technical,
        OpinionKind::Accounting,
        OpinionKind::Cover,
        OpinionKind::Legitimacy,
    ];
    Some((kinds.into_iter().find(|k| k.token() == kind)?, office))
}

/// What the reasons of each outcome are called, and the field that holds them.
const REASONS: [(&str, &str, &str, &str); 4] = [
    ("with_remarks", "esito=with_remarks", "osservazioni", "Osservazioni"),
    ("with_prescriptions", "esito=with_prescriptions", "prescrizioni", "Prescrizioni da recepire"),
    ("contrary", "esito=contrary", "motivazione", "Motivazione del parere contrario"),
    ("not_due", "esito=not_due", "ragioni", "Perché il parere non è dovuto"),
];

pub(super) fn fields(subject: &Subject) -> Vec<Field> {
    let Some((opinion, office)) = which(&subject.about) else { return Vec::new() };
    let case = &subject.case;
    let version = case.current().map_or_else(String::new, |v| {
        let day = crate::domain::law::calendar::rome_date(v.at);
        format!("Versione {} del {}, impronta {}…", v.number, date_short(day), &v.hash[..12])
    });
    let possible = outcomes(opinion);
    let before = case.opinions.iter().rev().find(|o| o.opinion == opinion && o.office == office);
    let before = before.map(|o| crate::domain::effects::token(&o.outcome)).unwrap_or_default();
    let outcome = Field::new("radio", "esito", "Esito").required().help(version).value(before);
    let mut fields = vec![outcome.options(possible.clone())];
    for (word, only, name, label) in REASONS {
        if possible.iter().any(|(w, _)| *w == word) {
            fields.push(Field::new("area", name, label).only(only));
        }
    }
    let none = "Dichiaro l'assenza di conflitto di interessi";
    fields.push(Field::new("tick", "conflitto", none).required().help("Art. 6-bis L. 241/1990."));
    fields
}

pub(super) fn read(subject: &Subject, form: &mut Reader<'_>) -> Option<CaseCommand> {
    let (opinion, office) = which(&subject.about)?;
    let outcome: Option<OpinionOutcome> = form.word("esito");
    let word = outcome.map(|o| crate::domain::effects::token(&o)).unwrap_or_default();
    let field = REASONS.iter().find(|(of, ..)| *of == word);
    let reasons = field.map(|(_, _, name, _)| form.text(name)).unwrap_or_default();
    if let (Some((_, _, name, _)), true) = (field, reasons.is_empty()) {
        form.wrong(name, "Un parere così espresso va motivato");
    }
    if !form.ticked("conflitto") {
        form.wrong("conflitto", "Senza questa dichiarazione il parere non si può rendere");
    }
    Some(CaseCommand::GiveOpinion {
        opinion,
        office: office.to_owned(),
        outcome: outcome?,
        reasons,
        no_conflict: true,
        paper: None,
    })
}

/// An opinion of somebody outside, as it came (R1.16).
pub(super) fn further_fields(subject: &Subject) -> Vec<Field> {
    let known = |(word, _): &(&str, &str)| *word != "with_remarks";
    let possible = outcomes(OpinionKind::Technical).into_iter().filter(known);
    vec![
        Field::new("text", "autore", "Chi lo ha reso").required(),
        Field::new("radio", "esito", "Esito").required().options(possible),
        Field::new("area", "motivazione", "Motivazione")
            .help("Obbligatoria se il parere non è favorevole."),
        Field::new("date", "giorno", "Giorno in cui è stato reso")
            .required()
            .value(subject.today.to_string()),
        Field::new("text", "riferimento", "Dove si trova: verbale, protocollo").required(),
    ]
}

pub(super) fn further(subject: &Subject, form: &mut Reader<'_>) -> Option<CaseCommand> {
    let (giver, reference) = (form.needed("autore"), form.needed("riferimento"));
    let (reasons, on) = (form.text("motivazione"), form.day("giorno"));
    let outcome: Option<OpinionOutcome> = form.word("esito");
    if outcome.is_some_and(|o| o != OpinionOutcome::Favourable) && reasons.is_empty() {
        form.wrong("motivazione", "Un parere così espresso va motivato");
    }
    let name = subject.about.clone();
    Some(CaseCommand::RecordFurtherOpinion {
        name,
        giver,
        outcome: outcome?,
        reasons,
        on,
        reference,
    })
}
