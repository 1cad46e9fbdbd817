// SPDX-License-Identifier: AGPL-3.0-or-later
//! The actions on a sitting before and after it is held, and the way of all actions on sittings.

use super::{Action, ActionPage, Input, perform, reasons, room};
use crate::domain::case::Ctx;
use crate::domain::changes::Changes;
use crate::domain::command::Command;
use crate::domain::law::calendar::{date_short, rome_date, rome_instant, rome_time};
use crate::domain::papers::PaperKind;
use crate::domain::refusal::Refusal;
use crate::domain::sitting::{Item, Member, Mode, Sitting, SittingCommand, Status, members};
use crate::domain::stream::StreamId;
use crate::domain::visibility::{may_follow_sitting, may_read_sittings};
use crate::domain::words;
use crate::domain::world::World;
use crate::service::execute::moved_meanwhile;
use crate::web::error::WebError;
use crate::web::forms::{Field, Reader, encode};
use crate::web::sitting::{self as sitting_page, chronicle, room as room_page};
use crate::web::visitor::Visitor;
use crate::web::{App, Shared};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;

/// An action on a sitting.
pub type SittingAction = Action<SittingSubject, SittingCommand>;

/// What an action is about.
pub struct SittingSubject {
    /// The sitting and the acts on its agenda.
    pub world: World,
    /// The sitting; empty for one that is not in the calendar yet.
    pub sitting: Sitting,
    /// Who was or will be called: the members of the opening, or those of the day.
    pub members: Vec<Member>,
    /// Act, person or paper; empty otherwise.
    pub about: String,
    /// The day.
    pub today: NaiveDate,
    /// The instant.
    pub now: DateTime<Utc>,
    /// Entered afterwards, from paper: the form asks when it happened.
    pub late: bool,
    /// Acts that may be treated off the agenda, by id and words; only where that is asked.
    pub waiting: Vec<(String, String)>,
}

impl SittingSubject {
    /// The item the action is about.
    pub fn item(&self) -> Option<&Item> {
        self.sitting.item(&self.about)
    }
}

