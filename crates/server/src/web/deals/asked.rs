//! What the pages of a deal's parts ask for, as data. The names of the inputs are places in the body that the API takes, so one
//! way serves all parts (`parts`).

use super::super::fields::{Field, Input};
use super::objects;

const MILESTONES: [Field; 3] = [
    Field::new("/title", "deal-field-title", Input::Plain(256)),
    Field::new("/amount", "deal-field-amount", Input::Amount),
    Field::new("/due_on", "deal-field-due", Input::Day),
];
/// The terms of an offer: every one there is, for what is agreed to is what stands in the table, and a counter-offer takes over
/// what its form does not ask for.
pub(super) const OFFER: [Field; 15] = [
    Field::new("/terms/right", "deal-field-right", Input::Code("rights")),
    Field::new("/terms/exclusivity", "deal-field-exclusivity", Input::Code("exclusivity")),
    Field::new("/terms/sublicence", "deal-field-sublicence", Input::Flag),
    Field::new("/terms/field_of_use", "deal-field-use", Input::Passage(1_000, 3)),
    Field::new("/terms/territory", "deal-field-territory", Input::Places("countries")),
    Field::new("/terms/term_months", "deal-field-months", Input::Whole),
    Field::new("/terms/payment", "deal-field-payment", Input::Codes("payment")),
    Field::new("/terms/lump_sum", "deal-field-lump-sum", Input::Amount),
    Field::new("/terms/royalty/rate_bp", "deal-field-royalty", Input::Percent),
    Field::new("/terms/royalty/base", "deal-field-royalty-base", Input::Code("royalty_bases")),
    Field::new("/terms/royalty/per_unit", "deal-field-royalty-unit", Input::Amount),
    Field::new("/terms/milestones", "deal-field-milestones", Input::Rows(&MILESTONES)),
    Field::new("/terms/capital_share_bp", "deal-field-capital-share", Input::Percent),
    Field::new("/terms/cross_licence", "deal-field-cross-licence", Input::Passage(1_000, 2)),
    Field::new("/terms/note", "deal-field-note", Input::Passage(2_000, 3)),
];
const SIDE: Field = Field::needed("/side", "deal-field-side", Input::Always("deal_sides"));
/// The contract, but for what it says.
pub(super) const CONTRACT: [Field; 7] = [
    Field::new("/number", "deal-field-contract-number", Input::Plain(64)),
    Field::new("/value", "deal-field-contract-value", Input::Amount),
    Field::new("/signed_on", "deal-field-signed", Input::Day),
    Field::new("/in_force_on", "deal-field-in-force", Input::Day),
    Field::new("/term_months", "deal-field-months", Input::Whole),
    Field::new("/registration_number", "deal-field-registration", Input::Plain(64)),
    Field::new("/registered_on", "deal-field-registered", Input::Day),
];
/// What the law asks.
pub(super) const LEGAL: [Field; 6] = [
    Field::needed("/direction", "deal-field-direction", Input::Code("transfer_directions")),
    Field::needed("/state_capital", "deal-field-state-capital", Input::Flag),
    Field::needed("/list", "deal-field-list", Input::Code("transfer_lists")),
    Field::needed("/right", "deal-field-right", Input::Code("rights")),
    Field::new("/related", "deal-field-related", Input::Flag),
    Field::new("/result_certificate", "deal-field-certificate", Input::Flag),
];
/// What came of it.
pub(super) const OUTCOME: [Field; 5] = [
    Field::new("/jobs", "deal-field-jobs", Input::Whole),
    Field::new("/revenue", "deal-field-revenue", Input::Amount),
    Field::new("/area_m2", "deal-field-area", Input::Whole),
    Field::new("/savings", "deal-field-savings", Input::Amount),
    Field::new("/note", "deal-field-note", Input::Passage(2_000, 4)),
];
const TASK: [Field; 3] = [
    Field::needed("/title", "deal-field-task", Input::Plain(256)),
    Field::needed("/whose", "deal-field-whose", Input::Always("deal_voices")),
    Field::needed("/due_on", "deal-field-due", Input::Day),
];
const MEETING: [Field; 3] = [
    Field::needed("/held_on", "deal-field-held", Input::Day),
    Field::new("/place", "deal-field-place", Input::Plain(256)),
    Field::new("/minutes", "deal-field-minutes", Input::Passage(4_000, 5)),
];
/// Why what was recorded is written anew, asked once the deal has ended.
const REASON: Field = Field::needed("/reason", "deal-field-reason", Input::Passage(500, 2));
pub(super) const PAPER: [Field; 3] = [
    Field::needed("/kind", "deal-field-paper", Input::Always("deal_papers")),
    Field::needed("/dated_on", "deal-field-dated", Input::Day),
    Field::new("/reference", "deal-field-reference", Input::Plain(256)),
];
const MILESTONE: [Field; 2] =
    [Field::needed("/title", "deal-field-title", Input::Plain(256)), Field::needed("/due_on", "deal-field-due", Input::Day)];
