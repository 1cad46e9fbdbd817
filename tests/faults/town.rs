// SPDX-License-Identifier: AGPL-3.0-or-later
//! A Comune under fire: the real program on a database, people who act on it over HTTP and write
//! down what they were told, a mail server that takes their messages; and what must hold in the end.
//!
//! A request that is cut is repeated under its key until it is answered, as every program does. So
//! in the end the facts of people are exactly those of the receipts: none is missing, none is twice.

use crate::answer::{Answer, parse};
use crate::folder;
use crate::proposed::{content, opinion};
use crate::sink::Sink;
use crate::staying::{PROGRAM, Staying};
use chrono::{DateTime, Utc};
use delibera::domain::digest::sha256;
use delibera::domain::law::calendar::rome_date;
use delibera::domain::papers::SignatureQuality;
use delibera::domain::registry::Person;
use delibera::domain::stream::SYSTEM_ACTOR;
use delibera::service::clock::{Clock, SystemClock};
use delibera::service::keyring::config::Activation;
use delibera::service::keyring::{Keyring, Order, Who};
use delibera::service::scenario;
use delibera::service::tokens::{Scope, Tokens};
use delibera::service::verify::verify;
use delibera::store::{Job, JobFilter, JobState, Store, instant};
use mail_parser::MessageParser;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Error, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

pub const JSON: &str = "application/json";
/// The seed of the training keys, as its file holds it: the program and the people have the same.
const SEED: &str = "5eedf0e0000000000000000000000000000000000000000000000000000000aa";
/// Longest that somebody repeats a request.
const PATIENCE: Duration = Duration::from_secs(120);

/// A fact as a receipt names it: stream, place, token.
type Fact = (String, i64, String);

/// A request that was answered.
#[derive(Clone)]
struct Acknowledged {
    person: String,
    path: String,
    key: String,
    kind: &'static str,
    body: Vec<u8>,
    answer: String,
}

pub struct Town {
    pub folder: PathBuf,
    /// Of the database itself, for who looks into it.
    pub url: String,
    pub relay: Sink,
    /// Where the processes listen.
    doors: Mutex<Vec<String>>,
    turn: AtomicUsize,
    keys: Keyring,
    people: BTreeMap<String, Person>,
    tokens: BTreeMap<String, String>,
    /// When it was founded.
    pub since: DateTime<Utc>,
    /// Place of the last event before anybody acted.
    from: i64,
    stop: AtomicBool,
    acknowledged: Mutex<Vec<Acknowledged>>,
    /// Answers that said to come back later: status and body.
    pub put_off: Mutex<Vec<(u16, String)>>,
    /// Requests that got no answer at all.
    pub cut: AtomicUsize,
}

impl Town {
    /// A Comune with its people and no acts to speak of; the program reaches the database at `through`.
    pub async fn founded(name: &str, url: Option<&str>, through: Option<&str>) -> Arc<Self> {
        let folder = folder(name);
        let own = format!("sqlite:{}", folder.join("comune/delibera.db").display());
        let url = url.unwrap_or(&own).to_owned();
        let now = SystemClock.now();
        let mut acts = scenario::in_progress(rome_date(now)).unwrap();
        acts.steps.truncate(1);
        acts.expectations.clear();
        let runner = scenario::run(acts, &folder.join("comune"), Some(&url)).await.unwrap();
        let world = runner.office.executor.world(&[]).await.unwrap();
        let people = world.registry.people.clone();
        runner.go(|_| {}).await.unwrap();
        let store = Store::connect(&url).await.unwrap();
        let maker = Tokens::new(store.clone(), Arc::new(SystemClock));
        let (mut tokens, scopes) = (BTreeMap::new(), [Scope::Read, Scope::Propose, Scope::Act]);
        for person in people.keys() {
            let made = maker.make(person, "prova", &scopes, 30).await.unwrap();
            tokens.insert(person.clone(), made.unwrap());
        }
        let from = store.events_after(0, i64::MAX).await.unwrap().last().unwrap().position;
        store.close().await;
        let relay = Sink::start(&[]).await;
        std::fs::write(folder.join("prova.seed"), SEED).unwrap();
        let keys = Keyring::from_seed(&sha256(SEED.as_bytes()), now - chrono::TimeDelta::days(1));
        let config = format!(
            "database = \"{}\"\nlisten = \"127.0.0.1:0\"\nlisten_ops = \"127.0.0.1:0\"\n\
             seed_file = \"prova.seed\"\napi_per_minute = 1000000\n\
             [schedule]\nhourly_seal = \"* * * * *\"\n[mail]\nfrom = \"delibere@comune.example\"\n\
             [mail.transport]\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n",
            through.unwrap_or(&url),
            relay.port
        );
        std::fs::write(folder.join("prova.toml"), config).unwrap();
        Arc::new(Self {
            folder,
            url,
            relay,
            doors: Mutex::default(),
            turn: AtomicUsize::default(),
            keys: keys.unwrap(),
            people,
            tokens,
            since: now,
            from,
            stop: AtomicBool::default(),
            acknowledged: Mutex::default(),
            put_off: Mutex::default(),
            cut: AtomicUsize::default(),
        })
    }

