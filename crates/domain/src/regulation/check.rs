// SPDX-License-Identifier: AGPL-3.0-or-later
//! Values that are each allowed and do not go together, on every day on which something changes.

use super::keys::{KEYS, Regulation};
use super::timeline::Timeline;
use super::tokens::{LegitimacyOpinion, PostingSigner, SealUse};
use crate::law::ballot::{IeMajority, QuorumStructural, members_majority};
use crate::law::calendar::Preposition;
use crate::law::identifiers::is_authority;
use crate::law::outage::OutagePolicy;
use crate::law::profile::ProfileName;
use crate::law::terms::{PubCount, doctrines_disagree};
use crate::papers::{ANY_KIND, PaperKind};
use crate::problem::Problem;
use chrono::NaiveDate;
use std::sync::Arc;

/// Errors refuse the file; warnings are shown and kept.
#[derive(Debug, Default)]
pub struct Findings {
    /// What cannot be.
    pub errors: Vec<Problem>,
    /// What can be, and deserves a second look.
    pub warnings: Vec<Problem>,
}

/// One finding: the key it is shown at, the reason, the hint.
struct Finding(&'static str, String, &'static str);

impl Finding {
    fn new(key: &'static str, reason: impl Into<String>, hint: &'static str) -> Self {
        Self(key, reason.into(), hint)
    }
}

/// Checks the set in force on each day on which it changes.
pub fn contradictions(timeline: &Arc<Timeline>, file: &str) -> Findings {
    let mut found = Findings::default();
    let mut add = |list: fn(&mut Findings) -> &mut Vec<Problem>, line: usize, finding: Finding| {
        let Finding(_, reason, hint) = finding;
        let problem = Problem { file: file.to_owned(), line, reason, hint: hint.to_owned() };
        let list = list(&mut found);
        if !list.contains(&problem) {
            list.push(problem);
        }
    };
    for day in timeline.turning_days() {
        let line = |key: &str| timeline.period(key, Some(day)).map_or(1, |period| period.line);
        match Regulation::assemble(timeline, Some(day), "", &[]) {
            Ok(regulation) => {
                let written = |key: &str| timeline.period(key, Some(day)).is_some();
                for finding in errors(&regulation, written) {
                    add(|found| &mut found.errors, line(finding.0), finding);
                }
                for finding in warnings(&regulation, written) {
                    add(|found| &mut found.warnings, line(finding.0), finding);
                }
            }
            Err(_) => {
                if let Some((line, finding)) = gap(timeline, day) {
                    add(|found| &mut found.warnings, line, finding);
                }
            }
        }
    }
    found.warnings.sort_by_key(|problem| problem.line);
    found
}

/// A key without default that stops and is not taken up again.
fn gap(timeline: &Timeline, day: NaiveDate) -> Option<(usize, Finding)> {
    let stopped = |name: &str| {
        timeline
            .periods(name)
            .iter()
            .rev()
            .find(|period| period.provision.valid_to.is_some_and(|last| last < day))
            .filter(|_| timeline.period(name, Some(day)).is_none())
            .map(|period| period.line)
    };
    let (name, line) = KEYS
        .iter()
        .filter(|key| key.mandatory)
        .find_map(|key| stopped(key.name).map(|line| (key.name, line)))?;
    let reason = format!("{} «{name}» non ha più alcun valore", Preposition::From.short(day));
    Some((line, Finding(name, reason, "aggiungere il periodo che segue")))
}

