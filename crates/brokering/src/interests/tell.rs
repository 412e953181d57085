//! Whom a step of an interest is told, and what is said to have happened. Notices hold ids and codes: nothing in them
//! names the seeker.

use accounts::notices::{NewNotice, NoticeKind, tell, tell_party};
use base::{AccountId, PartyRole, StaffRole};
use listings::brief::ListingBrief;
use serde_json::{Value, json};
use store::{StoreError, Tx};

use super::{Case, Interest};

/// A notice of an interest. `step` says what happened, `once` names this time of it.
fn notice(kind: NoticeKind, interest: &Interest, step: &str, once: &str) -> NewNotice {
    let facts: Value =
        json!({ "listing": interest.listing, "listing_kind": interest.kind, "step": step, "due_on": interest.answer_due_on });
    NewNotice { kind, about_kind: "interest", about: interest.id.0, facts, once: format!("{kind}:{}:{step}:{once}", interest.id) }
}

/// Who of the staff looks after the listing, as long as they work here in a part that does.
async fn keeper(tx: &Tx, listing: &ListingBrief) -> Result<Option<AccountId>, StoreError> {
    let Some(account) = listing.responsible else { return Ok(None) };
    Ok(listings::care::may_look_after(tx.db(), account, listing.kind).await?.then_some(account))
}

/// The owner's editors and who of the staff looks after the listing.
async fn owner_side(tx: &Tx, interest: &Interest, listing: &ListingBrief, new: &NewNotice) -> Result<(), StoreError> {
    tell_party(tx, interest.owner, &[PartyRole::Editor], None, new).await?;
    if let Some(account) = keeper(tx, listing).await? {
        tell(tx, account, new).await?;
    }
    Ok(())
}

/// Who sent it while they act for the seeker, and the broker who acts for a party that called; the seeker's editors where
/// nobody of them sent it, or where the space spoke for them.
async fn seeker_side(tx: &Tx, interest: &Interest, new: &NewNotice) -> Result<(), StoreError> {
    let acts = accounts::lookup::is_confirmed_member(tx.db(), interest.account, interest.seeker).await?;
    if let Some(account) = interest.kept_by.or(Some(interest.account).filter(|_| acts)) {
        tell(tx, account, new).await?;
    }
    if !acts || interest.kept_by.is_some() {
        tell_party(tx, interest.seeker, &[PartyRole::Editor], None, new).await?;
    }
    Ok(())
}

/// An interest came in; `recorded_by` the broker who took it down, if one did.
pub(super) async fn sent(tx: &Tx, interest: &Interest, listing: &ListingBrief, recorded_by: Option<AccountId>) -> Result<(), StoreError> {
    owner_side(tx, interest, listing, &notice(NoticeKind::InterestReceived, interest, "sent", "")).await?;
    if recorded_by.is_some() {
        let new = notice(NoticeKind::InterestAnswered, interest, "recorded", "");
        tell_party(tx, interest.seeker, &[PartyRole::Editor], recorded_by, &new).await?;
    }
    Ok(())
}

/// The seeker did something that the owner should know.
pub(super) async fn to_owner(tx: &Tx, case: &Case, version: i64, step: &str) -> Result<(), StoreError> {
    let new = notice(NoticeKind::InterestReceived, &case.interest, step, &version.to_string());
    owner_side(tx, &case.interest, &case.listing, &new).await
}

/// The owner, or time, did something that the seeker should know.
pub(super) async fn to_seeker(tx: &Tx, interest: &Interest, version: i64, step: &str) -> Result<(), StoreError> {
    seeker_side(tx, interest, &notice(NoticeKind::InterestAnswered, interest, step, &version.to_string())).await
}

/// It waits for an answer and its day is near: told to whoever has it.
pub(super) async fn due(tx: &Tx, case: &Case) -> Result<(), StoreError> {
    let interest = &case.interest;
    let new = notice(NoticeKind::InterestDue, interest, "remind", &interest.answer_due_on.to_string());
    if interest.state.status == super::Status::NeedsInformation {
        seeker_side(tx, interest, &new).await
    } else {
        owner_side(tx, interest, &case.listing, &new).await
    }
}

/// Its day is over: told to the broker who looks after the listing. Where nobody does, or somebody who is no broker or no
/// longer works here, all brokers are told: one of them has to take it up.
pub(super) async fn overdue(tx: &Tx, case: &Case) -> Result<(), StoreError> {
    let interest = &case.interest;
    let new = notice(NoticeKind::InterestDue, interest, "overdue", &interest.answer_due_on.to_string());
    let brokers = accounts::people::staff_with(tx.db(), StaffRole::Broker).await?;
    let keeper = keeper(tx, &case.listing).await?;
    let told = match keeper {
        Some(broker) if brokers.contains(&broker) => vec![broker],
        // A moderator looks after a need and still replies to nobody.
        _ => brokers.into_iter().chain(keeper).collect(),
    };
    for account in told {
        tell(tx, account, &new).await?;
    }
    Ok(())
}
