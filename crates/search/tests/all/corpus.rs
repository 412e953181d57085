//! A small hand-made corpus and the shortest way to search it.
use std::sync::Arc;

use base::text::LocalisedList;
use base::{Actor, Capacity, Clock, Code, Lang, ListingId, Localised, Membership, PartyId, PartyRole, Scope, Vocabularies};
use chrono::{DateTime, TimeDelta, Utc};
use listings::content::{Content, IpAsset, Need, OfficeNumber, Technology};
use listings::published::{Audience, Owner, Provenance, Published};
use search::{Batch, Document, PartyDocument, Query, Results, Search, Settings, Viewer};
use uuid::Uuid;

pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_760_000_000, 0).unwrap()
}

pub fn party(n: u128) -> PartyId {
    PartyId(Uuid::from_u128(0xa000 + n))
}

pub fn vocabularies() -> Arc<Vocabularies> {
    let mut all = Vocabularies::default();
    let list = |code: &str, terms: &str| format!("code='{code}'\nversion='1'\nsource='s'\nvi='{code}'\nen='{code}'\n{terms}");
    let term = |code: &str, vi: &str, en: &str, parent: &str| {
        let parent = if parent.is_empty() { String::new() } else { format!("parent='{parent}'\n") };
        format!("[[term]]\ncode='{code}'\nvi='{vi}'\nen='{en}'\n{parent}")
    };
    let fields = term("4", "Khoa học nông nghiệp", "Agriculture", "")
        + &term("401", "Trồng trọt", "Crops", "4")
        + &term("40107", "Bảo quản, chế biến", "Processing", "401")
        + &term("2", "Kỹ thuật", "Engineering", "");
    all.insert(base::Vocabulary::parse("fields", &list("fields", &fields)).unwrap());
    let provinces = term("86", "Vĩnh Long", "Vinh Long", "") + &term("79", "Thành phố Hồ Chí Minh", "Ho Chi Minh City", "");
    all.insert(base::Vocabulary::parse("provinces", &list("provinces", &provinces)).unwrap());
    Arc::new(all)
}

/// A listing, named by a number.
pub struct Make(pub Published);

pub fn technology(n: u128, title: &str, summary: &str) -> Make {
    listing(n, Content::Technology(Box::new(Technology { title: vi(title), summary: vi(summary), ..Technology::default() })))
}

pub fn need(n: u128, title: &str, problem: &str) -> Make {
    listing(n, Content::Need(Box::new(Need { title: vi(title), problem: vi(problem), ..Need::default() })))
}

pub fn asset(n: u128, title: &str, number: &str) -> Make {
    let grant = Some(OfficeNumber { number: number.into(), date: None });
    listing(
        n,
        Content::IpAsset(Box::new(IpAsset {
            title: vi(title),
            grant,
            status: Some("granted".into()),
            ip_kind: Some("patent".into()),
            ..IpAsset::default()
        })),
    )
}

fn vi(text: &str) -> Localised {
    Localised::of(Lang::Vi, text)
}

pub fn listing(n: u128, content: Content) -> Make {
    let kind = content.kind();
    let days = TimeDelta::days(i64::try_from(n).unwrap() % 100);
    Make(Published {
        id: ListingId(Uuid::from_u128(n)),
        kind,
        code: format!("{}-2026-{n:06}", kind.code_prefix()),
        slug: format!("listing-{n}"),
        version: 1,
        owner: Owner {
            id: party(1),
            name: vi("Viện Nghiên cứu Dầu và Cây có dầu"),
            party_type: "institute".into(),
            province: Some("86".into()),
            commune: None,
            verification: "document".into(),
        },
        source_lang: Lang::Vi,
        content,
        audience: Audience::Public,
        published_at: now() - days,
        out_since: now() - days,
        confirmed_at: now(),
        expires_at: now() + TimeDelta::days(300) - days,
        completeness: 80,
        provenance: Provenance { origin: "manual".into(), source: None, external_id: None, licence: None },
    })
}

impl Make {
    pub fn field(mut self, code: &str) -> Self {
        match &mut self.0.content {
            Content::Technology(c) => c.field = Some(code.into()),
            Content::IpAsset(c) => c.field = Some(code.into()),
            Content::Need(c) => c.field = Some(code.into()),
        }
        self
    }

