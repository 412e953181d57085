//! Reading the stored pairs and writing what changed of them, in one transaction with the follower's place.

use std::collections::{BTreeMap, BTreeSet};

use base::{ListingId, PartyId, Vocabularies};
use listings::published::Published;
use sea_orm::sea_query::{LockType, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use store::{Store, StoreError, Tx};
use uuid::Uuid;

use super::compute::{Head, is_open};
use super::experts::ExpertPair;
use super::list::{Fits, Pair};
use super::tell::Strong;
use super::{NAME, StandingError};
use crate::rows::{generation, standing, subject};

/// Rows of one statement: below either engine's limit of parameters.
const ROWS: usize = 500;

/// A listing that gaps are counted over.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    pub(super) listing: ListingId,
    kind: &'static str,
    field: String,
    published_at: store::Time,
}

impl Subject {
    /// The subject, if every signed-in person may see it.
    pub(super) fn of(listing: &Published, vocabularies: &Vocabularies) -> Option<Self> {
        let field = listing.content.field().map_or("", base::Code::as_str);
        // The top of the tree; a code that is not of the list stands for itself.
        let top = vocabularies.get("fields").and_then(|fields| fields.path(field).last().map(|top| top.0.clone()));
        is_open(listing).then(|| Self {
            listing: listing.id,
            kind: listing.kind.as_str(),
            field: top.unwrap_or_else(|| field.to_owned()),
            published_at: listing.published_at,
        })
    }
}

/// A pair as it is stored.
pub(super) trait Stored: Fits {
    /// The table.
    type Table: EntityTrait;
    /// The columns of the need, of the other one and of the score.
    const NEED: ColumnOf<Self>;
    const OTHER: ColumnOf<Self>;
    const SCORE: ColumnOf<Self>;

    fn of_row(row: <Self::Table as EntityTrait>::Model) -> Self;

    fn to_row(&self, now: store::Time) -> <Self::Table as EntityTrait>::ActiveModel;

    /// What happens to a row that is there.
    fn over() -> OnConflict;
}

/// The columns of a pair's table.
pub(super) type ColumnOf<P> = <<P as Stored>::Table as EntityTrait>::Column;

impl Stored for Pair {
    type Table = standing::Entity;
    const NEED: standing::Column = standing::Column::NeedId;
    const OTHER: standing::Column = standing::Column::OfferId;
    const SCORE: standing::Column = standing::Column::ScorePpm;

    fn of_row(row: standing::Model) -> Self {
        Self {
            need: ListingId(row.need_id),
            offer: ListingId(row.offer_id),
            need_party: PartyId(row.need_party),
            offer_party: PartyId(row.offer_party),
            need_version: u32::try_from(row.need_version).unwrap_or(u32::MAX),
            offer_version: u32::try_from(row.offer_version).unwrap_or(u32::MAX),
            score_ppm: u32::try_from(row.score_ppm).unwrap_or_default(),
            is_open: row.is_open,
        }
    }

    fn to_row(&self, now: store::Time) -> standing::ActiveModel {
        standing::ActiveModel {
            need_id: Set(self.need.0),
            offer_id: Set(self.offer.0),
            need_party: Set(self.need_party.0),
            offer_party: Set(self.offer_party.0),
            need_version: Set(i64::from(self.need_version)),
            offer_version: Set(i64::from(self.offer_version)),
            score_ppm: Set(i64::from(self.score_ppm)),
            is_open: Set(self.is_open),
            computed_at: Set(now),
        }
    }

    fn over() -> OnConflict {
        use standing::Column as C;
        OnConflict::columns([C::NeedId, C::OfferId])
            .update_columns([C::NeedParty, C::OfferParty, C::NeedVersion, C::OfferVersion, C::ScorePpm, C::IsOpen, C::ComputedAt])
            .to_owned()
    }
}

/// What is other in one table of pairs.
#[derive(Debug)]
pub(super) struct Moved<P: Fits> {
    /// Pairs that are new or other than before.
    pub(super) put: Vec<P>,
    /// Pairs that are no more: the need and the other one.
    removed: Vec<(ListingId, P::Other)>,
}

impl<P: Fits> Default for Moved<P> {
    fn default() -> Self {
        Self { put: Vec::new(), removed: Vec::new() }
    }
}

impl<P: Stored> Moved<P> {
    /// Notes how the lists of some needs differ from what is stored; gives their strong pairs.
    pub(super) fn lists(&mut self, mut before: BTreeMap<ListingId, Vec<P>>, now: BTreeMap<ListingId, Vec<P>>, strong_ppm: u32) -> Vec<P> {
        let mut strong = Vec::new();
        for (need, pairs) in now {
            self.list(&before.remove(&need).unwrap_or_default(), &pairs);
            strong.extend(pairs.into_iter().filter(|pair| pair.score_ppm() >= strong_ppm));
        }
        strong
    }

    /// Notes how the list of a need differs from what is stored.
    fn list(&mut self, before: &[P], now: &[P]) {
        let kept: BTreeSet<P::Other> = now.iter().map(P::other).collect();
        let old: BTreeMap<P::Other, &P> = before.iter().map(|p| (p.other(), p)).collect();
        self.removed.extend(before.iter().filter(|p| !kept.contains(&p.other())).map(|p| (p.need(), p.other())));
        self.put.extend(now.iter().filter(|p| old.get(&p.other()).is_none_or(|b| b != p)).cloned());
    }

    fn is_nothing(&self) -> bool {
        self.put.is_empty() && self.removed.is_empty()
    }

