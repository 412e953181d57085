//! Disclosures: what is confided of a listing, opened to one named person for a purpose and until a day.
//!
//! Granted by whoever speaks for the owner; open once the person has accepted the agreement; closed by the day, by the
//! owner, or when the person is no longer a member of the party it was opened to. Closing counts from the next request.
//! Not here: what was opened (`openings`) and who looked (`ledger`).

use std::collections::BTreeMap;

use accounts::notices::{NewNotice, NoticeKind, tell, tell_party};
use base::{AccountId, Actor, Cursor, DisclosureId, Faults, Grant, Lang, Limit, ListingId, Localised, Page, PartyId, PartyRole, Refused};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::throttle::Allowance;
use store::{Ctx, NewEvent, StoreError, Tx};
use utoipa::ToSchema;

use super::nda::Nda;
use super::rows::{disclosure, nda_text};
use super::{part, part_to_change};
use crate::Brokering;
use crate::access::{AcceptNda, Disclosed, GrantDisclosure, ListDisclosures, RevokeDisclosure, ViewDisclosure};
use crate::error::BrokeringError;

/// Characters of a purpose at most.
pub const PURPOSE_MAX: usize = 500;
/// Days for which something is opened at most.
const DAYS_MAX: u64 = 5 * 366;
/// Addresses of nobody that one account may name in an hour, so that nobody tries out who is a member where.
const MISSES: Allowance = Allowance { attempts: 60, window: TimeDelta::hours(1) };

base::words! {
    /// How far a disclosure has come.
    DisclosureState {
        /// The person has not accepted the agreement yet.
        Granted = "granted",
        /// The person may open what was confided.
        Accepted = "accepted",
        /// The owner closed it.
        Revoked = "revoked",
        /// Its day is over.
        Expired = "expired",
    }
}

/// To whom something is to be opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDisclosure {
    /// The party the person acts for.
    pub party: PartyId,
    /// The person's address; they must be a confirmed member of the party.
    #[schema(max_length = 254)]
    pub email: String,
    /// What for; at most 500 characters. The person reads it.
    #[schema(max_length = 500)]
    pub purpose: String,
    /// The last day on which it may be opened.
    pub expires_on: NaiveDate,
}

/// The agreement as it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// The hash of the text that was read.
    pub nda_hash: String,
}

/// What is known of a disclosure after it was changed. Kept as the answer to a repeated request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DisclosureReceipt {
    /// The disclosure.
    pub id: DisclosureId,
    /// How far it has come.
    pub state: DisclosureState,
}

/// The agreement of a disclosure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NdaView {
    /// The version of the text.
    pub version: String,
    /// Its hash: to be sent with the acceptance.
    pub hash: String,
    /// The text in the reader's language, Markdown.
    pub text: String,
}

/// A disclosure as its two sides see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DisclosureView {
    /// The disclosure.
    pub id: DisclosureId,
    /// The listing.
    pub listing: ListingId,
    /// The listing's readable code.
    pub listing_code: String,
    /// The listing's title in the reader's language, as it was last approved.
    pub listing_title: Option<String>,
    /// The language of that title.
    pub listing_title_lang: Option<Lang>,
    /// The listing's page.
    pub listing_url: String,
    /// Whose it is; none for the others where the listing does not name its party.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<PartyId>,
    /// What the owner is called, alike.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_names: Option<Localised>,
    /// The party of the person it is opened to.
    pub party: PartyId,
    /// What that party is called.
    pub party_names: Localised,
    /// The person.
    pub account: AccountId,
    /// The person's name.
    pub name: String,
    /// What for.
    pub purpose: String,
    /// How far it has come.
    pub state: DisclosureState,
    /// When it was granted.
    pub granted_at: DateTime<Utc>,
    /// The last day.
    pub expires_on: NaiveDate,
    /// When the agreement was accepted.
    pub accepted_at: Option<DateTime<Utc>>,
    /// The hash of the text that was accepted.
    pub nda_hash: Option<String>,
    /// When the owner closed it.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// One disclosure with its agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DisclosureDetail {
    /// The disclosure.
    #[serde(flatten)]
    pub disclosure: DisclosureView,
    /// The agreement that was accepted, else the one in force.
    pub nda: NdaView,
}

/// The state of a row on a day.
fn state_of(row: &disclosure::Model, today: NaiveDate) -> Result<DisclosureState, StoreError> {
    let kept: DisclosureState = row.state.parse().map_err(|e| StoreError::corrupt("disclosure", e))?;
    let is_over = kept != DisclosureState::Revoked && today > row.expires_on;
    Ok(if is_over { DisclosureState::Expired } else { kept })
}

