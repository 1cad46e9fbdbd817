// SPDX-License-Identifier: AGPL-3.0-or-later
//! The documentation of the API, made from its OpenAPI document: one page, nothing from elsewhere.

use super::document::{title_of, token_of};
use super::{openapi, problem};
use crate::web::Shared;
use crate::web::error::WebError;
use crate::web::page::{Link, Page};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;

#[derive(Debug, Serialize)]
struct Parameter {
    name: String,
    place: &'static str,
    required: bool,
    kind: String,
    text: String,
}

#[derive(Debug, Serialize)]
struct Outcome {
    status: String,
    text: String,
    kind: String,
    /// The anchor of its schema; empty for none.
    schema: String,
}

#[derive(Debug, Serialize)]
struct Operation {
    id: String,
    method: String,
    path: String,
    summary: String,
    text: String,
    scopes: String,
    parameters: Vec<Parameter>,
    body: String,
    body_schema: String,
    example: String,
    outcomes: Vec<Outcome>,
    curl: String,
}

#[derive(Debug, Serialize)]
struct Group {
    name: String,
    text: String,
    operations: Vec<Operation>,
}

#[derive(Debug, Serialize)]
struct FieldLine {
    name: String,
    kind: String,
    required: bool,
    text: String,
}

#[derive(Debug, Serialize)]
struct CommandLine {
    token: String,
    title: String,
    fields: Vec<FieldLine>,
}

#[derive(Debug, Serialize)]
struct SchemaBlock {
    name: String,
    values: String,
    fields: Vec<FieldLine>,
    commands: Vec<CommandLine>,
}

#[derive(Debug, Serialize)]
struct ReferencePage {
    version: String,
    text: String,
    server: String,
    groups: Vec<Group>,
    schemas: Vec<SchemaBlock>,
}

impl Page for ReferencePage {
    const TEMPLATE: &'static str = "api";

    fn title(&self) -> String {
        "API per i programmi".into()
    }
}

fn base(app: &Shared) -> &str {
    app.settings.base_url.as_deref().unwrap_or_default()
}

/// The document itself.
pub async fn json(State(app): State<Shared>) -> Json<Value> {
    Json(openapi(base(&app)))
}

/// The page.
pub async fn show(State(app): State<Shared>) -> Result<Response, WebError> {
    let document = openapi(base(&app));
    let server = document["servers"][0]["url"].as_str().unwrap_or_default().to_owned();
    let tags = document["tags"].as_array().cloned().unwrap_or_default();
    let group = |tag: &Value| {
        let name = text(tag, "name");
        let operations = operations(&document, &name, &server);
        Group { text: text(tag, "description"), name, operations }
    };
    let schemas = document["components"]["schemas"].as_object();
    let page = ReferencePage {
        version: text(&document["info"], "version"),
        text: text(&document["info"], "description"),
        groups: tags.iter().map(group).collect(),
        schemas: schemas.into_iter().flatten().map(|(name, schema)| block(name, schema)).collect(),
        server,
    };
    app.render(StatusCode::OK, None, &page)
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}

fn operations(document: &Value, tag: &str, server: &str) -> Vec<Operation> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            if operation["tags"].as_array().is_some_and(|tags| tags.iter().any(|t| t == tag)) {
                found.push(described(document, method, path, operation, server));
            }
        }
    }
    found
}

fn described(
    document: &Value,
    method: &str,
    path: &str,
    operation: &Value,
    server: &str,
) -> Operation {
    let scopes = operation["x-scopes"].as_array().into_iter().flatten();
    let scopes: Vec<&str> = scopes.filter_map(Value::as_str).collect();
    let content = operation["requestBody"]["content"].as_object();
    let body = content.and_then(|content| content.iter().next());
    let media: Vec<&str> = content.into_iter().flatten().map(|(kind, _)| kind.as_str()).collect();
    let body_schema = body.map(|(_, body)| reference(&body["schema"])).unwrap_or_default();
    let example = &document["components"]["schemas"][&body_schema]["example"];
    let example = match example {
        Value::Null => String::new(),
        example => serde_json::to_string_pretty(example).unwrap_or_default(),
    };
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let mut operation = Operation {
        id: text(operation, "operationId"),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(operation, "summary"),
        text: text(operation, "description"),
        scopes: scopes.join(" o "),
        parameters: parameters.map(parameter).collect(),
        body: media.join(", "),
        body_schema,
        example,
        outcomes: outcomes(document, operation),
        curl: String::new(),
    };
    operation.curl = curl(&operation, server);
    operation
}

fn parameter(value: &Value) -> Parameter {
    Parameter {
        name: text(value, "name"),
        place: match value["in"].as_str() {
            Some("path") => "indirizzo",
            Some("header") => "intestazione",
            _ => "parametro",
        },
        required: value["required"] == true,
        kind: kind(&value["schema"]),
        text: text(value, "description"),
    }
}

fn outcomes(document: &Value, operation: &Value) -> Vec<Outcome> {
    let answers = operation["responses"].as_object().into_iter().flatten();
    let outcome = |(status, answer): (&String, &Value)| {
        let shared = reference(answer);
        let answer = match shared.as_str() {
            "" => answer,
            name => &document["components"]["responses"][name],
        };
        let content = answer["content"].as_object().and_then(|content| content.iter().next());
        Outcome {
            status: if status == "default" { "altri".into() } else { status.clone() },
            text: text(answer, "description"),
            kind: content.map(|(kind, _)| kind.clone()).unwrap_or_default(),
            schema: content.map(|(_, body)| reference(&body["schema"])).unwrap_or_default(),
        }
    };
    answers.map(outcome).collect()
}

