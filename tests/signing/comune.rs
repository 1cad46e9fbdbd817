// SPDX-License-Identifier: AGPL-3.0-or-later
//! A Comune with one office, acts ready to be signed, and whatever keys a test gives it.

use crate::folder;
use crate::pki::Pki;
use chrono::TimeDelta;
use delibera::domain::case::{CaseCommand, Content, Effects, Gates};
use delibera::domain::command::Command;
use delibera::domain::registry::{
    Capacity, ComuneData, Mandate, Office as Bureau, Person, RegistryCommand, Role,
};
use delibera::domain::stream::{SYSTEM_ACTOR, StreamId};
use delibera::service::clock::{Clock, SimulatedClock, SystemClock};
use delibera::service::documents::Templates;
use delibera::service::execute::{Executor, Request};
use delibera::service::keyring::Keyring;
use delibera::service::keyring::config::SigningConfig;
use delibera::service::mail::{MailConfig, Mailer, TransportConfig};
use delibera::service::office::Office;
use delibera::service::paper::{Press, document};
use delibera::service::scenario::{PRESETS, WORKFLOWS};
use delibera::service::schedule::Timetable;
use delibera::service::worker::Worker;
use delibera::store::Store;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Fiscal code of who signs in these tests.
pub const CODE: &str = "RSSMRA80A01F205X";
/// His name as certificates have it.
pub const SUBJECT: &str = "/C=IT/serialNumber=TINIT-RSSMRA80A01F205X/CN=Mario Rossi";

pub struct Comune {
    pub office: Office,
    pub worker: Worker,
    pub clock: SimulatedClock,
}

fn person(id: &str, fiscal_code: &str) -> RegistryCommand {
    RegistryCommand::RegisterPerson(Person {
        id: id.into(),
        given_name: "Mario".into(),
        surname: "Rossi".into(),
        fiscal_code: fiscal_code.into(),
        email: format!("{id}@comune.example"),
        born: None,
    })
}

fn mandate(person: &str, role: Role, office: Option<&str>) -> RegistryCommand {
    RegistryCommand::GrantMandate(Mandate {
        id: format!("{person}-{role:?}"),
        person: person.into(),
        role,
        office: office.map(str::to_owned),
        capacity: Capacity::Titolare,
        title: format!("{role:?}"),
        act: String::new(),
        from: chrono::NaiveDate::from_ymd_opt(2020, 1, 1).unwrap(),
        to: None,
        rank: 0,
        group: None,
    })
}

impl Comune {
    /// A Comune with a table `[signing]` and a policy of signatures, on a fresh database.
    pub async fn new(name: &str, signing: &str, policy: &str) -> Self {
        let folder = folder(name);
        let clock = SimulatedClock::at(SystemClock.now() + TimeDelta::minutes(1));
        let store =
            Store::connect(&format!("sqlite:{}", folder.join("d.db").display())).await.unwrap();
        store.migrate().await.unwrap();
        let executor = Executor::new(store, Arc::new(clock.clone()));
        let config: SigningConfig = toml::from_str(signing).unwrap();
        let keys = Keyring::new(config, &[9; 32], clock.now() - TimeDelta::days(1)).unwrap();
        let press =
            Press { templates: Arc::new(Templates::embedded().unwrap()), keys: Arc::new(keys) };
        let office = Office { executor, press };
        let worker = worker(&office, &folder);
        let comune = Comune { office, worker, clock };
        comune.set_up(policy).await;
        comune
    }

    async fn set_up(&self, policy: &str) {
        let policy = if policy.is_empty() {
            String::new()
        } else {
            format!("\n[signature_policy]\nvalue = {policy}\nsource = \"prova\"\n")
        };
        let commands = vec![
            RegistryCommand::DescribeComune(ComuneData {
                name: "Comune di prova".into(),
                fiscal_code: "01199250158".into(),
                giunta_seats: 5,
                inhabitants: 0,
                council_seats: 0,
                ..ComuneData::default()
            }),
            RegistryCommand::AdoptRegulation {
                text: format!("{}{policy}", PRESETS[1].1),
                from: chrono::NaiveDate::from_ymd_opt(2000, 1, 1).unwrap(),
            },
            RegistryCommand::ActivateWorkflow { text: WORKFLOWS[0].into() },
            RegistryCommand::OpenOffice(Bureau { id: "affari".into(), name: "Affari".into() }),
            person("rossi", CODE),
            person("segretario", "BBBBBB00B00B000B"),
            person("ragioniere", "DDDDDD00D00D000D"),
            person("sindaco", "CCCCCC00C00C000C"),
            mandate("rossi", Role::ResponsabileProcedimento, None),
            mandate("rossi", Role::Direttore, Some("affari")),
            mandate("segretario", Role::Segretario, None),
            mandate("segretario", Role::Segreteria, None),
            mandate("ragioniere", Role::ResponsabileRagioneria, None),
            mandate("sindaco", Role::Sindaco, None),
        ];
        for command in commands {
            let request = Request::new(SYSTEM_ACTOR, Command::Registry(command));
            self.office.executor.execute(request).await.unwrap();
        }
    }

