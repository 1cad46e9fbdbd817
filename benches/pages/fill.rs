// SPDX-License-Identifier: AGPL-3.0-or-later
//! `fill URL ACTS`: a Comune that has adopted ACTS acts over the years, for `pages.py`;
//! `fill URL FILE`: the same Comune on the other engine, put back from the SQLite database FILE.
//!
//! Every act is made by the executor, command by command, on a clock that goes from day to day:
//! chains, numbers, rows and jobs are those of a real installation. What is left out is what takes
//! the time of people and processors: sittings (a Commissario adopts, art. 141 TUEL), opinions
//! (acts of mere direction), and the papers, which are all the same bytes. The last acts are still
//! under way.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a measure stops at the first surprise"
)]

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use delibera::domain::case::{Case, CaseCommand, Content, Effects, Gates, terms_of};
use delibera::domain::command::Command;
use delibera::domain::digest::sha256_hex;
use delibera::domain::law::calendar::{rome_date, rome_instant};
use delibera::domain::papers::{SignedForm, SignedPaper, case_paper};
use delibera::domain::registry::{
    Capacity, ComuneData, Mandate, Office, Person, RegistryCommand, Role,
};
use delibera::domain::stream::{NewDocument, SYSTEM_ACTOR, StreamId};
use delibera::domain::world::World;
use delibera::service::clock::{Clock, SimulatedClock, SystemClock};
use delibera::service::execute::{Executor, Request};
use delibera::service::indexing::catch_up;
use delibera::service::scenario::{PRESETS, WORKFLOWS};
use delibera::store::Store;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

/// Offices, each with one person who proposes.
const OFFICES: usize = 20;
/// Days over which the acts are spread, at most.
const DAYS: usize = 2_500;
/// Acts at most still under way at the end, spread over their steps.
const UNDER_WAY: usize = 400;
/// Where an act under way stops; posted is where most of them are.
const STOPS: [&str; 8] = [
    "bozza",
    "firma_proposta",
    "istruttoria",
    "ordine_del_giorno",
    "firma",
    "verifica_privacy",
    "albo",
    "chiusura",
];
/// What the acts are about, and where: a search finds many of them, few, or one.
const ABOUT: [&str; 7] = [
    "la cura ordinaria e straordinaria del verde pubblico",
    "la manutenzione degli edifici scolastici",
    "la rimozione delle barriere architettoniche",
    "il servizio di ristorazione scolastica",
    "l'apertura serale delle biblioteche",
    "la sosta e la viabilità dei residenti",
    "gli impianti sportivi di quartiere",
];
const PLACES: [&str; 11] = [
    "Borgo Nuovo",
    "Castelvecchio",
    "Fontanelle",
    "Madonna della Neve",
    "Molino Alto",
    "Pianoro",
    "Ponte di Pietra",
    "San Lazzaro",
    "Sant'Orsola",
    "Stazione",
    "Vallechiara",
];
/// Revisions of one paper: composed, signed by one, by both. What no fact names fails `verify`.
const REVISIONS: usize = 3;
/// Steps one act may take.
const STEPS_MAX: usize = 60;

#[derive(Clone)]
struct Comune {
    executor: Executor,
    clock: SimulatedClock,
    /// A paper composed, then with one signature more each.
    revisions: Arc<Vec<NewDocument>>,
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, from] = arguments.as_slice() else { panic!("usage: fill URL ACTS|FILE") };
    match from.parse() {
        Ok(acts) => live(url, acts).await,
        Err(_) => put_back(url, Path::new(from)).await,
    }
    settle(url).await;
}

/// What one engine holds, on the other: the very same acts.
async fn put_back(url: &str, from: &Path) {
    let store = Store::connect(url).await.unwrap();
    store.migrate().await.unwrap();
    store.restore(from).await.unwrap();
    let executor = Executor::new(store.clone(), Arc::new(SystemClock));
    catch_up(&executor, &|| true).await.unwrap();
    store.close().await;
}

