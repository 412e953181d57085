//! What a match must never violate. Each constraint has a name and a sentence; what is unknown violates nothing.
//!
//! Here is only what everybody may know of both sides, so that a match means the same to all who see it. Not here: budget
//! against price, and who a seeker is who hides (`inside`), which only those weigh with who may know it.

use base::figures::figure;
use base::messages::say;
use base::{Code, Lang, PartyId, Vocabularies};
use listings::content::{Content, Need, Technology};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::side::Side;
use crate::targets::{self, Comparison};
use crate::weights::Weights;

/// A hard constraint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MatchConstraint)]
pub enum Constraint {
    /// The offer is less ready than the seeker demands.
    MinimumTrl,
    /// Another right is offered than is sought.
    Right,
    /// Less exclusivity is offered than is sought.
    Exclusivity,
    /// The offer's owner is not of a kind the seeker looks for.
    OwnerType,
    /// The seeker is not of a kind the owner looks for.
    SeekerType,
    /// A must-target is measured and not reached.
    MustTarget,
    /// The asset is not available.
    Availability,
    /// The expert does not work in the place.
    Region,
    /// The seeker owns part of what is offered.
    ConflictOfInterest,
    /// It is not offered in the seeker's country.
    Territory,
    /// It costs more than the seeker can spend.
    Budget,
}

/// Why an offer is no match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = MatchExclusion)]
pub struct Exclusion {
    /// Which constraint.
    pub constraint: Constraint,
    /// JSON pointer into the need's content, or `/party`, `/party/party_type`, `/party/province`, `/private/budget`.
    pub need_field: String,
    /// JSON pointer into the offer's content, or `/party/party_type`, `/private/floor_price`.
    pub offer_field: String,
    /// What the need says.
    pub need_value: String,
    /// What the offer says.
    pub offer_value: String,
    /// The sentence for the reader.
    pub text: String,
}

/// What the constraints are decided with, and for whom the sentences are.
pub(crate) struct Rules<'a> {
    pub(crate) weights: &'a Weights,
    pub(crate) vocabularies: &'a Vocabularies,
    pub(crate) lang: Lang,
}

/// What the offer violates of the need and the need of the offer.
pub(crate) fn violated(need: (&Side<'_>, &Need), offer: &Side<'_>, comparisons: &[Comparison], rules: &Rules<'_>) -> Vec<Exclusion> {
    let mut found = Vec::new();
    let (side, need) = need;
    if let Some(party) = side.known.party {
        conflict(party, offer.content, rules, &mut found);
    }
    partner_types(&need.partner_types, offer, Constraint::OwnerType, rules, &mut found);
    match offer.content {
        Content::Technology(technology) => {
            territory(side, technology, rules, &mut found);
            trl(need, technology, rules, &mut found);
            terms(need, technology, rules, &mut found);
            partner_types(&technology.partner_types, side, Constraint::SeekerType, rules, &mut found);
            must_targets(need, technology, comparisons, rules, &mut found);
        }
        Content::IpAsset(asset) => availability(need, &asset.availability, rules, &mut found),
        Content::Need(_) => {}
    }
    found
}

/// What an offer violates of who the seeker is, and the seeker of what the offer's owner looks for.
pub(crate) fn of_seeker(seeker: &Side<'_>, offer: &Content, rules: &Rules<'_>, found: &mut Vec<Exclusion>) {
    if let Some(party) = seeker.known.party {
        conflict(party, offer, rules, found);
    }
    if let Content::Technology(technology) = offer {
        territory(seeker, technology, rules, found);
        partner_types(&technology.partner_types, seeker, Constraint::SeekerType, rules, found);
    }
}

impl Rules<'_> {
    pub(crate) fn exclusion(
        &self,
        constraint: Constraint,
        fields: (&str, &str),
        need_value: String,
        offer_value: String,
        what: &str,
    ) -> Exclusion {
        let key = match constraint {
            Constraint::MinimumTrl => "match-out-minimum-trl",
            Constraint::Right => "match-out-right",
            Constraint::Exclusivity => "match-out-exclusivity",
            Constraint::OwnerType => "match-out-owner-type",
            Constraint::SeekerType => "match-out-seeker-type",
            Constraint::MustTarget => "match-out-must-target",
            // A seeker who does not say which right is sought has no place for it in the sentence.
            Constraint::Availability if need_value.is_empty() => "match-out-unavailable",
            Constraint::Availability => "match-out-availability",
            Constraint::Region => "match-out-region",
            Constraint::ConflictOfInterest => "match-out-conflict",
            Constraint::Territory => "match-out-territory",
            Constraint::Budget => "match-out-budget",
        };
        let text = say(self.lang, key, &[("need", &need_value), ("offer", &offer_value), ("what", what)]);
        Exclusion { constraint, need_field: fields.0.to_owned(), offer_field: fields.1.to_owned(), need_value, offer_value, text }
    }

    pub(crate) fn names(&self, list: &str, codes: &[Code]) -> String {
        codes.iter().map(|c| self.vocabularies.name(list, c.as_str(), self.lang)).collect::<Vec<_>>().join(", ")
    }

    pub(crate) fn name(&self, list: &str, code: &Code) -> String {
        self.vocabularies.name(list, code.as_str(), self.lang).to_owned()
    }
}

