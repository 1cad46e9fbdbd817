// SPDX-License-Identifier: AGPL-3.0-or-later
//! The act as data, for programs: `atto.json` beside the text of the deliberation. Every token is
//! the one of `run --json` and of `GLOSSARY.md`; `docs/atto-json.md` says what each field means.

use super::Embedded;
use super::common::one_line;
use crate::case::{
    AttachmentClass, Case, Condition, Effect, Effects, FurtherOpinion, OpinionOutcome, Version,
    needs, standing, standing_further,
};
use crate::law::ballot::Casting;
use crate::law::calendar::rome_date;
use crate::law::identifiers::ActKey;
use crate::law::regulations::EntryIntoForce;
use crate::papers::words;
use crate::registry::Signatory;
use crate::sitting::{Ballot, ConflictStance, ItemOutcome, MemberPresence, Mode};
use crate::workflow::{OpinionKind, Workflow};
use crate::world::World;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Names the shape below; it changes with it.
pub const SCHEMA: &str = "delibera/atto/2";

/// The act.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActData {
    /// [`SCHEMA`].
    pub schema: String,
    /// Case id.
    pub id: String,
    /// Act kind.
    pub kind: String,
    /// Name of the act kind.
    pub title: String,
    /// The body.
    pub body: BodyData,
    /// Object.
    pub subject: String,
    /// Numbers.
    pub numbers: NumberData,
    /// Names of the act for programs, where the Comune has its authority registered.
    pub identifiers: Option<IdentifierData>,
    /// Offices, the leading one first.
    pub offices: Vec<String>,
    /// Relatori.
    pub rapporteurs: Vec<String>,
    /// Responsabile del procedimento.
    pub procedure_head: String,
    /// The sitting at this item; none when a Commissario decided.
    pub sitting: Option<SittingData>,
    /// Outcome token.
    pub outcome: ItemOutcome,
    /// Day of adoption.
    pub decided_on: NaiveDate,
    /// First ballot.
    pub ballot: Option<BallotData>,
    /// Second ballot, on immediate enforceability.
    pub immediate: Option<ImmediateData>,
    /// Opinions standing on the text.
    pub opinions: Vec<OpinionData>,
    /// Opinions of others (auditors, consulte…) that the Comune wants.
    pub further: Vec<FurtherData>,
    /// The text.
    pub text: TextData,
    /// Declared effects on the budget.
    pub effects: Effects,
    /// CIG.
    pub cig: Option<String>,
    /// CUP.
    pub cup: Option<String>,
    /// Classification in the filing plan.
    pub classification: String,
    /// Effect date set by the act itself.
    pub effect_date: Option<NaiveDate>,
    /// When the regulation it approves is in force.
    pub regulation: Option<EntryIntoForce>,
    /// Conditions of efficacy.
    pub conditions: Vec<Condition>,
    /// Earlier acts it touches.
    pub affects: Vec<AffectData>,
    /// Attachments as the proposal lists them.
    pub attachments: Vec<AttachmentData>,
    /// Files inside the document, byte for byte.
    pub parts: Vec<PartData>,
    /// Irregularities on record.
    pub anomalies: Vec<String>,
}

/// Who issues the act.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BodyData {
    /// Name.
    pub name: String,
    /// Province.
    pub province: String,
    /// Fiscal code.
    pub fiscal_code: String,
}

/// Numbers, each "number/year".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberData {
    /// Of the proposal.
    pub proposal: Option<String>,
    /// Of the act.
    pub deliberation: Option<String>,
}

/// Persistent names of the act.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentifierData {
    /// URN NIR.
    pub nir: String,
    /// URN LEX, RFC 9676.
    pub lex: String,
    /// IRI of Akoma Ntoso.
    pub akn: String,
}

impl From<&ActKey> for IdentifierData {
    fn from(key: &ActKey) -> Self {
        Self { nir: key.nir(), lex: key.lex(), akn: key.akn() }
    }
}

/// A sitting at one item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SittingData {
    /// Sitting id.
    pub id: String,
    /// Its day.
    pub date: NaiveDate,
    /// "11:00", Europe/Rome.
    pub opened: String,
    /// Mode token.
    pub mode: Mode,
    /// Where.
    pub place: String,
    /// Item number.
    pub item: u32,
    /// Structural quorum.
    pub quorum: u32,
    /// Seats of the organ.
    pub seats: u32,
    /// Who presided.
    pub president: PersonData,
    /// Who took the minutes.
    pub verbalizer: PersonData,
    /// Members.
    pub members: Vec<MemberData>,
}

/// A person with the title printed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonData {
    /// Name.
    pub name: String,
    /// Title.
    pub title: String,
}

/// A member at the item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberData {
    /// Name.
    pub name: String,
    /// Title.
    pub title: String,
    /// Present.
    pub present: bool,
    /// Connected from elsewhere.
    pub remote: bool,
    /// Stance under art. 78, c. 2.
    pub conflict: Option<ConflictStance>,
}

