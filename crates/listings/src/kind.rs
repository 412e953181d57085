//! The three kinds of listing.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a listing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ListingKind)]
pub enum Kind {
    /// A technology on offer.
    Technology,
    /// An intellectual property asset.
    IpAsset,
    /// A need.
    Need,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Technology, Self::IpAsset, Self::Need];

    /// The word used in the database and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Technology => "technology",
            Self::IpAsset => "ip_asset",
            Self::Need => "need",
        }
    }

    /// The piece of an address, as in `/technologies/…`.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Technology => "technologies",
            Self::IpAsset => "ip-assets",
            Self::Need => "needs",
        }
    }

    /// The letters of its readable codes: công nghệ, tài sản trí tuệ, nhu cầu.
    #[must_use]
    pub fn code_prefix(self) -> &'static str {
        match self {
            Self::Technology => "CN",
            Self::IpAsset => "TS",
            Self::Need => "NC",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The word names no kind of listing.
#[derive(Debug, thiserror::Error)]
#[error("not a kind of listing: technology, ip_asset or need")]
pub struct UnknownKind;

impl FromStr for Kind {
    type Err = UnknownKind;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|k| k.as_str() == s).ok_or(UnknownKind)
    }
}
