//! Matching: candidates from the index, hard constraints, a score from named parts, reasons that can be checked.
//!
//! What always holds: what a viewer may not see is neither counted nor explained; no match violates a hard constraint;
//! every match has a reason, and each reason names two fields and what of them met; the score of a pair depends on the
//! two contents and the index alone, not on the order in which anything was written.
//! Not here: the index and its words (`search`), who may see a listing (`listings`), HTTP.
//!
//! The way of a question: [`Matcher`] (who asks, what is loaded) → [`Engine::candidates`] → [`Engine::judge`] →
//! [`Engine::explain`]. Private terms (budget, floor price) have no part in it; `inside` excludes by them for those who may
//! read them.

mod access;
pub mod alerts;
mod answer;
mod background;
mod calibration;
mod common;
pub mod compare;
pub mod complements;
mod constraints;
pub mod counterparts;
mod edits;
mod engine;
pub mod feedback;
mod fit;
mod foreign;
pub mod gaps;
mod inside;
mod matcher;
pub mod meaning;
pub mod merging;
mod metric;
pub mod of_party;
mod paging;
mod reasons;
mod replies;
mod rows;
pub mod run;
pub mod saved;
mod side;
mod sought;
pub mod standing;
mod statistics;
mod targets;
mod terms;
mod topic;
pub mod tuning;
pub mod units;
mod weights;

pub use answer::{Match, MatchListing, MatchPage, Missing, Part, PartValue, Reason};
pub use background::give_way;
pub use calibration::{Calibration, NotRising};
pub use constraints::{Constraint, Exclusion};
pub use counterparts::{Counterpart, CounterpartAsk, CounterpartKind, CounterpartPage};
pub use engine::{Engine, Judged, JudgedProfile, PastDeals, Profile, Reader};
pub use feedback::MatchId;
pub use matcher::{Ask, MatchError, Matcher, kinds_for, usual_kinds};
pub use meaning::{Meanings, VectorSettings};
pub use replies::Replies;
pub use side::{Known, Side};
pub use statistics::{NotStatistics, Statistics};
pub use units::{Units, UnitsError};
pub use weights::{AskedWeights, ByRole, ByView, FitWeights, Role, Weights};
