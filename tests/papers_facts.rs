// SPDX-License-Identifier: AGPL-3.0-or-later
//! The printed act is a projection of recorded facts: given events, the papers say this.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use delibera::domain::case::{CaseCommand, CaseEvent, OpinionNeed, OpinionOutcome};
use delibera::domain::papers::sample::{
    Given, Story, at, comune, content, ctx, date, numbered, presence, seal, slot, vote,
};
use delibera::domain::papers::{
    PaperFacts, PaperKind, PaperPlan, carried_by_case, case_paper, sample, sitting_paper,
};
use delibera::domain::registry::Role;
use delibera::domain::sitting::{Anomaly, Attendance, ConflictStance, ItemOutcome, MemberPresence};
use delibera::domain::sitting::{Leaving, Mode, SittingEvent};
use delibera::domain::workflow::OpinionKind;
use delibera::service::documents::{DocumentError, Templates};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn markdown(paper: &PaperFacts) -> String {
    let mut paper = paper.clone();
    paper.embedded.clear();
    Templates::embedded().unwrap().markdown(&paper, &comune(), &BTreeMap::new()).unwrap()
}

/// The text as a person reads it: escapes undone, no-break spaces plain.
fn plain(markdown: &str) -> String {
    markdown.replace('\\', "").replace('\u{A0}', " ")
}

/// An act adopted by these members with this vote, ready to be composed.
fn act(rows: Vec<MemberPresence>, against: &[&str], abstained: &[&str]) -> Story {
    let mut story = Story::new();
    story.submitted("a", 1721, &content()).opinions("a");
    let ballot = vote(&rows, against, abstained);
    let treatment = story.treatment(rows, Some(ballot));
    story.proclaimed("a", treatment);
    story.case("a", at(7, 24, 11, 41), &numbered("deliberazioni", 838, date(7, 24)));
    story
}

fn deliberation(story: &mut Story) -> PaperFacts {
    story.owed("a", PaperKind::Deliberazione, "", Vec::new(), at(7, 24, 12, 0)).unwrap()
}

fn immediate(story: &mut Story, favour: &[&str], declared: bool) {
    let ballot = delibera::domain::sitting::Ballot {
        favour: favour.iter().map(|p| (*p).to_owned()).collect(),
        ..Default::default()
    };
    let event = CaseEvent::ImmediateVoted {
        ballot,
        declared,
        required: 7,
        reasons: "le gare vanno avviate subito".into(),
        on: date(7, 24),
    };
    story.case("a", at(7, 24, 11, 45), &event);
}

#[test]
fn the_data_of_an_act_are_typed_and_every_field_is_documented() {
    use delibera::domain::papers::ActData;
    let page = include_str!("../docs/atto-json.md");
    let papers = delibera::domain::papers::sample::papers().unwrap();
    let acts: Vec<_> = papers.iter().filter_map(|p| p.data.as_ref().map(|d| (p, d))).collect();
    assert!(acts.len() > 5);
    for (paper, data) in acts {
        let typed: ActData = serde_json::from_value(data.clone()).unwrap();
        assert_eq!(serde_json::to_value(&typed).unwrap(), *data, "{}", paper.title);
        for field in data.as_object().unwrap().keys() {
            assert!(page.contains(&format!("`{field}`")), "{field} is not in docs/atto-json.md");
        }
        let listed: Vec<&str> = typed.parts.iter().map(|p| p.sha256.as_str()).collect();
        let inside: Vec<&str> = paper.embedded.iter().map(|e| e.sha256.as_str()).collect();
        assert_eq!(listed, inside, "{}", paper.title);
    }
}

#[test]
fn t_22_the_printed_count_is_the_number_of_rows() {
    let text = plain(&markdown(&deliberation(&mut act(presence(&["m01", "m07"]), &[], &[]))));
    assert!(text.contains("sono presenti **n. 11** dei 13 componenti in carica"), "{text}");
    assert_eq!(text.matches("| SÌ |").count(), 11);
    assert_eq!(text.matches("| NO |").count(), 2);
    // The defect of the reference act: "n. 11 amministratori in carica" where 13 are in office.
    assert!(!text.contains("11 amministratori in carica"));
    assert!(!text.contains("11 componenti in carica"));
    assert!(!text.contains("Tutti gli altri componenti"));
}

