// SPDX-License-Identifier: AGPL-3.0-or-later
//! From a step of the file to commands: one for most, several for the shortcuts.

use super::file::{Attach, Model, Step};
use super::repeat::numbered;
use super::{Runner, comune};
use crate::domain::case::{Case, CaseCommand, Content, OpinionOutcome, needs, open_needs};
use crate::domain::command::Command;
use crate::domain::papers::PaperKind;
use crate::domain::privacy::open_hits;
use crate::domain::refusal::Refusal;
use crate::domain::registry::{RegistryCommand, Role};
use crate::domain::sitting::SittingCommand;
use crate::domain::stream::{NewDocument, SYSTEM_ACTOR, StoredEvent, StreamId};
use crate::domain::workflow::{Lifecycle, OpinionKind, StepKind};
use crate::service::paper::PaperError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use toml::Table;

/// Steps `carry` may take before it gives up.
const CARRY_MAX: usize = 40;

fn wrong(step: &Step, reason: impl Into<String>) -> PaperError {
    let (file, line) = &step.place;
    Refusal::new("scenario_step", "", "", format!("{file}:{line}: {}", reason.into())).into()
}

fn text(params: &Table, key: &str) -> Option<String> {
    params.get(key).and_then(toml::Value::as_str).map(str::to_owned)
}

impl Runner {
    /// Does what a step says.
    pub(super) async fn perform(&mut self, step: &Step) -> Result<Vec<StoredEvent>, PaperError> {
        match step.verb.as_str() {
            "wait" => Ok(Vec::new()),
            "expect" => self.expect_now(step).await,
            "carry" => self.carry(step).await,
            "sign_all" => {
                let case = text(&step.params, "case");
                let sitting = text(&step.params, "sitting");
                let stream = match (case, sitting) {
                    (Some(case), _) => StreamId::case(case),
                    (None, Some(sitting)) => StreamId::sitting(sitting),
                    _ => return Err(wrong(step, "«sign_all» vuole «case» o «sitting»")),
                };
                self.sign_all(&stream).await
            }
            _ => {
                let (command, documents) = self.command(step).await?;
                let actor = if step.by.is_empty() { SYSTEM_ACTOR } else { &step.by };
                self.office.perform(actor, command, step.happened, documents).await
            }
        }
    }

    async fn expect_now(&mut self, step: &Step) -> Result<Vec<StoredEvent>, PaperError> {
        let expectation = step
            .params
            .clone()
            .try_into()
            .map_err(|e: toml::de::Error| wrong(step, e.message().to_owned()))?;
        let (file, line) = &step.place;
        let place = format!("{file}:{line}");
        self.expect(&expectation, &place).await.map_err(|e| wrong(step, e.to_string()))?;
        Ok(Vec::new())
    }

    /// The command of a step, with the bytes that travel with it.
    async fn command(&self, step: &Step) -> Result<(Command, Vec<NewDocument>), PaperError> {
        let mut params = step.params.clone();
        let mut documents = Vec::new();
        self.content(step, &mut params, &mut documents).await?;
        self.roll(step, &mut params).await?;
        let sitting = params.remove("sitting").and_then(|v| v.as_str().map(str::to_owned));
        let mut json = match serde_json::to_value(&params) {
            Ok(Value::Object(map)) => map,
            _ => Map::new(),
        };
        json.insert("do".into(), Value::String(step.verb.clone()));
        if step.verb == "sign" {
            let key = json.remove("paper").unwrap_or_default();
            json.insert("paper_key".into(), key);
            json.insert("base".into(), Value::String(String::new()));
        }
        let command = match sitting {
            Some(id) => Command::Sitting { id, command: parse::<SittingCommand>(step, json)? },
            None => match json.remove("case") {
                Some(id) => Command::Case {
                    id: id.as_str().unwrap_or_default().to_owned(),
                    command: parse::<CaseCommand>(step, json)?,
                },
                None => Command::Registry(parse::<RegistryCommand>(step, json)?),
            },
        };
        Ok((command, documents))
    }

