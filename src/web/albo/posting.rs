// SPDX-License-Identifier: AGPL-3.0-or-later
//! One posting: what it shows while it lasts, the stone that stays in its place afterwards.

use super::{act, until};
use crate::domain::albo::{self, Found, Standing};
use crate::domain::case::{Case, effective_on};
use crate::domain::law::calendar::{Preposition, rome_date, rome_time};
use crate::domain::papers::words::clause;
use crate::domain::privacy::omit;
use crate::domain::regulation::tokens::AlboHistory;
use crate::domain::rows::PostingRow;
use crate::domain::stream::StreamId;
use crate::domain::workflow::Workflow;
use crate::domain::world::World;
use crate::web::Shared;
use crate::web::case::size;
use crate::web::error::WebError;
use crate::web::lines::Datum;
use crate::web::page::{Link, Page};
use crate::web::signing;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A file one may read.
#[derive(Debug, Serialize)]
struct FileLine {
    href: String,
    title: String,
    sha256: String,
    size: String,
}

/// The page of a posting.
#[derive(Debug, Serialize)]
struct PostingPage {
    /// `shown`, `ended`, `annulled`, `elsewhere`.
    state: &'static str,
    number: String,
    /// What may be said of the act; empty when nothing may.
    subject: String,
    data: Vec<Datum>,
    files: Vec<FileLine>,
    /// What happened to the posting.
    history: Vec<String>,
    /// The posting that repeats an annulled one.
    repeated: Option<Link>,
    email: String,
    official_url: Option<String>,
}

impl Page for PostingPage {
    const TEMPLATE: &'static str = "pubblicazione";
    const SECTION: &'static str = "albo";

    fn title(&self) -> String {
        format!("Pubblicazione n. {}", self.number)
    }

    fn trail(&self) -> Vec<Link> {
        vec![Link::new("/albo", "Albo pretorio")]
    }
}

/// A posting with its act, as the page needs them.
struct Wanted {
    world: World,
    case: Case,
    workflow: Arc<Workflow>,
    row: PostingRow,
    now: DateTime<Utc>,
}

impl Wanted {
    async fn read(app: &Shared, year: i32, number: i64) -> Result<Self, WebError> {
        let executor = &app.office.executor;
        let row = executor.store.posting(year, number).await?.ok_or(WebError::NotFound)?;
        let world = executor.world(&[StreamId::case(&row.case_id)]).await?;
        let case = world.case(&row.case_id)?.clone();
        let workflow = world.workflow(&case)?;
        Ok(Self { world, case, workflow, row, now: app.now() })
    }

    fn found(&self) -> Result<Found<'_>, WebError> {
        let year = i32::try_from(self.row.year).map_err(|_| WebError::NotFound)?;
        albo::find(&self.case, year, self.row.number).ok_or(WebError::NotFound)
    }

    /// What of an ended posting may still be said (R6.8).
    fn history_says_all(&self) -> bool {
        let regulation = self.world.regulation(rome_date(self.now));
        regulation.is_ok_and(|r| r.albo_history == AlboHistory::NumberAndObject)
    }

    /// Words of an operator that everybody reads leave out what was withheld.
    fn said(&self, text: &str) -> String {
        clause(&omit(text, &self.case.omissions))
    }

    fn data(&self, found: &Found<'_>) -> Vec<Datum> {
        let (posting, last) = (found.posting, found.terms.last_day);
        let offices = self.case.content.offices.iter();
        let offices: Vec<String> =
            offices.map(|office| self.world.registry.office_name(office)).collect();
        let shown = rome_date(posting.shown_from());
        let at = rome_time(posting.shown_from()).format("%H:%M");
        let mut data = vec![
            Datum { term: "Atto", text: act(&self.row) },
            match &self.case.content.request {
                Some(request) => Datum { term: "Ente richiedente", text: request.body.clone() },
                None => Datum { term: "Ufficio proponente", text: offices.join(", ") },
            },
            Datum {
                term: "Esposto",
                text: format!("{}, ore {at}", Preposition::From.short(shown)),
            },
            Datum {
                term: "Pubblicazione",
                text: format!("{} {}", Preposition::From.short(posting.day), until(last)),
            },
        ];
        if let Some(request) = &self.case.content.request {
            let on = request.on.map(|on| format!(" {}", Preposition::Of.short(on)));
            let text = format!("prot. n. {}{}", request.protocollo, on.unwrap_or_default());
            data.push(Datum { term: "Richiesta", text });
            let kind = self.case.content.act_type.clone();
            data.extend((!kind.is_empty()).then_some(Datum { term: "Tipo", text: kind }));
        }
        if self.case.is_immediate() {
            let text = "dichiarata immediatamente eseguibile (art. 134, c. 4, TUEL)".into();
            data.push(Datum { term: "Eseguibilità", text });
        }
        if let Some(on) = effective_on(&self.case).filter(|_| self.case.is_adopted()) {
            let text = format!("{} (art. 134, c. 3, TUEL)", Preposition::From.short(on));
            data.push(Datum { term: "Esecutività", text });
        }
        if self.case.treatment.is_some() && !self.case.is_adopted() {
            data.push(Datum { term: "Esito", text: "proposta non approvata".into() });
        }
        data
    }

    /// What happened to a posting, in order.
    fn happened(&self, found: &Found<'_>) -> Vec<String> {
        let posting = found.posting;
        let named = (posting.year, posting.number);
        let mut lines = Vec::new();
        if let Some(why) = &posting.repeats {
            lines.push(format!("Ripete una pubblicazione annullata: {}.", self.said(why)));
        }
        for (day, hours) in self.case.outages_of(posting) {
            let day = Preposition::On.short(*day);
            lines.push(format!(
                "Disservizio attestato: {day} l'atto è rimasto consultabile per {hours} ore."
            ));
        }
        for replaced in self.case.replaced.iter().filter(|r| r.posting == named) {
            let on = Preposition::On.short(rome_date(replaced.at));
            let why = self.said(&replaced.reason);
            lines.push(format!(
                "Il testo esposto è stato sostituito {on}, con il computo che continua: {why}."
            ));
        }
        if let Some(why) = found.annulled {
            lines.push(format!("La pubblicazione è stata annullata: {}.", self.said(why)));
        }
        lines
    }

    /// The posting that took the place of an annulled one, if there is one.
    fn repeated(&self, found: &Found<'_>) -> Option<Link> {
        found.annulled?;
        let later = self.case.posting.as_ref()?;
        let number = format!("{}/{}", later.number, later.year);
        let href = format!("/albo/{}/{}", later.year, later.number);
        Some(Link::new(href, format!("pubblicazione n. {number}")))
    }

    async fn files(&self, app: &Shared, found: &Found<'_>) -> Result<Vec<FileLine>, WebError> {
        let posting = found.posting;
        let mut lines = Vec::new();
        for file in albo::files(&self.case, &self.workflow, posting) {
            let bytes = app.office.executor.store.document_size(&file.sha256).await?;
            lines.push(FileLine {
                href: format!("/albo/{}/{}/{}", posting.year, posting.number, file.sha256),
                title: file.title,
                sha256: file.sha256,
                size: size(u64::try_from(bytes.unwrap_or_default()).unwrap_or_default()),
            });
        }
        Ok(lines)
    }
}

