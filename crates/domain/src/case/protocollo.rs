// SPDX-License-Identifier: AGPL-3.0-or-later
//! Numbers of the protocollo, where the Comune keeps one in another system (R5.4): a paper of the act
//! is registered there, its number and day are received and put on record here. Nothing waits for it.

use super::capigruppo::list_key;
use super::command::CaseCommand;
use super::decide::actor_as;
use super::{Case, CaseEvent, Protocollo};
use crate::changes::{Changes, Stop};
use crate::law::calendar::{Preposition, rome_date};
use crate::papers::PaperKind;
use crate::refusal::Refusal;
use crate::registry::Role;
use crate::regulation::Regulation;
use crate::regulation::tokens::ProtocolloKeeper;
use chrono::NaiveDate;

const ARTICLE: &str = "artt. 53 e 55 DPR 445/2000";

/// A paper that may have a number of the protocollo: it is concluded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registrable {
    /// Its key.
    pub key: String,
    /// Its kind.
    pub kind: PaperKind,
    /// Day it was concluded: it is registered then or later.
    pub concluded: NaiveDate,
}

/// The concluded papers of an act, in order, and the lists to the capigruppo that are kept with it.
pub fn registrable(case: &Case) -> Vec<Registrable> {
    let papers = case.papers.iter().filter(|p| p.is_complete()).map(|p| Registrable {
        key: p.plan.key.clone(),
        kind: p.plan.kind,
        concluded: rome_date(p.signed.iter().map(|(_, _, at)| *at).max().unwrap_or(p.owed_at)),
    });
    let mut found: Vec<Registrable> = papers.collect();
    // A list under the seal of the entity is not among the papers of the act.
    for list in &case.lists {
        let (key, kind) = (list_key(list.day, list.serial), PaperKind::ElencoCapigruppo);
        if !found.iter().any(|known| known.key == key) {
            found.push(Registrable { key, kind, concluded: list.day });
        }
    }
    found
}

/// Puts a number on record, as the other system gave it. A number typed wrongly is mended by the right
/// one: both stay on record, the last is shown.
pub(super) fn record(changes: &mut Changes, id: &str, command: &CaseCommand) -> Result<(), Stop> {
    let CaseCommand::RecordProtocollo { paper_key, number, on } = command else { return Ok(()) };
    kept_elsewhere(&*changes.regulation()?)?;
    let by = actor_as(changes, Role::Segreteria, None)?;
    let case = changes.case(id)?;
    let paper = registrable(case).into_iter().find(|p| p.key == *paper_key);
    let Some(paper) = paper else {
        let text = format!("«{paper_key}» non è un documento concluso di questo fascicolo");
        return Err(Refusal::new("protocollo_not_concluded", "R5.4", ARTICLE, text)
            .next("Attendere che il documento sia firmato da tutti, poi registrarne il numero")
            .into());
    };
    possible(*number, *on, paper.concluded, changes.ctx.today())?;
    if case.protocollo(paper_key).is_some_and(|p| (p.number, p.on) == (*number, *on)) {
        let text = "Quel numero di protocollo è già registrato per il documento";
        return Err(Refusal::new("protocollo_known", "R5.4", ARTICLE, text)
            .next("Non occorre altro; un numero errato si corregge registrando quello giusto")
            .into());
    }
    let recorded = Protocollo { key: paper_key.clone(), number: *number, on: *on, by };
    changes.push(id, CaseEvent::ProtocolloRecorded(recorded));
    Ok(())
}

/// Acts under a register of their own need no protocollo: the Comune says where it gives one.
fn kept_elsewhere(regulation: &Regulation) -> Result<(), Refusal> {
    match regulation.protocollo {
        ProtocolloKeeper::External => Ok(()),
        ProtocolloKeeper::None => {
            let text = "Gli atti di questo Comune non prendono un numero di protocollo: sono in un \
                        registro particolare";
            Err(Refusal::new("protocollo_not_kept", "R5.4", regulation.source("protocollo"), text)
                .next("Se il Comune protocolla questi documenti, scriverlo nel regolamento"))
        }
    }
}

fn possible(
    number: i64,
    on: NaiveDate,
    concluded: NaiveDate,
    today: NaiveDate,
) -> Result<(), Refusal> {
    if number > 0 && (concluded..=today).contains(&on) {
        return Ok(());
    }
    let text = match number > 0 {
        true => format!("Il documento non può essere protocollato {}", Preposition::On.short(on)),
        false => "Il numero di protocollo è un numero intero positivo".to_owned(),
    };
    let next = format!(
        "Indicare numero e data ricevuti: il documento è concluso {}",
        Preposition::From.short(concluded)
    );
    Err(Refusal::new("protocollo_impossible", "R5.4", ARTICLE, text).next(next))
}
