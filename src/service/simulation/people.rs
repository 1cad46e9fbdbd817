// SPDX-License-Identifier: AGPL-3.0-or-later
//! What people do about an act: mostly what is expected of them, sometimes what they may not.

use super::Town;
use crate::domain::case::{
    Affects, Case, CaseCommand, Condition, Content, CopyForm, CouncilGate, Effect, Effects,
    Efficacy, Gates, OpinionOutcome, efficacy, open_needs,
};
use crate::domain::command::Command;
use crate::domain::offers;
use crate::domain::privacy::open_hits;
use crate::domain::registry::{RegistryCommand, Role};
use crate::domain::regulation::tokens::Keeper;
use crate::domain::stream::SYSTEM_ACTOR;
use crate::domain::workflow::{Lifecycle, OpinionKind, StepKind};
use chrono::{DateTime, TimeDelta, Utc};

/// Something somebody is about to do.
#[derive(Debug, Clone)]
pub struct Move {
    /// Who.
    pub actor: String,
    /// What.
    pub command: Command,
    /// When it happened, for facts entered later.
    pub happened: Option<DateTime<Utc>>,
}

impl Move {
    /// A gesture of now.
    pub(super) fn now(actor: impl Into<String>, command: Command) -> Self {
        Self { actor: actor.into(), command, happened: None }
    }

    pub(super) fn case(actor: impl Into<String>, id: &str, command: CaseCommand) -> Self {
        Self::now(actor, Command::Case { id: id.to_owned(), command })
    }
}

const REASON: &str = "per le ragioni esposte nella relazione dell'ufficio";

impl Town {
    /// The next thing somebody does; none when nobody has anything to do.
    pub fn next_move(&mut self, cases: usize) -> Option<Move> {
        let begun = self.world.cases.len();
        match self.chance.below(100) {
            0..=9 if begun < cases && !self.calm => Some(self.begin(begun)),
            10..=16 if !self.calm => self.meddle(),
            17..=19 if !self.calm => self.trouble(),
            20..=54 => self.in_the_room().or_else(|| self.about_some_case()),
            _ => self.about_some_case().or_else(|| self.in_the_room()),
        }
    }

    fn begin(&mut self, n: usize) -> Move {
        let content = self.content(n);
        let head = content.procedure_head.clone();
        let kind = "deliberazione-giunta".to_owned();
        let id = format!("atto-{}-{n}", self.seed);
        Move::case(head, &id, CaseCommand::Create { kind, content, again_of: None })
    }

    /// A proposal: its answers to the gates of the law are what varies.
    fn content(&mut self, n: usize) -> Content {
        let today = self.today();
        let registry = self.world.registry.clone();
        let of = |role: Role| registry.holders(role, None, today);
        let heads: Vec<String> =
            of(Role::ResponsabileProcedimento).iter().map(|m| m.person.clone()).collect();
        let mut offices: Vec<String> =
            of(Role::Direttore).iter().filter_map(|m| m.office.clone()).collect();
        let chosen = 1 + self.chance.below(3);
        while offices.len() > chosen {
            offices.remove(self.chance.below(offices.len()));
        }
        let members: Vec<String> = of(Role::Assessore).iter().map(|m| m.person.clone()).collect();
        let rapporteurs = self.chance.pick(&members).cloned().into_iter().collect();
        Content {
            subject: format!("Programma degli interventi n. {n}"),
            act_type: "programmazione".into(),
            offices,
            rapporteurs,
            procedure_head: self.chance.pick(&heads).cloned().unwrap_or_default(),
            competence: "art. 48 TUEL".into(),
            text: "Premesso che occorre provvedere.".into(),
            decision: vec!["di approvare il programma.".into()],
            summary: "Si approva il programma.".into(),
            gates: self.gates(),
            classification: "1.8".into(),
            affects: self.affects(),
            ..Content::default()
        }
    }

    fn gates(&mut self) -> Gates {
        let mut some =
            |times: usize, what: &str| self.chance.percent(times).then(|| what.to_owned());
        let direction_only = some(8, "è un indirizzo agli uffici");
        let immediate_request = some(40, "occorre provvedere senza ritardo");
        let secret_ballot = some(6, "si apprezzano persone");
        let effects = match self.chance.below(3) {
            0 => Effects::Some { amount_cents: Some(125_000), chapter: None, financing: None },
            _ => Effects::None,
        };
        let council = match self.chance.below(20) {
            0 => CouncilGate::UrgentVariation,
            1 => CouncilGate::ProposalToCouncil,
            _ => CouncilGate::No,
        };
        let conditions =
            if self.chance.percent(10) { vec![Condition::GrantTransparency] } else { Vec::new() };
        Gates {
            effects,
            direction_only,
            council,
            personal_data: self.chance.percent(10),
            conditions,
            immediate_request,
            secret_ballot,
            prefect: self.chance.percent(5),
            ..Gates::default()
        }
    }

