// SPDX-License-Identifier: AGPL-3.0-or-later
//! The words templates may use beside plain variables: dates with their article, plurals, people,
//! text written by users. Each is a pure function of its arguments; a wrong argument is an error
//! with template and line, never an empty string. No helper has the name of a field of a context.

use crate::domain::law::calendar::{
    date_in_words, date_long, date_short, date_with_weekday, number_in_words,
};
use crate::domain::papers::words::{self, Preposition};
use chrono::NaiveDate;
use delibera_documents::escape;
use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, JsonTruthy, Output, RenderContext,
    RenderError, RenderErrorReason, Renderable, ScopedJson,
};
use serde_json::Value;

type Body = fn(&[&Value]) -> Option<String>;

/// A helper that answers with text; the answer is escaped by `{{…}}` and not by `{{{…}}}`.
struct Words(&'static str, Body);

/// Every helper of this kind.
const WORDS: [Words; 28] = [
    Words("date_short", |p| Some(date_short(date(p)?))),
    Words("date_long", |p| Some(date_long(date(p)?))),
    Words("date_weekday", |p| Some(date_with_weekday(date(p)?))),
    Words("date_words", |p| Some(date_in_words(date(p)?))),
    Words("on_day", |p| Some(words::dated(Preposition::On, date(p)?))),
    Words("from_day", |p| Some(words::dated(Preposition::From, date(p)?))),
    Words("to_day", |p| Some(words::dated(Preposition::Until, date(p)?))),
    Words("of_day", |p| Some(words::dated(Preposition::Of, date(p)?))),
    Words("of_short", |p| Some(Preposition::Of.short(date(p)?))),
    Words("from_short", |p| Some(Preposition::From.short(date(p)?))),
    Words("to_short", |p| Some(Preposition::Until.short(date(p)?))),
    Words("the_title", |p| Some(words::the_title(text(p, 0)?))),
    Words("an_office", |p| Some(words::office(text(p, 0)?))),
    Words("in_letters", |p| Some(number_in_words(u32::try_from(whole(p, 0)?).ok()?))),
    Words("counted", |p| Some(words::count(whole(p, 0)?, text(p, 1)?, text(p, 2)?))),
    Words("plural", |p| Some(text(p, if whole(p, 0)? == 1 { 1 } else { 2 })?.to_owned())),
    Words("ordinal", |p| Some((whole(p, 0)? + 1).to_string())),
    Words("pages_of", |p| {
        let pages = whole(p, 0)?;
        Some(format!("{pages} {}", if pages == 1 { "pagina" } else { "pagine" }))
    }),
    Words("names", |p| Some(words::list(&strings(p)?))),
    Words("people", |p| {
        let people: Option<Vec<String>> = p.first()?.as_array()?.iter().map(brief).collect();
        Some(words::list(&people?))
    }),
    Words("person", |p| {
        let office = office(p.first()?)?;
        let name = field(p.first()?, "name")?;
        Some(if office.is_empty() { name.to_owned() } else { format!("{name}, {office}") })
    }),
    Words("person_office", |p| office(p.first()?)),
    Words("upper", |p| Some(text(p, 0)?.to_uppercase())),
    Words("capital", |p| Some(capital(text(p, 0)?))),
    Words("markdown", |p| Some(fenceless(text(p, 0)?))),
    Words("points", |p| Some(points(&strings(p)?))),
    Words("runs", |p| runs(p.first()?)),
    Words("sha", |p| Some(text(p, 0)?.to_owned())),
];

impl HelperDef for Words {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        present(helper)?;
        let params: Vec<&Value> = helper.params().iter().map(|p| p.value()).collect();
        let wrong = || RenderErrorReason::Other(format!("argomenti non validi per «{}»", self.0));
        let answer = (self.1)(&params).ok_or_else(wrong)?;
        Ok(ScopedJson::Derived(Value::String(answer)))
    }
}

/// True or false: for `{{#if (single …)}}`, `{{#if (some … "field")}}`, `{{#if (or … …)}}`.
struct Test(&'static str, fn(&[&Value]) -> Option<bool>);

const TESTS: [Test; 3] = [
    // The library's own takes a variable that does not exist as false.
    Test("or", |p| Some(p.iter().any(|value| value.is_truthy(false)))),
    Test("single", |p| Some(p.first()?.as_array()?.len() == 1)),
    Test("some", |p| {
        let name = text(p, 1)?;
        Some(p.first()?.as_array()?.iter().any(|line| line[name].as_bool().unwrap_or(false)))
    }),
];

impl HelperDef for Test {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        present(helper)?;
        let params: Vec<&Value> = helper.params().iter().map(|p| p.value()).collect();
        let wrong = || RenderErrorReason::Other(format!("argomenti non validi per «{}»", self.0));
        Ok(ScopedJson::Derived(Value::Bool((self.1)(&params).ok_or_else(wrong)?)))
    }
}