/// What cannot be.
fn errors(r: &Regulation, written: impl Fn(&str) -> bool) -> Vec<Finding> {
    let mut found = Vec::new();
    if r.art78_must_leave && r.art78_counts_for_quorum && !written("art78_counts_for_quorum") {
        found.push(Finding::new(
            "art78_must_leave",
            "chi deve uscire (art. 78) conterebbe ancora per il numero legale, ma nessuna fonte \
             locale lo dice",
            "scrivere anche [art78_counts_for_quorum] con la sua fonte, oppure value = false",
        ));
    }
    for (key, set) in [
        ("remote_president_must_be_in_seat", r.remote_president_must_be_in_seat),
        ("remote_segretario_must_be_in_seat", r.remote_segretario_must_be_in_seat),
        ("remote_secret_ballot_tool", r.remote_secret_ballot_tool.is_some()),
    ] {
        if set && r.remote_regulation_ref.is_none() {
            found.push(Finding::new(
                key,
                format!("«{key}» non ha senso senza un regolamento delle sedute a distanza"),
                "indicare il regolamento in [remote_regulation_ref]",
            ));
        }
    }
    let kinds: Vec<String> = PaperKind::ALL.iter().map(|kind| kind.token()).collect();
    for name in r.signature_policy.keys().filter(|n| *n != ANY_KIND && !kinds.contains(n)) {
        found.push(Finding::new(
            "signature_policy",
            format!("«{name}» non è un tipo di documento"),
            "usare i nomi dei documenti del glossario, o default per tutti gli altri",
        ));
    }
    found.extend(fixed_numbers(r));
    if r.proposer_roles.is_empty() {
        found.push(Finding::new(
            "proposer_roles",
            "nessuno può proporre: l'elenco è vuoto",
            "indicare almeno un ruolo, per esempio [\"sindaco\", \"assessore\"]",
        ));
    }
    if r.referto_signer == PostingSigner::Seal && !r.seal_uses.contains(&SealUse::Referto) {
        found.push(Finding::new(
            "referto_signer",
            "il referto è affidato al sigillo, ma «seal_uses» non lo comprende",
            "aggiungere \"referto\" a [seal_uses] con la sua fonte, o indicare chi firma",
        ));
    }
    if r.ie_majority == IeMajority::TwoThirdsVoters && r.profile != ProfileName::Sicilia {
        found.push(Finding::new(
            "ie_majority",
            "l'immediata eseguibilità chiede almeno la maggioranza dei componenti \
             (art. 134, c. 4, TUEL): i due terzi dei votanti valgono solo in Sicilia",
            "usare majority_of_members, two_thirds_of_members o fixed:K",
        ));
    }
    found.extend(formats(r));
    found
}

/// Values of a shape that others read: addresses, names.
fn formats(r: &Regulation) -> Vec<Finding> {
    let mut found = Vec::new();
    if r.urn_authority.as_deref().is_some_and(|authority| !is_authority(authority)) {
        found.push(Finding::new(
            "urn_authority",
            "l'autorità emanante si scrive con parole minuscole separate da punti",
            "per esempio \"comune.milano\", come nel registro delle autorità",
        ));
    }
    let link = r.verification_url.as_deref().unwrap_or_default();
    if r.contrassegno && !link.starts_with("https://") {
        found.push(Finding::new(
            "contrassegno",
            "il contrassegno rinvia a una pagina di verifica, che non è indicata \
             (art. 23, c. 2-bis, CAD)",
            "indicarne l'indirizzo, https, in [verification_url]",
        ));
    }
    found
}

/// Fixed numbers against the seats of the Giunta.
fn fixed_numbers(r: &Regulation) -> Vec<Finding> {
    let mut found = Vec::new();
    if r.quorum_structural == QuorumStructural::Fixed(1) {
        found.push(Finding::new(
            "quorum_structural",
            "un solo componente non è un collegio",
            "indicare un numero legale di almeno 2",
        ));
    }
    let Some(seats) = r.seats else { return found };
    if let QuorumStructural::Fixed(number) = r.quorum_structural
        && number > seats
    {
        found.push(Finding::new(
            "quorum_structural",
            format!("il numero legale ({number}) supera i componenti assegnati ({seats})"),
            "correggere quorum_structural o seats",
        ));
    }
    if let IeMajority::Fixed(number) = r.ie_majority {
        let least = members_majority(seats);
        if !(least..=seats).contains(&number) {
            found.push(Finding::new(
                "ie_majority",
                format!(
                    "per l'immediata eseguibilità {number} voti non stanno fra la maggioranza dei \
                     componenti ({least}) e la Giunta intera ({seats})"
                ),
                "la legge chiede almeno la maggioranza dei componenti (art. 134, c. 4, TUEL)",
            ));
        }
    }
    found
}

