// SPDX-License-Identifier: AGPL-3.0-or-later
//! The wording of the messages: one folder each, subject, text and HTML, Handlebars in strict mode.
//!
//! What a template asks for and the facts do not have is an error, never an empty space. The HTML
//! is escaped; text and subject are not. Every link is built by the sender, none by a template.

use super::compose::context;
use super::config::MailConfigError;
use super::sample::samples;
use crate::domain::law::calendar::{date_long, date_with_weekday, parse_date};
use crate::domain::notice_facts::NoticeFacts;
use crate::domain::papers::words::{self, Preposition};
use crate::domain::problem::Problem;
use handlebars::{Handlebars, RenderError, RenderErrorReason, handlebars_helper, no_escape};
use serde_json::{Value, json};
use std::path::Path;

/// Characters of a subject: more are cut by the lists of most mail programs.
pub const SUBJECT_MAX: usize = 110;

/// Columns of the text part.
const COLUMNS: usize = 76;

/// A built-in message: name, subject, text, HTML.
type Builtin = (&'static str, &'static str, &'static str, &'static str);

macro_rules! message {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("../../../templates/mail/", $name, "/subject.hbs")),
            include_str!(concat!("../../../templates/mail/", $name, "/body.txt.hbs")),
            include_str!(concat!("../../../templates/mail/", $name, "/body.html.hbs")),
        )
    };
}

macro_rules! layout {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("../../../templates/mail/layout/", $name, ".txt.hbs")),
            include_str!(concat!("../../../templates/mail/layout/", $name, ".html.hbs")),
        )
    };
}

/// Every message, in the order of the procedure.
pub const MESSAGES: [Builtin; 39] = [
    message!("proposta-presentata"),
    message!("documento-da-firmare"),
    message!("esito-parere"),
    message!("parere-da-rendere"),
    message!("parere-contrario"),
    message!("proposta-restituita"),
    message!("testo-modificato"),
    message!("emendamento-in-seduta"),
    message!("proposta-pronta"),
    message!("scadenza"),
    message!("scadenza-superata"),
    message!("convocazione"),
    message!("argomento-convocato"),
    message!("seduta-spostata"),
    message!("seduta-annullata"),
    message!("seduta-deserta"),
    message!("argomento-tolto"),
    message!("proposta-ritirata"),
    message!("esiti-seduta"),
    message!("atto-adottato"),
    message!("atto-eseguibile"),
    message!("esito-trattazione"),
    message!("atto-da-pubblicare"),
    message!("atto-pubblicato"),
    message!("elenco-capigruppo"),
    message!("elenco-non-recapitato"),
    message!("disservizio-albo"),
    message!("pubblicazione-annullata"),
    message!("atto-esecutivo"),
    message!("pubblicazione-conclusa"),
    message!("referto-all-ente"),
    message!("atto-modificato"),
    message!("albo-non-raggiungibile"),
    message!("proposta-al-consiglio"),
    message!("ratifica-consiglio"),
    message!("sigillo-del-giorno"),
    message!("riepilogo"),
    message!("password"),
    message!("prova"),
];

/// Pieces the messages share: name, text, HTML.
const LAYOUT: [(&str, &str, &str); 8] = [
    layout!("apertura"),
    layout!("chiusura"),
    layout!("azione"),
    layout!("motivo"),
    layout!("atto"),
    layout!("pareri"),
    layout!("seduta"),
    layout!("argomenti"),
];

/// A message in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line of at most [`SUBJECT_MAX`] characters.
    pub subject: String,
    /// Text part.
    pub text: String,
    /// HTML part.
    pub html: String,
}

/// The wording in use.
#[derive(Debug)]
pub struct Templates {
    plain: Handlebars<'static>,
    html: Handlebars<'static>,
}

impl Templates {
    /// The built-in wording.
    ///
    /// # Errors
    /// A template that does not parse.
    pub fn embedded() -> Result<Self, MailConfigError> {
        Self::read(&|_: &str| None)
    }

    /// The wording of a folder shaped as `templates/mail`; what it does not have is built in.
    ///
    /// # Errors
    /// A template that does not parse.
    pub fn from_folder(folder: &Path) -> Result<Self, MailConfigError> {
        Self::read(&|path: &str| std::fs::read_to_string(folder.join(path)).ok())
    }

