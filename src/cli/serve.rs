// SPDX-License-Identifier: AGPL-3.0-or-later
//! `serve` and `worker`: the process that stays. The pages come with the web issue; the worker and
//! `GET /status` are here.

use super::config::{Config, ConfigArg};
use super::{DONE, block_on, refused};
use crate::service::clock::{Clock, SystemClock};
use crate::service::documents::Templates;
use crate::service::execute::Executor;
use crate::service::keyring::Keyring;
use crate::service::mail::{MailConfig, Mailer, TransportConfig};
use crate::service::office::Office;
use crate::service::paper::Press;
use crate::service::schedule::Timetable;
use crate::service::worker::Worker;
use crate::store::Store;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// How often the worker looks at the queue.
const LOOK: Duration = Duration::from_millis(500);

/// Serves pages and works the queue.
pub fn serve(args: &ConfigArg) -> ExitCode {
    start(args, true)
}

/// Works the queue alone.
pub fn worker(args: &ConfigArg) -> ExitCode {
    start(args, false)
}

/// Serves an existing demo database.
pub fn on_database(path: &Path) -> ExitCode {
    let mail = MailConfig {
        transport: TransportConfig::Folder {
            path: path.parent().unwrap_or(Path::new(".")).join("mail"),
        },
        from: "delibera@comune.example".into(),
        reply_to: None,
        training: None,
        base_url: None,
        templates: None,
    };
    let config = Config {
        database: format!("sqlite:{}", path.display()),
        listen: "127.0.0.1:8080".into(),
        signing: None,
        seed_file: path.with_extension("seed"),
        mail: Some(mail),
        schedule: Default::default(),
    };
    finish(block_on(stay(config, true)))
}

fn start(args: &ConfigArg, web: bool) -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    match args.load() {
        Ok(config) => finish(block_on(stay(config, web))),
        Err(code) => code,
    }
}

fn finish(outcome: anyhow::Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::from(DONE),
        Err(error) => refused(format!("{error:#}")),
    }
}

async fn stay(config: Config, web: bool) -> anyhow::Result<()> {
    let store = Store::connect(&config.database).await?;
    store.migrate().await?;
    let worker = worker_of(&config, store.clone())?;
    let work = async {
        let mut looked = SystemClock.now();
        loop {
            looked = look(&worker, looked).await;
            tokio::time::sleep(LOOK).await;
        }
    };
    let listen = async {
        if web {
            let listener = tokio::net::TcpListener::bind(&config.listen).await?;
            println!("In ascolto su http://{}/status (Ctrl-C per fermare)", listener.local_addr()?);
            axum::serve(listener, router(store.clone())).await?;
        } else {
            std::future::pending::<()>().await;
        }
        anyhow::Ok(())
    };
    tokio::select! {
        () = work => {}
        outcome = listen => outcome?,
        _ = tokio::signal::ctrl_c() => {}
    }
    store.close().await;
    Ok(())
}

/// One look: periodic tasks since the last one, then every job that is due.
async fn look(worker: &Worker, last: DateTime<Utc>) -> DateTime<Utc> {
    let now = SystemClock.now();
    let done = async {
        worker.tick(last, now).await?;
        worker.drain().await
    };
    match done.await {
        Ok(_) => now,
        Err(error) => {
            tracing::error!(%error, "the queue cannot be read; trying again");
            last
        }
    }
}

fn worker_of(config: &Config, store: Store) -> anyhow::Result<Worker> {
    let mail = config
        .mail
        .clone()
        .ok_or_else(|| anyhow::anyhow!("manca la tabella [mail] nella configurazione"))?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let keys = keyring(config, clock.now() - TimeDelta::days(1))?;
    let press = Press { templates: Arc::new(Templates::embedded()?), keys: Arc::new(keys) };
    let office = Office { executor: Executor::new(store, clock), press };
    Ok(Worker {
        office,
        mailer: Arc::new(Mailer::new(&mail)?),
        timetable: Timetable::new(&config.schedule)?,
        name: format!("{}-{}", std::process::id(), uuid::Uuid::now_v7()),
        sent: Arc::default(),
    })
}

/// The keys of the configuration; without a table of their own, development keys.
fn keyring(config: &Config, valid_from: DateTime<Utc>) -> anyhow::Result<Keyring> {
    let seed = seed(&config.seed_file)?;
    Ok(match &config.signing {
        Some(signing) => Keyring::new(signing.clone(), &seed, valid_from)?,
        None => Keyring::from_seed(&seed, valid_from)?,
    })
}

/// The seed of the development keys: read, or made on first use and kept readable by the owner only.
fn seed(path: &Path) -> anyhow::Result<[u8; 32]> {
    if let Ok(text) = std::fs::read_to_string(path) {
        let bytes = text.trim().as_bytes();
        anyhow::ensure!(bytes.len() == 64, "il file {} non contiene un seme", path.display());
        return Ok(crate::domain::digest::sha256(bytes));
    }
    let (a, b) = (uuid::Uuid::new_v4(), uuid::Uuid::new_v4());
    let text = format!("{}{}", a.simple(), b.simple());
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())?;
    Ok(crate::domain::digest::sha256(text.as_bytes()))
}

fn router(store: Store) -> Router {
    Router::new().route("/status", get(status)).with_state(store)
}

/// ModI health check: 200 when the database answers.
async fn status(State(store): State<Store>) -> (StatusCode, Json<Value>) {
    match store.job_counts().await {
        Ok(jobs) => (
            StatusCode::OK,
            Json(json!({
                "status": "ok",
                "version": env!("CARGO_PKG_VERSION"),
                "jobs": { "available": jobs.available, "running": jobs.running, "dead": jobs.dead }
            })),
        ),
        Err(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            Json(json!({
                "type": "about:blank",
                "title": "Archivio non raggiungibile",
                "status": 503
            })),
        ),
    }
}
