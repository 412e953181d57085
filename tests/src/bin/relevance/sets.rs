//! The sets: texts, queries, and what is right for each.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;

use base::{Lang, ListingId, Localised, PartyId};
use listings::Kind;
use listings::content::{Content, Technology};
use listings::published::{Audience, Owner, Provenance, Published};
use serde_json::Value;
use uuid::Uuid;

/// The weights that `--tune` may change.
pub const TUNED: [&str; 13] =
    ["folded", "exact", "shaped", "pairs", "stems", "title", "summary", "near", "run", "cover", "cover_pairs", "repeat", "length"];

/// A text of a set.
pub struct Text {
    pub id: String,
    pub lang: Lang,
    pub title: String,
    pub body: String,
}

/// A query of a set.
#[derive(Clone)]
pub struct Ask {
    text: String,
    /// The ids that are right.
    pub right: Vec<String>,
    /// The id that does not count: the text the query was made from.
    pub besides: Option<String>,
}

impl Ask {
    /// As typed with or without marks.
    pub fn text(&self, marked: bool) -> String {
        let text = if marked { self.text.clone() } else { base::fold::folded(&self.text) };
        text.get(..text.floor_char_boundary(search::query::MAX_BYTES)).unwrap_or_default().to_owned()
    }
}

/// Texts and queries.
pub struct Set {
    pub name: String,
    pub lang: Lang,
    pub texts: Vec<Text>,
    pub asks: Vec<Ask>,
    /// Whether `--tune` may look at it; what is only measured tells whether that holds for
    /// other queries.
    pub is_tuned: bool,
}

fn cut(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or(text, |(at, _)| &text[..at])
}

impl Text {
    /// The text as a published technology: its first words are the short text, as they are in what people write.
    pub fn published(&self, n: usize) -> Published {
        let of = |words: &str| Localised::of(self.lang, words);
        let content = Technology {
            title: of(cut(&self.title, 256)),
            summary: of(cut(&self.body, 300)),
            description: of(cut(&self.body, 4_000)),
            ..Technology::default()
        };
        let at = chrono::DateTime::from_timestamp(1_750_000_000, 0).unwrap();
        let number = u128::try_from(n).unwrap();
        Published {
            id: ListingId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | number)),
            kind: Kind::Technology,
            code: format!("CN-2026-{n:06}"),
            slug: format!("t{n}"),
            version: 1,
            owner: Owner {
                id: PartyId(Uuid::from_u128(1)),
                name: Localised::default(),
                party_type: "institute".into(),
                province: None,
                commune: None,
                verification: "document".into(),
            },
            source_lang: self.lang,
            content: Content::Technology(Box::new(content)),
            audience: Audience::Public,
            published_at: at,
            out_since: at,
            confirmed_at: at,
            expires_at: at + chrono::TimeDelta::days(365),
            completeness: 70,
            provenance: Provenance { origin: "import".into(), source: None, external_id: Some(self.id.clone()), licence: None },
        }
    }
}

fn lines(path: &Path) -> Vec<String> {
    let file = std::fs::File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    BufReader::new(flate2::read::GzDecoder::new(file)).lines().map(Result::unwrap).collect()
}

fn rows(path: &Path) -> Vec<Value> {
    lines(path).iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn pairs(path: &Path) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in lines(path) {
        if let Some((from, to)) = line.split_once('\t') {
            all.entry(from.to_owned()).or_default().push(to.trim().to_owned());
        }
    }
    all
}

fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_default().to_owned()
}

/// At most `most` of them, spread over all.
fn some<T>(all: Vec<T>, most: usize) -> Vec<T> {
    let (count, most) = (all.len(), most.max(1));
    if count <= most {
        return all;
    }
    all.into_iter().enumerate().filter(|(n, _)| n * most / count != (n + 1) * most / count).map(|(_, one)| one).collect()
}