/// Before and after the room; what happens in it is [`room::ACTIONS`].
pub const ACTIONS: &[SittingAction] = &[
    Action {
        slug: "nuova",
        token: "schedule",
        title: "Mettere una seduta in calendario",
        button: "Metti in calendario",
        done: "Seduta in calendario",
        fields: |subject| {
            let organs = organs(&subject.world);
            let organ = Field::new("choice", "organo", "Organo").required();
            let first = organs.first().map(|(token, _)| token.clone()).unwrap_or_default();
            let mut fields = vec![organ.value(first).options(organs)];
            fields.extend(when_and_where(subject));
            fields.push(mode(subject.sitting.mode));
            fields
        },
        read: |_, form| {
            let (organ, date, time) = (form.needed("organo"), form.day("data"), form.time("ora"));
            let (place, mode) = (form.text("luogo"), form.word("modo")?);
            Some(SittingCommand::Schedule { organ, date, time, place, mode })
        },
    },
    Action {
        slug: "iscrizione",
        token: "add_item",
        title: "Iscrivere all'ordine del giorno",
        button: "Iscrivi",
        done: "Argomento iscritto all'ordine del giorno",
        fields: |_| Vec::new(),
        read: |subject, _| Some(SittingCommand::AddItem { case: subject.about.clone() }),
    },
    Action {
        slug: "cancellazione",
        token: "remove_item",
        title: "Togliere dall'ordine del giorno",
        button: "Vai alla firma",
        done: "Argomento tolto dall'ordine del giorno",
        fields: |_| vec![reasons("Perché si toglie")],
        read: |subject, form| {
            let (case, reason) = (subject.about.clone(), form.needed("motivazione"));
            Some(SittingCommand::RemoveItem { case, reason, paper: None })
        },
    },
    Action {
        slug: "su",
        token: "reorder",
        title: "Portare su",
        button: "Su",
        done: "Ordine del giorno riordinato",
        fields: |_| Vec::new(),
        read: |subject, _| shifted(subject, -1),
    },
    Action {
        slug: "giu",
        token: "reorder",
        title: "Portare giù",
        button: "Giù",
        done: "Ordine del giorno riordinato",
        fields: |_| Vec::new(),
        read: |subject, _| shifted(subject, 1),
    },
    Action {
        slug: "ordine",
        token: "reorder",
        title: "Riordinare l'ordine del giorno",
        button: "Riordina",
        done: "Ordine del giorno riordinato",
        fields: |_| Vec::new(),
        read: |_, form| Some(SittingCommand::Reorder { cases: form.all("ordine") }),
    },
    Action {
        slug: "convocazione",
        token: "convene",
        title: "Convocare la Giunta",
        button: "Vai alla firma",
        done: "Convocazione firmata e spedita",
        fields: |_| Vec::new(),
        read: |_, _| Some(SittingCommand::Convene { paper: None }),
    },
    Action {
        slug: "spostamento",
        token: "move",
        title: "Spostare la seduta",
        button: "Sposta",
        done: "Seduta spostata",
        fields: |subject| {
            let mut fields = when_and_where(subject);
            fields.push(mode(subject.sitting.mode));
            fields.push(reasons("Perché si sposta"));
            fields
        },
        read: |_, form| {
            let (date, time) = (form.day("data"), form.time("ora"));
            let (place, reason) = (form.text("luogo"), form.needed("motivazione"));
            let mode = form.word("modo");
            Some(SittingCommand::Move { date, time, place, mode, reason, paper: None })
        },
    },
    Action {
        slug: "annullamento",
        token: "cancel",
        title: "Annullare la seduta",
        button: "Annulla la seduta",
        done: "Seduta annullata: gli argomenti tornano in attesa di un ordine del giorno",
        fields: |_| vec![reasons("Perché non si tiene")],
        read: |_, form| {
            Some(SittingCommand::Cancel { reason: form.needed("motivazione"), paper: None })
        },
    },
    Action {
        slug: "risposta",
        token: "answer",
        title: "Rispondere alla convocazione",
        button: "Rispondi",
        done: "Risposta registrata",
        fields: |subject| {
            let mut answers = vec![("present", "Sarò presente"), ("absent", "Non potrò esserci")];
            if subject.sitting.mode != Mode::InSeat {
                answers.insert(1, ("remote", "Parteciperò a distanza"));
            }
            vec![Field::new("radio", "risposta", "La Sua risposta").required().options(answers)]
        },
        read: |_, form| Some(SittingCommand::Answer { answer: form.word("risposta")? }),
    },
    Action {
        slug: "firma",
        token: "sign",
        title: "Firmare",
        button: "Vai alla firma",
        done: "Documento firmato",
        fields: |_| Vec::new(),
        read: |subject, _| {
            let state = subject.sitting.paper(&subject.about)?;
            let base = state.sha256.clone().unwrap_or_default();
            let paper_key = subject.about.clone();
            Some(SittingCommand::Sign { paper_key, base, paper: None })
        },
    },
];

/// Every action on a sitting.
pub fn all() -> impl Iterator<Item = &'static SittingAction> {
    ACTIONS.iter().chain(room::ACTIONS)
}

fn organs(world: &World) -> Vec<(String, String)> {
    let known = world.registry.active.values().filter_map(|d| world.registry.workflows.get(d));
    let mut organs: Vec<_> = known.map(|w| w.organ.clone()).filter(|o| o != "none").collect();
    organs.sort();
    organs.dedup();
    organs.into_iter().map(|organ| (organ.clone(), sitting_page::organ_name(&organ))).collect()
}

fn when_and_where(subject: &SittingSubject) -> Vec<Field> {
    let sitting = &subject.sitting;
    let day = sitting.date.map(|day| day.to_string()).unwrap_or_default();
    let time = sitting.time.map(|t| t.format("%H:%M").to_string()).unwrap_or_default();
    vec![
        Field::new("date", "data", "Giorno").required().value(day),
        Field::new("time", "ora", "Ora").required().value(time),
        Field::new("text", "luogo", "Luogo")
            .value(&sitting.place)
            .help("Vuoto: la sede del Comune."),
    ]
}

fn mode(mode: Mode) -> Field {
    let modes = [
        ("in_seat", "In presenza"),
        ("mixed", "Mista: alcuni in sala, alcuni a distanza"),
        ("remote", "A distanza, con una sede convenzionale"),
    ];
    let value = crate::domain::effects::token(&mode);
    Field::new("radio", "modo", "Come si tiene").required().options(modes).value(value)
}

fn shifted(subject: &SittingSubject, by: isize) -> Option<SittingCommand> {
    let mut cases: Vec<String> = subject.sitting.items.iter().map(|i| i.case.clone()).collect();
    let from = cases.iter().position(|case| *case == subject.about)?;
    let to = from.checked_add_signed(by).filter(|to| *to < cases.len()).unwrap_or(from);
    cases.swap(from, to);
    Some(SittingCommand::Reorder { cases })
}

