// SPDX-License-Identifier: AGPL-3.0-or-later
//! A signature in two gestures: the document is shown, then the very bytes that were shown are
//! signed and travel with the command. Days may pass in between; `decide` compares the facts.

use super::execute::Request;
use super::keyring::config::Activation;
use super::keyring::{Done, Order};
use super::office::{Office, paper_state, signed_paper, signer_slot};
use super::paper::{PaperError, document, needed};
use crate::domain::case::CaseCommand;
use crate::domain::command::Command;
use crate::domain::digest::sha256_hex;
use crate::domain::papers::PaperKind;
use crate::domain::refusal::Refusal;
use crate::domain::registry::Signatory;
use crate::domain::sitting::SittingCommand;
use crate::domain::stream::{StoredEvent, StreamId};
use crate::store::PreparedPaper;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// How long a document stays ready for its signature.
const GOOD_FOR: TimeDelta = TimeDelta::days(7);

/// What the signer is told beside the document itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToSign {
    /// Kind of paper.
    pub kind: PaperKind,
    /// Its title.
    pub title: String,
    /// SHA-256 of its facts.
    pub facts: String,
    /// Signature field.
    pub field: String,
    /// Who signs, with the title printed.
    pub signer: Signatory,
}

/// A document ready for its signature.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// Identifier of the gesture.
    pub id: String,
    /// What is signed.
    pub to_sign: ToSign,
    /// What signing does.
    pub command: Command,
    /// SHA-256 of the bytes shown.
    pub sha256: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl Office {
    /// The document a command wants signed, composed and kept until it is; `None` when the command
    /// carries none.
    ///
    /// # Errors
    /// The refusal, or why the paper could not be made.
    pub async fn show(&self, actor: &str, command: &Command) -> Result<Option<String>, PaperError> {
        let Some((to_sign, bytes)) = self.document_of(actor, command).await? else {
            return Ok(None);
        };
        let now = self.executor.clock.now();
        let paper = PreparedPaper {
            id: uuid::Uuid::new_v4().to_string(),
            person: actor.to_owned(),
            command: json(command)?,
            facts: json(&to_sign)?,
            sha256: sha256_hex(&bytes),
            bytes,
        };
        let id = paper.id.clone();
        self.executor.store.keep_prepared(paper, now, now + GOOD_FOR).await?;
        Ok(Some(id))
    }

    async fn document_of(
        &self,
        actor: &str,
        command: &Command,
    ) -> Result<Option<(ToSign, Vec<u8>)>, PaperError> {
        let (stream, key) = match command {
            Command::Case { id, command: CaseCommand::Sign { paper_key, .. } } => {
                (StreamId::case(id), paper_key)
            }
            Command::Sitting { id, command: SittingCommand::Sign { paper_key, .. } } => {
                (StreamId::sitting(id), paper_key)
            }
            _ => return self.carried_document(actor, command).await,
        };
        let world = self.executor.world(std::slice::from_ref(&stream)).await?;
        let state = paper_state(&world, &stream, key)?;
        let slot = state.open_slots().find_map(|slot| {
            let signer = slot.signer.clone().filter(|signer| signer.person == actor)?;
            Some((slot.field.clone(), signer))
        });
        let (Some((field, signer)), Some(base)) = (slot, state.sha256.clone()) else {
            return Ok(None);
        };
        let bytes = document(&self.executor, &base).await?;
        let facts = state.facts.clone().unwrap_or_default();
        let title = crate::domain::words::paper(state.plan.kind).to_owned();
        Ok(Some((ToSign { kind: state.plan.kind, title, facts, field, signer }, bytes)))
    }

    async fn carried_document(
        &self,
        actor: &str,
        command: &Command,
    ) -> Result<Option<(ToSign, Vec<u8>)>, PaperError> {
        let Some(prepared) = self.prepare(actor, command, None).await? else { return Ok(None) };
        let facts = prepared.facts;
        let (field, signer) = signer_slot(&facts)?;
        let sha256 = facts.sha256();
        let to_sign = ToSign { kind: facts.kind, title: facts.title, facts: sha256, field, signer };
        Ok(Some((to_sign, prepared.composed.pdf)))
    }

    /// A document that was shown to this person and is still good.
    ///
    /// # Errors
    /// `signature_expired`, or what the database said.
    pub async fn shown(&self, actor: &str, id: &str) -> Result<Shown, PaperError> {
        let now = self.executor.clock.now();
        let kept = self.executor.store.prepared(id, actor, now).await?.ok_or_else(|| {
            let text = "Questo documento non è più in attesa della sua firma";
            Refusal::new("signature_expired", "R9.1", "", text)
                .next("Tornare al fascicolo e ripetere l'operazione")
        })?;
        Ok(Shown {
            id: kept.id,
            to_sign: parsed(&kept.facts)?,
            command: parsed(&kept.command)?,
            sha256: kept.sha256,
            bytes: kept.bytes,
        })
    }

    /// Signs the bytes that were shown with the key of this person, and executes the command with them.
    ///
    /// # Errors
    /// The refusal, or why it could not be signed.
    pub async fn sign_shown(
        &self,
        actor: &str,
        shown: Shown,
        activation: &Activation,
    ) -> Result<Vec<StoredEvent>, PaperError> {
        let mut rows = self.sign_all_shown(actor, vec![shown], activation).await;
        rows.pop().unwrap_or(Err(PaperError::Interrupted))
    }

    /// The same for many documents in one gesture (firma massiva): one PIN or code, a result each, in
    /// order. What fails changes nothing, stops no other, and stays ready to be signed again.
    pub async fn sign_all_shown(
        &self,
        actor: &str,
        shown: Vec<Shown>,
        activation: &Activation,
    ) -> Vec<Result<Vec<StoredEvent>, PaperError>> {
        let name = shown.first().map(|s| s.to_sign.signer.name.clone()).unwrap_or_default();
        let mut orders = Vec::with_capacity(shown.len());
        for document in &shown {
            orders.push(self.order_of(document).await);
        }
        let ready: Vec<Order> = orders.iter().flatten().cloned().collect();
        let at = self.executor.clock.now();
        let signed = match self.person(actor).await {
            _ if ready.is_empty() => Vec::new(),
            Ok(person) => self.press.sign_all(person, name, ready, activation.clone(), at).await,
            Err(error) => vec![Err(error)],
        };
        let mut signed = signed.into_iter();
        let mut rows = Vec::with_capacity(shown.len());
        for (document, order) in shown.into_iter().zip(orders) {
            rows.push(match order {
                Err(error) => Err(error),
                Ok(_) => match signed.next().unwrap_or(Err(PaperError::Interrupted)) {
                    Ok(done) => self.execute_shown(actor, document, done).await,
                    Err(error) => Err(error),
                },
            });
        }
        rows
    }

    async fn order_of(&self, shown: &Shown) -> Result<Order, PaperError> {
        let needed = needed(&self.executor, shown.to_sign.kind).await?;
        Ok(Order { pdf: shown.bytes.clone(), field: shown.to_sign.field.clone(), needed })
    }

    async fn execute_shown(
        &self,
        actor: &str,
        shown: Shown,
        done: Done,
    ) -> Result<Vec<StoredEvent>, PaperError> {
        let Shown { id, to_sign, mut command, .. } = shown;
        let (paper, document) = signed_paper(to_sign.kind, to_sign.facts, done);
        if let Some(place) = command.paper_mut() {
            *place = Some(paper);
        }
        let request = Request { documents: vec![document], ..Request::new(actor, command) };
        let events = self.executor.execute(request).await?;
        self.executor.store.drop_prepared(&id).await?;
        Ok(events)
    }
}

fn json<T: Serialize>(value: &T) -> Result<String, PaperError> {
    serde_json::to_string(value).map_err(unreadable)
}

fn parsed<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, PaperError> {
    serde_json::from_str(text).map_err(unreadable)
}

fn unreadable(error: serde_json::Error) -> PaperError {
    Refusal::new("unreadable_paper", "R9.1", "", error.to_string()).into()
}