    /// A roll call: `present` by name, or `absent` with everyone else in office present.
    async fn roll(&self, step: &Step, params: &mut Table) -> Result<(), PaperError> {
        if !["open", "resume", "desert"].contains(&step.verb.as_str()) {
            return Ok(());
        }
        let names = |value: toml::Value, key: &str| {
            value.try_into::<Vec<String>>().map_err(|_| {
                wrong(step, format!("«{key}» è un elenco di persone: [\"rossi\", \"verdi\"]"))
            })
        };
        let present: Vec<String> = match (params.remove("absent"), params.remove("present")) {
            (None, None) => return Ok(()),
            (None, Some(present)) => {
                let plain = present.as_array().is_some_and(|a| a.iter().all(|v| v.is_str()));
                if !plain {
                    params.insert("present".into(), present);
                    return Ok(());
                }
                names(present, "present")?
            }
            (Some(absent), None) => {
                let absent = names(absent, "absent")?;
                self.in_office(step).await?.into_iter().filter(|p| !absent.contains(p)).collect()
            }
            (Some(_), Some(_)) => {
                return Err(wrong(step, "«present» e «absent» non vanno insieme"));
            }
        };
        let remote = params.remove("remote").unwrap_or(toml::Value::Boolean(false));
        let rows = present.into_iter().map(|person| {
            let mut row = Table::new();
            row.insert("person".into(), toml::Value::String(person));
            row.insert("remote".into(), remote.clone());
            toml::Value::Table(row)
        });
        params.insert("present".into(), toml::Value::Array(rows.collect()));
        Ok(())
    }

    /// The Giunta in office on the day of a step.
    async fn in_office(&self, step: &Step) -> Result<Vec<String>, PaperError> {
        let world = self.office.executor.world(&[]).await?;
        let day = crate::domain::law::calendar::rome_date(step.happened.unwrap_or(step.at));
        let mut people: Vec<String> = [Role::Sindaco, Role::Vicesindaco, Role::Assessore]
            .into_iter()
            .flat_map(|role| world.registry.holders(role, None, day))
            .map(|mandate| mandate.person.clone())
            .collect();
        let mut seen = std::collections::BTreeSet::new();
        people.retain(|person| seen.insert(person.clone()));
        Ok(people)
    }

    /// `create` takes the content of `[case.…]`; `edit`, `revise`, `correct_request`, `amend` change
    /// the present one.
    async fn content(
        &self,
        step: &Step,
        params: &mut Table,
        documents: &mut Vec<NewDocument>,
    ) -> Result<(), PaperError> {
        let verb = step.verb.as_str();
        if !["create", "edit", "revise", "correct_request", "amend"].contains(&verb) {
            return Ok(());
        }
        let id = text(params, "case").ok_or_else(|| wrong(step, "manca «case»"))?;
        let from = text(params, "from").unwrap_or_else(|| id.clone());
        params.remove("from");
        let mut attach: Vec<Attach> = Vec::new();
        let mut content = if verb == "create" {
            let known = self.scenario.contents.get(&from);
            let known = known.ok_or_else(|| wrong(step, format!("manca [case.{from}]")))?;
            let (content, files) = copy_of(known, step.n).map_err(|e| wrong(step, e))?;
            attach.extend(files);
            params.insert("kind".into(), toml::Value::String(known.kind.clone()));
            content
        } else {
            let world = self.office.executor.world(&[StreamId::case(&id)]).await?;
            world.case(&id)?.content.clone()
        };
        if let Some(more) = params.remove("attach") {
            content.attachments.clear();
            attach.extend(
                more.try_into::<Vec<Attach>>().map_err(|e| wrong(step, e.message().to_owned()))?,
            );
        }
        for file in &attach {
            let made = comune::attachment(file, &self.scenario.folder);
            let (entry, document) = made.map_err(|e| wrong(step, e.to_string()))?;
            content.attachments.push(entry);
            documents.push(document);
        }
        if let Some(toml::Value::Table(changes)) = params.remove("changes") {
            content = changed(&content, changes).map_err(|e| wrong(step, e))?;
        }
        let value = toml::Value::try_from(&content).map_err(|e| wrong(step, e.to_string()))?;
        params.insert("content".into(), value);
        Ok(())
    }

