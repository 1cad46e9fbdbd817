// SPDX-License-Identifier: AGPL-3.0-or-later
//! The actions on an act.

use super::opinion::{self, which};
use super::{Action, Subject, reasons};
use crate::domain::case::{Case, CaseCommand, Condition, Effect, Touch, readable, registrable};
use crate::domain::law::calendar::Preposition;
use crate::domain::law::control::ControlMatter;
use crate::domain::registry::{Registry, Role};
use crate::domain::words;
use crate::web::case::index::with_number;
use crate::web::forms::{Field, Reader};

/// Every action on an act, in the order of its life.
pub const ACTIONS: &[Action] = &[
    Action {
        slug: "/testo",
        token: "edit",
        title: "Scrivere il testo e gli allegati",
        button: "Salva",
        done: "Bozza registrata",
        fields: |_| Vec::new(),
        read: |_, _| None,
    },
    Action {
        slug: "/testo",
        token: "revise",
        title: "Cambiare il testo: nuova versione",
        button: "Presenta la nuova versione",
        done: "Nuova versione registrata",
        fields: |_| Vec::new(),
        read: |_, _| None,
    },
    Action {
        slug: "presentazione",
        token: "submit",
        title: "Presentare la proposta",
        button: "Presenta",
        done: "Proposta presentata: il testo è ora fissato",
        fields: |_| Vec::new(),
        read: |_, _| Some(CaseCommand::Submit),
    },
    Action {
        slug: "ripresa",
        token: "rework",
        title: "Riprendere in carico",
        button: "Riprendi",
        done: "La proposta è di nuovo in bozza",
        fields: |_| Vec::new(),
        read: |_, _| Some(CaseCommand::Rework),
    },
    Action {
        slug: "presa-d-atto",
        token: "acknowledge_direction",
        title: "Prendere atto della dichiarazione di indirizzo",
        button: "Prendi atto",
        done: "Presa d'atto registrata",
        fields: |_| Vec::new(),
        read: |_, _| Some(CaseCommand::AcknowledgeDirection),
    },
    Action {
        slug: "parere",
        token: "give_opinion",
        title: "Rendere il parere",
        button: "Vai alla firma",
        done: "Parere reso e firmato",
        fields: opinion::fields,
        read: opinion::read,
    },
    Action {
        slug: "altro-parere",
        token: "record_further_opinion",
        title: "Registrare un parere acquisito",
        button: "Registra",
        done: "Parere registrato sul testo attuale",
        fields: opinion::further_fields,
        read: opinion::further,
    },
    Action {
        slug: "restituzione",
        token: "return",
        title: "Restituire la proposta",
        button: "Vai alla firma",
        done: "Proposta restituita",
        fields: |_| vec![reasons("Che cosa va corretto, e perché")],
        read: |subject, form| {
            let office = subject.about.clone();
            let reasons = form.needed("motivazione");
            Some(CaseCommand::Return { office, reasons, paper: None })
        },
    },
    Action {
        slug: "motivazione",
        token: "motivate_departure",
        title: "Motivare lo scostamento dal parere",
        button: "Registra",
        done: "Motivazione inserita nel testo",
        fields: |_| {
            vec![reasons("Le ragioni che l'atto riporterà").help(
                "Art. 49, c. 4, TUEL: chi si discosta da un parere ne dà motivazione nel testo.",
            )]
        },
        read: |_, form| {
            Some(CaseCommand::MotivateDeparture { reasons: form.needed("motivazione") })
        },
    },
    Action {
        slug: "verifica",
        token: "pass_review",
        title: "Chiudere la verifica",
        button: "Verifica superata",
        done: "Verifica registrata: l'atto prosegue",
        fields: |_| vec![Field::new("area", "nota", "Nota (facoltativa)")],
        read: |_, form| Some(CaseCommand::PassReview { note: form.text("nota") }),
    },
    Action {
        slug: "ritiro",
        token: "withdraw",
        title: "Ritirare la proposta",
        button: "Vai alla firma",
        done: "Proposta ritirata",
        fields: |_| vec![reasons("Motivo del ritiro")],
        read: |_, form| {
            Some(CaseCommand::Withdraw { reason: form.needed("motivazione"), paper: None })
        },
    },
    Action {
        slug: "firma",
        token: "sign",
        title: "Firmare",
        button: "Vai alla firma",
        done: "Documento firmato",
        fields: |_| Vec::new(),
        read: |subject, _| {
            let state = subject.case.paper(&subject.about)?;
            let base = state.sha256.clone().unwrap_or_default();
            Some(CaseCommand::Sign { paper_key: subject.about.clone(), base, paper: None })
        },
    },
    Action {
        slug: "impedimento",
        token: "attest_impediment",
        title: "Attestare l'impedimento di un firmatario",
        button: "Vai alla firma",
        done: "Impedimento attestato",
        fields: |_| vec![reasons("Ragione dell'impedimento")],
        read: |subject, form| {
            let (key, field) = subject.about.split_once('/')?;
            Some(CaseCommand::AttestImpediment {
                paper_key: key.to_owned(),
                field: field.to_owned(),
                reason: form.needed("motivazione"),
                paper: None,
            })
        },
    },
    Action {
        slug: "ricomposizione",
        token: "recall_paper",
        title: "Ricomporre il documento prima delle firme",
        button: "Ricomponi",
        done: "Il documento sarà ricomposto",
        fields: |_| vec![reasons("Perché va ricomposto")],
        read: |subject, form| {
            let reason = form.needed("motivazione");
            Some(CaseCommand::RecallPaper { paper_key: subject.about.clone(), reason })
        },
    },
    Action {
        slug: "adozione",
        token: "adopt_as_commissioner",
        title: "Adottare con i poteri della Giunta",
        button: "Adotta",
        done: "Atto adottato",
        fields: |_| {
            let label = "Ragioni dell'immediata eseguibilità (vuoto: non dichiarata)";
            vec![Field::new("area", "urgenza", label)]
        },
        read: |_, form| {
            let immediate = Some(form.text("urgenza")).filter(|reasons| !reasons.is_empty());
            Some(CaseCommand::AdoptAsCommissioner { immediate })
        },
    },
    super::request::CORRECT,
    Action {
        slug: "pubblicazione",
        token: "post",
        title: "Pubblicare all'Albo pretorio",
        button: "Pubblica ora",
        done: "Atto pubblicato all'Albo pretorio",
        fields: posting_fields,
        read: posting,
    },
    Action {
        slug: "disservizio",
        token: "record_outage",
        title: "Attestare un disservizio dell'Albo",
        button: "Registra",
        done: "Disservizio registrato: il termine è ricalcolato",
        fields: |subject| {
            let day = subject.today.to_string();
            vec![
                Field::new("date", "giorno", "Giorno").required().value(day),
                Field::new("number", "ore", "Ore in cui l'Albo è stato visibile").required(),
            ]
        },
        read: |_, form| {
            let (day, hours) = (form.day("giorno"), form.number("ore", 0, 24));
            let visible_hours = u8::try_from(hours).unwrap_or_default();
            Some(CaseCommand::RecordOutage { day, visible_hours })
        },
    },
    Action {
        slug: "annullamento",
        token: "annul_posting",
        title: "Annullare la pubblicazione",
        button: "Annulla la pubblicazione",
        done: "Pubblicazione annullata: il numero dell'Albo resta, con annotazione",
        fields: |_| vec![reasons("Perché la pubblicazione è errata")],
        read: |_, form| Some(CaseCommand::AnnulPosting { reason: form.needed("motivazione") }),
    },
    super::privacy::OMIT,
    super::privacy::PUBLISH,
    super::privacy::COMPOSE,
    Action {
        slug: "versione-pubblicabile",
        token: "replace_public_file",
        title: "Sostituire il documento esposto con la versione pubblicabile",
        button: "Sostituisci",
        done: "Documento esposto sostituito: il termine continua",
        fields: |_| {
            vec![reasons("Perché si sostituisce").help(
                "Si espone la versione pubblicabile più recente, firmata: va prima preparata dalla \
                 verifica dei dati personali.",
            )]
        },
        read: |_, form| {
            let (sha256, reason) = (String::new(), form.needed("motivazione"));
            Some(CaseCommand::ReplacePublicFile { sha256, reason })
        },
    },
    Action {
        slug: "ordine",
        token: "record_order",
        title: "Registrare un provvedimento di altra autorità",
        button: "Registra",
        done: "Provvedimento registrato: l'annotazione viene composta",
        fields: order_fields,
        read: order,
    },
    Action {
        slug: "controllo",
        token: "request_control",
        title: "Registrare una richiesta di controllo (art. 127 TUEL)",
        button: "Registra",
        done: "Richiesta registrata: l'atto è sospeso fino all'esito",
        fields: control_fields,
        read: |_, form| {
            let matter: Option<ControlMatter> = form.word("materia");
            let (councillors, on) = (form.all("consiglieri"), form.day("giorno"));
            let (reference, reasons) = (form.needed("protocollo"), form.needed("motivazione"));
            let matter = matter?;
            Some(CaseCommand::RequestControl { councillors, matter, reasons, on, reference })
        },
    },
    Action {
        slug: "fine-sospensione",
        token: "lift_suspension",
        title: "Registrare la fine di una sospensione",
        button: "Registra",
        done: "Sospensione cessata",
        fields: |subject| {
            vec![
                Field::new("date", "giorno", "Primo giorno senza sospensione")
                    .required()
                    .value(subject.today.to_string()),
                Field::new("text", "fonte", "Atto o provvedimento che la fa cessare").required(),
            ]
        },
        read: |_, form| {
            let (from, source) = (form.day("giorno"), form.needed("fonte"));
            Some(CaseCommand::LiftSuspension { from, source })
        },
    },
    Action {
        slug: "condizione",
        token: "meet_condition",
        title: "Registrare una condizione di efficacia",
        button: "Registra",
        done: "Condizione registrata",
        fields: |subject| {
            vec![
                Field::new("date", "giorno", "Giorno").required().value(subject.today.to_string()),
                reasons("Dove se ne trova la prova"),
            ]
        },
        read: |subject, form| {
            let condition: Condition =
                serde_json::from_value(serde_json::Value::from(subject.about.as_str())).ok()?;
            let (on, evidence) = (form.day("giorno"), form.needed("motivazione"));
            Some(CaseCommand::MeetCondition { condition, on, evidence })
        },
    },
    Action {
        slug: "adempimento",
        token: "settle_duty",
        title: "Registrare un adempimento",
        button: "Registra",
        done: "Adempimento registrato",
        fields: |_| {
            let outcome = Field::new("radio", "esito", "Esito").required().value("fatto");
            vec![
                outcome.options([("fatto", "Compiuto"), ("non-riuscito", "Non riuscito")]),
                reasons("Estremi o ragioni"),
            ]
        },
        read: |subject, form| {
            let done = form.needed("esito") == "fatto";
            let note = form.needed("motivazione");
            Some(CaseCommand::SettleDuty { duty: subject.about.clone(), done, note })
        },
    },
    Action {
        slug: "protocollo",
        token: "record_protocollo",
        title: "Registrare il numero di protocollo di un documento",
        button: "Registra",
        done: "Numero di protocollo registrato",
        fields: protocollo_fields,
        read: |_, form| {
            let (paper_key, on) = (form.needed("documento"), form.day("giorno"));
            let number = form.number("numero", 1, i64::from(i32::MAX));
            Some(CaseCommand::RecordProtocollo { paper_key, number, on })
        },
    },
    Action {
        slug: "copia-conforme",
        token: "request_copy",
        title: "Chiedere una copia conforme",
        button: "Registra la richiesta",
        done: "Richiesta registrata: la copia va ora alla firma del Segretario",
        fields: |_| {
            vec![
                Field::new("radio", "forma", "Che cosa")
                    .required()
                    .value("full")
                    .options([("full", "L'atto intero"), ("extract", "Un estratto")]),
                Field::new("text", "richiedente", "Chi la chiede, come va stampato").required(),
                Field::new("text", "uso", "Per quale uso (facoltativo)"),
            ]
        },
        read: |_, form| {
            let (form_of, applicant) = (form.word("forma"), form.needed("richiedente"));
            let (purpose, code) = (form.text("uso"), String::new());
            Some(CaseCommand::RequestCopy { form: form_of?, applicant, purpose, code })
        },
    },
    Action {
        slug: "chiusura",
        token: "close",
        title: "Chiudere il fascicolo",
        button: "Chiudi il fascicolo",
        done: "Fascicolo chiuso",
        fields: |_| vec![Field::new("area", "nota", "Nota di chiusura (facoltativa)")],
        read: |_, form| Some(CaseCommand::Close { note: form.text("nota") }),
    },
];

