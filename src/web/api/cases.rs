// SPDX-License-Identifier: AGPL-3.0-or-later
//! Acts, to whom may read them: the list, one act, what happened to it, its texts, its opinions,
//! its documents.

use super::caller::{Caller, Params, after, known, page};
use crate::domain::case::{AttachmentClass, Case, Content, OpinionNeed, OpinionOutcome, standing};
use crate::domain::changes::Fact;
use crate::domain::effects::fold;
use crate::domain::papers::{PaperKind, PaperState};
use crate::domain::rows::CaseRow;
use crate::domain::stream::StreamId;
use crate::domain::visibility::{may_read, may_read_attachment};
use crate::domain::workflow::OpinionKind;
use crate::domain::world::World;
use crate::service::history::fact_of;
use crate::service::scenario::{CaseReport, case_report};
use crate::store::CaseFilter;
use crate::web::case::{documents, timeline};
use crate::web::error::WebError;
use crate::web::{App, Shared};
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Acts looked at for one page: who may read few of them gets a shorter page and its `next`.
const LOOKED_AT: usize = 500;

/// Which acts.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CaseQuery {
    /// Lines of a page.
    #[param(minimum = 1, maximum = 100, default = 25)]
    limit: Option<u32>,
    /// `next` of the page before.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    cursor: Option<String>,
    /// Act kind.
    kind: Option<String>,
    /// Lifecycle token.
    lifecycle: Option<String>,
    /// Step of the workflow.
    step: Option<String>,
    /// Leading office.
    office: Option<String>,
    /// Sitting whose agenda holds it.
    sitting: Option<String>,
    /// Part of the object.
    subject: Option<String>,
}

/// An act as it stands now.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseItem {
    /// What `run --json` says of it too.
    #[serde(flatten)]
    report: CaseReport,
    /// Version of its stream: what `expected_version` compares.
    version: i64,
    /// Offices, the leading one first.
    offices: Vec<String>,
    /// Day by which the step should be done.
    deadline: Option<NaiveDate>,
    /// Sitting whose agenda holds it.
    sitting: Option<String>,
}

/// A page of acts, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseList {
    /// The acts.
    items: Vec<CaseItem>,
    /// Cursor of the next page; none after the last.
    next: Option<String>,
}

fn item(world: &World, case: &Case, now: DateTime<Utc>) -> Result<CaseItem, WebError> {
    let unknown = || WebError::internal("api", format!("no workflow for {}", case.id));
    Ok(CaseItem {
        report: case_report(world, case, now).ok_or_else(unknown)?,
        version: case.version,
        offices: case.content.offices.clone(),
        deadline: case.deadline,
        sitting: case.sitting.clone(),
    })
}

/// Lists the acts this person may read.
#[utoipa::path(
    get, path = "/cases", tag = "fascicoli", operation_id = "list_cases",
    summary = "Elenco dei fascicoli",
    description = "I fascicoli che la persona può consultare, dal più recente. I filtri si sommano.",
    params(CaseQuery),
    responses((status = 200, description = "Una pagina di fascicoli", body = CaseList)),
    security(("token" = ["read"])),
)]
pub async fn list(
    State(app): State<Shared>,
    caller: Caller,
    Params(query): Params<CaseQuery>,
) -> Result<Json<CaseList>, WebError> {
    let limit = page(query.limit, query.cursor.as_deref())?;
    let executor = &app.office.executor;
    let mut filter = CaseFilter {
        kind: query.kind,
        lifecycle: query.lifecycle,
        step: query.step,
        office: query.office,
        sitting: query.sitting,
        text: query.subject.map(|text| fold(&text)),
        before: query.cursor,
        ..CaseFilter::default()
    };
    let (mut items, mut looked) = (Vec::new(), 0);
    loop {
        let wanted = limit - items.len();
        filter.limit = Some(wanted as i64 + 1);
        let mut rows = executor.store.cases(&filter).await?;
        let more = rows.len() > wanted;
        rows.truncate(wanted);
        let last = rows.last().map(|row| row.id.clone());
        looked += rows.len();
        items.extend(readable(&app, &caller, &rows).await?);
        filter.before = last.clone();
        if !more || items.len() == limit || looked >= LOOKED_AT {
            return Ok(Json(CaseList { items, next: last.filter(|_| more) }));
        }
    }
}

