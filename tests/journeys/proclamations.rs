// SPDX-License-Identifier: AGPL-3.0-or-later
//! A thousand proclamations at once, on each engine: 1…1,000 without a gap (I1, T-66).

use super::{folder, postgres};
use chrono::{DateTime, TimeZone, Utc};
use delibera::domain::case::{CaseCommand, Content, Effects, Gates};
use delibera::domain::command::Command;
use delibera::domain::papers::{SignedPaper, case_paper};
use delibera::domain::registry::{
    Capacity, ComuneData, Mandate, Office, Person, RegistryCommand, Role,
};
use delibera::domain::stream::{SYSTEM_ACTOR, StreamId};
use delibera::service::clock::SimulatedClock;
use delibera::service::execute::{Executor, Request};
use delibera::service::scenario::{PRESETS, WORKFLOWS};
use delibera::store::Store;
use std::sync::Arc;

const ACTS: usize = 1_000;

fn at() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2024, 3, 4, 9, 0, 0).unwrap()
}

fn person(id: &str, fiscal_code: &str) -> RegistryCommand {
    RegistryCommand::RegisterPerson(Person {
        id: id.into(),
        given_name: id.into(),
        surname: "Prova".into(),
        fiscal_code: fiscal_code.into(),
        email: format!("{id}@comune.example"),
        born: None,
    })
}

fn mandate(person: &str, role: Role, office: Option<&str>) -> RegistryCommand {
    RegistryCommand::GrantMandate(Mandate {
        id: format!("{person}-{}", role.token()),
        person: person.into(),
        role,
        office: office.map(str::to_owned),
        capacity: Capacity::Titolare,
        title: role.token().into(),
        act: String::new(),
        from: chrono::NaiveDate::from_ymd_opt(2020, 1, 1).unwrap(),
        to: None,
        rank: 0,
        group: None,
    })
}

async fn comune(executor: &Executor) {
    let commands = vec![
        RegistryCommand::DescribeComune(ComuneData {
            name: "Comune di prova".into(),
            giunta_seats: 5,
            inhabitants: 0,
            council_seats: 0,
            ..ComuneData::default()
        }),
        RegistryCommand::AdoptRegulation {
            text: PRESETS[1].1.into(),
            from: chrono::NaiveDate::from_ymd_opt(2000, 1, 1).unwrap(),
        },
        RegistryCommand::ActivateWorkflow { text: WORKFLOWS[0].into() },
        RegistryCommand::OpenOffice(Office { id: "affari".into(), name: "Affari".into() }),
        person("rp", "AAAAAA00A00A000A"),
        person("segretario", "BBBBBB00B00B000B"),
        person("commissario", "CCCCCC00C00C000C"),
        mandate("rp", Role::ResponsabileProcedimento, None),
        mandate("rp", Role::Direttore, Some("affari")),
        mandate("segretario", Role::Segretario, None),
        mandate("segretario", Role::Segreteria, None),
        mandate("commissario", Role::Commissario, None),
        mandate("commissario", Role::Sindaco, None),
    ];
    for command in commands {
        executor.execute(Request::new(SYSTEM_ACTOR, Command::Registry(command))).await.unwrap();
    }
}

fn content(n: usize) -> Content {
    Content {
        subject: format!("Atto di indirizzo n. {n}"),
        offices: vec!["affari".into()],
        rapporteurs: vec!["commissario".into()],
        procedure_head: "rp".into(),
        competence: "art. 48 TUEL".into(),
        text: "Premesso che occorre.".into(),
        decision: vec!["di indirizzare;".into()],
        gates: Gates {
            effects: Effects::None,
            direction_only: Some("fissa solo criteri generali".into()),
            ..Gates::default()
        },
        ..Content::default()
    }
}

async fn case(executor: &Executor, actor: &str, id: &str, command: CaseCommand) {
    let command = Command::Case { id: id.into(), command };
    executor.execute(Request::new(actor, command)).await.unwrap();
}

