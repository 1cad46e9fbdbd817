// SPDX-License-Identifier: AGPL-3.0-or-later
//! The OpenAPI document: what the handlers say of themselves, completed with what holds for all of
//! them (problems, limits, keys, caching) and with Italian words for every field.

use super::problem::{PROBLEM_JSON, Problem};
use super::words;
use crate::web::actions::{case, sitting};
use serde_json::{Map, Value, json};
use utoipa::OpenApi;

/// The document before the handlers are added.
#[derive(OpenApi)]
#[openapi(
    components(schemas(Problem)),
    tags(
        (name = "albo", description = "L'Albo pretorio, com'è in questo momento: senza token"),
        (name = "fascicoli", description = "Gli atti, per chi li può consultare"),
        (name = "sedute", description = "Le sedute della Giunta"),
        (name = "comandi", description = "Le operazioni delle persone, decise dal motore"),
        (name = "firme", description = "I documenti da firmare con uno strumento proprio"),
        (name = "registri", description = "I registri con la loro numerazione"),
        (name = "comune", description = "Persone, incarichi, uffici"),
        (name = "servizio", description = "Lo stato del servizio"),
    ),
)]
pub struct Described;

/// Version of the API, apart from that of the program (semantic versioning).
const VERSION: &str = "1.0.0";

const DESCRIPTION: &str = "Le stesse operazioni delle pagine, per i programmi: chi può leggere e \
     chi può agire lo decide lo stesso motore. Un token agisce per una persona, entro gli ambiti \
     che essa ha scelto e con i poteri dei suoi incarichi di oggi. Ogni errore è un \
     application/problem+json con codice, norma e cosa fare. Ogni comando porta una chiave di \
     idempotenza: ripetuto, riceve la prima risposta e non registra nulla.";

/// Commands that only workers and timers give, and those that begin something: `POST` to the list.
const NOT_FOR_PROGRAMS: [&str; 10] = [
    "create",
    "schedule",
    "prepare_paper",
    "seal_paper",
    "augment",
    "end_posting",
    "certify_effect",
    "record_availability",
    "record_delivery",
    "list_capigruppo",
];

/// The whole document of an installation.
pub fn finished(described: utoipa::openapi::OpenApi, base_url: &str) -> Value {
    let mut document = serde_json::to_value(described).unwrap_or_default();
    document["info"] = json!({
        "title": "Delibera",
        "version": VERSION,
        "description": DESCRIPTION,
        "x-summary": "Atti del Comune: dalla proposta all'esecutività",
        "termsOfService": format!("{base_url}/api/v1"),
        "contact": {
            "name": "Amministrazione del sistema",
            "url": format!("{base_url}/api/v1"),
        },
        "license": {
            "name": "AGPL-3.0-or-later",
            "url": "https://www.gnu.org/licenses/agpl-3.0.html",
        },
    });
    let server = format!("{base_url}{}", super::ROOT);
    document["servers"] = json!([{ "url": server, "description": "Questa installazione" }]);
    document["components"]["securitySchemes"] = json!({ "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "Token di una persona, creato dalla pagina «Il mio profilo». Ambiti: read, \
                        propose, act.",
    }});
    document["components"]["headers"] = headers();
    document["components"]["responses"] = responses();
    if let Some(paths) = document["paths"].as_object_mut() {
        for item in paths.values_mut().filter_map(Value::as_object_mut) {
            item.values_mut().for_each(complete);
        }
    }
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        // Only commands of the worker name them.
        ["Augmentation", "SignatureLevel"].iter().for_each(|name| drop(schemas.remove(*name)));
        schemas.values_mut().for_each(schema);
    }
    document
}

fn headers() -> Value {
    let number = |text: &str| {
        json!({
            "description": text, "schema": { "type": "integer", "format": "int64", "minimum": 0 },
        })
    };
    json!({
        "RateLimit-Limit": number("Richieste ammesse in un minuto"),
        "RateLimit-Remaining": number("Richieste ancora ammesse"),
        "RateLimit-Reset": number("Secondi dopo i quali il limite è di nuovo intero"),
        "Retry-After": number("Secondi da attendere prima di ripetere"),
        "Cache-Control": {
            "description": "Le risposte non si conservano",
            "schema": { "type": "string", "example": "no-store" },
        },
    })
}

/// Statuses of the problems and what each means.
const PROBLEMS: [(&str, &str); 12] = [
    ("400", "Parametri, intestazioni o corpo non leggibili"),
    ("401", "Token mancante, scaduto o revocato"),
    ("403", "Lettura non consentita, o ambito che il token non comprende"),
    ("404", "Risorsa inesistente"),
    ("408", "Tempo scaduto"),
    ("409", "Nel frattempo la situazione è cambiata: rileggere e ripetere"),
    ("413", "Contenuto troppo grande"),
    ("415", "Tipo di contenuto non previsto"),
    ("422", "Il motore non ammette la richiesta: codice, norma e cosa fare sono nella risposta"),
    ("429", "Troppe richieste"),
    ("503", "L'archivio non risponde, o non si sa se ha registrato (`outcome_unknown`)"),
    ("507", "Il disco dell'archivio è pieno: nulla è stato registrato"),
];

