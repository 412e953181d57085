//! What must hold whatever happens: index and database as sets, the life cycle's diagram, the chain of events.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use base::{Actor, Capacity, Lang, ListingId, PartyId, Scope, StaffRole};
use brokering::Brokering;
use innospace::config::Config;
use innospace::space::Parts;
use listings::bulk::{Bulk, seed};
use listings::content::Content;
use listings::edit::NewListing;
use listings::lifecycle::{Transition, transition};
use listings::published::Provenance;
use listings::review::{Decision, Scores, Verdict};
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

/// A space in which everything that search follows happens at random.
struct Walk {
    parts: Parts,
    brokering: Brokering,
    moderator: Actor,
    party: PartyId,
    ids: Vec<ListingId>,
    chance: Chance,
    /// How many titles and names were made, so that each is another.
    made: u64,
    /// How often each thing was done.
    done: BTreeMap<&'static str, u32>,
}

impl Walk {
    async fn begin(parts: Parts, data: &Path, seed: u64) -> Self {
        let ids = some_listings(&parts.listings, &parts.accounts, 40).await;
        let party = listings::view::show(&parts.listings, &Actor::system(), Kind::Technology, ids[0]).await.unwrap().party.id.unwrap();
        let password = accounts::Password::new("một mật khẩu dài và lạ 7319");
        let account = accounts::people::create_admin(&parts.accounts, "duyet@example.org", "Người duyệt", password).await.unwrap().id;
        let moderator = Actor {
            capacity: Capacity::Person(account),
            staff: BTreeSet::from([StaffRole::Moderator]),
            scopes: Scope::ALL.iter().copied().collect(),
            ..Actor::anonymous(Lang::Vi)
        };
        let brokering = innospace::space::brokering(&Config::default(), data, &parts).unwrap();
        Self { parts, brokering, moderator, party, ids, chance: Chance(seed), made: 100, done: BTreeMap::new() }
    }

    async fn take_a_step(&mut self) {
        let what = match self.chance.below(10) {
            0..=3 => self.owners_step().await,
            4 => self.create().await,
            5 => self.revise().await,
            6 => self.publish_what_waits().await,
            7 => self.show_to_others().await,
            8 => self.rename_the_party().await,
            _ => self.remove().await,
        };
        *self.done.entry(what).or_default() += 1;
    }

    fn any(&mut self) -> ListingId {
        self.ids[self.chance.below(self.ids.len())]
    }

    fn another(&mut self) -> Content {
        self.made += 1;
        content(self.made)
    }

