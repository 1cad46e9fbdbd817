// SPDX-License-Identifier: AGPL-3.0-or-later
//! The only HTTP this program asks for: time-stamps, status of certificates, remote signing, and its
//! own public pages.
//! Blocking, with short limits: it runs off the async threads.

use super::config::{Secret, TsaConfig};
use base64ct::{Base64, Encoding};
use delibera_signature::{EvidenceError, Fetch, Network};
use serde_json::Value;
use std::time::Duration;

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// Largest answer (revocation lists of large authorities are some megabytes).
const MOST_BYTES: u64 = 32 << 20;

/// Who authenticates a request.
#[derive(Debug, Clone)]
pub enum Access {
    /// Nobody.
    None,
    /// User and password.
    Basic(String, Secret),
    /// A token.
    Bearer(Secret),
}

impl Access {
    fn header(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Basic(user, password) => {
                let pair = format!("{user}:{}", password.reveal());
                Some(format!("Basic {}", Base64::encode_string(pair.as_bytes())))
            }
            Self::Bearer(token) => Some(format!("Bearer {}", token.reveal())),
        }
    }
}

/// An HTTP client.
#[derive(Debug, Clone)]
pub struct Http(ureq::Agent);

impl Default for Http {
    fn default() -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .user_agent("Delibera")
            .build();
        Self(config.into())
    }
}

impl Http {
    /// Posts bytes of a type; status and body.
    fn post(
        &self,
        url: &str,
        media_type: &str,
        access: &Access,
        body: &[u8],
    ) -> Result<(u16, Vec<u8>), String> {
        let mut request = self.0.post(url).header("Content-Type", media_type);
        if let Some(header) = access.header() {
            request = request.header("Authorization", header);
        }
        read(request.send(body))
    }

    /// Gets an address; status and body.
    ///
    /// # Errors
    /// Why nobody answered.
    pub fn get(&self, url: &str) -> Result<(u16, Vec<u8>), String> {
        read(self.0.get(url).call())
    }

    /// Posts JSON; status and JSON (null when the body is not JSON).
    pub fn post_json(
        &self,
        url: &str,
        access: &Access,
        body: &Value,
    ) -> Result<(u16, Value), String> {
        let (status, bytes) =
            self.post(url, "application/json", access, body.to_string().as_bytes())?;
        Ok((status, serde_json::from_slice(&bytes).unwrap_or(Value::Null)))
    }
}

fn read(
    answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<(u16, Vec<u8>), String> {
    let mut answer = answer.map_err(|error| error.to_string())?;
    let status = answer.status().as_u16();
    let body = answer.body_mut().with_config().limit(MOST_BYTES).read_to_vec();
    Ok((status, body.map_err(|error| error.to_string())?))
}

/// Time-stamps and status of certificates over HTTP.
#[derive(Debug, Clone, Default)]
pub struct HttpNetwork {
    http: Http,
    tsa: Option<(String, TsaAccess)>,
    known: Vec<Vec<u8>>,
}

type TsaAccess = std::sync::Arc<Access>;

impl HttpNetwork {
    /// A network with the authority of the configuration, if there is one, and the certificates
    /// that are trusted here.
    pub fn new(tsa: Option<&TsaConfig>, known: Vec<Vec<u8>>) -> Self {
        let access =
            |tsa: &TsaConfig| match (&tsa.user, Secret::from_env(tsa.password_env.as_ref())) {
                (Some(user), Some(password)) => Access::Basic(user.clone(), password),
                _ => Access::None,
            };
        let tsa = tsa.map(|tsa| (tsa.url.clone(), access(tsa).into()));
        Self { http: Http::default(), tsa, known }
    }
}

impl Network for HttpNetwork {
    fn known(&self) -> &[Vec<u8>] {
        &self.known
    }

    fn fetch(&self, what: Fetch<'_>) -> Result<Vec<u8>, EvidenceError> {
        let (url, answer) = match what {
            Fetch::Timestamp(query) => {
                let (url, access) = self.tsa.as_ref().ok_or(EvidenceError::NoAuthority)?;
                (url.as_str(), self.http.post(url, "application/timestamp-query", access, query))
            }
            Fetch::Ocsp { url, request } => {
                let media_type = "application/ocsp-request";
                (url, self.http.post(url, media_type, &Access::None, request))
            }
            Fetch::Crl(url) | Fetch::Issuer(url) => (url, self.http.get(url)),
        };
        let unreachable = |why: String| EvidenceError::Unreachable { url: url.to_owned(), why };
        match answer {
            Ok((200..=299, body)) => Ok(body),
            Ok((status, _)) => Err(unreachable(format!("HTTP {status}"))),
            Err(why) => Err(unreachable(why)),
        }
    }
}
