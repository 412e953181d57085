//! An interest as each side sees it. What the owner is told of the seeker is cut here, and nowhere else.

use std::collections::BTreeMap;

use accounts::PartyBrief;
use base::{AccountId, Actor, Code, DealId, Grant, Hideable as _, InterestId, Lang, ListingId, Localised, PartyId, Refused};
use chrono::{DateTime, NaiveDate, Utc};
use listings::Kind;
use listings::brief::ListingBrief;
use listings::view::OwnerView;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use serde_json::json;
use store::{Ctx, NewEvent, StoreError};
use utoipa::ToSchema;

use super::rows::{interest, message};
use super::{Anonymity, Case, Interest, Move, Side, Status, after, load, load_to_change, moves, url};
use crate::access::{ReadInterest, ViewInterest};
use crate::deals::from_interest_before;
use crate::{Brokering, BrokeringError};

/// Texts that one interest has and shows at most; before there are so many, nothing more is asked.
pub(super) const MESSAGES_MAX: u64 = 200;

/// The listing an interest is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AboutView {
    /// The listing.
    pub id: ListingId,
    /// Its kind.
    pub kind: Kind,
    /// Its readable code.
    pub code: String,
    /// Its title in the reader's language, as it was last approved.
    pub title: String,
    /// The language of the title.
    pub title_lang: Lang,
    /// Its page.
    pub url: String,
    /// Whether it is still published.
    pub is_published: bool,
}

/// Who is interested, as far as the reader may know: all of it, or the sort and the place, or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct SeekerView {
    /// The party.
    pub id: Option<PartyId>,
    /// The readable piece of its address.
    pub slug: Option<String>,
    /// Its name.
    pub name: Option<Localised>,
    /// A code of `verification`.
    pub verification: Option<Code>,
    /// A code of `party_types`.
    pub party_type: Option<Code>,
    /// A code of `vsic`.
    pub vsic: Option<Code>,
    /// A code of `size_bands`.
    pub size: Option<Code>,
    /// A code of `provinces`.
    pub province: Option<Code>,
}

/// Something that was asked, answered or said with a decision. By a side, never by a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MessageView {
    /// Whose words.
    pub by: Side,
    /// The words.
    pub text: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// An interest, as its reader may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct InterestView {
    /// The interest.
    pub id: InterestId,
    /// Its page.
    pub url: String,
    /// On which side the reader stands.
    pub side: Side,
    /// Where it stands.
    pub status: Status,
    /// How much of the seeker the owner is told.
    pub anonymity: Anonymity,
    /// Whether the space relayed it.
    pub is_relayed: bool,
    /// What it is about.
    pub listing: AboutView,
    /// Whose listing it is; not told to the seeker where the listing does not tell it.
    pub owner: OwnerView,
    /// Who is interested, as far as the reader may know.
    pub seeker: SeekerView,
    /// When it was sent.
    pub sent_at: DateTime<Utc>,
    /// When the owner first opened it.
    pub read_at: Option<DateTime<Utc>>,
    /// By when whoever has it should answer; a day in Vietnam.
    pub answer_due_on: NaiveDate,
    /// Whether that day is over and it is still open.
    pub is_overdue: bool,
    /// When the owner first answered.
    pub answered_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub closed_at: Option<DateTime<Utc>>,
    /// Its ETag.
    pub version: i64,
    /// What it says; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Details>,
}

/// What an interest says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Details {
    /// What it is about, in the seeker's words.
    pub message: String,
    /// What it would be used for.
    pub intended_use: String,
    /// A code of `cooperation`.
    pub cooperation: Option<Code>,
    /// How much is in question.
    pub volume: String,
    /// A code of `budget_bands`.
    pub budget_band: Option<Code>,
    /// Whether an agreement on confidentiality is wished for.
    pub wants_nda: bool,
    /// What the broker who relayed it adds; for the owner and staff.
    pub context: Option<String>,
    /// Who sent it; for the seeker and staff.
    pub sent_by: Option<String>,
    /// Why it was declined, a code of `decline_reasons`.
    pub reason: Option<Code>,
    /// What was asked, answered and said, in its order.
    pub messages: Vec<MessageView>,
    /// The steps the reader has.
    pub steps: Vec<Move>,
    /// Whether a deal was opened from it; told to the owner and staff, and to the seeker once it is in the deal.
    pub has_deal: bool,
    /// That deal, for whoever sees it.
    pub deal: Option<DealId>,
}

