// SPDX-License-Identifier: AGPL-3.0-or-later
//! The acts of the sample: each a handful of facts, each leaving its papers.

use super::*;
use crate::case::{Availability, Effect, LatePosting, Touch};
use crate::papers::{Assurance, SignatureLevel, SignatureQuality};
use crate::sitting::{Anomaly, SecretTotals};

/// Every paper.
pub fn all() -> Result<Vec<PaperFacts>, Refusal> {
    let mut papers = Vec::new();
    ordinary(&mut papers)?;
    changed_text(&mut papers)?;
    votes(&mut papers)?;
    not_adopted(&mut papers)?;
    commissioner(&mut papers)?;
    single_text(&mut papers)?;
    super::others::all(&mut papers)?;
    super::sittings::all(&mut papers)?;
    Ok(papers)
}

/// Who signs the act of the sample.
pub fn final_slots(story: &Story) -> Vec<Slot> {
    let when = at(7, 24, 12, 0);
    vec![
        slot("firma_presidente", story.signer("m02", Role::Vicesindaco, when)),
        slot("firma_verbalizzante", story.signer("vsg", Role::Segretario, when)),
    ]
}

/// The Segretario of the sample.
pub fn secretary(story: &Story) -> Vec<Slot> {
    vec![slot("firma", story.signer("vsg", Role::Segretario, at(7, 24, 12, 0)))]
}

/// Who answers for the Albo of the sample.
pub fn publisher(story: &Story) -> Vec<Slot> {
    vec![slot("firma", story.signer("albo", Role::ResponsabilePubblicazione, at(7, 28, 12, 0)))]
}

/// From the proposal to the referto, with everything that can befall a posted act.
fn ordinary(papers: &mut Vec<PaperFacts>) -> Result<(), Refusal> {
    let mut story = Story::new();
    story.submitted("a1", 1721, &content());
    let proposers = vec![
        slot("firma_rp", story.signer("rp", Role::ResponsabileProcedimento, at(7, 15, 9, 0))),
        slot("firma_dir_1", story.signer("dir1", Role::Direttore, at(7, 15, 9, 0))),
        slot("firma_dir_2", story.signer("dir2", Role::Direttore, at(7, 15, 9, 0))),
        slot("firma_rel_1", story.signer("m01", Role::Sindaco, at(7, 15, 9, 0))),
        slot("firma_rel_2", story.signer("m05", Role::Assessore, at(7, 15, 9, 0))),
    ];
    papers.push(story.owed("a1", PaperKind::Proposta, "", proposers, at(7, 15, 9, 0))?);
    opinion_sheets(&mut story, papers)?;
    story.opinions("a1").further("a1");
    inquiry(&mut story, papers)?;
    papers.push(story.owed("a1", PaperKind::FoglioPareri, "", seal(), at(7, 23, 17, 5))?);
    let legitimacy = opinion(OpinionKind::Legitimacy, "", OpinionOutcome::Favourable, "");
    papers.extend(story.carried("a1", &legitimacy, "vsg", at(7, 23, 17, 0))?);
    adopted(&mut story, "a1", 838);
    let slots = final_slots(&story);
    papers.push(story.owed("a1", PaperKind::Deliberazione, "", slots, at(7, 24, 11, 45))?);
    signatures(&mut story, papers)?;
    super::derived::all(&mut story, papers)?;
    posting(&mut story, papers)
}

/// The check of the Segreteria, with a note.
fn inquiry(story: &mut Story, papers: &mut Vec<PaperFacts>) -> Result<(), Refusal> {
    let when = at(7, 23, 17, 2);
    let by = story.signer("vsg", Role::Segretario, when);
    let note = "verificata la corrispondenza fra allegati citati e allegati uniti".to_owned();
    story.case("a1", when, &CaseEvent::ReviewPassed { step: "istruttoria".into(), by, note });
    papers.push(story.owed("a1", PaperKind::SchedaIstruttoria, "1", Vec::new(), when)?);
    Ok(())
}

/// A command that gives an opinion.
pub fn opinion(
    opinion: OpinionKind,
    office: &str,
    outcome: OpinionOutcome,
    reasons: &str,
) -> CaseCommand {
    CaseCommand::GiveOpinion {
        opinion,
        office: office.into(),
        outcome,
        reasons: reasons.into(),
        no_conflict: true,
        paper: None,
    }
}

