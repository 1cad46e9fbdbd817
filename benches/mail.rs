// SPDX-License-Identifier: AGPL-3.0-or-later
//! `mail [MESSAGES] [CONNECTIONS] [ROUNDS]`: messages a second to a mail server of this process that
//! takes everything, in turn from the queue (read, composed, sent, marked as sent in the database) and
//! by a raw sender on as many connections, which sends the very same bytes and keeps nothing.
//!
//! The messages are those of the demo, again and again. After each round every job is done and as
//! many messages have arrived as were queued.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a measure stops at the first surprise"
)]

#[path = "figures.rs"]
mod figures;

use chrono::TimeDelta;
use delibera::domain::stream::NewJob;
use delibera::service::clock::Clock;
use delibera::service::mail::{MailConfig, Mailer, SmtpConfig, TlsMode, TransportConfig};
use delibera::service::scenario::{demo, go_on, run};
use delibera::service::schedule::Timetable;
use delibera::service::worker::Worker;
use delibera::store::{JobFilter, JobState, Outcome, ReadSet, Store, WriteSet};
use lettre::address::Envelope;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

#[tokio::main]
async fn main() {
    let mut arguments = figures::arguments();
    let messages = arguments.next().unwrap_or(4_000);
    let connections = arguments.next().unwrap_or(8);
    let rounds = arguments.next().unwrap_or(5);
    let folder = std::env::temp_dir().join(format!("delibera-posta-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let comune = run(demo().unwrap(), &folder, None).await.unwrap();
    comune.go(|_| {}).await.unwrap();
    let bytes = written(&folder.join("mail"));
    let sink = Sink::start().await;
    let comune = go_on(demo().unwrap(), &folder).await.unwrap();
    comune.clock.set(comune.clock.now() + TimeDelta::days(3_650));
    let worker = Worker {
        office: comune.office.clone(),
        mailer: Arc::new(mailer(sink.port, connections)),
        timetable: Timetable::new(&Default::default()).unwrap(),
        pages: None,
        name: "misura".into(),
        sent: Arc::default(),
    };
    let store = comune.office.executor.store.clone();
    let mut ratios = Vec::new();
    for round in 0..rounds {
        queue(&store, messages, round).await;
        let ours = sink.timed(messages, done(&worker)).await;
        let open = store.open_job_counts().await.unwrap();
        assert!(open.available == 0 && open.dead == 0, "{open:?}");
        let raw = sink.timed(messages, raw(sink.port, connections, messages, &bytes)).await;
        println!("queue {ours:.0} a second, raw {raw:.0}, ratio {:.3}", ours / raw);
        ratios.push(ours / raw);
    }
    let (median, least, most) = figures::spread(ratios);
    println!("{median:.3} ({least:.3}–{most:.3}) of a raw sender on {connections} connections");
    std::fs::remove_dir_all(&folder).unwrap();
}

/// The messages the demo left, as bytes.
fn written(folder: &Path) -> Vec<Vec<u8>> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.map(|file| std::fs::read(file).unwrap()).collect()
}

fn mailer(port: u16, connections: usize) -> Mailer {
    let smtp = SmtpConfig {
        host: "127.0.0.1".into(),
        port,
        tls: TlsMode::None,
        user: None,
        password: None,
        pool: connections as u32,
        timeout_seconds: 60,
        authority: None,
    };
    let config = MailConfig {
        transport: TransportConfig::Smtp(smtp),
        from: "delibera@comune.example".into(),
        reply_to: None,
        training: None,
        base_url: None,
        templates: None,
    };
    Mailer::new(&config).unwrap()
}

/// Owes the messages of the demo again, as often as it takes.
async fn queue(store: &Store, messages: usize, round: usize) {
    let sent = JobFilter {
        state: Some(JobState::Done),
        kind: Some("mail".into()),
        ..JobFilter::default()
    };
    let known = store.jobs(&sent).await.unwrap();
    let known: Vec<_> = known.iter().filter(|job| !job.key.contains('#')).collect();
    let again = known.iter().cycle().take(messages).enumerate().map(|(n, job)| NewJob {
        key: format!("{}#{round}-{n}", job.key),
        kind: job.kind.clone(),
        payload: job.payload.clone(),
        due_at: job.due_at,
        stream: job.stream.clone(),
    });
    let write = WriteSet { jobs: again.collect(), ..WriteSet::default() };
    let decide = move |_: &_| Outcome::Write(write.clone(), ());
    store.write(ReadSet::default(), decide).await.unwrap();
}

async fn done(worker: &Worker) {
    worker.drain().await.unwrap();
}

/// The same bytes on lines of which each sends one message after the other, and nothing else.
async fn raw(port: u16, connections: usize, messages: usize, bytes: &[Vec<u8>]) {
    let address = |text: &str| text.parse().unwrap();
    let to = vec![address("chiunque@comune.example")];
    let envelope = Envelope::new(Some(address("delibera@comune.example")), to).unwrap();
    let (next, bytes) = (Arc::new(AtomicUsize::new(0)), Arc::new(bytes.to_vec()));
    let mut senders = tokio::task::JoinSet::new();
    for _ in 0..connections {
        let (next, bytes, envelope) = (Arc::clone(&next), Arc::clone(&bytes), envelope.clone());
        senders.spawn(async move {
            let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let hello = ClientId::default();
            let line = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello);
            let mut line = line.await.unwrap();
            loop {
                let turn = next.fetch_add(1, Ordering::Relaxed);
                if turn >= messages {
                    return;
                }
                line.send(&envelope, &bytes[turn % bytes.len()]).await.unwrap();
            }
        });
    }
    senders.join_all().await;
}

/// A mail server that takes everything and counts.
struct Sink {
    port: u16,
    arrived: Arc<AtomicUsize>,
}

impl Sink {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let arrived = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&arrived);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&counted)));
            }
        });
        Self { port, arrived }
    }

    /// Messages a second of a work that sends so many.
    async fn timed(&self, messages: usize, work: impl Future<Output = ()>) -> f64 {
        let (before, start) = (self.arrived.load(Ordering::SeqCst), Instant::now());
        work.await;
        let seconds = start.elapsed().as_secs_f64();
        assert_eq!(self.arrived.load(Ordering::SeqCst) - before, messages);
        messages as f64 / seconds
    }
}

async fn serve(stream: TcpStream, arrived: Arc<AtomicUsize>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut line = BufReader::new(stream);
    let (mut text, mut data) = (Vec::new(), false);
    line.get_mut().write_all(b"220 sink\r\n").await.ok()?;
    loop {
        text.clear();
        if line.read_until(b'\n', &mut text).await.ok()? == 0 {
            return None;
        }
        let answer: &[u8] = match (data, text.get(..4)) {
            (true, _) if text == b".\r\n" => {
                data = false;
                arrived.fetch_add(1, Ordering::SeqCst);
                b"250 taken\r\n"
            }
            (true, _) => continue,
            (false, Some(b"DATA")) => {
                data = true;
                b"354 go on\r\n"
            }
            (false, Some(b"QUIT")) => return line.get_mut().write_all(b"221 bye\r\n").await.ok(),
            (false, _) => b"250 sink\r\n",
        };
        line.get_mut().write_all(answer).await.ok()?;
    }
}
