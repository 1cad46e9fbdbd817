// SPDX-License-Identifier: AGPL-3.0-or-later
//! «Ricerca»: acts by the words of their object and text, by number, by office.
//!
//! Who may read what is part of the question put to the index, and is asked of the act itself again
//! before anything of it is shown: an index may be a second behind.

use super::error::WebError;
use super::forms::{Input, encode};
use super::page::Page;
use super::visitor::Visitor;
use super::{App, Shared};
use crate::domain::case::{Case, efficacy};
use crate::domain::effects::token;
use crate::domain::law::calendar::date_short;
use crate::domain::search::{Clause, Piece, Question, Scope, excerpt, number_word, readable_by};
use crate::domain::stream::StreamId;
use crate::domain::visibility::may_read;
use crate::domain::words;
use crate::domain::world::World;
use crate::store::Found;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde::Serialize;

/// Acts of one page.
const ACTS: i64 = 20;
/// Words of an excerpt.
const WORDS: usize = 45;

/// One act found.
#[derive(Debug, Serialize)]
struct Line {
    href: String,
    number: String,
    kind: String,
    subject: Vec<Piece>,
    excerpt: Vec<Piece>,
    office: String,
    date: String,
    state: String,
    token: String,
    efficacy: String,
}

#[derive(Debug, Serialize)]
struct SearchPage {
    words: String,
    /// Acts that bear the number asked for.
    numbered: Vec<Line>,
    lines: Vec<Line>,
    /// Something was asked.
    asked: bool,
    /// Nothing that was typed says anything.
    empty: bool,
    next: Option<String>,
    first: Option<String>,
}

impl Page for SearchPage {
    const TEMPLATE: &'static str = "ricerca";

    fn title(&self) -> String {
        if self.asked { format!("Ricerca: {}", self.words) } else { "Ricerca".into() }
    }
}

/// Shows what was found.
pub async fn show(
    State(app): State<Shared>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Result<Response, WebError> {
    let input = Input::parse(&query.unwrap_or_default());
    let typed = input.get("parole").to_owned();
    let before: Option<i64> = input.get("da").parse().ok();
    let asked = !typed.is_empty();
    let mut page = SearchPage {
        words: typed.clone(),
        numbered: Vec::new(),
        lines: Vec::new(),
        asked,
        empty: false,
        next: None,
        first: before.map(|_| format!("/ricerca?{}", encode(&[("parole", &typed)]))),
    };
    match Question::parse(&typed) {
        Some(question) => answer(&app, &visitor, &question, before, &mut page).await?,
        None => page.empty = asked,
    }
    app.show(&visitor, &page)
}

async fn answer(
    app: &App,
    visitor: &Visitor,
    question: &Question,
    before: Option<i64>,
    page: &mut SearchPage,
) -> Result<(), WebError> {
    let store = &app.office.executor.store;
    let readable = readable_by(&visitor.registry, visitor.id(), visitor.today);
    let mut numbered = Vec::new();
    if let (Some((number, year)), None) = (question.number(), before) {
        let word = Clause::Word(number_word(number, year));
        let clause = Clause::All(vec![word, readable.clone()]);
        numbered = store.find_acts(&clause, None, ACTS).await?;
        page.numbered = lines(app, visitor, question, &numbered).await?;
    }
    let clause = Clause::All(vec![question.clause(Scope::Everything), readable]);
    let mut found = store.find_acts(&clause, before, ACTS + 1).await?;
    let more = found.len() as i64 > ACTS;
    found.truncate(usize::try_from(ACTS).unwrap_or(usize::MAX));
    let last = found.last().map(|found| found.n.to_string());
    page.next = last.filter(|_| more).map(|n| {
        let query = encode(&[("parole", page.words.as_str()), ("da", n.as_str())]);
        format!("/ricerca?{query}")
    });
    found.retain(|act| !numbered.contains(act));
    page.lines = lines(app, visitor, question, &found).await?;
    Ok(())
}

/// The acts found that the person may read now, in their order.
async fn lines(
    app: &App,
    visitor: &Visitor,
    question: &Question,
    found: &[Found],
) -> Result<Vec<Line>, WebError> {
    let streams: Vec<StreamId> = found.iter().map(|act| StreamId::case(&act.case_id)).collect();
    let (_, world) = app.office.executor.folded(&streams).await?;
    let cases = found.iter().filter_map(|act| world.cases.get(&act.case_id));
    let cases =
        cases.filter(|case| may_read(&visitor.registry, visitor.id(), case, visitor.today).is_ok());
    Ok(cases.map(|case| line(&world, case, visitor, question)).collect())
}

fn line(world: &World, case: &Case, visitor: &Visitor, question: &Question) -> Line {
    let workflow = world.workflow(case).ok();
    let numbered = |what: &str, register: Option<&str>| {
        let number = case.number(register?)?;
        Some(format!("{what} n. {}/{}", number.number, number.year))
    };
    let proposal = workflow.as_ref().map(|w| w.proposal_register.as_str());
    let act = workflow.as_ref().and_then(|w| w.act_register());
    let number = numbered("Deliberazione", act).or_else(|| numbered("Proposta", proposal));
    let content = &case.content;
    let text = format!("{}\n{}\n{}", content.text, content.decision.join("\n"), content.summary);
    let adopted = case.treatment.as_ref().filter(|_| case.is_adopted()).map(|t| t.date);
    let submitted = case.versions.first().map(|v| crate::domain::law::calendar::rome_date(v.at));
    let state = workflow.as_ref().map(|w| token(&case.lifecycle(w, visitor.today)));
    let state = state.unwrap_or_default();
    let effect = token(&efficacy(case, visitor.today).0);
    Line {
        href: format!("/fascicoli/{}", case.id),
        number: number.unwrap_or_else(|| "Bozza".into()),
        kind: workflow.as_ref().map(|w| w.title.clone()).unwrap_or_default(),
        subject: excerpt(&content.subject, question, usize::MAX / 2),
        excerpt: excerpt(&text, question, WORDS),
        office: world.registry.office_name(content.lead_office()),
        date: match (adopted, submitted) {
            (Some(day), _) => format!("adottata il {}", date_short(day)),
            (None, Some(day)) => format!("presentata il {}", date_short(day)),
            (None, None) => String::new(),
        },
        efficacy: match effect.as_str() {
            "none" => String::new(),
            effect => words::efficacy(effect).to_owned(),
        },
        state: words::lifecycle(&state).to_owned(),
        token: state,
    }
}
