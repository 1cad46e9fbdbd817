// SPDX-License-Identifier: AGPL-3.0-or-later
//! What is made from the signed act of the sample: rendition with omissis, copy, extract.

use super::stories::secretary;
use super::*;
use crate::case::{CopyForm, CopyRequest};
use crate::privacy::Omission;

/// A string marked in the sample, to be left out with its reason.
pub fn omission(story: &Story, text: &str) -> Omission {
    Omission {
        text: text.into(),
        reason: "dato che identifica una persona".into(),
        basis: "art. 5, par. 1, lett. c, Reg. (UE) 2016/679".into(),
        by: story.signer("vsg", Role::Segretario, at(7, 26, 10, 0)),
    }
}

/// A copy asked for in the sample.
pub fn copy(story: &Story, serial: u32, form: CopyForm) -> CopyRequest {
    CopyRequest {
        serial,
        form,
        applicant: "Associazione Amici del Parco".into(),
        purpose: "uso amministrativo".into(),
        code: format!("{serial:032x}"),
        original: crate::digest::sha256_hex(b"deliberazione"),
        until: chrono::NaiveDate::from_ymd_opt(2034, 7, 26),
        by: story.signer("vsg", Role::Segretario, at(7, 26, 10, 0)),
        on: date(7, 26),
    }
}

pub fn all(story: &mut Story, papers: &mut Vec<PaperFacts>) -> Result<(), Refusal> {
    let when = at(7, 26, 10, 0);
    for (serial, form) in (1..).zip([CopyForm::Full, CopyForm::Extract]) {
        let asked = CaseEvent::CopyRequested(copy(story, serial, form));
        story.case("a1", when, &asked);
    }
    let slots = secretary(story);
    papers.push(story.owed("a1", PaperKind::CopiaConforme, "1", slots.clone(), when)?);
    for text in ["delle potature", "cronoprogramma.pdf"] {
        let marked = CaseEvent::PersonalDataMarked(omission(story, text));
        story.case("a1", when, &marked);
    }
    papers.push(story.owed("a1", PaperKind::EstrattoConforme, "2", slots.clone(), when)?);
    papers.push(story.owed("a1", PaperKind::VersionePubblicabile, "", slots, when)?);
    Ok(())
}