    async fn write(&self, tx: &Tx) -> Result<(), StoreError> {
        for (need, other) in &self.removed {
            let other: Uuid = (*other).into();
            P::Table::delete_many().filter(P::NEED.eq(need.0)).filter(P::OTHER.eq(other)).exec(tx.db()).await?;
        }
        for rows in self.put.chunks(ROWS) {
            let now = tx.now();
            let rows = rows.iter().map(|p| p.to_row(now));
            P::Table::insert_many(rows).on_conflict(P::over()).exec_without_returning(tx.db()).await?;
        }
        Ok(())
    }
}

/// What is to be written at once.
#[derive(Debug, Default)]
pub(super) struct Change {
    pub(super) offers: Moved<Pair>,
    pub(super) experts: Moved<ExpertPair>,
    pub(super) subjects: Vec<Subject>,
    pub(super) no_subjects: Vec<ListingId>,
    /// What sides may be told of, the best first.
    pub(super) strong: Vec<Strong>,
}

impl Change {
    pub(super) fn is_nothing(&self) -> bool {
        let is_unmoved = self.offers.is_nothing() && self.experts.is_nothing();
        is_unmoved && self.subjects.is_empty() && self.no_subjects.is_empty() && self.strong.is_empty()
    }

    /// Writes it.
    pub(super) async fn write(&self, tx: &Tx) -> Result<(), StoreError> {
        let db = tx.db();
        self.offers.write(tx).await?;
        self.experts.write(tx).await?;
        for gone in self.no_subjects.chunks(ROWS) {
            let ids: Vec<Uuid> = gone.iter().map(|id| id.0).collect();
            subject::Entity::delete_many().filter(subject::Column::ListingId.is_in(ids)).exec(db).await?;
        }
        for rows in self.subjects.chunks(ROWS) {
            let rows = rows.iter().map(|s| subject::ActiveModel {
                listing_id: Set(s.listing.0),
                kind: Set(s.kind.to_owned()),
                field: Set(s.field.clone()),
                published_at: Set(s.published_at),
            });
            let over = OnConflict::column(subject::Column::ListingId)
                .update_columns([subject::Column::Kind, subject::Column::Field, subject::Column::PublishedAt])
                .to_owned();
            subject::Entity::insert_many(rows).on_conflict(over).exec_without_returning(db).await?;
        }
        Ok(())
    }
}

/// Makes sure that nobody else keeps the pairs, and moves the follower with what is written.
pub(super) async fn move_on(tx: &Tx, from: i64, to: i64) -> Result<(), StandingError> {
    if Store::advance_follower(tx, NAME, from, to).await? { Ok(()) } else { Err(StandingError::Elsewhere) }
}

/// Makes sure that this generation is the one in use, and stays it until the end of the transaction, and that it is filled
/// no further than when it was read: of a page that was written meanwhile nothing was known.
pub(super) async fn in_use(tx: &Tx, head: Head) -> Result<(), StandingError> {
    let mut query = Head::query().filter(generation::Column::Id.eq(head.id));
    if tx.needs_row_locks() {
        query = query.lock(LockType::Share);
    }
    if Head::read(query, tx.db()).await? == Some(head) { Ok(()) } else { Err(StandingError::Elsewhere) }
}

/// The stored lists of these needs; a need without one has none here.
pub(super) async fn lists<P: Stored>(
    db: &impl ConnectionTrait,
    needs: &BTreeSet<ListingId>,
) -> Result<BTreeMap<ListingId, Vec<P>>, StoreError> {
    let mut all: BTreeMap<ListingId, Vec<P>> = BTreeMap::new();
    let ids: Vec<Uuid> = needs.iter().map(|id| id.0).collect();
    for chunk in ids.chunks(ROWS) {
        for row in P::Table::find().filter(P::NEED.is_in(chunk.to_vec())).all(db).await? {
            let pair = P::of_row(row);
            all.entry(pair.need()).or_default().push(pair);
        }
    }
    Ok(all)
}

/// In the lists of which needs these offers or experts are.
pub(super) async fn holders<P: Stored>(
    db: &impl ConnectionTrait,
    others: &BTreeSet<P::Other>,
) -> Result<BTreeMap<P::Other, BTreeSet<ListingId>>, StoreError> {
    let mut all: BTreeMap<P::Other, BTreeSet<ListingId>> = BTreeMap::new();
    let ids: Vec<Uuid> = others.iter().map(|id| (*id).into()).collect();
    for chunk in ids.chunks(ROWS) {
        for row in P::Table::find().filter(P::OTHER.is_in(chunk.to_vec())).all(db).await? {
            let pair = P::of_row(row);
            all.entry(pair.other()).or_default().insert(pair.need());
        }
    }
    Ok(all)
}

/// The stored lists of the needs behind `after` and up to `to`, where those are.
pub(super) async fn lists_between<P: Stored>(
    db: &impl ConnectionTrait,
    after: Option<ListingId>,
    to: Option<ListingId>,
) -> Result<Vec<P>, StoreError> {
    let rows = P::Table::find().filter(between(P::NEED, after, to)).all(db).await?;
    Ok(rows.into_iter().map(P::of_row).collect())
}

/// What is behind `after` and up to `to`, where those are.
pub(super) fn between(column: impl ColumnTrait, after: Option<ListingId>, to: Option<ListingId>) -> Condition {
    Condition::all().add_option(after.map(|id| column.gt(id.0))).add_option(to.map(|id| column.lte(id.0)))
}
