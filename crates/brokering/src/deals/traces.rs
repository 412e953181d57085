//! What the side that takes left in a deal: whatever it wrote, offered, noted or handed in. Who takes its place would read all of it,
//! so the seeker of such a deal stays who it is (`people`).

use std::collections::BTreeSet;

use base::{AccountId, PartyId, StaffRole};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect};
use store::StoreError;
use uuid::Uuid;

use super::rows::{document, meeting, message, milestone, offer, paper, record, report, task};
use super::{Deal, Side, Voice};

/// Whether the seeker's side left anything in a deal, taken back since or not.
pub(super) async fn has_left_something(db: &impl ConnectionTrait, deal: &Deal) -> Result<bool, StoreError> {
    Ok(spoke(db, deal).await? || noted(db, deal).await?)
}

/// Whether something stands here in the seeker's voice; also what a broker offered for it.
async fn spoke(db: &impl ConnectionTrait, deal: &Deal) -> Result<bool, StoreError> {
    let (id, seeker) = (deal.id.0, Voice::Seeker.as_str());
    let messages = message::Entity::find().filter(message::Column::DealId.eq(id)).filter(message::Column::Side.eq(seeker));
    let offers = offer::Entity::find().filter(offer::Column::DealId.eq(id)).filter(offer::Column::Side.eq(seeker));
    let documents = document::Entity::find().filter(document::Column::DealId.eq(id)).filter(document::Column::Side.eq(seeker));
    Ok(messages.count(db).await? > 0 || offers.count(db).await? > 0 || documents.count(db).await? > 0)
}

/// Whether somebody of the seeker's noted something. Of milestones nobody keeps who set them: any is one of the seeker's.
async fn noted(db: &impl ConnectionTrait, deal: &Deal) -> Result<bool, StoreError> {
    if milestone::Entity::find().filter(milestone::Column::DealId.eq(deal.id.0)).count(db).await? > 0 {
        return Ok(true);
    }
    let noters = noters(db, deal.id.0).await?;
    if noters.is_empty() {
        return Ok(false);
    }
    let (owners, seekers) = (people_of(db, deal, Side::Owner).await?, people_of(db, deal, Side::Seeker).await?);
    let brokers = accounts::people::staff_with(db, StaffRole::Broker).await?;
    // Whoever is neither of the owner's nor a broker may have been of the seeker's and left.
    let is_others = |account: &AccountId| !seekers.contains(account) && (owners.contains(account) || brokers.contains(account));
    Ok(!noters.iter().all(is_others))
}

/// Everybody who noted something: tasks, meetings, papers, reports, and versions of the contract and the outcome.
async fn noters(db: &impl ConnectionTrait, deal: Uuid) -> Result<BTreeSet<AccountId>, StoreError> {
    macro_rules! by {
        ($table:ident, $column:ident) => {{
            let column = $table::Column::$column;
            let rows = $table::Entity::find().select_only().column(column).filter($table::Column::DealId.eq(deal));
            let rows: Vec<Uuid> = rows.filter(column.is_not_null()).distinct().into_tuple().all(db).await?;
            rows.into_iter().map(AccountId)
        }};
    }
    let mut all: BTreeSet<AccountId> = by!(task, CreatedBy).collect();
    all.extend(by!(meeting, NotedBy));
    all.extend(by!(paper, NotedBy));
    all.extend(by!(report, NotedBy));
    all.extend(by!(record, NotedBy));
    Ok(all)
}

/// The members of the parties on a side.
async fn people_of(db: &impl ConnectionTrait, deal: &Deal, side: Side) -> Result<BTreeSet<AccountId>, StoreError> {
    let parties: BTreeSet<PartyId> = deal.parties_of_sides().filter(|(of, _)| *of == side).map(|(_, party)| party).collect();
    let mut people = BTreeSet::new();
    for party in parties {
        people.extend(accounts::merging::members(db, party).await?);
    }
    Ok(people)
}
