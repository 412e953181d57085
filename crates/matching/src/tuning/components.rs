//! What hangs together: whatever was judged with one another falls on one side of every fold, so that nothing kept aside was
//! fitted to from the other end.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

/// Of each of these things the smallest one that it hangs together with, over however many pairs.
#[must_use]
pub fn components<T: Ord + Clone>(pairs: impl IntoIterator<Item = (T, T)>) -> BTreeMap<T, T> {
    let mut up: BTreeMap<T, T> = BTreeMap::new();
    for (one, other) in pairs {
        let (one, other) = (root(&mut up, one), root(&mut up, other));
        let (small, large) = if one <= other { (one, other) } else { (other, one) };
        up.insert(small.clone(), small.clone());
        up.insert(large, small);
    }
    let all: Vec<T> = up.keys().cloned().collect();
    all.into_iter().map(|thing| (thing.clone(), root(&mut up, thing))).collect()
}

/// The end of the way up from a thing; what was passed leads there at once from now on.
fn root<T: Ord + Clone>(up: &mut BTreeMap<T, T>, thing: T) -> T {
    let (mut at, mut passed) = (thing, Vec::new());
    loop {
        let above = match up.get(&at) {
            Some(above) if *above != at => above.clone(),
            _ => break,
        };
        passed.push(std::mem::replace(&mut at, above));
    }
    for one in passed {
        up.insert(one, at.clone());
    }
    at
}

/// In which of so many parts what is called so falls: always the same one.
#[must_use]
pub fn part_of(name: &str, parts: usize) -> usize {
    let hash = Sha256::digest(name.as_bytes());
    let number = hash.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    usize::try_from(number % parts.max(1) as u64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_judged_with_one_another_is_one_component_however_long_the_way() {
        let all = components([(5, 4), (9, 9), (4, 3), (7, 8), (3, 2), (8, 7)]);
        let of = |smallest| all.iter().filter(|(_, small)| **small == smallest).map(|(thing, _)| *thing).collect::<Vec<_>>();
        assert_eq!((of(2), of(7), of(9)), (vec![2, 3, 4, 5], vec![7, 8], vec![9]));
        // Two that were apart are joined by a pair between them, whichever way round it is named.
        let joined = components([(5, 4), (7, 8), (8, 5)]);
        assert!(joined.values().all(|small| *small == 4), "{joined:?}");
        assert!(components::<u8>([]).is_empty());
    }

    #[test]
    fn a_component_falls_in_the_same_part_each_time() {
        assert_eq!((part_of("need-0", 5), part_of("need-1", 5), part_of("need-0", 1), part_of("need-0", 0)), (4, 0, 0, 0));
    }
}
