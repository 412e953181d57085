//! Review: a moderator claims a submission, compares, scores it, and publishes, asks for changes or rejects.

use base::{AccountId, Actor, Code, Faults, Grant, Lang, ListingId, Page, Refused, ReviewId, Scope, StaffRole};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, Order, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, NewEvent, StoreError, Tx};
use utoipa::ToSchema;

use crate::access::{Review, ViewInside};
use crate::edit::{Receipt, insert_slug, slug_of, step};
use crate::error::{ListingError, valid};
use crate::head::{Head, content_of, load, load_to_change, save};
use crate::kind::Kind;
use crate::rows::{listing, review, slug};
use crate::state::{Move, Revision, Status};
use crate::{Listings, notices};

/// Points needed to publish, of 20; and no criterion may have none.
pub const PASS: u32 = 10;

/// The four criteria, 0 to 5 each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Scores {
    /// Innovation, or how real the need is.
    pub innovation_or_need: u8,
    /// Clarity.
    pub clarity: u8,
    /// What is asked of the partner.
    pub partner_ask: u8,
    /// Language.
    pub language: u8,
}

impl Scores {
    fn all(self) -> [(&'static str, u8); 4] {
        [
            ("innovation_or_need", self.innovation_or_need),
            ("clarity", self.clarity),
            ("partner_ask", self.partner_ask),
            ("language", self.language),
        ]
    }

    /// The points in all.
    #[must_use]
    pub fn total(self) -> u32 {
        self.all().iter().map(|(_, points)| u32::from(*points)).sum()
    }

    fn check(self, faults: &mut Faults) {
        for (name, points) in self.all() {
            if points > 5 {
                faults.add(format!("/scores/{name}"), "out_of_range");
            }
        }
    }

    fn passes(self) -> bool {
        self.total() >= PASS && self.all().iter().all(|(_, points)| *points > 0)
    }
}

/// What a moderator decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Let the public see it.
    Publish,
    /// Ask the author for changes.
    RequestChanges,
    /// Say no.
    Reject,
    /// Give it back to the queue undecided.
    Released,
}

impl Decision {
    fn as_str(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::RequestChanges => "request_changes",
            Self::Reject => "reject",
            Self::Released => "released",
        }
    }
}

/// A note on one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldNote {
    /// The field, a JSON pointer into the content.
    pub pointer: String,
    /// What to change; at most 1,000 characters.
    pub text: String,
}

/// A decision with its grounds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// What is decided.
    pub decision: Decision,
    /// The points; needed to publish.
    #[serde(default)]
    pub scores: Option<Scores>,
    /// Notes per field; at least one to ask for changes.
    #[serde(default)]
    pub notes: Vec<FieldNote>,
    /// A code of `reject_reasons`; needed to reject.
    #[serde(default)]
    pub reason: Option<Code>,
}

/// A review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReviewView {
    /// The review.
    pub id: ReviewId,
    /// What was reviewed.
    pub listing: ListingId,
    /// Which version.
    pub listing_version: i64,
    /// Whether the reader is the moderator.
    pub mine: bool,
    /// What was decided; none while it is open.
    pub decision: Option<String>,
    /// The points.
    pub scores: Option<Scores>,
    /// Notes per field.
    pub notes: Vec<FieldNote>,
    /// Why it was rejected.
    pub reason: Option<String>,
    /// Claimed.
    pub claimed_at: DateTime<Utc>,
    /// Decided.
    pub decided_at: Option<DateTime<Utc>>,
}

/// A submission in the queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Waiting {
    /// The listing.
    pub id: ListingId,
    /// Its kind.
    pub kind: Kind,
    /// Its readable code.
    pub code: String,
    /// Its title.
    pub title: String,
    /// The language of the title.
    pub title_lang: Lang,
    /// Whether it is a revision of something already public.
    pub is_revision: bool,
    /// Since when it waits.
    pub submitted_at: DateTime<Utc>,
    /// Whether a moderator has it in hand.
    pub claimed: bool,
    /// Which moderator.
    pub claimed_by: Option<AccountId>,
    /// Whether that moderator is the reader.
    pub mine: bool,
    /// Its ETag.
    pub version: i64,
}

fn moderator(actor: &Actor) -> Result<(), Refused> {
    if !actor.is_system() {
        actor.signed_in()?;
    }
    if actor.is_staff(StaffRole::Moderator) && actor.has_scope(Scope::Staff) {
        Ok(())
    } else {
        Err(Refused::Forbidden { action: "review.queue" })
    }
}