/// Every act from its first day on.
async fn live(url: &str, acts: usize) {
    let today = rome_date(SystemClock.now());
    let a_day = acts.div_ceil(DAYS).max(1);
    let days = acts.div_ceil(a_day);
    let first = today - Days::new(days as u64);
    let store = Store::connect(url).await.unwrap();
    store.migrate().await.unwrap();
    let clock = SimulatedClock::at(at(first, 7));
    let executor = Executor::new(store.clone(), Arc::new(clock.clone()));
    let revisions = Arc::new((0..REVISIONS).map(revision).collect());
    let comune = Comune { executor, clock, revisions };
    comune.found(first).await;
    let mut later: VecDeque<(NaiveDate, String)> = VecDeque::new();
    let under_way = acts.min(UNDER_WAY.min(acts / 2));
    for day in 0..days {
        let date = first + Days::new(day as u64);
        comune.clock.set(at(date, 9));
        let made = (day * a_day..acts.min((day + 1) * a_day)).map(|n| {
            let left = acts - n;
            let stop = if left <= under_way { STOPS[left % STOPS.len()] } else { "chiusura" };
            (n, stop)
        });
        let (posted, ()) =
            tokio::join!(comune.day(made.collect()), comune.mature(date, &mut later));
        later.extend(posted.into_iter().map(|id| (date, id)));
        if day % 100 == 0 {
            eprintln!("{date}: {} of {acts} acts", (day + 1) * a_day);
        }
    }
    store.seal(comune.clock.now()).await.unwrap();
    catch_up(&comune.executor, &|| true).await.unwrap();
    store.close().await;
}

fn revision(signatures: usize) -> NewDocument {
    let bytes =
        format!("%PDF-1.7\n% the paper of a measure, {signatures} signatures\n").into_bytes();
    NewDocument { sha256: sha256_hex(&bytes), media_type: "application/pdf".into(), bytes }
}

fn at(day: NaiveDate, hour: u32) -> DateTime<Utc> {
    rome_instant(day, NaiveTime::from_hms_opt(hour, 0, 0).unwrap())
}

/// What was owed has been done long ago: the worker of a measured server has nothing to do. Nobody
/// gathers statistics for the SQLite file of a Comune, PostgreSQL does so by itself.
async fn settle(url: &str) {
    let done = "UPDATE job_state SET state = 'done', leased_by = NULL, finished_at = next_at \
                WHERE state <> 'done'";
    if url.starts_with("sqlite:") {
        let pool = sqlx::SqlitePool::connect(url).await.unwrap();
        sqlx::query(done).execute(&pool).await.unwrap();
        pool.close().await;
    } else {
        let pool = sqlx::PgPool::connect(url).await.unwrap();
        for statement in [done, "VACUUM ANALYZE"] {
            sqlx::query(statement).execute(&pool).await.unwrap();
        }
        pool.close().await;
    }
}

/// That of the small Comune, with an Albo of its own: the page of the Albo is one that is measured.
fn regulation() -> String {
    let small = PRESETS[1].1;
    let (before, albo) = small.split_once("\n[albo]").expect("who keeps the Albo");
    format!("{before}\n[albo]{}", albo.replacen("\"external\"", "\"internal\"", 1))
}

fn person(id: &str) -> RegistryCommand {
    RegistryCommand::RegisterPerson(Person {
        id: id.into(),
        given_name: id.into(),
        surname: "Prova".into(),
        fiscal_code: format!("{:A<16}", id.replace('-', "").to_uppercase()),
        email: format!("{id}@comune.example"),
        born: None,
    })
}

fn mandate(person: &str, role: Role, office: Option<String>, from: NaiveDate) -> RegistryCommand {
    RegistryCommand::GrantMandate(Mandate {
        id: format!("{person}-{}", role.token()),
        person: person.into(),
        role,
        office,
        capacity: Capacity::Titolare,
        title: role.label().into(),
        act: String::new(),
        from,
        to: None,
        rank: 0,
        group: None,
    })
}

