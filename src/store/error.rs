// SPDX-License-Identifier: AGPL-3.0-or-later
//! What can go wrong with the database, told in Italian to whoever has to act on it.

use crate::domain::refusal::Refusal;
use std::path::PathBuf;
use std::sync::Arc;
use thiserror::Error;

/// A failure of the store. `Display` is for people; the cause is in `source`, for the log.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The address of the database is not one we understand. Of one that may hold a password only
    /// the reason is told: errors go to the log.
    #[error(
        "Indirizzo del database non valido ({0}). Si scrive sqlite:PERCORSO oppure \
         postgres://UTENTE:PASSWORD@HOST/DATABASE; nella password i caratteri # / ? @ e gli spazi si \
         scrivono con %23 %2F %3F %40 %20"
    )]
    Url(String),
    /// Another process owns the SQLite file.
    #[error(
        "Il database {} è già in uso da un altro processo. Fermarlo, oppure usare PostgreSQL \
         per avere più processi",
        .0.display()
    )]
    InUse(PathBuf),
    /// The lock file or the folder of the database cannot be used.
    #[error("Il file {} non si può aprire", .path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The database does not answer, or the connection fell: nothing was recorded.
    #[error("Il database non risponde")]
    Unavailable(#[source] Arc<sqlx::Error>),
    /// The connection fell while a write was being recorded, and did not come back in time to ask:
    /// it may be there or not. Whoever repeats it under its key has it once.
    #[error("Il database ha smesso di rispondere durante la registrazione: può essere avvenuta")]
    InDoubt(#[source] Arc<sqlx::Error>),
    /// The disk takes no more, because it is full or broken: nothing was recorded.
    #[error("Il disco dell'archivio non accetta altre scritture: niente è stato registrato")]
    NoRoom(#[source] sqlx::Error),
    /// The migrations could not be applied.
    #[error("Lo schema del database non si può aggiornare")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// Something that must be unique is already there.
    #[error("Il dato esiste già ({0})")]
    Exists(String),
    /// A number is already in its register: received twice, or taken by a register that does not know
    /// the numbers another system gave.
    #[error("Il numero è già nel registro")]
    NumberExists,
    /// A stored value that cannot be read back.
    #[error("Dato illeggibile in {table}, {id}: {reason}")]
    Corrupt {
        /// Table.
        table: &'static str,
        /// Which row.
        id: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The write asked for something that cannot be: a defect of the program, not of the data.
    #[error("Scrittura incoerente, niente è stato registrato: {0}")]
    Invalid(String),
    /// Others kept changing what the command reads.
    #[error("Troppe scritture concorrenti sugli stessi dati: riprovare")]
    Busy,
    /// The decision panicked; nothing was recorded.
    #[error("Errore interno durante la decisione, niente è stato registrato: {0}")]
    Panicked(String),
    /// The store was opened for reading only.
    #[error("Il database è aperto in sola lettura")]
    ReadOnly,
    /// The store was closed, or the process is stopping.
    #[error("Il database è stato chiuso")]
    Closed,
    /// Any other answer of the database.
    #[error("Il database ha rifiutato l'operazione")]
    Sql(#[source] sqlx::Error),
}

impl StoreError {
    /// It says something of the database at this moment, nothing of what was asked: later the same
    /// is answered.
    pub fn is_passing(&self) -> bool {
        use StoreError::{Busy, Closed, InDoubt, NoRoom, Unavailable};
        matches!(self, Unavailable(_) | InDoubt(_) | NoRoom(_) | Busy | Closed)
    }
}

/// Codes of a disk that does not take what is written: SQLITE_FULL, the writes of SQLITE_IOERR
/// (write, truncate, shared memory, directory), disk_full of PostgreSQL.
const NO_ROOM: [&str; 6] = ["13", "778", "1290", "1546", "4874", "53100"];

/// SQLITE_IOERR_FSYNC: it was written, and the disk does not say whether it holds it.
const NOT_CONFIRMED: &str = "1034";

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if is_connection(&error) {
            return Self::Unavailable(Arc::new(error));
        }
        let Some(db) = error.as_database_error() else { return Self::Sql(error) };
        if db.is_unique_violation() {
            let what = db.constraint().unwrap_or(db.message());
            // SQLite names the columns, PostgreSQL the constraint.
            return match what.contains("register_entries") {
                true => Self::NumberExists,
                false => Self::Exists(what.to_owned()),
            };
        }
        match db.code().unwrap_or_default().into_owned().as_str() {
            NOT_CONFIRMED => Self::InDoubt(Arc::new(error)),
            code if NO_ROOM.contains(&code) => Self::NoRoom(error),
            _ => Self::Sql(error),
        }
    }
}

/// True when nobody can tell whether the statement took effect.
pub(crate) fn is_connection(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        // 57P…: the server is stopping or starting; 08…: the connection failed.
        sqlx::Error::Database(db) => {
            db.code().is_some_and(|code| code.starts_with("57P") || code.starts_with("08"))
        }
        _ => false,
    }
}

/// Why a write recorded nothing.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}