#[test]
fn t_59_presence_is_the_one_at_the_item() {
    let mut rows = presence(&[]);
    rows[4].present = false;
    rows[4].conflict = Some(ConflictStance::Leaves);
    let fourth = plain(&markdown(&deliberation(&mut act(rows, &[], &[]))));
    let fifth = plain(&markdown(&deliberation(&mut act(presence(&[]), &[], &[]))));
    assert_eq!(fourth.matches("| SÌ |").count(), 12);
    assert_eq!(fifth.matches("| SÌ |").count(), 13);
    assert!(
        fourth.contains("Laura Galimi, Assessora al verde e all'ambiente, dichiara di versare")
    );
    assert!(fourth.contains("allontanandosi per la durata dell'argomento"));
}

#[test]
fn t_59_minutes_count_who_was_there_at_each_vote() {
    let mut story = Story::new();
    let present = presence(&[])
        .iter()
        .map(|m| Attendance { person: m.person.clone(), remote: m.remote })
        .collect();
    let time = chrono::NaiveTime::from_hms_opt(11, 0, 0).unwrap();
    let scheduled = SittingEvent::Scheduled {
        organ: "giunta".into(),
        date: date(7, 24),
        time,
        place: String::new(),
        mode: Mode::InSeat,
    };
    let mut roll = sample::roll_call(&story, present, at(7, 24, 11, 0));
    (roll.verbalizer_remote, roll.assisting) = (false, Vec::new());
    let opened = SittingEvent::Opened(roll);
    story.sitting("s", at(7, 20, 9, 0), &scheduled).sitting("s", at(7, 24, 11, 0), &opened);
    let item = |story: &mut Story, case: &str, minute: u32, absent: &[&str]| {
        let rows = presence(absent);
        let added = SittingEvent::ItemCalled {
            case: case.into(),
            off_agenda: true,
            subject: format!("Argomento {case}"),
        };
        let voted = SittingEvent::Voted {
            case: case.into(),
            ballot: vote(&rows, &[], &[]),
            anomalies: Vec::new(),
        };
        let closed = SittingEvent::ItemClosed {
            case: case.into(),
            outcome: ItemOutcome::Approved,
            number: Some(1),
            reason: String::new(),
            to: None,
        };
        story
            .sitting("s", at(7, 24, 11, minute), &added)
            .sitting("s", at(7, 24, 11, minute + 1), &voted)
            .sitting("s", at(7, 24, 11, minute + 1), &closed);
    };
    let left = SittingEvent::Left { person: "m05".into(), why: Leaving::Left };
    let back = SittingEvent::Entered { person: "m05".into(), remote: false };
    story.sitting("s", at(7, 24, 11, 10), &left);
    item(&mut story, "quattro", 11, &["m05"]);
    story.sitting("s", at(7, 24, 11, 15), &back);
    item(&mut story, "cinque", 16, &[]);
    let kind = PaperKind::Brogliaccio;
    let plan = PaperPlan { key: kind.token(), kind, slots: Vec::new(), about: String::new() };
    let paper = sitting_paper("s", &plan, &story.world).unwrap();
    let items = paper.context["items"].as_array().unwrap();
    assert_eq!((&items[0]["present"], &items[1]["present"]), (&12.into(), &13.into()));
    assert_eq!(items[0]["absent"][0], "Laura Galimi");
    assert_eq!(items[0]["vote"]["favour"], 12);
    assert!(plain(&markdown(&paper)).contains("esce alle ore 11:10 ed entra alle ore 11:15"));
}

