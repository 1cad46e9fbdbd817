// SPDX-License-Identifier: AGPL-3.0-or-later
//! «Registro delle attività»: who did what and when, over all streams; beside them sign-ins and
//! what was done to accounts and jobs. Read backwards by page, or taken away as CSV.

use super::listing::{Cell, Listing, Table};
use super::{Frame, moment, section};
use crate::domain::law::calendar::{add_days, parse_date, rome_midnight};
use crate::domain::registry::{Registry, RegistryEvent};
use crate::domain::stream::{SYSTEM_ACTOR, StoredEvent, StreamKind};
use crate::domain::words;
use crate::store::{ActivityFilter, ActivityLine, parse_instant};
use crate::web::Shared;
use crate::web::error::WebError;
use crate::web::forms::{Field, encode};
use crate::web::page::Link;
use crate::web::signing::file;
use crate::web::visitor::Visitor;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

/// Lines of one page.
const SHOWN: i64 = 100;
/// Lines of one file.
const TAKEN: i64 = 20_000;

/// What narrows the log.
#[derive(Debug, Default, Clone, Deserialize)]
pub struct Narrow {
    #[serde(default)]
    vista: String,
    #[serde(default)]
    persona: String,
    #[serde(default)]
    cosa: String,
    #[serde(default)]
    oggetto: String,
    #[serde(default)]
    dal: String,
    #[serde(default)]
    al: String,
    #[serde(default)]
    prima: Option<i64>,
}

impl Narrow {
    /// Sign-ins and accounts, instead of the record.
    fn accesses(&self) -> bool {
        self.vista == "accessi"
    }

    fn filter(&self, limit: i64) -> ActivityFilter {
        let word = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let day = |text: &str| parse_date(text.trim());
        let after = day(&self.al).and_then(|day| add_days(day, 1));
        ActivityFilter {
            person: word(&self.persona),
            kind: word(&self.cosa),
            stream: word(&self.oggetto),
            from: day(&self.dal).map(rome_midnight),
            to: after.map(rome_midnight),
            before: self.prima,
            limit,
        }
    }

    /// The same, as an address.
    fn query(&self, before: Option<i64>) -> String {
        let before = before.map(|n| n.to_string()).unwrap_or_default();
        let all = [
            ("vista", self.vista.as_str()),
            ("persona", &self.persona),
            ("cosa", &self.cosa),
            ("oggetto", &self.oggetto),
            ("dal", &self.dal),
            ("al", &self.al),
            ("prima", &before),
        ];
        let said: Vec<(&str, &str)> =
            all.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        encode(&said)
    }
}

fn who(registry: &Registry, actor: &str) -> String {
    match actor {
        "" => "sconosciuto".to_owned(),
        SYSTEM_ACTOR => "Sistema".to_owned(),
        actor => registry.name(actor),
    }
}

/// What a fact is about: the page where it is read, and its words.
fn place(stored: &StoredEvent) -> (String, String) {
    let id = &stored.event.stream.id;
    match stored.event.stream.kind {
        StreamKind::Case => (format!("Fascicolo {id}"), format!("/fascicoli/{id}")),
        StreamKind::Sitting => (format!("Seduta {id}"), format!("/sedute/{id}")),
        StreamKind::Registry => ("Comune".into(), String::new()),
    }
}

/// What a fact about the Comune says; facts of acts are read on their page, by who may.
fn detail(stored: &StoredEvent, registry: &Registry) -> String {
    use RegistryEvent as E;
    if stored.event.stream.kind != StreamKind::Registry {
        return String::new();
    }
    let Ok(event) = serde_json::from_value::<RegistryEvent>(stored.event.payload.clone()) else {
        return String::new();
    };
    match event {
        E::ComuneDescribed { comune } => comune.name,
        E::OfficeOpened { office } => office.name,
        E::OfficeClosed { office, on } => {
            format!("{}, ultimo giorno {}", registry.office_name(&office), on.format("%d/%m/%Y"))
        }
        E::PersonRegistered { person } => person.name(),
        E::MandateGranted { mandate } => {
            format!("{}, {}: {}", registry.name(&mandate.person), mandate.title, mandate.act)
        }
        E::MandateEnded { mandate, act, .. } => {
            let known = registry.mandates.get(&mandate);
            let said = known.map(|m| format!("{}, {}", registry.name(&m.person), m.title));
            format!("{}: {act}", said.unwrap_or(mandate))
        }
        E::AbsenceRecorded { person, .. } | E::AbsenceCorrected { person, .. } => {
            registry.name(&person)
        }
        E::RegisterOpened { register, year, last, .. } => {
            format!("{register}/{year}, ultimo numero {last}")
        }
        E::RegulationAdopted { from, .. } => format!("dal {}", from.format("%d/%m/%Y")),
        E::WorkflowActivated { .. } | E::SetupFinished {} => String::new(),
    }
}