/// A ballot: counts always, names where the vote is open and the regulation prints them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BallotData {
    /// Secret.
    pub secret: bool,
    /// Favourable.
    pub favour: u32,
    /// Contrary.
    pub against: u32,
    /// Abstaining.
    pub abstained: u32,
    /// Blank ballots.
    pub blank: u32,
    /// Void ballots.
    pub void: u32,
    /// Who voted against.
    pub against_names: Vec<String>,
    /// Who abstained.
    pub abstained_names: Vec<String>,
    /// Casting vote of the president.
    pub casting: Option<Casting>,
}

/// The second ballot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImmediateData {
    /// Declared immediately enforceable.
    pub declared: bool,
    /// Votes needed.
    pub required: u32,
    /// Reasons of urgency.
    pub reasons: String,
    /// The ballot.
    pub ballot: BallotData,
}

/// An opinion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpinionData {
    /// Which.
    pub opinion: OpinionKind,
    /// Outcome token.
    pub outcome: OpinionOutcome,
    /// Office, for technical opinions.
    pub office: Option<String>,
    /// Reasons.
    pub reasons: String,
    /// Who gave it.
    pub giver: PersonData,
    /// The day.
    pub date: NaiveDate,
    /// Version it stands on.
    pub version: u32,
    /// SHA-256 of the signed sheet.
    pub sha256: String,
}

/// An opinion of others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FurtherData {
    /// Whose, by the token of the regulation.
    pub name: String,
    /// Outcome token.
    pub outcome: OpinionOutcome,
    /// Who signed it.
    pub giver: String,
    /// The day.
    pub date: NaiveDate,
    /// Protocol or number it bears.
    pub reference: String,
    /// Reasons.
    pub reasons: String,
}

/// The text voted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextData {
    /// Version.
    pub version: u32,
    /// SHA-256 of text and attachments.
    pub hash: String,
    /// Premises, in Markdown.
    pub premises: String,
    /// Points of the dispositive, in Markdown.
    pub decision: Vec<String>,
}

/// An earlier act.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AffectData {
    /// Its case id.
    pub case: String,
    /// Effect token.
    pub how: Effect,
}

/// An attachment; a reserved one has no name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachmentData {
    /// File name.
    pub name: Option<String>,
    /// Class token.
    pub class: AttachmentClass,
    /// MIME type.
    pub media_type: String,
    /// SHA-256.
    pub sha256: String,
    /// Pages, for PDF.
    pub pages: Option<usize>,
}

/// A file inside the document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartData {
    /// File name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// MIME type.
    pub media_type: String,
    /// SHA-256.
    pub sha256: String,
}

/// What names an act outside, with the authority of the regulation of its day (R11.3); none where the
/// Comune has none registered, or the act no number.
pub fn act_key(case: &Case, workflow: &Workflow, world: &World) -> Option<ActKey> {
    let number = case.act_number(workflow)?;
    let regulation = world.regulation(number.date).ok()?;
    let authority = regulation.urn_authority.clone()?;
    Some(ActKey {
        authority,
        organ: workflow.organ.clone(),
        measure: case.kind.split('-').next().unwrap_or_default().to_owned(),
        date: number.date,
        number: number.number,
    })
}

/// The data of an act whose result was proclaimed.
pub fn of(
    case: &Case,
    workflow: &Workflow,
    version: &Version,
    embedded: &[Embedded],
    world: &World,
) -> serde_json::Value {
    let (registry, content) = (&world.registry, &version.content);
    let label = |n: Option<&crate::case::Numbering>| n.map(|n| format!("{}/{}", n.number, n.year));
    let comune = &registry.comune;
    let treatment = case.treatment.as_ref();
    let members = treatment.map_or(&[][..], |t| t.members.as_slice());
    let named = treatment
        .and_then(|t| world.regulation(t.date).ok())
        .is_some_and(|regulation| regulation.print_nominal_votes);
    let data = ActData {
        schema: SCHEMA.into(),
        id: case.id.clone(),
        kind: case.kind.clone(),
        title: workflow.title.clone(),
        body: BodyData {
            name: comune.name.clone(),
            province: comune.province.clone(),
            fiscal_code: comune.fiscal_code.clone(),
        },
        subject: one_line(&content.subject),
        numbers: NumberData {
            proposal: label(case.number(&workflow.proposal_register)),
            deliberation: label(case.act_number(workflow)),
        },
        identifiers: act_key(case, workflow, world).as_ref().map(IdentifierData::from),
        offices: content.offices.iter().map(|o| registry.office_name(o)).collect(),
        rapporteurs: content.rapporteurs.iter().map(|p| registry.name(p)).collect(),
        procedure_head: registry.name(&content.procedure_head),
        sitting: sitting(case),
        outcome: treatment.map_or(ItemOutcome::NotTreated, |t| t.outcome),
        decided_on: treatment.map_or_else(|| rome_date(version.at), |t| t.date),
        ballot: treatment.and_then(|t| t.ballot.as_ref()).map(|b| ballot(b, members, named)),
        immediate: immediate(case, members, named),
        opinions: opinions(case, workflow, world),
        further: further(case),
        text: TextData {
            version: version.number,
            hash: version.hash.clone(),
            premises: content.text.clone(),
            decision: content.decision.clone(),
        },
        effects: content.gates.effects.clone(),
        cig: content.cig.clone(),
        cup: content.cup.clone(),
        classification: content.classification.clone(),
        effect_date: content.effect_date,
        regulation: content.gates.regulation,
        conditions: content.gates.conditions.clone(),
        affects: content
            .affects
            .iter()
            .map(|a| AffectData { case: a.case.clone(), how: a.how })
            .collect(),
        attachments: content.attachments.iter().map(attachment).collect(),
        parts: embedded.iter().map(part).collect(),
        anomalies: treatment
            .map(|t| t.anomalies.iter().map(|a| a.text.clone()).collect())
            .unwrap_or_default(),
    };
    serde_json::to_value(data).unwrap_or_default()
}

