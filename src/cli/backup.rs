// SPDX-License-Identifier: AGPL-3.0-or-later
//! `backup` and `restore`: a copy of everything, verified before it is believed.

use super::config::ConfigArg;
use super::progress::Progress;
use super::verify::audit;
use super::{DONE, block_on, refused};
use crate::service::migration::migrate;
use crate::store::{Report, Store, StoreError, path_of, restore_file};
use crate::web::case::size;
use clap::Args;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// How often a copy under way is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// Where the copy goes.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// File della copia, che non deve esistere
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Archivio da copiare; senza, quello della configurazione
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    #[command(flatten)]
    config: ConfigArg,
}

/// Where it is put back.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// File della copia
    file: PathBuf,
    /// Archivio da riempire, che non deve contenere fatti; senza, quello della configurazione
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    #[command(flatten)]
    config: ConfigArg,
}

/// Takes a copy while others work.
pub fn backup(args: &BackupArgs) -> ExitCode {
    let url = match args.config.database(args.database.as_deref()) {
        Ok(url) => url,
        Err(code) => return code,
    };
    let part = beside(&args.to, ".part");
    let progress = Progress::start();
    let copied = block_on(copy(&url, &part, &args.to, &progress));
    drop(progress);
    if !matches!(&copied, Ok(report) if report.finding.is_none()) {
        // What was not verified is no copy; if nothing was written there is nothing to remove.
        let _ = std::fs::remove_file(&part);
    }
    said(copied, &format!("copia in {}", args.to.display()))
}

async fn copy(
    url: &str,
    part: &Path,
    to: &Path,
    progress: &Progress,
) -> Result<Report, StoreError> {
    let file = |source| StoreError::File { path: to.to_owned(), source };
    if to.exists() {
        return Err(StoreError::Exists(to.display().to_string()));
    }
    // Left by a copy that was cut short.
    if part.exists() {
        std::fs::remove_file(part).map_err(file)?;
    }
    let store = Store::connect_read_only(url).await?;
    progress.part("Copia dell'archivio");
    let whole = path_of(url)?.and_then(|path| bytes(&path));
    watched(store.backup(part), part, whole, progress).await?;
    store.close().await;
    progress.part("Verifica della copia");
    let report = audit(&format!("sqlite:{}", part.display()), None, progress).await?;
    if report.finding.is_none() {
        std::fs::rename(part, to).map_err(file)?;
    }
    Ok(report)
}

/// Waits for a copy and tells how large it is meanwhile: an engine that copies itself says nothing.
async fn watched<T>(
    copying: impl Future<Output = T>,
    part: &Path,
    whole: Option<u64>,
    progress: &Progress,
) -> T {
    let mut copying = std::pin::pin!(copying);
    let mut every = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            done = &mut copying => return done,
            _ = every.tick() => {
                let copied = size(bytes(part).unwrap_or_default());
                let whole = whole.map(|whole| format!(" di {}", size(whole)));
                progress.at(&format!("Copiati {copied}{}", whole.unwrap_or_default()));
            }
        }
    }
}

fn bytes(path: &Path) -> Option<u64> {
    std::fs::metadata(path).ok().map(|file| file.len())
}

/// Puts a copy back.
pub fn restore(args: &RestoreArgs) -> ExitCode {
    let url = match args.config.database(args.database.as_deref()) {
        Ok(url) => url,
        Err(code) => return code,
    };
    let progress = Progress::start();
    let restored = block_on(put_back(&args.file, &url, &progress));
    drop(progress);
    said(restored, "copia ripristinata")
}

async fn put_back(from: &Path, url: &str, progress: &Progress) -> Result<Report, StoreError> {
    let current = beside(from, ".current");
    let file = |source| StoreError::File { path: from.to_owned(), source };
    std::fs::copy(from, &current).map_err(file)?;
    let report = put_back_current(&current, url, progress).await;
    for left in ["", ".lock", "-wal", "-shm"] {
        // What is not there need not be removed.
        let _ = std::fs::remove_file(beside(&current, left));
    }
    report
}

/// Puts back a working copy, which may be of an older version: it is brought up to date and
/// verified first, for a copy that does not hold together is not put anywhere.
async fn put_back_current(
    current: &Path,
    url: &str,
    progress: &Progress,
) -> Result<Report, StoreError> {
    let copy = format!("sqlite:{}", current.display());
    let store = Store::connect(&copy).await?;
    migrate(&store).await?;
    store.close().await;
    progress.part("Verifica della copia");
    let before = audit(&copy, None, progress).await?;
    if before.finding.is_some() {
        return Ok(before);
    }
    progress.part("Ripristino");
    match path_of(url)? {
        Some(path) => restore_file(current, &path)?,
        None => {
            let store = Store::connect(url).await?;
            store.migrate().await?;
            store.restore(current).await?;
            store.close().await;
        }
    }
    progress.part("Verifica dell'archivio ripristinato");
    audit(url, None, progress).await
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn said(outcome: Result<Report, StoreError>, what: &str) -> ExitCode {
    let report = match outcome {
        Ok(report) => report,
        Err(error) => return refused(error),
    };
    if let Some(finding) = &report.finding {
        return refused(format!("NON TORNA  {finding}"));
    }
    let (events, documents) = (report.events, report.documents);
    println!("{what}, verificata: {events} fatti, {documents} documenti");
    if let Some(seal) = &report.last_seal {
        println!("Ultimo sigillo, da conservare altrove: {seal}");
    }
    ExitCode::from(DONE)
}
