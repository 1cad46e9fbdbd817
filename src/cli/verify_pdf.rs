// SPDX-License-Identifier: AGPL-3.0-or-later
//! `verify-pdf`: the signatures of one file, PDF or `.p7m`, as a third party may check them.

use super::{DONE, REFUSED, WRONG_USE, refused};
use crate::service::clock::{Clock, SystemClock};
use crate::service::trust;
use chrono::{DateTime, Utc};
use clap::Args;
use delibera_signature::{
    Policy, Purpose, Qualification, Report, Revocation, SignatureReport, Trust, Verdict, verify_any,
};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Verifica le firme di un documento
#[derive(Debug, Args)]
#[command(after_help = "\
Per ogni firma: chi, codice fiscale, quando, livello, verdetto (TOTAL-PASSED, INDETERMINATE,
TOTAL-FAILED) e perché. Esce con 0 solo se tutte le firme sono valide.")]
pub struct VerifyPdfArgs {
    /// Documento firmato: .pdf o .p7m
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Cartella delle autorità fidate: certificati, CRL, elenchi di fiducia confermati
    #[arg(long, value_name = "DIR")]
    trust: Option<PathBuf>,
    /// Documento emesso, da cui quello firmato deve discendere
    #[arg(long, value_name = "FILE")]
    issued: Option<PathBuf>,
    /// Istante a cui giudicare, per esempio 2026-07-24T12:00:00Z; senza, adesso
    #[arg(long, value_name = "ISTANTE")]
    at: Option<DateTime<Utc>>,
    /// Ammette solo firme e sigilli qualificati
    #[arg(long)]
    qualified: bool,
    /// Quando la revoca deve essere nota
    #[arg(long, value_name = "QUANDO", default_value = "published", value_parser = revocation)]
    revocation: Revocation,
    /// Stampa un oggetto JSON
    #[arg(long)]
    json: bool,
}

fn revocation(text: &str) -> Result<Revocation, String> {
    match text {
        "required" => Ok(Revocation::Required),
        "published" => Ok(Revocation::Published),
        "if_available" => Ok(Revocation::IfAvailable),
        _ => Err("ammessi: required, published, if_available".into()),
    }
}

/// Runs the command.
pub fn run(args: &VerifyPdfArgs) -> ExitCode {
    let read = |path: &Path| {
        std::fs::read(path).map_err(|error| {
            eprintln!("errore: {}: {error}", path.display());
            ExitCode::from(WRONG_USE)
        })
    };
    let inputs =
        read(&args.file).and_then(|file| Ok((file, args.issued.as_deref().map(read).transpose()?)));
    let (file, issued) = match inputs {
        Ok(inputs) => inputs,
        Err(code) => return code,
    };
    let trust = match args.trust.as_deref().map(trust::read).transpose() {
        Ok(trust) => trust.unwrap_or_else(Trust::default),
        Err(error) => {
            eprintln!("errore: {error}");
            return ExitCode::from(WRONG_USE);
        }
    };
    let policy = Policy {
        at: Some(args.at.unwrap_or_else(|| SystemClock.now())),
        revocation: args.revocation,
        qualified: args.qualified,
        signers: Vec::new(),
    };
    match verify_any(&file, issued.as_deref(), &trust, &policy) {
        Ok(report) => print(args, &report),
        Err(error) if args.json => {
            // What cannot be read is never to be accepted; why is part of the answer.
            let failed = serde_json::json!({
                "signatures": [], "reasons": [error.to_string()], "overall": Verdict::TotalFailed,
            });
            println!("{failed}");
            ExitCode::from(REFUSED)
        }
        Err(error) => refused(error),
    }
}

fn print(args: &VerifyPdfArgs, report: &Report) -> ExitCode {
    if args.json {
        match serde_json::to_string_pretty(report) {
            Ok(json) => println!("{json}"),
            Err(error) => return refused(error),
        }
    } else {
        anstream::print!("{}", told(report, &args.file));
    }
    ExitCode::from(if report.overall == Verdict::TotalPassed { DONE } else { REFUSED })
}

