// SPDX-License-Identifier: AGPL-3.0-or-later
//! For who runs the installation, on a listener of its own: `GET /status`, `GET /metrics`.

use crate::service::execute::Executor;
use crate::store::{JobCounts, StoreError};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde_json::json;
use std::sync::LazyLock;
use std::time::Duration;

/// The one recorder of the process: metrics are counted from its first use.
static RECORDER: LazyLock<PrometheusHandle> = LazyLock::new(|| {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    // Fails only when there is one already; then ours stays empty, and says so by being empty.
    let _ = metrics::set_global_recorder(recorder);
    handle
});

/// The routes of the second listener, for the Comuni served here.
pub fn router(comuni: Vec<Executor>) -> Router {
    LazyLock::force(&RECORDER);
    Router::new()
        .route("/status", get(status))
        .route("/metrics", get(metrics_text))
        .with_state(comuni)
}

/// The work of every Comune served here together.
#[derive(Default)]
struct Work {
    counts: JobCounts,
    /// For how long what is due first has been waiting for a worker.
    late: Duration,
}

async fn work(comuni: &[Executor]) -> Result<Work, StoreError> {
    let mut all = Work::default();
    for Executor { store, clock, .. } in comuni {
        // Asked first: between the two questions a worker may begin what was due, not finish unseen.
        if let Some(due) = store.next_due().await? {
            all.late = all.late.max((clock.now() - due).to_std().unwrap_or_default());
        }
        let own = store.open_job_counts().await?;
        all.counts.available += own.available;
        all.counts.running += own.running;
        all.counts.dead += own.dead;
    }
    Ok(all)
}

/// ModI health check: 200 when every database answers.
async fn status(State(comuni): State<Vec<Executor>>) -> Response {
    match work(&comuni).await {
        Ok(Work { counts, late }) => Json(json!({
            "status": "ok",
            "version": env!("CARGO_PKG_VERSION"),
            "jobs": {
                "available": counts.available,
                "running": counts.running,
                "dead": counts.dead,
                "late_seconds": late.as_secs_f64(),
            }
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

async fn metrics_text(State(comuni): State<Vec<Executor>>) -> Response {
    if let Ok(Work { counts, late }) = work(&comuni).await {
        let by_state =
            [("available", counts.available), ("running", counts.running), ("dead", counts.dead)];
        for (state, count) in by_state {
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            metrics::gauge!("delibera_jobs", "state" => state).set(f64::from(count));
        }
        metrics::gauge!("delibera_jobs_late_seconds").set(late.as_secs_f64());
    }
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (kind, RECORDER.render()).into_response()
}
