//! A problem that staff heard of by telephone or on a visit, recorded as a need on behalf of whoever has it.
//!
//! What always holds: the party, the draft, how staff heard of it and who takes the next step are committed together;
//! whoever has the problem agreed, and it is noted who. Staff never become members of the party: what they recorded is
//! its later members' to read and to write. Not here: submitting and publishing, which go the way of every listing.

use accounts::PartyProfile;
use accounts::access::may_found;
use base::{AccountId, Actor, Faults, Lang, PartyId, Refused, StaffRole};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, NewEvent, StoreError, Tx};
use utoipa::ToSchema;

use super::keeps_the_desk;
use crate::care::{Care, may_look_after};
use crate::check::Check;
use crate::content::{Content, Need};
use crate::edit::{NewListing, Receipt, create_in};
use crate::error::{ListingError, valid};
use crate::private::{Intake, PrivateTerms};
use crate::{Kind, Listings};

/// A need as staff write it down.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRecord {
    /// Whose problem it is, if the space knows the party.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
    /// Whose it is, if the space does not know the party yet: name, type and place will do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_party: Option<PartyProfile>,
    /// An address at which somebody is invited to administer the party; only where nobody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 254)]
    pub invite: Option<String>,
    /// How staff heard of it: channel, day, contact, and who agreed. `by` is filled in where it is empty, and
    /// `consent_on` is the day of the intake where it is.
    #[serde(default)]
    pub intake: Intake,
    /// The language it is written in first.
    #[serde(default)]
    pub source_lang: Lang,
    /// What is sought, as far as it is known; a title at least.
    #[serde(default)]
    #[schema(inline)]
    pub content: Need,
    /// What happens next.
    #[serde(default)]
    pub next: NextStep,
}

/// Who of the staff does what comes next, and by when.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NextStep {
    /// A broker or moderator; whoever records it unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub responsible: Option<AccountId>,
    /// The day by which it is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_on: Option<NaiveDate>,
}

/// What was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Recorded {
    /// Whose need it is.
    pub party: PartyId,
    /// Who of the staff looks after it.
    pub responsible: AccountId,
    /// The draft.
    pub need: Receipt,
}

/// Whether the actor records needs for others: brokers and moderators.
#[must_use]
pub fn may_record(actor: &Actor) -> bool {
    may_found(actor)
}

/// Whoever of the staff may look after a need, with their names, in the order of the names. For those who keep the desk.
///
/// # Errors
/// [`Refused::Forbidden`] for others.
pub async fn keepers(listings: &Listings, actor: &Actor) -> Result<Vec<(AccountId, String)>, ListingError> {
    if !keeps_the_desk(actor) {
        return Err(Refused::Forbidden { action: "need_desk.read" }.into());
    }
    let db = listings.store.db();
    let mut ids = accounts::people::staff_with(db, StaffRole::Broker).await?;
    ids.extend(accounts::people::staff_with(db, StaffRole::Moderator).await?);
    let mut keepers: Vec<_> = accounts::people::names(db, &ids).await?.into_iter().collect();
    keepers.sort_by_key(|(_, name)| base::fold::sort_key(name));
    Ok(keepers)
}

/// Records a need for a party, and the party with it if it is new.
///
/// # Errors
/// [`Refused::Forbidden`] for everybody but brokers and moderators; [`ListingError::Invalid`] with every fault, pointers
/// into the [`NewRecord`].
pub async fn record(listings: &Listings, ctx: Ctx, new: NewRecord) -> Result<Recorded, ListingError> {
    let account = ctx.actor.signed_in()?;
    if !may_record(&ctx.actor) {
        return Err(Refused::Forbidden { action: "need.record" }.into());
    }
    // A repeat is answered as the first time, though the day it names may be over.
    if let Some(answer) = listings.store.answered(&ctx).await? {
        return Ok(answer);
    }
    let new = checked(listings, new)?;
    let mut tries = 0;
    loop {
        let (inner, new) = (listings.clone(), new.clone());
        let result = listings
            .store
            .write(ctx.clone(), move |tx| {
                let (listings, new) = (inner.clone(), new.clone());
                async move { record_in(&tx, &listings, account, new).await }
            })
            .await;
        match result {
            // Two parties of one name at the same moment: the second one looks for an address again.
            Err(ListingError::Store(StoreError::Duplicate(which))) if which.contains("slug") && tries < 3 => tries += 1,
            Err(ListingError::Store(StoreError::Duplicate(which))) if which.contains("tax_code") => {
                return Err(fault("/new_party/tax_code", "tax_code_taken"));
            }
            other => return other,
        }
    }
}