/// What waits for a moderator, the longest first.
///
/// # Errors
/// [`ListingError::Refused`] for whoever is no moderator.
pub async fn queue(
    listings: &Listings,
    actor: &Actor,
    limit: base::Limit,
    after: Option<(DateTime<Utc>, ListingId)>,
    newest_first: bool,
) -> Result<Page<Waiting>, ListingError> {
    moderator(actor)?;
    let db = listings.store.db();
    let waiting = || {
        Condition::any()
            .add(listing::Column::Status.eq(Status::Submitted.as_str()))
            .add(listing::Column::Revision.eq(Revision::Submitted.as_str()))
    };
    let total = listing::Entity::find().filter(waiting()).count(db).await?;
    let mut query = listing::Entity::find().filter(waiting());
    let (order, own) = (listing::Column::SubmittedAt, listing::Column::Id);
    if let Some((at, id)) = after {
        let (beyond, next) = if newest_first { (order.lt(at), own.lt(id.0)) } else { (order.gt(at), own.gt(id.0)) };
        query = query.filter(Condition::any().add(beyond).add(Condition::all().add(order.eq(at)).add(next)));
    }
    let way = if newest_first { Order::Desc } else { Order::Asc };
    let rows = query.order_by(order, way.clone()).order_by(own, way).limit(limit.get() + 1).all(db).await?;
    let ids: Vec<uuid::Uuid> = rows.iter().map(|r| r.id).collect();
    let open =
        review::Entity::find().filter(review::Column::ListingId.is_in(ids)).filter(review::Column::Decision.is_null()).all(db).await?;
    let mut items: Vec<Waiting> = Vec::with_capacity(rows.len());
    for row in rows {
        let claim = open.iter().find(|r| r.listing_id == row.id);
        items.push(Waiting {
            id: ListingId(row.id),
            kind: row.kind.parse().map_err(|e| StoreError::corrupt("listing", e))?,
            is_revision: row.status != Status::Submitted.as_str(),
            code: row.code,
            title: row.title,
            title_lang: row.source_lang.parse().map_err(|e| StoreError::corrupt("listing", e))?,
            submitted_at: row.submitted_at.unwrap_or(row.updated_at),
            claimed: claim.is_some(),
            claimed_by: claim.map(|c| AccountId(c.moderator_id)),
            mine: claim.is_some_and(|c| actor.account().is_some_and(|a| a.0 == c.moderator_id)),
            version: row.version,
        });
    }
    let more = items.len() as u64 > limit.get();
    items.truncate(usize::try_from(limit.get()).unwrap_or(usize::MAX));
    let next = items.last().filter(|_| more).map(|w| base::Cursor::write(&(w.submitted_at, w.id)));
    Ok(Page { items, next, total })
}

/// Takes a submission in hand. A claim older than a day may be taken over.
///
/// # Errors
/// [`ListingError::Claimed`] if another moderator has it; [`ListingError::NotAllowed`] if nothing waits for review.
pub async fn claim(listings: &Listings, ctx: Ctx, id: ListingId) -> Result<ReviewView, ListingError> {
    let actor = ctx.actor.clone();
    let result = listings.store.write(ctx, move |tx| claim_in(tx, actor.clone(), id)).await;
    match result {
        // Two moderators at the same moment: the unique index lets one through.
        Err(ListingError::Store(StoreError::Duplicate(_))) => Err(ListingError::Claimed),
        other => other,
    }
}

async fn claim_in(tx: Tx, actor: Actor, id: ListingId) -> Result<ReviewView, ListingError> {
    let head = load_to_change(&tx, id).await?.ok_or(Refused::Hidden)?;
    let grant = Grant::<Review>::check(&actor, head)?;
    let head = grant.object();
    let moderator = actor.signed_in()?;
    if !head.state.awaits_review() {
        return Err(ListingError::NotAllowed { step: Move::Publish, allowed: head.state.steps() });
    }
    if let Some(open) = open_review(&tx, id).await? {
        if open.moderator_id == moderator.0 {
            return view(open, &actor);
        }
        if open.claimed_at > tx.now() - TimeDelta::days(1) {
            return Err(ListingError::Claimed);
        }
        close(&tx, open.id, Decision::Released, None).await?;
    }
    let row = review::Model {
        id: tx.new_id(),
        listing_id: id.0,
        listing_version: head.head_version,
        moderator_id: moderator.0,
        decision: None,
        scores: None,
        notes: None,
        reason: None,
        claimed_at: tx.now(),
        decided_at: None,
    };
    let model = review::ActiveModel {
        id: Set(row.id),
        listing_id: Set(row.listing_id),
        listing_version: Set(row.listing_version),
        moderator_id: Set(row.moderator_id),
        decision: Set(None),
        scores: Set(None),
        notes: Set(None),
        reason: Set(None),
        claimed_at: Set(row.claimed_at),
        decided_at: Set(None),
    };
    review::Entity::insert(model).exec_without_returning(tx.db()).await?;
    tx.emit(NewEvent::new("listing", id, "listing.claimed", json!({ "review": row.id, "version": head.head_version })));
    view(row, &actor)
}

