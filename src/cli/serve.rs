// SPDX-License-Identifier: AGPL-3.0-or-later
//! `serve` and `worker`: the process that stays, until it is asked to stop.

use super::config::{Config, ConfigArg, LogFormat};
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
use crate::web::{self, Settings};
use chrono::{DateTime, TimeDelta, Utc};
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

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
pub fn on_database(path: &Path, listen: &str) -> ExitCode {
    logs(LogFormat::Text);
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
        listen: listen.to_owned(),
        listen_ops: "127.0.0.1:0".into(),
        behind_proxy: false,
        accessibility_url: None,
        log: LogFormat::Text,
        signing: None,
        seed_file: path.with_extension("seed"),
        mail: Some(mail),
        schedule: Default::default(),
    };
    finish(block_on(stay(config, true, true)))
}

fn logs(format: LogFormat) {
    let logs = tracing_subscriber::fmt().with_writer(std::io::stderr);
    match format {
        LogFormat::Text => logs.init(),
        LogFormat::Json => logs.json().flatten_event(true).init(),
    }
}

fn start(args: &ConfigArg, web: bool) -> ExitCode {
    match args.load() {
        Ok(config) => {
            logs(config.log);
            finish(block_on(stay(config, web, false)))
        }
        Err(code) => code,
    }
}

fn finish(outcome: anyhow::Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::from(DONE),
        Err(error) => refused(format!("{error:#}")),
    }
}

async fn stay(config: Config, web: bool, demo: bool) -> anyhow::Result<()> {
    let store = Store::connect(&config.database).await?;
    store.migrate().await?;
    let abandoned = store.take_back_leases(SystemClock.now()).await?;
    if abandoned > 0 {
        tracing::info!(abandoned, "jobs of a process that ended badly are taken up again");
    }
    let worker = worker_of(&config, store.clone())?;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let work = async {
        let (mut looked, mut stopped) = (SystemClock.now(), stopped.clone());
        while !*stopped.borrow() {
            looked = look(&worker, looked).await;
            let _ = tokio::time::timeout(LOOK, stopped.changed()).await;
        }
        anyhow::Ok(())
    };
    let pages =
        async { if web { listen(&config, &worker, demo, stopped.clone()).await } else { Ok(()) } };
    let end = async {
        asked_to_stop().await;
        tracing::info!("stopping: what is under way is finished first");
        // Nobody listens any more only when everything has already ended.
        let _ = stop.send(true);
        anyhow::Ok(())
    };
    tokio::try_join!(work, pages, end)?;
    store.close().await;
    Ok(())
}

/// The pages, and beside them what those who run the system look at.
async fn listen(
    config: &Config,
    worker: &Worker,
    demo: bool,
    stopped: Stopped,
) -> anyhow::Result<()> {
    let mail = config.mail.as_ref();
    let settings = Settings {
        base_url: mail.and_then(|m| m.base_url.clone()).map(|u| u.trim_end_matches('/').into()),
        behind_proxy: config.behind_proxy,
        training: mail.is_some_and(|m| m.training.is_some()),
        demo,
        accessibility_url: config.accessibility_url.clone(),
    };
    let mailer = Some(Arc::clone(&worker.mailer));
    let app = web::App::new(worker.office.clone(), mailer, settings)?;
    let pages = TcpListener::bind(&config.listen).await?;
    let ops = TcpListener::bind(&config.listen_ops).await?;
    println!("Pagine: http://{}/ (Ctrl-C per fermare)", pages.local_addr()?);
    println!("Stato: http://{}/status", ops.local_addr()?);
    let store = worker.office.executor.store.clone();
    let closing = app.closing.clone();
    let stop = until(stopped.clone());
    // Screens that follow a sitting would otherwise keep the server from ending.
    let stop = async move {
        stop.await;
        closing.send_replace(true);
    };
    let router = web::router(app).into_make_service_with_connect_info::<SocketAddr>();
    let pages = axum::serve(pages, router).with_graceful_shutdown(stop);
    let ops = axum::serve(ops, web::ops::router(store)).with_graceful_shutdown(until(stopped));
    tokio::try_join!(async { pages.await }, async { ops.await })?;
    Ok(())
}

type Stopped = tokio::sync::watch::Receiver<bool>;

async fn until(mut stopped: Stopped) {
    // An error means that whoever would say it is gone: that is an end too.
    let _ = stopped.wait_for(|stop| *stop).await;
}

/// Ctrl-C, or the SIGTERM of a service manager.
async fn asked_to_stop() {
    #[cfg(unix)]
    {
        let term = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
        if let Ok(mut term) = term {
            tokio::select! {
                _ = term.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
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
pub(super) fn keyring(config: &Config, valid_from: DateTime<Utc>) -> anyhow::Result<Keyring> {
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
