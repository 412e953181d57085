//! A technology on offer.

use base::text::LocalisedList;
use base::{Code, ListingId, Localised, MoneyRange};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::shared::{ListCheck, Publication, Reference, Share, StateFunding, Terms};
use super::{TextField, TextRole, field};

/// What is said about a technology. Limits are in characters after NFC, per language.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Technology {
    /// At most 256 characters.
    pub title: Localised,
    /// At most 500 characters.
    pub summary: Localised,
    /// The problem it solves; at most 2,000 characters.
    pub problem: Localised,
    /// How it works; at most 4,000 characters of Markdown.
    pub description: Localised,
    /// A code of `fields`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<Code>,
    /// Technology readiness level, 1 to 9.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trl: Option<u8>,
    /// What shows that level; at most 1,000 characters.
    #[serde(skip_serializing_if = "Localised::is_empty")]
    pub trl_evidence: Localised,
    /// A code of `ipr_status`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipr_status: Option<Code>,
    /// The IP assets that protect it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ip_assets: Vec<ListingId>,
    /// One to three codes of `cooperation`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cooperation: Vec<Code>,
    /// What the partner is to do; at most 2,000 characters.
    pub partner_role: Localised,
    /// Codes of `party_types`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub partner_types: Vec<Code>,
    /// One to five words on the technology, per language.
    pub keywords: LocalisedList,
    /// At most five words on the market, per language.
    #[serde(skip_serializing_if = "LocalisedList::is_empty")]
    pub market_keywords: LocalisedList,
    /// Who owns it; the shares make 10,000 bp.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<Share>,
    /// What it does better, each with figures.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub advantages: Vec<Advantage>,
    /// Why nothing has been measured yet, where there is no advantage with figures; at most 1,000 characters.
    #[serde(skip_serializing_if = "Localised::is_empty")]
    pub not_measured: Localised,
    /// Whether state money paid for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_funded: Option<bool>,
    /// The task it came from, where state money paid for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_funding: Option<StateFunding>,
    /// Encouraged, restricted or prohibited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list_check: Option<ListCheck>,
    /// The first day it was shown in public, which starts the novelty clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disclosed_on: Option<NaiveDate>,
    /// What it can be used for; at most 2,000 characters.
    #[serde(skip_serializing_if = "Localised::is_empty")]
    pub applications: Localised,
    /// Products and crops.
    #[serde(skip_serializing_if = "LocalisedList::is_empty")]
    pub products: LocalisedList,
    /// Capacity; at most 500 characters.
    #[serde(skip_serializing_if = "Localised::is_empty")]
    pub capacity: Localised,
    /// What it takes to set up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub investment: Option<MoneyRange>,
    /// What it costs to run for a year.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operating_cost_per_year: Option<MoneyRange>,
    /// Months until it has paid for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payback_months: Option<u32>,
    /// Inputs, energy, water; at most 1,000 characters.
    #[serde(skip_serializing_if = "Localised::is_empty")]
    pub inputs: Localised,
    /// Skills and infrastructure needed; at most 1,000 characters.
    #[serde(skip_serializing_if = "Localised::is_empty")]
    pub requirements: Localised,
    /// Effect on the environment; at most 1,000 characters.
    #[serde(skip_serializing_if = "Localised::is_empty")]
    pub environment: Localised,
    /// Standards it meets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub standards: Vec<String>,
    /// Where it already works.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<Reference>,
    /// Where it can be seen; at most 256 characters.
    #[serde(skip_serializing_if = "Localised::is_empty")]
    pub demonstration_site: Localised,
    /// An https address of a film.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub video: String,
    /// Limits and risks; at most 2,000 characters.
    #[serde(skip_serializing_if = "Localised::is_empty")]
    pub limitations: Localised,
    /// What else there is; at most 1,000 characters.
    #[serde(skip_serializing_if = "Localised::is_empty")]
    pub competing_solutions: Localised,
    /// Publications about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub publications: Vec<Publication>,
    /// International patent classes, such as `A23N` or `A23N 5/01`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ipc: Vec<Code>,
    /// Cooperative patent classes, such as `A23N 5/01` or `Y02P 60/80`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cpc: Vec<Code>,
    /// Codes of `vsic`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vsic: Vec<Code>,
    /// Codes of `sdg`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sdg: Vec<Code>,
    /// Codes of `support`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub support: Vec<Code>,
    /// The terms it is offered on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terms: Option<Terms>,
}

