//! What happens at each step of taking a change into the index: the end of the process, or something newer.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use accounts::{AccountSettings, Accounts, PartyProfile, parties};
use base::{Actor, Lang, Localised, PartyRole, Vocabularies};
use listings::{Kind, ListingSettings, Listings};
use search::{Query, Search, Settings, Step, Viewer, follower};
use store::{Ctx, testing::TestStore};
use tokio_util::sync::CancellationToken;

use crate::invariants::some_listings;
use crate::{experts, kill};

/// How many listings the party has.
const LISTINGS: u64 = 3;
/// What bears a party's name: itself, an expert of it, and its listings.
const NAMED: u64 = 2 + LISTINGS;

fn profile(name: &str) -> PartyProfile {
    PartyProfile { names: Localised::of(Lang::Vi, name), party_type: "institute".into(), ..PartyProfile::default() }
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(60), waiting).await.is_ok(), "waited in vain until {what}");
}

/// Whether so many have a name: the party, and each listing of it.
fn finds(search: &Search, text: &str, count: u64) -> bool {
    search.find(&Query::words(text), &Viewer::of(&Actor::anonymous(Lang::Vi))).is_ok_and(|found| found.total == count)
}

/// The end of the process when a step is reached for the `nth` time, and whenever any is reached after that.
fn ends_at(step: Step, nth: u32) -> impl Fn(Step) + Send + Sync {
    let times = AtomicU32::new(0);
    move |reached| {
        let times = times.fetch_add(u32::from(reached == step), Ordering::SeqCst) + u32::from(reached == step);
        assert!(times < nth, "ended at {reached:?}");
    }
}

