// SPDX-License-Identifier: AGPL-3.0-or-later
//! Rows for pages and registers, computed from folded streams.

use crate::albo;
use crate::case::{Case, Numbering, Posting, effective_on, terms_of};
use crate::law::calendar::Preposition;
use crate::papers::PaperState;
use crate::privacy::public_subject;
use crate::register::participle;
use crate::registry::{Registry, RegistryEvent};
use crate::rows::{
    CaseRow, LookupRow, MandateRow, PaperRow, PersonRow, PostingRow, RegisterRow, Row, SittingRow,
    TaskRow, instant,
};
use crate::sitting::Sitting;
use crate::stream::{StreamId, StreamKind};
use crate::tasks::{self, Task};
use crate::workflow::Workflow;
use crate::world::World;

/// Rows of a case: the case itself, its register lines, its papers, what the public Albo says of it.
pub fn case_rows(world: &World, case: &Case) -> Vec<Row> {
    let Ok(workflow) = world.workflow(case) else { return Vec::new() };
    let mut rows = vec![Row::Case(case_row(case, &workflow))];
    rows.extend(case.numbers.iter().map(|n| {
        Row::Register(RegisterRow {
            register: n.register.clone(),
            year: i64::from(n.year),
            number: n.number,
            external: n.external,
            case_id: case.id.clone(),
            date: Some(n.date),
            subject: case.content.subject.clone(),
            note: register_note(case, &workflow, n),
        })
    }));
    let stream = StreamId::case(&case.id);
    rows.extend(case.papers.iter().map(|p| paper_row(&stream, p)));
    rows.extend(task_rows(&stream, tasks::of_case(case, &workflow)));
    rows.extend(albo::postings(case).iter().map(|found| posting_row(case, &workflow, found)));
    rows.extend(albo::lookups(case).into_iter().map(|(digest, what)| {
        Row::Lookup(LookupRow { digest, case_id: case.id.clone(), what: what.into() })
    }));
    rows
}

fn posting_row(case: &Case, workflow: &Workflow, found: &albo::Found<'_>) -> Row {
    let posting = found.posting;
    let act = case.act_number(workflow);
    let subject = public_subject(case).split_whitespace().collect::<Vec<_>>().join(" ");
    Row::Posting(PostingRow {
        register: workflow.albo_register.clone(),
        year: i64::from(posting.year),
        number: posting.number,
        case_id: case.id.clone(),
        kind: case.kind.clone(),
        subject_folded: fold(&subject),
        subject,
        office: case.content.origin().to_owned(),
        act_number: act.map(|n| n.number),
        act_year: act.map(|n| i64::from(n.year)),
        adopted_on: case.treatment.as_ref().map(|t| t.date),
        shown_from: instant(posting.shown_from()),
        posted_on: Some(posting.day),
        last_day: Some(found.terms.last_day),
        off_on: Some(found.terms.off_on),
        file: posting.file.clone(),
        annulled: found.annulled.is_some(),
        external: posting.external,
    })
}

/// What a decision changes in the rows of a stream: those that are new or not as they were, and the
/// places of the desk that were taken and are free.
pub fn changed_rows(before: &World, after: &World, stream: &StreamId) -> Vec<Row> {
    let (earlier, rows) = (rows_of(before, stream), rows_of(after, stream));
    let places = |rows: &[Row]| {
        let taken = rows.iter().filter(|row| matches!(row, Row::Task(_)));
        i64::try_from(taken.count()).unwrap_or(i64::MAX)
    };
    let name = stream.to_string();
    let free = |slot| Row::Task(TaskRow { stream: name.clone(), slot, ..TaskRow::default() });
    let freed = (places(&rows)..places(&earlier)).map(free);
    let changed = rows.into_iter().filter(|row| !earlier.contains(row));
    changed.chain(freed).collect()
}

/// Every row of an act or of a sitting.
fn rows_of(world: &World, stream: &StreamId) -> Vec<Row> {
    let rows = match stream.kind {
        StreamKind::Case => world.cases.get(&stream.id).map(|case| case_rows(world, case)),
        StreamKind::Sitting => world.sittings.get(&stream.id).map(|sitting| sitting_rows(sitting)),
        StreamKind::Registry => None,
    };
    rows.unwrap_or_default()
}

fn task_rows(stream: &StreamId, tasks: Vec<Task>) -> impl Iterator<Item = Row> {
    let stream = stream.to_string();
    tasks.into_iter().zip(0_i64..).map(move |(task, slot)| {
        Row::Task(TaskRow {
            stream: stream.clone(),
            slot,
            holder: task.holder.to_string(),
            what: task.what.token().to_owned(),
            about: task.about,
            deadline: task.deadline,
        })
    })
}

/// Rows of a sitting: the sitting itself and its papers.
pub fn sitting_rows(sitting: &Sitting) -> Vec<Row> {
    let stream = StreamId::sitting(&sitting.id);
    let mut rows = vec![Row::Sitting(SittingRow {
        id: sitting.id.clone(),
        organ: sitting.organ.clone(),
        date: sitting.date,
        status: sitting.status.token().into(),
        version: sitting.version,
    })];
    rows.extend(sitting.papers.iter().map(|p| paper_row(&stream, p)));
    rows.extend(task_rows(&stream, tasks::of_sitting(sitting)));
    rows
}

