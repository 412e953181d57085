//! A need: a problem in the seeker's words and the result wanted, with figures.
//!
//! The budget and how staff heard of it are private terms, not content.

use base::text::LocalisedList;
use base::{Code, Localised};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{TextField, TextRole, field};

/// What is said about a need. Limits are in characters after NFC, per language.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Need {
    /// At most 256 characters.
    pub title: Localised,
    /// The problem in the seeker's words; at most 4,000 characters.
    pub problem: Localised,
    /// The result wanted, with figures.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<Target>,
    /// A code of `fields`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<Code>,
    /// One to five words, per language.
    pub keywords: LocalisedList,
    /// Codes of `cooperation`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cooperation: Vec<Code>,
    /// Codes of `party_types`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub partner_types: Vec<Code>,
    /// A code of `anonymity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anonymity: Option<Code>,
    /// The least readiness level that will do, 1 to 9.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trl_min: Option<u8>,
    /// What must be kept to; at most 2,000 characters.
    #[serde(skip_serializing_if = "Localised::is_empty")]
    pub constraints: Localised,
    /// By when a solution is wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<NaiveDate>,
    /// A code of `urgency`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub urgency: Option<Code>,
    /// Money from elsewhere; at most 1,000 characters.
    #[serde(skip_serializing_if = "Localised::is_empty")]
    pub co_funding: Localised,
    /// What was tried already; at most 2,000 characters.
    #[serde(skip_serializing_if = "Localised::is_empty")]
    pub already_tried: Localised,
    /// Standards a solution must meet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub standards: Vec<String>,
    /// Solutions that will not do; at most 1,000 characters.
    #[serde(skip_serializing_if = "Localised::is_empty")]
    pub excluded_solutions: Localised,
    /// Machines, people and skills there are; at most 1,000 characters.
    #[serde(skip_serializing_if = "Localised::is_empty")]
    pub absorptive_capacity: Localised,
    /// The province it is in, a code of `provinces`; where the party is, if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub province: Option<Code>,
    /// Right sought, a code of `rights`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub right_sought: Option<Code>,
    /// Exclusivity sought, a code of `exclusivity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclusivity_sought: Option<Code>,
}

/// Whether a figure is to be reached from below, kept under, or met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// More is better.
    #[default]
    AtLeast,
    /// Less is better.
    AtMost,
    /// Just this.
    Equal,
}

/// Whether a target decides or only counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetPriority {
    /// A solution that is known not to reach it is none.
    Must,
    /// Better if reached.
    #[default]
    Nice,
}

/// One result wanted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Target {
    /// What is measured; at most 200 characters.
    pub metric: Localised,
    /// The figure today.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub today: Option<f64>,
    /// The figure wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<f64>,
    /// The unit of both.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// Reached from below, kept under, or met.
    pub direction: Direction,
    /// Decides, or only counts.
    pub priority: TargetPriority,
}

impl Need {
    pub(super) fn texts(&self) -> Vec<TextField<'_>> {
        let mut all = vec![
            field("/title", &self.title, 256, TextRole::Title),
            field("/problem", &self.problem, 4_000, TextRole::Summary),
            field("/constraints", &self.constraints, 2_000, TextRole::Description),
            field("/co_funding", &self.co_funding, 1_000, TextRole::Other),
            field("/already_tried", &self.already_tried, 2_000, TextRole::Other),
            field("/excluded_solutions", &self.excluded_solutions, 1_000, TextRole::Other),
            field("/absorptive_capacity", &self.absorptive_capacity, 1_000, TextRole::Other),
        ];
        for (n, target) in self.targets.iter().enumerate() {
            all.push(field(format!("/targets/{n}/metric"), &target.metric, 200, TextRole::Advantage));
        }
        all
    }

    pub(super) fn texts_mut(&mut self) -> Vec<&mut Localised> {
        let mut all = vec![
            &mut self.title,
            &mut self.problem,
            &mut self.constraints,
            &mut self.co_funding,
            &mut self.already_tried,
            &mut self.excluded_solutions,
            &mut self.absorptive_capacity,
        ];
        all.extend(self.targets.iter_mut().map(|t| &mut t.metric));
        all
    }
}
