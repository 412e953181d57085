//! Matching as the other crates use it, on a small space written by hand. One program, so that it is linked once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod finding;
mod meaning;
mod profiles;
mod reach;
mod reasons;
mod space;
mod tuning;
mod words;
