// SPDX-License-Identifier: AGPL-3.0-or-later
//! Terms called to mind: of a step, to whoever is charged with it on that day; of a ratification, to
//! the Consiglio. What was done meanwhile is not called to mind.

use super::{Done, JobError, Worker};
use crate::domain::case::Case;
use crate::domain::effects::MailJob;
use crate::domain::law::calendar::rome_date;
use crate::domain::notices::{RecipientContext, recipients};
use crate::domain::stream::StreamId;
use crate::domain::world::World;
use crate::store::Job as QueuedJob;
use chrono::NaiveDate;
use serde_json::json;

impl Worker {
    /// Reminds whoever is charged now, if the act still stands at that very step.
    pub(super) async fn remind(
        &self,
        id: &str,
        entered: i64,
        moment: &str,
        queued: &QueuedJob,
    ) -> Result<Done, JobError> {
        let world = self.office.executor.world(&[StreamId::case(id)]).await?;
        let case = world.case(id)?;
        if case.entered != entered || case.ending.is_some() {
            return Ok(Done::Yes("passo già concluso".into()));
        }
        self.tell(&world, case, moment, case.deadline, queued).await
    }

    /// Calls to mind that the Consiglio must ratify, if it is not on record that it did.
    pub(super) async fn ratification(
        &self,
        id: &str,
        ahead: u64,
        queued: &QueuedJob,
    ) -> Result<Done, JobError> {
        let world = self.office.executor.world(&[StreamId::case(id)]).await?;
        let case = world.case(id)?;
        let Some(duty) = case.duties.get("consiglio").filter(|d| d.settled.is_none()) else {
            return Ok(Done::Yes("ratifica già registrata".into()));
        };
        tracing::debug!(case = id, ahead, "ratification");
        self.tell(&world, case, "ratification_due", duty.due, queued).await
    }

    /// The notices of a moment, one message a person.
    async fn tell(
        &self,
        world: &World,
        case: &Case,
        moment: &str,
        deadline: Option<NaiveDate>,
        queued: &QueuedJob,
    ) -> Result<Done, JobError> {
        let workflow = world.workflow(case)?;
        let on = rome_date(queued.due_at);
        let step = workflow.step(&case.step);
        let context = RecipientContext { world, case: Some(case), sitting: None, on, step };
        let mut mails: Vec<MailJob> = Vec::new();
        for found in workflow.notices.iter().filter(|n| n.on == moment) {
            for person in found.to.iter().flat_map(|token| recipients(token, &context)) {
                if mails.iter().any(|mail| mail.person == person) {
                    continue;
                }
                mails.push(MailJob {
                    message: found.message.clone(),
                    moment: moment.to_owned(),
                    person,
                    case: Some(case.id.clone()),
                    sitting: None,
                    day: on,
                    detail: json!({ "deadline": deadline }),
                });
            }
        }
        let told = self.tell_each(mails, &queued.key, queued.due_at).await?;
        Ok(Done::Yes(format!("{told} avvisi")))
    }
}
