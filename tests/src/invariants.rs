//! What must hold whatever happens: index and database as sets, the life cycle's diagram, the chain of events.

use base::{Actor, Lang, ListingId};
use innospace::config::Config;
use listings::bulk::{Bulk, seed};
use listings::content::Content;
use listings::lifecycle::{Transition, transition};
use listings::published::Provenance;
use listings::state::{Move, State, Status};
use listings::{Kind, ListingError, Listings, Outcome, Visibility};
use sea_orm::ConnectionTrait as _;
use search::{Search, follower};
use store::Ctx;
use store::testing::TestStore;
use tokio_util::sync::CancellationToken;

use crate::main_job::technology;
use crate::site::Site;

struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }
}

fn content(n: u64) -> Content {
    let json = technology(&format!("Máy sấy cơm dừa kiểu {n}")).to_string();
    Content::from_json(Kind::Technology, &json).unwrap()
}

pub(crate) async fn some_listings(listings: &Listings, accounts: &accounts::Accounts, count: u64) -> Vec<ListingId> {
    let profile = accounts::PartyProfile {
        names: base::Localised::of(Lang::Vi, "Viện Dừa"),
        party_type: "institute".into(),
        ..accounts::PartyProfile::default()
    };
    let party = accounts::parties::create_demonstration(accounts, Ctx::system(), profile).await.unwrap().id;
    let all = (0..count)
        .map(|n| Bulk {
            party,
            source_lang: Lang::Vi,
            content: content(n),
            private: None,
            visibility: Visibility::Public,
            provenance: Provenance { origin: "manual".into(), source: None, external_id: None, licence: None },
            import: None,
            published_at: Some(listings.store.clock().now()),
            next_action_on: None,
            contact: None,
        })
        .collect();
    seed(listings, &Actor::system(), all).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn index_and_database_are_the_same_sets_after_random_operations_and_stops_of_the_follower() {
    for store in TestStore::all().await.unwrap() {
        let folder = tempfile::tempdir().unwrap();
        let parts = innospace::space::stand_on(store.store.clone(), &Config::default(), folder.path()).unwrap();
        let ids = some_listings(&parts.listings, &parts.accounts, 60).await;
        let mut chance = Chance(u64::from(std::process::id()));
        println!("seed {}", chance.0);
        for round in 0..6 {
            // The follower is stopped wherever it is, as by a crash, and begins anew from what the index holds.
            let (search, wanting) = innospace::space::index(&Config::default(), folder.path(), &parts).unwrap();
            let stop = CancellationToken::new();
            let running = tokio::spawn(follower::run(parts.store.clone(), search.clone(), wanting, stop.clone()));
            for _ in 0..40 {
                let id = ids[chance.below(ids.len())];
                let (state, seen) = state_of(&parts.listings, id).await;
                let steps = [Move::Hold, Move::Resume, Move::Confirm, Move::Withdraw, Move::Archive];
                let step = steps[chance.below(steps.len())];
                let outcome = Some(Outcome { reason: Some("other".into()), ..Outcome::default() });
                let result = transition(&parts.listings, Ctx::system(), id, seen, Transition { step, outcome }).await;
                match state.after(step) {
                    Some(after) => {
                        result.unwrap();
                        assert_eq!(state_of(&parts.listings, id).await.0, after, "{step} from {state:?}");
                    }
                    None => assert!(matches!(result, Err(ListingError::NotAllowed { .. })), "{step} from {state:?}"),
                }
            }
            if round % 2 == 0 {
                running.abort();
                drop(running.await);
            } else {
                stop.cancel();
                running.await.unwrap();
            }
            drop(search);
        }
        // A follower that was stopped in the middle of a commit may leave an index that counts as damaged: then it is rebuilt.
        let (search, wanting) = innospace::space::index(&Config::default(), folder.path(), &parts).unwrap();
        let stop = CancellationToken::new();
        let running = tokio::spawn(follower::run(parts.store.clone(), search.clone(), wanting, stop.clone()));
        let head = parts.store.last_position().await.unwrap();
        while search.followed() < head {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let difference = follower::verify(&parts.store, &search).await.unwrap();
        assert!(difference.is_none(), "{}: {difference:?}", store.name);
        stop.cancel();
        running.await.unwrap();
        assert!(parts.store.verify_events(&mut |_| {}).await.unwrap().is_ok());
    }
}

async fn state_of(listings: &Listings, id: ListingId) -> (State, i64) {
    let view = listings::view::show(listings, &Actor::system(), Kind::Technology, id).await.unwrap();
    let revision = view.inside.as_ref().unwrap().revision;
    (State { status: view.status, revision }, view.version)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_or_cut_event_is_found_by_its_place() {
    for store in TestStore::all().await.unwrap() {
        let folder = tempfile::tempdir().unwrap();
        let parts = innospace::space::stand_on(store.store.clone(), &Config::default(), folder.path()).unwrap();
        some_listings(&parts.listings, &parts.accounts, 5).await;
        let db = parts.store.db();
        assert!(parts.store.verify_events(&mut |_| {}).await.unwrap().is_ok());
        // The triggers refuse it; whoever owns the database can take them away.
        assert!(db.execute_unprepared("UPDATE event SET kind = 'x' WHERE position = 3").await.is_err());
        assert!(db.execute_unprepared("DELETE FROM event WHERE position = 3").await.is_err());
        if store.name == "sqlite" {
            db.execute_unprepared("DROP TRIGGER event_no_update").await.unwrap();
            db.execute_unprepared("DROP TRIGGER event_no_delete").await.unwrap();
        } else {
            db.execute_unprepared("DROP TRIGGER event_no_change ON event").await.unwrap();
        }
        db.execute_unprepared("UPDATE event SET payload = '{}' WHERE position = 3").await.unwrap();
        assert_eq!(parts.store.verify_events(&mut |_| {}).await.unwrap().unwrap_err().position, 3);
        let last = parts.store.last_position().await.unwrap();
        db.execute_unprepared(&format!("DELETE FROM event WHERE position = {last}")).await.unwrap();
        db.execute_unprepared("DELETE FROM event WHERE position <= 3").await.unwrap();
        assert_eq!(parts.store.verify_events(&mut |_| {}).await.unwrap().unwrap_err().position, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listing_nobody_confirms_is_announced_and_then_expires_with_the_clock() {
    let store = TestStore::all().await.unwrap().remove(0);
    let site = Site::start(store).await;
    let ids = some_listings(&site.app.listings, &site.app.accounts, 2).await;
    site.clock.advance(chrono::TimeDelta::days(352));
    let round = listings::lifecycle::tick(&site.app.listings).await.unwrap();
    assert_eq!((round.warned, round.expired), (2, 0));
    let (_, seen) = state_of(&site.app.listings, ids[0]).await;
    transition(&site.app.listings, Ctx::system(), ids[0], seen, Transition { step: Move::Confirm, outcome: None }).await.unwrap();
    site.clock.advance(chrono::TimeDelta::days(14));
    assert_eq!(listings::lifecycle::tick(&site.app.listings).await.unwrap().expired, 1);
    assert_eq!(state_of(&site.app.listings, ids[0]).await.0.status, Status::Published);
    assert_eq!(state_of(&site.app.listings, ids[1]).await.0.status, Status::Expired);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_or_damaged_index_is_rebuilt_at_the_start() {
    let store = TestStore::sqlite().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let parts = innospace::space::stand_on(store.store.clone(), &Config::default(), folder.path()).unwrap();
    some_listings(&parts.listings, &parts.accounts, 20).await;
    let build = async |search: Search, wanting| {
        let stop = CancellationToken::new();
        let running = tokio::spawn(follower::run(parts.store.clone(), search.clone(), wanting, stop.clone()));
        let head = parts.store.last_position().await.unwrap();
        while search.followed() < head {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let difference = follower::verify(&parts.store, &search).await.unwrap();
        assert!(difference.is_none(), "{difference:?}");
        stop.cancel();
        running.await.unwrap();
    };
    let (search, wanting) = innospace::space::index(&Config::default(), folder.path(), &parts).unwrap();
    assert!(wanting.is_some());
    build(search, wanting).await;
    let damaged = |folder: &std::path::Path| {
        let index = folder.join("index");
        let generation = std::fs::read_dir(index).unwrap().map(|e| e.unwrap().path()).find(|p| p.is_dir()).unwrap();
        let store = std::fs::read_dir(generation)
            .unwrap()
            .map(|e| e.unwrap().path())
            .find(|p| p.extension().is_some_and(|e| e == "store"))
            .unwrap();
        let mut bytes = std::fs::read(&store).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0xff;
        std::fs::write(store, bytes).unwrap();
    };
    damaged(folder.path());
    let (search, wanting) = innospace::space::index(&Config::default(), folder.path(), &parts).unwrap();
    assert!(wanting.is_some(), "the damage is not seen");
    build(search, wanting).await;
    std::fs::remove_dir_all(folder.path().join("index")).unwrap();
    let (search, wanting) = innospace::space::index(&Config::default(), folder.path(), &parts).unwrap();
    assert!(wanting.is_some());
    build(search, wanting).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_from_a_newer_version_is_refused_with_one_line() {
    for store in TestStore::all().await.unwrap() {
        let db = store.store.db();
        db.execute_unprepared("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_later', 0)").await.unwrap();
        let error = migrations::migrate(db).await.unwrap_err().to_string();
        assert!(error.contains("newer version") && error.contains("m9999_later") && !error.contains('\n'), "{error}");
    }
}
