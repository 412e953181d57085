//! A listing as those who deal about it know it: its approved title, whose it is, who of the staff looks after it.
//!
//! What outsiders may know of the party is in [`ListingBrief::owner`]; the party itself is for whoever decides and
//! never for an answer. Not here: the content (`view`, `published`).

use accounts::parties::PartyBrief;
use base::{AccountId, Actor, Code, ListingId, Localised, PartyId, Refused};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};
use store::StoreError;

use crate::Kind;
use crate::error::ListingError;
use crate::head::{load, read_content};
use crate::rows::{listing, version};
use crate::state::Status;
use crate::view::{OwnerView, owner, url};

/// What those who deal about a listing know of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ListingBrief {
    /// The listing.
    pub id: ListingId,
    /// Its kind.
    pub kind: Kind,
    /// Its readable code.
    pub code: String,
    /// Its page.
    pub url: String,
    /// Its title, as it was last approved.
    pub title: Localised,
    /// Its field of science and technology, as it was last approved.
    pub field: Option<Code>,
    /// What kind of right it is where it is an IP asset, a code of `ip_kinds`, as it was last approved.
    pub ip_kind: Option<Code>,
    /// Whose it is. Never shown where [`Self::hides_party`] holds.
    pub party: PartyId,
    /// Whether outsiders are not told whose it is.
    pub hides_party: bool,
    /// Whose it is, as outsiders may know it.
    pub owner: OwnerView,
    /// Who of the staff looks after it.
    pub responsible: Option<AccountId>,
    /// Whether it is published now.
    pub is_published: bool,
}

/// A published listing of this kind that the actor may see, to deal about it. On a transaction it is read with the
/// transaction's eyes.
///
/// # Errors
/// [`ListingError::Refused`] hidden for everything else.
pub async fn open_to(db: &impl ConnectionTrait, actor: &Actor, kind: Kind, id: ListingId) -> Result<ListingBrief, ListingError> {
    let head = load(db, id).await?.filter(|h| h.kind == kind && h.state.status == Status::Published).ok_or(Refused::Hidden)?;
    if !head.is_insider(actor) && !head.is_before_moderators(actor) && !head.is_out_for(actor) {
        return Err(Refused::Hidden.into());
    }
    load_many(db, &[id]).await?.pop().ok_or_else(|| Refused::Hidden.into())
}

/// Listings that were published once, in no order, whatever became of them. For whoever dealt about them already.
///
/// # Errors
/// If the database fails.
pub async fn load_many(db: &impl ConnectionTrait, ids: &[ListingId]) -> Result<Vec<ListingBrief>, StoreError> {
    let mut all = Vec::with_capacity(ids.len());
    // Below either engine's limit of parameters.
    for chunk in ids.chunks(250) {
        let rows = listing::Entity::find().filter(listing::Column::Id.is_in(chunk.iter().map(|id| id.0))).all(db).await?;
        let approved = rows.iter().filter_map(|row| row.public_version.map(|number| (row.id, number)));
        let approved = approved.fold(Condition::any(), |any, (id, number)| {
            any.add(Condition::all().add(version::Column::ListingId.eq(id)).add(version::Column::Version.eq(number)))
        });
        if approved.is_empty() {
            continue;
        }
        let versions = version::Entity::find().filter(approved).all(db).await?;
        let parties: Vec<PartyId> = rows.iter().map(|row| PartyId(row.party_id)).collect();
        let parties = accounts::parties::load_many(db, &parties).await?;
        for row in rows {
            let version = versions.iter().find(|v| v.listing_id == row.id);
            let party = parties.iter().find(|p| p.id.0 == row.party_id);
            if let (Some(version), Some(party)) = (version, party) {
                all.push(brief(row, version, party)?);
            }
        }
    }
    Ok(all)
}

fn brief(row: listing::Model, version: &version::Model, party: &PartyBrief) -> Result<ListingBrief, StoreError> {
    let kind: Kind = row.kind.parse().map_err(|e| StoreError::corrupt("listing", e))?;
    let content = read_content(kind, version)?;
    Ok(ListingBrief {
        id: base::ListingId(row.id),
        kind,
        url: url(kind, &row.slug),
        title: content.title().clone(),
        field: content.field().cloned(),
        ip_kind: content.ip_kind().cloned(),
        party: party.id,
        hides_party: content.hides_party(),
        owner: owner(&content, party, false),
        responsible: row.responsible_id.map(AccountId),
        is_published: row.status == Status::Published.as_str(),
        code: row.code,
    })
}
