// SPDX-License-Identifier: AGPL-3.0-or-later
//! One server per engine for all tests of the process: the sample Comune with acts at every step,
//! an account for Giorgio Neri; and a browser without cookies of its own choosing.

pub use crate::answer::Answer;
use crate::answer::parse;
use chrono::{DateTime, Utc};
use delibera::domain::law::calendar::rome_date;
use delibera::domain::registry::Person;
use delibera::service::accounts::Accounts;
use delibera::service::clock::{Clock, SystemClock};
use delibera::service::documents::Templates;
use delibera::service::execute::Executor;
use delibera::service::keyring::Keyring;
use delibera::service::mail::{MailConfig, Mailer, TransportConfig};
use delibera::service::office::Office;
use delibera::service::paper::Press;
use delibera::service::scenario;
use delibera::service::schedule::Timetable;
use delibera::service::worker::Worker;
use delibera::store::Store;
use delibera::web::{App, Settings, Shared, ops, router};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::Duration;

pub const PASSWORD: &str = "tre fontane in piazza";

pub struct Server {
    pub pages: SocketAddr,
    pub ops: SocketAddr,
    /// When it started: development keys are good from the day before.
    pub since: DateTime<Utc>,
    /// The people of the Comune.
    pub people: BTreeMap<String, Person>,
    pub office: Office,
    work: mpsc::Sender<mpsc::Sender<()>>,
    runtime: tokio::runtime::Handle,
    clock: Arc<Ahead>,
}

/// The clock of the machine, so many seconds ahead as a test wants.
#[derive(Debug, Default)]
struct Ahead(AtomicI64);

impl Clock for Ahead {
    fn now(&self) -> DateTime<Utc> {
        SystemClock.now() + chrono::TimeDelta::seconds(self.0.load(Ordering::SeqCst))
    }
}

impl Server {
    /// The instant of the server.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Lets time pass until an instant. Only on a server of one's own.
    pub fn wait_until(&self, instant: DateTime<Utc>) {
        let ahead = (instant - SystemClock.now()).num_seconds().max(0);
        self.clock.0.store(ahead, Ordering::SeqCst);
    }

    /// Runs something of the service on the runtime of its database: a connection opened on another
    /// goes back to the same pool and dies with that runtime.
    pub fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Has everything done that the facts owe: papers are composed, mails go to a folder.
    pub fn work(&self) {
        let (tell, hear) = mpsc::channel();
        self.work.send(tell).expect("a worker");
        hear.recv().expect("the work is done");
    }

    /// Other pages on the same database, with settings of their own.
    pub fn beside(&self, settings: impl FnOnce(SocketAddr) -> Settings) -> SocketAddr {
        self.serving(|address| router(self.app(settings(address))))
    }

    /// The pages of this database with other settings.
    pub fn app(&self, settings: Settings) -> Shared {
        App::new(self.office.clone(), None, settings).expect("templates")
    }

    /// Whatever a router answers, on a port of its own.
    pub fn serving(&self, router: impl FnOnce(SocketAddr) -> axum::Router) -> SocketAddr {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("port");
        listener.set_nonblocking(true).expect("a listener of tokio");
        let address = listener.local_addr().expect("address");
        let router = router(address);
        self.runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("listener");
            let service = router.into_make_service_with_connect_info::<SocketAddr>();
            axum::serve(listener, service).await.expect("serving");
        });
        address
    }
}

pub fn sqlite() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| start(false, acts_in_progress()))
}

pub fn postgres() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| start(true, acts_in_progress()))
}

fn acts_in_progress() -> scenario::Scenario {
    scenario::in_progress(rome_date(SystemClock.now())).expect("scenario")
}

/// Servers of one's own, on which time may pass.
pub fn own(postgres: bool) -> Server {
    start(postgres, acts_in_progress())
}

/// A server of its own for the acts of a scenario.
pub fn start(postgres: bool, acts: scenario::Scenario) -> Server {
    let (tell, hear) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().expect("runtime");
        runtime.block_on(serve(postgres, acts, tell));
    });
    hear.recv().expect("the server starts")
}

