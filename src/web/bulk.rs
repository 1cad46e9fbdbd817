// SPDX-License-Identifier: AGPL-3.0-or-later
//! Several gestures of the desk together: favourable opinions and signatures. Every document is
//! composed and can be read before; then all are signed in one gesture, with one PIN or code, and each
//! says how it went.

use super::actions::{Place, place_of};
use super::error::WebError;
use super::forms::Input;
use super::page::Page;
use super::signing::activation;
use super::visitor::Visitor;
use super::{App, Shared};
use crate::domain::case::CaseCommand;
use crate::domain::command::Command;
use crate::domain::offers;
use crate::domain::refusal::Refusal;
use crate::domain::stream::StreamId;
use crate::domain::visibility::may_read;
use crate::domain::words;
use crate::service::signing::Shown;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

/// Documents composed for one page: each takes a second or two.
const MOST: usize = 20;

/// One of the things chosen.
#[derive(Debug, Default, Serialize)]
struct Row {
    subject: String,
    what: String,
    href: String,
    /// The document ready to be signed.
    id: String,
    sha256: String,
    /// Signed.
    done: bool,
    refusal: Option<Refusal>,
}

/// Before: what is about to be signed. After: how each went.
#[derive(Debug, Serialize)]
struct BulkPage {
    rows: Vec<Row>,
    ready: usize,
    finished: bool,
    /// Some of those that failed can be tried again.
    again: bool,
    opinions: bool,
    refusal: Option<Refusal>,
    /// What the key of this person asks for, once for all.
    pin: bool,
    code: bool,
    /// What became of the code that was asked for.
    said: Option<&'static str>,
}

impl Page for BulkPage {
    const TEMPLATE: &'static str = "insieme";

    fn title(&self) -> String {
        if self.finished { "Esito delle firme".into() } else { "Firmare insieme".into() }
    }
}

/// What of a desk can be done with others: what ends with one signature and needs no words.
pub fn together(stream: &str, what: &str, about: &str) -> Option<String> {
    let case = stream.strip_prefix("case/")?;
    ["opinion", "sign"].contains(&what).then(|| format!("{case}|{what}|{about}"))
}

/// The commands of a thing chosen that this person may give now.
async fn commands(
    app: &App,
    visitor: &Visitor,
    chosen: &str,
) -> Result<(String, Vec<Command>, Option<Refusal>), WebError> {
    let mut parts = chosen.splitn(3, '|');
    let (case, what, about) = (parts.next(), parts.next(), parts.next().unwrap_or_default());
    let (Some(id), Some(what)) = (case, what) else { return Err(WebError::NotFound) };
    let world = app.office.executor.world(&[StreamId::case(id)]).await?;
    let case = world.case(id)?;
    may_read(&world.registry, visitor.id(), case, visitor.today)?;
    let fits = |offer: &offers::Offer| match &offer.command {
        CaseCommand::GiveOpinion { .. } => what == "opinion",
        CaseCommand::Sign { paper_key, .. } => what == "sign" && paper_key == about,
        _ => false,
    };
    let offered = offers::of_case(&world, case, visitor.today).into_iter().filter(fits);
    let asked: Vec<Command> =
        offered.map(|offer| Command::Case { id: id.to_owned(), command: offer.command }).collect();
    let answers = app.office.executor.foresee(visitor.id(), &asked).await?;
    let told = answers.iter().flatten().next().cloned();
    let open = asked.into_iter().zip(answers).filter(|(_, answer)| answer.is_none());
    let open: Vec<Command> = open.map(|(command, _)| command).collect();
    let refusal = open.is_empty().then(|| {
        let text = "In questo momento non attende la sua firma";
        told.unwrap_or_else(|| Refusal::new("not_offered", "R13", "", text))
    });
    Ok((case.content.subject.clone(), open, refusal))
}

/// Composes the documents of what was chosen and shows them.
pub async fn prepare(
    State(app): State<Shared>,
    visitor: Visitor,
    input: Input,
) -> Result<Response, WebError> {
    let mut chosen = input.all("voce");
    chosen.dedup();
    let mut rows: Vec<Row> = Vec::new();
    for voice in chosen.iter().take(MOST) {
        let (subject, commands, refusal) = match commands(&app, &visitor, voice).await {
            Ok(found) => found,
            Err(error) => (String::new(), Vec::new(), Some(error.refusal()?)),
        };
        let href = Place::Case(voice.split('|').next().unwrap_or_default().to_owned()).href();
        if let Some(refusal) = refusal {
            let refusal = Some(refusal);
            rows.push(Row { subject, href, refusal, ..Row::default() });
            continue;
        }
        for command in commands {
            let (subject, href) = (subject.clone(), href.clone());
            rows.push(
                composed(&app, &visitor, &command, Row { subject, href, ..Row::default() }).await?,
            );
        }
    }
    let refusal = match chosen.len() {
        0 => Some(
            Refusal::new("nothing_chosen", "", "", "Non è stato scelto nulla")
                .next("Tornare alla scrivania e spuntare le righe da firmare"),
        ),
        n if n > MOST => Some(
            Refusal::new("too_many", "", "", format!("Ne sono state prese le prime {MOST} di {n}"))
                .next("Ripetere per le altre dopo avere firmato queste"),
        ),
        _ => None,
    };
    let ready = rows.iter().filter(|row| !row.id.is_empty()).count();
    let asks = app.office.asks(visitor.id()).await?;
    let opinions = chosen.iter().any(|voice| voice.contains("|opinion|"));
    app.show(
        &visitor,
        &BulkPage {
            rows,
            ready,
            finished: false,
            again: false,
            opinions,
            refusal,
            pin: asks.pin,
            code: asks.code,
            said: None,
        },
    )
}