    fn read(own: &dyn Fn(&str) -> Option<String>) -> Result<Self, MailConfigError> {
        let (mut plain, mut html) = (engine(), engine());
        plain.register_escape_fn(no_escape);
        let add = |engine: &mut Handlebars<'static>, name: &str, path: String, builtin: &str| {
            let text = own(&path).unwrap_or_else(|| builtin.to_owned());
            engine
                .register_template_string(name, text)
                .map_err(|e| MailConfigError::Template(format!("templates/mail/{path}: {e}")))
        };
        for (name, text, markup) in LAYOUT {
            add(&mut plain, name, format!("layout/{name}.txt.hbs"), text)?;
            add(&mut html, name, format!("layout/{name}.html.hbs"), markup)?;
        }
        for (name, subject, text, markup) in MESSAGES {
            add(&mut plain, &format!("{name}/subject"), format!("{name}/subject.hbs"), subject)?;
            add(&mut plain, &format!("{name}/body"), format!("{name}/body.txt.hbs"), text)?;
            add(&mut html, &format!("{name}/body"), format!("{name}/body.html.hbs"), markup)?;
        }
        Ok(Self { plain, html })
    }

    /// A message in words.
    ///
    /// # Errors
    /// A fact the template wants and the context does not have.
    pub fn render(&self, message: &str, context: &Value) -> Result<Rendered, RenderError> {
        let subject = self.subject(message, context)?;
        let mut context = context.clone();
        context["subject"] = json!(subject);
        let body = format!("{message}/body");
        Ok(Rendered {
            text: tidy(&self.plain.render(&body, &context)?),
            html: self.html.render(&body, &context)?,
            subject,
        })
    }

    /// The subject of a message: the object of the act takes what room the rest leaves, and is cut
    /// at a word.
    ///
    /// # Errors
    /// As [`Templates::render`].
    pub fn subject(&self, message: &str, context: &Value) -> Result<String, RenderError> {
        let name = format!("{message}/subject");
        let with = |object: &str| -> Result<String, RenderError> {
            let mut context = context.clone();
            context["object"] = json!(object);
            let line = self.plain.render(&name, &context)?;
            let mark = if context["training"].is_null() { "" } else { "[ADDESTRAMENTO] " };
            Ok(format!("{mark}{}", one_line(&line)))
        };
        let object = one_line(context["object"].as_str().unwrap_or_default());
        let rest: String = with("")?;
        let room = SUBJECT_MAX.saturating_sub(rest.chars().count() + 1);
        let line: String = with(&shorten(&object, room))?;
        Ok(shorten(line.trim_end_matches([' ', '–', ':', ',']), SUBJECT_MAX))
    }

    /// What is wrong in the wording: every message is rendered on samples, full and bare.
    pub fn check(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        for (message, ..) in MESSAGES {
            let [full, bare] = samples(message);
            let tried = self.try_on(message, &full, true).and(self.try_on(message, &bare, false));
            if let Err(error) = tried {
                let line = error.line_no.unwrap_or_default();
                let name = error.template_name.clone().unwrap_or_default();
                let file = format!("templates/mail/{message}");
                found.push(Problem::at(&file, line, format!("«{name}»: {}", error.reason())));
            }
        }
        found
    }

    fn try_on(
        &self,
        message: &str,
        facts: &NoticeFacts,
        sent: bool,
    ) -> Result<Rendered, RenderError> {
        let base = sent.then_some("https://delibera.example");
        let context = context(facts, base, sent).map_err(RenderErrorReason::SerdeError)?;
        self.render(message, &context)
    }
}

fn engine() -> Handlebars<'static> {
    let mut engine = Handlebars::new();
    engine.set_strict_mode(true);
    handlebars_helper!(weekday: |date: str| {
        parse_date(date).map_or_else(|| date.to_owned(), date_with_weekday)
    });
    handlebars_helper!(list: |names: array| {
        words::list(&names.iter().filter_map(Value::as_str).collect::<Vec<_>>())
    });
    handlebars_helper!(capital: |text: str| {
        let mut chars = text.chars();
        chars.next().map_or_else(String::new, |first| {
            first.to_uppercase().chain(chars).collect()
        })
    });
    handlebars_helper!(lower: |text: str| {
        let mut chars = text.chars();
        chars.next().map_or_else(String::new, |first| {
            first.to_lowercase().chain(chars).collect()
        })
    });
    handlebars_helper!(on: |date: str| with_article(date, Preposition::On));
    handlebars_helper!(from: |date: str| with_article(date, Preposition::From));
    handlebars_helper!(until: |date: str| with_article(date, Preposition::Until));
    handlebars_helper!(of: |date: str| with_article(date, Preposition::Of));
    handlebars_helper!(long: |date: str| {
        parse_date(date).map_or_else(|| date.to_owned(), date_long)
    });
    engine.register_helper("il", Box::new(on));
    engine.register_helper("dal", Box::new(from));
    engine.register_helper("al", Box::new(until));
    engine.register_helper("del", Box::new(of));
    engine.register_helper("data", Box::new(long));
    engine.register_helper("giorno", Box::new(weekday));
    engine.register_helper("elenco", Box::new(list));
    engine.register_helper("maiuscola", Box::new(capital));
    engine.register_helper("minuscola", Box::new(lower));
    engine
}

/// A date with its article, "dall'11 agosto 2026"; what is no date stays as it is.
fn with_article(date: &str, preposition: Preposition) -> String {
    parse_date(date).map_or_else(|| date.to_owned(), |day| words::dated(preposition, day))
}

fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text cut at a word to so many characters, with an ellipsis where something is missing.
pub fn shorten(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let head: String = text.chars().take(max.saturating_sub(1)).collect();
    let at_word = match head.rfind(' ') {
        Some(end) if !text[head.len()..].starts_with(' ') => &head[..end],
        _ => &head,
    };
    format!("{}…", at_word.trim_end_matches([' ', ',', ';', ':', '.', '–', '-']))
}

/// The text part as people read it: lines of [`COLUMNS`], never two empty lines together.
fn tidy(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim_end) {
        if line.is_empty() {
            if lines.last().is_some_and(|last| !last.is_empty()) {
                lines.push(String::new());
            }
        } else {
            wrap(line, &mut lines);
        }
    }
    let body = lines.join("\n");
    format!("{}\n", body.trim_end())
}

/// Breaks a line at words; what follows stands under its beginning, or under the text of an item.
fn wrap(line: &str, lines: &mut Vec<String>) {
    let indent = line.chars().take_while(|c| *c == ' ').count();
    let first = line.split_whitespace().next().unwrap_or_default();
    let is_mark = first == "-" || first.strip_suffix('.').is_some_and(|n| n.parse::<u32>().is_ok());
    let hanging = if is_mark { indent + first.chars().count() + 1 } else { indent };
    let mut current = " ".repeat(indent);
    let mut empty = true;
    for word in line.split_whitespace() {
        if !empty && current.chars().count() + 1 + word.chars().count() > COLUMNS {
            lines.push(std::mem::replace(&mut current, " ".repeat(hanging)));
            empty = true;
        }
        if !empty {
            current.push(' ');
        }
        current.push_str(word);
        empty = false;
    }
    lines.push(current);
}
