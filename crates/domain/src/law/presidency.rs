// SPDX-License-Identifier: AGPL-3.0-or-later
//! Who presides and who takes the minutes when the first in line is not there (R2.6, R3.3).

use crate::token::tokens;
use chrono::NaiveDate;

tokens! {
    /// Who presides when neither Sindaco nor Vicesindaco is present (statute; R3.3).
    PresidencyOrder {
        /// The eldest Assessore present.
        Eldest = "eldest",
        /// The first present in the order of the decree of appointment.
        ListOrder = "list_order",
    }

    /// The place of a member in the line of presidency.
    GiuntaOffice {
        /// Presides by law (art. 50, c. 2, TUEL).
        Sindaco = "sindaco",
        /// Stands in for the Sindaco (art. 53, c. 2, TUEL).
        Vicesindaco = "vicesindaco",
        /// In the order of the statute.
        Assessore = "assessore",
    }

    /// Who takes the minutes of an item when the Segretario cannot (R2.6; statutes).
    VerbalizerFallback {
        /// A Vice Segretario present.
        Vice = "vice",
        /// The youngest member present, who keeps his vote.
        YoungestMember = "youngest_member",
    }
}

/// A member as far as the line of presidency is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Person id.
    pub id: String,
    /// Office in the Giunta.
    pub office: GiuntaOffice,
    /// Date of birth; unknown ones come last by age.
    pub born: Option<NaiveDate>,
    /// Place in the decree of appointment, 1 for the first.
    pub list_order: u32,
}

/// Who presides among the members present and free to do so: Sindaco, then Vicesindaco, then the
/// order of the statute (artt. 50, c. 2, and 53, c. 2, TUEL; T-60).
pub fn president(order: PresidencyOrder, present: &[Member]) -> Option<&Member> {
    present.iter().min_by_key(|member| {
        let rank = match member.office {
            GiuntaOffice::Sindaco => 0,
            GiuntaOffice::Vicesindaco => 1,
            GiuntaOffice::Assessore => 2,
        };
        let (known, born) = match (order, member.born) {
            (PresidencyOrder::Eldest, Some(born)) => (0, born),
            (PresidencyOrder::Eldest, None) => (1, NaiveDate::MIN),
            (PresidencyOrder::ListOrder, _) => (0, NaiveDate::MIN),
        };
        (rank, known, born, member.list_order)
    })
}

/// The youngest member present, the president left out: he cannot sign twice (R2.6; T-10).
pub fn youngest<'a>(present: &'a [Member], president: &str) -> Option<&'a Member> {
    present
        .iter()
        .filter(|member| member.id != president && member.born.is_some())
        .max_by_key(|member| (member.born, member.list_order))
}
