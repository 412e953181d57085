//! A model directory, looked at before anything of it is used: which files there are, what they say of themselves, whether they
//! are whole. Needs no inference, so that a mistake is told before memory is filled.

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::open::Way;

/// The largest `model.safetensors`, in bytes: the server holds it in memory while it encodes.
pub const MAX_MODEL_BYTES: u64 = 2 << 30;
/// The largest `config.json` and `tokenizer.json`, in bytes.
const MAX_TEXT_BYTES: u64 = 64 << 20;
/// The longest description of tensors at the head of a `model.safetensors`, in bytes.
const MAX_HEADER_BYTES: u64 = 16 << 20;
/// The most tokens of one text that are read, its two ends included; a model may read less. Attention costs with the square
/// of it, and what a listing is about stands at its beginning.
pub const MAX_TOKENS: usize = 256;
/// Goes into the fingerprint: another way to make vectors of the same files is another encoder.
const METHOD: &[u8] = b"mean over tokens, unit length, less the mean of the language, 1";

/// Which model, by all that its vectors depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(pub u128);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// Why a directory is no model.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file is not there or cannot be read.
    #[error("{}: the file cannot be read; a model directory has config.json, tokenizer.json and model.safetensors", .path.display())]
    Missing {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// A file is larger than what is read.
    #[error("{}: {bytes} bytes are more than the {most} that may be read", .path.display())]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// How large it is.
        bytes: u64,
        /// How large it may be.
        most: u64,
    },
    /// It is a model of another kind.
    #[error("{}: model_type is “{found}”; only “bert” can be used, such as multilingual-e5-small", .path.display())]
    Architecture {
        /// The file that says so.
        path: PathBuf,
        /// What it says.
        found: String,
    },
    /// A file is not what its name says, is cut off, or does not belong to the others.
    #[error("{}: {why}", .path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The program has no inference in it.
    #[error("this program was built without the inference library; build it with the feature `vectors`")]
    NotBuiltIn,
    /// The system gives no threads.
    #[error("the threads of the model could not be started")]
    Threads(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A directory that is a model, as far as can be seen without loading it.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Where it lies.
    pub folder: PathBuf,
    /// Which model.
    pub fingerprint: Fingerprint,
    /// How many numbers its vectors have.
    pub dimensions: usize,
    /// How many tokens of a text it reads.
    pub tokens: usize,
}

/// What is read of a `config.json`.
#[derive(Deserialize)]
struct Config {
    model_type: Option<String>,
    hidden_size: usize,
    vocab_size: usize,
    max_position_embeddings: usize,
}

/// What a `model.safetensors` says of one tensor.
#[derive(Deserialize)]
struct Tensor {
    shape: Vec<usize>,
    data_offsets: [u64; 2],
}

/// Looks at a model directory and reads all of it once, for its fingerprint; half a gigabyte takes a second or two. The way
/// that texts become vectors belongs to the fingerprint.
///
/// # Errors
/// [`ModelError`] with the file and what is wrong with it.
pub fn check(folder: &Path, way: &Way) -> Result<Checked, ModelError> {
    let mut hash = Sha256::new();
    hash.update(METHOD);
    way.add_to(&mut hash);
    hash.update(MAX_TOKENS.to_le_bytes());

    let path = folder.join("config.json");
    let text = read(&path, &mut hash)?;
    let config: Config = serde_json::from_slice(&text).map_err(|e| damaged(&path, &e))?;
    let found = config.model_type.unwrap_or_default();
    if found != "bert" {
        return Err(ModelError::Architecture { path, found });
    }
    if config.hidden_size == 0 || config.hidden_size > 4_096 || config.max_position_embeddings < 3 {
        return Err(damaged(&path, &"hidden_size or max_position_embeddings is out of range"));
    }

    let path = folder.join("tokenizer.json");
    let text = read(&path, &mut hash)?;
    serde_json::from_slice::<HashMap<String, serde::de::IgnoredAny>>(&text).map_err(|e| damaged(&path, &e))?;

    let path = folder.join("model.safetensors");
    let (file, bytes) = open(&path, MAX_MODEL_BYTES)?;
    let tensors = check_tensors(&path, file, bytes, &mut hash)?;
    let named = |name: &str| tensors.get(name).or_else(|| tensors.get(&format!("bert.{name}")));
    let wanted = [
        ("embeddings.word_embeddings.weight", config.vocab_size),
        ("embeddings.position_embeddings.weight", config.max_position_embeddings),
    ];
    for (name, rows) in wanted {
        match named(name) {
            Some(tensor) if tensor.shape == [rows, config.hidden_size] => {}
            Some(tensor) => {
                let expected = [rows, config.hidden_size];
                return Err(damaged(&path, &format!("{name} has the shape {:?}; config.json speaks of {expected:?}", tensor.shape)));
            }
            None => return Err(damaged(&path, &format!("{name} is not in it"))),
        }
    }

    let digest = hash.finalize();
    let fingerprint = Fingerprint(digest.iter().take(16).fold(0, |number, byte| (number << 8) | u128::from(*byte)));
    let tokens = MAX_TOKENS.min(config.max_position_embeddings);
    Ok(Checked { folder: folder.to_owned(), fingerprint, dimensions: config.hidden_size, tokens })
}

