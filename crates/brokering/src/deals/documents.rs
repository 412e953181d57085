//! The documents of a deal: files that either side or a broker hands in, sealed on their way into the store that keeps what
//! is confided, and opened to those in the deal and to nobody else.
//!
//! Names, hashes and keys lie sealed in the rows. Neither a name nor a content enters an event, a notice or a log line.
//! A document may say which paper it is; then that paper is there for the stages that demand it, as long as the document is.
//! Not here: opening one, and the ledger of who did (`openings`); what is confided of a listing, which takes an agreement
//! (`confidential`); papers that are only noted (`work`).

use std::collections::HashMap;

use base::{Actor, Code, ConfidentialFileId, DealId, Faults, PartyId, Refused};
use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, NewEvent, StoreError, Tx};
use utoipa::ToSchema;

use super::facts::Facts;
use super::readers::{Known, Standing};
use super::rows::document;
use super::{Deal, Voice, granted, in_deal, notices, readable, voice_of};
use crate::access::{ReadDeal, WorkDeal};
use crate::confidential::files::SealedMeta;
use crate::confidential::files::{Handed, fault, take_away};
use crate::confidential::kinds::FileKind;
use crate::{Brokering, BrokeringError};

/// Documents of one deal at most.
const DOCUMENTS_MAX: u64 = 100;

/// A document of a deal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DocumentView {
    /// The document.
    pub id: ConfidentialFileId,
    /// Its name; none of what the reader may not open yet.
    pub name: Option<String>,
    /// What it is; none of what the reader may not open yet.
    pub kind: Option<FileKind>,
    /// Its media type; none of what the reader may not open yet.
    pub media_type: Option<String>,
    /// Bytes.
    pub size: i64,
    /// SHA-256 of it; none of what the reader may not open yet.
    pub sha256: Option<String>,
    /// Which paper it is, a code of `deal_papers`; none of what the reader may not open yet.
    pub paper: Option<Code>,
    /// Which side handed it in, or a broker.
    pub voice: Voice,
    /// When.
    pub uploaded_at: DateTime<Utc>,
    /// Whether whoever handed it in marked it as confidential: of the others the persons they name open it, under the agreement
    /// of the deal.
    pub is_confidential: bool,
    /// Whether it is closed to the reader because nobody named them, or their day is over.
    pub needs_grant: bool,
    /// Whether the reader was named, and has to accept that agreement first.
    pub needs_nda: bool,
    /// Whether the reader names who of the others opens it.
    pub names_readers: bool,
    /// Whether the reader may take it back.
    pub is_mine: bool,
}

/// What is known of a document after it was handed in. Kept as the answer to a repeated request, so without its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DocumentReceipt {
    /// The document.
    pub id: ConfidentialFileId,
    /// What it is.
    pub kind: FileKind,
    /// Bytes.
    pub size: i64,
}

fn about(deal: DealId, id: ConfidentialFileId) -> String {
    format!("deal-document:{deal}:{id}")
}

pub(super) fn meta(brokering: &Brokering, row: &document::Model) -> Result<SealedMeta, BrokeringError> {
    brokering.vault.unseal(&row.sealed, &about(DealId(row.deal_id), ConfidentialFileId(row.id)))
}

pub(super) fn read_kind(row: &document::Model) -> Result<FileKind, StoreError> {
    row.kind.parse().map_err(|e| StoreError::corrupt("deal document", e))
}

pub(super) fn read_voice(row: &document::Model) -> Result<Voice, StoreError> {
    row.side.parse().map_err(|e| StoreError::corrupt("deal document", e))
}

/// Each party takes back what it handed in, and a broker what brokers did. Another party on the same side does not.
pub(super) fn is_theirs(deal: &Deal, actor: &Actor, row: &document::Model) -> bool {
    row.party_id.map_or_else(|| deal.is_brokered_by(actor), |party| deal.writes_for(actor, PartyId(party)))
}

async fn has_room(db: &impl ConnectionTrait, id: DealId) -> Result<(), BrokeringError> {
    let kept = document::Entity::find().filter(document::Column::DealId.eq(id.0)).filter(document::Column::RemovedAt.is_null());
    if kept.count(db).await? < DOCUMENTS_MAX {
        return Ok(());
    }
    Err(BrokeringError::Invalid(fault("too_many_files", &[("max", &DOCUMENTS_MAX.to_string())])))
}

