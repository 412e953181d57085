//! From judgements to questions: each is asked of the engine once, as it would be asked in the space.

use std::collections::BTreeMap;

use base::{Actor, Lang, ListingId, Localised};
use chrono::{DateTime, Utc};
use listings::Kind;
use listings::content::{Content, Need};
use listings::published::{self, Published};
use search::{Failure, Viewer};
use store::StoreError;

use super::judged::Judgements;
use super::sample::Question;
use crate::matcher::{Matcher, Subject, owners, usual_kinds, whole_second};
use crate::side::{Known, Side};
use crate::weights::Weights;

/// Why the candidates could not be had.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The index could not be read.
    #[error("the index could not be read")]
    Index(#[from] Failure),
    /// The model of vectors failed.
    #[error("the model of vectors failed")]
    Model(#[from] vectors::EncodeError),
    /// The work was cut off.
    #[error("the work was cut off")]
    CutOff(#[from] tokio::task::JoinError),
}

/// Questions with their candidates.
#[derive(Default)]
pub struct Collected {
    /// The questions.
    pub questions: Vec<Question>,
    /// Those that are not published now, and were left out.
    pub unpublished: usize,
    /// How many candidates there are in all.
    pub candidates: usize,
    /// How many of them were judged.
    pub judged: usize,
    /// Up to where the log was in the index that was asked.
    pub index: Option<i64>,
    /// What scores are made with beside the weights: the program, units, glossary, fields, the model of vectors.
    pub engine: String,
}

/// Asks the engine for the candidates of every question as of the moment `now` and takes them apart; `progress` is told how
/// many are done. With `as_needs` an offer on the left is read as a need whose problem is what the offer describes; else what is
/// like it is asked for.
///
/// # Errors
/// [`CollectError`] if database or index cannot be read.
pub async fn collect(
    matcher: &Matcher,
    judgements: &Judgements,
    as_needs: bool,
    now: DateTime<Utc>,
    mut progress: impl FnMut(u64),
) -> Result<Collected, CollectError> {
    let store = &matcher.listings().store;
    let now = whole_second(now);
    let engine = matcher.engine();
    let made_with = engine.weighing(super::ascent::neutral(&Weights::default())).fingerprint();
    let mut all = Collected { index: engine.search().position(), engine: made_with, ..Collected::default() };
    let roots = judgements.components();
    // Of each component the smallest name of its questions: it stays when the listings are brought in anew.
    let (mut names, mut members): (BTreeMap<ListingId, String>, Vec<ListingId>) = (BTreeMap::new(), Vec::new());
    for (done, id) in judgements.questions().enumerate() {
        progress(done as u64);
        let Some(asking) = published::load(store, &[id]).await?.into_iter().next() else {
            all.unpublished += 1;
            continue;
        };
        let root = roots.get(&id).copied().unwrap_or(id);
        let name = asking.provenance.external_id.clone().unwrap_or_else(|| id.to_string());
        names.entry(root).and_modify(|least| *least = name.clone().min(std::mem::take(least))).or_insert(name);
        let subject = matcher.encoded::<CollectError>(asked(&asking, as_needs)).await?;
        let (engine, seeking) = (matcher.engine().clone(), subject.clone());
        let viewer = Viewer::of(&Actor::system());
        // Also of an offer other offers are asked for: it seeks here.
        let kinds = usual_kinds(Kind::Need);
        let found = tokio::task::spawn_blocking(move || engine.candidates(&seeking.side(), &kinds, &viewer)).await??;
        let found = published::load(store, &found).await?;
        let engine = matcher.knowing(owners(&found)).await?;
        let (said, complete) = (judgements.of(id), judgements.is_complete(id));
        let question = tokio::task::spawn_blocking(move || {
            let mut question = Question::new(&engine, &subject.side(), &found, now, |offer| said.get(&offer).copied())?;
            let is_found = |offer| question.candidates.iter().any(|one| one.id == offer);
            question.unreached = said.iter().filter(|(offer, good)| **good && !is_found(**offer)).count();
            question.complete = complete;
            Ok::<_, Failure>(question)
        });
        let question = question.await??;
        all.candidates += question.candidates.len();
        all.judged += question.candidates.iter().filter(|one| one.good.is_some()).count();
        all.questions.push(question);
        members.push(root);
    }
    for (question, root) in all.questions.iter_mut().zip(&members) {
        question.component = names.get(root).cloned().unwrap_or_default();
    }
    Ok(all)
}

/// What is asked with.
fn asked(asking: &Published, as_needs: bool) -> Subject {
    let side = Side::of(asking);
    let described = match &asking.content {
        _ if !as_needs => None,
        Content::Need(_) => None,
        Content::Technology(offer) => Some([&offer.description, &offer.summary]),
        Content::IpAsset(offer) => Some([&offer.summary, &offer.title]),
    };
    let Some(described) = described else {
        return Subject { id: Some(asking.id), content: asking.content.clone(), known: side.known, vector: None };
    };
    let is_said = |text: &&&Localised| Lang::ALL.into_iter().any(|lang| text.get(lang).is_some());
    let problem = described.iter().find(is_said).map(|text| (*text).clone()).unwrap_or_default();
    // Nothing is known of whoever would ask so.
    let content = Content::Need(Box::new(Need { problem, ..Need::default() }));
    Subject { id: Some(asking.id), content, known: Known::default(), vector: None }
}