/// All sets of a folder, with at most `most` queries each.
pub fn read(data: &Path, most: usize) -> Vec<Set> {
    let at = |name: &str| data.join(name);
    let mut sets = Vec::new();

    let articles = rows(&at("vi_articles.jsonl.gz"));
    let related = pairs(&at("vi_related.tsv.gz"));
    let titles: BTreeMap<String, String> = articles.iter().map(|a| (text(a, "id"), text(a, "title"))).collect();
    let asks: Vec<Ask> = related
        .into_iter()
        .filter_map(|(id, right)| Some(Ask { text: titles.get(&id)?.clone(), right, besides: Some(id) }))
        .filter(|ask| ask.text.split_whitespace().count() >= 4)
        .collect();
    // What everybody remembers of an article, its title, and nothing of it in the index but the body.
    let own: Vec<Ask> = titles
        .iter()
        .filter(|(_, title)| title.split_whitespace().count() >= 4)
        .map(|(id, title)| Ask { text: title.clone(), right: vec![id.clone()], besides: None })
        .collect();
    let (asks, own) = (some(asks, most), some(own, most));
    for (name, with_title, asks, is_tuned) in [
        ("related articles by title", true, asks.clone(), true),
        ("related articles by title, bodies alone", false, asks, true),
        ("articles by their own title, bodies alone", false, own, false),
    ] {
        let title = |a: &Value| if with_title { text(a, "title") } else { String::new() };
        sets.push(Set {
            name: name.to_owned(),
            lang: Lang::Vi,
            texts: articles.iter().map(|a| Text { id: text(a, "id"), lang: Lang::Vi, title: title(a), body: text(a, "text") }).collect(),
            asks,
            is_tuned,
        });
    }

    let passages = rows(&at("xquad_passages.jsonl.gz"));
    let queries = rows(&at("xquad_queries.jsonl.gz"));
    let right = pairs(&at("xquad_qrels.tsv.gz"));
    for (lang, code) in [(Lang::Vi, "vi"), (Lang::En, "en")] {
        let asks: Vec<Ask> = queries
            .iter()
            .filter_map(|q| Some(Ask { text: text(q, code), right: right.get(q["id"].as_str()?)?.clone(), besides: None }))
            .collect();
        sets.push(Set {
            name: format!("XQuAD passages, {code}"),
            lang,
            texts: passages.iter().map(|p| Text { id: text(p, "id"), lang, title: String::new(), body: text(p, code) }).collect(),
            asks: some(asks, most),
            is_tuned: true,
        });
    }

    let right = pairs(&at("alqac_qrels.tsv.gz"));
    let asks: Vec<Ask> = rows(&at("alqac_queries.jsonl.gz"))
        .iter()
        .filter_map(|q| Some(Ask { text: text(q, "text"), right: right.get(q["id"].as_str()?)?.clone(), besides: None }))
        .collect();
    sets.push(Set {
        name: "ALQAC questions".to_owned(),
        lang: Lang::Vi,
        texts: rows(&at("alqac_articles.jsonl.gz"))
            .iter()
            .map(|a| Text { id: text(a, "id"), lang: Lang::Vi, title: String::new(), body: text(a, "text") })
            .collect(),
        asks: some(asks, most),
        is_tuned: true,
    });

    let offers = rows(&at("offers_en.jsonl.gz"));
    let titles: BTreeMap<String, String> = offers.iter().map(|o| (text(o, "id"), text(o, "title"))).collect();
    let asks: Vec<Ask> = pairs(&at("same_topic.tsv.gz"))
        .into_iter()
        .filter_map(|(id, right)| Some(Ask { text: titles.get(&id)?.clone(), right, besides: Some(id) }))
        .collect();
    sets.push(Set {
        name: "awards of one topic by title".to_owned(),
        lang: Lang::En,
        texts: offers
            .iter()
            .map(|o| Text { id: text(o, "id"), lang: Lang::En, title: text(o, "title"), body: text(o, "abstract") })
            .collect(),
        asks: some(asks, most),
        is_tuned: true,
    });
    sets
}
