// SPDX-License-Identifier: AGPL-3.0-or-later
//! Time-stamps and validation data for signed papers, and their renewal. The act never waits for
//! them: what the network gives is recorded as a fact, what it does not give is tried again, in
//! view, for as long as it takes.

use super::{Done, JobError, Worker};
use crate::domain::case::CaseCommand;
use crate::domain::command::Command;
use crate::domain::law::calendar::rome_date;
use crate::domain::papers::{Augmentation, Kept, SignatureLevel};
use crate::domain::sitting::SittingCommand;
use crate::domain::stream::{StreamId, StreamKind};
use crate::domain::token::Token;
use crate::domain::world::World;
use crate::service::keyring::level_of;
use crate::service::paper::{document, pdf_document};
use crate::store::Job as QueuedJob;
use chrono::TimeDelta;
use delibera_signature::{EvidenceError, Level, SignError};

/// Longest wait between two attempts.
const LONGEST: TimeDelta = TimeDelta::hours(1);

impl Worker {
    pub(super) async fn augment(
        &self,
        stream: &StreamId,
        signed: &str,
        queued: &QueuedJob,
    ) -> Result<Done, JobError> {
        let executor = &self.office.executor;
        let world = executor.world(std::slice::from_ref(stream)).await?;
        let kept = kept(&world, stream, signed).cloned();
        let Some(kept) = kept else {
            return Ok(Done::Yes("il documento ha avuto altre firme".into()));
        };
        let regulation = world.regulation(rome_date(self.now()))?;
        let wanted = kept.target(&regulation.signature_policy);
        let renew = kept.level >= wanted;
        if renew && kept.level < SignatureLevel::Lta {
            return Ok(Done::Yes(format!("già al livello {}", kept.level.token())));
        }
        let base = document(executor, &kept.sha256).await?;
        let level = Level::ALL.into_iter().find(|l| level_of(*l) == wanted).unwrap_or_default();
        let reached = self.office.press.augment(base, level, renew).await?;
        let new = pdf_document(reached.pdf);
        let why = reached.shortfall.as_ref().map(ToString::to_string).unwrap_or_default();
        let gained = level_of(reached.level) > kept.level || (renew && why.is_empty());
        if new.sha256 == kept.sha256 || !gained {
            if reached.shortfall.as_ref().is_some_and(lasts) {
                return Ok(Done::Yes(format!("livello {}: {why}", kept.level.token())));
            }
            let minutes = TimeDelta::minutes(1 << queued.attempts.clamp(0, 6)).min(LONGEST);
            return Ok(Done::Later(self.now() + minutes, why));
        }
        let step = Augmentation {
            document: signed.to_owned(),
            base: kept.sha256,
            sha256: new.sha256.clone(),
            level: level_of(reached.level),
            renew_by: reached.renew_by,
        };
        let mut note = format!("livello {} {why}", step.level.token()).trim_end().to_owned();
        // Only now it may be known that a certificate had been revoked when it signed.
        if let Some(revoked) =
            self.office.press.revoked_since(new.bytes.clone(), self.now()).await?
        {
            tracing::error!(%stream, document = signed, %revoked, "a signature is not valid");
            note = format!("{note}; firma da rifare (art. 24, c. 4-bis, CAD): {revoked}");
        }
        self.system(command(stream, step), vec![new]).await?;
        Ok(Done::Yes(note))
    }
}

/// A shortfall that time does not mend: the certificates do not say where to ask.
fn lasts(error: &SignError) -> bool {
    let lasting =
        |e: &EvidenceError| matches!(e, EvidenceError::NoSource(_) | EvidenceError::NoIssuer(_));
    matches!(error, SignError::Evidence(error) if lasting(error))
}

fn kept<'w>(world: &'w World, stream: &StreamId, signed: &str) -> Option<&'w Kept> {
    match stream.kind {
        StreamKind::Case => world.cases.get(&stream.id)?.kept.get(signed),
        StreamKind::Sitting => world.sittings.get(&stream.id)?.kept.get(signed),
        StreamKind::Registry => None,
    }
}

fn command(stream: &StreamId, step: Augmentation) -> Command {
    let id = stream.id.clone();
    match stream.kind {
        StreamKind::Sitting => Command::Sitting { id, command: SittingCommand::Augment(step) },
        _ => Command::Case { id, command: CaseCommand::Augment(step) },
    }
}
