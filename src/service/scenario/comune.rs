// SPDX-License-Identifier: AGPL-3.0-or-later
//! Sets up the Comune of a scenario with the same commands an administrator gives.

use super::ScenarioError;
use super::file::{Attach, Raw, Scenario};
use crate::domain::case::Attachment;
use crate::domain::command::Command;
use crate::domain::digest::sha256_hex;
use crate::domain::problem::Problem;
use crate::domain::registry::RegistryCommand;
use crate::domain::stream::{NewDocument, SYSTEM_ACTOR};
use crate::service::execute::{Executor, Request};
use chrono::NaiveDate;
use delibera_documents::{Document, render};
use delibera_signature::page_count;
use std::path::Path;

/// Regulations that ship with the program.
pub const PRESETS: [(&str, &str); 2] = [
    ("grande-comune", include_str!("../../../regulations/grande-comune.toml")),
    ("piccolo-comune", include_str!("../../../regulations/piccolo-comune.toml")),
];
/// The workflows that ship with the program.
pub const WORKFLOWS: [&str; 2] = [
    include_str!("../../../workflows/deliberazione-giunta.toml"),
    include_str!("../../../workflows/affissione-conto-terzi.toml"),
];

/// Executes every command that makes the Comune of the scenario.
pub(super) async fn set_up(executor: &Executor, scenario: &Scenario) -> Result<(), ScenarioError> {
    for command in commands(scenario)? {
        let request = Request::new(SYSTEM_ACTOR, Command::Registry(command));
        executor.execute(request).await?;
    }
    Ok(())
}

/// Every command that makes the Comune of a scenario.
///
/// # Errors
/// A file that cannot be read, a regulation that is none.
pub fn commands(scenario: &Scenario) -> Result<Vec<RegistryCommand>, ScenarioError> {
    let raw = &scenario.raw;
    let mut commands: Vec<RegistryCommand> = Vec::new();
    commands.extend(raw.comune.clone().map(RegistryCommand::DescribeComune));
    commands.push(RegistryCommand::AdoptRegulation {
        text: regulation(raw, &scenario.folder)?,
        from: NaiveDate::from_ymd_opt(2000, 1, 1).unwrap_or_default(),
    });
    let built_in = WORKFLOWS.iter().map(|text| (*text).to_owned());
    commands.extend(built_in.map(|text| RegistryCommand::ActivateWorkflow { text }));
    for path in &raw.workflows {
        let text = read(&scenario.folder.join(path))?;
        commands.push(RegistryCommand::ActivateWorkflow { text });
    }
    commands.extend(raw.office.iter().cloned().map(RegistryCommand::OpenOffice));
    commands.extend(raw.person.iter().cloned().map(RegistryCommand::RegisterPerson));
    commands.extend(raw.mandate.iter().cloned().map(RegistryCommand::GrantMandate));
    commands.extend(raw.absence.iter().cloned().map(|a| RegistryCommand::RecordAbsence {
        person: a.person,
        from: a.from,
        to: a.to,
    }));
    commands.extend(raw.register.iter().cloned().map(|o| RegistryCommand::OpenRegister {
        register: o.register,
        year: o.year,
        last: o.last,
        source: o.source,
    }));
    Ok(commands)
}

fn read(path: &Path) -> Result<String, ScenarioError> {
    std::fs::read_to_string(path)
        .map_err(|source| ScenarioError::Io { path: path.display().to_string(), source })
}

/// The preset or file, with the keys the scenario changes.
fn regulation(raw: &Raw, folder: &Path) -> Result<String, ScenarioError> {
    let name = raw.regulation.as_deref().unwrap_or("grande-comune");
    let text = match PRESETS.iter().find(|(preset, _)| *preset == name) {
        Some((_, text)) => (*text).to_owned(),
        None => read(&folder.join(name))?,
    };
    if raw.regulation_set.is_empty() {
        return Ok(text);
    }
    let mut table: toml::Table = toml::from_str(&text)
        .map_err(|e| ScenarioError::File(vec![Problem::toml(name, &text, &e)]))?;
    for (key, value) in &raw.regulation_set {
        let mut entry = toml::Table::new();
        entry.insert("value".into(), value.clone());
        entry.insert("source".into(), "scenario".into());
        table.insert(key.clone(), toml::Value::Table(entry));
    }
    Ok(table.to_string())
}

/// The bytes of an attachment and its entry in the content.
pub(super) fn attachment(
    attach: &Attach,
    folder: &Path,
) -> Result<(Attachment, NewDocument), ScenarioError> {
    let bytes = match (&attach.file, &attach.text) {
        (Some(file), _) => {
            let path = folder.join(file);
            std::fs::read(&path)
                .map_err(|source| ScenarioError::Io { path: path.display().to_string(), source })?
        }
        (None, text) => set_text(&attach.name, text.as_deref().unwrap_or(&attach.name))?,
    };
    let media_type = media_type(&attach.name);
    let sha256 = sha256_hex(&bytes);
    let entry = Attachment {
        name: attach.name.clone(),
        class: attach.class,
        media_type: media_type.to_owned(),
        sha256: sha256.clone(),
        size: bytes.len() as u64,
        pages: page_count(&bytes),
    };
    Ok((entry, NewDocument { sha256, media_type: media_type.to_owned(), bytes }))
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "pdf" => "application/pdf",
        "p7m" => "application/pkcs7-mime",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "ods" => "application/vnd.oasis.opendocument.spreadsheet",
        "csv" => "text/csv",
        "xml" => "application/xml",
        "txt" => "text/plain",
        _ => "application/octet-stream",
    }
}

fn set_text(name: &str, text: &str) -> Result<Vec<u8>, ScenarioError> {
    let document = Document {
        title: name.to_owned(),
        subject: name.to_owned(),
        author: String::new(),
        created: chrono::DateTime::UNIX_EPOCH,
        header: String::new(),
        footer: String::new(),
        letterhead: None,
        draft: false,
        body: text.to_owned(),
        attachments: Vec::new(),
    };
    let rendered = render(&document).map_err(|e| ScenarioError::Templates(e.to_string()))?;
    Ok(rendered.pdf)
}
