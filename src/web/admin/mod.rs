// SPDX-License-Identifier: AGPL-3.0-or-later
//! The administration: how the Comune is set up, who is entitled to what, what needs a hand.
//!
//! Pages only show and ask. What changes the Comune is an action of `actions/registry`; what
//! concerns accounts and jobs, which are no record, is `service/keeping.rs`. Powers come from
//! mandates and dates (`domain/registry/authority.rs`), never from a flag on an account.

pub mod accounts;
pub mod entitled;
pub mod import;
pub mod jobs;
pub mod listing;
pub mod log;
pub mod organs;
pub mod own;
pub mod people;
pub mod regulation;
pub mod rules;
pub mod setup;
pub mod wording;
pub mod workflows;

use super::error::WebError;
use super::forms::capital;
use super::page::{Link, Page};
use super::signing::file;
use super::visitor::Visitor;
use super::{App, Shared};
use crate::domain::law::calendar::{date_short, rome_date, rome_time};
use crate::domain::registry::{
    Capacity, Mandate, Need, Part, Registry, Role, may_keep, may_keep_accounts,
};
use crate::service::paper::{PDF, PaperError};
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// Address of the whole.
pub const HOME: &str = "/amministrazione";

/// The sections: address, words, and whether only an administrator has them.
const SECTIONS: [(&str, &str, bool); 13] = [
    ("", "Quadro generale", false),
    ("comune", "Comune e carta intestata", false),
    ("uffici", "Uffici", false),
    ("persone", "Persone", false),
    ("incarichi", "Incarichi e deleghe", false),
    ("titolo", "Chi ne ha titolo", false),
    ("organi", "Giunta, gruppi e capigruppo", false),
    ("regolamento", "Regolamento", false),
    ("procedimenti", "Procedimenti", false),
    ("modelli", "Modelli", false),
    ("lavori", "Lavori", true),
    ("attivita", "Registro delle attività", true),
    ("utenze", "Utenze", true),
];

/// The address of a section.
pub fn section(token: &str) -> String {
    if token.is_empty() { HOME.to_owned() } else { format!("{HOME}/{token}") }
}

/// The words of a section.
pub fn section_name(token: &str) -> &'static str {
    SECTIONS.iter().find(|(known, _, _)| *known == token).map_or("Amministrazione", |s| s.1)
}

/// What stands around every page of the administration.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Frame {
    sections: Vec<Link>,
    #[serde(skip)]
    trail: Vec<Link>,
}

impl Frame {
    /// Lets who may see a section through, and marks it.
    ///
    /// # Errors
    /// `no_registry_power`: who may instead.
    pub fn of(visitor: &Visitor, token: &str) -> Result<Self, WebError> {
        let closed = SECTIONS.iter().any(|(known, _, closed)| *known == token && *closed);
        allowed(visitor, closed)?;
        let keeper = may_keep_accounts(&visitor.registry, visitor.id(), visitor.today).is_ok();
        let seen = SECTIONS.iter().filter(|(_, _, closed)| !closed || keeper);
        let sections = seen
            .map(|(known, words, _)| Link {
                current: *known == token,
                ..Link::new(section(known), *words)
            })
            .collect();
        let trail = match token {
            "" => Vec::new(),
            _ => vec![Link::new(HOME, "Amministrazione")],
        };
        Ok(Self { sections, trail })
    }

    /// One page further in: the section itself is on the way.
    #[must_use]
    pub fn inside(mut self, token: &str) -> Self {
        self.trail.push(Link::new(section(token), section_name(token)));
        self
    }

    /// The way to the page.
    pub fn trail(&self) -> Vec<Link> {
        self.trail.clone()
    }
}

/// Lets through who may see the administration; `closed` parts belong to the administrator alone.
///
/// # Errors
/// `no_registry_power`.
pub fn allowed(visitor: &Visitor, closed: bool) -> Result<(), WebError> {
    let ask = if closed { may_keep_accounts } else { may_keep };
    ask(&visitor.registry, visitor.id(), visitor.today)
        .map_err(|refusal| WebError::Refused(axum::http::StatusCode::FORBIDDEN, refusal))
}

/// "Segretario": a role as a table names it, without its article.
pub fn role_name(role: Role) -> String {
    let label = role.label();
    let bare = ["il ", "la ", "un ", "l'"].iter().find_map(|article| label.strip_prefix(article));
    capital(bare.unwrap_or(label))
}

/// "titolare", "vicario": only the Segretario has a *Vice Segretario vicario*.
pub fn capacity_name(role: Role, capacity: Capacity) -> &'static str {
    match (role, capacity) {
        (Role::Segretario, _) | (_, Capacity::Titolare) => capacity.label(),
        (_, Capacity::Vicario) => "vicario",
        (_, capacity) => capacity.label(),
    }
}

