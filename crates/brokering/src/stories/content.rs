//! What a story says: title, summary, text and figures, as its author types them, in Vietnamese and perhaps in English.

use std::collections::{BTreeMap, BTreeSet};

use base::{Faults, Lang, ListingId, Localised, PartyId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::StoreError;
use utoipa::ToSchema;

use crate::deals::Role;

/// Characters of a title at most.
const TITLE_MAX: usize = 160;
/// Characters of a summary at most.
const SUMMARY_MAX: usize = 600;
/// Characters of a text at most.
const BODY_MAX: usize = 12_000;
/// Figures of a story at most.
const FIGURES_MAX: usize = 12;
/// Characters of what a figure tells at most.
const LABEL_MAX: usize = 120;
/// Characters of a unit at most.
const UNIT_MAX: usize = 40;
/// Listings that a story links at most.
pub(super) const LISTINGS_MAX: usize = 10;

/// A figure that came of a deal, as the author chooses to tell it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StoryFigure {
    /// What it tells, such as "time of drying"; at most 120 characters.
    #[serde(skip_serializing_if = "Localised::is_empty")]
    pub label: Localised,
    /// The figure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// Its unit; at most 40 characters.
    #[serde(skip_serializing_if = "Localised::is_empty")]
    pub unit: Localised,
}

/// What a story says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StoryContent {
    /// Its title, at most 160 characters; Vietnamese is needed.
    #[serde(skip_serializing_if = "Localised::is_empty")]
    pub title: Localised,
    /// What it is about, in a few sentences; at most 600 characters.
    #[serde(skip_serializing_if = "Localised::is_empty")]
    pub summary: Localised,
    /// The text in Markdown, at most 12,000 characters.
    #[serde(skip_serializing_if = "Localised::is_empty")]
    pub body: Localised,
    /// Figures that the author chooses to tell, at most 12.
    #[schema(max_items = 12)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<StoryFigure>,
    /// The listings it links, at most 10: what the deal is about, and technologies or IP assets that these name.
    #[schema(max_items = 10)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub listings: Vec<ListingId>,
}

/// A text by language, as it reads.
type Words<'a> = BTreeMap<Lang, &'a str>;

/// The words of a text alone: who translated it is no part of what is consented to.
fn words(text: &Localised) -> Words<'_> {
    text.0.iter().filter(|(_, t)| !t.text.is_empty()).map(|(lang, t)| (*lang, t.text.as_str())).collect()
}

/// Everything that is consented to.
#[derive(Serialize)]
struct Consented<'a> {
    title: Words<'a>,
    summary: Words<'a>,
    body: Words<'a>,
    /// Label, value, unit.
    figures: Vec<(Words<'a>, Option<f64>, Words<'a>)>,
    listings: &'a [ListingId],
    parties: &'a [(Role, PartyId)],
}

impl StoryContent {
    /// The same without empty texts and with each listing once.
    pub(super) fn tidied(mut self) -> Self {
        let texts = [&mut self.title, &mut self.summary, &mut self.body];
        let figures = self.figures.iter_mut().flat_map(|f| [&mut f.label, &mut f.unit]);
        for text in texts.into_iter().chain(figures) {
            text.0.retain(|_, t| !t.text.is_empty());
        }
        let mut seen = BTreeSet::new();
        self.listings.retain(|id| seen.insert(*id));
        self
    }

    /// Every fault but those of the listings it links.
    pub(super) fn check(&self) -> Faults {
        let mut faults = Faults::new();
        let texts = [("/title", &self.title, TITLE_MAX), ("/summary", &self.summary, SUMMARY_MAX), ("/body", &self.body, BODY_MAX)];
        // Nobody reads half a story in English.
        let in_english = texts.iter().any(|(_, text, _)| text.get(Lang::En).is_some());
        for (pointer, text, max) in texts {
            for lang in Lang::ALL {
                if text.get(lang).is_none() && (lang == Lang::Vi || in_english) {
                    faults.add(format!("{pointer}/{lang}"), "missing");
                }
            }
            text.check_length(pointer, max, &mut faults);
        }
        for (pointer, count, max) in [("/figures", self.figures.len(), FIGURES_MAX), ("/listings", self.listings.len(), LISTINGS_MAX)] {
            if count > max {
                faults.add_with(pointer, "too_many", &[("max", &max.to_string()), ("count", &count.to_string())]);
            }
        }
        for (n, figure) in self.figures.iter().enumerate() {
            if figure.label.get(Lang::Vi).is_none() {
                faults.add(format!("/figures/{n}/label/vi"), "missing");
            }
            if figure.value.is_none() {
                faults.add(format!("/figures/{n}/value"), "missing");
            }
            figure.label.check_length(&format!("/figures/{n}/label"), LABEL_MAX, &mut faults);
            figure.unit.check_length(&format!("/figures/{n}/unit"), UNIT_MAX, &mut faults);
        }
        faults
    }

