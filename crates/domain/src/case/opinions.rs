// SPDX-License-Identifier: AGPL-3.0-or-later
//! Opinions: which are due, which stand on the current text, and the gate before the vote.

use super::{Case, Change, Content, CouncilGate, Opinion, OpinionOutcome, Version, further};
use crate::law::opinions::{OpinionTimes, check_order};
use crate::refusal::Refusal;
use crate::registry::Registry;
use crate::regulation::Regulation;
use crate::regulation::tokens::{AccountingGate, LegitimacyOpinion};
use crate::workflow::{OpinionKind, Workflow};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One opinion that is due on a content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpinionNeed {
    /// Which opinion.
    pub opinion: OpinionKind,
    /// Office, for technical opinions; empty otherwise.
    pub office: String,
}

/// What stands against a vote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// Why, with article and rule.
    pub refusal: Refusal,
    /// The opinion that is not there, where it is one.
    pub missing: Option<OpinionNeed>,
}

impl From<Refusal> for Objection {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, missing: None }
    }
}

/// Which opinions the law and the regulation want on this content (R1.3–R1.7, R2.2).
/// `Err` gives the reason why none of a kind is due, to be printed.
pub fn needs(
    content: &Content,
    opinion: OpinionKind,
    regulation: &Regulation,
) -> Result<Vec<OpinionNeed>, String> {
    let direction = content.gates.direction_only.as_deref();
    match opinion {
        OpinionKind::Technical => match direction {
            Some(reason) => Err(format!("mero atto di indirizzo: {reason}")),
            None => Ok(content
                .offices
                .iter()
                .map(|office| OpinionNeed { opinion, office: office.clone() })
                .collect()),
        },
        OpinionKind::Accounting => match (direction, regulation.accounting_gate) {
            (Some(reason), _) => Err(format!("mero atto di indirizzo: {reason}")),
            (None, AccountingGate::DirectorDeclares) if !content.has_effects() => {
                Err("l'ufficio proponente dichiara l'assenza di riflessi diretti o indiretti \
                     sulla situazione economico-finanziaria o sul patrimonio"
                    .into())
            }
            (None, _) => Ok(vec![OpinionNeed { opinion, office: String::new() }]),
        },
        OpinionKind::Cover => match regulation.giunta_visto_copertura {
            true if content.commits_spending() => {
                Ok(vec![OpinionNeed { opinion, office: String::new() }])
            }
            true => Err("l'atto non impegna spesa".into()),
            false => {
                Err("il regolamento di contabilità non lo chiede sugli atti della Giunta".into())
            }
        },
        OpinionKind::Legitimacy => match regulation.legitimacy_opinion {
            LegitimacyOpinion::Required => Ok(vec![OpinionNeed { opinion, office: String::new() }]),
            LegitimacyOpinion::Off => {
                Err("il regolamento del Comune non prevede il parere di legittimità".into())
            }
            LegitimacyOpinion::OnDemand => match content.gates.legitimacy_request.as_deref() {
                Some(reason) if !reason.trim().is_empty() => {
                    Ok(vec![OpinionNeed { opinion, office: String::new() }])
                }
                _ => Err("il parere di legittimità non è stato richiesto".into()),
            },
        },
    }
}

/// The opinion that stands on the current text for a need: the last one given on its hash, or on a
/// version it differs from only by certified formal changes (I9).
pub fn standing<'a>(case: &'a Case, need: &OpinionNeed) -> Option<&'a Opinion> {
    let valid = valid_hashes(&case.versions);
    case.opinions
        .iter()
        .rev()
        .filter(|o| o.opinion == need.opinion && o.office == need.office)
        .find(|o| valid.contains(&o.hash.as_str()))
        // After a rework the opinions of the round before do not come back, even on an equal text.
        .filter(|o| o.version >= first_valid_version(&case.versions))
}

/// Hashes an opinion may bear to stand: the current one and, backwards, those before formal
/// changes.
pub(super) fn valid_hashes(versions: &[Version]) -> Vec<&str> {
    let mut hashes = Vec::new();
    for version in versions.iter().rev() {
        hashes.push(version.hash.as_str());
        if !matches!(version.change, Some(Change::Formal { .. })) {
            break;
        }
    }
    hashes
}

fn first_valid_version(versions: &[Version]) -> u32 {
    versions
        .iter()
        .rev()
        .find(|v| !matches!(v.change, Some(Change::Formal { .. })))
        .map_or(0, |v| v.number)
}

/// Needs of a kind that no standing opinion meets.
pub fn open_needs(case: &Case, opinion: OpinionKind, regulation: &Regulation) -> Vec<OpinionNeed> {
    needs(&case.content, opinion, regulation)
        .unwrap_or_default()
        .into_iter()
        .filter(|need| standing(case, need).is_none())
        .collect()
}

