//! The golden table: what a search over a hand-made corpus must find, in which order, and what it must not.
//!
//! `golden/corpus.toml` holds the documents, `golden/queries.toml` the rows. All rows run on one index in this process,
//! without a database; a failing run shows every row that does not hold, not the first alone. Each rule of the analysis
//! has rows that say they need it, and these must fail on an index made and asked without the rule.
//! Never here: how fast a search is, and how well it does on large collections (`bin/relevance`).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use accounts::experts::{Affiliation, ExpertBrief, Expertise};
use accounts::{ExpertProfile, ExpertView, PartyBrief, PartyProfile};
use base::text::LocalisedList;
use base::{
    AccountId, Actor, Capacity, Clock, Code, ExpertId, Lang, Limit, ListingId, Localised, Membership, PartyId, PartyRole, Scope, Text,
    Vocabularies,
};
use chrono::{DateTime, TimeDelta, Utc};
use listings::content::{Content, IpAsset, Need, OfficeNumber, Publication, Share, StateFunding, Technology};
use listings::published::{Audience, Owner, Provenance, Published};
use search::{Batch, Document, Facet, Filters, PartyDocument, Query, Rule, Search, Settings, Sort, Viewer};
use serde::Deserialize;
use uuid::Uuid;

/// The fewest rows the table may have.
const LEAST_ROWS: usize = 150;
/// No row leads to more pages.
const MAX_PAGES: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Corpus {
    document: Vec<Made>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum MadeKind {
    Technology,
    IpAsset,
    Need,
    Party,
    Expert,
}

/// A document as the corpus has it. A party's name is its title, its presentation its summary, its capacities its keywords.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Made {
    id: String,
    kind: MadeKind,
    #[serde(default)]
    title: String,
    #[serde(default)]
    title_en: String,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    summary_en: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    description_en: String,
    #[serde(default)]
    applications: String,
    #[serde(default)]
    keywords: Vec<String>,
    #[serde(default)]
    keywords_en: Vec<String>,
    /// A party of the corpus.
    #[serde(default)]
    owner: String,
    /// `public`, `registered`, or a party of the corpus.
    #[serde(default)]
    audience: String,
    #[serde(default)]
    code: String,
    field: Option<String>,
    trl: Option<u8>,
    #[serde(default)]
    cooperation: Vec<String>,
    #[serde(default)]
    partner_types: Vec<String>,
    ipr_status: Option<String>,
    #[serde(default)]
    ipc: Vec<String>,
    ip_kind: Option<String>,
    status: Option<String>,
    application: Option<String>,
    publication: Option<String>,
    grant: Option<String>,
    #[serde(default)]
    family: Vec<String>,
    #[serde(default)]
    creators: Vec<String>,
    #[serde(default)]
    doi: String,
    #[serde(default)]
    task_code: String,
    #[serde(default)]
    standards: Vec<String>,
    anonymity: Option<String>,
    party_type: Option<String>,
    province: Option<String>,
    tax_code: Option<String>,
    registration: Option<String>,
    #[serde(default)]
    other_names: Vec<String>,
    /// How many days ago it was published.
    #[serde(default)]
    days_old: i64,
    /// In how many days it ends.
    ends_in_days: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    group: Vec<Group>,
}

/// Rows that show one thing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    about: String,
    rows: Vec<Row>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Row {
    q: String,
    filters: BTreeMap<String, Vec<String>>,
    viewer: String,
    lang: String,
    sort: Option<Sort>,
    /// So many results are enough: with fewer, not all words have to be there. One, unless the row says otherwise, so
    /// that a row speaks of what has all words.
    enough: Option<u16>,

    first: Option<String>,
    above: Vec<[String; 2]>,
    found: Vec<String>,
    absent: Vec<String>,
    only: Option<Vec<String>>,
    total: Option<u64>,
    /// Whether words have to be left out for anything to be found.
    relaxed: bool,
    did_you_mean: Option<String>,
    /// The document that is gone to at once, because its code or number was typed; empty for none.
    jump: Option<String>,
    /// Part of the title of the first result, as it is shown or as it is marked.
    shows: Option<String>,
    /// How many results have a value, such as `"province:86" = 3`.
    counts: BTreeMap<String, u64>,

    /// Rules without which the row must fail.
    needs: Vec<String>,
}

