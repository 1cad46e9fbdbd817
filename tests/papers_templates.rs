// SPDX-License-Identifier: AGPL-3.0-or-later
//! Every template on the papers of the sample, in strict mode, down to the PDF.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use delibera::domain::papers::sample;
use delibera::service::documents::Templates;
use std::collections::BTreeMap;

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
