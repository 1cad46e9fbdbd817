// SPDX-License-Identifier: AGPL-3.0-or-later
//! `serve` and `worker`: the process that stays, until it is asked to stop.

use super::config::{Config, ConfigArg, LogFormat, Named};
use super::{DONE, block_on, refused};
use crate::service::clock::{Clock, SystemClock};
use crate::service::documents::Templates;
use crate::service::execute::Executor;
use crate::service::keyring::Keyring;
use crate::service::mail::{MailConfig, Mailer, TransportConfig};
use crate::service::migration;
use crate::service::office::Office;
use crate::service::oidc::Provider;
use crate::service::paper::Press;
use crate::service::schedule::{Task, Timetable};
use crate::service::worker::Worker;
use crate::store::{Store, StoreError};
use crate::web::hosts::Neighbour;
use crate::web::{self, Settings};
use anyhow::Context;
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
        albo: None,
        api_per_minute: web::api::caller::PER_MINUTE,
        log: LogFormat::Text,
        signing: None,
        oidc: None,
        comune: Vec::new(),
        seed_file: path.with_extension("seed"),
        mail: Some(mail),
        schedule: Default::default(),
    };
    finish(block_on(stay(config, true, true)))
}

/// Never more than `INFO`, and by no setting: below it libraries write what they exchange, and the
/// dialogue with a relay has its password in it. A message that cannot be written, because standard
/// error is a file on a full disk, is lost and ends nothing.
fn logs(format: LogFormat) {
    let logs = tracing_subscriber::fmt().with_writer(std::io::stderr);
    let logs = logs.log_internal_errors(false);
    let logs = logs.with_max_level(tracing::Level::INFO);
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

/// A Comune that is served.
struct Served {
    names: Vec<String>,
    config: Config,
    worker: Arc<Worker>,
}

impl Served {
    async fn open((names, config): Named) -> anyhow::Result<Self> {
        let store = Store::connect(&config.database).await?;
        let again = migration::migrate(&store).await?;
        if again > 0 {
            tracing::info!(rows = again, "rows made again from the facts after a migration");
        }
        let abandoned = store.take_back_leases(SystemClock.now()).await?;
        if abandoned > 0 {
            tracing::info!(abandoned, "jobs of a process that ended badly are taken up again");
        }
        let missing = store.mark_unindexed().await?;
        if missing > 0 {
            tracing::info!(missing, "acts to be read into the index of words");
        }
        let worker = Arc::new(worker_of(&config, store)?);
        Ok(Self { names, config, worker })
    }

    fn store(&self) -> &Store {
        &self.worker.office.executor.store
    }

    fn base_url(&self) -> Option<String> {
        pages_url(&self.config)
    }
}

/// Where to listen, and for whom.
struct Front {
    listen: String,
    listen_ops: String,
    behind_proxy: bool,
    demo: bool,
}

async fn stay(config: Config, web: bool, demo: bool) -> anyhow::Result<()> {
    let Config { listen, listen_ops, behind_proxy, .. } = &config;
    let (listen, listen_ops) = (listen.clone(), listen_ops.clone());
    let front = Front { listen, listen_ops, behind_proxy: *behind_proxy, demo };
    let mut comuni = Vec::new();
    for named in config.comuni()? {
        comuni.push(Served::open(named).await?);
    }
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let mut work = tokio::task::JoinSet::new();
    for served in &comuni {
        work.spawn(keep_working(Arc::clone(&served.worker), stopped.clone()));
    }
    let work = async {
        while let Some(ended) = work.join_next().await {
            ended?;
        }
        anyhow::Ok(())
    };
    let pages = async { if web { pages(&front, &comuni, stopped.clone()).await } else { Ok(()) } };
    let state = state(&front, &comuni, stopped.clone());
    let end = async {
        asked_to_stop().await;
        tracing::info!("stopping: what is under way is finished first");
        // Nobody listens any more only when everything has already ended.
        let _ = stop.send(true);
        anyhow::Ok(())
    };
    tokio::try_join!(work, pages, state, end)?;
    for served in comuni {
        served.store().clone().close().await;
    }
    Ok(())
}

/// The queue of a Comune, until it is time to stop.
async fn keep_working(worker: Arc<Worker>, mut stopped: Stopped) {
    let (mut looked, mut failed) = (None, false);
    while !*stopped.borrow() {
        match look(&worker, looked, failed, &stopped).await {
            Ok(now) => (looked, failed) = (Some(now), false),
            Err(error) => {
                tracing::error!(%error, "the queue cannot be read; trying again");
                failed = true;
            }
        }
        let _ = tokio::time::timeout(LOOK, stopped.changed()).await;
    }
}

/// The pages of a Comune.
fn app(front: &Front, served: &Served, comuni: &[Served]) -> anyhow::Result<web::Shared> {
    let config = &served.config;
    let base_url = served.base_url();
    let others = comuni.iter().filter(|other| !Arc::ptr_eq(&other.worker, &served.worker));
    let neighbours = others.filter_map(|other| {
        let executor = other.worker.office.executor.clone();
        Some(Neighbour { base_url: other.base_url()?, executor })
    });
    let settings = Settings {
        identity: identity(config, base_url.as_deref())?,
        neighbours: neighbours.collect(),
        base_url,
        behind_proxy: front.behind_proxy,
        training: config.mail.as_ref().is_some_and(|m| m.training.is_some()),
        demo: front.demo,
        accessibility_url: config.accessibility_url.clone(),
        albo: config.albo.clone().unwrap_or_default(),
        api_per_minute: Some(config.api_per_minute),
    };
    let mailer = Some(Arc::clone(&served.worker.mailer));
    Ok(web::App::new(served.worker.office.clone(), mailer, settings)?)
}

/// The pages of all the Comuni served.
async fn pages(front: &Front, comuni: &[Served], stopped: Stopped) -> anyhow::Result<()> {
    let mut apps = Vec::new();
    for served in comuni {
        apps.push((served.names.clone(), app(front, served, comuni)?));
    }
    let listener = bind(&front.listen, "listen").await?;
    println!("Pagine: http://{}/ (Ctrl-C per fermare)", listener.local_addr()?);
    let closing: Vec<_> = apps.iter().map(|(_, app)| app.closing.clone()).collect();
    // Screens that follow a sitting would otherwise keep the server from ending.
    let stop = async move {
        until(stopped).await;
        for closing in &closing {
            closing.send_replace(true);
        }
    };
    let router = match &apps[..] {
        [(names, only)] if names.is_empty() => web::router(Arc::clone(only)),
        _ => web::hosts::by_name(apps),
    };
    let router = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, router).with_graceful_shutdown(stop).await?;
    Ok(())
}

