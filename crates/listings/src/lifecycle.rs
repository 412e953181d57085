//! What owners and the clock do to a listing: submit, drop a revision, hold, resume, confirm, withdraw, expire, archive.

use base::{Actor, Faults, Grant, Hideable, ListingId, Refused};
use chrono::TimeDelta;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, NewEvent, StoreError, Tx};
use utoipa::ToSchema;

use crate::access::Edit;
use crate::check::Check;
use crate::edit::{Receipt, Written, step, write_version};
use crate::error::{ListingError, valid};
use crate::head::{Head, Outcome, content_of, load_to_change, save};
use crate::kind::Kind;
use crate::rows::listing;
use crate::state::{Move, Revision, Status};
use crate::{Listings, notices};

/// A step that the owner of a listing can ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Transition {
    /// `submit`, `discard_revision`, `hold`, `resume`, `confirm`, `withdraw` or `archive`.
    pub step: Move,
    /// How it ended, with `withdraw`.
    #[serde(default)]
    pub outcome: Option<Outcome>,
}

/// Takes an owner's step.
///
/// # Errors
/// [`ListingError::NotAllowed`] names the steps there are; submitting answers [`ListingError::Invalid`] with all that
/// is wrong and all that is missing.
pub async fn transition(listings: &Listings, ctx: Ctx, id: ListingId, seen: i64, wanted: Transition) -> Result<Receipt, ListingError> {
    let (inner, actor) = (listings.clone(), ctx.actor.clone());
    listings.store.write(ctx, move |tx| transition_in(tx, inner.clone(), actor.clone(), id, seen, wanted.clone())).await
}

async fn transition_in(
    tx: Tx,
    listings: Listings,
    actor: Actor,
    id: ListingId,
    seen: i64,
    wanted: Transition,
) -> Result<Receipt, ListingError> {
    let head = load_to_change(&tx, id).await?.ok_or(Refused::Hidden)?;
    let grant = Grant::<Edit>::check(&actor, head)?;
    let head = grant.object();
    head.must_be_at(seen)?;
    let after = match wanted.step {
        // What moderators, the clock and the editor do has its own door.
        Move::Publish | Move::RequestChanges | Move::Reject | Move::Expire | Move::Edit => {
            return Err(ListingError::NotAllowed { step: wanted.step, allowed: owner_steps(head) });
        }
        _ => step(head.state, wanted.step)?,
    };
    let now = tx.now();
    let mut change = listing::ActiveModel {
        status: Set(after.status.as_str().to_owned()),
        revision: Set(after.revision.as_str().to_owned()),
        ..Default::default()
    };
    let mut facts = json!({ "status": after.status, "revision": after.revision });
    let kind = match wanted.step {
        Move::Submit => {
            let content = content_of(tx.db(), head.kind, id.0, head.head_version).await?;
            let check = Check { vocabularies: &listings.vocabularies, today: tx.today() };
            valid(check.submission(&content, head.source_lang))?;
            change.submitted_at = Set(Some(now));
            facts = json!({ "version": head.head_version, "revision": after.revision });
            "listing.submitted"
        }
        Move::DiscardRevision => {
            let public = head.public_version.unwrap_or(head.head_version);
            let content = content_of(tx.db(), head.kind, id.0, public).await?;
            let receipt = write_version(&tx, head, after, content, Written::once(actor.account(), "")).await?;
            if receipt.version == head.version {
                // The revision said the same as the public version: only the state changes.
                let version = save(&tx, head, change).await?;
                tx.emit(NewEvent::new("listing", id, "listing.revision_discarded", facts));
                return Ok(Receipt::of(head, after, head.slug.clone(), version));
            }
            // The public version is now the newest one, word for word.
            listing::Entity::update_many()
                .set(listing::ActiveModel { public_version: Set(Some(head.head_version + 1)), ..Default::default() })
                .filter(listing::Column::Id.eq(id.0))
                .exec(tx.db())
                .await?;
            tx.emit(NewEvent::new("listing", id, "listing.revision_discarded", facts));
            return Ok(receipt);
        }
        Move::Hold => "listing.held",
        Move::Resume => {
            change.out_since = Set(Some(now));
            "listing.resumed"
        }
        Move::Confirm => {
            change.confirmed_at = Set(Some(now));
            change.expires_at = Set(Some(now + TimeDelta::days(listings.settings.life_days)));
            change.warned_at = Set(None);
            "listing.confirmed"
        }
        Move::Withdraw => {
            let outcome = wanted.outcome.unwrap_or_default();
            let mut faults = outcome_faults(&listings, &tx, head, &outcome);
            if let Some(by) = outcome.solved_by {
                let solution = crate::head::load(tx.db(), by).await?;
                if !solution.is_some_and(|s| s.kind != Kind::Need && s.visible_to(&actor)) {
                    faults.add("/outcome/solved_by", "unknown_listing");
                }
            }
            valid(faults)?;
            change.outcome = Set(Some(serde_json::to_string(&outcome).map_err(|e| StoreError::corrupt("outcome", e))?));
            facts = json!({ "outcome": outcome });
            "listing.withdrawn"
        }
        _ => "listing.archived",
    };
    let version = save(&tx, head, change).await?;
    tx.emit(NewEvent::new("listing", id, kind, facts));
    Ok(Receipt::of(head, after, head.slug.clone(), version))
}

