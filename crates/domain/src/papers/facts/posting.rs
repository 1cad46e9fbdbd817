// SPDX-License-Identifier: AGPL-3.0-or-later
//! Papers of the Albo: attestation at D, its accidents, the referto, the list of the capigruppo.

use super::PaperFacts;
use super::common::{Head, NumberFacts, Parts, PersonFacts, member, owed_at, paper, read_public};
use crate::case::capigruppo::named;
use crate::case::{Availability, Case, Content, LatePosting, Posting, in_force_from, term_source};
use crate::law::calendar::{Preposition, rome_date, rome_time};
use crate::law::outage::OutagePolicy;
use crate::law::terms::Terms;
use crate::papers::{PaperKind, PaperPlan, Slot, words};
use crate::refusal::Refusal;
use crate::registry::Role;
use crate::regulation::tokens::SealUse;
use crate::world::World;
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::BTreeMap;

/// A posting with its certified dates (practice.md 1.5: never the courtesy day).
#[derive(Debug, Clone, Serialize)]
pub struct PostingFacts {
    pub number: i64,
    pub year: i32,
    pub from: NaiveDate,
    /// Day it was put up, where the count begins with the next (R6.4).
    pub shown_on: Option<NaiveDate>,
    /// "15:07": the instant of the server's clock at D (T-73).
    pub at: String,
    pub last_day: NaiveDate,
    pub days: u16,
    /// How the days are counted, in a sentence.
    pub doctrine: &'static str,
    pub repeats: Option<String>,
    pub by: PersonFacts,
    /// The norm by which a document of others is shown that long (R6.10).
    pub term_source: Option<String>,
}

impl PostingFacts {
    /// With the norm of the term, where the document is of another body.
    fn sourced(self, case: &Case, posting: &Posting, world: &World) -> Result<Self, Refusal> {
        let Some(content) = asked_for(case, posting) else { return Ok(self) };
        let regulation = world.regulation(posting.day)?;
        let source = term_source(&regulation, content).trim().to_owned();
        Ok(Self { term_source: Some(source), ..self })
    }
}

/// What another body asked to show, as it stood at a posting: it may be corrected when that was
/// annulled.
fn asked_for<'a>(case: &'a Case, posting: &Posting) -> Option<&'a Content> {
    let then = case.versions.iter().rev().find(|version| version.at <= posting.at);
    then.map(|version| &version.content).filter(|content| content.request.is_some())
}

/// The head of a paper about a posting.
fn headed(case: &Case, posting: &Posting, head: Head) -> Head {
    match asked_for(case, posting) {
        Some(content) => head.asking(content),
        None => head,
    }
}

/// A posting with the days lost so far.
///
/// # Errors
/// `terms_unknown` beyond the calendar.
pub fn posting_facts(
    posting: &Posting,
    outages: &BTreeMap<NaiveDate, u8>,
) -> Result<PostingFacts, Refusal> {
    let terms = terms(posting, outages)?;
    Ok(PostingFacts {
        number: posting.number,
        year: posting.year,
        from: posting.day,
        shown_on: Some(rome_date(posting.at)).filter(|on| !posting.external && *on < posting.day),
        // Of another system's Albo only the day is known.
        at: match posting.external {
            true => String::new(),
            false => rome_time(posting.at).format("%H:%M").to_string(),
        },
        last_day: terms.last_day,
        days: posting.days,
        doctrine: posting.pub_count.doctrine(),
        repeats: posting.repeats.as_deref().map(words::clause),
        by: PersonFacts::from(&posting.by),
        term_source: None,
    })
}

/// The dates of a posting with the days lost so far.
///
/// # Errors
/// `terms_unknown` beyond the calendar.
pub fn terms(posting: &Posting, outages: &BTreeMap<NaiveDate, u8>) -> Result<Terms, Refusal> {
    posting.terms(outages).ok_or_else(|| {
        Refusal::new(
            "terms_unknown",
            "R6.2",
            "",
            "I termini della pubblicazione non si possono contare",
        )
    })
}

/// The posting a paper is about, by its Albo number: the current one, or one that was annulled.
pub fn posting_of<'a>(case: &'a Case, about: &str) -> Result<&'a Posting, Refusal> {
    let annulled = case.annulled_postings.iter().rev().map(|(posting, _)| posting);
    let all: Vec<&Posting> = case.posting.iter().chain(annulled).collect();
    let named = all.iter().find(|p| is_about(p, about));
    named.or(all.first()).copied().ok_or_else(|| {
        Refusal::new("not_posted", "R6.1", "art. 124, c. 1, TUEL", "L'atto non è in pubblicazione")
    })
}

/// "12/2024": number and year of a posting.
fn is_about(posting: &Posting, about: &str) -> bool {
    about == format!("{}/{}", posting.number, posting.year)
}

