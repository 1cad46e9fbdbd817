// SPDX-License-Identifier: AGPL-3.0-or-later
//! Keys of this installation: a development CA made on first use, one key per person, the seal.
//!
//! The certificates say on their face that they are not qualified. The seam is the `Signer` of the
//! signature crate: prepare, digest, sign, embed; HSM and remote signing fit behind it.

use crate::domain::registry::{ComuneData, Person, Signatory};
use chrono::{DateTime, Utc};
use delibera_signature::{DEFAULT_RESERVE, DevelopmentCa, Request, SignError, SoftKey};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Hands out keys by person.
pub struct Keyring {
    ca: DevelopmentCa,
    keys: Mutex<BTreeMap<String, Arc<SoftKey>>>,
}

impl Keyring {
    /// A keyring from a seed; the same seed gives the same keys and certificates.
    ///
    /// # Errors
    /// When the CA cannot be made.
    pub fn from_seed(seed: &[u8; 32], valid_from: DateTime<Utc>) -> Result<Self, SignError> {
        Ok(Self { ca: DevelopmentCa::from_seed(seed, valid_from)?, keys: Mutex::default() })
    }

    /// Certificate of the CA, DER: the trust anchor of a development installation.
    pub fn anchor(&self) -> &[u8] {
        self.ca.certificate()
    }

    fn key(
        &self,
        id: &str,
        make: impl FnOnce(&DevelopmentCa) -> Result<SoftKey, SignError>,
    ) -> Result<Arc<SoftKey>, SignError> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = keys.get(id) {
            return Ok(Arc::clone(key));
        }
        let key = Arc::new(make(&self.ca)?);
        keys.insert(id.to_owned(), Arc::clone(&key));
        Ok(key)
    }

    /// Signs a field of a document with a person's key.
    ///
    /// # Errors
    /// When the document has no such empty field, or the key cannot sign.
    pub fn sign(
        &self,
        pdf: &[u8],
        field: &str,
        person: &Person,
        signatory: &Signatory,
        at: DateTime<Utc>,
    ) -> Result<Vec<u8>, SignError> {
        let key = self.key(&person.fiscal_code, |ca| {
            ca.person(&person.given_name, &person.surname, &person.fiscal_code)
        })?;
        put(pdf, field, &signatory.name, &key, at)
    }

    /// Seals a field of a document in the name of the entity.
    ///
    /// # Errors
    /// As [`Keyring::sign`].
    pub fn seal(
        &self,
        pdf: &[u8],
        field: &str,
        comune: &ComuneData,
        at: DateTime<Utc>,
    ) -> Result<Vec<u8>, SignError> {
        let key = self.key("sigillo", |ca| ca.seal(&comune.name, &comune.fiscal_code))?;
        put(pdf, field, &comune.name, &key, at)
    }
}

fn put(
    pdf: &[u8],
    field: &str,
    name: &str,
    key: &SoftKey,
    at: DateTime<Utc>,
) -> Result<Vec<u8>, SignError> {
    let time = crate::domain::law::calendar::rome_time(at).format("%H:%M");
    let day = crate::domain::law::calendar::date_short(crate::domain::law::calendar::rome_date(at));
    let lines =
        [format!("Firmato digitalmente da {name}"), format!("in data {day} alle ore {time}")];
    let request = Request {
        field,
        name,
        reason: None,
        lines: &lines,
        signing_time: at,
        reserve: DEFAULT_RESERVE,
    };
    delibera_signature::sign(pdf, &request, key)
}