    /// Everyone who can sign a composed paper of the stream signs it.
    async fn sign_all(&mut self, stream: &StreamId) -> Result<Vec<StoredEvent>, PaperError> {
        let mut events = Vec::new();
        loop {
            self.worker.drain().await?;
            let world = self.office.executor.world(std::slice::from_ref(stream)).await?;
            let papers = match world.cases.get(&stream.id).filter(|c| c.exists()) {
                Some(case) => &case.papers,
                None => &world.sitting(&stream.id)?.papers,
            };
            let next = papers.iter().filter(|p| p.sha256.is_some()).find_map(|p| {
                let person = p.open_slots().find_map(|s| s.signer.as_ref())?;
                Some((p.plan.key.clone(), person.person.clone()))
            });
            let Some((key, person)) = next else { return Ok(events) };
            events.extend(self.office.sign(&person, stream, &key).await?);
        }
    }

    /// Carries an act along its ordinary course up to a step: everyone does his part, favourably.
    async fn carry(&mut self, step: &Step) -> Result<Vec<StoredEvent>, PaperError> {
        let id = text(&step.params, "case").ok_or_else(|| wrong(step, "manca «case»"))?;
        let to = text(&step.params, "to").ok_or_else(|| wrong(step, "manca «to»"))?;
        let stream = StreamId::case(&id);
        let mut events = Vec::new();
        for _ in 0..CARRY_MAX {
            self.worker.drain().await?;
            let world = self.office.executor.world(std::slice::from_ref(&stream)).await?;
            if world.case(&id)?.step == to {
                return Ok(events);
            }
            if let Some((actor, command)) = self.next_gesture(&id, step).await? {
                events.extend(self.office.perform(&actor, command, None, Vec::new()).await?);
                // Legitimacy comes last by instant: a carried act takes a minute a gesture.
                self.clock.advance(chrono::TimeDelta::minutes(1));
            } else {
                events.extend(self.sign_all(&stream).await?);
            }
        }
        Err(wrong(step, format!("il fascicolo «{id}» non arriva al passo «{to}»")))
    }

    /// The next thing the ordinary course wants; `None` when papers are to be signed.
    async fn next_gesture(
        &self,
        id: &str,
        step: &Step,
    ) -> Result<Option<(String, Command)>, PaperError> {
        let world = self.office.executor.world(&[StreamId::case(id)]).await?;
        let case = world.case(id)?;
        let workflow = world.workflow(case)?;
        let today = crate::domain::law::calendar::rome_date(step.at);
        let regulation = world.regulation(today)?;
        let at = workflow.step(&case.step).ok_or_else(|| wrong(step, "passo sconosciuto"))?;
        let acting = |role: Role, office: Option<&str>| {
            world
                .registry
                .acting(role, office, today)
                .map(|s| s.person)
                .ok_or_else(|| wrong(step, format!("nessuno può agire come {}", role.label())))
        };
        let gesture = match &at.kind {
            StepKind::Freeze { .. } => (case.content.procedure_head.clone(), CaseCommand::Submit),
            StepKind::Opinion { opinion, who } => {
                let open = open_needs(case, *opinion, &regulation);
                let Some(need) = open.first() else { return Ok(None) };
                let office = (*opinion == OpinionKind::Technical).then_some(need.office.as_str());
                let due = needs(&case.content, *opinion, &regulation).is_ok();
                let not_due =
                    due && *opinion == OpinionKind::Accounting && !case.content.has_effects();
                let reasons = "in assenza di riflessi diretti o indiretti sulla situazione \
                               economico-finanziaria o sul patrimonio";
                let command = CaseCommand::GiveOpinion {
                    opinion: *opinion,
                    office: need.office.clone(),
                    outcome: if not_due {
                        OpinionOutcome::NotDue
                    } else {
                        OpinionOutcome::Favourable
                    },
                    reasons: if not_due { reasons.into() } else { String::new() },
                    no_conflict: true,
                    paper: None,
                };
                (acting(*who, office)?, command)
            }
            StepKind::Review { who, lifecycle } => {
                let private = *lifecycle == Lifecycle::PrivacyReview;
                let find = open_hits(case, &world).into_iter().next().filter(|_| private);
                let command = reviewed(find.map(|find| find.text));
                // A check of the proposing office is made by that of the act.
                let own = *who == Role::ResponsabileProcedimento;
                let head = own.then(|| case.content.procedure_head.clone());
                (head.map_or_else(|| acting(*who, None), Ok)?, command)
            }
            // The rendition is signed before it is posted.
            StepKind::Post { .. } if unsigned(case, PaperKind::VersionePubblicabile) => {
                return Ok(None);
            }
            StepKind::Post { who } => (
                acting(*who, None)?,
                CaseCommand::Post { external_number: None, external_day: None, repeats: None },
            ),
            StepKind::Sign { .. } => return Ok(None),
            _ => return Err(wrong(step, format!("dal passo «{}» serve una seduta", at.name))),
        };
        Ok(Some((gesture.0, Command::Case { id: id.to_owned(), command: gesture.1 })))
    }
}