/// The corpus and the table, read and checked.
struct Golden {
    corpus: Corpus,
    table: Table,
    vocabularies: Arc<Vocabularies>,
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

impl Golden {
    fn read() -> Self {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
        let text = |name: &str| std::fs::read_to_string(dir.join(name)).unwrap();
        let corpus: Corpus = toml::from_str(&text("corpus.toml")).unwrap_or_else(|e| panic!("corpus.toml: {e}"));
        let table: Table = toml::from_str(&text("queries.toml")).unwrap_or_else(|e| panic!("queries.toml: {e}"));
        let golden = Self { corpus, table, vocabularies: Arc::new(Vocabularies::built_in().unwrap()) };
        let faults = golden.faults();
        assert!(faults.is_empty(), "the table cannot be used:\n{}", faults.join("\n"));
        golden
    }

    /// What is wrong with the files themselves: names of nothing, rows that say nothing.
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut ids = BTreeSet::new();
        for made in &self.corpus.document {
            if !ids.insert(made.id.as_str()) {
                faults.push(format!("two documents are called {:?}", made.id));
            }
            let party = |name: &str| self.corpus.document.iter().any(|d| d.kind == MadeKind::Party && d.id == name);
            for name in [&made.owner, &made.audience] {
                if !matches!(name.as_str(), "" | "public" | "registered") && !party(name) {
                    faults.push(format!("{}: {name:?} is no party", made.id));
                }
            }
            if made.owner.is_empty() && made.kind != MadeKind::Party {
                faults.push(format!("{}: whose is it?", made.id));
            }
            for (list, codes) in [
                ("fields", Vec::from_iter(&made.field)),
                ("provinces", Vec::from_iter(&made.province)),
                ("cooperation", Vec::from_iter(&made.cooperation)),
                ("party_types", made.partner_types.iter().chain(&made.party_type).collect()),
                ("ipr_status", Vec::from_iter(&made.ipr_status)),
                ("ip_kinds", Vec::from_iter(&made.ip_kind)),
                ("ip_status", Vec::from_iter(&made.status)),
                ("anonymity", Vec::from_iter(&made.anonymity)),
            ] {
                for code in codes {
                    if self.vocabularies.get(list).unwrap().term(code, now().date_naive()).is_none() {
                        faults.push(format!("{}: {code:?} is not in {list}", made.id));
                    }
                }
            }
        }
        for (group, row) in self.rows() {
            let mut fault = |what: String| faults.push(format!("[{}] {:?}: {what}", group.about, row.q));
            for id in row.ids().filter(|id| !ids.contains(id.as_str())) {
                fault(format!("no document {id:?}"));
            }
            if !matches!(row.viewer.as_str(), "" | "public" | "registered" | "moderator") && !ids.contains(row.viewer.as_str()) {
                fault(format!("no viewer {:?}", row.viewer));
            }
            if !matches!(row.lang.as_str(), "" | "vi" | "en") {
                fault(format!("no language {:?}", row.lang));
            }
            for facet in row.filters.keys().map(String::as_str).chain(row.counts.keys().map(|c| c.split(':').next().unwrap_or_default())) {
                if facet.parse::<Facet>().is_err() {
                    fault(format!("no facet {facet:?}"));
                }
            }
            for name in row.needs.iter().filter(|n| !Rule::ALL.iter().any(|r| name_of(*r) == **n)) {
                fault(format!("no rule {name:?}"));
            }
            if !row.says_something() {
                fault("nothing is expected".to_owned());
            }
        }
        faults
    }

    fn rows(&self) -> impl Iterator<Item = (&Group, &Row)> {
        self.table.group.iter().flat_map(|group| group.rows.iter().map(move |row| (group, row)))
    }

    fn document(&self, name: &str) -> (u128, &Made) {
        let place = self.corpus.document.iter().position(|d| d.id == name).unwrap();
        (number(place), &self.corpus.document[place])
    }

    fn party(&self, name: &str) -> PartyId {
        PartyId(Uuid::from_u128(self.document(name).0))
    }

    /// The index of the corpus in memory, which is quicker; made in this thread.
    fn index_in_memory(&self) -> Search {
        let search = Search::in_memory(Settings::default(), Arc::clone(&self.vocabularies), Clock::held_at(now())).unwrap();
        let add = self.corpus.document.iter().map(|made| self.analysed(made)).collect();
        search.apply(&Batch { add, remove: Vec::new(), position: 1 }).unwrap();
        search
    }

