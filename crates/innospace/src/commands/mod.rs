//! The commands, one file per subject.

pub mod admin;
pub mod doctor;
pub mod find;
pub mod fit;
pub mod import;
pub mod jobs;
pub mod mail;
pub mod serve;

use std::io::Write;
use std::process::ExitCode;

/// Tells on standard error why a command failed.
pub fn fail(error: &dyn std::error::Error) -> ExitCode {
    let mut err = std::io::stderr().lock();
    if writeln!(err, "innospace: {}", store::follow::report(error)).is_err() {
        return ExitCode::from(2);
    }
    ExitCode::from(1)
}
