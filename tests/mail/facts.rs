// SPDX-License-Identifier: AGPL-3.0-or-later
//! The facts of a notice, taken from folded streams.

use super::AT;
use chrono::{NaiveDate, NaiveTime};
use delibera::domain::case::{Case, CaseEvent, Change, Content, Effects, Opinion, OpinionOutcome};
use delibera::domain::notice_facts::{NoticeFacts, NoticeSubject, notice};
use delibera::domain::papers::{PaperKind, SignedPaper};
use delibera::domain::registry::{
    Capacity, ComuneData, Mandate, Office, Person, Registry, RegistryEvent, Role, Signatory,
};
use delibera::domain::sitting::{ItemOutcome, Mode, Sitting, SittingEvent};
use delibera::domain::workflow::OpinionKind;
use delibera::domain::world::World;
use serde_json::{Value, json};
use std::sync::Arc;

fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, day).unwrap()
}

fn person(id: &str, given_name: &str, surname: &str) -> Person {
    Person {
        id: id.into(),
        given_name: given_name.into(),
        surname: surname.into(),
        fiscal_code: "XXXXXX00A00A000A".into(),
        email: format!("{id}@comune.roccaverde.example"),
        born: None,
    }
}

fn mandate(person: &str, role: Role, office: Option<&str>, title: &str) -> RegistryEvent {
    RegistryEvent::MandateGranted {
        mandate: Mandate {
            id: format!("m-{person}-{}", role.token()),
            person: person.into(),
            role,
            office: office.map(str::to_owned),
            capacity: Capacity::Titolare,
            title: title.into(),
            act: String::new(),
            from: day(1, 1),
            to: None,
            rank: 0,
            group: (role == Role::Capogruppo).then(|| "Lista Verde".to_owned()),
        },
    }
}

fn registry() -> Registry {
    let workflow = include_str!("../../workflows/deliberazione-giunta.toml");
    let office = |id: &str, name: &str| RegistryEvent::OfficeOpened {
        office: Office { id: id.into(), name: name.into() },
    };
    let mut registry = Registry::default();
    let comune = ComuneData {
        name: "Comune di Roccaverde".into(),
        seat: "Palazzo comunale".into(),
        giunta_seats: 5,
        ..ComuneData::default()
    };
    registry.evolve(&RegistryEvent::ComuneDescribed { comune });
    registry.evolve(&office("lp", "Direzione Lavori pubblici"));
    registry.evolve(&office("rag", "Ragioneria"));
    for (id, given, surname) in [
        ("neri", "Carla", "Neri"),
        ("conti", "Ugo", "Conti"),
        ("sarti", "Anna", "Sarti"),
        ("ponti", "Chiara", "Ponti"),
        ("verdi", "Ivo", "Verdi"),
    ] {
        registry.evolve(&RegistryEvent::PersonRegistered { person: person(id, given, surname) });
    }
    registry.evolve(&mandate("neri", Role::Direttore, Some("lp"), "La Direttrice"));
    registry.evolve(&mandate("conti", Role::ResponsabileRagioneria, Some("rag"), "Il Ragioniere"));
    registry.evolve(&mandate("sarti", Role::Sindaco, None, "La Sindaca"));
    registry.evolve(&mandate("verdi", Role::Capogruppo, None, "Capogruppo"));
    registry.evolve(&RegistryEvent::WorkflowActivated { text: workflow.into() });
    registry
}

fn signatory(person: &str, name: &str, title: &str, role: Role) -> Signatory {
    Signatory {
        person: person.into(),
        name: name.into(),
        fiscal_code: "XXXXXX00A00A000A".into(),
        title: title.into(),
        role,
        capacity: Capacity::Titolare,
        act: String::new(),
    }
}

fn paper(kind: PaperKind) -> SignedPaper {
    SignedPaper {
        form: Default::default(),
        kind,
        facts: String::new(),
        sha256: String::new(),
        fiscal_code: String::new(),
        assurance: None,
    }
}

fn content() -> Content {
    let mut content = Content {
        subject: "Riqualificazione di piazza Garibaldi".into(),
        offices: vec!["lp".into()],
        rapporteurs: vec!["sarti".into()],
        procedure_head: "ponti".into(),
        text: "Premesso".into(),
        decision: vec!["di approvare".into(), "di dare atto".into()],
        ..Content::default()
    };
    content.gates.effects =
        Effects::Some { amount_cents: Some(1_250_000), chapter: None, financing: None };
    content
}

fn given(kind: OpinionKind, office: &str, outcome: OpinionOutcome, version: u32) -> CaseEvent {
    CaseEvent::OpinionGiven(Opinion {
        opinion: kind,
        office: office.into(),
        giver: signatory("neri", "Carla Neri", "La Direttrice", Role::Direttore),
        outcome,
        reasons: "manca la copertura".into(),
        version,
        hash: format!("v{version}"),
        confirmation: false,
        on_the_spot: false,
        paper: paper(PaperKind::ParereTecnico),
        at: AT(),
    })
}