    /// A process of the program, started and not waited for. SIGXFSZ is ignored, as a file system
    /// that is full sends none: only the test of the full disk limits the size of files.
    pub fn started(&self) -> Staying {
        let log = File::options().create(true).append(true).open(self.folder.join("errori.txt"));
        let mut program = Command::new("/bin/sh");
        program.args(["-c", "trap '' XFSZ; exec \"$0\" serve --config prova.toml", PROGRAM]);
        Staying::spawn(program.current_dir(&self.folder).stderr(Stdio::from(log.unwrap())))
    }

    /// A process that listens, and people know where.
    pub fn serving(&self) -> Staying {
        let served = self.started();
        self.open(&served);
        served
    }

    pub fn open(&self, served: &Staying) {
        self.doors.lock().unwrap().push(served.address("Pagine"));
    }

    /// Nobody goes to this door any more.
    pub fn close(&self, door: Option<String>) {
        self.doors.lock().unwrap().retain(|known| Some(known) != door.as_ref());
    }

    /// The people of the Comune, by id.
    pub fn persons(&self) -> impl Iterator<Item = &String> {
        self.people.keys()
    }

    /// People who act one beside the other until they are told to stop.
    pub fn live(self: &Arc<Self>, people: usize) -> Vec<JoinHandle<()>> {
        let one = |who: usize| {
            let town = Arc::clone(self);
            std::thread::spawn(move || {
                for n in 0.. {
                    if town.stop.load(Ordering::Relaxed) {
                        return;
                    }
                    town.act(&format!("{who}-{n}"));
                }
            })
        };
        (0..people).map(one).collect()
    }

    /// What everybody has begun is finished.
    pub fn rest(&self, people: Vec<JoinHandle<()>>) {
        self.stop.store(true, Ordering::Relaxed);
        for one in people {
            one.join().expect("whoever acts was answered as he must be");
        }
    }

    /// An act from its draft to its first opinions, and another text that is saved meanwhile.
    fn act(&self, name: &str) {
        let subject = format!("Prova sotto guasto {name}.");
        let (path, notes) = (self.drafted(&subject), self.drafted(&format!("Appunti {name}.")));
        self.command("neri", &path, &edit(&format!("{subject} Testo riveduto.")));
        self.command("neri", &path, &json!({ "do": "submit" }));
        if self.signed_by_all(&path, &notes) {
            let none = "in assenza di riflessi diretti o indiretti";
            self.signs("neri", &path, &opinion("technical", "ambiente", "favourable", ""));
            self.signs("villa", &path, &opinion("accounting", "", "not_due", none));
        }
    }

    /// A new draft: where it is.
    fn drafted(&self, subject: &str) -> String {
        let made = self.post("neri", "/cases", JSON, draft(subject));
        let made: Value = serde_json::from_str(&made.body).unwrap();
        format!("/cases/{}", made["id"].as_str().expect("an id"))
    }

