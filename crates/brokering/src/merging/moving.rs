//! What of a merger lies in this crate: interests, deals, what was confided, stories; and what stands in its way.

use std::collections::BTreeSet;

use accounts::merging::Both;
use base::{DealId, ListingId, PartyId, StoryId};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::json;
use store::{NewEvent, StoreError, Tx};
use uuid::Uuid;

use super::{NAMED, Obstacle, ObstacleKind};
use crate::BrokeringError;
use crate::confidential::rows::disclosure;
use crate::deals::rows::{agreement, broker, deal, document, party};
use crate::deals::{self, DealParty};
use crate::interests::rows::interest;
use crate::stories::rows::{consent, story_party};
use crate::stories::{self, Ending};

/// How much of a party lies here.
pub(super) struct Held {
    pub interests: u64,
    pub deals: u64,
    pub disclosures: u64,
}

fn interests_of(id: PartyId) -> Condition {
    Condition::any().add(interest::Column::SeekerPartyId.eq(id.0)).add(interest::Column::OwnerPartyId.eq(id.0))
}

pub(super) async fn held(db: &impl ConnectionTrait, id: PartyId) -> Result<Held, StoreError> {
    Ok(Held {
        interests: interest::Entity::find().filter(interests_of(id)).count(db).await?,
        deals: party::Entity::find().filter(party::Column::PartyId.eq(id.0)).count(db).await?,
        disclosures: disclosure::Entity::find().filter(disclosure::Column::PartyId.eq(id.0)).count(db).await?,
    })
}

/// Everything that keeps the two from becoming one.
pub(super) async fn obstacles(db: &impl ConnectionTrait, both: &Both) -> Result<Vec<Obstacle>, BrokeringError> {
    let (from, into) = (both.from.id, both.into.id);
    let plain = |kind, count| Obstacle { kind, count, codes: Vec::new() };
    if from == into {
        return Ok(vec![plain(ObstacleKind::SameParty, 1)]);
    }
    let mut found = vec![
        of_deals(db, ObstacleKind::DealsBetween, deals_between(db, from, into).await?).await?,
        of_listings(db, ObstacleKind::InterestsBetween, interests_between(db, from, into).await?).await?,
        of_listings(db, ObstacleKind::InterestsTwice, interests_twice(db, from, into).await?).await?,
        of_deals(db, ObstacleKind::BrokerOfSide, brokered_by_other(db, from, into).await?).await?,
        plain(ObstacleKind::ImportsRunning, listings::merging::running_imports(db, from).await?),
    ];
    if accounts::merging::is_too_large(db, both).await? {
        found.push(plain(ObstacleKind::TooManyMembers, 1));
    }
    found.retain(|obstacle| obstacle.count > 0);
    Ok(found)
}

async fn of_deals(db: &impl ConnectionTrait, kind: ObstacleKind, ids: BTreeSet<Uuid>) -> Result<Obstacle, BrokeringError> {
    let first: Vec<Uuid> = ids.iter().copied().take(NAMED).collect();
    let rows = deal::Entity::find().filter(deal::Column::Id.is_in(first)).order_by_asc(deal::Column::Code).all(db).await?;
    Ok(Obstacle { kind, count: ids.len() as u64, codes: rows.into_iter().map(|row| row.code).collect() })
}

async fn of_listings(db: &impl ConnectionTrait, kind: ObstacleKind, ids: BTreeSet<Uuid>) -> Result<Obstacle, BrokeringError> {
    let first: Vec<ListingId> = ids.iter().copied().take(NAMED).map(ListingId).collect();
    let mut codes: Vec<String> = listings::brief::load_many(db, &first).await?.into_iter().map(|l| l.code).collect();
    codes.sort();
    Ok(Obstacle { kind, count: ids.len() as u64, codes })
}

fn deals_of(id: PartyId) -> sea_orm::sea_query::SelectStatement {
    Query::select().column(party::Column::DealId).from(party::Entity).and_where(Expr::col(party::Column::PartyId).eq(id.0)).to_owned()
}

/// The statuses of an interest that waits for an answer.
const OPEN: [&str; 3] = ["sent", "read", "needs_information"];

fn open_deals(column: deal::Column) -> sea_orm::sea_query::SelectStatement {
    Query::select().column(column).from(deal::Entity).and_where(Expr::col(deal::Column::IsOpen).eq(true)).to_owned()
}

