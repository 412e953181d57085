//! A reorganisation: one party takes in another, with all that is kept of it, in one transaction.
//!
//! What always holds: either everything moved and the absorbed party's id and address lead to the other, or nothing did. A
//! party is never on both sides of anything that goes on, so what would make it so is refused with all reasons at once; what
//! ended between the two stays as it was, with the one party on both sides. Each crate moves what it keeps; this one goes
//! first, since whatever points at a party must be gone from it before the party is.

mod moving;

use accounts::merging::Both;
use accounts::notices::{NewNotice, NoticeKind};
use base::{Actor, Localised, PartyId};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, Tx};
use utoipa::ToSchema;

use crate::deals::check_text;
use crate::{Brokering, BrokeringError};

/// Most characters of a reason.
const REASON_MAX: usize = 500;
/// Most things that an obstacle names.
pub(super) const NAMED: usize = 20;

base::words! {
    /// What of a party moves.
    Moving {
        /// Its listings, whatever their state, with codes, addresses and history.
        Listings = "listings",
        /// Who acts for it.
        Members = "members",
        /// Programs that act for it.
        Tokens = "tokens",
        /// Listings of others that are shown to it.
        Invitations = "invitations",
        /// Its imports.
        Imports = "imports",
        /// Interests it sent or received.
        Interests = "interests",
        /// Deals it is in.
        Deals = "deals",
        /// What was confided to its people.
        Disclosures = "disclosures",
        /// Standing matches of its listings.
        Matches = "matches",
        /// Saved searches that look at its listings alone.
        SavedSearches = "saved_searches",
    }
}

base::words! {
    /// Why two parties cannot become one as things stand.
    ObstacleKind {
        /// They are one already.
        SameParty = "same_party",
        /// Both are in one deal that goes on: the codes of the deals.
        DealsBetween = "deals_between",
        /// One has an open interest in a listing of the other: the codes of the listings.
        InterestsBetween = "interests_between",
        /// Both have an open interest in one listing: the codes of the listings.
        InterestsTwice = "interests_twice",
        /// Somebody brokers an open deal of the one and acts for the other: the codes of the deals.
        BrokerOfSide = "broker_of_side",
        /// An import of the absorbed party is not over.
        ImportsRunning = "imports_running",
        /// Together they have more members than a party may have.
        TooManyMembers = "too_many_members",
    }
}

/// A reason why two parties cannot become one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Obstacle {
    /// What.
    #[schema(inline)]
    pub kind: ObstacleKind,
    /// How many.
    pub count: u64,
    /// The readable codes of the first of them, where they have any.
    pub codes: Vec<String>,
}

/// One of the two parties.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MergeParty {
    /// The party.
    pub id: PartyId,
    /// The readable piece of its address.
    pub slug: String,
    /// Its names.
    pub names: Localised,
    /// Its ETag.
    pub version: i64,
}

/// How much moves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Moved {
    /// What.
    #[schema(inline)]
    pub what: Moving,
    /// How many.
    pub count: u64,
}

/// What a merger would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MergePreview {
    /// Who would be gone.
    pub from: MergeParty,
    /// Who would stay.
    pub into: MergeParty,
    /// What would move.
    pub moves: Vec<Moved>,
    /// Why it cannot be; empty if it can.
    pub obstacles: Vec<Obstacle>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Merge {
    /// The party that takes in the other.
    pub into: PartyId,
    /// Why, such as the decision it rests on.
    #[schema(max_length = 500)]
    pub reason: String,
}

/// What was done. Kept as the answer to a repeated request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Merged {
    /// The party that took in the other.
    pub into: PartyId,
    /// The readable piece of its address.
    pub slug: String,
    /// Its version now.
    pub version: i64,
    /// What moved.
    pub moves: Vec<Moved>,
}