const PAYMENT: [Field; 5] = [
    Field::needed("/kind", "deal-field-payment-kind", Input::Always("payment")),
    Field::needed("/amount", "deal-field-amount", Input::Amount),
    Field::needed("/due_on", "deal-field-due", Input::Day),
    Field::new("/paid_on", "deal-field-paid", Input::Day),
    Field::new("/note", "deal-field-note", Input::Plain(256)),
];
const REPORT: [Field; 6] = [
    Field::needed("/year", "deal-field-year", Input::Whole),
    Field::needed("/half", "deal-field-half", Input::Whole),
    Field::needed("/sales", "deal-field-sales", Input::Amount),
    Field::needed("/royalty", "deal-field-royalty-due", Input::Amount),
    Field::new("/units", "deal-field-units", Input::Whole),
    Field::new("/note", "deal-field-note", Input::Passage(1_000, 2)),
];
const STATEMENT: [Field; 1] = [Field::needed("/statement", "deal-field-statement", Input::Passage(2_000, 5))];
const PARTY: [Field; 2] =
    [Field::new("/party", "deal-field-party", Input::Plain(256)), Field::new("/role", "deal-field-role", Input::Always("deal_roles"))];
const PARTIES: [Field; 1] = [Field::needed("/parties", "deal-field-parties", Input::Rows(&PARTY))];
base::words! {
    /// A part of a deal that has a page of its own.
    Part {
        /// An offer.
        Offer = "offer",
        /// The contract.
        Contract = "contract",
        /// The questions of the law.
        Legal = "legal",
        /// The outcome.
        Outcome = "outcome",
        /// A task.
        Task = "task",
        /// A meeting.
        Meeting = "meeting",
        /// A paper.
        Paper = "paper",
        /// A milestone.
        Milestone = "milestone",
        /// A payment.
        Payment = "payment",
        /// A half-yearly report.
        Report = "report",
        /// A broker's statement.
        Statement = "statement",
        /// The parties.
        Parties = "parties",
        /// What is transferred.
        Objects = "objects",
        /// The brokers.
        Brokers = "brokers",
    }
}

impl Part {
    /// What is asked for; of what was recorded also why it is written anew, where the deal has ended.
    pub(super) fn fields(self, is_broker: bool, has_ended: bool) -> Vec<Field> {
        match self {
            Self::Contract if has_ended => CONTRACT.into_iter().chain([REASON]).collect(),
            Self::Outcome if has_ended => OUTCOME.into_iter().chain([REASON]).collect(),
            Self::Offer if is_broker => std::iter::once(SIDE).chain(OFFER).collect(),
            Self::Offer => OFFER.to_vec(),
            Self::Contract => CONTRACT.to_vec(),
            Self::Legal => LEGAL.to_vec(),
            Self::Outcome => OUTCOME.to_vec(),
            Self::Task => TASK.to_vec(),
            Self::Meeting => MEETING.to_vec(),
            Self::Paper => PAPER.to_vec(),
            Self::Milestone => MILESTONE.to_vec(),
            Self::Payment => PAYMENT.to_vec(),
            Self::Report => REPORT.to_vec(),
            Self::Statement => STATEMENT.to_vec(),
            Self::Parties => PARTIES.to_vec(),
            Self::Objects => objects::FIELDS.to_vec(),
            // Asked for by hand: a line for each of the space's brokers.
            Self::Brokers => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use base::{Code, Money};
    use brokering::deals::{OfferTerms, PaymentStage, Royalty};
    use serde_json::{Value, json};

    use super::*;

    /// Every place in a value that says something by itself.
    fn places(value: &Value, at: &str, all: &mut Vec<String>) {
        match value {
            Value::Object(map) => map.iter().for_each(|(name, inner)| places(inner, &format!("{at}/{name}"), all)),
            _ => all.push(at.to_owned()),
        }
    }

    #[test]
    fn no_term_of_an_offer_is_without_a_field() {
        let money = || Money { minor: 1, currency: base::Currency::vnd(), as_of: None };
        let terms = OfferTerms {
            right: Some(Code::from("right_to_use")),
            exclusivity: Some(Code::from("sole")),
            sublicence: Some(true),
            field_of_use: "a".to_owned(),
            territory: vec![Code::from("VN")],
            term_months: Some(1),
            payment: vec![Code::from("royalty")],
            lump_sum: Some(money()),
            royalty: Some(Royalty { rate_bp: Some(1), base: Some(Code::from("per_unit")), per_unit: Some(money()) }),
            milestones: vec![PaymentStage { title: "a".to_owned(), amount: money(), due_on: None }],
            capital_share_bp: Some(1),
            cross_licence: "a".to_owned(),
            note: "a".to_owned(),
        };
        let mut all = Vec::new();
        places(&json!({ "terms": terms }), "", &mut all);
        assert!(all.len() > 15, "{all:?}");
        for place in all {
            let is_asked = OFFER.iter().any(|f| place == f.at || place.strip_prefix(f.at).is_some_and(|rest| rest.starts_with('/')));
            assert!(is_asked, "{place} is neither asked for nor shown");
        }
    }
}