    /// SHA-256 of all that is consented to, in hexadecimal digits: the words, the figures, what it links and whom it names.
    pub(super) fn hash(&self, parties: &[(Role, PartyId)]) -> Result<String, StoreError> {
        let consented = Consented {
            title: words(&self.title),
            summary: words(&self.summary),
            body: words(&self.body),
            figures: self.figures.iter().map(|f| (words(&f.label), f.value, words(&f.unit))).collect(),
            listings: &self.listings,
            parties,
        };
        let text = serde_json::to_vec(&consented).map_err(|e| StoreError::corrupt("story", e))?;
        Ok(hex::encode(Sha256::digest(text)))
    }
}

#[cfg(test)]
mod tests {
    use base::{Origin, Text};

    use super::*;

    fn story() -> StoryContent {
        StoryContent {
            title: Localised::of(Lang::Vi, "Sấy nhanh gấp đôi"),
            summary: Localised::of(Lang::Vi, "Tóm tắt"),
            body: Localised::of(Lang::Vi, "Nội dung"),
            figures: vec![StoryFigure {
                label: Localised::of(Lang::Vi, "Thời gian sấy"),
                value: Some(5.0),
                unit: Localised::of(Lang::Vi, "giờ"),
            }],
            listings: Vec::new(),
        }
    }

    fn pointers(story: &StoryContent) -> Vec<String> {
        story.check().iter().map(|f| f.pointer.clone()).collect()
    }

    #[test]
    fn vietnamese_is_needed_and_english_whole_or_not_at_all() {
        assert!(pointers(&story()).is_empty());
        assert_eq!(pointers(&StoryContent::default()), ["/title/vi", "/summary/vi", "/body/vi"]);
        let mut half = story();
        half.title.0.insert(Lang::En, Text { text: "Twice as fast".to_owned(), ..Text::default() });
        assert_eq!(pointers(&half), ["/summary/en", "/body/en"]);
    }

    #[test]
    fn a_figure_says_what_it_counts() {
        let mut bad = story();
        bad.figures = vec![StoryFigure::default(); FIGURES_MAX + 1];
        let pointers = pointers(&bad);
        assert!(pointers.contains(&"/figures".to_owned()) && pointers.contains(&"/figures/0/label/vi".to_owned()), "{pointers:?}");
        assert!(pointers.contains(&"/figures/12/value".to_owned()));
    }

    #[test]
    fn whatever_is_read_changes_the_hash_and_nothing_else_does() {
        let parties = [(Role::Owner, PartyId(uuid::Uuid::from_u128(1))), (Role::Seeker, PartyId(uuid::Uuid::from_u128(2)))];
        let hash = |change: &dyn Fn(&mut StoryContent)| {
            let mut changed = story();
            change(&mut changed);
            changed.hash(&parties).unwrap()
        };
        let same = hash(&|_| {});
        assert_eq!(same.len(), 64);
        let origin = |s: &mut StoryContent| s.title.0.values_mut().for_each(|t| t.origin = Origin::Human);
        assert_eq!(hash(&origin), same);
        let changes: [&dyn Fn(&mut StoryContent); 6] = [
            &|s| s.title = Localised::of(Lang::Vi, "Sấy nhanh gấp ba"),
            &|s| s.body = Localised::of(Lang::Vi, "Nội dung."),
            &|s| s.summary = Localised::of(Lang::En, "Tóm tắt"),
            &|s| s.figures[0].value = Some(5.5),
            &|s| s.figures[0].unit = Localised::of(Lang::Vi, "phút"),
            &|s| s.listings = vec![ListingId(uuid::Uuid::from_u128(3))],
        ];
        for change in changes {
            assert_ne!(hash(change), same);
        }
        assert_ne!(story().hash(&parties[..1]).unwrap(), same);
    }
}
