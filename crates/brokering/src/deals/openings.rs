//! Opening documents of a deal, and the ledger of it: who of another party than handed a document in opened it, and when.
//!
//! The right is checked and the opening entered in one write; only after its commit anything is read, and an opening that
//! cannot be entered is none. The party that handed a document in reads who of the others opened it; nobody changes that.
//! What another party marked as confidential is opened to whom that party named (`readers`) and who accepted the agreement of the deal
//! (`agreement`), and to nobody else. A PDF leaves with the mark of whoever gets it. Not here: handing in and taking back (`documents`).

use std::collections::{BTreeMap, BTreeSet};

use base::{AccountId, Actor, ConfidentialFileId, Cursor, DealId, Limit, Page, PartyId};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::Query;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use serde_json::json;
use store::{Ctx, NewEvent, StoreError, Tx};
use utoipa::ToSchema;
use uuid::Uuid;

use super::documents::{live, meta, read_kind};
use super::readers::{Known, Standing};
use super::rows::{document, opening};
use super::{Deal, Voice, after, granted, readable};
use crate::access::{OpenDocument, ReadOpenings};
use crate::confidential::files::SealedMeta;
use crate::confidential::openings::{OpenedFile, hand_out};
use crate::confidential::seal::FileKey;
use crate::{Brokering, BrokeringError};

/// One opening of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OpeningView {
    /// Its id.
    pub id: Uuid,
    /// The document.
    pub document: ConfidentialFileId,
    /// The document's name, also of one that was taken back; none of what the reader may not open yet.
    pub document_name: Option<String>,
    /// Who opened it.
    pub account: AccountId,
    /// Their name.
    pub name: String,
    /// For which side they read, or as a broker.
    pub voice: Voice,
    /// From which network address.
    pub address: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// For which side somebody reads, whether they write for it or not.
pub(super) fn reads_as(deal: &Deal, actor: &Actor) -> Voice {
    let side = deal.parties_of_sides().filter(|(_, party)| actor.is_member(*party)).map(|(side, _)| side).min();
    side.map_or(Voice::Broker, Voice::from)
}

/// Whether somebody is of those who handed it in: of that party, or a broker of the deal where a broker did.
pub(super) fn is_own(deal: &Deal, actor: &Actor, row: &document::Model) -> bool {
    row.party_id.map_or_else(|| deal.is_brokered_by(actor), |party| actor.is_member(PartyId(party)))
}

/// Opens a document, to the persons in the deal. Whoever is of another party than handed it in is entered in the ledger first,
/// with their network address.
///
/// # Errors
/// [`BrokeringError::Refused`] for everybody else and for programs, and hidden for one that is not there;
/// [`BrokeringError::NotAReader`] for one that another party marked as confidential and did not name them for, or whose day is over;
/// [`BrokeringError::NdaFirst`] before the agreement is accepted.
pub async fn open_document(
    brokering: &Brokering,
    actor: &Actor,
    address: &str,
    deal: DealId,
    id: ConfidentialFileId,
) -> Result<OpenedFile, BrokeringError> {
    let held = readable::<OpenDocument>(brokering, actor, deal).await?;
    let row = live(brokering.store.db(), deal, id).await?;
    if !is_own(&held, actor, &row) {
        enter(brokering, actor, address, deal, id).await?;
    }
    let SealedMeta { name, key, .. } = meta(brokering, &row)?;
    let key = FileKey::from_hex(&key).ok_or(BrokeringError::Sealed)?;
    hand_out(brokering, actor, id, key, name, read_kind(&row)?).await
}

/// Enters an opening. Whoever opens it twice is entered twice: no key makes two openings one.
async fn enter(brokering: &Brokering, actor: &Actor, address: &str, deal_id: DealId, id: ConfidentialFileId) -> Result<(), BrokeringError> {
    let reader = actor.signed_in()?;
    let (actor, address) = (actor.clone(), address.to_owned());
    brokering
        .store
        .write(Ctx::of(actor.clone()), move |tx: Tx| {
            let (actor, address) = (actor.clone(), address.clone());
            async move {
                let deal = granted::<OpenDocument>(&tx, &actor, deal_id, None).await?.into_object();
                let document = live(tx.db(), deal_id, id).await?;
                match Known::of(tx.db(), deal_id, &actor, tx.today()).await?.standing(&deal, &actor, &document) {
                    Standing::Open => {}
                    Standing::NdaFirst => return Err(BrokeringError::NdaFirst),
                    Standing::NotNamed => return Err(BrokeringError::NotAReader),
                }
                let voice = reads_as(&deal, &actor);
                let row = opening::ActiveModel {
                    id: Set(tx.new_id()),
                    deal_id: Set(deal_id.0),
                    document_id: Set(id.0),
                    account_id: Set(reader.0),
                    side: Set(voice.as_str().to_owned()),
                    address: Set(address),
                    at: Set(tx.now()),
                };
                opening::Entity::insert(row).exec_without_returning(tx.db()).await?;
                tx.emit(NewEvent::new("deal", deal_id, "deal.document_opened", json!({ "document": id, "voice": voice })));
                Ok::<_, BrokeringError>(())
            }
        })
        .await
}