/// The index ends at each step, the first to the eighth time it comes there, while a party and what belongs to it change: one
/// change writes the party, then its expert, and then each of its listings for itself.
#[tokio::test]
async fn whatever_step_the_end_comes_at_the_index_goes_on_from_there() {
    const STEPS: [Step; 5] = [Step::Read, Step::Added, Step::Committed, Step::Shown, Step::Taken];
    let test = TestStore::sqlite().await.unwrap();
    let vocabularies = Arc::new(Vocabularies::built_in().unwrap());
    let accounts = Accounts::open(test.store.clone(), AccountSettings::default(), vocabularies.clone(), test.dir.path()).unwrap();
    let listings = Listings { store: test.store.clone(), vocabularies: vocabularies.clone(), settings: ListingSettings::default() };
    let ids = some_listings(&listings, &accounts, LISTINGS).await;
    let dir = test.dir.path().join("index");
    let begin = || {
        let settings = Settings { commit_every_ms: 0, commit_documents: 1, ..Settings::default() };
        let opened = Search::open(&dir, settings, vocabularies.clone(), test.clock.clone()).unwrap();
        let stop = CancellationToken::new();
        let run = tokio::spawn(follower::run(test.store.clone(), opened.search.clone(), opened.wanting.clone(), stop.clone()));
        (opened, run, stop)
    };
    let party = listings::view::show(&listings, &Actor::system(), Kind::Technology, ids[0]).await.unwrap().party.id.unwrap();
    let account = kill::writer(&accounts, party, PartyRole::Viewer).await;
    let mut expert: accounts::ExpertProfile = serde_json::from_value(experts::profile("Trần Văn Bình")).unwrap();
    expert.party = Some(party);
    accounts::experts::put_demonstration(&accounts, Ctx::system(), account, expert).await.unwrap();
    let mut version = parties::load_many(test.store.db(), &[party]).await.unwrap()[0].version;
    let (opened, run, stop) = begin();
    until("the index is whole", || opened.search.position().is_some()).await;
    stop.cancel();
    run.await.unwrap();
    drop(opened);
    for round in 0..40_u32 {
        let step = STEPS[round as usize % STEPS.len()];
        let (opened, run, _stop) = begin();
        assert_eq!(opened.wanting, None, "{step:?}, round {round}");
        opened.search.watch(ends_at(step, 1 + round / 5));
        let name = format!("Công ty Bánh Tráng {round}");
        let mut changes = 0;
        while !run.is_finished() {
            // Changes follow one another until the end has come.
            if opened.search.followed() >= test.store.last_position().await.unwrap() || changes == 0 {
                parties::edit(&accounts, Ctx::system(), party, version, profile(&format!("{name} {changes}"))).await.unwrap();
                version += 1;
                changes += 1;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!(run.await.unwrap_err().is_panic(), "{step:?}");
        drop(opened);

        let (opened, run, stop) = begin();
        assert_eq!(opened.wanting, None, "{step:?}, round {round}");
        let last = format!("\"{name} {}\"", changes - 1);
        until("the last name", || finds(&opened.search, &last, NAMED)).await;
        let difference = follower::verify(&test.store, &opened.search).await.unwrap();
        assert!(difference.is_none() && difference.same == NAMED, "{step:?}, round {round}: {difference:?}");
        stop.cancel();
        run.await.unwrap();
    }
}

/// While a party's listings are written piece by piece, another party registers: it is found before the last of them has its new
/// name, and nothing of it is lost.
#[tokio::test]
async fn nobody_waits_for_the_listings_of_a_large_party() {
    let test = TestStore::sqlite().await.unwrap();
    let vocabularies = Arc::new(Vocabularies::built_in().unwrap());
    let accounts = Accounts::open(test.store.clone(), AccountSettings::default(), vocabularies.clone(), test.dir.path()).unwrap();
    let listings = Listings { store: test.store.clone(), vocabularies: vocabularies.clone(), settings: ListingSettings::default() };
    let ids = some_listings(&listings, &accounts, LISTINGS).await;
    let party = listings::view::show(&listings, &Actor::system(), Kind::Technology, ids[0]).await.unwrap().party.id.unwrap();
    let settings = Settings { commit_documents: 1, ..Settings::default() };
    let search = Search::open(&test.dir.path().join("index"), settings, vocabularies, test.clock.clone()).unwrap().search;
    follower::rebuild(&test.store, &search, |_| {}).await.unwrap();
    let version = parties::load_many(test.store.db(), &[party]).await.unwrap()[0].version;
    parties::edit(&accounts, Ctx::system(), party, version, profile("Viện Cây ăn trái")).await.unwrap();

    // The party is shown first, then its first listing, and then the other registers.
    let (shown, seen) = (AtomicU32::new(0), Arc::new(Mutex::new(Vec::new())));
    let (runtime, told, own) = (tokio::runtime::Handle::current(), Arc::clone(&seen), search.clone());
    let registering = accounts.clone();
    search.watch(move |step| {
        if step != Step::Shown {
            return;
        }
        if shown.fetch_add(1, Ordering::SeqCst) == 1 {
            let new = parties::create_demonstration(&registering, Ctx::system(), profile("Công ty Kẹo Chuối"));
            runtime.block_on(new).unwrap();
        }
        let all = (0..=1 + LISTINGS).find(|count| finds(&own, "\"Viện Cây ăn trái\"", *count)).unwrap();
        told.lock().unwrap().push((finds(&own, "\"Kẹo Chuối\"", 1), all));
    });
    follower::catch_up(&test.store, &search).await.unwrap();
    // What watches holds the index that it is told of.
    search.watch(|_| {});
    let seen = seen.lock().unwrap().clone();
    assert!(seen.iter().any(|(other, renamed)| *other && *renamed < 1 + LISTINGS), "{seen:?}");
    follower::catch_up(&test.store, &search).await.unwrap();
    let difference = follower::verify(&test.store, &search).await.unwrap();
    assert!(difference.is_none() && difference.same == 2 + LISTINGS, "{difference:?}");
}

/// A rebuild ends at each step of taking the old index's place.
#[tokio::test]
async fn whatever_step_a_rebuild_ends_at_there_is_a_whole_index_at_the_next_start() {
    let test = TestStore::sqlite().await.unwrap();
    let vocabularies = Arc::new(Vocabularies::built_in().unwrap());
    let accounts = Accounts::open(test.store.clone(), AccountSettings::default(), vocabularies.clone(), test.dir.path()).unwrap();
    let dir = test.dir.path().join("index");
    let open = || Search::open(&dir, Settings::default(), vocabularies.clone(), test.clock.clone()).unwrap();
    let opened = open();
    follower::rebuild(&test.store, &opened.search, |_| {}).await.unwrap();
    drop(opened);
    for (count, step) in (1..).zip([Step::Rebuilt, Step::Named, Step::Swapped]) {
        parties::create_demonstration(&accounts, Ctx::system(), profile(&format!("Viện Dừa {count}"))).await.unwrap();
        let opened = open();
        assert_eq!(opened.wanting, None, "before {step:?}");
        opened.search.watch(ends_at(step, 1));
        let ended = follower::rebuild(&test.store, &opened.search, |_| {}).await;
        assert!(ended.is_err(), "{step:?}");
        drop(opened);

        let opened = open();
        assert_eq!(opened.wanting, None, "{step:?}");
        follower::catch_up(&test.store, &opened.search).await.unwrap();
        let difference = follower::verify(&test.store, &opened.search).await.unwrap();
        assert!(difference.is_none() && difference.same == count, "{step:?}: {difference:?}");
        assert!(finds(&opened.search, "\"Viện Dừa\"", count), "{step:?}");
        let folders = std::fs::read_dir(&dir).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir()).count();
        assert_eq!(folders, 1, "{step:?}: what was left is tidied away");
    }
}
