// SPDX-License-Identifier: AGPL-3.0-or-later
//! What goes wrong becomes a page in Italian with a reference number; never a stack, never a blank.

use super::albo::Open;
use super::page::Page;
use super::visitor::Visitor;
use super::{App, Shared};
use crate::domain::refusal::Refusal;
use crate::service::accounts::AccountError;
use crate::service::execute::ExecuteError;
use crate::service::paper::PaperError;
use crate::store::StoreError;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::fmt::Display;

/// Why there is no page.
#[derive(Debug, Clone)]
pub enum WebError {
    /// The rules say no.
    Refused(StatusCode, Refusal),
    /// There is no such page or thing.
    NotFound,
    /// Something failed here; the reason is for the log only.
    Internal(String),
    /// The database does not answer: worth trying again.
    Unavailable(String),
}

/// What is said of a failure that a person can do something about.
pub struct Said {
    /// Stable code.
    pub code: &'static str,
    /// What it is.
    pub heading: &'static str,
    /// What happened.
    pub text: &'static str,
    /// What to do.
    pub next: &'static str,
}

/// The disk of the database is full.
pub static NO_ROOM: Said = Said {
    code: "no_room",
    heading: "Spazio esaurito",
    text: "Il disco dell'archivio è pieno o guasto: nulla è stato registrato",
    next: "Avvisare chi gestisce il sistema; quando c'è di nuovo spazio, ripetere",
};

/// The database fell silent while it was recording.
pub static OUTCOME_UNKNOWN: Said = Said {
    code: "outcome_unknown",
    heading: "Esito da verificare",
    text: "L'archivio ha smesso di rispondere durante la registrazione: \
           l'operazione può essere riuscita oppure no",
    next: "Fra qualche istante rileggere la pagina di partenza: ripetere solo se \
           l'operazione non vi risulta",
};

impl WebError {
    /// A failure of ours, with its place.
    pub fn internal(place: &str, error: impl Display) -> Self {
        Self::Internal(format!("{place}: {error}"))
    }

    fn of_store(status: StatusCode, said: &Said) -> Self {
        let refusal = Refusal::new(said.code, "", "", said.text);
        Self::Refused(status, refusal.next(said.next))
    }

    /// The refusal inside, when the rules said no.
    pub fn refusal(self) -> Result<Refusal, Self> {
        match self {
            Self::Refused(_, refusal) => Ok(refusal),
            other => Err(other),
        }
    }
}

impl From<Refusal> for WebError {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal.code.as_str() {
            "unknown_case" | "unknown_sitting" => return Self::NotFound,
            "moved_meanwhile" | "paper_outdated" | "paper_moved" => StatusCode::CONFLICT,
            "not_yours_to_read" | "reserved_attachment" => StatusCode::FORBIDDEN,
            "only_system" | "scope_missing" => StatusCode::FORBIDDEN,
            "pending_unknown" => StatusCode::NOT_FOUND,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self::Refused(status, refusal)
    }
}

impl From<StoreError> for WebError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) | StoreError::Busy | StoreError::Closed => {
                Self::Unavailable(error.to_string())
            }
            StoreError::NoRoom(cause) => {
                tracing::error!(%cause, "the disk of the database takes no more");
                Self::of_store(StatusCode::INSUFFICIENT_STORAGE, &NO_ROOM)
            }
            // The writer has said it, with how many commands.
            StoreError::InDoubt(_) => {
                Self::of_store(StatusCode::SERVICE_UNAVAILABLE, &OUTCOME_UNKNOWN)
            }
            error => Self::internal("store", error),
        }
    }
}

impl From<ExecuteError> for WebError {
    fn from(error: ExecuteError) -> Self {
        match error {
            ExecuteError::Refused(refusal) => refusal.into(),
            ExecuteError::Store(error) => error.into(),
            error => Self::internal("execute", error),
        }
    }
}

impl From<PaperError> for WebError {
    fn from(error: PaperError) -> Self {
        match error {
            PaperError::Refused(refusal) => refusal.into(),
            PaperError::Execute(error) => error.into(),
            PaperError::Store(error) => error.into(),
            // What the text contains and cannot be printed: the person can mend it.
            PaperError::Document(error) => {
                Refusal::new("document_refused", "R9.9", "", error.to_string()).into()
            }
            error => Self::internal("paper", error),
        }
    }
}

impl From<AccountError> for WebError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Refused(refusal) => refusal.into(),
            AccountError::Store(error) => error.into(),
            error => Self::internal("accounts", error),
        }
    }
}

impl IntoResponse for WebError {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Refused(status, _) => *status,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// A page that does not exist.
pub async fn not_found() -> WebError {
    WebError::NotFound
}

/// The page of an error.
#[derive(Serialize)]
struct ErrorPage {
    heading: String,
    text: String,
    next: String,
    article: String,
    reference: String,
    status: u16,
}

impl Page for ErrorPage {
    const TEMPLATE: &'static str = "errore";