/// What a person reads.
fn told(report: &Report, file: &Path) -> String {
    let mut out = String::new();
    line(&mut out, format_args!("{}  {}", verdict(report.overall), file.display()));
    for (n, signature) in report.signatures.iter().enumerate() {
        line(&mut out, format_args!(""));
        signed(&mut out, n + 1, signature);
    }
    for stamp in &report.document_timestamps {
        let time = stamp.time.map(instant).unwrap_or_default();
        line(
            &mut out,
            format_args!("\nMarca temporale del documento: {time}, {}", stamp.authority),
        );
        line(&mut out, format_args!("   {}", verdict(stamp.verdict)));
        list(&mut out, &stamp.reasons);
    }
    for (title, texts) in [
        ("Modifiche oltre la firma", &report.changed_after),
        ("Modifiche tollerate", &report.noted),
        ("Il documento nel suo insieme", &report.reasons),
    ] {
        if !texts.is_empty() {
            line(&mut out, format_args!("\n{title}:"));
            list(&mut out, texts);
        }
    }
    out
}

fn signed(out: &mut String, n: usize, signature: &SignatureReport) {
    let code = signature.fiscal_code.as_ref().or(signature.organization_identifier.as_ref());
    let code = code.map(|c| format!(" ({c})")).unwrap_or_default();
    line(out, format_args!("{n}. {}{code}", signature.signer_common_name));
    if !signature.field.is_empty() {
        line(out, format_args!("   campo {}", signature.field));
    }
    let mut what = verdict(signature.verdict);
    if let Some(sub) = &signature.sub_indication
        && let Ok(serde_json::Value::String(sub)) = serde_json::to_value(sub)
    {
        let _ = write!(what, " {sub}");
    }
    line(out, format_args!("   {what}"));
    let proved = signature.timestamps.iter().any(|t| t.proved().is_some());
    let time = if proved { signature.time } else { signature.claimed_time.or(signature.time) };
    if let Some(time) = time {
        let how = if proved { "marca temporale" } else { "dichiarata dal firmatario" };
        line(out, format_args!("   {} ({how})", instant(time)));
    }
    if let Some(level) = signature.level {
        line(out, format_args!("   livello {}", level.token()));
    }
    let quality = quality(&signature.qualification);
    line(out, format_args!("   certificato {quality}, di {}", signature.issuer_common_name));
    list(out, &signature.reasons);
    list(out, &signature.changed_after);
}

fn quality(qualification: &Qualification) -> String {
    let kind = match qualification.purpose {
        Some(Purpose::Seal) => " per sigilli",
        Some(Purpose::Website) => " per siti web",
        _ => "",
    };
    let device = if qualification.device { ", chiave in dispositivo qualificato" } else { "" };
    match (qualification.compliance, qualification.granted) {
        (false, _) => "non qualificato".into(),
        (true, Some(true)) => format!("qualificato{kind} secondo l'elenco di fiducia{device}"),
        (true, Some(false)) => {
            format!("che si dice qualificato{kind}, ma il prestatore non era abilitato")
        }
        (true, None) => format!("che si dice qualificato{kind}{device}"),
    }
}

fn verdict(verdict: Verdict) -> String {
    let green = anstyle::AnsiColor::Green.on_default().bold();
    let yellow = anstyle::AnsiColor::Yellow.on_default().bold();
    let red = anstyle::AnsiColor::Red.on_default().bold();
    match verdict {
        Verdict::TotalPassed => format!("{green}VALIDA{green:#} TOTAL-PASSED"),
        Verdict::Indeterminate => format!("{yellow}NON SI PUÒ DIRE{yellow:#} INDETERMINATE"),
        Verdict::TotalFailed => format!("{red}NON VALIDA{red:#} TOTAL-FAILED"),
    }
}

fn instant(time: DateTime<Utc>) -> String {
    time.format("%d/%m/%Y %H:%M:%S UTC").to_string()
}

fn list(out: &mut String, texts: &[String]) {
    texts.iter().for_each(|text| line(out, format_args!("   - {text}")));
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{text}");
}
