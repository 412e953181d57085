//! A small space in memory: listings, their index, and the engine over it, without a database.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base::text::LocalisedList;
use base::{Actor, Clock, Code, Lang, ListingId, Localised, PartyId, Vocabularies};
use chrono::{DateTime, TimeDelta, Utc};
use listings::Kind;
use listings::content::{Advantage, Content, Direction, IpAsset, Need, Target, TargetPriority, Technology};
use listings::published::{Audience, Owner, Provenance, Published};
use matching::{Engine, Match, Reader, Side, Units, Weights, usual_kinds};
use proptest::prelude::*;
use search::synonyms::Synonyms;
use search::{Batch, Document, Search, Settings, Viewer};
use serde::Deserialize;
use uuid::Uuid;

pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_760_000_000, 0).unwrap()
}

pub fn vi(text: &str) -> Localised {
    Localised::of(Lang::Vi, text)
}

pub fn en(text: &str) -> Localised {
    Localised::of(Lang::En, text)
}

pub fn words(lang: Lang, words: &[&str]) -> LocalisedList {
    LocalisedList([(lang, words.iter().map(|w| (*w).to_owned()).collect())].into())
}

pub fn technology(title: &str, summary: &str) -> Technology {
    Technology { title: vi(title), summary: vi(summary), ..Technology::default() }
}

pub fn need(title: &str, problem: &str) -> Need {
    Need { title: vi(title), problem: vi(problem), ..Need::default() }
}

pub fn advantage(metric: &str, offered: f64, unit: &str) -> Advantage {
    Advantage { metric: vi(metric), offered: Some(offered), unit: unit.to_owned(), ..Advantage::default() }
}

pub fn target(metric: &str, direction: Direction, target: f64, unit: &str, priority: TargetPriority) -> Target {
    Target { metric: vi(metric), target: Some(target), unit: unit.to_owned(), direction, priority, ..Target::default() }
}

pub fn content_of(content: impl Into<AnyContent>) -> Content {
    content.into().0
}

pub struct AnyContent(Content);

impl From<Technology> for AnyContent {
    fn from(c: Technology) -> Self {
        Self(Content::Technology(Box::new(c)))
    }
}

impl From<Need> for AnyContent {
    fn from(c: Need) -> Self {
        Self(Content::Need(Box::new(c)))
    }
}

impl From<IpAsset> for AnyContent {
    fn from(c: IpAsset) -> Self {
        Self(Content::IpAsset(Box::new(c)))
    }
}

impl From<Content> for AnyContent {
    fn from(c: Content) -> Self {
        Self(c)
    }
}

/// A public listing, named by a number, of a party named by another.
pub fn listing(n: u128, party: u128, content: impl Into<AnyContent>) -> Published {
    let content = content.into().0;
    let kind = content.kind();
    Published {
        id: ListingId(Uuid::from_u128(n)),
        kind,
        code: format!("{}-2026-{n:06}", kind.code_prefix()),
        slug: format!("tin-{n}"),
        version: 1,
        owner: Owner {
            id: PartyId(Uuid::from_u128(0xa000 + party)),
            name: vi(&format!("Bên {party}")),
            party_type: "institute".into(),
            province: Some("86".into()),
            commune: None,
            verification: "document".into(),
        },
        source_lang: Lang::Vi,
        content,
        audience: Audience::Public,
        published_at: now() - TimeDelta::days(30),
        out_since: now() - TimeDelta::days(30),
        confirmed_at: now() - TimeDelta::days(10),
        expires_at: now() + TimeDelta::days(300),
        completeness: 80,
        provenance: Provenance { origin: "manual".into(), source: None, external_id: None, licence: None },
    }
}

pub struct Space {
    pub all: BTreeMap<ListingId, Published>,
    pub engine: Engine,
}

impl Space {
    /// Indexes in the order given, in batches of a few, so that there are several segments.
    pub fn new(all: Vec<Published>) -> Self {
        Self::with(all, Weights::default())
    }

