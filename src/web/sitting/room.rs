// SPDX-License-Identifier: AGPL-3.0-or-later
//! «Aula»: the sitting being held. Who verbalizes writes what happens; members see what is voted
//! and, when connected from elsewhere, vote; everyone else who may follows.
//!
//! The page computes nothing: quorum, chair, who must abstain, what may be done and why not are
//! asked of the domain. One form holds every gesture, each button with its own address, so that the
//! version one has seen and, for what is entered from paper, the hour travel with all of them.

use super::chronicle::{self, Entry};
use super::panel::{Current, Line, Seat, current, lines, seats};
use super::{hour, mode_words};
use crate::domain::command::Command;
use crate::domain::law::calendar::{date_with_weekday, rome_date, rome_instant, rome_time};
use crate::domain::offers::of_sitting;
use crate::domain::papers::words as printed;
use crate::domain::refusal::Refusal;
use crate::domain::registry::Registry;
use crate::domain::sitting::{Choice, Member, Sitting, Status, quorum_now};
use crate::domain::stream::StreamId;
use crate::domain::visibility::may_follow_sitting;
use crate::domain::world::World;
use crate::web::actions::sitting as actions;
use crate::web::error::WebError;
use crate::web::lines::{Datum, DeniedLine};
use crate::web::page::{Link, Page};
use crate::web::visitor::Visitor;
use crate::web::{App, Shared};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Serialize)]
struct Quorum {
    reached: bool,
    /// "12 su 13".
    here: String,
    required: u32,
    /// Why: the numbers and where the rule is written.
    reason: String,
}

/// A button or a link: one of the gestures the engine allows now.
#[derive(Debug, Serialize)]
struct Gesture {
    title: &'static str,
    href: String,
    /// Something is to be written: a page of its own.
    form: bool,
    /// The one that usually comes next.
    next: bool,
}

/// What a connected member may do himself.
#[derive(Debug, Serialize)]
struct Own {
    href: String,
    chosen: &'static str,
    /// Why he may not; empty when he may.
    why_not: String,
    choices: Vec<OwnChoice>,
}

#[derive(Debug, Serialize)]
struct OwnChoice {
    token: &'static str,
    label: &'static str,
    chosen: bool,
}

/// Day and hour of what is entered from paper.
#[derive(Debug, Clone, Serialize)]
struct Late {
    day: String,
    time: String,
}

/// The page.
#[derive(Debug, Serialize)]
struct RoomPage {
    id: String,
    heading: String,
    day: String,
    status: &'static str,
    open: bool,
    suspended: bool,
    over: bool,
    place: String,
    data: Vec<Datum>,
    quorum: Option<Quorum>,
    seats: Vec<Seat>,
    current: Option<Current>,
    next: Option<Line>,
    items: Vec<Line>,
    done: usize,
    gestures: Vec<Gesture>,
    others: Vec<Gesture>,
    sitting: Vec<Gesture>,
    denied: Vec<DeniedLine>,
    own: Option<Own>,
    recorder: bool,
    may_enter: bool,
    may_leave: bool,
    may_call: bool,
    call_is_next: bool,
    remote: bool,
    late: Option<Late>,
    chronicle: Vec<Entry>,
    refusal: Option<Refusal>,
    version: i64,
    progress: i64,
}

impl Page for RoomPage {
    const TEMPLATE: &'static str = "aula";
    const SECTION: &'static str = "sedute";

    fn title(&self) -> String {
        "Aula".into()
    }

    fn trail(&self) -> Vec<Link> {
        vec![
            Link::new("/sedute", "Sedute"),
            Link::new(format!("/sedute/{}", self.id), &self.heading),
        ]
    }
}

/// What is entered afterwards, from paper.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    dopo: Option<String>,
}

/// Shows the room.
///
/// # Errors
/// 404 when there is no such sitting, 403 when this person may not follow it.
pub async fn show(
    State(app): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let late = asked.dopo.map(|_| (String::new(), String::new()));
    let page = page(&app, &visitor, &id, late, None).await?;
    app.show(&visitor, &page)
}

/// The room with the answer to a gesture that was refused.
///
/// # Errors
/// As [`show`].
pub async fn refused(
    app: &App,
    visitor: &Visitor,
    id: &str,
    late: Option<(String, String)>,
    status: StatusCode,
    refusal: Refusal,
) -> Result<Response, WebError> {
    let page = page(app, visitor, id, late, Some(refusal)).await?;
    app.render(status, Some(visitor), &page)
}

