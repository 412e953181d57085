//! What every handler has at hand.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use accounts::Accounts;
use accounts::mail::Mailer;
use base::{Clock, Vocabularies};
use brokering::Brokering;
use listings::Listings;
use matching::Matcher;
use matching::saved::Saved;
use metrics_exporter_prometheus::PrometheusHandle;
use search::Search;
use serde::{Deserialize, Serialize};
use store::Store;

use crate::look::Space;

/// How the server meets the network.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerSettings {
    /// Where to listen.
    pub listen: String,
    /// The address people type, without a slash at the end: links in mail and the OpenAPI document use it.
    pub public_url: String,
    /// Connections open at once; one more waits.
    pub connections: usize,
    /// Requests worked on at once; one more is answered with 503.
    pub requests: usize,
    /// Requests of one network address in a minute.
    pub requests_per_minute: u32,
    /// Proxies whose `X-Forwarded-For` is believed, as addresses.
    pub trusted_proxies: Vec<std::net::IpAddr>,
    /// Seconds a request may take.
    pub request_seconds: u64,
    /// Seconds a shutdown waits for requests in work.
    pub drain_seconds: u64,
    /// Largest file that may be imported, in MB.
    pub import_mb: u64,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            public_url: "http://127.0.0.1:8080".to_owned(),
            connections: 2_000,
            requests: 256,
            requests_per_minute: 1_200,
            trusted_proxies: Vec::new(),
            request_seconds: 30,
            drain_seconds: 25,
            import_mb: 200,
        }
    }
}

/// What a space calls itself: `config/space.toml`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpaceSettings {
    /// Its name in Vietnamese.
    pub name_vi: String,
    /// Its name in English.
    pub name_en: String,
    /// Who runs it, in Vietnamese.
    pub operator_vi: String,
    /// Who runs it, in English.
    pub operator_en: String,
    /// Whether what is shown is demonstration data.
    #[serde(default)]
    pub demonstration: bool,
    /// The one colour of links and buttons on a light ground, as `#0b6b43`; our green unless given.
    #[serde(default)]
    pub accent: Option<String>,
    /// The same on a dark ground; made from `accent` unless given.
    #[serde(default)]
    pub accent_dark: Option<String>,
    /// A picture in the head of every page, SVG or PNG; our leaf unless given.
    #[serde(default)]
    pub logo: Option<PathBuf>,
}

/// Where the metrics are kept until somebody asks.
#[derive(Clone)]
pub struct Metrics(pub Option<PrometheusHandle>);

/// Everything a handler may use, in one piece: each layer and handler of a request has its own, and copying the parts one
/// by one took a twentieth of a search.
#[derive(Clone)]
pub struct App(Arc<AppParts>);

/// What an [`App`] is made of.
#[derive(Clone)]
pub struct AppParts {
    /// The database.
    pub store: Store,
    /// People and parties.
    pub accounts: Accounts,
    /// Technologies, IP assets, needs.
    pub listings: Listings,
    /// Finding.
    pub search: Search,
    /// Searches that people keep.
    pub saved: Saved,
    /// Pairing.
    pub matcher: Matcher,
    /// Whether the settings name a model of vectors that cannot be used.
    pub is_model_refused: bool,
    /// From interest to outcome.
    pub brokering: Brokering,
    /// Letters.
    pub mailer: Mailer,
    /// Lists of codes.
    pub vocabularies: Arc<Vocabularies>,
    /// How the server meets the network.
    pub settings: Arc<ServerSettings>,
    /// What the space calls itself and how it looks.
    pub space: Arc<Space>,
    /// The data directory.
    pub data: Arc<PathBuf>,
    /// Metrics.
    pub metrics: Metrics,
    /// Set when the server is about to stop.
    pub stopping: Arc<AtomicBool>,
}

impl Deref for App {
    type Target = AppParts;
    fn deref(&self) -> &AppParts {
        &self.0
    }
}

impl From<AppParts> for App {
    fn from(parts: AppParts) -> Self {
        Self(Arc::new(parts))
    }
}

impl App {
    /// The clock everything goes by.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        self.store.clock()
    }

    /// True from the moment a stop was asked for.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }
}
