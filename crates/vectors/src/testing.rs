//! A tiny model for tests, written file by file: random weights that are the same in every run, a toy vocabulary in which a
//! Vietnamese word and its English one share a row. So texts of both languages that say the same lie near each other, and
//! nothing is downloaded. And an encoder without any model, for whoever tests what is made of vectors.

use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use base::Lang;
use serde_json::{Value, json};

use crate::{EncodeError, Encoder, Fingerprint, unit};

/// Words of the vocabulary; the two of a pair mean the same.
pub const WORDS: [(&str, &str); 16] = [
    ("máy", "machine"),
    ("sấy", "dryer"),
    ("cơm", "flesh"),
    ("dừa", "coconut"),
    ("bơm", "pump"),
    ("nhiệt", "heat"),
    ("lò", "oven"),
    ("than", "coal"),
    ("ao", "pond"),
    ("nuôi", "farming"),
    ("tôm", "shrimp"),
    ("thẻ", "whiteleg"),
    ("màng", "membrane"),
    ("lọc", "filter"),
    ("nước", "water"),
    ("lợ", "brackish"),
];
/// Numbers of a vector.
pub const DIMENSIONS: usize = 32;
/// Tokens of a text that are read.
pub const TOKENS: usize = 24;
const SPECIAL: [&str; 4] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"];
const INNER: usize = 64;

/// Numbers between -1 and 1, the same in every run.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    }
}

/// Writes a model directory that can be opened. Another seed is another model.
///
/// # Errors
/// If a file cannot be written.
pub fn tiny_model(folder: &Path, seed: u64) -> io::Result<()> {
    let vocabulary = SPECIAL.len() + 2 * WORDS.len();
    let config = json!({
        "model_type": "bert", "vocab_size": vocabulary, "hidden_size": DIMENSIONS, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": INNER, "hidden_act": "gelu", "hidden_dropout_prob": 0.0, "max_position_embeddings": TOKENS,
        "type_vocab_size": 1, "initializer_range": 0.02, "layer_norm_eps": 1e-12, "pad_token_id": 0,
    });
    std::fs::write(folder.join("config.json"), config.to_string())?;
    std::fs::write(folder.join("tokenizer.json"), tokenizer().to_string())?;
    std::fs::write(folder.join("model.safetensors"), weights(seed, vocabulary))
}

fn tokenizer() -> Value {
    let words = SPECIAL.into_iter().chain(WORDS.into_iter().flat_map(|(vi, en)| [vi, en]));
    let vocabulary: serde_json::Map<String, Value> = words.enumerate().map(|(n, word)| (word.to_owned(), n.into())).collect();
    let special = |n: usize| json!({ "SpecialToken": { "id": SPECIAL.get(n), "type_id": 0 } });
    let told = |n: usize| json!({ "id": SPECIAL.get(n), "ids": [n], "tokens": [SPECIAL.get(n)] });
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
        "normalizer": { "type": "Lowercase" },
        "pre_tokenizer": { "type": "Whitespace" },
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [special(2), { "Sequence": { "id": "A", "type_id": 0 } }, special(3)],
            "pair": [{ "Sequence": { "id": "A", "type_id": 0 } }, { "Sequence": { "id": "B", "type_id": 0 } }],
            "special_tokens": { "[CLS]": told(2), "[SEP]": told(3) },
        },
        "decoder": null,
        "model": { "type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]" },
    })
}

