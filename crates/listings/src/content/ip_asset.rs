//! An intellectual property asset. The content of a trade secret is never stored: title and effect only.

use base::text::LocalisedList;
use base::{Code, ListingId, Localised};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::shared::Share;
use super::{TextField, TextRole, field};

/// What is said about an IP asset. Limits are in characters after NFC, per language.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct IpAsset {
    /// A code of `ip_kinds`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_kind: Option<Code>,
    /// The title or the mark; at most 256 characters.
    pub title: Localised,
    /// The abstract, or the effect of a trade secret; at most 2,000 characters.
    #[serde(rename = "abstract")]
    pub summary: Localised,
    /// A code of `ip_status`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Code>,
    /// The day on which the status was so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_as_of: Option<NaiveDate>,
    /// From where the status is known, such as a register or gazette; at most 256 characters.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub status_source: String,
    /// Where it is in force: two letters each, such as the codes of `countries`; `WO` for the world.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub territory: Vec<Code>,
    /// Who holds it; the shares make 10,000 bp.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub holders: Vec<Share>,
    /// Who made it, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub creators: Vec<String>,
    /// The application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<OfficeNumber>,
    /// The publication of the application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publication: Option<OfficeNumber>,
    /// The title of protection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant: Option<OfficeNumber>,
    /// The earliest priority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// A code of `ip_routes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<Code>,
    /// The last day of protection, fees and renewals aside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_on: Option<NaiveDate>,
    /// A code of `fields`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<Code>,
    /// At most five words, per language.
    #[serde(skip_serializing_if = "LocalisedList::is_empty")]
    pub keywords: LocalisedList,
    /// International patent classes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ipc: Vec<Code>,
    /// Cooperative patent classes, such as `A23N 5/01` or `Y02P 60/80`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cpc: Vec<Code>,
    /// Nice classes of goods and services, 1 to 45.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nice: Vec<u8>,
    /// Locarno classes of designs, such as `09-01`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locarno: Vec<Code>,
    /// Vienna classes of figurative elements, such as `5.7.6`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vienna: Vec<Code>,
    /// The representative before the office; at most 256 characters.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub representative: String,
    /// Other numbers of the same family.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub family: Vec<String>,
    /// Pledges, licences given, disputes; at most 1,000 characters.
    #[serde(skip_serializing_if = "Localised::is_empty")]
    pub encumbrances: Localised,
    /// Codes of `availability`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub availability: Vec<Code>,
    /// The technologies it protects.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub technologies: Vec<ListingId>,
    /// The products it stands on.
    #[serde(skip_serializing_if = "LocalisedList::is_empty")]
    pub products: LocalisedList,
}

/// A number an office gave, as it is written there, and its day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OfficeNumber {
    /// As written, such as `1-2019-01234`; found however it is typed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub number: String,
    /// Its day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<NaiveDate>,
}

/// The application abroad or at home that a later one goes back to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Priority {
    /// Its number.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub number: String,
    /// Its day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<NaiveDate>,
    /// Two letters, such as a code of `countries`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<Code>,
}

impl IpAsset {
    /// The status in the words of `ipr_status`, for the one facet that technologies and IP assets share.
    #[must_use]
    pub fn ipr_status(&self) -> Option<&'static str> {
        let kind = self.ip_kind.as_ref().map(Code::as_str);
        match (self.status.as_ref().map(Code::as_str)?, kind) {
            (_, Some("trade_secret")) => Some("secret_know_how"),
            ("granted" | "transferred", _) => Some("granted"),
            ("filed" | "formality" | "published" | "examination", _) => Some("applied_not_granted"),
            ("draft", _) => Some("none_applied"),
            _ => None,
        }
    }

    pub(super) fn texts(&self) -> Vec<TextField<'_>> {
        vec![
            field("/title", &self.title, 256, TextRole::Title),
            field("/abstract", &self.summary, 2_000, TextRole::Summary),
            field("/encumbrances", &self.encumbrances, 1_000, TextRole::Other),
        ]
    }

    pub(super) fn texts_mut(&mut self) -> Vec<&mut Localised> {
        vec![&mut self.title, &mut self.summary, &mut self.encumbrances]
    }
}