    /// Everyone signs the proposal; false when nobody composed it in time. Who waits saves a text.
    fn signed_by_all(&self, path: &str, notes: &str) -> bool {
        for n in 0..400 {
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            if self.get("neri", path)["lifecycle"] != "proposal_signing" {
                return true;
            }
            let documents = self.get("neri", &format!("{path}/documents"));
            let papers = documents["papers"].as_array().expect("papers");
            let waits =
                papers.iter().find(|p| p["awaits"][0].is_string() && p["sha256"].is_string());
            match waits {
                None => {
                    self.command("neri", notes, &edit(&format!("Appunti, stesura {n}")));
                    sleep(Duration::from_millis(25));
                }
                Some(paper) => {
                    let person = paper["awaits"][0].as_str().expect("a person");
                    let sign = json!({
                        "do": "sign", "paper_key": paper["key"], "base": paper["sha256"],
                    });
                    self.signs(person, path, &sign);
                }
            }
        }
        false
    }

    fn command(&self, person: &str, path: &str, command: &Value) -> Answer {
        let body = json!({ "command": command }).to_string().into_bytes();
        self.post(person, &format!("{path}/commands"), JSON, body)
    }

    /// A command that answers with its paper; the paper goes back signed.
    fn signs(&self, person: &str, path: &str, command: &Value) {
        let asked = self.command(person, path, command);
        let paper: Value = serde_json::from_str(&asked.body).unwrap();
        let at = |name: &str| paper[name].as_str().expect(name).to_owned();
        let local = |name: &str| at(name).trim_start_matches("/api/v1").to_owned();
        let pdf = self.asked(person, "GET", &local("document"), None, JSON, b"").bytes;
        let who = &self.people[person];
        let order = Order { pdf, field: at("field"), needed: SignatureQuality::Development };
        let none = Activation::default();
        let (name, at) = (who.name(), SystemClock.now());
        let mut done = self.keys.sign_all(Who::Person(who), &name, &[order], &none, at);
        let file = done.remove(0).expect("signed").pdf;
        self.post(person, &local("upload"), "application/pdf", file);
    }

    fn get(&self, person: &str, path: &str) -> Value {
        serde_json::from_str(&self.asked(person, "GET", path, None, JSON, b"").body).unwrap()
    }

    /// Asks for something to be recorded, and writes the answer down.
    pub fn post(&self, person: &str, path: &str, kind: &'static str, body: Vec<u8>) -> Answer {
        self.post_under(uuid::Uuid::new_v4().to_string(), person, path, kind, body)
    }

    /// The same under a key that may have been used for it before.
    pub fn post_under(
        &self,
        key: String,
        person: &str,
        path: &str,
        kind: &'static str,
        body: Vec<u8>,
    ) -> Answer {
        let answer = self.asked(person, "POST", path, Some(&key), kind, &body);
        let (person, path) = (person.to_owned(), path.to_owned());
        let done = Acknowledged { person, path, key, kind, body, answer: answer.body.clone() };
        self.acknowledged.lock().unwrap().push(done);
        answer
    }

    /// A request, repeated until it is done.
    fn asked(
        &self,
        person: &str,
        method: &str,
        path: &str,
        key: Option<&str>,
        kind: &str,
        body: &[u8],
    ) -> Answer {
        let limit = Instant::now() + PATIENCE;
        while Instant::now() < limit {
            match self.once(person, method, path, key, kind, body) {
                Ok(answer) if [200, 201, 202].contains(&answer.status) => return answer,
                Ok(answer) if [408, 429, 503, 507].contains(&answer.status) => {
                    self.put_off.lock().unwrap().push((answer.status, answer.body));
                }
                Ok(answer) => panic!("{method} {path}: {} {}", answer.status, answer.body),
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => {}
                Err(_) => drop(self.cut.fetch_add(1, Ordering::Relaxed)),
            }
            sleep(Duration::from_millis(10));
        }
        panic!("{method} {path}: nobody answers");
    }

