// SPDX-License-Identifier: AGPL-3.0-or-later
//! The public Albo: how a posting stands for whoever comes to look at an instant, which files he may
//! read, what a file that somebody holds is. Asked at each reading: no timer shows or hides an act.

use crate::case::{AttachmentClass, Case, Posting, copy_paper_key};
use crate::digest::sha256_hex;
use crate::law::posting::on_albo;
use crate::law::terms::Terms;
use crate::papers::{PaperKind, PaperState, printed_content};
use crate::privacy::{omit, same};
use crate::workflow::Workflow;
use chrono::{DateTime, Utc};

/// Register whose numbers name the public pages: one series a year for the whole body (R5.1).
pub const REGISTER: &str = "albo";

/// How a posting stands at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// In the Albo.
    Shown,
    /// Its term has passed.
    Ended,
    /// Annulled: its number stays with a note (R6.6).
    Annulled,
    /// Another system shows it: nothing of it is official here.
    Elsewhere,
    /// It has not begun.
    Ahead,
}

/// A posting of an act, current or annulled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found<'a> {
    /// The posting.
    pub posting: &'a Posting,
    /// Its dates, days lost included.
    pub terms: Terms,
    /// Why it was annulled, as it was written.
    pub annulled: Option<&'a str>,
}

/// Every posting of an act, the annulled ones first.
pub fn postings(case: &Case) -> Vec<Found<'_>> {
    let annulled = case.annulled_postings.iter().map(|(posting, why)| (posting, Some(why)));
    let all = annulled.chain(case.posting.iter().map(|posting| (posting, None)));
    let found = all.filter_map(|(posting, why)| {
        let terms = posting.terms(case.outages_of(posting))?;
        Some(Found { posting, terms, annulled: why.map(String::as_str) })
    });
    found.collect()
}

/// The posting of a number.
pub fn find(case: &Case, year: i32, number: i64) -> Option<Found<'_>> {
    let mut all = postings(case).into_iter();
    all.find(|found| (found.posting.year, found.posting.number) == (year, number))
}

impl Found<'_> {
    /// How it stands.
    pub fn standing(&self, at: DateTime<Utc>) -> Standing {
        let from = self.posting.shown_from();
        if self.posting.external {
            Standing::Elsewhere
        } else if self.annulled.is_some() {
            Standing::Annulled
        } else if on_albo(from, &self.terms, at) {
            Standing::Shown
        } else if at < from {
            Standing::Ahead
        } else {
            Standing::Ended
        }
    }
}

/// A file that everybody may read while its posting lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicFile {
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Name it is saved under.
    pub name: String,
    /// "Testo della deliberazione", "Allegato n. 1".
    pub title: String,
    /// MIME type.
    pub media_type: String,
}

/// The files of a posting: the one that is shown (the publishable rendition, where there is one) and
/// the parts of the act that nobody withheld; never what is only on file, never what is reserved
/// (R6.8, R6.11). Of others there are only parts: the document they sent and what goes with it
/// (R6.10). A part withheld while the act is shown is no longer given from that instant.
pub fn files(case: &Case, workflow: &Workflow, posting: &Posting) -> Vec<PublicFile> {
    if case.content.request.is_some() {
        return parts(case).into_iter().map(|(_, file)| file).collect();
    }
    let redacted = case
        .papers
        .iter()
        .find(|paper| paper.sha256.as_deref() == Some(posting.file.as_str()))
        .is_some_and(|paper| paper.plan.kind == PaperKind::VersionePubblicabile);
    let (title, stem) = match redacted {
        true => ("Testo dell'atto, versione pubblicabile con omissis", "atto-con-omissis"),
        false => ("Testo dell'atto con le firme", "atto"),
    };
    let number = case.act_number(workflow).map(|n| format!("-{}-{}", n.number, n.year));
    let shown = PublicFile {
        sha256: posting.file.clone(),
        name: format!("{stem}{}.pdf", number.unwrap_or_default()),
        title: title.into(),
        media_type: "application/pdf".into(),
    };
    std::iter::once(shown).chain(parts(case).into_iter().map(|(_, file)| file)).collect()
}

