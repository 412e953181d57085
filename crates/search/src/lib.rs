//! Search: Vietnamese analysis, the index, what is found and in which order, facets, suggestions, candidates.
//!
//! What always holds: a search needs no database; what a viewer may not see is in no count, excerpt or suggestion; the
//! index can be thrown away and rebuilt with the same result. tantivy's query parser is never used on outside input.
//! Not here: HTTP, saved searches and alerts, hard constraints and reasons of matches.
//!
//! The way of a document: [`Document`] (from what is published) → [`schema`] → [`Search::apply`]. The way of a search:
//! [`query`] → plan → matching (which) → scoring and ranking (in which order) → counts, highlights.

pub mod analysis;
mod bits;
mod candidates;
mod card;
mod count;
mod cursor;
mod dates;
pub mod desk;
mod directory;
mod document;
mod explain;
mod facet;
mod failure;
mod files;
pub mod follower;
mod highlight;
mod index;
mod kept;
mod matching;
mod moved;
mod nearness;
mod numbers;
mod outcome;
mod plan;
mod price;
pub mod query;
mod ranking;
mod rows;
mod rule;
pub mod schema;
mod scoring;
mod seal;
mod search;
mod settings;
mod snapshot;
mod statistics;
mod steps;
mod suggest;
pub mod synonyms;
pub mod tokens;
mod typing;

pub use candidates::{Candidate, MAX_TERMS, RoleWeights, TellingTerm, View, Wanted, WantedTerm};
pub use card::{Card, CardAdvantage, CardParty, DocKind};
pub use dates::{DateColumn, Period, PeriodCount, Periods};
pub use document::{Document, PartyDocument};
pub use explain::{ExplainedClause, ExplainedExpansion, ExplainedHit, Explanation};
pub use facet::{Facet, UnknownFacet};
pub use failure::Failure;
pub use highlight::Highlights;
pub use index::{Batch, Opened, Origin, Place, Rebuild, Search, Wanting};
pub use moved::lead_on;
pub use numbers::{code_key, number_keys};
pub use query::QueryError;
#[cfg(any(test, feature = "testing"))]
pub use rule::{Rule, without};
pub use search::{FacetCount, Filters, Hit, MAX_FILTER_VALUES, Narrowed, Query, Results, SearchError, Sort, Viewer};
pub use settings::{Settings, Weights};
pub use snapshot::Snapshot;
#[cfg(any(test, feature = "testing"))]
pub use steps::Step;
pub use suggest::{Suggestion, SuggestionKind};
pub use typing::is_syllable;