/// Where an offer names a party among those it belongs to.
pub(crate) fn place_of(content: &Content, party: PartyId) -> Option<String> {
    let (list, shares) = match content {
        Content::Technology(technology) => ("/owners", &technology.owners),
        Content::IpAsset(asset) => ("/holders", &asset.holders),
        Content::Need(_) => return None,
    };
    shares.iter().position(|share| share.party == Some(party)).map(|at| format!("{list}/{at}/party"))
}

/// Whether a party owns part of what is offered.
pub(crate) fn belongs_to(content: &Content, party: PartyId) -> bool {
    place_of(content, party).is_some()
}

/// Whoever owns part of an offer does not look for it.
fn conflict(seeker: PartyId, offer: &Content, rules: &Rules<'_>, found: &mut Vec<Exclusion>) {
    if let Some(place) = place_of(offer, seeker) {
        found.push(rules.exclusion(Constraint::ConflictOfInterest, ("/party", &place), String::new(), String::new(), ""));
    }
}

/// A technology that says where it is to be had is none for a seeker who is known to be elsewhere: one with a province is in
/// the country of the provinces. Where an IP asset is in force says nothing of where it is offered.
fn territory(seeker: &Side<'_>, technology: &Technology, rules: &Rules<'_>, found: &mut Vec<Exclusion>) {
    let codes = technology.terms.as_ref().map_or(&[][..], |terms| terms.territory.as_slice());
    let home = rules.weights.country.as_str();
    let Some(province) = seeker.known.province.as_ref().filter(|_| !home.is_empty()) else { return };
    if codes.is_empty() || codes.iter().any(|code| *code == home || *code == "WO") {
        return;
    }
    let offer = codes.iter().map(|code| rules.name("countries", code)).collect::<Vec<_>>().join(", ");
    let need = format!("{}, {}", rules.name("provinces", province), rules.name("countries", &Code::from(home)));
    let at = match seeker.content {
        Content::Need(need) if need.province.is_some() => "/province",
        _ => "/party/province",
    };
    found.push(rules.exclusion(Constraint::Territory, (at, "/terms/territory"), need, offer, ""));
}

fn trl(need: &Need, technology: &Technology, rules: &Rules<'_>, found: &mut Vec<Exclusion>) {
    if let (Some(least), Some(level)) = (need.trl_min, technology.trl)
        && level < least
    {
        found.push(rules.exclusion(Constraint::MinimumTrl, ("/trl_min", "/trl"), least.to_string(), level.to_string(), ""));
    }
}

