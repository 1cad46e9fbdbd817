// SPDX-License-Identifier: AGPL-3.0-or-later
//! An SMTP server that keeps the Message-ID of what it takes, and sometimes takes and hangs up
//! before it says so.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Times it takes a message and says nothing.
pub const HANG_UPS: usize = 4;

#[derive(Clone)]
pub struct Sink {
    pub port: u16,
    taken: Arc<Mutex<BTreeMap<String, Vec<u64>>>>,
}

impl Sink {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let sink = Self { port, taken: Arc::default() };
        let serving = sink.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let sink = serving.clone();
                // A client that was killed leaves its conversation half-way.
                std::thread::spawn(move || drop(sink.talk(&stream)));
            }
        });
        sink
    }

    fn talk(&self, stream: &TcpStream) -> std::io::Result<()> {
        let (mut lines, mut out) = (BufReader::new(stream), stream);
        out.write_all(b"220 sink\r\n")?;
        let mut line = String::new();
        loop {
            line.clear();
            if lines.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "DATA" => {
                    out.write_all(b"354 go on\r\n")?;
                    let total = self.take(&mut lines)?;
                    if total % 29 == 0 && total < HANG_UPS * 29 {
                        return Ok(());
                    }
                    out.write_all(b"250 taken\r\n")?;
                }
                "QUIT" => return out.write_all(b"221 bye\r\n"),
                _ => out.write_all(b"250 sink\r\n")?,
            }
        }
    }

    fn take(&self, lines: &mut impl BufRead) -> std::io::Result<usize> {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let (mut id, mut hash) = (String::new(), DefaultHasher::new());
        let mut line = String::new();
        loop {
            line.clear();
            if lines.read_line(&mut line)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            if line.trim_end() == "." {
                break;
            }
            line.hash(&mut hash);
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("message-id:") {
                id = value.trim().trim_matches(['<', '>']).to_owned();
            }
        }
        let mut taken = self.taken.lock().unwrap();
        taken.entry(id).or_default().push(hash.finish());
        Ok(taken.values().map(Vec::len).sum())
    }

    /// Messages by Message-ID, with a hash of the bytes of each time they came.
    pub fn taken(&self) -> BTreeMap<String, Vec<u64>> {
        self.taken.lock().unwrap().clone()
    }
}