    /// The index of the corpus, made in this thread.
    fn index(&self, dir: &Path) -> Search {
        let opened = Search::open(dir, Settings::default(), Arc::clone(&self.vocabularies), Clock::held_at(now())).unwrap();
        let mut rebuild = opened.search.rebuild().unwrap();
        for made in &self.corpus.document {
            rebuild.add(&self.analysed(made)).unwrap();
        }
        rebuild.finish(1).unwrap();
        opened.search
    }

    fn analysed(&self, made: &Made) -> Document {
        let number = self.document(&made.id).0;
        if made.kind == MadeKind::Party {
            return Document::party(&made.party(PartyId(Uuid::from_u128(number))), &self.vocabularies);
        }
        let owner = self.document(&made.owner).1;
        if made.kind == MadeKind::Expert {
            let affiliation =
                Affiliation { id: self.party(&made.owner), slug: owner.id.clone(), names: both(&owner.title, &owner.title_en) };
            return Document::expert(&made.expert(ExpertId(Uuid::from_u128(number)), affiliation), &self.vocabularies);
        }
        let content = made.content();
        let kind = content.kind();
        let published_at = now() - TimeDelta::days(made.days_old);
        let listing = Published {
            id: ListingId(Uuid::from_u128(number)),
            kind,
            code: if made.code.is_empty() { format!("{}-2025-{number:06}", kind.code_prefix()) } else { made.code.clone() },
            slug: made.id.clone(),
            version: 1,
            owner: Owner {
                id: self.party(&made.owner),
                name: both(&owner.title, &owner.title_en),
                party_type: code(owner.party_type.as_deref().unwrap_or("enterprise")),
                province: owner.province.as_deref().map(code),
                commune: None,
                verification: code("document"),
            },
            source_lang: if made.title.is_empty() { Lang::En } else { Lang::Vi },
            content,
            audience: match made.audience.as_str() {
                "" | "public" => Audience::Public,
                "registered" => Audience::Registered,
                party => Audience::Parties(vec![self.party(&made.owner), self.party(party)]),
            },
            published_at,
            out_since: published_at,
            confirmed_at: published_at,
            expires_at: now() + TimeDelta::days(made.ends_in_days.unwrap_or(300)),
            completeness: 80,
            provenance: Provenance { origin: code("manual"), source: None, external_id: None, licence: None },
        };
        Document::listing(&listing, &self.vocabularies).unwrap()
    }

    fn viewer(&self, row: &Row) -> Viewer {
        let lang = if row.lang == "en" { Lang::En } else { Lang::Vi };
        let signed_in = |memberships| Actor {
            capacity: Capacity::Person(AccountId(Uuid::from_u128(1))),
            memberships,
            scopes: Scope::ALL.iter().copied().collect(),
            ..Actor::anonymous(lang)
        };
        Viewer::of(&match row.viewer.as_str() {
            "" | "public" => Actor::anonymous(lang),
            "registered" => signed_in(Vec::new()),
            "moderator" => Actor { lang, ..Actor::system() },
            party => signed_in(vec![Membership { party: self.party(party), roles: [PartyRole::Viewer].into() }]),
        })
    }

    /// What of a row does not hold; nothing if it holds.
    fn broken(&self, search: &Search, row: &Row) -> Option<String> {
        let came = self.ask(search, row);
        let mut wrong = Vec::new();
        let place = |id: &String| came.ids.iter().position(|c| c == id);
        if let Some(first) = &row.first
            && came.ids.first() != Some(first)
        {
            wrong.push(format!("{first} first"));
        }
        for [upper, lower] in &row.above {
            if !matches!((place(upper), place(lower)), (Some(a), Some(b)) if a < b) {
                wrong.push(format!("{upper} above {lower}"));
            }
        }
        wrong.extend(row.found.iter().filter(|id| place(id).is_none()).map(|id| format!("{id} found")));
        wrong.extend(row.absent.iter().filter(|id| place(id).is_some()).map(|id| format!("{id} not found")));
        if let Some(only) = &row.only
            && BTreeSet::from_iter(only) != BTreeSet::from_iter(&came.ids)
        {
            wrong.push(format!("only {}", only.join(", ")));
        }
        if let Some(total) = row.total.filter(|t| *t != came.total) {
            wrong.push(format!("{total} in all"));
        }
        if row.relaxed != came.relaxed {
            wrong.push(if row.relaxed { "not all words".to_owned() } else { "all words".to_owned() });
        }
        if let Some(meant) = &row.did_you_mean
            && came.did_you_mean.as_deref().unwrap_or_default() != meant
        {
            wrong.push(format!("meant {meant:?}"));
        }
        if let Some(jump) = &row.jump
            && came.named.as_deref().unwrap_or_default() != jump
        {
            wrong.push(if jump.is_empty() { "no jump".to_owned() } else { format!("a jump to {jump}") });
        }
        if let Some(shown) = &row.shows
            && !came.shown.iter().any(|s| s.contains(shown))
        {
            wrong.push(format!("shown {shown:?}"));
        }
        for (value, count) in &row.counts {
            let counted = came.counts.get(value).copied().unwrap_or_default();
            if counted != *count {
                wrong.push(format!("{value} counted {count} times, not {counted}"));
            }
        }
        (!wrong.is_empty()).then(|| format!("expected {}\n    {came}", wrong.join("; ")))
    }

