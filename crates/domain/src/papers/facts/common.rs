// SPDX-License-Identifier: AGPL-3.0-or-later
//! What several papers print: the head of an act, people with the title that is printed, numbers.

use super::{Embedded, PaperFacts};
use crate::case::{Attachment, AttachmentClass, Case, Content, Version, shown_document};
use crate::law::calendar::Preposition;
use crate::papers::{PaperKind, PaperPlan, Slot, words};
use crate::privacy::public_subject;
use crate::refusal::Refusal;
use crate::registry::{Registry, Role, Signatory};
use crate::workflow::Workflow;
use crate::world::World;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

/// A number in a register of ours.
#[derive(Debug, Clone, Serialize)]
pub struct NumberFacts {
    pub number: i64,
    pub year: i32,
    pub date: NaiveDate,
}

/// The head every paper about an act bears. `subject` is the one object string (R4.6); its suffix
/// is rendered from `immediate`, which is the second ballot and nothing else.
#[derive(Debug, Clone, Serialize)]
pub struct Head {
    /// "Deliberazione della Giunta comunale".
    pub act: String,
    pub subject: String,
    /// Proposing offices, the leading one first.
    pub offices: Vec<String>,
    pub proposal: Option<NumberFacts>,
    pub deliberation: Option<NumberFacts>,
    pub immediate: bool,
    /// The body that asked for a posting, where the document is of others (R6.10).
    pub request: Option<RequestFacts>,
}

/// The request of another body as printed.
#[derive(Debug, Clone, Serialize)]
pub struct RequestFacts {
    pub body: String,
    pub protocollo: String,
    pub on: Option<NaiveDate>,
    /// As the Comune names it; may be empty.
    pub kind: String,
    pub file: String,
    pub pages: Option<usize>,
    pub sha256: String,
}

impl RequestFacts {
    fn of(content: &Content) -> Option<Self> {
        let (request, document) = (content.request.as_ref()?, shown_document(content)?);
        Some(Self {
            body: one_line(&request.body),
            protocollo: request.protocollo.trim().to_owned(),
            on: request.on,
            kind: one_line(&content.act_type),
            file: document.name.clone(),
            pages: document.pages,
            sha256: document.sha256.clone(),
        })
    }
}

/// A person as printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PersonFacts {
    pub name: String,
    /// Title without its article: "Vice Segretario Generale Vicario".
    pub title: String,
    /// Where a substitute's power comes from; none for the holder.
    pub power: Option<String>,
}

impl From<&Signatory> for PersonFacts {
    fn from(signer: &Signatory) -> Self {
        Self {
            name: signer.name.clone(),
            title: words::bare_title(&signer.title).to_owned(),
            power: words::power(signer),
        }
    }
}

/// A frozen text: what opinions and signatures bind.
#[derive(Debug, Clone, Serialize)]
pub struct TextFacts {
    pub version: u32,
    pub hash: String,
    pub date: NaiveDate,
}

impl From<&Version> for TextFacts {
    fn from(version: &Version) -> Self {
        Self {
            version: version.number,
            hash: version.hash.clone(),
            date: crate::law::calendar::rome_date(version.at),
        }
    }
}

/// One line of a list of attachments. A reserved one is named only as such: no name, no bytes.
#[derive(Debug, Clone, Serialize)]
pub struct AnnexFacts {
    pub number: usize,
    pub integral: bool,
    pub on_file: bool,
    pub reserved: bool,
    pub name: Option<String>,
    pub pages: Option<usize>,
    pub sha256: String,
}

/// The attachments in the order of the proposal, numbered within the act.
pub fn annexes(content: &Content) -> Vec<AnnexFacts> {
    content.attachments.iter().enumerate().map(|(i, a)| annex(i + 1, a)).collect()
}

fn annex(number: usize, attachment: &Attachment) -> AnnexFacts {
    let reserved = attachment.class == AttachmentClass::Reserved;
    AnnexFacts {
        number,
        integral: attachment.class == AttachmentClass::Integral,
        on_file: attachment.class == AttachmentClass::OnFile,
        reserved,
        name: (!reserved).then(|| attachment.name.clone()),
        pages: attachment.pages,
        sha256: attachment.sha256.clone(),
    }
}

/// The content an act stands on: the voted version, else the current one, else the draft.
pub fn content(case: &Case) -> &Content {
    voted(case).or(case.current()).map_or(&case.content, |v| &v.content)
}

/// The version that was voted.
pub fn voted(case: &Case) -> Option<&Version> {
    let treatment = case.treatment.as_ref()?;
    case.versions.iter().rev().find(|v| v.number == treatment.version)
}

/// The current frozen version.
///
/// # Errors
/// `not_submitted` while it is a draft.
pub fn current(case: &Case) -> Result<&Version, Refusal> {
    case.current().ok_or_else(|| {
        Refusal::new("not_submitted", "R1.12", "", "La proposta non è stata ancora presentata")
    })
}

