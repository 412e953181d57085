//! Why a search finds what it finds, in this order: what was understood, what stands in for what, and the parts of each
//! score. For operators and for tests; slower than a search, and the same engine.

use serde::Serialize;
use tantivy::schema::Schema;

use crate::card::Card;
use crate::index::Search;
use crate::nearness::Nearness;
use crate::outcome::hour_of;
use crate::plan::{Plan, WHOLE};
use crate::query;
use crate::ranking::{Order, Standing, WINDOW};
use crate::scoring::{parts_of, similarities};
use crate::search::{Query, SearchError, Viewer};
use crate::statistics::Statistics;
use crate::synonyms::Expansion;

/// Why a search finds what it finds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// What was not understood.
    pub ignored: Vec<String>,
    /// What has to be there, in the order typed.
    pub clauses: Vec<ExplainedClause>,
    /// What stands in for parts of the query.
    pub stands_in: Vec<ExplainedExpansion>,
    /// How many results there are.
    pub total: u64,
    /// The share of the query's weight, in percent, that a result must have.
    pub least_percent: u8,
    /// What the results are in order by: `score`, `standing` where no words were typed, or what was asked for. With `score` the
    /// parts of a result make its score, with `standing` that alone does; else there is none.
    pub order: &'static str,
    /// The best results.
    pub hits: Vec<ExplainedHit>,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExplainedClause {
    /// As understood.
    pub asks: String,
    /// True if it must not be there.
    pub negated: bool,
    /// False if it may be missing where all words together find too little.
    pub must: bool,
    /// Its share of the query's weight, in percent; 0 where it only narrows.
    pub percent: u8,
}

/// Terms that stand in for a part of the query.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExplainedExpansion {
    /// The part, its words without marks.
    pub part: String,
    /// The other terms.
    pub terms: Vec<String>,
}

/// A result and the parts of its score.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExplainedHit {
    /// The result.
    pub card: Card,
    /// The whole: texts × standing + nearness.
    pub score: f32,
    /// What each term gives, the most first: field, term, value.
    pub texts: Vec<(String, String, f32)>,
    /// Fresh, complete, verified: what the texts are multiplied with.
    pub standing: f32,
    /// What is added for where the words stand; nothing behind the best, which alone are looked at for it.
    pub nearness: f32,
}

impl Search {
    /// Explains a search.
    ///
    /// # Errors
    /// As [`Search::find`].
    pub fn explain(&self, query: &Query, viewer: &Viewer) -> Result<Explanation, SearchError> {
        let results = self.find(query, viewer)?;
        let parsed = query::parse(&query.text, self.vocabularies())?;
        let (snapshot, weights) = (self.whole()?, self.weights());
        let expansions = self.expansions(&parsed, &weights);
        let visible = snapshot.all_visible(viewer)?;
        let mut statistics = Statistics::new(&snapshot, &visible, None);
        let plan = Plan::new(&parsed, &expansions, &mut statistics, &weights)?;
        let least = plan.steps().get(results.step).copied().unwrap_or(WHOLE);
        let percent = |share: u8| u8::try_from(u32::from(share) * 100 / u32::from(WHOLE)).unwrap_or(100);
        let mut required = plan.required.iter();
        let clauses = parsed
            .clauses
            .iter()
            .map(|c| {
                let condition = if c.negated { None } else { required.next() };
                ExplainedClause {
                    asks: c.to_string(),
                    negated: c.negated,
                    must: condition.is_none_or(|c| !c.may_miss),
                    percent: condition.map_or(0, |c| percent(c.share)),
                }
            })
            .collect();
        let part = |e: &Expansion| {
            let clauses = parsed.clauses.iter().take(e.to).skip(e.from);
            clauses.map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        let stands_in = expansions
            .iter()
            .map(|e| ExplainedExpansion { part: part(e), terms: e.terms.iter().map(|t| t.text.clone()).collect() })
            .collect();

        let order = Order::of(query.sort, &plan);
        let by_words = order == Order::Score;
        let similarities = similarities(&mut statistics, &plan.scoring, &weights, &plan.budget)?;
        let nearness = Nearness::new(&parsed, &mut statistics, &weights)?;
        let standing = Standing { weights: &weights, now: hour_of(self.clock().now().timestamp()) };
        let schema = snapshot.searcher.schema().clone();
        let mut hits = Vec::with_capacity(results.items.len());
        for (rank, hit) in results.items.into_iter().enumerate() {
            let Some((place, doc)) = snapshot.locate(hit.card.id)? else { continue };
            let Some(segment) = snapshot.segments.get(place) else { continue };
            let mut texts = Vec::new();
            for (scoring, value) in parts_of(segment, place, &similarities, doc)? {
                let text = scoring.term.value().as_str().unwrap_or_default().to_owned();
                let text = match scoring.begins {
                    None => text,
                    Some(0) => format!("{text}*"),
                    Some(tone) => format!("{text}*{tone}"),
                };
                texts.push((name(&schema, &scoring.term), text, value));
            }
            texts.sort_by(|a, b| b.2.total_cmp(&a.2));
            let standing = standing.of(&segment.core, doc);
            let nearness = match &nearness {
                Some(nearness) if by_words && rank < WINDOW => nearness.open(segment)?.bonus(doc),
                _ => 0.0,
            };
            if !by_words {
                texts.clear();
            }
            hits.push(ExplainedHit { card: hit.card, score: hit.score, texts, standing, nearness });
        }
        Ok(Explanation {
            ignored: results.ignored,
            clauses,
            stands_in,
            total: results.total,
            least_percent: percent(least),
            order: order.as_str(),
            hits,
        })
    }
}

fn name(schema: &Schema, term: &tantivy::Term) -> String {
    schema.get_field_name(term.field()).to_owned()
}