/// The Albo is another system, which gives number and day (R5.1).
fn albo_elsewhere(subject: &Subject) -> bool {
    let regulation = subject.world.regulation(subject.today);
    regulation.is_ok_and(|r| r.albo == crate::domain::regulation::tokens::Keeper::External)
}

fn posting_fields(subject: &Subject) -> Vec<Field> {
    let mut fields = Vec::new();
    if albo_elsewhere(subject) {
        fields.push(Field::new("number", "numero", "Numero dato dall'Albo").required());
        let day = Field::new("date", "giorno", "Giorno di inizio indicato dall'Albo").required();
        fields.push(day.value(subject.today.to_string()));
    }
    if !subject.case.annulled_postings.is_empty() {
        fields.push(
            Field::new("area", "ripetizione", "Perché si pubblica di nuovo")
                .help("Vuoto: la ragione dell'annullamento."),
        );
    }
    fields
}

fn posting(subject: &Subject, form: &mut Reader<'_>) -> Option<CaseCommand> {
    let repeats = Some(form.text("ripetizione")).filter(|reason| !reason.is_empty());
    let (external_number, external_day) = match albo_elsewhere(subject) {
        true => (Some(form.number("numero", 1, i64::from(i32::MAX))), Some(form.day("giorno"))),
        false => (None, None),
    };
    Some(CaseCommand::Post { external_number, external_day, repeats })
}

