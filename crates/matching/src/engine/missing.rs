//! What one's own listing does not say, or says so that nothing can answer it: the one thing that would sharpen its matches most.
//!
//! Words come before all else, since without them nothing is found; what is said wrongly comes before what is not said.

use base::Lang;
use base::messages::say;
use listings::content::Content;

use super::{Engine, Judged};
use crate::answer::{Missing, Part};
use crate::fit;
use crate::side::{Field, Side, bare, fields};
use crate::targets;

/// A text that says what it is about has at least so many words.
const LEAST_TEXT_WORDS: usize = 6;
/// Title and text together say enough without keywords from so many words on.
const LEAST_WORDS: usize = 20;

impl Engine {
    /// What would sharpen the best matches of the asker's own listing most: targets that cannot be reached together, a title under
    /// the wrong language, texts that are too thin; then the field of which something is unknown in the best matches because this
    /// side says nothing of it; where it has none, another language, and then the field that counts most. None if it says all.
    pub(crate) fn missing(&self, subject: &Side<'_>, best: &[&Judged<'_>], lang: Lang) -> Option<Missing> {
        let content = subject.content;
        if let Content::Need(need) = content
            && let Some((one, other)) = targets::contradictions(need, &self.measures()).first()
        {
            let text = say(lang, "match-missing-contradiction", &[("one", &(one + 1).to_string()), ("other", &(other + 1).to_string())]);
            return Some(Missing { part: Part::Targets, field: format!("/targets/{other}"), text });
        }
        let texts = fields(content);
        if let Some((field, key)) = thin(content, &texts) {
            return Some(Missing { part: Part::Topic, field: field.to_owned(), text: say(lang, key, &[]) });
        }
        if best.is_empty()
            && let Some(unspoken) = Lang::ALL.into_iter().find(|lang| !texts.iter().any(|text| text.is_said && text.lang == *lang))
        {
            let key = match unspoken {
                Lang::Vi => "match-missing-vietnamese",
                Lang::En => "match-missing-english",
            };
            return Some(Missing { part: Part::Topic, field: "/title".to_owned(), text: say(lang, key, &[]) });
        }
        self.silent(subject, best, lang)
    }

    /// The field that is unknown in the best matches since this side says nothing of it.
    fn silent(&self, subject: &Side<'_>, best: &[&Judged<'_>], lang: Lang) -> Option<Missing> {
        let mut gains: Vec<(f64, Part, &'static str)> = Vec::new();
        for part in [Part::Targets, Part::Cooperation, Part::Maturity, Part::Place, Part::Field] {
            let Some(field) = unsaid(subject, part) else { continue };
            let weight = if part == Part::Field { self.weights.field } else { self.weights.fit * fit::weight(part, &self.weights.parts) };
            if best.is_empty() {
                // Nothing to weigh it by: what would count most comes first.
                gains.push((weight, part, field));
                continue;
            }
            let unknown = best.iter().filter(|j| j.weighed.all_parts().iter().any(|p| p.part == part && !p.known));
            let gain: f64 = unknown.map(|j| f64::from(j.score_ppm) * weight).sum();
            if gain > 0.0 {
                gains.push((gain, part, field));
            }
        }
        let (_, part, field) = gains.into_iter().max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))?;
        let key = match field {
            "/targets" => "match-missing-targets",
            "/advantages" => "match-missing-advantages",
            "/cooperation" => "match-missing-cooperation",
            "/trl_min" | "/trl" => "match-missing-trl",
            "/province" => "match-missing-province",
            _ => "match-missing-field",
        };
        Some(Missing { part, field: field.to_owned(), text: say(lang, key, &[]) })
    }
}

/// The field of a part of which a side says nothing.
fn unsaid(subject: &Side<'_>, part: Part) -> Option<&'static str> {
    let (is_need, content) = (matches!(subject.content, Content::Need(_)), subject.content);
    match part {
        Part::Field => content.field().is_none().then_some("/field"),
        Part::Cooperation => content.cooperation().is_empty().then_some("/cooperation"),
        Part::Maturity => content.trl().is_none().then_some(if is_need { "/trl_min" } else { "/trl" }),
        Part::Place => (is_need && subject.known.province.is_none()).then_some("/province"),
        Part::Targets => match content {
            Content::Need(need) => need.targets.iter().all(|t| t.target.is_none()).then_some("/targets"),
            Content::Technology(offer) => offer.advantages.iter().all(|a| a.offered.is_none()).then_some("/advantages"),
            Content::IpAsset(_) => None,
        },
        Part::Topic | Part::Meaning | Part::Freshness | Part::Responsiveness | Part::Deals => None,
    }
}

/// The text whose words would help most, if those there are too few or are kept under the wrong language, with the message.
fn thin(content: &Content, texts: &[Field<'_>]) -> Option<(&'static str, &'static str)> {
    if texts.iter().any(|text| text.is_aside && text.is_said && text.pointer.starts_with("/title/")) {
        return Some(("/title", "match-missing-misplaced"));
    }
    let (text, key) = match content {
        Content::Need(_) => ("/problem", "match-missing-problem"),
        Content::Technology(_) | Content::IpAsset(_) => ("/summary", "match-missing-summary"),
    };
    let words = |pointer: &str| {
        let own = texts.iter().filter(|one| !one.is_aside && bare(&one.pointer) == pointer);
        own.map(|one| one.length).max().unwrap_or_default()
    };
    if words(text) < LEAST_TEXT_WORDS {
        return Some((text, key));
    }
    (words("/keywords") == 0 && words("/title") + words(text) < LEAST_WORDS).then_some(("/keywords", "match-missing-keywords"))
}
