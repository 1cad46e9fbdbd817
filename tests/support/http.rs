// SPDX-License-Identifier: AGPL-3.0-or-later
//! A small HTTP server for the services that signing asks: each path is a function of its body.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Path and body to status and body.
pub type Answer = dyn Fn(&str, &[u8]) -> (u16, Vec<u8>) + Send + Sync;

/// Path, `Authorization` and body to status and body.
pub type Guarded = dyn Fn(&str, &str, &[u8]) -> (u16, Vec<u8>) + Send + Sync;

/// A server that answers until the test ends; it can be told to be down.
#[derive(Clone)]
pub struct Server {
    pub url: String,
    down: Arc<AtomicBool>,
}

impl Server {
    /// A port that is free, and the address it will have.
    pub fn bind() -> (TcpListener, String) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        (listener, url)
    }

    pub fn start(listener: TcpListener, url: String, answer: Arc<Answer>) -> Self {
        Self::guarded(
            listener,
            url,
            Arc::new(move |path: &str, _: &str, body: &[u8]| answer(path, body)),
        )
    }

    /// One that looks at who asks.
    pub fn guarded(listener: TcpListener, url: String, answer: Arc<Guarded>) -> Self {
        let down = Arc::new(AtomicBool::new(false));
        let closed = Arc::clone(&down);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, closed) = (Arc::clone(&answer), Arc::clone(&closed));
                std::thread::spawn(move || serve(stream, &*answer, &closed));
            }
        });
        Server { url, down }
    }

    pub fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }
}

fn serve(stream: TcpStream, answer: &Guarded, closed: &AtomicBool) {
    let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
    let mut line = String::new();
    if reader.read_line(&mut line).unwrap_or(0) == 0 {
        return;
    }
    let path = line.split_whitespace().nth(1).unwrap_or_default().to_owned();
    let (mut length, mut access) = (0, String::new());
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header).unwrap_or(0) == 0 || header.trim().is_empty() {
            break;
        }
        let Some((name, value)) = header.split_once(':') else { continue };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap_or(0),
            "authorization" => access = value.trim().to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    let (status, body) = if closed.load(Ordering::SeqCst) {
        (503, Vec::new())
    } else {
        answer(&path, &access, &body)
    };
    let mut stream = stream;
    let head = format!(
        "HTTP/1.1 {status} x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
}