fn control_fields(subject: &Subject) -> Vec<Field> {
    let (registry, today) = (&subject.world.registry, subject.today);
    let mut councillors: Vec<(String, String)> = Vec::new();
    for role in [Role::Consigliere, Role::Capogruppo, Role::PresidenteConsiglio] {
        let held = registry.holders(role, None, today);
        councillors.extend(held.iter().map(|m| (m.person.clone(), registry.name(&m.person))));
    }
    councillors.sort_by(|a, b| a.1.cmp(&b.1));
    councillors.dedup();
    let matters = ControlMatter::ALL.map(|(m, words)| (crate::domain::effects::token(&m), words));
    vec![
        Field::new("date", "giorno", "Giorno in cui è giunta").required().value(today.to_string()),
        Field::new("text", "protocollo", "Protocollo della richiesta").required(),
        Field::new("radio", "materia", "Che cosa riguarda l'atto").required().options(matters),
        Field::new("ticks", "consiglieri", "Consiglieri che l'hanno firmata").options(councillors),
        reasons("Norme che si assumono violate, con le ragioni"),
    ]
}

/// The concluded papers, each with the number it already has: writing another corrects it.
fn protocollo_fields(subject: &Subject) -> Vec<Field> {
    let case = &subject.case;
    let papers = registrable(case).into_iter().map(|paper| {
        let title = words::paper(paper.kind).to_owned();
        let title = format!("{title}, {}", Preposition::Of.short(paper.concluded));
        let label = with_number(case, &paper.key, title);
        (paper.key, label)
    });
    vec![
        Field::new("choice", "documento", "Documento").required().options(papers),
        Field::new("number", "numero", "Numero dato dal protocollo").required(),
        Field::new("date", "giorno", "Data di protocollo")
            .required()
            .value(subject.today.to_string()),
    ]
}