    /// Some acts revoke, annul, correct an earlier one.
    fn affects(&mut self) -> Vec<Affects> {
        let earlier: Vec<String> =
            self.world.cases.values().filter(|c| c.is_adopted()).map(|c| c.id.clone()).collect();
        if earlier.is_empty() || !self.chance.percent(15) {
            return Vec::new();
        }
        let how = [Effect::Revoke, Effect::Annul, Effect::Rectify, Effect::Suspend];
        let case = self.chance.pick(&earlier).cloned().unwrap_or_default();
        let how = self.chance.pick(&how).copied().unwrap_or(Effect::Revoke);
        vec![Affects { case, how }]
    }

    fn about_some_case(&mut self) -> Option<Move> {
        let ids: Vec<String> = self.world.cases.keys().cloned().collect();
        let first = self.chance.below(ids.len());
        // From a chance one on, the first that somebody can move.
        (0..ids.len()).find_map(|i| {
            let id = &ids[(first + i) % ids.len()];
            let case = self.world.cases.get(id)?.clone();
            self.expected(&case)
        })
    }

    /// What is expected next of somebody about an act.
    fn expected(&mut self, case: &Case) -> Option<Move> {
        if case.ending.is_some() {
            return self.signature(case);
        }
        let workflow = self.world.workflow(case).ok()?;
        let step = workflow.step(&case.step)?.clone();
        let head = case.content.procedure_head.clone();
        if case.returned.is_some() {
            return Some(Move::case(head, &case.id, CaseCommand::Rework));
        }
        if let Some(sign) = self.signature(case) {
            return Some(sign);
        }
        if let Some(way_out) = self.way_out(case) {
            return Some(way_out);
        }
        let acting = |town: &Self, role: Role, office: Option<&str>| {
            town.world.registry.acting(role, office, town.today()).map(|who| who.person)
        };
        match &step.kind {
            StepKind::Freeze { .. } => {
                let gates = &case.content.gates;
                let waits = gates.direction_only.is_some()
                    && gates.direction_acknowledged_by.is_none()
                    && self.chance.percent(50);
                if self.calm && gates.direction_only.is_some() && gates.effects != Effects::None {
                    // What is only a direction has no effects: one of the two was a mistake.
                    let mut content = case.content.clone();
                    content.gates.direction_only = None;
                    return Some(Move::case(head, &case.id, CaseCommand::Edit { content }));
                }
                if waits {
                    let who = acting(self, Role::Segretario, None)?;
                    return Some(Move::case(who, &case.id, CaseCommand::AcknowledgeDirection));
                }
                Some(Move::case(head, &case.id, CaseCommand::Submit))
            }
            StepKind::Opinion { opinion, who } => self.opinion(case, *opinion, *who),
            StepKind::Review { lifecycle: Lifecycle::PostingEnded, .. } => self.after(case),
            StepKind::Review { who, lifecycle } => {
                let private = *lifecycle == Lifecycle::PrivacyReview;
                let find = open_hits(case, &self.world).into_iter().next().filter(|_| private);
                let command = match find {
                    Some(find) => CaseCommand::ClearPersonalData {
                        text: find.text,
                        reason: "si può pubblicare".into(),
                    },
                    None => CaseCommand::PassReview { note: "verificato".into() },
                };
                Some(Move::case(acting(self, *who, None)?, &case.id, command))
            }
            StepKind::Post { who } => {
                let external = self.world.regulation(self.today()).ok()?.albo == Keeper::External;
                // The other system gives its own numbers, one after the other.
                let given =
                    || self.world.cases.values().map(|c| postings(c)).sum::<usize>() as i64 + 1;
                let command = CaseCommand::Post {
                    external_number: external.then(given),
                    external_day: external.then(|| self.today()),
                    repeats: None,
                };
                Some(Move::case(acting(self, *who, None)?, &case.id, command))
            }
            _ => None,
        }
    }