    pub fn with(all: Vec<Published>, weights: Weights) -> Self {
        Self::made(all, weights, |_| {})
    }

    /// With a glossary of its own.
    pub fn speaking(all: Vec<Published>, glossary: &str) -> Self {
        Self::made(all, Weights::default(), |search| search.set_synonyms(Synonyms::parse(glossary).unwrap()))
    }

    fn made(all: Vec<Published>, weights: Weights, prepare: impl FnOnce(&Search)) -> Self {
        let vocabularies = Arc::new(Vocabularies::built_in().unwrap());
        let search = Search::in_memory(Settings::default(), Arc::clone(&vocabularies), Clock::held_at(now())).unwrap();
        prepare(&search);
        for (n, batch) in all.chunks(40).enumerate() {
            let add = batch.iter().map(|p| Document::listing(p, &vocabularies).unwrap()).collect();
            search.apply(&Batch { add, remove: Vec::new(), position: i64::try_from(n).unwrap() + 1 }).unwrap();
        }
        let engine = Engine::new(search, vocabularies, Arc::new(Units::built_in().unwrap()), weights);
        Self { all: all.into_iter().map(|p| (p.id, p)).collect(), engine }
    }

    pub fn get(&self, n: u128) -> &Published {
        &self.all[&ListingId(Uuid::from_u128(n))]
    }

    /// Matches (or, with `excluded`, what was excluded) of a side among a viewer's listings.
    pub fn ask(&self, side: &Side<'_>, kinds: &BTreeSet<Kind>, actor: &Actor, excluded: bool) -> Vec<Match> {
        let reader = Reader { lang: actor.lang, now: now(), explain: true };
        let ids = self.engine.candidates(side, kinds, &Viewer::of(actor)).unwrap();
        let found: Vec<Published> = ids.iter().map(|id| self.all[id].clone()).collect();
        let judged = self.engine.judge(side, &found, reader).unwrap();
        let wanted: Vec<_> = judged.iter().filter(|j| j.is_excluded() == excluded).collect();
        self.engine.explain(side, &wanted, reader).unwrap()
    }

    /// What anybody gets for a stored listing.
    pub fn matches(&self, n: u128) -> Vec<Match> {
        let subject = self.get(n);
        self.ask(&Side::of(subject), &usual_kinds(subject.kind), &Actor::anonymous(Lang::Vi), false)
    }

    pub fn excluded(&self, n: u128) -> Vec<Match> {
        let subject = self.get(n);
        self.ask(&Side::of(subject), &usual_kinds(subject.kind), &Actor::anonymous(Lang::Vi), true)
    }

    /// What anybody gets for a content that is not stored.
    pub fn matches_for(&self, content: impl Into<AnyContent>) -> Vec<Match> {
        let content = content.into().0;
        self.ask(&Side::unstored(&content), &usual_kinds(content.kind()), &Actor::anonymous(Lang::Vi), false)
    }
}

pub fn numbers(matches: &[Match]) -> Vec<u128> {
    matches.iter().map(|m| m.listing.id.0.as_u128()).collect()
}

#[derive(Deserialize)]
struct DemoFile<C> {
    listing: Vec<DemoListing<C>>,
}

#[derive(Deserialize)]
struct DemoListing<C> {
    key: String,
    party: String,
    content: C,
}

#[derive(Deserialize)]
struct Parties {
    party: Vec<DemoParty>,
}

#[derive(Deserialize)]
struct DemoParty {
    key: String,
    r#type: Code,
    names: Localised,
    province: Option<Code>,
}

