//! The inference: a BERT encoder, the mean over its tokens, length 1.
//!
//! Each text is encoded by itself, without others beside it and so without padding: a vector depends on its text alone to the
//! last bit, and on few cores a batch would be no quicker.

use std::sync::{Mutex, PoisonError};

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use rayon::{ThreadPool, ThreadPoolBuilder};
use tokenizers::{Tokenizer, TruncationParams};

use crate::open::Threads;
use crate::{Checked, EncodeError, Encoder, Fingerprint, ModelError, unit};

/// The most characters of a text that are taken apart into tokens, for each token that is read.
const CHARS_A_TOKEN: usize = 12;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// What is in memory while there is something to encode.
struct Loaded {
    tokenizer: Tokenizer,
    bert: BertModel,
}

/// A model from a directory.
pub(crate) struct Model {
    about: Checked,
    /// Its own threads, so that they can give way.
    threads: ThreadPool,
    loaded: Mutex<Option<Loaded>>,
}

impl Model {
    pub(crate) fn new(about: Checked, threads: Threads) -> Result<Self, ModelError> {
        let begin = threads.on_start;
        let builder = ThreadPoolBuilder::new().num_threads(threads.count.max(1)).thread_name(|n| format!("vectors-{n}"));
        let threads = builder.start_handler(move |_| begin()).build().map_err(|e| ModelError::Threads(Box::new(e)))?;
        Ok(Self { about, threads, loaded: Mutex::new(None) })
    }

    fn load(&self) -> Result<Loaded, Cause> {
        let file = |name: &str| self.about.folder.join(name);
        let config: Config = serde_json::from_slice(&std::fs::read(file("config.json"))?)?;
        let mut tokenizer = Tokenizer::from_file(file("tokenizer.json"))?;
        tokenizer.with_padding(None);
        tokenizer.with_truncation(Some(TruncationParams { max_length: self.about.tokens, ..TruncationParams::default() }))?;
        let weights = std::fs::read(file("model.safetensors"))?;
        let weights = VarBuilder::from_buffered_safetensors(weights, DType::F32, &Device::Cpu)?;
        Ok(Loaded { tokenizer, bert: BertModel::load(weights, &config)? })
    }

    fn beginning<'a>(&self, text: &'a str) -> &'a str {
        let most = self.about.tokens * CHARS_A_TOKEN;
        text.char_indices().nth(most).and_then(|(at, _)| text.get(..at)).unwrap_or(text)
    }
}

impl Loaded {
    fn mean(&self, text: &str) -> Result<Vec<f32>, Cause> {
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

    fn encode(&self, text: &str) -> Result<Vec<f32>, EncodeError> {
        let text = format!("{}{}", self.about.prefix, self.beginning(text));
        // Locked by whoever asks and not on the model's threads: one of those that waits for another takes up other work, and
        // would wait for itself.
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let model = match loaded.as_mut() {
            Some(model) => model,
            None => loaded.insert(self.load().map_err(EncodeError::Load)?),
        };
        unit(self.threads.install(|| model.mean(&text)).map_err(EncodeError::Inference)?)
    }

    fn rest(&self) {
        *self.loaded.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
