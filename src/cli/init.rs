// SPDX-License-Identifier: AGPL-3.0-or-later
//! `init` and `migrate`: the database, the Comune, the first administrator, the opening numbers.

use super::config::{Config, ConfigArg};
use super::{DONE, block_on, refused};
use crate::domain::command::Command;
use crate::domain::law::calendar::rome_date;
use crate::domain::registry::{ComuneData, Mandate, Person, RegistryCommand, Role};
use crate::domain::stream::SYSTEM_ACTOR;
use crate::service::accounts::Accounts;
use crate::service::clock::{Clock, SystemClock};
use crate::service::execute::{ExecuteError, Executor, Request};
use crate::service::migration;
use crate::service::scenario::{PRESETS, WORKFLOWS};
use crate::store::Store;
use chrono::Datelike;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// What the first start needs.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Nome del Comune («Comune di …»)
    #[arg(long, value_name = "NOME")]
    comune: String,
    /// Codice fiscale dell'ente
    #[arg(long, value_name = "CODICE", default_value = "")]
    ente: String,
    /// Componenti della Giunta previsti dallo statuto, Sindaco compreso
    #[arg(long, value_name = "N", default_value_t = 0)]
    seggi: u32,
    /// Indirizzo da cui partono i messaggi
    #[arg(long, value_name = "INDIRIZZO", default_value = "")]
    email: String,
    /// Nome del primo amministratore
    #[arg(long, value_name = "NOME")]
    nome: String,
    /// Cognome del primo amministratore
    #[arg(long, value_name = "COGNOME")]
    cognome: String,
    /// Codice fiscale del primo amministratore
    #[arg(long, value_name = "CODICE")]
    codice_fiscale: String,
    /// Indirizzo di posta del primo amministratore
    #[arg(long, value_name = "INDIRIZZO")]
    posta: String,
    /// Il regolamento del Comune: un file, oppure «grande-comune» o «piccolo-comune» da completare;
    /// senza, si sceglie dalle pagine
    #[arg(long, value_name = "FILE")]
    regolamento: Option<String>,
    /// Ultimo numero già usato in un registro quest'anno, come «deliberazioni=837»; si può ripetere
    #[arg(long, value_name = "REGISTRO=N")]
    ultimo: Vec<String>,
    #[command(flatten)]
    config: ConfigArg,
}

/// Creates the database and puts the Comune on record.
pub fn run(args: &InitArgs) -> ExitCode {
    let config = match args.config.load() {
        Ok(config) => config,
        Err(code) => return code,
    };
    let commands = match commands(args) {
        Ok(commands) => commands,
        Err(reason) => {
            eprintln!("errore: {reason}");
            return ExitCode::from(super::WRONG_USE);
        }
    };
    match block_on(first(&config, commands)) {
        Ok(link) => {
            println!("{}: archivio pronto in {}", args.comune, config.database);
            println!("Il primo amministratore accede come «{ADMINISTRATOR}» dopo avere scelto la");
            println!("password, con «delibera serve» in funzione, entro un'ora, all'indirizzo:");
            println!("  {link}");
            println!("Scaduto il collegamento: delibera access {ADMINISTRATOR}");
            println!("Le pagine lo guidano nel primo avvio: Comune, regolamento, uffici, persone");
            ExitCode::from(DONE)
        }
        Err(error) => refused(format!("{error:#}")),
    }
}

/// Person and login of who is there first.
const ADMINISTRATOR: &str = "amministratore";

/// Puts the Comune on record and gives its administrator an account.
async fn first(config: &Config, commands: Vec<RegistryCommand>) -> anyhow::Result<String> {
    record(&config.database, commands).await?;
    link_for(config, ADMINISTRATOR).await
}

/// Whose password is to be chosen.
#[derive(Debug, Args)]
pub struct AccessArgs {
    /// Identificativo della persona in anagrafe; diventa anche il nome utente se non ne ha uno
    persona: String,
    #[command(flatten)]
    config: ConfigArg,
}

/// Prints a link, good once and for an hour, with which a person chooses a password: for the first
/// start, and when mail does not work.
pub fn access(args: &AccessArgs) -> ExitCode {
    let config = match args.config.load() {
        Ok(config) => config,
        Err(code) => return code,
    };
    match block_on(link_for(&config, &args.persona)) {
        Ok(link) => {
            println!("{link}");
            ExitCode::from(DONE)
        }
        Err(error) => refused(format!("{error:#}")),
    }
}