/// A disclosure, and what decides about it.
pub(super) async fn load(
    db: &impl ConnectionTrait,
    id: DisclosureId,
    today: NaiveDate,
) -> Result<(disclosure::Model, Disclosed), BrokeringError> {
    let row = disclosure::Entity::find_by_id(id.0).one(db).await?.ok_or(Refused::Hidden)?;
    decided_by(db, row, today).await
}

/// The same to change it: on PostgreSQL its row is locked until the commit.
pub(super) async fn load_to_change(tx: &Tx, id: DisclosureId) -> Result<(disclosure::Model, Disclosed), BrokeringError> {
    let mut query = disclosure::Entity::find_by_id(id.0);
    if tx.needs_row_locks() {
        query = query.lock_exclusive();
    }
    let row = query.one(tx.db()).await?.ok_or(Refused::Hidden)?;
    decided_by(tx.db(), row, tx.today()).await
}

async fn decided_by(
    db: &impl ConnectionTrait,
    row: disclosure::Model,
    today: NaiveDate,
) -> Result<(disclosure::Model, Disclosed), BrokeringError> {
    let head = listings::lookup::head(db, ListingId(row.listing_id)).await?.ok_or(Refused::Hidden)?;
    let disclosed =
        Disclosed { owner: head.party, party: PartyId(row.party_id), reader: AccountId(row.account_id), state: state_of(&row, today)? };
    Ok((row, disclosed))
}

fn check(new: &NewDisclosure, today: NaiveDate) -> Result<(), BrokeringError> {
    let mut faults = Faults::new();
    let length = new.purpose.chars().count();
    if new.purpose.trim().is_empty() {
        faults.add("/purpose", "missing");
    } else if length > PURPOSE_MAX {
        faults.add_with("/purpose", "too_long", &[("max", &PURPOSE_MAX.to_string()), ("length", &length.to_string())]);
    }
    if new.expires_on < today {
        faults.add("/expires_on", "past_date");
    } else if today.checked_add_days(Days::new(DAYS_MAX)).is_some_and(|last| new.expires_on > last) {
        faults.add("/expires_on", "disclosure_too_long");
    }
    faults.into_result().map_err(BrokeringError::Invalid)
}

/// Opens what is confided of a listing to a person, who is told.
///
/// # Errors
/// [`BrokeringError::Invalid`] for a day that is over or a person who is no confirmed member of the party, or has it
/// open already; [`BrokeringError::Refused`] for whoever does not speak for the owner.
pub async fn grant(brokering: &Brokering, ctx: Ctx, listing: ListingId, new: NewDisclosure) -> Result<DisclosureReceipt, BrokeringError> {
    part::<GrantDisclosure>(brokering.store.db(), &ctx.actor, listing).await?;
    // A repeat is answered as the first time, though the day it names may be over.
    if let Some(answer) = brokering.store.answered(&ctx).await? {
        return Ok(answer);
    }
    check(&new, brokering.store.clock().today())?;
    let actor = ctx.actor.clone();
    let granter = actor.signed_in()?;
    let done = brokering
        .store
        .write(ctx, move |tx| {
            let (actor, new) = (actor.clone(), new.clone());
            async move { grant_in(&tx, &actor, granter, listing, new).await }
        })
        .await;
    let is_miss = matches!(&done, Err(BrokeringError::Invalid(faults)) if faults.iter().any(|fault| fault.code == "not_a_member"));
    if is_miss && let Some(wait) = brokering.store.attempt_of(format!("disclosure:{granter}"), MISSES).await? {
        let retry_after = wait.to_std().unwrap_or_default().max(std::time::Duration::from_secs(1));
        return Err(accounts::Error::Throttled { retry_after }.into());
    }
    done
}