/// Says what a merger would do, without doing any of it.
///
/// # Errors
/// [`base::Refused`] for everybody but administrators and for parties there are none of.
pub async fn preview(brokering: &Brokering, actor: &Actor, from: PartyId, into: PartyId) -> Result<MergePreview, BrokeringError> {
    let both = accounts::merging::look(&brokering.accounts, actor, from, into).await?;
    let db = brokering.store.db();
    let party = |brief: &accounts::PartyBrief| MergeParty {
        id: brief.id,
        slug: brief.slug.clone(),
        names: brief.names.clone(),
        version: brief.version,
    };
    Ok(MergePreview {
        from: party(&both.from),
        into: party(&both.into),
        moves: moves(db, from).await?,
        obstacles: moving::obstacles(db, &both).await?,
    })
}

/// Lets one party take in another.
///
/// # Errors
/// [`BrokeringError::Unmergeable`] with every obstacle; [`BrokeringError::Stale`] if the absorbed party changed since
/// `seen`; [`BrokeringError::Invalid`] without a reason; [`base::Refused`] as [`preview`].
pub async fn merge(brokering: &Brokering, ctx: Ctx, from: PartyId, seen: i64, wanted: Merge) -> Result<Merged, BrokeringError> {
    if !ctx.actor.is_system() {
        ctx.actor.signed_in()?;
    }
    let actor = ctx.actor.clone();
    brokering
        .store
        .write(ctx, move |tx| {
            let (actor, wanted) = (actor.clone(), wanted.clone());
            async move { merge_in(&tx, &actor, from, seen, &wanted).await }
        })
        .await
}

async fn merge_in(tx: &Tx, actor: &Actor, from: PartyId, seen: i64, wanted: &Merge) -> Result<Merged, BrokeringError> {
    let both = match accounts::merging::lock(tx, actor, from, wanted.into, seen).await {
        Err(accounts::Error::Stale { seen }) => return Err(BrokeringError::Stale { current: seen }),
        other => other?,
    };
    let mut faults = base::Faults::new();
    check_text(wanted.reason.trim(), "/reason", REASON_MAX, true, &mut faults);
    faults.into_result().map_err(BrokeringError::Invalid)?;
    let obstacles = moving::obstacles(tx.db(), &both).await?;
    if !obstacles.is_empty() {
        return Err(BrokeringError::Unmergeable(obstacles));
    }
    let moves = moves(tx.db(), from).await?;
    moving::absorb(tx, &both).await?;
    matching::merging::absorb(tx, from, wanted.into).await?;
    listings::merging::absorb(tx, from, wanted.into).await?;
    accounts::merging::absorb(tx, &both, wanted.reason.trim(), actor.account()).await?;
    tell(tx, &both, actor).await?;
    Ok(Merged { into: wanted.into, slug: both.into.slug, version: both.into.version + 1, moves })
}

/// How much of a party there is of each sort.
async fn moves(db: &impl ConnectionTrait, from: PartyId) -> Result<Vec<Moved>, BrokeringError> {
    let people = accounts::merging::held(db, from).await?;
    let listed = listings::merging::held(db, from).await?;
    let matched = matching::merging::held(db, from).await?;
    let brokered = moving::held(db, from).await?;
    let count = |what: &Moving| match what {
        Moving::Listings => listed.listings,
        Moving::Members => people.members,
        Moving::Tokens => people.tokens,
        Moving::Invitations => listed.invitations,
        Moving::Imports => listed.imports,
        Moving::Interests => brokered.interests,
        Moving::Deals => brokered.deals,
        Moving::Disclosures => brokered.disclosures,
        Moving::Matches => matched.matches,
        Moving::SavedSearches => matched.saved_searches,
    };
    Ok(Moving::ALL.iter().map(|what| Moved { what: *what, count: count(what) }).collect())
}

/// Tells the members of both, who are the members of one by now.
async fn tell(tx: &Tx, both: &Both, actor: &Actor) -> Result<(), BrokeringError> {
    let notice = NewNotice {
        kind: NoticeKind::PartyMerged,
        about_kind: "party",
        about: both.into.id.0,
        facts: json!({ "from": both.from.id }),
        once: format!("party_merged:{}", both.from.id),
    };
    for account in accounts::merging::members(tx.db(), both.into.id).await? {
        if Some(account) != actor.account() {
            accounts::notices::tell(tx, account, &notice).await?;
        }
    }
    Ok(())
}
