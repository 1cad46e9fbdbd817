// SPDX-License-Identifier: AGPL-3.0-or-later
//! `delibera terms`: last day, first day off the Albo, executivity, with doctrine and source.

use super::batch::{self, Line};
use super::page::Page;
use super::{DONE, REFUSED, WRONG_USE};
use crate::domain::law::calendar::{date_with_weekday, parse_date};
use crate::domain::law::terms::{
    ExecCount, Extension, POSTING_DAYS, PubCount, TermRules, Terms, doctrines_disagree, terms,
};
use crate::domain::regulation::{self, Regulation};
use crate::domain::token::Token;
use chrono::NaiveDate;
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Ultimo giorno di pubblicazione, primo giorno fuori dall'Albo, esecutività
#[derive(Debug, Args)]
pub struct TermsArgs {
    /// Un oggetto JSON per riga da standard input, uno per riga in uscita
    #[arg(long, conflicts_with_all = ["posted", "regulation", "pub_count", "exec_count", "outage_days"])]
    batch: bool,
    /// Giorno di affissione all'Albo
    #[arg(long, value_name = "AAAA-MM-GG", value_parser = date, required_unless_present = "batch")]
    posted: Option<NaiveDate>,
    /// Regolamento del Comune, da cui prendere i criteri in vigore quel giorno
    #[arg(
        long, value_name = "FILE",
        conflicts_with_all = ["pub_count", "exec_count"],
        required_unless_present_any = ["batch", "pub_count", "exec_count"]
    )]
    regulation: Option<PathBuf>,
    /// Computo dei quindici giorni: P-INC o P-EXC
    #[arg(
        long, alias = "pub_count", value_name = "CRITERIO", value_parser = word::<PubCount>,
        requires = "exec_count"
    )]
    pub_count: Option<PubCount>,
    /// Computo dei dieci giorni: E-A, E-B o E-C
    #[arg(
        long, alias = "exec_count", value_name = "CRITERIO", value_parser = word::<ExecCount>,
        requires = "pub_count"
    )]
    exec_count: Option<ExecCount>,
    /// Giorni di disservizio attestati
    #[arg(long, alias = "outage_days", value_name = "N", default_value_t = 0, value_parser = whole)]
    outage_days: u16,
}

fn date(text: &str) -> Result<NaiveDate, String> {
    parse_date(text).ok_or_else(|| "serve una data esistente, AAAA-MM-GG".to_owned())
}

fn whole(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| "serve un numero intero da 0 a 65535".to_owned())
}

fn word<T: Token>(text: &str) -> Result<T, String> {
    T::from_token(text).ok_or_else(|| format!("ammessi: {}", T::allowed()))
}

/// Runs the command.
pub fn run(args: TermsArgs) -> ExitCode {
    if args.batch {
        return batch::run(answer);
    }
    let Some(posted) = args.posted else { return ExitCode::from(WRONG_USE) };
    match (args.regulation, args.pub_count, args.exec_count) {
        (Some(file), _, _) => by_regulation(&file, posted, args.outage_days),
        (None, Some(pub_count), Some(exec_count)) => {
            let question = Question {
                posted,
                outage_days: args.outage_days,
                rules: TermRules::new(pub_count, exec_count),
                pub_source: pub_count.authority().to_owned(),
                exec_source: exec_count.authority().to_owned(),
                posting_source: "art. 124, c. 1, TUEL".to_owned(),
            };
            question.print()
        }
        _ => ExitCode::from(WRONG_USE),
    }
}

const KEYS: [&str; 4] = ["posted", "pub_count", "exec_count", "outage_days"];

/// One line of the batch.
fn answer(line: &Line) -> Result<Terms, String> {
    line.only(&KEYS)?;
    let posted = line.required_word("posted", "data esistente, AAAA-MM-GG", parse_date)?;
    let pub_count = line.required_word("pub_count", &PubCount::allowed(), PubCount::from_token)?;
    let exec_count =
        line.required_word("exec_count", &ExecCount::allowed(), ExecCount::from_token)?;
    let outage_days = line.whole("outage_days")?.unwrap_or(0);
    let outage_days =
        u16::try_from(outage_days).map_err(|_| "outage_days: numero troppo grande".to_owned())?;
    terms(posted, pub_count, exec_count, outage_days, POSTING_DAYS).map_err(|e| e.to_string())
}

