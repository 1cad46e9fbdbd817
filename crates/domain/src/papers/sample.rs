// SPDX-License-Identifier: AGPL-3.0-or-later
//! An invented Comune and the papers of its acts, by folding events: what `check` tries the
//! templates on, and what the tests of the papers start from. No fact here is a real one.

mod derived;
mod others;
mod people;
mod sittings;
mod stories;

pub use derived::{copy, omission};
pub use people::{MEMBERS, OFFICES, comune, registry};
pub use sittings::{held, members, roll_call};
pub use stories::{adopted, final_slots, opinion};

use super::{PaperFacts, PaperKind, PaperPlan, SignedPaper, Slot, words};
use super::{capigruppo_list, carried_by_case, carried_by_sitting, case_paper, sitting_paper};
use crate::case::FurtherOpinion;
use crate::case::{
    Attachment, AttachmentClass, CaseCommand, CaseEvent, Change, Condition, Content, Ctx, Effects,
    Gates, Opinion, OpinionOutcome, Posting,
};
use crate::changes::Fact;
use crate::effects::evolve;
use crate::law::calendar::{rome_date, rome_instant};
use crate::refusal::Refusal;
use crate::registry::{Registry, Role, Signatory};
use crate::sitting::{
    Ballot, ConflictStance, ItemOutcome, MemberPresence, Mode, SittingEvent, Treatment,
};
use crate::workflow::OpinionKind;
use crate::world::World;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use std::sync::Arc;

/// A civil date of the sample, 2024.
pub fn date(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, month, day).unwrap_or_default()
}

/// An instant of the sample, by the civil clock.
pub fn at(month: u32, day: u32, hour: u32, minute: u32) -> DateTime<Utc> {
    let time = NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or_default();
    rome_instant(date(month, day), time)
}

/// The world of the sample as facts are folded into it.
#[derive(Debug, Clone)]
pub struct Story {
    /// The streams so far.
    pub world: World,
}

impl Story {
    /// Only the Comune.
    pub fn new() -> Self {
        let world = World { registry: Arc::new(registry()), ..World::default() };
        Self { world }
    }

    /// The Comune.
    pub fn registry(&self) -> &Registry {
        &self.world.registry
    }

    /// A fact about an act.
    pub fn case(&mut self, id: &str, when: DateTime<Utc>, event: &CaseEvent) -> &mut Self {
        evolve(&mut self.world, &Fact::Case(id.to_owned(), event.clone()), when, "rp");
        self
    }

    /// A fact about a sitting.
    pub fn sitting(&mut self, id: &str, when: DateTime<Utc>, event: &SittingEvent) -> &mut Self {
        evolve(&mut self.world, &Fact::Sitting(id.to_owned(), event.clone()), when, "rp");
        self
    }

    /// Who holds a role on a day.
    pub fn signer(&self, person: &str, role: Role, when: DateTime<Utc>) -> Signatory {
        let holders = self.registry().holders(role, None, rome_date(when));
        let mandate = holders.into_iter().find(|m| m.person == person);
        mandate.map_or_else(|| nobody(person), |m| self.registry().signatory(m))
    }

    /// A submitted proposal with its number.
    pub fn submitted(&mut self, id: &str, number: i64, content: &Content) -> &mut Self {
        let when = at(7, 15, 9, 0);
        let workflow = self.registry().active["deliberazione-giunta"].clone();
        let by = self.signer("rp", Role::ResponsabileProcedimento, when);
        let (kind, content) = ("deliberazione-giunta".to_owned(), content.clone());
        let hash = content.hash();
        self.case(id, when, &CaseEvent::Created { kind, workflow, content, earlier: None })
            .case(id, when, &CaseEvent::Submitted { version: 1, hash, by })
            .case(id, when, &numbered("proposte", number, date(7, 15)))
    }

