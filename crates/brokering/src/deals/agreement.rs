//! The confidentiality agreement of a deal: each person accepts it for themselves before a document that another party marked as
//! confidential, and whose readers they are among (`readers`), is opened to them. The text is that of what is confided; what was
//! accepted is kept word for word, with its hash, the moment and the network address. It is the agreement of their side as well where
//! they may bind it: its admins and those who sign for it, and its editors where it has none of those.
//!
//! Not here: the agreement to read what is confided of a listing (`confidential::disclosures`), opening a document (`openings`).

use std::collections::BTreeSet;

use base::{AccountId, Actor, DealId, PartyId, PartyRole};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, NewEvent, StoreError, Tx};
use utoipa::ToSchema;

use super::openings::reads_as;
use super::rows::{agreement, document, party};
use super::{Deal, Role, Side, Voice, granted, notices, readable};
use crate::access::{AcceptDealNda, ReadDeal};
use crate::confidential::disclosures::{Acceptance, NdaView, keep, kept_text, view_of};
use crate::{Brokering, BrokeringError};

/// Who binds a party by an agreement.
const SIGNING: [PartyRole; 2] = [PartyRole::Admin, PartyRole::Signatory];

/// The agreement as a reader of the deal finds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DealNda {
    /// The text that the reader accepted, else the one in force.
    pub nda: NdaView,
    /// When the reader accepted it.
    pub accepted_at: Option<DateTime<Utc>>,
    /// Whether the reader's acceptance is the agreement of their side, too, or would be.
    pub binds_side: bool,
    /// Whether the reader may accept it: once for themselves, and once more where they have come to bind their side since.
    pub can_accept: bool,
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

/// The party on a side that somebody may bind: whose admin they are or for which they sign; as an editor, where the whole side has
/// nobody of those.
async fn bound_by(db: &impl ConnectionTrait, deal: &Deal, actor: &Actor, voice: Voice) -> Result<Option<PartyId>, StoreError> {
    let parties: BTreeSet<PartyId> =
        deal.parties_of_sides().filter(|(side, _)| voice.side() == Some(*side)).map(|(_, party)| party).collect();
    let signs = |party: &PartyId| SIGNING.iter().any(|role| actor.has_role(*party, *role));
    if let Some(party) = parties.iter().copied().find(signs) {
        return Ok(Some(party));
    }
    if !accounts::lookup::with_people(db, &parties, &SIGNING).await?.is_empty() {
        return Ok(None);
    }
    Ok(parties.into_iter().find(|party| actor.has_role(*party, PartyRole::Editor)))
}

/// Whether somebody who may bind it accepted it for a party that stands on this side; the word of one that is there no more is not
/// another's.
fn for_side(side: Side) -> Condition {
    let roles = Role::ALL.iter().filter(|role| role.side() == Some(side)).map(|role| role.as_str());
    let stands = Query::select()
        .expr(Expr::val(1))
        .from(party::Entity)
        .and_where(Expr::col((party::Entity, party::Column::DealId)).equals((agreement::Entity, agreement::Column::DealId)))
        .and_where(Expr::col((party::Entity, party::Column::PartyId)).equals((agreement::Entity, agreement::Column::PartyId)))
        .and_where(Expr::col((party::Entity, party::Column::Role)).is_in(roles))
        .to_owned();
    let bound = agreement::Column::Binds.eq(true);
    Condition::all().add(agreement::Column::Side.eq(Voice::from(side).as_str())).add(bound).add(Expr::exists(stands))
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
    let deal = readable::<ReadDeal>(brokering, actor, id).await?;
    let db = brokering.store.db();
    let may_bind = bound_by(db, &deal, actor, reads_as(&deal, actor)).await?.is_some();
    let accepted = match actor.account() {
        Some(account) => agreement::Entity::find_by_id((id.0, account.0)).one(db).await?,
        None => None,
    };
    let can_accept = accepted.as_ref().is_none_or(|row| may_bind && !row.binds);
    let binds_side = may_bind || accepted.as_ref().is_some_and(|row| row.binds);
    let accepted_at = accepted.as_ref().map(|row| row.accepted_at);
    let nda = match accepted.filter(|_| !can_accept) {
        Some(row) => kept_text(db, &row.nda_hash, actor.lang).await?,
        None => view_of(brokering.vault.nda(), actor.lang),
    };
    Ok(DealNda { nda, accepted_at, binds_side, can_accept })
}

/// Accepts the agreement of a deal: by the person, for the text they read, noted with moment and network address.
///
/// # Errors
/// [`BrokeringError::NdaChanged`] if another text is in force by now; [`BrokeringError::NotAllowed`] if the person accepted it
/// before, unless they have come to bind their side since; [`BrokeringError::Refused`] for whoever is not in the deal, and for programs.
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
                let voice = reads_as(&deal, &actor);
                let bound = bound_by(tx.db(), &deal, &actor, voice).await?;
                let before = agreement::Entity::find_by_id((id.0, account.0)).one(tx.db()).await?;
                if before.as_ref().is_some_and(|row| row.binds || bound.is_none()) {
                    return Err(BrokeringError::NotAllowed { to: "accept".to_owned(), allowed: Vec::new() });
                }
                let nda = brokering.vault.nda();
                if acceptance.nda_hash != nda.hash {
                    return Err(BrokeringError::NdaChanged);
                }
                keep(&tx, nda).await?;
                let of_side = deal.parties_of_sides().filter(|(side, party)| voice.side() == Some(*side) && actor.is_member(*party));
                let party = bound.or(of_side.map(|(_, party)| party).next());
                let row = agreement::ActiveModel {
                    deal_id: Set(id.0),
                    account_id: Set(account.0),
                    side: Set(voice.as_str().to_owned()),
                    party_id: Set(party.map(|party| party.0)),
                    binds: Set(bound.is_some()),
                    nda_hash: Set(nda.hash.clone()),
                    nda_lang: Set(actor.lang.code().to_owned()),
                    accepted_at: Set(tx.now()),
                    accepted_from: Set(address),
                };
                if before.is_some() {
                    agreement::Entity::delete_by_id((id.0, account.0)).exec(tx.db()).await?;
                }
                agreement::Entity::insert(row).exec_without_returning(tx.db()).await?;
                let facts = json!({
                    "account": account, "voice": voice, "binds": bound.is_some(), "nda_version": nda.version, "nda_hash": nda.hash,
                });
                tx.emit(NewEvent::new("deal", id, "deal.nda_accepted", facts));
                notices::said(&tx, &deal, "nda", account.0, Some(account)).await?;
                Ok(DealNdaReceipt { deal: id, nda_hash: nda.hash.clone() })
            }
        })
        .await
}
