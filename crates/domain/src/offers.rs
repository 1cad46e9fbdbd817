// SPDX-License-Identifier: AGPL-3.0-or-later
//! The question a page asks in advance: what could be asked of an act now, and what would `decide`
//! say to this person? There is no second rule: [`ask`] runs the engine on loaded facts.

mod sitting;

pub use sitting::{SittingOffer, of_sitting};

use crate::case::{
    AttachmentClass, Case, CaseCommand, CopyForm, Effect, Efficacy, OpinionOutcome, Registrable,
    Touch, efficacy, further_due, needs, registrable, standing,
};
use crate::case::{Ctx, OpinionNeed};
use crate::changes::{Changes, Stop};
use crate::command::{Command, decide};
use crate::law::control::ControlMatter;
use crate::papers::{
    Assurance, PaperState, SignedForm, SignedPaper, carried_by_case, carried_by_sitting,
};
use crate::privacy::hits;
use crate::registry::Role;
use crate::regulation::tokens::{Keeper, ProtocolloKeeper};
use crate::sitting::SittingCommand;
use crate::workflow::{OpinionKind, StepKind};
use crate::world::World;
use chrono::NaiveDate;

/// Stands for what a person has not written yet, when the engine is asked in advance.
const WORDS: &str = "(motivazione ancora da scrivere)";

/// Something that could be asked of an act.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// What it is about, where there may be several: opinion and office, paper, duty, condition.
    pub about: String,
    /// The command, complete but for what the person will write and sign.
    pub command: CaseCommand,
}

/// Everything that could be asked of an act on a day, in the order of its life. What belongs to
/// another moment is there too where its refusal says something.
pub fn of_case(world: &World, case: &Case, today: NaiveDate) -> Vec<Offer> {
    let Ok(workflow) = world.workflow(case) else { return Vec::new() };
    let Some(step) = workflow.step(&case.step) else { return Vec::new() };
    let mut offers = Offers(Vec::new());
    if case.content.request.is_some() {
        offers.of_others(world, case, &step.kind, today);
        return offers.0;
    }
    offers.draft(case);
    let spot = matches!(step.kind, StepKind::Discussion { .. });
    for opinion in workflow.opinions() {
        let here = matches!(&step.kind, StepKind::Opinion { opinion: o, .. } if *o == opinion);
        if let (true, Ok(regulation)) = (here || spot, world.regulation(today)) {
            let due = needs(&case.content, opinion, &regulation).unwrap_or_default();
            due.iter().filter(|n| standing(case, n).is_none()).for_each(|n| offers.opinion(n));
        }
    }
    if let Ok(regulation) = world.regulation(today) {
        further_due(case, &regulation).into_iter().for_each(|name| offers.further(name, today));
    }
    offers.office(case, &step.kind);
    offers.papers(case);
    if !world.registry.holders(Role::Commissario, None, today).is_empty() {
        offers.add("", CaseCommand::AdoptAsCommissioner { immediate: None });
    }
    if world.regulation(today).is_ok_and(|r| r.art127_enabled) && case.posting.is_some() {
        offers.control(today);
    }
    offers.posting(world, case, &step.kind, today);
    offers.0
}

/// What could be decided on the personal data of an act: each find and each earlier decision, named
/// by [`key_of`]; other words of the act, named by nothing; the rendition made again.
pub fn of_privacy(world: &World, case: &Case) -> Vec<Offer> {
    let mut offers = Offers(Vec::new());
    let mark = |text: String| CaseCommand::MarkPersonalData {
        text,
        reason: WORDS.into(),
        basis: WORDS.into(),
    };
    let clear = |text: String| CaseCommand::ClearPersonalData { text, reason: WORDS.into() };
    offers.add("", mark(case.content.subject.clone()));
    let found = hits(case, world).into_iter().map(|hit| hit.text);
    let marked = case.omissions.iter().map(|o| o.text.clone());
    for text in found.chain(marked) {
        offers.add(key_of(&text), mark(text.clone()));
        offers.add(key_of(&text), clear(text));
    }
    offers.add("", CaseCommand::ComposePublic);
    offers.0
}

