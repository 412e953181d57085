//! Opening a deal about a listing: by the editors of the listing's party, or by a broker, who then brokers it.
//!
//! Only a broker names another party without its interest in hand, and never one of their own: everybody else opens a deal from
//! an interest that was accepted, or with nobody on the other side. A deal names its parties to each other: from an interest
//! whose sender stays anonymous it is opened without them, and they enter it when they let themselves be known (`reveal`). An
//! accepted interest stands whatever became of the listing since: from it a deal is opened about what was last approved. A deal
//! that no broker opens gets the one who looks after the listing; where there is none, any broker may take it (`take`).

use base::{AccountId, Actor, DealId, Faults, Hideable as _, InterestId, ListingId, PartyId, PartyRole, Refused, Scope, StaffRole};
use chrono::Datelike as _;
use listings::published::Published;
use listings::{Kind, ListingError};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, Statement};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, NewEvent, StoreError, Tx};
use utoipa::ToSchema;

use super::objects::{self, OBJECTS_MAX, Object};
use super::rows::{broker, deal, party};
use super::{Deal, DealReceipt, NEVER, Role, Side, check_text, load, notices, people, with_people};
use crate::access::brokers_deals;
use crate::interests::hiding::hidden_among;
use crate::interests::{Anonymity, Status};
use crate::{Brokering, BrokeringError};

/// A deal to be opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDeal {
    /// The kind: a pipeline's.
    pub kind: String,
    /// What is transferred, or the need that is answered.
    pub listing: ListingId,
    /// What is transferred beside the listing, or answers the need: technologies and IP assets of the party that gives. For that
    /// party and brokers.
    #[schema(max_items = 20)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<ListingId>,
    /// What it is about, at most 256 characters; the listing's title unless given.
    #[serde(default)]
    pub title: String,
    /// The party that gives: the listing's unless it is a need, where it must be given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<PartyId>,
    /// The party that takes, once it may be named; of a need its own, unless it hides: then its people say it here, and so that they
    /// may be named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seeker: Option<PartyId>,
    /// The interest it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interest: Option<InterestId>,
}

/// What is known before the transaction.
#[derive(Clone)]
struct Ready {
    new: NewDeal,
    title: String,
    listing_kind: Kind,
    /// The listing itself, unless it is a need.
    first: Option<Object>,
    owner: PartyId,
    seeker: Option<PartyId>,
    broker: Option<AccountId>,
}

/// Opens a deal.
///
/// # Errors
/// [`BrokeringError::Refused`] unless the actor brokers deals or writes for the listing's party;
/// [`BrokeringError::Invalid`] for a kind, listing or party there is none of; [`BrokeringError::DealThere`] for an interest
/// from which a deal was opened before.
pub async fn open(brokering: &Brokering, ctx: Ctx, new: NewDeal) -> Result<DealReceipt, BrokeringError> {
    if !ctx.actor.is_system() {
        ctx.actor.signed_in()?;
    }
    if !ctx.actor.has_scope(Scope::Write) {
        return Err(Refused::Forbidden { action: "deal.open" }.into());
    }
    // A repeat is answered as the first time, whatever became of the listing since.
    if let Some(answer) = brokering.store.answered(&ctx).await? {
        return Ok(answer);
    }
    let ready = prepare(brokering, &ctx.actor, new).await?;
    let (inner, actor) = (brokering.clone(), ctx.actor.clone());
    brokering.store.write(ctx, move |tx| open_in(tx, inner.clone(), actor.clone(), ready.clone())).await
}

/// Whether this is an accepted interest in the listing that the actor sees.
async fn is_accepted(brokering: &Brokering, actor: &Actor, id: InterestId, listing: ListingId) -> Result<bool, BrokeringError> {
    let case = crate::interests::load(brokering.store.db(), id).await?.filter(|case| case.visible_to(actor));
    Ok(case.is_some_and(|case| case.interest.listing == listing && case.interest.state.status == Status::Accepted))
}

