// SPDX-License-Identifier: AGPL-3.0-or-later
//! Personal data in an act: what a detector proposes, what a person decided, what is left out.
//!
//! Three pure steps. [`detect`] finds in a text what has the look of personal data; [`screen`]
//! asks it about everything an act prints and says which finds nobody has decided yet; [`omit`]
//! takes what was decided out of every string of a paper. A find is never removed on its own: who
//! reviews accepts or dismisses each by name (R6.8; Reg. UE 2016/679, art. 5, par. 1, lett. c).

mod detect;
mod omit;
mod plain;
mod screen;

pub use detect::{DataKind, Hit, PATTERNS, detect};
pub use omit::{Piece, covers, omit, omit_value, pieces, same};
pub use screen::{hits, needs_rendition, open_hits, public_subject};

use crate::registry::Signatory;
use serde::{Deserialize, Serialize};

/// A string that the publishable rendition leaves out wherever it stands, with the reason and the
/// legal basis that are printed in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Omission {
    /// The string, as the act has it; the name of a file leaves out the file.
    pub text: String,
    /// Why, in words that may be published.
    pub reason: String,
    /// Article.
    pub basis: String,
    /// Who decided.
    pub by: Signatory,
}

/// A find that may be published, and who said so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clearance {
    /// The string, as the detector proposed it.
    pub text: String,
    /// Why it is no personal data, or may be shown.
    pub reason: String,
    /// Who decided.
    pub by: Signatory,
}
