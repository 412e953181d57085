//! Counts of facets and periods: exact, over what the viewer may see, each facet as if it were not narrowed itself.
//!
//! Two ways, the cheaper one per segment: look at the values of every hit, or intersect the hits with the set of
//! documents of every value. The first wins where hits are few, the second where they are many and values few.

use std::collections::BTreeMap;

use base::{Lang, Vocabularies};
use chrono::NaiveDate;

use crate::bits::Bits;
use crate::dates::{DateColumn, Period, PeriodCount};
use crate::facet::Facet;
use crate::failure::Failure;
use crate::matching::Found;
use crate::search::{FacetCount, Narrowed};
use crate::snapshot::{Segment, Snapshot, Values};

/// Reading one value costs about as much as intersecting so many words of a set.
const WORDS_PER_VALUE: u64 = 12;
/// The most values of a facet that are given.
const MAX_VALUES: usize = 500;

/// Per facet the places of its values ([`Values::codes`]) and how many hits have each.
pub(crate) type Counted = Vec<(Facet, Vec<(u32, u32)>)>;

/// Counts the facets asked for, of each the commonest value first and of equal ones by code.
pub(crate) fn facets(snapshot: &Snapshot, found: &Found, wanted: &[Facet]) -> Result<Counted, Failure> {
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
        counted.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| values.code(a.0).cmp(values.code(b.0))));
        counted.truncate(MAX_VALUES);
        all.push((*facet, counted));
    }
    Ok(all)
}

/// Gives counted values their codes and names.
pub(crate) fn named(snapshot: &Snapshot, counted: &Counted, lang: Lang, vocabularies: &Vocabularies) -> BTreeMap<Facet, Vec<FacetCount>> {
    let mut all = BTreeMap::new();
    for (facet, counts) in counted {
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
                let count = sets.map(|(s, hits)| s.period_bits(column, period).shared(hits.besides_of(Narrowed::Date(column)))).sum();
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
                *count += segment.term_bits(snapshot.fields.facet(facet), code)?.shared(set);
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
