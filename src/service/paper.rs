// SPDX-License-Identifier: AGPL-3.0-or-later
//! Composing: facts to bytes, off the async threads.

use super::documents::{DocumentError, Templates};
use super::execute::{ExecuteError, Executor};
use super::judgement;
use super::keyring::config::Activation;
use super::keyring::{Done, Keyring, Order, Who};
use crate::domain::digest::sha256_hex;
use crate::domain::law::calendar::rome_date;
use crate::domain::papers::{PaperFacts, PaperKind, SignatureQuality, SignedForm, need};
use crate::domain::refusal::Refusal;
use crate::domain::registry::{ComuneData, Person};
use crate::domain::stream::NewDocument;
use crate::store::StoreError;
use chrono::{DateTime, Utc};
use delibera_signature::{Augmented, Level, SignError};
use std::collections::BTreeMap;
use std::sync::Arc;
use thiserror::Error;

/// MIME type of every paper.
pub const PDF: &str = "application/pdf";

/// Why a paper was not made.
#[derive(Debug, Error)]
pub enum PaperError {
    /// The rules say no, or the facts are not there.
    #[error("{0}")]
    Refused(Refusal),
    /// The document cannot be laid out: template, character, table.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// It cannot be signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The command was not executed.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
    /// The database did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A document the paper embeds or continues is not in the store.
    #[error("il documento {0} non è nell'archivio")]
    Missing(String),
    /// The rendering thread ended badly.
    #[error("la composizione del documento si è interrotta")]
    Interrupted,
}

impl From<Refusal> for PaperError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl PaperError {
    /// The refusal inside, however it came.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) | Self::Execute(ExecuteError::Refused(refusal)) => Some(refusal),
            _ => None,
        }
    }
}

/// Makes and signs papers.
#[derive(Clone)]
pub struct Press {
    /// Templates of the acts.
    pub templates: Arc<Templates>,
    /// Keys of this installation.
    pub keys: Arc<Keyring>,
}

/// A composed paper.
pub struct Composed {
    /// The bytes, with their signature fields empty.
    pub pdf: Vec<u8>,
    /// Pages.
    pub pages: usize,
}

impl Press {
    /// Renders a paper from its facts.
    ///
    /// # Errors
    /// When an embedded document is missing or the paper cannot be laid out.
    pub async fn compose(
        &self,
        executor: &Executor,
        facts: &PaperFacts,
        comune: &ComuneData,
    ) -> Result<Composed, PaperError> {
        let mut embedded: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for file in &facts.embedded {
            let bytes = document(executor, &file.sha256).await?;
            embedded.insert(file.sha256.clone(), bytes);
        }
        if let Some(sha256) = &comune.crest {
            embedded.insert(sha256.clone(), document(executor, sha256).await?);
        }
        let (templates, facts, comune) =
            (Arc::clone(&self.templates), facts.clone(), comune.clone());
        let rendered =
            tokio::task::spawn_blocking(move || templates.render(&facts, &comune, &embedded))
                .await
                .map_err(|_| PaperError::Interrupted)??;
        Ok(Composed { pdf: rendered.pdf, pages: rendered.pages })
    }

    /// Signs many documents as a person, in one gesture; a result each.
    pub async fn sign_all(
        &self,
        person: Person,
        name: String,
        orders: Vec<Order>,
        activation: Activation,
        at: DateTime<Utc>,
    ) -> Vec<Result<Done, PaperError>> {
        let (keys, count) = (Arc::clone(&self.keys), orders.len());
        let signed = tokio::task::spawn_blocking(move || {
            let who = Who::Person(&person);
            let signed = keys.sign_all(who, &name, &orders, &activation, at);
            judgement::of_gesture(&keys, who, &orders, signed, at)
        });
        match signed.await {
            Ok(signed) => signed,
            Err(_) => (0..count).map(|_| Err(PaperError::Interrupted)).collect(),
        }
    }

    /// Seals a field in the name of the entity.
    ///
    /// # Errors
    /// When the field is not there or is filled, or the key of the seal cannot sign.
    pub async fn seal(
        &self,
        order: Order,
        comune: &ComuneData,
        at: DateTime<Utc>,
    ) -> Result<Done, PaperError> {
        let (keys, comune) = (Arc::clone(&self.keys), comune.clone());
        let sealed = tokio::task::spawn_blocking(move || {
            let (who, activation) = (Who::Entity(&comune), Activation::default());
            let orders = [order];
            let signed = keys.sign_all(who, &comune.name, &orders, &activation, at);
            judgement::of_gesture(&keys, who, &orders, signed, at).pop()
        });
        let sealed = sealed.await.map_err(|_| PaperError::Interrupted)?;
        sealed.ok_or(PaperError::Interrupted)?
    }

    /// Raises a signed document to a level, or renews it, as far as the network allows.
    ///
    /// # Errors
    /// The document cannot be read or extended.
    pub async fn augment(
        &self,
        pdf: Vec<u8>,
        level: Level,
        renew: bool,
    ) -> Result<Augmented, PaperError> {
        let network = self.keys.network();
        let done = tokio::task::spawn_blocking(move || {
            delibera_signature::augment(&pdf, level, renew, network.as_ref())
        });
        Ok(done.await.map_err(|_| PaperError::Interrupted)??)
    }

    /// What the validation data of a document says of its certificates, when it says that one is
    /// revoked.
    ///
    /// # Errors
    /// The work was interrupted.
    pub async fn revoked_since(
        &self,
        pdf: Vec<u8>,
        at: DateTime<Utc>,
    ) -> Result<Option<String>, PaperError> {
        let trust = self.keys.trust();
        let work = move || judgement::revoked_since(&pdf, &trust, at);
        tokio::task::spawn_blocking(work).await.map_err(|_| PaperError::Interrupted)
    }
}

/// The quality that the policy of the Comune asks today for a kind of paper.
///
/// # Errors
/// When the registry cannot be read, or no regulation is in force.
pub async fn needed(executor: &Executor, kind: PaperKind) -> Result<SignatureQuality, PaperError> {
    let world = executor.world(&[]).await?;
    let regulation = world.regulation(rome_date(executor.clock.now()))?;
    Ok(need(&regulation.signature_policy, kind).quality)
}

/// The bytes of a document that must be there.
///
/// # Errors
/// [`PaperError::Missing`].
pub async fn document(executor: &Executor, sha256: &str) -> Result<Vec<u8>, PaperError> {
    let found = executor.store.document(sha256).await?;
    found.map(|d| d.bytes).ok_or_else(|| PaperError::Missing(sha256.to_owned()))
}

/// The document inside a signed container: what is read of it, the container being what is kept. `None`
/// for any other document.
pub fn inside(media_type: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    let container = media_type == SignedForm::Cades.media_type();
    container.then(|| delibera_signature::container_content(bytes)).flatten()
}

/// Bytes as a document of the write that carries them.
pub fn pdf_document(bytes: Vec<u8>) -> NewDocument {
    NewDocument { sha256: sha256_hex(&bytes), media_type: PDF.into(), bytes }
}
