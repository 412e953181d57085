//! One search: a typed query and a viewer in, a page of results out, without a database.
//!
//! Visibility is part of the query: counts, facets, excerpts and suggestions are made from what the viewer may see and
//! from nothing else. Finding is work for a processor, not for an async thread: call it where blocking is allowed, or
//! where a few milliseconds do not hurt.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use base::{Actor, Lang, Limit, Scope, StaffRole};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::card::Card;
use crate::cursor::{Bookmark, mark};
use crate::dates::{DateColumn, PeriodCount, Periods};
use crate::document;
use crate::facet::Facet;
use crate::failure::Failure;
use crate::highlight::Highlights;
use crate::index::Search;
use crate::matching::Narrowing;
use crate::nearness::Nearness;
use crate::outcome::{Asked, Outcome, hour_of, minute_of};
use crate::plan::Plan;
use crate::query::Parsed;
use crate::query::{self, QueryError};
use crate::ranking::{Order, Page, Wanted};
use crate::settings::Weights;
use crate::snapshot::Snapshot;
use crate::statistics::Statistics;
use crate::synonyms::{Expansion, Synonyms};
use crate::{count, highlight, matching, ranking, scoring, suggest};

/// The most values one facet may be narrowed to.
pub const MAX_FILTER_VALUES: usize = 50;

/// Who looks, as the index needs to know it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Viewer {
    /// The language to answer in.
    pub lang: Lang,
    /// The audiences the viewer belongs to; none for moderators, who see everything.
    pub(crate) audiences: Option<Vec<String>>,
}

impl Viewer {
    /// What an actor may see: the public part, the registered one when signed in, what is for the actor's parties, and
    /// everything for moderators.
    #[must_use]
    pub fn of(actor: &Actor) -> Self {
        let staff = actor.is_system() || (actor.is_staff(StaffRole::Moderator) && actor.has_scope(Scope::Staff));
        let audiences = (!staff).then(|| {
            let mut tokens = vec![document::PUBLIC.to_owned()];
            if actor.account().is_some() {
                tokens.push(document::REGISTERED.to_owned());
                tokens.extend(actor.memberships.iter().map(|m| document::party_token(m.party)));
            }
            tokens
        });
        Self { lang: actor.lang, audiences }
    }
}

/// In which order results come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// What fits best first.
    #[default]
    Relevance,
    /// Last published first.
    Newest,
    /// The readiest first.
    Trl,
    /// What ends first, first.
    ClosingSoon,
}

/// What results are narrowed by: per facet, any of the values; all facets together.
pub type Filters = BTreeMap<Facet, BTreeSet<String>>;

/// What a search can be narrowed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Narrowed {
    /// A facet.
    Facet(Facet),
    /// A date.
    Date(DateColumn),
}

impl Narrowed {
    /// The word used in addresses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Facet(facet) => facet.as_str(),
            Self::Date(column) => column.as_str(),
        }
    }
}

/// A search.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Query {
    /// What was typed.
    pub text: String,
    /// What the results are narrowed by. A range of TRL is a set of levels: [`Query::trl`].
    pub filters: Filters,
    /// The days that the results are narrowed to.
    pub periods: Periods,
    /// Only what belongs to this party and says so.
    pub party: Option<base::PartyId>,
    /// The order.
    pub sort: Sort,
    /// How many results.
    pub limit: Limit,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// Which facets are counted; none asked for, none counted.
    pub facets: Vec<Facet>,
    /// Whether the usual periods are counted.
    pub count_periods: bool,
    /// Whether all words must be there, however little has them all.
    pub all_words: bool,
    /// So many results are enough: with fewer, not all words have to be there. No matter of the page's size: a longer page
    /// shows more of the same results.
    pub enough: Limit,
}

impl Query {
    /// A search for words, with the facets that are usually shown.
    #[must_use]
    pub fn words(text: impl Into<String>) -> Self {
        Self { text: text.into(), facets: Facet::SHOWN.to_vec(), count_periods: true, ..Self::default() }
    }

    /// Narrows a facet to one more value.
    #[must_use]
    pub fn with(mut self, facet: Facet, code: impl Into<String>) -> Self {
        self.filters.entry(facet).or_default().insert(code.into());
        self
    }

