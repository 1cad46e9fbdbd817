// SPDX-License-Identifier: AGPL-3.0-or-later
//! Certificates and annotations on a signed act: signatures, impediments, effect, later acts.

use super::PaperFacts;
use super::common::{
    Head, Parts, PersonFacts, act_caption, owed_at, own_slot, paper, read, read_public,
};
use super::effects::effect_noun;
use super::posting::{PostingFacts, posting_facts, posting_of, terms};
use crate::case::powers;
use crate::case::{Case, Ctx, Effect, Touch, effective_on, in_force_from};
use crate::law::calendar::{rome_date, rome_time};
use crate::papers::{PaperKind, PaperPlan, PaperState, words};
use crate::refusal::Refusal;
use crate::registry::Role;
use crate::world::World;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

fn paper_state<'a>(case: &'a Case, key: &str) -> Result<&'a PaperState, Refusal> {
    case.paper(key).ok_or_else(|| {
        Refusal::new("paper_unknown", "R9.1", "", format!("Il documento «{key}» non è previsto"))
    })
}

#[derive(Serialize)]
struct ImpedimentFacts {
    #[serde(flatten)]
    head: Head,
    caption: String,
    prevented: PersonFacts,
    reason: String,
    /// SHA-256 of the paper as it stands, with the signatures it has.
    sha256: String,
    adopted: Option<NaiveDate>,
    by: PersonFacts,
}

/// The attestation that a signer is prevented; the act stands as proclaimed (R2.7, T-58).
pub fn impediment(
    id: &str,
    key: &str,
    field: &str,
    reason: &str,
    ctx: &Ctx,
    world: &World,
) -> Result<PaperFacts, Refusal> {
    let (case, _, head) = read(id, world)?;
    let state = paper_state(case, key)?;
    let by = powers::acting_as(ctx, world, Role::Segretario, None)?;
    let slot = state.open_slots().find(|s| s.field == field);
    let (slot, prevented) =
        slot.and_then(|s| s.signer.as_ref().map(|p| (s, p))).ok_or_else(|| {
            Refusal::new("field_not_open", "R2.7", "", "Quella firma non è attesa da una persona")
        })?;
    let facts = ImpedimentFacts {
        caption: act_caption(slot),
        prevented: PersonFacts::from(prevented),
        reason: words::clause(reason),
        sha256: state.sha256.clone().unwrap_or_default(),
        adopted: case.treatment.as_ref().map(|t| t.date),
        by: PersonFacts::from(&by),
        head,
    };
    let parts = Parts {
        kind: PaperKind::AttestazioneImpedimento,
        file: format!("attestazione-impedimento-{}-{field}", facts.head.stem(case)),
        title: format!("Attestazione di impedimento alla firma {}", facts.head.of_what()),
        created: owed_at(case, &state.plan),
        slots: &own_slot(&by),
        embedded: Vec::new(),
    };
    paper(parts, &facts)
}

#[derive(Serialize)]
struct SignatureFacts {
    caption: String,
    field: String,
    signer: PersonFacts,
    date: NaiveDate,
    time: String,
    /// "firma qualificata, livello B-T"; empty where it was not recorded.
    worth: String,
}

#[derive(Serialize)]
struct ExcusedFacts {
    caption: String,
    name: String,
}

#[derive(Serialize)]
struct SignatureReportFacts {
    #[serde(flatten)]
    head: Head,
    document: String,
    sha256: String,
    signatures_made: Vec<SignatureFacts>,
    excused: Vec<ExcusedFacts>,
}

/// The report on the signatures of a complete paper (row 15); `about` is the paper's key.
pub fn signature_report(id: &str, plan: &PaperPlan, world: &World) -> Result<PaperFacts, Refusal> {
    let (case, _, head) = read(id, world)?;
    let state = paper_state(case, &plan.about)?;
    let caption = |field: &str| {
        let slot = state.plan.slots.iter().find(|s| s.field == field);
        slot.map(act_caption).unwrap_or_default()
    };
    let signer_of = |field: &String| {
        let slot = state.plan.slots.iter().find(|s| s.field == *field);
        slot.and_then(|s| s.signer.as_ref()).map(|s| s.name.clone()).unwrap_or_default()
    };
    let facts = SignatureReportFacts {
        document: state.plan.kind.token().replace('_', " "),
        sha256: state.sha256.clone().unwrap_or_default(),
        signatures_made: state
            .signed
            .iter()
            .map(|(field, signer, at)| SignatureFacts {
                caption: caption(field),
                field: field.clone(),
                signer: PersonFacts::from(signer),
                date: rome_date(*at),
                time: rome_time(*at).format("%H:%M:%S").to_string(),
                worth: state.worth.get(field).map(|found| found.italian()).unwrap_or_default(),
            })
            .collect(),
        excused: state
            .excused
            .iter()
            .map(|field| ExcusedFacts { caption: caption(field), name: signer_of(field) })
            .collect(),
        head,
    };
    let parts = Parts {
        kind: plan.kind,
        file: format!("rapporto-firme-{}", facts.head.stem(case)),
        title: format!("Rapporto sulle firme {}", facts.head.of_what()),
        created: owed_at(case, plan),
        slots: &plan.slots,
        embedded: Vec::new(),
    };
    paper(parts, &facts)
}

