//! Technologies, IP assets and needs: contents, life cycle, review, versions, import and export.
pub mod content;
mod kind;
pub mod published;
pub use kind::{Kind, UnknownKind};
