// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who is expected to do what: the lines of the desks, as a pure function of the streams.
//!
//! A task names a role and an office, or a person where the law or a paper names one; who holds the
//! role on the day is looked up when the desk is read (invariant 11). It depends on no regulation
//! and no clock, so that a replay gives the same rows.

use crate::case::{Case, DutyState, OpinionNeed, efficacy, standing};
use crate::papers::PaperState;
use crate::registry::{Registry, Role};
use crate::sitting::Sitting;
use crate::workflow::{Lifecycle, OpinionKind, Step, StepKind, Workflow};
use chrono::NaiveDate;
use std::fmt;

/// Who a task waits for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    /// A person named by the act or by a paper.
    Person(String),
    /// Whoever holds a role, for an office where the role has one.
    Role(Role, Option<String>),
    /// Everyone of an office: they follow its acts.
    Office(String),
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(person) => write!(f, "person:{person}"),
            Self::Role(role, None) => f.write_str(role.token()),
            Self::Role(role, Some(office)) => write!(f, "{}:{office}", role.token()),
            Self::Office(office) => write!(f, "office:{office}"),
        }
    }
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Complete and submit the draft.
    Submit,
    /// Take a returned proposal up again.
    Rework,
    /// Sign a paper.
    Sign,
    /// Give an opinion.
    Opinion,
    /// Make a check.
    Review,
    /// Put on an agenda.
    Agenda,
    /// Post in the Albo.
    Post,
    /// Close the fascicolo.
    Close,
    /// Do a duty.
    Duty,
    /// Meet a condition of efficacy.
    Condition,
    /// Nothing: the act is one's own and others are at work.
    Follow,
}

impl What {
    /// Every task, its token and what a desk calls it.
    pub const ALL: [(Self, &'static str, &'static str); 11] = [
        (Self::Submit, "submit", "Completare e presentare"),
        (Self::Rework, "rework", "Riprendere in carico"),
        (Self::Sign, "sign", "Firmare"),
        (Self::Opinion, "opinion", "Rendere il parere"),
        (Self::Review, "review", "Verificare"),
        (Self::Agenda, "agenda", "Iscrivere all'ordine del giorno"),
        (Self::Post, "post", "Pubblicare all'Albo"),
        (Self::Close, "close", "Chiudere il fascicolo"),
        (Self::Duty, "duty", "Adempiere"),
        (Self::Condition, "condition", "Pubblicare per l'efficacia"),
        (Self::Follow, "follow", "Seguire"),
    ];

    /// The token of rows and filters.
    pub fn token(self) -> &'static str {
        Self::ALL.iter().find(|(what, _, _)| *what == self).map_or("", |(_, token, _)| token)
    }

    /// What a desk calls the task of a token.
    pub fn label(token: &str) -> &'static str {
        Self::ALL.iter().find(|(_, known, _)| *known == token).map_or("", |(_, _, label)| label)
    }
}

/// One line of a desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Who.
    pub holder: Holder,
    /// What.
    pub what: What,
    /// Paper, duty or condition; empty otherwise.
    pub about: String,
    /// Day by which.
    pub deadline: Option<NaiveDate>,
}

/// The holders whose tasks a person finds on his desk on a day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Desk {
    /// His alone: named on him, or on a role in which only he may act that day.
    pub own: Vec<Holder>,
    /// Shared: others may act too, or he may not act while someone before him is there.
    pub shared: Vec<Holder>,
    /// Whose acts he follows.
    pub followed: Vec<Holder>,
}

/// The desk of a person on a day.
pub fn desk(registry: &Registry, person: &str, on: NaiveDate) -> Desk {
    let own = Holder::Person(person.to_owned());
    let mut desk = Desk { own: vec![own.clone()], followed: vec![own], shared: Vec::new() };
    let mut put = |list: fn(&mut Desk) -> &mut Vec<Holder>, holder: Holder| {
        let list = list(&mut desk);
        if !list.contains(&holder) {
            list.push(holder);
        }
    };
    let held = registry.mandates.values().filter(|m| m.person == person && m.valid_on(on));
    for mandate in held {
        let office = mandate.office.as_deref();
        let may = |who: &str, office| registry.entitled(who, mandate.role, office, on).is_ok();
        // What waits for a role of the whole body is also for who holds it in an office.
        for of in [None, office].into_iter().skip(usize::from(office.is_none())) {
            let others = registry.holders(mandate.role, of, on);
            let alone = !others.iter().any(|m| m.person != person && may(&m.person, of));
            let holder = Holder::Role(mandate.role, of.map(str::to_owned));
            match may(person, of) && alone {
                true => put(|desk| &mut desk.own, holder),
                false => put(|desk| &mut desk.shared, holder),
            }
        }
        if let Some(office) = office {
            put(|desk| &mut desk.followed, Holder::Office(office.to_owned()));
        }
        // Where an office has nobody the Segretario acts (TUEL 49 c. 2).
        if mandate.role == Role::Segretario && may(person, office) {
            let vacant =
                |office: &&String| registry.holders(Role::Direttore, Some(office), on).is_empty();
            for office in registry.offices.keys().filter(vacant) {
                put(|desk| &mut desk.own, Holder::Role(Role::Direttore, Some(office.clone())));
            }
        }
    }
    desk
}

/// Who a holder stands for, for people: "Giulia Sarti", "il Segretario", "il direttore di Ambiente".
pub fn holder_name(registry: &Registry, holder: &str) -> String {
    let (kind, of) = holder.split_once(':').unwrap_or((holder, ""));
    match (kind, Role::parse(kind)) {
        ("person", _) => registry.name(of),
        ("office", _) => registry.office_name(of),
        (_, Some(role)) if of.is_empty() => role.label().to_owned(),
        (_, Some(role)) => format!("{}, {}", role.label(), registry.office_name(of)),
        _ => holder.to_owned(),
    }
}