    /// Narrows to readiness levels from `from` to `to`; to none at all if there is none between them.
    #[must_use]
    pub fn trl(mut self, from: u8, to: u8) -> Self {
        let levels = self.filters.entry(Facet::Trl).or_default();
        levels.extend((from.max(1)..=to.min(9)).map(|l| l.to_string()));
        if levels.is_empty() {
            levels.insert("none".to_owned());
        }
        self
    }
}

/// A result.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// What it shows.
    pub card: Card,
    /// How well it fits; comparable within one search only.
    pub score: f32,
    /// The title and an excerpt in the reader's language, as HTML in which nothing but `<mark>` is a tag.
    pub highlights: Highlights,
}

/// A value of a facet and how many results have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FacetCount {
    /// The value.
    pub code: String,
    /// Its name in the reader's language.
    pub label: String,
    /// The value it lies below.
    pub parent: Option<String>,
    /// How many, counted as if the facet itself were not narrowed.
    pub count: u64,
}

/// A page of results.
#[derive(Clone, Debug, PartialEq)]
pub struct Results {
    /// The results.
    pub items: Vec<Hit>,
    /// Give this back as [`Query::cursor`] to get the next page.
    pub next: Option<String>,
    /// How many there are in all.
    pub total: u64,
    /// The facets asked for, the commonest value first.
    pub facets: BTreeMap<Facet, Vec<FacetCount>>,
    /// The facets that have more values than are given: the commonest are, and of values that lie below each other those
    /// around what is chosen and those with none above them.
    pub cut_facets: Vec<Facet>,
    /// The usual periods, if they were asked for.
    pub periods: BTreeMap<DateColumn, Vec<PeriodCount>>,
    /// For each facet or date that is narrowed: how many there would be in all if it were not.
    pub without: BTreeMap<Narrowed, u64>,
    /// The one document whose code or number was typed.
    pub named: Option<Card>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// True if not all words had to be there, because too little had them all.
    pub relaxed: bool,
    /// How far it was relaxed: a place in the plan's steps.
    pub step: usize,
    /// What of the text was not understood and searched as plain words, or left out.
    pub ignored: Vec<String>,
    /// The text as it may have been meant, if little was found.
    pub did_you_mean: Option<String>,
}

/// Why a search gives no answer.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The text is too long.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// A facet is narrowed to too many values.
    #[error("facet {0} is narrowed to more than {MAX_FILTER_VALUES} values")]
    TooManyValues(Facet),
    /// The cursor is not one of this search.
    #[error("not a cursor of this search")]
    Cursor,
    /// The index could not be read.
    #[error("the index could not be read")]
    Index(#[source] Failure),
}

impl From<Failure> for SearchError {
    fn from(failure: Failure) -> Self {
        Self::Index(failure)
    }
}

/// A search and the moment of the index at which it is made.
struct Ready {
    asked: Asked,
    snapshot: Arc<Snapshot>,
    weights: Arc<Weights>,
    synonyms: Arc<Synonyms>,
}

/// The same search with no facet named twice: each costs as much as the first time.
fn with_each_facet_once(query: &Query) -> Query {
    let facets: BTreeSet<Facet> = query.facets.iter().copied().collect();
    Query { facets: facets.into_iter().collect(), ..query.clone() }
}

/// How long a search took that somebody asked for; one that is made within another is part of that one.
fn note_time(started: Instant) {
    metrics::histogram!("search_seconds").record(started.elapsed().as_secs_f64());
}

impl Search {
    /// Finds.
    ///
    /// # Errors
    /// [`SearchError`]; all but the last kind are the asker's.
    pub fn find(&self, query: &Query, viewer: &Viewer) -> Result<Results, SearchError> {
        let started = Instant::now();
        let (results, _) = self.results(&self.ready(query, viewer, true)?)?;
        note_time(started);
        Ok(results)
    }

    /// What [`Search::find_and_answer`] gave for the same search, if nothing has changed since.
    #[must_use]
    pub fn answered(&self, query: &Query, viewer: &Viewer) -> Option<Bytes> {
        let started = Instant::now();
        let ready = self.ready(query, viewer, true).ok()?;
        let sent = ready.snapshot.answers.of(&ready.asked, &ready.weights, &ready.synonyms)?;
        note_time(started);
        Some(sent)
    }

