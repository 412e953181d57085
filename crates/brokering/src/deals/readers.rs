//! The readers of a confidential document of a deal: the party that handed it in names persons of the other parties and brokers, each
//! until a day. A party on the same side is another party as well: brokers say who stands there. Without being named nobody of them
//! opens it, nor learns its name; the agreement (`agreement`) comes on top of that.
//!
//! Naming is one list that takes the place of the one before: who is on it no more reads nothing from the next request on. Every
//! grant stays as a row with who gave it and who ended it. Not here: opening a document (`openings`).

use std::collections::{BTreeMap, BTreeSet};

use accounts::notices::{NewNotice, NoticeKind, tell};
use base::fold::sort_key;
use base::{AccountId, Actor, ConfidentialFileId, DealId, Faults, PartyId, Refused};
use chrono::{DateTime, Days, NaiveDate, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, NewEvent, StoreError, Tx};
use utoipa::ToSchema;

use super::agreement::has_accepted;
use super::documents::{is_theirs, live};
use super::openings::is_own;
use super::rows::{agreement, document, reader};
use super::{Deal, Voice, in_deal, readable};
use crate::access::{WorkDeal, is_person};
use crate::{Brokering, BrokeringError};

/// Readers of one document at most.
const READERS_MAX: usize = 200;
/// Days for which somebody is named at most.
const DAYS_MAX: u64 = 5 * 366;

/// A person who is to read a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = DocumentReader)]
#[serde(deny_unknown_fields)]
pub struct Reader {
    /// The person: a member of another party of the deal, or one of its brokers.
    pub account: AccountId,
    /// The last day on which they open it.
    pub expires_on: NaiveDate,
}

/// Everybody of the others who is to read a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = DocumentReaders)]
#[serde(deny_unknown_fields)]
pub struct Readers {
    /// At most 200; whoever is not among them opens it no more.
    #[schema(inline)]
    pub readers: Vec<Reader>,
}

/// A person of the deal who may be named, and what they were given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = DocumentReaderView)]
pub struct ReaderView {
    /// The person.
    pub account: AccountId,
    /// Their name.
    pub name: String,
    /// For which side they read, or as a broker.
    pub voice: Voice,
    /// The party they act for; none for brokers.
    pub party: Option<PartyId>,
    /// The last day on which they open it; none for whoever is not named.
    pub expires_on: Option<NaiveDate>,
    /// Since when they are named.
    pub granted_at: Option<DateTime<Utc>>,
    /// When they accepted the agreement of the deal, without which nothing opens.
    pub accepted_at: Option<DateTime<Utc>>,
}

/// The persons whom a document can be opened to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReaderList {
    /// The document's name.
    pub document_name: String,
    /// By side and name.
    pub people: Vec<ReaderView>,
    /// The ETag of the list.
    pub version: i64,
}

/// What is known after readers were named. Kept as the answer to a repeated request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReadersReceipt {
    /// The document.
    pub document: ConfidentialFileId,
    /// How many read it.
    pub readers: u64,
    /// The ETag of the list of its readers.
    pub version: i64,
}

/// How a document stands to somebody in the deal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// They open it.
    Open,
    /// They would, once they accepted the agreement.
    NdaFirst,
    /// Nobody named them, or their day is over.
    NotNamed,
}

/// What of somebody decides about the documents of a deal.
pub(super) struct Known {
    accepted: bool,
    /// The last day for each document they were named for.
    until: BTreeMap<uuid::Uuid, NaiveDate>,
    today: NaiveDate,
}

impl Known {
    /// Reads it for one person; a program has nothing of it by itself.
    pub async fn of(db: &impl ConnectionTrait, deal: DealId, actor: &Actor, today: NaiveDate) -> Result<Self, StoreError> {
        let Some(account) = actor.account() else { return Ok(Self { accepted: false, until: BTreeMap::new(), today }) };
        let named = reader::Entity::find()
            .filter(reader::Column::DealId.eq(deal.0))
            .filter(reader::Column::AccountId.eq(account.0))
            .filter(reader::Column::RevokedAt.is_null());
        let until = named.all(db).await?.into_iter().map(|row| (row.document_id, row.expires_on)).collect();
        Ok(Self { accepted: has_accepted(db, deal, account).await?, until, today })
    }

    /// How a document stands to them. Those of the party that handed it in need neither grant nor agreement; everybody else needs both,
    /// on whichever side they stand.
    pub fn standing(&self, deal: &Deal, actor: &Actor, row: &document::Model) -> Standing {
        if !row.confidential || is_own(deal, actor, row) {
            return Standing::Open;
        }
        if self.until.get(&row.id).is_none_or(|day| self.today > *day) {
            return Standing::NotNamed;
        }
        if self.accepted { Standing::Open } else { Standing::NdaFirst }
    }
}