async fn link_for(config: &Config, person: &str) -> anyhow::Result<String> {
    let store = Store::connect(&config.database).await?;
    let executor = Executor::new(store.clone(), Arc::new(SystemClock));
    let world = executor.world(&[]).await?;
    anyhow::ensure!(world.registry.people.contains_key(person), "«{person}» non è in anagrafe");
    let accounts = Accounts::new(store.clone(), Arc::new(SystemClock));
    if store.account(person).await?.is_none() {
        accounts.add(person, person).await?;
    }
    let secret = accounts.link(person).await?;
    store.close().await;
    let base = config.mail.as_ref().and_then(|mail| mail.base_url.clone());
    let base = base.unwrap_or_else(|| format!("http://{}", config.listen));
    Ok(format!("{}/accesso/password?c={secret}", base.trim_end_matches('/')))
}

fn commands(args: &InitArgs) -> Result<Vec<RegistryCommand>, String> {
    let today = rome_date(SystemClock.now());
    let mut commands = vec![RegistryCommand::DescribeComune(ComuneData {
        name: args.comune.clone(),
        fiscal_code: args.ente.clone(),
        email: args.email.clone(),
        giunta_seats: args.seggi,
        ..ComuneData::default()
    })];
    if let Some(named) = &args.regolamento {
        let text = match PRESETS.iter().find(|(name, _)| name == named) {
            Some((_, text)) => (*text).to_owned(),
            None => std::fs::read_to_string(PathBuf::from(named))
                .map_err(|e| format!("{named}: {e}"))?,
        };
        commands.push(RegistryCommand::AdoptRegulation { text, from: today });
    }
    let built_in = WORKFLOWS.iter().map(|text| (*text).to_owned());
    commands.extend(built_in.map(|text| RegistryCommand::ActivateWorkflow { text }));
    commands.extend([
        RegistryCommand::RegisterPerson(Person {
            id: ADMINISTRATOR.into(),
            given_name: args.nome.clone(),
            surname: args.cognome.clone(),
            fiscal_code: args.codice_fiscale.clone(),
            email: args.posta.clone(),
            born: None,
        }),
        RegistryCommand::GrantMandate(Mandate {
            id: ADMINISTRATOR.into(),
            person: ADMINISTRATOR.into(),
            role: Role::Amministratore,
            office: None,
            capacity: crate::domain::registry::Capacity::Titolare,
            title: "Amministratore del sistema".into(),
            act: String::new(),
            from: today,
            to: None,
            rank: 0,
            group: None,
        }),
    ]);
    for opening in &args.ultimo {
        let (register, last) = opening
            .split_once('=')
            .and_then(|(register, last)| Some((register.to_owned(), last.parse::<i64>().ok()?)))
            .ok_or_else(|| format!("--ultimo si scrive «deliberazioni=837», non «{opening}»"))?;
        commands.push(RegistryCommand::OpenRegister {
            register,
            year: today.year(),
            last,
            source: "registro tenuto prima dell'avvio".into(),
        });
    }
    Ok(commands)
}

async fn record(url: &str, commands: Vec<RegistryCommand>) -> Result<(), ExecuteError> {
    let store = Store::connect(url).await?;
    store.migrate().await?;
    let executor = Executor::new(store.clone(), Arc::new(SystemClock));
    let world = executor.world(&[]).await?;
    if world.registry.version > 0 {
        store.close().await;
        return Err(ExecuteError::Refused(crate::domain::refusal::Refusal::new(
            "already_initialised",
            "",
            "",
            format!("l'archivio contiene già {}", world.registry.comune.name),
        )));
    }
    for command in commands {
        executor.execute(Request::new(SYSTEM_ACTOR, Command::Registry(command))).await?;
    }
    store.close().await;
    Ok(())
}

/// Brings the schema up to date.
pub fn migrate(args: &ConfigArg) -> ExitCode {
    let config = match args.load() {
        Ok(config) => config,
        Err(code) => return code,
    };
    let done = block_on(async {
        let store = Store::connect(&config.database).await?;
        let rows = migration::migrate(&store).await?;
        store.close().await;
        Ok::<usize, crate::store::StoreError>(rows)
    });
    match done {
        Ok(rows) => {
            println!("{}: struttura aggiornata", config.database);
            if rows > 0 {
                println!("righe per le pagine rifatte dai fatti: {rows}");
            }
            ExitCode::from(DONE)
        }
        Err(error) => refused(error),
    }
}