fn order_fields(subject: &Subject) -> Vec<Field> {
    let effects = [
        ("suspend", "Sospende l'efficacia"),
        ("annul", "Annulla"),
        ("revoke", "Revoca"),
        ("validate", "Convalida"),
        ("rectify", "Rettifica un errore materiale"),
    ];
    vec![
        Field::new("radio", "effetto", "Che cosa fa all'atto").required().options(effects),
        Field::new("date", "giorno", "Da quando").required().value(subject.today.to_string()),
        Field::new("date", "fine", "Fino a quando").help("Solo per una sospensione a termine."),
        Field::new("text", "fonte", "Provvedimento")
            .required()
            .help("Come «ordinanza TAR Lombardia, sez. I, n. 123 del 4 luglio 2026»."),
    ]
}

fn order(_: &Subject, form: &mut Reader<'_>) -> Option<CaseCommand> {
    let how: Option<Effect> = form.word("effetto");
    let (from, source) = (form.day("giorno"), form.needed("fonte"));
    let until = match form.text("fine").as_str() {
        "" => None,
        _ => Some(form.day("fine")),
    };
    if until.is_some_and(|until| until < from) {
        form.wrong("fine", "La fine viene prima dell'inizio");
    }
    let touch = Touch { how: how?, from, until, by_case: String::new(), source, withdrawn: None };
    Some(CaseCommand::RecordOrder { touch })
}

