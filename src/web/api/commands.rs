// SPDX-License-Identifier: AGPL-3.0-or-later
//! Commands of programs: the very commands of the pages, decided by the same engine. A command with
//! a key is recorded once, however often it arrives; one that carries a paper answers with what is
//! to be signed, and is executed when the signed paper comes back (`signatures.rs`).
//!
//! No private key is used here: whoever signs does so with his own tool.

use super::caller::{Body, IdempotencyKey, known};
use super::problem::refuse;
use super::signatures::{SignatureItem, address};
use crate::domain::case::{CaseCommand, Content};
use crate::domain::command::Command;
use crate::domain::law::calendar::rome_date;
use crate::domain::refusal::Refusal;
use crate::domain::sitting::{Mode, SittingCommand};
use crate::domain::stream::{NewDocument, StreamId};
use crate::domain::visibility::{may_read, may_read_sittings};
use crate::service::execute::{Receipt, Request, RequestKey, moved_meanwhile, same_request};
use crate::service::office::draw_code;
use crate::service::offline::Target;
use crate::service::paper::PaperError;
use crate::service::tokens::{Bearer, Scope};
use crate::store::KeptRequest;
use crate::web::actions::{Place, place_of};
use crate::web::error::WebError;
use crate::web::upload::{Uploaded, examine};
use crate::web::{App, Shared};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64ct::{Base64, Encoding};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A file that a text refers to by its SHA-256; it arrives with the command.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DocumentSent {
    /// File name: its extension must agree with the content.
    name: String,
    /// The bytes in base64.
    #[schema(content_encoding = "base64")]
    content: String,
}

/// What is asked of an act.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({
    "command": { "do": "pass_review", "note": "Istruttoria completa" }, "expected_version": 12,
}))]
#[serde(deny_unknown_fields)]
pub struct CaseRequest {
    /// The command.
    #[serde(deserialize_with = "strictly")]
    command: CaseCommand,
    /// Version that was read: refused when the act moved meanwhile.
    #[serde(default)]
    expected_version: Option<i64>,
    /// When it happened, for facts entered later.
    #[serde(default)]
    happened_at: Option<DateTime<Utc>>,
    /// Files that the text refers to and are not stored yet.
    #[serde(default)]
    documents: Vec<DocumentSent>,
}

/// What is asked of a sitting.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({
    "command": { "do": "add_item", "case": "0198c5a2-7a40-7c1e-9d5b-2f6f1f0f7a11" },
    "expected_version": 3,
}))]
#[serde(deny_unknown_fields)]
pub struct SittingRequest {
    /// The command.
    #[serde(deserialize_with = "strictly")]
    command: SittingCommand,
    /// Version that was read: refused when the sitting moved meanwhile.
    #[serde(default)]
    expected_version: Option<i64>,
    /// When it happened, for facts entered later.
    #[serde(default)]
    happened_at: Option<DateTime<Utc>>,
    /// Files that the amended text refers to and are not stored yet.
    #[serde(default)]
    documents: Vec<DocumentSent>,
}

/// A new draft.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({
    "kind": "deliberazione-giunta",
    "content": {
        "subject": "Approvazione del protocollo per la cura del verde di quartiere",
        "offices": ["ambiente"],
        "procedure_head": "neri",
        "decision": ["di approvare il protocollo conservato agli atti;"],
        "gates": { "effects": { "kind": "none" } },
    },
}))]
#[serde(deny_unknown_fields)]
pub struct NewCase {
    /// Act kind.
    #[schema(example = "deliberazione-giunta")]
    kind: String,
    /// First content.
    content: Content,
    /// The act that is presented again.
    #[serde(default)]
    again_of: Option<String>,
    /// Files that the text refers to.
    #[serde(default)]
    documents: Vec<DocumentSent>,
}

/// A new sitting.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({
    "organ": "giunta", "date": "2027-01-15", "time": "10:30:00", "mode": "mixed",
}))]
#[serde(deny_unknown_fields)]
pub struct NewSitting {
    /// Organ.
    #[schema(example = "giunta")]
    organ: String,
    /// Day.
    date: NaiveDate,
    /// Time.
    #[schema(value_type = String, pattern = "^[0-2][0-9]:[0-5][0-9]:[0-5][0-9]$",
        example = "10:30:00")]
    time: NaiveTime,
    /// Place; empty for the seat of the Comune.
    #[serde(default)]
    place: String,
    /// How it is held.
    #[serde(default)]
    mode: Mode,
}