async fn page(
    app: &App,
    visitor: &Visitor,
    id: &str,
    late: Option<(String, String)>,
    refusal: Option<Refusal>,
) -> Result<RoomPage, WebError> {
    // The number first: what changes while the page is made is then noticed by who follows.
    let progress = app.office.executor.store.progress(id).await?.unwrap_or_default();
    let world = app.office.executor.world(&[StreamId::sitting(id)]).await?;
    let sitting = world.sitting(id)?;
    may_follow_sitting(&world.registry, visitor.id(), visitor.today)?;
    let members = actions::organ(&world, sitting, visitor);
    let asked = asked(app, visitor, &world, sitting, &members).await?;
    let mut chronicle = chronicle::of(app, &world.registry, sitting).await?;
    chronicle.retain(|entry| sitting.opened.is_none_or(|opened| entry.at >= opened));
    let item = sitting.in_hand();
    let position = |case: &str| sitting.items.iter().position(|i| i.case == case);
    let current = item.filter(|_| sitting.opened.is_some()).map(|item| {
        current(&world, sitting, item, position(&item.case).unwrap_or_default() + 1, visitor)
    });
    let items: Vec<Line> = lines(sitting);
    let open_item = sitting.under_discussion().is_some();
    let Answers { gestures, others, of_sitting, denied, recorder, can, own_refusal } = asked;
    let call_is_next = !gestures.iter().any(|gesture| gesture.next);
    let late = late.map(|(day, time)| happened(sitting, day, time));
    Ok(RoomPage {
        id: id.to_owned(),
        heading: actions::name(sitting),
        day: sitting.date.map(date_with_weekday).unwrap_or_default(),
        status: sitting.status.label(),
        open: sitting.status == Status::Open,
        suspended: sitting.status == Status::Suspended,
        over: sitting.closed.is_some() || sitting.status == Status::Cancelled,
        place: sitting.place.clone(),
        data: data(sitting, &world.registry),
        quorum: quorum(&world, sitting)?,
        seats: seats(sitting, &members),
        next: lines(sitting).into_iter().find(|l| l.open && !open_item),
        current,
        done: items.iter().filter(|l| !l.open).count(),
        items,
        gestures,
        others,
        sitting: of_sitting,
        denied,
        own: own(visitor, sitting, own_refusal),
        recorder,
        may_enter: can.contains(&"enter".to_owned()),
        may_leave: can.contains(&"leave".to_owned()),
        call_is_next,
        may_call: can.contains(&"call_item".to_owned()),
        remote: sitting.mode != crate::domain::sitting::Mode::InSeat,
        late,
        chronicle,
        refusal,
        version: sitting.version,
        progress,
    })
}

/// What the engine said about every gesture.
struct Answers {
    gestures: Vec<Gesture>,
    others: Vec<Gesture>,
    of_sitting: Vec<Gesture>,
    denied: Vec<DeniedLine>,
    recorder: bool,
    can: Vec<String>,
    own_refusal: Option<Refusal>,
}

/// Gestures of an item that come first, in order; the first allowed is the one that comes next.
const FIRST: [&str; 5] = ["unanime", "voto", "proclamazione", "ie-unanime", "ie"];
/// Gestures on the sitting itself.
const OF_SITTING: [&str; 8] = [
    "apertura",
    "deserta",
    "fuori-sacco",
    "presenza",
    "sospensione",
    "ripresa",
    "chiusura",
    "firma",
];
/// Said in the room though there is nothing to write.
const AT_ONCE: [&str; 4] = ["unanime", "ie-unanime", "proclamazione", "presa-d-atto"];

async fn asked(
    app: &App,
    visitor: &Visitor,
    world: &World,
    sitting: &Sitting,
    members: &[Member],
) -> Result<Answers, WebError> {
    let offers = of_sitting(world, sitting, members);
    let command = |offer: &crate::domain::offers::SittingOffer| Command::Sitting {
        id: sitting.id.clone(),
        command: offer.command.clone(),
    };
    let commands: Vec<Command> = offers.iter().map(command).collect();
    let answers = app.office.executor.foresee(visitor.id(), &commands).await?;
    let mut found = Answers {
        gestures: Vec::new(),
        others: Vec::new(),
        of_sitting: Vec::new(),
        denied: Vec::new(),
        recorder: false,
        can: Vec::new(),
        own_refusal: None,
    };
    for ((offer, command), answer) in offers.iter().zip(&commands).zip(answers) {
        let token = command.token();
        if token == "choose" {
            found.own_refusal = answer;
            continue;
        }
        let Some(action) = actions::all().find(|a| a.token == token) else { continue };
        let in_room = crate::web::actions::room::ACTIONS.iter().any(|a| a.slug == action.slug);
        if !in_room && action.slug != "firma" {
            continue;
        }
        if let Some(refusal) = answer {
            if refusal.code != "not_the_recorder" {
                found.denied.push(DeniedLine::new(action.title, refusal));
            }
            continue;
        }
        found.recorder |= token != "sign";
        found.can.push(token);
        let gesture = Gesture {
            title: if AT_ONCE.contains(&action.slug) { action.button } else { action.title },
            href: actions::href(&sitting.id, action.slug, &offer.about),
            form: !AT_ONCE.contains(&action.slug),
            next: false,
        };
        match action.slug {
            "entra" | "esce" | "chiamata" => {}
            slug if OF_SITTING.contains(&slug) => found.of_sitting.push(gesture),
            slug if FIRST.contains(&slug) => found.gestures.push(gesture),
            _ => found.others.push(gesture),
        }
    }
    in_turn(&mut found, world, sitting);
    Ok(found)
}