#[test]
fn t_52_an_act_without_its_accounting_sheet_is_not_composed() {
    let mut story = Story::new();
    story.submitted("a", 1721, &content());
    let given = [("dir1", "verde"), ("dir2", "lavori")];
    for (person, office) in given {
        let when = at(7, 16, 10, 0);
        let opinion = Given::new(OpinionKind::Technical, person, Role::Direttore, when).of(office);
        story.opinion("a", &opinion);
    }
    story.opinion(
        "a",
        &Given::new(OpinionKind::Legitimacy, "vsg", Role::Segretario, at(7, 23, 9, 0)),
    );
    let rows = presence(&[]);
    let mut treatment = story.treatment(rows.clone(), Some(vote(&rows, &[], &[])));
    story.proclaimed("a", treatment.clone());
    story.case("a", at(7, 24, 11, 41), &numbered("deliberazioni", 838, date(7, 24)));
    let when = at(7, 24, 12, 0);
    let refused = story.owed("a", PaperKind::Deliberazione, "", Vec::new(), when).unwrap_err();
    assert_eq!(refused.code, "opinion_sheet_missing");
    assert!(refused.text.contains("parere di regolarità contabile"), "{}", refused.text);
    // Overridden by president and verbalizer with a recorded reason: composed, and it says so.
    let need = |opinion| OpinionNeed { opinion, office: String::new() };
    let overridden = |opinion| Anomaly {
        code: "missing_opinion".into(),
        missing: Some(need(opinion)),
        text: "Manca il parere di regolarità contabile sul testo in votazione \
               (art. 49, c. 1, TUEL): termine di legge in scadenza"
            .into(),
    };
    // What is tolerated is the opinion that was overridden, not one whose name the text bears.
    treatment.anomalies = vec![overridden(OpinionKind::Legitimacy)];
    story.proclaimed("a", treatment.clone());
    let refused = story.owed("a", PaperKind::Deliberazione, "", Vec::new(), when).unwrap_err();
    assert_eq!(refused.code, "opinion_sheet_missing");
    treatment.anomalies = vec![overridden(OpinionKind::Accounting)];
    story.proclaimed("a", treatment);
    let text = plain(&markdown(&deliberation(&mut story)));
    assert!(text.contains("parere di regolarità contabile **non risulta acquisito**"), "{text}");
    assert!(text.contains("**Anomalia rilevata a verbale** – Manca il parere"), "{text}");
}

#[test]
fn t_47_recited_opinions_keep_the_order_of_the_law() {
    let paper = deliberation(&mut act(presence(&[]), &[], &[]));
    let opinions = paper.context["opinions"].as_array().unwrap();
    let dates: Vec<&str> = opinions.iter().map(|o| o["date"].as_str().unwrap()).collect();
    assert_eq!(dates, ["2024-07-16", "2024-07-22", "2024-07-23", "2024-07-23"]);
    assert!(dates.iter().all(|day| *day <= paper.context["meeting"]["date"].as_str().unwrap()));
    let names: Vec<&str> = paper.embedded.iter().map(|e| e.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "parere-tecnico-1.pdf",
            "parere-tecnico-2.pdf",
            "parere-contabile.pdf",
            "parere-legittimita.pdf",
            "cronoprogramma.pdf"
        ]
    );
}

#[test]
fn the_title_printed_is_the_substitutes_own_with_its_act() {
    let text = plain(&markdown(&deliberation(&mut act(presence(&["m01"]), &[], &[]))));
    assert!(text.contains(
        "Mariangela Zaccheo, Vice Segretaria Generale Vicaria, in sostituzione (decreto del \
         Sindaco n. 31 del 4 aprile 2022)"
    ));
    assert!(
        text.contains("Bruna Forni, Responsabile di ragioneria, per delega (determinazione n. 45")
    );
    assert!(text.contains("Presiede **Anna Scardovi**, Vicesindaca, in assenza del Sindaco"));
    assert!(!text.contains("Dario Vella"));
}

#[test]
fn the_object_is_one_string_in_every_paper() {
    let expected = content().subject;
    let expected = expected.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut seen = 0;
    for paper in sample::papers().unwrap() {
        let subject = paper.context["subject"].as_str().unwrap();
        let of_sitting = paper.context.get("offices").is_none();
        // A document of another body has its own object (R6.10).
        let of_others = paper.context.get("request").is_some_and(|request| !request.is_null());
        if !of_sitting && !of_others {
            assert_eq!(subject, expected, "{:?}", paper.kind);
        }
        let text = plain(&markdown(&paper));
        let stem = "Programma triennale di cura";
        assert_eq!(
            text.matches(stem).count(),
            text.matches(&expected).count(),
            "{:?}: the object is written in another way",
            paper.kind
        );
        seen += text.matches(&expected).count();
    }
    assert!(seen > 30, "{seen}");
}

#[test]
fn the_suffix_of_the_object_comes_from_the_second_ballot_and_nothing_else() {
    let suffix = "– **Immediatamente eseguibile**";
    let mut requested = act(presence(&[]), &[], &[]);
    assert!(!plain(&markdown(&deliberation(&mut requested))).contains(suffix));
    let mut failed = act(presence(&[]), &[], &[]);
    immediate(&mut failed, &["m01", "m02", "m03", "m04", "m05", "m06"], false);
    let text = plain(&markdown(&deliberation(&mut failed)));
    assert!(!text.contains(suffix));
    assert!(
        text.contains("(ottenuti 6; occorrenti 7): **l'immediata eseguibilità non è dichiarata**")
    );
    let mut declared = act(presence(&[]), &[], &[]);
    immediate(&mut declared, &["m01", "m02", "m03", "m04", "m05", "m06", "m07"], true);
    let text = plain(&markdown(&deliberation(&mut declared)));
    assert!(text.contains(suffix));
    assert!(text.contains("maggioranza dei 13 componenti in carica (almeno 7)"), "{text}");
}