fn weights(seed: u64, vocabulary: usize) -> Vec<u8> {
    let mut draw = Draw(seed);
    let mut tensors: Vec<(String, Vec<usize>, Vec<f32>)> = Vec::new();
    let mut add = |name: &str, shape: &[usize], numbers: Vec<f32>| tensors.push((name.to_owned(), shape.to_vec(), numbers));
    let row = |draw: &mut Draw, size: usize, scale: f32| -> Vec<f32> { (0..size).map(|_| draw.next() * scale).collect() };

    // Each word and its translation have one row; what is around every text counts little.
    let mut words = row(&mut draw, SPECIAL.len() * DIMENSIONS, 0.1);
    for _ in WORDS {
        let one = row(&mut draw, DIMENSIONS, 1.0);
        words.extend_from_slice(&one);
        words.extend_from_slice(&one);
    }
    add("embeddings.word_embeddings.weight", &[vocabulary, DIMENSIONS], words);
    add("embeddings.position_embeddings.weight", &[TOKENS, DIMENSIONS], row(&mut draw, TOKENS * DIMENSIONS, 0.02));
    add("embeddings.token_type_embeddings.weight", &[1, DIMENSIONS], row(&mut draw, DIMENSIONS, 0.02));
    let layer = "encoder.layer.0";
    for norm in ["embeddings".to_owned(), format!("{layer}.attention.output"), format!("{layer}.output")] {
        add(&format!("{norm}.LayerNorm.weight"), &[DIMENSIONS], vec![1.0; DIMENSIONS]);
        add(&format!("{norm}.LayerNorm.bias"), &[DIMENSIONS], vec![0.0; DIMENSIONS]);
    }
    let dense = [
        ("attention.self.query", DIMENSIONS, DIMENSIONS),
        ("attention.self.key", DIMENSIONS, DIMENSIONS),
        ("attention.self.value", DIMENSIONS, DIMENSIONS),
        ("attention.output.dense", DIMENSIONS, DIMENSIONS),
        ("intermediate.dense", INNER, DIMENSIONS),
        ("output.dense", DIMENSIONS, INNER),
    ];
    for (name, rows, columns) in dense {
        add(&format!("{layer}.{name}.weight"), &[rows, columns], row(&mut draw, rows * columns, 0.05));
        add(&format!("{layer}.{name}.bias"), &[rows], row(&mut draw, rows, 0.01));
    }

    let (mut header, mut data) = (String::from("{"), Vec::new());
    for (name, shape, numbers) in &tensors {
        let from = data.len();
        data.extend(numbers.iter().flat_map(|x| x.to_le_bytes()));
        let comma = if header.len() > 1 { "," } else { "" };
        // Writing to a string never fails.
        write!(header, "{comma}\"{name}\":{{\"dtype\":\"F32\",\"shape\":{shape:?},\"data_offsets\":[{from},{}]}}", data.len()).ok();
    }
    header.push('}');
    while header.len() % 8 != 0 {
        header.push(' ');
    }
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend_from_slice(header.as_bytes());
    file.extend_from_slice(&data);
    file
}

/// An encoder without a model: which of its words are in a text. The two words of a pair are one, so that a text and its
/// translation have the same vector. Remembers what it was given.
pub struct Concepts {
    fingerprint: Fingerprint,
    words: Vec<(String, String)>,
    given: Mutex<Vec<String>>,
    /// Called with how many texts there were, this one among them, before each is encoded.
    before: Box<dyn Fn(usize) + Send + Sync>,
}

impl Concepts {
    /// An encoder of these pairs of words; another number is another model.
    #[must_use]
    pub fn new(number: u128, words: &[(&str, &str)]) -> Self {
        let words = words.iter().map(|(one, other)| ((*one).to_owned(), (*other).to_owned())).collect();
        Self { fingerprint: Fingerprint(number), words, given: Mutex::default(), before: Box::new(|_| {}) }
    }

    /// The same, calling this before each text.
    #[must_use]
    pub fn calling(self, before: impl Fn(usize) + Send + Sync + 'static) -> Self {
        Self { before: Box::new(before), ..self }
    }

    /// All texts that it was given, the first first.
    #[must_use]
    pub fn given(&self) -> Vec<String> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Encoder for Concepts {
    fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    fn dimensions(&self) -> usize {
        self.words.len() + 1
    }

    fn encode(&self, text: &str, _: Lang) -> Result<Vec<f32>, EncodeError> {
        let count = {
            let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
            given.push(text.to_owned());
            given.len()
        };
        (self.before)(count);
        let text = text.to_lowercase();
        let said: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
        let has = |(one, other): &(String, String)| f32::from(u8::from(said.contains(&one.as_str()) || said.contains(&other.as_str())));
        // The last number is that of every text: one without any of the words has a direction too.
        unit(self.words.iter().map(has).chain([0.1]).collect())
    }
}