#[derive(Serialize)]
struct PostedFacts {
    #[serde(flatten)]
    head: Head,
    posting: PostingFacts,
    /// When the regulation it approves is in force (R7.6).
    in_force_on: Option<NaiveDate>,
}

/// The attestation at D. It speaks of that day: days lost later do not change it.
pub fn attestation(id: &str, plan: &PaperPlan, world: &World) -> Result<PaperFacts, Refusal> {
    let (case, _, head) = read_public(id, world)?;
    let posting = posting_of(case, &plan.about)?;
    let effective = terms(posting, &BTreeMap::new())?.effective_on;
    let facts = PostedFacts {
        posting: posting_facts(posting, &BTreeMap::new())?.sourced(case, posting, world)?,
        in_force_on: in_force_from(case, posting, Some(effective)),
        head: headed(case, posting, head),
    };
    let parts = Parts {
        kind: plan.kind,
        file: format!(
            "attestazione-pubblicazione-{}-albo-{}",
            facts.head.stem(case),
            posting.number
        ),
        title: format!("Attestazione di pubblicazione {}", facts.head.of_what()),
        created: posting.at,
        slots: &plan.slots,
        embedded: Vec::new(),
    };
    paper(parts, &facts)
}

/// A day lost by the Albo, as the referto and the attestation name it.
#[derive(Debug, Clone, Serialize)]
struct OutageDay {
    day: NaiveDate,
    hours: u8,
}

#[derive(Serialize)]
struct ReportFacts {
    #[serde(flatten)]
    head: Head,
    posting: PostingFacts,
    outages: Vec<OutageDay>,
    /// The last day without the days lost, where they moved it.
    first_last_day: Option<NaiveDate>,
    states_no_opposition: bool,
    /// What the probes found, where there were any: facts, not a judgement (R6.5).
    probes: Option<ProbeFacts>,
}

/// The probes of the public pages during a posting.
#[derive(Serialize)]
struct ProbeFacts {
    count: u32,
    failed: u32,
    first: NaiveDate,
    first_at: String,
    last: NaiveDate,
    last_at: String,
    /// SHA-256 of the log.
    log: String,
}

impl From<&Availability> for ProbeFacts {
    fn from(found: &Availability) -> Self {
        let time = |at| rome_time(at).format("%H:%M").to_string();
        Self {
            count: found.probes,
            failed: found.failed,
            first: rome_date(found.first),
            first_at: time(found.first),
            last: rome_date(found.last),
            last_at: time(found.last),
            log: found.sha256.clone(),
        }
    }
}

/// The referto at the end of posting.
pub fn report(id: &str, plan: &PaperPlan, world: &World) -> Result<PaperFacts, Refusal> {
    let (case, _, head) = read_public(id, world)?;
    let posting = posting_of(case, &plan.about)?;
    let regulation = world.regulation(posting.day)?;
    let undisturbed = terms(posting, &BTreeMap::new())?.last_day;
    let lost = case.outages_of(posting);
    let facts = ReportFacts {
        posting: posting_facts(posting, lost)?.sourced(case, posting, world)?,
        outages: lost.iter().map(|(day, hours)| OutageDay { day: *day, hours: *hours }).collect(),
        first_last_day: Some(undisturbed)
            .filter(|day| terms(posting, lost).is_ok_and(|t| t.last_day != *day)),
        states_no_opposition: regulation.referto_states_no_opposition,
        probes: case.availability.get(&(posting.year, posting.number)).map(ProbeFacts::from),
        head: headed(case, posting, head),
    };
    let parts = Parts {
        kind: plan.kind,
        file: format!("referto-pubblicazione-{}-albo-{}", facts.head.stem(case), posting.number),
        title: format!("Referto di pubblicazione {}", facts.head.of_what()),
        created: owed_at(case, plan),
        slots: &plan.slots,
        embedded: Vec::new(),
    };
    paper(parts, &facts)
}

#[derive(Serialize)]
struct OutageFacts {
    #[serde(flatten)]
    head: Head,
    posting: PostingFacts,
    lost: OutageDay,
    min_hours: u8,
    /// The day counts all the same: enough hours, or the rule adds nothing.
    counts: bool,
    /// The term was counted anew (policy `restart`).
    restarts: bool,
    last_day_before: NaiveDate,
    effective_before: NaiveDate,
    effective_after: NaiveDate,
    effective_moved: bool,
    /// It takes the place of one that was signed with other hours.
    replaces: bool,
}