/// Whether an action ends with a signature.
fn signs(action: &SittingAction, subject: &SittingSubject) -> bool {
    ["convene", "remove_item", "sign"].contains(&action.token)
        || (subject.sitting.status == Status::Convened
            && ["move", "cancel"].contains(&action.token))
}

/// The address of an action.
pub fn href(sitting: &str, slug: &str, about: &str) -> String {
    match about {
        "" => format!("/sedute/{sitting}/azioni/{slug}"),
        about => format!("/sedute/{sitting}/azioni/{slug}?{}", encode(&[("su", about)])),
    }
}

/// What the address says beside the sitting and the action.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    su: String,
    #[serde(default)]
    dopo: Option<String>,
}

async fn subject(
    app: &App,
    visitor: &Visitor,
    id: Option<&str>,
    action: &SittingAction,
    asked: &Asked,
) -> Result<SittingSubject, WebError> {
    let streams: Vec<StreamId> = id.map(StreamId::sitting).into_iter().collect();
    let world = app.office.executor.world(&streams).await?;
    may_read_sittings(&world.registry, visitor.id(), visitor.today)?;
    // Its forms say who is there and how each voted.
    if of_the_room(action) {
        may_follow_sitting(&world.registry, visitor.id(), visitor.today)?;
    }
    let sitting = match id {
        Some(id) => world.sitting(id)?.clone(),
        None => Sitting::new(""),
    };
    let members = organ(&world, &sitting, visitor);
    let (about, late) = (asked.su.clone(), asked.dopo.is_some());
    let (today, now) = (visitor.today, visitor.now);
    let waiting = match action.token {
        "call_off_agenda" => sitting_page::off_agenda(app, &world, &sitting).await?,
        _ => Vec::new(),
    };
    Ok(SittingSubject { world, sitting, members, about, today, now, late, waiting })
}

/// The members called at the opening; before it, those in office on its day.
pub fn organ(world: &World, sitting: &Sitting, visitor: &Visitor) -> Vec<Member> {
    if !sitting.members.is_empty() {
        return sitting.members.clone();
    }
    let ctx = Ctx { actor: visitor.id().to_owned(), now: visitor.now, happened: visitor.now };
    let changes = Changes::new(World { registry: world.registry.clone(), ..World::default() }, ctx);
    members(&changes, sitting.starts().unwrap_or(visitor.now))
}

/// The words of the sitting a trail and a title use.
pub fn name(sitting: &Sitting) -> String {
    match sitting.date {
        Some(day) => format!("Seduta del {}", date_short(day)),
        None => "Nuova seduta".into(),
    }
}

fn page(
    action: &'static SittingAction,
    subject: &SittingSubject,
    input: Option<&Input>,
    errors: &[(String, String)],
    refusal: Option<Refusal>,
) -> ActionPage {
    let mut fields = (action.fields)(subject);
    if subject.late && of_the_room(action) {
        fields.splice(0..0, happened_fields(&subject.sitting));
    }
    let within = ["open", "suspended"].contains(&subject.sitting.status.token());
    if within {
        fields.push(Field::new("hidden", "da", "").value("aula"));
    }
    fields.iter_mut().for_each(|field| field.refill(input, errors));
    let sitting = &subject.sitting;
    let back = match (sitting.exists(), within) {
        (false, _) => "/sedute".to_owned(),
        (true, false) => format!("/sedute/{}", sitting.id),
        (true, true) => format!("/sedute/{}/aula", sitting.id),
    };
    let item = subject.item().map(|item| item.subject.clone());
    let paper = sitting.paper(&subject.about).map(|p| words::paper(p.plan.kind).to_owned());
    let mut action_href = match sitting.exists() {
        true => href(&sitting.id, action.slug, &subject.about),
        false => "/sedute/nuova".into(),
    };
    if subject.late {
        action_href.push_str(if subject.about.is_empty() { "?dopo=1" } else { "&dopo=1" });
    }
    let preview = sitting.items.iter().find(|i| i.case == subject.about).and_then(|item| {
        let case = subject.world.cases.get(&item.case)?;
        let kind = PaperKind::Proposta;
        let paper = case.papers.iter().rev().find(|p| p.plan.kind == kind && p.sha256.is_some())?;
        Some(format!("/fascicoli/{}/documenti/{}", case.id, paper.sha256.as_ref()?))
    });
    ActionPage {
        heading: action.title.to_owned(),
        button: action.button,
        action: action_href,
        back,
        subject: name(sitting),
        full_subject: item.or(paper).unwrap_or_else(|| name(sitting)),
        version: sitting.version,
        errors: errors.len(),
        signs: signs(action, subject),
        preview_title: preview.as_ref().map_or("", |_| words::paper(PaperKind::Proposta)),
        preview,
        uploads: false,
        earlier: "",
        comparison: None,
        prints: None,
        checks: Vec::new(),
        fields,
        refusal,
        allowed: true,
    }
}