#[test]
fn a_reserved_attachment_is_named_only_as_such() {
    for paper in sample::papers().unwrap() {
        let text = plain(&markdown(&paper));
        let facts = serde_json::to_string(&paper).unwrap();
        assert!(!facts.contains("elenco-segnalazioni"), "{:?}", paper.kind);
        assert!(!text.contains("elenco-segnalazioni"), "{:?}", paper.kind);
    }
    let text = plain(&markdown(&deliberation(&mut act(presence(&[]), &[], &[]))));
    assert!(text.contains("allegato riservato n. 3, 1 pagina"), "{text}");
}

#[test]
fn what_was_composed_on_monday_is_signed_on_wednesday() {
    let mut story = Story::new();
    story.submitted("a", 1721, &content());
    let command = sample::opinion(OpinionKind::Technical, "verde", OpinionOutcome::Favourable, "");
    let monday = carried_by_case("a", &command, &ctx("dir1", at(7, 15, 10, 0)), &story.world);
    let monday = monday.unwrap().unwrap();
    story.submitted("b", 1722, &content());
    let wednesday = carried_by_case("a", &command, &ctx("dir1", at(7, 17, 10, 0)), &story.world);
    assert_eq!(monday.sha256(), wednesday.unwrap().unwrap().sha256());
    assert_eq!(monday.slots.len(), 1);
    assert_eq!(monday.slots[0].field, "firma");
    assert_eq!(monday.created, at(7, 15, 9, 0));
}

#[test]
fn who_is_not_entitled_gets_no_sheet() {
    let mut story = Story::new();
    story.submitted("a", 1721, &content());
    let command = sample::opinion(OpinionKind::Technical, "verde", OpinionOutcome::Favourable, "");
    let refused = carried_by_case("a", &command, &ctx("dir2", at(7, 16, 9, 0)), &story.world);
    assert_eq!(refused.unwrap_err().code, "signer_not_in_role");
    let edit = CaseCommand::Edit { content: content() };
    assert_eq!(carried_by_case("a", &edit, &ctx("rp", at(7, 16, 9, 0)), &story.world), Ok(None));
}

#[test]
fn the_attestation_certifies_the_term_and_speaks_of_its_own_day() {
    let mut story = act(presence(&[]), &[], &[]);
    story.posted("a", 5012, 28).unwrap();
    let kind = PaperKind::AttestazionePubblicazione;
    let paper = story.owed("a", kind, "5012", seal(), at(7, 28, 15, 7)).unwrap();
    let text = plain(&markdown(&paper));
    assert!(
        text.contains("dal 28 luglio 2024 al 11 agosto") || text.contains("all'11 agosto 2024")
    );
    assert!(text.contains("per quindici giorni consecutivi, fino a tutto l'11 agosto 2024"));
    let by = slot("firma", story.signer("albo", Role::ResponsabilePubblicazione, at(8, 1, 9, 0)));
    let lost = CaseEvent::OutageRecorded {
        day: date(8, 1),
        visible_hours: 3,
        by: by.signer.clone().unwrap(),
    };
    story.case("a", at(8, 2, 9, 0), &lost);
    let plan = PaperPlan { key: kind.token(), kind, slots: seal(), about: "5012".into() };
    assert_eq!(case_paper("a", &plan, &story.world).unwrap().sha256(), paper.sha256());
    let report =
        story.owed("a", PaperKind::RefertoPubblicazione, "5012", Vec::new(), at(8, 13, 0, 5));
    let text = plain(&markdown(&report.unwrap()));
    assert!(text.contains("con proroga dall'11 agosto 2024 al 12 agosto 2024"), "{text}");
    assert!(!text.contains("opposizioni"));
}

