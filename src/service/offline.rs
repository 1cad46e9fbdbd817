// SPDX-License-Identifier: AGPL-3.0-or-later
//! Signing with a tool of the person's own: the document is prepared and waits in the database,
//! is downloaded, signed wherever he likes, uploaded. Four shapes come back:
//!
//! - the PDF signed by another program, in the field that was prepared for him;
//! - a `.p7m` or `.p7s` of the bytes that the signature covers: it goes into the prepared document;
//! - a `.p7m` around the whole document, where one person signs it: the container is the original;
//! - anything else, which is refused with the reason.
//!
//! What is signed is what was shown: the digest of the covered bytes is fixed when the document is
//! prepared, and the command that follows is decided on the facts of the upload.

use super::execute::Request;
use super::judgement::{Entering, refuse};
use super::keyring::{Keyring, Who, quality, shown};
use super::office::{Office, paper_state, sign_command, signer_slot};
use super::paper::{PaperError, document, needed};
use crate::domain::command::Command;
use crate::domain::digest::sha256_hex;
use crate::domain::papers::{PaperKind, SignatureQuality, SignedForm, SignedPaper};
use crate::domain::refusal::Refusal;
use crate::domain::registry::Person;
use crate::domain::stream::{NewDocument, StoredEvent, StreamId};
use crate::store::PendingSignature;
use chrono::{DateTime, Utc};
use delibera_signature::{
    Holder, Prepared, SignError, container_content, container_der, prepare, signers,
};
use serde::{Deserialize, Serialize};

/// What a signature made elsewhere is for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// A command that carries the paper; it is executed when the paper is back.
    Command(Box<Command>),
    /// A field of a composed paper.
    Paper {
        /// Stream.
        stream: StreamId,
        /// Key of the paper.
        key: String,
    },
}

/// A document as it waits.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Waiting {
    /// What for.
    pub target: Target,
    /// Kind of paper.
    pub kind: PaperKind,
    /// SHA-256 of the facts it prints.
    pub facts: String,
    /// Field to fill.
    pub field: String,
    /// Quality that is asked for.
    needed: SignatureQuality,
    /// Bytes of the document before it was prepared: a prefix of it.
    issued: usize,
    prepared: Prepared,
}

impl Waiting {
    /// The document as it was issued, for programs that sign a PDF.
    pub fn pdf(&self) -> &[u8] {
        self.prepared.preview().get(..self.issued).unwrap_or_default()
    }

    /// The document with its empty signature: what is shown before signing.
    pub fn preview(&self) -> &[u8] {
        self.prepared.preview()
    }

    /// The bytes that a signature covers, for programs that sign any file.
    pub fn content(&self) -> Vec<u8> {
        self.prepared.content()
    }

    /// SHA-256 of those bytes: what is shown and what is signed.
    pub fn digest(&self) -> String {
        self.prepared.digest().iter().map(|b| format!("{b:02x}")).collect()
    }
}

impl Office {
    /// Prepares a document for a person who signs with a tool of his own; gives its identifier.
    ///
    /// # Errors
    /// The paper is not there, is not his to sign, or cannot be laid out.
    pub async fn prepare_offline(
        &self,
        actor: &str,
        target: Target,
    ) -> Result<(String, Waiting), PaperError> {
        let at = self.executor.clock.now();
        let (kind, facts, field, signer, pdf) = match &target {
            Target::Command(command) => {
                let prepared = self.prepare(actor, command, None).await?;
                let Some(prepared) = prepared else {
                    let text = "Questa operazione non ha documenti da firmare";
                    return Err(Refusal::new("paper_unexpected", "R9.1", "", text).into());
                };
                let (field, signer) = signer_slot(&prepared.facts)?;
                (prepared.facts.kind, prepared.facts.sha256(), field, signer, prepared.composed.pdf)
            }
            Target::Paper { stream, key } => {
                let world = self.executor.world(std::slice::from_ref(stream)).await?;
                let state = paper_state(&world, stream, key)?;
                let (base, field, signer) = state.turn_of(actor)?;
                let pdf = document(&self.executor, &base).await?;
                (state.plan.kind, state.facts.clone().unwrap_or_default(), field, signer, pdf)
            }
        };
        let needed = needed(&self.executor, kind).await?;
        let issued = pdf.len();
        let lines = shown(&signer.name, at);
        let keys = &self.press.keys;
        let prepared = prepare(&pdf, &keys.request(&field, &signer.name, &lines, at))?;
        let waiting = Waiting { target, kind, facts, field, needed, issued, prepared };
        let id = uuid::Uuid::new_v4().to_string();
        let body = serde_json::to_string(&waiting).map_err(|_| PaperError::Interrupted)?;
        let pending =
            PendingSignature { id: id.clone(), person: actor.into(), created_at: at, body };
        self.executor.store.put_pending(&pending).await?;
        Ok((id, waiting))
    }

    /// A document that waits for a person.
    ///
    /// # Errors
    /// There is none of that name for him.
    pub async fn waiting(&self, actor: &str, id: &str) -> Result<Waiting, PaperError> {
        let found = self.executor.store.pending(id).await?.filter(|p| p.person == actor);
        let unknown = || {
            let text = "Non c'è alcun documento in attesa di questa firma";
            refuse("pending_unknown", "", text, "Preparare di nuovo il documento e scaricarlo")
        };
        let found = found.ok_or_else(unknown)?;
        serde_json::from_str(&found.body).map_err(|_| unknown())
    }