    /// Finds and makes an answer, which is kept for [`Search::answered`]: it may depend on nothing but the results and the
    /// viewer.
    ///
    /// # Errors
    /// As [`Search::find`]; within, those of `make`.
    pub fn find_and_answer<E>(
        &self,
        query: &Query,
        viewer: &Viewer,
        make: impl FnOnce(Results) -> Result<Vec<u8>, E>,
    ) -> Result<Result<Bytes, E>, SearchError> {
        let started = Instant::now();
        let ready = self.ready(query, viewer, true)?;
        let (results, outcome) = self.results(&ready)?;
        note_time(started);
        Ok(make(results).map(|sent| {
            let sent = Bytes::from(sent);
            ready.snapshot.answers.keep(ready.asked, outcome, sent.clone(), self.settings().answers_mb * 1_000_000);
            sent
        }))
    }

    fn ready(&self, query: &Query, viewer: &Viewer, propose: bool) -> Result<Ready, SearchError> {
        if let Some((facet, _)) = query.filters.iter().find(|(_, values)| values.len() > MAX_FILTER_VALUES) {
            return Err(SearchError::TooManyValues(*facet));
        }
        let now = self.clock().now().timestamp();
        // What has ended comes last by the minute; nothing else looks at the time so closely.
        let now = if query.sort == Sort::ClosingSoon { minute_of(now) } else { hour_of(now) };
        let asked = Asked { query: with_each_facet_once(query), viewer: viewer.clone(), now, today: self.clock().today(), propose };
        Ok(Ready { asked, weights: self.weights(), synonyms: self.synonyms(), snapshot: self.whole()? })
    }

    /// The results, and what they were made of.
    fn results(&self, ready: &Ready) -> Result<(Results, Arc<Outcome>), SearchError> {
        let started = Instant::now();
        let Ready { asked, snapshot, weights, synonyms } = ready;
        let (query, viewer) = (&asked.query, &asked.viewer);
        let parsed = query::parse(&query.text, self.vocabularies())?;
        let expansions = self.expansions(&parsed, weights);
        let outcome = match snapshot.outcomes.of(asked, weights, synonyms) {
            Some(outcome) => outcome,
            None => {
                let made_with = (Arc::clone(weights), Arc::clone(synonyms));
                let outcome = Arc::new(self.look(snapshot, &parsed, &expansions, asked, made_with)?);
                snapshot.outcomes.keep(asked.clone(), &outcome);
                outcome
            }
        };

        let words = highlight::Words::new(&parsed, &expansions);
        let mut items = Vec::with_capacity(outcome.top.len());
        for entry in &outcome.top {
            let card = snapshot.card(entry.segment, entry.doc)?;
            let highlights = words.highlights(&card, viewer.lang, || snapshot.body(entry.segment, entry.doc))?;
            items.push(Hit { score: entry.score, highlights, card });
        }
        let named = match outcome.named {
            Some((segment, doc)) => Some(snapshot.card(segment, doc)?),
            None => None,
        };
        let took = started.elapsed();
        let results = Results {
            items,
            next: outcome.next.clone(),
            total: outcome.total,
            facets: count::named(snapshot, &outcome.facets, viewer.lang, self.vocabularies()),
            cut_facets: outcome.facets.iter().filter(|counted| counted.is_cut).map(|counted| counted.facet).collect(),
            periods: outcome.periods.clone(),
            without: outcome.without.clone(),
            named,
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            relaxed: outcome.step > 0,
            step: outcome.step,
            ignored: parsed.ignored.into_iter().chain(outcome.cut.iter().cloned()).collect(),
            did_you_mean: outcome.did_you_mean.clone(),
        };
        Ok((results, outcome))
    }

