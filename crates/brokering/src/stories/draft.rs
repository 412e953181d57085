//! The story of a deal as those who make it see it: what it says, who consents, what may be done next.

use std::collections::{BTreeMap, BTreeSet};

use accounts::PartyBrief;
use base::{AccountId, Action, Actor, DealId, Grant, ListingId, Localised, PartyId, Refused};
use chrono::{DateTime, Utc};
use listings::brief;
use listings::content::Content;
use listings::published::Audience;
use sea_orm::ConnectionTrait;
use serde::Serialize;
use store::StoreError;
use utoipa::ToSchema;

use super::content::LISTINGS_MAX;
use super::{Consent, Ending, StoryContent, StoryListing, StoryState, can_be_told, named_in, public, readable, url};
use crate::access::{ConsentToStory, PublishStory, StoryCase, UnpublishStory, ViewStory, Word, WriteStory};
use crate::deals::{Deal, Role};
use crate::{Brokering, BrokeringError};

/// Listings that are offered to be linked, at most.
const CANDIDATES_MAX: usize = 40;

base::words! {
    /// What may be done with a story.
    StoryStep {
        /// Write it.
        Write = "write",
        /// Publish it.
        Publish = "publish",
        /// Take it out of public.
        Unpublish = "unpublish",
    }
}

/// A consent that stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StandingConsent {
    /// Who gave it; told to those in the deal.
    pub by: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

/// A consent that ended, where none came after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EndedConsent {
    /// How it ended.
    pub how: Ending,
    /// When.
    pub at: DateTime<Utc>,
}

/// A party that the story names, and whether it consents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PartyConsent {
    /// The party.
    pub id: PartyId,
    /// The readable piece of its address.
    pub slug: String,
    /// Its name.
    pub name: Localised,
    /// What it is in the deal.
    pub role: Role,
    /// Its consent to the text as it is.
    pub consent: Option<StandingConsent>,
    /// Its last consent, if that ended.
    pub ended: Option<EndedConsent>,
    /// Whether the reader may give or take back its consent.
    pub is_mine_to_give: bool,
}

/// The story of a deal.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DealStory {
    /// The deal.
    pub deal: DealId,
    /// Where it stands.
    pub state: StoryState,
    /// Its page, once it is public.
    pub url: Option<String>,
    /// The hash of the text, to consent to; none before it was written.
    pub hash: Option<String>,
    /// What it says; before it was written, what it may begin with.
    pub content: StoryContent,
    /// The kind of the deal, in the reader's language.
    pub kind_name: String,
    /// Whom it names, and who consents.
    pub parties: Vec<PartyConsent>,
    /// Whether the deal has other parties by now, so that the story must be saved again.
    pub is_outdated: bool,
    /// The listings it may link, as far as the reader sees them.
    pub choices: Vec<StoryListing>,
    /// What it links, as far as the reader sees it.
    pub listings: Vec<StoryListing>,
    /// When it was written last.
    pub written_at: Option<DateTime<Utc>>,
    /// When it was published.
    pub published_at: Option<DateTime<Utc>>,
    /// What the reader may do.
    pub steps: Vec<StoryStep>,
    /// Its ETag; 0 before it was written.
    pub version: i64,
}

/// The listings that a deal's story may link: the one it came from, what it transferred, and those of the other kind that these
/// name, as far as they are published.
pub(super) async fn candidates(brokering: &Brokering, deal: &Deal) -> Result<Vec<ListingId>, StoreError> {
    let mut all = deal.about();
    let mut named: Vec<ListingId> = Vec::new();
    for published in listings::published::load(&brokering.store, &all).await? {
        named.extend(match published.content {
            Content::Technology(technology) => technology.ip_assets,
            Content::IpAsset(asset) => asset.technologies,
            Content::Need(_) => Vec::new(),
        });
    }
    named.sort_unstable();
    named.dedup();
    named.retain(|id| !all.contains(id));
    let named = brief::load_many(brokering.store.db(), &named).await?;
    all.extend(named.into_iter().filter(|l| l.is_published).map(|l| l.id));
    all.truncate(CANDIDATES_MAX);
    Ok(all)
}

/// What a story may begin with: what the deal is about as far as everybody may see it, and the title of the first of that.
async fn beginning(brokering: &Brokering, deal: &Deal) -> Result<StoryContent, StoreError> {
    let mut about = deal.about();
    let public: BTreeMap<ListingId, Localised> = listings::published::load(&brokering.store, &about)
        .await?
        .into_iter()
        .filter(|l| l.audience == Audience::Public && !l.content.hides_party())
        .map(|l| (l.id, l.content.title().clone()))
        .collect();
    about.retain(|id| public.contains_key(id));
    about.truncate(LISTINGS_MAX);
    let title = about.first().and_then(|id| public.get(id)).cloned().unwrap_or_default();
    Ok(StoryContent { title, listings: about, ..StoryContent::default() })
}

