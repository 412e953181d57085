//! The index on disk: what is written is there again, what is damaged is rebuilt and never answers wrongly.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod corpus;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use base::Clock;
use corpus::*;
use search::{Batch, Opened, Search, Settings, Wanting};
use uuid::Uuid;

fn open(dir: &Path) -> Opened {
    let settings = Settings { lock_wait_ms: 200, ..Settings::default() };
    Search::open(dir, settings, vocabularies(), Clock::held_at(now())).unwrap()
}

fn some() -> Vec<search::Document> {
    documents((1..=20).map(|n| technology(n, &format!("Sấy dừa {n}"), "x")).collect())
}

fn rebuild(search: &Search, position: i64) {
    let mut rebuild = search.rebuild().unwrap();
    for doc in some() {
        rebuild.add(&doc).unwrap();
    }
    rebuild.finish(position).unwrap();
}

fn built(dir: &Path) -> Search {
    let opened = open(dir);
    assert_eq!(opened.wanting, Some(Wanting::Missing));
    assert_eq!(opened.search.position(), None);
    rebuild(&opened.search, 7);
    opened.search
}

fn generations(dir: &Path) -> Vec<PathBuf> {
    fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()).collect()
}

#[test]
fn what_was_committed_is_there_again_with_its_position() {
    let dir = tempfile::tempdir().unwrap();
    let search = built(dir.path());
    assert_eq!((search.position(), find(&search, "say dua").total), (Some(7), 20));
    let add = documents(vec![technology(21, "Sấy dừa 21", "x"), technology(1, "Khác", "x")]);
    search.apply(&Batch { add, remove: vec![Uuid::from_u128(2)], position: 9 }).unwrap();
    let before: BTreeMap<Uuid, i64> = search.revisions();
    drop(search);

    let opened = open(dir.path());
    assert_eq!(opened.wanting, None);
    assert_eq!((opened.search.position(), find(&opened.search, "say dua").total), (Some(9), 19));
    assert_eq!((opened.search.revisions(), before.len()), (before, 20));
}

#[test]
fn a_batch_applied_twice_is_applied_once() {
    let search = empty();
    let batch = Batch { add: some(), remove: vec![Uuid::from_u128(99)], position: 3 };
    search.apply(&batch).unwrap();
    search.apply(&batch).unwrap();
    assert_eq!((find(&search, "say dua").total, search.revisions().len()), (20, 20));
}

#[test]
fn the_old_index_answers_while_the_new_one_is_built_and_then_goes() {
    let dir = tempfile::tempdir().unwrap();
    let search = built(dir.path());
    let mut next = search.rebuild().unwrap();
    assert!(search.rebuild().is_err(), "one at a time");
    for doc in documents(vec![technology(500, "Hoàn toàn mới", "x")]) {
        next.add(&doc).unwrap();
    }
    assert_eq!(find(&search, "say dua").total, 20);
    search.apply(&Batch { add: documents(vec![technology(30, "Sấy dừa 30", "x")]), remove: vec![], position: 8 }).unwrap();
    assert_eq!(find(&search, "say dua").total, 21);
    next.finish(7).unwrap();
    assert_eq!((find(&search, "say dua").total, find(&search, "hoan toan moi").total, search.position()), (0, 1, Some(7)));
    assert_eq!(generations(dir.path()).len(), 1);
    search.apply(&Batch { add: documents(vec![technology(30, "Sấy dừa 30", "x")]), remove: vec![], position: 8 }).unwrap();
    assert_eq!(find(&search, "say dua").total, 1);
}

#[test]
fn a_rebuild_that_ends_half_way_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let search = built(dir.path());
    let mut next = search.rebuild().unwrap();
    next.add(&some()[0]).unwrap();
    drop(next);
    drop(search);
    let opened = open(dir.path());
    assert_eq!((opened.wanting, find(&opened.search, "say dua").total), (None, 20));
    assert_eq!(generations(dir.path()).len(), 1);
    assert!(opened.search.rebuild().is_ok());
}

#[test]
fn an_index_held_by_another_is_left_to_it() {
    let dir = tempfile::tempdir().unwrap();
    let holder = built(dir.path());
    let before = generations(dir.path());
    let opened = open(dir.path());
    assert_eq!(opened.wanting, Some(Wanting::Locked));
    drop(opened);
    assert_eq!(generations(dir.path()), before);
    assert_eq!(find(&holder, "say dua").total, 20);
    holder.rebuild().unwrap();
}

#[test]
fn every_damage_is_found_and_mended() {
    let dir = tempfile::tempdir().unwrap();
    drop(built(dir.path()));
    let files: Vec<PathBuf> = generations(dir.path())
        .iter()
        .flat_map(|g| fs::read_dir(g).unwrap().map(|e| e.unwrap().path()))
        .filter(|p| p.extension().is_some_and(|e| e != "lock"))
        .collect();
    assert!(files.len() > 5);
    let whole: Vec<(PathBuf, Vec<u8>)> = files.iter().map(|p| (p.clone(), fs::read(p).unwrap())).collect();
    let names: Vec<String> = files.iter().map(|p| p.extension().unwrap().to_string_lossy().into_owned()).collect();
    for (n, name) in names.iter().enumerate() {
        for damage in ["flip", "cut", "gone", "empty"] {
            let dir = tempfile::tempdir().unwrap();
            let generation = dir.path().join("gen-1");
            fs::create_dir(&generation).unwrap();
            fs::write(dir.path().join("live.json"), format!("{{\"generation\":1,\"schema\":{}}}", search::schema::VERSION)).unwrap();
            for (path, bytes) in &whole {
                fs::write(generation.join(path.file_name().unwrap()), bytes).unwrap();
            }
            let target = generation.join(whole[n].0.file_name().unwrap());
            let mut bytes = whole[n].1.clone();
            match damage {
                "flip" => {
                    let middle = bytes.len() / 2;
                    bytes[middle] ^= 0x55;
                    fs::write(&target, bytes).unwrap();
                }
                "cut" => fs::write(&target, &bytes[..bytes.len() / 2]).unwrap(),
                "empty" => fs::write(&target, b"").unwrap(),
                _ => fs::remove_file(&target).unwrap(),
            }
            let opened = open(dir.path());
            if opened.wanting.is_some() {
                assert_eq!(find(&opened.search, "say dua").total, 0, "{name} {damage}");
                rebuild(&opened.search, 7);
            }
            assert_eq!(find(&opened.search, "say dua").total, 20, "{name} {damage}");
            assert_eq!(opened.search.position(), Some(7), "{name} {damage}");
        }
    }
}

#[test]
fn another_edition_and_a_lost_directory_are_rebuilt() {
    let dir = tempfile::tempdir().unwrap();
    drop(built(dir.path()));
    fs::write(dir.path().join("live.json"), "{\"generation\":1,\"schema\":0}").unwrap();
    assert_eq!(open(dir.path()).wanting, Some(Wanting::OtherVersion));
    let opened = open(dir.path());
    rebuild(&opened.search, 7);
    drop(opened);
    for generation in generations(dir.path()) {
        fs::remove_dir_all(generation).unwrap();
    }
    assert!(matches!(open(dir.path()).wanting, Some(Wanting::Damaged(_))));
    fs::write(dir.path().join("live.json"), "{").unwrap();
    assert_eq!(open(dir.path()).wanting, Some(Wanting::Missing));
}
