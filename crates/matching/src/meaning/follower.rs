//! Keeping vectors: what a node holds in memory follows the log closely; what is missing is made slowly beside it.
//!
//! The two go by themselves, so that whoever waits for the memory never waits for the model.

use std::sync::Arc;
use std::time::Duration;

use store::follow::report;
use store::{Store, StoreError};
use tokio_util::sync::CancellationToken;

use super::{Meanings, make};

/// The name of the follower that makes vectors, in its durable place and in metrics.
pub const NAME: &str = "vectors";
/// The name of the one that holds them in memory, in metrics.
const HOLDING: &str = "vectors_held";
/// How long a failure at the start is slept over.
const PAUSE: Duration = Duration::from_secs(2);
/// How often it is looked whether the model's memory can be given back.
const TEND_EVERY: Duration = Duration::from_secs(30);

/// Holds the vectors of a space in memory and makes those that are missing, until `stop`.
pub async fn run(store: Store, meanings: Arc<Meanings>, stop: CancellationToken) {
    let holding = hold(store.clone(), Arc::clone(&meanings), stop.clone());
    let making = make::run(store, Arc::clone(&meanings), stop.clone());
    let tending = async {
        loop {
            tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(TEND_EVERY) => {} }
            // It may have to wait for a text that is being encoded.
            let meanings = Arc::clone(&meanings);
            if let Err(error) = tokio::task::spawn_blocking(move || meanings.rest_if_idle()).await {
                tracing::warn!(%error, "the model's memory could not be given back");
            }
        }
    };
    tokio::join!(holding, making, tending);
}

fn note(meanings: &Meanings) {
    metrics::gauge!("innospace_vectors_held").set(meanings.progress().held as f64);
}

async fn hold(store: Store, meanings: Arc<Meanings>, stop: CancellationToken) {
    let from = loop {
        match meanings.load(&store).await {
            Ok(from) => {
                note(&meanings);
                break from;
            }
            Err(error) => tracing::error!(follower = HOLDING, error = report(&error), "the vectors of listings could not be read"),
        }
        tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(PAUSE) => {} }
    };
    let taken = store.clone();
    store
        .follow(HOLDING, from, stop, move |events| {
            let (store, meanings) = (taken.clone(), Arc::clone(&meanings));
            async move {
                let reached = events.last().map_or(from, |e| e.position);
                meanings.take(&store, &events).await?;
                note(&meanings);
                Ok::<_, StoreError>(reached)
            }
        })
        .await;
}
