// SPDX-License-Identifier: AGPL-3.0-or-later
//! «Fascicolo»: one act on one page: where it stands, what was done, what may be done and why not.

pub mod documents;
pub mod drawing;
pub mod index;
pub mod privacy;
pub mod timeline;
pub mod versions;

use super::Shared;
use super::actions;
use super::desk::{Urgency, urgency};
use super::error::WebError;
use super::forms::capital;
use super::lines::{Datum, DeniedLine, KeptLine, PaperLine, worth};
use super::page::{Link, Page};
use super::visitor::Visitor;
use crate::domain::case::{
    AttachmentClass, Case, CaseEvent, Change, Ctx, EarlierEnd, FurtherOpinion, OpinionNeed,
    PostingRequest, effective_on, efficacy, executable, in_force_on, readable, standing,
    standing_further, terms_of,
};
use crate::domain::changes::Fact;
use crate::domain::command::Command;
use crate::domain::effects::token;
use crate::domain::law::calendar::date_short;
use crate::domain::offers;
use crate::domain::papers::words as printed;
use crate::domain::papers::{PaperState, act_key};
use crate::domain::registry::{Registry, Role};
use crate::domain::rows::SittingRow;
use crate::domain::sitting::SittingCommand;
use crate::domain::stream::StreamId;
use crate::domain::tasks::{self, What, holder_name};
use crate::domain::visibility::{may_read, may_read_attachment};
use crate::domain::words;
use crate::domain::workflow::{StepKind, Workflow};
use crate::domain::world::World;
use crate::service::copy;
use crate::service::history::fact_of;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::NaiveDate;
use drawing::Drawing;
use serde::Serialize;
use timeline::Entry;

#[derive(Debug, Serialize)]
struct VersionLine {
    number: u32,
    when: String,
    change: &'static str,
    hash: String,
    short_hash: String,
    current: bool,
}

#[derive(Debug, Serialize)]
struct OpinionLine {
    title: String,
    office: String,
    outcome: &'static str,
    contrary: bool,
    giver: String,
    giver_title: String,
    when: String,
    version: u32,
    short_hash: String,
    reasons: String,
    confirmation: bool,
    /// It does not stand on the current text any more.
    void: bool,
    /// Its signed sheet; empty where somebody outside gave it.
    href: String,
    /// Where an opinion of somebody outside is found.
    reference: String,
    worth: String,
    kept: Option<KeptLine>,
}

#[derive(Debug, Serialize)]
struct AttachmentLine {
    name: String,
    size: String,
    /// None where the reading is reserved.
    href: Option<String>,
    why_not: String,
    short_hash: String,
    /// What its signatures are worth, in words.
    signatures: String,
}

#[derive(Debug, Serialize)]
struct AttachmentGroup {
    title: &'static str,
    files: Vec<AttachmentLine>,
}

#[derive(Debug, Serialize)]
struct ActionLine {
    title: String,
    href: String,
    signs: bool,
}

#[derive(Debug, Serialize)]
struct WaitingLine {
    who: String,
    what: &'static str,
    urgency: Urgency,
}

/// The page.
#[derive(Debug, Serialize)]
struct CasePage {
    id: String,
    number: String,
    kind: String,
    subject: String,
    lifecycle: String,
    step: String,
    efficacy: String,
    urgency: Urgency,
    over: bool,
    /// The document is of another body: no opinions, no efficacy.
    of_others: bool,
    data: Vec<Datum>,
    /// The earlier proposal it presents again, and those that present it again.
    related: Vec<Link>,
    /// Persistent names, where the Comune has an authority registered.
    names: Vec<Datum>,
    waiting: Vec<WaitingLine>,
    allowed: Vec<ActionLine>,
    denied: Vec<DeniedLine>,
    drawing: Drawing,
    versions: Vec<VersionLine>,
    opinions: Vec<OpinionLine>,
    attachments: Vec<AttachmentGroup>,
    papers: Vec<PaperLine>,
    preview: Option<String>,
    /// Address of the reading copy, once the act is signed.
    copy: Option<String>,
    timeline: Vec<Entry>,
    version: i64,
}

impl Page for CasePage {
    const TEMPLATE: &'static str = "fascicolo";

    fn title(&self) -> String {
        match self.number.as_str() {
            "" => "Bozza di proposta".into(),
            number => number.to_owned(),
        }
    }

