// SPDX-License-Identifier: AGPL-3.0-or-later
//! Offices, people and mandates from a table written elsewhere: every line tried on the registry as
//! the lines before it leave it, every mistake told with its line, nothing taken unless all of it is.

use super::{Capacity, Mandate, Office, Person, Registry, RegistryCommand, Role, coherent, decide};
use crate::effects::fold;
use crate::law::calendar::parse_date;
use crate::problem::{Problem, nearest};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// What a table is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// One office a line.
    Offices,
    /// One person a line, with one mandate; more mandates, more lines.
    People,
}

/// Columns of offices; the second must be there.
const OFFICES: [&str; 2] = ["identificativo", "nome"];
/// Columns of people.
const PEOPLE: [&str; 15] = [
    "identificativo",
    "cognome",
    "nome",
    "codice_fiscale",
    "posta",
    "nato_il",
    "ruolo",
    "ufficio",
    "qualita",
    "titolo",
    "atto",
    "dal",
    "al",
    "ordine",
    "gruppo",
];
/// Lines of one table.
const LINES_MAX: usize = 2000;

impl Table {
    /// Every column, in the order of the model.
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Offices => &OFFICES,
            Self::People => &PEOPLE,
        }
    }

    fn needed(self) -> &'static [&'static str] {
        match self {
            Self::Offices => &["nome"],
            Self::People => &["cognome", "nome", "posta"],
        }
    }

    /// A file to be filled in, with one or two lines that show how.
    pub fn model(self) -> String {
        let lines: &[&str] = match self {
            Self::Offices => &["ragioneria;Settore finanziario", "tecnico;Settore tecnico"],
            Self::People => &[
                "rossi;Rossi;Anna;RSSNNA70A41H501Z;anna.rossi@comune.example;;direttore;tecnico;\
                 titolare;Il Responsabile del Settore tecnico;decreto del Sindaco n. 4 del 2 \
                 gennaio 2026;2026-01-02;;;",
                "verdi;Verdi;Ugo;VRDGUO65B02H501K;ugo.verdi@comune.example;02/02/1965;capogruppo;;\
                 titolare;Capogruppo;comunicazione al Consiglio del 30 giugno 2024;2024-06-30;;;\
                 Insieme per il Comune",
            ],
        };
        // The mark tells spreadsheets that it is UTF-8.
        format!("\u{feff}{}\n{}\n", self.columns().join(";"), lines.join("\n"))
    }
}

/// What a table would put on record.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// In the order in which they hold.
    pub commands: Vec<RegistryCommand>,
    /// What each would do, as a person reads it, with its line.
    pub lines: Vec<(usize, String)>,
}

/// Reads a table and tries it line by line as `actor` on that day.
///
/// # Errors
/// Everything wrong with it, each with its line.
pub fn read(
    table: Table,
    text: &str,
    file: &str,
    registry: &Registry,
    (actor, on): (&str, NaiveDate),
) -> Result<Read, Vec<Problem>> {
    let rows = rows(table, text, file)?;
    let mut trial = Trial {
        registry: registry.clone(),
        actor,
        on,
        file,
        read: Read { commands: Vec::new(), lines: Vec::new() },
        problems: Vec::new(),
        seen: BTreeSet::new(),
    };
    for row in &rows {
        match table {
            Table::Offices => trial.office(row),
            Table::People => trial.person(row),
        }
    }
    if !trial.problems.is_empty() {
        return Err(trial.problems);
    }
    if trial.read.commands.is_empty() {
        return Err(vec![Problem::at(file, 1, "la tabella non aggiunge né cambia nulla")]);
    }
    Ok(trial.read)
}

/// One line: the value of each column.
struct Row {
    line: usize,
    cells: BTreeMap<&'static str, String>,
}

impl Row {
    fn get(&self, column: &str) -> &str {
        self.cells.get(column).map_or("", String::as_str)
    }
}

