//! One side of a match: its content, the texts that speak of the matter, and what everybody may know of its party.

use base::text::LocalisedList;
use base::{Code, Lang, ListingId, PartyId};
use chrono::{DateTime, Utc};
use listings::content::{Content, IpAsset, TextRole};
use listings::published::Published;
use vectors::Packed;

use crate::foreign::{self, Foreign, MARKED_OF, has_marks};
use crate::weights::Role;

/// What everybody who sees the listing may know of its party. Decided by the public rule, whoever asks, so that no
/// score tells what a hidden seeker did not want told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The party.
    pub party: Option<PartyId>,
    /// A code of `party_types`.
    pub party_type: Option<Code>,
    /// A code of `provinces`.
    pub province: Option<Code>,
    /// Last confirmed as still available.
    pub confirmed_at: Option<DateTime<Utc>>,
}

impl Known {
    /// What may be known of a party beside this content.
    #[must_use]
    pub fn of(content: &Content, party: Option<PartyId>, party_type: Option<Code>, province: Option<Code>) -> Self {
        let anonymity = match content {
            Content::Need(need) => need.anonymity.as_ref().map_or("named", Code::as_str),
            Content::Technology(_) | Content::IpAsset(_) => "named",
        };
        let named = anonymity == "named";
        let placed = named || anonymity == "sector_and_region";
        let own = match content {
            Content::Need(need) => need.province.clone(),
            Content::Technology(_) | Content::IpAsset(_) => None,
        };
        Self {
            party: party.filter(|_| named),
            party_type: party_type.filter(|_| placed),
            province: own.or(province).filter(|_| placed),
            confirmed_at: None,
        }
    }
}

/// One side of a match.
#[derive(Clone, Debug)]
pub struct Side<'a> {
    /// The listing, if it is stored.
    pub id: Option<ListingId>,
    /// What it says.
    pub content: &'a Content,
    /// What may be known of its party.
    pub known: Known,
    /// The vector of what it says, of a content that is not stored and was encoded. A stored one has its own.
    pub vector: Option<Packed>,
}

impl<'a> Side<'a> {
    /// A published listing.
    #[must_use]
    pub fn of(listing: &'a Published) -> Self {
        let owner = &listing.owner;
        let known = Known::of(&listing.content, Some(owner.id), Some(owner.party_type.clone()), owner.province.clone());
        let known = Known { confirmed_at: Some(listing.confirmed_at), ..known };
        Self { id: Some(listing.id), content: &listing.content, known, vector: None }
    }

    /// A content that is not stored.
    #[must_use]
    pub fn unstored(content: &'a Content) -> Self {
        Self { id: None, content, known: Known::of(content, None, None, None), vector: None }
    }
}

/// A text of one side in one language, that speaks of the matter.
pub(crate) struct Field<'a> {
    /// JSON pointer into the content, with the language: `/title/vi`.
    pub(crate) pointer: String,
    pub(crate) role: Role,
    pub(crate) lang: Lang,
    pub(crate) texts: Vec<&'a str>,
    /// Whether a Vietnamese text carries its marks.
    pub(crate) marked: bool,
    /// How many words.
    pub(crate) length: usize,
    /// Whether it is what is kept under the other language and reads as this one.
    pub(crate) is_aside: bool,
    /// Whether what stands at the pointer is said in this language: not where all of it reads as the other one, and not by a run
    /// in it.
    pub(crate) is_said: bool,
}

/// Whether a text carries marks, at least in one word of [`MARKED_OF`], and how many words it has. A quick look without taking
/// words apart.
fn marks(texts: &[&str]) -> (bool, usize) {
    let (mut all, mut marked) = (0, 0);
    for word in texts.iter().flat_map(|t| t.split_ascii_whitespace()) {
        all += 1;
        marked += usize::from(has_marks(word));
    }
    (marked * MARKED_OF >= all.max(1), all)
}

