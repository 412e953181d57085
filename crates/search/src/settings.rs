//! What an operator can set: memory, threads, and the weights of the ranking.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Settings of the index and the ranking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Memory the writer may use before it writes a piece to disk, MB; at least 15 for each thread.
    pub writer_memory_mb: usize,
    /// Threads of the writer that follows the log.
    pub writer_threads: usize,
    /// Threads of a rebuild.
    pub rebuild_threads: usize,
    /// Memory a rebuild within a server may use before it writes a piece to disk, MB; the more, the fewer pieces there are.
    /// `innospace reindex` takes four times as much.
    pub rebuild_memory_mb: usize,
    /// How long changes may wait for others before they are written together, milliseconds.
    pub commit_every_ms: u64,
    /// The most documents that are written together.
    pub commit_documents: usize,
    /// Memory for the sets of documents that have a value and of those that have a common word, half for each, MB; 48
    /// bytes a document where that is more, as of half a million documents.
    pub filter_cache_mb: usize,
    /// Memory for the answers to searches, which are kept until the index changes, MB; 0 for none.
    pub answers_mb: usize,
    /// How long another process that is just ending may hold the index, milliseconds.
    pub lock_wait_ms: u64,
    /// The space's own synonyms, a TOML file like `config/vocabularies/synonyms.toml` and read beside it. A change counts
    /// within a minute.
    pub synonyms: Option<PathBuf>,
    /// The weights of the ranking.
    pub weights: Weights,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            writer_memory_mb: 48,
            writer_threads: 1,
            rebuild_threads: 2,
            rebuild_memory_mb: 160,
            commit_every_ms: 200,
            commit_documents: 2_000,
            filter_cache_mb: 24,
            answers_mb: 24,
            lock_wait_ms: 3_000,
            synonyms: None,
            weights: Weights::default(),
        }
    }
}

impl Settings {
    /// How long changes may wait for others.
    #[must_use]
    pub fn commit_every(&self) -> Duration {
        Duration::from_millis(self.commit_every_ms)
    }
}

/// What counts how much. A part with weight 0 is not looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Weights {
    /// A word anywhere, without marks.
    pub folded: f32,
    /// A word with its marks, where marks are typed.
    pub exact: f32,
    /// A word with its letters' shapes and another tone, where shapes are typed without a tone.
    pub shaped: f32,
    /// Two neighbouring syllables.
    pub pairs: f32,
    /// The stem of an English word.
    pub stems: f32,
    /// A word in the title.
    pub title: f32,
    /// A word among the keywords.
    pub keywords: f32,
    /// A word in the short text.
    pub summary: f32,
    /// A word in advantages, targets and applications.
    pub advantage: f32,
    /// A word in the name of a party or person.
    pub party: f32,
    /// What a synonym, abbreviation or translation counts, as a share of the word it stands in for.
    pub synonym: f32,
    /// A code or number that is just what was typed.
    pub number: f32,
    /// How slowly a word repeated in one text stops counting more (k1 of BM25).
    pub repeat: f32,
    /// How much a long text must have more of a word than a short one, 0 to 1 (b of BM25).
    pub length: f32,
    /// Words of the query that stand near each other in the text.
    pub near: f32,
    /// A run of the query's words in its order, three or more of them.
    pub run: f32,
    /// Having all of the query's words rather than a part.
    pub cover: f32,
    /// Having all pairs of neighbouring syllables of the query rather than a part.
    pub cover_pairs: f32,
    /// How much a listing confirmed today is worth more than an old one, as a share of its score.
    pub fresh: f32,
    /// After how many days half of that is left.
    pub fresh_half_days: f32,
    /// How much a complete listing is worth more than an empty one, as a share of its score.
    pub complete: f32,
    /// How much a verified party is worth, as a share of the score.
    pub verified: f32,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            folded: 0.6,
            exact: 0.6,
            shaped: 0.2,
            pairs: 0.6,
            stems: 0.5,
            title: 0.8,
            keywords: 0.5,
            summary: 0.3,
            advantage: 0.2,
            party: 0.3,
            synonym: 0.4,
            number: 1_000.0,
            repeat: 1.2,
            length: 0.75,
            near: 0.3,
            run: 0.1,
            cover: 0.3,
            cover_pairs: 0.3,
            fresh: 0.08,
            fresh_half_days: 180.0,
            complete: 0.06,
            verified: 0.04,
        }
    }
}

impl Weights {
    /// The most that freshness, completeness and verification can multiply a score with.
    #[must_use]
    pub(crate) fn most(&self) -> f32 {
        1.0 + self.fresh.max(0.0) + self.complete.max(0.0) + self.verified.max(0.0)
    }
}
