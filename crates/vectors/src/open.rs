//! Opening a model, whether or not the program can use one.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use base::Lang;
use sha2::{Digest, Sha256};

use crate::{Checked, Encoder, ModelError, check};

/// Fewer anchors of a language say more of themselves than of the language, and are left out.
pub const LEAST_ANCHORS: usize = 8;

/// The threads that a model computes on.
#[derive(Clone, Copy, Debug)]
pub struct Threads {
    /// How many.
    pub count: usize,
    /// Called once by each of them when it begins, such as to give way to others.
    pub on_start: fn(),
}

/// Texts of each language whose mean vector is taken from every vector of that language.
///
/// Vectors of a model all lie in one narrow cone, those of one language in a narrower one within it, so that a text lies
/// nearer to an unrelated one of its own language than to its translation. The mean is what they have in common; without it
/// two texts are compared by what they say. The texts should be like those that are compared, and the same in each language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Anchors(pub BTreeMap<Lang, Vec<String>>);

/// How texts become vectors, beside the model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Way {
    /// What the model wants before each text, as it was trained; may be empty.
    pub prefix: String,
    /// The texts by which languages are set right; may be none.
    pub anchors: Anchors,
}

impl Way {
    pub(crate) fn add_to(&self, hash: &mut Sha256) {
        let mut add = |text: &str| {
            hash.update(text.len().to_le_bytes());
            hash.update(text);
        };
        add(&self.prefix);
        for (lang, texts) in &self.anchors.0 {
            add(lang.code());
            texts.iter().for_each(|text| add(text));
        }
    }
}

/// Opens a model directory; its weights are loaded with the first text.
///
/// # Errors
/// [`ModelError`] with what is wrong; [`ModelError::NotBuiltIn`] for a good directory and a program without inference.
pub fn open(folder: &Path, way: Way, threads: Threads) -> Result<Arc<dyn Encoder>, ModelError> {
    opened(check(folder, &way)?, way, threads)
}

#[cfg(feature = "model")]
fn opened(checked: Checked, way: Way, threads: Threads) -> Result<Arc<dyn Encoder>, ModelError> {
    Ok(Arc::new(crate::model::Model::new(checked, way, threads)?))
}

#[cfg(not(feature = "model"))]
fn opened(_: Checked, _: Way, _: Threads) -> Result<Arc<dyn Encoder>, ModelError> {
    Err(ModelError::NotBuiltIn)
}
