//! Showing interest: by a member for their party, or by a broker for a party that called.

use base::{AccountId, Actor, Code, Faults, Grant, InterestId, ListingId, PartyId, PartyRole, Scope, Vocabularies};
use chrono::{Days, NaiveDate};
use listings::Kind;
use listings::brief::{ListingBrief, open_to};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, NewEvent, StoreError, Tx};
use utoipa::ToSchema;

use super::rows::interest;
use super::{Anonymity, Interest, InterestReceipt, Status, at_most, tell, valid};
use crate::access::{Approach, RecordInterest, ShowInterest};
use crate::{Brokering, BrokeringError};

/// Interests of one party that may wait for an answer at once: whoever asks everybody is answered by nobody.
const OPEN_MAX: u64 = 100;

/// What somebody says who shows interest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInterest {
    /// For which party.
    pub party: PartyId,
    /// What it is about, in one's own words.
    #[schema(max_length = 2000)]
    pub message: String,
    /// What it would be used for.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub intended_use: String,
    /// A code of `cooperation`.
    #[serde(default)]
    pub cooperation: Option<Code>,
    /// How much is in question, such as "2 tấn mỗi ngày".
    #[serde(default)]
    #[schema(max_length = 200)]
    pub volume: String,
    /// A code of `budget_bands`.
    #[serde(default)]
    pub budget_band: Option<Code>,
    /// Whether an agreement on confidentiality is wished for before more is told.
    #[serde(default)]
    pub wants_nda: bool,
    /// How much of the party the owner is told; `named` unless given.
    #[serde(default)]
    pub anonymity: Option<Anonymity>,
    /// What a broker adds for the owner who takes it down for a party that called.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub context: String,
}

impl NewInterest {
    /// What is wrong with it, apart from who sends it to whom.
    fn check(&self, vocabularies: &Vocabularies, today: NaiveDate) -> Faults {
        let mut faults = Faults::new();
        if self.message.is_empty() {
            faults.add("/message", "missing");
        }
        at_most(&self.message, 2_000, "/message", &mut faults);
        at_most(&self.intended_use, 1_000, "/intended_use", &mut faults);
        at_most(&self.volume, 200, "/volume", &mut faults);
        at_most(&self.context, 1_000, "/context", &mut faults);
        for (list, code, pointer) in
            [("cooperation", &self.cooperation, "/cooperation"), ("budget_bands", &self.budget_band, "/budget_band")]
        {
            if let Some(code) = code {
                vocabularies.check(list, code, today, pointer, &mut faults);
            }
        }
        faults
    }
}

/// Whether the actor can show interest in what this party lists: as an editor of some other party, or as a broker for
/// one.
#[must_use]
pub fn may_show(actor: &Actor, owner: PartyId) -> bool {
    let edits = actor.memberships.iter().any(|m| m.party != owner && actor.has_role(m.party, PartyRole::Editor));
    let approach = |seeker| Approach { seeker, owner };
    actor.has_scope(Scope::Write) && (edits || Grant::<RecordInterest>::check(actor, approach(PartyId(uuid::Uuid::nil()))).is_ok())
}

/// Shows interest in a published listing of this kind that the actor sees.
///
/// # Errors
/// [`BrokeringError::Open`] if the party's last interest in it is still open; [`BrokeringError::Invalid`] with all
/// faults; [`base::Refused`] hidden for a listing that is not there for the actor, forbidden for whoever does not write for
/// the party.
pub async fn send(
    brokering: &Brokering,
    ctx: Ctx,
    kind: Kind,
    listing: ListingId,
    new: NewInterest,
) -> Result<InterestReceipt, BrokeringError> {
    let (actor, party) = (ctx.actor.clone(), new.party);
    let work = {
        let brokering = brokering.clone();
        move |tx| send_in(tx, brokering.clone(), actor.clone(), kind, listing, new.clone())
    };
    match brokering.store.write(ctx, work).await {
        // Two requests at the same moment: the index let one through.
        Err(BrokeringError::Store(StoreError::Duplicate(which))) => match open_interest(brokering.store.db(), listing, party).await? {
            Some(interest) => Err(BrokeringError::Open { interest }),
            None => Err(StoreError::Duplicate(which).into()),
        },
        other => other,
    }
}

