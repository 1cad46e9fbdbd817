// SPDX-License-Identifier: AGPL-3.0-or-later
//! An answer over HTTP, as a test reads it.
#![allow(dead_code, reason = "each test file uses its own part")]

/// An answer.
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
    pub bytes: Vec<u8>,
}

impl Answer {
    /// What a cookie of the answer holds, as it is sent back: `name=value`.
    pub fn cookie(&self, name: &str) -> String {
        let named = format!("{name}=");
        let mut set =
            self.headers.iter().filter(|(n, v)| n == "set-cookie" && v.starts_with(&named));
        set.next().and_then(|(_, v)| v.split(';').next()).unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.as_str())
    }

    pub fn says(&self, words: &str) {
        assert!(self.body.contains(words), "«{words}» is not in {}:\n{}", self.status, self.body);
    }
}

/// Reads an answer that came whole.
pub fn parse(bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("an answer of HTTP");
    let head = String::from_utf8_lossy(&bytes[..end]);
    let bytes = bytes[end + 4..].to_vec();
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|s| s.parse().ok());
    let headers = lines.filter_map(|line| line.split_once(": "));
    Answer {
        status: status.expect("a status"),
        headers: headers.map(|(n, v)| (n.to_lowercase(), v.to_owned())).collect(),
        body: String::from_utf8_lossy(&bytes).into_owned(),
        bytes,
    }
}
