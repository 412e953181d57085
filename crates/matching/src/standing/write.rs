//! Reading the stored pairs and writing what changed of them, in one transaction with the follower's place.

use std::collections::{BTreeMap, BTreeSet};

use base::{ListingId, PartyId, Vocabularies};
use listings::published::Published;
use sea_orm::sea_query::{LockType, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use store::{Store, StoreError, Tx};
use uuid::Uuid;

use super::compute::{Head, is_open};
use super::list::Pair;
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

/// What is to be written at once.
#[derive(Clone, Debug, Default)]
pub(super) struct Change {
    /// Pairs that are new or other than before.
    pub(super) put: Vec<Pair>,
    /// Pairs that are no more: need and offer.
    pub(super) removed: Vec<(ListingId, ListingId)>,
    pub(super) subjects: Vec<Subject>,
    pub(super) no_subjects: Vec<ListingId>,
    /// What both sides may be told of, the best first.
    pub(super) strong: Vec<Strong>,
}

impl Change {
    /// Notes how the list of a need differs from what is stored.
    pub(super) fn list(&mut self, before: &[Pair], now: &[Pair]) {
        let kept: BTreeMap<ListingId, &Pair> = now.iter().map(|p| (p.offer, p)).collect();
        let old: BTreeMap<ListingId, &Pair> = before.iter().map(|p| (p.offer, p)).collect();
        self.removed.extend(before.iter().filter(|p| !kept.contains_key(&p.offer)).map(|p| (p.need, p.offer)));
        self.put.extend(now.iter().filter(|p| old.get(&p.offer).is_none_or(|b| b != p)).cloned());
    }

    pub(super) fn is_nothing(&self) -> bool {
        self.put.is_empty() && self.removed.is_empty() && self.subjects.is_empty() && self.no_subjects.is_empty() && self.strong.is_empty()
    }

    /// Writes it.
    pub(super) async fn write(&self, tx: &Tx) -> Result<(), StoreError> {
        let db = tx.db();
        for (need, offer) in &self.removed {
            standing::Entity::delete_by_id((need.0, offer.0)).exec(db).await?;
        }
        for rows in self.put.chunks(ROWS) {
            let now = tx.now();
            let rows = rows.iter().map(|p| to_row(p, now));
            standing::Entity::insert_many(rows).on_conflict(over()).exec_without_returning(db).await?;
        }
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

fn over() -> OnConflict {
    use standing::Column as C;
    OnConflict::columns([C::NeedId, C::OfferId])
        .update_columns([C::NeedParty, C::OfferParty, C::NeedVersion, C::OfferVersion, C::ScorePpm, C::IsOpen, C::ComputedAt])
        .to_owned()
}

fn to_row(pair: &Pair, now: store::Time) -> standing::ActiveModel {
    standing::ActiveModel {
        need_id: Set(pair.need.0),
        offer_id: Set(pair.offer.0),
        need_party: Set(pair.need_party.0),
        offer_party: Set(pair.offer_party.0),
        need_version: Set(i64::from(pair.need_version)),
        offer_version: Set(i64::from(pair.offer_version)),
        score_ppm: Set(i64::from(pair.score_ppm)),
        is_open: Set(pair.is_open),
        computed_at: Set(now),
    }
}

pub(super) fn of_row(row: standing::Model) -> Pair {
    Pair {
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

/// The stored lists of these needs; a need without one has none here.
pub(super) async fn lists(db: &impl ConnectionTrait, needs: &BTreeSet<ListingId>) -> Result<BTreeMap<ListingId, Vec<Pair>>, StoreError> {
    let mut all: BTreeMap<ListingId, Vec<Pair>> = BTreeMap::new();
    let ids: Vec<Uuid> = needs.iter().map(|id| id.0).collect();
    for chunk in ids.chunks(ROWS) {
        for row in standing::Entity::find().filter(standing::Column::NeedId.is_in(chunk.to_vec())).all(db).await? {
            all.entry(ListingId(row.need_id)).or_default().push(of_row(row));
        }
    }
    Ok(all)
}

/// In the lists of which needs these offers are.
pub(super) async fn holders(
    db: &impl ConnectionTrait,
    offers: &BTreeSet<ListingId>,
) -> Result<BTreeMap<ListingId, BTreeSet<ListingId>>, StoreError> {
    let mut all: BTreeMap<ListingId, BTreeSet<ListingId>> = BTreeMap::new();
    let ids: Vec<Uuid> = offers.iter().map(|id| id.0).collect();
    for chunk in ids.chunks(ROWS) {
        for row in standing::Entity::find().filter(standing::Column::OfferId.is_in(chunk.to_vec())).all(db).await? {
            all.entry(ListingId(row.offer_id)).or_default().insert(ListingId(row.need_id));
        }
    }
    Ok(all)
}