#[test]
fn a_mistyped_variable_names_template_and_line() {
    let folder = std::env::temp_dir().join(format!("delibera-papers-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("partials")).unwrap();
    let text = "# Titolo\n\n{{#if meeting.comissioner}}x{{/if}}\n";
    std::fs::write(folder.join("annotazione.md.hbs"), text).unwrap();
    let templates = Templates::with_overrides(&folder).unwrap();
    let problems = templates.check(&sample::papers().unwrap(), &comune());
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(
        problems[0].to_string(),
        "templates/act/annotazione.md.hbs:3: la variabile «meeting.comissioner» non esiste"
    );
}

#[test]
fn bytes_that_are_not_those_of_the_facts_are_refused() {
    let paper = deliberation(&mut act(presence(&[]), &[], &[]));
    let templates = Templates::embedded().unwrap();
    let missing = templates.render(&paper, &comune(), &BTreeMap::new());
    assert!(matches!(missing, Err(DocumentError::Embedded { .. })));
    let wrong = paper.embedded.iter().map(|e| (e.sha256.clone(), b"altro".to_vec())).collect();
    let error = templates.render(&paper, &comune(), &wrong).unwrap_err().to_string();
    assert!(error.contains("non corrisponde alla sua impronta"), "{error}");
}

fn members() -> impl Strategy<Value = Vec<(bool, bool, u8)>> {
    prop::collection::vec((any::<bool>(), any::<bool>(), 0_u8..5), 13)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if cfg!(debug_assertions) { 200 } else { 10_000 },
        ..ProptestConfig::default()
    })]

    /// Whatever happened in the room, what is printed adds up: rows, presents, votes, names.
    #[test]
    fn ten_thousand_sittings_add_up(choices in members(), amended: bool) {
        thread_local! {
            static BASE: (Story, Templates) = {
                let mut story = Story::new();
                story.submitted("a", 1721, &content()).opinions("a");
                (story, Templates::embedded().unwrap())
            };
        }
        BASE.with(|(base, templates)| {
            let mut rows = presence(&[]);
            let (mut against, mut abstained) = (Vec::new(), Vec::new());
            for (row, (present, remote, choice)) in rows.iter_mut().zip(&choices) {
                row.present = *present;
                row.remote = *present && *remote;
                match choice {
                    0 if *present => against.push(row.person.clone()),
                    1 if *present => abstained.push(row.person.clone()),
                    2 => row.conflict = Some(if *present {
                        ConflictStance::Stays
                    } else {
                        ConflictStance::Leaves
                    }),
                    _ => {}
                }
            }
            let names = |list: &[String]| list.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
            let (no, absent) = (names(&against), names(&abstained));
            let split = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            let (no, absent) = (split(&no), split(&absent));
            let no: Vec<&str> = no.iter().map(String::as_str).collect();
            let absent: Vec<&str> = absent.iter().map(String::as_str).collect();
            let ballot = vote(&rows, &no, &absent);
            let mut story = base.clone();
            let mut treatment = story.treatment(rows.clone(), Some(ballot));
            if amended {
                treatment.outcome = ItemOutcome::ApprovedAsAmended;
            }
            story.proclaimed("a", treatment);
            story.case("a", at(7, 24, 11, 41), &numbered("deliberazioni", 838, date(7, 24)));
            let mut paper = deliberation(&mut story);
            paper.embedded.clear();
            let text = plain(&templates.markdown(&paper, &comune(), &BTreeMap::new()).unwrap());
            let present = rows.iter().filter(|r| r.present).count();
            let remote = rows.iter().filter(|r| r.remote).count();
            let facts = &paper.context["vote"];
            let number = |key: &str| usize::try_from(facts[key].as_u64().unwrap()).unwrap();
            assert_eq!(text.matches("| SÌ |").count(), present);
            assert_eq!(text.matches("| NO |").count(), 13 - present);
            assert_eq!(text.matches("| a distanza |").count(), remote);
            assert_eq!(number("present"), present);
            let conflicted = facts["conflicted_names"].as_array().unwrap().len();
            assert_eq!(number("favour") + number("against") + number("abstained") + conflicted, present);
            assert_eq!(number("voters"), number("favour") + number("against"));
            assert_eq!(facts["against_names"].as_array().unwrap().len(), number("against"));
            assert_eq!(facts["abstained_names"].as_array().unwrap().len(), number("abstained"));
            let verb = if present == 1 { "è presente" } else { "sono presenti" };
            let sentence = format!("{verb} **n. {present}** dei 13 componenti in carica");
            assert!(text.contains(&sentence));
        });
    }
}
