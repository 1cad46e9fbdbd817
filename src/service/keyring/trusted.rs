// SPDX-License-Identifier: AGPL-3.0-or-later
//! Whom the Comune trusts, as the folder stands: an administrator who imports a Trusted List, or
//! takes an authority away, is heard by a server that runs. A folder that is being written, or that
//! cannot be read, changes nothing: the last trust that was whole stands.

use super::config::{SigningConfig, TsaConfig};
use super::network::HttpNetwork;
use crate::service::trust;
use delibera_signature::{KeyError, Network, SignError, Trust};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// What tells that a file is another: name, length, when it was written.
type Seen = (PathBuf, u64, Option<SystemTime>);

/// The trust in force.
pub struct Trusted {
    folder: Option<PathBuf>,
    /// The authority of the development keys, where they sign.
    own: Option<Vec<u8>>,
    tsa: Option<TsaConfig>,
    current: Mutex<Current>,
}

#[derive(Clone)]
struct Current {
    seen: Vec<Seen>,
    trust: Arc<Trust>,
    network: Arc<dyn Network>,
}

impl Trusted {
    /// Reads the folder for the first time.
    ///
    /// # Errors
    /// It cannot be read whole.
    pub fn new(config: &SigningConfig, own: Option<Vec<u8>>) -> Result<Self, SignError> {
        let (folder, tsa) = (config.trust.clone(), config.tsa.clone());
        let current = Mutex::new(read(folder.as_deref(), own.as_deref(), tsa.as_ref())?);
        Ok(Self { folder, own, tsa, current })
    }

    /// Whom to trust now.
    pub fn trust(&self) -> Arc<Trust> {
        self.current().trust
    }

    /// Whom to ask: it knows the certificates that are trusted now.
    pub fn network(&self) -> Arc<dyn Network> {
        self.current().network
    }

    fn current(&self) -> Current {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(folder) = &self.folder else { return current.clone() };
        if let Some(seen) = listing(folder).filter(|seen| *seen != current.seen) {
            match read(Some(folder), self.own.as_deref(), self.tsa.as_ref()) {
                Ok(read) => {
                    tracing::info!(folder = %folder.display(), "trusted authorities read again");
                    *current = read;
                }
                Err(error) => {
                    tracing::warn!(%error, folder = %folder.display(), "trusted authorities kept");
                    // Said once: it is read again when something changes there.
                    current.seen = seen;
                }
            }
        }
        current.clone()
    }
}

fn read(
    folder: Option<&Path>,
    own: Option<&[u8]>,
    tsa: Option<&TsaConfig>,
) -> Result<Current, SignError> {
    let other = |error: &dyn std::fmt::Display| KeyError::Other(error.to_string());
    // Listed before it is read: what changes meanwhile is read again.
    let seen = folder.and_then(listing).unwrap_or_default();
    let trust = folder.map(trust::read).transpose().map_err(|e| other(&e))?;
    let mut trust = trust.unwrap_or_default();
    if let Some(own) = own {
        trust = trust.with_anchor(own).map_err(|e| other(&e))?;
    }
    let network = Arc::new(HttpNetwork::new(tsa, trust.anchors()));
    Ok(Current { seen, trust: Arc::new(trust), network })
}

/// The files of a folder; `None` when it cannot be listed.
fn listing(folder: &Path) -> Option<Vec<Seen>> {
    let mut seen = Vec::new();
    for entry in std::fs::read_dir(folder).ok()? {
        let entry = entry.ok()?;
        let metadata = entry.metadata().ok()?;
        seen.push((entry.path(), metadata.len(), metadata.modified().ok()));
    }
    seen.sort();
    Some(seen)
}
