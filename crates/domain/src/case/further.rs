// SPDX-License-Identifier: AGPL-3.0-or-later
//! Further opinions by type of act (R1.16): organo di revisione, CUG, Municipi… They come from
//! outside, so the office puts them on record; they bind the text they were given on like ours.

use super::command::CaseCommand;
use super::decide::{actor_as, proposer, wrong_step};
use super::opinions::{Objection, departs, valid_hashes};
use super::{Case, CaseEvent, FurtherOpinion, OpinionOutcome, Version};
use crate::changes::{Changes, Stop};
use crate::law::calendar::{date_short, rome_date};
use crate::refusal::Refusal;
use crate::registry::Role;
use crate::regulation::Regulation;
use crate::workflow::StepKind;
use chrono::NaiveDate;

/// Those the regulation wants on the type of this act.
fn due<'a>(case: &Case, regulation: &'a Regulation) -> &'a [String] {
    regulation.extra_opinions_by_type.get(&case.content.act_type).map_or(&[], Vec::as_slice)
}

/// The further opinions that stand on the current text, the last one of each name.
pub fn standing_further(case: &Case) -> Vec<&FurtherOpinion> {
    let valid = valid_hashes(&case.versions);
    let stands = |o: &&FurtherOpinion| valid.contains(&o.hash.as_str());
    let all = || case.further.iter().filter(stands);
    all().filter(|o| all().rfind(|last| last.name == o.name) == Some(o)).collect()
}

/// Names of those that are due and not there.
pub fn further_due<'a>(case: &Case, regulation: &'a Regulation) -> Vec<&'a String> {
    let standing = standing_further(case);
    let absent = |name: &&String| !standing.iter().any(|o| o.name == **name);
    due(case, regulation).iter().filter(absent).collect()
}

/// One refusal for each that is due and not there.
pub(super) fn missing(case: &Case, regulation: &Regulation) -> Vec<Refusal> {
    let refusal = |name: &String| {
        Refusal::new(
            "missing_further_opinion",
            "R1.16",
            regulation.source("extra_opinions_by_type"),
            format!("Manca il parere «{}» sul testo attuale", readable(name)),
        )
        .next("Acquisire il parere e registrarlo, o rinviare l'argomento")
    };
    further_due(case, regulation).into_iter().map(refusal).collect()
}

/// What they put in the way of the vote: one that is missing, one that is not followed without
/// saying why.
pub(super) fn objections(case: &Case, regulation: &Regulation) -> Vec<Objection> {
    let unheeded = standing_further(case).into_iter().filter(|o| o.outcome.to_depart_from());
    let unheeded = unheeded.filter(|o| !departs(case, &o.digest())).map(|o| {
        let text =
            format!("Il parere «{}» non è seguito e il testo non dice perché", readable(&o.name));
        Refusal::new("departure_not_motivated", "R1.16", "art. 3 L. 241/1990", text)
            .next("Inserire nel testo la motivazione, o rinviare l'argomento")
    });
    missing(case, regulation).into_iter().chain(unheeded).map(Objection::from).collect()
}

/// "organo_di_revisione" as people read it.
pub fn readable(name: &str) -> String {
    name.replace('_', " ")
}

/// The office that proposes, or the Segreteria, puts one on record (L. 241/1990 art. 6).
pub(super) fn record(changes: &mut Changes, id: &str, command: &CaseCommand) -> Result<(), Stop> {
    let CaseCommand::RecordFurtherOpinion { name, giver, outcome, reasons, on, reference } =
        command
    else {
        return Ok(());
    };
    let (_, step) = changes.position(id)?;
    let case = changes.case(id)?;
    let version = case.current().filter(|_| !matches!(step.kind, StepKind::Freeze { .. }));
    let Some(version) = version.filter(|_| case.treatment.is_none()) else {
        return Err(wrong_step(&step, "registrare un parere").into());
    };
    let by = match proposer(changes, case) {
        Ok(by) => by,
        Err(refusal) => actor_as(changes, Role::Segreteria, None).map_err(|_| refusal)?,
    };
    let regulation = changes.regulation()?;
    foreseen(case, name, &regulation)?;
    let blank = |text: &str| text.trim().is_empty();
    if blank(giver)
        || blank(reference)
        || (*outcome != OpinionOutcome::Favourable && blank(reasons))
    {
        let text = "Occorrono chi ha reso il parere, dove si trova e, se non è favorevole, perché";
        return Err(Refusal::new("further_opinion_unclear", "R1.16", "", text).into());
    }
    on_this_text(&case.versions, *on, changes.ctx.today())?;
    let recorded = FurtherOpinion {
        name: name.clone(),
        giver: giver.trim().to_owned(),
        outcome: *outcome,
        reasons: reasons.trim().to_owned(),
        on: *on,
        reference: reference.trim().to_owned(),
        version: version.number,
        hash: version.hash.clone(),
        by,
    };
    changes.push(id, CaseEvent::FurtherOpinionRecorded(recorded));
    Ok(())
}

fn foreseen(case: &Case, name: &str, regulation: &Regulation) -> Result<(), Refusal> {
    let due = due(case, regulation);
    if due.iter().any(|d| d == name) {
        return Ok(());
    }
    let text = format!(
        "Il regolamento non prevede il parere «{}» per il tipo di atto «{}»",
        readable(name),
        case.content.act_type
    );
    let source = regulation.source("extra_opinions_by_type");
    let refusal = Refusal::new("further_opinion_not_due", "R1.16", source, text);
    let next = match due {
        [] => "Per questo tipo di atto non è richiesto alcun altro parere".to_owned(),
        due => format!("Sono richiesti: {}", due.join(", ")),
    };
    Err(refusal.next(next))
}

/// It was given on the text as it stands: not before it was frozen, not in the future.
fn on_this_text(versions: &[Version], on: NaiveDate, today: NaiveDate) -> Result<(), Refusal> {
    let valid = valid_hashes(versions);
    let frozen =
        versions.iter().find(|v| valid.contains(&v.hash.as_str())).map(|v| rome_date(v.at));
    if on <= today && frozen.is_none_or(|frozen| frozen <= on) {
        return Ok(());
    }
    let text = format!("Il {} il testo attuale non era ancora presentato", date_short(on));
    Err(Refusal::new("further_opinion_day", "R1.16", "", text)
        .next("Chiedere il parere sul testo attuale"))
}
