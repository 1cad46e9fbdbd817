// SPDX-License-Identifier: AGPL-3.0-or-later
//! Forms: fields described once, shown with what was typed, read with what is wrong.

use axum::extract::{FromRequest, Request};
use axum_extra::extract::Form;
use chrono::{NaiveDate, NaiveTime};
use serde::Serialize;

use super::error::WebError;
use super::upload::{Uploaded, examine};
use crate::domain::case::{Attachment, AttachmentClass};
use crate::domain::law::calendar::parse_date;
use crate::domain::stream::NewDocument;

/// What a form sent: names may come several times.
#[derive(Debug, Clone, Default)]
pub struct Input(pub Vec<(String, String)>);

impl<S: Send + Sync> FromRequest<S> for Input {
    type Rejection = WebError;

    async fn from_request(request: Request, state: &S) -> Result<Self, WebError> {
        match Form::<Vec<(String, String)>>::from_request(request, state).await {
            Ok(Form(pairs)) => Ok(Self(pairs)),
            Err(error) => Err(WebError::Refused(
                axum::response::IntoResponse::into_response(error).status(),
                crate::domain::refusal::Refusal::new(
                    "unreadable_form",
                    "",
                    "",
                    "Il modulo inviato non si può leggere",
                ),
            )),
        }
    }
}

/// What a person can have typed: no key writes the zero character, and no database takes it.
pub fn typed(value: String) -> String {
    if value.contains('\0') { value.replace('\0', "") } else { value }
}

impl Input {
    /// A form as it was sent.
    pub fn parse(body: &str) -> Self {
        let pairs = form_urlencoded::parse(body.as_bytes()).into_owned();
        Self(pairs.map(|(name, value)| (name, typed(value))).collect())
    }

    /// A form sent as it is first shown: what it holds, else the first choice, else some words
    /// where something must be written.
    pub fn as_first_shown(fields: &[Field], today: NaiveDate) -> Self {
        let value = |field: &Field| match field.kind {
            _ if !field.value.is_empty() => field.value.clone(),
            "radio" | "choice" | "row" => {
                field.options.first().map(|o| o.value.clone()).unwrap_or_default()
            }
            "tick" if field.required => "sì".into(),
            "date" if field.required => today.to_string(),
            "time" if field.required => "10:00".into(),
            "number" if field.required => "1".into(),
            _ if field.required => "(da scrivere)".into(),
            _ => String::new(),
        };
        let sent = fields.iter().filter(|f| !f.kind.starts_with("tick") || !value(f).is_empty());
        Self(sent.map(|field| (field.name.clone(), value(field))).collect())
    }

    /// The value of a field, trimmed; empty when it is not there.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.trim())
    }

    /// All values of a field.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str()).collect()
    }

    /// A box is ticked.
    pub fn ticked(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n == name)
    }

    /// Puts one value in place of all those of a field.
    pub fn set(&mut self, name: &str, value: &str) {
        self.set_all(name, &[value.to_owned()]);
    }

    /// Puts values in place of those of a field.
    pub fn set_all(&mut self, name: &str, values: &[String]) {
        self.0.retain(|(n, _)| n != name);
        self.0.extend(values.iter().map(|value| (name.to_owned(), value.clone())));
    }

    /// As it travels.
    pub fn encoded(&self) -> String {
        let pairs: Vec<(&str, &str)> =
            self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        encode(&pairs)
    }
}

/// The first letter large.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Names and values as a query.
pub fn encode(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// One field as its template shows it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Field {
    /// Name.
    pub name: String,
    /// Identifier on the page, where the name comes several times.
    pub id: String,
    /// Words above it.
    pub label: String,
    /// `text`, `area`, `brief` (a short area), `markdown`, `choice`, `radio`, `row` (a radio on one
    /// line, for lists of people), `said` (shown, not asked), `tick`, `ticks`, `date`, `time`,
    /// `number`, `file`, `files` (one or more), `hidden`.
    pub kind: &'static str,
    /// What to know to fill it in.
    pub help: String,
    /// Must be filled in.
    pub required: bool,
    /// What it holds.
    pub value: String,
    /// What is wrong with it.
    pub error: String,
    /// Another field and its value with which this one matters: `esito=contrary`.
    pub only: &'static str,
    /// For choices.
    pub options: Vec<Choice>,
}