/// What who makes a check does next: publishes a find, or passes the check.
fn reviewed(find: Option<String>) -> CaseCommand {
    match find {
        Some(text) => {
            let reason = "verificato: si può pubblicare".into();
            CaseCommand::ClearPersonalData { text, reason }
        }
        None => CaseCommand::PassReview { note: String::new() },
    }
}

/// A paper of this kind still waits for a signature.
fn unsigned(case: &Case, kind: PaperKind) -> bool {
    case.papers.iter().any(|p| p.plan.kind == kind && !p.is_complete())
}

/// The command of a table; a key it does not have is refused, never ignored.
fn parse<T: Serialize + DeserializeOwned>(
    step: &Step,
    json: Map<String, Value>,
) -> Result<T, PaperError> {
    let written: Vec<String> = json.keys().cloned().collect();
    let command: T = serde_json::from_value(Value::Object(json)).map_err(|error| {
        wrong(step, format!("«{}»: {}", step.verb, italian(&error.to_string())))
    })?;
    let known = serde_json::to_value(&command).unwrap_or_default();
    let known: Vec<&String> = known.as_object().map(|m| m.keys().collect()).unwrap_or_default();
    match written.iter().find(|key| !known.contains(key)) {
        None => Ok(command),
        Some(key) => {
            let allowed: Vec<&str> =
                known.iter().map(|k| k.as_str()).filter(|k| !["do", "paper"].contains(k)).collect();
            Err(wrong(
                step,
                format!("«{}» non ha il campo «{key}» (ha: {})", step.verb, allowed.join(", ")),
            ))
        }
    }
}

/// The defects a person makes most, in Italian.
fn italian(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let first = quoted.next().unwrap_or_default();
    if message.starts_with("missing field") {
        return format!("manca «{first}»");
    }
    if message.starts_with("unknown variant") {
        let known: Vec<&str> = quoted.collect();
        return format!("«{first}» è sconosciuto; si può scrivere: {}", known.join(", "));
    }
    message.to_owned()
}

/// The act of a model, `{n}` replaced where a step repeats.
fn copy_of(known: &Model, n: Option<usize>) -> Result<(Content, Vec<Attach>), String> {
    let Some(n) = n else { return Ok((known.content.clone(), known.attach.clone())) };
    let value = toml::Value::try_from(&known.content).map_err(|e| e.to_string())?;
    let content = numbered(&value, n).try_into().map_err(|e| e.message().to_owned())?;
    let number = |text: &String| text.replace("{n}", &n.to_string());
    let attach = known.attach.iter().map(|a| Attach {
        name: number(&a.name),
        file: a.file.as_ref().map(number),
        text: a.text.as_ref().map(number),
        class: a.class,
    });
    Ok((content, attach.collect()))
}

/// The content with some fields replaced; tables are merged.
fn changed(content: &Content, changes: Table) -> Result<Content, String> {
    let mut value = serde_json::to_value(content).map_err(|e| e.to_string())?;
    let changes = serde_json::to_value(changes).map_err(|e| e.to_string())?;
    merge(&mut value, changes);
    serde_json::from_value(value).map_err(|e| e.to_string())
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            // A tagged table (`effects = { kind = … }`) is replaced whole.
            for (key, value) in from {
                let tagged = value.get("kind").is_some();
                match into.get_mut(&key) {
                    Some(known) if !tagged => merge(known, value),
                    _ => drop(into.insert(key, value)),
                }
            }
        }
        (into, from) => *into = from,
    }
}
