//! From the event log to the index and back: what changes is findable within a second, and index and database agree.
use std::time::{Duration, Instant};

use crate::corpus::{self, anybody};
use accounts::{AccountSettings, Accounts, PartyProfile, parties};
use base::{Lang, Localised, Vocabularies};
use search::{Failure, Query, Search, SearchError, Settings, Wanting, follower};
use store::{Ctx, testing::TestStore};
use tokio_util::sync::CancellationToken;

fn profile(name: &str) -> PartyProfile {
    serde_json::from_value(serde_json::json!({ "names": Localised::of(Lang::Vi, name), "party_type": "enterprise" })).unwrap()
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(10), "never: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn total(search: &Search, text: &str) -> u64 {
    match search.find(&Query::words(text), &anybody()) {
        Ok(found) => found.total,
        // Not whole yet: nothing is found by it.
        Err(SearchError::Index(Failure::Building)) => 0,
        Err(failure) => panic!("{text}: {failure}"),
    }
}

#[tokio::test]
async fn a_party_is_found_soon_after_it_registers_and_by_its_new_name_soon_after_it_changes() {
    for test in TestStore::all().await.unwrap() {
        let vocabularies = std::sync::Arc::new(Vocabularies::built_in().unwrap());
        let accounts = Accounts::open(test.store.clone(), AccountSettings::default(), vocabularies.clone(), test.dir.path()).unwrap();
        let before = parties::create_demonstration(&accounts, Ctx::system(), profile("Hợp tác xã Dừa Sáp")).await.unwrap();

        let dir = test.dir.path().join("index");
        let opened = Search::open(&dir, Settings::default(), vocabularies.clone(), test.clock.clone()).unwrap();
        assert_eq!(opened.wanting, Some(Wanting::Missing));
        let search = opened.search;
        let stop = CancellationToken::new();
        let run = tokio::spawn(follower::run(test.store.clone(), search.clone(), opened.wanting, stop.clone()));
        until("what was there before", || total(&search, "dua sap") == 1).await;

        let made = parties::create_demonstration(&accounts, Ctx::system(), profile("Công ty Kẹo Chuối")).await.unwrap();
        let started = Instant::now();
        until("a new party", || total(&search, "keo chuoi") == 1).await;
        assert!(started.elapsed() < Duration::from_secs(1), "{}: took {:?}", test.name, started.elapsed());

        parties::edit(&accounts, Ctx::system(), made.id, made.version, profile("Công ty Bánh Tráng")).await.unwrap();
        until("its new name", || total(&search, "\"bánh tráng\"") == 1).await;
        assert_eq!(total(&search, "\"kẹo chuối\""), 0);
        assert!(follower::verify(&test.store, &search).await.unwrap().is_none());

        // A rebuild while others write loses nothing.
        let rebuilt = follower::rebuild(&test.store, &search, |_| {}).await.unwrap();
        assert_eq!(rebuilt, 2);
        parties::edit(&accounts, Ctx::system(), before.id, before.version, profile("Hợp tác xã Bưởi Da Xanh")).await.unwrap();
        until("a change after the swap", || total(&search, "\"bưởi da xanh\"") == 1).await;
        let difference = follower::verify(&test.store, &search).await.unwrap();
        assert!(difference.is_none() && difference.same == 2, "{difference:?}");

        // Started again, it goes on from where it was.
        stop.cancel();
        run.await.unwrap();
        let position = search.position();
        drop(search);
        let again = Search::open(&dir, Settings::default(), vocabularies, test.clock.clone()).unwrap();
        assert_eq!((again.wanting, again.search.position()), (None, position));
    }
}

#[tokio::test]
async fn what_another_node_writes_is_found_without_anything_written_here() {
    let Ok(server) = std::env::var("TEST_PG_URL") else { return };
    let test = TestStore::postgres(&server).await.unwrap();
    let vocabularies = std::sync::Arc::new(Vocabularies::built_in().unwrap());
    let accounts = Accounts::open(test.store.clone(), AccountSettings::default(), vocabularies.clone(), test.dir.path()).unwrap();
    let opened = Search::open(&test.dir.path().join("index"), Settings::default(), vocabularies, test.clock.clone()).unwrap();
    let (search, beside, stop) = (opened.search, test.beside().await.unwrap(), CancellationToken::new());
    let run = tokio::spawn(follower::run(beside, search.clone(), opened.wanting, stop.clone()));
    until("the index is whole", || search.position().is_some()).await;
    for name in ["Công ty Kẹo Chuối", "Công ty Bánh Tráng", "Hợp tác xã Bưởi Da Xanh"] {
        parties::create_demonstration(&accounts, Ctx::system(), profile(name)).await.unwrap();
        until(name, || total(&search, name) == 1).await;
    }
    stop.cancel();
    run.await.unwrap();
}

#[tokio::test]
async fn an_index_that_differs_is_told_apart() {
    let test = TestStore::sqlite().await.unwrap();
    let vocabularies = std::sync::Arc::new(Vocabularies::built_in().unwrap());
    let accounts = Accounts::open(test.store.clone(), AccountSettings::default(), vocabularies, test.dir.path()).unwrap();
    let made = parties::create_demonstration(&accounts, Ctx::system(), profile("Công ty Kẹo Chuối")).await.unwrap();
    let search = corpus::index(vec![corpus::technology(1, "Không có trong cơ sở dữ liệu", "x")]);
    let (head, search) = (test.store.last_position().await.unwrap(), search);
    assert!(head > 0);
    let difference = tokio::time::timeout(Duration::from_secs(20), follower::verify(&test.store, &search)).await.unwrap().unwrap();
    assert_eq!(difference.missing, [made.id.0]);
    assert_eq!(difference.surplus, [uuid::Uuid::from_u128(1)]);
}