/// The attestation of a day (partly) lost, with what it does to the terms (R6.5).
pub fn outage(id: &str, plan: &PaperPlan, world: &World) -> Result<PaperFacts, Refusal> {
    let (case, _, head) = read_public(id, world)?;
    let day = plan.about.parse::<NaiveDate>().ok();
    let annulled = case.annulled_postings.iter().rev().map(|(posting, _)| posting);
    let mut postings = case.posting.iter().chain(annulled);
    let (posting, day, hours) = postings
        .find_map(|p| {
            let (day, hours) = case.outages_of(p).get_key_value(&day?)?;
            Some((p, *day, *hours))
        })
        .ok_or_else(|| {
            Refusal::new("outage_unknown", "R6.5", "", "Quel disservizio non è registrato")
        })?;
    let until = |last: NaiveDate, included: bool| -> BTreeMap<NaiveDate, u8> {
        let within = |d: &NaiveDate| *d < last || (included && *d == last);
        let lost = case.outages_of(posting).iter();
        lost.filter(|(d, _)| within(d)).map(|(d, h)| (*d, *h)).collect()
    };
    let (before, after) = (terms(posting, &until(day, false))?, terms(posting, &until(day, true))?);
    let facts = OutageFacts {
        posting: posting_facts(posting, &until(day, true))?,
        lost: OutageDay { day, hours },
        min_hours: posting.outage_min_hours,
        counts: before.last_day == after.last_day,
        restarts: posting.outage_policy == OutagePolicy::Restart,
        last_day_before: before.last_day,
        effective_before: before.effective_on,
        effective_after: after.effective_on,
        effective_moved: before.effective_on != after.effective_on,
        replaces: case.papers.iter().take_while(|p| p.plan.key != plan.key).any(|p| {
            p.plan.kind == plan.kind && p.plan.about == plan.about && !p.signed.is_empty()
        }),
        head: headed(case, posting, head),
    };
    let parts = Parts {
        kind: plan.kind,
        file: format!("attestazione-disservizio-{}-{day}", facts.head.stem(case)),
        title: format!("Attestazione di disservizio dell'Albo {}", Preposition::Of.short(day)),
        created: owed_at(case, plan),
        slots: &plan.slots,
        embedded: Vec::new(),
    };
    paper(parts, &facts)
}

#[derive(Serialize)]
struct LatenessFacts {
    #[serde(flatten)]
    head: Head,
    posting: PostingFacts,
    late: LatePosting,
    effective_on: NaiveDate,
}

/// The attestation of a posting that began after its term (row 20). It speaks of D.
pub fn lateness(id: &str, plan: &PaperPlan, world: &World) -> Result<PaperFacts, Refusal> {
    let (case, _, head) = read_public(id, world)?;
    let posting = posting_of(case, &plan.about)?;
    let late = posting.late.clone().ok_or_else(|| {
        Refusal::new("posting_in_time", "R6.1", "", "La pubblicazione è cominciata nel termine")
    })?;
    let undisturbed = BTreeMap::new();
    let facts = LatenessFacts {
        posting: posting_facts(posting, &undisturbed)?,
        effective_on: terms(posting, &undisturbed)?.effective_on,
        late: LatePosting { source: words::clause(&late.source), ..late },
        head,
    };
    let parts = Parts {
        kind: plan.kind,
        file: format!("pubblicazione-tardiva-{}-albo-{}", facts.head.stem(case), posting.number),
        title: format!("Attestazione di pubblicazione tardiva {}", facts.head.of_what()),
        created: posting.at,
        slots: &plan.slots,
        embedded: Vec::new(),
    };
    paper(parts, &facts)
}

#[derive(Serialize)]
struct AnnulmentFacts {
    #[serde(flatten)]
    head: Head,
    posting: PostingFacts,
    reason: String,
}

/// The annulment of a wrong posting: its Albo number stays, with this note (R6.6).
pub fn annulment(id: &str, plan: &PaperPlan, world: &World) -> Result<PaperFacts, Refusal> {
    let (case, _, head) = read_public(id, world)?;
    let annulled = case.annulled_postings.iter().rev();
    let (posting, reason) = annulled
        .clone()
        .find(|(p, _)| is_about(p, &plan.about))
        .or(annulled.clone().next())
        .ok_or_else(|| {
            Refusal::new("not_annulled", "R6.6", "", "Nessuna pubblicazione è stata annullata")
        })?;
    let facts = AnnulmentFacts {
        posting: posting_facts(posting, &BTreeMap::new())?,
        reason: reason.trim().to_owned(),
        head: headed(case, posting, head),
    };
    let parts = Parts {
        kind: plan.kind,
        file: format!(
            "annullamento-pubblicazione-{}-albo-{}",
            facts.head.stem(case),
            posting.number
        ),
        title: format!("Annullamento della pubblicazione n. {}/{}", posting.number, posting.year),
        created: owed_at(case, plan),
        slots: &plan.slots,
        embedded: Vec::new(),
    };
    paper(parts, &facts)
}