    /// An opinion on the current text.
    pub fn opinion(&mut self, id: &str, given: &Given<'_>) -> &mut Self {
        let giver = self.signer(given.person, given.role, given.at);
        let version = self.world.cases.get(id).and_then(|c| c.current().cloned());
        let opinion = Opinion {
            opinion: given.opinion,
            office: given.office.into(),
            giver,
            outcome: given.outcome,
            reasons: given.reasons.into(),
            version: version.as_ref().map_or(0, |v| v.number),
            hash: version.map(|v| v.hash).unwrap_or_default(),
            confirmation: false,
            on_the_spot: false,
            paper: signed(given.person),
            at: given.at,
        };
        self.case(id, given.at, &CaseEvent::OpinionGiven(opinion))
    }

    /// The four opinions of the sample, all in order and favourable, accounting not due (SC-1).
    pub fn opinions(&mut self, id: &str) -> &mut Self {
        use OpinionOutcome::{Favourable, NotDue};
        let all = [
            Given::new(OpinionKind::Technical, "dir1", Role::Direttore, at(7, 16, 10, 0))
                .of("verde"),
            Given::new(OpinionKind::Technical, "dir2", Role::Direttore, at(7, 22, 12, 0))
                .of("lavori"),
            Given::new(
                OpinionKind::Accounting,
                "rag",
                Role::ResponsabileRagioneria,
                at(7, 23, 9, 0),
            ),
            Given::new(OpinionKind::Legitimacy, "vsg", Role::Segretario, at(7, 23, 17, 0)),
        ];
        for mut given in all {
            let accounting = given.opinion == OpinionKind::Accounting;
            (given.outcome, given.reasons) = if accounting {
                (NotDue, "atto privo di effetti su bilancio e patrimonio")
            } else {
                (Favourable, "")
            };
            self.opinion(id, &given);
        }
        self
    }

    /// The opinion of the auditors, on record with remarks (R1.16).
    pub fn further(&mut self, id: &str) -> &mut Self {
        let version = self.world.cases.get(id).and_then(|c| c.current().cloned());
        let recorded = FurtherOpinion {
            name: "organo_di_revisione".into(),
            giver: "Collegio dei revisori dei conti".into(),
            outcome: OpinionOutcome::WithRemarks,
            reasons: "Si raccomanda di aggiornare il cronoprogramma.".into(),
            on: date(7, 22),
            reference: "verbale n. 12 del 22 luglio 2024".into(),
            version: version.as_ref().map_or(0, |v| v.number),
            hash: version.map(|v| v.hash).unwrap_or_default(),
            by: self.signer("rp", Role::ResponsabileProcedimento, at(7, 22, 13, 0)),
        };
        self.case(id, at(7, 22, 13, 0), &CaseEvent::FurtherOpinionRecorded(recorded))
    }

    /// The proclaimed result.
    pub fn proclaimed(&mut self, id: &str, treatment: Treatment) -> &mut Self {
        let (sitting, when) = (treatment.sitting.clone(), treatment.at);
        self.case(id, when, &CaseEvent::Proclaimed { sitting, treatment })
    }

    /// The treatment of an item with these rows and this vote.
    pub fn treatment(&self, members: Vec<MemberPresence>, ballot: Option<Ballot>) -> Treatment {
        let when = at(7, 24, 11, 40);
        Treatment {
            sitting: "s1".into(),
            date: date(7, 24),
            opened: NaiveTime::from_hms_opt(11, 0, 0).unwrap_or_default(),
            place: "Palazzo Civico, sala della Giunta".into(),
            mode: Mode::Mixed,
            remote_source: "Regolamento delle sedute a distanza, C.C. n. 12/2022".into(),
            convened_by: "Sindaco".into(),
            item: 4,
            off_agenda: false,
            at: when,
            members,
            seats: 13,
            quorum: 7,
            president: self.signer("m02", Role::Vicesindaco, when),
            president_reason: "in assenza del Sindaco".into(),
            verbalizer: self.signer("vsg", Role::Segretario, when),
            verbalizer_remote: true,
            assisting: vec![self.signer("dg", Role::DirettoreGenerale, when)],
            ballot,
            outcome: ItemOutcome::Approved,
            version: 1,
            hash: String::new(),
            regulation: String::new(),
            anomalies: Vec::new(),
            reason: String::new(),
            withdrawn_by: None,
            postponed_to: None,
        }
    }