/// `{{#if}}` and `{{#unless}}` that refuse a variable that does not exist: the library's own take it
/// as false even in strict mode, and a mistyped name would silently drop a sentence from an act.
struct Strict {
    positive: bool,
}

impl HelperDef for Strict {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        registry: &'reg Handlebars<'reg>,
        context: &'rc Context,
        render: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        present(helper)?;
        let param = helper.param(0).ok_or(RenderErrorReason::ParamNotFoundForIndex("if", 0))?;
        let holds = param.value().is_truthy(false) == self.positive;
        match if holds { helper.template() } else { helper.inverse() } {
            Some(template) => template.render(registry, context, render, out),
            None => Ok(()),
        }
    }
}

/// Puts every helper into a registry.
pub fn register(registry: &mut Handlebars<'_>) {
    for helper in WORDS {
        registry.register_helper(helper.0, Box::new(helper));
    }
    for helper in TESTS {
        registry.register_helper(helper.0, Box::new(helper));
    }
    registry.register_helper("if", Box::new(Strict { positive: true }));
    registry.register_helper("unless", Box::new(Strict { positive: false }));
}

/// Every argument names something that exists.
fn present(helper: &Helper<'_>) -> Result<(), RenderError> {
    match helper.params().iter().find(|p| p.is_value_missing()) {
        None => Ok(()),
        Some(missing) => {
            let path = missing.relative_path().cloned();
            Err(RenderErrorReason::MissingVariable(path).into())
        }
    }
}

fn text<'a>(params: &[&'a Value], index: usize) -> Option<&'a str> {
    params.get(index)?.as_str()
}

fn whole(params: &[&Value], index: usize) -> Option<u64> {
    params.get(index)?.as_u64()
}

fn date(params: &[&Value]) -> Option<NaiveDate> {
    text(params, 0)?.parse().ok()
}

fn strings(params: &[&Value]) -> Option<Vec<String>> {
    let items = params.first()?.as_array()?.iter();
    items.map(|item| item.as_str().map(str::to_owned)).collect()
}

fn field<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str()
}

/// "Vice Segretario Vicario, in sostituzione, decreto n. 3": title and, for substitutes, the power.
fn office(person: &Value) -> Option<String> {
    let title = field(person, "title")?;
    Some(match field(person, "power") {
        Some(power) => format!("{title}, {power}"),
        None => title.to_owned(),
    })
}

/// "Anna Scavuzzo (Vicesindaca)": a person within a list.
fn brief(person: &Value) -> Option<String> {
    let (name, title) = (field(person, "name")?, field(person, "title")?);
    Some(if title.is_empty() { name.to_owned() } else { format!("{name} ({title})") })
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |c| c.to_uppercase().chain(characters).collect())
}

/// A user's Markdown, in which no line can open or close a directive.
fn fenceless(text: &str) -> String {
    let line = |line: &str| {
        if line.trim_start().starts_with(":::") {
            format!("\\{}", line.trim_start())
        } else {
            line.to_owned()
        }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Numbered points, each with all its lines under its own number.
fn points(points: &[String]) -> String {
    let point = |(index, text): (usize, &String)| {
        let number = format!("{}. ", index + 1);
        let indent = " ".repeat(number.len());
        let text = fenceless(text);
        let mut lines = text.lines();
        let first = lines.next().unwrap_or_default();
        let rest = lines.map(|line| {
            if line.trim().is_empty() { "\n".to_owned() } else { format!("\n{indent}{line}") }
        });
        format!("{number}{first}{}", rest.collect::<String>())
    };
    points.iter().enumerate().map(point).collect::<Vec<_>>().join("\n\n")
}

/// Words of a comparison: those that changed are bold; the bold of the text itself is not shown.
fn runs(runs: &Value) -> Option<String> {
    let run = |run: &Value| {
        let text = escape(&field(run, "text")?.replace("**", ""));
        Some(if run.get("changed")?.as_bool()? { format!("**{text}**") } else { text })
    };
    let runs: Option<Vec<String>> = runs.as_array()?.iter().map(run).collect();
    Some(runs?.join(" "))
}