async fn serve(postgres: bool, acts: scenario::Scenario, tell: mpsc::Sender<Server>) {
    let engine = if postgres { "pg" } else { "lite" };
    let unique = uuid::Uuid::now_v7();
    let folder = std::env::temp_dir().join(format!("delibera-web-{engine}-{unique}"));
    let url = match postgres {
        true => crate::postgres::new_database().await,
        false => format!("sqlite:{}", folder.join("delibera.db").display()),
    };
    let now = SystemClock.now();
    let database = postgres.then_some(url.as_str());
    let runner = scenario::run(acts, &folder, database).await.expect("Comune");
    let report = runner.go(|_| {}).await.expect("acts");
    assert_eq!(report.expectations.failed, Vec::<String>::new());
    let store = Store::connect(&url).await.expect("store");
    let clock = Arc::new(Ahead::default());
    let executor = Executor::new(store.clone(), clock.clone());
    let keys = Keyring::from_seed(&[7; 32], now - chrono::TimeDelta::days(1)).expect("keys");
    let templates = Arc::new(Templates::embedded().expect("templates"));
    let press = Press { templates, keys: Arc::new(keys) };
    let accounts = Accounts::new(store.clone(), Arc::new(SystemClock));
    for (person, login) in
        [("neri", "giorgio.neri"), ("testa", "testa"), ("costa", "costa"), ("donati", "donati")]
    {
        accounts.add(person, login).await.expect("account");
        let link = accounts.link(person).await.expect("link");
        accounts.choose(&link, PASSWORD.into(), PASSWORD).await.expect("password");
    }
    let world = executor.world(&[]).await.expect("registry");
    let people = world.registry.people.clone();
    let office = Office { executor, press };
    let work = worker(&office, &folder);
    let settings = Settings { demo: true, behind_proxy: true, ..Settings::default() };
    let app = App::new(office.clone(), None, settings).expect("templates");
    let of_ops = ops::router(vec![office.executor.clone()]);
    let pages = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("port");
    let beside = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("port");
    let at = |l: &tokio::net::TcpListener| l.local_addr().expect("address");
    let (pages_at, ops_at) = (at(&pages), at(&beside));
    let runtime = tokio::runtime::Handle::current();
    let server =
        Server { pages: pages_at, ops: ops_at, since: now, people, office, work, runtime, clock };
    tell.send(server).expect("test is there");
    let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
    let pages = axum::serve(pages, service);
    let ops = axum::serve(beside, of_ops);
    tokio::try_join!(async { pages.await }, async { ops.await }).expect("serving");
}

/// A worker that works when it is asked to.
fn worker(office: &Office, folder: &Path) -> mpsc::Sender<mpsc::Sender<()>> {
    let mail = MailConfig {
        transport: TransportConfig::Folder { path: folder.join("posta") },
        from: "delibera@comune.example".into(),
        reply_to: None,
        training: None,
        base_url: None,
        templates: None,
    };
    let worker = Worker {
        office: office.clone(),
        mailer: Arc::new(Mailer::new(&mail).expect("mail")),
        timetable: Timetable::new(&BTreeMap::new()).expect("timetable"),
        name: "prova".into(),
        pages: None,
        sent: Arc::default(),
    };
    let (ask, asked) = mpsc::channel::<mpsc::Sender<()>>();
    let runtime = tokio::runtime::Handle::current();
    std::thread::spawn(move || {
        for done in asked {
            runtime.block_on(worker.drain()).expect("work");
            done.send(()).expect("someone waits");
        }
    });
    ask
}

/// Someone at a browser, with his own address so that limits count him alone.
pub struct Browser {
    pub at: SocketAddr,
    pub cookie: String,
    pub address: String,
    /// The name it calls.
    pub host: String,
}

impl Browser {
    pub fn new(server: &Server, address: &str) -> Self {
        Self::at(server.pages, address)
    }

    /// At another door of the server.
    pub fn at(at: SocketAddr, address: &str) -> Self {
        Self { at, cookie: String::new(), address: address.into(), host: at.to_string() }
    }

    /// Signed in as a person of the sample Comune.
    pub fn of(server: &Server, person: &str) -> Self {
        Self::person(server.pages, person)
    }

