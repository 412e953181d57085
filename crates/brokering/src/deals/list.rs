//! Lists of deals: those of one's parties and those one brokers, or all for administrators; what is overdue first.

use std::collections::{HashMap, HashSet};

use base::{AccountId, Action, Actor, Code, Cursor, DealId, Hideable, Limit, ListingId, Page, PartyId, Refused, Scope};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, EntityTrait, Order, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use utoipa::ToSchema;

use super::objects::concerning;
use super::rows::{broker, deal, party};
use super::{NEVER, after};
use crate::access::{TakeDeal, brokers_deals, manages_deals};
use crate::pipelines::NextBy;
use crate::{Brokering, BrokeringError};

/// A deal in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DealRow {
    /// The deal.
    pub id: DealId,
    /// Its readable code.
    pub code: String,
    /// Its kind.
    pub kind: String,
    /// Its kind's name in the reader's language.
    pub kind_name: String,
    /// What it is about; none for a broker who finds it waiting and may not see its listing.
    pub title: Option<String>,
    /// Where it stands.
    pub stage: String,
    /// The stage's name in the reader's language.
    pub stage_name: String,
    /// Whether it goes on.
    pub is_open: bool,
    /// Why it was lost.
    pub lost_reason: Option<Code>,
    /// Who gives; none where the title is not told either.
    pub owner: Option<PartyId>,
    /// Who takes, if named; none where the title is not told, and of a need that does not name its party.
    pub seeker: Option<PartyId>,
    /// Whose move is next.
    pub next_by: NextBy,
    /// Since when it stands there.
    pub stage_since: DateTime<Utc>,
    /// By when something should move it on.
    pub due_on: Option<NaiveDate>,
    /// Whether that day is over.
    pub is_overdue: bool,
    /// Who brokers it.
    pub brokers: Vec<AccountId>,
    /// Its ETag.
    pub version: i64,
}

/// Which deals.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Those that ended instead of those that go on.
    pub ended: bool,
    /// In this stage.
    pub stage: Option<String>,
    /// Of this party.
    pub party: Option<PartyId>,
    /// Brokered by this account.
    pub broker: Option<AccountId>,
    /// That came from this listing or transfer it.
    pub listing: Option<ListingId>,
    /// Those whose day is over.
    pub overdue: bool,
    /// Those that nobody brokers; every broker finds them, so that one takes each.
    pub without_broker: bool,
    /// The other way round: what is due last comes first.
    pub latest_first: bool,
}

/// The deals that an actor may see.
pub(super) fn visible(actor: &Actor) -> Condition {
    if manages_deals(actor) {
        return Condition::all();
    }
    let mut mine = Condition::any();
    let parties: Vec<PartyId> = actor.memberships.iter().map(|m| m.party).collect();
    if !parties.is_empty() {
        mine = mine.add(deal::Column::Id.in_subquery(of_parties(&parties)));
    }
    if let Some(account) = actor.account().filter(|_| actor.is_staff(base::StaffRole::Broker)) {
        mine = mine.add(is_brokered_by(account));
    }
    if mine.is_empty() { Condition::all().add(Expr::val(1).eq(0)) } else { mine }
}

fn of_parties(parties: &[PartyId]) -> SelectStatement {
    Query::select()
        .column(party::Column::DealId)
        .from(party::Entity)
        .and_where(Expr::col(party::Column::PartyId).is_in(parties.iter().map(|p| p.0)))
        .and_where(Expr::col(party::Column::Role).ne("adviser"))
        .to_owned()
}

/// The deals that somebody brokers, as a query for their ids: for whoever wants all of them.
pub(super) fn of_broker(account: AccountId) -> SelectStatement {
    Query::select()
        .column(broker::Column::DealId)
        .from(broker::Entity)
        .and_where(Expr::col(broker::Column::AccountId).eq(account.0))
        .to_owned()
}

/// Whether somebody brokers a deal, asked of each by itself: a list goes by the order it is shown in and stops at its end,
/// where a set of ids would be gathered and sorted as a whole.
fn is_brokered_by(account: AccountId) -> SimpleExpr {
    let here = Query::select()
        .expr(Expr::val(1))
        .from(broker::Entity)
        .and_where(Expr::col((broker::Entity, broker::Column::DealId)).equals((deal::Entity, deal::Column::Id)))
        .and_where(Expr::col((broker::Entity, broker::Column::AccountId)).eq(account.0))
        .to_owned();
    Expr::exists(here)
}

