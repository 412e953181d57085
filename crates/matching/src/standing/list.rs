//! The standing matches of one need: the best of all pairs above the bound, and how a change of one offer changes them.
//!
//! The list never guesses: where a change of one offer leaves a place that some other offer may deserve, it says so,
//! and whoever keeps it reckons it anew.

use base::{ListingId, PartyId};

/// A need and an offer that fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The need.
    pub need: ListingId,
    /// The technology or IP asset.
    pub offer: ListingId,
    /// Whose need it is.
    pub need_party: PartyId,
    /// Whose offer it is.
    pub offer_party: PartyId,
    /// The approved version of the need that the score was made from.
    pub need_version: u32,
    /// The approved version of the offer that the score was made from.
    pub offer_version: u32,
    /// 0 to 1, in millionths.
    pub score_ppm: u32,
    /// Whether every signed-in person may see both.
    pub is_open: bool,
}

impl Pair {
    /// The smaller, the better: by score, of equals the smaller id.
    fn rank(&self) -> (std::cmp::Reverse<u32>, ListingId) {
        (std::cmp::Reverse(self.score_ppm), self.offer)
    }
}

/// What a change did to a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing.
    None,
    /// The list is right as it is now.
    Changed,
    /// A place is free that an offer outside may deserve: the list must be reckoned anew.
    Unknown,
}

/// The standing matches of one need, the best first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct List {
    keep: usize,
    pairs: Vec<Pair>,
}

impl List {
    /// The best `keep` of these.
    pub(crate) fn of(mut pairs: Vec<Pair>, keep: usize) -> Self {
        pairs.sort_by_key(Pair::rank);
        pairs.truncate(keep);
        Self { keep, pairs }
    }

    /// The pairs, the best first.
    pub(crate) fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    /// One offer as it is now: its pair with the need, or none if the two are no match any more.
    pub(crate) fn set(&mut self, offer: ListingId, pair: Option<Pair>) -> Effect {
        let was_full = self.pairs.len() >= self.keep;
        let before = self.pairs.iter().position(|p| p.offer == offer).map(|at| self.pairs.remove(at));
        let Some(pair) = pair else {
            return match before {
                None => Effect::None,
                Some(_) if was_full => Effect::Unknown,
                Some(_) => Effect::Changed,
            };
        };
        if before.as_ref() == Some(&pair) {
            self.insert(pair);
            return Effect::None;
        }
        let fell = before.as_ref().is_some_and(|b| pair.rank() > b.rank());
        let at = self.insert(pair);
        if was_full && fell && at + 1 == self.pairs.len() {
            // It is the last now, and one outside may be better.
            return Effect::Unknown;
        }
        if self.pairs.len() > self.keep {
            self.pairs.truncate(self.keep);
            if at == self.keep {
                return Effect::None;
            }
        }
        Effect::Changed
    }

    fn insert(&mut self, pair: Pair) -> usize {
        let at = self.pairs.partition_point(|p| p.rank() < pair.rank());
        self.pairs.insert(at, pair);
        at
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn pair(offer: u128, score_ppm: u32) -> Pair {
        Pair {
            need: ListingId(Uuid::from_u128(0)),
            offer: ListingId(Uuid::from_u128(offer)),
            need_party: PartyId(Uuid::from_u128(1)),
            offer_party: PartyId(Uuid::from_u128(2)),
            need_version: 1,
            offer_version: 1,
            score_ppm,
            is_open: true,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

        /// Whatever changes, the list is the best of all there is, or says that it does not know.
        #[test]
        fn a_list_that_knows_is_the_list_from_scratch(
            changes in prop::collection::vec((0..8_u128, prop::option::of(0..6_u32)), 0..40),
            keep in 1..6_usize,
        ) {
            let mut all: BTreeMap<u128, Pair> = BTreeMap::new();
            let mut list = List::of(Vec::new(), keep);
            for (offer, score) in changes {
                let before = list.clone();
                match score {
                    Some(score) => { all.insert(offer, pair(offer, score)); }
                    None => { all.remove(&offer); }
                }
                let effect = list.set(ListingId(Uuid::from_u128(offer)), all.get(&offer).cloned());
                let scratch = List::of(all.values().cloned().collect(), keep);
                match effect {
                    Effect::Unknown => list = scratch,
                    Effect::None => { prop_assert_eq!(&list, &before); prop_assert_eq!(&list, &scratch); }
                    Effect::Changed => prop_assert_eq!(&list, &scratch),
                }
            }
        }
    }
}