/// Those of the rows that this person may read, as they stand now.
async fn readable(app: &App, caller: &Caller, rows: &[CaseRow]) -> Result<Vec<CaseItem>, WebError> {
    let streams: Vec<StreamId> = rows.iter().map(|row| StreamId::case(&row.id)).collect();
    let world = app.office.executor.sittings(&streams).await?;
    let cases = rows.iter().filter_map(|row| world.cases.get(&row.id)).map(AsRef::as_ref);
    let may = |case: &&Case| may_read(&world.registry, &caller.person, case, caller.today).is_ok();
    cases.filter(may).map(|case| item(&world, case, caller.now)).collect()
}

/// An act this person may read, with the world around it.
async fn read(app: &App, caller: &Caller, id: &str) -> Result<(World, Case), WebError> {
    let world = app.office.executor.sittings(&[StreamId::case(known(id)?)]).await?;
    let case = world.case(id)?.clone();
    may_read(&world.registry, &caller.person, &case, caller.today)?;
    Ok((world, case))
}

/// One act.
#[utoipa::path(
    get, path = "/cases/{id}", tag = "fascicoli", operation_id = "get_case",
    summary = "Un fascicolo",
    description = "Lo stato di un fascicolo: passo, vita, efficacia, adempimenti, numeri e date.",
    params(("id" = String, Path, pattern = "^[A-Za-z0-9_-]{1,64}$")),
    responses((status = 200, description = "Il fascicolo", body = CaseItem)),
    security(("token" = ["read"])),
)]
pub async fn show(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<CaseItem>, WebError> {
    let (world, case) = read(&app, &caller, &id).await?;
    Ok(Json(item(&world, &case, caller.now)?))
}

/// From where, and how many.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventQuery {
    /// Lines of a page.
    #[param(minimum = 1, maximum = 100, default = 25)]
    limit: Option<u32>,
    /// Only facts after this version.
    #[param(minimum = 0, default = 0)]
    after: Option<i64>,
}

/// A fact of an act.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventItem {
    /// Its place in the stream: 1 for the first.
    version: i64,
    /// Token of the fact.
    event: String,
    /// Id of who caused it, or `system`.
    actor: String,
    /// When it happened.
    happened_at: DateTime<Utc>,
    /// When it was recorded.
    recorded_at: DateTime<Utc>,
    /// What happened, in words.
    title: String,
    /// More of it; may be empty.
    text: String,
    /// Link of the chain of the stream.
    hash: String,
}

/// A page of facts, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventList {
    /// The facts.
    items: Vec<EventItem>,
    /// `after` of the next page; none after the last.
    next: Option<i64>,
}

/// What happened to an act.
#[utoipa::path(
    get, path = "/cases/{id}/events", tag = "fascicoli", operation_id = "list_case_events",
    summary = "Cronologia di un fascicolo",
    description = "I fatti registrati, dal primo, ciascuno con l'anello della catena di impronte.",
    params(("id" = String, Path, pattern = "^[A-Za-z0-9_-]{1,64}$"), EventQuery),
    responses((status = 200, description = "Una pagina di fatti", body = EventList)),
    security(("token" = ["read"])),
)]
pub async fn events(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Params(query): Params<EventQuery>,
) -> Result<Json<EventList>, WebError> {
    let (limit, after) = (page(query.limit, None)?, after(query.after)?);
    let (world, case) = read(&app, &caller, &id).await?;
    let workflow = world.workflow(&case)?;
    let stored = app.office.executor.store.stream(&StreamId::case(&id)).await?;
    let mut rest = stored.iter().filter(|event| event.version > after);
    let mut items = Vec::new();
    for stored in rest.by_ref().take(limit) {
        let Ok(Fact::Case(_, event)) = fact_of(stored) else { continue };
        let said = timeline::entry(stored, &event, &world.registry, &workflow);
        items.push(EventItem {
            version: stored.version,
            event: stored.event.kind.clone(),
            actor: stored.event.actor.clone(),
            happened_at: stored.event.happened_at,
            recorded_at: stored.event.recorded_at,
            title: said.what,
            text: said.detail,
            hash: stored.hash.clone(),
        });
    }
    let last = items.last().map(|item| item.version);
    let next = rest.next().and(last);
    Ok(Json(EventList { items, next }))
}

