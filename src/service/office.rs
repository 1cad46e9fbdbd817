// SPDX-License-Identifier: AGPL-3.0-or-later
//! A person at his desk: what he does is composed, shown, signed and executed as one gesture.
//!
//! `prepare` gives the very document that will be signed; `perform` prepares, signs with the local
//! key and executes. Remote and offline signing prepare now and execute later with the same command.

use super::execute::{Executor, Request};
use super::paper::{Composed, PaperError, Press, document, pdf_document};
use crate::domain::case::{CaseCommand, Ctx};
use crate::domain::command::Command;
use crate::domain::digest::sha256_hex;
use crate::domain::papers::{
    PaperFacts, PaperState, SignedPaper, carried_by_case, carried_by_sitting,
};
use crate::domain::refusal::Refusal;
use crate::domain::registry::Signatory;
use crate::domain::sitting::SittingCommand;
use crate::domain::stream::{NewDocument, StoredEvent, StreamId, StreamKind};
use crate::domain::world::World;
use chrono::{DateTime, Utc};

/// The desk: executor and press together.
#[derive(Clone)]
pub struct Office {
    /// Executes commands.
    pub executor: Executor,
    /// Makes and signs papers.
    pub press: Press,
}

/// A paper ready for its first signature.
pub struct Prepared {
    /// What it prints.
    pub facts: PaperFacts,
    /// The bytes.
    pub composed: Composed,
}

impl Office {
    /// The paper a command carries, composed and not yet signed; `None` when it carries none.
    ///
    /// # Errors
    /// When the facts are not there or the paper cannot be laid out.
    pub async fn prepare(
        &self,
        actor: &str,
        command: &Command,
        happened: Option<DateTime<Utc>>,
    ) -> Result<Option<Prepared>, PaperError> {
        let Some(facts) = self.carried(actor, command, happened).await? else { return Ok(None) };
        let world = self.executor.world(&command.reads()).await?;
        let comune = &world.registry.comune;
        let composed = self.press.compose(&self.executor, &facts, comune).await?;
        Ok(Some(Prepared { facts, composed }))
    }

    async fn carried(
        &self,
        actor: &str,
        command: &Command,
        happened: Option<DateTime<Utc>>,
    ) -> Result<Option<PaperFacts>, PaperError> {
        let now = self.executor.clock.now();
        let ctx = Ctx { actor: actor.into(), now, happened: happened.unwrap_or(now) };
        let wants = paper_of(command).is_some();
        if !wants {
            return Ok(None);
        }
        let world = self.executor.world(&command.reads()).await?;
        Ok(match command {
            Command::Case { id, command } => carried_by_case(id, command, &ctx, &world)?,
            Command::Sitting { id, command } => carried_by_sitting(id, command, &ctx, &world)?,
            Command::Registry(_) | Command::ListCapigruppo { .. } => None,
        })
    }

    /// Does something as a person: the paper it carries is composed and signed with his key.
    ///
    /// # Errors
    /// The refusal, or why the paper could not be made.
    pub async fn perform(
        &self,
        actor: &str,
        mut command: Command,
        happened: Option<DateTime<Utc>>,
        mut documents: Vec<NewDocument>,
    ) -> Result<Vec<StoredEvent>, PaperError> {
        if let Some((stream, key)) = signature_of(&command) {
            return self.sign(actor, &stream, &key).await;
        }
        if let Some(prepared) = self.prepare(actor, &command, happened).await? {
            let (signed, document) = self.sign_carried(prepared).await?;
            documents.push(document);
            if let Some(slot) = command.paper_mut() {
                *slot = Some(signed);
            }
        }
        let request = Request { happened, documents, ..Request::new(actor, command) };
        Ok(self.executor.execute(request).await?)
    }

    async fn sign_carried(
        &self,
        prepared: Prepared,
    ) -> Result<(SignedPaper, NewDocument), PaperError> {
        let Prepared { facts, composed } = prepared;
        let slot = facts.slots.first().cloned();
        let Some((field, signer)) = slot.and_then(|s| s.signer.map(|who| (s.field, who))) else {
            return Err(
                Refusal::new("no_signer", "R9.1", "", "Il documento non ha firmatari").into()
            );
        };
        let fiscal_code = signer.fiscal_code.clone();
        let bytes = self.sign_bytes(composed.pdf, &field, signer).await?;
        let document = pdf_document(bytes);
        let paper = SignedPaper {
            kind: facts.kind,
            facts: facts.sha256(),
            sha256: document.sha256.clone(),
            fiscal_code,
        };
        Ok((paper, document))
    }