/// Names a string without saying it: addresses of pages are logged, personal data are not.
pub fn key_of(text: &str) -> String {
    let mut digest = crate::digest::sha256_hex(text.as_bytes());
    digest.truncate(16);
    digest
}

struct Offers(Vec<Offer>);

impl Offers {
    fn add(&mut self, about: impl Into<String>, command: CaseCommand) {
        self.0.push(Offer { about: about.into(), command });
    }

    /// A document of another body is corrected, shown or sent back: nothing else happens to it.
    fn of_others(&mut self, world: &World, case: &Case, kind: &StepKind, today: NaiveDate) {
        if matches!(kind, StepKind::Post { .. }) {
            let mut content = case.content.clone();
            content.subject.push_str(WORDS);
            self.add("", CaseCommand::CorrectRequest { content });
        }
        self.papers(case);
        self.posting(world, case, kind, today);
        if case.posting.is_none() {
            self.add("", CaseCommand::Withdraw { reason: WORDS.into(), paper: None });
        }
    }

    /// The Albo and what comes after it.
    fn posting(&mut self, world: &World, case: &Case, kind: &StepKind, today: NaiveDate) {
        let regulation = world.regulation(today);
        let elsewhere = regulation.as_ref().is_ok_and(|r| r.albo == Keeper::External);
        self.albo(case, kind, today, elsewhere);
        self.after(case, today);
        if regulation.is_ok_and(|r| r.protocollo == ProtocolloKeeper::External) {
            self.protocollo(case);
        }
    }

    fn draft(&mut self, case: &Case) {
        if case.returned.is_some() {
            self.add("", CaseCommand::Rework);
        }
        if case.versions.is_empty() || case.treatment.is_none() {
            self.add("", CaseCommand::Edit { content: case.content.clone() });
            self.add("", CaseCommand::Submit);
        }
        let gates = &case.content.gates;
        if gates.direction_only.is_some() && gates.direction_acknowledged_by.is_none() {
            self.add("", CaseCommand::AcknowledgeDirection);
        }
    }

    fn opinion(&mut self, need: &OpinionNeed) {
        let command = CaseCommand::GiveOpinion {
            opinion: need.opinion,
            office: need.office.clone(),
            outcome: OpinionOutcome::Favourable,
            reasons: String::new(),
            no_conflict: true,
            paper: None,
        };
        self.add(about_opinion(need.opinion, &need.office), command);
    }

    /// An opinion of somebody outside, put on record by the office.
    fn further(&mut self, name: &str, today: NaiveDate) {
        let command = CaseCommand::RecordFurtherOpinion {
            name: name.to_owned(),
            giver: WORDS.into(),
            outcome: OpinionOutcome::Favourable,
            reasons: String::new(),
            on: today,
            reference: WORDS.into(),
        };
        self.add(name, command);
    }

    fn office(&mut self, case: &Case, kind: &StepKind) {
        if matches!(kind, StepKind::Review { .. }) {
            self.add("", CaseCommand::PassReview { note: WORDS.into() });
        }
        let offices = match kind {
            StepKind::Opinion { opinion: OpinionKind::Technical, .. } => &case.content.offices[..],
            _ => &[],
        };
        let reasons = || WORDS.to_owned();
        if offices.is_empty() {
            let office = String::new();
            self.add("", CaseCommand::Return { office, reasons: reasons(), paper: None });
        }
        for office in offices {
            let command =
                CaseCommand::Return { office: office.clone(), reasons: reasons(), paper: None };
            self.add(office.clone(), command);
        }
        let against = [OpinionOutcome::Contrary, OpinionOutcome::WithPrescriptions];
        if case.opinions.iter().any(|o| against.contains(&o.outcome)) {
            self.add("", CaseCommand::MotivateDeparture { reasons: reasons() });
        }
        if case.current().is_some() && case.treatment.is_none() {
            let mut content = case.content.clone();
            content.text.push_str(WORDS);
            let formal =
                CaseCommand::Revise { content: content.clone(), formal: true, paper: None };
            self.add("", CaseCommand::Revise { content, formal: false, paper: None });
            self.add("formale", formal);
        }
        self.add("", CaseCommand::Withdraw { reason: reasons(), paper: None });
    }