/// The log.
pub async fn show(
    State(app): State<Shared>,
    visitor: Visitor,
    Query(narrow): Query<Narrow>,
) -> Result<Response, WebError> {
    let frame = Frame::of(&visitor, "attivita")?;
    let (registry, store) = (&visitor.registry, &app.office.executor.store);
    let (table, last) = if narrow.accesses() {
        let lines = store.activity(&narrow.filter(SHOWN)).await?;
        let last = lines.last().map(|line| line.n).filter(|_| lines.len() as i64 == SHOWN);
        (accesses(&lines, registry), last)
    } else {
        let facts = store.facts(&narrow.filter(SHOWN)).await?;
        let last = facts.last().map(|f| f.position).filter(|_| facts.len() as i64 == SHOWN);
        (of_facts(&facts, registry), last)
    };
    let more = last.map(|n| {
        let address = section(&format!("attivita?{}", narrow.query(Some(n))));
        Link::new(address, "Precedenti")
    });
    let whole = Narrow { prima: None, ..narrow.clone() };
    let csv = section(&format!("attivita/csv?{}", whole.query(None)));
    let other = match narrow.accesses() {
        true => Link::new(section("attivita"), "Fatti registrati"),
        false => Link::new(section("attivita?vista=accessi"), "Accessi e utenze"),
    };
    let intro = match narrow.accesses() {
        true => {
            "Accessi e interventi su utenze, lavori e posta (Garante, provvedimento 27 novembre \
             2008). Le righe non si modificano."
        }
        false => {
            "Ogni fatto registrato, di ogni fascicolo e seduta, con chi lo ha registrato. I fatti \
             sono concatenati e sigillati: non si modificano né si cancellano."
        }
    };
    let heading = match narrow.accesses() {
        true => "Registro delle attività: accessi e utenze",
        false => "Registro delle attività",
    };
    let page = Listing::new(frame, heading, intro)
        .buttons(vec![other])
        .filter(fields(&narrow, registry))
        .downloads(vec![Link::new(csv, "Scarica queste righe in CSV")])
        .more(more);
    app.show(&visitor, &page.table(table))
}

fn of_facts(facts: &[StoredEvent], registry: &Registry) -> Table {
    let heads = ["Quando", "Chi", "Che cosa", "Su che cosa"];
    let mut table = Table::new("fatti", "Fatti", &heads).empty("Nessun fatto con questi filtri.");
    for stored in facts {
        let event = &stored.event;
        let (happened, recorded) = (moment(event.happened_at), moment(event.recorded_at));
        let apart = match happened == recorded {
            true => String::new(),
            false => format!("avvenuto il {happened}"),
        };
        let (about, href) = place(stored);
        table.row(vec![
            Cell::new(recorded).note(apart),
            Cell::new(who(registry, &event.actor)),
            Cell::new(words::fact(&event.kind)).note(detail(stored, registry)),
            Cell::new(about).href(href),
        ]);
    }
    table
}

fn accesses(lines: &[ActivityLine], registry: &Registry) -> Table {
    let heads = ["Quando", "Chi", "Che cosa", "Su che cosa", "Indirizzo"];
    let mut table =
        Table::new("accessi", "Accessi", &heads).empty("Nessuna riga con questi filtri.");
    for line in lines {
        let at = parse_instant(&line.at).map(moment).unwrap_or_default();
        table.row(vec![
            Cell::new(at),
            Cell::new(who(registry, &line.actor)),
            Cell::new(words::activity(&line.what)).note(&line.detail),
            Cell::new(registry.name(&line.about)),
            Cell::new(&line.address),
        ]);
    }
    table
}

