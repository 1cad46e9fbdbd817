// SPDX-License-Identifier: AGPL-3.0-or-later
//! The real program serving a sample Comune, and a client that keeps what was acknowledged.

use crate::sink::Sink;
use delibera::domain::law::calendar::rome_date;
use delibera::service::accounts::Accounts;
use delibera::service::clock::{Clock, SystemClock};
use delibera::service::scenario;
use delibera::store::{SealRef, Store};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

pub const PASSWORD: &str = "tre fontane in piazza";
pub const PERSON: &str = "marchi";

/// A Comune on a database, with a seal kept elsewhere, and the configuration to serve it.
pub struct Place {
    pub url: String,
    pub seal: SealRef,
    dir: PathBuf,
}

impl Place {
    pub async fn new(dir: &Path, url: String, sink: &Sink) -> Self {
        let acts = scenario::in_progress(rome_date(SystemClock.now())).unwrap();
        let runner = scenario::run(acts, &dir.join("comune"), Some(&url)).await.unwrap();
        runner.go(|_| {}).await.unwrap();
        let store = Store::connect(&url).await.unwrap();
        let accounts = Accounts::new(store.clone(), Arc::new(SystemClock));
        accounts.add(PERSON, PERSON).await.unwrap();
        let link = accounts.link(PERSON).await.unwrap();
        accounts.choose(&link, PASSWORD.into(), PASSWORD).await.unwrap();
        let seal = store.seal(SystemClock.now()).await.unwrap();
        store.close().await;
        let place = Self { url, seal: SealRef { n: seal.n, hash: seal.hash }, dir: dir.into() };
        place.configure(sink);
        place
    }

    fn configure(&self, sink: &Sink) {
        let text = format!(
            "database = \"{}\"\nseed_file = \"{}\"\n\
             [mail]\nfrom = \"delibere@comune.example\"\nbase_url = \"http://127.0.0.1\"\n\
             [mail.transport]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n",
            self.url,
            self.dir.join("seed").display(),
            sink.port
        );
        std::fs::write(self.dir.join("delibera.toml"), text).unwrap();
    }

    /// Starts a process and waits until it listens.
    pub fn serve(&self, port: u16) -> Serving {
        let mut child = Command::new(env!("CARGO_BIN_EXE_delibera"))
            .args(["serve", "--config"])
            .arg(self.dir.join("delibera.toml"))
            .env("DELIBERA_LISTEN", format!("127.0.0.1:{port}"))
            .env("DELIBERA_LISTEN_OPS", "127.0.0.1:0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        assert!(first.contains("Pagine"), "{first}");
        Serving(child)
    }
}

/// A process that serves; killed when the test ends.
pub struct Serving(Child);

impl Serving {
    pub fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Of the process.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// As a service manager stops it.
    pub fn stop(&mut self) {
        let pid = self.0.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        assert!(self.0.wait().unwrap().success());
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A browser without patience: an answer, or nothing.
#[derive(Clone)]
pub struct Client {
    pub port: u16,
    cookie: String,
}

impl Client {
    /// Signed in.
    pub fn new(port: u16) -> Self {
        let mut client = Self { port, cookie: String::new() };
        let (status, head) = client
            .post("/accesso", &[("utente", PERSON), ("password", PASSWORD)])
            .expect("an answer");
        assert_eq!(status, 303, "{head}");
        let set = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
        client.cookie = set.split(';').next().unwrap().to_owned();
        client
    }

    /// Status and head; none when nobody answered.
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Option<(u16, String)> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        let body = form.extend_pairs(fields).finish();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\ncookie: {}\r\n\
             sec-fetch-site: same-origin\r\nconnection: close\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            self.port,
            self.cookie,
            body.len()
        );
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        let text = String::from_utf8_lossy(&answer).into_owned();
        let head = text.split_once("\r\n\r\n")?.0.to_lowercase();
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some((status, head))
    }

    /// Begins a proposal and gives it its object: what was acknowledged of it.
    pub fn propose(&self, subject: &str) -> Option<Proposal> {
        let (status, head) = self.post("/proposte/nuova", &[("modello", "convenzione")])?;
        let location = head.lines().find_map(|line| line.strip_prefix("location: "))?;
        let case = location.split('/').nth(2)?.to_owned();
        assert_eq!(status, 303, "{head}");
        let path = format!("/fascicoli/{case}/testo");
        let saved = self.post(&path, &[("oggetto", subject), ("fai", "salva")]);
        let titled = saved.is_some_and(|(status, _)| status == 303);
        Some(Proposal { case, subject: titled.then(|| subject.to_owned()) })
    }
}

/// What a client was told about a proposal of his.
#[derive(Debug, Clone)]
pub struct Proposal {
    pub case: String,
    /// The object, when it was acknowledged.
    pub subject: Option<String>,
}
