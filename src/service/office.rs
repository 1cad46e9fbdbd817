// SPDX-License-Identifier: AGPL-3.0-or-later
//! A person at his desk: what he does is composed, shown, signed and executed as one gesture.
//!
//! `prepare` gives the very document that will be signed; `perform` prepares, signs with the local
//! key and executes. Remote and offline signing prepare now and execute later with the same command.

use super::execute::{Executor, Request};
use super::keyring::config::Activation;
use super::keyring::{Done, Order};
use super::paper::{Composed, PaperError, Press, document, needed, pdf_document};
use crate::domain::case::{CaseCommand, Ctx};
use crate::domain::command::Command;
use crate::domain::papers::{
    PaperFacts, PaperKind, PaperState, SignedPaper, carried_by_case, carried_by_sitting,
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
            Command::Registry(_) | Command::Together(_) | Command::ListCapigruppo { .. } => None,
        })
    }

    /// Does something as a person whose key asks for nothing: see [`Office::perform_with`].
    ///
    /// # Errors
    /// The refusal, or why the paper could not be made.
    pub async fn perform(
        &self,
        actor: &str,
        command: Command,
        happened: Option<DateTime<Utc>>,
        documents: Vec<NewDocument>,
    ) -> Result<Vec<StoredEvent>, PaperError> {
        self.perform_with(actor, command, happened, documents, &Activation::default()).await
    }

    /// Does something as a person: the paper it carries is composed and signed with his key, which
    /// he activates with a PIN or a code.
    ///
    /// # Errors
    /// The refusal, or why the paper could not be made.
    pub async fn perform_with(
        &self,
        actor: &str,
        mut command: Command,
        happened: Option<DateTime<Utc>>,
        mut documents: Vec<NewDocument>,
        activation: &Activation,
    ) -> Result<Vec<StoredEvent>, PaperError> {
        draw_code(&mut command);
        if let Some((stream, key)) = signature_of(&command) {
            let mut rows = self.sign_many(actor, &[(stream, key)], activation).await;
            return rows.pop().map_or(Err(PaperError::Interrupted), |row| row.outcome);
        }
        if let Some(prepared) = self.prepare(actor, &command, happened).await? {
            let (signed, document) = self.sign_carried(prepared, activation).await?;
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
        activation: &Activation,
    ) -> Result<(SignedPaper, NewDocument), PaperError> {
        let Prepared { facts, composed } = prepared;
        let (field, signer) = signer_slot(&facts)?;
        let person = self.person(&signer.person).await?;
        let needed = needed(&self.executor, facts.kind).await?;
        let order = Order { pdf: composed.pdf, field, needed };
        let at = self.executor.clock.now();
        let signed = self.press.sign_all(person, signer.name, vec![order], activation.clone(), at);
        let signed = signed.await.pop().ok_or(PaperError::Interrupted)??;
        Ok(signed_paper(facts.kind, facts.sha256(), signed))
    }

    /// Signs the person's own field of a composed paper, with a key that asks for nothing.
    ///
    /// # Errors
    /// When the paper is not ready or the person is not among its signers.
    pub async fn sign(
        &self,
        actor: &str,
        stream: &StreamId,
        key: &str,
    ) -> Result<Vec<StoredEvent>, PaperError> {
        let papers = [(stream.clone(), key.to_owned())];
        let mut rows = self.sign_many(actor, &papers, &Activation::default()).await;
        rows.pop().map_or(Err(PaperError::Interrupted), |row| row.outcome)
    }

    /// Signs many papers in one gesture (firma massiva): one activation, a result per paper. What
    /// fails changes nothing and can be repeated; nothing half-signed is attached.
    pub async fn sign_many(
        &self,
        actor: &str,
        papers: &[(StreamId, String)],
        activation: &Activation,
    ) -> Vec<Row> {
        let mut turns = Vec::new();
        for (stream, key) in papers {
            turns.push(self.turn(actor, stream, key).await);
        }
        let orders: Vec<Order> = turns.iter().flatten().map(|turn| turn.order.clone()).collect();
        let name = turns.iter().flatten().map(|turn| turn.name.clone()).next().unwrap_or_default();
        let at = self.executor.clock.now();
        let signed = match self.person(actor).await {
            _ if orders.is_empty() => Vec::new(),
            Ok(person) => self.press.sign_all(person, name, orders, activation.clone(), at).await,
            Err(error) => vec![Err(error)],
        };
        let mut signed = signed.into_iter();
        let mut rows = Vec::new();
        for ((stream, key), turn) in papers.iter().zip(turns) {
            let outcome = match turn {
                Err(error) => Err(error),
                Ok(turn) => match signed.next() {
                    Some(Ok(done)) => self.attach(actor, stream, key, turn, done).await,
                    Some(Err(error)) => Err(error),
                    None => Err(PaperError::Interrupted),
                },
            };
            rows.push(Row { stream: stream.clone(), key: key.clone(), outcome });
        }
        rows
    }

    /// The paper as this person has to sign it now.
    async fn turn(&self, actor: &str, stream: &StreamId, key: &str) -> Result<Turn, PaperError> {
        let world = self.executor.world(std::slice::from_ref(stream)).await?;
        let state = paper_state(&world, stream, key)?;
        let (base, field, signer) = state.turn_of(actor)?;
        let kind = state.plan.kind;
        let needed = needed(&self.executor, kind).await?;
        let pdf = document(&self.executor, &base).await?;
        let facts = state.facts.unwrap_or_default();
        Ok(Turn { base, kind, facts, name: signer.name, order: Order { pdf, field, needed } })
    }

    async fn attach(
        &self,
        actor: &str,
        stream: &StreamId,
        key: &str,
        turn: Turn,
        done: Done,
    ) -> Result<Vec<StoredEvent>, PaperError> {
        let (paper, document) = signed_paper(turn.kind, turn.facts, done);
        let command = sign_command(stream, key.to_owned(), turn.base, Some(paper));
        let request = Request { documents: vec![document], ..Request::new(actor, command) };
        Ok(self.executor.execute(request).await?)
    }
}