#[derive(Serialize)]
struct ConditionFacts {
    label: &'static str,
    met_on: Option<NaiveDate>,
}

#[derive(Serialize)]
struct ExecutivityFacts {
    #[serde(flatten)]
    head: Head,
    posting: PostingFacts,
    effective_on: NaiveDate,
    /// The day the ten days alone would give, where a suspension covered it.
    deferred_from: Option<NaiveDate>,
    /// How the ten days are counted, and where that comes from.
    doctrine: &'static str,
    source: String,
    /// A regional rule counts from the end of posting instead (R7.9).
    after_posting: bool,
    /// When the regulation it approves is in force (R7.6).
    in_force_on: Option<NaiveDate>,
    conditions: Vec<ConditionFacts>,
    /// The day another certificate says, which this one takes the place of.
    replaces: Option<NaiveDate>,
}

/// The certificate of executivity (art. 134, c. 3, TUEL): from D and the doctrine, nothing else.
pub fn executivity(id: &str, plan: &PaperPlan, world: &World) -> Result<PaperFacts, Refusal> {
    let (case, _, head) = read_public(id, world)?;
    let matured = case.matured.map(|(_, (year, number))| format!("{number}/{year}"));
    let posting = posting_of(case, matured.as_deref().unwrap_or_default())?;
    let lost = case.outages_of(posting);
    let computed = terms(posting, lost)?.effective_on;
    // Certified is the day that was decided; the ten days alone may end within a suspension.
    let effective_on = crate::law::calendar::parse_date(&plan.about).unwrap_or(computed);
    let facts = ExecutivityFacts {
        effective_on,
        deferred_from: Some(computed).filter(|day| *day < effective_on),
        doctrine: posting.exec_count.doctrine(),
        source: words::clause(&posting.exec_source),
        after_posting: posting.effective_after_posting,
        in_force_on: in_force_from(case, posting, Some(effective_on)),
        conditions: conditions(case),
        posting: posting_facts(posting, lost)?,
        replaces: replaced(case, plan),
        head,
    };
    let parts = Parts {
        kind: plan.kind,
        file: format!("certificato-esecutivita-{}", facts.head.stem(case)),
        title: format!("Certificato di esecutività {}", facts.head.of_what()),
        created: owed_at(case, plan),
        slots: &plan.slots,
        embedded: Vec::new(),
    };
    paper(parts, &facts)
}

/// The day of a signed certificate of executivity that came before this paper.
fn replaced(case: &Case, plan: &PaperPlan) -> Option<NaiveDate> {
    let earlier = case.papers.iter().take_while(|p| p.plan.key != plan.key);
    earlier.filter(|p| is_certificate(p)).filter_map(|p| p.plan.about.parse().ok()).last()
}

fn is_certificate(paper: &PaperState) -> bool {
    paper.plan.kind == PaperKind::CertificatoEsecutivita && paper.is_complete()
}

fn conditions(case: &Case) -> Vec<ConditionFacts> {
    let gates = &super::common::content(case).gates;
    let fact = |c: &crate::case::Condition| ConditionFacts {
        label: c.label(),
        met_on: case.conditions_met.get(c).copied(),
    };
    gates.conditions.iter().map(fact).collect()
}

#[derive(Serialize)]
struct EnforceabilityFacts {
    #[serde(flatten)]
    head: Head,
    ballot: super::ballot::ImmediateFacts,
    adopted: NaiveDate,
    conditions: Vec<ConditionFacts>,
    /// It also became effective by art. 134, c. 3, before this certificate was owed.
    effective_on: Option<NaiveDate>,
    /// Declared by a Commissario: no ballot.
    commissioner: bool,
    /// Day from which it may be carried out: with a condition unmet there is none (practice.md 1.3).
    executable_from: Option<NaiveDate>,
}