fn person(signer: &Signatory) -> PersonData {
    let title = words::bare_title(&signer.title).to_owned();
    PersonData { name: signer.name.clone(), title }
}

fn sitting(case: &Case) -> Option<SittingData> {
    let treatment = case.treatment.as_ref().filter(|t| !t.members.is_empty())?;
    Some(SittingData {
        id: treatment.sitting.clone(),
        date: treatment.date,
        opened: treatment.opened.format("%H:%M").to_string(),
        mode: treatment.mode,
        place: treatment.place.clone(),
        item: treatment.item,
        quorum: treatment.quorum,
        seats: treatment.seats,
        president: person(&treatment.president),
        verbalizer: person(&treatment.verbalizer),
        members: treatment
            .members
            .iter()
            .map(|m| MemberData {
                name: m.name.clone(),
                title: words::bare_title(&m.title).to_owned(),
                present: m.present,
                remote: m.present && m.remote,
                conflict: m.conflict,
            })
            .collect(),
    })
}

fn ballot(ballot: &Ballot, members: &[MemberPresence], named: bool) -> BallotData {
    let present = members.iter().filter(|m| m.present).count();
    let count = ballot.count(0, 0, u32::try_from(present).unwrap_or(u32::MAX));
    let secret = ballot.secret.is_some() || ballot.totals.is_some();
    let names = |people: &[String]| -> Vec<String> {
        if secret || !named {
            return Vec::new();
        }
        let name = |id: &String| members.iter().find(|m| m.person == *id).map(|m| m.name.clone());
        people.iter().filter_map(name).collect()
    };
    BallotData {
        secret,
        favour: count.favour,
        against: count.against,
        abstained: count.abstained,
        blank: count.blank,
        void: count.void,
        against_names: names(&ballot.against),
        abstained_names: names(&ballot.abstained),
        casting: ballot.casting,
    }
}

fn immediate(case: &Case, members: &[MemberPresence], named: bool) -> Option<ImmediateData> {
    let second = case.immediate.as_ref()?;
    Some(ImmediateData {
        declared: second.declared,
        required: second.required,
        reasons: second.reasons.clone(),
        ballot: ballot(&second.ballot, members, named),
    })
}

fn further(case: &Case) -> Vec<FurtherData> {
    let data = |o: &FurtherOpinion| FurtherData {
        name: o.name.clone(),
        outcome: o.outcome,
        giver: o.giver.clone(),
        date: o.on,
        reference: o.reference.clone(),
        reasons: o.reasons.clone(),
    };
    standing_further(case).into_iter().map(data).collect()
}

fn opinions(case: &Case, workflow: &Workflow, world: &World) -> Vec<OpinionData> {
    let date = case.treatment.as_ref().map(|t| t.date).unwrap_or_default();
    let Ok(regulation) = world.regulation(date) else { return Vec::new() };
    workflow
        .opinions()
        .flat_map(|kind| needs(&case.content, kind, &regulation).unwrap_or_default())
        .filter_map(|need| standing(case, &need))
        .map(|opinion| OpinionData {
            opinion: opinion.opinion,
            outcome: opinion.outcome,
            office: (!opinion.office.is_empty())
                .then(|| world.registry.office_name(&opinion.office)),
            reasons: opinion.reasons.clone(),
            giver: person(&opinion.giver),
            date: rome_date(opinion.at),
            version: opinion.version,
            sha256: opinion.paper.sha256.clone(),
        })
        .collect()
}

fn attachment(attachment: &crate::case::Attachment) -> AttachmentData {
    let shown = attachment.class != AttachmentClass::Reserved;
    AttachmentData {
        name: shown.then(|| attachment.name.clone()),
        class: attachment.class,
        media_type: attachment.media_type.clone(),
        sha256: attachment.sha256.clone(),
        pages: attachment.pages,
    }
}

fn part(file: &Embedded) -> PartData {
    PartData {
        name: file.name.clone(),
        description: file.description.clone(),
        media_type: file.media_type.clone(),
        sha256: file.sha256.clone(),
    }
}
