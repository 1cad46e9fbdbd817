// SPDX-License-Identifier: AGPL-3.0-or-later
//! What goes wrong over the API: `application/problem+json` (RFC 9457) for every status, with the
//! same code, rule, article and words that a page shows. Never a stack, never an empty body.

use crate::domain::refusal::Refusal;
use crate::web::Shared;
use crate::web::error::{NO_ROOM, OUTCOME_UNKNOWN, Said, WebError};
use crate::web::layers::reference;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// Media type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";
/// Seconds after which it is worth asking again when the database does not answer.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

/// Why a request was not done.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// Address of the page about the code.
    #[serde(rename = "type")]
    #[schema(format = "uri-reference", example = "/api/v1/problems/missing_opinion")]
    kind: String,
    /// What kind of problem it is.
    #[schema(example = "Richiesta non ammessa")]
    title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 100, maximum = 599, example = 422)]
    status: u16,
    /// What is wrong this time.
    #[schema(example = "Manca il parere di regolarità contabile")]
    detail: String,
    /// The address that was asked.
    #[schema(format = "uri-reference", example = "/api/v1/cases/verde/commands")]
    instance: String,
    /// Stable code.
    #[schema(example = "missing_opinion")]
    code: String,
    /// Rule of the rulebook; empty where none is involved.
    #[schema(example = "R1.9")]
    rule: String,
    /// Article of law; empty where none is involved.
    #[schema(example = "art. 49, c. 1, TUEL")]
    article: String,
    /// What to do next.
    #[schema(example = "Chiedere il parere alla Ragioneria")]
    next: String,
    /// To be given to the support: it finds the line of the log.
    #[schema(example = "1F0C3A9B")]
    reference: String,
}

/// Status, code, title, text and next step of a refusal that comes without its own words; 0 is any
/// other of the caller, 500 any other of ours.
struct Words(u16, &'static str, &'static str, &'static str, &'static str);

static WORDS: [Words; 14] = [
    Words(
        400,
        "request_unreadable",
        "Richiesta non leggibile",
        "La richiesta non si può leggere",
        "Controllare parametri, intestazioni e corpo con la documentazione dell'API",
    ),
    Words(
        401,
        "token_missing",
        "Token mancante o non valido",
        "Serve un token valido nell'intestazione Authorization: Bearer",
        "Crearne uno dalla pagina «Il mio profilo»",
    ),
    Words(
        403,
        "forbidden",
        "Lettura o operazione non consentita",
        "Manca il permesso",
        "Chiedere l'accesso a chi amministra il sistema",
    ),
    Words(
        404,
        "not_found",
        "Risorsa inesistente",
        "A questo indirizzo non c'è nulla",
        "Controllare l'indirizzo e gli identificativi",
    ),
    Words(
        405,
        "method_not_allowed",
        "Metodo non previsto",
        "Questo indirizzo non risponde a questo metodo",
        "Usare un metodo fra quelli dell'intestazione Allow",
    ),
    Words(
        408,
        "timeout",
        "Tempo scaduto",
        "La richiesta ha impiegato troppo tempo",
        "Ripetere con la stessa chiave di idempotenza",
    ),
    Words(
        409,
        "conflict",
        "La situazione è cambiata",
        "Nel frattempo la situazione è cambiata",
        "Rileggere e ripetere",
    ),
    Words(
        413,
        "too_large",
        "Contenuto troppo grande",
        "Quanto inviato supera la dimensione massima",
        "Ridurre i file o inviarli in più richieste",
    ),
    Words(
        415,
        "media_type",
        "Tipo di contenuto non previsto",
        "Il corpo non è del tipo previsto per questo indirizzo",
        "Indicare in Content-Type il tipo previsto dalla documentazione",
    ),
    Words(
        422,
        "refused",
        "Richiesta non ammessa",
        "La richiesta non è ammessa",
        "Correggere e ripetere",
    ),
    Words(
        429,
        "too_many_requests",
        "Troppe richieste",
        "Sono arrivate troppe richieste in poco tempo",
        "Attendere i secondi dell'intestazione Retry-After e ripetere",
    ),
    Words(
        503,
        "unavailable",
        "Archivio non raggiungibile",
        "L'archivio non risponde",
        "Ripetere con la stessa chiave di idempotenza dopo i secondi di Retry-After",
    ),
    Words(
        0,
        "request_refused",
        "Richiesta non valida",
        "La richiesta non è valida",
        "Controllare la documentazione dell'API",
    ),
    Words(
        500,
        "internal",
        "Errore del sistema",
        "Si è verificato un errore",
        "Ripetere con la stessa chiave di idempotenza; se continua, comunicare il riferimento",
    ),
];