/// Whether the filter leaves only what the actor brokers, which the actor sees without another question.
fn is_own_work(actor: &Actor, filter: &Filter) -> bool {
    filter.broker.is_some() && filter.broker == actor.account() && actor.is_staff(base::StaffRole::Broker)
}

/// Whether the filter leaves what nobody brokers: that is before every broker as long as it goes on, and no longer. Whose it is or
/// what it is about is not asked of those: the answer would tell it.
fn is_before_every_broker(actor: &Actor, filter: &Filter) -> bool {
    filter.without_broker && !filter.ended && filter.party.is_none() && filter.listing.is_none() && brokers_deals(actor)
}

/// The deals of a filter that an actor may see.
pub(super) fn wanted(actor: &Actor, filter: &Filter, today: NaiveDate) -> Condition {
    let mut all = Condition::all().add(deal::Column::IsOpen.eq(!filter.ended));
    if !is_before_every_broker(actor, filter) && !is_own_work(actor, filter) {
        all = all.add(visible(actor));
    }
    if filter.without_broker {
        let brokered = Query::select().column(broker::Column::DealId).from(broker::Entity).to_owned();
        all = all.add(deal::Column::Id.not_in_subquery(brokered));
    }
    if let Some(stage) = &filter.stage {
        all = all.add(deal::Column::Stage.eq(stage.as_str()));
    }
    if let Some(id) = filter.party {
        all = all.add(deal::Column::Id.in_subquery(of_parties(&[id])));
    }
    if let Some(account) = filter.broker {
        all = all.add(is_brokered_by(account));
    }
    if let Some(listing) = filter.listing {
        all = all.add(deal::Column::Id.in_subquery(concerning(listing)));
    }
    if filter.overdue {
        all = all.add(deal::Column::DueOn.lt(today));
    }
    all
}

/// One page of deals, what is due soonest first.
///
/// # Errors
/// [`BrokeringError::Refused`] for nobody; [`BrokeringError::Cursor`] for a cursor of another list.
pub async fn list(
    brokering: &Brokering,
    actor: &Actor,
    filter: &Filter,
    limit: Limit,
    cursor: Option<&str>,
) -> Result<Page<DealRow>, BrokeringError> {
    if !actor.is_system() {
        actor.signed_in()?;
    }
    if !actor.has_scope(Scope::Read) {
        return Ok(Page { items: Vec::new(), next: None, total: 0 });
    }
    let condition = wanted(actor, filter, brokering.store.clock().today());
    let total = deal::Entity::find().filter(condition.clone()).count(brokering.store.db()).await?;
    let from = after::<(NaiveDate, DealId)>(cursor)?;
    let mut items = page(brokering, actor, condition, filter.latest_first, from, limit.get() + 1).await?;
    let keep = usize::try_from(limit.get()).unwrap_or(usize::MAX);
    let more = items.len() > keep;
    items.truncate(keep);
    let last = items.last().map(|row| (row.due_on.unwrap_or(NEVER), row.id));
    if is_before_every_broker(actor, filter) {
        cut(brokering, actor, &mut items).await?;
    }
    Ok(Page { next: last.filter(|_| more).map(|key| Cursor::write(&key)), items, total })
}

/// A deal that nobody brokers, as a broker who may take it finds it in the list: nothing of its inside.
///
/// # Errors
/// [`BrokeringError::Refused`] for whoever brokers no deals; hidden if it has a broker, ended or is none.
pub async fn waiting(brokering: &Brokering, actor: &Actor, id: DealId) -> Result<DealRow, BrokeringError> {
    actor.signed_in()?;
    if !brokers_deals(actor) {
        return Err(Refused::Forbidden { action: TakeDeal::NAME }.into());
    }
    let filter = Filter { without_broker: true, ..Filter::default() };
    let condition = wanted(actor, &filter, brokering.store.clock().today()).add(deal::Column::Id.eq(id.0));
    let mut found = page(brokering, actor, condition, false, None, 1).await?;
    cut(brokering, actor, &mut found).await?;
    Ok(found.into_iter().next().ok_or(Refused::Hidden)?)
}

