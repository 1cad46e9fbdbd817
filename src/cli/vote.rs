// SPDX-License-Identifier: AGPL-3.0-or-later
//! `delibera vote`: quorum, outcome, immediate enforceability, with doctrine and source.

use super::batch::{self, Line};
use super::page::Page;
use super::{DONE, REFUSED, WRONG_USE};
use crate::domain::law::ballot::{
    Casting, Count, MemberBase, Outcome, QuorumStructural, VoteBase, VoteRules, base_members,
    outcome,
};
use crate::domain::token::Token;
use clap::{ArgAction, Args};
use serde::Serialize;
use std::process::ExitCode;

/// Numero legale, esito della votazione, immediata eseguibilità
#[derive(Debug, Args)]
pub struct VoteArgs {
    /// Un oggetto JSON per riga da standard input, uno per riga in uscita
    #[arg(long, exclusive = true)]
    batch: bool,
    /// Componenti in carica
    #[arg(long, value_name = "N", value_parser = whole, required_unless_present = "batch")]
    members: Option<u32>,
    /// Componenti assegnati (se diversi da quelli in carica)
    #[arg(long, value_name = "N", value_parser = whole)]
    seats: Option<u32>,
    /// Presenti all'argomento, compreso chi deve astenersi e resta
    #[arg(long, value_name = "N", value_parser = whole, required_unless_present = "batch")]
    present: Option<u32>,
    /// Presenti obbligati ad astenersi (art. 78, c. 2, TUEL)
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = whole)]
    conflicted: u32,
    /// Voti favorevoli
    #[arg(long, value_name = "N", value_parser = whole, required_unless_present = "batch")]
    favour: Option<u32>,
    /// Voti contrari
    #[arg(long, value_name = "N", value_parser = whole, required_unless_present = "batch")]
    against: Option<u32>,
    /// Astenuti
    #[arg(long, value_name = "N", value_parser = whole, required_unless_present = "batch")]
    abstained: Option<u32>,
    /// Numero legale: majority, half_up o fixed:K
    #[arg(
        long, alias = "quorum_structural", value_name = "REGOLA", default_value = "majority",
        value_parser = quorum
    )]
    quorum_structural: QuorumStructural,
    /// Componenti che si contano: in_carica o assegnati
    #[arg(
        long, alias = "member_base", value_name = "BASE", default_value = "in_carica",
        value_parser = word::<MemberBase>
    )]
    member_base: MemberBase,
    /// Base della maggioranza: votanti o presenti
    #[arg(
        long, alias = "vote_base", value_name = "BASE", default_value = "votanti",
        value_parser = word::<VoteBase>
    )]
    vote_base: VoteBase,
    /// Voto prevalente del presidente: favour o against
    #[arg(long, alias = "casting_vote", value_name = "VOTO", value_parser = word::<Casting>)]
    casting_vote: Option<Casting>,
    /// Chi deve astenersi conta per il numero legale
    #[arg(
        long, alias = "art78_counts_for_quorum", value_name = "true|false",
        default_value = "true", value_parser = flag, action = ArgAction::Set
    )]
    art78_counts_for_quorum: bool,
    /// Chi deve astenersi conta fra i presenti della maggioranza
    #[arg(
        long, alias = "art78_in_vote_base", value_name = "true|false", default_value = "false",
        value_parser = flag, action = ArgAction::Set
    )]
    art78_in_vote_base: bool,
}

fn whole(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| "serve un numero intero non negativo".to_owned())
}

fn flag(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "ammessi: true | false".to_owned())
}

fn word<T: Token>(text: &str) -> Result<T, String> {
    T::from_token(text).ok_or_else(|| format!("ammessi: {}", T::allowed()))
}

fn quorum(text: &str) -> Result<QuorumStructural, String> {
    QuorumStructural::from_token(text)
        .ok_or_else(|| format!("ammessi: {}", QuorumStructural::ALLOWED))
}

