// SPDX-License-Identifier: AGPL-3.0-or-later
//! The form of a proposal: its fields, what they hold of a content, and the content they make.

use crate::domain::case::{
    Affects, AttachmentClass, Condition, Content, CouncilGate, Effect, Effects,
};
use crate::domain::case::{Attachment, Case};
use crate::domain::effects::token;
use crate::domain::law::calendar::parse_date;
use crate::domain::law::regulations::EntryIntoForce;
use crate::domain::registry::{Registry, Role};
use crate::domain::regulation::Regulation;
use crate::service::documents::page_count;
use crate::store::DraftFile;
use crate::web::forms::{Field, Input, Reader};
use chrono::NaiveDate;
use serde::Serialize;

/// A group of fields.
#[derive(Debug, Serialize)]
pub struct Section {
    /// Anchor.
    pub id: &'static str,
    /// Title.
    pub title: &'static str,
    /// What it is about.
    pub help: &'static str,
    /// Its fields.
    pub fields: Vec<Field>,
}

const CONDITIONS: [Condition; 3] = [
    Condition::GrantTransparency,
    Condition::AppointmentTransparency,
    Condition::UrbanPlanTransparency,
];

const EFFECTS: [(&str, &str); 5] = [
    ("revoke", "revoca (art. 21-quinquies L. 241/1990)"),
    ("annul", "annulla (art. 21-nonies)"),
    ("rectify", "rettifica un errore materiale"),
    ("suspend", "sospende (art. 21-quater, c. 2)"),
    ("validate", "convalida (art. 21-nonies, c. 2)"),
];

/// What the form holds of a content.
pub fn input_of(content: &Content) -> Input {
    let gates = &content.gates;
    let mut pairs: Vec<(String, String)> = Vec::new();
    let mut put = |name: &str, value: &str| pairs.push((name.to_owned(), value.to_owned()));
    put("oggetto", &content.subject);
    put("tipo", &content.act_type);
    put("capofila", content.lead_office());
    content.offices.iter().skip(1).for_each(|office| put("uffici", office));
    content.rapporteurs.iter().for_each(|person| put("relatori", person));
    put("responsabile", &content.procedure_head);
    put("competenza", &content.competence);
    put("classificazione", &content.classification);
    put("premesse", &content.text);
    content.decision.iter().for_each(|point| put("punto", point));
    put("scheda", &content.summary);
    put("cig", content.cig.as_deref().unwrap_or_default());
    put("cup", content.cup.as_deref().unwrap_or_default());
    match &gates.effects {
        Effects::Unanswered => {}
        Effects::None => put("effetti", "nessuno"),
        Effects::Some { amount_cents, chapter, financing } => {
            put("effetti", "presenti");
            put("importo", &amount_cents.map(money).unwrap_or_default());
            put("capitolo", chapter.as_deref().unwrap_or_default());
            put("finanziamento", financing.as_deref().unwrap_or_default());
        }
    }
    put("consiglio", &token(&gates.council));
    let reasons = [
        ("indirizzo", &gates.direction_only),
        ("immediata", &gates.immediate_request),
        ("segreto", &gates.secret_ballot),
        ("legittimita", &gates.legitimacy_request),
    ];
    reasons.iter().for_each(|(name, value)| put(name, value.as_deref().unwrap_or_default()));
    let ticks = [
        ("investimento", gates.public_investment),
        ("dati", gates.personal_data),
        ("prefetto", gates.prefect),
    ];
    ticks.iter().filter(|(_, on)| *on).for_each(|(name, _)| put(name, "sì"));
    gates.conditions.iter().for_each(|condition| put("condizioni", &token(condition)));
    match gates.regulation {
        None => {}
        Some(EntryIntoForce::FifteenthDay) => put("regolamento", "fifteenth_day"),
        Some(EntryIntoForce::WithTheAct) => put("regolamento", "with_the_act"),
        Some(EntryIntoForce::OnDay { on }) => {
            put("regolamento", "on_day");
            put("vigore", &on.to_string());
        }
    }
    put("decorrenza", &content.effect_date.map(|d| d.to_string()).unwrap_or_default());
    content.affects.iter().for_each(|a| {
        put("incide", &a.case);
        put("incide-come", &token(&a.how));
    });
    Input(pairs)
}

/// Cents as people write them: 12.500,00.
pub fn money(cents: i64) -> String {
    let whole = (cents / 100).to_string();
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push('.');
        }
        grouped.push(digit);
    }
    format!("{grouped},{:02}", cents % 100)
}