/// A proposal at its accounting opinion, technical opinion given.
fn world() -> World {
    let registry = registry();
    let digest = registry.active.values().next().unwrap().clone();
    let mut case = Case::new("c-1");
    let by = signatory("ponti", "Chiara Ponti", "", Role::ResponsabileProcedimento);
    let kind = "deliberazione-giunta".to_owned();
    for event in [
        CaseEvent::Created { kind, workflow: digest, content: content(), earlier: None },
        CaseEvent::Submitted { version: 1, hash: "v1".into(), by },
        CaseEvent::Numbered {
            register: "proposte".into(),
            year: 2026,
            number: 131,
            date: day(7, 20),
            external: false,
        },
        given(OpinionKind::Technical, "lp", OpinionOutcome::Favourable, 1),
        CaseEvent::StepEntered { step: "parere_contabile".into(), deadline: Some(day(7, 29)) },
    ] {
        case.evolve(&event, AT(), "ponti");
    }
    let mut world = World { registry: Arc::new(registry), ..World::default() };
    world.cases.insert("c-1".into(), Arc::new(case));
    world
}

fn told(world: &World, message: &str, moment: &str, who: &str, detail: Value) -> NoticeFacts {
    let subject = NoticeSubject { case: Some("c-1"), sitting: None, moment, detail };
    notice(message, world, subject, &world.registry.people[who], day(7, 24))
}

fn happen(world: &mut World, event: &CaseEvent) {
    let case = world.cases.get_mut("c-1").map(Arc::make_mut).unwrap();
    case.evolve(event, AT(), "ponti");
}

#[test]
fn a_due_opinion_names_the_act_the_term_and_why() {
    let world = world();
    let facts = told(&world, "parere-da-rendere", "technical_complete", "conti", Value::Null);
    let act = facts.act.as_ref().unwrap();
    assert_eq!(act.proposal.as_deref(), Some("131/2026"));
    assert_eq!(act.version, Some(1));
    assert_eq!(act.opinion_due.as_deref(), Some("parere di regolarità contabile"));
    assert_eq!(act.effects.as_deref(), Some("€ 12.500,00"));
    assert_eq!(act.offices, ["Direzione Lavori pubblici"]);
    assert_eq!(act.rapporteurs, ["Anna Sarti"]);
    assert_eq!((act.number.as_ref(), act.albo.as_ref()), (None, None));
    assert_eq!(facts.deadline(), Some(day(7, 29)));
    assert_eq!(facts.recipient.why, ["Il Ragioniere"]);
    assert_eq!(facts.opinions.len(), 1);
    assert_eq!(facts.path.as_deref(), Some("/fascicoli/c-1"));
}

#[test]
fn an_outcome_speaks_of_the_opinion_of_its_event_not_of_a_later_one() {
    let mut world = world();
    happen(&mut world, &given(OpinionKind::Accounting, "", OpinionOutcome::Contrary, 1));
    let detail = json!({ "opinion": "technical", "office": "lp" });
    let facts = told(&world, "esito-parere", "technical_given", "ponti", detail);
    let opinion = facts.opinion.unwrap();
    assert_eq!(opinion.label, "parere di regolarità tecnica");
    assert_eq!((opinion.outcome.as_str(), opinion.departure), ("favorevole", false));
    assert_eq!(facts.recipient.why, ["responsabile del procedimento"]);
    let detail = json!({ "opinion": "accounting", "office": "" });
    let contrary = told(&world, "parere-contrario", "contrary", "sarti", detail);
    let opinion = contrary.opinion.unwrap();
    assert_eq!((opinion.outcome.as_str(), opinion.departure), ("contrario", true));
    assert_eq!(opinion.reasons, "manca la copertura");
    assert_eq!(contrary.recipient.why, ["relatore della proposta"]);
}

#[test]
fn a_substantial_change_leaves_no_opinion_standing_and_says_where_the_text_changed() {
    let mut world = world();
    let mut changed = content();
    changed.decision[1] = "di dare atto della spesa".into();
    let revised = |change: Change| CaseEvent::Revised {
        version: 2,
        content: changed.clone(),
        hash: "v2".into(),
        change,
        sitting: None,
    };
    happen(&mut world, &revised(Change::Substantial));
    let facts = told(&world, "testo-modificato", "text_changed", "neri", Value::Null);
    assert_eq!(facts.detail.changes, ["dispositivo, punto 2"]);
    assert!(!facts.detail.formal && facts.opinions.is_empty());
    assert_eq!(facts.recipient.why, ["autore di un parere sulla proposta"]);
}

