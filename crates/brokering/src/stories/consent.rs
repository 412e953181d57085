//! A party's consent to a story: given by a person who speaks for it, to exactly one text, and taken back at any time.

use accounts::notices::{NewNotice, NoticeKind};
use base::{AccountId, Actor, DealId, Faults, Grant, PartyId};
use sea_orm::{ActiveValue::Set, EntityTrait};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, NewEvent, Tx};
use utoipa::ToSchema;

use super::rows::{consent, story};
use super::{Ending, Story, StoryMoved, StoryState, draft, end_consents, load_to_change, save, write};
use crate::access::{ConsentToStory, StoryCase, ViewStory, Word};
use crate::deals::Deal;
use crate::{Brokering, BrokeringError};

/// A consent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConsent {
    /// The party that consents.
    pub party: PartyId,
    /// The hash of the text that was read.
    #[schema(max_length = 64)]
    pub hash: String,
}

/// A consent that is taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    /// The party.
    pub party: PartyId,
}

/// The deal with its story, for somebody who speaks for this party that the story names.
async fn for_party(tx: &Tx, actor: &Actor, id: DealId, party: PartyId) -> Result<StoryCase, BrokeringError> {
    let case = Grant::<ViewStory>::check(actor, load_to_change(tx, id).await?)?.into_object();
    if !case.written()?.parties.iter().any(|(_, named)| *named == party) {
        let mut faults = Faults::new();
        faults.add("/party", "unknown_party");
        return Err(BrokeringError::Invalid(faults));
    }
    Ok(Grant::<ConsentToStory>::check(actor, Word { case, party })?.into_object().case)
}

/// Gives a party's consent to the text with this hash. Once given, it is given: the same again changes nothing.
///
/// # Errors
/// [`BrokeringError::StoryChanged`] if the story says something else by now, or the deal has other parties;
/// [`BrokeringError::Invalid`] for a party that the story does not name; [`BrokeringError::Refused`] hidden where there is
/// no story.
pub async fn give(brokering: &Brokering, ctx: Ctx, id: DealId, new: NewConsent) -> Result<StoryMoved, BrokeringError> {
    let actor = ctx.actor.clone();
    brokering
        .store
        .write(ctx, move |tx: Tx| {
            let (actor, new) = (actor.clone(), new.clone());
            async move {
                let case = for_party(&tx, &actor, id, new.party).await?;
                let before = case.written()?;
                if before.hash != new.hash {
                    return Err(BrokeringError::StoryChanged);
                }
                case.must_name_everybody()?;
                if before.standing(new.party).is_some() {
                    return Ok(StoryMoved { id: before.id, state: before.state(), version: before.version });
                }
                let by = actor.signed_in()?;
                let row = consent::ActiveModel {
                    id: Set(tx.new_id()),
                    story_id: Set(before.id.0),
                    party_id: Set(new.party.0),
                    hash: Set(new.hash),
                    account_id: Set(by.0),
                    given_at: Set(tx.now()),
                    ending: Set(None),
                    ended_by: Set(None),
                    ended_at: Set(None),
                };
                consent::Entity::insert(row).exec_without_returning(tx.db()).await?;
                let agreed = before.is_agreed_with(new.party);
                let change = story::ActiveModel { agreed_at: Set(agreed.then(|| tx.now())), ..Default::default() };
                let version = save(&tx, before, change).await?;
                let facts = json!({ "story": before.id, "hash": before.hash, "party": new.party, "agreed": agreed });
                tx.emit(NewEvent::new("deal", id, "deal.story_consented", facts));
                let mut asked = draft::missing(before);
                asked.retain(|party| *party != new.party);
                write::ask(&tx, &case.deal, &before.hash, &asked, Some(by)).await?;
                Ok(StoryMoved { id: before.id, state: if agreed { StoryState::Agreed } else { StoryState::Draft }, version })
            }
        })
        .await
}

/// Takes a party's consent back. A story that was public is public no more.
///
/// # Errors
/// [`BrokeringError::NotAllowed`] if the party does not consent; otherwise as [`give`].
pub async fn withdraw(brokering: &Brokering, ctx: Ctx, id: DealId, from: Withdrawal) -> Result<StoryMoved, BrokeringError> {
    let actor = ctx.actor.clone();
    brokering
        .store
        .write(ctx, move |tx: Tx| {
            let (actor, party) = (actor.clone(), from.party);
            async move {
                let case = for_party(&tx, &actor, id, party).await?;
                let before = case.written()?;
                if before.standing(party).is_none() {
                    return Err(BrokeringError::NotAllowed { to: "withdrawn".to_owned(), allowed: Vec::new() });
                }
                end_consents(&tx, before.id, Some(party), Ending::Withdrawn, actor.account()).await?;
                let change =
                    story::ActiveModel { agreed_at: Set(None), published_at: Set(None), published_by: Set(None), ..Default::default() };
                let version = save(&tx, before, change).await?;
                let facts = json!({ "story": before.id, "party": party, "left_public": before.published_at.is_some() });
                tx.emit(NewEvent::new("deal", id, "deal.story_consent_withdrawn", facts));
                tell_withdrawn(&tx, &case.deal, before, version, actor.account()).await?;
                Ok(StoryMoved { id: before.id, state: StoryState::Draft, version })
            }
        })
        .await
}

/// Tells the brokers of the deal, and whoever published what was public until now.
async fn tell_withdrawn(tx: &Tx, deal: &Deal, story: &Story, version: i64, by: Option<AccountId>) -> Result<(), BrokeringError> {
    let notice = NewNotice {
        kind: NoticeKind::StoryWithdrawn,
        about_kind: "story",
        about: deal.id.0,
        facts: json!({ "story": story.id }),
        once: format!("story_withdrawn:{}:{version}", story.id),
    };
    let brokers = deal.brokers.iter().map(|broker| broker.account);
    for account in brokers.chain(story.published_by).filter(|account| Some(*account) != by) {
        accounts::notices::tell(tx, account, &notice).await?;
    }
    Ok(())
}
