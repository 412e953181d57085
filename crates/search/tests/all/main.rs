//! The index as the other crates use it, on a small corpus written by hand. One program, so that it is linked once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod corpus;
mod finding;
mod following;
mod hostile;
mod keeping;
mod matching;
mod narrowing;
mod rights;