/// The demonstration's listings, numbered from 1, and their keys.
pub fn demo() -> (Vec<Published>, BTreeMap<String, u128>) {
    fn read<T: serde::de::DeserializeOwned>(file: &str) -> T {
        toml::from_str(&base::defaults::text(&format!("demo/{file}")).unwrap()).unwrap()
    }
    let parties: Parties = read("parties.toml");
    let (mut all, mut keys) = (Vec::new(), BTreeMap::new());
    let mut add = |key: String, party: String, content: Content| {
        let n = u128::try_from(all.len()).unwrap() + 1;
        let place = parties.party.iter().position(|p| p.key == party).unwrap();
        let mut one = listing(n, u128::try_from(place).unwrap(), content);
        let owner = &parties.party[place];
        one.owner.name = owner.names.clone();
        one.owner.party_type = owner.r#type.clone();
        one.owner.province = owner.province.clone();
        keys.insert(key, n);
        all.push(one);
    };
    for file in base::defaults::paths("demo/technologies") {
        let file: DemoFile<Technology> = read(file.trim_start_matches("demo/"));
        file.listing.into_iter().for_each(|l| add(l.key, l.party, Content::Technology(Box::new(l.content))));
    }
    let file: DemoFile<IpAsset> = read("ip-assets.toml");
    file.listing.into_iter().for_each(|l| add(format!("ts:{}", l.key), l.party, Content::IpAsset(Box::new(l.content))));
    let file: DemoFile<Need> = read("needs.toml");
    file.listing.into_iter().for_each(|l| add(l.key, l.party, Content::Need(Box::new(l.content))));
    (all, keys)
}

/// What generated listings speak of, in both languages.
pub const TOPICS: [(&str, &str); 6] = [
    ("sấy", "drying"),
    ("màng lọc", "membrane"),
    ("nuôi tôm", "shrimp"),
    ("bao bì", "packaging"),
    ("chế phẩm", "probiotic"),
    ("thủy canh", "hydroponic"),
];

/// A glossary that has these topics and nothing else.
pub fn glossary() -> String {
    let group = |(vi, en): &(&str, &str)| format!("[[group]]\nkind = \"translation\"\nterms = [\"{vi}\", \"{en}\"]\n");
    format!("version = \"1\"\n{}", TOPICS.iter().map(group).collect::<String>())
}

/// A listing as it is drawn: whether it is a need; Vietnamese, English, or a field of each; the topics of the title and of the
/// text; and how long drying may take or takes.
pub type Drawn = (bool, u8, Vec<usize>, Vec<usize>, Option<u8>);

/// Small spaces.
pub fn small_space() -> impl Strategy<Value = Vec<Drawn>> {
    let topics = || prop::collection::vec(0..TOPICS.len(), 1..4);
    prop::collection::vec((any::<bool>(), 0..3_u8, topics(), topics(), prop::option::of(1..9_u8)), 6..=12)
}

/// The listings of a small space, numbered from 1.
pub fn made(drawn: &[Drawn]) -> Vec<Published> {
    let said = |topics: &[usize], english: bool| {
        let words: Vec<&str> = topics.iter().map(|n| if english { TOPICS[*n].1 } else { TOPICS[*n].0 }).collect();
        let text = words.join(", ");
        if english { en(&text) } else { vi(&text) }
    };
    let one = |(n, (is_need, speaks, title, text, hours)): (usize, &Drawn)| {
        let (in_title, in_text) = (*speaks == 1, *speaks >= 1);
        let (title, text) = (said(title, in_title), said(text, in_text));
        let hours = hours.map(f64::from);
        let metric = if in_title { en("Drying time") } else { vi("Thời gian sấy") };
        let content = if *is_need {
            let wanted = |hours| Target { metric, ..target("", Direction::AtMost, hours, "h", TargetPriority::Must) };
            content_of(Need { title, problem: text, targets: hours.map(wanted).into_iter().collect(), ..Need::default() })
        } else {
            let offered = |hours| Advantage { metric, ..advantage("", hours, "h") };
            content_of(Technology { title, summary: text, advantages: hours.map(offered).into_iter().collect(), ..Technology::default() })
        };
        let n = u128::try_from(n).unwrap() + 1;
        listing(n, n, content)
    };
    drawn.iter().enumerate().map(one).collect()
}
