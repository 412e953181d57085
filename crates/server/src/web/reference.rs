//! The API to browse: the OpenAPI document in the space's own look, a page per group of operations.
//!
//! Made from the same document that programs read, so the two cannot differ. The frame is in the reader's language, the
//! interface's own words are English.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

use super::frame::{Frame, Visit, page};
use crate::app::App;
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "reference.html")]
pub(super) struct Index {
    pub f: Frame,
    pub url: String,
    pub groups: Vec<Group>,
    pub statuses: Vec<(String, String)>,
    pub problem: Vec<Property>,
}

#[derive(Template)]
#[template(path = "reference_group.html")]
pub(super) struct GroupPage {
    pub f: Frame,
    pub name: String,
    pub groups: Vec<(String, String)>,
    pub operations: Vec<Operation>,
    pub schemas: Vec<Schema>,
}

pub(super) struct Group {
    pub name: String,
    pub href: String,
    pub operations: Vec<Operation>,
}

pub(super) struct Operation {
    pub id: String,
    pub method: String,
    pub path: String,
    pub summary: String,
    pub permission: String,
    pub parameters: Vec<Property>,
    pub body: Vec<BodyDoc>,
    pub answers: Vec<Answer>,
    pub failures: Vec<String>,
}

pub(super) struct BodyDoc {
    pub content_type: String,
    pub kind: Kind,
    pub properties: Vec<Property>,
    pub example: Option<String>,
}

pub(super) struct Answer {
    pub status: String,
    pub kind: Option<Kind>,
}

/// A type: words, and the schema they lead to.
#[derive(Default)]
pub(super) struct Kind {
    pub text: String,
    pub schema: Option<String>,
}

pub(super) struct Property {
    pub name: String,
    pub place: String,
    pub kind: Kind,
    pub is_required: bool,
    pub about: String,
    /// How deep it lies in what the table describes.
    pub depth: usize,
}

impl Property {
    /// What it means, as HTML.
    pub fn about_html(&self) -> String {
        sentence(&self.about)
    }
}

pub(super) struct Schema {
    pub name: String,
    pub about: String,
    pub kind: Kind,
    pub properties: Vec<Property>,
}

impl Schema {
    /// What it is, as HTML.
    pub fn about_html(&self) -> String {
        sentence(&self.about)
    }
}

/// Inline objects are opened so many times; what lies deeper has a schema of its own.
const DEPTH: usize = 3;

/// The document, made once; its address is the only thing that could differ, and is not shown from here.
static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(&crate::openapi::document(&crate::routes::all(), "")).unwrap_or_default());

/// In which group an operation stands: the first piece of its address. Listings, deals and parties have so much to them that
/// each of their parts is a group of its own, else one page would be too heavy.
fn group_of(path: &str) -> String {
    let mut pieces = path.trim_start_matches("/api/v1/").split('/');
    let first = pieces.next().unwrap_or_default();
    match (first, pieces.nth(1)) {
        ("deals" | "technologies" | "ip-assets" | "needs" | "listings" | "parties", Some(part)) => format!("{first}-{part}"),
        _ => first.to_owned(),
    }
}

/// The groups with their operations, in the order of their names.
fn groups(document: &Value) -> BTreeMap<String, Vec<Operation>> {
    let mut groups: BTreeMap<String, Vec<Operation>> = BTreeMap::new();
    for (path, item) in document.get("paths").and_then(Value::as_object).into_iter().flatten() {
        let name = group_of(path);
        for method in ["get", "post", "put", "patch", "delete"] {
            if let Some(operation) = item.get(method) {
                groups.entry(name.clone()).or_default().push(Operation::read(method, path, operation));
            }
        }
    }
    groups
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// As far as the first full stop or semicolon that a space follows.
fn first_sentence(text: &str) -> &str {
    [". ", "; "].into_iter().filter_map(|end| text.find(end)).min().and_then(|at| text.get(..at)).unwrap_or(text)
}

/// A sentence of the document as HTML: escaped, with what stands between backticks as code.
pub(super) fn sentence(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 16);
    for (n, piece) in text.split('`').enumerate() {
        let is_code = n % 2 == 1;
        html.push_str(if is_code { "<code>" } else { "" });
        for c in piece.chars() {
            match c {
                '&' => html.push_str("&amp;"),
                '<' => html.push_str("&lt;"),
                '>' => html.push_str("&gt;"),
                '"' => html.push_str("&quot;"),
                _ => html.push(c),
            }
        }
        html.push_str(if is_code { "</code>" } else { "" });
    }
    html
}

