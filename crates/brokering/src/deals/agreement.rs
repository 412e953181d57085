//! The confidentiality agreement of a deal: each person accepts it for themselves before a document that another party marked as
//! confidential, and whose readers they are among (`readers`), is opened to them. The text is that of what is confided; what was
//! accepted is kept word for word, with its hash, the moment and the network address.
//!
//! Not here: the agreement to read what is confided of a listing (`confidential::disclosures`), opening a document (`openings`).

use base::{AccountId, Actor, DealId};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, NewEvent, StoreError, Tx};
use utoipa::ToSchema;

use super::openings::reads_as;
use super::rows::{agreement, document, party};
use super::{Role, Side, Voice, granted, notices, readable};
use crate::access::{AcceptDealNda, ReadDeal};
use crate::confidential::disclosures::{Acceptance, NdaView, keep, kept_text, view_of};
use crate::{Brokering, BrokeringError};

/// The agreement as a reader of the deal finds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DealNda {
    /// The text that the reader accepted, else the one in force.
    pub nda: NdaView,
    /// When the reader accepted it.
    pub accepted_at: Option<DateTime<Utc>>,
}

/// What is known of an acceptance. Kept as the answer to a repeated request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DealNdaReceipt {
    /// The deal.
    pub deal: DealId,
    /// The hash of the text that was accepted.
    pub nda_hash: String,
}

/// Whether somebody accepted the agreement in a deal.
pub(super) async fn has_accepted(db: &impl ConnectionTrait, deal: DealId, account: AccountId) -> Result<bool, StoreError> {
    Ok(agreement::Entity::find_by_id((deal.0, account.0)).count(db).await? > 0)
}

/// Whether somebody accepted it for a party that stands on this side; the word of one that is there no more is not another's.
fn for_side(side: Side) -> Condition {
    let roles = Role::ALL.iter().filter(|role| role.side() == Some(side)).map(|role| role.as_str());
    let stands = Query::select()
        .expr(Expr::val(1))
        .from(party::Entity)
        .and_where(Expr::col((party::Entity, party::Column::DealId)).equals((agreement::Entity, agreement::Column::DealId)))
        .and_where(Expr::col((party::Entity, party::Column::PartyId)).equals((agreement::Entity, agreement::Column::PartyId)))
        .and_where(Expr::col((party::Entity, party::Column::Role)).is_in(roles))
        .to_owned();
    Condition::all().add(agreement::Column::Side.eq(Voice::from(side).as_str())).add(Expr::exists(stands))
}

/// The acceptances that make an agreement between the sides: of the side that takes, to which the owner confides what is
/// transferred; and of the owner's once the other side handed in something confidential. Nobody promises themselves to keep their
/// own secret, and a broker's word binds no side. What was confided stays so when it is taken back: so does the agreement.
pub(super) fn between_the_sides() -> Condition {
    let confided_by_seeker = Query::select()
        .column(document::Column::DealId)
        .from(document::Entity)
        .and_where(document::Column::Side.eq(Voice::Seeker.as_str()))
        .and_where(document::Column::Confidential.eq(true))
        .to_owned();
    let of_owner = for_side(Side::Owner).add(agreement::Column::DealId.in_subquery(confided_by_seeker));
    Condition::any().add(for_side(Side::Seeker)).add(of_owner)
}

/// When a side first accepted the agreement of a deal about what the other side confides.
pub(super) async fn first_between_the_sides(db: &impl ConnectionTrait, deal: DealId) -> Result<Option<DateTime<Utc>>, StoreError> {
    let accepted = agreement::Entity::find().filter(agreement::Column::DealId.eq(deal.0)).filter(between_the_sides());
    Ok(accepted.all(db).await?.into_iter().map(|row| row.accepted_at).min())
}

/// The agreement of a deal, for those in it.
///
/// # Errors
/// [`BrokeringError::Refused`] for everybody else.
pub async fn deal_nda(brokering: &Brokering, actor: &Actor, id: DealId) -> Result<DealNda, BrokeringError> {
    readable::<ReadDeal>(brokering, actor, id).await?;
    let db = brokering.store.db();
    let accepted = match actor.account() {
        Some(account) => agreement::Entity::find_by_id((id.0, account.0)).one(db).await?,
        None => None,
    };
    Ok(match accepted {
        Some(row) => DealNda { nda: kept_text(db, &row.nda_hash, actor.lang).await?, accepted_at: Some(row.accepted_at) },
        None => DealNda { nda: view_of(brokering.vault.nda(), actor.lang), accepted_at: None },
    })
}

/// Accepts the agreement of a deal: by the person, for the text they read, noted with moment and network address.
///
/// # Errors
/// [`BrokeringError::NdaChanged`] if another text is in force by now; [`BrokeringError::NotAllowed`] if the person accepted it
/// before; [`BrokeringError::Refused`] for whoever is not in the deal, and for programs.
pub async fn accept_deal_nda(
    brokering: &Brokering,
    ctx: Ctx,
    address: String,
    id: DealId,
    acceptance: Acceptance,
) -> Result<DealNdaReceipt, BrokeringError> {
    let account = ctx.actor.signed_in()?;
    let (inner, actor) = (brokering.clone(), ctx.actor.clone());
    brokering
        .store
        .write(ctx, move |tx: Tx| {
            let (brokering, actor, address, acceptance) = (inner.clone(), actor.clone(), address.clone(), acceptance.clone());
            async move {
                let deal = granted::<AcceptDealNda>(&tx, &actor, id, None).await?.into_object();
                if has_accepted(tx.db(), id, account).await? {
                    return Err(BrokeringError::NotAllowed { to: "accept".to_owned(), allowed: Vec::new() });
                }
                let nda = brokering.vault.nda();
                if acceptance.nda_hash != nda.hash {
                    return Err(BrokeringError::NdaChanged);
                }
                keep(&tx, nda).await?;
                let voice = reads_as(&deal, &actor);
                let party = deal.parties_of_sides().find(|(side, party)| voice.side() == Some(*side) && actor.is_member(*party));
                let row = agreement::ActiveModel {
                    deal_id: Set(id.0),
                    account_id: Set(account.0),
                    side: Set(voice.as_str().to_owned()),
                    party_id: Set(party.map(|(_, party)| party.0)),
                    nda_hash: Set(nda.hash.clone()),
                    nda_lang: Set(actor.lang.code().to_owned()),
                    accepted_at: Set(tx.now()),
                    accepted_from: Set(address),
                };
                agreement::Entity::insert(row).exec_without_returning(tx.db()).await?;
                let facts = json!({ "account": account, "voice": voice, "nda_version": nda.version, "nda_hash": nda.hash });
                tx.emit(NewEvent::new("deal", id, "deal.nda_accepted", facts));
                notices::said(&tx, &deal, "nda", account.0, Some(account)).await?;
                Ok(DealNdaReceipt { deal: id, nda_hash: nda.hash.clone() })
            }
        })
        .await
}
