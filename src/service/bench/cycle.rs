// SPDX-License-Identifier: AGPL-3.0-or-later
//! One cycle: its workflow, who does its steps, and the two ways to ask for them, the executor of
//! this process and the API of a server.

use super::line::Line;
use super::{BenchError, KIND, STEPS};
use crate::domain::case::{CaseCommand, Content, Effects, Gates};
use crate::domain::command::Command;
use crate::service::execute::{Executor, Receipt, Request};
use std::time::Instant;

/// The workflow: a draft, ten checks, the end. It leaves out everything the law wants of an act, so
/// no Comune could activate it; it is put on record of a database made for measuring only. A check
/// of the `inquiry` would owe a document.
pub(super) fn workflow() -> String {
    let mut text = format!(
        "[act]\nkind = \"{KIND}\"\ntitle = \"Misura\"\norgan = \"none\"\n\
         profile = \"atto-monocratico\"\nproposal_register = \"proposte\"\nalbo_register = \"albo\"\n\
         [[step]]\nname = \"bozza\"\nkind = \"freeze\"\ntitle = \"Bozza\"\n\
         who = \"responsabile_procedimento\"\nnext = \"verifica_1\"\n"
    );
    for n in 1..=STEPS - 2 {
        let next = if n == STEPS - 2 { "fine".to_owned() } else { format!("verifica_{}", n + 1) };
        text.push_str(&format!(
            "[[step]]\nname = \"verifica_{n}\"\nkind = \"review\"\ntitle = \"Verifica {n}\"\n\
             who = \"segreteria\"\nlifecycle = \"ready\"\ndeadline_days = 3\nnext = \"{next}\"\n"
        ));
    }
    text.push_str(
        "[[step]]\nname = \"fine\"\nkind = \"review\"\ntitle = \"Fine\"\nwho = \"segreteria\"\n\
         lifecycle = \"posting_ended\"\n",
    );
    text
}

/// Who does the steps.
#[derive(Debug, Clone)]
pub(super) struct Cast {
    pub head: String,
    pub secretary: String,
    pub office: String,
    pub rapporteur: String,
}

/// Who does one step.
#[derive(Debug, Clone, Copy)]
enum Who {
    Head,
    Secretary,
}

/// A server and the tokens of the cast.
#[derive(Debug, Clone)]
pub(super) struct Api {
    pub address: String,
    pub head: String,
    pub secretary: String,
}

/// One who asks for steps, one after the other.
pub(super) enum Asker {
    /// The executor of this process.
    Engine(Executor, Cast),
    /// The API, on a line of its own.
    Api(Api, Line, Cast),
}

/// The last acknowledged version of an act.
pub(super) type Acknowledged = (String, i64);

impl Asker {
    /// One who asks a server.
    pub async fn of(api: &Api, cast: &Cast) -> Result<Self, BenchError> {
        let line = Line::open(&api.address).await?;
        Ok(Self::Api(api.clone(), line, cast.clone()))
    }

    /// One cycle, of which only so many steps are done: what was acknowledged last, milliseconds of
    /// each. A step is acknowledged before the next is asked.
    pub async fn cycle(&mut self, steps: usize) -> Result<(Acknowledged, Vec<f64>), BenchError> {
        let (mut took, mut last) = (Vec::with_capacity(steps), (String::new(), 0));
        for n in 0..steps {
            let (who, command) = self.step(n);
            let start = Instant::now();
            let receipt = self.ask(who, &last.0, command).await?;
            took.push(start.elapsed().as_secs_f64() * 1e3);
            last = (receipt.id, receipt.version);
        }
        Ok((last, took))
    }

    fn step(&self, n: usize) -> (Who, CaseCommand) {
        match n {
            0 => {
                let create = CaseCommand::Create {
                    kind: KIND.into(),
                    content: self.content(),
                    again_of: None,
                };
                (Who::Head, create)
            }
            1 => (Who::Head, CaseCommand::Submit),
            _ => (Who::Secretary, CaseCommand::PassReview { note: "verificato".into() }),
        }
    }

    fn content(&self) -> Content {
        let (Self::Engine(_, cast) | Self::Api(_, _, cast)) = self;
        Content {
            subject: format!("Misura {}", uuid::Uuid::now_v7()),
            offices: vec![cast.office.clone()],
            rapporteurs: vec![cast.rapporteur.clone()],
            procedure_head: cast.head.clone(),
            competence: "art. 48 TUEL".into(),
            text: "Premesso che si misura.".into(),
            decision: vec!["di misurare.".into()],
            gates: Gates { effects: Effects::None, ..Gates::default() },
            ..Content::default()
        }
    }

    /// Asks for a step of an act; the first step makes the act.
    async fn ask(
        &mut self,
        who: Who,
        id: &str,
        command: CaseCommand,
    ) -> Result<Receipt, BenchError> {
        match self {
            Self::Engine(executor, cast) => {
                let id = match id {
                    "" => uuid::Uuid::now_v7().to_string(),
                    id => id.to_owned(),
                };
                let actor = match who {
                    Who::Head => &cast.head,
                    Who::Secretary => &cast.secretary,
                };
                let request = Request::new(actor, Command::Case { id, command });
                Ok(executor.execute_once(request).await?)
            }
            Self::Api(api, line, _) => {
                let answer = line.ask(&api.request(who, id, command)).await?;
                let text = || String::from_utf8_lossy(&answer.body).into_owned();
                match answer.status {
                    200 | 201 => serde_json::from_slice(&answer.body)
                        .map_err(|error| BenchError::Api(answer.status, error.to_string())),
                    status => Err(BenchError::Api(status, text())),
                }
            }
        }
    }
}

impl Api {
    fn request(&self, who: Who, id: &str, command: CaseCommand) -> Vec<u8> {
        let (path, body) = match command {
            CaseCommand::Create { kind, content, .. } => {
                ("/cases".to_owned(), serde_json::json!({ "kind": kind, "content": content }))
            }
            command => (format!("/cases/{id}/commands"), serde_json::json!({ "command": command })),
        };
        let token = match who {
            Who::Head => &self.head,
            Who::Secretary => &self.secretary,
        };
        let (body, key) = (body.to_string(), uuid::Uuid::now_v7());
        format!(
            "POST /api/v1{path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {token}\r\n\
             idempotency-key: {key}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        )
        .into_bytes()
    }
}
