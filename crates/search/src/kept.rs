//! What many searches share: made once, kept in a bounded room, and forgotten when it was not asked for. Never here: anything
//! that must not be lost.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use foldhash::fast::RandomState;

/// Values by key, each with its size. What was not asked for while half of the room was filled anew is forgotten.
pub(crate) struct Kept<K, V>(Mutex<Halves<K, V>>);

struct Halves<K, V> {
    new: HashMap<K, (V, usize), RandomState>,
    old: HashMap<K, (V, usize), RandomState>,
    /// The sizes of what is new.
    filled: usize,
}

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self(Mutex::new(Halves { new: HashMap::default(), old: HashMap::default(), filled: 0 }))
    }
}

impl<K: Eq + Hash, V: Clone> Kept<K, V> {
    pub(crate) fn get(&self, key: &K) -> Option<V> {
        let mut halves = self.halves();
        if let Some((value, _)) = halves.new.get(key) {
            return Some(value.clone());
        }
        let (key, kept) = halves.old.remove_entry(key)?;
        let value = kept.0.clone();
        halves.insert(key, kept);
        Some(value)
    }

    /// Keeps a value of this size in so much room for all.
    pub(crate) fn put(&self, key: K, value: V, size: usize, room: usize) {
        let mut halves = self.halves();
        if halves.filled + size > room / 2 {
            halves.old = std::mem::take(&mut halves.new);
            halves.filled = 0;
        }
        halves.insert(key, (value, size));
    }

    /// A thread that panicked leaves at most a size that is counted wrong.
    fn halves(&self) -> MutexGuard<'_, Halves<K, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash, V> Halves<K, V> {
    fn insert(&mut self, key: K, kept: (V, usize)) {
        self.filled += kept.1;
        if let Some((_, before)) = self.new.insert(key, kept) {
            self.filled -= before;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Kept;

    #[test]
    fn what_is_asked_for_stays_and_what_is_not_makes_room() {
        let kept = Kept::default();
        for n in 0..40 {
            kept.put(n, n, 1, 10);
            assert_eq!(kept.get(&0), Some(0), "after {n}");
        }
        assert_eq!((kept.get(&39), kept.get(&1)), (Some(39), None));
        let many = (0..40).filter(|n| kept.get(n).is_some()).count();
        assert!(many <= 10, "{many}");
        kept.put(39, 7, 1, 10);
        assert_eq!(kept.get(&39), Some(7), "the last one counts");
    }
}