impl SeekerView {
    fn of(party: &PartyBrief, told: Anonymity) -> Self {
        let sort = Self {
            party_type: Some(party.party_type.clone()),
            vsic: party.profile.vsic.clone(),
            size: party.profile.size.clone(),
            province: party.province.clone(),
            ..Self::default()
        };
        match told {
            Anonymity::Hidden => Self::default(),
            Anonymity::SectorAndRegion => sort,
            Anonymity::Named => Self {
                id: Some(party.id),
                slug: Some(party.slug.clone()),
                name: Some(party.names.clone()),
                verification: Some(party.verification.clone()),
                ..sort
            },
        }
    }
}

impl InterestView {
    /// An interest for a reader on a side. `seeker` and `owner` are the parties as everybody knows them.
    fn of(case: &Case, side: Side, seeker: &PartyBrief, owner: &PartyBrief, lang: Lang, today: NaiveDate) -> Self {
        let interest = &case.interest;
        let told = if side == Side::Owner { interest.state.anonymity } else { Anonymity::Named };
        Self {
            id: interest.id,
            url: url(interest.id),
            side,
            status: interest.state.status,
            anonymity: interest.state.anonymity,
            is_relayed: interest.relayed_by.is_some(),
            listing: about(&case.listing, lang),
            owner: if side == Side::Seeker { case.listing.owner.clone() } else { whole(owner) },
            seeker: SeekerView::of(seeker, told),
            sent_at: interest.sent_at,
            read_at: interest.read_at,
            answer_due_on: interest.answer_due_on,
            is_overdue: interest.is_overdue(today),
            answered_at: interest.answered_at,
            closed_at: interest.closed_at,
            version: interest.version,
            details: None,
        }
    }
}

fn about(listing: &ListingBrief, lang: Lang) -> AboutView {
    AboutView {
        id: listing.id,
        kind: listing.kind,
        code: listing.code.clone(),
        title: listing.title.best(lang).unwrap_or_default().to_owned(),
        title_lang: listing.title.spoken(lang),
        url: listing.url.clone(),
        is_published: listing.is_published,
    }
}

fn whole(party: &PartyBrief) -> OwnerView {
    OwnerView {
        id: Some(party.id),
        slug: Some(party.slug.clone()),
        name: Some(party.names.clone()),
        party_type: Some(party.party_type.clone()),
        province: party.province.clone(),
        verification: Some(party.verification.clone()),
    }
}

/// Interests as their reader sees them, in the order they came; those on which the reader has no side are left out.
pub(super) async fn views(brokering: &Brokering, actor: &Actor, cases: &[Case]) -> Result<Vec<InterestView>, StoreError> {
    let mut parties: Vec<PartyId> = cases.iter().flat_map(|c| [c.interest.seeker, c.interest.owner]).collect();
    parties.sort_unstable();
    parties.dedup();
    let parties: BTreeMap<PartyId, PartyBrief> =
        accounts::parties::load_many(brokering.store.db(), &parties).await?.into_iter().map(|p| (p.id, p)).collect();
    let today = brokering.store.clock().today();
    let mut views = Vec::with_capacity(cases.len());
    for case in cases {
        let Some(side) = case.side(actor) else { continue };
        let both = parties.get(&case.interest.seeker).zip(parties.get(&case.interest.owner));
        let (seeker, owner) = both.ok_or_else(|| StoreError::corrupt("interest", std::io::Error::other("a party is missing")))?;
        views.push(InterestView::of(case, side, seeker, owner, actor.lang, today));
    }
    Ok(views)
}

/// One interest as in a list: for whoever only names it. Notes nothing.
///
/// # Errors
/// [`Refused::Hidden`] for whoever is on no side of it.
pub async fn brief(brokering: &Brokering, actor: &Actor, id: InterestId) -> Result<InterestView, BrokeringError> {
    let case = load(brokering.store.db(), id).await?.ok_or(Refused::Hidden)?;
    let case = Grant::<ViewInterest>::check(actor, case)?.into_object();
    views(brokering, actor, &[case]).await?.pop().ok_or_else(|| Refused::Hidden.into())
}