#[derive(Serialize)]
struct ListLine {
    deliberation: Option<NumberFacts>,
    subject: String,
    office: String,
    rapporteurs: Vec<String>,
    immediate: bool,
    posting: PostingFacts,
}

#[derive(Serialize)]
struct CapogruppoFacts {
    name: String,
    group: String,
}

#[derive(Serialize)]
struct ListFacts {
    subject: String,
    day: NaiveDate,
    serial: u32,
    lines: Vec<ListLine>,
    recipients: Vec<CapogruppoFacts>,
}

/// The letter and list of the deliberations posted on a day (art. 125 TUEL, R8.2), acts in the
/// order of their numbers. Its signer is the Segretario, or the seal where the regulation says so.
///
/// # Errors
/// When a case is not in the read set or was not posted on that day (I6).
pub fn capigruppo_list(
    day: NaiveDate,
    serial: u32,
    cases: &[&str],
    world: &World,
) -> Result<PaperFacts, Refusal> {
    list(day, serial, cases, &list_slots(day, world)?, world)
}

/// The list that waits for the Segretario's signature, kept with its first act.
pub fn list_paper(plan: &PaperPlan, world: &World) -> Result<PaperFacts, Refusal> {
    let (day, serial, cases) = named(plan).ok_or_else(|| {
        Refusal::new("list_unknown", "R8.1", "art. 125 TUEL", "Quell'elenco non è previsto")
    })?;
    let cases: Vec<&str> = cases.iter().map(String::as_str).collect();
    list(day, serial, &cases, &plan.slots, world)
}

fn list(
    day: NaiveDate,
    serial: u32,
    cases: &[&str],
    slots: &[Slot],
    world: &World,
) -> Result<PaperFacts, Refusal> {
    let mut lines = Vec::new();
    let mut created = None;
    for id in cases {
        let (case, _, head) = read_public(id, world)?;
        // Annulled meanwhile, it was posted that day all the same.
        let annulled = case.annulled_postings.iter().rev().map(|(posting, _)| posting);
        let mut postings = case.posting.iter().chain(annulled);
        let posting = postings.find(|p| p.day == day).ok_or_else(|| {
            let text =
                format!("L'atto «{id}» non è stato pubblicato {}", Preposition::On.short(day));
            Refusal::new("not_posted_that_day", "R8.1", "art. 125 TUEL", text)
        })?;
        created = created.max(Some(posting.at));
        lines.push(list_line(case, head, posting, world)?);
    }
    lines.sort_by_key(|l| l.deliberation.as_ref().map(|n| (n.year, n.number)));
    let holders = world.registry.holders(Role::Capogruppo, None, day);
    let facts = ListFacts {
        subject: format!("Deliberazioni della Giunta pubblicate {}", Preposition::On.short(day)),
        day,
        serial,
        lines,
        recipients: holders
            .into_iter()
            .map(|m| CapogruppoFacts {
                name: world.registry.name(&m.person),
                group: m.group.clone().unwrap_or_default(),
            })
            .collect(),
    };
    let parts = Parts {
        kind: PaperKind::ElencoCapigruppo,
        file: format!("elenco-capigruppo-{day}-{serial}"),
        title: format!("Elenco ai Capigruppo {}, n. {serial}", Preposition::Of.short(day)),
        created: created.unwrap_or_default(),
        slots,
        embedded: Vec::new(),
    };
    paper(parts, &facts)
}

fn list_line(
    case: &Case,
    head: Head,
    posting: &Posting,
    world: &World,
) -> Result<ListLine, Refusal> {
    let rapporteurs = super::common::content(case).rapporteurs.iter();
    Ok(ListLine {
        office: head.offices.first().cloned().unwrap_or_default(),
        rapporteurs: rapporteurs
            .map(|person| member(&world.registry, person, posting.day).name)
            .collect(),
        posting: posting_facts(posting, &BTreeMap::new())?,
        immediate: head.immediate,
        deliberation: head.deliberation,
        subject: head.subject,
    })
}

fn list_slots(day: NaiveDate, world: &World) -> Result<Vec<Slot>, Refusal> {
    if world.regulation(day)?.seal_uses.contains(&SealUse::CapigruppoList) {
        return Ok(vec![Slot {
            field: "sigillo".into(),
            caption: "SIGILLO ELETTRONICO DELL'ENTE".into(),
            signer: None,
        }]);
    }
    let signer = world.registry.acting(Role::Segretario, None, day).ok_or_else(|| {
        Refusal::new(
            "nobody_acting",
            "R1.10",
            "art. 97 TUEL",
            "Nessuno è incaricato come Segretario",
        )
    })?;
    Ok(super::common::own_slot(&signer))
}