    pub fn trl(mut self, level: u8) -> Self {
        match &mut self.0.content {
            Content::Technology(c) => c.trl = Some(level),
            Content::Need(c) => c.trl_min = Some(level),
            Content::IpAsset(_) => {}
        }
        self
    }

    pub fn english(mut self, title: &str, summary: &str) -> Self {
        if let Content::Technology(c) = &mut self.0.content {
            c.title.0.insert(Lang::En, base::Text { text: title.into(), ..base::Text::default() });
            c.summary.0.insert(Lang::En, base::Text { text: summary.into(), ..base::Text::default() });
        }
        self
    }

    pub fn keywords(mut self, words: &[&str]) -> Self {
        let list = LocalisedList([(Lang::Vi, words.iter().map(|w| (*w).to_owned()).collect())].into());
        match &mut self.0.content {
            Content::Technology(c) => c.keywords = list,
            Content::Need(c) => c.keywords = list,
            Content::IpAsset(c) => c.keywords = list,
        }
        self
    }

    pub fn audience(mut self, audience: Audience) -> Self {
        self.0.audience = audience;
        self
    }

    pub fn anonymity(mut self, code: &str) -> Self {
        if let Content::Need(c) = &mut self.0.content {
            c.anonymity = Some(code.into());
        }
        self
    }

    pub fn owner(mut self, id: PartyId, name: &str, party_type: &str, province: &str) -> Self {
        let owner = &mut self.0.owner;
        (owner.id, owner.name, owner.party_type, owner.province) = (id, vi(name), Code::from(party_type), Some(Code::from(province)));
        self
    }
}

pub fn empty() -> Search {
    empty_with(Settings::default())
}

pub fn empty_with(settings: Settings) -> Search {
    Search::in_memory(settings, vocabularies(), Clock::held_at(now())).unwrap()
}

pub fn documents(all: Vec<Make>) -> Vec<Document> {
    all.iter().map(|m| Document::listing(&m.0, &vocabularies()).unwrap()).collect()
}

pub fn index(all: Vec<Make>) -> Search {
    let search = empty();
    search.apply(&Batch { add: documents(all), remove: Vec::new(), position: 1 }).unwrap();
    search
}

pub fn party_document(n: u128, name: &str) -> PartyDocument {
    PartyDocument {
        id: party(n),
        revision: 1,
        slug: format!("party-{n}"),
        name: vi(name),
        other_names: Vec::new(),
        party_type: "university".into(),
        province: Some("86".into()),
        commune: None,
        verification: "document".into(),
        presentation: vi("Nghiên cứu và chuyển giao công nghệ chế biến dừa"),
        capacities: LocalisedList::default(),
        standards: LocalisedList::default(),
        interests: LocalisedList::default(),
        fields: Vec::new(),
        tax_code: None,
        registration: None,
        since: now(),
        changed_at: now(),
    }
}

pub fn anybody() -> Viewer {
    Viewer::of(&Actor::anonymous(Lang::Vi))
}

pub fn staff() -> Viewer {
    Viewer::of(&Actor::system())
}

pub fn member_of(party: PartyId) -> Viewer {
    Viewer::of(&Actor {
        capacity: Capacity::Person(base::AccountId(Uuid::from_u128(1))),
        memberships: vec![Membership { party, roles: [PartyRole::Viewer].into() }],
        scopes: Scope::ALL.iter().copied().collect(),
        ..Actor::anonymous(Lang::Vi)
    })
}

pub fn find(search: &Search, text: &str) -> Results {
    search.find(&Query::words(text), &anybody()).unwrap()
}

/// The numbers of the listings found, in order.
pub fn found(search: &Search, text: &str) -> Vec<u128> {
    numbers(&find(search, text))
}

pub fn numbers(results: &Results) -> Vec<u128> {
    results.items.iter().map(|h| h.card.id.as_u128()).collect()
}

/// The numbers of what has all words, in order; empty if the search had to be relaxed.
pub fn strictly(search: &Search, text: &str) -> Vec<u128> {
    let (enough, limit) = (base::Limit::new(1).unwrap(), base::Limit::new(100).unwrap());
    let results = search.find(&Query { limit, enough, ..Query::words(text) }, &anybody()).unwrap();
    if results.relaxed { Vec::new() } else { numbers(&results) }
}
