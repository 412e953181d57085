//! How often something may be tried within a window. Kept in the database, so that a restart or another node does not
//! start the count anew.

use chrono::TimeDelta;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use crate::rows::throttle;
use crate::{Ctx, Store, StoreError, Tx};

/// So many attempts in so long a time.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// Attempts in a window.
    pub attempts: i64,
    /// How long a window is.
    pub window: TimeDelta,
}

impl Store {
    /// Counts an attempt. `Ok(None)` if it may go on, else how long to wait.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn attempt_of(&self, bucket: String, allowance: Allowance) -> Result<Option<TimeDelta>, StoreError> {
        let now = self.clock.now();
        // A full bucket is answered without a write: a flood must not queue up behind the single writer.
        if let Some(row) = throttle::Entity::find_by_id(bucket.clone()).one(&self.db).await? {
            let ends = row.window_start + allowance.window;
            if ends > now && row.count >= allowance.attempts {
                return Ok(Some(ends - now));
            }
        }
        self.write(Ctx::system(), move |tx| count(tx, bucket.clone(), allowance)).await
    }

    /// Forgets a bucket, after a success.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn clear_attempts(&self, bucket: String) -> Result<(), StoreError> {
        self.write(Ctx::system(), move |tx| {
            let bucket = bucket.clone();
            async move {
                throttle::Entity::delete_by_id(bucket).exec(tx.db()).await.map_err(StoreError::from)?;
                Ok::<_, StoreError>(())
            }
        })
        .await
    }
}

async fn count(tx: Tx, bucket: String, allowance: Allowance) -> Result<Option<TimeDelta>, StoreError> {
    let now = tx.now();
    let fresh = throttle::ActiveModel { bucket: Set(bucket.clone()), window_start: Set(now), count: Set(0) };
    throttle::Entity::insert(fresh)
        .on_conflict(OnConflict::column(throttle::Column::Bucket).do_nothing().to_owned())
        .exec_without_returning(tx.db())
        .await?;
    // A window that is over starts anew.
    throttle::Entity::update_many()
        .col_expr(throttle::Column::WindowStart, Expr::value(now))
        .col_expr(throttle::Column::Count, Expr::value(0))
        .filter(throttle::Column::Bucket.eq(bucket.as_str()))
        .filter(throttle::Column::WindowStart.lte(now - allowance.window))
        .exec(tx.db())
        .await?;
    throttle::Entity::update_many()
        .col_expr(throttle::Column::Count, Expr::col(throttle::Column::Count).add(1))
        .filter(throttle::Column::Bucket.eq(bucket.as_str()))
        .exec(tx.db())
        .await?;
    let row = throttle::Entity::find_by_id(bucket).one(tx.db()).await?;
    Ok(row.filter(|r| r.count > allowance.attempts).map(|r| r.window_start + allowance.window - now))
}

pub(crate) async fn forget_old(tx: &Tx) -> Result<(), StoreError> {
    throttle::Entity::delete_many().filter(throttle::Column::WindowStart.lt(tx.now() - TimeDelta::days(2))).exec(tx.db()).await?;
    Ok(())
}
