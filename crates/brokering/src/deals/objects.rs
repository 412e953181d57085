//! What a deal transfers: technologies and IP assets of the side that gives. A deal about one of these begins with it; one that
//! came from a need begins with nothing, and names what answers the need once that is known.
//!
//! An object is named by whoever sees it, and only while everybody in the deal sees it too. Later it stays, whatever becomes of
//! the listing; whoever may no longer see that is told its code alone. Events hold ids.

use std::collections::{BTreeSet, HashMap};

use base::{Actor, Code, DealId, Faults, Hideable as _, Lang, ListingId, PartyId};
use listings::state::Status;
use listings::{Head, Kind};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement, UnionType};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, NewEvent, StoreError, Tx};
use utoipa::ToSchema;
use uuid::Uuid;

use super::facts::Facts;
use super::rows::{deal, object};
use super::{Deal, DealReceipt, Role, Side, granted, notices, readable, save};
use crate::access::{ReadDeal, SetDealObjects};
use crate::{Brokering, BrokeringError};

/// Objects of one deal at most.
pub const OBJECTS_MAX: usize = 20;
/// The newest listings of the side that gives, to choose among; every other one is named by its code.
const CHOICES: u64 = 40;

/// Something that is transferred.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// The technology or IP asset.
    pub listing: ListingId,
    /// Which of the two.
    pub kind: Kind,
    /// A code of `ip_kinds`, of an IP asset.
    pub ip_kind: Option<Code>,
}

impl Object {
    /// A listing as an object, unless it is a need.
    pub(super) fn of(listing: ListingId, kind: Kind, ip_kind: Option<&Code>) -> Option<Self> {
        (kind != Kind::Need).then(|| Self { listing, kind, ip_kind: ip_kind.filter(|_| kind == Kind::IpAsset).cloned() })
    }

    fn read(row: object::Model) -> Result<Self, StoreError> {
        let kind = row.listing_kind.parse().map_err(|e| StoreError::corrupt("deal object", e))?;
        Ok(Self { listing: ListingId(row.listing_id), kind, ip_kind: row.ip_kind.map(Code) })
    }
}

/// What a deal is to transfer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DealObjects {
    /// All of it: technologies and IP assets of the parties that give, each once, in the order they are shown in.
    #[schema(max_items = 20)]
    pub objects: Vec<ListingId>,
}

/// What a deal transfers, as a reader sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = DealObject)]
pub struct ObjectView {
    /// The technology or IP asset.
    pub listing: ListingId,
    /// Which of the two.
    pub kind: Kind,
    /// Its readable code.
    pub code: String,
    /// Its title in the reader's language if it has one there; null for whoever may no longer see it.
    pub title: Option<String>,
    /// The language of the title.
    pub title_lang: Option<Lang>,
    /// Its page, for whoever may see it.
    pub url: Option<String>,
}

/// A listing that may be named as an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectChoice {
    /// The listing.
    pub listing: ListingId,
    /// Its readable code.
    pub code: String,
    /// Its title, in the reader's language if it has one there.
    pub title: String,
}

impl Deal {
    /// Everything it is about: the listing it came from, and what it transfers.
    pub(crate) fn about(&self) -> Vec<ListingId> {
        let others = self.objects.iter().map(|object| object.listing).filter(|id| *id != self.listing);
        std::iter::once(self.listing).chain(others).collect()
    }

    /// Which side holds one of the listings it is about: a need is the seeker's, everything else the owner's.
    pub(crate) fn holder_of(&self, listing: ListingId) -> Side {
        if listing == self.listing && self.listing_kind == Kind::Need { Side::Seeker } else { Side::Owner }
    }
}

/// The objects of these deals, each in its order.
pub(super) async fn of_deals(db: &impl ConnectionTrait, ids: &[Uuid]) -> Result<HashMap<Uuid, Vec<Object>>, StoreError> {
    let mut all: HashMap<Uuid, Vec<Object>> = HashMap::new();
    for chunk in ids.chunks(500) {
        let rows = object::Entity::find().filter(object::Column::DealId.is_in(chunk.iter().copied()));
        for row in rows.order_by_asc(object::Column::Number).all(db).await? {
            all.entry(row.deal_id).or_default().push(Object::read(row)?);
        }
    }
    Ok(all)
}

/// The deals in which a listing is transferred, as a query for their ids.
fn transferring(listing: ListingId) -> SelectStatement {
    Query::select()
        .column(object::Column::DealId)
        .from(object::Entity)
        .and_where(Expr::col(object::Column::ListingId).eq(listing.0))
        .to_owned()
}

