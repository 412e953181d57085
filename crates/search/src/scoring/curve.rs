//! What repetitions and lengths are worth: BM25 of one term, and the most of it that a list can give.

use tantivy::fieldnorm::FieldNormReader;

use crate::settings::Weights;

/// What lengths do to repetitions: the denominator of BM25 but for the repetitions, a line over the length.
pub(crate) struct Curve {
    base: f32,
    slope: f32,
    /// Per code of a length.
    by_code: [f32; 256],
}

impl Curve {
    pub(super) fn new(mean_length: f32, weights: &Weights) -> Self {
        let (k1, b) = (weights.repeat.max(0.0), weights.length.clamp(0.0, 1.0));
        let (base, slope) = (k1 * (1.0 - b), k1 * b / mean_length);
        let mut by_code = [0.0; 256];
        for (code, value) in (0..=u8::MAX).zip(&mut by_code) {
            *value = base + slope * FieldNormReader::id_to_fieldnorm(code) as f32;
        }
        Self { base, slope, by_code }
    }

    /// Which share of its weight a term is worth that stands so often in a text of such a length.
    pub(super) fn share(&self, times: u32, length: u8) -> f32 {
        let times = times as f32;
        times / (times + self.by_code.get(usize::from(length)).copied().unwrap_or(1.0))
    }
}

/// The largest share of its weight that a term is worth in any document of a list, and the line it was reckoned with. The
/// documents of a list never change, but the mean length does with what is published, and the rest of the line with the weights.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reach {
    share: f32,
    base: f32,
    slope: f32,
}

impl Reach {
    pub(super) fn new(share: f32, curve: &Curve) -> Self {
        Self { share, base: curve.base, slope: curve.slope }
    }

    /// No document's share is larger with this line: nowhere is it lower than the old one divided by the larger ratio of
    /// their two parts.
    pub(super) fn with(self, curve: &Curve) -> f32 {
        let ratio = |old: f32, new: f32| if old > 0.0 { old / new } else { 0.0 };
        let lower = ratio(self.base, curve.base).max(ratio(self.slope, curve.slope)).max(f32::MIN_POSITIVE);
        let share = self.share / (self.share + (1.0 - self.share) / lower);
        if share.is_nan() { 1.0 } else { share.min(1.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_document_reaches_further_than_its_list_whatever_the_line() {
        let lines =
            [(1.2, 0.75, 20.0), (1.2, 0.75, 31.0), (1.2, 0.75, 4.0), (2.5, 0.3, 20.0), (0.0, 0.75, 20.0), (1.2, 1.0, 9.0), (1.2, 0.0, 9.0)];
        let lines = lines.map(|(repeat, length, mean)| Curve::new(mean, &Weights { repeat, length, ..Weights::default() }));
        let lists: [&[(u32, u8)]; 3] = [&[(1, 3), (2, 30)], &[(1, 10)], &[(1, 0), (9, 80), (40, 200)]];
        for (learned, list) in lines.iter().flat_map(|line| lists.map(|list| (line, list))) {
            let most = |line: &Curve| list.iter().map(|(times, length)| line.share(*times, *length)).fold(0.0, f32::max);
            let reach = Reach::new(most(learned), learned);
            assert!((reach.with(learned) - most(learned)).abs() < 1e-6);
            for line in &lines {
                assert!(reach.with(line) >= most(line) - 1e-6, "{reach:?}: {} < {}", reach.with(line), most(line));
            }
        }
    }
}