fn opinion_sheets(story: &mut Story, papers: &mut Vec<PaperFacts>) -> Result<(), Refusal> {
    use OpinionOutcome as O;
    let sheets = [
        (opinion(OpinionKind::Technical, "verde", O::Favourable, ""), "dir1"),
        (
            opinion(
                OpinionKind::Technical,
                "verde",
                O::WithRemarks,
                "Si raccomanda di **coordinare** i cantieri.",
            ),
            "dir1",
        ),
        (
            opinion(
                OpinionKind::Technical,
                "lavori",
                O::WithPrescriptions,
                "Le lavorazioni su strada vanno autorizzate.",
            ),
            "dir2",
        ),
        (
            opinion(
                OpinionKind::Technical,
                "lavori",
                O::Contrary,
                "Il cronoprogramma si sovrappone a lavori già affidati.\n\nOccorre rivederlo.",
            ),
            "dir2",
        ),
        (
            opinion(
                OpinionKind::Accounting,
                "",
                O::NotDue,
                "L'atto non ha effetti su bilancio e patrimonio.",
            ),
            "rag",
        ),
        (opinion(OpinionKind::Accounting, "", O::Favourable, ""), "rag"),
        (opinion(OpinionKind::Cover, "", O::Favourable, ""), "rag"),
        (opinion(OpinionKind::Cover, "", O::NotDue, "L'atto non impegna spesa."), "rag"),
        (opinion(OpinionKind::Cover, "", O::Contrary, "Il capitolo è **esaurito**."), "rag"),
    ];
    for (command, actor) in sheets {
        papers.extend(story.carried("a1", &command, actor, at(7, 23, 9, 0))?);
    }
    let reasons =
        "Manca la relazione agronomica:\n\n- allegarla;\n- citarla nelle premesse.".to_owned();
    story.case(
        "a1",
        at(7, 15, 9, 1),
        &CaseEvent::StepEntered { step: "pareri_tecnici".into(), deadline: None },
    );
    let back = CaseCommand::Return { office: "verde".into(), reasons, paper: None };
    papers.extend(story.carried("a1", &back, "dir1", at(7, 16, 9, 0))?);
    let away = CaseCommand::Withdraw {
        reason: "Il programma sarà unito a quello dei parchi.".into(),
        paper: None,
    };
    papers.extend(story.carried("a1", &away, "m05", at(7, 16, 9, 0))?);
    Ok(())
}

/// Approved unanimously by eleven of thirteen, then declared immediately enforceable.
pub fn adopted(story: &mut Story, id: &str, number: i64) {
    let rows = presence(&["m01", "m07"]);
    let ballot = vote(&rows, &[], &[]);
    let treatment = story.treatment(rows, Some(ballot.clone()));
    let when = treatment.at;
    story.proclaimed(id, treatment);
    story.case(id, when, &numbered("deliberazioni", number, date(7, 24)));
    story.case(id, at(7, 24, 11, 42), &immediate(ballot, true));
}

/// The second ballot.
pub fn immediate(ballot: Ballot, declared: bool) -> CaseEvent {
    CaseEvent::ImmediateVoted {
        ballot,
        declared,
        required: 7,
        reasons: "le gare per le potature vanno avviate prima della stagione".into(),
        on: date(7, 24),
    }
}

fn signatures(story: &mut Story, papers: &mut Vec<PaperFacts>) -> Result<(), Refusal> {
    let key = PaperKind::Deliberazione.token();
    let sha256 = crate::digest::sha256_hex(b"deliberazione");
    let prepared = CaseEvent::PaperPrepared {
        key: key.clone(),
        facts: String::new(),
        sha256: sha256.clone(),
        pages: 5,
    };
    story.case("a1", at(7, 24, 12, 0), &prepared);
    let impediment = CaseCommand::AttestImpediment {
        paper_key: key.clone(),
        field: "firma_presidente".into(),
        reason: "ricovero ospedaliero di durata non prevedibile".into(),
        paper: None,
    };
    papers.extend(story.carried("a1", &impediment, "vsg", at(7, 26, 9, 0))?);
    let by = story.signer("vsg", Role::Segretario, at(7, 25, 9, 0));
    let when = at(7, 25, 9, 0);
    let signed = CaseEvent::PaperSigned {
        key: key.clone(),
        field: "firma_verbalizzante".into(),
        by: by.clone(),
        sha256,
        at: when,
        assurance: Some(Assurance::of(SignatureQuality::Qualified, SignatureLevel::T)),
    };
    story.case("a1", when, &signed);
    let attested = CaseEvent::ImpedimentAttested {
        key: key.clone(),
        field: "firma_presidente".into(),
        reason: "ricovero ospedaliero".into(),
        by,
        paper: super::signed("vsg"),
    };
    story.case("a1", at(7, 26, 9, 0), &attested);
    papers.push(story.owed("a1", PaperKind::RapportoFirme, &key, seal(), at(7, 26, 9, 0))?);
    let slots = secretary(story);
    papers.push(story.owed(
        "a1",
        PaperKind::CertificatoEseguibilita,
        "",
        slots,
        at(7, 26, 9, 1),
    )?);
    Ok(())
}