fn content(n: usize) -> Content {
    let office = n % OFFICES;
    Content {
        subject: format!(
            "Indirizzi per {} nel quartiere {}: lotto {n}",
            ABOUT[n % ABOUT.len()],
            PLACES[n % PLACES.len()]
        ),
        offices: vec![format!("ufficio-{office}")],
        rapporteurs: vec!["commissario".into()],
        procedure_head: format!("rp-{office}"),
        competence: "art. 48 TUEL".into(),
        text: "Premesso che il verde va mantenuto in buone condizioni.".into(),
        decision: vec!["di indirizzare gli uffici alla cura del verde;".into()],
        gates: Gates {
            effects: Effects::None,
            direction_only: Some("fissa solo criteri generali".into()),
            ..Gates::default()
        },
        ..Content::default()
    }
}

impl Comune {
    async fn found(&self, from: NaiveDate) {
        let mut commands = vec![
            RegistryCommand::DescribeComune(ComuneData {
                name: "Comune di misura".into(),
                giunta_seats: 5,
                ..ComuneData::default()
            }),
            RegistryCommand::AdoptRegulation { text: regulation(), from },
            RegistryCommand::ActivateWorkflow { text: WORKFLOWS[0].into() },
            person("segretario"),
            person("commissario"),
            person("messo"),
            mandate("segretario", Role::Segretario, None, from),
            mandate("segretario", Role::Segreteria, None, from),
            mandate("segretario", Role::ResponsabileTrasparenza, None, from),
            mandate("commissario", Role::Commissario, None, from),
            mandate("commissario", Role::Sindaco, None, from),
            mandate("messo", Role::ResponsabilePubblicazione, None, from),
        ];
        for n in 0..OFFICES {
            let (office, rp) = (format!("ufficio-{n}"), format!("rp-{n}"));
            commands.push(RegistryCommand::OpenOffice(Office {
                id: office.clone(),
                name: format!("Servizio {}", n + 1),
            }));
            commands.push(person(&rp));
            let head = Role::ResponsabileProcedimento;
            commands.push(mandate(&rp, head, Some(office.clone()), from));
            commands.push(mandate(&rp, Role::Direttore, Some(office), from));
        }
        for command in commands {
            let request = Request::new(SYSTEM_ACTOR, Command::Registry(command));
            self.executor.execute(request).await.unwrap();
        }
    }

    async fn case(&self, actor: &str, id: &str, command: CaseCommand) {
        // The same bytes are stored once: with the acts of the first day.
        let first = matches!(command, CaseCommand::Create { .. }) && id.len() < "atto-100".len();
        let documents = if first { self.revisions.to_vec() } else { Vec::new() };
        let command = Command::Case { id: id.into(), command };
        let request = Request { documents, ..Request::new(actor, command.clone()) };
        if let Err(error) = self.executor.execute(request).await {
            panic!("{id}, {actor}, {}: {error}", command.token());
        }
    }