/// What people write as cents; `None` when it is no amount.
pub fn cents(text: &str) -> Option<i64> {
    let bare: String = text.chars().filter(|c| !c.is_whitespace() && !"€.'".contains(*c)).collect();
    let (whole, part) = bare.split_once(',').unwrap_or((&bare, "00"));
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let part = format!("{part:0<2}");
    if !digits(whole) || !digits(&part) || part.len() > 2 {
        return None;
    }
    whole.parse::<i64>().ok()?.checked_mul(100)?.checked_add(part.parse().ok()?)
}

/// What else a form of an act may name.
pub struct Known<'a> {
    /// The act.
    pub case: &'a Case,
    /// Files that came with the form.
    pub files: &'a [DraftFile],
    /// Numbers people wrote and the acts they are: "838/2020" → case.
    pub acts: &'a [(String, String)],
}

/// The content a form makes. What cannot be understood is noted and left as it was.
pub fn content_of(input: &Input, known: &Known<'_>, reader: &mut Reader<'_>) -> Content {
    let base = &known.case.content;
    let optional = |text: String| Some(text).filter(|text| !text.is_empty());
    let many = |name: &str| -> Vec<String> {
        let all = input.all(name).into_iter().map(str::trim).filter(|v| !v.is_empty());
        all.map(str::to_owned).collect()
    };
    let mut offices: Vec<String> = many("capofila");
    offices.extend(many("uffici").into_iter().filter(|office| *office != input.get("capofila")));
    let mut content = Content {
        subject: reader.text("oggetto").split_whitespace().collect::<Vec<_>>().join(" "),
        act_type: reader.text("tipo"),
        offices,
        rapporteurs: many("relatori"),
        procedure_head: reader.text("responsabile"),
        competence: reader.text("competenza"),
        text: reader.text("premesse"),
        decision: many("punto").iter().map(|point| point.replace("\r\n", "\n")).collect(),
        summary: reader.text("scheda"),
        cig: optional(reader.text("cig").to_uppercase()),
        cup: optional(reader.text("cup").to_uppercase()),
        classification: reader.text("classificazione"),
        attachments: attachments(input, known),
        affects: affects(input, known, reader),
        effect_date: None,
        request: None,
        gates: base.gates.clone(),
    };
    let day = reader.text("decorrenza");
    content.effect_date = parse_date(&day);
    if !day.is_empty() && content.effect_date.is_none() {
        reader.wrong("decorrenza", format!("«{day}» non è una data"));
    }
    gates(input, &mut content, reader);
    content.gates.regulation = entry_into_force(input, reader);
    content
}

/// From when the regulation that the act approves is in force, where it approves one (R7.6).
fn entry_into_force(input: &Input, reader: &mut Reader<'_>) -> Option<EntryIntoForce> {
    match input.get("regolamento") {
        "fifteenth_day" => Some(EntryIntoForce::FifteenthDay),
        "with_the_act" => Some(EntryIntoForce::WithTheAct),
        "on_day" => Some(EntryIntoForce::OnDay { on: reader.day("vigore") }),
        _ => None,
    }
}

fn gates(input: &Input, content: &mut Content, reader: &mut Reader<'_>) {
    let optional = |text: String| Some(text).filter(|text| !text.is_empty());
    let amount = reader.text("importo");
    let amount_cents = cents(&amount);
    if !amount.is_empty() && amount_cents.is_none() {
        reader.wrong("importo", format!("«{amount}» non è un importo: scrivere come 12.500,00"));
    }
    let gates = &mut content.gates;
    gates.effects = match input.get("effetti") {
        "nessuno" => Effects::None,
        "presenti" => Effects::Some {
            amount_cents,
            chapter: optional(reader.text("capitolo")),
            financing: optional(reader.text("finanziamento")),
        },
        _ => Effects::Unanswered,
    };
    gates.council = word(input.get("consiglio")).unwrap_or(CouncilGate::No);
    gates.direction_only = optional(reader.text("indirizzo"));
    gates.immediate_request = optional(reader.text("immediata"));
    gates.secret_ballot = optional(reader.text("segreto"));
    gates.legitimacy_request = optional(reader.text("legittimita"));
    gates.public_investment = input.ticked("investimento");
    gates.personal_data = input.ticked("dati");
    gates.prefect = input.ticked("prefetto");
    gates.conditions = input.all("condizioni").into_iter().filter_map(word).collect();
}

fn word<T: serde::de::DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::from(text)).ok()
}