/// A frozen text.
#[derive(Debug, Serialize, ToSchema)]
pub struct VersionItem {
    /// 1 for the first.
    number: u32,
    /// SHA-256 of the text: what opinions bind.
    hash: String,
    /// When it was frozen.
    at: DateTime<Utc>,
    /// What it says.
    content: Content,
}

/// The texts of an act.
#[derive(Debug, Serialize, ToSchema)]
pub struct VersionList {
    /// The draft; none once it was submitted.
    draft: Option<Content>,
    /// Frozen texts, oldest first.
    items: Vec<VersionItem>,
}

/// The texts of an act.
#[utoipa::path(
    get, path = "/cases/{id}/versions", tag = "fascicoli", operation_id = "list_case_versions",
    summary = "Testi di un fascicolo",
    description = "La bozza, finché non è presentata, e ogni versione congelata con la sua impronta.",
    params(("id" = String, Path, pattern = "^[A-Za-z0-9_-]{1,64}$")),
    responses((status = 200, description = "I testi", body = VersionList)),
    security(("token" = ["read"])),
)]
pub async fn versions(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<VersionList>, WebError> {
    let (_, case) = read(&app, &caller, &id).await?;
    let draft = case.versions.is_empty().then(|| case.content.clone());
    let items = case.versions.into_iter().map(|version| VersionItem {
        number: version.number,
        hash: version.hash,
        at: version.at,
        content: version.content,
    });
    Ok(Json(VersionList { draft, items: items.collect() }))
}

/// An opinion.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpinionItem {
    /// Which opinion.
    opinion: OpinionKind,
    /// Office it is given for; empty for offices of the whole body.
    office: String,
    /// Who gave it.
    person: String,
    /// With which title.
    title: String,
    /// Outcome.
    outcome: OpinionOutcome,
    /// Reasons.
    reasons: String,
    /// Version it was given on.
    version: u32,
    /// Hash of that version.
    hash: String,
    /// It stands on the current text.
    standing: bool,
    /// When.
    at: DateTime<Utc>,
    /// SHA-256 of the signed sheet.
    document: String,
}

/// The opinions on an act.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpinionList {
    /// Every opinion ever given, void ones included, oldest first.
    items: Vec<OpinionItem>,
}