#[test]
fn a_detail_of_another_shape_hides_nothing_else() {
    let world = world();
    let detail = json!({
        "reason": "manca il computo", "deadline": 7, "acts": "c-1", "unknown": true,
        "paper": "deliberazione", "how": "suspend", "serial": "x", "seal": "1:ab",
    });
    let facts = told(&world, "proposta-restituita", "returned", "ponti", detail);
    assert_eq!(facts.detail.reason, "manca il computo");
    assert_eq!(facts.detail.document, "deliberazione");
    assert_eq!(facts.detail.effect, "sospensione");
    assert_eq!((facts.detail.seal.as_deref(), facts.detail.serial), (Some("1:ab"), None));
    assert_eq!(facts.deadline(), Some(day(7, 29)), "the term of the step stays");
}

fn with_sitting(mut world: World) -> World {
    let mut sitting = Sitting::new("s-1");
    let by = signatory("sarti", "Anna Sarti", "La Sindaca", Role::Sindaco);
    for event in [
        SittingEvent::Scheduled {
            organ: "giunta".into(),
            date: day(7, 24),
            time: NaiveTime::from_hms_opt(11, 0, 0).unwrap(),
            place: String::new(),
            mode: Mode::Mixed,
        },
        SittingEvent::ItemAdded { case: "c-1".into(), subject: content().subject },
        SittingEvent::ItemAdded { case: "c-9".into(), subject: "Altro".into() },
        SittingEvent::Convened { version: 1, by, paper: paper(PaperKind::Convocazione) },
    ] {
        sitting.evolve(&event, AT());
    }
    world.sittings.insert("s-1".into(), Arc::new(sitting));
    world
}

fn told_of_sitting(world: &World, message: &str, moment: &str, who: &str) -> NoticeFacts {
    let subject = NoticeSubject {
        sitting: Some("s-1"),
        moment,
        detail: json!({ "link": "https://sedute.example/1" }),
        case: None,
    };
    notice(message, world, subject, &world.registry.people[who], day(7, 22))
}

#[test]
fn a_convening_tells_day_hour_place_and_agenda() {
    let world = with_sitting(world());
    let facts = told_of_sitting(&world, "convocazione", "convened", "sarti");
    let sitting = facts.sitting.unwrap();
    assert_eq!((sitting.organ.as_str(), sitting.time.as_str()), ("Giunta comunale", "11:00"));
    assert_eq!(sitting.start.unwrap().to_rfc3339(), "2026-07-24T09:00:00+00:00");
    assert_eq!(sitting.place, "Palazzo comunale", "the seat, when nothing else was said");
    assert_eq!(sitting.link.as_deref(), Some("https://sedute.example/1"));
    assert_eq!(sitting.items.len(), 2);
    assert_eq!(sitting.items[0].office, "Direzione Lavori pubblici");
    assert_eq!((sitting.agenda_version, sitting.sequence), (1, 4));
    assert_eq!(sitting.convened_by, "Anna Sarti, La Sindaca");
    assert_eq!(facts.recipient.why, ["componente della Giunta (La Sindaca)"]);
    assert_eq!(facts.path.as_deref(), Some("/sedute/s-1"));
}

#[test]
fn outcomes_are_ones_own_and_ragioneria_sees_the_approved_acts_with_effects() {
    let mut world = with_sitting(world());
    let own = |world: &World, who: &str| {
        told_of_sitting(world, "esiti-seduta", "sitting_closed", who).sitting.unwrap().own.len()
    };
    assert_eq!(own(&world, "conti"), 0, "nothing approved yet");
    let closed = SittingEvent::ItemClosed {
        case: "c-1".into(),
        outcome: ItemOutcome::Approved,
        number: Some(118),
        reason: String::new(),
        to: None,
    };
    let sitting = world.sittings.get_mut("s-1").map(Arc::make_mut).unwrap();
    sitting.evolve(&closed, AT());
    let counts: Vec<usize> =
        ["ponti", "sarti", "neri", "conti", "verdi"].iter().map(|who| own(&world, who)).collect();
    assert_eq!(counts, [1, 1, 1, 1, 0]);
    let facts = told_of_sitting(&world, "esiti-seduta", "sitting_closed", "ponti");
    let item = &facts.sitting.unwrap().own[0];
    assert_eq!(item.outcome.as_deref(), Some("approvata"));
    assert_eq!(item.number, Some(118));
}

#[test]
fn a_list_names_its_acts_and_a_capogruppo_his_group() {
    let world = world();
    let detail = json!({ "day": "2026-07-27", "serial": 1, "acts": ["c-1", "c-404"] });
    let facts = told(&world, "elenco-capigruppo", "capigruppo_listed", "verdi", detail);
    assert_eq!(facts.acts.len(), 1);
    assert_eq!(facts.acts[0].subject, "Riqualificazione di piazza Garibaldi");
    assert_eq!(facts.detail.day, Some(day(7, 27)));
    assert_eq!(facts.recipient.why, ["capogruppo consiliare (Lista Verde)"]);
}