    /// Finds, puts in order and counts.
    fn look(
        &self,
        snapshot: &Snapshot,
        parsed: &Parsed,
        expansions: &[Expansion],
        asked: &Asked,
        (weights, synonyms): (Arc<Weights>, Arc<Synonyms>),
    ) -> Result<Outcome, SearchError> {
        let Asked { query, viewer, .. } = asked;
        let mark = mark(query, &weights, &synonyms);
        let after = query.cursor.as_deref().map(|c| Bookmark::read(c, mark).ok_or(SearchError::Cursor)).transpose()?;
        let now = after.as_ref().map_or(asked.now, |b| b.now);
        let visible = snapshot.all_visible(viewer)?;
        let mut statistics = Statistics::new(snapshot, &visible, after.as_ref().map(|b| b.statistics.clone()));
        let plan = Plan::new(parsed, expansions, &mut statistics, &weights)?;
        let limit = usize::try_from(query.limit.get()).unwrap_or(usize::MAX);
        let narrowing = Narrowing { filters: &query.filters, periods: &query.periods, party: query.party.map(|p| p.0), viewer };
        let found = matching::find(
            snapshot,
            &plan,
            &narrowing,
            &visible,
            if query.all_words { 0 } else { query.enough.get() },
            after.as_ref().map(|b| b.step),
        )?;
        let step = found.step;
        let order = Order::of(query.sort, &plan);
        let wanted = Wanted {
            order,
            limit: limit.saturating_add(1),
            after: after.as_ref().map(|b| (b.key, b.id)),
            window: after.as_ref().and_then(|b| b.window),
            now,
        };
        let by_words = order == Order::Score;
        let similarities =
            if by_words { scoring::similarities(&mut statistics, &plan.scoring, &weights, &plan.budget)? } else { Vec::new() };
        let nearness = if by_words { Nearness::new(parsed, &mut statistics, &weights)? } else { None };
        let Page { entries: mut top, window } = ranking::top(snapshot, &similarities, nearness.as_ref(), &weights, &found, &wanted)?;
        let more = top.len() > limit;
        top.truncate(limit);
        let next = top
            .last()
            .filter(|_| more)
            .map(|last| Bookmark { mark, key: last.key, id: last.id, step, now, window, statistics: statistics.fix() }.write());
        let did_you_mean = match after {
            None if asked.propose && (found.total < 3 || step > 0) => self.did_you_mean(snapshot, (parsed, expansions), query, viewer)?,
            _ => None,
        };
        Ok(Outcome {
            top,
            next,
            total: found.total,
            facets: count::facets(snapshot, &found, &query.facets, &query.filters, self.vocabularies())?,
            periods: if query.count_periods { count::periods(snapshot, &found, asked.today) } else { BTreeMap::new() },
            without: found.without(),
            named: found.named(),
            step,
            did_you_mean,
            cut: plan.budget.cut.take().into_iter().collect(),
            weights,
            synonyms,
        })
    }

    /// What stands in for parts of a query.
    pub(crate) fn expansions(&self, parsed: &Parsed, weights: &Weights) -> Vec<Expansion> {
        if weights.synonym > 0.0 { self.synonyms().expand(&parsed.clauses) } else { Vec::new() }
    }

    /// The text as it may have been meant. Words that were typed without marks beside it are written as the best
    /// results of the mended text write them.
    fn did_you_mean(
        &self,
        snapshot: &Snapshot,
        (parsed, expansions): (&Parsed, &[Expansion]),
        query: &Query,
        viewer: &Viewer,
    ) -> Result<Option<String>, SearchError> {
        let Some(mended) = suggest::did_you_mean(snapshot, parsed, expansions, &query.text, viewer)? else { return Ok(None) };
        // What is longer than may be asked is no proposal.
        if mended.len() > query::MAX_BYTES {
            return Ok(None);
        }
        let again = Query { text: mended.clone(), limit: query.limit, enough: query.enough, ..Query::default() };
        // Without a proposal for the proposal, so that one never leads to the next.
        let (results, _) = self.results(&self.ready(&again, viewer, false)?)?;
        let titles = results.items.iter().flat_map(|hit| hit.card.title.get(&Lang::Vi)).map(String::as_str);
        Ok(Some(suggest::with_marks_of(&mended, titles)).filter(|proposal| proposal.len() <= query::MAX_BYTES))
    }

    /// The card with this id, if the viewer may see it.
    ///
    /// # Errors
    /// [`Failure`] if the index cannot be read.
    pub fn card(&self, id: uuid::Uuid, viewer: &Viewer) -> Result<Option<Card>, Failure> {
        let snapshot: Arc<Snapshot> = self.snapshot();
        let Some((segment, doc)) = snapshot.locate(id)? else { return Ok(None) };
        if !snapshot.visible(segment, viewer)?.contains(doc) {
            return Ok(None);
        }
        Ok(Some(snapshot.card(segment, doc)?))
    }
}