    pub(super) async fn sign_bytes(
        &self,
        pdf: Vec<u8>,
        field: &str,
        signer: Signatory,
    ) -> Result<Vec<u8>, PaperError> {
        let world = self.executor.world(&[]).await?;
        let person = world.registry.people.get(&signer.person).cloned().ok_or_else(|| {
            Refusal::new("unknown_person", "R9.4", "", format!("{} non è in anagrafe", signer.name))
        })?;
        self.press.sign(pdf, field, person, signer, self.executor.clock.now()).await
    }

    /// Signs the person's own field of a composed paper.
    ///
    /// # Errors
    /// When the paper is not ready or the person is not among its signers.
    pub async fn sign(
        &self,
        actor: &str,
        stream: &StreamId,
        key: &str,
    ) -> Result<Vec<StoredEvent>, PaperError> {
        let world = self.executor.world(std::slice::from_ref(stream)).await?;
        let state = paper_state(&world, stream, key)?;
        let Some(base) = state.sha256.clone() else {
            return Err(Refusal::new(
                "paper_not_ready",
                "R9.1",
                "",
                "Il documento non è ancora stato composto",
            )
            .into());
        };
        let slot = state.open_slots().find_map(|s| {
            s.signer.clone().filter(|w| w.person == actor).map(|w| (s.field.clone(), w))
        });
        // Without a field of his own the command goes on unsigned: `decide` has the right refusal.
        let (paper, documents) = match slot {
            None => (None, Vec::new()),
            Some((field, signer)) => {
                let fiscal_code = signer.fiscal_code.clone();
                let bytes = document(&self.executor, &base).await?;
                let signed = self.sign_bytes(bytes, &field, signer).await?;
                let paper = SignedPaper {
                    kind: state.plan.kind,
                    facts: state.facts.clone().unwrap_or_default(),
                    sha256: sha256_hex(&signed),
                    fiscal_code,
                };
                (Some(paper), vec![pdf_document(signed)])
            }
        };
        let command = sign_command(stream, key.to_owned(), base, paper);
        let request = Request { documents, ..Request::new(actor, command) };
        self.executor.execute(request).await.map_err(PaperError::from)
    }
}

fn sign_command(
    stream: &StreamId,
    paper_key: String,
    base: String,
    paper: Option<SignedPaper>,
) -> Command {
    let id = stream.id.clone();
    match stream.kind {
        StreamKind::Sitting => {
            Command::Sitting { id, command: SittingCommand::Sign { paper_key, base, paper } }
        }
        _ => Command::Case { id, command: CaseCommand::Sign { paper_key, base, paper } },
    }
}

/// A paper of a stream, by key.
///
/// # Errors
/// `paper_unknown`.
pub fn paper_state(world: &World, stream: &StreamId, key: &str) -> Result<PaperState, Refusal> {
    let papers = match stream.kind {
        StreamKind::Case => &world.case(&stream.id)?.papers,
        StreamKind::Sitting => &world.sitting(&stream.id)?.papers,
        StreamKind::Registry => return Err(crate::domain::case::unknown_paper(key)),
    };
    papers
        .iter()
        .find(|p| p.plan.key == key)
        .cloned()
        .ok_or_else(|| crate::domain::case::unknown_paper(key))
}

/// Stream and key of a signature that still has to be made here.
fn signature_of(command: &Command) -> Option<(StreamId, String)> {
    match command {
        Command::Case { id, command: CaseCommand::Sign { paper_key, paper: None, .. } } => {
            Some((StreamId::case(id), paper_key.clone()))
        }
        Command::Sitting { id, command: SittingCommand::Sign { paper_key, paper: None, .. } } => {
            Some((StreamId::sitting(id), paper_key.clone()))
        }
        _ => None,
    }
}

/// The place of the carried paper in a command, when it is still empty.
fn paper_of(command: &Command) -> Option<&Option<SignedPaper>> {
    let slot = match command {
        Command::Case { command, .. } => match command {
            CaseCommand::GiveOpinion { paper, .. }
            | CaseCommand::Return { paper, .. }
            | CaseCommand::Revise { paper, formal: true, .. }
            | CaseCommand::Withdraw { paper, .. }
            | CaseCommand::AttestImpediment { paper, .. } => paper,
            _ => return None,
        },
        Command::Sitting { command, .. } => match command {
            SittingCommand::RemoveItem { paper, .. }
            | SittingCommand::Convene { paper }
            | SittingCommand::Move { paper, .. }
            | SittingCommand::Cancel { paper, .. }
            | SittingCommand::Amend { paper, formal: true, .. } => paper,
            _ => return None,
        },
        Command::Registry(_) | Command::ListCapigruppo { .. } => return None,
    };
    slot.is_none().then_some(slot)
}