/// "dal 01/01/2026 al 31/01/2026".
pub fn term(mandate: &Mandate) -> String {
    match mandate.to {
        Some(to) => format!("dal {} al {}", date_short(mandate.from), date_short(to)),
        None => format!("dal {}", date_short(mandate.from)),
    }
}

/// "13/07/2026, 09:30".
pub fn moment(at: DateTime<Utc>) -> String {
    format!("{}, {}", date_short(rome_date(at)), rome_time(at).format("%H:%M"))
}

/// A day in the address of a page.
#[derive(Debug, Default, Deserialize)]
pub struct OnDay {
    #[serde(default)]
    data: String,
}

impl OnDay {
    /// The day asked for, or today.
    pub fn day(&self, today: NaiveDate) -> NaiveDate {
        crate::domain::law::calendar::parse_date(&self.data).unwrap_or(today)
    }
}

/// Something that needs a hand.
#[derive(Debug, Serialize)]
struct Trouble {
    text: String,
    next: String,
    href: String,
    /// `bad` for what stops an act, `warn` for what deserves a look.
    mark: &'static str,
}

/// A number with its page.
#[derive(Debug, Serialize)]
struct Count {
    number: usize,
    words: &'static str,
    href: String,
}

/// The overview.
#[derive(Debug, Serialize)]
struct Overview {
    frame: Frame,
    comune: String,
    troubles: Vec<Trouble>,
    counts: Vec<Count>,
    /// The first start is not over.
    setup: bool,
    needs: Vec<Line>,
}

/// A line of the list of what an act will ask for.
#[derive(Debug, Serialize)]
pub struct Line {
    what: String,
    article: &'static str,
    met: String,
    missing: bool,
    essential: bool,
    href: String,
}

impl Line {
    /// About a person, not about the Comune as a whole.
    fn is_of_people(&self) -> bool {
        [section("incarichi"), section("organi")].contains(&self.href)
    }

    /// As a row of a table: what, who, by which norm.
    fn fill(self, table: &mut listing::Table) {
        use listing::Cell;
        let met = match (self.missing, self.essential) {
            (false, _) => Cell::new(self.met).mark("good"),
            (true, true) => Cell::new("manca").mark("bad"),
            (true, false) => Cell::new("manca").mark("warn"),
        };
        table.row(vec![Cell::new(self.what), met, Cell::new(self.article)]);
    }
}

/// What an act will ask for, met or missing, as pages show it.
pub fn lines(registry: &Registry, on: NaiveDate) -> Vec<Line> {
    let line = |need: Need| Line {
        href: section(match need.part {
            Part::Comune => "comune",
            Part::Regulation => "regolamento",
            Part::Workflows => "procedimenti",
            Part::Offices => "uffici",
            Part::Mandates => "incarichi",
            Part::Giunta | Part::Groups => "organi",
        }),
        what: need.what,
        article: need.article,
        missing: need.met.is_none(),
        met: need.met.unwrap_or_default(),
        essential: need.essential,
    };
    registry.needs(on).into_iter().map(line).collect()
}

impl Page for Overview {
    const TEMPLATE: &'static str = "amministrazione";
    const SECTION: &'static str = "amministrazione";

    fn title(&self) -> String {
        "Amministrazione".into()
    }

    fn trail(&self) -> Vec<Link> {
        self.frame.trail()
    }
}

/// The overview: what needs a hand first, then the numbers.
pub async fn show(State(app): State<Shared>, visitor: Visitor) -> Result<Response, WebError> {
    let frame = Frame::of(&visitor, "")?;
    let (registry, today) = (&visitor.registry, visitor.today);
    let accounts = app.office.executor.store.accounts().await?;
    let in_force = registry.mandates.values().filter(|m| m.valid_on(today)).count();
    let count = |number, words, token: &str| Count { number, words, href: section(token) };
    let page = Overview {
        frame,
        comune: registry.comune.name.clone(),
        troubles: troubles(&app, &visitor).await?,
        counts: vec![
            count(registry.offices.len(), "uffici", "uffici"),
            count(registry.people.len(), "persone", "persone"),
            count(in_force, "incarichi in vigore", "incarichi"),
            count(registry.giunta(today).len(), "componenti della Giunta", "organi"),
            count(registry.capigruppo(today).len(), "capigruppo", "organi"),
            count(accounts.len(), "utenze", "utenze"),
        ],
        setup: setup::pending(&app, &visitor).await?,
        needs: lines(registry, today),
    };
    app.show(&visitor, &page)
}