fn coming_from(listing: ListingId) -> SelectStatement {
    Query::select().column(deal::Column::Id).from(deal::Entity).and_where(Expr::col(deal::Column::ListingId).eq(listing.0)).to_owned()
}

/// The deals that came from a listing or transfer it, as a query for their ids.
pub(super) fn concerning(listing: ListingId) -> SelectStatement {
    coming_from(listing).union(UnionType::Distinct, transferring(listing)).to_owned()
}

/// The deals that count for a listing: those that came from it where it is a need, and those that transfer it.
pub(super) fn counting_for(listing: ListingId) -> SelectStatement {
    let mut answering = coming_from(listing);
    answering.and_where(Expr::col(deal::Column::ListingKind).eq(Kind::Need.as_str()));
    answering.union(UnionType::Distinct, transferring(listing)).to_owned()
}

/// Writes what a deal transfers. The caller owns the transaction.
pub(super) async fn write(tx: &Tx, id: DealId, objects: &[Object]) -> Result<(), StoreError> {
    object::Entity::delete_many().filter(object::Column::DealId.eq(id.0)).exec(tx.db()).await?;
    for (n, one) in objects.iter().enumerate() {
        let row = object::ActiveModel {
            deal_id: Set(id.0),
            listing_id: Set(one.listing.0),
            number: Set(i64::try_from(n).unwrap_or(i64::MAX)),
            listing_kind: Set(one.kind.as_str().to_owned()),
            ip_kind: Set(one.ip_kind.as_ref().map(|code| code.0.clone())),
        };
        object::Entity::insert(row).exec_without_returning(tx.db()).await?;
    }
    Ok(())
}

/// The ids, as events hold them.
pub(super) fn ids(objects: &[Object]) -> Vec<ListingId> {
    objects.iter().map(|object| object.listing).collect()
}

/// What is wrong with an object that was not there before.
fn fault_of(actor: &Actor, head: Option<&Head>, sides: &[(Side, PartyId)]) -> Option<&'static str> {
    let Some(head) = head.filter(|head| head.visible_to(actor)) else { return Some("unknown_listing") };
    if head.kind == Kind::Need {
        Some("deal_object_need")
    } else if !sides.contains(&(Side::Owner, head.party)) {
        Some("deal_object_other_party")
    } else if head.state.status != Status::Published {
        Some("deal_object_not_published")
    } else if !sides.iter().all(|(_, party)| head.is_out_for_party(*party)) {
        Some("deal_object_not_open")
    } else {
        None
    }
}

/// The objects that were named, in their order, if each may be one: of those in `kept` nothing is asked but that they stand
/// once. Adds what is wrong, by JSON pointer.
pub(super) async fn named(
    db: &impl ConnectionTrait,
    actor: &Actor,
    sides: &[(Side, PartyId)],
    kept: &[Object],
    wanted: &[ListingId],
    faults: &mut Faults,
) -> Result<Vec<Object>, StoreError> {
    if wanted.len() > OBJECTS_MAX {
        let (max, count) = (OBJECTS_MAX.to_string(), wanted.len().to_string());
        faults.add_with("/objects", "too_many", &[("max", &max), ("count", &count)]);
        return Ok(Vec::new());
    }
    let new: Vec<ListingId> = wanted.iter().copied().filter(|id| kept.iter().all(|object| object.listing != *id)).collect();
    let heads: HashMap<ListingId, Head> = listings::lookup::heads(db, &new).await?.into_iter().map(|head| (head.id, head)).collect();
    let briefs = listings::brief::load_many(db, &new).await?;
    let mut seen = BTreeSet::new();
    let mut objects = Vec::with_capacity(wanted.len());
    for (n, id) in wanted.iter().enumerate() {
        if !seen.insert(*id) {
            faults.add(format!("/objects/{n}"), "deal_object_twice");
        } else if let Some(object) = kept.iter().find(|object| object.listing == *id) {
            objects.push(object.clone());
        } else if let Some(code) = fault_of(actor, heads.get(id), sides) {
            faults.add(format!("/objects/{n}"), code);
        } else {
            let brief = briefs.iter().find(|brief| brief.id == *id);
            objects.extend(brief.and_then(|brief| Object::of(*id, brief.kind, brief.ip_kind.as_ref())));
        }
    }
    Ok(objects)
}

