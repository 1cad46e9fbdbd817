// SPDX-License-Identifier: AGPL-3.0-or-later
//! Invented facts on which every wording is tried: once with all that can be said, once with as
//! little as a case can have. `delibera check` renders both; nothing else reads them.

use crate::domain::notice_facts::{
    ActFacts, AskedFacts, Detail, DigestLine, ImmediateFacts, ItemFacts, ListedAct, NoticeFacts,
    OpinionFacts, PreviousPlace, Recipient, SittingFacts,
};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

/// The samples of a message: full, then bare.
pub fn samples(message: &str) -> [NoticeFacts; 2] {
    [full(message), bare(message)]
}

const SUBJECT: &str = "Approvazione, in linea tecnica ed economica, del progetto di riqualificazione \
    di piazza Garibaldi e delle vie adiacenti, con realizzazione di percorsi pedonali accessibili. \
    Immediatamente eseguibile";

fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, day).unwrap_or_default()
}

fn eleven() -> NaiveTime {
    NaiveTime::from_hms_opt(11, 0, 0).unwrap_or_default()
}

fn full(message: &str) -> NoticeFacts {
    let opinions = vec![opinion("favorevole", ""), contrary()];
    NoticeFacts {
        message: message.into(),
        event: "sample".into(),
        comune: "Comune di Roccaverde".into(),
        on: day(7, 24),
        recipient: Recipient {
            person: "p-01".into(),
            name: "Maria D'Angelo".into(),
            email: "maria.dangelo@comune.roccaverde.example".into(),
            why: vec![
                "Direttrice, Direzione Lavori pubblici".into(),
                "relatore della proposta".into(),
            ],
            body: false,
        },
        act: Some(act()),
        opinion: opinions.last().cloned(),
        opinions,
        sitting: Some(sitting()),
        acts: listed(),
        detail: detail(),
        digest: vec![
            DigestLine {
                title: "Parere da rendere entro il 28 luglio 2026: Convenzione con l'ASL".into(),
                deadline: Some(day(7, 28)),
                path: Some("/fascicoli/c-17".into()),
            },
            DigestLine {
                title: "Pubblicata all'Albo n. 911/2026: Patrocinio alla festa dei mirtilli".into(),
                deadline: None,
                path: None,
            },
        ],
        path: Some("/fascicoli/c-12".into()),
    }
}

fn bare(message: &str) -> NoticeFacts {
    NoticeFacts {
        message: message.into(),
        event: "sample".into(),
        comune: "Comune di Roccaverde".into(),
        on: day(7, 24),
        recipient: Recipient {
            name: "Ugo Rì".into(),
            email: "ugo@comune.roccaverde.example".into(),
            ..Recipient::default()
        },
        act: Some(ActFacts {
            kind: "Deliberazione della Giunta comunale".into(),
            subject: "Nomina".into(),
            step: "Bozza della proposta".into(),
            ..ActFacts::default()
        }),
        opinion: Some(opinion("favorevole", "")),
        sitting: Some(SittingFacts {
            organ: "Giunta comunale".into(),
            date: Some(day(7, 24)),
            mode: "in sede".into(),
            ..SittingFacts::default()
        }),
        ..NoticeFacts::default()
    }
}

fn act() -> ActFacts {
    ActFacts {
        case: "c-12".into(),
        kind: "Deliberazione della Giunta comunale".into(),
        subject: SUBJECT.into(),
        offices: vec!["Direzione Lavori pubblici".into(), "Direzione Mobilità".into()],
        rapporteurs: vec!["Paolo Bertè".into()],
        procedure_head: "Chiara Ponti".into(),
        version: Some(2),
        attachments: 3,
        proposal: Some("131/2026".into()),
        number: Some("118/2026".into()),
        albo: Some("914/2026".into()),
        step: "Parere di regolarità contabile".into(),
        opinion_due: Some("parere di regolarità contabile".into()),
        deadline: Some(day(7, 29)),
        adopted_on: Some(day(7, 24)),
        outcome: Some("approvata con emendamenti".into()),
        outcome_reason: "manca il parere della Soprintendenza".into(),
        immediate: Some(ImmediateFacts {
            on: day(7, 24),
            reasons: "Il finanziamento regionale va impegnato entro il 31 luglio.".into(),
        }),
        posted_on: Some(day(7, 27)),
        last_day: Some(day(8, 11)),
        effective_on: Some(day(8, 7)),
        conditions: vec![
            "pubblicazione del contributo in Amministrazione Trasparente (art. 26, c. 3, \
             D.Lgs. 33/2013)"
                .into(),
        ],
        effects: Some("€ 412.500,00".into()),
        request: Some(AskedFacts {
            body: "Tribunale di Roccaverde".into(),
            protocollo: "4471/2026".into(),
            on: Some(day(7, 22)),
        }),
    }
}