/// Deals that go on and have both in them.
async fn deals_between(db: &impl ConnectionTrait, from: PartyId, into: PartyId) -> Result<BTreeSet<Uuid>, StoreError> {
    let rows = party::Entity::find()
        .filter(party::Column::PartyId.eq(from.0))
        .filter(party::Column::DealId.in_subquery(deals_of(into)))
        .filter(party::Column::DealId.in_subquery(open_deals(deal::Column::Id)))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| row.deal_id).collect())
}

/// Listings in which one has an open interest of the other: a party does not ask itself. An accepted one is open as long as
/// the deal that came from it goes on, for its sender may hide and so not be in the deal yet.
async fn interests_between(db: &impl ConnectionTrait, from: PartyId, into: PartyId) -> Result<BTreeSet<Uuid>, StoreError> {
    let to = |seeker: PartyId, owner: PartyId| {
        Condition::all().add(interest::Column::SeekerPartyId.eq(seeker.0)).add(interest::Column::OwnerPartyId.eq(owner.0))
    };
    let mut leading = open_deals(deal::Column::InterestId);
    leading.and_where(Expr::col(deal::Column::InterestId).is_not_null());
    let open = Condition::any().add(interest::Column::Status.is_in(OPEN)).add(interest::Column::Id.in_subquery(leading));
    let rows = interest::Entity::find().filter(Condition::any().add(to(from, into)).add(to(into, from))).filter(open).all(db).await?;
    Ok(rows.into_iter().map(|row| row.listing_id).collect())
}

/// Listings in which both have an open interest: a party asks once at a time.
async fn interests_twice(db: &impl ConnectionTrait, from: PartyId, into: PartyId) -> Result<BTreeSet<Uuid>, StoreError> {
    let open = async |seeker: PartyId| -> Result<BTreeSet<Uuid>, StoreError> {
        let rows = interest::Entity::find()
            .filter(interest::Column::SeekerPartyId.eq(seeker.0))
            .filter(interest::Column::Status.is_in(OPEN))
            .all(db)
            .await?;
        Ok(rows.into_iter().map(|row| row.listing_id).collect())
    };
    Ok(open(from).await?.intersection(&open(into).await?).copied().collect())
}

/// The deals that came from an interest of this party; it may hide and so not be in them yet.
fn deals_from(id: PartyId) -> sea_orm::sea_query::SelectStatement {
    let sent = Query::select()
        .column(interest::Column::Id)
        .from(interest::Entity)
        .and_where(Expr::col(interest::Column::SeekerPartyId).eq(id.0))
        .to_owned();
    Query::select().column(deal::Column::Id).from(deal::Entity).and_where(Expr::col(deal::Column::InterestId).in_subquery(sent)).to_owned()
}

/// Open deals of the one, or to come from what it sent, that somebody brokers who acts for the other.
async fn brokered_by_other(db: &impl ConnectionTrait, from: PartyId, into: PartyId) -> Result<BTreeSet<Uuid>, StoreError> {
    let mut found = BTreeSet::new();
    for (of, others) in [(from, into), (into, from)] {
        let members: Vec<Uuid> = accounts::merging::members(db, others).await?.into_iter().map(|a| a.0).collect();
        let rows = broker::Entity::find()
            .filter(broker::Column::AccountId.is_in(members))
            .filter(
                Condition::any()
                    .add(broker::Column::DealId.in_subquery(deals_of(of)))
                    .add(broker::Column::DealId.in_subquery(deals_from(of))),
            )
            .filter(broker::Column::DealId.in_subquery(open_deals(deal::Column::Id)))
            .all(db)
            .await?;
        found.extend(rows.into_iter().map(|row| row.deal_id));
    }
    Ok(found)
}