pub(crate) fn push<'a>(fields: &mut Vec<Field<'a>>, pointer: &str, role: Role, lang: Lang, texts: Vec<&'a str>) {
    if texts.iter().all(|t| t.is_empty()) {
        return;
    }
    let (marked, length) = marks(&texts);
    let pointer = format!("{pointer}/{lang}");
    let foreign = foreign::read(&texts, lang);
    let is_said = foreign != Foreign::Whole;
    let aside = match foreign {
        Foreign::Nothing => None,
        Foreign::Runs(runs) => Some(runs),
        Foreign::Whole => Some(texts.clone()),
    };
    fields.push(Field { pointer: pointer.clone(), role, lang, texts, marked, length, is_aside: false, is_said });
    // Beside its own language and never instead of it: names and loan words meet there, too.
    if let Some(texts) = aside {
        let (lang, (marked, _)) = (lang.other(), marks(&texts));
        // Of the whole field: a run is a part of it and no short text of its own.
        fields.push(Field { pointer: pointer.clone(), role, lang, texts, marked, length, is_aside: true, is_said: !is_said });
    }
}

/// A pointer without its language.
pub(crate) fn bare(pointer: &str) -> &str {
    pointer.rsplit_once('/').map_or(pointer, |(bare, _)| bare)
}

pub(crate) fn push_list<'a>(fields: &mut Vec<Field<'a>>, pointer: &str, role: Role, list: &'a LocalisedList) {
    for (lang, all) in &list.0 {
        push(fields, pointer, role, *lang, all.iter().map(String::as_str).collect());
    }
}

/// The role of a text, by its pointer; none for texts that speak of what is *not* meant (what was tried, what is
/// excluded, what others do) or of people and places, and none for the metrics of targets, which are compared as
/// figures.
fn role_of(pointer: &str, role: TextRole) -> Option<Role> {
    Some(match (pointer, role) {
        ("/problem", TextRole::Description) => Role::Problem,
        ("/constraints", _) => Role::Description,
        ("/capacity" | "/inputs" | "/requirements" | "/environment", _) => Role::Other,
        (p, _) if p.starts_with("/targets/") || p.ends_with("/compared_with") => return None,
        (p, _) if p.starts_with("/advantages/") && p.ends_with("/conditions") => Role::Other,
        (_, TextRole::Title) => Role::Title,
        (_, TextRole::Summary) => Role::Summary,
        (_, TextRole::Advantage) => Role::Advantage,
        (_, TextRole::Description) => Role::Description,
        (_, TextRole::Other) => return None,
    })
}

/// Whether an asset is a sign for goods and no way to make them.
fn is_sign(asset: &IpAsset) -> bool {
    let signs = ["trademark", "collective_mark", "certification_mark", "geographical_indication"];
    asset.ip_kind.as_ref().is_some_and(|kind| signs.contains(&kind.as_str()))
}

/// The texts of a content that speak of the matter.
pub(crate) fn fields(content: &Content) -> Vec<Field<'_>> {
    let mut fields = Vec::new();
    for text in content.texts() {
        let Some(role) = role_of(&text.pointer, text.role) else { continue };
        for lang in Lang::ALL {
            if let Some(words) = text.text.get(lang) {
                push(&mut fields, &text.pointer, role, lang, vec![words]);
            }
        }
    }
    match content {
        Content::Technology(c) => {
            push_list(&mut fields, "/keywords", Role::Keywords, &c.keywords);
            push_list(&mut fields, "/market_keywords", Role::Keywords, &c.market_keywords);
            push_list(&mut fields, "/products", Role::Keywords, &c.products);
        }
        Content::IpAsset(c) => {
            // What a sign stands on says nothing of how it is made: a mark for dried coconut dries none.
            let products = if is_sign(c) { Role::Other } else { Role::Keywords };
            push_list(&mut fields, "/keywords", Role::Keywords, &c.keywords);
            push_list(&mut fields, "/products", products, &c.products);
        }
        Content::Need(c) => push_list(&mut fields, "/keywords", Role::Keywords, &c.keywords),
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_as_long_as_the_text_that_it_stands_in() {
        let mut all = Vec::new();
        push(&mut all, "/description", Role::Description, Lang::Vi, vec!["Cần mua heat pump dryer cho cơm dừa"]);
        let lengths: Vec<(Lang, bool, usize)> = all.iter().map(|field| (field.lang, field.is_aside, field.length)).collect();
        assert_eq!(lengths, [(Lang::Vi, false, 8), (Lang::En, true, 8)]);
    }
}