    fn papers(&mut self, case: &Case) {
        for paper in case.papers.iter().filter(|p| p.sha256.is_some() && !p.is_complete()) {
            let key = &paper.plan.key;
            let base = paper.sha256.clone().unwrap_or_default();
            let sign = CaseCommand::Sign { paper_key: key.clone(), base, paper: None };
            self.add(key.clone(), sign);
            for slot in paper.open_slots().filter(|slot| slot.signer.is_some()) {
                let attest = CaseCommand::AttestImpediment {
                    paper_key: key.clone(),
                    field: slot.field.clone(),
                    reason: WORDS.into(),
                    paper: None,
                };
                self.add(format!("{key}/{}", slot.field), attest);
            }
            if paper.signed.is_empty() {
                let recall =
                    CaseCommand::RecallPaper { paper_key: key.clone(), reason: WORDS.into() };
                self.add(key.clone(), recall);
            }
        }
    }

    fn albo(&mut self, case: &Case, kind: &StepKind, today: NaiveDate, elsewhere: bool) {
        if matches!(kind, StepKind::Post { .. }) {
            // An Albo kept elsewhere gives number and day: the person will write them.
            let external_number = elsewhere.then_some(1);
            let external_day = elsewhere.then_some(today);
            self.add("", CaseCommand::Post { external_number, external_day, repeats: None });
        }
        if let Some(posting) = &case.posting {
            self.add("", CaseCommand::RecordOutage { day: posting.day, visible_hours: 0 });
            self.add("", CaseCommand::AnnulPosting { reason: WORDS.into() });
        }
        // What others sent is never replaced by another text.
        if case.posting.is_some() && case.content.request.is_none() {
            let sha256 = "0".repeat(64);
            self.add("", CaseCommand::ReplacePublicFile { sha256, reason: WORDS.into() });
        }
    }

    /// The first paper without a number, or one whose number may be corrected.
    fn protocollo(&mut self, case: &Case) {
        let mut papers = registrable(case);
        papers.sort_by_key(|paper| case.protocollo(&paper.key).is_some());
        if let Some(Registrable { key, concluded, .. }) = papers.into_iter().next() {
            let number = case.protocollo(&key).map_or(1, |p| p.number.saturating_add(1));
            self.add("", CaseCommand::RecordProtocollo { paper_key: key, number, on: concluded });
        }
    }

    fn control(&mut self, today: NaiveDate) {
        let (matter, reasons, reference) =
            (ControlMatter::Contracts, WORDS.to_owned(), WORDS.to_owned());
        let councillors = Vec::new();
        let on = today;
        self.add("", CaseCommand::RequestControl { councillors, matter, reasons, on, reference });
    }

    fn after(&mut self, case: &Case, today: NaiveDate) {
        if case.is_adopted() {
            for condition in efficacy(case, today).1 {
                let about = crate::effects::token(&condition);
                let evidence = WORDS.into();
                self.add(about, CaseCommand::MeetCondition { condition, on: today, evidence });
            }
        }
        for (duty, state) in &case.duties {
            if state.settled.is_none() {
                let (duty, note) = (duty.clone(), WORDS.to_owned());
                self.add(duty.clone(), CaseCommand::SettleDuty { duty, done: true, note });
            }
        }
        if case.is_adopted() {
            let source = WORDS.to_owned();
            let how = Effect::Suspend;
            let (until, by_case, withdrawn) = (None, String::new(), None);
            let touch = Touch { how, from: today, until, by_case, source, withdrawn };
            self.add("", CaseCommand::RecordOrder { touch });
            if efficacy(case, today).0 == Efficacy::Suspended {
                let source = WORDS.to_owned();
                self.add("", CaseCommand::LiftSuspension { from: today, source });
            }
        }
        if case.is_adopted() {
            let (form, applicant, purpose) = (CopyForm::Full, WORDS.to_owned(), String::new());
            let code = "0".repeat(32);
            self.add("", CaseCommand::RequestCopy { form, applicant, purpose, code });
        }
        // What was withdrawn or rejected is closed too.
        if case.is_adopted() || case.ending.is_some() || case.posting_ended {
            self.add("", CaseCommand::Close { note: String::new() });
        }
    }
}

