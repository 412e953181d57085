//! The standing matches of one need: the best of all pairs above the bound, and how a change of one offer or expert changes
//! them.
//!
//! The list never guesses: where a change of one leaves a place that some other may deserve, it says so, and whoever keeps
//! it reckons it anew.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use base::{ListingId, PartyId};
use uuid::Uuid;

/// A need and what fits it: an offer or an expert.
pub(crate) trait Fits: Clone + Eq + Debug {
    /// The id of the other one.
    type Other: Copy + Ord + Debug + Into<Uuid>;

    /// The need.
    fn need(&self) -> ListingId;

    /// The other one.
    fn other(&self) -> Self::Other;

    /// 0 to 1, in millionths.
    fn score_ppm(&self) -> u32;

    /// The smaller, the better: by score, of equals the smaller id.
    fn rank(&self) -> (Reverse<u32>, Self::Other) {
        (Reverse(self.score_ppm()), self.other())
    }
}

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

impl Fits for Pair {
    type Other = ListingId;

    fn need(&self) -> ListingId {
        self.need
    }

    fn other(&self) -> ListingId {
        self.offer
    }

    fn score_ppm(&self) -> u32 {
        self.score_ppm
    }
}

/// By need, what each of some offers or experts is to it now, or that the two are no match any more.
pub(crate) type Changes<P> = BTreeMap<ListingId, Vec<(<P as Fits>::Other, Option<P>)>>;

/// Adds what one of them is to each need now: to those in `known`, which have it so far, and to those of its pairs.
pub(crate) fn add_changes<P: Fits>(all: &mut Changes<P>, other: P::Other, known: &BTreeSet<ListingId>, pairs: Vec<P>) {
    let mut pairs: BTreeMap<ListingId, P> = pairs.into_iter().map(|p| (p.need(), p)).collect();
    for need in known {
        all.entry(*need).or_default().push((other, pairs.remove(need)));
    }
    for (need, pair) in pairs {
        all.entry(need).or_default().push((other, Some(pair)));
    }
}

/// The lists of these needs after the changes, `keep` at most in each, and the needs whose list must be reckoned anew.
pub(crate) fn changed<P: Fits>(
    before: &BTreeMap<ListingId, Vec<P>>,
    changes: Changes<P>,
    keep: usize,
) -> (BTreeMap<ListingId, Vec<P>>, Vec<ListingId>) {
    let (mut now, mut anew) = (BTreeMap::new(), Vec::new());
    for (need, changes) in changes {
        match List::of(before.get(&need).cloned().unwrap_or_default(), keep).after(changes) {
            // Also where nothing is other than stored: what a new generation wrote a moment ago was told to nobody yet.
            Some(pairs) => {
                now.insert(need, pairs);
            }
            None => anew.push(need),
        }
    }
    (now, anew)
}

/// The standing matches of one need, the best first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct List<P> {
    keep: usize,
    pairs: Vec<P>,
}

impl<P: Fits> List<P> {
    /// The best `keep` of these.
    pub(crate) fn of(mut pairs: Vec<P>, keep: usize) -> Self {
        pairs.sort_by_key(P::rank);
        pairs.truncate(keep);
        Self { keep, pairs }
    }

    /// The pairs, the best first.
    pub(crate) fn into_pairs(self) -> Vec<P> {
        self.pairs
    }

    /// The pairs after these changes, the best first; none where the list must be reckoned anew.
    fn after(mut self, changes: Vec<(P::Other, Option<P>)>) -> Option<Vec<P>> {
        let mut is_known = true;
        for (other, pair) in changes {
            is_known &= self.set(other, pair);
        }
        is_known.then_some(self.pairs)
    }

    /// One offer or expert as it is now: its pair with the need, or none if the two are no match any more. False where a place
    /// is free that one outside may deserve: then the list must be reckoned anew.
    fn set(&mut self, other: P::Other, pair: Option<P>) -> bool {
        let was_full = self.pairs.len() >= self.keep;
        let before = self.pairs.iter().position(|p| p.other() == other).map(|at| self.pairs.remove(at));
        let Some(pair) = pair else { return before.is_none() || !was_full };
        let fell = before.is_some_and(|before| pair.rank() > before.rank());
        let at = self.pairs.partition_point(|p| p.rank() < pair.rank());
        self.pairs.insert(at, pair);
        if was_full && fell && at + 1 == self.pairs.len() {
            // It is the last now, and one outside may be better.
            return false;
        }
        self.pairs.truncate(self.keep);
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
            let mut list: List<Pair> = List::of(Vec::new(), keep);
            for (offer, score) in changes {
                match score {
                    Some(score) => { all.insert(offer, pair(offer, score)); }
                    None => { all.remove(&offer); }
                }
                let is_known = list.set(ListingId(Uuid::from_u128(offer)), all.get(&offer).cloned());
                let scratch = List::of(all.values().cloned().collect(), keep);
                if is_known {
                    prop_assert_eq!(&list, &scratch);
                } else {
                    list = scratch;
                }
            }
        }
    }
}