/// A command whose every field is known: one that is not would be ignored, which a program would
/// notice too late.
fn strictly<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Serialize,
{
    let given = Value::deserialize(deserializer)?;
    let command: T = serde_json::from_value(given.clone()).map_err(D::Error::custom)?;
    let known = serde_json::to_value(&command).map_err(D::Error::custom)?;
    let unknown =
        given.as_object().into_iter().flatten().find(|(name, _)| known.get(name).is_none());
    match unknown {
        None => Ok(command),
        Some((name, _)) => Err(D::Error::custom(format!("il comando non ha il campo «{name}»"))),
    }
}

/// What a repeated request is answered: the receipt, or the signature it still waits for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Answered {
    Signature(SignatureItem),
    Done(Receipt),
}

/// A command as a program asks it.
struct Asked {
    command: Command,
    key: RequestKey,
    expected: Option<i64>,
    happened: Option<DateTime<Utc>>,
    documents: Vec<DocumentSent>,
}

/// The scope that a command wants.
pub fn scope_of(command: &Command) -> Scope {
    use CaseCommand as C;
    match command {
        Command::Case {
            command:
                C::Create { .. }
                | C::Edit { .. }
                | C::Submit
                | C::Rework
                | C::Revise { .. }
                | C::MotivateDeparture { .. }
                | C::Withdraw { .. },
            ..
        } => Scope::Propose,
        _ => Scope::Act,
    }
}

/// Opens a draft.
#[utoipa::path(
    post, path = "/cases", tag = "comandi", operation_id = "create_case",
    summary = "Apre una bozza",
    description = "Apre la bozza di un atto; l'identificativo è nella ricevuta e in Location.",
    request_body = NewCase,
    responses(
        (status = 201, description = "La bozza è aperta", body = Receipt,
            headers(("Location" = String, description = "Indirizzo del fascicolo"))),
    ),
    security(("token" = ["propose"])),
)]
pub async fn create_case(
    State(app): State<Shared>,
    bearer: Bearer,
    key: IdempotencyKey,
    Body { value, digest }: Body<NewCase>,
) -> Result<Response, WebError> {
    let id = uuid::Uuid::now_v7().to_string();
    let command =
        CaseCommand::Create { kind: value.kind, content: value.content, again_of: value.again_of };
    let command = Command::Case { id, command };
    let key = key.of(&bearer.person, &digest);
    let documents = value.documents;
    let asked = Asked { command, key, expected: None, happened: None, documents };
    let receipt = execute(&app, &bearer, asked).await?;
    Ok(created(format!("/api/v1/cases/{}", receipt.id), receipt))
}

/// Puts a sitting in the calendar.
#[utoipa::path(
    post, path = "/sittings", tag = "comandi", operation_id = "create_sitting",
    summary = "Mette in calendario una seduta",
    description = "L'identificativo della seduta è nella ricevuta e in Location.",
    request_body = NewSitting,
    responses(
        (status = 201, description = "La seduta è in calendario", body = Receipt,
            headers(("Location" = String, description = "Indirizzo della seduta"))),
    ),
    security(("token" = ["act"])),
)]
pub async fn create_sitting(
    State(app): State<Shared>,
    bearer: Bearer,
    key: IdempotencyKey,
    Body { value, digest }: Body<NewSitting>,
) -> Result<Response, WebError> {
    let id = uuid::Uuid::now_v7().to_string();
    let NewSitting { organ, date, time, place, mode } = value;
    let command = SittingCommand::Schedule { organ, date, time, place, mode };
    let command = Command::Sitting { id, command };
    let key = key.of(&bearer.person, &digest);
    let asked = Asked { command, key, expected: None, happened: None, documents: Vec::new() };
    let receipt = execute(&app, &bearer, asked).await?;
    Ok(created(format!("/api/v1/sittings/{}", receipt.id), receipt))
}

fn created(at: String, receipt: Receipt) -> Response {
    (StatusCode::CREATED, [(header::LOCATION, at)], Json(receipt)).into_response()
}

/// Does something to an act.
#[utoipa::path(
    post, path = "/cases/{id}/commands", tag = "comandi", operation_id = "command_case",
    summary = "Compie un'operazione su un fascicolo",
    description = "Il motore decide come per le pagine. Se l'operazione porta un documento firmato, \
                   la risposta è 202 con ciò che va firmato: nulla è registrato finché il documento \
                   firmato non torna.",
    params(("id" = String, Path, pattern = "^[A-Za-z0-9_-]{1,64}$")),
    request_body = CaseRequest,
    responses(
        (status = 200, description = "Fatto: ciò che è stato registrato", body = Receipt),
        (status = 202, description = "Da firmare", body = SignatureItem,
            headers(("Location" = String, description = "Indirizzo della firma"))),
    ),
    security(("token" = ["propose", "act"])),
)]
pub async fn on_case(
    State(app): State<Shared>,
    bearer: Bearer,
    key: IdempotencyKey,
    Path(id): Path<String>,
    Body { value, digest }: Body<CaseRequest>,
) -> Result<Response, WebError> {
    let CaseRequest { command, expected_version, happened_at, documents } = value;
    if matches!(command, CaseCommand::Create { .. }) {
        return Err(by_its_collection("/cases"));
    }
    let command = Command::Case { id: known(&id)?.to_owned(), command };
    let key = key.of(&bearer.person, &digest);
    let (expected, happened) = (expected_version, happened_at);
    perform(&app, &bearer, Asked { command, key, expected, happened, documents }).await
}