/// The end of a reference: the name of a schema.
fn referred(value: &Value) -> Option<&str> {
    value.get("$ref")?.as_str()?.rsplit('/').next()
}

impl Operation {
    fn read(method: &str, path: &str, value: &Value) -> Self {
        let parameters = value.get("parameters").and_then(Value::as_array).into_iter().flatten().map(|p| {
            let schema = p.get("schema").unwrap_or(&Value::Null);
            Property {
                name: text(p, "name"),
                place: text(p, "in"),
                kind: Kind::of(schema),
                is_required: p.get("required").and_then(Value::as_bool).unwrap_or(false),
                about: [text(p, "description"), limits(schema)].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" "),
                depth: 0,
            }
        });
        let content = value.pointer("/requestBody/content").and_then(Value::as_object).into_iter().flatten();
        let body = content.map(|(content_type, body)| {
            let schema = body.get("schema").unwrap_or(&Value::Null);
            BodyDoc {
                content_type: content_type.clone(),
                kind: Kind::of(schema),
                properties: if referred(schema).is_some() { Vec::new() } else { properties(schema) },
                example: body.get("example").filter(|e| !e.is_null()).and_then(|e| serde_json::to_string_pretty(e).ok()),
            }
        });
        let (mut answers, mut failures) = (Vec::new(), Vec::new());
        for (status, answer) in value.get("responses").and_then(Value::as_object).into_iter().flatten() {
            if status.starts_with('2') {
                let schema = answer.pointer("/content/application~1json/schema");
                answers.push(Answer { status: status.clone(), kind: schema.map(Kind::of) });
            } else if status != "default" {
                failures.push(status.clone());
            }
        }
        Self {
            id: text(value, "operationId"),
            method: method.to_uppercase(),
            path: path.to_owned(),
            summary: text(value, "summary"),
            permission: text(value, "x-permission"),
            parameters: parameters.collect(),
            body: body.collect(),
            answers,
            failures,
        }
    }

    /// What it does, as HTML.
    pub fn summary_html(&self) -> String {
        sentence(&self.summary)
    }

    /// The path behind what all paths begin with, which the page says once.
    fn short(&self) -> &str {
        self.path.strip_prefix("/api/v1").unwrap_or(&self.path)
    }

    /// The first sentence of it, for the page of all operations, which would be too heavy with more.
    pub fn first_html(&self) -> String {
        sentence(first_sentence(&self.summary))
    }

    /// The message with the words for who may use it.
    pub fn permission_key(&self) -> String {
        format!("api-permission-{}", self.permission.replace('_', "-"))
    }
}

impl Kind {
    fn of(schema: &Value) -> Self {
        if let Some(name) = referred(schema) {
            return Self { text: name.to_owned(), schema: Some(name.to_owned()) };
        }
        for word in ["oneOf", "anyOf", "allOf"] {
            if let Some(choices) = schema.get(word).and_then(Value::as_array) {
                let kinds: Vec<Self> = choices.iter().filter(|c| text(c, "type") != "null").map(Self::of).collect();
                let texts: Vec<&str> = kinds.iter().map(|k| k.text.as_str()).collect();
                let joined = texts.join(if word == "allOf" { " & " } else { " | " });
                return Self { text: joined, schema: kinds.into_iter().find_map(|k| k.schema) };
            }
        }
        let name = match schema.get("type") {
            Some(Value::String(name)) => name.clone(),
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).filter(|n| *n != "null").collect::<Vec<_>>().join(" | "),
            _ if schema.get("properties").is_some() => "object".to_owned(),
            _ => "any".to_owned(),
        };
        if name == "array" {
            let items = Self::of(schema.get("items").unwrap_or(&Value::Null));
            return Self { text: format!("[{}]", items.text), schema: items.schema };
        }
        let format = text(schema, "format");
        Self { text: if format.is_empty() { name } else { format!("{name} ({format})") }, schema: None }
    }
}

/// What a value is held to, in the interface's own words.
fn limits(schema: &Value) -> String {
    let mut parts = Vec::new();
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        parts.push(values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" · "));
    }
    for (name, sign) in [("minimum", "≥"), ("maximum", "≤"), ("maxLength", "length ≤"), ("minLength", "length ≥"), ("maxItems", "items ≤")]
    {
        if let Some(number) = schema.get(name).and_then(Value::as_f64) {
            parts.push(format!("{sign} {number}"));
        }
    }
    parts.join(", ")
}