    /// A contrary opinion is answered in the text; what the organ never decides is withdrawn.
    fn way_out(&mut self, case: &Case) -> Option<Move> {
        if case.treatment.is_some() || case.sitting.is_some() || case.versions.is_empty() {
            return None;
        }
        let head = case.content.procedure_head.clone();
        let against = [OpinionOutcome::Contrary, OpinionOutcome::WithPrescriptions];
        let answered = case.content.gates.departure.is_some();
        let contrary = case.opinions.iter().any(|o| against.contains(&o.outcome)) && !answered;
        if contrary && self.chance.percent(40) {
            let reasons = "si ritiene prevalente l'interesse alla continuità del servizio".into();
            return Some(Move::case(head, &case.id, CaseCommand::MotivateDeparture { reasons }));
        }
        if self.calm && self.chance.percent(if case.not_voted.len() > 2 { 30 } else { 1 }) {
            let mut who = vec![head];
            who.extend(case.content.rapporteurs.iter().cloned());
            let actor = self.chance.pick(&who)?.clone();
            let command = CaseCommand::Withdraw { reason: REASON.into(), paper: None };
            return Some(Move::case(actor, &case.id, command));
        }
        None
    }

    fn opinion(&mut self, case: &Case, opinion: OpinionKind, who: Role) -> Option<Move> {
        let regulation = self.world.regulation(self.today()).ok()?;
        let open = open_needs(case, opinion, &regulation);
        let need = self.chance.pick(&open)?.clone();
        let office = (opinion == OpinionKind::Technical).then_some(need.office.as_str());
        let giver = self.world.registry.acting(who, office, self.today())?.person;
        let dice = if self.calm { 99 } else { self.chance.below(100) };
        let outcome = match dice {
            0..=4 => {
                let back = CaseCommand::Return {
                    office: need.office.clone(),
                    reasons: REASON.into(),
                    paper: None,
                };
                return Some(Move::case(giver, &case.id, back));
            }
            5..=9 => OpinionOutcome::Contrary,
            10..=14 => OpinionOutcome::WithPrescriptions,
            15..=24 => OpinionOutcome::WithRemarks,
            _ if opinion == OpinionKind::Accounting && !case.content.has_effects() => {
                OpinionOutcome::NotDue
            }
            _ => OpinionOutcome::Favourable,
        };
        let reasons = match outcome {
            OpinionOutcome::Favourable => String::new(),
            _ => REASON.to_owned(),
        };
        let office = need.office.clone();
        let no_conflict = true;
        let command = CaseCommand::GiveOpinion {
            opinion,
            office,
            outcome,
            reasons,
            no_conflict,
            paper: None,
        };
        Some(Move::case(giver, &case.id, command))
    }

    /// A paper that waits for a signature, and who signs it.
    fn signature(&mut self, case: &Case) -> Option<Move> {
        let ready: Vec<_> = case.open_papers().filter(|p| p.sha256.is_some()).collect();
        let paper = *self.chance.pick(&ready)?;
        // Where the regulation wants an order, who comes too early is told.
        let signers: Vec<_> = paper.open_slots().filter_map(|slot| slot.signer.as_ref()).collect();
        let signer = *self.chance.pick(&signers)?;
        let base = paper.sha256.clone().unwrap_or_default();
        let paper_key = paper.plan.key.clone();
        if !self.calm && self.chance.percent(2) {
            let recall = CaseCommand::RecallPaper { paper_key, reason: REASON.into() };
            let who = self.world.registry.acting(Role::Segretario, None, self.today())?;
            return Some(Move::case(who.person, &case.id, recall));
        }
        let sign = CaseCommand::Sign { paper_key, base, paper: None };
        Some(Move::case(signer.person.clone(), &case.id, sign))
    }

    /// After the posting: conditions, duties, the end.
    fn after(&mut self, case: &Case) -> Option<Move> {
        let today = self.today();
        let workflow = self.world.workflow(case).ok()?;
        let acting = |role: Role| self.world.registry.acting(role, None, today).map(|w| w.person);
        let (state, conditions) = efficacy(case, today);
        if self.calm && state == Efficacy::Suspended {
            let lift = CaseCommand::LiftSuspension { from: today, source: "revoca".into() };
            return Some(Move::case(acting(Role::Segretario)?, &case.id, lift));
        }
        if let Some(condition) = conditions.first().copied() {
            let who = acting(Role::ResponsabileTrasparenza).or_else(|| acting(Role::Segretario))?;
            let (on, evidence) = (today, "pubblicato".to_owned());
            let command = CaseCommand::MeetCondition { condition, on, evidence };
            return Some(Move::case(who, &case.id, command));
        }
        let pending = case.duties.iter().filter(|(_, state)| state.settled.is_none());
        // The list to the capigruppo is settled by its deliveries.
        let pending: Vec<&String> =
            pending.map(|(duty, _)| duty).filter(|duty| *duty != "capigruppo").collect();
        if let Some(duty) = pending.first() {
            let who = workflow.duties.iter().find(|d| d.name == **duty).map(|d| d.who);
            let who = acting(who.unwrap_or(Role::Segretario))?;
            let (duty, note) = ((*duty).clone(), "fatto".to_owned());
            return Some(Move::case(
                who,
                &case.id,
                CaseCommand::SettleDuty { duty, done: true, note },
            ));
        }
        if !case.posting_ended {
            return None;
        }
        let close = CaseCommand::Close { note: String::new() };
        Some(Move::case(acting(Role::Segreteria)?, &case.id, close))
    }

