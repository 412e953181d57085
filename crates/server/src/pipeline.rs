//! What stands before and behind every handler, from the outside in: give the request an id and a limit of time, set the
//! headers, note what happened, catch a panic, shed what is too much, refuse what cannot be read, hold each address to its
//! rate, find out who asks, run, give errors words.

use std::sync::Arc;
use std::time::Duration;

use accounts::Client;
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use base::secret::Secret;
use base::{Actor, Lang};
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate as _, SizeAbove};
use tracing::Instrument as _;

use crate::app::App;
use crate::edge::Peer;
use crate::extract::{Reader, Who};
use crate::patience::{self, Received};
use crate::problem::Problem;
use crate::rate::Rates;
use crate::route::Chosen;

/// The cookie of a session; over HTTPS it carries the `__Host-` prefix.
pub(crate) const SESSION_COOKIE: &str = "innospace_session";
/// The cookie by which a device is known.
pub(crate) const DEVICE_COOKIE: &str = "innospace_device";

/// The cookie of a language that was chosen other than the first; it says nothing else.
pub(crate) const LANGUAGE_COOKIE: &str = "innospace_language";

/// The id a request is known by in log and answer.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub String);

/// A handler panicked: the answer is made further out, where it is known who asked for what.
#[derive(Clone, Copy)]
struct Panicked;

/// Puts the service into its pipeline.
pub(crate) fn wrap(router: Router, app: App) -> Router {
    let shed = Arc::new(Semaphore::new(app.settings.requests.max(1)));
    let rates = Arc::new(Rates::new(app.settings.requests_per_minute));
    router
        .layer(middleware::from_fn_with_state(app.clone(), words))
        .layer(middleware::from_fn_with_state(app.clone(), who))
        .layer(middleware::from_fn_with_state((app.clone(), rates), limit))
        .layer(middleware::from_fn_with_state(app.clone(), readable))
        .layer(middleware::from_fn_with_state((app.clone(), shed), shed_load))
        .layer(CompressionLayer::new().compress_when(SizeAbove::new(1_024).and(DefaultPredicate::new())))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            tracing::error!("a handler panicked");
            let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
            response.extensions_mut().insert(Panicked);
            response
        }))
        .layer(middleware::from_fn_with_state(app, outermost))
}