fn terms(need: &Need, technology: &Technology, rules: &Rules<'_>, found: &mut Vec<Exclusion>) {
    let Some(terms) = &technology.terms else { return };
    // Whoever gets the ownership may use it as well.
    if let (Some(sought), Some(offered)) = (&need.right_sought, &terms.right)
        && sought != offered
        && *offered != "ownership"
    {
        let (need, offer) = (rules.name("rights", sought), rules.name("rights", offered));
        found.push(rules.exclusion(Constraint::Right, ("/right_sought", "/terms/right"), need, offer, ""));
    }
    let bought = terms.right.as_ref().is_some_and(|r| *r == "ownership");
    if let (Some(sought), Some(offered)) = (&need.exclusivity_sought, &terms.exclusivity)
        && !bought
        && exclusivity_rank(offered) < exclusivity_rank(sought)
    {
        let (need, offer) = (rules.name("exclusivity", sought), rules.name("exclusivity", offered));
        found.push(rules.exclusion(Constraint::Exclusivity, ("/exclusivity_sought", "/terms/exclusivity"), need, offer, ""));
    }
}

/// How exclusive a right is; a code that is not known here demands and gives nothing.
fn exclusivity_rank(code: &Code) -> u8 {
    match code.as_str() {
        "exclusive" => 2,
        "sole" => 1,
        _ => 0,
    }
}

/// `wanted` is what one side looks for, `other` the side that must be of it.
fn partner_types(wanted: &[Code], other: &Side<'_>, constraint: Constraint, rules: &Rules<'_>, found: &mut Vec<Exclusion>) {
    let Some(party_type) = &other.known.party_type else { return };
    if wanted.is_empty() || wanted.contains(party_type) {
        return;
    }
    let (list, one) = (rules.names("party_types", wanted), rules.name("party_types", party_type));
    found.push(match constraint {
        Constraint::SeekerType => rules.exclusion(constraint, ("/party/party_type", "/partner_types"), one, list, ""),
        _ => rules.exclusion(constraint, ("/partner_types", "/party/party_type"), list, one, ""),
    });
}

fn must_targets(need: &Need, technology: &Technology, comparisons: &[Comparison], rules: &Rules<'_>, found: &mut Vec<Exclusion>) {
    for one in comparisons.iter().filter(|c| c.excludes()) {
        let (Some(target), Some(advantage)) = (need.targets.get(one.target), technology.advantages.get(one.advantage)) else { continue };
        let fields = (format!("/targets/{}", one.target), format!("/advantages/{}", one.advantage));
        let (wanted, offered) = (wanted(target, rules.lang), offered(advantage, rules.lang));
        let metric = target.metric.best(rules.lang).unwrap_or_default();
        found.push(rules.exclusion(Constraint::MustTarget, (&fields.0, &fields.1), wanted, offered, metric));
    }
}

fn availability(need: &Need, available: &[Code], rules: &Rules<'_>, found: &mut Vec<Exclusion>) {
    let has = |code: &str| available.iter().any(|a| *a == code);
    let sought = need.right_sought.as_ref();
    let to_own = sought.is_some_and(|s| *s == "ownership");
    if available.is_empty() || (has("sale") || (has("licence") && !to_own)) || (!has("not_available") && sought.is_none()) {
        return;
    }
    let need = sought.map_or_else(String::new, |s| rules.name("rights", s));
    let offer = rules.names("availability", available);
    found.push(rules.exclusion(Constraint::Availability, ("/right_sought", "/availability"), need, offer, ""));
}

/// A target's figure as people write it: `≤ 6 giờ`.
pub(crate) fn wanted(target: &targets::Target, lang: Lang) -> String {
    let sign = match target.direction {
        targets::Direction::AtLeast => "≥",
        targets::Direction::AtMost => "≤",
        targets::Direction::Equal => "=",
    };
    format!("{sign} {}", figure(lang, target.target.unwrap_or_default(), &target.unit))
}

/// An advantage's figure as people write it: `5 giờ`.
pub(crate) fn offered(advantage: &targets::Advantage, lang: Lang) -> String {
    figure(lang, advantage.offered.unwrap_or_default(), &advantage.unit)
}