    /// A step of the owner, whether the life cycle has it or not.
    async fn owners_step(&mut self) -> &'static str {
        let id = self.any();
        let (state, seen) = state_of(&self.parts.listings, id).await;
        let steps = [Move::Hold, Move::Resume, Move::Confirm, Move::Withdraw, Move::Archive, Move::DiscardRevision];
        let step = steps[self.chance.below(steps.len())];
        let outcome = Some(Outcome { reason: Some("other".into()), ..Outcome::default() });
        let result = transition(&self.parts.listings, Ctx::system(), id, seen, Transition { step, outcome }).await;
        match state.after(step) {
            Some(after) => {
                result.unwrap();
                assert_eq!(state_of(&self.parts.listings, id).await.0, after, "{step} from {state:?}");
            }
            None => assert!(matches!(result, Err(ListingError::NotAllowed { .. })), "{step} from {state:?}"),
        }
        "owner's step"
    }

    /// A draft; half of them are handed in, half of these published.
    async fn create(&mut self) -> &'static str {
        let new = NewListing { party: self.party, source_lang: Lang::Vi, content: self.another(), private: None };
        let id = listings::edit::create(&self.parts.listings, Ctx::system(), new).await.unwrap().id;
        self.ids.push(id);
        if self.chance.below(2) == 0 {
            self.submit(id).await;
            if self.chance.below(2) == 0 {
                self.publish(id).await;
                return "created and published";
            }
        }
        "created"
    }

    /// Another content for a listing that is out; half of the revisions are published.
    async fn revise(&mut self) -> &'static str {
        let listings = self.parts.listings.clone();
        for _ in 0..self.ids.len() {
            let id = self.any();
            let (state, seen) = state_of(&listings, id).await;
            if !matches!(state.status, Status::Published | Status::OnHold) || state.after(Move::Edit).is_none() {
                continue;
            }
            let content = self.another();
            listings::edit::edit(&listings, Ctx::system(), id, seen, content, String::new()).await.unwrap();
            if self.chance.below(2) == 0 {
                return "revised";
            }
            self.submit(id).await;
            self.publish(id).await;
            return "revision published";
        }
        "nothing to revise"
    }

    async fn publish_what_waits(&mut self) -> &'static str {
        for id in self.ids.clone() {
            if state_of(&self.parts.listings, id).await.0.awaits_review() {
                self.publish(id).await;
                return "published from the queue";
            }
        }
        "nothing waits"
    }

    async fn show_to_others(&mut self) -> &'static str {
        let id = self.any();
        let all = [Visibility::Public, Visibility::Registered, Visibility::Invited, Visibility::Private];
        let visibility = all[self.chance.below(all.len())];
        let seen = state_of(&self.parts.listings, id).await.1;
        listings::care::set_visibility(&self.parts.listings, Ctx::system(), id, seen, visibility, BTreeSet::new()).await.unwrap();
        "shown to others"
    }

    /// Every listing of the party says its name.
    async fn rename_the_party(&mut self) -> &'static str {
        self.made += 1;
        let view = accounts::parties::get(&self.parts.accounts, &Actor::system(), self.party).await.unwrap();
        let names = base::Localised::of(Lang::Vi, format!("Viện Dừa {}", self.made));
        let profile = accounts::PartyProfile { names, ..view.profile };
        accounts::parties::edit(&self.parts.accounts, Ctx::system(), self.party, view.version, profile).await.unwrap();
        "party renamed"
    }

    /// A draft is removed; what was ever out stays.
    async fn remove(&mut self) -> &'static str {
        let id = self.any();
        let view = listings::view::show(&self.parts.listings, &Actor::system(), Kind::Technology, id).await.unwrap();
        let removed = brokering::removal::remove(&self.brokering, Ctx::system(), Kind::Technology, id, view.version).await;
        if listings::removal::is_removable(view.status, view.published_at.is_some()) {
            removed.unwrap();
            self.ids.retain(|other| *other != id);
            return "removed";
        }
        assert!(removed.is_err(), "{:?} was removed", view.status);
        "not removed"
    }

    async fn submit(&self, id: ListingId) {
        let seen = state_of(&self.parts.listings, id).await.1;
        let submit = Transition { step: Move::Submit, outcome: None };
        transition(&self.parts.listings, Ctx::system(), id, seen, submit).await.unwrap();
    }

    async fn publish(&self, id: ListingId) {
        let (listings, moderator) = (&self.parts.listings, Ctx::of(self.moderator.clone()));
        listings::review::claim(listings, moderator.clone(), id).await.unwrap();
        let scores = Scores { innovation_or_need: 4, clarity: 4, partner_ask: 4, language: 4 };
        let verdict = Verdict { decision: Decision::Publish, scores: Some(scores), notes: Vec::new(), reason: None };
        let seen = state_of(listings, id).await.1;
        listings::review::decide(listings, moderator, id, seen, verdict).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn index_and_database_are_the_same_sets_after_random_operations_and_stops_of_the_follower() {
    for store in TestStore::all().await.unwrap() {
        let folder = tempfile::tempdir().unwrap();
        let parts = innospace::space::stand_on(store.store.clone(), &Config::default(), folder.path()).unwrap();
        let seed = u64::from(std::process::id());
        println!("seed {seed}");
        let mut walk = Walk::begin(parts, folder.path(), seed).await;
        for round in 0..6 {
            // The follower is stopped wherever it is, as by a crash, and begins anew from what the index holds.
            let (search, wanting) = innospace::space::index(&Config::default(), folder.path(), &walk.parts).unwrap();
            let stop = CancellationToken::new();
            let running = tokio::spawn(follower::run(walk.parts.store.clone(), search.clone(), wanting, stop.clone()));
            for _ in 0..40 {
                walk.take_a_step().await;
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
        println!("{:?}", walk.done);
        // A follower that was stopped in the middle of a commit may leave an index that counts as damaged: then it is rebuilt.
        let parts = walk.parts;
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