async fn grant_in(
    tx: &Tx,
    actor: &Actor,
    granter: AccountId,
    listing: ListingId,
    new: NewDisclosure,
) -> Result<DisclosureReceipt, BrokeringError> {
    // The listing's row is locked, so that two grants to one person do not pass each other.
    let owner = part_to_change::<GrantDisclosure>(tx, actor, listing).await?.object().0.party;
    let mut faults = Faults::new();
    let reader = accounts::lookup::member_by_email(tx.db(), &new.email, new.party).await?;
    match reader {
        None => faults.add("/email", "not_a_member"),
        Some(reader) => {
            let open = disclosure::Entity::find()
                .filter(disclosure::Column::ListingId.eq(listing.0))
                .filter(disclosure::Column::AccountId.eq(reader.0))
                .filter(disclosure::Column::State.ne(DisclosureState::Revoked.as_str()))
                .filter(disclosure::Column::ExpiresOn.gte(tx.today()));
            if open.count(tx.db()).await? > 0 {
                faults.add("/email", "already_disclosed");
            }
        }
    }
    let Some(reader) = reader.filter(|_| faults.is_empty()) else { return Err(BrokeringError::Invalid(faults)) };
    let id = DisclosureId(tx.new_id());
    let row = disclosure::ActiveModel {
        id: Set(id.0),
        listing_id: Set(listing.0),
        party_id: Set(new.party.0),
        account_id: Set(reader.0),
        granted_by: Set(granter.0),
        granted_at: Set(tx.now()),
        purpose: Set(new.purpose.trim().to_owned()),
        expires_on: Set(new.expires_on),
        state: Set(DisclosureState::Granted.as_str().to_owned()),
        nda_hash: Set(None),
        nda_lang: Set(None),
        accepted_at: Set(None),
        accepted_from: Set(None),
        revoked_by: Set(None),
        revoked_at: Set(None),
    };
    disclosure::Entity::insert(row).exec_without_returning(tx.db()).await?;
    let facts = json!({ "listing": listing, "party": new.party, "account": reader, "expires_on": new.expires_on });
    tx.emit(NewEvent::new("disclosure", id, "disclosure.granted", facts));
    let notice = NewNotice {
        kind: NoticeKind::DisclosureGranted,
        about_kind: "disclosure",
        about: id.0,
        facts: json!({ "listing": listing, "owner": owner }),
        once: format!("disclosure_granted:{id}"),
    };
    tell(tx, reader, &notice).await?;
    Ok(DisclosureReceipt { id, state: DisclosureState::Granted })
}

/// The disclosures of a listing, the newest first, for its owner's people.
///
/// # Errors
/// [`BrokeringError::Refused`] for everybody else; [`BrokeringError::Cursor`] for a cursor of another list.
pub async fn of_listing(
    brokering: &Brokering,
    actor: &Actor,
    listing: ListingId,
    limit: Limit,
    cursor: Option<&str>,
) -> Result<Page<DisclosureView>, BrokeringError> {
    part::<ListDisclosures>(brokering.store.db(), actor, listing).await?;
    list(brokering, actor, Condition::all().add(disclosure::Column::ListingId.eq(listing.0)), limit, cursor).await
}

/// What was opened to whoever asks, the newest first; what was opened for a party they have left is not there.
///
/// # Errors
/// [`BrokeringError::Refused`] for nobody; [`BrokeringError::Cursor`] for a cursor of another list.
pub async fn mine(
    brokering: &Brokering,
    actor: &Actor,
    limit: Limit,
    cursor: Option<&str>,
) -> Result<Page<DisclosureView>, BrokeringError> {
    let account = actor.signed_in()?;
    let parties = actor.memberships.iter().map(|m| m.party.0);
    let own = Condition::all().add(disclosure::Column::AccountId.eq(account.0)).add(disclosure::Column::PartyId.is_in(parties));
    list(brokering, actor, own, limit, cursor).await
}

async fn list(
    brokering: &Brokering,
    actor: &Actor,
    which: Condition,
    limit: Limit,
    cursor: Option<&str>,
) -> Result<Page<DisclosureView>, BrokeringError> {
    let db = brokering.store.db();
    let after: Option<(DateTime<Utc>, DisclosureId)> = cursor.map(Cursor::read).transpose().map_err(|_| BrokeringError::Cursor)?;
    let total = disclosure::Entity::find().filter(which.clone()).count(db).await?;
    let mut query = disclosure::Entity::find().filter(which);
    if let Some((at, id)) = after {
        let order = disclosure::Column::GrantedAt;
        query =
            query.filter(Condition::any().add(order.lt(at)).add(Condition::all().add(order.eq(at)).add(disclosure::Column::Id.lt(id.0))));
    }
    let mut rows =
        query.order_by_desc(disclosure::Column::GrantedAt).order_by_desc(disclosure::Column::Id).limit(limit.get() + 1).all(db).await?;
    let more = rows.len() as u64 > limit.get();
    rows.truncate(usize::try_from(limit.get()).unwrap_or(usize::MAX));
    let next = rows.last().filter(|_| more).map(|row| Cursor::write(&(row.granted_at, row.id)));
    Ok(Page { items: views(brokering, db, actor, rows).await?, next, total })
}

