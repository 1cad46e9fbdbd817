// SPDX-License-Identifier: AGPL-3.0-or-later
//! The control on request of art. 127 TUEL (R8.5): in practice inoperative since L. cost. 3/2001,
//! kept for the Comuni that switch it on.

use crate::law::calendar::add_days;
use crate::refusal::Refusal;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// What an act must be about for the control to be asked of it (art. 127, c. 1, TUEL).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ControlMatter {
    /// Letter a: contracts above the European threshold.
    Contracts,
    /// Letter b: staffing plans and their changes.
    StaffingPlan,
    /// Letter c: hirings, staffing plan included.
    Hirings,
}

impl ControlMatter {
    /// Every matter, with its words.
    pub const ALL: [(Self, &'static str); 3] = [
        (
            Self::Contracts,
            "appalti e affidamenti di valore superiore alla soglia europea (lett. a)",
        ),
        (Self::StaffingPlan, "dotazioni organiche e relative variazioni (lett. b)"),
        (Self::Hirings, "assunzioni del personale (lett. c)"),
    ];
}

/// Days from posting within which councillors can ask for the control (art. 127, c. 1).
pub const REQUEST_DAYS: u64 = 10;

/// Comuni with more inhabitants need a quarter of the councillors, the others a fifth.
pub const LARGE_COMUNE: u32 = 15_000;

/// Last day of the request, day of posting not counted (T-39).
pub fn request_deadline(posted: NaiveDate) -> NaiveDate {
    add_days(posted, REQUEST_DAYS).unwrap_or(NaiveDate::MAX)
}

/// Councillors who must sign the request, fractions rounded up.
pub fn councillors_needed(inhabitants: u32, councillors: u32) -> u32 {
    let share = if inhabitants > LARGE_COMUNE { 4 } else { 5 };
    councillors.div_ceil(share)
}

/// The request is in time and carries reasons.
pub fn check_request(posted: NaiveDate, asked: NaiveDate, reasons: &str) -> Result<(), Refusal> {
    let article = "art. 127, c. 1, TUEL";
    let last = request_deadline(posted);
    if asked < posted || asked > last {
        let text = format!(
            "La richiesta di controllo va presentata entro dieci giorni dall'affissione, cioè \
             entro il {}",
            last.format("%d/%m/%Y")
        );
        return Err(Refusal::new("request_late", "R8.5", article, text));
    }
    if reasons.trim().is_empty() {
        let text = "La richiesta di controllo deve indicare le norme violate";
        return Err(Refusal::new("request_without_reasons", "R8.5", article, text));
    }
    Ok(())
}
