//! Matches of stored listings and of contents that are only read: what is asked, loaded and judged.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base::{Actor, Cursor, Limit, ListingId, PartyId, Refused, Scope, StaffRole};
use chrono::{DateTime, Utc};
use listings::content::Content;
use listings::published::{Audience, Published};
use listings::{Kind, ListingError, Listings, published, view};
use search::{Failure, Search, Viewer};
use serde::{Deserialize, Serialize};
use store::StoreError;
use vectors::{EncodeError, Packed};

use crate::answer::{Match, MatchPage};
use crate::engine::{Engine, Judged, Reader};
use crate::feedback::{self, Said};
use crate::inside::Inside;
use crate::meaning::Meanings;
use crate::paging::page_behind;
use crate::replies::Replies;
use crate::side::{Known, Side};
use crate::units::Units;
use crate::weights::Weights;

/// The most that one look brings of what answers a need.
const ANSWERS: usize = 100;
/// Over how many of the best it is reckoned what would sharpen them.
const SHARPENED: usize = 10;

/// Finds counterparts. Cheap to clone.
#[derive(Clone)]
pub struct Matcher {
    engine: Engine,
    listings: Listings,
    /// Whether a content that is not stored is encoded when it is asked with: a command may take the time, a server leaves
    /// it to the words.
    encodes: bool,
}