    /// The acts of one day, all at once; gives those that were posted.
    async fn day(&self, acts: Vec<(usize, &'static str)>) -> Vec<String> {
        let mut working = tokio::task::JoinSet::new();
        for (n, stop) in acts {
            let comune = self.clone();
            working.spawn(async move {
                let id = format!("atto-{n}");
                let kind = "deliberazione-giunta".to_owned();
                let create = CaseCommand::Create { kind, content: content(n), again_of: None };
                comune.case(&format!("rp-{}", n % OFFICES), &id, create).await;
                comune.carry(&id, stop).await;
                (id, stop)
            });
        }
        let done = working.join_all().await;
        done.into_iter().filter(|(_, stop)| *stop == "chiusura").map(|(id, _)| id).collect()
    }

    /// Certificates and referti that fall due on a day, then the closure.
    async fn mature(&self, today: NaiveDate, posted: &mut VecDeque<(NaiveDate, String)>) {
        let mut working = tokio::task::JoinSet::new();
        while posted.front().is_some_and(|(day, _)| *day + Days::new(17) <= today) {
            let Some((_, id)) = posted.pop_front() else { break };
            let comune = self.clone();
            working.spawn(async move {
                comune.case(SYSTEM_ACTOR, &id, CaseCommand::CertifyEffect).await;
                comune.case(SYSTEM_ACTOR, &id, CaseCommand::EndPosting).await;
                comune.carry(&id, "").await;
            });
        }
        working.join_all().await;
    }

    async fn world(&self, id: &str) -> World {
        self.executor.world(&[StreamId::case(id)]).await.unwrap()
    }

    /// Everyone does his part until the act stands at a step and owes no paper.
    async fn carry(&self, id: &str, stop: &str) {
        for _ in 0..STEPS_MAX {
            let world = self.world(id).await;
            let act = world.case(id).unwrap();
            if act.step == stop && stop != "chiusura" {
                return;
            }
            if let Some((actor, command)) = paperwork(&world, act, &self.revisions) {
                self.case(&actor, id, command).await;
                continue;
            }
            if act.step == stop {
                return;
            }
            let Some((actor, command)) = gesture(act) else { return };
            self.case(&actor, id, command).await;
        }
        panic!("{id} does not reach {stop}");
    }
}

/// The next paper to compose or to sign.
fn paperwork(
    world: &World,
    act: &Case,
    revisions: &[NewDocument],
) -> Option<(String, CaseCommand)> {
    let paper = act.papers.iter().find(|p| !p.dropped && !p.is_complete())?;
    let signed = usize::from(paper.sha256.is_some()) + paper.signed.len();
    let sha256 = &revisions[signed].sha256;
    let paper_key = paper.plan.key.clone();
    let Some(base) = paper.sha256.clone() else {
        let facts = case_paper(&act.id, &paper.plan, world).unwrap().sha256();
        let prepare =
            CaseCommand::PreparePaper { paper_key, facts, sha256: sha256.clone(), pages: 1 };
        return Some((SYSTEM_ACTOR.into(), prepare));
    };
    let slot = paper.open_slots().next()?;
    let Some(signer) = &slot.signer else {
        let (field, sha256) = (slot.field.clone(), sha256.clone());
        let seal = CaseCommand::SealPaper { paper_key, field, base, sha256, assurance: None };
        return Some((SYSTEM_ACTOR.into(), seal));
    };
    let signed = SignedPaper {
        kind: paper.plan.kind,
        facts: paper.facts.clone()?,
        sha256: sha256.clone(),
        fiscal_code: signer.fiscal_code.clone(),
        assurance: None,
        form: SignedForm::Pades,
    };
    let sign = CaseCommand::Sign { paper_key, base, paper: Some(signed) };
    Some((signer.person.clone(), sign))
}

/// The next thing the course of an act wants.
fn gesture(act: &Case) -> Option<(String, CaseCommand)> {
    let head = act.content.procedure_head.clone();
    let said = |who: &str, command| Some((who.to_owned(), command));
    let note = String::new();
    match act.step.as_str() {
        "bozza" if act.content.gates.direction_acknowledged_by.is_none() => {
            said("segretario", CaseCommand::AcknowledgeDirection)
        }
        "bozza" => said(&head, CaseCommand::Submit),
        "istruttoria" | "verifica_privacy" => said("segretario", CaseCommand::PassReview { note }),
        "ordine_del_giorno" => {
            said("commissario", CaseCommand::AdoptAsCommissioner { immediate: None })
        }
        "albo" => {
            let post =
                CaseCommand::Post { external_number: None, external_day: None, repeats: None };
            said("messo", post)
        }
        "chiusura" if terms_of(act).is_some() => {
            let open = act.duties.iter().find(|(_, state)| state.settled.is_none());
            match open {
                Some((duty, _)) => {
                    let (duty, note) = (duty.clone(), "compiuto".to_owned());
                    said("segretario", CaseCommand::SettleDuty { duty, done: true, note })
                }
                None if act.ending.is_none() => said("segretario", CaseCommand::Close { note }),
                None => None,
            }
        }
        _ => None,
    }
}