    /// Posted in the Albo on 28 July, with the doctrines of the regulation then in force.
    ///
    /// # Errors
    /// When the sample has no regulation.
    pub fn posted(&mut self, id: &str, number: i64, day: u32) -> Result<&mut Self, Refusal> {
        let when = at(7, day, 15, 7);
        let regulation = self.world.regulation(date(7, day))?;
        let (terms, outage) = (regulation.term_rules(), regulation.outage_rules());
        let posting = Posting {
            external: false,
            number,
            year: 2024,
            day: date(7, day),
            at: when,
            days: terms.posting_days,
            pub_count: terms.pub_count,
            exec_count: terms.exec_count,
            exec_source: regulation.source("exec_count").into(),
            holiday_shift: terms.holiday_shift,
            show_extra_day: terms.show_extra_day,
            effective_after_posting: terms.effective_after_posting,
            outage_policy: outage.policy,
            outage_min_hours: outage.min_hours,
            outage_affects_executivity: outage.affects_executivity,
            regulation: String::new(),
            file: String::new(),
            by: self.signer("albo", Role::ResponsabilePubblicazione, when),
            repeats: None,
            late: None,
        };
        Ok(self.case(id, when, &CaseEvent::Posted(posting)))
    }

    /// Plans a paper of an act and gives its facts.
    ///
    /// # Errors
    /// As [`case_paper`].
    pub fn owed(
        &mut self,
        id: &str,
        kind: PaperKind,
        about: &str,
        slots: Vec<Slot>,
        when: DateTime<Utc>,
    ) -> Result<PaperFacts, Refusal> {
        let plan = PaperPlan { key: kind.token(), kind, slots, about: about.into() };
        self.case(id, when, &CaseEvent::PaperOwed(plan.clone()));
        case_paper(id, &plan, &self.world)
    }

    /// The paper of a command on an act.
    ///
    /// # Errors
    /// As [`carried_by_case`].
    pub fn carried(
        &self,
        id: &str,
        command: &CaseCommand,
        actor: &str,
        when: DateTime<Utc>,
    ) -> Result<Option<PaperFacts>, Refusal> {
        carried_by_case(id, command, &ctx(actor, when), &self.world)
    }
}

impl Default for Story {
    fn default() -> Self {
        Self::new()
    }
}

/// Who asks, at an instant of the sample.
pub fn ctx(actor: &str, when: DateTime<Utc>) -> Ctx {
    Ctx { actor: actor.into(), now: when, happened: when }
}

/// An opinion to be given in the sample.
#[derive(Debug, Clone)]
pub struct Given<'a> {
    /// Which.
    pub opinion: OpinionKind,
    /// For which office.
    pub office: &'a str,
    /// By whom.
    pub person: &'a str,
    /// In which role.
    pub role: Role,
    /// Outcome.
    pub outcome: OpinionOutcome,
    /// Reasons.
    pub reasons: &'a str,
    /// When.
    pub at: DateTime<Utc>,
}

impl<'a> Given<'a> {
    /// A favourable opinion.
    pub fn new(opinion: OpinionKind, person: &'a str, role: Role, at: DateTime<Utc>) -> Self {
        let outcome = OpinionOutcome::Favourable;
        Self { opinion, office: "", person, role, outcome, reasons: "", at }
    }

    /// For an office.
    #[must_use]
    pub fn of(mut self, office: &'a str) -> Self {
        self.office = office;
        self
    }

    /// With another outcome and its reasons.
    #[must_use]
    pub fn with(mut self, outcome: OpinionOutcome, reasons: &'a str) -> Self {
        (self.outcome, self.reasons) = (outcome, reasons);
        self
    }
}

fn nobody(person: &str) -> Signatory {
    Signatory {
        person: person.into(),
        name: person.into(),
        fiscal_code: String::new(),
        title: String::new(),
        role: Role::Amministratore,
        capacity: crate::registry::Capacity::Titolare,
        act: String::new(),
    }
}

/// A signed paper of the sample.
pub fn signed(person: &str) -> SignedPaper {
    SignedPaper {
        form: Default::default(),
        kind: PaperKind::ParereTecnico,
        facts: String::new(),
        sha256: crate::digest::sha256_hex(person.as_bytes()),
        fiscal_code: String::new(),
        assurance: None,
    }
}

