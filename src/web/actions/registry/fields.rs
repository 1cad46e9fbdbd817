// SPDX-License-Identifier: AGPL-3.0-or-later
//! The fields of the actions on the Comune, and how what was typed is read.

use super::RegistrySubject;
use crate::domain::law::calendar::parse_date;
use crate::domain::notices::REGISTERS;
use crate::domain::registry::bulk::{free_id, is_fiscal_code};
use crate::domain::registry::{
    Capacity, ComuneData, Mandate, Person, Registry, RegistryCommand, Role,
};
use crate::web::admin::{capacity_name, role_name};
use crate::web::forms::{Field, Reader, capital};
use chrono::{Datelike, NaiveDate};

pub(super) fn act_field(example: &str) -> Field {
    Field::new("text", "atto", "Provvedimento")
        .required()
        .help(format!("Ad esempio «{example}»: un incarico nasce e finisce con un atto."))
}

pub(super) fn people_field(subject: &RegistrySubject, name: &str, label: &str) -> Field {
    let mut people: Vec<&Person> = subject.registry.people.values().collect();
    people.sort_by_key(|p| (p.surname.to_lowercase(), p.given_name.to_lowercase()));
    let named = |p: &Person| (p.id.clone(), format!("{} {}", p.surname, p.given_name));
    Field::new("choice", name, label).required().options(people.into_iter().map(named))
}

pub(super) fn office_field(subject: &RegistrySubject) -> Field {
    let mut offices = vec![(String::new(), "Tutto il Comune".to_owned())];
    offices.extend(subject.registry.offices.values().map(|o| (o.id.clone(), o.name.clone())));
    Field::new("choice", "ufficio", "Ufficio").options(offices)
}

/// A number that is on record; nothing while it is not.
fn known(number: u32) -> String {
    if number == 0 { String::new() } else { number.to_string() }
}

pub(super) fn comune_fields(subject: &RegistrySubject) -> Vec<Field> {
    let comune = &subject.registry.comune;
    let mut fields = vec![
        Field::new("text", "nome", "Nome").required().value(&comune.name).help("«Comune di …»"),
        Field::new("text", "provincia", "Sigla della provincia").value(&comune.province),
        Field::new("text", "sede", "Sede").value(&comune.seat).help("Dove si riunisce la Giunta."),
        Field::new("text", "codice_fiscale", "Codice fiscale dell'ente").value(&comune.fiscal_code),
        Field::new("text", "posta", "Posta da cui partono i messaggi").value(&comune.email),
        Field::new("number", "seggi", "Componenti della Giunta, Sindaco compreso")
            .required()
            .value(comune.giunta_seats.to_string())
            .help("Quelli previsti dallo statuto (art. 47 TUEL)."),
        Field::new("number", "abitanti", "Abitanti").value(known(comune.inhabitants)),
        Field::new("number", "consiglieri", "Consiglieri assegnati")
            .value(known(comune.council_seats))
            .help("Con gli abitanti, dice quanti possono chiedere il controllo (art. 127 TUEL)."),
        Field::new("brief", "intestazione", "Righe della carta intestata")
            .value(comune.letterhead.join("\n"))
            .help("Una per riga, sotto il nome: indirizzo, telefono, PEC. Vuoto: la sede."),
        Field::new("file", "stemma", "Stemma").help(match comune.crest {
            Some(_) => "PNG; senza scegliere nulla resta quello in uso.",
            None => "PNG, meglio se alto almeno 400 punti.",
        }),
    ];
    if comune.crest.is_some() {
        fields.push(Field::new("tick", "senza_stemma", "Togliere lo stemma"));
    }
    fields
}

pub(super) fn read_comune(subject: &RegistrySubject, form: &mut Reader<'_>) -> ComuneData {
    let kept = subject.registry.comune.crest.clone().filter(|_| !form.ticked("senza_stemma"));
    let lines = form.text("intestazione");
    let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    ComuneData {
        name: form.needed("nome"),
        province: form.text("provincia"),
        seat: form.text("sede"),
        fiscal_code: form.text("codice_fiscale"),
        email: form.text("posta"),
        letterhead: lines.map(str::to_owned).collect(),
        crest: form.png("stemma").or(kept),
        giunta_seats: u32::try_from(form.number("seggi", 2, 60)).unwrap_or_default(),
        inhabitants: count(form, "abitanti", 10_000_000),
        council_seats: count(form, "consiglieri", 60),
    }
}

