//! What only members and staff may know of a listing. Its own table and type, with no way into content, index, event,
//! public view or export.

use base::{Code, Faults, Money, MoneyRange, Vocabularies};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The private terms of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PrivateTerms {
    /// What a seeker can spend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<MoneyRange>,
    /// The least an owner accepts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floor_price: Option<Money>,
    /// How staff heard of a need.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intake: Option<Intake>,
    /// A note among members and staff; at most 2,000 characters.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// How staff heard of a need, and that its owner agreed to its being recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Intake {
    /// A code of `intake_channels`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Code>,
    /// The day on which staff heard of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heard_on: Option<NaiveDate>,
    /// Who recorded it; at most 256 characters.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub by: String,
    /// Whom to ask at the party, and how to reach them; at most 256 characters.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub contact: String,
    /// Who agreed to its being recorded; at most 256 characters.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub consent_by: String,
    /// The day the owner agreed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent_on: Option<NaiveDate>,
}

impl PrivateTerms {
    /// What is wrong with them.
    #[must_use]
    pub fn check(&self, vocabularies: &Vocabularies, today: NaiveDate) -> Faults {
        let mut faults = Faults::new();
        if let Some(budget) = &self.budget {
            budget.check("/budget", &mut faults);
        }
        if let Some(price) = &self.floor_price {
            price.check("/floor_price", &mut faults);
        }
        if let Some(intake) = &self.intake {
            if let Some(channel) = &intake.channel {
                vocabularies.check("intake_channels", channel, today, "/intake/channel", &mut faults);
            }
            for (at, day) in [("/intake/heard_on", intake.heard_on), ("/intake/consent_on", intake.consent_on)] {
                if day.is_some_and(|d| d > today) {
                    faults.add(at, "future_date");
                }
            }
            for (at, text) in [("/intake/by", &intake.by), ("/intake/contact", &intake.contact), ("/intake/consent_by", &intake.consent_by)]
            {
                let length = text.chars().count();
                if length > 256 {
                    faults.add_with(at, "too_long", &[("max", "256"), ("length", &length.to_string())]);
                }
            }
        }
        let length = self.note.chars().count();
        if length > 2_000 {
            faults.add_with("/note", "too_long", &[("max", "2000"), ("length", &length.to_string())]);
        }
        faults
    }
}