/// Leaves out of deals that an actor finds only since nobody brokers them what their listing does not tell this actor: of one that
/// they may not see, what the deal is about and who is in it; of a need that does not name its party, that party.
async fn cut(brokering: &Brokering, actor: &Actor, rows: &mut [DealRow]) -> Result<(), BrokeringError> {
    let db = brokering.store.db();
    let these =
        || deal::Entity::find().select_only().column(deal::Column::Id).filter(deal::Column::Id.is_in(rows.iter().map(|row| row.id.0)));
    let own: Vec<uuid::Uuid> = these().filter(visible(actor)).into_tuple().all(db).await?;
    let all: Vec<(uuid::Uuid, uuid::Uuid)> = these().column(deal::Column::ListingId).into_tuple().all(db).await?;
    let about: HashMap<uuid::Uuid, uuid::Uuid> = all.into_iter().filter(|(id, _)| !own.contains(id)).collect();
    let listings: Vec<ListingId> = about.values().map(|id| ListingId(*id)).collect();
    let heads = listings::lookup::heads(db, &listings).await?;
    let seen: HashSet<ListingId> = heads.into_iter().filter(|head| head.visible_to(actor)).map(|head| head.id).collect();
    let named = listings::lookup::named(db, &listings).await?;
    let hiding: HashMap<ListingId, PartyId> = named.into_iter().filter(|l| l.hides_party).map(|l| (l.id, l.party)).collect();
    for row in rows {
        let Some(listing) = about.get(&row.id.0).map(|id| ListingId(*id)) else { continue };
        if !seen.contains(&listing) {
            (row.title, row.owner, row.seeker) = (None, None, None);
        }
        row.seeker = row.seeker.filter(|seeker| hiding.get(&listing) != Some(seeker));
    }
    Ok(())
}

/// So many deals of a condition, from a place on.
pub(super) async fn page(
    brokering: &Brokering,
    actor: &Actor,
    condition: Condition,
    latest_first: bool,
    from: Option<(NaiveDate, DealId)>,
    count: u64,
) -> Result<Vec<DealRow>, BrokeringError> {
    let db = brokering.store.db();
    let mut query = deal::Entity::find().filter(condition);
    if let Some((day, id)) = from {
        let order = deal::Column::DueOn;
        let (beyond, same) =
            if latest_first { (order.lt(day), deal::Column::Id.lt(id.0)) } else { (order.gt(day), deal::Column::Id.gt(id.0)) };
        query = query.filter(Condition::any().add(beyond).add(Condition::all().add(order.eq(day)).add(same)));
    }
    let way = if latest_first { Order::Desc } else { Order::Asc };
    let rows = query.order_by(deal::Column::DueOn, way.clone()).order_by(deal::Column::Id, way).limit(count).all(db).await?;
    let ids: Vec<uuid::Uuid> = rows.iter().map(|r| r.id).collect();
    let mut brokers: HashMap<uuid::Uuid, Vec<AccountId>> = HashMap::new();
    for row in broker::Entity::find().filter(broker::Column::DealId.is_in(ids)).order_by_asc(broker::Column::AccountId).all(db).await? {
        brokers.entry(row.deal_id).or_default().push(AccountId(row.account_id));
    }
    let today = brokering.store.clock().today();
    Ok(rows.into_iter().map(|row| to_row(brokering, actor, row, &mut brokers, today)).collect())
}

fn to_row(
    brokering: &Brokering,
    actor: &Actor,
    row: deal::Model,
    brokers: &mut HashMap<uuid::Uuid, Vec<AccountId>>,
    today: NaiveDate,
) -> DealRow {
    let pipeline = brokering.pipelines.get(&row.kind, row.pipeline_version);
    let stage = pipeline.and_then(|p| p.stage(&row.stage));
    DealRow {
        id: DealId(row.id),
        kind_name: pipeline.map_or(row.kind.as_str(), |p| p.name(actor.lang)).to_owned(),
        stage_name: stage.map_or(row.stage.as_str(), |s| s.name(actor.lang)).to_owned(),
        next_by: stage.and_then(|s| s.next_by).unwrap_or(NextBy::Nobody),
        code: row.code,
        kind: row.kind,
        title: Some(row.title),
        stage: row.stage,
        is_open: row.is_open,
        lost_reason: row.lost_reason.map(Code),
        owner: Some(PartyId(row.owner_party_id)),
        seeker: row.seeker_party_id.map(PartyId),
        stage_since: row.stage_since,
        is_overdue: row.is_open && row.due_on < today,
        due_on: Some(row.due_on).filter(|day| *day != NEVER),
        brokers: brokers.remove(&row.id).unwrap_or_default(),
        version: row.version,
    }
}

