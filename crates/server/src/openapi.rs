//! The OpenAPI 3.1 document, made from the route table.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

use crate::api::{FaultBody, ProblemBody};
use crate::app::App;
use crate::route::{BodyLimit, Permission, Route};
use crate::routes;

/// Serves the document.
pub(crate) async fn serve(State(app): State<App>) -> Response {
    let body = document(&routes::all(), &app.settings.public_url);
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// Operations whose answer holds a secret that is shown once: it is not stored, so a repeat cannot give it again.
const ONCE: [&str; 6] = ["signIn", "giveSecondFactor", "createToken", "beginSecondFactor", "confirmSecondFactor", "removeSecondFactor"];

/// The document of a table.
pub(crate) fn document(table: &[Route], url: &str) -> String {
    let mut schemas: BTreeMap<String, Value> = BTreeMap::new();
    let mut note = |name: String, schema: Value| {
        schemas.entry(name).or_insert(schema);
    };
    note(ProblemBody::name().into_owned(), value(&<ProblemBody as PartialSchema>::schema()));
    note(FaultBody::name().into_owned(), value(&<FaultBody as PartialSchema>::schema()));
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for route in table.iter().filter(|r| r.is_api()) {
        for body in [&route.request, &route.answer].into_iter().flatten() {
            for (name, schema) in &body.schemas {
                note(name.clone(), value(schema));
            }
        }
        paths.entry(route.path).or_default().insert(route.method.as_str().to_ascii_lowercase(), operation(route));
    }
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "innospace",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The Brand and Innovation Space. Lists come as {items, next, total}; errors as application/problem+json (RFC 9457). Changes need If-Match with the ETag that was seen; a change takes an Idempotency-Key unless its answer holds a secret that is shown once.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": url }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer", "description": "A token of POST /api/v1/tokens." },
                "session": { "type": "apiKey", "in": "cookie", "name": "innospace_session", "description": "The cookie of POST /api/v1/session." },
            },
        },
    });
    document.to_string()
}

fn value(schema: &impl serde::Serialize) -> Value {
    serde_json::to_value(schema).unwrap_or_default()
}