fn case_row(case: &Case, workflow: &Workflow) -> CaseRow {
    let year = |register: &str| case.number(register).map(|n| i64::from(n.year));
    let number = |register: &str| case.number(register).map(|n| n.number);
    let act = case.act_number(workflow);
    let terms = terms_of(case);
    // The lifecycle of the row is the one of its last fact; what time alone changes is computed
    // when read, never stored.
    let day = case.updated.map(crate::law::calendar::rome_date).unwrap_or_default();
    CaseRow {
        id: case.id.clone(),
        kind: case.kind.clone(),
        subject: case.content.subject.clone(),
        subject_folded: fold(&case.content.subject),
        office: case.content.origin().to_owned(),
        step: case.step.clone(),
        lifecycle: token(&case.lifecycle(workflow, day)),
        workflow: case.workflow.clone(),
        version: case.version,
        proposal_number: number(&workflow.proposal_register),
        proposal_year: year(&workflow.proposal_register),
        act_number: act.map(|n| n.number),
        act_year: act.map(|n| i64::from(n.year)),
        albo_number: number(&workflow.albo_register),
        albo_year: year(&workflow.albo_register),
        adopted_on: case.treatment.as_ref().filter(|_| case.is_adopted()).map(|t| t.date),
        posted_on: case.posting.as_ref().map(|p| p.day),
        last_day: terms.map(|t| t.last_day),
        effective_on: effective_on(case).filter(|_| case.is_adopted()),
        immediate: case.is_immediate(),
        deadline: case.deadline,
        sitting: case.sitting.clone(),
    }
}

/// The token of an enum that serialises as a string.
pub fn token<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

fn register_note(case: &Case, workflow: &Workflow, line: &Numbering) -> String {
    let register = line.register.as_str();
    if register == workflow.albo_register {
        let of_line = |p: &Posting| (p.year, p.number) == (line.year, line.number);
        let annulled = case.annulled_postings.iter().find(|(p, _)| of_line(p));
        return annulled
            .map_or_else(String::new, |(_, why)| format!("pubblicazione annullata: {why}"));
    }
    let of_act = case.act_number(workflow).is_some_and(|n| n.register == register);
    if !of_act {
        return String::new();
    }
    let mut notes: Vec<String> = Vec::new();
    if case.is_immediate() {
        notes.push("immediatamente eseguibile".into());
    }
    if case.treatment.is_some() && !case.is_adopted() {
        notes.push("non approvata".into());
    }
    notes.extend(case.touches.iter().filter(|t| !t.is_void()).map(|t| {
        format!("{} da {} {}", participle(t.how), t.source, Preposition::From.short(t.from))
    }));
    notes.join("; ")
}

fn paper_row(stream: &StreamId, paper: &PaperState) -> Row {
    let signers: Vec<&str> = paper.signed.iter().map(|(_, s, _)| s.name.as_str()).collect();
    Row::Paper(PaperRow {
        stream: stream.to_string(),
        key: paper.plan.key.clone(),
        kind: paper.plan.kind.token(),
        file: format!("{}.pdf", paper.plan.key),
        sha256: paper.sha256.clone().unwrap_or_default(),
        status: paper.status().into(),
        signers: serde_json::to_string(&signers).unwrap_or_default(),
    })
}

/// The row a registry fact changes, if any.
pub fn registry_row(registry: &Registry, event: &RegistryEvent) -> Option<Row> {
    match event {
        RegistryEvent::PersonRegistered { person } => Some(Row::Person(PersonRow {
            id: person.id.clone(),
            given_name: person.given_name.clone(),
            surname: person.surname.clone(),
            fiscal_code: person.fiscal_code.clone(),
            email: person.email.clone(),
        })),
        RegistryEvent::MandateGranted { mandate } => mandate_row(registry, &mandate.id),
        RegistryEvent::MandateEnded { mandate, .. } => mandate_row(registry, mandate),
        _ => None,
    }
}

fn mandate_row(registry: &Registry, id: &str) -> Option<Row> {
    registry.mandates.get(id).map(|m| {
        Row::Mandate(MandateRow {
            id: m.id.clone(),
            person: m.person.clone(),
            role: m.role.token().into(),
            office: m.office.clone().unwrap_or_default(),
            capacity: token(&m.capacity),
            title: m.title.clone(),
            act: m.act.clone(),
            valid_from: Some(m.from),
            valid_to: m.to,
        })
    })
}

/// Lower case without accents, for search on both engines.
pub fn fold(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .map(|c| match c {
            'à' | 'á' | 'â' | 'ä' => 'a',
            'è' | 'é' | 'ê' | 'ë' => 'e',
            'ì' | 'í' | 'î' | 'ï' => 'i',
            'ò' | 'ó' | 'ô' | 'ö' => 'o',
            'ù' | 'ú' | 'û' | 'ü' => 'u',
            'ç' => 'c',
            'ñ' => 'n',
            other => other,
        })
        .collect()
}
