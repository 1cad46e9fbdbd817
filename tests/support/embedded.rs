// SPDX-License-Identifier: AGPL-3.0-or-later
//! Sample papers name the files they embed by invented hashes: here they get bytes, and the hashes of
//! those bytes.

use chrono::{DateTime, Utc};
use delibera::domain::digest::sha256_hex;
use delibera::domain::papers::{Embedded, PaperFacts};
use std::collections::BTreeMap;
use std::error::Error;

/// The facts of a paper and the files it embeds, by hash.
pub type Complete = (PaperFacts, BTreeMap<String, Vec<u8>>);

/// A paper that names files that are there, and their bytes by hash. Who gives the bytes may say that
/// the file is of another kind.
pub fn with_files(
    mut facts: PaperFacts,
    mut bytes_of: impl FnMut(&mut Embedded, DateTime<Utc>) -> Result<Vec<u8>, Box<dyn Error>>,
) -> Result<Complete, Box<dyn Error>> {
    let mut context = facts.context.to_string();
    let mut data = facts.data.as_ref().map(ToString::to_string);
    let mut embedded = BTreeMap::new();
    for file in &mut facts.embedded {
        let named = file.sha256.clone();
        let bytes = bytes_of(file, facts.created)?;
        file.sha256 = sha256_hex(&bytes);
        context = context.replace(&named, &file.sha256);
        data = data.map(|text| text.replace(&named, &file.sha256));
        embedded.insert(file.sha256.clone(), bytes);
    }
    facts.context = serde_json::from_str(&context)?;
    facts.data = data.map(|text| serde_json::from_str(&text)).transpose()?;
    Ok((facts, embedded))
}