    fn trail(&self) -> Vec<Link> {
        Vec::new()
    }
}

/// Shows an act.
///
/// # Errors
/// 404 when there is none, 403 when this person may not read it.
pub async fn show(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let executor = &app.office.executor;
    let stream = StreamId::case(&id);
    let world = executor.world(std::slice::from_ref(&stream)).await?;
    let case = world.case(&id)?;
    may_read(&world.registry, visitor.id(), case, visitor.today)?;
    let workflow = world.workflow(case)?;
    let (mut allowed, denied) = offered(&app, &visitor, &world, case).await?;
    allowed.extend(agendas(&app, &visitor, case, &workflow).await?);
    let stored = executor.store.stream(&stream).await?;
    let mut entries = Vec::with_capacity(stored.len());
    let mut entered = Vec::new();
    for event in &stored {
        let fact = fact_of(event).map_err(|error| WebError::internal("timeline", error))?;
        let Fact::Case(_, fact) = fact else { continue };
        if let CaseEvent::StepEntered { step, .. } = &fact {
            entered.push(step.clone());
        }
        entries.push(timeline::entry(event, &fact, &world.registry, &workflow));
    }
    entries.reverse();
    let attachments = attachments(&app, &visitor, &world, case);
    let page = page(&visitor, &world, case, &workflow, allowed, denied, entries, &entered);
    let page = CasePage { attachments, ..page };
    app.show(&visitor, &page)
}

/// What may be done now, and what not with the reason in the words of the engine.
async fn offered(
    app: &Shared,
    visitor: &Visitor,
    world: &World,
    case: &Case,
) -> Result<(Vec<ActionLine>, Vec<DeniedLine>), WebError> {
    let known = |offer: &offers::Offer| {
        let command = Command::Case { id: case.id.clone(), command: offer.command.clone() };
        let token = command.token();
        let action = actions::case::ACTIONS.iter().find(|action| action.token == token)?;
        Some((action, offer.about.clone(), command))
    };
    let offers = offers::of_case(world, case, visitor.today);
    let offers: Vec<_> = offers.iter().filter_map(known).collect();
    let commands: Vec<Command> = offers.iter().map(|(_, _, command)| command.clone()).collect();
    let answers = app.office.executor.foresee(visitor.id(), &commands).await?;
    let (mut allowed, mut denied) = (Vec::new(), Vec::new());
    let now = app.now();
    let ctx = Ctx { actor: visitor.id().to_owned(), now, happened: now };
    if let Some(Link { href, label, .. }) = privacy::offered(&ctx, world, case) {
        allowed.push(ActionLine { title: label, href, signs: false });
    }
    for ((action, about, _), answer) in offers.into_iter().zip(answers) {
        let title = actions::case::title(action, &world.registry, case, &about);
        match answer {
            None => allowed.push(ActionLine {
                title,
                href: actions::href(&case.id, action, &about),
                signs: actions::case::signs(action),
            }),
            Some(refusal) => denied.push(DeniedLine::new(title, refusal)),
        }
    }
    Ok((allowed, denied))
}

/// The sittings to come on whose agenda this person may put the act that waits for one.
async fn agendas(
    app: &Shared,
    visitor: &Visitor,
    case: &Case,
    workflow: &Workflow,
) -> Result<Vec<ActionLine>, WebError> {
    let step = workflow.step(&case.step).map(|step| &step.kind);
    if case.sitting.is_some() || !matches!(step, Some(StepKind::Agenda)) {
        return Ok(Vec::new());
    }
    let mut coming = app.office.executor.store.sittings().await?;
    coming.retain(|row| ["scheduled", "convened"].contains(&row.status.as_str()));
    coming.reverse();
    let add = |row: &SittingRow| Command::Sitting {
        id: row.id.clone(),
        command: SittingCommand::AddItem { case: case.id.clone() },
    };
    let commands: Vec<Command> = coming.iter().map(add).collect();
    let answers = app.office.executor.foresee(visitor.id(), &commands).await?;
    let may = coming.iter().zip(answers).filter(|(_, answer)| answer.is_none());
    let mut lines: Vec<ActionLine> = may.map(|(row, _)| agenda_line(row, case)).collect();
    if lines.is_empty() && visitor.roles.contains(&Role::Segreteria) {
        let title = "Mettere in calendario la seduta che la tratterà".to_owned();
        lines.push(ActionLine { title, href: "/sedute".into(), signs: false });
    }
    Ok(lines)
}

