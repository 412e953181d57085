//! The vectors of all published listings in memory, one beside the other, and those nearest to one of them.
//!
//! Everything is looked at each time, a byte a number: a hundred thousand listings of 384 numbers are 40 MB and some
//! hundredths of a second. The memory is bounded; what comes when it is full is left out, counted and told.

use std::collections::{BTreeSet, HashMap, HashSet};

use base::ListingId;
use listings::Kind;
use vectors::Packed;

/// What one listing takes in memory beside its numbers: its entry, and its place in the map, about.
const ENTRY_BYTES: usize = 80;

struct Entry {
    id: ListingId,
    kind: Kind,
    /// Of the text that the vector was made of.
    hash: i64,
    squares: i64,
}

/// The vectors.
pub(super) struct Held {
    dimensions: usize,
    /// The most listings.
    most: usize,
    places: HashMap<ListingId, usize>,
    entries: Vec<Entry>,
    numbers: Vec<i8>,
    /// Those that found no room.
    left_out: HashSet<ListingId>,
}

impl Held {
    /// Room for vectors of so many numbers in so many bytes.
    pub(super) fn new(dimensions: usize, bytes: usize) -> Self {
        let most = bytes / (dimensions + ENTRY_BYTES);
        Self { dimensions, most, places: HashMap::new(), entries: Vec::new(), numbers: Vec::new(), left_out: HashSet::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many found no room.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out.len() as u64
    }

    /// Puts the vector of a listing in place of whatever it had.
    pub(super) fn put(&mut self, id: ListingId, kind: Kind, hash: i64, vector: &Packed) {
        self.remove(id);
        if vector.dimensions() != self.dimensions {
            return; // of another model, whatever its row says
        }
        if self.entries.len() >= self.most {
            self.left_out.insert(id);
            return;
        }
        self.places.insert(id, self.entries.len());
        self.entries.push(Entry { id, kind, hash, squares: vector.squares() });
        self.numbers.extend_from_slice(vector.numbers());
    }

    /// Forgets a listing; the last one takes its place.
    pub(super) fn remove(&mut self, id: ListingId) {
        self.left_out.remove(&id);
        let Some(place) = self.places.remove(&id) else { return };
        self.entries.swap_remove(place);
        let last = self.entries.len();
        if let Some(moved) = self.entries.get(place) {
            self.places.insert(moved.id, place);
            let from = last * self.dimensions;
            self.numbers.copy_within(from..from + self.dimensions, place * self.dimensions);
        }
        self.numbers.truncate(last * self.dimensions);
    }

    fn at(&self, id: ListingId, hash: i64) -> Option<(&[i8], i64)> {
        let place = *self.places.get(&id)?;
        let entry = self.entries.get(place).filter(|entry| entry.hash == hash)?;
        Some((self.numbers.get(place * self.dimensions..(place + 1) * self.dimensions)?, entry.squares))
    }

    /// The vector of a listing, if it was made of this text.
    pub(super) fn get(&self, id: ListingId, hash: i64) -> Option<Packed> {
        let (numbers, _) = self.at(id, hash)?;
        Packed::from_bytes(&numbers.iter().map(|x| x.cast_unsigned()).collect::<Vec<_>>())
    }

    /// The cosine to the vector of a listing, if it was made of this text.
    pub(super) fn cosine(&self, to: &Packed, id: ListingId, hash: i64) -> Option<f64> {
        self.at(id, hash).map(|(numbers, squares)| to.cosine_to(numbers, squares))
    }

    /// The listings of these kinds whose cosine is above a bound, in no order.
    pub(super) fn above(&self, to: &Packed, kinds: &BTreeSet<Kind>, bound: f64) -> Vec<(f64, ListingId)> {
        let all = self.entries.iter().zip(self.numbers.chunks_exact(self.dimensions.max(1)));
        all.filter(|(entry, _)| kinds.contains(&entry.kind))
            .map(|(entry, numbers)| (to.cosine_to(numbers, entry.squares), entry.id))
            .filter(|(cosine, _)| *cosine > bound)
            .collect()
    }
}

/// The `limit` nearest of these that `seen` lets through, the nearest first, of equals the smaller id. `seen` is given some
/// at a time and gives those back that count, in their order; what it never lets through is looked at `most` times at most.
pub(super) fn nearest<E>(
    mut all: Vec<(f64, ListingId)>,
    limit: usize,
    most: usize,
    mut seen: impl FnMut(&[ListingId]) -> Result<Vec<ListingId>, E>,
) -> Result<Vec<ListingId>, E> {
    let by = |a: &(f64, ListingId), b: &(f64, ListingId)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
    let mut found = Vec::new();
    let mut looked_at = 0;
    let mut rest: &mut [(f64, ListingId)] = &mut all;
    while found.len() < limit && !rest.is_empty() && looked_at < most {
        let some = (limit * 2).clamp(1, rest.len());
        if some < rest.len() {
            rest.select_nth_unstable_by(some - 1, by);
        }
        let (near, farther) = rest.split_at_mut(some);
        near.sort_unstable_by(by);
        found.extend(seen(&near.iter().map(|(_, id)| *id).collect::<Vec<_>>())?);
        looked_at += some;
        rest = farther;
    }
    found.truncate(limit);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::convert::Infallible;

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn id(n: u128) -> ListingId {
        ListingId(Uuid::from_u128(n))
    }

    fn packed(numbers: &[i8; 3]) -> Packed {
        Packed::of(&numbers.map(f32::from)).unwrap()
    }

    #[test]
    fn what_finds_no_room_is_left_out_and_counted() {
        let mut held = Held::new(3, 2 * (3 + ENTRY_BYTES));
        for n in 0..4 {
            held.put(id(n), Kind::Need, 1, &packed(&[1, 2, 3]));
        }
        assert_eq!((held.len(), held.left_out()), (2, 2));
        // What is there already keeps its place.
        held.put(id(1), Kind::Need, 2, &packed(&[3, 2, 1]));
        assert_eq!((held.len(), held.left_out()), (2, 2));
        assert!(held.get(id(1), 1).is_none() && held.get(id(1), 2).is_some());
    }

    #[test]
    fn what_may_not_be_seen_takes_no_place_among_the_nearest() {
        let all: Vec<(f64, ListingId)> = (0..100).map(|n| (f64::from(n) / 100.0, id(u128::try_from(n).unwrap()))).collect();
        let odd = |some: &[ListingId]| Ok::<_, Infallible>(some.iter().copied().filter(|one| one.0.as_u128() % 2 == 1).collect());
        let found = nearest(all.clone(), 5, 1_000, odd).unwrap();
        assert_eq!(found, [99, 97, 95, 93, 91].map(id));
        let none = |_: &[ListingId]| Ok::<_, Infallible>(Vec::new());
        assert!(nearest(all, 5, 20, none).unwrap().is_empty());
    }

    proptest! {
        #[test]
        fn whatever_is_put_and_removed_each_listing_has_its_own_vector(
            changes in prop::collection::vec((0..6_u128, prop::option::of(prop::array::uniform3(1..100_i8))), 0..60),
        ) {
            let mut held = Held::new(3, 1 << 20);
            let mut there: BTreeMap<u128, Packed> = BTreeMap::new();
            for (n, numbers) in changes {
                match numbers {
                    Some(numbers) => {
                        held.put(id(n), Kind::Technology, 7, &packed(&numbers));
                        there.insert(n, packed(&numbers));
                    }
                    None => {
                        held.remove(id(n));
                        there.remove(&n);
                    }
                }
                prop_assert_eq!(held.len(), there.len());
                for n in 0..6 {
                    prop_assert_eq!(held.get(id(n), 7), there.get(&n).cloned());
                }
            }
            let to = packed(&[1, 1, 1]);
            let kinds = BTreeSet::from([Kind::Technology]);
            let all: BTreeMap<ListingId, f64> = held.above(&to, &kinds, -1.0).into_iter().map(|(cosine, id)| (id, cosine)).collect();
            let expected: BTreeMap<ListingId, f64> = there.iter().map(|(n, one)| (id(*n), to.cosine(one))).collect();
            prop_assert_eq!(all, expected);
        }
    }
}
