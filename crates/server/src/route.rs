//! A route as data. No other code adds routes to the router.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use base::body::Shape;
use serde_json::Value;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::app::App;
use crate::extract::{Who, Writer};
use crate::problem::Problem;

/// Who may use an operation at all. Who may do it to *this* thing is decided in the domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Everybody, for this reason.
    Public(&'static str),
    /// Whoever is signed in, for themselves.
    SignedIn,
    /// A member of the party concerned with the role that the domain asks for.
    Member,
    /// Staff with the role that the domain asks for.
    Staff,
}

impl Permission {
    /// The word in the OpenAPI document and the access table.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Public(_) => "public",
            Self::SignedIn => "signed_in",
            Self::Member => "member",
            Self::Staff => "staff",
        }
    }
}

/// What a request may carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyLimit {
    /// Nothing.
    None,
    /// JSON of at most so many bytes.
    Json(usize),
    /// A form of at most so many bytes.
    Form(usize),
    /// Files, streamed to disk by the handler, which holds them to the setting.
    Upload,
    /// A confidential file, streamed into its store by the handler, which holds it to the setting.
    File,
}

impl BodyLimit {
    /// Bytes of a body at most; of a form with a file 1 MB more than the file.
    pub(crate) fn bytes(self, app: &App) -> usize {
        let with_file = |mb: u64| usize::try_from(mb.saturating_add(1).saturating_mul(1_000_000)).unwrap_or(usize::MAX);
        match self {
            Self::None => 1_024,
            Self::Json(limit) | Self::Form(limit) => limit,
            Self::Upload => with_file(app.settings.import_mb),
            Self::File => with_file(app.brokering.vault.settings().max_mb),
        }
    }

    /// Whether its handler reads it piece by piece.
    pub(crate) fn is_streamed(self) -> bool {
        matches!(self, Self::Upload | Self::File)
    }
}

/// A parameter of the query string.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// Its JSON type.
    pub json_type: &'static str,
    /// Whether it may be given more than once.
    pub many: bool,
}

/// A type that goes in or comes out.
#[derive(Clone)]
pub struct Body {
    /// Its schema's name.
    pub name: String,
    /// Its schema and all that it refers to.
    pub schemas: BTreeMap<String, RefOr<Schema>>,
    /// The shape by which it is read.
    pub is_sound: fn() -> bool,
}

impl Body {
    fn of<T: ToSchema>() -> Self {
        let mut all = Vec::new();
        T::schemas(&mut all);
        let name = name_of::<T>();
        all.push((name.clone(), <T as PartialSchema>::schema()));
        Self { name, schemas: all.into_iter().collect(), is_sound: || Shape::of::<T>().is_sound() }
    }

    /// A reference to the schema.
    #[must_use]
    pub fn reference(&self) -> Ref {
        Ref::from_schema_name(&self.name)
    }
}

/// The name of a type's schema; of a generic one with what it is about, such as `List_PartyView`, since each is another.
fn name_of<T: ToSchema>() -> String {
    let whole = std::any::type_name::<T>();
    let about = whole.split(['<', '>', ',']).skip(1).filter_map(|part| part.trim().rsplit("::").next()).filter(|part| !part.is_empty());
    std::iter::once(T::name().as_ref()).chain(about).collect::<Vec<_>>().join("_")
}

/// One operation.
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, with `{name}` for its parts.
    pub path: &'static str,
    /// The operation's id; unique.
    pub id: &'static str,
    /// What it does, in one sentence.
    pub summary: &'static str,
    /// Who may use it.
    pub permission: Permission,
    /// What a request may carry.
    pub body: BodyLimit,
    /// The type of the body.
    pub request: Option<Body>,
    /// An example of the body.
    pub example: Option<Value>,
    /// The type of the answer.
    pub answer: Option<Body>,
    /// Whether the answer is a file instead.
    pub is_file: bool,
    /// The status of success.
    pub status: u16,
    /// Parameters of the query string.
    pub parameters: Vec<Parameter>,
    /// The texts beside the file of a form that is not the import's.
    pub texts: Vec<(&'static str, &'static str)>,
    /// Whether `If-Match` is needed.
    pub if_match: bool,
    /// Whether `Idempotency-Key` is read: its handler takes [`Writer`].
    pub takes_key: bool,
    handler: MethodRouter<App>,
}

impl Route {
    fn new<H, T>(method: Method, path: &'static str, id: &'static str, permission: Permission, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        let body = match method {
            Method::POST | Method::PUT | Method::PATCH => BodyLimit::Json(256 * 1024),
            _ => BodyLimit::None,
        };
        let filter = axum::routing::MethodFilter::try_from(method.clone()).unwrap_or(axum::routing::MethodFilter::GET);
        Self {
            method,
            path,
            id,
            summary: "",
            permission,
            body,
            request: None,
            example: None,
            answer: None,
            is_file: false,
            status: 200,
            parameters: Vec::new(),
            texts: Vec::new(),
            if_match: false,
            takes_key: std::any::type_name::<T>().contains(std::any::type_name::<Writer>()),
            handler: axum::routing::on(filter, handler),
        }
    }

    /// What it does, in one sentence.
    #[must_use]
    pub fn about(mut self, summary: &'static str) -> Self {
        self.summary = summary;
        self
    }

    /// The type of the JSON body, with an example.
    #[must_use]
    pub fn takes<T: ToSchema>(mut self, example: Value) -> Self {
        self.request = Some(Body::of::<T>());
        self.example = Some(example);
        self
    }