/// The object as it is printed everywhere: the recorded string on one line, nothing added or cut.
pub fn one_line(subject: &str) -> String {
    subject.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The head of a case.
pub fn head(case: &Case, workflow: &Workflow, registry: &Registry) -> Head {
    let content = content(case);
    let number =
        |n: &crate::case::Numbering| NumberFacts { number: n.number, year: n.year, date: n.date };
    Head {
        act: workflow.title.clone(),
        subject: one_line(&content.subject),
        offices: content.offices.iter().map(|o| registry.office_name(o)).collect(),
        proposal: case.number(&workflow.proposal_register).map(number),
        deliberation: case.act_number(workflow).map(number),
        immediate: case.is_immediate(),
        request: RequestFacts::of(content),
    }
}

impl Head {
    /// "838-2020" of the act, else "proposta-1721-2020", else the case id.
    pub fn stem(&self, case: &Case) -> String {
        match (&self.deliberation, &self.proposal) {
            (Some(act), _) => format!("{}-{}", act.number, act.year),
            (None, Some(proposal)) => format!("proposta-{}-{}", proposal.number, proposal.year),
            (None, None) => case.id.clone(),
        }
    }

    /// The head as another body asked at that time.
    #[must_use]
    pub fn asking(self, content: &Content) -> Self {
        Self { subject: one_line(&content.subject), request: RequestFacts::of(content), ..self }
    }

    /// The head of a paper that speaks of the proposal, whatever became of it later.
    #[must_use]
    pub fn into_proposal(mut self) -> Self {
        self.deliberation = None;
        self.immediate = false;
        self
    }

    /// "della deliberazione n. 838 del 24/07/2020", or of the proposal: for titles.
    pub fn of_what(&self) -> String {
        match (&self.deliberation, &self.proposal) {
            (Some(act), _) => {
                format!("della deliberazione n. {} {}", act.number, Preposition::Of.short(act.date))
            }
            (None, Some(p)) => format!("della proposta n. {}/{}", p.number, p.year),
            (None, None) if self.request.is_some() => {
                let body = self.request.as_ref().map_or("", |request| &request.body);
                format!("per conto terzi ({body})")
            }
            (None, None) => "della proposta".to_owned(),
        }
    }

    /// The act's own number.
    ///
    /// # Errors
    /// `not_numbered`.
    pub fn numbered(&self) -> Result<&NumberFacts, Refusal> {
        self.deliberation.as_ref().ok_or_else(|| {
            Refusal::new("not_numbered", "R5.2", "", "L'atto non ha ancora un numero")
        })
    }
}

/// The parts of a paper that differ from one kind to the other.
pub struct Parts<'a> {
    pub kind: PaperKind,
    pub file: String,
    pub title: String,
    pub created: DateTime<Utc>,
    pub slots: &'a [Slot],
    pub embedded: Vec<Embedded>,
}

/// Puts a paper together from its parts and its typed context.
///
/// # Errors
/// Never in practice: every context is plain data.
pub fn paper(parts: Parts<'_>, context: &impl Serialize) -> Result<PaperFacts, Refusal> {
    let context = serde_json::to_value(context).map_err(|error| {
        Refusal::new("facts_not_plain", "R9.1", "", format!("Fatti non rappresentabili: {error}"))
    })?;
    Ok(PaperFacts {
        draft: parts.kind == PaperKind::Brogliaccio,
        kind: parts.kind,
        file: parts.file,
        title: parts.title,
        created: parts.created,
        slots: parts.slots.to_vec(),
        embedded: parts.embedded,
        context,
        data: None,
    })
}

/// The one slot of a carried paper.
pub fn own_slot(signer: &Signatory) -> Vec<Slot> {
    vec![Slot {
        field: "firma".into(),
        caption: words::caption(&signer.title),
        signer: Some(signer.clone()),
    }]
}

/// The places of an act's signers: who presided signs as president, a member who verbalized as
/// verbalizer, whatever their own office is; that one is printed below the name.
pub fn act_slots(slots: &[Slot]) -> Vec<Slot> {
    slots.iter().map(|slot| Slot { caption: act_caption(slot), ..slot.clone() }).collect()
}

/// The caption of one such place.
pub fn act_caption(slot: &Slot) -> String {
    let role = slot.signer.as_ref().map(|s| s.role);
    let member = matches!(role, Some(Role::Sindaco | Role::Vicesindaco | Role::Assessore));
    if member && slot.field.starts_with("firma_presidente") {
        "IL PRESIDENTE".to_owned()
    } else if member && slot.field == "firma_verbalizzante" {
        "IL SEGRETARIO VERBALIZZANTE".to_owned()
    } else {
        slot.caption.clone()
    }
}

/// When a paper was owed: the instant of the fact, not of the composition.
pub fn owed_at(case: &Case, plan: &PaperPlan) -> DateTime<Utc> {
    let owed = case.paper(&plan.key).map(|p| p.owed_at);
    owed.or(case.updated).unwrap_or_default()
}

/// The same for a paper that goes to others than the offices: its object leaves out what the
/// publishable rendition leaves out (T-72).
pub fn read_public<'a>(
    id: &str,
    world: &'a World,
) -> Result<(&'a Case, std::sync::Arc<Workflow>, Head), Refusal> {
    let (case, workflow, mut head) = read(id, world)?;
    head.subject = one_line(&public_subject(case));
    Ok((case, workflow, head))
}

/// A case, its workflow and its head.
pub fn read<'a>(
    id: &str,
    world: &'a World,
) -> Result<(&'a Case, std::sync::Arc<Workflow>, Head), Refusal> {
    let case = world.case(id)?;
    let workflow = world.workflow(case)?;
    let head = head(case, &workflow, &world.registry);
    Ok((case, workflow, head))
}

/// A relatore as printed on a day: his name and the office he proposed in, which for a member of
/// the Giunta is the one held there.
pub fn member(registry: &Registry, person: &str, on: NaiveDate) -> PersonFacts {
    const GIUNTA: [Role; 3] = [Role::Sindaco, Role::Vicesindaco, Role::Assessore];
    let own =
        |role: Role| registry.holders(role, None, on).into_iter().find(|m| m.person == person);
    let roles = GIUNTA.into_iter().chain(Role::ALL.iter().map(|(role, ..)| *role));
    let title = roles.into_iter().find_map(own).map(|m| words::bare_title(&m.title).to_owned());
    PersonFacts { name: registry.name(person), title: title.unwrap_or_default(), power: None }
}
