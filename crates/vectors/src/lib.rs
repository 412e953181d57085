//! Vectors of sentences: what a text means, as a direction, so that texts of two languages that mean the same lie near each
//! other. Computed on this machine by a model from a directory that the settings name.
//!
//! What always holds: the same text has the same vector, whatever was encoded before or beside it; no text leaves the process,
//! for there is no network code here; a directory that is not what it should be is refused in words, never half used.
//! Not here: which texts are encoded, where vectors are stored, what they count (`matching`). This is the only crate that
//! knows the inference library, and only with the feature `model`.

mod anchors;
mod directory;
#[cfg(feature = "model")]
mod model;
mod open;
mod packed;
#[cfg(feature = "testing")]
pub mod testing;

use base::Lang;

pub use anchors::anchors;
pub use directory::{Checked, Fingerprint, MAX_MODEL_BYTES, MAX_TOKENS, ModelError, check};
pub use open::{Anchors, LEAST_ANCHORS, Threads, Way, open};
pub use packed::Packed;

/// Whoever makes vectors of texts.
pub trait Encoder: Send + Sync {
    /// Which encoder it is: vectors of two encoders cannot be compared, and those of one fingerprint always can.
    fn fingerprint(&self) -> Fingerprint;

    /// How many numbers a vector has, and so how many bytes a [`Packed`] one.
    fn dimensions(&self) -> usize;

    /// The unit vector of a text in a language. What is longer than the encoder reads is cut off at its end. Takes some hundredths of a
    /// second, so it is called away from threads that somebody waits for.
    ///
    /// # Errors
    /// [`EncodeError`] if the model cannot be loaded any more or gives no direction.
    fn encode(&self, text: &str, lang: Lang) -> Result<Vec<f32>, EncodeError>;

    /// Nothing is to be encoded for a while: memory can be given back. The next text takes longer.
    fn rest(&self) {}
}

/// Why a text has no vector.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// The model could not be loaded.
    #[error("the model could not be loaded")]
    Load(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The inference failed.
    #[error("the text could not be encoded")]
    Inference(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What came out is no direction.
    #[error("the model gives numbers that are no direction")]
    NoDirection,
}

/// A vector of length 1 in the same direction.
///
/// # Errors
/// [`EncodeError::NoDirection`] if it has none: all zeros, or something that is no number.
pub fn unit(mut vector: Vec<f32>) -> Result<Vec<f32>, EncodeError> {
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    if !length.is_finite() || length <= f32::MIN_POSITIVE {
        return Err(EncodeError::NoDirection);
    }
    vector.iter_mut().for_each(|x| *x /= length);
    Ok(vector)
}