    fn title(&self) -> String {
        self.heading.clone()
    }
}

/// Gives every answer that is an error its page. What an inner layer refused without words (size,
/// time, origin) gets them here.
pub async fn pages(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let reference = super::layers::reference(request.extensions());
    let visitor_of_request = request.extensions().get::<Visitor>().cloned();
    let response = next.run(request).await;
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let error = response.extensions().get::<WebError>().cloned();
    if error.is_none() && response.headers().contains_key(axum::http::header::CONTENT_TYPE) {
        let text = response.headers().get(axum::http::header::CONTENT_TYPE);
        if text.is_some_and(|t| t.as_bytes().starts_with(b"text/html")) {
            return response;
        }
    }
    if let Some(WebError::Internal(reason) | WebError::Unavailable(reason)) = &error {
        tracing::error!(reference, reason, "request failed");
    }
    let visitor = response.extensions().get::<Visitor>().cloned().or(visitor_of_request);
    let frame = match response.extensions().get::<Open>() {
        Some(Open) => Frame::Public(comune(&app).await),
        None => Frame::Work(visitor),
    };
    page_of(&app, status, error, &frame, reference)
}

/// What stands around the page of an error.
enum Frame {
    /// The work, of somebody or of nobody yet.
    Work(Option<Visitor>),
    /// The public pages of a Comune.
    Public(String),
}

/// Name of the Comune, if it can be read.
async fn comune(app: &App) -> String {
    let world = app.office.executor.world(&[]).await;
    world.map(|world| world.registry.comune.name.clone()).unwrap_or_default()
}

fn page_of(
    app: &App,
    status: StatusCode,
    error: Option<WebError>,
    frame: &Frame,
    reference: String,
) -> Response {
    let (heading, text, mut next) = words(status);
    if let (Frame::Public(_), 403 | 404) = (frame, status.as_u16()) {
        next = "Controllare l'indirizzo o tornare all'elenco dell'Albo pretorio.";
    }
    let mut page = ErrorPage {
        heading: heading.into(),
        text: text.into(),
        next: next.into(),
        article: String::new(),
        reference,
        status: status.as_u16(),
    };
    if let Some(WebError::Refused(_, refusal)) = error {
        let found = [&NO_ROOM, &OUTCOME_UNKNOWN].into_iter().find(|said| said.code == refusal.code);
        page.heading = found.map_or("Operazione non consentita", |said| said.heading).into();
        page.text = refusal.text;
        page.next = refusal.next;
        page.article = refusal.article;
    }
    let made = match frame {
        Frame::Work(visitor) => app.render(status, visitor.as_ref(), &page),
        Frame::Public(comune) => app.public(status, comune, &page),
    };
    match made {
        Ok(mut response) => {
            if status == StatusCode::SERVICE_UNAVAILABLE || status == StatusCode::TOO_MANY_REQUESTS
            {
                let wait = axum::http::HeaderValue::from_static("60");
                response.headers_mut().insert(axum::http::header::RETRY_AFTER, wait);
            }
            response
        }
        // The template of errors itself is broken: plain words are better than none.
        Err(_) => (status, format!("{heading}. {text}")).into_response(),
    }
}

fn words(status: StatusCode) -> (&'static str, &'static str, &'static str) {
    match status.as_u16() {
        401 => ("Accesso richiesto", "La sessione è scaduta.", "Accedere di nuovo e ripetere."),
        403 => (
            "Operazione non consentita",
            "La richiesta non viene da una pagina di questo sito, oppure manca il permesso.",
            "Tornare alla scrivania e ripetere da lì.",
        ),
        404 => (
            "Pagina non trovata",
            "L'indirizzo non corrisponde a nessuna pagina, o il documento non esiste.",
            "Controllare l'indirizzo o tornare alla scrivania.",
        ),
        405 => ("Pagina non trovata", "Questo indirizzo non si apre così.", "Tornare indietro."),
        408 => ("Tempo scaduto", "La richiesta ha impiegato troppo tempo.", "Ripetere."),
        413 => (
            "Contenuto troppo grande",
            "Quanto inviato supera la dimensione massima.",
            "Ridurre il file o dividere il testo.",
        ),
        429 => (
            "Troppi tentativi",
            "Da questo indirizzo sono arrivate troppe richieste in poco tempo.",
            "Attendere un minuto e ripetere.",
        ),
        503 => (
            "Archivio non raggiungibile",
            "L'archivio non risponde: nulla è stato registrato.",
            "Ripetere fra qualche istante.",
        ),
        400..=499 => (
            "Richiesta non valida",
            "Quanto inviato non si può leggere.",
            "Tornare indietro, controllare i campi e ripetere.",
        ),
        _ => (
            "Errore del sistema",
            "Si è verificato un errore: nulla è stato registrato.",
            "Ripetere; se continua, comunicare il numero di riferimento all'assistenza.",
        ),
    }
}