    /// Anyone tries anything: what the engine itself offers, to whoever comes by.
    fn meddle(&mut self) -> Option<Move> {
        let people: Vec<String> = self.world.registry.people.keys().cloned().collect();
        let actor = self.chance.pick(&people)?.clone();
        let ids: Vec<String> = self.world.cases.keys().cloned().collect();
        let case = self.world.cases.get(self.chance.pick(&ids)?)?;
        let offers = offers::of_case(&self.world, case, self.today());
        let id = case.id.clone();
        let command = self.chance.pick(&offers)?.command.clone();
        // Half of them are whom the paper or the step names: within their powers, out of turn.
        let actor = if self.chance.percent(50) {
            let roles = [Role::Segretario, Role::Segreteria, Role::ResponsabilePubblicazione];
            let role = self.chance.pick(&roles).copied().unwrap_or(Role::Segretario);
            self.world.registry.acting(role, None, self.today()).map_or(actor, |who| who.person)
        } else {
            actor
        };
        Some(Move::case(actor, &id, command))
    }

    /// What goes wrong in an office, and what comes from outside.
    fn trouble(&mut self) -> Option<Move> {
        let today = self.today();
        let ids: Vec<String> = self.world.cases.keys().cloned().collect();
        let id = self.chance.pick(&ids)?.clone();
        let case = self.world.cases.get(&id)?.clone();
        match self.chance.below(8) {
            0 | 1 => {
                let day =
                    case.posting.as_ref()?.day + TimeDelta::days(self.chance.below(12) as i64);
                let visible_hours = self.chance.below(12) as u8;
                let command = CaseCommand::RecordOutage { day, visible_hours };
                Some(Move::case(self.acting(Role::ResponsabilePubblicazione)?, &id, command))
            }
            2 => {
                let command = CaseCommand::AnnulPosting { reason: "file sbagliato".into() };
                Some(Move::case(self.acting(Role::ResponsabilePubblicazione)?, &id, command))
            }
            3 => {
                let people: Vec<String> = self.world.registry.people.keys().cloned().collect();
                let person = self.chance.pick(&people)?.clone();
                let to = today + TimeDelta::days(1 + self.chance.below(9) as i64);
                let absence = RegistryCommand::RecordAbsence { person, from: today, to };
                Some(Move::now(SYSTEM_ACTOR, Command::Registry(absence)))
            }
            4 => {
                let command = CaseCommand::Withdraw { reason: REASON.into(), paper: None };
                Some(Move::case(case.content.procedure_head.clone(), &id, command))
            }
            5 => self.revised(&case),
            6 => {
                let command = CaseCommand::RequestCopy {
                    form: CopyForm::Full,
                    applicant: "Rossi Mario".into(),
                    purpose: String::new(),
                    code: self.bytes().chars().take(32).collect(),
                };
                Some(Move::case(self.acting(Role::Segreteria)?, &id, command))
            }
            _ => {
                let signed = case.open_papers().find(|p| p.sha256.is_some())?;
                let slot = signed.open_slots().find(|slot| slot.signer.is_some())?;
                let command = CaseCommand::AttestImpediment {
                    paper_key: signed.plan.key.clone(),
                    field: slot.field.clone(),
                    reason: "assente per malattia".into(),
                    paper: None,
                };
                Some(Move::case(self.acting(Role::Segretario)?, &id, command))
            }
        }
    }

    fn revised(&mut self, case: &Case) -> Option<Move> {
        let mut content = case.content.clone();
        content.text.push_str(" Integrato.");
        let formal = self.chance.percent(30);
        let role = Role::Segretario;
        let who = match formal {
            true => self.world.registry.acting(role, None, self.today())?.person,
            false => content.procedure_head.clone(),
        };
        let draft = case.versions.is_empty();
        let command = match draft {
            true => CaseCommand::Edit { content },
            false => CaseCommand::Revise { content, formal, paper: None },
        };
        Some(Move::case(who, &case.id, command))
    }
}

/// Times an act was in the Albo.
pub(super) fn postings(case: &Case) -> usize {
    case.annulled_postings.len() + usize::from(case.posting.is_some())
}