/// What an hourly look at the public pages found during that posting.
fn probed() -> CaseEvent {
    CaseEvent::AvailabilityRecorded(Availability {
        year: 2024,
        number: 5020,
        probes: 408,
        failed: 7,
        first: at(7, 30, 9, 23),
        last: at(8, 15, 23, 23),
        sha256: "b7".repeat(32),
        media_type: "text/csv".into(),
    })
}

/// The same posting, two days after its term.
fn late(story: &mut Story, slots: Vec<Slot>) -> Result<PaperFacts, Refusal> {
    let late = LatePosting { due: date(7, 26), days: 2, source: "art. 7 del regolamento".into() };
    let act = story.world.cases.get_mut("a1").map(Arc::make_mut);
    let posting = act.and_then(|case| case.posting.as_mut());
    posting.into_iter().for_each(|posting| posting.late = Some(late.clone()));
    story.owed("a1", PaperKind::AttestazioneRitardo, "5012/2024", slots, at(7, 28, 15, 7))
}

fn posting(story: &mut Story, papers: &mut Vec<PaperFacts>) -> Result<(), Refusal> {
    let slots = publisher(story);
    story.posted("a1", 5012, 28)?;
    papers.push(late(story, slots.clone())?);
    papers.push(story.owed(
        "a1",
        PaperKind::AttestazionePubblicazione,
        "5012",
        slots.clone(),
        at(7, 28, 15, 7),
    )?);
    let by = story.signer("albo", Role::ResponsabilePubblicazione, at(7, 30, 9, 0));
    let reason = "il file pubblicato non conteneva l'allegato n. 1".to_owned();
    let annulled = CaseEvent::PostingAnnulled { reason, by: by.clone(), was_effective: false };
    story.case("a1", at(7, 29, 10, 0), &annulled);
    papers.push(story.owed(
        "a1",
        PaperKind::AnnullamentoPubblicazione,
        "5012",
        slots.clone(),
        at(7, 29, 10, 0),
    )?);
    story.posted("a1", 5020, 30)?;
    papers.push(capigruppo_list(date(7, 30), 1, &["a1"], &story.world)?);
    let lost = CaseEvent::OutageRecorded { day: date(8, 2), visible_hours: 5, by };
    story.case("a1", at(8, 3, 8, 0), &lost);
    papers.push(story.owed(
        "a1",
        PaperKind::AttestazioneDisservizio,
        "2024-08-02",
        slots.clone(),
        at(8, 3, 8, 0),
    )?);
    let certificate = secretary(story);
    papers.push(story.owed(
        "a1",
        PaperKind::CertificatoEsecutivita,
        "",
        certificate.clone(),
        at(8, 10, 0, 5),
    )?);
    story.case("a1", at(8, 16, 0, 4), &probed());
    papers.push(story.owed(
        "a1",
        PaperKind::RefertoPubblicazione,
        "5020",
        slots,
        at(8, 16, 0, 5),
    )?);
    for (serial, how) in (1..).zip([Effect::Annul, Effect::Revoke, Effect::Suspend]) {
        let touch = Touch {
            how,
            from: date(11, 8),
            until: (how == Effect::Suspend).then(|| date(12, 31)),
            by_case: String::new(),
            source: "deliberazione n. 1120 dell'8 novembre 2024".into(),
            withdrawn: None,
        };
        story.case("a1", at(11, 8, 12, 0), &CaseEvent::Touched { touch });
        let slots = certificate.clone();
        papers.push(story.owed(
            "a1",
            PaperKind::Annotazione,
            &format!("{serial}"),
            slots,
            at(11, 8, 12, 0),
        )?);
    }
    Ok(())
}

