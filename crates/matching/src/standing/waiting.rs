//! What waited for a day with room: told once there is, the best first, as far as the pair is still there. Never here: who is told
//! of what ([`super::tell`]).

use std::collections::{BTreeMap, BTreeSet};

use base::ListingId;
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, EntityName, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect};
use store::{Ctx, StoreError};
use uuid::Uuid;

use super::StandingError;
use super::experts::ExpertPair;
use super::list::Pair;
use super::tell::{Key, tell_side, tellable, told_since, wait_no_longer};
use super::write::{Stored, lists};
use crate::matcher::Matcher;
use crate::rows::told;

/// Waiting notices that are looked at in one round, the best first; the next round looks at more.
const WAITING: u64 = 500;

/// Tells what waited for a day with room, the best first; what is no strong pair any more, or is not for that side to
/// see, waits no longer. Gives how many notices were left.
///
/// # Errors
/// If the database fails.
pub async fn tell_waiting(matcher: &Matcher) -> Result<u64, StandingError> {
    let (store, per_day) = (&matcher.listings().store, matcher.engine().weights().told_per_day);
    let (offers, mut keys) = waiting::<Pair>(matcher, per_day).await?;
    let (experts, more) = waiting::<ExpertPair>(matcher, per_day).await?;
    keys.extend(more);
    let mut over = no_pairs(matcher).await?;
    let mut due = tellable(matcher, offers, experts, &BTreeSet::new()).await?;
    due.retain(|one| keys.remove(&one.key()));
    // What is left is not for that side to know any more.
    over.extend(keys);
    if due.is_empty() && over.is_empty() {
        return Ok(0);
    }
    let told = store
        .write(Ctx::system(), move |tx| {
            let (due, over) = (due.clone(), over.clone());
            async move {
                for key in &over {
                    wait_no_longer(&tx, key).await?;
                }
                // How much each side was told of now: behind a full day nothing of it need be tried.
                let mut told: BTreeMap<Uuid, u64> = BTreeMap::new();
                for one in &due {
                    let count = told.entry(one.own()).or_default();
                    if *count < per_day && tell_side(&tx, one, per_day).await? {
                        *count += 1;
                    }
                }
                Ok::<_, StandingError>(told.values().sum())
            }
        })
        .await?;
    Ok(told)
}

/// The strong pairs of one sort of which a side with room left today waits to be told, the best, and which sides wait.
async fn waiting<P: Stored>(matcher: &Matcher, per_day: u64) -> Result<(Vec<P>, BTreeSet<Key>), StoreError> {
    use told::Column as T;
    let store = &matcher.listings().store;
    let full = Query::select()
        .column(T::OwnId)
        .from(told::Entity)
        .cond_where(told_since(store.clock().now()))
        .group_by_col(T::OwnId)
        .and_having(Expr::col(T::OwnId).count().gte(i64::try_from(per_day).unwrap_or(i64::MAX)))
        .take();
    let stands = told::Entity::belongs_to(P::Table::default()).from((T::NeedId, T::OfferId)).to((P::NEED, P::OTHER));
    let keys: Vec<Key> = told::Entity::find()
        .select_only()
        .columns([T::NeedId, T::OfferId, T::Side])
        .join(JoinType::InnerJoin, stands.into())
        .filter(T::ToldAt.is_null())
        .filter(T::OwnId.not_in_subquery(full))
        .filter(P::SCORE.gte(matcher.engine().weights().strong_ppm()))
        .order_by_desc(P::SCORE)
        .order_by_asc(T::NeedId)
        .order_by_asc(T::OfferId)
        .order_by_asc(T::Side)
        .limit(WAITING)
        .into_tuple()
        .all(store.db())
        .await?;
    let needs: BTreeSet<ListingId> = keys.iter().map(|(need, _, _)| ListingId(*need)).collect();
    let pairs: BTreeSet<(Uuid, Uuid)> = keys.iter().map(|(need, other, _)| (*need, *other)).collect();
    let mut stand: Vec<P> = lists(store.db(), &needs).await?.into_values().flatten().collect();
    stand.retain(|pair| pairs.contains(&(pair.need().0, pair.other().into())));
    Ok((stand, keys.into_iter().collect()))
}

/// What waits to be told and is no strong pair any more.
async fn no_pairs(matcher: &Matcher) -> Result<Vec<Key>, StoreError> {
    use told::Column as T;
    let rows = told::Entity::find()
        .select_only()
        .columns([T::NeedId, T::OfferId, T::Side])
        .filter(T::ToldAt.is_null())
        .filter(Expr::exists(strong_pair::<Pair>(matcher)).not())
        .filter(Expr::exists(strong_pair::<ExpertPair>(matcher)).not())
        .limit(WAITING)
        .into_tuple()
        .all(matcher.listings().store.db())
        .await?;
    Ok(rows)
}

/// The strong pair of what waits, if it is there.
fn strong_pair<P: Stored>(matcher: &Matcher) -> SelectStatement {
    let waits = |column: told::Column| (told::Entity, column);
    Query::select()
        .expr(Expr::value(1))
        .from(EntityName::table_ref(&P::Table::default()))
        .and_where(Expr::col(P::NEED.as_column_ref()).equals(waits(told::Column::NeedId)))
        .and_where(Expr::col(P::OTHER.as_column_ref()).equals(waits(told::Column::OfferId)))
        .and_where(Expr::col(P::SCORE.as_column_ref()).gte(matcher.engine().weights().strong_ppm()))
        .take()
}