/// A paper of a gesture and what became of it.
#[derive(Debug)]
pub struct Row {
    /// Stream of the paper.
    pub stream: StreamId,
    /// Its key.
    pub key: String,
    /// The facts, or why it was not signed.
    pub outcome: Result<Vec<StoredEvent>, PaperError>,
}

struct Turn {
    base: String,
    kind: PaperKind,
    facts: String,
    name: String,
    order: Order,
}

/// The first field of a carried paper and who signs it.
pub(super) fn signer_slot(facts: &PaperFacts) -> Result<(String, Signatory), Refusal> {
    let slot = facts.slots.first().cloned();
    slot.and_then(|s| s.signer.map(|who| (s.field, who)))
        .ok_or_else(|| Refusal::new("no_signer", "R9.1", "", "Il documento non ha firmatari"))
}

pub(super) fn signed_paper(
    kind: PaperKind,
    facts: String,
    done: Done,
) -> (SignedPaper, NewDocument) {
    let document = pdf_document(done.pdf);
    let paper = SignedPaper {
        form: Default::default(),
        kind,
        facts,
        sha256: document.sha256.clone(),
        fiscal_code: done.fiscal_code,
        assurance: Some(done.assurance),
    };
    (paper, document)
}

/// Chance enters here: 122 random bits in the contrassegno of a copy (RFC 9562, version 4).
pub fn draw_code(command: &mut Command) {
    if let Command::Case { command: CaseCommand::RequestCopy { code, .. }, .. } = command
        && code.is_empty()
    {
        *code = uuid::Uuid::new_v4().simple().to_string();
    }
}

pub(super) fn sign_command(
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
        Command::Registry(_) | Command::Together(_) | Command::ListCapigruppo { .. } => {
            return None;
        }
    };
    slot.is_none().then_some(slot)
}