fn rows(table: Table, text: &str, file: &str) -> Result<Vec<Row>, Vec<Problem>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let head = text.lines().next().unwrap_or_default();
    // Spreadsheets of an Italian desktop write semicolons.
    let separator = [b';', b'\t', b',']
        .into_iter()
        .max_by_key(|s| (head.bytes().filter(|b| b == s).count(), *s == b';'))
        .unwrap_or(b';');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut problems = Vec::new();
    let names = reader.headers().cloned().unwrap_or_default();
    let columns: Vec<Option<&'static str>> = names
        .iter()
        .map(|name| {
            let folded = fold(name).replace([' ', '-'], "_");
            let known = table.columns().iter().find(|column| **column == folded).copied();
            if known.is_none() && !name.is_empty() {
                let near = nearest(&folded, table.columns().iter().copied());
                let hint = match near {
                    Some(near) => format!("forse «{near}»?"),
                    None => format!("colonne ammesse: {}", table.columns().join(", ")),
                };
                let reason = format!("colonna sconosciuta «{name}»");
                problems.push(Problem::at(file, 1, reason).hint(hint));
            }
            known
        })
        .collect();
    for needed in table.needed().iter().filter(|n| !columns.contains(&Some(**n))) {
        let hint = "scaricare il modello e copiarne la prima riga";
        problems.push(Problem::at(file, 1, format!("manca la colonna «{needed}»")).hint(hint));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        match record {
            Ok(record) => {
                let line = record.position().map_or(0, |p| p.line() as usize);
                // A separator inside a title: every cell after it would be taken for the one before.
                if record.iter().skip(columns.len()).any(|cell| !cell.is_empty()) {
                    let hint = "scrivere fra virgolette il testo che contiene il separatore";
                    let reason = "la riga ha più celle della prima";
                    problems.push(Problem::at(file, line, reason).hint(hint));
                }
                let cells = columns.iter().zip(record.iter());
                let cells: BTreeMap<_, _> =
                    cells.filter_map(|(c, value)| Some(((*c)?, value.to_owned()))).collect();
                if cells.values().any(|value| !value.is_empty()) {
                    rows.push(Row { line, cells });
                }
            }
            Err(error) => {
                let line = error.position().map_or(0, |p| p.line() as usize);
                problems.push(Problem::at(file, line, "la riga non si può leggere"));
            }
        }
    }
    if rows.len() > LINES_MAX {
        let reason = format!("{} righe: al più {LINES_MAX} per volta", rows.len());
        problems.push(Problem::at(file, LINES_MAX, reason));
    }
    if problems.is_empty() { Ok(rows) } else { Err(problems) }
}

/// The registry as the lines so far leave it.
struct Trial<'a> {
    registry: Registry,
    actor: &'a str,
    on: NaiveDate,
    file: &'a str,
    read: Read,
    problems: Vec<Problem>,
    /// People registered by an earlier line.
    seen: BTreeSet<String>,
}

