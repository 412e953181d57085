//! The end of the process at each step of taking a change into the index.

use std::sync::Arc;
use std::time::Duration;

use accounts::{AccountSettings, Accounts, PartyProfile, parties};
use base::{Actor, Lang, Localised, Vocabularies};
use search::{Query, Search, Settings, Step, Viewer, follower};
use store::{Ctx, testing::TestStore};
use tokio_util::sync::CancellationToken;

fn profile(name: &str) -> PartyProfile {
    PartyProfile { names: Localised::of(Lang::Vi, name), party_type: "enterprise".into(), ..PartyProfile::default() }
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(60), waiting).await.is_ok(), "waited in vain until {what}");
}

fn finds(search: &Search, text: &str) -> bool {
    search.find(&Query::words(text), &Viewer::of(&Actor::anonymous(Lang::Vi))).is_ok_and(|found| found.total == 1)
}

/// The index ends at each step, several times each, while a party and what belongs to it change.
#[tokio::test]
async fn whatever_step_the_end_comes_at_the_index_goes_on_from_there() {
    const STEPS: [Step; 5] = [Step::Read, Step::Added, Step::Committed, Step::Shown, Step::Taken];
    let test = TestStore::sqlite().await.unwrap();
    let vocabularies = Arc::new(Vocabularies::built_in().unwrap());
    let accounts = Accounts::open(test.store.clone(), AccountSettings::default(), vocabularies.clone(), test.dir.path()).unwrap();
    let dir = test.dir.path().join("index");
    let begin = || {
        let settings = Settings { commit_every_ms: 0, ..Settings::default() };
        let opened = Search::open(&dir, settings, vocabularies.clone(), test.clock.clone()).unwrap();
        let stop = CancellationToken::new();
        let run = tokio::spawn(follower::run(test.store.clone(), opened.search.clone(), opened.wanting.clone(), stop.clone()));
        (opened, run, stop)
    };
    let mut party = parties::create_demonstration(&accounts, Ctx::system(), profile("Công ty Kẹo Chuối")).await.unwrap();
    let (opened, run, stop) = begin();
    until("the index is whole", || opened.search.position().is_some()).await;
    stop.cancel();
    run.await.unwrap();
    drop(opened);
    for round in 0..50_u32 {
        let step = STEPS[round as usize % STEPS.len()];
        let (opened, run, _stop) = begin();
        assert_eq!(opened.wanting, None, "{step:?}, round {round}");
        opened.search.end_at(step, 1 + round / 5 % 2);
        let name = format!("Công ty Bánh Tráng {round}");
        let mut changes = 0;
        while !run.is_finished() {
            // Changes follow one another until the end has come.
            if opened.search.followed() >= test.store.last_position().await.unwrap() || changes == 0 {
                parties::edit(&accounts, Ctx::system(), party.id, party.version, profile(&format!("{name} {changes}"))).await.unwrap();
                party.version += 1;
                changes += 1;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!(run.await.unwrap_err().is_panic(), "{step:?}");
        drop(opened);

        let (opened, run, stop) = begin();
        assert_eq!(opened.wanting, None, "{step:?}, round {round}");
        let last = format!("\"{name} {}\"", changes - 1);
        until("the last name", || finds(&opened.search, &last)).await;
        let difference = follower::verify(&test.store, &opened.search).await.unwrap();
        assert!(difference.is_none() && difference.same == 1, "{step:?}, round {round}: {difference:?}");
        stop.cancel();
        run.await.unwrap();
    }
}
