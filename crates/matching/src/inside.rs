//! What only those weigh candidates by who may read the private terms of a listing: its own people and the broker who looks
//! after it. A need's budget excludes what openly costs more; a floor price counts where the reader may know both. Which party a
//! seeker is who hides, of which kind and where, is known to the seeker's own people and to brokers: for them it excludes what
//! it would exclude of a seeker who shows.
//!
//! What always holds: nothing here moves a score, a standing match or a list of anybody else, so nobody learns of a
//! budget, or of who hides, by what is found; on the offer's own page and in what its people are told the pair stays.

use std::collections::{BTreeMap, BTreeSet};

use base::{Actor, Code, Currency, Lang, ListingId, Money, MoneyRange, PartyId};
use listings::content::{Content, Price};
use listings::published::Published;
use listings::{Kind, ListingError, Listings};

use crate::constraints::{Constraint, Exclusion, Rules, of_seeker};
use crate::engine::Judged;
use crate::side::{Known, Side};

/// Who seeks, whether or not it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seeker {
    party: PartyId,
    party_type: Option<Code>,
    province: Option<Code>,
}

/// What a reader may know beside what everybody knows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inside {
    /// Whose the needs are, however they are shown.
    seekers: BTreeMap<ListingId, Seeker>,
    /// The most that can be spent on a need.
    budgets: BTreeMap<ListingId, MoneyRange>,
    /// The least that is accepted for an offer.
    floors: BTreeMap<ListingId, Money>,
}

impl Inside {
    /// What this reader may know of these needs (each with its party) and offers.
    pub(crate) async fn of(
        listings: &Listings,
        actor: &Actor,
        needs: &[(ListingId, PartyId)],
        offers: &[ListingId],
    ) -> Result<Self, ListingError> {
        let mut inside = Self::default();
        if actor.account().is_none() {
            return Ok(inside);
        }
        let known: Vec<(ListingId, PartyId)> = needs.iter().copied().filter(|(_, party)| crate::access::weighs(actor, *party)).collect();
        inside.seekers = seekers(listings, &known).await?;
        let ids: Vec<ListingId> = inside.seekers.keys().copied().collect();
        inside.budgets = budgets(listings, actor, &ids).await?;
        if !inside.budgets.is_empty() {
            for (id, terms) in listings::edit::private_terms_of(listings, actor, offers).await? {
                inside.floors.extend(terms.floor_price.map(|floor| (id, floor)));
            }
        }
        Ok(inside)
    }

    /// Who seeks by these needs and what can be spent on them, whoever asks: for what only their own people are told.
    pub(crate) async fn of_seekers(listings: &Listings, needs: &[(ListingId, PartyId)]) -> Result<Self, ListingError> {
        let ids: Vec<ListingId> = needs.iter().map(|(id, _)| *id).collect();
        let budgets = budgets(listings, &Actor::system(), &ids).await?;
        Ok(Self { seekers: seekers(listings, needs).await?, budgets, floors: BTreeMap::new() })
    }

    /// The same for one listing, with its party, and those it was matched with.
    pub(crate) async fn between(
        listings: &Listings,
        actor: &Actor,
        (kind, id, party): (Kind, ListingId, Option<PartyId>),
        found: &[Published],
    ) -> Result<Self, ListingError> {
        let mut needs: Vec<(ListingId, PartyId)> =
            found.iter().filter(|one| one.kind == Kind::Need).map(|one| (one.id, one.owner.id)).collect();
        let mut offers: Vec<ListingId> = found.iter().filter(|one| one.kind != Kind::Need).map(|one| one.id).collect();
        match kind {
            Kind::Need => needs.extend(party.map(|party| (id, party))),
            Kind::Technology | Kind::IpAsset => offers.push(id),
        }
        Self::of(listings, actor, &needs, &offers).await
    }