/// The documents of a deal, the newest first; for those in it.
///
/// # Errors
/// [`BrokeringError::Refused`] for everybody else.
pub async fn documents(brokering: &Brokering, actor: &Actor, id: DealId) -> Result<Vec<DocumentView>, BrokeringError> {
    let deal = readable::<ReadDeal>(brokering, actor, id).await?;
    let may_work = base::Grant::<WorkDeal>::check(actor, deal.clone()).is_ok();
    let known = Known::of(brokering.store.db(), id, actor, brokering.store.clock().today()).await?;
    let rows = document::Entity::find()
        .filter(document::Column::DealId.eq(id.0))
        .filter(document::Column::RemovedAt.is_null())
        .order_by_desc(document::Column::Id)
        .limit(DOCUMENTS_MAX)
        .all(brokering.store.db())
        .await?;
    let view = |row: document::Model| {
        let SealedMeta { name, sha256, .. } = meta(brokering, &row)?;
        let (kind, voice) = (read_kind(&row)?, read_voice(&row)?);
        let standing = known.standing(&deal, actor, &row);
        let is_open = standing == Standing::Open;
        let is_mine = may_work && is_theirs(&deal, actor, &row);
        Ok(DocumentView {
            id: ConfidentialFileId(row.id),
            name: is_open.then_some(name),
            kind: is_open.then_some(kind),
            media_type: is_open.then(|| kind.media_type().to_owned()),
            size: row.size,
            sha256: is_open.then_some(sha256),
            paper: row.paper.filter(|_| is_open).map(Code),
            voice,
            uploaded_at: row.uploaded_at,
            is_confidential: row.confidential,
            needs_grant: standing == Standing::NotNamed,
            needs_nda: standing == Standing::NdaFirst,
            names_readers: is_mine && is_open && row.confidential,
            is_mine,
        })
    };
    rows.into_iter().map(view).collect()
}

/// Whether a document may be handed in here at all: asked before anything of it is read. A repeat may always, for its answer
/// is that of the first time.
///
/// # Errors
/// [`BrokeringError::Refused`] if not; [`BrokeringError::NotAllowed`] in a deal that was lost; [`BrokeringError::Invalid`]
/// if it has as many as it may.
pub async fn may_add_document(brokering: &Brokering, ctx: &Ctx, id: DealId) -> Result<(), BrokeringError> {
    let deal = readable::<WorkDeal>(brokering, &ctx.actor, id).await?;
    if brokering.store.is_answered(ctx).await? {
        return Ok(());
    }
    deal.must_not_be_lost("document")?;
    has_room(brokering.store.db(), id).await
}

/// What is said of a document by whoever hands it in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentMark {
    /// Which paper of `deal_papers` it is.
    pub paper: Option<Code>,
    /// Whether of the others those alone open it whom its party names, under the agreement of the deal.
    pub is_confidential: bool,
}

/// Makes a file that was handed in a document of the deal.
///
/// # Errors
/// As [`may_add_document`], and [`BrokeringError::Invalid`] for a paper there is none of; the file is taken away again then.
pub async fn add_document(
    brokering: &Brokering,
    ctx: Ctx,
    deal: DealId,
    mut handed: Handed,
    mark: DocumentMark,
) -> Result<DocumentReceipt, BrokeringError> {
    let id = handed.id;
    handed.claim();
    let done = insert(brokering, ctx, deal, handed, mark).await;
    let is_left_over = match &done {
        // A repeat was answered as the first time: the file is there already, under that answer's id.
        Ok(receipt) => receipt.id != id,
        // Whether the store committed before it failed, the sweep finds out.
        Err(BrokeringError::Store(error)) => matches!(error, StoreError::KeyReused | StoreError::Busy { .. }),
        Err(_) => true,
    };
    if is_left_over {
        take_away(&brokering.vault, id).await;
    }
    done
}

