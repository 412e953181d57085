//! Sets of the documents of one segment: one bit each, or a list of the few there are.

use pulp::Arch;

/// A set of document numbers below a bound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bits {
    words: Vec<u64>,
}

impl Bits {
    /// The empty set for documents below `bound`.
    pub(crate) fn none(bound: u32) -> Self {
        Self { words: vec![0; bound.div_ceil(64) as usize] }
    }

    /// All documents below `bound`.
    pub(crate) fn all(bound: u32) -> Self {
        let mut words = vec![u64::MAX; bound.div_ceil(64) as usize];
        if !bound.is_multiple_of(64)
            && let Some(last) = words.last_mut()
        {
            *last = (1 << (bound % 64)) - 1;
        }
        Self { words }
    }

    pub(crate) fn clear(&mut self) {
        self.words.fill(0);
    }

    pub(crate) fn insert(&mut self, doc: u32) {
        if let Some(word) = self.words.get_mut(doc as usize / 64) {
            *word |= 1 << (doc % 64);
        }
    }

    pub(crate) fn contains(&self, doc: u32) -> bool {
        self.words.get(doc as usize / 64).is_some_and(|word| word >> (doc % 64) & 1 == 1)
    }

    pub(crate) fn and(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= other;
        }
    }

    pub(crate) fn or(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word |= other;
        }
    }

    pub(crate) fn len(&self) -> u64 {
        Arch::new().dispatch(
            #[inline(always)]
            || self.words.iter().map(|word| u64::from(word.count_ones())).sum(),
        )
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// How many documents are in both.
    pub(crate) fn shared(&self, other: &Self) -> u64 {
        // Each search counts some hundred values so, and nearly all processors count quicker than the least of them must.
        Arch::new().dispatch(
            #[inline(always)]
            || self.words.iter().zip(&other.words).map(|(a, b)| u64::from((a & b).count_ones())).sum(),
        )
    }

    /// For [`Self::rank`]: how many documents of the set stand before each of its words.
    pub(crate) fn ranks(&self) -> Vec<u32> {
        let mut before = 0;
        self.words
            .iter()
            .map(|word| {
                let here = before;
                before += word.count_ones();
                here
            })
            .collect()
    }

    /// The place of a document among those of the set, if it is one of them; `ranks` are the set's own.
    pub(crate) fn rank(&self, doc: u32, ranks: &[u32]) -> Option<u32> {
        let place = doc as usize / 64;
        let (word, bit) = (*self.words.get(place)?, 1_u64 << (doc % 64));
        if word & bit == 0 { None } else { Some(ranks.get(place)? + (word & (bit - 1)).count_ones()) }
    }

    /// The documents in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        (0_u32..).step_by(64).zip(&self.words).flat_map(|(base, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                if rest == 0 {
                    return None;
                }
                let bit = rest.trailing_zeros();
                rest &= rest - 1;
                Some(base + bit)
            })
        })
    }

    /// Keeps the documents for which `keep` says so, asked in order.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(u32) -> bool) {
        for (base, word) in (0_u32..).step_by(64).zip(&mut self.words) {
            let mut rest = *word;
            while rest != 0 {
                let bit = rest.trailing_zeros();
                rest &= rest - 1;
                if !keep(base + bit) {
                    *word &= !(1 << bit);
                }
            }
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.words.len() * 8
    }
}

/// So many documents to each of a set, and a list of them takes no more than a bit for each document.
const BITS_OF_A_NUMBER: u64 = 32;

/// A set that is kept for many searches, in the form that takes less.
#[derive(Debug)]
pub(crate) enum KeptSet {
    Few(Box<[u32]>),
    Many(Bits),
}

impl KeptSet {
    pub(crate) fn of(bits: Bits) -> Self {
        if bits.len() * BITS_OF_A_NUMBER < bits.words.len() as u64 * 64 { Self::Few(bits.iter().collect()) } else { Self::Many(bits) }
    }

    /// Adds its documents to a set.
    pub(crate) fn add_to(&self, set: &mut Bits) {
        match self {
            Self::Few(docs) => docs.iter().for_each(|doc| set.insert(*doc)),
            Self::Many(bits) => set.or(bits),
        }
    }

    /// How many documents are in both.
    pub(crate) fn shared(&self, set: &Bits) -> u64 {
        match self {
            Self::Few(docs) => docs.iter().map(|doc| u64::from(set.contains(*doc))).sum(),
            Self::Many(bits) => bits.shared(set),
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Few(docs) => docs.len() * 4,
            Self::Many(bits) => bits.bytes(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Bits, KeptSet};

    #[test]
    fn a_set_that_is_kept_is_the_same_in_either_form() {
        let every = |n: u32| {
            let mut bits = Bits::none(6_400);
            (0..6_400_u32).filter(|doc| doc.is_multiple_of(n)).for_each(|doc| bits.insert(doc));
            bits
        };
        for (n, is_few) in [(3, false), (32, false), (33, true), (7_000, true)] {
            let kept = KeptSet::of(every(n));
            assert_eq!((matches!(kept, KeptSet::Few(_)), kept.bytes() <= 800), (is_few, true), "{n}");
            let mut again = Bits::none(6_400);
            kept.add_to(&mut again);
            assert_eq!(again, every(n));
            assert_eq!(kept.shared(&every(2)), every(n).shared(&every(2)), "{n}");
        }
    }

    #[test]
    fn sets_behave_as_sets() {
        let mut a = Bits::none(130);
        for doc in [0, 63, 64, 129] {
            a.insert(doc);
        }
        assert_eq!(a.iter().collect::<Vec<_>>(), [0, 63, 64, 129]);
        assert_eq!((Bits::all(130).len(), Bits::all(128).len(), a.shared(&Bits::all(130))), (130, 128, 4));
        let ranks = a.ranks();
        assert_eq!([0, 63, 64, 129].map(|doc| a.rank(doc, &ranks)), [Some(0), Some(1), Some(2), Some(3)]);
        assert_eq!([1, 65, 128, 10_000].map(|doc| a.rank(doc, &ranks)), [None; 4]);
        a.retain(|doc| doc != 64);
        assert!(!a.contains(64) && a.contains(129) && !a.contains(10_000));
    }
}