/// The certificate of immediate enforceability (art. 134, c. 4, TUEL): from the second ballot.
pub fn enforceability(id: &str, plan: &PaperPlan, world: &World) -> Result<PaperFacts, Refusal> {
    let (case, _, head) = read_public(id, world)?;
    let declared = case.immediate.as_ref().filter(|b| b.declared);
    let (Some(ballot), Some(treatment)) = (declared, case.treatment.as_ref()) else {
        return Err(Refusal::new(
            "not_immediate",
            "R4.2",
            "art. 134, c. 4, TUEL",
            "L'atto non è stato dichiarato immediatamente eseguibile",
        ));
    };
    let regulation = world.regulation(treatment.date)?;
    let owed = owed_at(case, plan);
    let facts = EnforceabilityFacts {
        ballot: super::ballot::immediate(ballot, &treatment.members, treatment.seats, &regulation),
        adopted: treatment.date,
        conditions: conditions(case),
        effective_on: effective_on(case).filter(|day| *day <= rome_date(owed)),
        commissioner: treatment.members.is_empty(),
        executable_from: executable_from(case, ballot.on),
        head,
    };
    let parts = Parts {
        kind: plan.kind,
        file: format!("certificato-eseguibilita-{}", facts.head.stem(case)),
        title: format!("Certificato di immediata eseguibilità {}", facts.head.of_what()),
        created: owed,
        slots: &plan.slots,
        embedded: Vec::new(),
    };
    paper(parts, &facts)
}

/// The declaration works from its day, and no earlier than the last of the conditions of efficacy.
fn executable_from(case: &Case, declared: NaiveDate) -> Option<NaiveDate> {
    let gates = &super::common::content(case).gates;
    let met = |c| case.conditions_met.get(c).copied();
    gates.conditions.iter().try_fold(declared, |day, c| Some(day.max(met(c)?)))
}

#[derive(Serialize)]
struct AnnotationFacts {
    #[serde(flatten)]
    head: Head,
    effect: &'static str,
    /// Reaches back to the beginning (art. 21-nonies L. 241/1990).
    ex_tunc: bool,
    revokes: bool,
    suspends: bool,
    from: NaiveDate,
    until: Option<NaiveDate>,
    source: String,
    /// Why the effect fell before it held; empty while it stands.
    withdrawn: String,
    /// The suspension ended: first day without it, and by which act or order.
    lifted: Option<LiftedFacts>,
    /// Executivity that a signed certificate says, and that this suspension kept from setting in.
    certified: Option<NaiveDate>,
}

#[derive(Serialize)]
struct LiftedFacts {
    from: NaiveDate,
    source: String,
}

/// The annotation of a later act or order on this one (R5.5); `about` is its serial, from 1.
pub fn annotation(id: &str, plan: &PaperPlan, world: &World) -> Result<PaperFacts, Refusal> {
    let (case, _, head) = read_public(id, world)?;
    let serial = plan.about.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
    let touch =
        serial.and_then(|i| case.touches.get(i)).or(case.touches.last()).ok_or_else(|| {
            Refusal::new("not_touched", "R5.5", "", "Nessun atto successivo incide su questo")
        })?;
    let facts = AnnotationFacts {
        effect: effect_noun(touch.how),
        ex_tunc: touch.how == Effect::Annul,
        revokes: touch.how == Effect::Revoke,
        suspends: touch.how == Effect::Suspend,
        from: touch.from,
        until: touch.until.filter(|_| touch.withdrawn.is_none()),
        source: words::clause(&touch.source),
        withdrawn: touch.withdrawn.as_deref().map(words::clause).unwrap_or_default(),
        lifted: lifted(case, touch, &plan.key),
        certified: certified(case, touch, owed_at(case, plan)),
        head,
    };
    let parts = Parts {
        kind: plan.kind,
        file: format!("annotazione-{}-{}", facts.head.stem(case), words::slug(serial_of(plan))),
        title: format!("Annotazione a margine {}", facts.head.of_what()),
        created: owed_at(case, plan),
        slots: &plan.slots,
        embedded: Vec::new(),
    };
    paper(parts, &facts)
}

/// The day a certificate signed before the annotation says, where the suspension covers that day.
fn certified(case: &Case, touch: &Touch, by: DateTime<Utc>) -> Option<NaiveDate> {
    let before = |p: &&PaperState| is_certificate(p) && p.signed.iter().all(|(.., at)| *at <= by);
    let mut days = case.papers.iter().filter(before).filter_map(|p| p.plan.about.parse().ok());
    days.next_back().filter(|day| touch.how == Effect::Suspend && touch.holds_on(*day))
}

/// "1", or "1-fine" for the annotation that a suspension ended.
fn serial_of(plan: &PaperPlan) -> &str {
    plan.key.split_once('-').map_or(plan.about.as_str(), |(_, serial)| serial)
}

/// The end of a suspension, on the annotation that was owed by it.
fn lifted(case: &Case, touch: &Touch, key: &str) -> Option<LiftedFacts> {
    let of_this = |(from, _): &&(NaiveDate, String)| touch.from <= *from;
    let (from, source) = case.lifted.iter().find(of_this).filter(|_| key.ends_with("-fine"))?;
    Some(LiftedFacts { from: *from, source: words::clause(source) })
}