/// Gives the request its id, a span, a time limit; sets the headers of every answer; counts.
async fn outermost(axum::extract::State(app): axum::extract::State<App>, mut request: Request, next: Next) -> Response {
    let id = app.clock().uuid().simple().to_string();
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = request.method().clone();
    let is_https = app.settings.public_url.starts_with("https://");
    let span = tracing::info_span!("request", id, %method, operation = tracing::field::Empty);
    let started = tokio::time::Instant::now();
    let limit = Duration::from_secs(app.settings.request_seconds.max(1));
    let asker = Asker::of(&app, &request);
    let received = Received::default();
    let work = next.run(received.count(request)).instrument(span.clone());
    let mut response = match patience::within(limit, &received, work).await {
        Some(response) if response.extensions().get::<Panicked>().is_none() => response,
        Some(_) => asker.told(&app, &Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal")),
        None => asker.told(&app, &Problem::new(StatusCode::SERVICE_UNAVAILABLE, "took-too-long")),
    };
    let operation = response.extensions().get::<Chosen>().map_or("none", |c| c.id);
    span.record("operation", operation);
    let status = response.status();
    let took = started.elapsed();
    metrics::counter!("innospace_requests_total", "operation" => operation, "status" => status.as_u16().to_string()).increment(1);
    metrics::histogram!("innospace_request_seconds", "operation" => operation).record(took.as_secs_f64());
    span.in_scope(|| {
        if status.is_server_error() {
            tracing::warn!(status = status.as_u16(), took_ms = took.as_millis() as u64, "answered");
        } else {
            tracing::debug!(status = status.as_u16(), took_ms = took.as_millis() as u64, "answered");
        }
    });
    headers(response.headers_mut(), is_https, &id);
    response
}

fn headers(headers: &mut HeaderMap, is_https: bool, id: &str) {
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "strict-origin-when-cross-origin");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()");
    if is_https {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
}

/// So many requests at once; health is always answered.
async fn shed_load(
    axum::extract::State((app, shed)): axum::extract::State<(App, Arc<Semaphore>)>,
    request: Request,
    next: Next,
) -> Response {
    if is_health(request.uri()) {
        return next.run(request).await;
    }
    match shed.try_acquire() {
        Ok(_permit) => next.run(request).await,
        Err(_) => {
            metrics::counter!("innospace_shed_total").increment(1);
            Asker::of(&app, &request).told(&app, &Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy").after(Duration::from_secs(2)))
        }
    }
}

fn request_id(request: &Request) -> String {
    request.extensions().get::<RequestId>().map(|r| r.0.clone()).unwrap_or_default()
}

fn is_health(uri: &Uri) -> bool {
    matches!(uri.path(), "/healthz" | "/readyz" | "/metrics")
}

/// Path and query must be UTF-8 without NUL once decoded.
async fn readable(axum::extract::State(app): axum::extract::State<App>, request: Request, next: Next) -> Response {
    let decodes = |text: &str| {
        let bytes: Vec<u8> = percent_encoding::percent_decode_str(text).collect();
        std::str::from_utf8(&bytes).is_ok_and(|t| !t.contains('\0'))
    };
    let uri = request.uri();
    if uri.path().len() + uri.query().map_or(0, str::len) > 16 * 1024 {
        return Asker::of(&app, &request).told(&app, &Problem::new(StatusCode::URI_TOO_LONG, "address-too-long"));
    }
    if !decodes(uri.path()) || !uri.query().is_none_or(decodes) {
        return Asker::of(&app, &request).told(&app, &Problem::malformed("bad-address"));
    }
    next.run(request).await
}

/// Requests of one network address in a minute.
async fn limit(axum::extract::State((app, rates)): axum::extract::State<(App, Arc<Rates>)>, request: Request, next: Next) -> Response {
    if !is_health(request.uri()) {
        let address = client_address(&app, request.extensions().get::<Peer>(), request.headers());
        if let Err(wait) = rates.check(address) {
            return Asker::of(&app, &request).told(&app, &Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many").after(wait));
        }
    }
    next.run(request).await
}

/// The address by which attempts are counted: the peer's, or what a trusted proxy says; of IPv6 the /64.
fn client_address(app: &App, peer: Option<&Peer>, headers: &HeaderMap) -> String {
    let Some(peer) = peer else { return "none".to_owned() };
    let mut address = peer.0.ip();
    if app.settings.trusted_proxies.contains(&address) {
        // The last address that is no trusted proxy: everything left of it may be made up.
        let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(','));
        let mut all: Vec<std::net::IpAddr> = forwarded.filter_map(|a| a.trim().parse().ok()).collect();
        while let Some(next) = all.pop() {
            address = next;
            if !app.settings.trusted_proxies.contains(&next) {
                break;
            }
        }
    }
    match address {
        std::net::IpAddr::V4(v4) => v4.to_string(),
        std::net::IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => v4.to_string(),
            None => {
                let [a, b, c, d, ..] = v6.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        },
    }
}

/// Finds out who asks, and refuses what another site made a browser send.
async fn who(axum::extract::State(app): axum::extract::State<App>, mut request: Request, next: Next) -> Response {
    let asked = language(request.headers(), request.uri());
    let device = cookie(&app, request.headers(), DEVICE_COOKIE).map(|text| Secret::received(&text));
    let client = Client {
        address: client_address(&app, request.extensions().get::<Peer>(), request.headers()),
        agent: request.headers().get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned(),
        device,
    };
    let mut who = Who { actor: Actor::anonymous(asked), session: None, chosen: None, client };
    let bearer = request.headers().get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    let session = cookie(&app, request.headers(), SESSION_COOKIE);
    if let Some(text) = bearer {
        let secret = Secret::received(text.strip_prefix("Bearer ").unwrap_or_default().trim());
        match accounts::actor::of_token(&app.accounts, &secret).await {
            Ok(Some((actor, _))) => who.actor = actor,
            Ok(None) => return Asker::of(&app, &request).told(&app, &Problem::new(StatusCode::UNAUTHORIZED, "bad-token")),
            Err(error) => return Asker::of(&app, &request).told(&app, &error.into()),
        }
    } else if !is_same_site(&app, request.method(), request.headers(), session.is_some()) {
        return Asker::of(&app, &request).told(&app, &Problem::new(StatusCode::FORBIDDEN, "cross-site"));
    } else if let Some(text) = session {
        match accounts::actor::of_session(&app.accounts, &Secret::received(&text)).await {
            Ok(Some((actor, session))) => {
                who.actor = actor;
                who.session = Some(session);
            }
            Ok(None) => {} // over: the same as nobody
            Err(error) => return Asker::of(&app, &request).told(&app, &error.into()),
        }
    }
    let of_browser = cookie(&app, request.headers(), LANGUAGE_COOKIE).and_then(|code| code.parse().ok());
    who.chosen = of_browser.or_else(|| who.actor.account().map(|_| who.actor.lang));
    // What the request itself asks for comes before what the account once chose.
    let said = request.headers().contains_key(header::ACCEPT_LANGUAGE)
        || path_language(request.uri()).is_some()
        || query_language(request.uri()).is_some();
    if said || who.actor.account().is_none() {
        who.actor.lang = asked;
    }
    // What was made for one person stays with that person; assets are the same for everybody.
    let same = is_same_for_all(request.uri().path());
    let known = who.actor.account().is_some();
    request.extensions_mut().insert(Reader(who.actor.lang));
    request.extensions_mut().insert(who);
    let mut response = next.run(request).await;
    // That something is not there is said in the reader's language.
    if same && !response.status().is_client_error() && !response.status().is_server_error() {
        return response;
    }
    if known {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response.headers_mut().append(header::VARY, HeaderValue::from_static("cookie, authorization, accept-language"));
    response
}

/// What is the same whoever asks, and in whichever language: whoever keeps it need not fetch it again when a cookie changes.
fn is_same_for_all(path: &str) -> bool {
    matches!(path, "/favicon.svg" | "/robots.txt" | "/sitemap.xml") || path.starts_with("/assets/") || path.starts_with("/sitemaps/")
}

/// For whatever changes something: the browser must say that our own pages sent it; with a session cookie, silence is
/// refused as well. Programs without a cookie need say nothing.
fn is_same_site(app: &App, method: &Method, headers: &HeaderMap, has_session: bool) -> bool {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return true;
    }
    let text = |name: HeaderName| headers.get(name).and_then(|v| v.to_str().ok());
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin" || site == "none";
    }
    match text(header::ORIGIN) {
        Some(origin) => {
            origin == app.settings.public_url
                || text(header::HOST)
                    .is_some_and(|host| origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://")) == Some(host))
        }
        None => !has_session,
    }
}

/// Gives a problem its words: JSON for programs, a page for people.
async fn words(axum::extract::State(app): axum::extract::State<App>, request: Request, next: Next) -> Response {
    let lang = request.extensions().get::<Reader>().map_or(Lang::Vi, |r| r.0);
    let actor = request.extensions().get::<Who>().map_or_else(|| Actor::anonymous(lang), |who| who.actor.clone());
    let asker = Asker { actor: Actor { lang, ..actor }, ..Asker::of(&app, &request) };
    let response = next.run(request).await;
    match response.extensions().get::<Problem>().cloned() {
        Some(problem) => {
            let mut rendered = asker.told(&app, &problem);
            let (parts, _) = response.into_parts();
            for (name, value) in &parts.headers {
                if name != header::CONTENT_LENGTH && name != header::CONTENT_TYPE {
                    rendered.headers_mut().insert(name.clone(), value.clone());
                }
            }
            rendered.extensions_mut().extend(parts.extensions);
            rendered
        }
        None => response,
    }
}

fn wants_page(uri: &Uri, headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    !uri.path().starts_with("/api/") && (accept.contains("text/html") || accept.is_empty() || accept == "*/*")
}

/// What of a request its answer is made from where the request itself is gone: who asked, for a page or for data, and where.
struct Asker {
    actor: Actor,
    /// Where they are, for whoever wants a page.
    page: Option<crate::web::Whereabouts>,
    id: String,
}

impl Asker {
    /// Nobody in particular, in the language that the request itself asks for.
    fn of(app: &App, request: &Request) -> Self {
        let (uri, headers) = (request.uri(), request.headers());
        Self {
            actor: Actor::anonymous(language(headers, uri)),
            page: wants_page(uri, headers).then(|| crate::web::whereabouts(&app.settings.public_url, request.method(), uri, headers)),
            id: request_id(request),
        }
    }

    /// A problem in words.
    fn told(&self, app: &App, problem: &Problem) -> Response {
        match &self.page {
            Some(at) => crate::web::problem_page(&app.space, &self.actor, problem, at, &self.id),
            None => render(problem, self.actor.lang, &self.id),
        }
    }
}

fn render(problem: &Problem, lang: Lang, id: &str) -> Response {
    let body = problem.body(lang, id).to_string();
    let mut response = (problem.status, body).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response.headers_mut().insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(lang.code()));
    if let Some(wait) = problem.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
    }
    response
}