/// The properties of an object, those of inline objects beneath their own.
fn properties(schema: &Value) -> Vec<Property> {
    let mut out = Vec::new();
    open(schema, 0, &mut out);
    out
}

fn open(schema: &Value, depth: usize, out: &mut Vec<Property>) {
    for word in ["allOf", "oneOf", "anyOf"] {
        for part in schema.get(word).and_then(Value::as_array).into_iter().flatten().filter(|p| p.get("properties").is_some()) {
            open(part, depth, out);
        }
    }
    let required: BTreeSet<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, value) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let about = [text(value, "description"), limits(value)].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" ");
        out.push(Property {
            name: name.clone(),
            place: String::new(),
            kind: Kind::of(value),
            is_required: required.contains(name.as_str()),
            about,
            depth,
        });
        if depth < DEPTH {
            open(value, depth + 1, out);
            if let Some(items) = value.get("items") {
                open(items, depth + 1, out);
            }
        }
    }
}

/// The names of the schemas that a piece of the document refers to.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            found.extend(referred(value).map(str::to_owned));
            map.values().for_each(|v| references(v, found));
        }
        Value::Array(items) => items.iter().for_each(|v| references(v, found)),
        _ => {}
    }
}

fn schema<'a>(document: &'a Value, name: &str) -> Option<&'a Value> {
    document.get("components")?.get("schemas")?.get(name)
}

/// The schemas a group needs, with all they refer to; those of errors are on the first page.
fn schemas(document: &Value, group: &str) -> Vec<Schema> {
    let mut wanted = BTreeSet::new();
    for (path, item) in document.get("paths").and_then(Value::as_object).into_iter().flatten() {
        if group_of(path) == group {
            references(item, &mut wanted);
        }
    }
    let mut done: BTreeMap<String, Schema> = BTreeMap::new();
    while let Some(name) = wanted.pop_first() {
        if name == "ProblemBody" || name == "FaultBody" || done.contains_key(&name) {
            continue;
        }
        let Some(value) = schema(document, &name) else { continue };
        references(value, &mut wanted);
        let about = [text(value, "description"), limits(value)].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" ");
        done.insert(name.clone(), Schema { about, kind: Kind::of(value), properties: properties(value), name });
    }
    done.into_values().collect()
}

pub(super) fn index_view(f: Frame, url: &str, document: &Value) -> Index {
    let failures: BTreeMap<String, String> = document
        .get("paths")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .flat_map(|(_, item)| item.as_object().into_iter().flatten())
        .flat_map(|(_, operation)| operation.get("responses").and_then(Value::as_object).into_iter().flatten())
        .filter(|(status, _)| status.starts_with(['4', '5']))
        .map(|(status, answer)| (status.clone(), text(answer, "description")))
        .collect();
    Index {
        url: url.to_owned(),
        groups: groups(document)
            .into_iter()
            .map(|(name, operations)| Group { href: f.href(&format!("/api-reference/{name}")), name, operations })
            .collect(),
        statuses: failures.into_iter().collect(),
        problem: schema(document, "ProblemBody").map(properties).unwrap_or_default(),
        f,
    }
}

pub(super) fn group_view(f: Frame, document: &Value, name: &str) -> Option<GroupPage> {
    let mut all = groups(document);
    let names = all.keys().map(|n| (n.clone(), f.href(&format!("/api-reference/{n}")))).collect();
    let operations = all.remove(name)?;
    Some(GroupPage { name: name.to_owned(), groups: names, operations, schemas: schemas(document, name), f })
}

/// All operations at a glance, and what holds for each of them.
pub(super) async fn index(State(app): State<App>, visit: Visit) -> Response {
    let mut f = visit.frame(&app, base::messages::say(visit.lang(), "api-title", &[])).at("/api");
    f.place = "api";
    page(StatusCode::OK, visit.lang(), &index_view(f, &app.settings.public_url, &DOCUMENT))
}

/// One group of operations with its schemas.
pub(super) async fn group(State(app): State<App>, visit: Visit, Path(name): Path<String>) -> Result<Response, Problem> {
    let title = format!("{name} – API");
    let mut f = visit.frame(&app, title).at(&format!("/api-reference/{name}"));
    f.place = "api";
    let view = group_view(f, &DOCUMENT, &name).ok_or_else(Problem::not_found)?;
    Ok(page(StatusCode::OK, visit.lang(), &view))
}