fn agenda_line(row: &SittingRow, case: &Case) -> ActionLine {
    let day = row.date.map(date_short).unwrap_or_default();
    ActionLine {
        title: format!("Iscrivere all'ordine del giorno del {day}"),
        href: actions::sitting::href(&row.id, "iscrizione", &case.id),
        signs: false,
    }
}

fn page(
    visitor: &Visitor,
    world: &World,
    case: &Case,
    workflow: &Workflow,
    allowed: Vec<ActionLine>,
    denied: Vec<DeniedLine>,
    timeline: Vec<Entry>,
    entered: &[String],
) -> CasePage {
    let (registry, today) = (&world.registry, visitor.today);
    let (state, unmet) = efficacy(case, today);
    let mut effects = words::efficacy(&token(&state)).to_owned();
    if !unmet.is_empty() && case.is_adopted() {
        effects.push_str(", con condizioni da avverare");
    }
    let papers = papers(case);
    CasePage {
        id: case.id.clone(),
        number: number(case, workflow),
        kind: workflow.title.clone(),
        subject: case.content.subject.clone(),
        lifecycle: words::lifecycle(&token(&case.lifecycle(workflow, today))).to_owned(),
        step: workflow.step(&case.step).map(|s| s.title.clone()).unwrap_or_default(),
        efficacy: if case.content.request.is_some() { String::new() } else { effects },
        urgency: urgency(case.deadline.filter(|_| case.ending.is_none()), today),
        over: case.ending.is_some(),
        of_others: case.content.request.is_some(),
        data: match &case.content.request {
            Some(request) => data_of_others(case, request),
            None => data(case, registry, today),
        },
        related: related(case),
        names: names(case, workflow, world),
        waiting: waiting(case, workflow, visitor),
        drawing: drawing::draw(workflow, case, entered),
        versions: versions(case),
        opinions: opinions(case, registry),
        attachments: Vec::new(),
        preview: papers.iter().rev().find_map(|p| p.href.clone()),
        copy: copy::is_ready(case).then(|| format!("/fascicoli/{}/copia", case.id)),
        papers,
        version: case.version,
        allowed,
        denied,
        timeline,
    }
}

/// "Deliberazione n. 838/2020", "Proposta n. 1721/2020", or nothing.
pub fn number(case: &Case, workflow: &Workflow) -> String {
    if case.content.request.is_some() {
        let posted = case.posting.as_ref().map(|p| format!("Albo n. {}/{}", p.number, p.year));
        return posted.unwrap_or_else(|| "Richiesta di affissione".into());
    }
    let act =
        case.act_number(workflow).map(|n| format!("Deliberazione n. {}/{}", n.number, n.year));
    let proposal = case.number(&workflow.proposal_register);
    let proposal = proposal.map(|n| format!("Proposta n. {}/{}", n.number, n.year));
    act.or(proposal).unwrap_or_default()
}

fn data(case: &Case, registry: &Registry, today: NaiveDate) -> Vec<Datum> {
    let content = &case.content;
    let offices: Vec<String> = content.offices.iter().map(|o| registry.office_name(o)).collect();
    let rapporteurs: Vec<String> = content.rapporteurs.iter().map(|p| registry.name(p)).collect();
    let terms = terms_of(case);
    let rows = [
        ("Uffici proponenti", offices.join(", ")),
        ("Responsabile del procedimento", registry.name(&content.procedure_head)),
        ("Relatori", rapporteurs.join(", ")),
        ("Effetti economici", crate::domain::papers::effects_sentence(&content.gates.effects)),
        ("CIG", content.cig.clone().unwrap_or_default()),
        ("CUP", content.cup.clone().unwrap_or_default()),
        ("Classificazione", content.classification.clone()),
        ("Adottata il", case.treatment.as_ref().map(|t| date_short(t.date)).unwrap_or_default()),
        (
            "In pubblicazione dal",
            case.posting.as_ref().map(|p| date_short(p.day)).unwrap_or_default(),
        ),
        ("Ultimo giorno all'Albo", terms.map(|t| date_short(t.last_day)).unwrap_or_default()),
        ("Esecutiva dal", effective_on(case).map(date_short).unwrap_or_default()),
        ("Esecuzione", not_executable(case, today)),
        ("Impugnazione", terms.map(|t| challenge(t.last_day)).unwrap_or_default()),
        ("Regolamento in vigore dal", in_force_on(case).map(date_short).unwrap_or_default()),
    ];
    let rows = rows.into_iter().filter(|(_, text)| !text.is_empty());
    rows.map(|(term, text)| Datum { term, text }).collect()
}