/// Attachments of the act and files of the form, as the form wants them: a hash that is neither is
/// not believed, or one could read the files of others by naming them.
fn attachments(input: &Input, known: &Known<'_>) -> Vec<Attachment> {
    let mut all: Vec<Attachment> = known.case.content.attachments.clone();
    for file in known.files {
        if !all.iter().any(|a| a.sha256 == file.sha256) {
            all.push(Attachment {
                name: file.name.clone(),
                class: word(&file.class).unwrap_or_default(),
                media_type: file.media_type.clone(),
                sha256: file.sha256.clone(),
                size: file.bytes.len() as u64,
                pages: (file.media_type == "application/pdf")
                    .then(|| page_count(&file.bytes))
                    .flatten(),
            });
        }
    }
    all.retain(|a| !input.ticked(&format!("togli-{}", a.sha256)));
    for attachment in &mut all {
        let class: Option<AttachmentClass> =
            word(input.get(&format!("classe-{}", attachment.sha256)));
        attachment.class = class.unwrap_or(attachment.class);
    }
    all
}

fn affects(input: &Input, known: &Known<'_>, reader: &mut Reader<'_>) -> Vec<Affects> {
    let (acts, hows) = (input.all("incide"), input.all("incide-come"));
    let mut affects = Vec::new();
    for (act, how) in acts.into_iter().zip(hows) {
        let act = act.trim();
        if act.is_empty() {
            continue;
        }
        let case = known.acts.iter().find(|(written, _)| written == act).map(|(_, case)| case);
        let own = known.case.content.affects.iter().find(|a| a.case == act).map(|a| &a.case);
        match (case.or(own), word::<Effect>(how)) {
            (Some(case), Some(how)) => affects.push(Affects { case: case.clone(), how }),
            (None, _) => {
                reader.wrong("incide", format!("«{act}» non è una deliberazione del registro"));
            }
            (_, None) => reader.wrong("incide", "Scegliere che cosa fa all'atto precedente"),
        }
    }
    affects
}

/// The sections of the form, empty: [`Field::refill`] fills them.
pub fn sections(
    registry: &Registry,
    regulation: Option<&Regulation>,
    on: NaiveDate,
) -> Vec<Section> {
    let types = regulation.map(|r| r.extra_opinions_by_type.keys().cloned().collect::<Vec<_>>());
    vec![
        Section {
            id: "oggetto",
            title: "Oggetto e uffici",
            help: "",
            fields: who(registry, types.unwrap_or_default(), on),
        },
        Section {
            id: "domande",
            title: "Domande di legge",
            help: "Da queste risposte dipendono i pareri e i passi dell'atto.",
            fields: questions(),
        },
    ]
}

fn who(registry: &Registry, types: Vec<String>, on: NaiveDate) -> Vec<Field> {
    let offices: Vec<(String, String)> =
        registry.offices.values().map(|o| (o.id.clone(), o.name.clone())).collect();
    let holding = |roles: &[Role]| {
        let held = registry.mandates.values().filter(|m| roles.contains(&m.role) && m.valid_on(on));
        let mut people: Vec<(String, String)> =
            held.map(|m| (m.person.clone(), registry.name(&m.person))).collect();
        people.sort_by(|a, b| a.1.cmp(&b.1));
        people.dedup();
        people
    };
    let none = || (String::new(), "–".to_owned());
    let organ = [Role::Sindaco, Role::Vicesindaco, Role::Assessore, Role::Commissario];
    let text = |name: &str, label: &str| Field::new("text", name, label);
    vec![
        Field::new("brief", "oggetto", "Oggetto").required().help(
            "Lo stesso ovunque: proposta, pareri, deliberazione, Albo. Senza dati personali.",
        ),
        Field::new("choice", "capofila", "Ufficio capofila")
            .required()
            .options([none()].into_iter().chain(offices.clone())),
        Field::new("ticks", "uffici", "Altri uffici interessati")
            .help("Ognuno rende il proprio parere di regolarità tecnica (art. 49 TUEL).")
            .options(offices),
        Field::new("choice", "responsabile", "Responsabile del procedimento").required().options(
            [none()].into_iter().chain(holding(&[Role::ResponsabileProcedimento, Role::Direttore])),
        ),
        Field::new("ticks", "relatori", "Relatori").options(holding(&organ)),
        text("competenza", "Perché è competente la Giunta")
            .required()
            .help("Di solito: art. 48, c. 2, TUEL, atto non riservato al Consiglio."),
        text("tipo", "Tipo di atto").help(match types.is_empty() {
            true => "Come lo chiama il Comune.".to_owned(),
            false => format!("Come lo chiama il Comune, per esempio: {}.", types.join(", ")),
        }),
        text("classificazione", "Classificazione nel titolario"),
    ]
}