fn words(status: u16) -> &'static Words {
    let wanted = |status: u16| WORDS.iter().find(|words| words.0 == status);
    let other = if status < 500 { 0 } else { 500 };
    wanted(status).or_else(|| wanted(other)).unwrap_or(&WORDS[0])
}

/// The words of a code that is not of the rules but of the API itself: title, text, next step.
pub fn of_code(code: &str) -> Option<(&'static str, &'static str, &'static str)> {
    let own = WORDS.iter().find(|words| words.1 == code);
    let said = STORE.into_iter().find(|said| said.code == code);
    own.map(|own| (own.2, own.3, own.4)).or(said.map(|said| (said.heading, said.text, AGAIN)))
}

/// Failures of the database that have words of their own.
static STORE: [&Said; 2] = [&NO_ROOM, &OUTCOME_UNKNOWN];
/// A program needs not look whether it happened: a key counts once.
const AGAIN: &str =
    "Ripetere più tardi con la stessa chiave di idempotenza: è registrata una volta";

/// A refusal of the API itself.
pub fn refuse(status: StatusCode, code: &str, text: impl Into<String>, next: &str) -> WebError {
    WebError::Refused(status, Refusal::new(code, "", "", text).next(next))
}

/// Gives every answer that is an error its problem, whoever refused and whatever he said.
pub async fn problems(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let (reference, instance) = (reference(request.extensions()), request.uri().path().to_owned());
    let response = next.run(request).await;
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let error = response.extensions().get::<WebError>().cloned();
    if let Some(WebError::Internal(reason) | WebError::Unavailable(reason)) = &error {
        tracing::error!(reference, reason, "request failed");
    }
    let problem = problem(&app, status, error, instance, reference);
    answer(status, response, &problem)
}

fn problem(
    app: &Shared,
    status: StatusCode,
    error: Option<WebError>,
    instance: String,
    reference: String,
) -> Problem {
    let &Words(_, code, mut title, text, next) = words(status.as_u16());
    let refusal = match error {
        Some(WebError::Refused(_, refusal)) => match of_code(&refusal.code) {
            Some((own, _, next)) if status.is_server_error() => {
                title = own;
                refusal.next(next)
            }
            _ => refusal,
        },
        _ => Refusal::new(code, "", "", text).next(next),
    };
    let base = app.settings.base_url.as_deref().unwrap_or_default();
    Problem {
        kind: format!("{base}/api/v1/problems/{}", refusal.code),
        title,
        status: status.as_u16(),
        detail: refusal.text,
        instance,
        code: refusal.code,
        rule: refusal.rule,
        article: refusal.article,
        next: refusal.next,
        reference,
    }
}

/// The problem as an answer, with the headers that the refusal already had.
fn answer(status: StatusCode, before: Response, problem: &Problem) -> Response {
    let body = serde_json::to_vec(problem).unwrap_or_default();
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    let of_the_body = [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_ENCODING];
    for (name, value) in before.headers() {
        if !of_the_body.contains(name) {
            headers.insert(name, value.clone());
        }
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.entry(header::RETRY_AFTER).or_insert(RETRY_AFTER);
    }
    if status == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Bearer realm=\"delibera\"");
        headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}