/// `technical:ambiente`, `accounting`: which opinion an offer is about.
pub fn about_opinion(opinion: OpinionKind, office: &str) -> String {
    match office {
        "" => opinion.token().to_owned(),
        office => format!("{}:{office}", opinion.token()),
    }
}

/// What the engine would say to a command as if its paper were signed by the actor. Nothing is
/// recorded.
///
/// # Errors
/// The refusal, or what must be loaded before asking again.
pub fn ask(world: &World, ctx: &Ctx, command: &Command) -> Result<(), Stop> {
    let mut command = command.clone();
    as_if_signed(world, ctx, &mut command);
    decide(&mut Changes::new(world.clone(), ctx.clone()), &command)
}

fn as_if_signed(world: &World, ctx: &Ctx, command: &mut Command) {
    sign_as(world, ctx, command, &"0".repeat(64));
}

/// Puts into a command the paper it carries, or the signature it makes, as the actor would give it,
/// with the hash of the signed bytes: for questions asked in advance and for simulations.
pub fn sign_as(world: &World, ctx: &Ctx, command: &mut Command, sha256: &str) {
    let mine = |state: &PaperState| {
        let mut slots = state.open_slots().filter_map(|slot| slot.signer.as_ref());
        let mine = slots.find(|signer| signer.person == ctx.actor)?;
        Some((state.plan.kind, state.facts.clone()?, mine.fiscal_code.clone()))
    };
    let facts = match command {
        Command::Case { id, command: CaseCommand::Sign { paper_key, .. } } => {
            world.cases.get(id).and_then(|case| case.paper(paper_key)).and_then(mine)
        }
        Command::Sitting { id, command: SittingCommand::Sign { paper_key, .. } } => {
            world.sittings.get(id).and_then(|held| held.paper(paper_key)).and_then(mine)
        }
        Command::Case { id, command } => {
            carried_by_case(id, command, ctx, world).ok().flatten().and_then(own_slot)
        }
        Command::Sitting { id, command } => {
            carried_by_sitting(id, command, ctx, world).ok().flatten().and_then(own_slot)
        }
        Command::Registry(_) | Command::Together(_) | Command::ListCapigruppo { .. } => None,
    };
    if let (Some((kind, facts, fiscal_code)), Some(slot)) = (facts, command.paper_mut()) {
        let sha256 = sha256.to_owned();
        let assurance = Some(Assurance::MOST);
        *slot = Some(SignedPaper {
            kind,
            facts,
            sha256,
            fiscal_code,
            assurance,
            form: SignedForm::Pades,
        });
    }
}

fn own_slot(
    facts: crate::papers::PaperFacts,
) -> Option<(crate::papers::PaperKind, String, String)> {
    let signer = facts.slots.first()?.signer.as_ref()?;
    Some((facts.kind, facts.sha256(), signer.fiscal_code.clone()))
}

/// The class of a document of an act, by its hash: attachments of any version; `None` when the act
/// has no such document. Papers are of the act itself, and so is what was appended to them.
pub fn document_class(case: &Case, sha256: &str) -> Option<AttachmentClass> {
    let sha256 = case.kept.continued_by(sha256).unwrap_or(sha256);
    let contents = case.versions.iter().map(|v| &v.content).chain([&case.content]);
    let attached = contents.flat_map(|content| &content.attachments).find(|a| a.sha256 == sha256);
    if let Some(attachment) = attached {
        return Some(attachment.class);
    }
    let composed = case.papers.iter().filter_map(|p| p.sha256.as_deref());
    let opinions = case.opinions.iter().map(|o| o.paper.sha256.as_str());
    let shown = case.posting.iter().map(|p| p.file.as_str());
    let logs = case.availability.values().map(|found| found.sha256.as_str());
    composed
        .chain(opinions)
        .chain(shown)
        .chain(logs)
        .any(|s| s == sha256)
        .then_some(AttachmentClass::Integral)
}
