// SPDX-License-Identifier: AGPL-3.0-or-later
//! The copy of the repository that is mutated: what git would keep, as it stands in the working tree.

use anyhow::{Context, Result, ensure};
use std::collections::BTreeSet;
use std::fs::{self, File, FileTimes};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Makes the copy like the repository. Times are kept: what cargo compiled of it stays compiled.
pub fn refresh(from: &Path, to: &Path, but: impl Fn(&str) -> bool) -> Result<()> {
    let wanted = listed(from)?;
    for name in &wanted {
        let (source, target) = (from.join(name), to.join(name));
        if !but(name) && source.is_file() {
            write(&target, &fs::read(&source)?, Some(&source))?;
        }
    }
    for path in files(to)? {
        let name = path.strip_prefix(to)?.to_string_lossy().into_owned();
        if !wanted.contains(&name) && !but(&name) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// Writes a file only if it says something else, so that cargo does not compile it again.
pub fn write(path: &Path, bytes: &[u8], like: Option<&Path>) -> Result<()> {
    let there = fs::read(path).ok();
    if there.as_deref() == Some(bytes) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, bytes).with_context(|| format!("{} is not written", path.display()))?;
    if let Some(like) = like {
        fs::set_permissions(path, fs::metadata(like)?.permissions())?;
    }
    // A change is new, whatever the time of the file it was taken from.
    if let (Some(like), None) = (like, there) {
        let modified = fs::metadata(like)?.modified()?;
        File::options()
            .append(true)
            .open(path)?
            .set_times(FileTimes::new().set_modified(modified))?;
    }
    Ok(())
}

fn listed(root: &Path) -> Result<BTreeSet<String>> {
    let done = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .context("git does not run")?;
    ensure!(done.status.success(), "git ls-files: {}", String::from_utf8_lossy(&done.stderr));
    let names = String::from_utf8(done.stdout)?;
    Ok(names.split_terminator('\0').map(str::to_owned).collect())
}

/// Every file under a folder.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => found.extend(files(&path)?),
            false => found.push(path),
        }
    }
    Ok(found)
}
