// SPDX-License-Identifier: AGPL-3.0-or-later
//! The people and texts of the sample.

use crate::registry::{
    Capacity, ComuneData, Mandate, Office, Person, Registry, RegistryEvent, Role,
};
use chrono::NaiveDate;

/// The Giunta: id, name, office held.
pub const MEMBERS: [(&str, &str, &str); 13] = [
    ("m01", "Giorgio Salvi", "Sindaco"),
    ("m02", "Anna Scardovi", "Vicesindaca"),
    ("m03", "Roberta Coccia", "Assessora alla trasformazione digitale"),
    ("m04", "Filippo Delcorno", "Assessore alla cultura"),
    ("m05", "Laura Galimi", "Assessora al verde e all'ambiente"),
    ("m06", "Marco Granella", "Assessore alla mobilità"),
    ("m07", "Renata Guarini", "Assessora allo sport"),
    ("m08", "Paolo Limena", "Assessore all'edilizia scolastica"),
    ("m09", "Lorenzo Lippari", "Assessore alla partecipazione"),
    ("m10", "Pietro Maranesi", "Assessore all'urbanistica"),
    ("m11", "Gabriele Rabà", "Assessore alle politiche sociali"),
    ("m12", "Cristina Taiani", "Assessora al lavoro"),
    ("m13", "Roberto Tascone", "Assessore al bilancio"),
];

/// The offices: id and name.
pub const OFFICES: [(&str, &str); 2] =
    [("verde", "Direzione Verde e Ambiente"), ("lavori", "Direzione Lavori Pubblici")];

type Row = (&'static str, &'static str, &'static str, Role, &'static str, Capacity, &'static str);

/// Everyone else: id, given name, surname, role, title, capacity, act.
const STAFF: [Row; 13] = [
    (
        "rp",
        "Ivana",
        "Moretti",
        Role::ResponsabileProcedimento,
        "La responsabile del procedimento",
        Capacity::Titolare,
        "",
    ),
    (
        "dir1",
        "Marina",
        "Ristoro",
        Role::Direttore,
        "La Direttrice Verde e Ambiente",
        Capacity::Titolare,
        "",
    ),
    (
        "dir2",
        "Valerio",
        "Iosso",
        Role::Direttore,
        "Il Direttore Lavori Pubblici",
        Capacity::Sostituto,
        "decreto del Sindaco n. 12 del 3 luglio 2024",
    ),
    (
        "rag",
        "Bruna",
        "Forni",
        Role::ResponsabileRagioneria,
        "La Responsabile di ragioneria",
        Capacity::Delegato,
        "determinazione n. 45 del 2 maggio 2024",
    ),
    (
        "sg",
        "Dario",
        "Vella",
        Role::Segretario,
        "Il Segretario Generale",
        Capacity::Titolare,
        "decreto del Sindaco n. 1 del 10 gennaio 2022",
    ),
    (
        "vsg",
        "Mariangela",
        "Zaccheo",
        Role::Segretario,
        "La Vice Segretaria Generale Vicaria",
        Capacity::Vicario,
        "decreto del Sindaco n. 31 del 4 aprile 2022",
    ),
    (
        "seg",
        "Elisa",
        "Borri",
        Role::Segreteria,
        "La funzionaria della Segreteria Generale",
        Capacity::Titolare,
        "",
    ),
    (
        "dg",
        "Cristiano",
        "Malago",
        Role::DirettoreGenerale,
        "Il Direttore Generale",
        Capacity::Titolare,
        "",
    ),
    (
        "albo",
        "Nicola",
        "Serri",
        Role::ResponsabilePubblicazione,
        "Il responsabile della pubblicazione",
        Capacity::Titolare,
        "",
    ),
    (
        "cap1",
        "Teresa",
        "Bonetti",
        Role::Capogruppo,
        "Capogruppo",
        Capacity::Titolare,
        "Valdoro Insieme",
    ),
    ("cap2", "Ugo", "Farina", Role::Capogruppo, "Capogruppo", Capacity::Titolare, "Lista Civica"),
    ("cap3", "Edda", "Lolli", Role::Capogruppo, "Capogruppo", Capacity::Titolare, "Gruppo Misto"),
    (
        "com",
        "Silvana",
        "Orefice",
        Role::Commissario,
        "La Commissaria straordinaria",
        Capacity::Titolare,
        "D.P.R. 2 marzo 2024",
    ),
];

/// Premises of the sample proposal.
pub const PREMISES: &str = "**Premesso che:**

- con deliberazione del Consiglio comunale n. 5 del 5 marzo 2024 sono stati approvati il Documento \
unico di programmazione e il bilancio di previsione 2024 – 2026;
- il patrimonio arboreo comunale conta circa 4.200 alberi, censiti e classificati per età e stabilità.

**Considerato che** la cura programmata riduce i rischi e distribuisce gli interventi nelle stagioni \
adatte, come risulta dal prospetto:

| Intervento | 2024 | 2025 | 2026 |
|---|:---:|:---:|:---:|
| Potature | 900 | 1.100 | 1.100 |
| Nuovi impianti | 300 | 450 | 500 |
| Controlli di stabilità | 1.500 | 1.400 | 1.300 |

**Visti** gli artt. 48 e 107 del D.Lgs. 18 agosto 2000, n. 267, e lo Statuto comunale;";

/// Dispositive of the sample proposal.
pub const POINTS: [&str; 3] = [
    "di approvare gli indirizzi operativi di cura del verde pubblico e dei viali alberati per il \
     triennio 2024 – 2026;",
    "di approvare il cronoprogramma allegato, parte integrante e sostanziale, che prevede:

   - le potature fra ottobre e marzo;
   - i nuovi impianti fra novembre e febbraio;",
    "di dare atto che all'attuazione provvedono i direttori competenti con propri atti.",
];

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2022, 1, 1).unwrap_or_default()
}