/// Moves interests, deals and what was confided.
pub(super) async fn absorb(tx: &Tx, both: &Both) -> Result<(), BrokeringError> {
    let (from, into) = (both.from.id, both.into.id);
    let db = tx.db();
    for column in [interest::Column::SeekerPartyId, interest::Column::OwnerPartyId] {
        interest::Entity::update_many().col_expr(column, Expr::value(into.0)).filter(column.eq(from.0)).exec(db).await?;
    }
    // What the absorbed party answered is the other's now.
    crate::interests::reply_time::note(tx, into).await?;
    disclosure::Entity::update_many()
        .col_expr(disclosure::Column::PartyId, Expr::value(into.0))
        .filter(disclosure::Column::PartyId.eq(from.0))
        .exec(db)
        .await?;
    document::Entity::update_many()
        .col_expr(document::Column::PartyId, Expr::value(into.0))
        .filter(document::Column::PartyId.eq(from.0))
        .exec(db)
        .await?;
    agreement::Entity::update_many()
        .col_expr(agreement::Column::PartyId, Expr::value(into.0))
        .filter(agreement::Column::PartyId.eq(from.0))
        .exec(db)
        .await?;
    let own = party::Entity::find().filter(party::Column::PartyId.eq(from.0)).order_by_asc(party::Column::DealId).all(db).await?;
    for column in [deal::Column::OwnerPartyId, deal::Column::SeekerPartyId] {
        deal::Entity::update_many().col_expr(column, Expr::value(into.0)).filter(column.eq(from.0)).exec(db).await?;
    }
    // Two co-owners of a past deal are one.
    for row in &own {
        if party::Entity::find_by_id((row.deal_id, into.0, row.role.clone())).one(db).await?.is_some() {
            party::Entity::delete_by_id((row.deal_id, from.0, row.role.clone())).exec(db).await?;
        }
    }
    party::Entity::update_many()
        .col_expr(party::Column::PartyId, Expr::value(into.0))
        .filter(party::Column::PartyId.eq(from.0))
        .exec(db)
        .await?;
    one_consent(tx, from, into).await?;
    for row in story_party::Entity::find().filter(story_party::Column::PartyId.eq(from.0)).all(db).await? {
        if story_party::Entity::find_by_id((row.story_id, into.0, row.role.clone())).one(db).await?.is_some() {
            story_party::Entity::delete_by_id((row.story_id, from.0, row.role)).exec(db).await?;
        }
    }
    // Consents stand: who takes in a party takes over what it said.
    story_party::Entity::update_many()
        .col_expr(story_party::Column::PartyId, Expr::value(into.0))
        .filter(story_party::Column::PartyId.eq(from.0))
        .exec(db)
        .await?;
    consent::Entity::update_many()
        .col_expr(consent::Column::PartyId, Expr::value(into.0))
        .filter(consent::Column::PartyId.eq(from.0))
        .exec(db)
        .await?;
    let own: BTreeSet<Uuid> = own.into_iter().map(|row| row.deal_id).collect();
    for id in own {
        let Some(deal) = deals::load_to_change(tx, DealId(id)).await? else { continue };
        deals::save(tx, &deal, deal::ActiveModel::default()).await?;
        // The parties as they are now, so that the deal can still be rebuilt from its events.
        let parties: Vec<DealParty> = deal.parties.iter().map(|(role, party)| DealParty { party: *party, role: *role }).collect();
        tx.emit(NewEvent::new("deal", deal.id, "deal.parties_set", json!({ "parties": parties })));
    }
    Ok(())
}

/// A story that names both of them names one from now on, which consents once: that of the absorbed party ends, and that of
/// the other stands where both said yes.
async fn one_consent(tx: &Tx, from: PartyId, into: PartyId) -> Result<(), BrokeringError> {
    use consent::Column as C;
    let db = tx.db();
    let naming = |id: PartyId| story_party::Entity::find().filter(story_party::Column::PartyId.eq(id.0));
    let of_other: BTreeSet<Uuid> = naming(into).all(db).await?.into_iter().map(|row| row.story_id).collect();
    let both: BTreeSet<Uuid> = naming(from).all(db).await?.into_iter().map(|row| row.story_id).filter(|id| of_other.contains(id)).collect();
    for story in both {
        let standing = |id: PartyId| C::StoryId.eq(story).and(C::PartyId.eq(id.0)).and(C::EndedAt.is_null());
        let said = consent::Entity::find().filter(standing(from)).one(db).await?.is_some();
        for ends in std::iter::once(from).chain((!said).then_some(into)) {
            stories::end_consents(tx, StoryId(story), Some(ends), Ending::Merged, None).await?;
        }
    }
    Ok(())
}