/// The parts of an act with their number among its attachments.
fn parts(case: &Case) -> Vec<(usize, PublicFile)> {
    let attachments = printed_content(case).attachments.iter().enumerate();
    let integral = attachments.filter(|(_, a)| {
        let withheld = case.omissions.iter().any(|o| same(&o.text, &a.name));
        a.class == AttachmentClass::Integral && !withheld
    });
    let file = |(index, a): (usize, &crate::case::Attachment)| {
        let name = omit(&a.name, &case.omissions);
        let title = match (&case.content.request, index) {
            (None, _) => format!("Allegato n. {}: {name}", index + 1),
            (Some(_), 0) => format!("Documento affisso: {name}"),
            (Some(_), _) => format!("Allegato n. {index}: {name}"),
        };
        let (sha256, media_type) = (a.sha256.clone(), a.media_type.clone());
        (index + 1, PublicFile { sha256, name, title, media_type })
    };
    integral.map(file).collect()
}

/// What a document that somebody holds is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recognised {
    /// The file that a posting shows or showed.
    Shown {
        /// Year and number of the posting.
        posting: (i32, i64),
    },
    /// A file that was shown and replaced by a redacted one.
    Replaced {
        /// Year and number of the posting.
        posting: (i32, i64),
        /// Since when another one takes its place.
        at: DateTime<Utc>,
    },
    /// The signed act itself, of which a redacted version is shown.
    Original,
    /// A part of the act.
    Part(usize),
    /// A certified copy.
    Copy {
        /// Its serial.
        serial: u32,
    },
}

/// What a document is for this act, by its digest.
pub fn recognise(case: &Case, sha256: &str) -> Option<Recognised> {
    let all = postings(case);
    let of = |p: &Posting| (p.year, p.number);
    let shown = all.iter().rev().find(|found| found.posting.file == sha256);
    if let Some(found) = shown {
        return Some(Recognised::Shown { posting: of(found.posting) });
    }
    if let Some(old) = case.replaced.iter().rev().find(|r| r.old == sha256) {
        return Some(Recognised::Replaced { posting: old.posting, at: old.at });
    }
    if !all.is_empty() && signed_acts(case).any(|act| act == sha256) {
        return Some(Recognised::Original);
    }
    if let Some((number, _)) = parts(case).iter().find(|(_, f)| f.sha256 == sha256) {
        return Some(Recognised::Part(*number)).filter(|_| !all.is_empty());
    }
    let copy = copies(case).find(|(_, copy)| *copy == sha256);
    copy.map(|(serial, _)| Recognised::Copy { serial })
}

fn signed_acts(case: &Case) -> impl Iterator<Item = &str> {
    let complete = |p: &&PaperState| p.plan.kind == PaperKind::Deliberazione && p.is_complete();
    case.papers.iter().filter(complete).filter_map(|p| p.sha256.as_deref())
}

fn copies(case: &Case) -> impl Iterator<Item = (u32, &str)> {
    case.copies.iter().filter_map(|copy| {
        let paper = case.paper(&copy_paper_key(copy)).filter(|p| p.is_complete())?;
        Some((copy.serial, paper.sha256.as_deref()?))
    })
}

/// Every digest by which a stranger may ask of this act, with what it is of: `file` or `code`.
/// Documents count from the first posting on, so that nobody learns from a draft that it is here;
/// none is ever taken back, whoever asks is told by [`recognise`] how things stand now.
pub fn lookups(case: &Case) -> Vec<(String, &'static str)> {
    let all = postings(case);
    let mut found: Vec<(String, &'static str)> = Vec::new();
    let mut add = |digest: String, what| {
        if !found.iter().any(|(known, _)| *known == digest) {
            found.push((digest, what));
        }
    };
    if !all.is_empty() {
        all.iter().for_each(|posted| add(posted.posting.file.clone(), "file"));
        case.replaced.iter().for_each(|replaced| add(replaced.old.clone(), "file"));
        signed_acts(case).for_each(|act| add(act.to_owned(), "file"));
        let integral = printed_content(case).attachments.iter();
        let integral = integral.filter(|a| a.class == AttachmentClass::Integral);
        integral.for_each(|a| add(a.sha256.clone(), "file"));
    }
    copies(case).for_each(|(_, copy)| add(copy.to_owned(), "file"));
    case.copies.iter().for_each(|copy| add(sha256_hex(copy.code.as_bytes()), "code"));
    found
}