fn questions() -> Vec<Field> {
    let council = [
        ("no", "No"),
        ("urgent_variation", "Variazione di bilancio d'urgenza, da ratificare"),
        ("proposal_to_council", "È una proposta al Consiglio"),
        ("reserved", "Sì, riservata al Consiglio"),
    ];
    let area = |name: &str, label: &str, help: &str| Field::new("brief", name, label).help(help);
    let empty = "Lasciare vuoto se non è il caso.";
    vec![
        Field::new(
            "radio",
            "effetti",
            "Riflessi sulla situazione economico-finanziaria o sul patrimonio",
        )
        .required()
        .help("Diretti o indiretti: da qui dipende il parere contabile (art. 49, c. 1, TUEL).")
        .options([("nessuno", "Nessuno"), ("presenti", "Ci sono riflessi")]),
        Field::new("text", "importo", "Importo in euro")
            .help("Come 12.500,00; vuoto se non noto.")
            .only("effetti=presenti"),
        Field::new("text", "capitolo", "Capitolo di bilancio").only("effetti=presenti"),
        Field::new("tick", "investimento", "Finanzia o autorizza un investimento pubblico")
            .help("Senza CUP l'atto è nullo (art. 11, c. 2-bis, L. 3/2003)."),
        Field::new("text", "finanziamento", "Finanziamento, decorrenza e valore")
            .only("effetti=presenti"),
        Field::new("text", "cup", "CUP").help("15 caratteri."),
        Field::new("text", "cig", "CIG"),
        Field::new("choice", "consiglio", "Materia del Consiglio (art. 42 TUEL)?").options(council),
        area(
            "indirizzo",
            "Mero atto di indirizzo: ragioni",
            "Allora i pareri non sono dovuti (art. 49, c. 1, TUEL). Lasciare vuoto se non lo è.",
        ),
        Field::new("tick", "dati", "Il testo o gli allegati nominano persone")
            .help("Occorre una versione pubblicabile (Reg. UE 2016/679)."),
        Field::new("ticks", "condizioni", "Condizioni di efficacia")
            .options(CONDITIONS.map(|condition| (token(&condition), condition.label().to_owned()))),
        area(
            "immediata",
            "Immediata eseguibilità: ragioni dell'urgenza",
            &format!("Art. 134, c. 4, TUEL. {empty}"),
        ),
        area(
            "segreto",
            "Scrutinio segreto: ragioni",
            &format!("Quando si apprezzano persone. {empty}"),
        ),
        area(
            "legittimita",
            "Richiesta del parere di legittimità: ragioni",
            &format!("Dove la norma locale lo dà a richiesta. {empty}"),
        ),
        Field::new("tick", "prefetto", "Da comunicare al Prefetto").help("Art. 135, c. 2, TUEL."),
        Field::new("radio", "regolamento", "Approva un regolamento: da quando entra in vigore")
            .help("Altra cosa dall'esecutività dell'atto (art. 10 disp. prel. c.c.).")
            .options([
                ("", "Non approva un regolamento"),
                ("fifteenth_day", "Il quindicesimo giorno dopo la pubblicazione"),
                ("on_day", "Il giorno che l'atto dispone"),
                ("with_the_act", "Con l'efficacia dell'atto, come esso dispone"),
            ]),
        Field::new("date", "vigore", "In vigore dal").only("regolamento=on_day"),
        Field::new("date", "decorrenza", "Decorrenza fissata dall'atto"),
    ]
}

/// An act that the proposal touches, as the form shows it.
#[derive(Debug, Serialize)]
pub struct TouchLine {
    /// As written.
    pub act: String,
    /// What it does to it.
    pub how: Vec<crate::web::forms::Choice>,
}

/// The lines of the acts touched, and one to fill in.
pub fn touched(input: &Input) -> Vec<TouchLine> {
    let mut lines: Vec<(&str, &str)> =
        input.all("incide").into_iter().zip(input.all("incide-come")).collect();
    lines.retain(|(act, _)| !act.trim().is_empty());
    lines.push(("", ""));
    let line = |(act, how): (&str, &str)| TouchLine {
        act: act.to_owned(),
        how: EFFECTS
            .iter()
            .map(|(value, label)| crate::web::forms::Choice {
                value: (*value).into(),
                label: (*label).into(),
                chosen: *value == how,
            })
            .collect(),
    };
    lines.into_iter().map(line).collect()
}
