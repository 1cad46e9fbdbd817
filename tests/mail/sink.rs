// SPDX-License-Identifier: AGPL-3.0-or-later
//! A small mail server of our own, which speaks SMTP over TCP and fails when it is told to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// What the server does with the next mail.
#[derive(Debug, Clone)]
pub enum Turn {
    /// Takes it.
    Accept,
    /// Answers RCPT with this line.
    RefuseRecipient(&'static str),
    /// Answers the end of DATA with this line.
    RefuseData(&'static str),
    /// Reads the whole mail and hangs up without a word.
    HangUpAfterData,
    /// Takes it, but says so only after a while.
    AcceptLate(Duration),
}

/// A mail as it came.
#[derive(Debug, Clone)]
pub struct Arrived {
    pub from: String,
    pub to: String,
    pub bytes: Vec<u8>,
    pub encrypted: bool,
}

#[derive(Default)]
struct Shared {
    turns: Mutex<VecDeque<Turn>>,
    arrived: Mutex<Vec<Arrived>>,
    commands: Mutex<Vec<String>>,
}

/// The running server.
pub struct Sink {
    pub port: u16,
    shared: Arc<Shared>,
}

/// What it offers beside plain SMTP.
#[derive(Clone, Default)]
pub struct Offers {
    pub starttls: Option<TlsAcceptor>,
    /// Every password is wrong.
    pub auth: bool,
}

impl Sink {
    pub async fn start(turns: &[Turn]) -> Self {
        Self::offering(Offers::default(), turns).await
    }

    pub async fn offering(offers: Offers, turns: &[Turn]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared::default());
        shared.turns.lock().unwrap().extend(turns.iter().cloned());
        let served = shared.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, offers.clone(), served.clone()));
            }
        });
        Self { port, shared }
    }

    pub fn arrived(&self) -> Vec<Arrived> {
        self.shared.arrived.lock().unwrap().clone()
    }

    /// Every command line received, in order.
    pub fn commands(&self) -> Vec<String> {
        self.shared.commands.lock().unwrap().clone()
    }
}

async fn serve(stream: TcpStream, offers: Offers, shared: Arc<Shared>) {
    let mut plain = BufReader::new(stream);
    if say(&mut plain, "220 sink ESMTP").await.is_none() {
        return;
    }
    if converse(&mut plain, &offers, &shared, false).await == Some(End::StartTls)
        && let Some(acceptor) = &offers.starttls
        && let Ok(secure) = acceptor.accept(plain.into_inner()).await
    {
        converse(&mut BufReader::new(secure), &offers, &shared, true).await;
    }
}

#[derive(PartialEq)]
enum End {
    Quit,
    StartTls,
}

/// A conversation up to QUIT, STARTTLS or a broken line.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufReader<S>,
    offers: &Offers,
    shared: &Shared,
    encrypted: bool,
) -> Option<End> {
    let (mut from, mut to) = (String::new(), String::new());
    loop {
        let line = read_line(stream).await?;
        shared.commands.lock().unwrap().push(line.clone());
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let turn = || shared.turns.lock().unwrap().front().cloned().unwrap_or(Turn::Accept);
        match verb.as_str() {
            "EHLO" => {
                say(stream, "250-sink").await?;
                if offers.starttls.is_some() && !encrypted {
                    say(stream, "250-STARTTLS").await?;
                }
                if offers.auth {
                    say(stream, "250-AUTH PLAIN LOGIN").await?;
                }
                say(stream, "250 8BITMIME").await?;
            }
            "STARTTLS" => {
                say(stream, "220 go ahead").await?;
                return Some(End::StartTls);
            }
            "AUTH" => say(stream, "535 5.7.8 wrong password").await?,
            "MAIL" => {
                from = line;
                say(stream, "250 ok").await?;
            }
            "RCPT" => {
                to = line;
                match turn() {
                    Turn::RefuseRecipient(answer) => {
                        shared.turns.lock().unwrap().pop_front();
                        say(stream, answer).await?;
                    }
                    _ => say(stream, "250 ok").await?,
                }
            }
            "DATA" => {
                say(stream, "354 go on").await?;
                let bytes = read_data(stream).await?;
                let mail = Arrived { from: from.clone(), to: to.clone(), bytes, encrypted };
                take(stream, shared, mail).await?;
            }
            "QUIT" => {
                say(stream, "221 bye").await?;
                return Some(End::Quit);
            }
            "NOOP" | "RSET" => say(stream, "250 ok").await?,
            _ => say(stream, "502 unknown").await?,
        }
    }
}

/// What the next turn says of a message that came whole; `None` hangs up.
async fn take<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufReader<S>,
    shared: &Shared,
    mail: Arrived,
) -> Option<()> {
    let taken = shared.turns.lock().unwrap().pop_front().unwrap_or(Turn::Accept);
    match taken {
        Turn::RefuseData(answer) => return say(stream, answer).await,
        Turn::HangUpAfterData => {
            shared.arrived.lock().unwrap().push(mail);
            return None;
        }
        Turn::AcceptLate(wait) => tokio::time::sleep(wait).await,
        Turn::Accept | Turn::RefuseRecipient(_) => {}
    }
    shared.arrived.lock().unwrap().push(mail);
    say(stream, "250 queued").await
}

async fn say<S: AsyncWrite + Unpin>(stream: &mut S, line: &str) -> Option<()> {
    stream.write_all(format!("{line}\r\n").as_bytes()).await.ok()?;
    stream.flush().await.ok()
}

async fn read_line<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> Option<String> {
    let mut line = Vec::new();
    match stream.read_until(b'\n', &mut line).await {
        Ok(read) if read > 0 => Some(String::from_utf8_lossy(&line).trim_end().to_owned()),
        _ => None,
    }
}

/// The mail up to its single dot, dots unstuffed.
async fn read_data<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let mut line = Vec::new();
        if stream.read_until(b'\n', &mut line).await.ok()? == 0 {
            return None;
        }
        if line == b".\r\n" {
            return Some(bytes);
        }
        bytes.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}
