// SPDX-License-Identifier: AGPL-3.0-or-later
//! Papers that wait for a signature made with the person's own tool: downloaded, signed, uploaded.
//! The upload executes what the paper is for.

use super::caller::{Caller, IdempotencyKey, bytes_of, known, of_type};
use super::commands::scope_of;
use crate::domain::papers::PaperKind;
use crate::service::execute::{Receipt, same_request};
use crate::service::offline::{Target, Waiting};
use crate::service::tokens::{Bearer, Scope};
use crate::web::Shared;
use crate::web::error::WebError;
use crate::web::signing::file;
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A paper to be signed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SignatureItem {
    /// Id of the signature.
    pub id: String,
    /// Kind of paper.
    kind: PaperKind,
    /// SHA-256 of the bytes that the signature covers: what is shown and what is signed.
    digest: String,
    /// Signature field to fill.
    field: String,
    /// Address of the PDF, for programs that sign PDF (PAdES).
    document: String,
    /// Address of the bytes that the signature covers, for programs that sign any file (p7m).
    content: String,
    /// Where the signed file is sent.
    upload: String,
}

/// The address of a signature.
pub fn address(id: &str) -> String {
    format!("/api/v1/signatures/{id}")
}

impl SignatureItem {
    /// A paper as it waits.
    pub fn new(id: &str, waiting: &Waiting) -> Self {
        let at = |what: &str| format!("{}/{what}", address(id));
        Self {
            id: id.to_owned(),
            kind: waiting.kind,
            digest: waiting.digest(),
            field: waiting.field.clone(),
            document: at("document"),
            content: at("content"),
            upload: at("signed"),
        }
    }
}

/// A paper that waits.
#[utoipa::path(
    get, path = "/signatures/{id}", tag = "firme", operation_id = "get_signature",
    summary = "Un documento in attesa di firma",
    description = "Che cosa va firmato, con l'impronta, e dove caricarlo firmato.",
    params(("id" = String, Path, pattern = "^[A-Za-z0-9_-]{1,64}$")),
    responses((status = 200, description = "Il documento in attesa", body = SignatureItem)),
    security(("token" = ["read"])),
)]
pub async fn show(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<SignatureItem>, WebError> {
    let waiting = app.office.waiting(&caller.person, known(&id)?).await?;
    Ok(Json(SignatureItem::new(&id, &waiting)))
}

/// The PDF to sign.
#[utoipa::path(
    get, path = "/signatures/{id}/document", tag = "firme", operation_id = "get_signature_document",
    summary = "Il PDF da firmare",
    description = "Per i programmi che firmano PDF (PAdES), nel campo già predisposto.",
    params(("id" = String, Path, pattern = "^[A-Za-z0-9_-]{1,64}$")),
    responses((status = 200, description = "Il PDF", content((String = "application/pdf")))),
    security(("token" = ["read"])),
)]
pub async fn document(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let waiting = app.office.waiting(&caller.person, known(&id)?).await?;
    Ok(file(waiting.pdf().to_vec(), "application/pdf", "da-firmare.pdf", false))
}

/// The bytes to sign.
#[utoipa::path(
    get, path = "/signatures/{id}/content", tag = "firme", operation_id = "get_signature_content",
    summary = "I byte da firmare",
    description = "Per i programmi che firmano qualunque file: il p7m o p7s che ne risulta entra nel \
                   documento predisposto.",
    params(("id" = String, Path, pattern = "^[A-Za-z0-9_-]{1,64}$")),
    responses((
        status = 200, description = "I byte", content((String = "application/octet-stream")),
    )),
    security(("token" = ["read"])),
)]
pub async fn content(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let waiting = app.office.waiting(&caller.person, known(&id)?).await?;
    let kind = "application/octet-stream";
    Ok(file(waiting.content(), kind, "da-firmare.bin", false))
}

/// What comes back signed.
const SIGNED: [&str; 3] =
    ["application/pdf", "application/pkcs7-mime", "application/pkcs7-signature"];

/// Takes the signed paper back.
#[utoipa::path(
    post, path = "/signatures/{id}/signed", tag = "firme", operation_id = "upload_signature",
    summary = "Carica il documento firmato",
    description = "Verifica la firma e compie l'operazione per cui il documento era predisposto. \
                   L'ambito che serve è quello dell'operazione.",
    params(("id" = String, Path, pattern = "^[A-Za-z0-9_-]{1,64}$")),
    request_body(description = "Il PDF firmato, o il p7m/p7s dei byte da firmare", content(
        (String = "application/pdf"), (String = "application/pkcs7-mime"),
        (String = "application/pkcs7-signature"),
    )),
    responses((status = 200, description = "Fatto: ciò che è stato registrato", body = Receipt)),
    security(("token" = ["propose", "act"])),
)]
pub async fn upload(
    State(app): State<Shared>,
    bearer: Bearer,
    key: IdempotencyKey,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<Receipt>, WebError> {
    of_type(request.headers(), &SIGNED)?;
    let (digest, bytes) = bytes_of(request, &app).await?;
    let key = key.of(&bearer.person, &digest);
    let (office, executor) = (&app.office, &app.office.executor);
    // Once it was taken back it waits no more: a repetition is recognised by its key.
    if let Some((digest, answer)) = executor.store.kept_request(&key.id).await? {
        return Ok(Json(same_request(&key, &digest, &answer)?));
    }
    let waiting = office.waiting(&bearer.person, known(&id)?).await?;
    bearer.allows(match &waiting.target {
        Target::Command(command) => scope_of(command),
        Target::Paper { .. } => Scope::Act,
    })?;
    let mut asked = office.taken_back(&bearer.person, &id, bytes).await?;
    asked.key = Some(key);
    let receipt = executor.execute_once(asked).await?;
    executor.store.remove_pending(&id).await?;
    Ok(Json(receipt))
}

/// Gives a signature up.
#[utoipa::path(
    delete, path = "/signatures/{id}", tag = "firme", operation_id = "delete_signature",
    summary = "Rinuncia a una firma",
    description = "Il documento non attende più: nulla era stato registrato.",
    params(("id" = String, Path, pattern = "^[A-Za-z0-9_-]{1,64}$")),
    responses((status = 204, description = "Il documento non attende più")),
    security(("token" = ["propose", "act"])),
)]
pub async fn give_up(
    State(app): State<Shared>,
    bearer: Bearer,
    Path(id): Path<String>,
) -> Result<StatusCode, WebError> {
    bearer.allows(Scope::Propose).or_else(|_| bearer.allows(Scope::Act))?;
    app.office.waiting(&bearer.person, known(&id)?).await?;
    app.office.executor.store.remove_pending(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}
