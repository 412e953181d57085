//! Opening a model, whether or not the program can use one.

use std::path::Path;
use std::sync::Arc;

use crate::{Encoder, ModelError, check};

/// The threads that a model computes on.
#[derive(Clone, Copy, Debug)]
pub struct Threads {
    /// How many.
    pub count: usize,
    /// Called once by each of them when it begins, such as to give way to others.
    pub on_start: fn(),
}

/// Opens a model directory; its weights are loaded with the first text. `prefix` is set before each text.
///
/// # Errors
/// [`ModelError`] with what is wrong; [`ModelError::NotBuiltIn`] for a good directory and a program without inference.
pub fn open(folder: &Path, prefix: &str, threads: Threads) -> Result<Arc<dyn Encoder>, ModelError> {
    let checked = check(folder, prefix)?;
    #[cfg(feature = "model")]
    return Ok(Arc::new(crate::model::Model::new(checked, threads)?));
    #[cfg(not(feature = "model"))]
    {
        let (_, _) = (checked, threads);
        Err(ModelError::NotBuiltIn)
    }
}