/// What can be, and deserves a second look.
fn warnings(r: &Regulation, written: impl Fn(&str) -> bool) -> Vec<Finding> {
    let mut found = term_warnings(r);
    found.extend(vote_warnings(r, &written));
    if r.legitimacy_opinion == LegitimacyOpinion::Off && written("legitimacy_contrary_effect") {
        found.push(Finding::new(
            "legitimacy_contrary_effect",
            "«legitimacy_contrary_effect» non ha effetto: il parere di legittimità non è richiesto",
            "togliere la chiave, oppure indicare [legitimacy_opinion]",
        ));
    }
    if r.visto_on_accounting_sheet && !r.giunta_visto_copertura {
        found.push(Finding::new(
            "visto_on_accounting_sheet",
            "«visto_on_accounting_sheet» non ha effetto: la Giunta non chiede il visto di copertura",
            "togliere la chiave, oppure indicare [giunta_visto_copertura]",
        ));
    }
    if r.art127_enabled {
        found.push(Finding::new(
            "art127_enabled",
            "il controllo eventuale dell'art. 127 TUEL è di fatto inoperante (L. cost. 3/2001)",
            "tenerlo attivo solo se il Comune ha un organo di controllo",
        ));
    }
    found
}

/// Terms of posting and executivity.
fn term_warnings(r: &Regulation) -> Vec<Finding> {
    let mut found = Vec::new();
    if doctrines_disagree(r.pub_count, r.exec_count) {
        found.push(Finding::new(
            "exec_count",
            "pub_count ed exec_count rispondono in modo opposto: il giorno di affissione conta per \
             uno dei due termini e non per l'altro",
            "di regola P-INC con E-A, P-EXC con E-B",
        ));
    }
    if r.pub_show_extra_day && r.pub_count == PubCount::Exclusive {
        found.push(Finding::new(
            "pub_show_extra_day",
            "«pub_show_extra_day» non ha effetto: con P-EXC l'atto resta già fino a D + 15",
            "togliere la chiave",
        ));
    }
    if r.holiday_shift {
        found.push(Finding::new(
            "holiday_shift",
            "i quindici giorni sono consecutivi (art. 124, c. 1, TUEL): l'ultimo non slitta se \
             festivo",
            "togliere la chiave, salvo diversa fonte",
        ));
    }
    if r.outage_policy == OutagePolicy::None && r.outage_affects_executivity {
        found.push(Finding::new(
            "outage_affects_executivity",
            "«outage_affects_executivity» non ha effetto: i disservizi non prorogano la \
             pubblicazione",
            "togliere la chiave, oppure cambiare outage_policy",
        ));
    }
    found
}

/// Quorum and majorities.
fn vote_warnings(r: &Regulation, written: impl Fn(&str) -> bool) -> Vec<Finding> {
    let mut found = Vec::new();
    if !r.casting_vote && written("tie_rule") {
        found.push(Finding::new(
            "tie_rule",
            "«tie_rule» non ha effetto: il presidente non ha il voto prevalente",
            "togliere la chiave, oppure indicare [casting_vote]",
        ));
    }
    if let (QuorumStructural::Fixed(number), Some(seats)) = (r.quorum_structural, r.seats)
        && number == seats
    {
        found.push(Finding::new(
            "quorum_structural",
            "il numero legale è la Giunta intera: un solo assente rende illegittimo ogni atto \
             (CdS IV 4573/2011)",
            "verificare lo statuto",
        ));
    }
    found
}
