//! What the program's commands and the end-to-end tests share: settings, opening a space, the demonstration.
//!
//! Not here: the commands themselves, which only the binary has.

pub mod config;
pub mod demo;
pub mod space;
mod terminal;

pub use terminal::{bar, print};
