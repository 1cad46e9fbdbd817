// SPDX-License-Identifier: AGPL-3.0-or-later
//! The engine knows step kinds, not act kinds: an ordinanza it was never told of runs from the
//! draft to the closed fascicolo by its file alone. Recipients are found by role and date.
#![expect(clippy::unwrap_used, reason = "tests stop where they fail")]

use chrono::{DateTime, Duration, NaiveDate, Utc};
use delibera::domain::case::{
    Case, CaseCommand, Change, Content, Ctx, Effects, Ending, Gates, Opinion, OpinionOutcome,
    Version,
};
use delibera::domain::changes::{Changes, Stop};
use delibera::domain::command::{Command, decide};
use delibera::domain::effects::evolve;
use delibera::domain::notices::{RecipientContext, recipients};
use delibera::domain::papers::{PaperKind, SignedPaper, case_paper};
use delibera::domain::registry::{Mandate, Office, Person, RegistryCommand, Role};
use delibera::domain::sitting::Sitting;
use delibera::domain::workflow::{Lifecycle, OpinionKind};
use delibera::domain::world::World;
use std::fs;
use std::sync::Arc;

const CASE: &str = "ord-1";

/// A small Comune: who is in which role, for which office.
const PEOPLE: [(&str, Role, Option<&str>); 10] = [
    ("rossi", Role::ResponsabileProcedimento, None),
    ("bianchi", Role::Direttore, Some("mobilita")),
    ("verdi", Role::ResponsabilePrivacy, None),
    ("neri", Role::ResponsabilePubblicazione, None),
    ("galli", Role::Segretario, None),
    ("costa", Role::Segreteria, None),
    ("conti", Role::Sindaco, None),
    ("greco", Role::Assessore, None),
    ("longo", Role::Capogruppo, None),
    ("serra", Role::Capogruppo, None),
];

/// The Comune and a clock that goes forward with every command.
struct Town {
    world: World,
    now: DateTime<Utc>,
}

impl Town {
    fn new() -> Self {
        let mut office =
            Self { world: World::default(), now: "2026-03-02T08:00:00Z".parse().unwrap() };
        let first: NaiveDate = "2025-01-01".parse().unwrap();
        let read = |file: &str| fs::read_to_string(file).unwrap();
        office.registry(RegistryCommand::OpenOffice(Office {
            id: "mobilita".into(),
            name: "Direzione Mobilità".into(),
        }));
        for (i, (id, role, place)) in PEOPLE.into_iter().enumerate() {
            office.registry(RegistryCommand::RegisterPerson(Person {
                id: id.into(),
                given_name: "Anna".into(),
                surname: id.into(),
                fiscal_code: format!("FISCAL{i:010}"),
                email: format!("{id}@comune.example"),
                born: None,
            }));
            office.registry(RegistryCommand::GrantMandate(mandate(id, role, place, first)));
        }
        office.registry(RegistryCommand::AdoptRegulation {
            text: read("regulations/grande-comune.toml"),
            from: first,
        });
        office.registry(RegistryCommand::ActivateWorkflow {
            text: read("tests/data/workflows/atto-monocratico.toml"),
        });
        for register in ["proposte", "ordinanze", "albo"] {
            office.world.registers.insert((register.into(), 2026), Some(0));
        }
        office
    }

    fn registry(&mut self, command: RegistryCommand) {
        self.decide("system", Command::Registry(command)).unwrap();
    }

    fn case(&mut self, actor: &str, command: CaseCommand) -> Result<(), Stop> {
        self.decide(actor, Command::Case { id: CASE.into(), command })
    }

    /// One write: decided on the world as it is, which then follows the facts.
    fn decide(&mut self, actor: &str, command: Command) -> Result<(), Stop> {
        self.now += Duration::minutes(1);
        let ctx = Ctx { actor: actor.into(), now: self.now, happened: self.now };
        let mut world = self.world.clone();
        world.cases.entry(CASE.into()).or_insert_with(|| Arc::new(Case::new(CASE)));
        let mut changes = Changes::new(world, ctx);
        decide(&mut changes, &command)?;
        for fact in &changes.facts {
            evolve(&mut self.world, fact, self.now, actor);
        }
        self.world.registers = changes.world.registers;
        Ok(())
    }

    fn act(&self) -> &Case {
        &self.world.cases[CASE]
    }

    fn step(&self) -> &str {
        &self.act().step
    }

    fn lifecycle(&self) -> Lifecycle {
        let workflow = self.world.workflow(self.act()).unwrap();
        self.act().lifecycle(&workflow, self.now.date_naive())
    }