/// A number that may stay unsaid: 0 then.
fn count(form: &mut Reader<'_>, name: &str, most: i64) -> u32 {
    match form.text(name).is_empty() {
        true => 0,
        false => u32::try_from(form.number(name, 0, most)).unwrap_or_default(),
    }
}

/// The person the action is about, or one with nothing yet.
pub(super) fn person_of(subject: &RegistrySubject) -> Person {
    subject.registry.people.get(&subject.about).cloned().unwrap_or_else(|| Person {
        id: String::new(),
        given_name: String::new(),
        surname: String::new(),
        fiscal_code: String::new(),
        email: String::new(),
        born: None,
    })
}

pub(super) fn person_fields(subject: &RegistrySubject) -> Vec<Field> {
    let person = person_of(subject);
    let born = person.born.map(|day| day.to_string()).unwrap_or_default();
    vec![
        Field::new("text", "cognome", "Cognome").required().value(person.surname),
        Field::new("text", "nome", "Nome").required().value(person.given_name),
        Field::new("text", "codice_fiscale", "Codice fiscale").value(person.fiscal_code).help(
            "Si confronta con quello del certificato di chi firma; registrato, lo cambia solo \
             l'amministratore.",
        ),
        Field::new("text", "posta", "Posta").required().value(person.email),
        Field::new("date", "nascita", "Data di nascita")
            .value(born)
            .help("Serve solo dove il regolamento decide per età (art. 53 TUEL e statuto)."),
    ]
}

pub(super) fn read_person(subject: &RegistrySubject, form: &mut Reader<'_>) -> Person {
    let known = person_of(subject);
    let (surname, given_name) = (form.needed("cognome"), form.needed("nome"));
    let fiscal_code = form.text("codice_fiscale").to_uppercase();
    if !fiscal_code.is_empty() && !is_fiscal_code(&fiscal_code) {
        form.wrong("codice_fiscale", "Il codice fiscale ha sedici lettere e cifre");
    }
    let taken = |id: &str| subject.registry.people.contains_key(id);
    let id = if known.id.is_empty() { free_id(&surname, taken) } else { known.id };
    let (email, born) = (form.needed("posta"), form.maybe_day("nascita"));
    Person { id, given_name, surname, fiscal_code, email, born }
}

pub(super) fn probe_mandate(
    subject: &RegistrySubject,
    capacity: Capacity,
    post: Option<&Mandate>,
) -> Mandate {
    Mandate {
        id: String::new(),
        person: String::new(),
        role: post.map_or(Role::Segreteria, |m| m.role),
        office: post.and_then(|m| m.office.clone()),
        capacity,
        title: String::new(),
        act: "-".into(),
        from: subject.today,
        to: None,
        rank: 0,
        group: None,
    }
}

pub(super) fn mandate_fields(subject: &RegistrySubject) -> Vec<Field> {
    // The place one comes from says whose, or of which role, the mandate is.
    let (about, registry) = (&subject.about, &subject.registry);
    let person = registry.people.get(about).map(|p| p.id.clone()).unwrap_or_default();
    let role = Role::parse(about).map(|role| role.token()).unwrap_or_default();
    let roles = Role::ALL.iter().map(|(role, token, _)| (*token, role_name(*role)));
    let capacities = Capacity::ALL.iter().map(|c| (c.token(), capital(c.label())));
    vec![
        people_field(subject, "persona", "Persona").value(person),
        Field::new("choice", "ruolo", "Ruolo").required().value(role).options(roles),
        office_field(subject).help("Solo per i ruoli di un ufficio."),
        Field::new("choice", "qualita", "Qualità")
            .options(capacities)
            .help("Vice, reggente e a scavalco riguardano il solo Segretario (art. 97 TUEL)."),
        Field::new("text", "titolo", "Titolo stampato sotto la firma")
            .required()
            .help("Ad esempio «Il Responsabile del Settore tecnico»."),
        act_field("decreto del Sindaco n. 12 del 3 luglio 2026"),
        Field::new("date", "dal", "Dal").required().value(subject.today.to_string()),
        Field::new("date", "al", "Al").help("Ultimo giorno compreso; vuoto se non ha termine."),
        Field::new("number", "ordine", "Posto nell'elenco")
            .help("Per gli assessori e fra più sostituti: il numero minore viene prima."),
    ]
}