/// A formal change, then a substantial one; contrary opinion and the reasons to depart from it.
fn changed_text(papers: &mut Vec<PaperFacts>) -> Result<(), Refusal> {
    let mut story = Story::new();
    story.submitted("a2", 1722, &content()).opinions("a2");
    let mut formal = content();
    formal.text = formal.text.replace("4.200", "4.210");
    let command = CaseCommand::Revise { content: formal.clone(), formal: true, paper: None };
    papers.extend(story.carried("a2", &command, "vsg", at(7, 23, 18, 0))?);
    let by = story.signer("vsg", Role::Segretario, at(7, 23, 18, 0));
    let change = Change::Formal { by, paper: signed("vsg") };
    story.case("a2", at(7, 23, 18, 0), &revised(2, &formal, change));
    papers.push(story.owed("a2", PaperKind::ConfrontoVersioni, "2", seal(), at(7, 23, 18, 0))?);
    let mut substantial = formal;
    substantial.decision.push("di destinare € 5.000 alla comunicazione del programma;".into());
    substantial.attachments.pop();
    story.case("a2", at(7, 23, 19, 0), &revised(3, &substantial, Change::Substantial));
    papers.push(story.owed("a2", PaperKind::ConfrontoVersioni, "3", seal(), at(7, 23, 19, 0))?);
    let contrary = Given::new(OpinionKind::Technical, "dir2", Role::Direttore, at(7, 23, 20, 0))
        .of("lavori")
        .with(OpinionOutcome::Contrary, "Il cronoprogramma si sovrappone a lavori già affidati.");
    story.opinions("a2").opinion("a2", &contrary);
    let reasons = "i lavori affidati terminano prima dell'inizio delle potature".to_owned();
    let given = story.world.cases.get("a2").and_then(|case| case.opinions.last());
    let answers = given.map(|opinion| opinion.paper.sha256.clone()).into_iter().collect();
    story.case("a2", at(7, 24, 9, 0), &CaseEvent::DepartureMotivated { reasons, answers });
    let rows = presence(&["m07"]);
    let ballot = vote(&rows, &["m04", "m06"], &["m09"]);
    let mut treatment = story.treatment(rows, Some(ballot));
    treatment.version = 3;
    treatment.outcome = ItemOutcome::ApprovedAsAmended;
    treatment.off_agenda = true;
    let when = treatment.at;
    story.proclaimed("a2", treatment);
    story.case("a2", when, &numbered("deliberazioni", 839, date(7, 24)));
    let slots = final_slots(&story);
    papers.push(story.owed("a2", PaperKind::Deliberazione, "", slots, when)?);
    Ok(())
}

fn revised(version: u32, content: &Content, change: Change) -> CaseEvent {
    let (content, hash) = (content.clone(), content.hash());
    CaseEvent::Revised { version, content, hash, change, sitting: None }
}

/// A secret ballot; a failed second ballot; a casting vote with a conflict; anomalies; direction.
fn votes(papers: &mut Vec<PaperFacts>) -> Result<(), Refusal> {
    let mut rows = presence(&["m01"]);
    rows[4].conflict = Some(ConflictStance::Stays);
    rows[5].present = false;
    rows[5].remote = false;
    rows[5].conflict = Some(ConflictStance::Leaves);
    let totals = SecretTotals { favour: 8, against: 1, blank: 1, void: 0 };
    let secret = Ballot {
        secret: Some("apprezzamento di persone, art. 40 Statuto".into()),
        totals: Some(totals),
        conflicted: vec!["m05".into()],
        ..Ballot::default()
    };
    let tie = Ballot {
        casting: Some(crate::law::ballot::Casting::Favour),
        statements: vec![("m04".into(), "voto contro per ragioni di metodo.".into())],
        ..vote(&rows, &["m04", "m08", "m09", "m10", "m11"], &[])
    };
    let abstained = vote(&presence(&["m01"]), &[], &["m08", "m09"]);
    let cases = [(secret, rows.clone()), (tie, rows), (abstained, presence(&["m01"]))];
    for (number, (ballot, rows)) in (840..).zip(cases) {
        let mut story = Story::new();
        let mut content = content();
        if number == 842 {
            content.gates.direction_only = Some("indica priorità senza effetti su terzi".into());
        }
        story.submitted("a3", number, &content).opinions("a3");
        let failed = vote(&rows, &["m02", "m03", "m04", "m06"], &["m08", "m09"]);
        let mut treatment = story.treatment(rows, Some(ballot));
        treatment.anomalies = vec![Anomaly {
            code: "opinion_after_vote".into(),
            missing: None,
            text: "Il voto è stato ripetuto per un errore di conta: verificato".into(),
        }];
        let when = treatment.at;
        story.proclaimed("a3", treatment);
        story.case("a3", when, &numbered("deliberazioni", number, date(7, 24)));
        story.case("a3", at(7, 24, 11, 50), &immediate(failed, false));
        let slots = final_slots(&story);
        papers.push(story.owed("a3", PaperKind::Deliberazione, "", slots, when)?);
    }
    Ok(())
}