async fn insert(
    brokering: &Brokering,
    ctx: Ctx,
    deal_id: DealId,
    handed: Handed,
    mark: DocumentMark,
) -> Result<DocumentReceipt, BrokeringError> {
    let DocumentMark { paper, is_confidential } = mark;
    let mut faults = Faults::new();
    if let Some(code) = &paper {
        brokering.vocabularies.check("deal_papers", code, brokering.store.clock().today(), "/paper", &mut faults);
    }
    faults.into_result().map_err(BrokeringError::Invalid)?;
    let Handed { id, name, kind, written, .. } = handed;
    let meta = SealedMeta { name, sha256: written.sha256, key: written.key.to_hex() };
    let sealed = brokering.vault.seal(&meta, &about(deal_id, id))?;
    let size = i64::try_from(written.size).unwrap_or(i64::MAX);
    in_deal(brokering, ctx, deal_id, None, move |tx, deal, actor| {
        let (sealed, paper) = (sealed.clone(), paper.clone());
        async move {
            deal.must_not_be_lost("document")?;
            has_room(tx.db(), deal_id).await?;
            let by = actor.signed_in()?;
            let voice = voice_of(&deal, &actor);
            let party = voice.side().and_then(|side| deal.party_of(&actor, side));
            let row = document::ActiveModel {
                id: Set(id.0),
                deal_id: Set(deal_id.0),
                kind: Set(kind.as_str().to_owned()),
                size: Set(size),
                sealed: Set(sealed),
                paper: Set(paper.as_ref().map(|code| code.0.clone())),
                confidential: Set(is_confidential),
                readers_version: Set(1),
                side: Set(voice.as_str().to_owned()),
                party_id: Set(party.map(|p| p.0)),
                uploaded_by: Set(by.0),
                uploaded_at: Set(tx.now()),
                removed_at: Set(None),
            };
            document::Entity::insert(row).exec_without_returning(tx.db()).await?;
            let facts = json!({
                "document": id, "kind": kind, "size": size, "paper": paper, "voice": voice, "is_confidential": is_confidential,
            });
            tx.emit(NewEvent::new("deal", deal_id, "deal.document_added", facts));
            notices::said(&tx, &deal, "document", id.0, Some(by)).await?;
            Ok(DocumentReceipt { id, kind, size })
        }
    })
    .await
}

/// A document that was not removed.
pub(super) async fn live(db: &impl ConnectionTrait, deal: DealId, id: ConfidentialFileId) -> Result<document::Model, BrokeringError> {
    let found = document::Entity::find_by_id(id.0)
        .filter(document::Column::DealId.eq(deal.0))
        .filter(document::Column::RemovedAt.is_null())
        .one(db)
        .await?;
    Ok(found.ok_or(Refused::Hidden)?)
}

/// Takes a document back: it is gone from the store.
///
/// # Errors
/// [`BrokeringError::Refused`] for whoever does not work for the party that handed it in, and hidden for one that is not
/// there; [`BrokeringError::Invalid`] where the stage the deal stands in would lack a paper it needs.
pub async fn remove_document(brokering: &Brokering, ctx: Ctx, deal_id: DealId, id: ConfidentialFileId) -> Result<(), BrokeringError> {
    let (inner, actor) = (brokering.clone(), ctx.actor.clone());
    brokering
        .store
        .write(ctx, move |tx: Tx| {
            let (brokering, actor) = (inner.clone(), actor.clone());
            async move {
                let deal = granted::<WorkDeal>(&tx, &actor, deal_id, None).await?.into_object();
                let row = live(tx.db(), deal_id, id).await?;
                if !is_theirs(&deal, &actor, &row) {
                    return Err(Refused::Forbidden { action: "deal.remove_document" }.into());
                }
                let change = document::ActiveModel { removed_at: Set(Some(tx.now())), ..Default::default() };
                document::Entity::update_many().set(change).filter(document::Column::Id.eq(id.0)).exec(tx.db()).await?;
                if row.paper.is_some() {
                    Facts::load(&brokering, tx.db(), &deal, tx.today(), actor.lang).await?.must_keep(&brokering, &deal)?;
                }
                tx.emit(NewEvent::new("deal", deal_id, "deal.document_removed", json!({ "document": id })));
                Ok::<_, BrokeringError>(())
            }
        })
        .await?;
    take_away(&brokering.vault, id).await;
    Ok(())
}

/// The papers of `deal_papers` that lie here as documents.
pub(super) async fn papers_of(db: &impl ConnectionTrait, id: DealId) -> Result<Vec<String>, StoreError> {
    let papers: Vec<String> = document::Entity::find()
        .select_only()
        .column(document::Column::Paper)
        .filter(document::Column::DealId.eq(id.0))
        .filter(document::Column::RemovedAt.is_null())
        .filter(document::Column::Paper.is_not_null())
        .into_tuple()
        .all(db)
        .await?;
    Ok(papers)
}

/// Those of these objects that are documents of deals, or were: whether each still is.
pub(crate) async fn known_among(
    db: &impl ConnectionTrait,
    ids: &[ConfidentialFileId],
) -> Result<HashMap<ConfidentialFileId, bool>, StoreError> {
    let rows = document::Entity::find().filter(document::Column::Id.is_in(ids.iter().map(|id| id.0))).all(db).await?;
    Ok(rows.into_iter().map(|row| (ConfidentialFileId(row.id), row.removed_at.is_none())).collect())
}
