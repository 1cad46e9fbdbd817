// SPDX-License-Identifier: AGPL-3.0-or-later
//! `delibera openapi`: the document that `/api/v1/openapi.json` serves, without a server.

use super::DONE;
use clap::Args;
use std::process::ExitCode;

/// Of which installation.
#[derive(Debug, Args)]
pub struct OpenapiArgs {
    /// Indirizzo delle pagine, senza barra finale
    #[arg(long, value_name = "URL", default_value = "https://delibere.comune.example.it")]
    base_url: String,
}

/// Prints the document.
pub fn run(args: &OpenapiArgs) -> ExitCode {
    println!("{:#}", crate::web::api::openapi(&args.base_url));
    ExitCode::from(DONE)
}