/// What a page says of the document of another body.
fn data_of_others(case: &Case, request: &PostingRequest) -> Vec<Datum> {
    let day = |day: Option<NaiveDate>| day.map(date_short).unwrap_or_default();
    let asked = request.days.map(|days| format!("{days} giorni ({})", request.basis));
    let rows = [
        ("Ente richiedente", request.body.clone()),
        ("Richiesta", format!("prot. n. {} del {}", request.protocollo, day(request.on))),
        ("Recapito", request.email.clone()),
        ("Tipo di documento", case.content.act_type.clone()),
        ("Termine chiesto", asked.unwrap_or_default()),
        ("In pubblicazione dal", day(case.posting.as_ref().map(|p| p.day))),
        ("Ultimo giorno all'Albo", day(terms_of(case).map(|t| t.last_day))),
    ];
    let rows = rows.into_iter().filter(|(_, text)| !text.is_empty());
    rows.map(|(term, text)| Datum { term, text }).collect()
}

/// Why an approved act may not be carried out today, with its article (SC-6); empty where it may.
fn not_executable(case: &Case, today: NaiveDate) -> String {
    let why = executable(case, today).err().filter(|_| case.is_adopted());
    why.map(|r| format!("{} ({})", r.text, r.article)).unwrap_or_default()
}

/// From when others may challenge an act, for information only (R7.8): the days are not counted here,
/// since suspensions of terms and the notice to each person move them.
fn challenge(last_day: NaiveDate) -> String {
    format!(
        "dalla fine della pubblicazione ({}), per chi non ne riceve comunicazione individuale: 60 \
         giorni al TAR (artt. 29 e 41 c.p.a.), 120 al Presidente della Repubblica (art. 9 DPR \
         1199/1971)",
        date_short(last_day)
    )
}

/// Where a proposal comes from and where it went on (R3.13).
fn related(case: &Case) -> Vec<Link> {
    let earlier = case.earlier.as_ref().map(|earlier| {
        let how = match earlier.how {
            EarlierEnd::Withdrawn => "ritirata il",
            EarlierEnd::Rejected => "respinta il",
            EarlierEnd::Postponed => "rinviata più volte, da ultimo il",
        };
        let number = earlier.proposal.as_ref().map(|n| format!(" n. {n}")).unwrap_or_default();
        let text = format!("Ripresenta la proposta{number}, {how} {}", date_short(earlier.on));
        Link::new(format!("/fascicoli/{}", earlier.case), text)
    });
    let later = case.later.iter().map(|later| {
        Link::new(format!("/fascicoli/{later}"), "Ripresentata: vedi la nuova proposta")
    });
    earlier.into_iter().chain(later).collect()
}

fn names(case: &Case, workflow: &Workflow, world: &World) -> Vec<Datum> {
    let key = act_key(case, workflow, world).filter(|_| case.is_adopted());
    key.map_or_else(Vec::new, |key| {
        let rows = [("URN NIR", key.nir()), ("URN LEX", key.lex()), ("Akoma Ntoso", key.akn())];
        rows.into_iter().map(|(term, text)| Datum { term, text }).collect()
    })
}

/// Who is awaited now, and for what.
fn waiting(case: &Case, workflow: &Workflow, visitor: &Visitor) -> Vec<WaitingLine> {
    let tasks = tasks::of_case(case, workflow).into_iter().filter(|t| t.what != What::Follow);
    let line = |task: tasks::Task| WaitingLine {
        who: holder_name(&visitor.registry, &task.holder.to_string()),
        what: What::label(task.what.token()),
        urgency: urgency(task.deadline, visitor.today),
    };
    tasks.map(line).collect()
}