/// Who opened the documents that the reader's party handed in, or one of them, the newest first.
///
/// # Errors
/// [`BrokeringError::Refused`] for whoever writes for no side and does not broker the deal; [`BrokeringError::Cursor`] for a
/// cursor of another list.
pub async fn openings(
    brokering: &Brokering,
    actor: &Actor,
    id: DealId,
    one: Option<ConfidentialFileId>,
    limit: Limit,
    cursor: Option<&str>,
) -> Result<Page<OpeningView>, BrokeringError> {
    use opening::Column as C;
    let deal = readable::<ReadOpenings>(brokering, actor, id).await?;
    let by_party = document::Column::PartyId.is_in(deal.parties_written_for(actor).into_iter().map(|party| party.0));
    let by_broker = deal.is_brokered_by(actor).then(|| document::Column::PartyId.is_null());
    let handed_in = Query::select()
        .column(document::Column::Id)
        .from(document::Entity)
        .and_where(document::Column::DealId.eq(id.0))
        .cond_where(Condition::any().add(by_party).add_option(by_broker))
        .to_owned();
    let which = Condition::all().add(C::DealId.eq(id.0)).add(C::DocumentId.in_subquery(handed_in));
    let which = which.add_option(one.map(|one| C::DocumentId.eq(one.0)));
    let after: Option<(DateTime<Utc>, Uuid)> = after(cursor)?;
    let db = brokering.store.db();
    let total = opening::Entity::find().filter(which.clone()).count(db).await?;
    let mut query = opening::Entity::find().filter(which);
    if let Some((at, id)) = after {
        query = query.filter(Condition::any().add(C::At.lt(at)).add(Condition::all().add(C::At.eq(at)).add(C::Id.lt(id))));
    }
    let mut rows = query.order_by_desc(C::At).order_by_desc(C::Id).limit(limit.get() + 1).all(db).await?;
    let more = rows.len() as u64 > limit.get();
    rows.truncate(usize::try_from(limit.get()).unwrap_or(usize::MAX));
    let next = rows.last().filter(|_| more).map(|row| Cursor::write(&(row.at, row.id)));
    Ok(Page { items: views(brokering, &deal, actor, rows).await?, next, total })
}

async fn views(brokering: &Brokering, deal: &Deal, actor: &Actor, rows: Vec<opening::Model>) -> Result<Vec<OpeningView>, BrokeringError> {
    let db = brokering.store.db();
    let people: Vec<AccountId> = rows.iter().map(|row| AccountId(row.account_id)).collect();
    let people = accounts::people::names(db, &people).await?;
    let wanted: BTreeSet<Uuid> = rows.iter().map(|row| row.document_id).collect();
    let named = document::Entity::find().filter(document::Column::Id.is_in(wanted)).all(db).await?;
    let known = Known::of(db, deal.id, actor, brokering.store.clock().today()).await?;
    let name = |row: &document::Model| {
        let is_open = known.standing(deal, actor, row) == Standing::Open;
        Ok((row.id, if is_open { Some(meta(brokering, row)?.name) } else { None }))
    };
    let named: BTreeMap<Uuid, Option<String>> = named.iter().map(name).collect::<Result<_, BrokeringError>>()?;
    let view = |row: opening::Model| {
        let account = AccountId(row.account_id);
        Ok(OpeningView {
            id: row.id,
            document: ConfidentialFileId(row.document_id),
            document_name: named.get(&row.document_id).cloned().flatten(),
            account,
            name: people.get(&account).cloned().unwrap_or_default(),
            voice: row.side.parse().map_err(|e| StoreError::corrupt("deal document ledger", e))?,
            address: row.address,
            at: row.at,
        })
    };
    rows.into_iter().map(view).collect()
}