#[cfg(test)]
mod tests {
    use base::{Capacity, Lang, Membership, PartyRole, StaffRole};
    use sea_orm::{ConnectionTrait, DbBackend, QueryTrait, Statement};
    use store::testing::TestStore;

    use super::*;

    fn person(staff: &[StaffRole], parties: usize) -> Actor {
        let membership = |n: usize| Membership { party: PartyId(uuid::Uuid::from_u128(n as u128)), roles: [PartyRole::Editor].into() };
        Actor {
            capacity: Capacity::Person(AccountId(uuid::Uuid::from_u128(7))),
            memberships: (0..parties).map(membership).collect(),
            staff: staff.iter().copied().collect(),
            scopes: Scope::ALL.iter().copied().collect(),
            ..Actor::anonymous(Lang::Vi)
        }
    }

    /// How SQLite would find a page of a list: its steps, each with the index it goes by.
    async fn plan(store: &TestStore, actor: &Actor, filter: &Filter) -> Vec<String> {
        let today = store.clock.today();
        let query = deal::Entity::find()
            .filter(wanted(actor, filter, today))
            .order_by_asc(deal::Column::DueOn)
            .order_by_asc(deal::Column::Id)
            .limit(21)
            .build(DbBackend::Sqlite);
        let explain = Statement { sql: format!("EXPLAIN QUERY PLAN {}", query.sql), ..query };
        let rows = store.store.db().query_all_raw(explain).await.unwrap();
        rows.iter().map(|row| row.try_get::<String>("", "detail").unwrap()).collect()
    }

    #[test]
    fn a_brokers_own_work_is_asked_for_once() {
        let own = Filter { broker: Some(AccountId(uuid::Uuid::from_u128(7))), ..Filter::default() };
        let asked = |actor: &Actor, filter: &Filter| {
            let today = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
            deal::Entity::find().filter(wanted(actor, filter, today)).build(DbBackend::Sqlite).sql.matches("deal_broker\".").count()
        };
        let broker = person(&[StaffRole::Broker], 1);
        let (once, both) =
            (asked(&broker, &own), asked(&broker, &Filter { broker: Some(AccountId(uuid::Uuid::from_u128(8))), ..own.clone() }));
        assert!(once > 0 && both > once, "{once} {both}");
        // Whoever is no broker any more reads nothing by having been one.
        let former = person(&[], 0);
        assert!(deal::Entity::find().filter(wanted(&former, &own, NaiveDate::MIN)).build(DbBackend::Sqlite).sql.contains("? = ?"));
    }

    #[tokio::test]
    async fn every_list_of_deals_goes_by_an_index() {
        let store = TestStore::sqlite().await.unwrap();
        let (broker, editor) = (person(&[StaffRole::Broker], 0), person(&[], 2));
        let administrator = person(&[StaffRole::Administrator], 0);
        let stage = || Filter { stage: Some("met".to_owned()), ..Filter::default() };
        let own = || Filter { broker: Some(AccountId(uuid::Uuid::from_u128(7))), ..stage() };
        let listing = Filter { listing: Some(ListingId(uuid::Uuid::from_u128(9))), ..Filter::default() };
        let late = Filter { overdue: true, ..Filter::default() };
        for (actor, filter, index) in [
            (&administrator, stage(), "deal_board"),
            (&administrator, Filter::default(), "deal_due"),
            (&administrator, late, "deal_due"),
            (&administrator, listing.clone(), "deal_listing"),
            (&administrator, listing, "deal_object_listing"),
            (&broker, stage(), "deal_board"),
            (&broker, Filter::default(), "deal_due"),
            (&broker, own(), "deal_board"),
            (&administrator, own(), "deal_board"),
            (&editor, Filter::default(), "deal_party_party"),
        ] {
            let steps = plan(&store, actor, &filter).await;
            assert!(steps.iter().any(|s| s.contains(index)), "{index}: {steps:#?}");
            assert!(!steps.iter().any(|s| s.trim() == "SCAN deal" || s.starts_with("SCAN deal_")), "{steps:#?}");
            // What everybody's deals and a broker's are read by is in order already.
            if !actor.staff.is_empty() && !index.ends_with("listing") {
                assert!(!steps.iter().any(|s| s.contains("TEMP B-TREE")), "{steps:#?}");
            }
        }
    }
}