/// What stands against putting the item to the vote (R1.9, R1.12, practice.md 1.1): one sentence
/// each, at the instant of the vote. Empty when the item may be voted. President and verbalizer may
/// override with a reason.
pub fn gate(
    case: &Case,
    workflow: &Workflow,
    regulation: &Regulation,
    registry: &Registry,
    at: DateTime<Utc>,
) -> Vec<Objection> {
    let mut found: Vec<Objection> = Vec::new();
    let mut times = OpinionTimes { vote: Some(at), ..OpinionTimes::default() };
    for opinion in workflow.opinions() {
        for need in needs(&case.content, opinion, regulation).unwrap_or_default() {
            match standing(case, &need) {
                None => {
                    found.push(Objection { refusal: missing(&need, registry), missing: Some(need) })
                }
                Some(given) => {
                    match opinion {
                        OpinionKind::Technical => times.technical.push(given.at),
                        OpinionKind::Accounting => times.accounting = Some(given.at),
                        OpinionKind::Cover => {
                            times.accounting = times.accounting.max(Some(given.at))
                        }
                        OpinionKind::Legitimacy => times.legitimacy = Some(given.at),
                    }
                    found.extend(departure(case, given, regulation).map(Objection::from));
                }
            }
        }
    }
    found.extend(further::objections(case, regulation));
    found.extend(check_order(&times).err().map(Objection::from));
    if case.content.gates.council == CouncilGate::Reserved {
        let text = "La materia è riservata al Consiglio comunale";
        found.push(Refusal::new("council_matter", "R1.2", "artt. 42 e 48 TUEL", text).into());
    }
    found
}

fn missing(need: &OpinionNeed, registry: &Registry) -> Refusal {
    let office = match need.office.as_str() {
        "" => String::new(),
        office => format!(" di {}", registry.office_name(office)),
    };
    let (rule, article) = match need.opinion {
        OpinionKind::Technical => ("R1.3", "art. 49, c. 1, TUEL"),
        OpinionKind::Accounting => ("R1.6", "art. 49, c. 1, TUEL"),
        OpinionKind::Cover => ("R1.15", "art. 183, c. 7, TUEL"),
        OpinionKind::Legitimacy => ("R2.2", "regolamento sui controlli interni"),
    };
    Refusal::new(
        "missing_opinion",
        rule,
        article,
        format!("Manca il {}{office} sul testo in votazione", need.opinion.label()),
    )
    .next("Acquisire il parere sul testo attuale oppure rinviare l'argomento")
}

/// The text says why the organ departs from this very opinion: reasons written before it was given
/// answer nothing (art. 49 c. 4).
pub(super) fn departs(case: &Case, sheet: &str) -> bool {
    let reasons = case.content.gates.departure.as_deref().unwrap_or_default();
    !reasons.trim().is_empty() && case.answered.iter().any(|known| known == sheet)
}

/// The opinions on the current text that want reasons to depart from them: SHA-256 of each sheet.
pub(super) fn unheeded(case: &Case, workflow: &Workflow, regulation: &Regulation) -> Vec<String> {
    let own = workflow
        .opinions()
        .filter(|opinion| *opinion != OpinionKind::Cover)
        .flat_map(|opinion| needs(&case.content, opinion, regulation).unwrap_or_default())
        .filter_map(|need| standing(case, &need))
        .filter(|given| given.outcome.to_depart_from())
        .map(|given| given.paper.sha256.clone());
    let others = further::standing_further(case).into_iter();
    let others = others.filter(|o| o.outcome.to_depart_from()).map(|o| o.digest());
    own.chain(others).collect()
}

fn departure(case: &Case, given: &Opinion, regulation: &Regulation) -> Option<Refusal> {
    // An uncovered commitment has no effect whatever the organ says of it.
    if given.opinion == OpinionKind::Cover {
        return (given.outcome == OpinionOutcome::Contrary).then(|| {
            let text = format!("{} ha negato il visto di copertura finanziaria", given.giver.name);
            Refusal::new("cover_denied", "R1.15", "art. 183, c. 7, TUEL", text)
                .next("Trovare la copertura e chiedere di nuovo il visto, o rinviare l'argomento")
        });
    }
    // The legitimacy opinion is of a local rule, never of art. 49 (practice.md 4, R2.2).
    let article = match given.opinion {
        OpinionKind::Legitimacy => regulation.source("legitimacy_opinion"),
        _ => "art. 49, c. 4, TUEL",
    };
    (given.outcome.to_depart_from() && !departs(case, &given.paper.sha256)).then(|| {
        let what = match given.outcome {
            OpinionOutcome::Contrary => "contrario",
            _ => "con prescrizioni non recepite",
        };
        Refusal::new(
            "departure_not_motivated",
            "R1.9",
            article,
            format!(
                "Il {} di {} è {what} e il testo non dice perché la Giunta se ne discosta",
                given.opinion.label(),
                given.giver.name
            ),
        )
        .next("Inserire nel testo la motivazione, recepire le prescrizioni o rinviare l'argomento")
    })
}