/// One thing a technology does better, with figures. "New" is no advantage; "drying time 14 h → 5 h at 60 °C" is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Advantage {
    /// What is measured; at most 200 characters.
    pub metric: Localised,
    /// Compared with what; at most 200 characters.
    #[serde(skip_serializing_if = "Localised::is_empty")]
    pub compared_with: Localised,
    /// The figure of what it is compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<f64>,
    /// The figure offered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offered: Option<f64>,
    /// The unit of both, such as `h`, `%`, `t/h`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// Who measured it, when; at most 500 characters.
    #[serde(skip_serializing_if = "Localised::is_empty")]
    pub evidence: Localised,
    /// Under which conditions; at most 500 characters.
    #[serde(skip_serializing_if = "Localised::is_empty")]
    pub conditions: Localised,
}

/// Applies one list of text fields to shared and mutable borrows alike, so that the two cannot differ.
macro_rules! texts {
    ($self:ident, $each:ident) => {
        $each!($self.title, "/title", 256, TextRole::Title);
        $each!($self.summary, "/summary", 500, TextRole::Summary);
        $each!($self.problem, "/problem", 2_000, TextRole::Description);
        $each!($self.description, "/description", 4_000, TextRole::Description);
        $each!($self.trl_evidence, "/trl_evidence", 1_000, TextRole::Other);
        $each!($self.partner_role, "/partner_role", 2_000, TextRole::Other);
        $each!($self.not_measured, "/not_measured", 1_000, TextRole::Other);
        $each!($self.applications, "/applications", 2_000, TextRole::Advantage);
        $each!($self.capacity, "/capacity", 500, TextRole::Other);
        $each!($self.inputs, "/inputs", 1_000, TextRole::Other);
        $each!($self.requirements, "/requirements", 1_000, TextRole::Other);
        $each!($self.environment, "/environment", 1_000, TextRole::Other);
        $each!($self.demonstration_site, "/demonstration_site", 256, TextRole::Other);
        $each!($self.limitations, "/limitations", 2_000, TextRole::Other);
        $each!($self.competing_solutions, "/competing_solutions", 1_000, TextRole::Other);
    };
}

impl Technology {
    pub(super) fn texts(&self) -> Vec<TextField<'_>> {
        let mut all = Vec::with_capacity(24);
        macro_rules! each {
            ($text:expr, $pointer:literal, $max:literal, $role:expr) => {
                all.push(field($pointer, &$text, $max, $role))
            };
        }
        texts!(self, each);
        for (n, advantage) in self.advantages.iter().enumerate() {
            let at = |name: &str| format!("/advantages/{n}/{name}");
            all.push(field(at("metric"), &advantage.metric, 200, TextRole::Advantage));
            all.push(field(at("compared_with"), &advantage.compared_with, 200, TextRole::Advantage));
            all.push(field(at("evidence"), &advantage.evidence, 500, TextRole::Other));
            all.push(field(at("conditions"), &advantage.conditions, 500, TextRole::Other));
        }
        for (n, reference) in self.references.iter().enumerate() {
            all.push(field(format!("/references/{n}/site"), &reference.site, 256, TextRole::Other));
        }
        if let Some(terms) = &self.terms {
            all.push(field("/terms/field_of_use", &terms.field_of_use, 1_000, TextRole::Other));
        }
        all
    }

    pub(super) fn texts_mut(&mut self) -> Vec<&mut Localised> {
        let mut all = Vec::with_capacity(24);
        macro_rules! each {
            ($text:expr, $pointer:literal, $max:literal, $role:expr) => {
                all.push(&mut $text)
            };
        }
        texts!(self, each);
        for advantage in &mut self.advantages {
            all.extend([&mut advantage.metric, &mut advantage.compared_with, &mut advantage.evidence, &mut advantage.conditions]);
        }
        all.extend(self.references.iter_mut().map(|r| &mut r.site));
        if let Some(terms) = &mut self.terms {
            all.push(&mut terms.field_of_use);
        }
        all
    }
}