pub(super) async fn views(
    brokering: &Brokering,
    db: &impl ConnectionTrait,
    actor: &Actor,
    rows: Vec<disclosure::Model>,
) -> Result<Vec<DisclosureView>, BrokeringError> {
    let (today, lang) = (brokering.store.clock().today(), actor.lang);
    let listings: Vec<ListingId> = rows.iter().map(|row| ListingId(row.listing_id)).collect();
    let listings: BTreeMap<ListingId, _> = listings::lookup::named(db, &listings).await?.into_iter().map(|l| (l.id, l)).collect();
    let parties: Vec<PartyId> = rows.iter().map(|row| PartyId(row.party_id)).chain(listings.values().map(|l| l.party)).collect();
    let parties: BTreeMap<PartyId, Localised> =
        accounts::parties::load_many(db, &parties).await?.into_iter().map(|p| (p.id, p.names)).collect();
    let people: Vec<AccountId> = rows.iter().map(|row| AccountId(row.account_id)).collect();
    let people = accounts::people::names(db, &people).await?;
    let views = rows.into_iter().filter_map(|row| {
        let listing = listings.get(&ListingId(row.listing_id))?;
        let (party, account) = (PartyId(row.party_id), AccountId(row.account_id));
        let state = match state_of(&row, today) {
            Ok(state) => state,
            Err(error) => return Some(Err(error.into())),
        };
        let is_named = !listing.hides_party || actor.is_member(listing.party);
        let owner = is_named.then(|| (listing.party, parties.get(&listing.party).cloned().unwrap_or_default()));
        Some(Ok(DisclosureView {
            id: DisclosureId(row.id),
            listing: listing.id,
            listing_code: listing.code.clone(),
            listing_title_lang: listing.title.as_ref().map(|t| t.spoken(lang)),
            listing_title: listing.title.as_ref().and_then(|t| t.best(lang)).map(str::to_owned),
            listing_url: listing.url.clone(),
            owner: owner.as_ref().map(|(id, _)| *id),
            owner_names: owner.map(|(_, names)| names),
            party,
            party_names: parties.get(&party).cloned().unwrap_or_default(),
            account,
            name: people.get(&account).cloned().unwrap_or_default(),
            purpose: row.purpose,
            state,
            granted_at: row.granted_at,
            expires_on: row.expires_on,
            accepted_at: row.accepted_at,
            nda_hash: row.nda_hash,
            revoked_at: row.revoked_at,
        }))
    });
    views.collect()
}

/// One disclosure with its agreement, for both sides.
///
/// # Errors
/// [`BrokeringError::Refused`] for everybody else.
pub async fn get(brokering: &Brokering, actor: &Actor, id: DisclosureId) -> Result<DisclosureDetail, BrokeringError> {
    let db = brokering.store.db();
    let (row, disclosed) = load(db, id, brokering.store.clock().today()).await?;
    Grant::<ViewDisclosure>::check(actor, disclosed)?;
    let nda = match &row.nda_hash {
        None => view_of(brokering.vault.nda(), actor.lang),
        Some(hash) => kept_text(db, hash, actor.lang).await?,
    };
    let disclosure = views(brokering, db, actor, vec![row]).await?.pop().ok_or(Refused::Hidden)?;
    Ok(DisclosureDetail { disclosure, nda })
}

/// A text that was accepted, as it is kept.
pub(crate) async fn kept_text(db: &impl ConnectionTrait, hash: &str, lang: Lang) -> Result<NdaView, StoreError> {
    let kept = nda_text::Entity::find_by_id(hash.to_owned()).one(db).await?;
    let kept = kept.ok_or_else(|| StoreError::corrupt("agreement", std::io::Error::other("it is missing")))?;
    Ok(view_of(&Nda { version: kept.version, hash: kept.hash, vi: kept.vi, en: kept.en }, lang))
}

pub(crate) fn view_of(nda: &Nda, lang: Lang) -> NdaView {
    NdaView { version: nda.version.clone(), hash: nda.hash.clone(), text: nda.text(lang).to_owned() }
}

/// What came of a step that a disclosure does not have.
fn no_step(to: &str) -> BrokeringError {
    BrokeringError::NotAllowed { to: to.to_owned(), allowed: Vec::new() }
}