/// Day and hour at which something happened, for what is entered from paper.
fn happened_fields(sitting: &Sitting) -> [Field; 2] {
    let last =
        sitting.last_fact.or(sitting.date.zip(sitting.time).map(|(d, t)| rome_instant(d, t)));
    let (day, time) = match last {
        Some(at) => (rome_date(at).to_string(), rome_time(at).format("%H:%M").to_string()),
        None => Default::default(),
    };
    [
        Field::new("date", "giorno", "Avvenuto il").required().value(day),
        Field::new("time", "ora", "alle ore").required().value(time),
    ]
}

/// When it happened, where the form says it was earlier.
fn happened(form: &mut Reader<'_>, late: bool) -> Option<DateTime<Utc>> {
    late.then(|| {
        let (day, time) = (form.day("giorno"), form.time("ora"));
        rome_instant(day, time)
    })
}

/// It belongs to the sitting being held.
fn of_the_room(action: &SittingAction) -> bool {
    room::ACTIONS.iter().any(|a| a.slug == action.slug)
}

/// Refusals that nothing written on the form would change: it is not shown.
const FIRM: [&str; 9] = [
    "not_offered",
    "sitting_status",
    "not_the_recorder",
    "not_the_agenda_office",
    "not_the_convener",
    "not_the_proposer",
    "not_a_member",
    "signer_not_in_role",
    "substitute_not_needed",
];

/// Refusals that another answer on the same form would avoid: the form is shown.
const TYPED: [&str; 13] = [
    "agenda_mismatch",
    "notice_too_short",
    "no_quorum",
    "quorum_reached",
    "must_be_in_seat",
    "mode_in_seat",
    "reasons_missing",
    "nothing_changed",
    "presence_unchanged",
    "cannot_verbalize",
    "choice_differs",
    "unknown_case",
    "not_formal",
];

/// Why this person may not do it now: the engine is asked with the form as it is first shown.
async fn foreseen(
    app: &App,
    visitor: &Visitor,
    action: &SittingAction,
    subject: &SittingSubject,
) -> Result<Option<Refusal>, WebError> {
    // Facts of the past are judged at their own instant, which is not written yet.
    if subject.late {
        return Ok(None);
    }
    let fields = (action.fields)(subject);
    let input = Input::as_first_shown(&fields, subject.today);
    let Some(command) = (action.read)(subject, &mut Reader::new(&input)) else {
        let text = "In questo momento l'operazione non riguarda la seduta";
        return Ok(Some(Refusal::new("not_offered", "R13", "", text)));
    };
    let command = Command::Sitting { id: subject.sitting.id.clone(), command };
    let answers = app.office.executor.foresee(visitor.id(), &[command]).await?;
    let refusal = answers.into_iter().flatten().next();
    let avoidable = |code: &str| !fields.is_empty() && TYPED.contains(&code);
    Ok(refusal.filter(|refusal| !avoidable(&refusal.code)))
}

fn known(slug: &str) -> Result<&'static SittingAction, WebError> {
    all().find(|action| action.slug == slug).ok_or(WebError::NotFound)
}