/// Decides a claimed submission.
///
/// # Errors
/// [`ListingError::NotClaimed`] unless the actor has it in hand; [`ListingError::ScoreTooLow`] to publish with fewer
/// than [`PASS`] points or a zero; [`ListingError::Invalid`] for a rejection without a reason or a request without notes.
pub async fn decide(listings: &Listings, ctx: Ctx, id: ListingId, seen: i64, verdict: Verdict) -> Result<Receipt, ListingError> {
    let mut faults = Faults::new();
    if let Some(scores) = verdict.scores {
        scores.check(&mut faults);
    }
    match verdict.decision {
        Decision::Publish if verdict.scores.is_none() => faults.add("/scores", "missing"),
        Decision::RequestChanges if verdict.notes.is_empty() => faults.add("/notes", "missing"),
        Decision::Reject => match &verdict.reason {
            None => faults.add("/reason", "missing"),
            Some(code) => listings.vocabularies.check("reject_reasons", code, listings.store.clock().today(), "/reason", &mut faults),
        },
        _ => {}
    }
    for (n, note) in verdict.notes.iter().enumerate() {
        let length = note.text.chars().count();
        if length > 1_000 {
            faults.add_with(format!("/notes/{n}/text"), "too_long", &[("max", "1000"), ("length", &length.to_string())]);
        }
    }
    valid(faults)?;
    let (inner, actor) = (listings.clone(), ctx.actor.clone());
    listings.store.write(ctx, move |tx| decide_in(tx, inner.clone(), actor.clone(), id, seen, verdict.clone())).await
}

async fn decide_in(tx: Tx, listings: Listings, actor: Actor, id: ListingId, seen: i64, verdict: Verdict) -> Result<Receipt, ListingError> {
    let head = load_to_change(&tx, id).await?.ok_or(Refused::Hidden)?;
    let grant = Grant::<Review>::check(&actor, head)?;
    let head = grant.object();
    head.must_be_at(seen)?;
    let open = open_review(&tx, id).await?.filter(|r| actor.account().is_some_and(|a| a.0 == r.moderator_id));
    let open = open.ok_or(ListingError::NotClaimed)?;
    let (wanted, event, notice) = match verdict.decision {
        Decision::Publish => (Move::Publish, "listing.published", notices::Notice::Published),
        Decision::RequestChanges => (Move::RequestChanges, "listing.changes_requested", notices::Notice::ChangesRequested),
        Decision::Reject => (Move::Reject, "listing.rejected", notices::Notice::Rejected),
        Decision::Released => {
            close(&tx, open.id, Decision::Released, None).await?;
            tx.emit(NewEvent::new("listing", id, "listing.released", json!({ "review": open.id })));
            return Ok(Receipt::of(head, head.state, head.slug.clone(), head.version));
        }
    };
    if verdict.decision == Decision::Publish
        && let Some(scores) = verdict.scores
        && !scores.passes()
    {
        return Err(ListingError::ScoreTooLow { total: scores.total() });
    }
    let after = step(head.state, wanted)?;
    let mut change = listing::ActiveModel {
        status: Set(after.status.as_str().to_owned()),
        revision: Set(after.revision.as_str().to_owned()),
        ..Default::default()
    };
    let mut slug_text = head.slug.clone();
    if verdict.decision == Decision::Publish {
        slug_text = publish(&tx, &listings, head, &mut change).await?;
    }
    close(&tx, open.id, verdict.decision, Some(&verdict)).await?;
    let version = save(&tx, head, change).await?;
    let points = verdict.scores.map(Scores::total);
    let facts = json!({
        "review": open.id, "version": head.head_version, "points": points,
        "reason": verdict.reason, "notes": verdict.notes.len(), "kind": head.kind,
    });
    tx.emit(NewEvent::new("listing", id, event, facts));
    notices::owner(&tx, head, notice).await?;
    Ok(Receipt::of(head, after, slug_text, version))
}