pub(super) fn read_mandate(
    subject: &RegistrySubject,
    form: &mut Reader<'_>,
) -> Option<RegistryCommand> {
    let (person, office) = (form.needed("persona"), form.text("ufficio"));
    let (role, capacity) = (form.word::<Role>("ruolo"), form.word::<Capacity>("qualita"));
    let (title, act, from) = (form.needed("titolo"), form.needed("atto"), form.day("dal"));
    let to = form.maybe_day("al");
    let rank = match form.text("ordine").is_empty() {
        true => 0,
        false => u32::try_from(form.number("ordine", 0, 1000)).unwrap_or_default(),
    };
    let (role, capacity) = (role?, capacity?);
    Some(RegistryCommand::GrantMandate(Mandate {
        id: subject.registry.free_mandate(role, &person),
        person,
        role,
        office: Some(office).filter(|office| !office.is_empty()),
        capacity,
        title,
        act,
        from,
        to,
        rank,
        group: None,
    }))
}

/// Who may stand in for the holder of a post: three different things (practice.md 1.16).
pub(super) fn substitute_fields(subject: &RegistrySubject) -> Vec<Field> {
    let Some(post) = subject.registry.mandates.get(&subject.about) else { return Vec::new() };
    let capacities = Capacity::ALL.iter().filter(|capacity| match capacity {
        Capacity::Titolare => false,
        Capacity::Vice | Capacity::Reggente | Capacity::Scavalco => post.role == Role::Segretario,
        _ => true,
    });
    let named = capacities.map(|c| (c.token(), capital(capacity_name(post.role, *c))));
    let mut people = people_field(subject, "persona", "Chi sostituisce");
    people.options.retain(|option| option.value != post.person);
    vec![
        people,
        Field::new("radio", "qualita", "A che titolo").required().options(named).help(
            "Il vicario agisce quando il titolare è assente; il sostituto per decreto; il delegato \
             con atto scritto e motivato, per un tempo determinato (art. 17, c. 1-bis, D.Lgs. \
             165/2001).",
        ),
        Field::new("text", "titolo", "Titolo stampato sotto la firma")
            .required()
            .help("Come va stampato, ad esempio «Il Vice Segretario vicario»."),
        act_field("atto di delega n. 3 del 3 luglio 2026"),
        Field::new("date", "dal", "Dal").required().value(subject.today.to_string()),
        Field::new("date", "al", "Al")
            .help("Ultimo giorno compreso; per la delega è obbligatorio."),
    ]
}

pub(super) fn read_substitute(
    subject: &RegistrySubject,
    form: &mut Reader<'_>,
) -> Option<RegistryCommand> {
    let post = subject.registry.mandates.get(&subject.about)?;
    let (person, capacity) = (form.needed("persona"), form.word::<Capacity>("qualita"));
    let (title, act, from) = (form.needed("titolo"), form.needed("atto"), form.day("dal"));
    let to = form.maybe_day("al");
    Some(RegistryCommand::GrantMandate(Mandate {
        id: subject.registry.free_mandate(post.role, &person),
        person,
        role: post.role,
        office: post.office.clone(),
        capacity: capacity?,
        title,
        act,
        from,
        to,
        rank: 0,
        group: None,
    }))
}

/// "rossi@2026-07-20": the absence of a person that begins on a day.
pub(super) fn absence_of(subject: &RegistrySubject) -> (String, NaiveDate) {
    let (person, from) = subject.about.rsplit_once('@').unwrap_or((&subject.about, ""));
    (person.to_owned(), parse_date(from).unwrap_or_default())
}

/// Names of the groups of the Consiglio, as mandates say them.
pub fn groups(registry: &Registry) -> Vec<String> {
    let mut groups: Vec<String> =
        registry.mandates.values().filter_map(|m| m.group.clone()).collect();
    groups.sort();
    groups.dedup();
    groups
}

pub(super) fn register_fields(subject: &RegistrySubject) -> Vec<Field> {
    let registers = REGISTERS.iter().map(|register| (*register, capital(register)));
    vec![
        Field::new("choice", "registro", "Registro")
            .required()
            .value(&subject.about)
            .options(registers),
        Field::new("number", "anno", "Anno").required().value(subject.today.year().to_string()),
        Field::new("number", "ultimo", "Ultimo numero già usato").required().help(
            "Il primo atto di Delibera prende il numero che segue. Si può dire una volta sola.",
        ),
        Field::new("text", "fonte", "Da dove risulta")
            .required()
            .value("registro tenuto prima dell'avvio"),
    ]
}