    /// All pages of a row's search.
    fn ask(&self, search: &Search, row: &Row) -> Came {
        let filters: Filters = row.filters.iter().map(|(f, values)| (f.parse().unwrap(), values.iter().cloned().collect())).collect();
        let viewer = self.viewer(row);
        let mut query = Query {
            filters,
            sort: row.sort.unwrap_or_default(),
            limit: Limit::new(row.enough.unwrap_or(1)).unwrap(),
            enough: Limit::new(row.enough.unwrap_or(1)).unwrap(),
            facets: Facet::ALL.to_vec(),
            ..Query::words(row.q.clone())
        };
        let names: HashMap<Uuid, &String> =
            self.corpus.document.iter().enumerate().map(|(place, d)| (Uuid::from_u128(number(place)), &d.id)).collect();
        let mut results = search.find(&query, &viewer).unwrap();
        let mut came = Came {
            ids: Vec::new(),
            total: results.total,
            relaxed: results.relaxed,
            named: results.named.take().map(|card| names[&card.id].clone()),
            did_you_mean: results.did_you_mean.take(),
            shown: results
                .items
                .first()
                .map(|hit| [hit.highlights.title.clone(), hit.card.title(viewer.lang).to_owned()])
                .unwrap_or_default(),
            counts: BTreeMap::new(),
        };
        for (facet, values) in &results.facets {
            came.counts.extend(values.iter().map(|v| (format!("{facet}:{}", v.code), v.count)));
        }
        query.facets.clear();
        for _ in 0..MAX_PAGES {
            came.ids.extend(results.items.iter().map(|hit| names[&hit.card.id].clone()));
            query.cursor = results.next.take();
            if query.cursor.is_none() {
                break;
            }
            results = search.find(&query, &viewer).unwrap();
        }
        came
    }
}

/// What came of a search.
struct Came {
    ids: Vec<String>,
    total: u64,
    relaxed: bool,
    named: Option<String>,
    did_you_mean: Option<String>,
    /// The title of the first result, with marks around the words found and without.
    shown: [String; 2],
    counts: BTreeMap<String, u64>,
}

impl std::fmt::Display for Came {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words = if self.relaxed { "not all words" } else { "all words" };
        let ids: Vec<&str> = self.ids.iter().take(12).map(String::as_str).collect();
        write!(f, "came     {} ({} in all, {words}", ids.join(", "), self.total)?;
        if let Some(named) = &self.named {
            write!(f, ", a jump to {named}")?;
        }
        if let Some(meant) = &self.did_you_mean {
            write!(f, ", meant {meant:?}")?;
        }
        if let Some(shown) = self.shown.first().filter(|s| !s.is_empty()) {
            write!(f, ", shown {shown:?}")?;
        }
        f.write_str(")")
    }
}

impl Row {
    fn ids(&self) -> impl Iterator<Item = &String> {
        let above = self.above.iter().flatten();
        let jump = self.jump.iter().filter(|id| !id.is_empty());
        self.first.iter().chain(jump).chain(above).chain(&self.found).chain(&self.absent).chain(self.only.iter().flatten())
    }

    fn says_something(&self) -> bool {
        let flags = self.jump.is_some() || self.total.is_some() || self.relaxed || self.did_you_mean.is_some() || self.shows.is_some();
        self.ids().next().is_some() || self.only.is_some() || flags || !self.counts.is_empty()
    }

    /// The row as somebody would say it.
    fn asked(&self) -> String {
        let mut asked = format!("{:?}", self.q);
        for (name, value) in [("as", &self.viewer), ("in", &self.lang)] {
            if !value.is_empty() {
                let _ = write!(asked, " {name} {value}");
            }
        }
        for (facet, values) in &self.filters {
            let _ = write!(asked, " {facet}={}", values.join("/"));
        }
        asked
    }
}

