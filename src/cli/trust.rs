// SPDX-License-Identifier: AGPL-3.0-or-later
//! `trust`: takes a Trusted List into the folder of the trusted authorities, once its fingerprint
//! has been compared with the one its publisher states.

use super::{DONE, REFUSED, refused};
use crate::service::trust::{examine, import};
use clap::Args;
use delibera_signature::{Kind, TrustedList};
use std::path::PathBuf;
use std::process::ExitCode;

/// Importa un elenco di fiducia (ETSI TS 119 612)
#[derive(Debug, Args)]
#[command(after_help = "\
Senza --sha256 mostra l'impronta e che cosa contiene l'elenco, senza importarlo. L'impronta va
confrontata con quella pubblicata da chi tiene l'elenco (in Italia AgID), per altra via.")]
pub struct TrustArgs {
    /// Elenco scaricato
    #[arg(value_name = "FILE")]
    list: PathBuf,
    /// Cartella delle autorità fidate
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
    /// Impronta SHA-256 confrontata e confermata
    #[arg(long, value_name = "IMPRONTA")]
    sha256: Option<String>,
}

/// Runs the command.
pub fn run(args: &TrustArgs) -> ExitCode {
    let taken = match &args.sha256 {
        None => examine(&args.list),
        Some(confirmed) => import(&args.list, &args.into, confirmed),
    };
    match taken {
        Ok(list) => {
            tell(&list);
            if args.sha256.is_some() {
                println!("Importato in {}", args.into.display());
                println!(
                    "Il programma in servizio rilegge la cartella da sé: non occorre riavviarlo"
                );
                return ExitCode::from(DONE);
            }
            println!("Non importato: confrontare l'impronta e ripetere con --sha256");
            ExitCode::from(REFUSED)
        }
        Err(error) => refused(error),
    }
}

fn tell(list: &TrustedList) {
    let day = |at: Option<chrono::DateTime<chrono::Utc>>| {
        at.map_or_else(|| "non detto".to_owned(), |at| at.format("%d/%m/%Y").to_string())
    };
    let count = |kind| list.services().iter().filter(|s| s.kind == kind).count();
    println!("Elenco di fiducia {}, n. {}", list.territory, list.sequence);
    println!("emesso il {}, da rinnovare entro il {}", day(list.issued), day(list.next_update));
    println!(
        "{} servizi di certificati qualificati, {} di marche temporali qualificate",
        count(Kind::QualifiedCertificates),
        count(Kind::QualifiedTimestamps)
    );
    println!("SHA-256 {}", list.sha256);
}