fn opinion(outcome: &str, reasons: &str) -> OpinionFacts {
    OpinionFacts {
        label: "parere di regolarità tecnica".into(),
        office: "Direzione Lavori pubblici".into(),
        outcome: outcome.into(),
        departure: false,
        statutory: true,
        reasons: reasons.into(),
        giver: "Carla Neri".into(),
        title: "La Direttrice".into(),
        version: 2,
        date: day(7, 20),
    }
}

fn contrary() -> OpinionFacts {
    OpinionFacts {
        label: "parere di regolarità contabile".into(),
        office: String::new(),
        departure: true,
        statutory: true,
        ..opinion(
            "contrario",
            "La spesa del secondo lotto non ha copertura nel triennio: il capitolo 20415 è \
             capiente per € 180.000,00 & il resto è solo \"previsto\".",
        )
    }
}

fn sitting() -> SittingFacts {
    let item = |order: usize, subject: &str, outcome: Option<&str>| ItemFacts {
        order,
        subject: subject.into(),
        rapporteurs: vec!["Paolo Bertè".into()],
        office: "Direzione Lavori pubblici".into(),
        off_agenda: order == 3,
        outcome: outcome.map(str::to_owned),
        number: outcome.filter(|o| o.starts_with("approvata")).map(|_| 118),
        immediate: order == 1 && outcome.is_some(),
        reason: outcome.filter(|o| *o == "rinviata").map_or("", |_| "per approfondimenti").into(),
    };
    SittingFacts {
        id: "s-31".into(),
        organ: "Giunta comunale".into(),
        date: Some(day(7, 24)),
        time: "11:00".into(),
        start: DateTime::<Utc>::from_timestamp(1_784_883_600, 0),
        place: "Palazzo comunale, sala Giunta, piazza Garibaldi 1".into(),
        mode: "in modalità mista, in sede e in videoconferenza".into(),
        link: Some("https://sedute.comune.roccaverde.example/giunta/s-31".into()),
        status: "convocata".into(),
        agenda_version: 2,
        sequence: 9,
        convened_by: "Anna Sartori, Sindaca".into(),
        items: vec![
            item(1, SUBJECT, None),
            item(2, "Convenzione con l'ASL per lo sportello di ascolto <giovani>", None),
            item(3, "Patrocinio alla festa dei mirtilli", None),
        ],
        added: vec![item(3, "Patrocinio alla festa dei mirtilli", None)],
        own: vec![
            item(1, SUBJECT, Some("approvata")),
            item(2, "Convenzione con l'ASL per lo sportello di ascolto", Some("rinviata")),
        ],
    }
}

fn listed() -> Vec<ListedAct> {
    let act = |number: &str, subject: &str, repeats: Option<&str>| ListedAct {
        number: Some(number.into()),
        date: Some(day(7, 24)),
        subject: subject.into(),
        office: "Direzione Lavori pubblici".into(),
        immediate: repeats.is_none(),
        albo: Some("914/2026".into()),
        posted_on: Some(day(7, 27)),
        last_day: Some(day(8, 11)),
        repeats: repeats.map(str::to_owned),
        path: "/fascicoli/c-12".into(),
    };
    vec![
        act("118/2026", SUBJECT, None),
        act(
            "117/2026",
            "Patrocinio alla festa dei mirtilli",
            Some("allegato mancante nel file pubblicato"),
        ),
    ]
}

fn detail() -> Detail {
    Detail {
        reason: "Manca il computo metrico del secondo lotto;\nl'oggetto non indica il CUP.".into(),
        by: "Giulio Conti, Il Segretario comunale".into(),
        document: "deliberazione n. 118/2026".into(),
        deadline: None,
        lag: Some(3),
        sent: true,
        answered: false,
        changes: vec!["dispositivo, punto 3".into(), "allegati".into()],
        formal: false,
        previous: Some(PreviousPlace { date: day(7, 23), time: eleven(), place: String::new() }),
        link: None,
        day: Some(day(7, 27)),
        visible_hours: Some(9),
        acts: Vec::new(),
        serial: Some(1),
        was_effective: true,
        lifted: false,
        effect: "rettifica".into(),
        source: "deliberazione n. 140/2026 del 4 agosto 2026".into(),
        from: Some(day(8, 4)),
        until: Some(day(9, 30)),
        seal: Some("2184:9f2c4be1d0a7735e6b1848c3f0aa52d4e7c9180b63f5d2aa41b7e0c6589d13fe".into()),
    }
}
