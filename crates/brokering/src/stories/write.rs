//! Writing a story: whoever writes for a side, a broker of the deal, an administrator. Another text makes every consent
//! void and takes the story out of public.

use accounts::notices::{NewNotice, NoticeKind, tell_party};
use base::{AccountId, DealId, Faults, Grant, ListingId, PartyId, PartyRole, Refused, StoryId};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, NewEvent, StoreError, Tx};
use utoipa::ToSchema;

use super::rows::{story, story_listing, story_party};
use super::{Ending, Story, StoryContent, can_be_told, draft, end_consents, listing_rows, load_to_change, named_in, save};
use crate::access::{StoryCase, WriteStory};
use crate::deals::{self, Deal, Role};
use crate::{Brokering, BrokeringError};

/// What is known of a story after it was written. Kept as the answer to a repeated request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StoryReceipt {
    /// The story.
    pub id: StoryId,
    /// The hash of the text, to consent to.
    pub hash: String,
    /// The parties whose consent this text made void.
    pub voided: Vec<PartyId>,
    /// Whether it was public until now.
    pub left_public: bool,
    /// Its ETag.
    pub version: i64,
}

/// Writes the story of a completed deal; at `seen` 0 where there is none yet. The same text again changes nothing.
///
/// # Errors
/// [`BrokeringError::Invalid`]; [`BrokeringError::NotAllowed`] unless the deal came to its good end;
/// [`BrokeringError::Stale`].
pub async fn write(brokering: &Brokering, ctx: Ctx, id: DealId, seen: i64, new: StoryContent) -> Result<StoryReceipt, BrokeringError> {
    let new = new.tidied();
    let faults = new.check();
    let deal = deals::load(brokering.store.db(), id).await?.ok_or(Refused::Hidden)?;
    let candidates = draft::candidates(brokering, &deal).await?;
    let actor = ctx.actor.clone();
    brokering
        .store
        .write(ctx, move |tx: Tx| {
            let (actor, new, faults, candidates) = (actor.clone(), new.clone(), faults.clone(), candidates.clone());
            async move {
                let case = load_to_change(&tx, id).await?;
                let StoryCase { deal, story } = Grant::<WriteStory>::check(&actor, case)?.into_object();
                if !can_be_told(&deal) {
                    return Err(BrokeringError::NotAllowed { to: "story".to_owned(), allowed: Vec::new() });
                }
                let current = story.as_ref().map_or(0, |s| s.version);
                if seen != current {
                    return Err(BrokeringError::Stale { current });
                }
                check_listings(&new, story.as_ref(), &candidates, faults).into_result().map_err(BrokeringError::Invalid)?;
                let parties = named_in(&deal);
                let hash = new.hash(&parties)?;
                match story {
                    Some(story) if story.hash == hash => {
                        Ok(StoryReceipt { id: story.id, hash, voided: Vec::new(), left_public: false, version: story.version })
                    }
                    Some(story) => rewrite(&tx, &deal, &story, &new, hash, &parties, actor.account()).await,
                    None => begin(&tx, &deal, &new, hash, &parties, actor.account()).await,
                }
            }
        })
        .await
}

/// A story links what the deal moved, and what it linked before.
fn check_listings(new: &StoryContent, old: Option<&Story>, candidates: &[ListingId], mut faults: Faults) -> Faults {
    for (n, listing) in new.listings.iter().enumerate() {
        if !candidates.contains(listing) && !old.is_some_and(|story| story.content.listings.contains(listing)) {
            faults.add(format!("/listings/{n}"), "unknown_listing");
        }
    }
    faults
}

/// Its address: words of the title, and figures of its id, so that two stories of one title have two.
fn slug_of(content: &StoryContent, id: StoryId) -> String {
    let title = content.title.get(base::Lang::Vi).unwrap_or_default();
    let digits = id.0.simple().to_string();
    format!("{}-{}", base::fold::slug(title, 80), digits.get(20..).unwrap_or(&digits))
}