/// One possible value.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Choice {
    /// Sent.
    pub value: String,
    /// Shown.
    pub label: String,
    /// Chosen.
    pub chosen: bool,
}

impl Field {
    /// A field of a kind.
    pub fn new(kind: &'static str, name: &str, label: impl Into<String>) -> Self {
        Self { name: name.into(), label: label.into(), kind, ..Self::default() }
    }

    /// It must be filled in.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// What to know to fill it in.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// It matters only with that value of another field.
    #[must_use]
    pub fn only(mut self, only: &'static str) -> Self {
        self.only = only;
        self
    }

    /// What it holds at first.
    #[must_use]
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    /// Possible values.
    #[must_use]
    pub fn options<V: Into<String>, L: Into<String>>(
        mut self,
        options: impl IntoIterator<Item = (V, L)>,
    ) -> Self {
        let choice = |(value, label): (V, L)| Choice {
            value: value.into(),
            label: label.into(),
            chosen: false,
        };
        self.options = options.into_iter().map(choice).collect();
        self
    }

    /// Shows again what was typed, with what is wrong.
    pub fn refill(&mut self, input: Option<&Input>, errors: &[(String, String)]) {
        if let Some(input) = input {
            self.value = match self.kind {
                "tick" if input.ticked(&self.name) => "sì".into(),
                "tick" => String::new(),
                _ => input.get(&self.name).to_owned(),
            };
        }
        let several = input.filter(|_| self.kind == "ticks").map(|input| input.all(&self.name));
        for option in &mut self.options {
            option.chosen = match &several {
                Some(values) => values.contains(&option.value.as_str()),
                None => option.value == self.value,
            };
        }
        if let Some((_, error)) = errors.iter().find(|(name, _)| *name == self.name) {
            self.error.clone_from(error);
        }
    }
}

/// Reads the fields of a form and notes what is wrong with each.
#[derive(Debug)]
pub struct Reader<'a> {
    input: &'a Input,
    files: &'a [Uploaded],
    /// Name of the field and what is wrong.
    pub errors: Vec<(String, String)>,
    /// Files that were read, for the write.
    pub documents: Vec<NewDocument>,
}

impl<'a> Reader<'a> {
    /// A reader of a form.
    pub fn new(input: &'a Input) -> Self {
        Self { input, files: &[], errors: Vec::new(), documents: Vec::new() }
    }

    /// With the files that came with the form.
    #[must_use]
    pub fn with(mut self, files: &'a [Uploaded]) -> Self {
        self.files = files;
        self
    }

    /// The PDF of a field: its hash; the bytes go with the write.
    pub fn pdf(&mut self, name: &str) -> String {
        let Some(file) = self.files.iter().find(|file| file.field == name) else {
            self.wrong(name, "Scegliere un file PDF");
            return String::new();
        };
        match examine(file) {
            Ok(found) if found.media_type == "application/pdf" => {
                let media_type = found.media_type.to_owned();
                let bytes = file.bytes.clone();
                self.documents.push(NewDocument {
                    sha256: found.sha256.clone(),
                    media_type,
                    bytes,
                });
                found.sha256
            }
            Ok(found) => {
                self.wrong(name, format!("«{}» non è un PDF", found.name));
                String::new()
            }
            Err(refusal) => {
                self.wrong(name, refusal.text);
                String::new()
            }
        }
    }

    /// The PDFs of a field as parts of an act, in order; the bytes go with the write.
    pub fn parts(&mut self, name: &str) -> Vec<Attachment> {
        let mut parts = Vec::new();
        for file in self.files.iter().filter(|file| file.field == name) {
            match examine(file) {
                Ok(found) if found.media_type == "application/pdf" => {
                    let (sha256, media_type) = (found.sha256, found.media_type.to_owned());
                    let bytes = file.bytes.clone();
                    parts.push(Attachment {
                        name: found.name,
                        class: AttachmentClass::Integral,
                        media_type: media_type.clone(),
                        sha256: sha256.clone(),
                        size: bytes.len() as u64,
                        pages: found.pages,
                    });
                    self.documents.push(NewDocument { sha256, media_type, bytes });
                }
                Ok(found) => self.wrong(name, format!("«{}» non è un PDF", found.name)),
                Err(refusal) => self.wrong(name, refusal.text),
            }
        }
        parts
    }

