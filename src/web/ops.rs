// SPDX-License-Identifier: AGPL-3.0-or-later
//! For who runs the installation, on a listener of its own: `GET /status`, `GET /metrics`.

use crate::store::{JobCounts, Store, StoreError};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde_json::json;
use std::sync::LazyLock;

/// The one recorder of the process: metrics are counted from its first use.
static RECORDER: LazyLock<PrometheusHandle> = LazyLock::new(|| {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    // Fails only when there is one already; then ours stays empty, and says so by being empty.
    let _ = metrics::set_global_recorder(recorder);
    handle
});

/// The routes of the second listener.
pub fn router(stores: Vec<Store>) -> Router {
    LazyLock::force(&RECORDER);
    Router::new()
        .route("/status", get(status))
        .route("/metrics", get(metrics_text))
        .with_state(stores)
}

/// The work of every Comune served here together.
async fn job_counts(stores: &[Store]) -> Result<JobCounts, StoreError> {
    let mut all = JobCounts::default();
    for store in stores {
        let own = store.open_job_counts().await?;
        all.available += own.available;
        all.running += own.running;
        all.dead += own.dead;
    }
    Ok(all)
}

/// ModI health check: 200 when every database answers.
async fn status(State(stores): State<Vec<Store>>) -> Response {
    match job_counts(&stores).await {
        Ok(jobs) => Json(json!({
            "status": "ok",
            "version": env!("CARGO_PKG_VERSION"),
            "jobs": { "available": jobs.available, "running": jobs.running, "dead": jobs.dead }
        }))
        .into_response(),
        Err(_) => {
            let problem = json!({
                "type": "about:blank",
                "title": "Archivio non raggiungibile",
                "status": 503
            });
            let kind = [(header::CONTENT_TYPE, "application/problem+json")];
            (StatusCode::SERVICE_UNAVAILABLE, kind, problem.to_string()).into_response()
        }
    }
}

async fn metrics_text(State(stores): State<Vec<Store>>) -> Response {
    if let Ok(jobs) = job_counts(&stores).await {
        let counts =
            [("available", jobs.available), ("running", jobs.running), ("dead", jobs.dead)];
        for (state, count) in counts {
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            metrics::gauge!("delibera_jobs", "state" => state).set(f64::from(count));
        }
    }
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (kind, RECORDER.render()).into_response()
}