    /// Excludes for this reader what violates more than everybody knows.
    pub(crate) fn exclude(&self, subject: &Side<'_>, judged: &mut [Judged<'_>], rules: &Rules<'_>) {
        let Some(own) = subject.id else { return };
        for one in judged {
            let more = match (subject.content, &one.listing.content) {
                (Content::Need(_), Content::Need(_)) => continue,
                (Content::Need(_), offer) => self.violated((own, subject.content), (one.listing.id, offer), rules),
                (offer, Content::Need(_)) => self.violated((one.listing.id, &one.listing.content), (own, offer), rules),
                _ => continue,
            };
            one.exclude(more);
        }
    }

    /// What an offer violates of a need for this reader, beside what it violates for everybody.
    pub(crate) fn violated(&self, need: (ListingId, &Content), offer: (ListingId, &Content), rules: &Rules<'_>) -> Vec<Exclusion> {
        let mut found = Vec::new();
        let ((need, sought), (id, content)) = (need, offer);
        if let Some(seeker) = self.seekers.get(&need) {
            of_seeker(&seeker.side(sought), content, rules, &mut found);
        }
        let Some((budget, most)) = self.budgets.get(&need).and_then(|budget| Some((budget, budget.max_minor?))) else { return found };
        let open = asked(content).filter(|(_, currency)| **currency == budget.currency).map(|(least, _)| (least, "/terms/price/amount"));
        let floor =
            self.floors.get(&id).filter(|floor| floor.currency == budget.currency).map(|floor| (floor.minor, "/private/floor_price"));
        let dearer = |(least, _): &(i64, &str)| *least > most;
        if let Some((least, place)) = open.filter(dearer).or(floor.filter(dearer)) {
            let (need, offer) = (amount(most, &budget.currency, rules.lang), amount(least, &budget.currency, rules.lang));
            found.push(rules.exclusion(Constraint::Budget, ("/private/budget", place), need, offer, ""));
        }
        found
    }
}

impl Seeker {
    /// The need as its own people know it.
    fn side<'a>(&self, need: &'a Content) -> Side<'a> {
        let own = match need {
            Content::Need(need) => need.province.clone(),
            Content::Technology(_) | Content::IpAsset(_) => None,
        };
        let province = own.or_else(|| self.province.clone());
        let known = Known { party: Some(self.party), party_type: self.party_type.clone(), province, confirmed_at: None };
        Side { id: None, content: need, known, vector: None }
    }
}

/// Who seeks by these needs.
async fn seekers(listings: &Listings, needs: &[(ListingId, PartyId)]) -> Result<BTreeMap<ListingId, Seeker>, ListingError> {
    let parties: BTreeSet<PartyId> = needs.iter().map(|(_, party)| *party).collect();
    let parties: Vec<PartyId> = parties.into_iter().collect();
    let briefs = accounts::parties::load_many(listings.store.db(), &parties).await?;
    let by_id: BTreeMap<PartyId, (Code, Option<Code>)> =
        briefs.into_iter().map(|brief| (brief.id, (brief.party_type, brief.province))).collect();
    let seeker = |party: PartyId| {
        let (party_type, province) = by_id.get(&party).cloned().unzip();
        Seeker { party, party_type, province: province.flatten() }
    };
    Ok(needs.iter().map(|(id, party)| (*id, seeker(*party))).collect())
}

/// The budgets with an upper end that the actor may read.
async fn budgets(listings: &Listings, actor: &Actor, needs: &[ListingId]) -> Result<BTreeMap<ListingId, MoneyRange>, ListingError> {
    let terms = listings::edit::private_terms_of(listings, actor, needs).await?;
    let bound = terms.into_iter().filter_map(|(id, terms)| Some((id, terms.budget?)));
    Ok(bound.filter(|(_, budget)| budget.max_minor.is_some()).collect())
}

/// The least that an offer openly costs.
fn asked(content: &Content) -> Option<(i64, &Currency)> {
    let Content::Technology(technology) = content else { return None };
    let Price { kind, amount } = technology.terms.as_ref()?.price.as_ref()?;
    let amount = amount.as_ref()?;
    // What is only indicative is no bound.
    let least = match kind.as_str() {
        "floor" | "range" => amount.min_minor,
        "firm" => amount.min_minor.or(amount.max_minor),
        _ => None,
    };
    Some((least?, &amount.currency))
}

/// An amount as people write it: `1.500.000 VND`.
fn amount(minor: i64, currency: &Currency, lang: Lang) -> String {
    let (group, point) = if lang == Lang::Vi { ('.', ',') } else { (',', '.') };
    let scale = 10_i64.saturating_pow(currency.decimals());
    let digits = (minor / scale).to_string();
    let mut figure = String::with_capacity(digits.len() + digits.len() / 3);
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            figure.push(group);
        }
        figure.push(digit);
    }
    let rest = minor % scale;
    if rest != 0 {
        let width = usize::try_from(currency.decimals()).unwrap_or_default();
        figure.push(point);
        figure.push_str(&format!("{rest:0width$}"));
    }
    format!("{figure} {}", currency.0)
}

#[cfg(test)]
mod tests {
    use base::Vocabularies;
    use listings::content::{Share, Technology, Terms};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::weights::Weights;

    fn id(n: u128) -> ListingId {
        ListingId(Uuid::from_u128(n))
    }

    fn money(minor: i64, currency: &str) -> Money {
        Money { minor, currency: Currency(currency.to_owned()), as_of: None }
    }

    fn range(min_minor: Option<i64>, max_minor: Option<i64>, currency: &str) -> MoneyRange {
        MoneyRange { min_minor, max_minor, currency: Currency(currency.to_owned()), as_of: None }
    }