fn versions(case: &Case) -> Vec<VersionLine> {
    let last = case.versions.len();
    let line = |(i, version): (usize, &crate::domain::case::Version)| VersionLine {
        number: version.number,
        when: timeline::moment(version.at),
        change: match &version.change {
            None => "presentata",
            Some(Change::Formal { .. }) => "correzione formale",
            Some(Change::Substantial) => "modifica del testo",
        },
        short_hash: version.hash.chars().take(12).collect(),
        hash: version.hash.clone(),
        current: i + 1 == last,
    };
    case.versions.iter().enumerate().rev().map(line).collect()
}

fn opinions(case: &Case, registry: &Registry) -> Vec<OpinionLine> {
    let address = |sha256: &str| documents::href(&case.id, sha256);
    let line = |opinion: &crate::domain::case::Opinion| {
        let need = OpinionNeed { opinion: opinion.opinion, office: opinion.office.clone() };
        let void = standing(case, &need) != Some(opinion);
        OpinionLine {
            title: capital(opinion.opinion.label()),
            office: match opinion.office.as_str() {
                "" => String::new(),
                office => registry.office_name(office),
            },
            outcome: printed::outcome(opinion.outcome),
            contrary: opinion.outcome == crate::domain::case::OpinionOutcome::Contrary,
            giver: opinion.giver.name.clone(),
            giver_title: opinion.giver.title.clone(),
            when: timeline::moment(opinion.at),
            version: opinion.version,
            short_hash: opinion.hash.chars().take(12).collect(),
            reasons: opinion.reasons.clone(),
            confirmation: opinion.confirmation,
            void,
            href: address(&opinion.paper.sha256),
            reference: String::new(),
            worth: worth(opinion.paper.assurance.as_ref()),
            kept: KeptLine::of(&case.kept, &opinion.paper.sha256, address),
        }
    };
    let standing = standing_further(case);
    let outside = |opinion: &FurtherOpinion| OpinionLine {
        title: capital(&readable(&opinion.name)),
        office: String::new(),
        outcome: printed::outcome(opinion.outcome),
        contrary: opinion.outcome == crate::domain::case::OpinionOutcome::Contrary,
        giver: opinion.giver.clone(),
        giver_title: format!("registrato da {}", opinion.by.name),
        when: date_short(opinion.on),
        version: opinion.version,
        short_hash: opinion.hash.chars().take(12).collect(),
        reasons: opinion.reasons.clone(),
        confirmation: false,
        void: !standing.contains(&opinion),
        href: String::new(),
        reference: opinion.reference.clone(),
        worth: String::new(),
        kept: None,
    };
    let own = case.opinions.iter().rev().map(line);
    own.chain(case.further.iter().rev().map(outside)).collect()
}

fn attachments(
    app: &Shared,
    visitor: &Visitor,
    world: &World,
    case: &Case,
) -> Vec<AttachmentGroup> {
    let classes = [
        (AttachmentClass::Integral, "Parte integrante"),
        (AttachmentClass::OnFile, "Agli atti"),
        (AttachmentClass::Reserved, "Riservati"),
    ];
    let groups = classes.into_iter().map(|(class, title)| {
        let may = may_read_attachment(&world.registry, visitor.id(), case, class, visitor.today);
        let of_class = case.content.attachments.iter().filter(|a| a.class == class);
        let files = of_class.map(|a| AttachmentLine {
            name: a.name.clone(),
            size: size(a.size),
            href: may.is_ok().then(|| documents::href(&case.id, &a.sha256)),
            why_not: may.as_ref().err().map(|r| r.text.clone()).unwrap_or_default(),
            short_hash: a.sha256.chars().take(12).collect(),
            signatures: may
                .as_ref()
                .map_or_else(|_| String::new(), |()| app.signatures_of(a, || None)),
        });
        AttachmentGroup { title, files: files.collect() }
    });
    groups.filter(|group| !group.files.is_empty()).collect()
}

/// Bytes as people say them.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} byte"),
        1024..1_048_576 => format!("{} kB", bytes.div_ceil(1024)),
        _ => format!("{},{} MB", bytes / 1_048_576, bytes % 1_048_576 * 10 / 1_048_576),
    }
}

fn papers(case: &Case) -> Vec<PaperLine> {
    let href = |sha256: &str| documents::href(&case.id, sha256);
    let line = |paper: &PaperState| {
        let mut line = PaperLine::new(paper, &case.kept, href);
        line.state = index::with_number(case, &paper.plan.key, line.state);
        line
    };
    case.papers.iter().map(line).collect()
}
