// SPDX-License-Identifier: AGPL-3.0-or-later
//! Every template on the papers of the sample, in strict mode, down to the PDF; and a deliberation
//! as large as one may be, read back whole by poppler.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use delibera::domain::papers::sample::{self, Story, at, content, date, numbered, vote};
use delibera::domain::papers::{PaperFacts, PaperKind};
use delibera::domain::sitting::{MemberPresence, Mode};
use delibera::service::documents::Templates;
use std::collections::BTreeMap;
use std::process::Command;

#[test]
fn every_template_renders_the_papers_of_the_sample() {
    // The folder itself, so that a template can be changed and looked at without a build.
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/templates/act");
    let templates = Templates::with_overrides(folder.as_ref()).unwrap();
    let papers = sample::papers().unwrap();
    let problems = templates.check(&papers, &sample::comune());
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
    // With PAPERS_DIR set, the Markdown and the PDF of each paper are left there to be looked at.
    let Ok(folder) = std::env::var("PAPERS_DIR") else { return };
    std::fs::create_dir_all(&folder).unwrap();
    for (index, mut paper) in papers.into_iter().enumerate() {
        paper.embedded.clear();
        let stem = format!("{folder}/{index:02}-{}", paper.kind.token());
        let none = BTreeMap::new();
        let text = templates.markdown(&paper, &sample::comune(), &none).unwrap();
        std::fs::write(format!("{stem}.md"), text).unwrap();
        let rendered = templates.render(&paper, &sample::comune(), &none).unwrap();
        std::fs::write(format!("{stem}.pdf"), rendered.pdf).unwrap();
    }
}

/// Members of the organ, and how many of them are away.
const MEMBERS: usize = 60;
const AWAY: usize = 3;
/// Words of the object.
const OBJECT: usize = 300;
/// Words of the premises: more than thirty pages of them.
const PREMISES: usize = 24_000;
/// Words of a paragraph of the premises.
const PARAGRAPH: usize = 40;

/// A word that stands nowhere else: `m00012`.
fn word(letter: char, n: usize) -> String {
    format!("{letter}{n:05}")
}

fn words(letter: char, count: usize) -> Vec<String> {
    (1..=count).map(|n| word(letter, n)).collect()
}

fn member(n: usize) -> MemberPresence {
    MemberPresence {
        person: word('m', n),
        name: format!("Maria Maddalena {}", word('m', n)),
        title: "Assessora alle politiche per la casa e all'edilizia residenziale".into(),
        present: n > AWAY,
        remote: false,
        conflict: None,
        left: None,
        returned: None,
    }
}

/// A deliberation of sixty members with a long object and thirty pages of premises.
fn large() -> PaperFacts {
    let mut content = content();
    content.subject = words('o', OBJECT).join(" ");
    // A paragraph, then a list item, then a paragraph: both kinds run across the ends of pages.
    let premises = words('p', PREMISES);
    let blocks = premises.chunks(PARAGRAPH).enumerate().map(|(n, block)| match n % 2 {
        0 => format!("{};", block.join(" ")),
        _ => format!("- {};", block.join(" ")),
    });
    content.text = blocks.collect::<Vec<_>>().join("\n\n");
    let mut story = Story::new();
    story.submitted("a", 1721, &content).opinions("a");
    let rows: Vec<MemberPresence> = (1..=MEMBERS).map(member).collect();
    let ballot = vote(&rows, &[], &[]);
    let mut treatment = story.treatment(rows, Some(ballot));
    (treatment.seats, treatment.quorum, treatment.mode) = (60, 31, Mode::InSeat);
    story.proclaimed("a", treatment);
    story.case("a", at(7, 24, 11, 41), &numbered("deliberazioni", 838, date(7, 24)));
    let kind = PaperKind::Deliberazione;
    let mut paper = story.owed("a", kind, "", Vec::new(), at(7, 24, 12, 0)).unwrap();
    paper.embedded.clear();
    paper
}

/// The words of a PDF in their order, as poppler finds them.
fn read_back(pdf: &[u8]) -> Vec<String> {
    let path = std::env::temp_dir().join(format!("delibera-grande-{}.pdf", std::process::id()));
    std::fs::write(&path, pdf).unwrap();
    let output = Command::new("pdftotext").arg("-raw").arg(&path).arg("-").output();
    std::fs::remove_file(&path).unwrap();
    let text = String::from_utf8(output.expect("pdftotext (poppler-utils)").stdout).unwrap();
    text.split_whitespace().map(str::to_owned).collect()
}

/// Those that begin with a letter and go on in digits, without what follows them.
fn marked(words: &[String], letter: char) -> Vec<String> {
    let marked = words.iter().filter_map(|word| {
        let digits = word.strip_prefix(letter)?.trim_end_matches([';', ',', '.']);
        let plain = digits.len() == 5 && digits.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| format!("{letter}{digits}"))
    });
    marked.collect()
}

#[test]
fn a_deliberation_of_sixty_members_and_thirty_pages_loses_nothing() {
    let paper = large();
    let templates = Templates::embedded().unwrap();
    let rendered = templates.render(&paper, &sample::comune(), &BTreeMap::new()).unwrap();
    let pages = lopdf::Document::load_mem(&rendered.pdf).unwrap().get_pages().len();
    assert_eq!(pages, rendered.pages);
    assert!(pages > 30, "only {pages} pages");
    let read = read_back(&rendered.pdf);

    assert_eq!(marked(&read, 'p'), words('p', PREMISES), "premises");
    let object = marked(&read, 'o');
    assert!(!object.is_empty() && object.len().is_multiple_of(OBJECT), "{} words", object.len());
    for printed in object.chunks(OBJECT) {
        assert_eq!(printed, words('o', OBJECT), "object");
    }

    // The table: every member on one row, the head again on each of its pages.
    assert_eq!(marked(&read, 'm'), words('m', MEMBERS), "members");
    let count = |wanted: &str| read.iter().filter(|word| *word == wanted).count();
    assert_eq!((count("SÌ"), count("NO")), (MEMBERS - AWAY, AWAY), "rows");
    assert!(count("NOMINATIVO") > 1, "sixty rows do not fit on one page");
    let printed = read.join(" ");
    let sentence = format!("n. {} dei {MEMBERS} componenti in carica", MEMBERS - AWAY);
    assert!(printed.contains(&sentence), "the number printed is that of the rows");
}