/// The tasks of an act as it stands, in a fixed order.
pub fn of_case(case: &Case, workflow: &Workflow) -> Vec<Task> {
    let mut tasks: Vec<Task> = Vec::new();
    let open = case.ending.is_none();
    if open {
        let own = [&case.content.procedure_head, &case.creator].into_iter().find(|p| !p.is_empty());
        tasks.extend(own.map(|p| task(Holder::Person(p.clone()), What::Follow, "", None)));
        let office = case.content.lead_office();
        if !office.is_empty() {
            tasks.push(task(Holder::Office(office.into()), What::Follow, "", None));
        }
        if let Some(step) = workflow.step(&case.step) {
            tasks.extend(of_step(case, step, workflow));
        }
    }
    tasks.extend(to_sign(&case.papers, case.deadline));
    // The list of the capigruppo goes out by itself (R8.1), until it does not arrive (T-38).
    let waits = |name: &str, state: &DutyState| match &state.settled {
        None => name != "capigruppo",
        Some((done, ..)) => name == "capigruppo" && !done,
    };
    let pending = case.duties.iter().filter(|(name, state)| waits(name, state));
    tasks.extend(pending.filter_map(|(name, state)| {
        let duty = workflow.duties.iter().find(|d| d.name == *name)?;
        Some(task(Holder::Role(duty.who, None), What::Duty, name, state.due))
    }));
    if open && case.is_adopted() {
        let far = NaiveDate::MAX;
        let who = || Holder::Role(Role::ResponsabileTrasparenza, None);
        let token = crate::effects::token;
        let unmet = efficacy(case, far).1;
        tasks.extend(unmet.iter().map(|c| task(who(), What::Condition, &token(c), None)));
    }
    tasks
}

/// The tasks of a sitting: its papers to sign.
pub fn of_sitting(sitting: &Sitting) -> Vec<Task> {
    to_sign(&sitting.papers, None)
}

/// Opinions given before an amendment in the room: who gave them is asked again, on the spot.
fn to_renew(case: &Case, workflow: &Workflow) -> Vec<Task> {
    let step_of = |kind: OpinionKind| {
        workflow.steps.iter().find_map(|step| match &step.kind {
            StepKind::Opinion { opinion, who } if *opinion == kind => Some(*who),
            _ => None,
        })
    };
    let mut asked: Vec<Task> = Vec::new();
    for given in &case.opinions {
        let need = OpinionNeed { opinion: given.opinion, office: given.office.clone() };
        let Some(who) = step_of(given.opinion).filter(|_| standing(case, &need).is_none()) else {
            continue;
        };
        let office = Some(given.office.clone()).filter(|office| !office.is_empty());
        let again = task(Holder::Role(who, office), What::Opinion, "", None);
        if !asked.contains(&again) {
            asked.push(again);
        }
    }
    asked
}

fn of_step(case: &Case, step: &Step, workflow: &Workflow) -> Vec<Task> {
    let by = case.deadline;
    let one = |holder, what| vec![task(holder, what, "", by)];
    match &step.kind {
        StepKind::Freeze { .. } => {
            let what = if case.returned.is_some() { What::Rework } else { What::Submit };
            let own = [&case.content.procedure_head, &case.creator];
            let own = own.into_iter().find(|p| !p.is_empty());
            own.map(|p| task(Holder::Person(p.clone()), what, "", by)).into_iter().collect()
        }
        StepKind::Opinion { opinion: OpinionKind::Technical, who } => {
            let offices = case.content.offices.iter().filter(|office| {
                let need =
                    OpinionNeed { opinion: OpinionKind::Technical, office: (*office).clone() };
                standing(case, &need).is_none()
            });
            let holder = |office: &String| Holder::Role(*who, Some(office.clone()));
            offices.map(|office| task(holder(office), What::Opinion, "", by)).collect()
        }
        StepKind::Opinion { who, .. } => one(Holder::Role(*who, None), What::Opinion),
        StepKind::Review { who, lifecycle: Lifecycle::PostingEnded } => {
            one(Holder::Role(*who, None), What::Close)
        }
        // A check of the proposing office is that of this act's.
        StepKind::Review { who: Role::ResponsabileProcedimento, .. } => {
            one(Holder::Person(case.content.procedure_head.clone()), What::Review)
        }
        StepKind::Review { who, .. } => one(Holder::Role(*who, None), What::Review),
        StepKind::Agenda if case.sitting.is_none() => {
            one(Holder::Role(Role::Segreteria, None), What::Agenda)
        }
        StepKind::Discussion { .. } => to_renew(case, workflow),
        StepKind::Post { who } => one(Holder::Role(*who, None), What::Post),
        _ => Vec::new(),
    }
}

fn to_sign(papers: &[PaperState], deadline: Option<NaiveDate>) -> Vec<Task> {
    let ready = papers.iter().filter(|paper| paper.sha256.is_some());
    ready
        .flat_map(|paper| {
            let people = paper.open_slots().filter_map(|slot| slot.signer.as_ref());
            people.map(|signer| {
                let holder = Holder::Person(signer.person.clone());
                task(holder, What::Sign, &paper.plan.key, deadline)
            })
        })
        .collect()
}

fn task(holder: Holder, what: What, about: &str, deadline: Option<NaiveDate>) -> Task {
    Task { holder, what, about: about.to_owned(), deadline }
}
