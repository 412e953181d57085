//! What is measured on: awards as technologies, topics as needs, and which of them belong together.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{BufRead, BufReader};
use std::path::Path;

use base::text::LocalisedList;
use base::{Lang, ListingId, Localised, PartyId};
use chrono::{DateTime, Utc};
use listings::Kind;
use listings::content::{Content, Need, Technology};
use listings::published::{Audience, Owner, Provenance, Published};
use uuid::Uuid;

/// How much of a side is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    Title,
    TitleAndAbstract,
    Full,
    /// Everything but the title.
    Untitled,
}

impl Reading {
    pub fn name(self) -> &'static str {
        match self {
            Self::Title => "title only",
            Self::TitleAndAbstract => "title and abstract",
            Self::Full => "full text",
            Self::Untitled => "full text without title",
        }
    }
}

/// An award or a topic.
#[derive(Clone, Debug, Default)]
pub struct Text {
    pub id: String,
    pub title: String,
    pub body: String,
    pub keywords: String,
    /// By which topics and awards are joined; empty where nothing is known.
    pub code: String,
}

impl Text {
    /// The words of one reading, as plain BM25 takes them.
    pub fn words(&self, reading: Reading) -> String {
        match reading {
            Reading::Title => self.title.clone(),
            Reading::TitleAndAbstract => format!("{}\n{}", self.title, self.body),
            Reading::Full => format!("{}\n{}\n{}", self.title, self.body, self.keywords),
            Reading::Untitled => format!("{}\n{}", self.body, self.keywords),
        }
    }

    /// What of it a reading has.
    fn read(&self, reading: Reading) -> (&str, &str, LocalisedList) {
        let title = if reading == Reading::Untitled { "" } else { self.title.as_str() };
        let body = if reading == Reading::Title { "" } else { self.body.as_str() };
        let words = if matches!(reading, Reading::Full | Reading::Untitled) { self.keywords.as_str() } else { "" };
        let keywords: Vec<String> = words.split([',', ';']).map(|k| k.trim().to_owned()).filter(|k| !k.is_empty()).take(5).collect();
        (title, body, LocalisedList(if keywords.is_empty() { BTreeMap::new() } else { [(Lang::En, keywords)].into() }))
    }

    pub fn technology(&self, reading: Reading) -> Content {
        let (title, body, keywords) = self.read(reading);
        Content::Technology(Box::new(Technology {
            title: of(cut(title, 256)),
            summary: of(cut(body, 500)),
            description: of(cut(body, 4_000)),
            keywords,
            ..Technology::default()
        }))
    }

    pub fn need(&self, reading: Reading) -> Content {
        let (title, body, keywords) = self.read(reading);
        // Needs are only read here, so nothing cuts them.
        Content::Need(Box::new(Need { title: of(title), problem: of(body), keywords, ..Need::default() }))
    }
}

fn of(words: &str) -> Localised {
    if words.is_empty() { Localised::default() } else { Localised::of(Lang::En, words) }
}

fn cut(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or(text, |(at, _)| text[..at].rsplit_once(' ').map_or(&text[..at], |(head, _)| head))
}

fn lines(path: &Path) -> impl Iterator<Item = String> {
    let file = std::fs::File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    BufReader::new(flate2::read::GzDecoder::new(file)).lines().map(Result::unwrap)
}

/// The texts of a file; `body` names the columns that are its text.
pub fn texts(path: &Path, body: &[&str]) -> Vec<Text> {
    let read = |line: String| {
        let row: serde_json::Value = serde_json::from_str(&line).unwrap();
        let text = |name: &str| row[name].as_str().unwrap_or_default().trim().to_owned();
        let body: Vec<String> = body.iter().map(|name| text(name)).filter(|part| !part.is_empty()).collect();
        Text { id: text("id"), title: text("title"), body: body.join("\n"), keywords: text("keywords"), code: text("topic_code") }
    };
    lines(path).map(read).collect()
}

