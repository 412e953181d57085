//! How many listings a party holds: one row a party, changed in the transaction that makes or removes listings, so that
//! the bound holds under concurrent writers and costs the same however many there are.

use base::PartyId;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use store::{StoreError, Tx};

#[derive(FromQueryResult)]
struct Held {
    listings: i64,
}

/// Adds `more` (negative when listings are removed) and gives how many the party holds then.
pub(crate) async fn add(tx: &Tx, party: PartyId, more: i64) -> Result<u64, StoreError> {
    let sql = "INSERT INTO party_holding (party_id, listings) VALUES ($1, $2) \
               ON CONFLICT (party_id) DO UPDATE SET listings = party_holding.listings + $2 RETURNING listings";
    let values = [party.0.into(), more.into()];
    let row = Held::find_by_statement(Statement::from_sql_and_values(tx.db().get_database_backend(), sql, values)).one(tx.db()).await?;
    Ok(row.map_or(0, |r| u64::try_from(r.listings).unwrap_or(0)))
}

/// How many listings the party holds.
pub(crate) async fn of(db: &impl ConnectionTrait, party: PartyId) -> Result<u64, StoreError> {
    let sql = "SELECT listings FROM party_holding WHERE party_id = $1";
    let row = Held::find_by_statement(Statement::from_sql_and_values(db.get_database_backend(), sql, [party.0.into()])).one(db).await?;
    Ok(row.map_or(0, |r| u64::try_from(r.listings).unwrap_or(0)))
}
