//! Pieces that more than one kind of listing has.

use base::{Code, Localised, MoneyRange, PartyId};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who holds how much: a party of the space or a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Share {
    /// A party of the space.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
    /// A name, where the holder is no party of the space; at most 256 characters.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Share in basis points: 10,000 bp is the whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share_bp: Option<u32>,
    /// Why this share, a code of `share_basis`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<Code>,
}

/// What is known when a technology was paid for by the state (Law 93/2025; Law 07/2017, Article 44.2a).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StateFunding {
    /// The code of the S&T task.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub task_code: String,
    /// The day the result was accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted_on: Option<NaiveDate>,
    /// The decision that names the right holder: number and date.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub right_holder_decision: String,
}

/// The look into the lists of encouraged, restricted and prohibited technologies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ListCheck {
    /// A code of `transfer_lists`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Code>,
    /// Which edition of the lists, such as `76/2018`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub list_version: String,
    /// When somebody looked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked_on: Option<NaiveDate>,
}

/// The terms a technology is offered on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Terms {
    /// A code of `rights`: ownership, or the right to use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub right: Option<Code>,
    /// A code of `exclusivity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclusivity: Option<Code>,
    /// Whether the partner may license on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sublicence: Option<bool>,
    /// For which uses; at most 1,000 characters.
    #[serde(skip_serializing_if = "Localised::is_empty")]
    pub field_of_use: Localised,
    /// Where: two letters each, such as the codes of `countries`; `WO` for the world.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub territory: Vec<Code>,
    /// For how many months; none means as long as the right lasts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub term_months: Option<u32>,
    /// Codes of `payment`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub payment: Vec<Code>,
    /// What it costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
}

/// A price as the owner wants it shown. A price of kind `hidden` has no amounts here; a floor that only staff and
/// members may know is a private term.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// A code of `price_kinds`.
    pub kind: Code,
    /// The amounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<MoneyRange>,
}

/// Where it already works.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Reference {
    /// The place or user; at most 256 characters.
    pub site: Localised,
    /// Since which year.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since_year: Option<u16>,
}

/// A publication about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Publication {
    /// Its title; at most 512 characters.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Its DOI, such as `10.1000/182`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub doi: String,
}