fn responses() -> Value {
    let problem = |text: &str, more: &[&str]| {
        let content =
            json!({ PROBLEM_JSON: { "schema": { "$ref": "#/components/schemas/Problem" } } });
        let mut headers = limits();
        for name in more {
            headers.insert((*name).into(), header(name));
        }
        json!({ "description": text, "content": content, "headers": headers })
    };
    let mut all = Map::new();
    for (status, text) in PROBLEMS {
        let more: &[&str] = if ["429", "503"].contains(&status) { &["Retry-After"] } else { &[] };
        all.insert(format!("Problem{status}"), problem(text, more));
    }
    all.insert("Problem".into(), problem("Errore imprevisto, con il riferimento", &[]));
    Value::Object(all)
}

fn header(name: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{name}") })
}

/// The headers of every answer.
fn limits() -> Map<String, Value> {
    let names = ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Cache-Control"];
    names.into_iter().map(|name| (name.to_owned(), header(name))).collect()
}

/// Completes an operation with what holds for all.
fn complete(operation: &mut Value) {
    let has_body = operation.get("requestBody").is_some();
    let open = operation["security"] == json!([{}]);
    // What a scheme of this kind may list is not agreed upon: the scopes have a field of their own.
    if !open {
        operation["x-scopes"] = operation["security"][0]["token"].clone();
        operation["security"] = json!([{ "token": [] }]);
    }
    if has_body {
        let key = json!({
            "name": "Idempotency-Key", "in": "header", "required": true,
            "schema": { "type": "string", "pattern": "^[!-~]{8,128}$" },
            "example": "0198c5a2-7a40-7c1e-9d5b-2f6f1f0f7a11",
        });
        match operation.get_mut("parameters").and_then(Value::as_array_mut) {
            Some(parameters) => parameters.push(key),
            None => operation["parameters"] = json!([key]),
        }
    }
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    let mut in_path = false;
    for parameter in parameters.into_iter().flatten() {
        in_path |= parameter["in"] == "path";
        let name = parameter["name"].as_str().unwrap_or_default();
        if let Some(text) = words::parameter(name) {
            parameter["description"] = text.into();
        }
        // An absent parameter is not a null one.
        if let Some(types) = parameter["schema"]["type"].as_array() {
            let kind = types.iter().find(|kind| **kind != "null").cloned();
            parameter["schema"]["type"] = kind.unwrap_or_default();
        }
    }
    let asks = operation.get("parameters").is_some();
    let answers = operation.get_mut("responses").and_then(Value::as_object_mut);
    let Some(answers) = answers else { return };
    for answer in answers.values_mut() {
        let mut all = limits();
        all.extend(answer.get("headers").and_then(Value::as_object).cloned().unwrap_or_default());
        answer["headers"] = Value::Object(all);
    }
    for (status, _) in PROBLEMS {
        let wanted = match status {
            "400" => asks || has_body,
            "403" => !open,
            "404" => in_path || has_body,
            "409" | "413" | "415" | "422" => has_body,
            _ => true,
        };
        if wanted {
            let answer = json!({ "$ref": format!("#/components/responses/Problem{status}") });
            answers.insert(status.to_owned(), answer);
        }
    }
    answers.insert("default".into(), json!({ "$ref": "#/components/responses/Problem" }));
}

/// Italian words for a schema and everything in it; commands that are not for programs go.
fn schema(value: &mut Value) {
    let Some(fields) = value.as_object_mut() else { return };
    // What code says of itself is for programmers of the house.
    fields.remove("description");
    if let Some(variants) = fields.get_mut("oneOf").and_then(Value::as_array_mut) {
        variants.retain(|variant| !NOT_FOR_PROGRAMS.contains(&token_of(variant)));
        variants.iter_mut().for_each(variant);
    }
    for name in ["allOf", "anyOf"] {
        let parts = fields.get_mut(name).and_then(Value::as_array_mut);
        parts.into_iter().flatten().for_each(schema);
    }
    // A pair is a list of two of the same kind.
    if let Some(Value::Array(pair)) = fields.remove("prefixItems") {
        let count = pair.len();
        fields.insert("items".into(), pair.into_iter().next().unwrap_or_default());
        fields.insert("minItems".into(), count.into());
        fields.insert("maxItems".into(), count.into());
    }
    for name in ["items", "additionalProperties"] {
        if let Some(inner) = fields.get_mut(name) {
            schema(inner);
        }
    }
    let properties = fields.get_mut("properties").and_then(Value::as_object_mut);
    for (name, property) in properties.into_iter().flatten() {
        schema(property);
        if let (Some(text), Some(property)) = (words::field(name), property.as_object_mut()) {
            property.insert("description".into(), text.into());
        }
    }
}

fn variant(value: &mut Value) {
    let title = title_of(token_of(value)).map(str::to_owned);
    schema(value);
    if let (Some(title), Some(fields)) = (title, value.as_object_mut()) {
        fields.insert("title".into(), title.into());
        fields.insert("additionalProperties".into(), false.into());
    }
}

/// The token of a variant of commands.
pub fn token_of<'a>(variant: &'a Value) -> &'a str {
    let parts = variant["allOf"].as_array().into_iter().flatten();
    let token = |part: &'a Value| part["properties"]["do"]["enum"][0].as_str();
    token(variant).or_else(|| parts.filter_map(token).next()).unwrap_or_default()
}

/// The words of a command: those of its button, where a page has one.
pub fn title_of(token: &str) -> Option<&'static str> {
    let of_case = case::ACTIONS.iter().find(|action| action.token == token).map(|a| a.title);
    let of_sitting = sitting::all().find(|action| action.token == token).map(|a| a.title);
    words::command(token).or(of_case).or(of_sitting)
}