    /// An example of the form with a file: the file as curl names it, and the texts beside it.
    #[must_use]
    pub fn filled(mut self, example: Value) -> Self {
        self.example = Some(example);
        self
    }

    /// Nothing is read from the body.
    #[must_use]
    pub fn bare(mut self) -> Self {
        self.body = BodyLimit::None;
        self
    }

    /// What a request may carry.
    #[must_use]
    pub fn limit(mut self, body: BodyLimit) -> Self {
        self.body = body;
        self
    }

    /// The type of the answer.
    #[must_use]
    pub fn gives<T: ToSchema>(mut self, status: u16) -> Self {
        self.answer = Some(Body::of::<T>());
        self.status = status;
        self
    }

    /// An answer without a body.
    #[must_use]
    pub fn gives_nothing(mut self) -> Self {
        self.status = 204;
        self
    }

    /// The answer is a file.
    #[must_use]
    pub fn gives_file(mut self) -> Self {
        self.is_file = true;
        self
    }

    /// A parameter of the query string.
    #[must_use]
    pub fn query(mut self, name: &'static str, json_type: &'static str, about: &'static str) -> Self {
        self.parameters.push(Parameter { name, about, json_type, many: false });
        self
    }

    /// A parameter that may be given more than once.
    #[must_use]
    pub fn query_many(mut self, name: &'static str, about: &'static str) -> Self {
        self.parameters.push(Parameter { name, about, json_type: "string", many: true });
        self
    }

    /// A text beside the file of a form.
    #[must_use]
    pub fn text(mut self, name: &'static str, about: &'static str) -> Self {
        self.texts.push((name, about));
        self
    }

    /// `limit` and `cursor`.
    #[must_use]
    pub fn paged(self) -> Self {
        self.query("limit", "integer", "Rows on a page, 1 to 100; 20 unless given.").query("cursor", "string", "`next` of the page before.")
    }

    /// `If-Match` with the ETag that was seen is needed.
    #[must_use]
    pub fn needs_if_match(mut self) -> Self {
        self.if_match = true;
        self
    }

    /// Whether it is part of the API, and so of the OpenAPI document.
    #[must_use]
    pub fn is_api(&self) -> bool {
        self.path.starts_with("/api/v1/")
    }
}

/// A `GET` route.
pub fn get<H: Handler<T, App>, T: 'static>(path: &'static str, id: &'static str, permission: Permission, handler: H) -> Route {
    Route::new(Method::GET, path, id, permission, handler)
}

/// A `POST` route.
pub fn post<H: Handler<T, App>, T: 'static>(path: &'static str, id: &'static str, permission: Permission, handler: H) -> Route {
    Route::new(Method::POST, path, id, permission, handler)
}

/// A `PUT` route.
pub fn put<H: Handler<T, App>, T: 'static>(path: &'static str, id: &'static str, permission: Permission, handler: H) -> Route {
    Route::new(Method::PUT, path, id, permission, handler)
}

/// A `DELETE` route.
pub fn delete<H: Handler<T, App>, T: 'static>(path: &'static str, id: &'static str, permission: Permission, handler: H) -> Route {
    Route::new(Method::DELETE, path, id, permission, handler)
}

/// What the middle of the pipeline needs to know of the route that was chosen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chosen {
    pub id: &'static str,
    pub permission: Permission,
    pub body: BodyLimit,
    pub is_api: bool,
}

/// The router of a table. What no row names is not found; a method that no row of a path has is not allowed.
pub(crate) fn router(table: Vec<Route>, app: &App) -> Router {
    let mut router = Router::new();
    for route in table {
        let chosen = Chosen { id: route.id, permission: route.permission, body: route.body, is_api: route.is_api() };
        let (app, most) = (app.clone(), route.body.bytes(app));
        let gate = middleware::from_fn(move |request: Request, next: Next| {
            let app = app.clone();
            async move { gate(app, chosen, request, next).await }
        });
        // The framework would cut forms with files off at 2 MB. Whether they say their length or not, the whole is bounded; their
        // handlers hold the file in it to its setting.
        let handler = if route.body.is_streamed() { route.handler.layer(DefaultBodyLimit::max(most)) } else { route.handler };
        #[expect(clippy::disallowed_methods, reason = "the one place where routes enter the router")]
        {
            router = router.route(route.path, handler.layer(gate));
        }
    }
    router
        .method_not_allowed_fallback(|| async { Problem::new(axum::http::StatusCode::METHOD_NOT_ALLOWED, "method") })
        .fallback(|| async { Problem::not_found() })
        .with_state(app.clone())
}

/// Before every handler: is somebody signed in where that is needed, and is the body of a size that may be read?
async fn gate(app: App, chosen: Chosen, request: Request, next: Next) -> Response {
    let signed_in = request.extensions().get::<Who>().is_some_and(|who| who.actor.account().is_some());
    if !signed_in && !matches!(chosen.permission, Permission::Public(_)) {
        // A page that needs somebody leads to the door and from there back.
        if !chosen.is_api && request.method() == Method::GET {
            return crate::web::to_the_door(request.uri());
        }
        return Problem::from(base::Refused::SignIn).into_response();
    }
    match crate::extract::read_body(&app, chosen, request).await {
        Ok(mut request) => {
            request.extensions_mut().insert(chosen);
            let mut response = next.run(request).await;
            response.extensions_mut().insert(chosen);
            response
        }
        Err(problem) => problem.into_response(),
    }
}