impl Made {
    fn content(&self) -> Content {
        let title = both(&self.title, &self.title_en);
        let summary = both(&self.summary, &self.summary_en);
        let codes = |all: &[String]| all.iter().map(|c| code(c)).collect::<Vec<_>>();
        let number = |n: &Option<String>| n.clone().map(|number| OfficeNumber { number, date: None });
        let field = self.field.as_deref().map(code);
        match self.kind {
            MadeKind::Technology => Content::Technology(Box::new(Technology {
                title,
                summary,
                description: both(&self.description, &self.description_en),
                applications: both(&self.applications, ""),
                keywords: self.words(),
                field,
                trl: self.trl,
                cooperation: codes(&self.cooperation),
                partner_types: codes(&self.partner_types),
                ipr_status: self.ipr_status.as_deref().map(code),
                ipc: codes(&self.ipc),
                standards: self.standards.clone(),
                owners: self.creators.iter().map(|name| Share { name: name.clone(), ..Share::default() }).collect(),
                publications: if self.doi.is_empty() {
                    Vec::new()
                } else {
                    vec![Publication { title: self.title_en.clone(), doi: self.doi.clone() }]
                },
                state_funding: (!self.task_code.is_empty())
                    .then(|| StateFunding { task_code: self.task_code.clone(), ..StateFunding::default() }),
                ..Technology::default()
            })),
            MadeKind::IpAsset => Content::IpAsset(Box::new(IpAsset {
                title,
                summary,
                keywords: self.words(),
                field,
                ip_kind: self.ip_kind.as_deref().map(code),
                status: self.status.as_deref().map(code),
                application: number(&self.application),
                publication: number(&self.publication),
                grant: number(&self.grant),
                family: self.family.clone(),
                creators: self.creators.clone(),
                ipc: codes(&self.ipc),
                ..IpAsset::default()
            })),
            MadeKind::Need | MadeKind::Party | MadeKind::Expert => Content::Need(Box::new(Need {
                title,
                problem: summary,
                constraints: both(&self.description, &self.description_en),
                keywords: self.words(),
                field,
                trl_min: self.trl,
                cooperation: codes(&self.cooperation),
                partner_types: codes(&self.partner_types),
                anonymity: self.anonymity.as_deref().map(code),
                standards: self.standards.clone(),
                ..Need::default()
            })),
        }
    }

    /// By way of what other crates are told of a party, so that what is personal is cut as it is in a space.
    fn party(&self, id: PartyId) -> PartyDocument {
        let brief = PartyBrief {
            id,
            slug: self.id.clone(),
            names: both(&self.title, &self.title_en),
            party_type: code(self.party_type.as_deref().unwrap_or("enterprise")),
            province: self.province.as_deref().map(code),
            commune: None,
            verification: code("document"),
            profile: PartyProfile {
                party_type: code(self.party_type.as_deref().unwrap_or("enterprise")),
                presentation: both(&self.summary, &self.summary_en),
                capacities: self.words(),
                tax_code: self.tax_code.clone(),
                registration: self.registration.clone(),
                ..PartyProfile::default()
            },
            demonstration: false,
            created_at: now() - TimeDelta::days(self.days_old),
            version: 1,
            updated_at: now() - TimeDelta::days(self.days_old),
        };
        PartyDocument {
            other_names: self.other_names.clone(),
            fields: self.field.as_deref().map(code).into_iter().collect(),
            ..PartyDocument::from(brief)
        }
    }

    /// An expert says what they can do where a listing has keywords.
    fn expert(&self, id: ExpertId, affiliation: Affiliation) -> ExpertBrief {
        let expertise = self.keywords.iter().map(|what| Expertise {
            what: both(what, ""),
            field: self.field.as_deref().map(code),
            ..Expertise::default()
        });
        let profile = ExpertProfile {
            name: self.title.clone(),
            presentation: both(&self.summary, &self.summary_en),
            expertise: expertise.collect(),
            regions: self.province.as_deref().map(code).into_iter().collect(),
            ..ExpertProfile::default()
        };
        let at = now() - TimeDelta::days(self.days_old);
        let view = ExpertView {
            id,
            slug: self.id.clone(),
            profile,
            affiliation: Some(affiliation),
            demonstration: false,
            version: 1,
            published_at: at,
            updated_at: at,
        };
        ExpertBrief { view, party: None, revision: 1 }
    }