    /// A request as it is sent once, at the next door.
    pub fn once(
        &self,
        person: &str,
        method: &str,
        path: &str,
        key: Option<&str>,
        kind: &str,
        body: &[u8],
    ) -> std::io::Result<Answer> {
        let mut stream = self.head(person, method, path, key, kind, body.len())?;
        stream.write_all(body)?;
        answer(stream)
    }

    /// The next door, with the head of a request said; the body is still to come.
    pub fn head(
        &self,
        person: &str,
        method: &str,
        path: &str,
        key: Option<&str>,
        kind: &str,
        length: usize,
    ) -> std::io::Result<TcpStream> {
        let (doors, turn) = (self.doors.lock().unwrap(), self.turn.fetch_add(1, Ordering::Relaxed));
        let nowhere = || Error::from(ErrorKind::ConnectionRefused);
        let door = doors.get(turn % doors.len().max(1)).ok_or_else(nowhere)?.clone();
        drop(doors);
        let key = key.map(|key| format!("idempotency-key: {key}\r\n")).unwrap_or_default();
        let head = format!(
            "{method} /api/v1{path} HTTP/1.1\r\nhost: {door}\r\nauthorization: Bearer {}\r\n{key}\
             content-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n",
            self.tokens[person],
        );
        let mut stream = TcpStream::connect(&door)?;
        stream.set_read_timeout(Some(Duration::from_secs(45)))?;
        stream.write_all(head.as_bytes())?;
        Ok(stream)
    }

    /// How many requests were answered.
    pub fn count(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }

    /// Waits until so many more were.
    pub fn until_answered(&self, more: usize) {
        let (wanted, limit) = (self.count() + more, Instant::now() + PATIENCE);
        while self.count() < wanted {
            assert!(Instant::now() < limit, "nobody is answered: {}", self.log());
            sleep(Duration::from_millis(5));
        }
    }