/// Pairs of ids, two columns with a tab between them.
pub fn pairs(path: &Path) -> Vec<(String, String)> {
    lines(path).filter_map(|line| line.split_once('\t').map(|(one, other)| (one.to_owned(), other.trim().to_owned()))).collect()
}

/// Topics and awards that have the same code.
pub fn of_one_code(topics: &[Text], awards: &[Text]) -> Vec<(String, String)> {
    let mut by_code: HashMap<String, Vec<&str>> = HashMap::new();
    for award in awards.iter().filter(|award| !award.code.is_empty()) {
        by_code.entry(award.code.to_uppercase()).or_default().push(&award.id);
    }
    let mut all = Vec::new();
    for topic in topics.iter().filter(|topic| !topic.code.is_empty()) {
        for award in by_code.get(&topic.code.to_uppercase()).into_iter().flatten() {
            all.push((topic.id.clone(), (*award).to_owned()));
        }
    }
    all
}

/// What belongs to each query, by place among the awards. Pairs that name what is not there are left out.
pub fn right_ones(pairs: &[(String, String)], places: &HashMap<String, usize>) -> BTreeMap<String, BTreeSet<usize>> {
    let mut right: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (query, award) in pairs {
        if let Some(place) = places.get(award) {
            right.entry(query.clone()).or_default().insert(*place);
        }
    }
    right
}

/// The moment of everything that is measured.
pub fn moment() -> DateTime<Utc> {
    DateTime::from_timestamp(1_750_000_000, 0).unwrap()
}

/// The id of the award at this place.
pub fn id_at(place: usize) -> ListingId {
    ListingId(Uuid::from_u128(u128::try_from(place).unwrap() + 1))
}

/// The place of the award with this id.
pub fn place_of(id: ListingId) -> usize {
    usize::try_from(id.0.as_u128()).unwrap() - 1
}

pub fn published(place: usize, award: &Text, reading: Reading) -> Published {
    let at = moment();
    Published {
        id: id_at(place),
        kind: Kind::Technology,
        code: format!("CN-2026-{place:06}"),
        slug: format!("award-{place}"),
        version: 1,
        owner: Owner {
            id: PartyId(Uuid::from_u128(1)),
            name: Localised::of(Lang::En, "Owner"),
            party_type: "enterprise".into(),
            province: None,
            commune: None,
            verification: "document".into(),
        },
        source_lang: Lang::En,
        content: award.technology(reading),
        audience: Audience::Public,
        published_at: at,
        out_since: at,
        confirmed_at: at,
        expires_at: at,
        completeness: 50,
        provenance: Provenance { origin: "import".into(), source: None, external_id: Some(award.id.clone()), licence: None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(id: &str, code: &str) -> Text {
        Text { id: id.to_owned(), code: code.to_owned(), ..Text::default() }
    }

    #[test]
    fn topics_and_awards_are_joined_by_their_code_and_by_nothing_else() {
        let topics = [text("topic:1", "a-1"), text("topic:2", ""), text("topic:3", "C")];
        let awards = [text("sbir:1", "A-1"), text("sbir:2", ""), text("sbir:3", "A-1"), text("sbir:4", "B")];
        let pair = |topic: &str, award: &str| (topic.to_owned(), award.to_owned());
        assert_eq!(of_one_code(&topics, &awards), [pair("topic:1", "sbir:1"), pair("topic:1", "sbir:3")]);
    }

    #[test]
    fn what_is_not_there_is_no_right_answer() {
        let places: HashMap<String, usize> = [("a", 0), ("b", 1)].map(|(id, place)| (id.to_owned(), place)).into();
        let pairs = [("a", "b"), ("b", "a"), ("c", "x")].map(|(one, other)| (one.to_owned(), other.to_owned()));
        let right = right_ones(&pairs, &places);
        assert_eq!(right, BTreeMap::from([("a".to_owned(), BTreeSet::from([1])), ("b".to_owned(), BTreeSet::from([0]))]));
    }
}