async fn troubles(app: &App, visitor: &Visitor) -> Result<Vec<Trouble>, WebError> {
    let (registry, today) = (&visitor.registry, visitor.today);
    let store = &app.office.executor.store;
    let mut found = Vec::new();
    let mut add = |mark, text: String, next: &str, href: String| {
        found.push(Trouble { text, next: next.to_owned(), href, mark });
    };
    for need in lines(registry, today).into_iter().filter(|line| line.missing && line.essential) {
        let text = format!("Manca: {} ({})", need.what, need.article);
        add("bad", text, "Registrarlo", need.href);
    }
    let dead = store.open_job_counts().await?.dead;
    if dead > 0 {
        let text = match dead {
            1 => "Un lavoro non è riuscito e attende una decisione".to_owned(),
            dead => format!("{dead} lavori non sono riusciti e attendono una decisione"),
        };
        add("bad", text, "Ripeterli o rinunciarvi", section("lavori"));
    }
    for mandate in registry.ending(today) {
        let (name, to) = (registry.name(&mandate.person), mandate.to.map(date_short));
        let to = to.unwrap_or_default();
        let text = format!("L'incarico di {name}, {}, finisce il {to}", mandate.title);
        add("warn", text, "Registrare chi subentra", section("incarichi"));
    }
    let accounts = store.accounts().await?;
    let without: Vec<String> = registry
        .people
        .values()
        .filter(|p| works(registry, &p.id, today))
        .filter(|p| accounts.iter().all(|account| account.person != p.id))
        .map(crate::domain::registry::Person::name)
        .collect();
    if !without.is_empty() {
        let text = format!("Con un incarico e senza utenza: {}", shortened(&without));
        add("warn", text, "Creare le utenze", section("utenze"));
    }
    if let Ok(regulation) = registry.regulation(today) {
        for warning in &regulation.warnings {
            let text = format!("Regolamento: {}", warning.reason);
            add("warn", text, &capital(&warning.hint), section("regolamento"));
        }
    }
    Ok(found)
}

/// Five names and how many more.
fn shortened(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} e altri {more}"),
    }
}

/// Someone who has something to do here: a mandate of today that is not an outside recipient's.
fn works(registry: &Registry, person: &str, on: NaiveDate) -> bool {
    let mut held = registry.mandates.values().filter(|m| m.person == person && m.valid_on(on));
    held.any(|m| !matches!(m.role, Role::Prefetto | Role::Consigliere | Role::Capogruppo))
}

/// The Comune itself and its letterhead.
#[derive(Debug, Serialize)]
struct ComunePage {
    frame: Frame,
    data: Vec<(&'static str, String)>,
    has_crest: bool,
    edit: String,
}

impl Page for ComunePage {
    const TEMPLATE: &'static str = "amministrazione-comune";
    const SECTION: &'static str = "amministrazione";

    fn title(&self) -> String {
        section_name("comune").into()
    }

    fn trail(&self) -> Vec<Link> {
        self.frame.trail()
    }
}

/// Shows the Comune and its letterhead.
pub async fn comune(State(app): State<Shared>, visitor: Visitor) -> Result<Response, WebError> {
    let comune = &visitor.registry.comune;
    let page = ComunePage {
        frame: Frame::of(&visitor, "comune")?,
        data: vec![
            ("Nome", comune.name.clone()),
            ("Provincia", comune.province.clone()),
            ("Sede", comune.seat.clone()),
            ("Codice fiscale", comune.fiscal_code.clone()),
            ("Posta", comune.email.clone()),
            ("Componenti della Giunta, Sindaco compreso", comune.giunta_seats.to_string()),
            ("Righe della carta intestata", comune.letterhead.join(" · ")),
        ],
        has_crest: comune.crest.is_some(),
        edit: super::actions::registry::href("comune", ""),
    };
    app.show(&visitor, &page)
}

/// The letterhead as every first page has it.
pub async fn letterhead(State(app): State<Shared>, visitor: Visitor) -> Result<Response, WebError> {
    allowed(&visitor, false)?;
    let comune = visitor.registry.comune.clone();
    let crest = match &comune.crest {
        Some(sha256) => app.office.executor.store.document(sha256).await?.map(|d| d.bytes),
        None => None,
    };
    let (templates, now) = (std::sync::Arc::clone(&app.office.press.templates), visitor.now);
    let made = tokio::task::spawn_blocking(move || templates.letterhead_page(&comune, crest, now));
    let made = made.await.map_err(|error| WebError::internal("letterhead", error))?;
    let pdf = made.map_err(PaperError::from)?.pdf;
    Ok(file(pdf, PDF, "carta-intestata.pdf", true))
}