    /// Signed in as a person at other pages.
    pub fn person(at: SocketAddr, person: &str) -> Self {
        let mut browser = Self::at(at, person);
        let answer = browser.post("/accesso/prova", &[("persona", person)]);
        assert_eq!(answer.status, 303, "{}", answer.body);
        browser
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.send(&format!("GET {path} HTTP/1.1\r\n"), b"")
    }

    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_from(path, fields, "sec-fetch-site: same-origin\r\n")
    }

    pub fn post_from(&mut self, path: &str, fields: &[(&str, &str)], origin: &str) -> Answer {
        let mut form = form_urlencoded::Serializer::new(String::new());
        let body = form.extend_pairs(fields).finish();
        let head = format!(
            "POST {path} HTTP/1.1\r\n{origin}content-type: application/x-www-form-urlencoded\r\n\
             content-length: {}\r\n",
            body.len()
        );
        self.send(&head, body.as_bytes())
    }

    /// A form with files: field, name, bytes.
    pub fn upload(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        files: &[(&str, &str, &[u8])],
    ) -> Answer {
        let mut body: Vec<u8> = Vec::new();
        for (name, value) in fields {
            let part = format!(
                "--confine\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
            body.extend(part.as_bytes());
        }
        for (name, file, bytes) in files {
            let head = format!(
                "--confine\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n"
            );
            body.extend(head.as_bytes());
            body.extend(*bytes);
            body.extend(b"\r\n");
        }
        body.extend(b"--confine--\r\n");
        let head = format!(
            "POST {path} HTTP/1.1\r\nsec-fetch-site: same-origin\r\n\
             content-type: multipart/form-data; boundary=confine\r\ncontent-length: {}\r\n",
            body.len()
        );
        self.send(&head, &body)
    }

    /// A stream of events: the numbers that come, each with the instant it came.
    pub fn follow(&self, path: &str) -> Following {
        let mut stream = TcpStream::connect(self.at).expect("connect");
        let head = format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\ncookie: {}\r\naccept: text/event-stream\r\n\r\n",
            self.at, self.cookie
        );
        stream.write_all(head.as_bytes()).expect("send");
        stream.set_read_timeout(Some(Duration::from_secs(5))).expect("timeout");
        Following(BufReader::new(stream))
    }

    /// Any request, as written; host, cookie and address are added.
    pub fn send(&mut self, head: &str, body: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.at).expect("connect");
        let cookie = match self.cookie.as_str() {
            "" => String::new(),
            cookie => format!("cookie: {cookie}\r\n"),
        };
        let forwarded = format!("x-forwarded-for: {}\r\n", self.address);
        let rest = format!("host: {}\r\n{cookie}{forwarded}connection: close\r\n\r\n", self.host);
        let request = [format!("{head}{rest}").as_bytes(), body].concat();
        let mut bytes = Vec::new();
        // Who refuses a body for its size answers and closes while it is still being sent: the
        // answer is what counts, and `parse` wants it whole.
        let sent = stream.write_all(&request).and_then(|()| stream.read_to_end(&mut bytes));
        if let Err(error) = sent {
            let early = [ErrorKind::BrokenPipe, ErrorKind::ConnectionReset];
            assert!(early.contains(&error.kind()), "{error}");
            let _ = stream.read_to_end(&mut bytes);
        }
        let answer = parse(&bytes);
        if let Some((_, set)) = answer
            .headers
            .iter()
            .find(|(name, set)| name == "set-cookie" && set.starts_with("delibera="))
        {
            self.cookie = set.split(';').next().unwrap_or_default().to_owned();
        }
        answer
    }
}

/// A screen that follows a sitting.
pub struct Following(BufReader<TcpStream>);

impl Following {
    /// The next number; panics when none comes within five seconds.
    pub fn next(&mut self) -> i64 {
        loop {
            let mut line = String::new();
            let read = self.0.read_line(&mut line).expect("an event within five seconds");
            assert!(read > 0, "the stream ended");
            if let Some(number) = line.strip_prefix("data: ") {
                return number.trim().parse().expect("a number");
            }
        }
    }
}