/// Makes the newest version the public one: its dates, its address, a need's next action.
pub(crate) async fn publish(tx: &Tx, listings: &Listings, head: &Head, change: &mut listing::ActiveModel) -> Result<String, ListingError> {
    let now = tx.now();
    change.public_version = Set(Some(head.head_version));
    change.published_at = Set(Some(head.published_at.unwrap_or(now)));
    // An edit of what is out makes it no newer: nobody sees it who did not before.
    change.out_since = Set(Some(head.out_since.unwrap_or(now)));
    change.confirmed_at = Set(Some(now));
    change.expires_at = Set(Some(now + TimeDelta::days(listings.settings.life_days)));
    change.warned_at = Set(None);
    if head.kind == Kind::Need && head.responsible.is_none() && head.next_action_on.is_none() {
        change.next_action_on = Set(Some(tx.today() + TimeDelta::days(listings.settings.need_action_days)));
    }
    let content = content_of(tx.db(), head.kind, head.id.0, head.head_version).await?;
    let title = content.title().best(head.source_lang).unwrap_or_default();
    let text = slug_of(title, &head.code);
    if text != head.slug {
        // The old address stays in the table and redirects. The new one may be an old one come back.
        slug::Entity::delete_by_id((head.kind.as_str().to_owned(), text.clone())).exec(tx.db()).await?;
        insert_slug(tx, head.kind, &text, head.id).await?;
        change.slug = Set(text.clone());
    }
    Ok(text)
}

async fn open_review(tx: &Tx, id: ListingId) -> Result<Option<review::Model>, ListingError> {
    Ok(review::Entity::find().filter(review::Column::ListingId.eq(id.0)).filter(review::Column::Decision.is_null()).one(tx.db()).await?)
}

async fn close(tx: &Tx, id: uuid::Uuid, decision: Decision, verdict: Option<&Verdict>) -> Result<(), ListingError> {
    let json = |e| StoreError::corrupt("review", e);
    let mut change =
        review::ActiveModel { decision: Set(Some(decision.as_str().to_owned())), decided_at: Set(Some(tx.now())), ..Default::default() };
    if let Some(verdict) = verdict {
        change.scores = Set(verdict.scores.map(|s| serde_json::to_string(&s)).transpose().map_err(json)?);
        change.notes = Set(Some(serde_json::to_string(&verdict.notes).map_err(json)?));
        change.reason = Set(verdict.reason.as_ref().map(|c| c.0.clone()));
    }
    review::Entity::update_many().set(change).filter(review::Column::Id.eq(id)).exec(tx.db()).await?;
    Ok(())
}

fn view(row: review::Model, actor: &Actor) -> Result<ReviewView, ListingError> {
    let json = |e| StoreError::corrupt("review", e);
    Ok(ReviewView {
        id: ReviewId(row.id),
        listing: ListingId(row.listing_id),
        listing_version: row.listing_version,
        mine: actor.account().is_some_and(|a| a.0 == row.moderator_id),
        decision: row.decision,
        scores: row.scores.map(|s| serde_json::from_str(&s)).transpose().map_err(json)?,
        notes: row.notes.map(|s| serde_json::from_str(&s)).transpose().map_err(json)?.unwrap_or_default(),
        reason: row.reason,
        claimed_at: row.claimed_at,
        decided_at: row.decided_at,
    })
}

/// The reviews of a listing, the newest first: its members read the notes, moderators everything.
///
/// # Errors
/// [`ListingError::Refused`] for everybody else.
pub async fn history(listings: &Listings, actor: &Actor, id: ListingId) -> Result<Vec<ReviewView>, ListingError> {
    let head = load(listings.store.db(), id).await?.ok_or(Refused::Hidden)?;
    Grant::<ViewInside>::check(actor, head)?;
    let rows = review::Entity::find()
        .filter(review::Column::ListingId.eq(id.0))
        .order_by_desc(review::Column::ClaimedAt)
        .limit(100)
        .all(listings.store.db())
        .await?;
    rows.into_iter().map(|r| view(r, actor)).collect()
}