fn operation(route: &Route) -> Value {
    let mut parameters: Vec<Value> = route
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| {
            let schema = match name {
                "id" | "file" => json!({ "type": "string", "format": "uuid" }),
                "version" => json!({ "type": "integer", "minimum": 1 }),
                _ => json!({ "type": "string" }),
            };
            json!({ "name": name, "in": "path", "required": true, "schema": schema })
        })
        .collect();
    for parameter in &route.parameters {
        let schema = match (parameter.name, parameter.many) {
            (_, true) => json!({ "type": "array", "items": { "type": "string" } }),
            ("limit", _) => json!({ "type": "integer", "minimum": 1, "maximum": 100 }),
            _ => json!({ "type": parameter.json_type }),
        };
        parameters.push(json!({ "name": parameter.name, "in": "query", "description": parameter.about, "schema": schema }));
    }
    if route.if_match {
        parameters.push(json!({
            "name": "If-Match", "in": "header", "required": true, "schema": { "type": "string" },
            "description": "The ETag that was seen, such as \"7\".", "example": "\"1\"",
        }));
    }
    if route.takes_key && !ONCE.contains(&route.id) {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "schema": { "type": "string", "maxLength": 128 },
            "description": "The same key gives the same answer.",
        }));
    }
    let mut responses = Map::new();
    let success = match &route.answer {
        Some(body) => json!({
            "description": "Done.",
            "content": { "application/json": { "schema": value(&body.reference()) } },
        }),
        None if route.is_file => json!({
            "description": "The file.",
            "content": { "application/octet-stream": { "schema": { "type": "string", "format": "binary" } } },
        }),
        None => json!({ "description": "Done; no body." }),
    };
    responses.insert(route.status.to_string(), success);
    let problem = |about: &str| {
        json!({
            "description": about,
            "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/ProblemBody" } } },
        })
    };
    let mut fail = |status: &str, about: &str| {
        responses.insert(status.to_owned(), problem(about));
    };
    fail("400", "The request cannot be read.");
    if !matches!(route.permission, Permission::Public(_)) {
        fail("401", "Nobody is signed in.");
        fail("403", "Not for this account to do.");
    }
    if route.path.contains('{') {
        fail("404", "Not there, or not to be seen.");
    }
    if route.if_match {
        fail("412", "It changed since the version that was seen.");
        fail("428", "If-Match is missing.");
    }
    let is_read = !matches!(route.body, BodyLimit::None);
    // A step needs no body to come too late.
    if is_read || route.takes_key {
        fail("409", "Not possible in the present state.");
    }
    if is_read {
        fail("413", "Too large.");
        fail("415", "Not of the right content type.");
        fail("422", "What was sent is wrong: every fault with its JSON pointer.");
    }
    fail("429", "Too many requests.");
    fail("503", "Too much to do; try again after a moment.");
    responses.insert("default".to_owned(), problem("Any other problem."));
    let mut operation = json!({
        "operationId": route.id,
        "summary": route.summary,
        "parameters": parameters,
        "responses": responses,
        "x-permission": route.permission.word(),
        "security": if matches!(route.permission, Permission::Public(_)) {
            json!([{}, { "token": [] }, { "session": [] }])
        } else {
            json!([{ "token": [] }, { "session": [] }])
        },
    });
    let body = match (&route.request, route.body) {
        (Some(body), _) => json!({
            "required": true,
            "content": { "application/json": { "schema": value(&body.reference()), "example": route.example } },
        }),
        (None, BodyLimit::Upload) => json!({
            "required": true,
            "content": { "multipart/form-data": { "schema": {
                "type": "object",
                "required": ["file", "party"],
                "properties": {
                    "file": { "type": "string", "format": "binary" },
                    "party": { "type": "string", "format": "uuid" },
                    "mapping": { "type": "string", "description": "TOML; not needed for the space's own export." },
                    "dry_run": { "type": "string", "enum": ["true", "false"] },
                    "skip_faulty": { "type": "string", "enum": ["true", "false"] },
                    "publish": { "type": "string", "enum": ["true", "false"] },
                },
            }, "example": route.example } },
        }),
        (None, BodyLimit::File) => {
            let file = std::iter::once(("file".to_owned(), json!({ "type": "string", "format": "binary" })));
            let texts = route.texts.iter().map(|(name, about)| ((*name).to_owned(), json!({ "type": "string", "description": about })));
            let properties: serde_json::Map<String, Value> = file.chain(texts).collect();
            json!({
                "required": true,
                "content": { "multipart/form-data": { "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": properties,
                    "additionalProperties": false,
                }, "example": route.example } },
            })
        }
        _ => return operation,
    };
    if let Some(object) = operation.as_object_mut() {
        object.insert("requestBody".to_owned(), body);
    }
    operation
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// A schema, or the one it names.
    fn schema<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str().and_then(|to| to.strip_prefix('#')) {
            Some(pointer) => document.pointer(pointer).unwrap_or(&Value::Null),
            None => schema,
        }
    }

    #[test]
    fn every_answer_that_is_a_list_has_items_next_and_total() {
        let document: Value = serde_json::from_str(&document(&routes::all(), "")).unwrap();
        let (mut lists, mut wrong) = (0, Vec::new());
        for (path, operations) in document["paths"].as_object().unwrap() {
            let answer = schema(&document, &operations["get"]["responses"]["200"]["content"]["application/json"]["schema"]);
            let Some(properties) = answer["properties"].as_object().filter(|p| p.contains_key("items")) else { continue };
            lists += 1;
            if !(properties.contains_key("next") && properties.contains_key("total")) {
                wrong.push(path);
            }
        }
        assert!(lists > 20, "{lists}");
        assert_eq!(wrong, Vec::<&String>::new());
    }

    /// The lists of words in a document, with where they stand.
    fn words<'a>(value: &'a Value, at: &str, all: &mut Vec<(String, &'a str)>) {
        if let Some(words) = value["enum"].as_array() {
            all.extend(words.iter().filter_map(Value::as_str).map(|word| (at.to_owned(), word)));
        }
        let inside: Vec<(String, &Value)> = match value {
            Value::Object(map) => map.iter().map(|(name, value)| (format!("{at}/{name}"), value)).collect(),
            Value::Array(items) => items.iter().map(|value| (at.to_owned(), value)).collect(),
            _ => Vec::new(),
        };
        for (at, value) in inside {
            words(value, &at, all);
        }
    }

    #[test]
    fn the_words_that_are_told_are_those_that_are_taken() {
        let document: Value = serde_json::from_str(&document(&routes::all(), "")).unwrap();
        let mut all = Vec::new();
        words(&document["components"]["schemas"], "", &mut all);
        assert!(all.len() > 100, "{}", all.len());
        // No word of ours has a capital letter; the names of variants have.
        let wrong: Vec<_> = all.iter().filter(|(_, word)| word.chars().any(char::is_uppercase)).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
        let anonymity = &document["components"]["schemas"]["Anonymity"]["enum"];
        assert_eq!(*anonymity, serde_json::json!(["named", "sector_and_region", "hidden"]));
    }

    fn declared() -> Value {
        serde_json::from_str(&document(&routes::all(), "")).unwrap()
    }

    fn takes_key(operation: &Value) -> bool {
        operation["parameters"].as_array().unwrap().iter().any(|p| p["name"] == "Idempotency-Key" && p["in"] == "header")
    }

    #[test]
    fn the_idempotency_key_is_declared_wherever_a_change_reads_it() {
        let document = declared();
        let of = |path: &str, method: &str| takes_key(&document["paths"][path][method]);
        for (path, method) in [
            ("/api/v1/deals", "post"),
            ("/api/v1/deals/{id}/contract", "put"),
            ("/api/v1/deals/{id}/documents/{file}", "delete"),
            ("/api/v1/listings/{id}/confidential", "put"),
        ] {
            assert!(of(path, method), "{method} {path}");
        }
        for (path, method) in [("/api/v1/session", "post"), ("/api/v1/tokens", "post"), ("/api/v1/deals/{id}", "get")] {
            assert!(!of(path, method), "{method} {path}");
        }
        let without: Vec<&str> =
            routes::all().iter().filter(|r| r.is_api() && r.method != axum::http::Method::GET && !r.takes_key).map(|r| r.id).collect();
        assert_eq!(without, WITHOUT);
    }

    #[test]
    fn every_step_that_can_come_too_late_says_so_whether_it_takes_a_body_or_not() {
        let document = declared();
        let says = |path: &str, method: &str| document["paths"][path][method]["responses"]["409"].is_object();
        for (path, method) in [
            ("/api/v1/deals/{id}/tasks/{task}/done", "post"),
            ("/api/v1/deals/{id}/offers/{offer}/accept", "post"),
            ("/api/v1/interests/{id}/withdraw", "post"),
            ("/api/v1/disclosures/{id}/revoke", "post"),
            ("/api/v1/deals/{id}/documents/{file}", "delete"),
            ("/api/v1/deals/{id}/contract", "put"),
        ] {
            assert!(says(path, method), "{method} {path}");
        }
        assert!(!says("/api/v1/deals/{id}", "get"));
        let parties = document["paths"]["/api/v1/deals/{id}/parties"]["put"]["summary"].as_str().unwrap();
        assert!(parties.contains("for its brokers") && !parties.contains("editors"), "what access holds: {parties}");
    }

    #[test]
    fn every_body_has_an_example_and_that_of_a_form_names_fields_that_are_read() {
        let document = declared();
        let (mut bodies, mut wrong) = (0, Vec::new());
        for operation in document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values()) {
            for (kind, body) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
                bodies += 1;
                let form = body["schema"]["properties"].as_object().filter(|_| kind.starts_with("multipart"));
                let example = body["example"].as_object();
                let is_read = |name: &String| form.is_none_or(|properties| properties.contains_key(name));
                let is_whole = form.is_none() || example.is_some_and(|example| example.contains_key("file"));
                if body["example"].is_null() || !is_whole || !example.into_iter().flatten().all(|(name, _)| is_read(name)) {
                    wrong.push(operation["operationId"].clone());
                }
            }
        }
        assert!(bodies > 50, "{bodies}");
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    /// Operations of somebody who is not known yet.
    const WITHOUT: [&str; 6] = ["signIn", "signUp", "confirmAccount", "resendConfirmation", "requestPasswordReset", "resetPassword"];

    #[test]
    fn a_form_with_a_file_names_every_field_that_is_read() {
        let document = declared();
        let schema =
            |path: &str| document["paths"][path]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"].clone();
        let names = |path: &str| schema(path).as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
        let these = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(names("/api/v1/deals/{id}/documents"), these(&["confidential", "file", "paper"]));
        assert_eq!(names("/api/v1/listings/{id}/files"), these(&["file"]));
    }
}