/// The opinions on an act.
#[utoipa::path(
    get, path = "/cases/{id}/opinions", tag = "fascicoli", operation_id = "list_case_opinions",
    summary = "Pareri su un fascicolo",
    description = "Ogni parere reso, anche su un testo superato: «standing» dice se vale sul testo \
                   attuale.",
    params(("id" = String, Path, pattern = "^[A-Za-z0-9_-]{1,64}$")),
    responses((status = 200, description = "I pareri", body = OpinionList)),
    security(("token" = ["read"])),
)]
pub async fn opinions(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<OpinionList>, WebError> {
    let (_, case) = read(&app, &caller, &id).await?;
    let stands = |opinion: OpinionKind, office: &str, document: &str| {
        let need = OpinionNeed { opinion, office: office.to_owned() };
        standing(&case, &need).is_some_and(|given| given.paper.sha256 == document)
    };
    let items = case.opinions.iter().map(|given| OpinionItem {
        opinion: given.opinion,
        office: given.office.clone(),
        person: given.giver.person.clone(),
        title: given.giver.title.clone(),
        outcome: given.outcome,
        reasons: given.reasons.clone(),
        version: given.version,
        hash: given.hash.clone(),
        standing: stands(given.opinion, &given.office, &given.paper.sha256),
        at: given.at,
        document: given.paper.sha256.clone(),
    });
    Ok(Json(OpinionList { items: items.collect() }))
}

/// A paper of an act or of a sitting.
#[derive(Debug, Serialize, ToSchema)]
pub struct PaperItem {
    /// Key within the act: what `sign` names.
    key: String,
    /// Kind.
    kind: PaperKind,
    /// SHA-256 of the current revision: what `sign` names as `base`; none while it is owed.
    sha256: Option<String>,
    /// Everyone signed.
    complete: bool,
    /// People who signed, in order.
    signed_by: Vec<String>,
    /// People who have still to sign.
    awaits: Vec<String>,
}

impl PaperItem {
    /// A paper as it stands.
    pub fn new(paper: &PaperState) -> Self {
        let awaits = paper.open_slots().filter_map(|slot| slot.signer.as_ref());
        Self {
            key: paper.plan.key.clone(),
            kind: paper.plan.kind,
            sha256: paper.sha256.clone(),
            complete: paper.is_complete(),
            signed_by: paper.signed.iter().map(|(_, by, _)| by.person.clone()).collect(),
            awaits: awaits.map(|signer| signer.person.clone()).collect(),
        }
    }
}

/// A file that came with the text.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttachmentItem {
    /// File name.
    name: String,
    /// How it belongs to the act.
    class: AttachmentClass,
    /// MIME type.
    media_type: String,
    /// SHA-256 of its bytes.
    sha256: String,
    /// Bytes.
    size: u64,
}

/// The documents of an act.
#[derive(Debug, Serialize, ToSchema)]
pub struct DocumentList {
    /// What the program composes and people sign.
    papers: Vec<PaperItem>,
    /// What came with the current text; those this person may read.
    attachments: Vec<AttachmentItem>,
}

/// The documents of an act.
#[utoipa::path(
    get, path = "/cases/{id}/documents", tag = "fascicoli", operation_id = "list_case_documents",
    summary = "Documenti di un fascicolo",
    description = "I documenti composti, con chi ha firmato e chi deve firmare, e gli allegati del \
                   testo che la persona può consultare.",
    params(("id" = String, Path, pattern = "^[A-Za-z0-9_-]{1,64}$")),
    responses((status = 200, description = "I documenti", body = DocumentList)),
    security(("token" = ["read"])),
)]
pub async fn documents(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<DocumentList>, WebError> {
    let (world, case) = read(&app, &caller, &id).await?;
    let (registry, today) = (&world.registry, caller.today);
    let may = |class| may_read_attachment(registry, &caller.person, &case, class, today).is_ok();
    let attachments = case.content.attachments.iter().filter(|file| may(file.class));
    let attachments = attachments.cloned().map(|file| AttachmentItem {
        name: file.name,
        class: file.class,
        media_type: file.media_type,
        sha256: file.sha256,
        size: file.size,
    });
    let papers = case.papers.iter().filter(|paper| !paper.dropped).map(PaperItem::new).collect();
    Ok(Json(DocumentList { papers, attachments: attachments.collect() }))
}

/// The bytes of a document.
#[utoipa::path(
    get, path = "/cases/{id}/documents/{sha256}", tag = "fascicoli",
    operation_id = "get_case_document",
    summary = "Un documento di un fascicolo",
    description = "I byte del documento con questa impronta: un documento composto, di qualunque \
                   revisione firmata ancora corrente, o un allegato di qualunque versione del testo.",
    params(
        ("id" = String, Path, pattern = "^[A-Za-z0-9_-]{1,64}$"),
        ("sha256" = String, Path, pattern = "^[0-9a-f]{64}$"),
    ),
    responses((status = 200, description = "Il documento", content(
        (String = "application/pdf"), (String = "application/octet-stream"),
        (String = "image/png"), (String = "image/jpeg"), (String = "text/plain"),
    ))),
    security(("token" = ["read"])),
)]
pub async fn document(
    State(app): State<Shared>,
    caller: Caller,
    Path((id, sha256)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let (id, sha256) = (known(&id)?, known(&sha256)?);
    documents::of_case(&app, &caller.person, caller.today, id, sha256, false).await
}