/// The page of the act where an action is asked and to which it comes back, when it is not the act's.
pub fn home(action: &Action) -> Option<&'static str> {
    let of_privacy = ["mark_personal_data", "clear_personal_data", "compose_public"];
    of_privacy.contains(&action.token).then_some("dati-personali")
}

/// Whether an action ends with a signature.
pub fn signs(action: &Action) -> bool {
    ["give_opinion", "return", "withdraw", "sign", "attest_impediment"].contains(&action.token)
}

/// The name of an action with what it is about.
pub fn title(action: &Action, registry: &Registry, case: &Case, about: &str) -> String {
    let paper = |key: &str| {
        case.paper(key).map_or_else(|| key.to_owned(), |p| words::paper(p.plan.kind).to_owned())
    };
    match action.token {
        "give_opinion" => match which(about) {
            Some((opinion, "")) => format!("Rendere il {}", opinion.label()),
            Some((opinion, office)) => {
                format!("Rendere il {}: {}", opinion.label(), registry.office_name(office))
            }
            None => action.title.to_owned(),
        },
        "return" if !about.is_empty() => {
            format!("{} ({})", action.title, registry.office_name(about))
        }
        "sign" | "recall_paper" => format!("{}: {}", action.title, paper(about)),
        "attest_impediment" => {
            let (key, field) = about.split_once('/').unwrap_or((about, ""));
            let state = case.paper(key);
            let slot = state.and_then(|p| p.plan.slots.iter().find(|s| s.field == field));
            let who = slot.and_then(|s| s.signer.as_ref()).map_or("", |s| s.name.as_str());
            format!("{}: {who}, {}", action.title, paper(key))
        }
        "record_further_opinion" => {
            format!("Registrare il parere «{}»", readable(about))
        }
        "settle_duty" => format!("{}: {}", action.title, words::duty(about)),
        "meet_condition" => {
            let read = serde_json::from_value::<Condition>(serde_json::Value::from(about));
            let what = read.map_or(about, |condition| condition.label());
            format!("{}: {what}", action.title)
        }
        "withdraw" if case.content.request.is_some() => {
            "Non dare corso alla richiesta di affissione".to_owned()
        }
        "revise" if about == "formale" => "Correggere la forma del testo".to_owned(),
        _ => action.title.to_owned(),
    }
}
