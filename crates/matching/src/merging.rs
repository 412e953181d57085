//! One party takes in another: the standing matches of its listings, and the searches that look at what it has. What
//! people said of matches and took on shortlists hangs on listings and stays. The transaction is the caller's
//! (`brokering::merging`); the follower reckons what its listings match anew.

use base::PartyId;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use store::{StoreError, Tx};

use crate::rows::{saved_search, standing};

/// How much of a party lies in this crate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Standing matches of its listings.
    pub matches: u64,
    /// Saved searches, whoever's, that look at its listings alone.
    pub saved_searches: u64,
}

fn of_party(party: PartyId) -> Condition {
    Condition::any().add(standing::Column::NeedParty.eq(party.0)).add(standing::Column::OfferParty.eq(party.0))
}

/// How much of a party lies here.
///
/// # Errors
/// If the database fails.
pub async fn held(db: &impl ConnectionTrait, party: PartyId) -> Result<Held, StoreError> {
    Ok(Held {
        matches: standing::Entity::find().filter(of_party(party)).count(db).await?,
        saved_searches: saved_search::Entity::find().filter(saved_search::Column::Criteria.contains(party.to_string())).count(db).await?,
    })
}

/// Moves all of it.
///
/// # Errors
/// If the database fails.
pub async fn absorb(tx: &Tx, from: PartyId, into: PartyId) -> Result<(), StoreError> {
    let db = tx.db();
    for column in [standing::Column::NeedParty, standing::Column::OfferParty] {
        standing::Entity::update_many().col_expr(column, Expr::value(into.0)).filter(column.eq(from.0)).exec(db).await?;
    }
    // Nobody is their own counterpart.
    standing::Entity::delete_many()
        .filter(standing::Column::NeedParty.eq(into.0))
        .filter(Expr::col(standing::Column::NeedParty).equals(standing::Column::OfferParty))
        .exec(db)
        .await?;
    let (old, new) = (from.to_string(), into.to_string());
    for row in saved_search::Entity::find().filter(saved_search::Column::Criteria.contains(&old)).all(db).await? {
        let change = saved_search::ActiveModel {
            criteria: Set(row.criteria.replace(&old, &new)),
            version: Set(row.version + 1),
            updated_at: Set(tx.now()),
            ..Default::default()
        };
        saved_search::Entity::update_many().set(change).filter(saved_search::Column::Id.eq(row.id)).exec(db).await?;
    }
    Ok(())
}
