// SPDX-License-Identifier: AGPL-3.0-or-later
//! A document of another body in the sample: shown, annulled, shown again with a day lost, and the
//! referto that goes back; another one that is not shown (R6.10).

use super::stories::publisher;
use super::*;
use crate::case::PostingRequest;

/// Its papers.
pub fn all(papers: &mut Vec<PaperFacts>) -> Result<(), Refusal> {
    let mut story = Story::new();
    received(&mut story, "t1", &request());
    let slots = publisher(&story);
    let owed = |story: &mut Story, kind, about: &str, when| {
        story.owed("t1", kind, about, slots.clone(), when)
    };
    story.posted("t1", 5030, 28)?;
    let attestation = PaperKind::AttestazionePubblicazione;
    papers.push(owed(&mut story, attestation, "5030/2024", at(7, 28, 15, 7))?);
    let by = story.signer("albo", Role::ResponsabilePubblicazione, at(7, 29, 10, 0));
    let reason = "il file affisso non era quello trasmesso".to_owned();
    let annulled = CaseEvent::PostingAnnulled { reason, by: by.clone(), was_effective: false };
    story.case("t1", at(7, 29, 10, 0), &annulled);
    let annulment = PaperKind::AnnullamentoPubblicazione;
    papers.push(owed(&mut story, annulment, "5030/2024", at(7, 29, 10, 0))?);
    story.posted("t1", 5031, 29)?;
    let lost = CaseEvent::OutageRecorded { day: date(8, 2), visible_hours: 5, by };
    story.case("t1", at(8, 3, 8, 0), &lost);
    let outage = PaperKind::AttestazioneDisservizio;
    papers.push(owed(&mut story, outage, "2024-08-02", at(8, 3, 8, 0))?);
    let report = PaperKind::RefertoPubblicazione;
    papers.push(owed(&mut story, report, "5031/2024", at(8, 14, 7, 30))?);
    received(&mut story, "t2", &request());
    let reason = "il documento non è leggibile: l'ente lo trasmetterà di nuovo".to_owned();
    let command = CaseCommand::Withdraw { reason, paper: None };
    papers.extend(story.carried("t2", &command, "albo", at(7, 29, 11, 0))?);
    Ok(())
}

fn received(story: &mut Story, id: &str, content: &Content) {
    let kind = "affissione-conto-terzi".to_owned();
    let when = at(7, 28, 9, 0);
    let workflow = story.registry().active[&kind].clone();
    let by = story.signer("albo", Role::ResponsabilePubblicazione, when);
    let (content, hash) = (content.clone(), content.hash());
    story.case(id, when, &CaseEvent::Created { kind, workflow, content, earlier: None }).case(
        id,
        when,
        &CaseEvent::Submitted { version: 1, hash, by },
    );
}

fn request() -> Content {
    let name = "avviso di vendita all'asta.pdf";
    Content {
        subject: "Avviso di vendita senza incanto di un fabbricato in via dei Mulini".into(),
        act_type: "avviso d'asta".into(),
        attachments: vec![Attachment {
            name: name.into(),
            class: AttachmentClass::Integral,
            media_type: "application/pdf".into(),
            sha256: crate::digest::sha256_hex(name.as_bytes()),
            size: 1000,
            pages: Some(4),
        }],
        request: Some(PostingRequest {
            body: "Tribunale di Valdoro".into(),
            email: "esecuzioni@pec.tribunale.example".into(),
            protocollo: "4471/2024".into(),
            on: Some(date(7, 26)),
            ..PostingRequest::default()
        }),
        ..Content::default()
    }
}
