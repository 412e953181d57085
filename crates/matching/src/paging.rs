//! Pages of what was reckoned at once and put in order: where the page before ended, and whether more follow.

use base::Limit;

/// Those behind `after` in an order of places, the first of them, and whether more follow.
pub(crate) fn page_behind<'a, T, P: Ord>(
    all: impl IntoIterator<Item = &'a T>,
    place: impl Fn(&T) -> P,
    after: Option<&P>,
    limit: Limit,
) -> (Vec<&'a T>, bool) {
    let limit = usize::try_from(limit.get()).unwrap_or(usize::MAX);
    let behind = all.into_iter().filter(|one| after.is_none_or(|after| place(one) > *after));
    let mut page: Vec<&T> = behind.take(limit.saturating_add(1)).collect();
    let more = page.len() > limit;
    page.truncate(limit);
    (page, more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_without_a_gap_and_the_last_says_so() {
        let all = [9, 7, 7, 4, 1];
        let place = |one: &i32| std::cmp::Reverse(*one);
        let limit = |limit| Limit::new(limit).unwrap();
        assert_eq!(page_behind(&all, place, None, limit(3)), (vec![&9, &7, &7], true));
        assert_eq!(page_behind(&all, place, Some(&place(&7)), limit(2)), (vec![&4, &1], false));
        assert_eq!(page_behind(&all, place, Some(&place(&1)), limit(2)), (vec![], false));
        assert!(!page_behind(&all, place, None, limit(5)).1);
    }
}
