// SPDX-License-Identifier: AGPL-3.0-or-later
//! Rules on sittings that need no sitting: remote mode, agenda, date, year of the numbers.

use crate::law::calendar::rome_date;
use crate::refusal::Refusal;
use crate::token::tokens;
use chrono::{DateTime, Datelike, NaiveDate, Utc};

/// First and last day of the emergency rule on remote sittings (art. 73 D.L. 18/2020; R3.10).
const EMERGENCY: ((i32, u32, u32), (i32, u32, u32)) = ((2020, 3, 17), (2022, 3, 31));

tokens! {
    /// What adding an item at the sitting takes (*fuori sacco*, R3.12).
    OffAgendaRule {
        /// The president decides.
        PresidentDecides = "president_decides",
        /// No present member objects.
        UnanimityOfPresent = "unanimity_of_present",
        /// Never.
        Forbidden = "forbidden",
    }

    /// The date an act takes when the sitting passes midnight (R5.2, T-25).
    SittingDateRule {
        /// The civil date on which the sitting opened.
        Opening = "opening",
        /// The civil date on which the item was voted.
        Item = "item",
    }
}

/// A remote or mixed sitting needs the Comune's own rule, outside the emergency (R3.10; T-63).
pub fn remote_allowed(on: NaiveDate, regulation_ref: Option<&str>) -> Result<(), Refusal> {
    if regulation_ref.is_some_and(|text| !text.trim().is_empty()) || in_emergency(on) {
        return Ok(());
    }
    let text = "La Giunta non può riunirsi a distanza: il Comune non ha un proprio regolamento \
                delle sedute in videoconferenza";
    Err(Refusal::new("remote_not_regulated", "R3.10", "artt. 6, 7 e 38 TUEL", text).next(
        "Riunire la Giunta in presenza, oppure indicare in `remote_regulation_ref` il regolamento",
    ))
}

fn in_emergency(on: NaiveDate) -> bool {
    let day = |(year, month, day)| NaiveDate::from_ymd_opt(year, month, day);
    day(EMERGENCY.0).is_some_and(|first| on >= first)
        && day(EMERGENCY.1).is_some_and(|last| on <= last)
}

/// An item may be added at the sitting: opinions first, then the rule of the Comune (T-61).
pub fn off_agenda_allowed(
    rule: OffAgendaRule,
    opinions_complete: bool,
    objections: u32,
) -> Result<(), Refusal> {
    let refuse = |code: &str, article: &str, text: &str| {
        Err(Refusal::new(code, "R3.12", article, text)
            .next("Iscrivere la proposta all'ordine del giorno di una prossima seduta"))
    };
    if !opinions_complete {
        return refuse(
            "off_agenda_without_opinions",
            "art. 49, c. 1, TUEL",
            "La proposta non può essere trattata fuori sacco: mancano i pareri",
        );
    }
    match (rule, objections) {
        (OffAgendaRule::Forbidden, _) => refuse(
            "off_agenda_forbidden",
            "",
            "Il regolamento del Comune non ammette argomenti fuori dall'ordine del giorno",
        ),
        (OffAgendaRule::UnanimityOfPresent, 1..) => refuse(
            "off_agenda_objected",
            "",
            "Un componente presente si oppone: il regolamento chiede l'accordo di tutti i presenti",
        ),
        (OffAgendaRule::PresidentDecides | OffAgendaRule::UnanimityOfPresent, _) => Ok(()),
    }
}

/// The date of the acts of a sitting: that of the sitting, never that of the numbering (T-24, T-25).
pub fn act_date(
    rule: SittingDateRule,
    opened_at: DateTime<Utc>,
    voted_at: DateTime<Utc>,
) -> NaiveDate {
    match rule {
        SittingDateRule::Opening => rome_date(opened_at),
        SittingDateRule::Item => rome_date(voted_at),
    }
}

/// The year whose register gives the number: that of the act's date (R5.1, R5.2; T-24).
pub fn register_year(act_date: NaiveDate) -> i32 {
    act_date.year()
}
