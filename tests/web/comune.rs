// SPDX-License-Identifier: AGPL-3.0-or-later
//! A Comune of its own for one test: a scenario up to an instant, then its pages on a clock that the
//! test moves. Nobody works the queue unless the test does: what time alone decides needs nobody.

use crate::server::Browser;
use delibera::domain::law::calendar::{parse_date, rome_instant};
use delibera::service::clock::SimulatedClock;
use delibera::service::documents::Templates;
use delibera::service::execute::Executor;
use delibera::service::keyring::Keyring;
use delibera::service::mail::{MailConfig, Mailer, TransportConfig};
use delibera::service::office::Office;
use delibera::service::paper::Press;
use delibera::service::scenario::{self, Scenario};
use delibera::service::schedule::Timetable;
use delibera::service::worker::Worker;
use delibera::store::Store;
use delibera::web::albo::AlboConfig;
use delibera::web::{App, Settings, router};
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};

pub struct Comune {
    pub pages: SocketAddr,
    pub clock: SimulatedClock,
    pub office: Office,
    pub folder: PathBuf,
    runtime: tokio::runtime::Handle,
}

/// The instant of a civil date and hour in Italy, `AAAA-MM-GG hh:mm`.
pub fn rome(text: &str) -> chrono::DateTime<chrono::Utc> {
    let (date, time) = text.split_once(' ').expect("date and time");
    rome_instant(parse_date(date).expect("date"), format!("{time}:00").parse().expect("time"))
}

impl Comune {
    /// The steps of a scenario before an instant.
    pub fn of(mut scenario: Scenario, until: &str, postgres: bool) -> Self {
        scenario.steps.retain(|step| step.at < rome(until));
        scenario.expectations.clear();
        let (tell, hear) = mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().expect("runtime");
            let handle = runtime.handle().clone();
            runtime.block_on(serve(scenario, postgres, handle, tell));
        });
        let comune: Self = hear.recv().expect("the Comune opens");
        comune.at(until);
        comune
    }

    /// A scenario of `tests`, by its path.
    pub fn scenario(path: &str, until: &str, postgres: bool) -> Self {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(path);
        Self::of(scenario::load(&path).expect("scenario"), until, postgres)
    }

    /// Moves the clock.
    pub fn at(&self, instant: &str) {
        self.clock.set(rome(instant));
    }

    /// A citizen at his browser, from an address of his own.
    pub fn citizen(&self, address: &str) -> Browser {
        Browser::at(self.pages, address)
    }

    /// Runs something of the service where its database is.
    pub fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Who works the queue and asks for the public pages at an address.
    pub fn worker(&self, pages: Option<String>) -> Worker {
        let config = MailConfig {
            transport: TransportConfig::Folder { path: self.folder.join("posta") },
            from: "delibera@comune.example".into(),
            reply_to: None,
            training: None,
            base_url: None,
            templates: None,
        };
        let off = |name: &str| (name.to_owned(), "off".to_owned());
        let hours = ["hourly_seal", "daily_seal"].map(off).into();
        Worker {
            office: self.office.clone(),
            mailer: Arc::new(Mailer::new(&config).expect("mail")),
            timetable: Timetable::new(&hours).expect("timetable"),
            pages,
            name: "prova".into(),
            sent: Arc::default(),
        }
    }
}

async fn serve(
    scenario: Scenario,
    postgres: bool,
    runtime: tokio::runtime::Handle,
    tell: mpsc::Sender<Comune>,
) {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let n = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("delibera-albo-{}-{n}", std::process::id()));
    let url = match postgres {
        true => crate::postgres::new_database().await,
        false => format!("sqlite:{}", folder.join("delibera.db").display()),
    };
    let database = postgres.then_some(url.as_str());
    let runner = scenario::run(scenario, &folder, database).await.expect("Comune");
    let clock = runner.clock.clone();
    runner.go(|_| {}).await.expect("acts");
    let store = Store::connect(&url).await.expect("store");
    let executor = Executor::new(store, Arc::new(clock.clone()));
    let keys = Keyring::from_seed(&[7; 32], rome("2020-01-01 00:00")).expect("keys");
    let templates = Arc::new(Templates::embedded().expect("templates"));
    let office = Office { executor, press: Press { templates, keys: Arc::new(keys) } };
    let albo = AlboConfig {
        site_url: Some("https://www.comune.example".into()),
        official_url: Some("https://albo.example".into()),
        istat: Some("015999".into()),
        ..AlboConfig::default()
    };
    let settings = Settings { demo: true, behind_proxy: true, albo, ..Settings::default() };
    let app = App::new(office.clone(), None, settings).expect("templates");
    let pages = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("port");
    let at = pages.local_addr().expect("address");
    tell.send(Comune { pages: at, clock, office, folder, runtime }).expect("the test is there");
    let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(pages, service).await.expect("serving");
}
