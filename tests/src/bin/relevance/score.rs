//! Figures of runs with known right answers, and how sure they are.

/// How often the queries are drawn anew for an interval.
const DRAWS: usize = 1_000;

/// Per query: found first, found among ten (share of the right ones), nDCG@10, reciprocal rank.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    each: Vec<[f64; 4]>,
}

/// The figures of runs: what is right, and what was found, best first.
pub fn of_runs<'a>(runs: impl Iterator<Item = (&'a Vec<String>, Vec<String>)>) -> Figures {
    Figures { each: runs.map(|(right, found)| of_one(right, &found)).collect() }
}

fn of_one(right: &[String], found: &[String]) -> [f64; 4] {
    let is_right = |id: &String| right.contains(id);
    let gain = |place: usize| 1.0 / ((place + 2) as f64).log2();
    let first = f64::from(u8::from(found.first().is_some_and(is_right)));
    let ten = found.iter().take(10).filter(|id| is_right(id)).count() as f64 / right.len().clamp(1, 10) as f64;
    let gained: f64 = found.iter().take(10).enumerate().filter(|(_, id)| is_right(id)).map(|(n, _)| gain(n)).sum();
    let ideal: f64 = (0..right.len().min(10)).map(gain).sum();
    let rank = found.iter().position(is_right).map_or(0.0, |n| 1.0 / (n + 1) as f64);
    [first, ten, gained / ideal.max(f64::MIN_POSITIVE), rank]
}

/// Numbers that look random and are the same in every run.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % bound.max(1)
    }
}

impl Figures {
    /// How many queries.
    pub fn len(&self) -> usize {
        self.each.len()
    }

    /// R@1, R@10, nDCG@10, MRR.
    pub fn means(&self) -> [f64; 4] {
        let count = self.each.len().max(1) as f64;
        [0, 1, 2, 3].map(|n| self.each.iter().map(|e| e[n]).sum::<f64>() / count)
    }

    /// The 95 % interval of nDCG@10.
    pub fn interval(&self) -> (f64, f64) {
        interval(&self.each.iter().map(|e| e[2]).collect::<Vec<_>>())
    }

    /// The mean difference of nDCG@10 to another run of the same queries, with its 95 % interval.
    pub fn difference(&self, other: &Self) -> (f64, f64, f64) {
        let each: Vec<f64> = self.each.iter().zip(&other.each).map(|(a, b)| a[2] - b[2]).collect();
        let (low, high) = interval(&each);
        (each.iter().sum::<f64>() / each.len().max(1) as f64, low, high)
    }
}

fn interval(each: &[f64]) -> (f64, f64) {
    let mut draw = Draw(7);
    let mut means: Vec<f64> =
        (0..DRAWS).map(|_| (0..each.len()).map(|_| each[draw.below(each.len())]).sum::<f64>() / each.len().max(1) as f64).collect();
    means.sort_by(f64::total_cmp);
    (means[DRAWS / 40], means[DRAWS - 1 - DRAWS / 40])
}