/// Does something to a sitting.
#[utoipa::path(
    post, path = "/sittings/{id}/commands", tag = "comandi", operation_id = "command_sitting",
    summary = "Compie un'operazione su una seduta",
    description = "Come per i fascicoli: ordine del giorno, convocazione, presenze, votazioni.",
    params(("id" = String, Path, pattern = "^[A-Za-z0-9_-]{1,64}$")),
    request_body = SittingRequest,
    responses(
        (status = 200, description = "Fatto: ciò che è stato registrato", body = Receipt),
        (status = 202, description = "Da firmare", body = SignatureItem,
            headers(("Location" = String, description = "Indirizzo della firma"))),
    ),
    security(("token" = ["act"])),
)]
pub async fn on_sitting(
    State(app): State<Shared>,
    bearer: Bearer,
    key: IdempotencyKey,
    Path(id): Path<String>,
    Body { value, digest }: Body<SittingRequest>,
) -> Result<Response, WebError> {
    let SittingRequest { command, expected_version, happened_at, documents } = value;
    if matches!(command, SittingCommand::Schedule { .. }) {
        return Err(by_its_collection("/sittings"));
    }
    let command = Command::Sitting { id: known(&id)?.to_owned(), command };
    let key = key.of(&bearer.person, &digest);
    let (expected, happened) = (expected_version, happened_at);
    perform(&app, &bearer, Asked { command, key, expected, happened, documents }).await
}

fn by_its_collection(path: &str) -> WebError {
    let next = format!("Inviare la richiesta a POST /api/v1{path}");
    let text = "Questo comando si invia all'elenco, che assegna l'identificativo";
    refuse(StatusCode::UNPROCESSABLE_ENTITY, "create_in_collection", text, &next)
}

/// Executes a command, or answers with the paper it wants signed.
async fn perform(app: &App, bearer: &Bearer, mut asked: Asked) -> Result<Response, WebError> {
    let place = place_of(&asked.command);
    let carries = match asked.command.paper_mut() {
        None => false,
        Some(None) => true,
        Some(Some(_)) => {
            let text = "Il documento firmato non si dichiara nel comando: va caricato e verificato";
            let next =
                "Inviare il comando senza «paper» e caricare il file all'indirizzo della firma";
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return Err(refuse(status, "paper_by_upload", text, next));
        }
    };
    let done = match carries {
        true => to_sign(app, bearer, &asked).await,
        false => Ok(None),
    };
    let done = match done {
        Ok(Some(answer)) => return Ok(answer_of(answer)),
        Ok(None) => execute(app, bearer, asked).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(receipt) => Ok(Json(receipt).into_response()),
        Err(error) => Err(readable(app, bearer, &place, error).await),
    }
}

fn answer_of(answer: Answered) -> Response {
    match answer {
        Answered::Done(receipt) => Json(receipt).into_response(),
        Answered::Signature(item) => {
            let at = [(header::LOCATION, address(&item.id))];
            (StatusCode::ACCEPTED, at, Json(item)).into_response()
        }
    }
}

async fn execute(app: &App, bearer: &Bearer, asked: Asked) -> Result<Receipt, WebError> {
    let Asked { mut command, key, expected, happened, documents } = asked;
    bearer.allows(scope_of(&command))?;
    draw_code(&mut command);
    let documents = documents.into_iter().map(received).collect::<Result<Vec<_>, _>>()?;
    let request = Request {
        expected,
        happened,
        documents,
        key: Some(key),
        ..Request::new(&bearer.person, command)
    };
    Ok(app.office.executor.execute_once(request).await?)
}