    /// Composes every paper that is owed.
    fn compose(&mut self) {
        let owed: Vec<_> = self
            .act()
            .papers
            .iter()
            .filter(|p| p.sha256.is_none())
            .map(|p| p.plan.clone())
            .collect();
        for plan in owed {
            let facts = case_paper(CASE, &plan, &self.world).unwrap().sha256();
            let command = CaseCommand::PreparePaper {
                paper_key: plan.key.clone(),
                facts,
                sha256: format!("{}-0", plan.key),
                pages: 1,
            };
            self.case("system", command).unwrap();
        }
    }

    /// Fills every open field of the papers that are ready: people sign, the entity seals.
    fn sign(&mut self) {
        while let Some((paper, slot)) = self
            .act()
            .papers
            .iter()
            .filter(|p| p.sha256.is_some())
            .find_map(|p| p.open_slots().next().map(|slot| (p.clone(), slot.clone())))
        {
            let base = paper.sha256.clone().unwrap();
            let sha256 = format!("{base}+{}", slot.field);
            let (paper_key, field) = (paper.plan.key.clone(), slot.field.clone());
            match slot.signer {
                None => {
                    let seal =
                        CaseCommand::SealPaper { paper_key, field, base, sha256, assurance: None };
                    self.case("system", seal).unwrap();
                }
                Some(signer) => {
                    let signed = SignedPaper {
                        form: Default::default(),
                        kind: paper.plan.kind,
                        facts: paper.facts.clone().unwrap(),
                        sha256,
                        fiscal_code: signer.fiscal_code.clone(),
                        assurance: None,
                    };
                    let sign = CaseCommand::Sign { paper_key, base, paper: Some(signed) };
                    self.case(&signer.person, sign).unwrap();
                }
            }
        }
    }

    fn told(&self, token: &str) -> Vec<String> {
        let workflow = self.world.workflow(self.act()).unwrap();
        let context = RecipientContext {
            world: &self.world,
            case: Some(self.act()),
            sitting: None,
            on: self.now.date_naive(),
            step: workflow.step(self.step()),
        };
        recipients(token, &context)
    }
}

fn mandate(person: &str, role: Role, office: Option<&str>, from: NaiveDate) -> Mandate {
    Mandate {
        id: format!("m-{person}-{}", role.token()),
        person: person.into(),
        role,
        office: office.map(str::to_owned),
        capacity: delibera::domain::registry::Capacity::Titolare,
        title: role.label().into(),
        act: "decreto n. 1 del 1° gennaio 2025".into(),
        from,
        to: None,
        rank: 0,
        group: None,
    }
}

fn content() -> Content {
    Content {
        subject: "Senso unico in via Verdi".into(),
        offices: vec!["mobilita".into()],
        rapporteurs: vec!["greco".into()],
        procedure_head: "rossi".into(),
        competence: "art. 107 TUEL".into(),
        text: "La strada è stretta.".into(),
        decision: vec!["Il senso unico è istituito.".into()],
        gates: Gates { effects: Effects::None, ..Gates::default() },
        ..Content::default()
    }
}

#[test]
fn an_act_kind_the_engine_was_not_told_of_runs_by_its_file() {
    let mut office = Town::new();
    let create =
        CaseCommand::Create { kind: "ordinanza".into(), content: content(), again_of: None };
    office.case("rossi", create).unwrap();
    assert_eq!((office.step(), office.lifecycle()), ("bozza", Lifecycle::Draft));
    assert_eq!(office.told("incaricati"), ["rossi"]);

    office.case("rossi", CaseCommand::Submit).unwrap();
    assert_eq!((office.step(), office.lifecycle()), ("firma", Lifecycle::Signing));
    assert_eq!(office.told("firmatari"), Vec::<String>::new(), "the paper is not ready");
    office.compose();
    assert_eq!(office.told("incaricati"), ["bianchi"]);
    office.sign();

    // The number is taken on the way, without anybody.
    assert_eq!((office.step(), office.lifecycle()), ("verifica_privacy", Lifecycle::PrivacyReview));
    assert_eq!(office.act().number("ordinanze").unwrap().number, 1);
    assert_eq!(office.told("incaricati"), ["verdi"]);
    let early = office.case("neri", post()).unwrap_err();
    assert!(matches!(early, Stop::Refused(r) if r.code == "wrong_step"));

    office.case("verdi", CaseCommand::PassReview { note: "nessun dato personale".into() }).unwrap();
    assert_eq!((office.step(), office.told("incaricati")), ("albo", vec!["neri".to_owned()]));
    office.case("neri", post()).unwrap();
    assert_eq!((office.step(), office.lifecycle()), ("chiusura", Lifecycle::Posted));
    assert_eq!(office.act().number("albo").unwrap().number, 1);

    office.now += Duration::days(40);
    office.case("system", CaseCommand::EndPosting).unwrap();
    assert_eq!(office.lifecycle(), Lifecycle::PostingEnded);
    office.compose();
    office.sign();
    office.case("costa", CaseCommand::Close { note: String::new() }).unwrap();
    assert_eq!(office.act().ending, Some(Ending::Archived));
}

