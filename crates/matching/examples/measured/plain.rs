//! BM25 as textbooks have it (k1 1.2, b 0.75), over stems.

use std::collections::HashMap;

pub struct Plain {
    postings: HashMap<String, Vec<(u32, f32)>>,
    lengths: Vec<f32>,
    mean: f32,
}

fn stems(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    search::analysis::words(&search::analysis::nfc(text), |w| all.push(search::analysis::stem(&w.folded).into_owned()));
    all
}

impl Plain {
    pub fn new(texts: impl Iterator<Item = String>) -> Self {
        let (mut postings, mut lengths): (HashMap<String, Vec<(u32, f32)>>, _) = (HashMap::new(), Vec::new());
        for (n, text) in texts.enumerate() {
            let words = stems(&text);
            lengths.push(words.len() as f32);
            let mut times: HashMap<String, f32> = HashMap::new();
            words.into_iter().for_each(|w| *times.entry(w).or_default() += 1.0);
            times.into_iter().for_each(|(w, t)| postings.entry(w).or_default().push((u32::try_from(n).unwrap(), t)));
        }
        let mean = lengths.iter().sum::<f32>() / lengths.len() as f32;
        Self { postings, lengths, mean }
    }

    /// The best hundred for a text, without the one that asks.
    pub fn rank(&self, text: &str, without: Option<usize>) -> Vec<usize> {
        let mut scores = vec![0.0_f32; self.lengths.len()];
        for word in stems(text) {
            let Some(list) = self.postings.get(&word) else { continue };
            let (all, with) = (self.lengths.len() as f32, list.len() as f32);
            let idf = (1.0 + (all - with + 0.5) / (with + 0.5)).ln();
            for (n, times) in list {
                let n = *n as usize;
                scores[n] += idf * times * 2.2 / (times + 1.2 * (0.25 + 0.75 * self.lengths[n] / self.mean));
            }
        }
        if let Some(own) = without {
            scores[own] = f32::MIN;
        }
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
        order.truncate(100);
        order
    }
}