/// What those who run the system look at: of `worker` as of `serve`, for a queue that nobody works
/// is noticed by no page.
async fn state(front: &Front, comuni: &[Served], stopped: Stopped) -> anyhow::Result<()> {
    let listener = bind(&front.listen_ops, "listen_ops").await?;
    println!("Stato: http://{}/status", listener.local_addr()?);
    let executors = comuni.iter().map(|served| served.worker.office.executor.clone()).collect();
    let router = web::ops::router(executors);
    axum::serve(listener, router).with_graceful_shutdown(until(stopped)).await?;
    Ok(())
}

/// Two processes on one machine cannot share an address: the error says which key to change.
async fn bind(address: &str, key: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("non si può ascoltare su {address}: con «{key}» si indica un altro indirizzo")
    })
}

/// The identity provider of the configuration; it must know where to send people back to.
fn identity(config: &Config, base_url: Option<&str>) -> anyhow::Result<Option<Arc<Provider>>> {
    let Some(oidc) = &config.oidc else { return Ok(None) };
    let base = base_url.context("con [oidc] serve anche base_url nella tabella [mail]")?;
    let provider = Provider::new(oidc.clone(), base, Arc::new(SystemClock));
    Ok(Some(Arc::new(provider.map_err(anyhow::Error::msg)?)))
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

/// One look: periodic tasks since the last one, or since a process before this one ended, then every
/// job that is due, until it is time to stop.
async fn look(
    worker: &Worker,
    last: Option<DateTime<Utc>>,
    failed: bool,
    stopped: &Stopped,
) -> Result<DateTime<Utc>, StoreError> {
    let now = SystemClock.now();
    if failed {
        worker.give_back().await?;
    }
    match last {
        Some(last) => worker.tick(last, now).await?,
        None => worker.catch_up(now).await?,
    }
    worker.drain_while(|| !*stopped.borrow()).await?;
    Ok(now)
}

/// Address of the pages without final slash, where the configuration says it.
fn pages_url(config: &Config) -> Option<String> {
    let url = config.mail.as_ref()?.base_url.as_deref()?;
    Some(url.trim_end_matches('/').to_owned())
}

fn worker_of(config: &Config, store: Store) -> anyhow::Result<Worker> {
    let mail = config
        .mail
        .clone()
        .ok_or_else(|| anyhow::anyhow!("manca la tabella [mail] nella configurazione"))?;
    let pages = pages_url(config);
    let mut schedule = config.schedule.clone();
    if pages.is_none() {
        // Nobody knows where the pages are: there is nothing to ask for.
        schedule.insert(Task::AlboProbe.token().into(), "off".into());
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let keys = keyring(config, clock.now() - TimeDelta::days(1))?;
    let press = Press { templates: Arc::new(Templates::embedded()?), keys: Arc::new(keys) };
    let office = Office { executor: Executor::new(store, clock), press };
    Ok(Worker {
        office,
        mailer: Arc::new(Mailer::new(&mail)?),
        timetable: Timetable::new(&schedule)?,
        pages,
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