    fn priced(kind: &str, amount: MoneyRange) -> Content {
        let price = Price { kind: kind.into(), amount: Some(amount) };
        Content::Technology(Box::new(Technology { terms: Some(Terms { price: Some(price), ..Terms::default() }), ..Technology::default() }))
    }

    fn violated(inside: &Inside, offer: &Content) -> Vec<Constraint> {
        let (weights, vocabularies) = (Weights::default(), Vocabularies::built_in().unwrap());
        let rules = Rules { weights: &weights, vocabularies: &vocabularies, lang: Lang::Vi };
        let need = Content::Need(Box::default());
        inside.violated((id(1), &need), (id(2), offer), &rules).into_iter().map(|one| one.constraint).collect()
    }

    fn with_budget(budget: MoneyRange) -> Inside {
        Inside { budgets: BTreeMap::from([(id(1), budget)]), ..Inside::default() }
    }

    proptest! {
        /// An offer is left out if, and only if, the least it openly costs is beyond the most that can be spent.
        #[test]
        fn what_costs_more_than_can_be_spent_is_excluded_and_nothing_else(
            most in prop::option::of(0_i64..1_000), least in prop::option::of(0_i64..1_000), upper in prop::option::of(0_i64..1_000),
            kind in prop::sample::select(vec!["indicative", "floor", "firm", "range", "hidden"]),
            (here, there) in (prop::sample::select(vec!["VND", "USD"]), prop::sample::select(vec!["VND", "USD"])),
            floor in prop::option::of((0_i64..1_000, prop::sample::select(vec!["VND", "USD"]))),
        ) {
            let mut inside = with_budget(range(None, most, here));
            inside.floors.extend(floor.map(|(minor, currency)| (id(2), money(minor, currency))));
            let open = match kind {
                "floor" | "range" => least,
                "firm" => least.or(upper),
                _ => None,
            };
            let open = open.filter(|_| here == there);
            let floor = floor.filter(|(_, currency)| *currency == here).map(|(minor, _)| minor);
            let beyond = most.is_some_and(|most| open.is_some_and(|least| least > most) || floor.is_some_and(|floor| floor > most));
            let found = violated(&inside, &priced(kind, range(least, upper, there)));
            prop_assert_eq!(found, if beyond { vec![Constraint::Budget] } else { Vec::new() });
            // Whoever may not know the budget finds what everybody finds.
            prop_assert!(violated(&Inside::default(), &priced(kind, range(least, upper, there))).is_empty());
        }
    }

    fn known(party: PartyId, party_type: &str, province: Option<&str>) -> Inside {
        let seeker = Seeker { party, party_type: Some(party_type.into()), province: province.map(Into::into) };
        Inside { seekers: BTreeMap::from([(id(1), seeker)]), ..Inside::default() }
    }

    #[test]
    fn of_which_kind_and_where_a_hidden_seeker_is_excludes_for_those_who_may_know_it() {
        let seeker = PartyId(Uuid::from_u128(7));
        let terms = Terms { territory: vec!["LA".into()], ..Terms::default() };
        let offer = |partner_types: &[&str], terms: Option<Terms>| {
            let partner_types = partner_types.iter().map(|one| Code::from(*one)).collect();
            Content::Technology(Box::new(Technology { partner_types, terms, ..Technology::default() }))
        };
        let inside = known(seeker, "enterprise", Some("86"));
        let picky = offer(&["institute"], None);
        assert_eq!(violated(&inside, &picky), [Constraint::SeekerType]);
        assert!(violated(&inside, &offer(&["enterprise"], None)).is_empty());
        let abroad = offer(&[], Some(terms));
        assert_eq!(violated(&inside, &abroad), [Constraint::Territory]);
        assert!(violated(&known(seeker, "enterprise", None), &abroad).is_empty());
        assert!(violated(&Inside::default(), &picky).is_empty() && violated(&Inside::default(), &abroad).is_empty());
    }

    #[test]
    fn what_a_hidden_seeker_owns_part_of_is_excluded_for_those_who_may_know_it() {
        let seeker = PartyId(Uuid::from_u128(7));
        let share = Share { party: Some(seeker), ..Share::default() };
        let offer = Content::Technology(Box::new(Technology { owners: vec![share], ..Technology::default() }));
        let inside = known(seeker, "enterprise", None);
        assert_eq!(violated(&inside, &offer), [Constraint::ConflictOfInterest]);
        assert!(violated(&Inside::default(), &offer).is_empty());
    }

    #[test]
    fn amounts_are_written_as_the_language_does() {
        assert_eq!(amount(1_500_000, &Currency::vnd(), Lang::Vi), "1.500.000 VND");
        assert_eq!(amount(12_345_605, &Currency("USD".to_owned()), Lang::En), "123,456.05 USD");
    }
}
