//! The inference: a BERT encoder, the mean over its tokens, length 1, less what all texts of the language have in common.
//!
//! Each text is encoded by itself, without others beside it and so without padding: a vector depends on its text alone to the
//! last bit, and on few cores a batch would be no quicker.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use base::Lang;
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use rayon::{ThreadPool, ThreadPoolBuilder};
use tokenizers::{Tokenizer, TruncationParams};

use crate::open::{LEAST_ANCHORS, Threads, Way};
use crate::{Checked, EncodeError, Encoder, Fingerprint, ModelError, unit};

/// The most characters of a text that are taken apart into tokens, for each token that is read.
const CHARS_A_TOKEN: usize = 12;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// What is in memory while there is something to encode.
struct Loaded {
    tokenizer: Tokenizer,
    bert: BertModel,
    /// The mean vector of each language that has anchors.
    means: BTreeMap<Lang, Vec<f32>>,
}

/// A model from a directory.
pub(crate) struct Model {
    about: Checked,
    way: Way,
    /// Its own threads, so that they can give way.
    threads: ThreadPool,
    loaded: Mutex<Option<Loaded>>,
}

impl Model {
    pub(crate) fn new(about: Checked, way: Way, threads: Threads) -> Result<Self, ModelError> {
        let begin = threads.on_start;
        let builder = ThreadPoolBuilder::new().num_threads(threads.count.max(1)).thread_name(|n| format!("vectors-{n}"));
        let threads = builder.start_handler(move |_| begin()).build().map_err(|e| ModelError::Threads(Box::new(e)))?;
        Ok(Self { about, way, threads, loaded: Mutex::new(None) })
    }

    fn load(&self) -> Result<Loaded, Cause> {
        let file = |name: &str| self.about.folder.join(name);
        let config: Config = serde_json::from_slice(&std::fs::read(file("config.json"))?)?;
        let mut tokenizer = Tokenizer::from_file(file("tokenizer.json"))?;
        tokenizer.with_padding(None);
        tokenizer.with_truncation(Some(TruncationParams { max_length: self.about.tokens, ..TruncationParams::default() }))?;
        let weights = std::fs::read(file("model.safetensors"))?;
        let weights = VarBuilder::from_buffered_safetensors(weights, DType::F32, &Device::Cpu)?;
        let mut loaded = Loaded { tokenizer, bert: BertModel::load(weights, &config)?, means: BTreeMap::new() };
        for (lang, texts) in self.way.anchors.0.iter().filter(|(_, texts)| texts.len() >= LEAST_ANCHORS) {
            let mut mean = vec![0.0_f32; self.about.dimensions];
            for text in texts {
                let vector = unit(self.threads.install(|| loaded.states(&self.written(text)))?)?;
                mean.iter_mut().zip(vector).for_each(|(sum, x)| *sum += x / texts.len() as f32);
            }
            loaded.means.insert(*lang, mean);
        }
        Ok(loaded)
    }

    /// A text as the model wants it.
    fn written(&self, text: &str) -> String {
        format!("{}{}", self.way.prefix, self.beginning(text))
    }

    fn beginning<'a>(&self, text: &'a str) -> &'a str {
        let most = self.about.tokens * CHARS_A_TOKEN;
        text.char_indices().nth(most).and_then(|(at, _)| text.get(..at)).unwrap_or(text)
    }
}

impl Loaded {
    /// The mean over the tokens of a text.
    fn states(&self, text: &str) -> Result<Vec<f32>, Cause> {
        let encoding = self.tokenizer.encode(text, true)?;
        let tokens = Tensor::new(encoding.get_ids(), &Device::Cpu)?.unsqueeze(0)?;
        let kinds = tokens.zeros_like()?;
        // No padding, so every token counts.
        let states = self.bert.forward(&tokens, &kinds, None)?;
        Ok(states.mean(1)?.squeeze(0)?.to_vec1()?)
    }
}

impl Encoder for Model {
    fn fingerprint(&self) -> Fingerprint {
        self.about.fingerprint
    }

    fn dimensions(&self) -> usize {
        self.about.dimensions
    }

    fn encode(&self, text: &str, lang: Lang) -> Result<Vec<f32>, EncodeError> {
        let text = self.written(text);
        // Locked by whoever asks and not on the model's threads: one of those that waits for another takes up other work, and
        // would wait for itself.
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let model = match loaded.as_mut() {
            Some(model) => model,
            None => loaded.insert(self.load().map_err(EncodeError::Load)?),
        };
        let mut vector = unit(self.threads.install(|| model.states(&text)).map_err(EncodeError::Inference)?)?;
        if let Some(mean) = model.means.get(&lang) {
            vector.iter_mut().zip(mean).for_each(|(x, mean)| *x -= mean);
        }
        unit(vector)
    }

    fn rest(&self) {
        *self.loaded.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
