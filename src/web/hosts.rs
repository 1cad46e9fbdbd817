// SPDX-License-Identifier: AGPL-3.0-or-later
//! Several Comuni in one process: the name a request calls chooses the pages, and with them the
//! database, the accounts, the keys. Nothing is shared between two of them but the listener.

use super::error::WebError;
use super::page::Link;
use super::{Shared, router};
use crate::service::execute::Executor;
use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use tower::ServiceExt;

/// The pages of each Comune under its names. A name nobody has is answered by none of them: who
/// asks must not be able to tell who is served here.
pub fn by_name(comuni: Vec<(Vec<String>, Shared)>) -> Router {
    let mut pages: BTreeMap<String, Router> = BTreeMap::new();
    for (names, app) in comuni {
        let router = router(app);
        pages.extend(names.into_iter().map(|name| (name.to_lowercase(), router.clone())));
    }
    let pages = Arc::new(pages);
    Router::new().fallback(move |request: Request| {
        let found = pages.get(&called(&request)).cloned();
        async move {
            match found {
                Some(pages) => pages.oneshot(request).await.into_response(),
                None => nobody(),
            }
        }
    })
}

/// The name a request calls, without port.
fn called(request: &Request) -> String {
    let header = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = request.uri().host().or(header).unwrap_or_default();
    let port = |(name, port): (&str, &str)| {
        port.chars().all(|c| c.is_ascii_digit()).then(|| name.to_lowercase())
    };
    host.rsplit_once(':').and_then(port).unwrap_or_else(|| host.to_lowercase())
}

fn nobody() -> Response {
    let text = "A questo indirizzo non risponde alcun Comune.\n";
    (StatusCode::MISDIRECTED_REQUEST, text).into_response()
}

/// Another Comune served here.
#[derive(Clone)]
pub struct Neighbour {
    /// Where its pages are, without final slash.
    pub base_url: String,
    /// What is asked of it: its name, and whether a fiscal code is known there.
    pub executor: Executor,
}

impl fmt::Debug for Neighbour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Neighbour").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// The other Comuni in which a person is registered. Asked only for the fiscal code the identity
/// provider has vouched for; a neighbour that does not answer is left out.
pub async fn others_of(neighbours: &[Neighbour], fiscal_code: &str) -> Vec<Link> {
    let mut found = Vec::new();
    for Neighbour { base_url, executor } in neighbours {
        let registry = match executor.world(&[]).await.map_err(WebError::from) {
            Ok(world) => world.registry,
            Err(error) => {
                tracing::warn!(?error, base_url, "a neighbour does not answer");
                continue;
            }
        };
        if registry.people.values().any(|person| person.fiscal_code == fiscal_code) {
            found.push(Link::new(format!("{base_url}/accesso"), registry.comune.name.clone()));
        }
    }
    found
}
