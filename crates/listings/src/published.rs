//! A listing as others may see it: what search, matching, pages and feeds are made from.
//!
//! It carries the last *approved* content, never a pending revision, and no private term.

use base::{Code, Lang, ListingId, Localised, PartyId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::content::Content;
use crate::kind::Kind;

/// Who may see a published listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Everybody.
    Public,
    /// Whoever is signed in.
    Registered,
    /// Confirmed members of these parties, the owner's among them.
    Parties(Vec<PartyId>),
}

/// Where a listing came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Provenance {
    /// A code of `provenance`: manual, import or federated.
    pub origin: Code,
    /// The source's name, such as a data set's.
    pub source: Option<String>,
    /// The source's own id.
    pub external_id: Option<String>,
    /// The licence the source gave.
    pub licence: Option<String>,
}

/// The party a listing belongs to, as shown beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The party.
    pub id: PartyId,
    /// Its name.
    pub name: Localised,
    /// A code of `party_types`.
    pub party_type: Code,
    /// A code of `provinces`.
    pub province: Option<Code>,
    /// A code of `communes`.
    pub commune: Option<Code>,
    /// A code of `verification`.
    pub verification: Code,
}

/// A listing as others may see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    /// The listing.
    pub id: ListingId,
    /// Its kind.
    pub kind: Kind,
    /// Its readable code, such as `CN-2026-000123`.
    pub code: String,
    /// The readable piece of its address.
    pub slug: String,
    /// The version the public sees.
    pub version: u32,
    /// Changes with everything that changes how it is shown or found; never goes back.
    pub revision: i64,
    /// The owner. What outsiders may know of it is decided by [`Content::hides_party`].
    pub owner: Owner,
    /// The language it was written in first.
    pub source_lang: Lang,
    /// The approved content.
    pub content: Content,
    /// Who may see it.
    pub audience: Audience,
    /// First published.
    pub published_at: DateTime<Utc>,
    /// Last confirmed as still available.
    pub confirmed_at: DateTime<Utc>,
    /// When it ends unless confirmed.
    pub expires_at: DateTime<Utc>,
    /// How complete it is, 0 to 100.
    pub completeness: u8,
    /// Where it came from.
    pub provenance: Provenance,
}
