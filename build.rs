// SPDX-License-Identifier: AGPL-3.0-or-later
//! A new migration is a reason to build again: sqlx embeds the folder at compile time.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=templates");
}