/// Which gesture usually comes next, and what may be called beside the agenda.
fn in_turn(found: &mut Answers, world: &World, sitting: &Sitting) {
    // Without reasons of urgency in the proposal they are to be written: there is the form for it.
    if !urgency_asked(world, sitting) {
        found.gestures.retain(|gesture| gesture.title != "IE unanime");
    }
    let usual = |gesture: &&mut Gesture| !gesture.form;
    if let Some(first) = found.gestures.iter_mut().find(usual) {
        first.next = true;
    }
    if found.can.iter().any(|t| t == "suspend") && sitting.under_discussion().is_none() {
        found.of_sitting.push(Gesture {
            title: "Trattare un argomento fuori sacco",
            href: actions::href(&sitting.id, "fuori-sacco", ""),
            form: true,
            next: false,
        });
    }
}

fn urgency_asked(world: &World, sitting: &Sitting) -> bool {
    let case = world.cases.get(&sitting.last_called);
    case.is_some_and(|case| case.content.gates.immediate_request.is_some())
}

fn happened(sitting: &Sitting, day: String, time: String) -> Late {
    let start = sitting.date.zip(sitting.time).map(|(d, t)| rome_instant(d, t));
    let last = sitting.last_fact.or(start).unwrap_or_default();
    let or = |typed: String, known: String| if typed.is_empty() { known } else { typed };
    Late {
        day: or(day, rome_date(last).to_string()),
        time: or(time, rome_time(last).format("%H:%M").to_string()),
    }
}

fn data(sitting: &Sitting, registry: &Registry) -> Vec<Datum> {
    let chair = sitting.chair();
    let chair = chair.map(|c| match c.reason.as_str() {
        "" => registry.name(&c.person),
        reason => format!("{} ({reason})", registry.name(&c.person)),
    });
    let verbalizer = sitting.in_hand().and_then(|i| i.verbalizer.as_ref());
    let verbalizer = verbalizer.or(sitting.verbalizer.as_ref());
    let where_from = if sitting.verbalizer_remote { ", a distanza" } else { "" };
    let rows = [
        ("Presiede", chair.unwrap_or_default()),
        ("Verbalizza", verbalizer.map(|v| format!("{}{where_from}", v.name)).unwrap_or_default()),
        ("Modo", mode_words(sitting.mode).to_owned()),
        ("Aperta alle", sitting.opened.map(hour).unwrap_or_default()),
        ("Chiusa alle", sitting.closed.map(hour).unwrap_or_default()),
    ];
    let rows = rows.into_iter().filter(|(_, text)| !text.is_empty());
    rows.map(|(term, text)| Datum { term, text }).collect()
}

fn quorum(world: &World, sitting: &Sitting) -> Result<Option<Quorum>, WebError> {
    if sitting.opened.is_none() || sitting.closed.is_some() {
        return Ok(None);
    }
    let now = quorum_now(world, sitting)?;
    let here = sitting.present_now().count();
    let mut reason = format!("{} componenti in carica", now.members);
    if now.seats != now.members {
        reason.push_str(&format!(" su {} seggi", now.seats));
    }
    if now.conflicted > 0 {
        let abstaining =
            printed::count(now.conflicted.into(), "deve astenersi", "devono astenersi");
        reason.push_str(&format!("; {abstaining}, contati {}", now.counted));
    }
    if !now.source.is_empty() {
        reason.push_str(&format!("; {}", now.source));
    }
    let here = format!("{here} su {}", now.members);
    Ok(Some(Quorum { reached: now.reached, here, required: now.required, reason }))
}

fn own(visitor: &Visitor, sitting: &Sitting, refusal: Option<Refusal>) -> Option<Own> {
    if !sitting.members.iter().any(|m| m.person == visitor.id()) {
        return None;
    }
    let item = sitting.under_discussion().filter(|i| i.ballot.is_none())?;
    let chosen = item.choices.iter().find(|(person, _)| person == visitor.id());
    let chosen = chosen.map(|(_, choice)| *choice);
    let choices = [
        (Choice::Favour, "favour", "Favorevole"),
        (Choice::Against, "against", "Contrario"),
        (Choice::Abstained, "abstained", "Mi astengo"),
    ];
    Some(Own {
        href: actions::href(&sitting.id, "voto-proprio", &item.case),
        chosen: chosen.map_or("", Choice::label),
        why_not: refusal.map(|r| format!("{}. {}", r.text, r.next)).unwrap_or_default(),
        choices: choices
            .into_iter()
            .map(|(choice, token, label)| OwnChoice {
                token,
                label,
                chosen: chosen == Some(choice),
            })
            .collect(),
    })
}
