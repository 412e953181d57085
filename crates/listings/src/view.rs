//! One listing as a reader sees it: insiders and moderators the newest version with all about it, everybody else the
//! approved one and nothing besides.

use std::collections::HashMap;

use accounts::parties::PartyBrief;
use base::{AccountId, Actor, Code, Grant, Lang, ListingId, Localised, PartyId, Refused};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use store::StoreError;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::access::View;
use crate::completeness::{self, Completeness};
use crate::content::Content;
use crate::error::ListingError;
use crate::head::{Head, Outcome, Visibility, content_of, load, load_many, read_content};
use crate::lifecycle::owner_steps;
use crate::published::Provenance;
use crate::rows::{slug, version};
use crate::state::{Move, Revision, Status};
use crate::{Kind, Listings};

/// The party beside a listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwnerView {
    /// The party; none where the seeker is not named.
    pub id: Option<PartyId>,
    /// The readable piece of its address.
    pub slug: Option<String>,
    /// Its name.
    pub name: Option<Localised>,
    /// A code of `party_types`.
    pub party_type: Option<Code>,
    /// A code of `provinces`.
    pub province: Option<Code>,
    /// A code of `verification`.
    pub verification: Option<Code>,
}

/// A listing as a reader sees it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ListingView {
    /// The listing.
    pub id: ListingId,
    /// Its kind.
    pub kind: Kind,
    /// Its readable code.
    pub code: String,
    /// Its title in the reader's language.
    pub title: String,
    /// Its page.
    pub url: String,
    /// Where it stands.
    pub status: Status,
    /// Where it came from.
    pub provenance: Provenance,
    /// Whose it is.
    pub party: OwnerView,
    /// The language it was written in first.
    pub source_lang: Lang,
    /// Languages whose text is older than the source text it translates.
    pub stale_languages: Vec<Lang>,
    /// The version of the content shown.
    pub content_version: i64,
    /// What it says.
    #[schema(value_type = Object)]
    pub content: serde_json::Value,
    /// First published.
    pub published_at: Option<DateTime<Utc>>,
    /// Last confirmed.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// Ends unless confirmed.
    pub expires_at: Option<DateTime<Utc>>,
    /// What only its members and staff see.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inside: Option<Inside>,
    /// The typed content, for pages.
    #[serde(skip)]
    #[schema(ignore)]
    pub typed: Content,
    /// Counts every change: the ETag of insiders.
    #[serde(skip)]
    #[schema(ignore)]
    pub version: i64,
}

/// What only members and staff see of a listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Inside {
    /// The ETag of the listing.
    pub version: i64,
    /// Where the pending revision stands.
    pub revision: Revision,
    /// The version the public sees.
    pub public_version: Option<i64>,
    /// The newest version.
    pub head_version: i64,
    /// Who may see it once published.
    pub visibility: Visibility,
    /// The parties it is shown to.
    pub invited: Vec<PartyId>,
    /// How complete it is.
    pub completeness: Completeness,
    /// The steps its owner has.
    pub steps: Vec<Move>,
    /// Whom members may ask.
    pub contact: Option<AccountId>,
    /// Who of the staff looks after it.
    pub responsible: Option<AccountId>,
    /// When something must happen next.
    pub next_action_on: Option<NaiveDate>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Last submitted.
    pub submitted_at: Option<DateTime<Utc>>,
}

/// Shows one listing of a kind.
///
/// # Errors
/// [`ListingError::Refused`] hidden if it is not there, not of this kind, or not for this reader.
pub async fn show(listings: &Listings, actor: &Actor, kind: Kind, id: ListingId) -> Result<ListingView, ListingError> {
    shown(listings, actor, kind, id, false).await
}

/// The version that this reader reads, as outsiders will read it once it is public: cut for them, without what its members
/// know. For everybody else the same as [`show`].
///
/// # Errors
/// As [`show`].
pub async fn preview(listings: &Listings, actor: &Actor, kind: Kind, id: ListingId) -> Result<ListingView, ListingError> {
    shown(listings, actor, kind, id, true).await
}

async fn shown(listings: &Listings, actor: &Actor, kind: Kind, id: ListingId, is_preview: bool) -> Result<ListingView, ListingError> {
    let db = listings.store.db();
    let head = load(db, id).await?.filter(|h| h.kind == kind).ok_or(Refused::Hidden)?;
    let head = Grant::<View>::check(actor, head)?.into_object();
    let (inside, number) = version_for(actor, &head);
    let number = number.ok_or(Refused::Hidden)?;
    let content = content_of(db, kind, id.0, number).await?;
    let inside = inside && !is_preview;
    let content = if inside { content } else { content.for_outsiders() };
    let party = accounts::parties::load_many(db, &[head.party]).await?.into_iter().next();
    let party = party.ok_or_else(|| StoreError::corrupt("party", std::io::Error::other("it is missing")))?;
    view_of(actor, head, number, content, party, inside)
}

/// Whether somebody reads a listing from inside, and the version that they read.
fn version_for(actor: &Actor, head: &Head) -> (bool, Option<i64>) {
    let inside = head.is_insider(actor) || head.is_before_moderators(actor);
    // A pending revision is its authors' own until it is submitted.
    let unsent = head.state.revision == Revision::Draft && !head.is_insider(actor);
    (inside, if inside && !unsent { Some(head.head_version) } else { head.public_version })
}

