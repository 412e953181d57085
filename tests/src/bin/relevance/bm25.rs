//! The plain BM25 that the search is compared with: lower-case syllables, k1 = 1.2, b = 0.75, any word, nothing else.

use std::collections::HashMap;

use crate::sets::Text;

const K1: f64 = 1.2;
const B: f64 = 0.75;

/// An index of whole texts, title in front.
pub struct Bm25<'a> {
    ids: Vec<&'a str>,
    lengths: Vec<f64>,
    mean: f64,
    lists: HashMap<String, Vec<(u32, u32)>>,
    folded: bool,
}

fn words(text: &str, folded: bool) -> Vec<String> {
    let text = if folded { base::fold::folded(text) } else { text.to_lowercase() };
    text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

impl<'a> Bm25<'a> {
    /// Of words with marks or, `folded`, without.
    pub fn new(texts: &'a [Text], folded: bool) -> Self {
        let mut lists: HashMap<String, Vec<(u32, u32)>> = HashMap::new();
        let mut lengths = Vec::with_capacity(texts.len());
        for (n, text) in (0_u32..).zip(texts) {
            let mut length = 0.0;
            for word in words(&format!("{} {}", text.title, text.body), folded) {
                length += 1.0;
                let list = lists.entry(word).or_default();
                match list.last_mut() {
                    Some((doc, times)) if *doc == n => *times += 1,
                    _ => list.push((n, 1)),
                }
            }
            lengths.push(length);
        }
        let mean = lengths.iter().sum::<f64>() / lengths.len().max(1) as f64;
        Self { ids: texts.iter().map(|t| t.id.as_str()).collect(), lengths, mean, lists, folded }
    }

    /// The best `depth` but one.
    pub fn find(&self, query: &str, besides: Option<&str>, depth: usize) -> Vec<String> {
        let mut scores = vec![0.0; self.ids.len()];
        for word in words(query, self.folded) {
            let Some(list) = self.lists.get(&word) else { continue };
            let (all, with) = (self.ids.len() as f64, list.len() as f64);
            let idf = (1.0 + (all - with + 0.5) / (with + 0.5)).ln();
            for (doc, times) in list {
                let (doc, times) = (*doc as usize, f64::from(*times));
                scores[doc] += idf * times * (K1 + 1.0) / (times + K1 * (1.0 - B + B * self.lengths[doc] / self.mean));
            }
        }
        let mut order: Vec<usize> = (0..scores.len()).filter(|n| scores[*n] > 0.0).collect();
        order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
        order.into_iter().map(|n| self.ids[n]).filter(|id| Some(*id) != besides).take(depth).map(str::to_owned).collect()
    }
}