fn may<A: Action<Object = StoryCase>>(actor: &Actor, case: &StoryCase) -> bool {
    Grant::<A>::check(actor, case.clone()).is_ok()
}

fn steps(actor: &Actor, case: &StoryCase, state: StoryState) -> Vec<StoryStep> {
    let mut steps = Vec::new();
    if can_be_told(&case.deal) && may::<WriteStory>(actor, case) {
        steps.push(StoryStep::Write);
    }
    if state == StoryState::Agreed && may::<PublishStory>(actor, case) {
        steps.push(StoryStep::Publish);
    }
    if state == StoryState::Published && may::<UnpublishStory>(actor, case) {
        steps.push(StoryStep::Unpublish);
    }
    steps
}

async fn consents(db: &impl ConnectionTrait, actor: &Actor, case: &StoryCase) -> Result<Vec<PartyConsent>, StoreError> {
    let named = case.story.as_ref().map_or_else(|| named_in(&case.deal), |story| story.parties.clone());
    let ids: Vec<PartyId> = named.iter().map(|(_, party)| *party).collect();
    let briefs: BTreeMap<PartyId, PartyBrief> =
        accounts::parties::load_many(db, &ids).await?.into_iter().map(|party| (party.id, party)).collect();
    let given: &[Consent] = case.story.as_ref().map_or(&[], |story| &story.consents);
    let people: Vec<AccountId> = given.iter().filter(|c| c.ended.is_none()).map(|c| c.account).collect();
    // A moderator is told that a party consents, and not by whom: who speaks for whom in a deal is its sides' own.
    let people = if case.deal.is_inside(actor) { accounts::people::names(db, &people).await? } else { BTreeMap::new() };
    let mut all: Vec<PartyConsent> = Vec::new();
    for (role, id) in named {
        let Some(party) = briefs.get(&id) else { continue };
        let own = || given.iter().filter(|c| c.party == id);
        let standing = own().find(|c| c.ended.is_none());
        let ended = own().filter_map(|c| c.ended).max_by_key(|(_, at)| *at).filter(|_| standing.is_none());
        all.push(PartyConsent {
            id,
            slug: party.slug.clone(),
            name: party.names.clone(),
            role,
            consent: standing.map(|c| StandingConsent { by: people.get(&c.account).cloned(), at: c.given_at }),
            ended: ended.map(|(how, at)| EndedConsent { how, at }),
            is_mine_to_give: Grant::<ConsentToStory>::check(actor, Word { case: case.clone(), party: id }).is_ok(),
        });
    }
    all.sort_by_key(|party| party.role);
    // Both sides may have become one since: it is asked once.
    let mut seen = BTreeSet::new();
    all.retain(|party| seen.insert(party.id));
    Ok(all)
}

/// The story of a deal, for those in the deal, administrators, and moderators once every party consents.
///
/// # Errors
/// [`BrokeringError::Refused`] hidden for everybody else, and while the deal goes on or has come to nothing.
pub async fn show(brokering: &Brokering, actor: &Actor, id: DealId) -> Result<DealStory, BrokeringError> {
    let db = brokering.store.db();
    let case = readable::<ViewStory>(db, actor, id).await?;
    if case.story.is_none() && !can_be_told(&case.deal) {
        return Err(Refused::Hidden.into());
    }
    let candidates = candidates(brokering, &case.deal).await?;
    let content = match &case.story {
        Some(story) => story.content.clone(),
        None => beginning(brokering, &case.deal).await?,
    };
    let state = case.story.as_ref().map_or(StoryState::None, super::Story::state);
    let mut shown = candidates.clone();
    shown.extend(content.listings.iter().filter(|id| !candidates.contains(id)));
    let seen = public::listings_for(brokering, actor, &shown).await?;
    let listings = seen.iter().filter(|listing| content.listings.contains(&listing.id)).cloned().collect();
    let is_outdated = case.story.as_ref().is_some_and(|story| story.parties != named_in(&case.deal));
    Ok(DealStory {
        deal: id,
        state,
        url: case.story.as_ref().filter(|story| story.published_at.is_some()).map(|story| url(&story.slug)),
        hash: case.story.as_ref().map(|story| story.hash.clone()),
        kind_name: brokering.pipeline(&case.deal)?.name(actor.lang).to_owned(),
        parties: consents(db, actor, &case).await?,
        is_outdated,
        // What was linked once may stay.
        choices: seen,
        listings,
        written_at: case.story.as_ref().map(|story| story.written_at),
        published_at: case.story.as_ref().and_then(|story| story.published_at),
        steps: steps(actor, &case, state),
        version: case.story.as_ref().map_or(0, |story| story.version),
        content,
    })
}

/// The parties whose consent is still missing.
pub(super) fn missing(story: &super::Story) -> Vec<PartyId> {
    story.parties.iter().map(|(_, party)| *party).filter(|party| story.standing(*party).is_none()).collect()
}