    pub async fn act(&self, actor: &str, id: &str, command: CaseCommand) {
        let command = Command::Case { id: id.into(), command };
        self.office.executor.execute(Request::new(actor, command)).await.unwrap();
    }

    /// Acts whose proposals wait for the signature of «rossi».
    pub async fn proposals(&self, count: usize) -> Vec<(StreamId, String)> {
        let mut papers = Vec::new();
        for n in 0..count {
            let (id, kind) = (format!("atto-{n}"), "deliberazione-giunta".to_owned());
            self.act(
                "rossi",
                &id,
                CaseCommand::Create { kind, content: content(n), again_of: None },
            )
            .await;
            self.act("rossi", &id, CaseCommand::Submit).await;
            papers.push((StreamId::case(&id), "proposta".to_owned()));
        }
        self.worker.drain().await.unwrap();
        papers
    }

    /// The bytes of a paper as they stand: its signed revision.
    pub async fn paper(&self, (stream, key): &(StreamId, String)) -> Vec<u8> {
        let world = self.office.executor.world(std::slice::from_ref(stream)).await.unwrap();
        let sha256 = world.case(&stream.id).unwrap().paper(key).unwrap().sha256.clone().unwrap();
        document(&self.office.executor, &sha256).await.unwrap()
    }

    /// The database agrees with itself.
    pub async fn verified(&self) {
        let store = &self.office.executor.store;
        let report = delibera::service::verify::verify(store, None, |_| {}).await.unwrap();
        assert!(report.finding.is_none(), "{:?}", report.finding);
    }
}

fn worker(office: &Office, folder: &std::path::Path) -> Worker {
    let config = MailConfig {
        transport: TransportConfig::Folder { path: folder.join("mail") },
        from: "delibera@comune.example".into(),
        reply_to: None,
        training: None,
        base_url: None,
        templates: None,
    };
    let off = |name: &str| (name.to_owned(), "off".to_owned());
    let hours: BTreeMap<String, String> =
        ["hourly_seal", "daily_seal", "albo_probe"].map(off).into();
    Worker {
        office: office.clone(),
        mailer: Arc::new(Mailer::new(&config).unwrap()),
        timetable: Timetable::new(&hours).unwrap(),
        pages: None,
        name: "prova".into(),
        sent: Arc::default(),
    }
}

fn content(n: usize) -> Content {
    Content {
        subject: format!("Atto n. {n}"),
        offices: vec!["affari".into()],
        rapporteurs: vec!["sindaco".into()],
        procedure_head: "rossi".into(),
        competence: "art. 48 TUEL".into(),
        text: "Premesso che occorre.".into(),
        decision: vec!["di provvedere;".into()],
        gates: Gates { effects: Effects::None, ..Gates::default() },
        ..Content::default()
    }
}

/// The line of the folder that trusts an authority.
pub fn trust(pki: &Pki) -> String {
    let folder = pki.dir.join("trust");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("ca.cer"), pki.anchor()).unwrap();
    format!("trust = {folder:?}\n")
}

/// The `[signing]` table of people who sign with a key in a file of an authority that is trusted.
pub fn file_keys(pki: &Pki, section: &str) -> String {
    let key = pki.issue("rossi", SUBJECT, "RSA-2048", section, 30);
    let seal = "/C=IT/O=Comune/organizationIdentifier=CF:IT-01199250158/CN=Comune di prova";
    let seal = pki.issue("sigillo", seal, "P-256", section, 30);
    let line = |who: &str, issued: &crate::pki::Issued| {
        format!(
            "{who} = {{ backend = \"file\", key = {:?}, certificate = {:?} }}\n",
            issued.key_file, issued.certificate_file
        )
    };
    format!(
        "{}{}[backends]\nfile = {{ kind = \"file\" }}\n[people]\n{}",
        trust(pki),
        line("seal", &seal),
        line("rossi", &key)
    )
}