/// A listing by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Titled {
    /// Its readable code.
    pub code: String,
    /// Its title, in the reader's language if it has one there; none where no version is for this reader yet.
    pub title: Option<String>,
    /// The language of the title.
    pub lang: Lang,
    /// Its page.
    pub url: String,
}

/// The names of many listings, each as [`show`] would tell it; those that the reader may not see are left out.
///
/// # Errors
/// If the database fails.
pub async fn titles(listings: &Listings, actor: &Actor, ids: &[ListingId]) -> Result<HashMap<ListingId, Titled>, ListingError> {
    let db = listings.store.db();
    let seen = load_many(db, ids).await?.into_iter().filter_map(|head| Grant::<View>::check(actor, head).ok().map(Grant::into_object));
    let heads: HashMap<Uuid, Head> = seen.map(|head| (head.id.0, head)).collect();
    let wanted: Vec<(Uuid, i64)> = heads.iter().filter_map(|(id, head)| Some((*id, version_for(actor, head).1?))).collect();
    let mut titles: HashMap<ListingId, Titled> = HashMap::with_capacity(heads.len());
    for head in heads.values() {
        let (code, url) = (head.code.clone(), url(head.kind, &head.slug));
        titles.insert(head.id, Titled { code, title: None, lang: head.source_lang, url });
    }
    for chunk in wanted.chunks(200) {
        let mut these = Condition::any();
        for (id, number) in chunk {
            these = these.add(Condition::all().add(version::Column::ListingId.eq(*id)).add(version::Column::Version.eq(*number)));
        }
        for row in version::Entity::find().filter(these).all(db).await? {
            let Some(head) = heads.get(&row.listing_id) else { continue };
            let content = read_content(head.kind, &row)?;
            if let Some(titled) = titles.get_mut(&head.id) {
                titled.title = content.title().best(actor.lang).map(str::to_owned);
                titled.lang = content.title().spoken(actor.lang);
            }
        }
    }
    Ok(titles)
}

/// The kind of a listing, for the space's own work.
///
/// # Errors
/// If the database fails.
pub async fn kind_of(listings: &Listings, id: ListingId) -> Result<Option<Kind>, ListingError> {
    Ok(load(listings.store.db(), id).await?.map(|h| h.kind))
}

/// The listing behind an address, and the address it has now: an old one redirects.
///
/// # Errors
/// If the database fails.
pub async fn find_slug(listings: &Listings, kind: Kind, text: &str) -> Result<Option<ListingId>, ListingError> {
    let row = slug::Entity::find()
        .filter(slug::Column::Kind.eq(kind.as_str()))
        .filter(slug::Column::Slug.eq(text))
        .one(listings.store.db())
        .await?;
    Ok(row.map(|r| ListingId(r.listing_id)))
}

fn view_of(actor: &Actor, head: Head, number: i64, content: Content, party: PartyBrief, inside: bool) -> Result<ListingView, ListingError> {
    let json = content.to_json().and_then(|j| serde_json::from_str(&j)).map_err(|e| StoreError::corrupt("content", e))?;
    let stale: std::collections::BTreeSet<Lang> =
        content.texts().iter().flat_map(|t| t.text.stale(head.source_lang).collect::<Vec<_>>()).collect();
    let inside = inside.then(|| Inside {
        version: head.version,
        revision: head.state.revision,
        public_version: head.public_version,
        head_version: head.head_version,
        visibility: head.visibility,
        invited: head.invited.clone(),
        completeness: completeness::of(&content, head.source_lang),
        steps: owner_steps(&head),
        contact: head.contact,
        responsible: head.responsible,
        next_action_on: head.next_action_on,
        outcome: head.outcome.clone(),
        submitted_at: head.submitted_at,
    });
    Ok(ListingView {
        party: owner(&content, &party, inside.is_some()),
        title: content.title().best(actor.lang).unwrap_or_default().to_owned(),
        url: url(head.kind, &head.slug),
        id: head.id,
        kind: head.kind,
        code: head.code,
        status: head.state.status,
        provenance: if inside.is_some() { head.provenance } else { head.provenance.for_outsiders(&content) },
        source_lang: head.source_lang,
        stale_languages: stale.into_iter().collect(),
        content_version: number,
        content: json,
        published_at: head.published_at,
        confirmed_at: head.confirmed_at,
        expires_at: head.expires_at,
        inside,
        typed: content,
        version: head.version,
    })
}

/// The page of a listing.
#[must_use]
pub fn url(kind: Kind, slug: &str) -> String {
    format!("/{}/{slug}", kind.path())
}

/// What a reader may know of the party: of a seeker who is not named, the sort and the place, or nothing.
pub(crate) fn owner(content: &Content, party: &PartyBrief, inside: bool) -> OwnerView {
    let named = inside || !content.hides_party();
    let placed = inside || !content.hides_place();
    OwnerView {
        id: named.then_some(party.id),
        slug: named.then(|| party.slug.clone()),
        name: named.then(|| party.names.clone()),
        party_type: placed.then(|| party.party_type.clone()),
        province: placed.then(|| party.province.clone()).flatten(),
        verification: named.then(|| party.verification.clone()),
    }
}