/// The paper of a command, prepared for the person's own tool; none when it wants no paper after
/// all. What was answered under the key before is answered again.
async fn to_sign(app: &App, bearer: &Bearer, asked: &Asked) -> Result<Option<Answered>, WebError> {
    bearer.allows(scope_of(&asked.command))?;
    let executor = &app.office.executor;
    if let Some((digest, answer)) = executor.store.kept_request(&asked.key.id).await? {
        return Ok(Some(same_request(&asked.key, &digest, &answer)?));
    }
    let commands = std::slice::from_ref(&asked.command);
    let foreseen = executor.foresee_at(&bearer.person, commands, asked.happened).await?;
    if let Some(refusal) = foreseen.into_iter().flatten().next() {
        return Err(refusal.into());
    }
    as_seen(app, asked).await?;
    let target = target_of(&asked.command);
    let (id, waiting) = match app.office.prepare_offline(&bearer.person, target).await {
        Ok(prepared) => prepared,
        Err(PaperError::Refused(refusal)) if refusal.code == "paper_unexpected" => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    if asked.happened.is_some() || !asked.documents.is_empty() {
        executor.store.remove_pending(&id).await?;
        let text =
            "Un'operazione con un documento da firmare ha la data della firma e non porta file";
        let next = "Inviare il comando senza «happened_at» e senza «documents»";
        return Err(refuse(StatusCode::UNPROCESSABLE_ENTITY, "not_with_paper", text, next));
    }
    let answer = Answered::Signature(SignatureItem::new(&id, &waiting));
    let text = serde_json::to_string(&answer).map_err(|e| WebError::internal("api", e))?;
    let RequestKey { id: key, digest } = asked.key.clone();
    let kept = KeptRequest { id: key, digest, answer: text, at: app.now() };
    if executor.store.keep_request(&kept).await? {
        return Ok(Some(answer));
    }
    // The same request arrived twice at once: there is one paper to sign, that of the first.
    executor.store.remove_pending(&id).await?;
    let first = executor.store.kept_request(&asked.key.id).await?.ok_or(WebError::NotFound)?;
    Ok(Some(same_request(&asked.key, &first.0, &first.1)?))
}

/// What a paper is signed for: a field of a composed paper, or a command that carries its own.
fn target_of(command: &Command) -> Target {
    match command {
        Command::Case { id, command: CaseCommand::Sign { paper_key, .. } } => {
            Target::Paper { stream: StreamId::case(id), key: paper_key.clone() }
        }
        Command::Sitting { id, command: SittingCommand::Sign { paper_key, .. } } => {
            Target::Paper { stream: StreamId::sitting(id), key: paper_key.clone() }
        }
        command => Target::Command(Box::new(command.clone())),
    }
}

/// The version a program read, before its person is asked to sign.
async fn as_seen(app: &App, asked: &Asked) -> Result<(), WebError> {
    let Some(expected) = asked.expected else { return Ok(()) };
    let stream = match &asked.command {
        Command::Case { id, .. } => StreamId::case(id),
        Command::Sitting { id, .. } => StreamId::sitting(id),
        Command::Registry(_) | Command::Together(_) | Command::ListCapigruppo { .. } => {
            return Ok(());
        }
    };
    let world = app.office.executor.sittings(std::slice::from_ref(&stream)).await?;
    let case = world.cases.get(&stream.id).map(|case| case.version);
    let sitting = world.sittings.get(&stream.id).map(|sitting| sitting.version);
    if case.or(sitting).is_some_and(|version| version == expected) {
        return Ok(());
    }
    Err(moved_meanwhile(&stream).into())
}

/// A refusal tells something of the act: only to whoever may read it. Others are told that.
async fn readable(app: &App, bearer: &Bearer, place: &Place, error: WebError) -> WebError {
    let WebError::Refused(status, refusal) = error else { return error };
    let today = rome_date(app.now());
    let hidden = match place {
        Place::Case(id) => match app.office.executor.sittings(&[StreamId::case(id)]).await {
            Err(error) => return error.into(),
            Ok(world) => match world.case(id) {
                Err(unknown) => Some(unknown),
                Ok(case) => may_read(&world.registry, &bearer.person, case, today).err(),
            },
        },
        Place::Sitting(_) => match app.office.executor.world(&[]).await {
            Err(error) => return error.into(),
            Ok(world) => may_read_sittings(&world.registry, &bearer.person, today).err(),
        },
        Place::Registry => None,
    };
    hidden.map_or(WebError::Refused(status, refusal), Into::into)
}

/// A file that arrived with a command, looked at as one that arrives with a form.
fn received(sent: DocumentSent) -> Result<NewDocument, WebError> {
    let bytes = Base64::decode_vec(&sent.content).map_err(|_| {
        Refusal::new("base64_invalid", "R6.11", "", "Il contenuto di un file non è in base64")
            .next("Codificare i byte in base64 con riempimento (RFC 4648, sezione 4)")
    })?;
    let file = Uploaded { field: String::new(), name: sent.name, bytes };
    let examined = examine(&file)?;
    let media_type = examined.media_type.to_owned();
    Ok(NewDocument { sha256: examined.sha256, media_type, bytes: file.bytes })
}