    /// Takes back what was signed elsewhere: checks it and executes what it was for.
    ///
    /// # Errors
    /// The file is not that document signed by that person; or the refusal of the command.
    pub async fn upload(
        &self,
        actor: &str,
        id: &str,
        file: Vec<u8>,
    ) -> Result<Vec<StoredEvent>, PaperError> {
        let events = self.executor.execute(self.taken_back(actor, id, file).await?).await?;
        self.executor.store.remove_pending(id).await?;
        Ok(events)
    }

    /// Checks what was signed elsewhere: the command it was for, with the signed paper in its place.
    ///
    /// # Errors
    /// The file is not that document signed by that person.
    pub async fn taken_back(
        &self,
        actor: &str,
        id: &str,
        file: Vec<u8>,
    ) -> Result<Request, PaperError> {
        let waiting = self.waiting(actor, id).await?;
        let person = self.person(actor).await?;
        let (keys, at) = (self.press.keys.clone(), self.executor.clock.now());
        let examined = waiting.clone();
        let work = move || {
            let (signed, form) = signed_file(&examined, file)?;
            let examined = examine(&examined, (&signed, form), &person, &keys, at)?;
            Ok::<_, PaperError>((signed, form, examined))
        };
        let (signed, form, (fiscal_code, assurance)) =
            tokio::task::spawn_blocking(work).await.map_err(|_| PaperError::Interrupted)??;
        let paper = SignedPaper {
            form,
            kind: waiting.kind,
            facts: waiting.facts.clone(),
            sha256: sha256_hex(&signed),
            fiscal_code,
            assurance: Some(assurance),
        };
        let command = match waiting.target.clone() {
            Target::Command(mut command) => {
                if let Some(slot) = command.paper_mut() {
                    *slot = Some(paper);
                }
                *command
            }
            Target::Paper { stream, key } => {
                let base = sha256_hex(waiting.pdf());
                sign_command(&stream, key, base, Some(paper))
            }
        };
        let (sha256, media_type) = (sha256_hex(&signed), form.media_type().to_owned());
        let documents = vec![NewDocument { sha256, media_type, bytes: signed }];
        Ok(Request { documents, ..Request::new(actor, command) })
    }
}

/// The signed document of an upload, whatever its shape, and how its signature is carried.
fn signed_file(waiting: &Waiting, file: Vec<u8>) -> Result<(Vec<u8>, SignedForm), PaperError> {
    if file.starts_with(b"%PDF-") {
        return Ok((file, SignedForm::Pades));
    }
    // The original is the file as it came.
    if container_content(&file).is_some_and(|inside| inside == waiting.pdf()) {
        return Ok((file, SignedForm::Cades));
    }
    // Tools write `.p7m` as bytes, streamed, as PEM, or as bare base64.
    let cms = container_der(&file).unwrap_or(file);
    let embedded = waiting.prepared.clone().embed(&cms).map_err(|error| match error {
        SignError::ForeignCms(why) => refuse(
            "foreign_signature",
            "",
            format!("Il file caricato non è la firma di questo documento: {why}"),
            "Firmare in formato PDF il documento scaricato, oppure in formato p7m il file con i byte da firmare",
        ),
        other => other.into(),
    })?;
    Ok((embedded, SignedForm::Pades))
}

type Examined = (String, crate::domain::papers::Assurance);

/// The verifier's answer about the new signature, and whose it is.
fn examine(
    waiting: &Waiting,
    (signed, form): (&[u8], SignedForm),
    person: &Person,
    keys: &Keyring,
    at: DateTime<Utc>,
) -> Result<Examined, PaperError> {
    let entering = Entering {
        issued: waiting.pdf(),
        field: &waiting.field,
        form,
        needed: waiting.needed,
        signed,
    };
    entering.uploaded(keys, at)?;
    let field = entering.own_field();
    let certificate = signers(signed)?.into_iter().find(|(name, _)| *name == field);
    let (_, certificate) = certificate.ok_or(PaperError::Interrupted)?;
    let holder = Holder::read(&certificate)?;
    let sign = |error| PaperError::Sign(SignError::Key(error));
    holder.is_of(&person.fiscal_code).map_err(sign)?;
    holder.may_sign(at, quality(waiting.needed)).map_err(sign)?;
    let fiscal_code = holder.fiscal_code.clone().unwrap_or_default();
    let level = delibera_signature::level(signed)?;
    Ok((fiscal_code, keys.worth(holder.quality, level, form)))
}

impl Office {
    /// A person of the registry.
    pub(super) async fn person(&self, id: &str) -> Result<Person, PaperError> {
        let world = self.executor.world(&[]).await?;
        let unknown =
            || Refusal::new("unknown_person", "R9.4", "", format!("«{id}» non è in anagrafe"));
        Ok(world.registry.people.get(id).cloned().ok_or_else(unknown)?)
    }

    /// What this person has to give to sign.
    ///
    /// # Errors
    /// He is not known, or no key is configured for him.
    pub async fn asks(&self, actor: &str) -> Result<super::keyring::Asks, PaperError> {
        let person = self.person(actor).await?;
        let asks = self.press.keys.asks(Who::Person(&person));
        asks.map_err(|error| PaperError::Sign(error.into()))
    }

    /// Has the remote service send him a one-time code; false where none is sent.
    ///
    /// # Errors
    /// What the service says.
    pub async fn send_code(&self, actor: &str) -> Result<bool, PaperError> {
        let (person, keys) = (self.person(actor).await?, self.press.keys.clone());
        let sent = tokio::task::spawn_blocking(move || keys.send_code(Who::Person(&person)));
        let sent = sent.await.map_err(|_| PaperError::Interrupted)?;
        sent.map_err(|error| PaperError::Sign(error.into()))
    }
}
