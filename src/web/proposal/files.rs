// SPDX-License-Identifier: AGPL-3.0-or-later
//! Files of a proposal: attachments in their three classes, and a text to import.

use super::Desk;
use crate::domain::case::{AttachmentClass, Content};
use crate::domain::effects::token;
use crate::domain::refusal::Refusal;
use crate::service::import::import;
use crate::store::DraftFile;
use crate::web::Shared;
use crate::web::case::size;
use crate::web::forms::Choice;
use crate::web::upload::{Uploaded, examine};
use crate::web::visitor::Visitor;
use serde::Serialize;

/// Attachments of one act.
const MOST: usize = 60;

/// The classes and their words.
pub const CLASSES: [(AttachmentClass, &str); 3] = [
    (AttachmentClass::Integral, "Parte integrante e sostanziale"),
    (AttachmentClass::OnFile, "Agli atti"),
    (AttachmentClass::Reserved, "Riservato: non si pubblica"),
];

/// One attachment.
#[derive(Debug, Serialize)]
pub struct AttachmentLine {
    name: String,
    detail: String,
    sha256: String,
    short: String,
    /// Not on record yet.
    fresh: bool,
    href: String,
    /// What its signatures are worth, in words.
    signatures: String,
    classes: Vec<Choice>,
}

/// The attachments of a content, in order.
pub fn lines(app: &Shared, desk: &Desk, content: &Content) -> Vec<AttachmentLine> {
    let recorded = |sha256: &str| desk.case.content.attachments.iter().any(|a| a.sha256 == sha256);
    let typed = |sha256: &str| desk.files.iter().find(|file| file.sha256 == sha256);
    let line = |a: &crate::domain::case::Attachment| {
        let pages = a.pages.map(|n| format!(", {n} {}", if n == 1 { "pagina" } else { "pagine" }));
        AttachmentLine {
            name: a.name.clone(),
            detail: format!("{}{}", size(a.size), pages.unwrap_or_default()),
            sha256: a.sha256.clone(),
            short: a.sha256.chars().take(12).collect(),
            fresh: !recorded(&a.sha256),
            href: format!("/fascicoli/{}/documenti/{}?scarica", desk.case.id, a.sha256),
            signatures: app.signatures_of(a, || typed(&a.sha256).map(|file| file.bytes.clone())),
            classes: CLASSES
                .iter()
                .map(|(class, label)| Choice {
                    value: token(class),
                    label: (*label).into(),
                    chosen: *class == a.class,
                })
                .collect(),
        }
    };
    content.attachments.iter().map(line).collect()
}

/// Takes the files of a form: attachments beside what is typed, a text in place of what is typed.
/// Answers with what the person should know.
///
/// # Errors
/// Why a file is not taken; those before it were.
pub async fn take(
    app: &Shared,
    visitor: &Visitor,
    desk: &mut Desk,
    files: Vec<Uploaded>,
    button: &str,
) -> Result<String, Refusal> {
    let mut notes = Vec::new();
    for file in files {
        match file.field.as_str() {
            "testo-da-importare" if button == "importa" => {
                let name = file.name.clone();
                let bytes = file.bytes;
                let read = tokio::task::spawn_blocking(move || import(&bytes)).await;
                let read = read.map_err(|_| damaged(&name, "la lettura si è interrotta"))?;
                let imported = read.map_err(|error| damaged(&name, &error.to_string()))?;
                desk.input.set("premesse", &imported.premises);
                if !imported.decision.is_empty() {
                    desk.input.set_all("punto", &imported.decision);
                }
                notes.push(format!("Testo di «{name}» importato: controllarlo prima di salvare."));
                let left = imported.left_out.iter();
                notes.extend(left.map(|what| format!("Non importato: {what}")));
            }
            "allegati" => {
                if desk.files.len() + desk.case.content.attachments.len() >= MOST {
                    let text = format!("Un atto può avere al più {MOST} allegati");
                    return Err(Refusal::new("too_many_files", "R6.11", "", text));
                }
                let examined = examine(&file)?;
                let known = desk.case.content.attachments.iter().map(|a| &a.sha256);
                if known.chain(desk.files.iter().map(|f| &f.sha256)).any(|s| *s == examined.sha256)
                {
                    notes.push(format!("«{}» è già fra gli allegati.", examined.name));
                    continue;
                }
                app.examine_signatures(&examined.sha256, examined.media_type, &file.bytes).await;
                let kept = DraftFile {
                    sha256: examined.sha256,
                    name: unique(desk, &examined.name),
                    class: class_of(desk.input.get("classe-nuovi")),
                    media_type: examined.media_type.to_owned(),
                    bytes: file.bytes,
                };
                let whose = (desk.case.id.as_str(), visitor.id());
                let store = &app.office.executor.store;
                let done = store.keep_draft_file(whose, kept.clone(), app.now()).await;
                done.map_err(|error| damaged(&kept.name, &error.to_string()))?;
                desk.files.push(kept);
            }
            _ => {}
        }
    }
    Ok(notes.join("\n"))
}

fn class_of(text: &str) -> String {
    let known = CLASSES.iter().map(|(class, _)| token(class)).find(|token| token == text);
    known.unwrap_or_else(|| token(&AttachmentClass::Integral))
}

fn damaged(name: &str, why: &str) -> Refusal {
    Refusal::new("file_unreadable", "R6.11", "", format!("«{name}»: {why}"))
        .next("Quanto scritto è rimasto: scegliere un altro file e ripetere")
}

/// Names are unique in an act: they are the names of the files embedded in it.
fn unique(desk: &Desk, name: &str) -> String {
    let taken = |name: &str| {
        let recorded = desk.case.content.attachments.iter().any(|a| a.name == name);
        recorded || desk.files.iter().any(|f| f.name == name)
    };
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let numbered = (2..).map(|n| format!("{stem} ({n}).{extension}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|n| !taken(n)).unwrap_or_default()
}