fn fields(narrow: &Narrow, registry: &Registry) -> Vec<Field> {
    let mut people: Vec<(String, String)> = registry
        .people
        .values()
        .map(|p| (p.id.clone(), format!("{} {}", p.surname, p.given_name)))
        .collect();
    people.sort_by(|a, b| a.1.cmp(&b.1));
    people.insert(0, (String::new(), "Chiunque".into()));
    let table = if narrow.accesses() { words::ACTIVITY } else { words::FACTS };
    let mut kinds: Vec<(&str, &str)> = table.to_vec();
    kinds.sort_by_key(|(_, words)| *words);
    kinds.insert(0, ("", "Qualsiasi"));
    let mut fields = vec![Field::new("hidden", "vista", "").value(&narrow.vista)];
    fields.push(Field::new("choice", "persona", "Chi").value(&narrow.persona).options(people));
    fields.push(Field::new("choice", "cosa", "Che cosa").value(&narrow.cosa).options(kinds));
    fields.push(Field::new("date", "dal", "Dal").value(&narrow.dal));
    fields.push(Field::new("date", "al", "Al").value(&narrow.al));
    if !narrow.oggetto.is_empty() {
        fields.push(Field::new("text", "oggetto", "Su che cosa").value(&narrow.oggetto));
    }
    fields.iter_mut().for_each(|field| field.refill(None, &[]));
    fields
}

/// The same lines as a file, up to a limit.
pub async fn csv(
    State(app): State<Shared>,
    visitor: Visitor,
    Query(narrow): Query<Narrow>,
) -> Result<Response, WebError> {
    super::allowed(&visitor, true)?;
    let (registry, store) = (&visitor.registry, &app.office.executor.store);
    let mut rows: Vec<Vec<String>> = Vec::new();
    let name = if narrow.accesses() {
        rows.push(
            ["quando", "chi", "che cosa", "su che cosa", "dettaglio", "indirizzo"]
                .map(str::to_owned)
                .into(),
        );
        for line in store.activity(&narrow.filter(TAKEN)).await? {
            let what = words::activity(&line.what).to_owned();
            rows.push(vec![
                line.at,
                who(registry, &line.actor),
                what,
                registry.name(&line.about),
                line.detail,
                line.address,
            ]);
        }
        "accessi.csv"
    } else {
        let heads = [
            "registrato",
            "avvenuto",
            "chi",
            "che cosa",
            "dettaglio",
            "su",
            "versione",
            "impronta",
        ];
        rows.push(heads.map(str::to_owned).into());
        for stored in store.facts(&narrow.filter(TAKEN)).await? {
            let said = detail(&stored, registry);
            let event = stored.event;
            rows.push(vec![
                event.recorded_at.to_rfc3339(),
                event.happened_at.to_rfc3339(),
                who(registry, &event.actor),
                words::fact(&event.kind).to_owned(),
                said,
                event.stream.to_string(),
                stored.version.to_string(),
                stored.hash,
            ]);
        }
        "attivita.csv"
    };
    Ok(file(written(&rows)?, "text/csv", name, false))
}

/// Rows as a CSV that a spreadsheet opens as it is, and runs nothing of.
fn written(rows: &[Vec<String>]) -> Result<Vec<u8>, WebError> {
    let failed = |error: &dyn std::fmt::Display| WebError::internal("csv", error);
    let mut writer = csv::WriterBuilder::new().delimiter(b';').from_writer(vec![0xef, 0xbb, 0xbf]);
    for row in rows {
        writer.write_record(row.iter().map(|cell| inert(cell))).map_err(|e| failed(&e))?;
    }
    writer.into_inner().map_err(|error| failed(&error))
}

/// A cell that a spreadsheet would take for a formula is text.
fn inert(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula { format!("'{cell}") } else { cell.to_owned() }
}