fn fault(pointer: &str, code: &'static str) -> ListingError {
    let mut faults = Faults::new();
    faults.add(pointer, code);
    ListingError::Invalid(faults)
}

/// The record with its party's profile in order, or everything that is wrong with it.
fn checked(listings: &Listings, mut new: NewRecord) -> Result<NewRecord, ListingError> {
    let today = listings.store.clock().today();
    let mut faults = Faults::new();
    if new.party.is_some() == new.new_party.is_some() {
        faults.add("/party", "party_or_new");
    }
    if let Some(profile) = new.new_party.take() {
        match profile.checked(&listings.vocabularies, today) {
            Ok(profile) => new.new_party = Some(profile),
            Err(found) => faults.extend(found.below("/new_party")),
        }
    }
    for (at, is_missing) in [
        ("/intake/channel", new.intake.channel.is_none()),
        ("/intake/heard_on", new.intake.heard_on.is_none()),
        ("/intake/consent_by", new.intake.consent_by.trim().is_empty()),
        ("/content/title", new.content.title.is_empty()),
        ("/next/due_on", new.next.due_on.is_none()),
    ] {
        if is_missing {
            faults.add(at, "missing");
        }
    }
    if new.next.due_on.is_some_and(|day| day < today) {
        faults.add("/next/due_on", "past_date");
    }
    let terms = PrivateTerms { intake: Some(new.intake.clone()), ..PrivateTerms::default() };
    faults.extend(terms.check(&listings.vocabularies, today));
    let content = Content::Need(Box::new(new.content.clone()));
    faults.extend(Check { vocabularies: &listings.vocabularies, today }.draft(&content).below("/content"));
    valid(faults)?;
    new.intake.consent_on = new.intake.consent_on.or(new.intake.heard_on);
    Ok(new)
}

async fn record_in(tx: &Tx, listings: &Listings, account: AccountId, new: NewRecord) -> Result<Recorded, ListingError> {
    let is_new = new.new_party.is_some();
    let party = match (new.party, new.new_party) {
        (_, Some(profile)) => accounts::parties::register_for_staff(tx, profile).await.map_err(|e| of_party(e, "/new_party"))?.id,
        (Some(party), None) if accounts::lookup::party_exists(tx.db(), party).await? => party,
        _ => return Err(fault("/party", "unknown_party")),
    };
    let responsible = new.next.responsible.unwrap_or(account);
    if !may_look_after(tx.db(), responsible, Kind::Need).await? {
        return Err(fault("/next/responsible", "not_a_broker"));
    }
    let mut intake = new.intake;
    if intake.by.is_empty() {
        intake.by = accounts::people::names(tx.db(), &[account]).await?.remove(&account).unwrap_or_default();
    }
    let facts = json!({ "party": party, "new_party": is_new, "channel": intake.channel });
    let listing = NewListing {
        party,
        source_lang: new.source_lang,
        content: Content::Need(Box::new(new.content)),
        private: Some(PrivateTerms { intake: Some(intake), ..PrivateTerms::default() }),
    };
    let care = Care { contact: None, responsible: Some(responsible), next_action_on: new.next.due_on };
    let need = create_in(tx, listings, Some(account), listing, &care).await?;
    tx.emit(NewEvent::new("listing", need.id, "listing.recorded", facts));
    if let Some(address) = new.invite {
        accounts::membership::invite_first_admin(tx, party, &address).await.map_err(|e| match e {
            accounts::Error::Invalid(faults) => ListingError::Invalid(renamed(faults)),
            other => of_party(other, ""),
        })?;
    }
    Ok(Recorded { party, responsible, need })
}

/// The faults of an address that was given under another name.
fn renamed(faults: Faults) -> Faults {
    let mut out = Faults::new();
    for fault in faults.iter() {
        let args: Vec<(&'static str, &str)> = fault.args.iter().map(|(k, v)| (*k, v.as_str())).collect();
        out.add_with("/invite", fault.code, &args);
    }
    out
}

/// What `accounts` refuses, as this crate says it.
fn of_party(error: accounts::Error, place: &str) -> ListingError {
    match error {
        accounts::Error::Refused(refused) => refused.into(),
        accounts::Error::Invalid(faults) => ListingError::Invalid(faults.below(place)),
        accounts::Error::Store(error) => error.into(),
        other => StoreError::corrupt("party", other).into(),
    }
}
