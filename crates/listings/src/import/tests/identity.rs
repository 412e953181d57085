//! What is exported and imported again is the same.

use base::{Lang, ListingId};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::contents::content;
use super::{NEEDS, Space, needs};
use crate::content::Content;
use crate::export::Format;
use crate::head::Outcome;
use crate::import::{ImportState, Options};
use crate::lifecycle::{Transition, transition};
use crate::state::Move;
use store::Ctx;

/// Lines of the product's own format; every third is a draft, every fourth has an external id.
fn lines(contents: &[Content]) -> String {
    let mut text = String::new();
    for (n, content) in contents.iter().enumerate() {
        let external = (n % 4 == 0).then(|| format!("=ngoài {n}"));
        let line = json!({
            "kind": content.kind(), "party": "vien-cay-co-dau", "source_lang": Lang::Vi,
            "status": if n % 3 == 0 { "draft" } else { "published" },
            "visibility": if n % 5 == 0 { "registered" } else { "public" },
            "provenance": {
                "origin": if external.is_some() { "federated" } else { "manual" }, "source": external.as_ref().map(|_| "nguồn"),
                "external_id": external, "licence": (n % 2 == 0).then_some("CC0"),
            },
            "content": serde_json::from_str::<Value>(&content.to_json().unwrap()).unwrap(),
        });
        text.push_str(&line.to_string());
        text.push('\n');
    }
    text
}

#[tokio::test]
async fn export_then_import_is_the_identity_in_both_forms() {
    let mut runner = TestRunner::new(Config::default());
    let publish = Options { publish: true, ..Options::default() };
    for first in Space::all().await {
        let contents = proptest::collection::vec(content(), 60).new_tree(&mut runner).unwrap().current();
        let view = first.import(lines(&contents), None, &publish).await;
        assert_eq!((view.state, view.created), (ImportState::Done, 60), "{view:?}");
        let exported = first.export(Format::JsonLines).await;
        let written: Vec<Value> =
            exported.split(|b| *b == b'\n').filter(|l| !l.is_empty()).map(|l| serde_json::from_slice(l).unwrap()).collect();
        // In the order of the codes: CN, NC, TS, each as in the file.
        let mut contents = contents;
        contents.sort_by_key(|c| c.kind().code_prefix());
        for (line, content) in written.iter().zip(&contents) {
            assert_eq!(line["content"], serde_json::from_str::<Value>(&content.to_json().unwrap()).unwrap());
        }

        let again = first.import(&exported, None, &publish).await;
        assert_eq!((again.state, again.created, again.updated, again.unchanged), (ImportState::Done, 0, 0, 60), "{again:?}");

        let table = first.export(Format::Csv).await;
        let mut by_json = Space::all().await;
        for second in &mut by_json {
            let view = second.import(&exported, None, &publish).await;
            assert_eq!((view.state, view.created), (ImportState::Done, 60), "{view:?}");
            assert_eq!(String::from_utf8(second.export(Format::JsonLines).await).unwrap(), String::from_utf8(exported.clone()).unwrap());
        }
        let third = Space::sqlite().await;
        let view = third.import(&table, None, &publish).await;
        assert_eq!((view.state, view.created), (ImportState::Done, 60), "{view:?}");
        assert_eq!(String::from_utf8(third.export(Format::JsonLines).await).unwrap(), String::from_utf8(exported).unwrap());
        assert_eq!(third.export(Format::Csv).await, table);
    }
}

#[tokio::test]
async fn what_a_stale_translation_is_stays_so_and_later_codes_are_other_ones() {
    let space = Space::sqlite().await;
    let line = json!({
        "kind": "need", "party": "vien-cay-co-dau", "source_lang": "vi", "code": "NC-2026-000007",
        "content": { "title": { "vi": { "text": "Máy sấy", "revision": 3 }, "en": { "text": "Dryer", "origin": "human", "revision": 2 } } },
    });
    let view = space.import(format!("{line}\n"), None, &Options::default()).await;
    assert_eq!(view.created, 1, "{view:?}");
    let exported = String::from_utf8(space.export(Format::JsonLines).await).unwrap();
    let back: Value = serde_json::from_str(&exported).unwrap();
    assert_eq!(
        (&back["content"], &back["code"]),
        (
            &json!({
                "title": { "vi": { "text": "Máy sấy", "origin": "original", "revision": 3 }, "en": { "text": "Dryer", "origin": "human", "revision": 2 } },
                "problem": {}, "keywords": {},
            }),
            &line["code"]
        )
    );
    space.import(needs(2, "mới"), Some(super::NEEDS), &space.options()).await;
    let mut codes: Vec<String> = Vec::new();
    for id in ["n0", "n1"] {
        codes.push(space.row(id).await.code);
    }
    assert_eq!(codes, ["NC-2026-000008", "NC-2026-000009"]);
}

#[tokio::test]
async fn private_terms_never_leave() {
    let space = Space::sqlite().await;
    space.import(needs(1, "x"), Some(super::NEEDS), &space.options()).await;
    let id = base::ListingId(space.row("n0").await.id);
    let terms = serde_json::from_value(json!({ "note": "CANARY", "floor_price": { "minor": 77_777, "currency": "VND" } })).unwrap();
    crate::edit::set_private_terms(&space.listings, store::Ctx::system(), id, 0, terms).await.unwrap();
    for format in [Format::JsonLines, Format::Csv] {
        let text = String::from_utf8(space.export(format).await).unwrap();
        assert!(text.contains("Cần máy sấy số 0") && !text.contains("CANARY") && !text.contains("77777"), "{text}");
    }
}

#[tokio::test]
async fn what_is_closed_and_says_the_same_is_unchanged() {
    for space in Space::all().await {
        space.import(needs(3, "x"), Some(NEEDS), &Options { publish: true, ..space.options() }).await;
        let row = space.row("n1").await;
        let outcome = Some(Outcome { result: Some("unsolved".into()), unsolved_reason: Some("no_candidate".into()), ..Outcome::default() });
        let withdraw = Transition { step: Move::Withdraw, outcome };
        transition(&space.listings, Ctx::system(), ListingId(row.id), row.version, withdraw).await.unwrap();
        for format in [Format::JsonLines, Format::Csv] {
            let again = space.import(space.export(format).await, None, &space.options()).await;
            assert_eq!((again.unchanged, again.faulty, again.updated, again.created), (3, 0, 0, 0), "{}", space.test.name);
        }
        // Another text for it is still refused.
        let other = space.import(needs(3, "mới"), Some(NEEDS), &Options { skip_faulty: true, ..space.options() }).await;
        assert_eq!((other.updated, other.faulty), (2, 1), "{}", space.test.name);
    }
}