/// The confidential document whose readers somebody names, in person: they write for its party.
async fn to_name(db: &impl ConnectionTrait, deal: &Deal, actor: &Actor, id: ConfidentialFileId) -> Result<document::Model, BrokeringError> {
    let row = live(db, deal.id, id).await?;
    if !row.confidential {
        return Err(Refused::Hidden.into());
    }
    // Whoever writes for its party is of it, and so opens it.
    if !is_person(actor) || !is_theirs(deal, actor, &row) {
        return Err(Refused::Forbidden { action: "deal.name_readers" }.into());
    }
    Ok(row)
}

/// Everybody whom a document can be opened to: the people of every other party, and the brokers.
async fn people(
    db: &impl ConnectionTrait,
    deal: &Deal,
    row: &document::Model,
) -> Result<BTreeMap<AccountId, (Voice, Option<PartyId>)>, StoreError> {
    let (mut own, mut others) = (BTreeSet::new(), BTreeMap::new());
    for (side, party) in deal.parties_of_sides() {
        for account in accounts::merging::members(db, party).await? {
            if Some(party.0) == row.party_id {
                own.insert(account);
            } else {
                others.entry(account).or_insert((Voice::from(side), Some(party)));
            }
        }
    }
    for broker in &deal.brokers {
        if row.party_id.is_none() {
            own.insert(broker.account);
        } else {
            others.entry(broker.account).or_insert((Voice::Broker, None));
        }
    }
    others.retain(|account, _| !own.contains(account));
    Ok(others)
}

async fn standing_rows(db: &impl ConnectionTrait, id: ConfidentialFileId) -> Result<BTreeMap<AccountId, reader::Model>, StoreError> {
    let rows = reader::Entity::find().filter(reader::Column::DocumentId.eq(id.0)).filter(reader::Column::RevokedAt.is_null());
    Ok(rows.all(db).await?.into_iter().map(|row| (AccountId(row.account_id), row)).collect())
}

/// The people of a deal whom a confidential document can be opened to, with what each was given; for whoever names them.
///
/// # Errors
/// [`BrokeringError::Refused`] for everybody else and for programs, and hidden for a document that is not there or not confidential.
pub async fn readers(brokering: &Brokering, actor: &Actor, deal: DealId, id: ConfidentialFileId) -> Result<ReaderList, BrokeringError> {
    let db = brokering.store.db();
    let deal = readable::<WorkDeal>(brokering, actor, deal).await?;
    let row = to_name(db, &deal, actor, id).await?;
    let named = standing_rows(db, id).await?;
    let accepted = agreement::Entity::find().filter(agreement::Column::DealId.eq(deal.id.0)).all(db).await?;
    let accepted: BTreeMap<AccountId, DateTime<Utc>> =
        accepted.into_iter().map(|row| (AccountId(row.account_id), row.accepted_at)).collect();
    let people = people(db, &deal, &row).await?;
    let names = accounts::people::names(db, &people.keys().copied().collect::<Vec<_>>()).await?;
    let view = |(account, (voice, party)): (AccountId, (Voice, Option<PartyId>))| ReaderView {
        account,
        name: names.get(&account).cloned().unwrap_or_default(),
        voice,
        party,
        expires_on: named.get(&account).map(|row| row.expires_on),
        granted_at: named.get(&account).map(|row| row.granted_at),
        accepted_at: accepted.get(&account).copied(),
    };
    let mut people: Vec<ReaderView> = people.into_iter().map(view).collect();
    people.sort_by_cached_key(|one| (one.voice, one.party, sort_key(&one.name), one.account));
    let document_name = super::documents::meta(brokering, &row)?.name;
    Ok(ReaderList { document_name, people, version: row.readers_version })
}