/// What did not become an act: one extract each, and a rejected one that was numbered.
fn not_adopted(papers: &mut Vec<PaperFacts>) -> Result<(), Refusal> {
    use ItemOutcome as O;
    for outcome in [O::Postponed, O::Withdrawn, O::TakenNote, O::NotTreated, O::Rejected] {
        let mut story = Story::new();
        story.submitted("a4", 1724, &content()).opinions("a4");
        let rows = presence(&["m01"]);
        let ballot = vote(&rows, &["m02", "m03", "m04", "m05", "m06", "m08"], &[]);
        let mut treatment = story.treatment(rows, (outcome == O::Rejected).then_some(ballot));
        treatment.outcome = outcome;
        treatment.verbalizer = story.signer("m12", Role::Assessore, at(7, 24, 11, 0));
        treatment.reason =
            "approfondimenti sulle aree scolastiche, alla seduta del 31 luglio".into();
        let (when, sitting) = (treatment.at, "s1".to_owned());
        if outcome == O::Rejected {
            story.proclaimed("a4", treatment);
            story.case("a4", when, &numbered("deliberazioni", 843, date(7, 24)));
            let slots = final_slots(&story);
            papers.push(story.owed("a4", PaperKind::Deliberazione, "", slots, when)?);
        } else {
            story.case("a4", when, &CaseEvent::NotVoted { sitting, treatment });
        }
        let slots = secretary(&story);
        papers.push(story.owed("a4", PaperKind::EstrattoVerbale, "s1", slots, when)?);
    }
    Ok(())
}

/// A Commissario with the powers of the Giunta (TUEL 141): no table, no ballots.
fn commissioner(papers: &mut Vec<PaperFacts>) -> Result<(), Refusal> {
    let mut story = Story::new();
    let mut content = content();
    (content.rapporteurs, content.attachments) = (Vec::new(), Vec::new());
    story.submitted("a5", 1725, &content).opinions("a5");
    let mut treatment = story.treatment(Vec::new(), None);
    (treatment.sitting, treatment.mode) = (String::new(), Mode::InSeat);
    treatment.president = story.signer("com", Role::Commissario, treatment.at);
    let when = treatment.at;
    let slots = vec![slot("firma_presidente", treatment.president.clone())];
    story.proclaimed("a5", treatment);
    story.case("a5", when, &numbered("deliberazioni", 844, date(7, 24)));
    story.case("a5", when, &immediate(Ballot::default(), true));
    papers.push(story.owed("a5", PaperKind::Deliberazione, "", slots, when)?);
    let slots = secretary(&story);
    papers.push(story.owed("a5", PaperKind::CertificatoEseguibilita, "", slots, when)?);
    Ok(())
}

/// The same act where the Comune writes one text (law.md 14).
fn single_text(papers: &mut Vec<PaperFacts>) -> Result<(), Refusal> {
    let mut story = Story::new();
    story.submitted("a6", 1726, &content()).opinions("a6");
    adopted(&mut story, "a6", 845);
    let slots = final_slots(&story);
    let mut paper = story.owed("a6", PaperKind::Deliberazione, "", slots, at(7, 24, 11, 45))?;
    paper.context["two_level"] = serde_json::Value::Bool(false);
    papers.push(paper);
    Ok(())
}