fn post() -> CaseCommand {
    CaseCommand::Post { external_number: None, external_day: None, repeats: None }
}

#[test]
fn recipients_are_found_by_role_and_date() {
    let mut office = Town::new();
    let create =
        CaseCommand::Create { kind: "ordinanza".into(), content: content(), again_of: None };
    office.case("rossi", create).unwrap();
    for (token, expected) in [
        ("responsabile_procedimento", &["rossi"][..]),
        ("direttori", &["bianchi"]),
        ("relatori", &["greco"]),
        ("componenti", &["conti", "greco"]),
        ("capigruppo", &["longo", "serra"]),
        ("capogruppo", &["longo", "serra"]),
        ("segretario", &["galli"]),
        ("responsabile_privacy", &["verdi"]),
        ("gabinetto", &[]),
        ("autori_pareri", &[]),
        ("proponenti", &[]),
        ("fornitori", &[]),
    ] {
        assert_eq!(office.told(token), expected, "{token}");
    }
}

#[test]
fn the_substitute_is_told_while_the_holder_is_away() {
    let mut office = Town::new();
    let create =
        CaseCommand::Create { kind: "ordinanza".into(), content: content(), again_of: None };
    office.case("rossi", create).unwrap();
    let mut vicario = mandate("costa", Role::Segretario, None, "2025-01-01".parse().unwrap());
    vicario.capacity = delibera::domain::registry::Capacity::Vicario;
    office.registry(RegistryCommand::GrantMandate(vicario));
    assert_eq!(office.told("segretario"), ["galli"]);
    let today = office.now.date_naive();
    office.registry(RegistryCommand::RecordAbsence {
        person: "galli".into(),
        from: today,
        to: today,
    });
    assert_eq!(office.told("segretario"), ["costa"]);
    office.now += Duration::days(1);
    assert_eq!(office.told("segretario"), ["galli"]);
}

#[test]
fn who_gave_the_opinions_is_told_when_the_text_voids_them() {
    let mut town = Town::new();
    let create =
        CaseCommand::Create { kind: "ordinanza".into(), content: content(), again_of: None };
    town.case("rossi", create).unwrap();
    let at = town.now;
    let giver = |person: &str| {
        let roles = PEOPLE.iter().find(|(id, ..)| *id == person).unwrap();
        town.world.registry.entitled(person, roles.1, roles.2, at.date_naive()).unwrap()
    };
    let paper = SignedPaper {
        form: Default::default(),
        kind: PaperKind::ParereTecnico,
        facts: String::new(),
        sha256: String::new(),
        fiscal_code: String::new(),
        assurance: None,
    };
    let opinion = |person: &str, version| Opinion {
        opinion: OpinionKind::Technical,
        office: "mobilita".into(),
        giver: giver(person),
        outcome: OpinionOutcome::Favourable,
        reasons: String::new(),
        version,
        hash: format!("h{version}"),
        confirmation: false,
        on_the_spot: false,
        paper: paper.clone(),
        at,
    };
    let version = |number, change| Version {
        number,
        content: content(),
        hash: format!("h{number}"),
        change,
        at,
    };
    let formal = Some(Change::Formal { by: giver("galli"), paper: paper.clone() });
    let substantial = Some(Change::Substantial);
    // Version 1 fell long ago; 2 and its formal variant 3 carried the opinions that fall with 4.
    let opinions = vec![opinion("neri", 1), opinion("bianchi", 2), opinion("galli", 3)];
    let versions =
        vec![version(1, None), version(2, substantial.clone()), version(3, formal.clone())];
    let case = town.world.cases.get_mut(CASE).map(Arc::make_mut).unwrap();
    case.opinions = opinions;
    case.versions = versions.clone();
    // Row 6: the formal change from 2 to 3 voids nothing, and who gave an opinion on 2 reads of it.
    assert_eq!(town.told("autori_pareri"), ["bianchi"]);
    let case = town.world.cases.get_mut(CASE).map(Arc::make_mut).unwrap();
    case.versions.push(version(4, substantial));
    assert_eq!(town.told("autori_pareri"), ["bianchi", "galli"]);
}

#[test]
fn members_are_those_of_the_day_of_the_sitting() {
    let mut office = Town::new();
    let day: NaiveDate = "2026-03-20".parse().unwrap();
    office.registry(RegistryCommand::GrantMandate(mandate("serra", Role::Assessore, None, day)));
    let sitting = Sitting { date: Some(day), ..Sitting::new("s-1") };
    let context = |sitting| RecipientContext {
        world: &office.world,
        case: None,
        sitting,
        on: office.now.date_naive(),
        step: None,
    };
    assert_eq!(recipients("componenti", &context(None)), ["conti", "greco"]);
    assert_eq!(recipients("componenti", &context(Some(&sitting))), ["conti", "greco", "serra"]);
}