/// Brings one act to the agenda; its proposal is signed on bytes that nobody looks at here.
async fn ready(executor: &Executor, n: usize) {
    let id = format!("atto-{n}");
    let kind = "deliberazione-giunta".to_owned();
    let acknowledged = executor.world(&[]).await.unwrap();
    let needs_ack = acknowledged
        .registry
        .regulation(delibera::domain::law::calendar::rome_date(at()))
        .unwrap()
        .indirizzo_requires_segretario_ack;
    case(executor, "rp", &id, CaseCommand::Create { kind, content: content(n), again_of: None })
        .await;
    if needs_ack {
        case(executor, "segretario", &id, CaseCommand::AcknowledgeDirection).await;
    }
    case(executor, "rp", &id, CaseCommand::Submit).await;
    let stream = StreamId::case(&id);
    loop {
        let world = executor.world(std::slice::from_ref(&stream)).await.unwrap();
        let act = world.case(&id).unwrap();
        match act.step.as_str() {
            "firma_proposta" => {
                let paper = act.paper("proposta").unwrap().clone();
                match &paper.sha256 {
                    None => {
                        let facts = case_paper(&id, &paper.plan, &world).unwrap().sha256();
                        let prepare = CaseCommand::PreparePaper {
                            paper_key: "proposta".into(),
                            facts,
                            sha256: format!("{n:064}"),
                            pages: 1,
                        };
                        case(executor, SYSTEM_ACTOR, &id, prepare).await;
                    }
                    Some(base) => {
                        let slot = paper.open_slots().next().unwrap();
                        let signer = slot.signer.clone().unwrap();
                        let sign = CaseCommand::Sign {
                            paper_key: "proposta".into(),
                            base: base.clone(),
                            paper: Some(SignedPaper {
                                form: Default::default(),
                                kind: paper.plan.kind,
                                facts: paper.facts.clone().unwrap(),
                                sha256: format!("{:064}", 1_000_000 + n * 10 + paper.signed.len()),
                                fiscal_code: signer.fiscal_code.clone(),
                                assurance: None,
                            }),
                        };
                        case(executor, &signer.person, &id, sign).await;
                    }
                }
            }
            "istruttoria" => {
                let pass = CaseCommand::PassReview { note: String::new() };
                case(executor, "segretario", &id, pass).await;
            }
            _ => return,
        }
    }
}

async fn a_thousand(url: &str) {
    let store = Store::connect(url).await.unwrap();
    store.migrate().await.unwrap();
    let executor = Executor::new(store.clone(), Arc::new(SimulatedClock::at(at())));
    comune(&executor).await;
    let mut preparing = tokio::task::JoinSet::new();
    for n in 0..ACTS {
        let executor = executor.clone();
        preparing.spawn(async move { ready(&executor, n).await });
        if preparing.len() >= 64 {
            preparing.join_next().await.unwrap().unwrap();
        }
    }
    while let Some(done) = preparing.join_next().await {
        done.unwrap();
    }
    let mut proclaiming = tokio::task::JoinSet::new();
    for n in 0..ACTS {
        let executor = executor.clone();
        proclaiming.spawn(async move {
            let adopt = CaseCommand::AdoptAsCommissioner { immediate: None };
            case(&executor, "commissario", &format!("atto-{n}"), adopt).await;
        });
    }
    while let Some(done) = proclaiming.join_next().await {
        done.unwrap();
    }
    let lines = store.register("deliberazioni", 2024).await.unwrap();
    let numbers: Vec<i64> = lines.iter().map(|line| line.number).collect();
    assert_eq!(numbers, (1..=1_000).collect::<Vec<i64>>());
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_proclamations_at_once_leave_no_gap_on_sqlite() {
    let dir = folder("proclamations");
    a_thousand(&format!("sqlite:{}", dir.join("delibera.db").display())).await;
    std::fs::remove_dir_all(&dir).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_proclamations_at_once_leave_no_gap_on_postgresql() {
    a_thousand(&postgres::new_database().await).await;
}