fn by_regulation(file: &Path, posted: NaiveDate, outage_days: u16) -> ExitCode {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("errore: non si legge {}: {error}", file.display());
            return ExitCode::from(WRONG_USE);
        }
    };
    let regulation = match regulation::parse(&text, &file.display().to_string()) {
        Ok(regulation) => regulation,
        Err(problems) => {
            for problem in problems {
                eprintln!("{problem}");
            }
            return ExitCode::from(REFUSED);
        }
    };
    match regulation.on(posted) {
        Ok(regulation) => question(&regulation, posted, outage_days).print(),
        Err(refusal) => {
            eprintln!("{refusal}");
            ExitCode::from(REFUSED)
        }
    }
}

fn question(regulation: &Regulation, posted: NaiveDate, outage_days: u16) -> Question {
    let profile = regulation.profile();
    let exec_source = if profile.effective_after_posting {
        profile.source.to_owned()
    } else {
        regulation.source("exec_count").to_owned()
    };
    Question {
        posted,
        outage_days,
        rules: regulation.term_rules(),
        pub_source: regulation.source("pub_count").to_owned(),
        exec_source,
        posting_source: profile.source.to_owned(),
    }
}

/// What is asked, with the sources of the rules.
struct Question {
    posted: NaiveDate,
    outage_days: u16,
    rules: TermRules,
    pub_source: String,
    exec_source: String,
    posting_source: String,
}

impl Question {
    fn print(&self) -> ExitCode {
        let extension = Extension { posting: self.outage_days, executivity: 0 };
        match self.rules.terms(self.posted, extension) {
            Ok(terms) => {
                anstream::print!("{}", self.page(&terms).render());
                ExitCode::from(DONE)
            }
            Err(error) => {
                eprintln!("errore: {error}");
                ExitCode::from(REFUSED)
            }
        }
    }

    fn page(&self, terms: &Terms) -> Page {
        let mut page = Page::default();
        page.row("Affissione", date_with_weekday(self.posted));
        page.row("Ultimo giorno", format!("{}, compreso", date_with_weekday(terms.last_day)));
        page.row("Fuori dall'Albo", from_midnight(terms.off_on));
        page.row("Esecutiva dal", from_midnight(terms.effective_on));
        page.blank();
        self.doctrines(&mut page);
        if self.outage_days > 0 {
            page.row("Disservizi", outage_sentence(self.outage_days, self.rules.exec_count));
        }
        page
    }

    fn doctrines(&self, page: &mut Page) {
        let TermRules { pub_count, exec_count, posting_days, effective_after_posting, .. } =
            self.rules;
        page.row(
            "Pubblicazione",
            format!("{posting_days} giorni consecutivi ({})", self.posting_source),
        );
        page.row(
            "  computo",
            format!("{}: {} ({})", pub_count.token(), pub_count.doctrine(), self.pub_source),
        );
        if effective_after_posting {
            let rule = format!("dopo il termine della pubblicazione ({})", self.exec_source);
            page.row("Esecutività", rule);
            return;
        }
        let rule = "dopo il decimo giorno dalla pubblicazione (art. 134, c. 3, TUEL)";
        page.row("Esecutività", rule);
        page.row(
            "  computo",
            format!("{}: {} ({})", exec_count.token(), exec_count.doctrine(), self.exec_source),
        );
        if doctrines_disagree(pub_count, exec_count) {
            let warning =
                "i due computi danno risposte opposte sul giorno di affissione: verificare";
            page.row("Attenzione", warning);
        }
    }
}

fn from_midnight(date: NaiveDate) -> String {
    format!("{}, ore 00:00", date_with_weekday(date))
}

fn outage_sentence(days: u16, exec_count: ExecCount) -> String {
    let count = if days == 1 { "1 giorno".to_owned() } else { format!("{days} giorni") };
    let executivity = match exec_count {
        ExecCount::C => "anche l'esecutività, che decorre dal termine",
        ExecCount::A | ExecCount::B => "non l'esecutività",
    };
    format!("{count}: prorogano la pubblicazione, {executivity}")
}