/// A number taken in 2024.
pub fn numbered(register: &str, number: i64, date: NaiveDate) -> CaseEvent {
    CaseEvent::Numbered { register: register.into(), year: 2024, number, date, external: false }
}

/// The place of a signature.
pub fn slot(field: &str, signer: Signatory) -> Slot {
    Slot { field: field.into(), caption: words::caption(&signer.title), signer: Some(signer) }
}

/// The place of the entity's seal.
pub fn seal() -> Vec<Slot> {
    let caption = "SIGILLO ELETTRONICO DELL'ENTE".into();
    vec![Slot { field: "sigillo".into(), caption, signer: None }]
}

/// The thirteen members at an item: those of `absent` are away, the second and third are remote.
pub fn presence(absent: &[&str]) -> Vec<MemberPresence> {
    let row = |(person, name, title): &(&str, &str, &str)| {
        let present = !absent.contains(person);
        MemberPresence {
            person: (*person).into(),
            name: (*name).into(),
            title: (*title).into(),
            present,
            remote: present && ["m02", "m03"].contains(person),
            conflict: None,
            left: None,
            returned: None,
        }
    };
    MEMBERS.iter().map(row).collect()
}

/// An open vote: everyone present who is not named is in favour.
pub fn vote(members: &[MemberPresence], against: &[&str], abstained: &[&str]) -> Ballot {
    let named = |list: &[&str]| list.iter().map(|p| (*p).to_owned()).collect::<Vec<_>>();
    let free = |m: &&MemberPresence| {
        let person = m.person.as_str();
        m.present
            && m.conflict.is_none()
            && !against.contains(&person)
            && !abstained.contains(&person)
    };
    Ballot {
        favour: members.iter().filter(free).map(|m| m.person.clone()).collect(),
        against: named(against),
        abstained: named(abstained),
        conflicted: members
            .iter()
            .filter(|m| m.present && m.conflict == Some(ConflictStance::Stays))
            .map(|m| m.person.clone())
            .collect(),
        ..Ballot::default()
    }
}

/// The proposal of the sample.
pub fn content() -> Content {
    let attachment = |name: &str, class, pages| Attachment {
        name: name.into(),
        class,
        media_type: "application/pdf".into(),
        sha256: crate::digest::sha256_hex(name.as_bytes()),
        size: 1000,
        pages,
    };
    Content {
        subject:
            "Programma triennale di cura del verde pubblico e dei viali alberati, 2024 – 2026: \
                  approvazione degli indirizzi operativi e del cronoprogramma"
                .into(),
        act_type: "programma".into(),
        offices: vec!["verde".into(), "lavori".into()],
        rapporteurs: vec!["m01".into(), "m05".into()],
        procedure_head: "rp".into(),
        competence: "art. 48, c. 2, TUEL: atto non riservato ad altri organi".into(),
        text: people::PREMISES.into(),
        decision: people::POINTS.iter().map(|p| (*p).to_owned()).collect(),
        summary:
            "Il programma ordina per tre anni potature, nuovi impianti e controlli di stabilità \
                  di circa **4.200 alberi**."
                .into(),
        attachments: vec![
            attachment("cronoprogramma.pdf", AttachmentClass::Integral, Some(12)),
            attachment("relazione-agronomica.pdf", AttachmentClass::OnFile, Some(31)),
            attachment("elenco-segnalazioni.pdf", AttachmentClass::Reserved, Some(1)),
        ],
        gates: Gates {
            effects: Effects::None,
            immediate_request: Some(
                "la stagione delle potature inizia il 1° ottobre e le gare vanno avviate subito"
                    .into(),
            ),
            conditions: vec![Condition::GrantTransparency],
            ..Gates::default()
        },
        classification: "6.3 Verde pubblico".into(),
        ..Content::default()
    }
}

/// Every kind of paper at least once, and the branches of the deliberation.
///
/// # Errors
/// When a paper refuses the facts of the sample: a defect of ours.
pub fn papers() -> Result<Vec<PaperFacts>, Refusal> {
    stories::all()
}