impl Trial<'_> {
    fn wrong(&mut self, row: &Row, reason: impl Into<String>, hint: impl Into<String>) {
        self.problems.push(Problem::at(self.file, row.line, reason).hint(hint));
    }

    /// Tries a command; what the engine says against it is told at its line.
    fn attempt(&mut self, row: &Row, command: RegistryCommand, said: String) {
        let tried = coherent(&self.registry, &command, self.on)
            .and_then(|()| decide(&self.registry, self.actor, self.on, command.clone()));
        match tried {
            Ok(event) => {
                self.registry.evolve(&event);
                self.read.commands.push(command);
                self.read.lines.push((row.line, said));
            }
            Err(refusal) => self.wrong(row, refusal.text, refusal.next),
        }
    }

    fn office(&mut self, row: &Row) {
        let name = row.get("nome").to_owned();
        if name.is_empty() {
            return self.wrong(row, "manca il nome dell'ufficio", "");
        }
        let id = match row.get("identificativo") {
            "" => free_id(&name, |id| self.registry.offices.contains_key(id)),
            id => id.to_owned(),
        };
        if !well_formed(&id) {
            return self.wrong(row, not_an_id(&id), "");
        }
        let said = match self.registry.offices.get(&id) {
            Some(known) if known.name == name => return,
            Some(known) => format!("L'ufficio «{}» prende il nome «{name}»", known.name),
            None => format!("Nuovo ufficio: {name} ({id})"),
        };
        self.attempt(row, RegistryCommand::OpenOffice(Office { id, name }), said);
    }

    fn person(&mut self, row: &Row) {
        let before = self.problems.len();
        let Some(person) = self.read_person(row) else { return };
        let known = self.registry.people.get(&person.id);
        let said = match known {
            None => Some(format!("Nuova persona: {} ({})", person.name(), person.id)),
            Some(known) if *known == person => None,
            // Later lines of a person add mandates and need not repeat everything.
            Some(_) if self.seen.contains(&person.id) => None,
            Some(_) => Some(format!("Dati aggiornati: {}", person.name())),
        };
        self.seen.insert(person.id.clone());
        let id = person.id.clone();
        if let Some(said) = said {
            self.attempt(row, RegistryCommand::RegisterPerson(person), said);
        }
        if self.problems.len() == before && !row.get("ruolo").is_empty() {
            self.mandate(row, id);
        }
    }

    fn read_person(&mut self, row: &Row) -> Option<Person> {
        let (surname, given_name) = (row.get("cognome").to_owned(), row.get("nome").to_owned());
        if surname.is_empty() || given_name.is_empty() {
            self.wrong(row, "mancano il cognome o il nome", "");
            return None;
        }
        let fiscal_code = row.get("codice_fiscale").to_uppercase();
        if !fiscal_code.is_empty() && !is_fiscal_code(&fiscal_code) {
            let reason = format!("«{fiscal_code}» non è un codice fiscale di sedici caratteri");
            self.wrong(row, reason, "i certificati di firma si confrontano con questo codice");
            return None;
        }
        let same = |p: &&Person| !fiscal_code.is_empty() && p.fiscal_code == fiscal_code;
        let id = match (row.get("identificativo"), self.registry.people.values().find(same)) {
            ("", Some(known)) => known.id.clone(),
            ("", None) => free_id(&surname, |id| self.registry.people.contains_key(id)),
            (id, _) => id.to_owned(),
        };
        if !well_formed(&id) {
            self.wrong(row, not_an_id(&id), "");
            return None;
        }
        let born = self.day(row, "nato_il")?;
        let email = row.get("posta").to_owned();
        Some(Person { id, given_name, surname, fiscal_code, email, born })
    }

    fn mandate(&mut self, row: &Row, person: String) {
        let Some(role) = role(row.get("ruolo")) else {
            let known = Role::ALL.iter().map(|(_, token, _)| *token);
            let near = nearest(&fold(row.get("ruolo")).replace(' ', "_"), known.clone());
            let hint = match near {
                Some(near) => format!("forse «{near}»?"),
                None => format!("ruoli ammessi: {}", known.collect::<Vec<_>>().join(", ")),
            };
            return self.wrong(row, format!("ruolo sconosciuto «{}»", row.get("ruolo")), hint);
        };
        let capacity = match row.get("qualita") {
            "" => Some(Capacity::Titolare),
            word => Capacity::parse(&fold(word)),
        };
        let Some(capacity) = capacity else {
            let all: Vec<String> = Capacity::ALL.iter().map(|c| c.token()).collect();
            let hint = format!("qualità ammesse: {}", all.join(", "));
            return self.wrong(row, format!("qualità sconosciuta «{}»", row.get("qualita")), hint);
        };
        let office = match row.get("ufficio") {
            "" => None,
            word => match self.office_of(word) {
                Some(id) => Some(id),
                None => {
                    let hint = "importare prima gli uffici, o correggere l'identificativo";
                    return self.wrong(row, format!("l'ufficio «{word}» non risulta"), hint);
                }
            },
        };
        let (Some(from), Some(to)) = (self.day(row, "dal"), self.day(row, "al")) else { return };
        let Some(from) = from else {
            return self.wrong(row, "manca il primo giorno dell'incarico («dal»)", "");
        };
        let title = row.get("titolo").to_owned();
        if title.is_empty() {
            let hint = "come va stampato sotto la firma, ad esempio «Il Segretario comunale»";
            return self.wrong(row, "manca il titolo dell'incarico", hint);
        }
        let rank = row.get("ordine");
        let Ok(rank) = (if rank.is_empty() { Ok(0) } else { rank.parse::<u32>() }) else {
            return self.wrong(row, format!("«{rank}» non è un numero d'ordine"), "");
        };
        let group = Some(row.get("gruppo").to_owned()).filter(|group| !group.is_empty());
        let same = self.registry.mandates.values().any(|m| {
            (m.person.as_str(), m.role, m.capacity) == (person.as_str(), role, capacity)
                && (&m.office, m.from) == (&office, from)
        });
        if same {
            return;
        }
        let id = self.registry.free_mandate(role, &person);
        let act = row.get("atto").to_owned();
        let said = format!("{}: {title}", self.registry.name(&person));
        let mandate =
            Mandate { id, person, role, office, capacity, title, act, from, to, rank, group };
        self.attempt(row, RegistryCommand::GrantMandate(mandate), said);
    }

    /// An office by identifier or by name.
    fn office_of(&self, word: &str) -> Option<String> {
        let offices = &self.registry.offices;
        if offices.contains_key(word) {
            return Some(word.to_owned());
        }
        offices.values().find(|o| fold(&o.name) == fold(word)).map(|o| o.id.clone())
    }

    /// A day that may be left out; the outer none when what is written is no day.
    fn day(&mut self, row: &Row, column: &str) -> Option<Option<NaiveDate>> {
        match row.get(column) {
            "" => Some(None),
            text => match parse_date(text).or_else(|| slashes(text)) {
                Some(day) => Some(Some(day)),
                None => {
                    let reason = format!("«{text}» nella colonna «{column}» non è una data");
                    self.wrong(row, reason, "scrivere 2026-01-31 oppure 31/01/2026");
                    None
                }
            },
        }
    }
}

