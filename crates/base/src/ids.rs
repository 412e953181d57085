//! One id type per kind of thing, so that a party's id cannot stand where an account's is asked for.
//!
//! All are UUIDv7: they sort by time and may be shown. None is ever a secret.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta] $name:ident),+ $(,)?) => {$(
        #[$doc]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(s).map(Self)
            }
        }
        impl From<$name> for Uuid {
            fn from(id: $name) -> Uuid {
                id.0
            }
        }
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                uuid_schema()
            }
        }
        impl utoipa::ToSchema for $name {}
    )+};
}

id! {
    /// A person who can sign in.
    AccountId,
    /// Who offers, seeks or acts.
    PartyId,
    /// What a person says of themselves as an expert.
    ExpertId,
    /// An account's place in a party.
    MembershipId,
    /// A technology, an IP asset or a need.
    ListingId,
    /// One moderator's look at one submitted version.
    ReviewId,
    /// A sign-in on one device.
    SessionId,
    /// A key for a program.
    TokenId,
    /// One run of reading a file of listings.
    ImportId,
    /// What somebody is told.
    NoticeId,
    /// Somebody's interest in a listing.
    InterestId,
    /// A transfer in the making.
    DealId,
    /// A success story of a deal.
    StoryId,
    /// Something confidential opened to one person.
    DisclosureId,
    /// A confidential file.
    ConfidentialFileId,
    /// One look at something confidential.
    DisclosureViewId,
    /// A search that somebody keeps.
    SavedSearchId,
    /// Work to be done after the request.
    JobId,
}

fn uuid_schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
    use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
    ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid))).into()
}
