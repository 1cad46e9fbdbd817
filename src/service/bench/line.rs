// SPDX-License-Identifier: AGPL-3.0-or-later
//! A line to a server, kept open from one request to the next: what is measured is the server, so
//! the one who asks does as little as HTTP/1.1 lets him.

use std::io::{Error, ErrorKind, Result};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// An answer.
#[derive(Debug, Default)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Body.
    pub body: Vec<u8>,
    /// Whether the server keeps the line open.
    pub open: bool,
}

/// What the head of an answer says of the body.
#[derive(Default)]
struct Body {
    length: Option<usize>,
    chunked: bool,
}

/// An open line.
#[derive(Debug)]
pub struct Line(BufReader<TcpStream>);

impl Line {
    /// Opens a line to `HOST:PORT`.
    ///
    /// # Errors
    /// Nobody answers there.
    pub async fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends a request as it is and reads its whole answer.
    ///
    /// # Errors
    /// The line broke.
    pub async fn ask(&mut self, request: &[u8]) -> Result<Answer> {
        self.0.get_mut().write_all(request).await?;
        let (mut answer, body) = self.head().await?;
        answer.body = match body {
            Body { chunked: true, .. } => self.chunks().await?,
            Body { length: Some(length), .. } => self.bytes(length).await?,
            Body { length: None, .. } => {
                let mut rest = Vec::new();
                self.0.read_to_end(&mut rest).await?;
                rest
            }
        };
        Ok(answer)
    }

    async fn head(&mut self) -> Result<(Answer, Body)> {
        let (mut answer, mut body) = (Answer { open: true, ..Answer::default() }, Body::default());
        loop {
            let line = self.text().await?.to_ascii_lowercase();
            match line.split_once(':') {
                None if line.starts_with("http/") => {
                    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
                    answer.status = status.unwrap_or_default();
                }
                None => return Ok((answer, body)),
                Some(("content-length", value)) => body.length = value.trim().parse().ok(),
                Some(("transfer-encoding", value)) => body.chunked = value.trim() == "chunked",
                Some(("connection", value)) => answer.open = value.trim() != "close",
                Some(_) => {}
            }
        }
    }

    async fn chunks(&mut self) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let size = self.text().await?;
            let size = usize::from_str_radix(&size, 16).map_err(Error::other)?;
            let chunk = self.bytes(size + 2).await?;
            body.extend_from_slice(&chunk[..size]);
            if size == 0 {
                return Ok(body);
            }
        }
    }

    async fn bytes(&mut self, length: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.0.read_exact(&mut bytes).await?;
        Ok(bytes)
    }

    async fn text(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.0.read_line(&mut line).await? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim().to_owned())
    }
}