/// The name a `$ref` ends with.
fn reference(value: &Value) -> String {
    value["$ref"].as_str().and_then(|at| at.rsplit('/').next()).unwrap_or_default().to_owned()
}

/// An example to be pasted into a terminal.
fn curl(operation: &Operation, server: &str) -> String {
    let mut lines = vec![format!("curl '{server}{}'", operation.path)];
    if operation.method != "GET" {
        lines.push(format!("-X {}", operation.method));
    }
    if !operation.scopes.is_empty() {
        lines.push("-H \"Authorization: Bearer $TOKEN\"".into());
    }
    if let Some(media) = operation.body.split(", ").next().filter(|media| !media.is_empty()) {
        lines.push("-H \"Idempotency-Key: $(uuidgen)\"".into());
        lines.push(format!("-H 'Content-Type: {media}'"));
        match operation.example.as_str() {
            "" => lines.push("--data-binary @documento-firmato.pdf".into()),
            // A quote inside single quotes ends them.
            example => lines.push(format!("-d '{}'", example.replace('\'', "'\\''"))),
        }
    }
    lines.join(" \\\n  ")
}

/// A type in a few words.
fn kind(schema: &Value) -> String {
    let named = reference(schema);
    if !named.is_empty() {
        return named;
    }
    let parts = ["oneOf", "anyOf", "allOf"].into_iter().find_map(|name| schema[name].as_array());
    if let Some(parts) = parts {
        let parts = parts.iter().filter(|part| part["type"] != "null");
        return parts.map(kind).collect::<Vec<_>>().join(" o ");
    }
    let of = match &schema["type"] {
        Value::Array(types) => types.iter().find(|t| *t != "null").and_then(Value::as_str),
        one => one.as_str(),
    };
    match (of.unwrap_or("object"), schema["format"].as_str()) {
        ("array", _) => format!("elenco di {}", kind(&schema["items"])),
        ("integer", _) => "numero intero".into(),
        ("number", _) => "numero".into(),
        ("boolean", _) => "vero o falso".into(),
        ("string", Some("date")) => "data (AAAA-MM-GG)".into(),
        ("string", Some("date-time")) => "istante (RFC 3339)".into(),
        ("string", _) => match values(schema).as_str() {
            "" => "testo".into(),
            values => format!("una fra: {values}"),
        },
        _ => "oggetto".into(),
    }
}

fn values(schema: &Value) -> String {
    let values = schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
    values.collect::<Vec<_>>().join(", ")
}

fn block(name: &str, schema: &Value) -> SchemaBlock {
    let variants = schema["oneOf"].as_array().into_iter().flatten();
    let command = |variant: &Value| CommandLine {
        token: token_of(variant).to_owned(),
        title: title_of(token_of(variant)).unwrap_or_default().to_owned(),
        fields: fields(variant).into_iter().filter(|field| field.name != "do").collect(),
    };
    let commands: Vec<CommandLine> = variants.clone().map(command).collect();
    let commands: Vec<_> = commands.into_iter().filter(|line| !line.token.is_empty()).collect();
    let mut own = fields(schema);
    let parts = schema["allOf"].as_array().into_iter().flatten();
    for part in parts {
        let inherited = reference(part);
        if !inherited.is_empty() {
            let text = format!("Ha anche tutti i campi di {inherited}");
            own.push(FieldLine { name: "…".into(), kind: inherited, required: true, text });
        }
        own.extend(fields(part));
    }
    if commands.is_empty() {
        for variant in variants {
            own.extend(fields(variant));
        }
        own.dedup_by(|a, b| a.name == b.name);
    }
    SchemaBlock { name: name.to_owned(), values: values(schema), fields: own, commands }
}

fn fields(schema: &Value) -> Vec<FieldLine> {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let properties = schema["properties"].as_object().into_iter().flatten();
    let line = |(name, property): (&String, &Value)| FieldLine {
        required: required.iter().any(|wanted| wanted == name.as_str()),
        name: name.clone(),
        kind: kind(property),
        text: text(property, "description"),
    };
    properties.map(line).collect()
}

#[derive(Debug, Serialize)]
struct ProblemPage {
    code: String,
    heading: String,
    text: String,
    next: String,
    of_the_engine: bool,
}

impl Page for ProblemPage {
    const TEMPLATE: &'static str = "api-problema";

    fn title(&self) -> String {
        format!("Problema {}", self.code)
    }

    fn trail(&self) -> Vec<Link> {
        vec![Link::new("/api/v1", "API per i programmi")]
    }
}

/// What a code means: the address that `type` of a problem names.
pub async fn problem(
    State(app): State<Shared>,
    Path(code): Path<String>,
) -> Result<Response, WebError> {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if code.is_empty() || code.len() > 64 || !code.chars().all(good) {
        return Err(WebError::NotFound);
    }
    let known = problem::of_code(&code);
    let (heading, text, next) = known.unwrap_or_default();
    let page = ProblemPage {
        of_the_engine: known.is_none(),
        heading: heading.into(),
        text: text.into(),
        next: next.into(),
        code,
    };
    app.render(StatusCode::OK, None, &page)
}
