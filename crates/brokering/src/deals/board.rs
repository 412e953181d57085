//! The board of a broker or of the whole house: the open deals by stage, in each what is overdue first.

use base::{AccountId, Actor, Refused};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{EntityTrait, FromQueryResult, QueryFilter, QuerySelect};
use serde::Serialize;
use utoipa::ToSchema;

use super::list::{DealRow, Filter, page, wanted};
use super::rows::deal;
use crate::access::{brokers_deals, manages_deals};
use crate::{Brokering, BrokeringError};

/// Deals shown in one column at most; the list of the stage has the others.
const COLUMN_MAX: u64 = 10;
/// Deals shown on the whole board at most: it is one page, however many stages deals stand in.
const BOARD_MAX: u64 = 50;

/// A stage with the deals that stand in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Column {
    /// The stage.
    pub stage: String,
    /// Its name in the reader's language.
    pub name: String,
    /// How many deals stand in it.
    pub total: u64,
    /// The first of them, at most 10 and what is overdue first; fewer the more stages deals stand in.
    pub items: Vec<DealRow>,
}

#[derive(FromQueryResult)]
struct Counted {
    stage: String,
    count: i64,
}

/// The board: of one broker, or of all that the reader may see.
///
/// # Errors
/// [`BrokeringError::Refused`] for whoever neither brokers deals nor manages them.
pub async fn board(brokering: &Brokering, actor: &Actor, broker: Option<AccountId>) -> Result<Vec<Column>, BrokeringError> {
    if !actor.is_system() {
        actor.signed_in()?;
    }
    if !brokers_deals(actor) && !manages_deals(actor) {
        return Err(Refused::Forbidden { action: "deal.board" }.into());
    }
    let today = brokering.store.clock().today();
    // A broker may be a member of a party as well; the board is of their work.
    let broker = if manages_deals(actor) { broker } else { actor.account() };
    let filter = |stage: Option<String>| Filter { stage, broker, ..Filter::default() };
    let counted = deal::Entity::find()
        .select_only()
        .column(deal::Column::Stage)
        .column_as(Expr::col(deal::Column::Id).count(), "count")
        .filter(wanted(actor, &filter(None), today))
        .group_by(deal::Column::Stage)
        .into_model::<Counted>()
        .all(brokering.store.db())
        .await?;
    let shown = BOARD_MAX.checked_div(counted.len() as u64).unwrap_or(COLUMN_MAX).clamp(1, COLUMN_MAX);
    let mut columns = Vec::new();
    for stage in brokering.pipelines.all_stages().into_iter().filter(|s| s.ends.is_none()) {
        let total = counted.iter().find(|c| c.stage == stage.code).map_or(0, |c| u64::try_from(c.count).unwrap_or_default());
        let items = if total == 0 {
            Vec::new()
        } else {
            let here = wanted(actor, &filter(Some(stage.code.clone())), today);
            page(brokering, actor, here, false, None, shown).await?
        };
        columns.push(Column { stage: stage.code.clone(), name: stage.name(actor.lang).to_owned(), total, items });
    }
    Ok(columns)
}