/// What is wrong with a list of readers. Whoever stays as they were is not judged again.
fn check(
    new: &[Reader],
    named: &BTreeMap<AccountId, reader::Model>,
    people: &BTreeMap<AccountId, (Voice, Option<PartyId>)>,
    today: NaiveDate,
) -> Result<(), BrokeringError> {
    let mut faults = Faults::new();
    if new.len() > READERS_MAX {
        faults.add_with("/readers", "too_many", &[("max", &READERS_MAX.to_string()), ("count", &new.len().to_string())]);
    }
    let mut seen = BTreeSet::new();
    for (n, one) in new.iter().enumerate().take(READERS_MAX) {
        if !people.contains_key(&one.account) {
            faults.add(format!("/readers/{n}/account"), "deal_reader_unknown");
        } else if !seen.insert(one.account) {
            faults.add(format!("/readers/{n}/account"), "deal_reader_twice");
        }
        if named.get(&one.account).is_some_and(|row| row.expires_on == one.expires_on) {
            continue;
        }
        if one.expires_on < today {
            faults.add(format!("/readers/{n}/expires_on"), "past_date");
        } else if today.checked_add_days(Days::new(DAYS_MAX)).is_some_and(|last| one.expires_on > last) {
            faults.add(format!("/readers/{n}/expires_on"), "disclosure_too_long");
        }
    }
    faults.into_result().map_err(BrokeringError::Invalid)
}

/// Names the readers of a confidential document, each until a day: the whole list. Who is new on it is told.
///
/// # Errors
/// [`BrokeringError::Invalid`] for a person who is none of the others in the deal, and for a day that is over or too far off;
/// [`BrokeringError::Stale`]; [`BrokeringError::Refused`] for whoever does not write for the party that handed it in and for programs,
/// and hidden for a document that is not there or not confidential.
pub async fn name_readers(
    brokering: &Brokering,
    ctx: Ctx,
    deal_id: DealId,
    id: ConfidentialFileId,
    seen: i64,
    new: Readers,
) -> Result<ReadersReceipt, BrokeringError> {
    in_deal(brokering, ctx, deal_id, None, move |tx, deal, actor| {
        let new = new.clone();
        async move {
            let row = to_name(tx.db(), &deal, &actor, id).await?;
            if row.readers_version != seen {
                return Err(BrokeringError::Stale { current: row.readers_version });
            }
            let named = standing_rows(tx.db(), id).await?;
            check(&new.readers, &named, &people(tx.db(), &deal, &row).await?, tx.today())?;
            let by = actor.signed_in()?;
            replace(&tx, &deal, id, by, &named, &new.readers).await?;
            let version = seen + 1;
            let change = document::ActiveModel { readers_version: Set(version), ..Default::default() };
            document::Entity::update_many().set(change).filter(document::Column::Id.eq(id.0)).exec(tx.db()).await?;
            let facts = json!({ "document": id, "readers": new.readers });
            tx.emit(NewEvent::new("deal", deal_id, "deal.document_readers_set", facts));
            Ok(ReadersReceipt { document: id, readers: new.readers.len() as u64, version })
        }
    })
    .await
}

/// Ends what is on the list no more or has another day, and gives what is new.
async fn replace(
    tx: &Tx,
    deal: &Deal,
    id: ConfidentialFileId,
    by: AccountId,
    named: &BTreeMap<AccountId, reader::Model>,
    new: &[Reader],
) -> Result<(), BrokeringError> {
    let stays = |row: &reader::Model| new.iter().any(|one| one.account.0 == row.account_id && one.expires_on == row.expires_on);
    let over: Vec<uuid::Uuid> = named.values().filter(|row| !stays(row)).map(|row| row.id).collect();
    let end = reader::ActiveModel { revoked_by: Set(Some(by.0)), revoked_at: Set(Some(tx.now())), ..Default::default() };
    reader::Entity::update_many().set(end).filter(reader::Column::Id.is_in(over)).exec(tx.db()).await?;
    for one in new {
        let before = named.get(&one.account);
        if before.is_some_and(&stays) {
            continue;
        }
        let grant = tx.new_id();
        let row = reader::ActiveModel {
            id: Set(grant),
            deal_id: Set(deal.id.0),
            document_id: Set(id.0),
            account_id: Set(one.account.0),
            granted_by: Set(by.0),
            granted_at: Set(tx.now()),
            expires_on: Set(one.expires_on),
            revoked_by: Set(None),
            revoked_at: Set(None),
        };
        reader::Entity::insert(row).exec_without_returning(tx.db()).await?;
        // Another day for whoever reads it anyway is no news.
        if before.is_none_or(|row| row.expires_on < tx.today()) {
            let needs_nda = !has_accepted(tx.db(), deal.id, one.account).await?;
            let notice = NewNotice {
                kind: NoticeKind::DisclosureGranted,
                about_kind: "deal",
                about: deal.id.0,
                facts: json!({ "code": deal.code, "document": id, "needs_nda": needs_nda }),
                once: format!("deal_reader:{grant}"),
            };
            tell(tx, one.account, &notice).await?;
        }
    }
    Ok(())
}
