// SPDX-License-Identifier: AGPL-3.0-or-later
//! Two invented Comuni: the people, their mandates, the regulation with single keys changed.

use crate::desk::day;
use delibera::domain::registry::{
    Capacity, ComuneData, Mandate, Office, Person, RegistryCommand, Role,
};

pub const LARGE: &str = include_str!("../../regulations/grande-comune.toml");
pub const SMALL: &str = include_str!("../../regulations/piccolo-comune.toml");
pub const WORKFLOW: &str = include_str!("../../workflows/deliberazione-giunta.toml");

/// Which preset a desk starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Thirteen members.
    Large,
    /// Five members.
    Small,
}

impl Size {
    /// Members of the Giunta, Sindaco first.
    pub fn members(self) -> Vec<String> {
        let assessori = match self {
            Self::Large => 11,
            Self::Small => 3,
        };
        let numbered = (1..=assessori).map(|n| format!("ass{n}"));
        ["sindaco".to_owned(), "vicesindaco".to_owned()].into_iter().chain(numbered).collect()
    }

    fn preset(self) -> &'static str {
        match self {
            Self::Large => LARGE,
            Self::Small => SMALL,
        }
    }
}

/// The preset with some keys given another value, each with a source.
pub fn regulation(size: Size, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(size.preset().to_owned(), |text, (key, value)| set(&text, key, value))
}

fn set(text: &str, key: &str, value: &str) -> String {
    let head = format!("[{key}]");
    let entry = format!("[{key}]\nvalue = {value}\nsource = \"fonte di prova\"\n");
    let Some(start) = text.lines().position(|line| line.starts_with(&head)) else {
        return format!("{text}\n{entry}");
    };
    let lines: Vec<&str> = text.lines().collect();
    let end = lines[start + 1..]
        .iter()
        .position(|line| line.trim().is_empty() || line.starts_with('['))
        .map_or(lines.len(), |offset| start + 1 + offset);
    let kept: Vec<&str> =
        lines[start..end].iter().filter(|line| line.starts_with("valid_")).copied().collect();
    let (before, after) = (lines[..start].join("\n"), lines[end..].join("\n"));
    format!("{before}\n{entry}{}\n\n{after}\n", kept.join("\n"))
}

/// The fiscal code of an invented person.
pub fn fiscal_code(person: &str) -> String {
    let letters: String =
        person.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
    format!("{letters:X<16}").chars().take(16).collect()
}

fn person(id: &str, born: &str) -> RegistryCommand {
    RegistryCommand::RegisterPerson(Person {
        id: id.into(),
        given_name: "Nome".into(),
        surname: id.to_uppercase(),
        fiscal_code: fiscal_code(id),
        email: format!("{id}@comune.example"),
        born: (!born.is_empty()).then(|| day(born)),
    })
}

/// A mandate from 2016, to be changed before it is granted.
pub fn mandate(person: &str, role: Role, title: &str) -> Mandate {
    Mandate {
        id: format!("{person}-{}", role.token()),
        person: person.into(),
        role,
        office: None,
        capacity: Capacity::Titolare,
        title: title.into(),
        act: "decreto n. 1/2016".into(),
        from: day("2016-01-01"),
        to: None,
        rank: 0,
        group: None,
    }
}

fn grant(mandate: Mandate) -> RegistryCommand {
    RegistryCommand::GrantMandate(mandate)
}

/// Offices with their director.
pub const OFFICES: [(&str, &str); 4] =
    [("area", "dir_area"), ("casa", "dir_casa"), ("operativo", "dir_op"), ("generale", "dir_gen")];

/// Everything the Comune puts on record at the beginning.
pub fn beginning(size: Size, changes: &[(&str, &str)]) -> Vec<RegistryCommand> {
    let members = size.members();
    let mut all = vec![RegistryCommand::DescribeComune(ComuneData {
        name: "Comune di Valdoro".into(),
        province: "VL".into(),
        seat: "Palazzo civico".into(),
        fiscal_code: "00000000000".into(),
        email: "segreteria@comune.example".into(),
        giunta_seats: u32::try_from(members.len()).unwrap(),
        inhabitants: 50_000,
        council_seats: 32,
        ..ComuneData::default()
    })];
    for (office, director) in OFFICES {
        let name = format!("Direzione {office}");
        all.push(RegistryCommand::OpenOffice(Office { id: office.into(), name }));
        all.push(person(director, ""));
        all.push(grant(Mandate {
            office: Some(office.into()),
            ..mandate(director, Role::Direttore, "Il Direttore")
        }));
    }
    for (i, id) in members.iter().enumerate() {
        all.push(person(id, &format!("{}-05-01", 1950 + i)));
        let (role, title) = match i {
            0 => (Role::Sindaco, "Sindaco"),
            1 => (Role::Vicesindaco, "Vicesindaco"),
            _ => (Role::Assessore, "Assessore"),
        };
        let rank = u32::try_from(i).unwrap();
        all.push(grant(Mandate { rank, ..mandate(id, role, title) }));
    }
    all.extend(officers());
    let from = day("2016-01-01");
    all.push(RegistryCommand::AdoptRegulation { text: regulation(size, changes), from });
    all.push(RegistryCommand::ActivateWorkflow { text: WORKFLOW.into() });
    all
}

fn officers() -> Vec<RegistryCommand> {
    let mut all = Vec::new();
    let mut one = |id: &str, role: Role, title: &str| {
        all.push(person(id, ""));
        all.push(grant(mandate(id, role, title)));
    };
    one("rp", Role::ResponsabileProcedimento, "Il Responsabile del procedimento");
    one("ragioniere", Role::ResponsabileRagioneria, "Il Responsabile di ragioneria");
    one("segretario", Role::Segretario, "Il Segretario Generale");
    one("segreteria", Role::Segreteria, "L'Istruttore");
    one("albo", Role::ResponsabilePubblicazione, "Il Responsabile della pubblicazione");
    one("privacy", Role::ResponsabilePrivacy, "Il referente privacy");
    one("trasparenza", Role::ResponsabileTrasparenza, "Il Responsabile della trasparenza");
    one("presidente", Role::PresidenteConsiglio, "Il Presidente del Consiglio");
    one("capo1", Role::Capogruppo, "Capogruppo");
    one("capo2", Role::Capogruppo, "Capogruppo");
    one("consigliere", Role::Consigliere, "Consigliere");
    for (id, rank) in [("vicario", 1), ("vice2", 2)] {
        all.push(person(id, ""));
        let capacity = if rank == 1 { Capacity::Vicario } else { Capacity::Vice };
        let title = if rank == 1 { "Il Vice Segretario Vicario" } else { "Il Vice Segretario" };
        all.push(grant(Mandate { capacity, rank, ..mandate(id, Role::Segretario, title) }));
    }
    all
}