/// The language a request asks for: by its path (`/en/…`), its `lang` parameter, its header; else Vietnamese.
pub(crate) fn language(headers: &HeaderMap, uri: &Uri) -> Lang {
    if let Some(lang) = path_language(uri).or_else(|| query_language(uri)) {
        return lang;
    }
    // A page without /en/ is Vietnamese: its address says so. The API goes by the header.
    if !uri.path().starts_with("/api/") {
        return Lang::Vi;
    }
    headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).map_or(Lang::Vi, Lang::preferred)
}

fn path_language(uri: &Uri) -> Option<Lang> {
    (uri.path() == "/en" || uri.path().starts_with("/en/")).then_some(Lang::En)
}

fn query_language(uri: &Uri) -> Option<Lang> {
    let query = uri.query()?;
    form_urlencoded::parse(query.as_bytes()).find(|(n, _)| n == "lang").and_then(|(_, v)| v.parse().ok())
}

/// What the name of a cookie begins with. A browser takes one with the prefix from nobody but this host over HTTPS; one
/// without it may come from another host of the same domain, or from a line that somebody listens on.
fn prefix(app: &App) -> &'static str {
    if app.settings.public_url.starts_with("https://") { "__Host-" } else { "" }
}

/// The value of a cookie of ours.
fn cookie(app: &App, headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(n, _)| n.strip_prefix(prefix(app)) == Some(name))
        .map(|(_, v)| v.to_owned())
}

/// A `Set-Cookie` value. `life_seconds` 0 takes the cookie away.
pub(crate) fn set_cookie(app: &App, name: &str, value: &str, life_seconds: i64) -> HeaderValue {
    let prefix = prefix(app);
    let secure = if prefix.is_empty() { "" } else { "; Secure" };
    let text = format!("{prefix}{name}={value}; Path=/; Max-Age={life_seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}
