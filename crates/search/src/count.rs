//! Counts of facets and periods: exact, over what the viewer may see, each facet as if it were not narrowed itself.
//!
//! Two ways, the cheaper one per segment: look at the values of every hit, or intersect the hits with the set of
//! documents of every value. The first wins where hits are few, the second where they are many and values few.

use std::collections::{BTreeMap, BTreeSet};

use base::{Lang, Vocabularies};
use chrono::NaiveDate;

use crate::bits::Bits;
use crate::dates::{DateColumn, Period, PeriodCount};
use crate::facet::Facet;
use crate::failure::Failure;
use crate::matching::Found;
use crate::search::{FacetCount, Filters, Narrowed};
use crate::snapshot::{Segment, Snapshot, Values};

/// Reading one value costs about as much as intersecting so many words of a set.
const WORDS_PER_VALUE: u64 = 30;
/// The most values of a facet that are given.
const MAX_VALUES: usize = 500;

/// Per facet the places of its values ([`Values::codes`]) and how many hits have each.
pub(crate) type Counted = Vec<CountedFacet>;

/// A facet and how many hits have each of its values.
#[derive(Clone, Debug)]
pub(crate) struct CountedFacet {
    pub(crate) facet: Facet,
    /// Place and count, the commonest value first and of equal ones by code.
    pub(crate) values: Vec<(u32, u32)>,
    /// Whether there are more values than are given.
    pub(crate) is_cut: bool,
}

/// Counts the facets asked for.
pub(crate) fn facets(
    snapshot: &Snapshot,
    found: &Found,
    wanted: &[Facet],
    filters: &Filters,
    vocabularies: &Vocabularies,
) -> Result<Counted, Failure> {
    let mut all = Vec::with_capacity(wanted.len());
    for facet in wanted {
        let Some(values) = snapshot.values(*facet) else { continue };
        let mut counts = vec![0_u64; values.codes.len()];
        for (place, (segment, hits)) in snapshot.segments.iter().zip(&found.segments).enumerate() {
            let set = hits.besides_of(Narrowed::Facet(*facet));
            count(snapshot, segment, *facet, place, values, set, &mut counts)?;
        }
        let counted = (0_u32..).zip(&counts).filter(|(_, count)| **count > 0);
        let mut counted: Vec<(u32, u32)> = counted.map(|(at, count)| (at, u32::try_from(*count).unwrap_or(u32::MAX))).collect();
        let by_count = |a: &(u32, u32), b: &(u32, u32)| b.1.cmp(&a.1).then_with(|| values.code(a.0).cmp(values.code(b.0)));
        counted.sort_by(by_count);
        let is_cut = counted.len() > MAX_VALUES;
        if is_cut {
            let chosen = filters.get(facet);
            counted = cut(counted, |at| is_near(*facet, values.code(at), chosen, vocabularies));
            counted.sort_by(by_count);
        }
        all.push(CountedFacet { facet: *facet, values: counted, is_cut });
    }
    Ok(all)
}

/// As many values as are given: those that somebody who goes from one to the next needs, and then the commonest.
fn cut(counted: Vec<(u32, u32)>, is_near: impl Fn(u32) -> bool) -> Vec<(u32, u32)> {
    let (mut kept, others): (Vec<_>, Vec<_>) = counted.into_iter().partition(|(at, _)| is_near(*at));
    kept.truncate(MAX_VALUES);
    let room = MAX_VALUES - kept.len();
    kept.extend(others.into_iter().take(room));
    kept
}

/// Whether a value is chosen, lies above one that is or right below it, or has none above it.
fn is_near(facet: Facet, code: &str, chosen: Option<&BTreeSet<String>>, vocabularies: &Vocabularies) -> bool {
    let mut chosen_ones = chosen.into_iter().flatten();
    if !facet.is_nested() {
        return chosen_ones.any(|one| one == code);
    }
    // What lies above a class is how its code begins: that is told of tens of thousands of them without looking further.
    if facet == Facet::Ipc && code.len() > 1 && !chosen_ones.clone().any(|one| one.starts_with(code) || code.starts_with(one.as_str())) {
        return false;
    }
    match facet.parent(code, vocabularies) {
        None => true,
        Some(parent) => chosen_ones.any(|one| *one == parent || facet.path(one, vocabularies).iter().any(|above| above == code)),
    }
}

/// Gives counted values their codes and names.
pub(crate) fn named(snapshot: &Snapshot, counted: &Counted, lang: Lang, vocabularies: &Vocabularies) -> BTreeMap<Facet, Vec<FacetCount>> {
    let mut all = BTreeMap::new();
    for CountedFacet { facet, values: counts, .. } in counted {
        let Some(values) = snapshot.values(*facet) else { continue };
        let named = counts.iter().map(|(at, count)| {
            let code = values.code(*at);
            FacetCount {
                code: code.to_owned(),
                label: facet.label(code, lang, vocabularies),
                parent: facet.parent(code, vocabularies),
                count: u64::from(*count),
            }
        });
        all.insert(*facet, named.collect());
    }
    all
}

/// Counts the usual periods of both dates.
pub(crate) fn periods(snapshot: &Snapshot, found: &Found, today: NaiveDate) -> BTreeMap<DateColumn, Vec<PeriodCount>> {
    DateColumn::ALL
        .into_iter()
        .map(|column| {
            let counts = Period::usual(column, today).map(|(code, period)| {
                let sets = snapshot.segments.iter().zip(&found.segments);
                let count = sets.map(|(s, hits)| s.period_set(column, period).shared(hits.besides_of(Narrowed::Date(column)))).sum();
                PeriodCount { code, period, count }
            });
            (column, counts.collect())
        })
        .collect()
}

fn count(
    snapshot: &Snapshot,
    segment: &Segment,
    facet: Facet,
    place: usize,
    values: &Values,
    set: &Bits,
    counts: &mut [u64],
) -> Result<(), Failure> {
    let (Some(column), Some(places)) = (segment.core.facet(facet), values.places.get(place)) else { return Ok(()) };
    let words = u64::from(segment.bound()) / 64 + 1;
    if set.len() * WORDS_PER_VALUE > words * places.len() as u64 {
        for at in places {
            if let (Some(code), Some(count)) = (values.codes.get(*at as usize), counts.get_mut(*at as usize)) {
                *count += segment.value_set(snapshot.fields.facet(facet), code)?.shared(set);
            }
        }
        return Ok(());
    }
    let ords = column.ords();
    for doc in set.iter() {
        for ord in ords.values_for_doc(doc) {
            if let Some(count) = places.get(ord as usize).and_then(|at| counts.get_mut(*at as usize)) {
                *count += 1;
            }
        }
    }
    Ok(())
}