async fn composed(
    app: &App,
    visitor: &Visitor,
    command: &Command,
    row: Row,
) -> Result<Row, WebError> {
    match app.office.show(visitor.id(), command).await.map_err(WebError::from) {
        Ok(Some(id)) => {
            let shown = app.office.shown(visitor.id(), &id).await?;
            let what = words::paper(shown.to_sign.kind).to_owned();
            Ok(Row { id, what, sha256: shown.sha256, ..row })
        }
        Ok(None) => Ok(row),
        Err(error) => Ok(Row { refusal: Some(error.refusal()?), ..row }),
    }
}

/// Signs them in one gesture. One that fails stops no other, and can be tried again from the answer.
pub async fn sign(
    State(app): State<Shared>,
    visitor: Visitor,
    input: Input,
) -> Result<Response, WebError> {
    let opinions = input.ticked("serve-dichiarazione");
    if opinions && !input.ticked("conflitto") {
        let text = "Manca la dichiarazione di assenza di conflitto di interessi";
        let refusal =
            Refusal::new("conflict_declaration_missing", "R1.10", "art. 6-bis L. 241/1990", text)
                .next("Tornare indietro, spuntare la dichiarazione e ripetere");
        return Err(WebError::Refused(StatusCode::UNPROCESSABLE_ENTITY, refusal));
    }
    let (mut rows, mut shown) = (Vec::new(), Vec::new());
    for id in input.all("documento").into_iter().take(MOST) {
        match app.office.shown(visitor.id(), id).await.map_err(WebError::from) {
            Ok(document) => {
                rows.push(row_of(&app, &document).await?);
                shown.push(document);
            }
            Err(error) => rows.push(Row { refusal: Some(error.refusal()?), ..Row::default() }),
        }
    }
    let signed = app.office.sign_all_shown(visitor.id(), shown, &activation(&input)).await;
    let ready = rows.iter_mut().filter(|row| !row.id.is_empty());
    for (row, outcome) in ready.zip(signed) {
        match outcome.map_err(WebError::from) {
            Ok(_) => row.done = true,
            Err(error) => row.refusal = Some(error.refusal()?),
        }
    }
    let ready = rows.iter().filter(|row| row.done).count();
    let asks = app.office.asks(visitor.id()).await?;
    app.show(
        &visitor,
        &BulkPage {
            again: rows.iter().any(|row| !row.done && !row.id.is_empty()),
            rows,
            ready,
            finished: true,
            opinions,
            refusal: None,
            pin: asks.pin,
            code: asks.code,
            said: None,
        },
    )
}

/// Has the remote service send its one-time code, once for all that is about to be signed.
pub async fn send_code(
    State(app): State<Shared>,
    visitor: Visitor,
    input: Input,
) -> Result<Response, WebError> {
    let mut rows = Vec::new();
    for id in input.all("documento").into_iter().take(MOST) {
        let shown = app.office.shown(visitor.id(), id).await?;
        rows.push(row_of(&app, &shown).await?);
    }
    let sent = app.office.send_code(visitor.id()).await?;
    let asks = app.office.asks(visitor.id()).await?;
    let page = BulkPage {
        ready: rows.len(),
        rows,
        finished: false,
        again: false,
        opinions: input.ticked("serve-dichiarazione"),
        refusal: None,
        pin: asks.pin,
        code: asks.code,
        said: Some(crate::web::signing::code_sent(sent)),
    };
    app.show(&visitor, &page)
}

/// A document of the gesture, before it is signed.
async fn row_of(app: &App, shown: &Shown) -> Result<Row, WebError> {
    let place = place_of(&shown.command);
    Ok(Row {
        id: shown.id.clone(),
        subject: place.subject(app).await?,
        href: place.href(),
        what: words::paper(shown.to_sign.kind).to_owned(),
        sha256: shown.sha256.clone(),
        ..Row::default()
    })
}
