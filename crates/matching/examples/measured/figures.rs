//! R@1, R@10, nDCG@10 and MRR with 95 % intervals: what hangs together is drawn together (a bootstrap over components), for a
//! topic's awards, each asked for the others, are one piece of evidence.

use std::collections::{BTreeMap, BTreeSet};

/// How often components are drawn.
const DRAWS: usize = 2_000;

pub const NAMES: [&str; 4] = ["R@1", "R@10", "nDCG@10", "MRR"];

/// The figures of one query, and the component that it is of.
#[derive(Clone, Debug)]
pub struct Figures {
    pub component: String,
    pub figures: [f64; 4],
}

/// The figures of one query.
pub fn measure(right: &BTreeSet<usize>, ranked: &[usize]) -> [f64; 4] {
    let hits: Vec<usize> = ranked.iter().enumerate().filter(|(_, place)| right.contains(place)).map(|(n, _)| n + 1).collect();
    let share = |k: usize| hits.iter().filter(|h| **h <= k).count() as f64 / right.len() as f64;
    let gain = |at: usize| 1.0 / ((at + 1) as f64).log2();
    let ideal: f64 = (1..=right.len().min(10)).map(gain).sum();
    let found: f64 = hits.iter().filter(|h| **h <= 10).map(|h| gain(*h)).sum();
    [share(1), share(10), found / ideal, hits.first().map_or(0.0, |h| 1.0 / *h as f64)]
}

/// Numbers that look like chance and are always the same (splitmix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % bound as u64).unwrap()
    }
}

/// A mean and where it lies 95 times in a hundred.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub mean: f64,
    pub from: f64,
    pub to: f64,
}

/// The sums of a component's figures, and of how many queries.
type Cluster = ([f64; 4], f64);

fn mean_of<'a>(some: impl Iterator<Item = &'a Cluster>) -> [f64; 4] {
    let (mut sums, mut count) = ([0.0_f64; 4], 0.0_f64);
    for (figures, queries) in some {
        figures.iter().zip(&mut sums).for_each(|(figure, sum)| *sum += figure);
        count += queries;
    }
    sums.map(|sum| sum / count.max(1.0))
}

pub fn intervals(all: &[Figures]) -> [Interval; 4] {
    let mut clusters: BTreeMap<&str, Cluster> = BTreeMap::new();
    for one in all {
        let here = clusters.entry(&one.component).or_default();
        one.figures.iter().zip(&mut here.0).for_each(|(figure, sum)| *sum += figure);
        here.1 += 1.0;
    }
    let clusters: Vec<Cluster> = clusters.into_values().collect();
    let means = mean_of(clusters.iter());
    let mut chance = Chance(20_260_101);
    let mut drawn: [Vec<f64>; 4] = Default::default();
    let draws = if clusters.is_empty() { 0 } else { DRAWS };
    for _ in 0..draws {
        let some: Vec<usize> = clusters.iter().map(|_| chance.below(clusters.len())).collect();
        drawn.iter_mut().zip(mean_of(some.iter().map(|n| &clusters[*n]))).for_each(|(all, mean)| all.push(mean));
    }
    let mut at = 0;
    drawn.map(|mut all| {
        all.sort_by(f64::total_cmp);
        let bound = |share: f64| all.get((all.len() as f64 * share) as usize).copied().unwrap_or_default();
        let interval = Interval { mean: means[at], from: bound(0.025), to: bound(0.975) };
        at += 1;
        interval
    })
}

/// One row of the table.
pub fn print(name: &str, all: &[Figures]) {
    let mut line = format!("{name:<58}");
    for (name, Interval { mean, from, to }) in NAMES.iter().zip(intervals(all)) {
        line += &format!("  {name} {mean:.3} [{from:.3}, {to:.3}]");
    }
    println!("{line}");
}

/// One row: by how much one is better than the other, query by query.
pub fn print_difference(name: &str, one: &[Figures], other: &[Figures]) {
    let less = |(one, other): (&Figures, &Figures)| {
        let mut figures = one.figures;
        figures.iter_mut().zip(other.figures).for_each(|(figure, other)| *figure -= other);
        Figures { component: one.component.clone(), figures }
    };
    print(name, &one.iter().zip(other).map(less).collect::<Vec<_>>());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_measures_are_those_of_the_textbooks() {
        let right = BTreeSet::from([3, 7]);
        let gain = |at: f64| 1.0 / (at + 1.0).log2();
        let [first, ten, ndcg, reciprocal] = measure(&right, &[1, 3, 2]);
        assert_eq!((first, ten, reciprocal), (0.0, 0.5, 0.5));
        assert!((ndcg - gain(2.0) / (gain(1.0) + gain(2.0))).abs() < 1e-12);
        assert_eq!(measure(&right, &[7, 3]), [0.5, 1.0, 1.0, 1.0]);
        assert_eq!(measure(&right, &[]), [0.0; 4]);
    }

    #[test]
    fn the_same_evidence_twice_narrows_no_interval_and_the_same_figures_give_the_same_one() {
        let of = |twice: bool| -> Vec<Figures> {
            let one = |n: usize| Figures { component: format!("{n:03}"), figures: [f64::from(u8::from(n.is_multiple_of(3))); 4] };
            (0..60).flat_map(|n| vec![one(n); if twice { 2 } else { 1 }]).collect()
        };
        let (once, twice) = (intervals(&of(false)), intervals(&of(true)));
        assert_eq!(once, intervals(&of(false)));
        for (once, twice) in once.iter().zip(&twice) {
            assert!((once.mean - 1.0 / 3.0).abs() < 1e-12 && once.from < once.mean && once.mean < once.to);
            assert!((once.from - twice.from).abs() < 1e-12 && (once.to - twice.to).abs() < 1e-12);
        }
        assert_eq!(intervals(&[])[0], Interval { mean: 0.0, from: 0.0, to: 0.0 });
    }
}
