// SPDX-License-Identifier: AGPL-3.0-or-later
//! The API of programs, under `/api/v1`: the same facts, the same engine and the same refusals as
//! the pages, as JSON. A handler describes itself (`utoipa::path`), and the OpenAPI document, its page and the
//! tests follow from it. No rule lives here: reading is asked of `domain::visibility`, acting of
//! `decide`, within the scopes of a token.

pub mod albo;
pub mod caller;
pub mod cases;
pub mod commands;
pub mod document;
pub mod people;
pub mod problem;
pub mod reference;
pub mod signatures;
pub mod sittings;
pub mod words;

use super::upload::UPLOAD_MAX;
use super::{Shared, error, layers};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use std::sync::Arc;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Where it is.
pub const ROOT: &str = "/api/v1";

/// Every operation, with its description.
fn operations() -> OpenApiRouter<Shared> {
    OpenApiRouter::with_openapi(document::Described::openapi())
        .routes(routes!(albo::status))
        .routes(routes!(albo::list))
        .routes(routes!(albo::show))
        .routes(routes!(albo::document))
        .routes(routes!(cases::list, commands::create_case))
        .routes(routes!(cases::show))
        .routes(routes!(cases::events))
        .routes(routes!(cases::versions))
        .routes(routes!(cases::opinions))
        .routes(routes!(cases::documents))
        .routes(routes!(cases::document))
        .routes(routes!(commands::on_case))
        .routes(routes!(sittings::list, commands::create_sitting))
        .routes(routes!(sittings::show))
        .routes(routes!(sittings::votes))
        .routes(routes!(commands::on_sitting))
        .routes(routes!(signatures::show, signatures::give_up))
        .routes(routes!(signatures::document))
        .routes(routes!(signatures::content))
        .routes(routes!(signatures::upload))
        .routes(routes!(people::me))
        .routes(routes!(people::people))
        .routes(routes!(people::person))
        .routes(routes!(people::offices))
        .routes(routes!(people::registers))
        .routes(routes!(people::register))
}

/// The OpenAPI document of an installation at an address (without final slash).
pub fn openapi(base_url: &str) -> serde_json::Value {
    document::finished(operations().into_openapi(), base_url)
}

/// The routes with what surrounds them.
pub fn router(app: &Shared) -> Router<Shared> {
    let operations = Router::from(operations())
        .route("/", get(reference::show))
        .route("/openapi.json", get(reference::json))
        .route("/problems/{code}", get(reference::problem))
        .fallback(error::not_found)
        .layer(DefaultBodyLimit::max(UPLOAD_MAX));
    let admitted = from_fn_with_state(Arc::clone(app), caller::admitted);
    let problems = from_fn_with_state(Arc::clone(app), problem::problems);
    let api = Router::new().nest(ROOT, operations).layer(admitted);
    layers::safely(api).layer(problems).layer(layers::compression())
}