/// Shows the form of an action.
pub async fn form(
    State(app): State<Shared>,
    visitor: Visitor,
    Path((id, slug)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let action = known(&slug)?;
    let subject = subject(&app, &visitor, Some(&id), action, &asked).await?;
    show(&app, &visitor, action, &subject).await
}

async fn show(
    app: &App,
    visitor: &Visitor,
    action: &'static SittingAction,
    subject: &SittingSubject,
) -> Result<Response, WebError> {
    let refusal = foreseen(app, visitor, action, subject).await?;
    let firm = |refusal: &Refusal| FIRM.contains(&refusal.code.as_str());
    let allowed = !refusal.as_ref().is_some_and(firm);
    let page = page(action, subject, None, &[], refusal);
    app.show(visitor, &ActionPage { allowed, ..page })
}

/// Shows the form of a new sitting.
pub async fn form_new(State(app): State<Shared>, visitor: Visitor) -> Result<Response, WebError> {
    let action = known("nuova")?;
    let subject = subject(&app, &visitor, None, action, &Asked::default()).await?;
    show(&app, &visitor, action, &subject).await
}

/// Puts a sitting in the calendar.
pub async fn submit_new(
    State(app): State<Shared>,
    visitor: Visitor,
    input: Input,
) -> Result<Response, WebError> {
    let action = known("nuova")?;
    let subject = subject(&app, &visitor, None, action, &Asked::default()).await?;
    done(&app, &visitor, action, subject, &input).await
}

/// Does it, or goes on to its signature.
pub async fn submit(
    State(app): State<Shared>,
    visitor: Visitor,
    Path((id, slug)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    input: Input,
) -> Result<Response, WebError> {
    let late = asked.dopo.is_some() || input.ticked("dopo");
    let action = known(&slug)?;
    let mut subject = subject(&app, &visitor, Some(&id), action, &asked).await?;
    subject.late = late;
    done(&app, &visitor, action, subject, &input).await
}

async fn done(
    app: &Shared,
    visitor: &Visitor,
    action: &'static SittingAction,
    subject: SittingSubject,
    input: &Input,
) -> Result<Response, WebError> {
    let mut reader = Reader::new(input);
    let happened = happened(&mut reader, subject.late);
    let command = (action.read)(&subject, &mut reader);
    let errors = reader.errors;
    let (Some(command), true) = (command, errors.is_empty()) else {
        let page = page(action, &subject, Some(input), &errors, None);
        return app.render(StatusCode::UNPROCESSABLE_ENTITY, Some(visitor), &page);
    };
    let expected = input.get("versione").parse::<i64>().ok().filter(|_| subject.sitting.exists());
    let id = match subject.sitting.exists() {
        true => subject.sitting.id.clone(),
        false => free_id(app, &command).await?,
    };
    let in_room = input.get("da") == "aula" || matches!(command, SittingCommand::Open { .. });
    let to = match (in_room, subject.late) {
        (true, true) => format!("/sedute/{id}/aula?dopo=1"),
        (true, false) => format!("/sedute/{id}/aula"),
        _ => format!("/sedute/{id}"),
    };
    let answer = match moved(app, &subject.sitting, expected).await? {
        Some(refusal) => Err(WebError::from(refusal)),
        None => {
            let command = Command::Sitting { id, command };
            let to = Some(to);
            let asked = super::Asked { expected, happened, to, ..super::Asked::new(action.done) };
            perform(app, visitor, command, asked).await
        }
    };
    let Err(WebError::Refused(status, refusal)) = answer else { return answer };
    // A gesture without a form is answered where it was made.
    if input.get("da") == "aula" && (action.fields)(&subject).is_empty() {
        let late = subject.late.then(|| (input.get("giorno").into(), input.get("ora").into()));
        return room_page::refused(app, visitor, &subject.sitting.id, late, status, refusal).await;
    }
    let page = page(action, &subject, Some(input), &[], Some(refusal));
    app.render(status, Some(visitor), &page)
}

/// Someone else was faster: what he did is said.
async fn moved(
    app: &App,
    sitting: &Sitting,
    seen: Option<i64>,
) -> Result<Option<Refusal>, WebError> {
    let Some(seen) = seen.filter(|seen| *seen != sitting.version) else { return Ok(None) };
    let mut refusal = moved_meanwhile(&StreamId::sitting(&sitting.id));
    let since = chronicle::since(app, sitting, seen).await?;
    if let Some(first) = since.first() {
        refusal.text = format!("{}: {first}", refusal.text);
    }
    Ok(Some(refusal))
}

/// `giunta-2026-06-30`, or the next one free on that day.
async fn free_id(app: &App, command: &SittingCommand) -> Result<String, WebError> {
    let SittingCommand::Schedule { organ, date, .. } = command else {
        return Err(WebError::NotFound);
    };
    let mut serial = 1;
    loop {
        let id = match serial {
            1 => format!("{organ}-{date}"),
            n => format!("{organ}-{date}-{n}"),
        };
        if app.office.executor.store.sitting(&id).await?.is_none() {
            return Ok(id);
        }
        serial += 1;
    }
}