/// What is asked of the matches of a listing.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// Kinds of counterparts; empty for the usual ones ([`usual_kinds`]).
    pub kinds: BTreeSet<Kind>,
    /// How many.
    pub limit: Limit,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// Where no cursor says where: the counterpart with which the page begins, if it is in the list. Those before it are on the
    /// pages from the beginning.
    pub at: Option<ListingId>,
    /// Whether each part of the score is told.
    pub explain: bool,
    /// What was excluded, and why, instead of what matches.
    pub excluded: bool,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum MatchError {
    /// The listing is not there or not to be seen, or could not be loaded.
    #[error(transparent)]
    Listing(#[from] ListingError),
    /// The cursor is not one of this list.
    #[error("not a cursor of this list")]
    Cursor,
    /// What was sent is wrong.
    #[error("{} faults", .0.iter().count())]
    Invalid(base::Faults),
    /// The index could not be read.
    #[error("the index could not be read")]
    Index(#[from] Failure),
    /// The model of vectors failed.
    #[error("the model of vectors failed")]
    Model(#[from] EncodeError),
    /// The work was cut off, such as by a shutdown.
    #[error("the work was cut off")]
    CutOff(#[from] tokio::task::JoinError),
}

impl From<StoreError> for MatchError {
    fn from(error: StoreError) -> Self {
        Self::Listing(error.into())
    }
}

impl From<Refused> for MatchError {
    fn from(refused: Refused) -> Self {
        Self::Listing(refused.into())
    }
}

/// The counterparts that are looked for unless others are named: technologies and IP assets for a need, needs for both.
#[must_use]
pub fn usual_kinds(subject: Kind) -> BTreeSet<Kind> {
    match subject {
        Kind::Need => BTreeSet::from([Kind::Technology, Kind::IpAsset]),
        Kind::Technology | Kind::IpAsset => BTreeSet::from([Kind::Need]),
    }
}

/// All kinds that can be asked for: beside the usual ones an offer has other offers that are alike. Two needs have nothing to
/// answer each other with.
#[must_use]
pub fn kinds_for(subject: Kind) -> BTreeSet<Kind> {
    match subject {
        Kind::Need => usual_kinds(subject),
        Kind::Technology | Kind::IpAsset => BTreeSet::from([Kind::Need, Kind::Technology, Kind::IpAsset]),
    }
}

/// Where a page ended. The moment stays the same over all pages, so that freshness moves nothing between them.
#[derive(Serialize, Deserialize)]
struct Bookmark {
    /// Whether the page ended among those that the reader's side put first, or behind.
    rank: u8,
    score_ppm: u32,
    id: ListingId,
    now_s: i64,
}

/// A side that can be carried to another thread.
#[derive(Clone)]
pub(crate) struct Subject {
    pub(crate) id: Option<ListingId>,
    pub(crate) content: Content,
    pub(crate) known: Known,
    pub(crate) vector: Option<Packed>,
}

impl Subject {
    /// A listing that is out.
    pub(crate) fn of(listing: &Published) -> Self {
        Self { id: Some(listing.id), content: listing.content.clone(), known: Side::of(listing).known, vector: None }
    }

    pub(crate) fn side(&self) -> Side<'_> {
        Side { id: self.id, content: &self.content, known: self.known.clone(), vector: self.vector.clone() }
    }
}

/// What is asked for and what was found, with all that is to be known before it is judged.
struct Asked {
    subject: Subject,
    found: Vec<Published>,
    said: BTreeMap<ListingId, Said>,
    inside: Inside,
    /// Whether the listing is of a party of whoever asks.
    is_own: bool,
    engine: Engine,
}

/// What answers a need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) id: ListingId,
    /// Since when it is out for all who see it now.
    pub(crate) out_since: DateTime<Utc>,
}

impl Matcher {
    /// A matcher over an index and the listings it was made from.
    #[must_use]
    pub fn new(search: Search, listings: Listings, units: Arc<Units>, weights: Weights) -> Self {
        let engine = Engine::new(search, Arc::clone(&listings.vocabularies), units, weights);
        Self { engine, listings, encodes: false }
    }

    /// The same with what listings mean beside their words.
    #[must_use]
    pub fn with_meanings(self, meanings: Option<Arc<Meanings>>) -> Self {
        Self { engine: self.engine.with_meanings(meanings), ..self }
    }

    /// The same, encoding what is not stored when it is asked with.
    #[must_use]
    pub fn encoding(self) -> Self {
        Self { encodes: true, ..self }
    }

    /// What listings mean, if a model is used and counts.
    #[must_use]
    pub fn meanings(&self) -> Option<&Arc<Meanings>> {
        self.engine.meanings()
    }

    /// Gives a content that is not stored its vector, where that is asked for.
    pub(crate) async fn encoded<E: From<EncodeError> + From<tokio::task::JoinError>>(&self, mut subject: Subject) -> Result<Subject, E> {
        let Some(meanings) = self.meanings().filter(|_| self.encodes).cloned() else { return Ok(subject) };
        let is_stored = subject.id.is_some_and(|id| meanings.of(id, &subject.content).is_some());
        if !is_stored {
            let content = subject.content.clone();
            subject.vector = tokio::task::spawn_blocking(move || meanings.vector_of(&content)).await??;
        }
        Ok(subject)
    }

    /// The engine, for measuring.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The engine, knowing how soon these parties reply.
    pub(crate) async fn knowing(&self, parties: impl IntoIterator<Item = PartyId>) -> Result<Engine, StoreError> {
        Ok(self.engine.knowing(Replies::load(&self.listings.store, parties).await?))
    }

    /// The listings it was made over.
    pub(crate) fn listings(&self) -> &Listings {
        &self.listings
    }

    /// The counterparts of a listing, the best first, among what the actor may see.
    ///
    /// A member sees the matches of the draft in hand, others those of the approved version.
    ///
    /// # Errors
    /// [`MatchError`]; hidden if the actor may not see the listing.
    pub async fn matches_of(&self, actor: &Actor, kind: Kind, id: ListingId, ask: &Ask) -> Result<MatchPage, MatchError> {
        let bookmark: Option<Bookmark> = ask.cursor.as_deref().map(|c| Cursor::read(c).map_err(|_| MatchError::Cursor)).transpose()?;
        let now = match &bookmark {
            Some(b) => DateTime::from_timestamp(b.now_s, 0).ok_or(MatchError::Cursor)?,
            None => whole_second(self.listings.store.clock().now()),
        };
        let reader = Reader { lang: actor.lang, now, explain: ask.explain };
        let kinds = if ask.kinds.is_empty() { usual_kinds(kind) } else { ask.kinds.clone() };
        let Asked { subject, found, said, inside, is_own, engine } = self.asked(actor, (kind, id), kinds, None).await?;
        let (wanted, limit, at) = (ask.excluded, ask.limit, ask.at);
        let page = tokio::task::spawn_blocking(move || {
            let side = subject.side();
            let mut judged = engine.judge(&side, &found, reader)?;
            inside.exclude(&side, &mut judged, &engine.rules(reader.lang));
            let mut all: Vec<&Judged<'_>> = judged.iter().filter(|j| j.is_excluded() == wanted).collect();
            let total = u64::try_from(all.len()).unwrap_or(u64::MAX);
            // What one's own side calls good first, then the best; what it does not want stands behind all others.
            let rank = |id: ListingId| Said::rank(said.get(&id));
            let place = |j: &Judged<'_>| (rank(j.listing.id), Reverse(j.score_ppm), j.listing.id);
            all.sort_by_key(|j| place(j));
            let missing =
                (is_own && !wanted).then(|| engine.missing(&side, all.get(..all.len().min(SHARPENED)).unwrap_or_default(), reader.lang));
            let before_it = at.and_then(|at| all.iter().position(|j| j.listing.id == at)).and_then(|n| all.get(n.checked_sub(1)?));
            let after = bookmark.map(|b| (b.rank, Reverse(b.score_ppm), b.id)).or_else(|| before_it.map(|j| place(j)));
            let (page, more) = page_behind(all, place, after.as_ref(), limit);
            let cursor = |j: &&Judged<'_>| {
                let id = j.listing.id;
                Cursor::write(&Bookmark { rank: rank(id), score_ppm: j.score_ppm, id, now_s: now.timestamp() })
            };
            let behind: Vec<String> = page.iter().map(cursor).collect();
            let next = behind.last().filter(|_| more).cloned();
            let mut items = engine.explain(&side, &page, reader)?;
            for item in &mut items {
                item.feedback = said.get(&item.listing.id).cloned();
            }
            Ok::<_, Failure>(MatchPage { items, next, total, missing: missing.flatten(), behind })
        });
        Ok(page.await??)
    }

    /// Loads what is asked for and what is found for it, or of these alone what the actor may see.
    async fn asked(
        &self,
        actor: &Actor,
        (kind, id): (Kind, ListingId),
        kinds: BTreeSet<Kind>,
        among: Option<Vec<Published>>,
    ) -> Result<Asked, MatchError> {
        let shown = view::show(&self.listings, actor, kind, id).await?;
        let (own_party, confirmed_at) = (shown.party.id, shown.confirmed_at);
        let known = Known::of(&shown.typed, own_party, shown.party.party_type, shown.party.province);
        let subject = Subject { id: Some(id), content: shown.typed, known: Known { confirmed_at, ..known }, vector: None };
        let found = match among {
            Some(some) => some.into_iter().filter(|one| kinds.contains(&one.kind) && may_see(actor, &one.audience)).collect(),
            None => self.found(actor, &subject, kinds).await?,
        };
        let party = self.party_of(id, own_party).await?;
        let said = match party {
            Some(party) => feedback::said_of(&self.listings.store, actor, kind, id, party).await?,
            None => BTreeMap::new(),
        };
        let inside = Inside::between(&self.listings, actor, (kind, id, party), &found).await?;
        let is_own = own_party.is_some_and(|party| actor.is_member(party));
        let engine = self.knowing(owners(&found).chain(party)).await?;
        Ok(Asked { subject, found, said, inside, is_own, engine })
    }

    /// Whose listing it is: its own members know, and brokers are told.
    async fn party_of(&self, id: ListingId, shown: Option<PartyId>) -> Result<Option<PartyId>, StoreError> {
        match shown {
            Some(party) => Ok(Some(party)),
            None => Ok(published::load(&self.listings.store, &[id]).await?.into_iter().next().map(|p| p.owner.id)),
        }
    }

    /// What answers a need well enough to be brought to whoever follows it, the best first: those that are good enough to be
    /// standing matches, without what the reader's side put behind. With `among` of these alone, else of all that is found.
    /// Nothing is explained.
    ///
    /// # Errors
    /// As [`Self::matches_of`].
    pub(crate) async fn answers(&self, actor: &Actor, need: ListingId, among: Option<Vec<Published>>) -> Result<Vec<Answer>, MatchError> {
        let reader = Reader { lang: actor.lang, now: whole_second(self.listings.store.clock().now()), explain: false };
        let asked = self.asked(actor, (Kind::Need, need), usual_kinds(Kind::Need), among).await?;
        let least = self.engine.weights().standing_ppm();
        let answers = tokio::task::spawn_blocking(move || {
            let Asked { subject, found, said, inside, engine, .. } = asked;
            let side = subject.side();
            let mut judged = engine.judge(&side, &found, reader)?;
            inside.exclude(&side, &mut judged, &engine.rules(reader.lang));
            let is_behind = |id: ListingId| said.get(&id).is_some_and(|said| said.is_behind);
            let good = judged.iter().filter(|one| !one.is_excluded() && one.score_ppm >= least && !is_behind(one.listing.id));
            let answers = good.take(ANSWERS).map(|one| Answer { id: one.listing.id, out_since: one.listing.out_since });
            Ok::<_, Failure>(answers.collect::<Vec<_>>())
        });
        Ok(answers.await??)
    }

    /// Those of these offers that the actor may see at this moment, without what their side put behind, of a need that they
    /// may see.
    ///
    /// # Errors
    /// As [`Self::matches_of`].
    pub async fn wanted(&self, actor: &Actor, need: ListingId, offers: &[ListingId]) -> Result<BTreeSet<ListingId>, MatchError> {
        let shown = view::show(&self.listings, actor, Kind::Need, need).await?;
        let mut seen = self.seen(actor, offers).await?;
        if let Some(party) = self.party_of(need, shown.party.id).await? {
            let said = feedback::said_of(&self.listings.store, actor, Kind::Need, need, party).await?;
            seen.retain(|id| !said.get(id).is_some_and(|said| said.is_behind));
        }
        Ok(seen)
    }

    /// Those of these listings that are out and that the actor may see at this moment.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn seen(&self, actor: &Actor, ids: &[ListingId]) -> Result<BTreeSet<ListingId>, StoreError> {
        let found = published::load(&self.listings.store, ids).await?;
        Ok(found.into_iter().filter(|listing| may_see(actor, &listing.audience)).map(|listing| listing.id).collect())
    }

    /// Which of these offers answered a need well enough ([`Self::answers`]) as both were `before`, for this actor; what is
    /// not among those is taken as it is.
    pub(crate) async fn answered(
        &self,
        actor: &Actor,
        need: ListingId,
        offers: &[ListingId],
        before: &BTreeMap<ListingId, Published>,
    ) -> Result<BTreeSet<ListingId>, MatchError> {
        let ids: Vec<ListingId> = offers.iter().copied().chain([need]).filter(|_| !offers.is_empty()).collect();
        let mut then = published::load(&self.listings.store, &ids).await?;
        for one in &mut then {
            if let Some(before) = before.get(&one.id) {
                *one = before.clone();
            }
        }
        let Some(need) = then.iter().position(|one| one.id == need).map(|at| then.swap_remove(at)) else { return Ok(BTreeSet::new()) };
        let inside = Inside::between(&self.listings, actor, (Kind::Need, need.id, Some(need.owner.id)), &then).await?;
        let reader = Reader { lang: actor.lang, now: whole_second(self.listings.store.clock().now()), explain: false };
        let engine = self.knowing(owners(&then)).await?;
        let least = engine.weights().standing_ppm();
        let answered = tokio::task::spawn_blocking(move || {
            let side = Side::of(&need);
            let mut judged = engine.judge(&side, &then, reader)?;
            inside.exclude(&side, &mut judged, &engine.rules(reader.lang));
            let good = judged.iter().filter(|one| !one.is_excluded() && one.score_ppm >= least);
            Ok::<_, Failure>(good.map(|one| one.listing.id).collect())
        });
        Ok(answered.await??)
    }

    /// The counterparts of a content that is not stored, at most `limit`, the best first.
    ///
    /// # Errors
    /// [`MatchError`] if index or database cannot be read.
    pub async fn matches_for_content(
        &self,
        content: &Content,
        actor: &Actor,
        kinds: &BTreeSet<Kind>,
        limit: usize,
    ) -> Result<Vec<Match>, MatchError> {
        let known = Side::unstored(content).known;
        let subject = self.encoded::<MatchError>(Subject { id: None, content: content.clone(), known, vector: None }).await?;
        let reader = Reader { lang: actor.lang, now: whole_second(self.listings.store.clock().now()), explain: false };
        let found = self.found(actor, &subject, kinds.clone()).await?;
        let engine = self.knowing(owners(&found)).await?;
        let matches = tokio::task::spawn_blocking(move || {
            let side = subject.side();
            let judged = engine.judge(&side, &found, reader)?;
            let best: Vec<&Judged<'_>> = judged.iter().filter(|j| !j.is_excluded()).take(limit).collect();
            engine.explain(&side, &best, reader)
        });
        Ok(matches.await??)
    }

    /// The candidates with their contents, as far as the actor may see them now: the index may be a moment behind.
    pub(crate) async fn found(&self, actor: &Actor, subject: &Subject, kinds: BTreeSet<Kind>) -> Result<Vec<Published>, MatchError> {
        let (engine, viewer, asked) = (self.engine.clone(), Viewer::of(actor), subject.clone());
        let ids = tokio::task::spawn_blocking(move || engine.candidates(&asked.side(), &kinds, &viewer)).await??;
        let mut found = published::load(&self.listings.store, &ids).await?;
        found.retain(|listing| may_see(actor, &listing.audience));
        Ok(found)
    }
}

/// Whose these listings are.
pub(crate) fn owners(listings: &[Published]) -> impl Iterator<Item = PartyId> {
    listings.iter().map(|one| one.owner.id)
}

pub(crate) fn may_see(actor: &Actor, audience: &Audience) -> bool {
    let staff = actor.is_system() || (actor.is_staff(StaffRole::Moderator) && actor.has_scope(Scope::Staff));
    staff
        || match audience {
            Audience::Public => true,
            Audience::Registered => actor.account().is_some(),
            Audience::Parties(parties) => parties.iter().any(|p| actor.is_member(*p)),
        }
}

pub(crate) fn whole_second(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp(at.timestamp(), 0).unwrap_or(at)
}
