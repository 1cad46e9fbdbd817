// SPDX-License-Identifier: AGPL-3.0-or-later
//! Every action on the Comune: its words, its fields, how they become a command, who to ask for it.

use super::RegistryAction;
use super::fields::*;
use crate::domain::registry::bulk::free_id;
use crate::domain::registry::{Capacity, Mandate, Office, RegistryCommand, Role};
use crate::web::actions::Action;
use crate::web::forms::Field;
use chrono::Datelike;

/// Every action, by section.
pub const ACTIONS: &[RegistryAction] = &[
    RegistryAction {
        section: "comune",
        probe: |subject| RegistryCommand::DescribeComune(subject.registry.comune.clone()),
        action: Action {
            slug: "comune",
            token: "describe_comune",
            title: "Descrivere il Comune",
            button: "Registra",
            done: "Dati del Comune registrati",
            fields: comune_fields,
            read: |subject, form| Some(RegistryCommand::DescribeComune(read_comune(subject, form))),
        },
    },
    RegistryAction {
        section: "uffici",
        probe: |_| RegistryCommand::OpenOffice(Office { id: String::new(), name: String::new() }),
        action: Action {
            slug: "ufficio",
            token: "open_office",
            title: "Aprire o rinominare un ufficio",
            button: "Registra l'ufficio",
            done: "Ufficio registrato",
            fields: |subject| {
                let known = subject.registry.offices.get(&subject.about);
                let name = known.map(|office| office.name.clone()).unwrap_or_default();
                vec![
                    Field::new("text", "nome", "Nome dell'ufficio")
                        .required()
                        .value(name)
                        .help("Come va stampato negli atti, ad esempio «Settore tecnico»."),
                ]
            },
            read: |subject, form| {
                let (name, offices) = (form.needed("nome"), &subject.registry.offices);
                let id = match offices.contains_key(&subject.about) {
                    true => subject.about.clone(),
                    false => free_id(&name, |id| offices.contains_key(id)),
                };
                Some(RegistryCommand::OpenOffice(Office { id, name }))
            },
        },
    },
    RegistryAction {
        section: "uffici",
        probe: |subject| RegistryCommand::CloseOffice {
            office: subject.about.clone(),
            on: subject.today,
        },
        action: Action {
            slug: "chiusura-ufficio",
            token: "close_office",
            title: "Chiudere un ufficio",
            button: "Chiudi l'ufficio",
            done: "Ufficio chiuso: gli atti in corso proseguono",
            fields: |_| {
                vec![Field::new("date", "ultimo", "Ultimo giorno").required().help(
                    "Gli incarichi dell'ufficio devono essere finiti per quel giorno. Per riaprirlo \
                     si registra di nuovo con il suo nome.",
                )]
            },
            read: |subject, form| {
                let on = form.day("ultimo");
                Some(RegistryCommand::CloseOffice { office: subject.about.clone(), on })
            },
        },
    },
    RegistryAction {
        section: "persone",
        probe: |subject| RegistryCommand::RegisterPerson(person_of(subject)),
        action: Action {
            slug: "persona",
            token: "register_person",
            title: "Registrare una persona",
            button: "Registra la persona",
            done: "Persona registrata",
            fields: person_fields,
            read: |subject, form| Some(RegistryCommand::RegisterPerson(read_person(subject, form))),
        },
    },
    RegistryAction {
        section: "incarichi",
        probe: |subject| {
            RegistryCommand::GrantMandate(probe_mandate(subject, Capacity::Titolare, None))
        },
        action: Action {
            slug: "incarico",
            token: "grant_mandate",
            title: "Conferire un incarico",
            button: "Registra l'incarico",
            done: "Incarico registrato",
            fields: mandate_fields,
            read: read_mandate,
        },
    },
    RegistryAction {
        section: "incarichi",
        probe: |subject| {
            let post = subject.registry.mandates.get(&subject.about);
            RegistryCommand::GrantMandate(probe_mandate(subject, Capacity::Vicario, post))
        },
        action: Action {
            slug: "sostituto",
            token: "grant_mandate",
            title: "Nominare chi sostituisce",
            button: "Registra la nomina",
            done: "Sostituto registrato",
            fields: substitute_fields,
            read: read_substitute,
        },
    },
    RegistryAction {
        section: "incarichi",
        probe: |subject| RegistryCommand::EndMandate {
            mandate: subject.about.clone(),
            last_day: subject.today,
            act: "-".into(),
            at: None,
        },
        action: Action {
            slug: "cessazione",
            token: "end_mandate",
            title: "Registrare la fine di un incarico",
            button: "Registra la cessazione",
            done: "Cessazione registrata",
            fields: |_| {
                vec![
                    Field::new("date", "ultimo", "Ultimo giorno in cui vale").required(),
                    Field::new("time", "ora", "Ora da cui cessa").help(
                        "Solo se cessa nel corso di quel giorno: per una seduta tenuta prima si è \
                         ancora componenti della Giunta.",
                    ),
                    act_field("decreto del Sindaco n. 12 del 3 luglio 2026"),
                ]
            },
            read: |subject, form| {
                let (last_day, at) = (form.day("ultimo"), form.maybe_time("ora"));
                let (mandate, act) = (subject.about.clone(), form.needed("atto"));
                Some(RegistryCommand::EndMandate { mandate, last_day, act, at })
            },
        },
    },
    RegistryAction {
        section: "persone",
        probe: |subject| RegistryCommand::RecordAbsence {
            person: subject.about.clone(),
            from: subject.today,
            to: subject.today,
        },
        action: Action {
            slug: "assenza",
            token: "record_absence",
            title: "Registrare un'assenza",
            button: "Registra l'assenza",
            done: "Assenza registrata: in quei giorni agisce chi sostituisce",
            fields: |_| {
                vec![
                    Field::new("date", "dal", "Dal").required(),
                    Field::new("date", "al", "Al").required().help("Ultimo giorno compreso."),
                ]
            },
            read: |subject, form| {
                let (from, to) = (form.day("dal"), form.day("al"));
                Some(RegistryCommand::RecordAbsence { person: subject.about.clone(), from, to })
            },
        },
    },
    RegistryAction {
        section: "persone",
        probe: |subject| {
            let (person, from) = absence_of(subject);
            RegistryCommand::CorrectAbsence { person, from, to: None }
        },
        action: Action {
            slug: "rientro",
            token: "correct_absence",
            title: "Correggere un'assenza",
            button: "Registra la correzione",
            done: "Assenza corretta; ciò che è già stato firmato resta",
            fields: |_| {
                let help = "Vuoto: l'assenza non c'è stata. I documenti già firmati restano.";
                vec![Field::new("date", "al", "Ultimo giorno di assenza").help(help)]
            },
            read: |subject, form| {
                let (person, from) = absence_of(subject);
                Some(RegistryCommand::CorrectAbsence { person, from, to: form.maybe_day("al") })
            },
        },
    },
    RegistryAction {
        section: "organi",
        probe: |subject| {
            let mandate = probe_mandate(subject, Capacity::Titolare, None);
            RegistryCommand::GrantMandate(Mandate { role: Role::Capogruppo, ..mandate })
        },
        action: Action {
            slug: "capogruppo",
            token: "grant_mandate",
            title: "Registrare un capogruppo",
            button: "Registra il capogruppo",
            done: "Capogruppo registrato: riceverà l'elenco degli atti (art. 125 TUEL)",
            fields: |subject| {
                let known: Vec<String> = groups(&subject.registry);
                let help = match known.is_empty() {
                    true => "Come è costituito in Consiglio.".to_owned(),
                    false => format!("Già in uso: {}.", known.join(", ")),
                };
                vec![
                    people_field(subject, "persona", "Persona"),
                    Field::new("text", "gruppo", "Gruppo consiliare").required().help(help),
                    act_field("comunicazione al Consiglio del 30 giugno 2026"),
                    Field::new("date", "dal", "Dal").required().value(subject.today.to_string()),
                ]
            },
            read: |subject, form| {
                let person = form.needed("persona");
                let id = subject.registry.free_mandate(Role::Capogruppo, &person);
                let (group, act, from) =
                    (form.needed("gruppo"), form.needed("atto"), form.day("dal"));
                Some(RegistryCommand::GrantMandate(Mandate {
                    id,
                    person,
                    role: Role::Capogruppo,
                    office: None,
                    capacity: Capacity::Titolare,
                    title: format!("Capogruppo {group}"),
                    act,
                    from,
                    to: None,
                    rank: 0,
                    group: Some(group),
                }))
            },
        },
    },
    RegistryAction {
        section: "regolamento",
        probe: |subject| RegistryCommand::OpenRegister {
            register: String::new(),
            year: subject.today.year(),
            last: 0,
            source: String::new(),
        },
        action: Action {
            slug: "registro",
            token: "open_register",
            title: "Aprire un registro in corso d'anno",
            button: "Apri il registro",
            done: "Registro aperto: il prossimo numero è quello che segue l'ultimo usato",
            fields: register_fields,
            read: |subject, form| {
                let register = form.needed("registro");
                let year = form.number("anno", 2000, 2100);
                let last = form.number("ultimo", 0, 1_000_000);
                let source = form.needed("fonte");
                let year = i32::try_from(year).unwrap_or_else(|_| subject.today.year());
                Some(RegistryCommand::OpenRegister { register, year, last, source })
            },
        },
    },
    RegistryAction {
        section: "regolamento",
        probe: |subject| RegistryCommand::AdoptRegulation {
            text: String::new(),
            from: subject.today,
        },
        action: Action {
            slug: "regolamento",
            token: "adopt_regulation",
            title: "Mettere in vigore il regolamento",
            button: "Metti in vigore",
            done: "Regolamento in vigore dal giorno indicato",
            fields: |subject| {
                let day = subject.today.to_string();
                vec![
                    Field::new("area", "testo", "Testo del regolamento").required(),
                    Field::new("date", "dal", "In vigore dal").required().value(day),
                ]
            },
            read: |_, form| {
                let (text, from) = (form.needed("testo"), form.day("dal"));
                // The end of the last line is part of a file.
                Some(RegistryCommand::AdoptRegulation { text: text + "\n", from })
            },
        },
    },
    RegistryAction {
        section: "procedimenti",
        probe: |_| RegistryCommand::ActivateWorkflow { text: String::new() },
        action: Action {
            slug: "procedimento",
            token: "activate_workflow",
            title: "Attivare un procedimento",
            button: "Attiva",
            done: "Procedimento attivo: lo seguono i fascicoli che nascono da ora",
            fields: |_| vec![Field::new("area", "testo", "Testo del procedimento").required()],
            read: |_, form| {
                Some(RegistryCommand::ActivateWorkflow { text: form.needed("testo") + "\n" })
            },
        },
    },
    RegistryAction {
        section: "",
        probe: |_| RegistryCommand::FinishSetup {},
        action: Action {
            slug: "fine-avvio",
            token: "finish_setup",
            title: "Concludere il primo avvio",
            button: "Concludi",
            done: "Primo avvio concluso",
            fields: |_| Vec::new(),
            read: |_, _| Some(RegistryCommand::FinishSetup {}),
        },
    },
];
