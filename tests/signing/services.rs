// SPDX-License-Identifier: AGPL-3.0-or-later
//! An authority whose time-stamps, OCSP answers and revocation list are asked over HTTP.

use crate::comune::file_keys;
use crate::folder;
use crate::http::Server;
use crate::pki::Pki;
use std::sync::Arc;

/// An authority and its services over HTTP.
pub struct Services {
    pub pki: Arc<Pki>,
    pub server: Server,
}

impl Services {
    pub fn new(name: &str) -> Self {
        let (listener, url) = Server::bind();
        let pki = Arc::new(Pki::new(&folder(name), &url));
        let own = Arc::clone(&pki);
        let answer = move |path: &str, body: &[u8]| match path {
            "/tsr" => (200, own.time_stamp(body)),
            "/ocsp" => (200, own.ocsp(body)),
            "/ca.crl" => (200, own.list()),
            "/ca.cer" => (200, own.anchor()),
            _ => (404, Vec::new()),
        };
        let server = Server::start(listener, url, Arc::new(answer));
        Services { pki, server }
    }

    /// The table `[signing]` of people with keys in files and time-stamps.
    pub fn signing(&self) -> String {
        let tsa = format!("tsa = {{ url = \"{}/tsr\" }}\n", self.server.url);
        format!("{tsa}{}", file_keys(&self.pki, "person"))
    }
}