    /// The PNG of a field, where one was chosen: its hash; the bytes go with the write.
    pub fn png(&mut self, name: &str) -> Option<String> {
        let file = self.files.iter().find(|file| file.field == name)?;
        match examine(file) {
            Ok(found) if found.media_type == "image/png" => {
                let (sha256, bytes) = (found.sha256.clone(), file.bytes.clone());
                let media_type = found.media_type.to_owned();
                self.documents.push(NewDocument { sha256, media_type, bytes });
                Some(found.sha256)
            }
            Ok(found) => {
                self.wrong(name, format!("«{}» non è un'immagine PNG", found.name));
                None
            }
            Err(refusal) => {
                self.wrong(name, refusal.text);
                None
            }
        }
    }

    /// The text of a file, where one was chosen: UTF-8, or what spreadsheets of Windows write.
    pub fn text_file(&mut self, name: &str) -> Option<(String, String)> {
        let file = self.files.iter().find(|file| file.field == name)?;
        if file.bytes.contains(&0) {
            self.wrong(name, format!("«{}» non è un file di testo", file.name));
            return None;
        }
        let text = match std::str::from_utf8(&file.bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => file.bytes.iter().map(|byte| windows(*byte)).collect(),
        };
        Some((file.name.clone(), text))
    }

    /// A day that may be left out.
    pub fn maybe_day(&mut self, name: &str) -> Option<NaiveDate> {
        if self.text(name).is_empty() { None } else { Some(self.day(name)) }
    }

    /// Notes what is wrong with a field.
    pub fn wrong(&mut self, name: &str, text: impl Into<String>) {
        self.errors.push((name.to_owned(), text.into()));
    }

    /// A text that may be empty.
    pub fn text(&mut self, name: &str) -> String {
        self.input.get(name).replace("\r\n", "\n")
    }

    /// A text that must be there.
    pub fn needed(&mut self, name: &str) -> String {
        let text = self.text(name);
        if text.is_empty() {
            self.wrong(name, "Il campo è obbligatorio");
        }
        text
    }

    /// A day.
    pub fn day(&mut self, name: &str) -> NaiveDate {
        let text = self.needed(name);
        match parse_date(&text) {
            Some(day) => day,
            None => {
                if !text.is_empty() {
                    self.wrong(name, format!("«{text}» non è una data"));
                }
                NaiveDate::default()
            }
        }
    }

    /// An hour of the day.
    pub fn time(&mut self, name: &str) -> NaiveTime {
        let text = self.needed(name);
        let read =
            ["%H:%M", "%H:%M:%S"].iter().find_map(|f| NaiveTime::parse_from_str(&text, f).ok());
        if read.is_none() && !text.is_empty() {
            self.wrong(name, format!("«{text}» non è un'ora: scrivere per esempio 09:30"));
        }
        read.unwrap_or_default()
    }

    /// An hour of the day that may be left out.
    pub fn maybe_time(&mut self, name: &str) -> Option<NaiveTime> {
        if self.text(name).is_empty() { None } else { Some(self.time(name)) }
    }

    /// A whole number within bounds.
    pub fn number(&mut self, name: &str, from: i64, to: i64) -> i64 {
        let text = self.needed(name);
        match text.parse::<i64>() {
            Ok(number) if (from..=to).contains(&number) => number,
            _ if text.is_empty() => from,
            _ => {
                self.wrong(name, format!("Scrivere un numero fra {from} e {to}"));
                from
            }
        }
    }

    /// One word of a closed list.
    pub fn word<T: serde::de::DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let text = self.needed(name);
        let value = serde_json::from_value(serde_json::Value::String(text.clone())).ok();
        if value.is_none() && !text.is_empty() {
            self.wrong(name, "Il valore scelto non è fra quelli possibili");
        }
        value
    }

    /// All values of a field, in order.
    pub fn all(&self, name: &str) -> Vec<String> {
        self.input.all(name).into_iter().map(str::to_owned).collect()
    }

    /// A box is ticked.
    pub fn ticked(&self, name: &str) -> bool {
        self.input.ticked(name)
    }
}

/// A byte of Windows-1252 that people write in Italian; the others are those of Latin-1.
fn windows(byte: u8) -> char {
    match byte {
        0x80 => '€',
        0x91 => '‘',
        0x92 => '’',
        0x93 => '“',
        0x94 => '”',
        0x96 => '–',
        0x97 => '—',
        byte => char::from(byte),
    }
}