fn damaged(path: &Path, why: &dyn fmt::Display) -> ModelError {
    ModelError::Damaged { path: path.to_owned(), why: why.to_string() }
}

fn missing(path: &Path, cause: std::io::Error) -> ModelError {
    ModelError::Missing { path: path.to_owned(), cause }
}

fn open(path: &Path, most: u64) -> Result<(File, u64), ModelError> {
    let file = File::open(path).map_err(|e| missing(path, e))?;
    let about = file.metadata().map_err(|e| missing(path, e))?;
    if !about.is_file() {
        return Err(damaged(path, &"it is no file"));
    }
    if about.len() > most {
        return Err(ModelError::TooLarge { path: path.to_owned(), bytes: about.len(), most });
    }
    Ok((file, about.len()))
}

/// A small file, with its length and contents in the hash.
fn read(path: &Path, hash: &mut Sha256) -> Result<Vec<u8>, ModelError> {
    let (file, bytes) = open(path, MAX_TEXT_BYTES)?;
    let mut text = Vec::new();
    file.take(MAX_TEXT_BYTES).read_to_end(&mut text).map_err(|e| missing(path, e))?;
    hash.update(bytes.to_le_bytes());
    hash.update(&text);
    Ok(text)
}

/// The tensors that the head of the file names. The file must be as long as they say; all of it goes into the hash.
fn check_tensors(path: &Path, file: File, bytes: u64, hash: &mut Sha256) -> Result<HashMap<String, Tensor>, ModelError> {
    let mut file = BufReader::with_capacity(1 << 20, file);
    let mut length = [0_u8; 8];
    file.read_exact(&mut length).map_err(|_| damaged(path, &"it is cut off"))?;
    hash.update(length);
    let header_bytes = u64::from_le_bytes(length);
    if header_bytes > MAX_HEADER_BYTES || header_bytes > bytes.saturating_sub(8) {
        return Err(damaged(path, &"it is no file of safetensors, or cut off"));
    }
    let mut header = Vec::new();
    std::io::Read::take(&mut file, header_bytes).read_to_end(&mut header).map_err(|e| missing(path, e))?;
    hash.update(&header);
    let mut entries: HashMap<String, serde_json::Value> = serde_json::from_slice(&header).map_err(|e| damaged(path, &e))?;
    entries.remove("__metadata__");
    let mut tensors = HashMap::with_capacity(entries.len());
    let mut end = 0;
    for (name, entry) in entries {
        let tensor: Tensor = serde_json::from_value(entry).map_err(|e| damaged(path, &format!("{name}: {e}")))?;
        let [_, to] = tensor.data_offsets;
        end = end.max(to);
        tensors.insert(name, tensor);
    }
    let told = (8 + header_bytes).checked_add(end);
    if told != Some(bytes) {
        return Err(damaged(path, &format!("it has {bytes} bytes and not those that it speaks of; it is cut off or too long")));
    }
    let mut piece = vec![0_u8; 1 << 20];
    loop {
        let read = file.read(&mut piece).map_err(|e| missing(path, e))?;
        match piece.get(..read) {
            Some([]) | None => return Ok(tensors),
            Some(some) => hash.update(some),
        }
    }
}
