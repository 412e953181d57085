//! The repository itself: every package it is built from has a licence that `deny.toml` lets in.
//!
//! `cargo deny` checks the same where it is installed, and advisories with it; this test needs nothing but cargo.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde_json::Value;

/// What of `deny.toml` is read here.
#[derive(Deserialize)]
struct Deny {
    licenses: Licences,
}

#[derive(Deserialize)]
struct Licences {
    allow: BTreeSet<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn allowed() -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join("deny.toml")).unwrap();
    toml::from_str::<Deny>(&text).unwrap().licenses.allow
}

/// An SPDX expression, read against the licences that may be used: of those joined by OR one must be among them, of those
/// joined by AND all. A slash is an old way to write OR.
struct Expression<'a> {
    words: std::iter::Peekable<std::vec::IntoIter<String>>,
    allowed: &'a BTreeSet<String>,
}

impl<'a> Expression<'a> {
    fn is_allowed(text: &str, allowed: &'a BTreeSet<String>) -> bool {
        let spaced = text.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
        let words: Vec<String> = spaced.split_whitespace().map(str::to_owned).collect();
        let mut expression = Self { words: words.into_iter().peekable(), allowed };
        let is_allowed = expression.either();
        is_allowed && expression.words.next().is_none()
    }

    fn takes(&mut self, word: &str) -> bool {
        self.words.next_if(|next| next.as_str() == word).is_some()
    }

    fn either(&mut self) -> bool {
        let mut any = self.all();
        while self.takes("OR") {
            any |= self.all();
        }
        any
    }

    fn all(&mut self) -> bool {
        let mut all = self.one();
        while self.takes("AND") {
            all &= self.one();
        }
        all
    }

    fn one(&mut self) -> bool {
        if self.takes("(") {
            let inner = self.either();
            return self.takes(")") && inner;
        }
        let Some(name) = self.words.next() else { return false };
        if self.takes("WITH") {
            let exception = self.words.next().unwrap_or_default();
            return self.allowed.contains(&format!("{name} WITH {exception}"));
        }
        self.allowed.contains(&name)
    }
}

/// The packages that a program of ours is built from, on the machines it is built for.
fn packages() -> Vec<Value> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["metadata", "--offline", "--locked", "--format-version", "1"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu", "--filter-platform", "aarch64-unknown-linux-gnu"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

#[test]
fn every_package_has_a_licence_that_may_be_used() {
    let allowed = allowed();
    let packages = packages();
    assert!(packages.len() > 100, "only {} packages", packages.len());
    let wrong: Vec<String> = packages
        .iter()
        .filter(|package| !package["license"].as_str().is_some_and(|licence| Expression::is_allowed(licence, &allowed)))
        .map(|package| format!("{} {}: {}", package["name"], package["version"], package["license"]))
        .collect();
    assert!(wrong.is_empty(), "no licence of these is in deny.toml:\n{}", wrong.join("\n"));
}

#[test]
fn a_licence_that_may_not_be_used_is_seen_in_any_expression() {
    let allowed = BTreeSet::from(["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned));
    for (text, expected) in [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("GPL-3.0-only OR MIT", true),
        ("MIT/Apache-2.0", true),
        ("MIT AND GPL-3.0-only", false),
        ("(MIT OR GPL-3.0-only) AND Apache-2.0", true),
        ("(MIT AND GPL-3.0-only) OR Apache-2.0", true),
        ("MIT AND (GPL-3.0-only OR AGPL-3.0-only)", false),
        ("Apache-2.0 WITH LLVM-exception OR GPL-2.0-only", true),
        ("MIT WITH LLVM-exception", false),
        ("MIT OR", true),
        ("(MIT", false),
        ("MIT GPL-3.0-only", false),
        ("", false),
    ] {
        assert_eq!(Expression::is_allowed(text, &allowed), expected, "{text:?}");
    }
}
