// SPDX-License-Identifier: AGPL-3.0-or-later
//! One line of a register as it is read on a day (R5.6): what the number names, where the act
//! stands, when it took or takes effect, what changed it.
//!
//! The line itself is a row; what time decides is computed here from the facts of its act, so that
//! a register says on every day what the law says.

use crate::case::{Case, Effect, Efficacy, Posting, effective_on, efficacy, terms_of};
use crate::law::calendar::Preposition;
use crate::papers::PaperKind;
use crate::rows::RegisterRow;
use crate::visibility::Register;
use crate::words;
use crate::world::World;
use chrono::NaiveDate;

/// A line of a register.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// Number.
    pub number: i64,
    /// Year.
    pub year: i64,
    /// Received from another system.
    pub external: bool,
    /// Date of the line: of the sitting, of the submission, of the posting.
    pub date: Option<NaiveDate>,
    /// Case.
    pub case: String,
    /// Act kind, as people read it.
    pub kind: String,
    /// Object.
    pub subject: String,
    /// Proposing offices, the leading one first.
    pub offices: Vec<String>,
    /// Relatori.
    pub rapporteurs: Vec<String>,
    /// "1721/2020".
    pub proposal: String,
    /// "838/2020".
    pub act: String,
    /// Declared immediately enforceable.
    pub immediate: bool,
    /// Outcome of the vote, in words.
    pub outcome: &'static str,
    /// Token of region A on the day; of the posting, in the Albo.
    pub state: String,
    /// Region B on the day, in words.
    pub efficacy: String,
    /// First day in the Albo.
    pub posted_on: Option<NaiveDate>,
    /// Last certified day there.
    pub last_day: Option<NaiveDate>,
    /// First day of executivity.
    pub effective_on: Option<NaiveDate>,
    /// "revocata da … dal …", "annulla la n. …".
    pub links: Vec<String>,
    /// SHA-256 of the signed act.
    pub sha256: String,
    /// Why a posting was annulled.
    pub note: String,
}

/// A line on a day; one whose act cannot be read says what the register itself says.
pub fn entry(world: &World, register: Register, row: &RegisterRow, today: NaiveDate) -> Entry {
    let mut entry = Entry {
        number: row.number,
        year: row.year,
        external: row.external,
        date: row.date,
        case: row.case_id.clone(),
        subject: row.subject.clone(),
        note: row.note.clone(),
        ..Entry::default()
    };
    let Some(case) = world.cases.get(&row.case_id).filter(|case| case.exists()) else {
        return entry;
    };
    describe(world, case, today, &mut entry);
    match register {
        Register::Albo => posting_of(case, row, today, &mut entry),
        Register::Acts | Register::Proposals => {
            entry.note.clear();
            let terms = terms_of(case);
            entry.posted_on = case.posting.as_ref().map(|p| p.day);
            entry.last_day = terms.map(|t| t.last_day);
        }
    }
    entry
}

fn describe(world: &World, case: &Case, today: NaiveDate, entry: &mut Entry) {
    let Ok(workflow) = world.workflow(case) else { return };
    let registry = &world.registry;
    let number = |register: &str| {
        case.number(register).map(|n| format!("{}/{}", n.number, n.year)).unwrap_or_default()
    };
    entry.kind = workflow.title.clone();
    entry.offices = case.content.offices.iter().map(|o| registry.office_name(o)).collect();
    entry.offices.extend(case.content.request.iter().map(|request| request.body.clone()));
    entry.rapporteurs = case.content.rapporteurs.iter().map(|p| registry.name(p)).collect();
    entry.proposal = number(&workflow.proposal_register);
    entry.act = workflow.act_register().map(number).unwrap_or_default();
    entry.immediate = case.is_immediate();
    entry.outcome = case.treatment.as_ref().map_or("", |t| words::outcome(t.outcome));
    let lifecycle = case.lifecycle(&workflow, today);
    entry.state = crate::effects::token(&lifecycle);
    let (state, unmet) = efficacy(case, today);
    entry.efficacy = match state {
        Efficacy::None => String::new(),
        state => words::efficacy(&crate::effects::token(&state)).to_owned(),
    };
    if !unmet.is_empty() && state != Efficacy::None {
        entry.efficacy.push_str(", condizione non ancora avverata");
    }
    entry.effective_on = effective_on(case).filter(|_| case.is_adopted());
    entry.links = links(world, case);
    let act = case.papers.iter().rev().find(|p| p.plan.kind == PaperKind::Deliberazione);
    let signed = act.filter(|p| p.is_complete()).and_then(|p| p.sha256.clone());
    entry.sha256 = signed.unwrap_or_default();
}

/// The posting of a line of the Albo: the current one, or one that was annulled.
fn posting_of(case: &Case, row: &RegisterRow, today: NaiveDate, entry: &mut Entry) {
    let of_line = |p: &&Posting| (i64::from(p.year), p.number) == (row.year, row.number);
    let current = case.posting.as_ref().filter(of_line);
    let annulled = case.annulled_postings.iter().map(|(posting, _)| posting).find(of_line);
    let Some(posting) = current.or(annulled) else { return };
    let terms = posting.terms(case.outages_of(posting));
    entry.posted_on = Some(posting.day);
    entry.last_day = terms.map(|t| t.last_day);
    entry.state = match terms {
        _ if current.is_none() => "posting_annulled",
        Some(terms) if today < terms.off_on => "posted",
        _ => "posting_ended",
    }
    .to_owned();
}

/// What changed the act, and what it changes.
fn links(world: &World, case: &Case) -> Vec<String> {
    let by = case.touches.iter().filter(|t| !t.is_void()).map(|t| {
        format!("{} da {} {}", participle(t.how), t.source, Preposition::From.short(t.from))
    });
    let to = case.content.affects.iter().map(|affects| {
        let other = world.cases.get(&affects.case).filter(|other| other.exists());
        let number = other.and_then(|other| {
            let workflow = world.workflow(other).ok()?;
            let n = other.act_number(&workflow)?;
            Some(format!("n. {}/{}", n.number, n.year))
        });
        format!("{} {}", present(affects.how), number.unwrap_or_else(|| affects.case.clone()))
    });
    by.chain(to).collect()
}

/// What a later act or order made of an act.
pub fn participle(how: Effect) -> &'static str {
    match how {
        Effect::Revoke => "revocata",
        Effect::Annul => "annullata",
        Effect::Rectify => "rettificata",
        Effect::Suspend => "sospesa",
        Effect::Validate => "convalidata",
    }
}

fn present(how: Effect) -> &'static str {
    match how {
        Effect::Revoke => "revoca la",
        Effect::Annul => "annulla la",
        Effect::Rectify => "rettifica la",
        Effect::Suspend => "sospende la",
        Effect::Validate => "convalida la",
    }
}