/// Runs the command.
pub fn run(args: VoteArgs) -> ExitCode {
    if args.batch {
        return batch::run(|line| question(line)?.answer());
    }
    let (Some(members), Some(present), Some(favour), Some(against), Some(abstained)) =
        (args.members, args.present, args.favour, args.against, args.abstained)
    else {
        return ExitCode::from(WRONG_USE);
    };
    let seats = args.seats.unwrap_or(members);
    let conflicted = args.conflicted;
    let count = Count {
        members,
        seats,
        present,
        conflicted,
        favour,
        against,
        abstained,
        ..Count::default()
    };
    let rules = rules(&Rules {
        quorum_structural: args.quorum_structural,
        member_base: args.member_base,
        vote_base: args.vote_base,
        casting_vote: args.casting_vote,
        art78_counts_for_quorum: args.art78_counts_for_quorum,
        art78_in_vote_base: args.art78_in_vote_base,
    });
    Question { rules, count, casting: args.casting_vote }.print()
}

/// The rules a question names.
struct Rules {
    quorum_structural: QuorumStructural,
    member_base: MemberBase,
    vote_base: VoteBase,
    casting_vote: Option<Casting>,
    art78_counts_for_quorum: bool,
    art78_in_vote_base: bool,
}

/// N is one for quorum and immediate enforceability; the regulation of a Comune can split them.
fn rules(named: &Rules) -> VoteRules {
    VoteRules {
        quorum_structural: named.quorum_structural,
        member_base: named.member_base,
        ie_member_base: named.member_base,
        vote_base: named.vote_base,
        casting_vote: named.casting_vote.is_some(),
        art78_counts_for_quorum: named.art78_counts_for_quorum,
        art78_in_vote_base: named.art78_in_vote_base,
        ..VoteRules::default()
    }
}

const KEYS: [&str; 13] = [
    "members",
    "seats",
    "present",
    "conflicted",
    "favour",
    "against",
    "abstained",
    "quorum_structural",
    "member_base",
    "vote_base",
    "casting_vote",
    "art78_counts_for_quorum",
    "art78_in_vote_base",
];

/// Reads one line of the batch.
fn question(line: &Line) -> Result<Question, String> {
    line.only(&KEYS)?;
    let members = line.required_whole("members")?;
    let count = Count {
        members,
        seats: line.whole("seats")?.unwrap_or(members),
        present: line.required_whole("present")?,
        conflicted: line.whole("conflicted")?.unwrap_or(0),
        favour: line.required_whole("favour")?,
        against: line.required_whole("against")?,
        abstained: line.required_whole("abstained")?,
        ..Count::default()
    };
    let casting = match line.get("casting_vote") {
        Some(serde_json::Value::Null) => None, // as many programs write "there is none"
        _ => line.word("casting_vote", &Casting::allowed(), Casting::from_token)?,
    };
    let quorum =
        line.word("quorum_structural", QuorumStructural::ALLOWED, QuorumStructural::from_token)?;
    let base = line.word("member_base", &MemberBase::allowed(), MemberBase::from_token)?;
    let vote_base = line.word("vote_base", &VoteBase::allowed(), VoteBase::from_token)?;
    let rules = rules(&Rules {
        quorum_structural: quorum.unwrap_or(QuorumStructural::Majority),
        member_base: base.unwrap_or(MemberBase::InCarica),
        vote_base: vote_base.unwrap_or(VoteBase::Votanti),
        casting_vote: casting,
        art78_counts_for_quorum: line.flag("art78_counts_for_quorum")?.unwrap_or(true),
        art78_in_vote_base: line.flag("art78_in_vote_base")?.unwrap_or(false),
    });
    Ok(Question { rules, count, casting })
}

/// The answer of the batch: exactly these three keys.
#[derive(Serialize)]
struct Answer {
    quorum: bool,
    approved: Option<bool>,
    immediate: Option<bool>,
}

/// What is asked.
struct Question {
    rules: VoteRules,
    count: Count,
    casting: Option<Casting>,
}

impl Question {
    fn outcome(&self) -> Result<Outcome, String> {
        outcome(&self.rules, &self.count, self.casting).map_err(|error| error.to_string())
    }

