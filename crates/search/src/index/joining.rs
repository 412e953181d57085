//! Joining the pieces that a rebuild within a server leaves. A search looks up each form of each word in each piece and
//! counts each facet in each, so an index in one piece answers sooner (by a quarter on 66,732 texts in six); but joining takes
//! its time, and nobody should wait for it to find anything. So it is done after the swap, beside the searches and the
//! follower. Not at every start: while it lasts it takes some 60 MB more.

use std::sync::PoisonError;

use tantivy::SegmentMeta;

use super::{Search, Writer};
use crate::failure::Failure;

/// An index of fewer large pieces is left as it is.
const MANY: usize = 4;
/// A piece is large that has at least this part of the largest piece's documents; what the follower writes is smaller
/// and merged as it grows.
const LARGE: u32 = 10;

impl Search {
    /// Joins the large pieces of the live index into one, if there are many of them. Dropped before its end it changes
    /// nothing that a search notices.
    ///
    /// # Errors
    /// [`Failure`]; the pieces then stay as they were.
    pub async fn join_pieces(&self) -> Result<(), Failure> {
        let live = self.live();
        let joining = {
            let mut writer = live.writer.lock().unwrap_or_else(PoisonError::into_inner);
            let Writer::Open(writer) = &mut *writer else { return Ok(()) };
            let pieces = live.written.searchable_segment_metas()?;
            let least = pieces.iter().map(SegmentMeta::max_doc).max().unwrap_or(0) / LARGE;
            let large: Vec<_> = pieces.iter().filter(|piece| piece.max_doc() >= least).map(SegmentMeta::id).collect();
            if large.len() < MANY {
                return Ok(());
            }
            writer.merge(&large)
        };
        joining.await?;
        let search = self.clone();
        let shown = tokio::task::spawn_blocking(move || {
            // Under the writer's lock, or an older state could be shown after a newer one.
            let _writer = live.writer.lock().unwrap_or_else(PoisonError::into_inner);
            live.refresh(&search.shared)
        });
        shown.await.map_err(|_| Failure::Closed)?
    }
}
