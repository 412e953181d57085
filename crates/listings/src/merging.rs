//! One party takes in another: its listings with their codes, addresses and versions, what was shown to it, and what it
//! imported. The transaction is the caller's (`brokering::merging`).

use std::collections::BTreeSet;

use base::PartyId;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, Statement};
use store::{StoreError, Tx};

use crate::holding;
use crate::import::rows::import;
use crate::rows::{invitation, listing};

/// How much of a party lies in this crate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Its listings, whatever their state.
    pub listings: u64,
    /// Listings of others that are shown to it.
    pub invitations: u64,
    /// Its imports.
    pub imports: u64,
}

/// How much of a party lies here.
///
/// # Errors
/// If the database fails.
pub async fn held(db: &impl ConnectionTrait, party: PartyId) -> Result<Held, StoreError> {
    Ok(Held {
        listings: listing::Entity::find().filter(listing::Column::PartyId.eq(party.0)).count(db).await?,
        invitations: invitation::Entity::find().filter(invitation::Column::PartyId.eq(party.0)).count(db).await?,
        imports: import::Entity::find().filter(import::Column::PartyId.eq(party.0)).count(db).await?,
    })
}

/// How many imports of a party are not over: they would go on writing for a party that is gone.
///
/// # Errors
/// If the database fails.
pub async fn running_imports(db: &impl ConnectionTrait, party: PartyId) -> Result<u64, StoreError> {
    let open = import::Entity::find().filter(import::Column::PartyId.eq(party.0)).filter(import::Column::State.is_in([
        "waiting",
        "running",
        "interrupted",
    ]));
    Ok(open.count(db).await?)
}

/// Moves all of it. Codes, addresses, versions and states stay what they are.
///
/// # Errors
/// If the database fails.
pub async fn absorb(tx: &Tx, from: PartyId, into: PartyId) -> Result<(), StoreError> {
    let db = tx.db();
    listing::Entity::update_many()
        .col_expr(listing::Column::PartyId, Expr::value(into.0))
        .filter(listing::Column::PartyId.eq(from.0))
        .exec(db)
        .await?;
    let count = holding::of(db, from).await?;
    holding::add(tx, into, i64::try_from(count).unwrap_or(i64::MAX)).await?;
    let drop_count =
        Statement::from_sql_and_values(db.get_database_backend(), "DELETE FROM party_holding WHERE party_id = $1", [from.0.into()]);
    db.execute_raw(drop_count).await?;
    let shown = async |party: PartyId| invitation::Entity::find().filter(invitation::Column::PartyId.eq(party.0)).all(db).await;
    let there: BTreeSet<_> = shown(into).await?.into_iter().map(|row| row.listing_id).collect();
    let here = shown(from).await?;
    invitation::Entity::delete_many().filter(invitation::Column::PartyId.eq(from.0)).exec(db).await?;
    for row in here.into_iter().filter(|row| !there.contains(&row.listing_id)) {
        let row = invitation::ActiveModel { listing_id: Set(row.listing_id), party_id: Set(into.0) };
        invitation::Entity::insert(row).exec_without_returning(db).await?;
    }
    import::Entity::update_many()
        .col_expr(import::Column::PartyId, Expr::value(into.0))
        .filter(import::Column::PartyId.eq(from.0))
        .exec(db)
        .await?;
    Ok(())
}