/// The Comune.
pub fn comune() -> ComuneData {
    ComuneData {
        name: "Comune di Valdoro".into(),
        province: "VD".into(),
        seat: "Palazzo Civico, piazza della Libertà 1".into(),
        fiscal_code: "80000000001".into(),
        email: "segreteria@comune.valdoro.example".into(),
        giunta_seats: 13,
        ..ComuneData::default()
    }
}

/// The registry: Comune, offices, people, mandates, regulation, workflow.
pub fn registry() -> Registry {
    let mut registry = Registry::default();
    registry.evolve(&RegistryEvent::ComuneDescribed { comune: comune() });
    for (id, name) in OFFICES {
        let office = Office { id: id.into(), name: name.into() };
        registry.evolve(&RegistryEvent::OfficeOpened { office });
    }
    for (rank, (id, name, title)) in (0..).zip(MEMBERS) {
        let (given, surname) = name.split_once(' ').unwrap_or((name, ""));
        let role = match rank {
            0 => Role::Sindaco,
            1 => Role::Vicesindaco,
            _ => Role::Assessore,
        };
        person(&mut registry, id, given, surname);
        let mandate = Mandate { rank, ..mandate(id, role, title, Capacity::Titolare, "") };
        registry.evolve(&RegistryEvent::MandateGranted { mandate });
    }
    for (id, given, surname, role, title, capacity, act) in STAFF {
        person(&mut registry, id, given, surname);
        let office = match id {
            "dir1" => Some("verde".to_owned()),
            "dir2" => Some("lavori".to_owned()),
            _ => None,
        };
        let group = (role == Role::Capogruppo).then(|| act.to_owned());
        let act = if group.is_some() { "" } else { act };
        let mandate = Mandate { office, group, ..mandate(id, role, title, capacity, act) };
        registry.evolve(&RegistryEvent::MandateGranted { mandate });
    }
    let away = |month, day| NaiveDate::from_ymd_opt(2024, month, day).unwrap_or_default();
    registry.evolve(&RegistryEvent::AbsenceRecorded {
        person: "sg".into(),
        from: away(7, 20),
        to: away(8, 31),
    });
    registry.evolve(&RegistryEvent::RegulationAdopted {
        text: include_str!("../../../../../regulations/grande-comune.toml").into(),
        from: day(),
    });
    for text in [
        include_str!("../../../../../workflows/deliberazione-giunta.toml"),
        include_str!("../../../../../workflows/affissione-conto-terzi.toml"),
    ] {
        registry.evolve(&RegistryEvent::WorkflowActivated { text: text.into() });
    }
    registry
}

fn person(registry: &mut Registry, id: &str, given: &str, surname: &str) {
    let person = Person {
        id: id.into(),
        given_name: given.into(),
        surname: surname.into(),
        fiscal_code: format!("{}00A01X000X", id.to_uppercase()),
        email: format!("{id}@comune.valdoro.example"),
        born: None,
    };
    registry.evolve(&RegistryEvent::PersonRegistered { person });
}

fn mandate(id: &str, role: Role, title: &str, capacity: Capacity, act: &str) -> Mandate {
    Mandate {
        id: format!("mandate-{id}"),
        person: id.into(),
        role,
        office: None,
        capacity,
        title: title.into(),
        act: act.into(),
        from: day(),
        to: None,
        rank: 0,
        group: None,
    }
}
