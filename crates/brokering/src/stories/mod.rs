//! Success stories: what became of a completed deal, told to everybody with the consent of every party it names.
//!
//! What always holds: a story says what its author typed and names whom the deal names; nothing of offers, contract,
//! payments, thread or what is confided enters it by itself. A consent is one party's, given by a person who speaks for
//! it, to exactly one text (its hash); any other text makes every consent void. Only a text to which all parties consent is
//! published, and it leaves the public with the first consent that is taken back, or with the next edit. Nothing is told of a
//! deal whose sides do not know each other, so no draft names anybody too early.
//! Events hold ids and hashes. Who may do what stands in `access`.
//! Start at `write` and `consent` for the sides, `publish` for moderators, `public` for everybody else.

mod consent;
mod content;
mod draft;
mod public;
mod publish;
pub(crate) mod rows;
mod write;

use base::{AccountId, DealId, Grant, ListingId, PartyId, Refused, StoryId};
use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};
use utoipa::ToSchema;

use crate::BrokeringError;
use crate::access::StoryCase;
use crate::deals::{self, Role};
use rows::{consent as consent_rows, story, story_listing, story_party};

pub use consent::{NewConsent, Withdrawal, give, withdraw};
pub use content::{StoryContent, StoryFigure};
pub use draft::{DealStory, EndedConsent, PartyConsent, StandingConsent, StoryStep, show};
pub use public::{Headline, StoryCard, StoryFilter, StoryListing, StoryParty, StoryView, headlines, list, of_slug, public_pages, url};
pub use publish::{WaitingStory, publish, queue, unpublish};
pub use write::{StoryReceipt, write};

base::words! {
    /// How a consent ended.
    Ending {
        /// The text changed.
        Voided = "voided",
        /// The party took it back.
        Withdrawn = "withdrawn",
        /// Two parties of the story became one, which consents once and for both.
        Merged = "merged",
    }
}

base::words! {
    /// Where a story stands.
    StoryState {
        /// Nothing is written.
        None = "none",
        /// It is written, and not every party consents to it.
        Draft = "draft",
        /// Every party consents to it; it may be published.
        Agreed = "agreed",
        /// Everybody reads it.
        Published = "published",
    }
}

/// One party's consent to one text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Consent {
    pub party: PartyId,
    pub account: AccountId,
    pub given_at: DateTime<Utc>,
    pub ended: Option<(Ending, DateTime<Utc>)>,
}

/// The story of a deal with whom it names and who consents: what access is decided from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Story {
    pub id: StoryId,
    pub slug: String,
    pub content: StoryContent,
    pub hash: String,
    pub parties: Vec<(Role, PartyId)>,
    /// The oldest first, those that ended among them.
    pub consents: Vec<Consent>,
    pub written_at: DateTime<Utc>,
    pub agreed_at: Option<DateTime<Utc>>,
    pub published_at: Option<DateTime<Utc>>,
    /// The moderator who published what is public.
    pub published_by: Option<AccountId>,
    /// Whether it ever was public: its address stays then.
    pub was_public: bool,
    pub version: i64,
}

impl Story {
    /// The standing consent of a party.
    pub(crate) fn standing(&self, party: PartyId) -> Option<&Consent> {
        self.consents.iter().find(|c| c.party == party && c.ended.is_none())
    }

    /// Whether all parties but this one consent.
    fn is_agreed_with(&self, party: PartyId) -> bool {
        self.parties.iter().all(|(_, one)| *one == party || self.standing(*one).is_some())
    }

    /// Where it stands.
    pub(crate) fn state(&self) -> StoryState {
        match (self.agreed_at, self.published_at) {
            (_, Some(_)) => StoryState::Published,
            (Some(_), None) => StoryState::Agreed,
            (None, None) => StoryState::Draft,
        }
    }
}

impl StoryCase {
    /// The story, where one was written.
    fn written(&self) -> Result<&Story, Refused> {
        self.story.as_ref().ok_or(Refused::Hidden)
    }

    /// What is consented to and published names the parties that are in the deal now.
    fn must_name_everybody(&self) -> Result<(), BrokeringError> {
        let named = self.written()?.parties.clone();
        let now: Vec<(Role, PartyId)> = named_in(&self.deal);
        if named == now { Ok(()) } else { Err(BrokeringError::StoryChanged) }
    }
}

/// Whether there is a story to tell: the deal came to its good end, and both sides are known to each other. One that was
/// opened from an interest whose sender hides has no seeker until they let themselves be known.
fn can_be_told(deal: &deals::Deal) -> bool {
    deal.is_completed() && [Role::Owner, Role::Seeker].iter().all(|role| deal.party_as(*role).is_some())
}