/// One interest with all it says. That an editor of the owner's opens it for the first time is noted: the seeker sees
/// that it was read. It takes nobody's ETag away.
///
/// # Errors
/// [`Refused::Hidden`] for whoever is on no side of it.
pub async fn show(brokering: &Brokering, actor: &Actor, id: InterestId) -> Result<InterestView, BrokeringError> {
    let case = load(brokering.store.db(), id).await?.ok_or(Refused::Hidden)?;
    let mut case = Grant::<ViewInterest>::check(actor, case)?.into_object();
    if case.interest.state.after(Move::Read).is_some() && Grant::<ReadInterest>::check(actor, case.clone()).is_ok() {
        match note_read(brokering, actor, id).await {
            Ok(()) => case = load(brokering.store.db(), id).await?.ok_or(Refused::Hidden)?,
            // Reading goes on while nothing can be written; the next time is noted.
            Err(BrokeringError::Store(StoreError::Busy { .. } | StoreError::Full(_))) => {
                tracing::warn!(interest = %id, "that it was read could not be noted");
            }
            Err(error) => return Err(error),
        }
    }
    let mut view = views(brokering, actor, std::slice::from_ref(&case)).await?.pop().ok_or(Refused::Hidden)?;
    view.details = Some(details(brokering, actor, &case, view.side).await?);
    Ok(view)
}

async fn note_read(brokering: &Brokering, actor: &Actor, id: InterestId) -> Result<(), BrokeringError> {
    brokering
        .store
        .write(Ctx::of(actor.clone()), move |tx| async move {
            let Some(case) = load_to_change(&tx, id).await? else { return Ok(()) };
            let Ok(state) = after(case.interest.state, Move::Read) else { return Ok(()) };
            let read =
                interest::ActiveModel { status: Set(state.status.as_str().to_owned()), read_at: Set(Some(tx.now())), ..Default::default() };
            interest::Entity::update_many().set(read).filter(interest::Column::Id.eq(id.0)).exec(tx.db()).await?;
            tx.emit(NewEvent::new("interest", id, "interest.read", json!({ "listing": case.interest.listing })));
            Ok::<_, BrokeringError>(())
        })
        .await
}

async fn details(brokering: &Brokering, actor: &Actor, case: &Case, side: Side) -> Result<Details, StoreError> {
    let (db, interest) = (brokering.store.db(), &case.interest);
    let sent_by = if side == Side::Owner { None } else { sender(db, interest.account).await? };
    let there = from_interest_before(db, interest.id).await?;
    let deal = there.as_ref().filter(|deal| deal.visible_to(actor)).map(|deal| deal.id);
    Ok(Details {
        message: interest.message.clone(),
        intended_use: interest.intended_use.clone(),
        cooperation: interest.cooperation.clone(),
        volume: interest.volume.clone(),
        budget_band: interest.budget_band.clone(),
        wants_nda: interest.wants_nda,
        context: (side != Side::Seeker && !interest.context.is_empty()).then(|| interest.context.clone()),
        sent_by,
        reason: interest.reason.clone(),
        messages: messages(db, interest).await?,
        steps: moves::open_to(actor, case),
        has_deal: deal.is_some() || (side != Side::Seeker && there.is_some()),
        deal,
    })
}

async fn sender(db: &impl ConnectionTrait, account: AccountId) -> Result<Option<String>, StoreError> {
    Ok(accounts::people::names(db, &[account]).await?.remove(&account))
}

async fn messages(db: &impl ConnectionTrait, interest: &Interest) -> Result<Vec<MessageView>, StoreError> {
    let rows = message::Entity::find()
        .filter(message::Column::InterestId.eq(interest.id.0))
        .order_by_asc(message::Column::At)
        .order_by_asc(message::Column::Id)
        .limit(MESSAGES_MAX)
        .all(db)
        .await?;
    let view = |row: message::Model| {
        let by = row.side.parse().map_err(|e| StoreError::corrupt("interest message", e))?;
        Ok(MessageView { by, text: row.text, at: row.at })
    };
    rows.into_iter().map(view).collect()
}
