// SPDX-License-Identifier: AGPL-3.0-or-later
//! The folded streams a command looks at.

use crate::case::{Case, capigruppo};
use crate::refusal::Refusal;
use crate::registry::Registry;
use crate::regulation::Regulation;
use crate::sitting::Sitting;
use crate::stream::{StreamId, StreamKind};
use crate::workflow::Workflow;
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Fresh state, as the write loaded it.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// The Comune.
    pub registry: Arc<Registry>,
    /// Cases of the read set.
    pub cases: BTreeMap<String, Arc<Case>>,
    /// Sittings of the read set.
    pub sittings: BTreeMap<String, Arc<Sitting>>,
    /// Last number of each register of the read set; `None` = not opened.
    pub registers: BTreeMap<(String, i32), Option<i64>>,
}

impl World {
    /// A case that must exist.
    ///
    /// # Errors
    /// `unknown_case`.
    pub fn case(&self, id: &str) -> Result<&Case, Refusal> {
        self.cases.get(id).map(AsRef::as_ref).filter(|c: &&Case| c.exists()).ok_or_else(|| {
            Refusal::new(
                "unknown_case",
                "R5.6",
                "",
                format!("Nessun fascicolo ha identificativo «{id}»"),
            )
        })
    }

    /// A sitting that must exist.
    ///
    /// # Errors
    /// `unknown_sitting`.
    pub fn sitting(&self, id: &str) -> Result<&Sitting, Refusal> {
        self.sittings.get(id).map(AsRef::as_ref).filter(|s: &&Sitting| s.exists()).ok_or_else(
            || {
                Refusal::new(
                    "unknown_sitting",
                    "R3.2",
                    "",
                    format!("Nessuna seduta ha identificativo «{id}»"),
                )
            },
        )
    }

    /// Streams the papers of a stream speak of: sittings of a case, acts it touches or is touched by,
    /// cases of a sitting.
    pub fn related(&self, stream: &StreamId) -> Vec<StreamId> {
        let mut related: Vec<StreamId> = Vec::new();
        match stream.kind {
            StreamKind::Case => {
                let Some(case) = self.cases.get(&stream.id) else { return related };
                let treated = case.treatment.iter().chain(&case.not_voted);
                let sittings = treated.map(|t| t.sitting.clone()).chain(case.sitting.clone());
                related.extend(sittings.filter(|s| !s.is_empty()).map(StreamId::sitting));
                related.extend(case.content.affects.iter().map(|a| StreamId::case(&a.case)));
                let by = case.touches.iter().map(|t| &t.by_case).filter(|by| !by.is_empty());
                related.extend(by.map(StreamId::case));
                // A list of the day kept here, not yet composed or signed, names other acts.
                let lists = case.open_papers().filter_map(|p| capigruppo::named(&p.plan));
                related.extend(lists.flat_map(|(.., cases)| cases).map(StreamId::case));
            }
            StreamKind::Sitting => {
                let Some(sitting) = self.sittings.get(&stream.id) else { return related };
                related.extend(sitting.items.iter().map(|i| StreamId::case(&i.case)));
            }
            StreamKind::Registry => {}
        }
        related
    }

    /// The workflow a case is pinned to.
    ///
    /// # Errors
    /// `unknown_workflow` when its definition is not on record.
    pub fn workflow(&self, case: &Case) -> Result<Arc<Workflow>, Refusal> {
        self.registry.workflows.get(&case.workflow).cloned().ok_or_else(|| {
            Refusal::new(
                "unknown_workflow",
                "R5.6",
                "",
                format!("Il procedimento «{}» del fascicolo non è registrato", case.kind),
            )
        })
    }

    /// The workflow whose organ is the one of a sitting.
    ///
    /// # Errors
    /// `unknown_workflow`.
    pub fn organ_workflow(&self, organ: &str) -> Result<Arc<Workflow>, Refusal> {
        self.registry
            .active
            .values()
            .filter_map(|digest| self.registry.workflows.get(digest))
            .find(|w| w.organ == organ)
            .cloned()
            .ok_or_else(|| {
                Refusal::new(
                    "unknown_workflow",
                    "R5.6",
                    "",
                    format!("Nessun procedimento attivo riguarda l'organo «{organ}»"),
                )
            })
    }

    /// The regulation in force on a day.
    ///
    /// # Errors
    /// `no_regulation`.
    pub fn regulation(&self, on: NaiveDate) -> Result<Arc<Regulation>, Refusal> {
        self.registry.regulation(on)
    }
}