/// Accepts the agreement: by the named person, for the text they read, noted with moment and network address.
///
/// # Errors
/// [`BrokeringError::NdaChanged`] if another text is in force by now; [`BrokeringError::NotAllowed`] if it was accepted
/// before, or is closed.
pub async fn accept(
    brokering: &Brokering,
    ctx: Ctx,
    address: String,
    id: DisclosureId,
    acceptance: Acceptance,
) -> Result<DisclosureReceipt, BrokeringError> {
    let (nda, actor) = (brokering.vault.nda.clone(), ctx.actor.clone());
    brokering
        .store
        .write(ctx, move |tx| {
            let (nda, actor, address, acceptance) = (nda.clone(), actor.clone(), address.clone(), acceptance.clone());
            async move {
                let (row, disclosed) = load_to_change(&tx, id).await?;
                let grant = Grant::<AcceptNda>::check(&actor, disclosed)?;
                if grant.object().state != DisclosureState::Granted {
                    return Err(no_step("accept"));
                }
                if acceptance.nda_hash != nda.hash {
                    return Err(BrokeringError::NdaChanged);
                }
                keep(&tx, &nda).await?;
                let change = disclosure::ActiveModel {
                    state: Set(DisclosureState::Accepted.as_str().to_owned()),
                    nda_hash: Set(Some(nda.hash.clone())),
                    nda_lang: Set(Some(actor.lang.code().to_owned())),
                    accepted_at: Set(Some(tx.now())),
                    accepted_from: Set(Some(address)),
                    ..Default::default()
                };
                disclosure::Entity::update_many().set(change).filter(disclosure::Column::Id.eq(id.0)).exec(tx.db()).await?;
                let facts = json!({ "listing": row.listing_id, "nda_version": nda.version, "nda_hash": nda.hash });
                tx.emit(NewEvent::new("disclosure", id, "disclosure.accepted", facts));
                tell_owner(&tx, grant.object(), &row, "accepted", format!("disclosure_used:{id}:accepted")).await?;
                Ok(DisclosureReceipt { id, state: DisclosureState::Accepted })
            }
        })
        .await
}

/// Keeps the text word for word, once.
pub(crate) async fn keep(tx: &Tx, nda: &Nda) -> Result<(), StoreError> {
    let row = nda_text::ActiveModel {
        hash: Set(nda.hash.clone()),
        version: Set(nda.version.clone()),
        vi: Set(nda.vi.clone()),
        en: Set(nda.en.clone()),
        first_used_at: Set(tx.now()),
    };
    nda_text::Entity::insert(row)
        .on_conflict(OnConflict::column(nda_text::Column::Hash).do_nothing().to_owned())
        .exec_without_returning(tx.db())
        .await?;
    Ok(())
}

/// Tells those who write and sign for the owner what the reader did.
pub(super) async fn tell_owner(
    tx: &Tx,
    disclosed: &Disclosed,
    row: &disclosure::Model,
    what: &str,
    once: String,
) -> Result<(), StoreError> {
    let notice = NewNotice {
        kind: NoticeKind::DisclosureUsed,
        about_kind: "disclosure",
        about: row.id,
        facts: json!({ "listing": row.listing_id, "what": what, "account": row.account_id, "party": row.party_id }),
        once,
    };
    tell_party(tx, disclosed.owner, &[PartyRole::Editor, PartyRole::Signatory], Some(disclosed.reader), &notice).await
}

/// Closes what was opened: from the next request on nothing of it can be opened.
///
/// # Errors
/// [`BrokeringError::NotAllowed`] if it is closed already; [`BrokeringError::Refused`] for whoever does not speak for the
/// owner.
pub async fn revoke(brokering: &Brokering, ctx: Ctx, id: DisclosureId) -> Result<DisclosureReceipt, BrokeringError> {
    let actor = ctx.actor.clone();
    brokering
        .store
        .write(ctx, move |tx| {
            let actor = actor.clone();
            async move {
                let (row, disclosed) = load_to_change(&tx, id).await?;
                Grant::<RevokeDisclosure>::check(&actor, disclosed)?;
                if row.revoked_at.is_some() {
                    return Err(no_step("revoke"));
                }
                let change = disclosure::ActiveModel {
                    state: Set(DisclosureState::Revoked.as_str().to_owned()),
                    revoked_by: Set(actor.account().map(|a| a.0)),
                    revoked_at: Set(Some(tx.now())),
                    ..Default::default()
                };
                disclosure::Entity::update_many().set(change).filter(disclosure::Column::Id.eq(id.0)).exec(tx.db()).await?;
                tx.emit(NewEvent::new("disclosure", id, "disclosure.revoked", json!({ "listing": row.listing_id })));
                Ok(DisclosureReceipt { id, state: DisclosureState::Revoked })
            }
        })
        .await
}