/// Dates as spreadsheets write them.
fn slashes(text: &str) -> Option<NaiveDate> {
    ["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"]
        .iter()
        .find_map(|format| NaiveDate::parse_from_str(text, format).ok())
}

/// A role by its token or by its Italian name: "direttore", "il Segretario", "Responsabile di
/// ragioneria".
fn role(word: &str) -> Option<Role> {
    let plain = |text: &str| {
        let folded = fold(text);
        let bare = ["il ", "la ", "un ", "l'"]
            .iter()
            .find_map(|article| folded.strip_prefix(article).map(str::to_owned));
        bare.unwrap_or(folded)
    };
    let wanted = plain(word);
    Role::parse(&wanted.replace([' ', '-'], "_"))
        .or_else(|| Role::ALL.iter().find(|(_, _, l)| plain(l) == wanted).map(|(r, _, _)| *r))
}

/// Sixteen letters and digits; whether the last one checks is left to who issued it: homonyms have
/// codes of their own (DM 23.12.1976, art. 6).
pub fn is_fiscal_code(text: &str) -> bool {
    text.len() == 16 && text.chars().all(|c| c.is_ascii_alphanumeric())
}

/// Letters, digits, `-`, `_`: what an address of the pages carries as it is.
fn well_formed(id: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    !id.is_empty() && id.len() <= 64 && id.chars().all(good)
}

fn not_an_id(id: &str) -> String {
    format!("l'identificativo «{id}» può avere solo lettere, cifre, - _ . (al più 64)")
}

/// An identifier made of words, that nobody has.
pub fn free_id(words: &str, taken: impl Fn(&str) -> bool) -> String {
    let kept: String =
        fold(words).chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' }).collect();
    let joined = kept.split_whitespace().collect::<Vec<_>>().join("-");
    let base: String = joined.chars().take(40).collect();
    let base = if base.is_empty() { "voce".to_owned() } else { base };
    if !taken(&base) {
        return base;
    }
    (2_u32..).map(|n| format!("{base}-{n}")).find(|id| !taken(id)).unwrap_or(base)
}

impl Registry {
    /// An identifier for a mandate that nobody has: "segretario-rossi", then "segretario-rossi-2".
    pub fn free_mandate(&self, role: Role, person: &str) -> String {
        let words = format!("{} {person}", role.token());
        free_id(&words, |id| self.mandates.contains_key(id))
    }
}