    /// The last things the processes said.
    pub fn log(&self) -> String {
        let log = std::fs::read_to_string(self.folder.join("errori.txt")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().filter(|line| !line.contains(" INFO ")).collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    fn promised(&self) -> BTreeSet<Fact> {
        let all = self.acknowledged.lock().unwrap();
        all.iter().flat_map(|done| facts(&done.answer)).collect()
    }

    /// Everything fits, and every fact that somebody was told of is there; people may go on acting.
    pub async fn holds(&self) {
        let promised = self.promised();
        let store = Store::connect_read_only(&self.url).await.unwrap();
        let report = verify(&store, None, |_| {}).await.unwrap();
        assert_eq!(report.finding, None, "{}", self.log());
        let stored = self.stored(&store).await;
        store.close().await;
        let lost: Vec<_> = promised.difference(&stored).collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    }

    /// When nobody acts any more: nothing is there of which nobody was told, and whoever repeats a
    /// request gets the answer of the first time.
    pub async fn is_exact(&self) {
        self.holds().await;
        let store = Store::connect_read_only(&self.url).await.unwrap();
        let stored = self.stored(&store).await;
        store.close().await;
        let twice: Vec<_> = stored.difference(&self.promised()).cloned().collect();
        assert!(twice.is_empty(), "recorded and never acknowledged: {twice:?}");
        let done = self.acknowledged.lock().unwrap().clone();
        for done in &done[done.len().saturating_sub(60)..] {
            let Acknowledged { person, path, key, kind, body, answer } = done;
            let again = self.asked(person, "POST", path, Some(key), kind, body);
            assert_eq!(&again.body, answer, "{path}");
        }
        assert_eq!(stored.len(), self.promised().len(), "repeating recorded nothing");
    }

    /// Facts of people on acts.
    async fn stored(&self, store: &Store) -> BTreeSet<Fact> {
        let events = store.events_after(self.from, i64::MAX).await.unwrap();
        let of_people = events.into_iter().filter(|stored| stored.event.actor != SYSTEM_ACTOR);
        let fact = |stored: delibera::domain::stream::StoredEvent| {
            (stored.event.stream.to_string(), stored.version, stored.event.kind)
        };
        of_people.map(fact).collect()
    }

    /// The leases of a process that is dead run out: on PostgreSQL that takes two minutes, which
    /// are made short here.
    pub async fn lapse(&self, process: u32) -> u64 {
        if !self.url.starts_with("postgres") {
            return 0;
        }
        let mut conn = PgConnection::connect(&self.url).await.unwrap();
        let sql = "UPDATE job_state SET next_at = $1 WHERE state = 'running' AND leased_by LIKE $2";
        let query = sqlx::query(sql).bind(instant(SystemClock.now()));
        let done = query.bind(format!("{process}-%")).execute(&mut conn).await;
        done.unwrap().rows_affected()
    }

    /// Waits for everything that is due, then: every message has arrived, each one once for each
    /// time a process began to send it. How many there are, and how many arrived more than once.
    pub async fn delivered(&self) -> (usize, usize) {
        let store = Store::connect_read_only(&self.url).await.unwrap();
        let limit = Instant::now() + PATIENCE;
        let jobs = loop {
            let jobs = store.jobs(&JobFilter::default()).await.unwrap();
            let now = SystemClock.now();
            let open = |job: &&Job| match job.state {
                JobState::Available => job.next_at <= now,
                JobState::Running => true,
                JobState::Done | JobState::Dead => false,
            };
            let left = jobs.iter().filter(open).count();
            if left == 0 {
                break jobs;
            }
            assert!(Instant::now() < limit, "{left} jobs are not done: {}", self.log());
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        store.close().await;
        let mut arrived: BTreeMap<String, i64> = BTreeMap::new();
        for mail in self.relay.arrived() {
            let message = MessageParser::default().parse(&mail.bytes).unwrap();
            *arrived.entry(format!("<{}>", message.message_id().unwrap())).or_default() += 1;
        }
        let done = jobs.iter().filter(|job| job.state == JobState::Done);
        let sent: BTreeMap<&str, &Job> = done
            .filter_map(|job| Some((job.note.as_deref().filter(|n| n.starts_with('<'))?, job)))
            .collect();
        assert!(jobs.iter().all(|job| job.state != JobState::Dead), "no dead letters");
        let notices = jobs.iter().filter(|job| job.kind == "mail" && job.state == JobState::Done);
        assert_eq!(notices.count(), sent.values().filter(|job| job.kind == "mail").count());
        for (id, job) in &sent {
            let times = arrived.get(*id).copied().unwrap_or_default();
            assert!(times >= 1, "{} was never delivered", job.key);
            assert!(
                times <= job.attempts,
                "{}: {times} times in {} attempts",
                job.key,
                job.attempts
            );
        }
        assert!(arrived.keys().all(|id| sent.contains_key(id.as_str())), "messages of nobody");
        (sent.len(), arrived.values().filter(|times| **times > 1).count())
    }
}

/// What saves the text of a draft.
fn edit(subject: &str) -> Value {
    json!({ "do": "edit", "content": content(subject) })
}

/// What opens a draft.
pub fn draft(subject: &str) -> Vec<u8> {
    let body = json!({ "kind": "deliberazione-giunta", "content": content(subject) });
    body.to_string().into_bytes()
}

/// The facts of a receipt; a signature that is waited for has none.
fn facts(answer: &str) -> Vec<Fact> {
    let receipt: Value = serde_json::from_str(answer).expect("JSON");
    let events = receipt["events"].as_array().cloned().unwrap_or_default();
    let text = |event: &Value, name: &str| event[name].as_str().expect(name).to_owned();
    let fact =
        |e: &Value| (text(e, "stream"), e["version"].as_i64().expect("version"), text(e, "event"));
    events.iter().map(fact).collect()
}

/// The answer to a request that was said; an error when it is cut.
pub fn answer(mut stream: TcpStream) -> std::io::Result<Answer> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let cut = || Error::from(ErrorKind::UnexpectedEof);
    bytes.windows(4).position(|four| four == b"\r\n\r\n").ok_or_else(cut)?;
    let answer = parse(&bytes);
    let length: usize = answer.header("content-length").parse().map_err(|_| cut())?;
    if answer.bytes.len() == length { Ok(answer) } else { Err(cut()) }
}