async fn begin(
    tx: &Tx,
    deal: &Deal,
    new: &StoryContent,
    hash: String,
    parties: &[(Role, PartyId)],
    by: Option<AccountId>,
) -> Result<StoryReceipt, BrokeringError> {
    let id = StoryId(tx.new_id());
    let row = story::ActiveModel {
        id: Set(id.0),
        deal_id: Set(deal.id.0),
        slug: Set(slug_of(new, id)),
        content: Set(deals::write_json("story", new)?),
        hash: Set(hash.clone()),
        version: Set(1),
        written_by: Set(by.map(|a| a.0)),
        written_at: Set(tx.now()),
        agreed_at: Set(None),
        published_at: Set(None),
        published_by: Set(None),
        was_public: Set(false),
    };
    story::Entity::insert(row).exec_without_returning(tx.db()).await?;
    name_and_link(tx, id, parties, &new.listings).await?;
    tx.emit(NewEvent::new("deal", deal.id, "deal.story_written", json!({ "story": id, "hash": hash, "voided": [] })));
    let receipt = StoryReceipt { id, hash, voided: Vec::new(), left_public: false, version: 1 };
    let asked: Vec<PartyId> = parties.iter().map(|(_, party)| *party).collect();
    ask(tx, deal, &receipt.hash, &asked, by).await?;
    Ok(receipt)
}

async fn rewrite(
    tx: &Tx,
    deal: &Deal,
    old: &Story,
    new: &StoryContent,
    hash: String,
    parties: &[(Role, PartyId)],
    by: Option<AccountId>,
) -> Result<StoryReceipt, BrokeringError> {
    let voided: Vec<PartyId> = old.parties.iter().map(|(_, party)| *party).filter(|party| old.standing(*party).is_some()).collect();
    let left_public = old.published_at.is_some();
    end_consents(tx, old.id, None, Ending::Voided, by).await?;
    // Links that were passed on go on leading to it.
    let slug = if old.was_public { old.slug.clone() } else { slug_of(new, old.id) };
    let change = story::ActiveModel {
        slug: Set(slug),
        content: Set(deals::write_json("story", new)?),
        hash: Set(hash.clone()),
        written_by: Set(by.map(|a| a.0)),
        written_at: Set(tx.now()),
        agreed_at: Set(None),
        published_at: Set(None),
        published_by: Set(None),
        ..Default::default()
    };
    let version = save(tx, old, change).await?;
    story_party::Entity::delete_many().filter(story_party::Column::StoryId.eq(old.id.0)).exec(tx.db()).await?;
    story_listing::Entity::delete_many().filter(story_listing::Column::StoryId.eq(old.id.0)).exec(tx.db()).await?;
    name_and_link(tx, old.id, parties, &new.listings).await?;
    let facts = json!({ "story": old.id, "hash": hash, "voided": voided, "left_public": left_public });
    tx.emit(NewEvent::new("deal", deal.id, "deal.story_written", facts));
    // Whoever had consented is asked anew.
    ask(tx, deal, &hash, &voided, by).await?;
    Ok(StoryReceipt { id: old.id, hash, voided, left_public, version })
}

async fn name_and_link(tx: &Tx, id: StoryId, parties: &[(Role, PartyId)], listings: &[ListingId]) -> Result<(), StoreError> {
    for (role, party) in parties {
        let row = story_party::ActiveModel { story_id: Set(id.0), party_id: Set(party.0), role: Set(role.as_str().to_owned()) };
        story_party::Entity::insert(row).exec_without_returning(tx.db()).await?;
    }
    for row in listing_rows(id, listings) {
        story_listing::Entity::insert(row).exec_without_returning(tx.db()).await?;
    }
    Ok(())
}

/// Tells those who speak for these parties that their consent to this text is wanted, but not whoever did it.
pub(super) async fn ask(tx: &Tx, deal: &Deal, hash: &str, parties: &[PartyId], by: Option<AccountId>) -> Result<(), StoreError> {
    let notice = NewNotice {
        kind: NoticeKind::ConsentAsked,
        about_kind: "story",
        about: deal.id.0,
        facts: json!({ "code": deal.code, "hash": hash }),
        once: format!("story_consent:{}:{hash}", deal.id),
    };
    for party in parties {
        tell_party(tx, *party, &[PartyRole::Admin, PartyRole::Signatory], by, &notice).await?;
    }
    Ok(())
}