    fn words(&self) -> LocalisedList {
        let lists = [(Lang::Vi, &self.keywords), (Lang::En, &self.keywords_en)];
        LocalisedList(lists.into_iter().filter(|(_, words)| !words.is_empty()).map(|(lang, words)| (lang, words.clone())).collect())
    }
}

/// The id of the document at a place of the corpus.
fn number(place: usize) -> u128 {
    0x90_1d00 + place as u128
}

fn code(text: &str) -> Code {
    Code::from(text)
}

fn both(vi: &str, en: &str) -> Localised {
    let texts = [(Lang::Vi, vi), (Lang::En, en)].into_iter().filter(|(_, text)| !text.is_empty());
    Localised(texts.map(|(lang, text)| (lang, Text { text: text.to_owned(), ..Text::default() })).collect())
}

/// A rule as the table names it: `Rule::OneI` is `one_i`.
fn name_of(rule: Rule) -> String {
    let mut name = String::new();
    for c in format!("{rule:?}").chars() {
        if c.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.extend(c.to_lowercase());
    }
    name
}

#[test]
fn every_row_of_the_golden_table_holds() {
    let golden = Golden::read();
    let dir = tempfile::tempdir().unwrap();
    let search = golden.index(dir.path());
    let mut report = String::new();
    let mut failed = 0;
    for (group, row) in golden.rows() {
        if let Some(broken) = golden.broken(&search, row) {
            failed += 1;
            let _ = writeln!(report, "[{}] {}\n    {broken}", group.about, row.asked());
        }
    }
    assert!(failed == 0, "{failed} of {} rows do not hold:\n{report}", golden.rows().count());
}

#[test]
fn each_rule_of_the_analysis_has_a_row_that_fails_without_it() {
    let golden = Golden::read();
    let mut report = String::new();
    // A row that does not hold anyway proves nothing.
    let whole = golden.index_in_memory();
    for (group, row) in golden.rows().filter(|(_, row)| !row.needs.is_empty()) {
        if let Some(broken) = golden.broken(&whole, row) {
            let _ = writeln!(report, "with all rules this does not hold: [{}] {}\n    {broken}", group.about, row.asked());
        }
    }
    for rule in Rule::ALL {
        let name = name_of(rule);
        search::without(rule, || {
            let search = golden.index_in_memory();
            for (group, row) in golden.rows().filter(|(_, row)| row.needs.contains(&name)) {
                if golden.broken(&search, row).is_none() {
                    let _ = writeln!(report, "without {name}, this still holds: [{}] {}", group.about, row.asked());
                }
            }
        });
    }
    assert!(report.is_empty(), "{report}");
}

#[test]
fn the_table_is_large_enough() {
    let golden = Golden::read();
    assert!(golden.rows().count() >= LEAST_ROWS, "{} rows are too few", golden.rows().count());
    let named: BTreeSet<&String> = golden.rows().flat_map(|(_, row)| &row.needs).collect();
    let unnamed: Vec<String> = Rule::ALL.into_iter().map(name_of).filter(|name| !named.contains(name)).collect();
    assert!(unnamed.is_empty(), "no row needs {}", unnamed.join(", "));
    for kind in [MadeKind::Technology, MadeKind::IpAsset, MadeKind::Need, MadeKind::Party] {
        assert!(golden.corpus.document.iter().filter(|d| d.kind == kind).count() >= 10, "too little of {kind:?}");
    }
}

#[test]
fn a_name_of_nothing_in_the_table_is_told() {
    let mut golden = Golden::read();
    let row = |row: Row| Group { about: "wrong".to_owned(), rows: vec![row] };
    golden.table.group = vec![
        row(Row { q: "a".to_owned(), first: Some("nothing".to_owned()), ..Row::default() }),
        row(Row { q: "b".to_owned(), ..Row::default() }),
        row(Row { q: "c".to_owned(), relaxed: true, needs: vec!["nothing".to_owned()], ..Row::default() }),
        row(Row { q: "d".to_owned(), relaxed: true, viewer: "nobody".to_owned(), ..Row::default() }),
    ];
    assert_eq!(golden.faults().len(), 4, "{:?}", golden.faults());
    assert!(toml::from_str::<Table>("[[group]]\nabout = \"x\"\nrows = [{ q = \"a\", frist = \"b\" }]").is_err());
}
