//! The product: its own index, asked in process and over HTTP through the whole service.
//!
//! The index is built from published listings without a database, as a rebuild does it; the space beside it is empty,
//! which a search does not notice.

use std::net::SocketAddr;
use std::path::Path;

use base::{Actor, Clock, Code, Lang, Limit, ListingId, Localised, PartyId, Vocabularies};
use innospace::config::Config;
use innospace::space;
use listings::Kind;
use listings::content::{Content, Technology};
use listings::published::{Audience, Owner, Provenance, Published};
use search::{Document, Facet, Query, Results, Search, Viewer};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::corpus::{Asked, Corpus, Doc, LEVELS};
use crate::load::{Http, Reply};

/// The most characters of a summary; what is behind them is the description.
const SUMMARY_CHARS: usize = 300;
/// How many parties the listings belong to.
const PARTIES: u64 = 500;

/// Our search and the server in front of it.
pub struct Ours {
    pub search: Search,
    /// Where it is served.
    pub address: SocketAddr,
    stop: CancellationToken,
}

impl Drop for Ours {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Ours {
    /// Builds the index of the documents and serves it.
    pub fn build(corpus: &Corpus, dir: &Path, runtime: &Runtime) -> Self {
        let mut config = Config::default();
        config.server.requests_per_minute = 0;
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        config.server.public_url = format!("http://{address}");
        let parts = runtime.block_on(space::parts(&config, dir, Clock::system())).unwrap();
        let (search, _) = space::index(&config, dir, &parts).unwrap();
        let codes = Codes::of(&parts.vocabularies);
        let mut rebuild = search.rebuild().unwrap();
        corpus.each(|doc| rebuild.add(&Document::listing(&codes.published(doc), &parts.vocabularies).unwrap()).unwrap());
        rebuild.finish(1).unwrap();
        let app = space::app(&config, dir, parts, search.clone(), false).unwrap();
        let stop = CancellationToken::new();
        let token = stop.clone();
        runtime.spawn(async move { server::edge::serve(app, listener, token).await.unwrap() });
        Self { search, address, stop }
    }

    /// The server; with one facet, or with all that are shown.
    pub fn http(&self, queries: &[Asked], all_facets: bool) -> Http {
        let path = |asked: &Asked| {
            let mut pairs = form_urlencoded::Serializer::new(String::new());
            pairs.append_pair("q", &asked.text).append_pair("limit", "20").append_pair("lang", asked.lang.code());
            if !all_facets {
                pairs.append_pair("facets", "province");
            }
            if asked.narrowed {
                pairs.append_pair("trl_min", &LEVELS.start().to_string()).append_pair("trl_max", &LEVELS.end().to_string());
            }
            format!("/api/v1/search?{}", pairs.finish())
        };
        Http { address: self.address, paths: queries.iter().map(path).collect() }
    }

    /// Forgets what searches came to, which is kept for the weights they were made with: the same weights are set anew.
    pub fn forget(&self) {
        self.search.set_weights((*self.search.weights()).clone());
    }

    /// In process; with one facet, or with all that are shown.
    pub fn find(&self, asked: &Asked, all_facets: bool) -> Results {
        self.find_page(asked, Limit::default(), if all_facets { &Facet::SHOWN } else { &[Facet::Province] })
    }

    /// In process, with a page of so many results, which are enough.
    pub fn find_page(&self, asked: &Asked, limit: Limit, facets: &[Facet]) -> Results {
        let mut query = Query::words(asked.text.clone());
        (query.limit, query.enough) = (limit, limit);
        query.facets = facets.to_vec();
        if asked.narrowed {
            query = query.trl(*LEVELS.start(), *LEVELS.end());
        }
        self.search.find(&query, &Viewer::of(&Actor::anonymous(asked.lang))).unwrap()
    }

    /// What is proposed while somebody types.
    pub fn suggest(&self, typed: &str, lang: Lang) -> usize {
        self.search.suggest(typed, &Viewer::of(&Actor::anonymous(lang)), 8).unwrap().len()
    }

    /// How many have all words: where one result is enough, nothing is relaxed before there is none.
    pub fn count(&self, asked: &Asked) -> u64 {
        let found = self.find_page(asked, Limit::new(1).unwrap(), &[]);
        if found.relaxed { 0 } else { found.total }
    }
}

pub fn reply(results: &Results) -> Reply {
    Reply { total: results.total, shown: results.items.len() }
}

/// The codes that documents are given.
struct Codes {
    fields: Vec<Code>,
    ipr: Vec<Code>,
    cooperation: Vec<Code>,
    parties: Vec<Code>,
    provinces: Vec<Code>,
}

impl Codes {
    fn of(vocabularies: &Vocabularies) -> Self {
        let list = |name: &str| -> Vec<Code> {
            let terms = &vocabularies.get(name).unwrap().terms;
            let leaves = terms.iter().filter(|t| !terms.iter().any(|other| other.parent.as_ref() == Some(&t.code)));
            leaves.map(|t| t.code.clone()).collect()
        };
        Self {
            fields: list("fields"),
            ipr: list("ipr_status"),
            cooperation: list("cooperation"),
            parties: list("party_types"),
            provinces: list("provinces"),
        }
    }

    fn published(&self, doc: Doc) -> Published {
        let of = |words: &str| Localised::of(doc.lang, words);
        let place = usize::try_from(doc.n).unwrap();
        let pick = |list: &[Code], salt: usize| list[(place * 31 + salt * 7) % list.len()].clone();
        let keywords = doc.title.split_whitespace().filter(|w| w.chars().count() > 3).take(4).map(str::to_owned).collect();
        // Cut between words, so that the two parts have the words of the whole.
        let head = doc.text.char_indices().nth(SUMMARY_CHARS).map_or(doc.text.len(), |(at, _)| at);
        let at = if head == doc.text.len() { head } else { doc.text[..head].rfind(char::is_whitespace).unwrap_or(0) };
        let content = Technology {
            summary: of(&doc.text[..at]),
            description: of(&doc.text[at..]),
            field: Some(pick(&self.fields, 0)),
            trl: Some(doc.trl),
            ipr_status: Some(pick(&self.ipr, 1)),
            cooperation: vec![pick(&self.cooperation, 2), pick(&self.cooperation, 3)],
            keywords: base::text::LocalisedList([(doc.lang, keywords)].into()),
            title: of(&doc.title),
            ..Technology::default()
        };
        let owner = doc.n % PARTIES;
        let at = chrono::DateTime::from_timestamp(1_700_000_000 + i64::try_from(doc.n).unwrap() * 60, 0).unwrap();
        Published {
            id: ListingId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | u128::from(doc.n))),
            kind: Kind::Technology,
            code: format!("CN-2026-{:07}", doc.n),
            slug: base::fold::slug(&doc.title, 60),
            version: 1,
            owner: Owner {
                id: PartyId(Uuid::from_u128(u128::from(owner))),
                // No word of any query.
                name: Localised::of(Lang::Vi, format!("Q{owner}X")),
                party_type: pick(&self.parties, 4),
                province: self.provinces.get(doc.province).cloned(),
                commune: None,
                verification: "document".into(),
            },
            source_lang: doc.lang,
            content: Content::Technology(Box::new(content)),
            audience: Audience::Public,
            published_at: at,
            out_since: at,
            confirmed_at: at,
            expires_at: at + chrono::TimeDelta::days(3_650),
            completeness: 70,
            provenance: Provenance { origin: "import".into(), source: None, external_id: None, licence: None },
        }
    }
}