    fn answer(&self) -> Result<Answer, String> {
        let Outcome { quorum, approved, immediate, .. } = self.outcome()?;
        Ok(Answer { quorum, approved, immediate })
    }

    fn print(&self) -> ExitCode {
        match self.outcome() {
            Ok(outcome) => {
                anstream::print!("{}", self.page(&outcome).render());
                ExitCode::from(DONE)
            }
            Err(error) => {
                eprintln!("errore: {error}");
                ExitCode::from(REFUSED)
            }
        }
    }

    fn page(&self, outcome: &Outcome) -> Page {
        let mut page = Page::default();
        page.row("Numero legale", quorum_sentence(outcome));
        page.row("Esito", self.outcome_sentence(outcome));
        page.row("Immediata eseguibilità", self.immediate_sentence(outcome));
        page.blank();
        page.row("Numero legale", self.quorum_rule());
        page.row("Maggioranza", majority_rule(self.rules.vote_base));
        let (needed, members) = (outcome.immediate_required, self.members());
        page.row(
            "Immediata eseguibilità",
            format!(
                "maggioranza dei componenti, con separata votazione: {needed} voti su {members} \
                 (art. 134, c. 4, TUEL)"
            ),
        );
        if outcome.few_members {
            let warning = "un collegio di due soli componenti è discusso: verificare lo statuto";
            page.row("Attenzione", warning);
        }
        page
    }

    fn members(&self) -> u32 {
        base_members(self.rules.member_base, self.count.members, self.count.seats)
    }

    fn outcome_sentence(&self, outcome: &Outcome) -> String {
        let Count { favour, against, .. } = self.count;
        let base = outcome.vote_base;
        match (outcome.approved, outcome.tie) {
            (None, _) => "l'argomento non può essere votato".to_owned(),
            (Some(true), true) => {
                format!("APPROVATA: {favour} favorevoli su {base}, parità risolta dal presidente")
            }
            (Some(false), true) => {
                format!("NON approvata: parità, {favour} favorevoli su {base}")
            }
            (Some(true), false) => {
                format!("APPROVATA: {favour} favorevoli, {against} contrari, base {base}")
            }
            (Some(false), false) => {
                format!("NON approvata: {favour} favorevoli, {against} contrari, base {base}")
            }
        }
    }

    fn immediate_sentence(&self, outcome: &Outcome) -> String {
        let needed = outcome.immediate_required;
        match (outcome.immediate, outcome.approved) {
            (None, _) | (_, Some(false) | None) => "non si vota".to_owned(),
            (Some(true), _) => format!("sì, con gli stessi {} voti", self.count.favour),
            (Some(false), _) => {
                format!("no: {} voti, ne occorrono {needed}", self.count.favour)
            }
        }
    }

    fn quorum_rule(&self) -> String {
        let rule = match self.rules.quorum_structural {
            QuorumStructural::Majority => "maggioranza".to_owned(),
            QuorumStructural::HalfUp => "metà, arrotondata in eccesso,".to_owned(),
            QuorumStructural::Fixed(number) => format!("{number} componenti: numero fisso, su"),
        };
        let fixed = matches!(self.rules.quorum_structural, QuorumStructural::Fixed(_));
        let of = if fixed { "" } else { " dei" };
        let base = match self.rules.member_base {
            MemberBase::InCarica => "in carica",
            MemberBase::Assegnati => "assegnati",
        };
        format!("{rule}{of} {} componenti {base} (statuto)", self.members())
    }
}

fn quorum_sentence(outcome: &Outcome) -> String {
    let Outcome { quorum_counted: counted, quorum_required: required, .. } = *outcome;
    let verdict = if outcome.quorum { "raggiunto" } else { "NON raggiunto" };
    format!("{verdict}: {counted} presenti utili, {required} necessari")
}

fn majority_rule(base: VoteBase) -> &'static str {
    match base {
        VoteBase::Votanti => {
            "più della metà dei votanti, esclusi gli astenuti (statuto; TAR Lombardia-BS 680/2020)"
        }
        VoteBase::Presenti => "più della metà dei presenti, compresi gli astenuti (statuto)",
    }
}