/// The page of a posting while it lasts; afterwards what the law lets stay of it, and 410.
///
/// # Errors
/// 404 for a number nobody took, or before its posting begins.
pub async fn show(
    State(app): State<Shared>,
    Path((year, number)): Path<(i32, i64)>,
) -> Result<Response, WebError> {
    let wanted = Wanted::read(&app, year, number).await?;
    let comune = &wanted.world.registry.comune;
    let (status, page) = page(&app, &wanted).await?;
    app.public(status, &comune.name, &page)
}

async fn page(app: &Shared, wanted: &Wanted) -> Result<(StatusCode, PostingPage), WebError> {
    let found = wanted.found()?;
    let standing = found.standing(wanted.now);
    let today = rome_date(wanted.now);
    let mut page = PostingPage {
        state: "shown",
        number: format!("{}/{}", found.posting.number, found.posting.year),
        subject: String::new(),
        data: Vec::new(),
        files: Vec::new(),
        history: Vec::new(),
        repeated: None,
        email: wanted.world.registry.comune.email.clone(),
        official_url: None,
    };
    // Until the day it would have ended, an annulled posting is a note of the Albo (R6.6).
    let noted = standing == Standing::Annulled && today < found.terms.off_on;
    if standing == Standing::Shown || noted || wanted.history_says_all() {
        page.subject.clone_from(&wanted.row.subject);
        page.data = wanted.data(&found);
        page.history = wanted.happened(&found);
    }
    let status = match standing {
        Standing::Ahead => return Err(WebError::NotFound),
        Standing::Shown => {
            page.files = wanted.files(app, &found).await?;
            StatusCode::OK
        }
        Standing::Ended => {
            page.state = "ended";
            StatusCode::GONE
        }
        Standing::Annulled => {
            page.state = "annulled";
            page.repeated = wanted.repeated(&found);
            StatusCode::GONE
        }
        Standing::Elsewhere => {
            page = PostingPage {
                state: "elsewhere",
                subject: String::new(),
                data: Vec::new(),
                history: Vec::new(),
                official_url: app.settings.albo.official_url.clone(),
                ..page
            };
            StatusCode::NOT_FOUND
        }
    };
    Ok((status, page))
}

/// To be saved rather than shown.
#[derive(Debug, Default, Deserialize)]
pub struct How {
    #[serde(default)]
    scarica: Option<String>,
}

/// A file of a posting, by the digest of its bytes, while the posting lasts.
///
/// # Errors
/// 404 for a file that is not one of this posting's; after the term, the page that stays, with 410.
pub async fn file(
    State(app): State<Shared>,
    Path((year, number, sha256)): Path<(i32, i64, String)>,
    Query(how): Query<How>,
) -> Result<Response, WebError> {
    let wanted = Wanted::read(&app, year, number).await?;
    let found = wanted.found()?;
    if found.standing(wanted.now) != Standing::Shown {
        let (status, page) = page(&app, &wanted).await?;
        return app.public(status, &wanted.world.registry.comune.name, &page);
    }
    let files = albo::files(&wanted.case, &wanted.workflow, found.posting);
    let file = files.into_iter().find(|f| f.sha256 == sha256).ok_or(WebError::NotFound)?;
    let document = app.office.executor.store.document(&sha256).await?.ok_or(WebError::NotFound)?;
    let inline = how.scarica.is_none();
    Ok(signing::file(document.bytes, &file.media_type, &file.name, inline))
}