/// The listing, if it is published and the actor may see it, or may see that interest in it was accepted.
async fn listing_for(brokering: &Brokering, actor: &Actor, new: &NewDeal) -> Result<Option<Published>, BrokeringError> {
    let id = new.listing;
    if let Some(interest) = new.interest
        && is_accepted(brokering, actor, interest, id).await?
    {
        return Ok(listings::published::last_approved(&brokering.store, id).await?);
    }
    let Some(kind) = listings::view::kind_of(&brokering.listings, id).await? else { return Ok(None) };
    match listings::view::show(&brokering.listings, actor, kind, id).await {
        Ok(_) => Ok(listings::published::load(&brokering.store, &[id]).await?.into_iter().next()),
        Err(ListingError::Refused(_)) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

async fn prepare(brokering: &Brokering, actor: &Actor, new: NewDeal) -> Result<Ready, BrokeringError> {
    let mut faults = Faults::new();
    let today = brokering.store.clock().today();
    if brokering.pipelines.in_force(&new.kind, today).is_none() {
        faults.add_with("/kind", "unknown_code", &[("code", &new.kind), ("list", "deal_kinds")]);
    }
    check_text(&new.title, "/title", 256, false, &mut faults);
    let published = listing_for(brokering, actor, &new).await?;
    let Some(published) = published else {
        // Whoever may open no deal at all is told just that.
        if !brokers_deals(actor) && !actor.memberships.iter().any(|m| actor.has_role(m.party, PartyRole::Editor)) {
            return Err(Refused::Forbidden { action: "deal.open" }.into());
        }
        faults.add("/listing", "unknown_listing");
        return Err(BrokeringError::Invalid(faults));
    };
    let its = published.owner.id;
    // Somebody of the staff who belongs to the listing's party acts for the party and brokers nothing here.
    let brokers = brokers_deals(actor) && !actor.is_member(its);
    if !actor.is_system() && !brokers_deals(actor) && !actor.has_role(its, PartyRole::Editor) {
        return Err(Refused::Forbidden { action: "deal.open" }.into());
    }
    let is_need = published.kind == Kind::Need;
    let hides = published.content.hides_party();
    let is_its = !brokers && !actor.is_system();
    let (owner, seeker) = match (is_need, new.owner, new.seeker) {
        (true, Some(owner), seeker) => {
            if seeker.is_some_and(|s| s != its) {
                faults.add("/seeker", "deal_other_party");
            }
            // A deal names its parties to each other: whoever hides says that they may be named, and nobody is by mistake.
            if hides && is_its && seeker.is_none() {
                faults.add("/seeker", "deal_need_hides");
            }
            (owner, seeker.or(Some(its).filter(|_| !hides)))
        }
        (true, None, _) => {
            faults.add("/owner", "missing");
            (its, None)
        }
        (false, owner, seeker) => {
            if owner.is_some_and(|o| o != its) {
                faults.add("/owner", "deal_other_party");
            }
            (its, seeker)
        }
    };
    let other = if is_need { ("/owner", Some(owner).filter(|o| *o != its)) } else { ("/seeker", seeker) };
    // Whoever belongs to either side lets it in by the interest that the other accepted, whatever else they are here.
    let is_theirs = other.1.is_some_and(|party| actor.is_member(party));
    if other.1.is_some() && new.interest.is_none() && (is_its || is_theirs) {
        faults.add(other.0, "deal_needs_interest");
    }
    if seeker == Some(owner) {
        faults.add(if is_need { "/owner" } else { "/seeker" }, "deal_with_itself");
    }
    let db = brokering.store.db();
    for (pointer, party) in [("/owner", Some(owner)), ("/seeker", seeker)] {
        if let Some(id) = party
            && !accounts::lookup::party_exists(db, id).await?
        {
            faults.add(pointer, "unknown_party");
        }
    }
    faults.into_result().map_err(BrokeringError::Invalid)?;
    let first = Object::of(published.id, published.kind, published.content.ip_kind());
    let title = published.content.title().best(published.source_lang).unwrap_or_default();
    let title = if new.title.is_empty() { title.to_owned() } else { new.title.clone() };
    let on_a_side = actor.is_member(owner) || seeker.is_some_and(|party| actor.is_member(party));
    let broker = actor.account().filter(|_| brokers && !on_a_side);
    Ok(Ready { title, listing_kind: published.kind, first, owner, seeker, broker, new })
}

/// What an interest adds to a deal: its sender, on the side where they stand.
async fn from_interest(tx: &Tx, actor: &Actor, mut ready: Ready) -> Result<Ready, BrokeringError> {
    let Some(id) = ready.new.interest else { return Ok(ready) };
    let mut faults = Faults::new();
    // Locked: whoever sent it cannot let themselves be known between this look and the deal that is opened without them.
    let case = crate::interests::load_to_change(tx, id).await?.filter(|case| case.visible_to(actor));
    let Some(interest) = case.map(|case| case.interest).filter(|i| i.listing == ready.new.listing) else {
        faults.add("/interest", "unknown_interest");
        return Err(BrokeringError::Invalid(faults));
    };
    let is_need = ready.listing_kind == Kind::Need;
    let hides = interest.state.anonymity != Anonymity::Named;
    let (pointer, given) = if is_need { ("/owner", Some(ready.owner)) } else { ("/seeker", ready.seeker) };
    if interest.seeker == interest.owner {
        // Two parties became one after this ended.
        faults.add("/interest", "deal_with_itself");
    } else if interest.state.status != Status::Accepted {
        faults.add("/interest", "deal_interest_not_accepted");
    } else if hides && (is_need || given.is_some()) {
        // Who gives cannot be left open; and a name that is given or refused here would tell who it is.
        faults.add("/interest", "deal_sender_hides");
    } else if given.is_some_and(|party| party != interest.seeker) {
        faults.add(pointer, "deal_other_sender");
    }
    faults.into_result().map_err(BrokeringError::Invalid)?;
    if let Some(there) = from_interest_before(tx.db(), id).await? {
        return Err(BrokeringError::DealThere { deal: Some(there.id).filter(|_| there.visible_to(actor)) });
    }
    if !is_need && !hides {
        ready.seeker = Some(interest.seeker);
    }
    if actor.is_member(interest.seeker) {
        ready.broker = None;
    }
    Ok(ready)
}

/// Without an interest in hand only brokers name another party, and not one that hides from the other side in an interest of its own.
/// Nobody else comes so far: a name that is refused here would tell them who it is.
async fn must_not_name_the_hidden(tx: &Tx, ready: &Ready) -> Result<(), BrokeringError> {
    let is_need = ready.listing_kind == Kind::Need;
    let other = if is_need { Some(ready.owner) } else { ready.seeker };
    if ready.new.interest.is_some() {
        return Ok(());
    }
    let listings: Vec<ListingId> = std::iter::once(ready.new.listing).chain(ready.new.objects.iter().copied()).collect();
    let mut faults = Faults::new();
    if !hidden_among(tx.db(), &other.into_iter().collect(), &listings).await?.is_empty() {
        faults.add(if is_need { "/owner" } else { "/seeker" }, "deal_party_hides");
    }
    faults.into_result().map_err(BrokeringError::Invalid)
}

/// The deal that was opened from an interest.
pub(crate) async fn from_interest_before(db: &impl ConnectionTrait, id: InterestId) -> Result<Option<Deal>, StoreError> {
    let row = deal::Entity::find().filter(deal::Column::InterestId.eq(id.0)).one(db).await?;
    with_people(db, row).await
}

async fn open_in(tx: Tx, brokering: Brokering, actor: Actor, ready: Ready) -> Result<DealReceipt, BrokeringError> {
    let mut ready = from_interest(&tx, &actor, ready).await?;
    must_not_name_the_hidden(&tx, &ready).await?;
    if ready.broker.is_none() {
        ready.broker = responsible_for(&tx, &ready).await?;
    }
    let objects = objects_of(&tx, &actor, &ready).await?;
    let id = DealId(tx.new_id());
    let today = tx.today();
    let pipeline = brokering.pipelines.in_force(&ready.new.kind, today);
    let (Some(pipeline), Some(first)) = (pipeline, pipeline.and_then(|p| p.stages.first())) else {
        return Err(no_pipeline().into());
    };
    let due_on = first.due_on(today);
    let row = deal::ActiveModel {
        id: Set(id.0),
        code: Set(next_code(&tx).await?),
        kind: Set(pipeline.kind.clone()),
        pipeline_version: Set(pipeline.version),
        stage: Set(first.code.clone()),
        is_open: Set(true),
        lost_reason: Set(None),
        title: Set(ready.title),
        listing_id: Set(ready.new.listing.0),
        listing_kind: Set(ready.listing_kind.as_str().to_owned()),
        interest_id: Set(ready.new.interest.map(|i| i.0)),
        owner_party_id: Set(ready.owner.0),
        seeker_party_id: Set(ready.seeker.map(|p| p.0)),
        legal_facts: Set("{}".to_owned()),
        messages: Set(0),
        opened_by: Set(actor.account().map(|a| a.0)),
        opened_at: Set(tx.now()),
        stage_since: Set(tx.now()),
        signed_at: Set(None),
        due_on: Set(due_on.unwrap_or(NEVER)),
        told_due_on: Set(None),
        version: Set(1),
        updated_at: Set(tx.now()),
    };
    deal::Entity::insert(row).exec_without_returning(tx.db()).await?;
    let parties = [(Role::Owner, Some(ready.owner)), (Role::Seeker, ready.seeker)];
    for (role, member) in parties.into_iter().filter_map(|(role, party)| Some((role, party?))) {
        let row = party::ActiveModel { deal_id: Set(id.0), party_id: Set(member.0), role: Set(role.as_str().to_owned()) };
        party::Entity::insert(row).exec_without_returning(tx.db()).await?;
    }
    objects::write(&tx, id, &objects).await?;
    if let Some(account) = ready.broker {
        let row = broker::ActiveModel {
            deal_id: Set(id.0),
            account_id: Set(account.0),
            share_bp: Set(10_000),
            statement: Set(None),
            stated_at: Set(None),
        };
        broker::Entity::insert(row).exec_without_returning(tx.db()).await?;
    }
    let opened = json!({
        "kind": pipeline.kind, "pipeline_version": pipeline.version, "stage": first.code, "listing": ready.new.listing,
        "interest": ready.new.interest, "owner": ready.owner, "seeker": ready.seeker, "broker": ready.broker, "due_on": due_on,
        "objects": objects::ids(&objects),
    });
    tx.emit(NewEvent::new("deal", id, "deal.opened", opened));
    let deal = load(tx.db(), id).await?.ok_or(Refused::Hidden)?;
    notices::moved(&tx, &deal, &first.code, 1, actor.account()).await?;
    if let Some(account) = ready.broker.filter(|broker| Some(*broker) != actor.account()) {
        people::ask_for_statement(&tx, &deal, account, 1).await?;
    }
    Ok(DealReceipt::of(&deal, 1))
}

/// What the deal begins with: the listing itself unless it is a need, and what was named beside it.
async fn objects_of(tx: &Tx, actor: &Actor, ready: &Ready) -> Result<Vec<Object>, BrokeringError> {
    let mut faults = Faults::new();
    let brokers = actor.account().is_some() && ready.broker == actor.account();
    let gives = brokers || actor.is_system() || actor.has_role(ready.owner, PartyRole::Editor);
    if !ready.new.objects.is_empty() && !gives {
        faults.add("/objects", "deal_objects_not_yours");
    }
    let sides: Vec<(Side, PartyId)> =
        std::iter::once((Side::Owner, ready.owner)).chain(ready.seeker.map(|party| (Side::Seeker, party))).collect();
    let kept: Vec<Object> = ready.first.iter().cloned().collect();
    let mut objects = objects::named(tx.db(), actor, &sides, &kept, &ready.new.objects, &mut faults).await?;
    if let Some(first) = ready.first.as_ref().filter(|first| !objects.contains(first)) {
        objects.insert(0, first.clone());
    }
    if objects.len() > OBJECTS_MAX {
        let (max, count) = (OBJECTS_MAX.to_string(), objects.len().to_string());
        faults.add_with("/objects", "too_many", &[("max", &max), ("count", &count)]);
    }
    faults.into_result().map_err(BrokeringError::Invalid)?;
    Ok(objects)
}

/// The broker who looks after the listing, unless they belong to a side. Of an interest that is anonymous its sender's
/// people stay away as well.
async fn responsible_for(tx: &Tx, ready: &Ready) -> Result<Option<AccountId>, BrokeringError> {
    let head = listings::lookup::head(tx.db(), ready.new.listing).await?;
    let Some(account) = head.and_then(|head| head.responsible) else { return Ok(None) };
    let mut sides: Vec<PartyId> = std::iter::once(ready.owner).chain(ready.seeker).collect();
    if let Some(id) = ready.new.interest {
        sides.extend(crate::interests::load(tx.db(), id).await?.map(|case| case.interest.seeker));
    }
    let brokers = accounts::lookup::has_staff_role(tx.db(), account, StaffRole::Broker).await?;
    Ok((brokers && !people::belongs_to_one(tx, account, &sides).await?).then_some(account))
}

pub(crate) fn no_pipeline() -> StoreError {
    StoreError::corrupt("pipeline", std::io::Error::other("it is not among the files"))
}

#[derive(FromQueryResult)]
struct Next {
    next: i64,
}

/// The next readable code of this year.
async fn next_code(tx: &Tx) -> Result<String, StoreError> {
    let year = tx.today().year();
    let backend = ConnectionTrait::get_database_backend(tx.db());
    let sql = "INSERT INTO code_counter (kind, year, next) VALUES ('deal', $1, 2) \
               ON CONFLICT (kind, year) DO UPDATE SET next = code_counter.next + 1 RETURNING next";
    let row = Next::find_by_statement(Statement::from_sql_and_values(backend, sql, [i64::from(year).into()])).one(tx.db()).await?;
    let number = row.map_or(1, |r| r.next - 1);
    Ok(format!("GD-{year}-{number:06}"))
}