/// The steps an owner has from here.
#[must_use]
pub fn owner_steps(head: &Head) -> Vec<Move> {
    let own = [Move::Edit, Move::Submit, Move::DiscardRevision, Move::Hold, Move::Resume, Move::Confirm, Move::Withdraw, Move::Archive];
    own.into_iter().filter(|m| head.state.after(*m).is_some()).collect()
}

/// A need ends as solved (by whom) or unsolved (why); everything else with a reason.
fn outcome_faults(listings: &Listings, tx: &Tx, head: &Head, outcome: &Outcome) -> Faults {
    let mut faults = Faults::new();
    let mut check = |list: &str, code: Option<&base::Code>, pointer: &str| match code {
        Some(code) => listings.vocabularies.check(list, code, tx.today(), pointer, &mut faults),
        None => faults.add(pointer, "missing"),
    };
    if head.kind == Kind::Need {
        check("need_outcomes", outcome.result.as_ref(), "/outcome/result");
        if outcome.result.as_ref().is_some_and(|r| *r == "unsolved") {
            check("unsolved_reasons", outcome.unsolved_reason.as_ref(), "/outcome/unsolved_reason");
        }
    } else {
        check("withdraw_reasons", outcome.reason.as_ref(), "/outcome/reason");
    }
    faults
}

/// What the clock did in one round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Listings whose time was over.
    pub expired: usize,
    /// Owners warned.
    pub warned: usize,
}

/// Expires what nobody confirmed and warns the owners of what will expire soon. Called every few minutes; safe to call
/// on several nodes at once, since each change is checked against the version it was decided on.
///
/// # Errors
/// If the database fails.
pub async fn tick(listings: &Listings) -> Result<Round, ListingError> {
    const BATCH: u64 = 500;
    let now = listings.store.clock().now();
    let mut round = Round::default();
    let over = listing::Entity::find()
        .filter(listing::Column::Status.is_in([Status::Published.as_str(), Status::OnHold.as_str()]))
        .filter(listing::Column::ExpiresAt.lte(now))
        .order_by_asc(listing::Column::ExpiresAt)
        .limit(BATCH)
        .all(listings.store.db())
        .await?;
    for row in over {
        let (id, seen) = (ListingId(row.id), row.version);
        round.expired += usize::from(expire(listings, id, seen).await?);
    }
    let soon = listing::Entity::find()
        .filter(listing::Column::Status.eq(Status::Published.as_str()))
        .filter(listing::Column::ExpiresAt.lte(now + TimeDelta::days(listings.settings.warn_days)))
        .filter(listing::Column::ExpiresAt.gt(now))
        .filter(listing::Column::WarnedAt.is_null())
        .order_by_asc(listing::Column::ExpiresAt)
        .limit(BATCH)
        .all(listings.store.db())
        .await?;
    for row in soon {
        let (id, seen) = (ListingId(row.id), row.version);
        round.warned += usize::from(warn(listings, id, seen).await?);
    }
    Ok(round)
}

async fn expire(listings: &Listings, id: ListingId, seen: i64) -> Result<bool, ListingError> {
    let result = listings
        .store
        .write(Ctx::system(), move |tx| async move {
            let Some(head) = load_to_change(&tx, id).await?.filter(|h| h.version == seen) else { return Ok(false) };
            let after = step(head.state, Move::Expire)?;
            let change = listing::ActiveModel {
                status: Set(after.status.as_str().to_owned()),
                revision: Set(Revision::None.as_str().to_owned()),
                ..Default::default()
            };
            save(&tx, &head, change).await?;
            tx.emit(NewEvent::new("listing", id, "listing.expired", json!({})));
            notices::owner(&tx, &head, notices::Notice::Expired).await?;
            Ok(true)
        })
        .await;
    faster(result)
}

async fn warn(listings: &Listings, id: ListingId, seen: i64) -> Result<bool, ListingError> {
    let result = listings
        .store
        .write(Ctx::system(), move |tx| async move {
            let Some(head) = load_to_change(&tx, id).await?.filter(|h| h.version == seen) else { return Ok(false) };
            save(&tx, &head, listing::ActiveModel { warned_at: Set(Some(tx.now())), ..Default::default() }).await?;
            tx.emit(NewEvent::new("listing", id, "listing.expiry_announced", json!({})));
            notices::owner(&tx, &head, notices::Notice::ExpiresSoon).await?;
            Ok(true)
        })
        .await;
    faster(result)
}

/// Somebody else was faster: nothing is lost, the next round looks again.
fn faster(result: Result<bool, ListingError>) -> Result<bool, ListingError> {
    match result {
        Err(ListingError::Stale { .. } | ListingError::NotAllowed { .. }) => Ok(false),
        other => other,
    }
}
