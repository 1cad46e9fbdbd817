// SPDX-License-Identifier: AGPL-3.0-or-later
//! Signing as the product does it: every way of signing on real devices and services, many papers
//! in one gesture, levels that are reached when the network allows, documents signed elsewhere.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "support/http.rs"]
mod http;
#[path = "../crates/signature/tests/support/pki.rs"]
mod pki;

#[path = "signing/bulk.rs"]
mod bulk;
#[path = "signing/comune.rs"]
mod comune;
#[path = "signing/judgement.rs"]
mod judgement;
#[path = "signing/levels.rs"]
mod levels;
#[path = "signing/offline.rs"]
mod offline;
#[path = "signing/remote.rs"]
mod remote;
#[path = "signing/services.rs"]
mod services;
#[path = "signing/token.rs"]
mod token;

use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder of this test run, empty.
fn folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("delibera-signing-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// A program of the Python environment that `./test` installs.
fn python(program: &str) -> Command {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-python");
    let folder = std::env::var_os("DELIBERA_TEST_PYTHON").map_or(own, PathBuf::from);
    let path = folder.join("bin").join(program);
    assert!(
        path.exists(),
        "{} is missing: python3 -m venv target/test-python && \
         target/test-python/bin/pip install -r tests/requirements.txt",
        path.display()
    );
    Command::new(path)
}

/// Runs to the end; what it said, or a failure with what it said.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{command:?}: {said}");
    said
}

/// Poppler calls so many signatures of a document valid.
fn valid(pdf: &[u8], count: usize) {
    let path = std::env::temp_dir().join(format!("delibera-{}.pdf", uuid::Uuid::new_v4()));
    std::fs::write(&path, pdf).unwrap();
    let said = Command::new("pdfsig").arg("-nocert").arg(&path).output();
    let said = said.expect("pdfsig is missing: apt-get install poppler-utils").stdout;
    let said = String::from_utf8_lossy(&said).into_owned();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(said.matches("Signature is Valid.").count(), count, "{said}");
}