/// Sets what a deal transfers, as long as it goes on: whoever writes for the side that gives, and its brokers. Everybody else in
/// it is told.
///
/// # Errors
/// [`BrokeringError::Invalid`] for what may not be an object, and where the stage the deal stands in would lack what it needs;
/// [`BrokeringError::NotAllowed`] in a deal that ended; [`BrokeringError::Stale`].
pub async fn set_objects(
    brokering: &Brokering,
    ctx: Ctx,
    id: DealId,
    seen: i64,
    wanted: DealObjects,
) -> Result<DealReceipt, BrokeringError> {
    let (inner, actor) = (brokering.clone(), ctx.actor.clone());
    brokering
        .store
        .write(ctx, move |tx: Tx| {
            let (brokering, actor, wanted) = (inner.clone(), actor.clone(), wanted.clone());
            async move {
                let grant = granted::<SetDealObjects>(&tx, &actor, id, Some(seen)).await?;
                let deal = grant.object();
                deal.must_go_on("objects")?;
                let mut faults = Faults::new();
                let sides: Vec<(Side, PartyId)> = deal.parties_of_sides().collect();
                let objects = named(tx.db(), &actor, &sides, &deal.objects, &wanted.objects, &mut faults).await?;
                faults.into_result().map_err(BrokeringError::Invalid)?;
                let changed = Deal { objects: objects.clone(), ..deal.clone() };
                let facts = Facts::load(&brokering, tx.db(), &changed, tx.today(), actor.lang).await?;
                facts.must_keep(&brokering, deal)?;
                write(&tx, id, &objects).await?;
                let (mut change, mut set) = (deal::ActiveModel::default(), json!({ "objects": ids(&objects) }));
                facts.move_due_day(&brokering, &changed, &mut change, &mut set)?;
                let version = save(&tx, deal, change).await?;
                tx.emit(NewEvent::new("deal", id, "deal.objects_set", set));
                notices::moved(&tx, &changed, &deal.stage, version, actor.account()).await?;
                Ok(DealReceipt::of(deal, version))
            }
        })
        .await
}

/// Whether a party that is to leave the side that gives holds something that is transferred.
pub(super) async fn are_held_by_others(db: &impl ConnectionTrait, deal: &Deal, staying: &[(Role, PartyId)]) -> Result<bool, StoreError> {
    let gives = |parties: &[(Role, PartyId)], party: PartyId| parties.iter().any(|(r, p)| r.side() == Some(Side::Owner) && *p == party);
    let heads = listings::lookup::heads(db, &ids(&deal.objects)).await?;
    Ok(heads.iter().any(|head| gives(&deal.parties, head.party) && !gives(staying, head.party)))
}

/// The objects of a deal as the reader sees them.
pub(super) async fn views(brokering: &Brokering, actor: &Actor, objects: &[Object]) -> Result<Vec<ObjectView>, BrokeringError> {
    let all = ids(objects);
    let mut seen = listings::view::titles(&brokering.listings, actor, &all).await?;
    let hidden: Vec<ListingId> = all.iter().copied().filter(|id| !seen.contains_key(id)).collect();
    let heads = listings::lookup::heads(brokering.store.db(), &hidden).await?;
    let view = |object: &Object| {
        let (listing, kind) = (object.listing, object.kind);
        if let Some(one) = seen.remove(&listing) {
            let title_lang = one.title.as_ref().map(|_| one.lang);
            return Some(ObjectView { listing, kind, code: one.code, title: one.title, title_lang, url: Some(one.url) });
        }
        let head = heads.iter().find(|head| head.id == listing)?;
        Some(ObjectView { listing, kind, code: head.code.clone(), title: None, title_lang: None, url: None })
    };
    Ok(objects.iter().filter_map(view).collect())
}

/// The newest listings of the side that gives which the reader may name as objects of a deal, as far as they are none yet.
///
/// # Errors
/// [`BrokeringError::Refused`] for whoever does not read the deal.
pub async fn object_choices(brokering: &Brokering, actor: &Actor, id: DealId) -> Result<Vec<ObjectChoice>, BrokeringError> {
    let deal = readable::<ReadDeal>(brokering, actor, id).await?;
    let sides: Vec<(Side, PartyId)> = deal.parties_of_sides().collect();
    let owners: Vec<PartyId> = sides.iter().filter(|(side, _)| *side == Side::Owner).map(|(_, party)| *party).collect();
    let db = brokering.store.db();
    let heads = listings::lookup::offered_by(db, &owners, CHOICES).await?;
    let new = |head: &Head| deal.objects.iter().all(|object| object.listing != head.id);
    let ids: Vec<ListingId> =
        heads.iter().filter(|head| new(head) && fault_of(actor, Some(head), &sides).is_none()).map(|head| head.id).collect();
    let titles = listings::view::titles(&brokering.listings, actor, &ids).await?;
    let choice = |id: &ListingId| {
        let one = titles.get(id)?;
        Some(ObjectChoice { listing: *id, code: one.code.clone(), title: one.title.clone().unwrap_or_default() })
    };
    Ok(ids.iter().filter_map(choice).collect())
}