/// The parties a story of this deal names: those on its sides. Advisers are named nowhere.
fn named_in(deal: &deals::Deal) -> Vec<(Role, PartyId)> {
    deal.parties.iter().filter(|(role, _)| role.side().is_some()).copied().collect()
}

/// What is known of a story after something was done with it. Kept as the answer to a repeated request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StoryMoved {
    /// The story.
    pub id: StoryId,
    /// Where it stands now.
    pub state: StoryState,
    /// Its ETag.
    pub version: i64,
}

/// Loads the story of a deal, or none.
async fn load(db: &impl ConnectionTrait, deal: DealId) -> Result<Option<Story>, StoreError> {
    let Some(row) = story::Entity::find().filter(story::Column::DealId.eq(deal.0)).one(db).await? else { return Ok(None) };
    let parties = story_party::Entity::find()
        .filter(story_party::Column::StoryId.eq(row.id))
        .order_by_asc(story_party::Column::PartyId)
        .order_by_asc(story_party::Column::Role)
        .all(db)
        .await?;
    let consents = consent_rows::Entity::find()
        .filter(consent_rows::Column::StoryId.eq(row.id))
        .order_by_asc(consent_rows::Column::GivenAt)
        .order_by_asc(consent_rows::Column::Id)
        .all(db)
        .await?;
    let bad = |e| StoreError::corrupt("story", e);
    let consent = |row: consent_rows::Model| {
        let ending = row.ending.as_deref().map(str::parse).transpose().map_err(bad)?;
        Ok(Consent {
            party: PartyId(row.party_id),
            account: AccountId(row.account_id),
            given_at: row.given_at,
            ended: ending.zip(row.ended_at),
        })
    };
    let parties = parties.into_iter().map(|p| Ok((p.role.parse().map_err(bad)?, PartyId(p.party_id))));
    Ok(Some(Story {
        id: StoryId(row.id),
        slug: row.slug,
        content: deals::read_json("story", &row.content)?,
        hash: row.hash,
        parties: parties.collect::<Result<_, StoreError>>()?,
        consents: consents.into_iter().map(consent).collect::<Result<_, StoreError>>()?,
        written_at: row.written_at,
        agreed_at: row.agreed_at,
        published_at: row.published_at,
        published_by: row.published_by.map(AccountId),
        was_public: row.was_public,
        version: row.version,
    }))
}

/// A deal with its story, to change it: the deal's row is locked until the commit, and with it the story.
async fn load_to_change(tx: &Tx, id: DealId) -> Result<StoryCase, BrokeringError> {
    let deal = deals::load_to_change(tx, id).await?.ok_or(Refused::Hidden)?;
    let story = load(tx.db(), id).await?;
    Ok(StoryCase { deal, story })
}

/// A deal with its story, for somebody who may do this with it.
async fn readable<A: base::Action<Object = StoryCase>>(
    db: &impl ConnectionTrait,
    actor: &base::Actor,
    id: DealId,
) -> Result<StoryCase, BrokeringError> {
    let deal = deals::load(db, id).await?.ok_or(Refused::Hidden)?;
    let story = load(db, id).await?;
    Ok(Grant::<A>::check(actor, StoryCase { deal, story })?.into_object())
}

/// Changes columns of a story from the version that was loaded to the next.
async fn save(tx: &Tx, story: &Story, mut change: story::ActiveModel) -> Result<i64, BrokeringError> {
    let next = story.version + 1;
    change.version = Set(next);
    let result = story::Entity::update_many()
        .set(change)
        .filter(story::Column::Id.eq(story.id.0))
        .filter(story::Column::Version.eq(story.version))
        .exec(tx.db())
        .await?;
    if result.rows_affected == 1 { Ok(next) } else { Err(BrokeringError::Stale { current: story.version }) }
}

/// Ends standing consents, of one party or of all.
pub(crate) async fn end_consents(
    tx: &Tx,
    story: StoryId,
    party: Option<PartyId>,
    ending: Ending,
    by: Option<AccountId>,
) -> Result<(), StoreError> {
    use consent_rows::Column as C;
    let mut ended = consent_rows::Entity::update_many()
        .set(consent_rows::ActiveModel {
            ending: Set(Some(ending.as_str().to_owned())),
            ended_by: Set(by.map(|a| a.0)),
            ended_at: Set(Some(tx.now())),
            ..Default::default()
        })
        .filter(C::StoryId.eq(story.0))
        .filter(C::EndedAt.is_null());
    if let Some(party) = party {
        ended = ended.filter(C::PartyId.eq(party.0));
    }
    ended.exec(tx.db()).await?;
    Ok(())
}

/// The listings of stories as rows.
fn listing_rows(story: StoryId, listings: &[ListingId]) -> impl Iterator<Item = story_listing::ActiveModel> {
    listings.iter().map(move |listing| story_listing::ActiveModel { story_id: Set(story.0), listing_id: Set(listing.0) })
}