async fn send_in(
    tx: Tx,
    brokering: Brokering,
    actor: Actor,
    kind: Kind,
    id: ListingId,
    new: NewInterest,
) -> Result<InterestReceipt, BrokeringError> {
    let account = actor.signed_in()?;
    let listing = open_to(tx.db(), &actor, kind, id).await?;
    let approach = Approach { seeker: new.party, owner: listing.party };
    let recorded = match Grant::<ShowInterest>::check(&actor, approach) {
        Ok(_) => false,
        Err(refused) => {
            // A broker takes it down; of everybody else it is said what they lack to do it themselves.
            Grant::<RecordInterest>::check(&actor, approach).map_err(|_| refused)?;
            true
        }
    };
    let mut faults = new.check(&brokering.vocabularies, tx.today());
    if new.party == listing.party {
        faults.add("/party", "own_listing");
    }
    if recorded && !accounts::lookup::party_exists(tx.db(), new.party).await? {
        faults.add("/party", "unknown_party");
    }
    if open_of_party(tx.db(), new.party).await? >= OPEN_MAX {
        faults.add_with("/party", "too_many_open", &[("max", &OPEN_MAX.to_string())]);
    }
    if !recorded && !new.context.is_empty() {
        faults.add("/context", "for_brokers");
    }
    valid(faults)?;
    if let Some(interest) = open_interest(tx.db(), id, new.party).await? {
        return Err(BrokeringError::Open { interest });
    }
    let interest = insert(&tx, &brokering, &listing, new, account, recorded).await?;
    let facts = json!({ "listing": id, "kind": kind, "anonymity": interest.state.anonymity, "recorded": recorded });
    tx.emit(NewEvent::new("interest", interest.id, "interest.sent", facts));
    let receipt = interest.receipt();
    tell::sent(&tx, &interest, &listing, recorded.then_some(account)).await?;
    Ok(receipt)
}

async fn insert(
    tx: &Tx,
    brokering: &Brokering,
    listing: &ListingBrief,
    new: NewInterest,
    account: AccountId,
    recorded: bool,
) -> Result<Interest, BrokeringError> {
    let row = interest::Model {
        id: tx.new_id(),
        listing_id: listing.id.0,
        listing_kind: listing.kind.as_str().to_owned(),
        seeker_party_id: new.party.0,
        owner_party_id: listing.party.0,
        account_id: account.0,
        recorded,
        kept_by: recorded.then_some(account.0),
        status: Status::Sent.as_str().to_owned(),
        anonymity: new.anonymity.unwrap_or(Anonymity::Named).as_str().to_owned(),
        owner_named: !listing.hides_party,
        message: new.message,
        intended_use: new.intended_use,
        cooperation: new.cooperation.map(|c| c.0),
        volume: new.volume,
        budget_band: new.budget_band.map(|c| c.0),
        wants_nda: new.wants_nda,
        reason: None,
        relayed_by: recorded.then_some(account.0),
        context: new.context,
        sent_at: tx.now(),
        read_at: None,
        answer_due_on: due_on(tx, brokering),
        reminded_at: None,
        overdue_at: None,
        answered_at: None,
        closed_at: None,
        version: 1,
    };
    let interest = Interest::of(row.clone())?;
    interest::Entity::insert(row.into_active_model()).exec_without_returning(tx.db()).await?;
    Ok(interest)
}

/// The calendar day in Vietnam by which whoever has it now should answer.
pub(super) fn due_on(tx: &Tx, brokering: &Brokering) -> NaiveDate {
    let days = u64::try_from(brokering.settings.answer_days).unwrap_or_default();
    tx.today().checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX)
}

/// How many interests of a party are open.
async fn open_of_party(db: &impl ConnectionTrait, party: PartyId) -> Result<u64, StoreError> {
    let own = interest::Entity::find().filter(interest::Column::SeekerPartyId.eq(party.0));
    Ok(own.filter(interest::Column::Status.is_in(Status::OPEN)).count(db).await?)
}

/// The party's interest in a listing that is still open.
async fn open_interest(db: &impl ConnectionTrait, listing: ListingId, party: PartyId) -> Result<Option<InterestId>, StoreError> {
    let row = interest::Entity::find()
        .filter(interest::Column::ListingId.eq(listing.0))
        .filter(interest::Column::SeekerPartyId.eq(party.0))
        .filter(interest::Column::Status.is_in(Status::OPEN))
        .one(db)
        .await?;
    Ok(row.map(|r| InterestId(r.id)))
}
