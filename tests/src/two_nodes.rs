//! Two nodes over one PostgreSQL database: each keeps an index of its own, and both keep one set of standing matches.

use std::collections::BTreeSet;
use std::time::Duration;

use base::{Actor, Lang, Limit, ListingId};
use innospace::config::Config;
use innospace::space;
use listings::bulk::{Bulk, seed};
use listings::content::Content;
use listings::lifecycle::Transition;
use listings::published::Provenance;
use listings::state::{Move, Status};
use listings::{Kind, Listings, Visibility};
use matching::{Matcher, standing};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use search::{Query, Search, Viewer, follower};
use serde_json::json;
use store::testing::TestStore;
use store::{Ctx, Store};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::main_job::{need, technology};
/// Much is reckoned beside much else.
const PATIENCE: Duration = Duration::from_secs(180);

const TRADES: [&str; 6] = ["sấy cơm dừa", "ép dầu dừa", "nuôi tôm thẻ", "lọc nước lợ", "than gáo dừa", "mạch nha gạo lứt"];
const HOW: [&str; 5] = ["bơm nhiệt", "liên tục", "tự động", "cỡ nhỏ", "tiết kiệm điện"];

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "waited in vain until {what}");
}

/// One node: its own connections, its own index, its own matcher.
struct Node {
    listings: Listings,
    search: Search,
    matcher: Matcher,
    stop: CancellationToken,
    followers: JoinSet<()>,
    _folder: TempDir,
}

impl Node {
    /// A node that keeps its index and no matches yet.
    async fn start(store: Store) -> Self {
        Self::start_with(store, Config::default()).await
    }

    /// One whose settings are these.
    async fn start_with(store: Store, config: Config) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let parts = space::stand_on(store.clone(), &config, folder.path()).unwrap();
        let (search, wanting) = space::index(&config, folder.path(), &parts).unwrap();
        let matcher = space::matcher(&config, &parts, &search).unwrap();
        let stop = CancellationToken::new();
        let mut followers = JoinSet::new();
        followers.spawn(follower::run(store, search.clone(), wanting, stop.clone()));
        let node = Self { listings: parts.listings, search, matcher, stop, followers, _folder: folder };
        node.indexed().await;
        node
    }

    async fn indexed(&self) {
        let head = self.listings.store.last_position().await.unwrap();
        until("the index has followed", async || self.search.followed() >= head).await;
    }

    /// Begins to keep matches, until the token ends it.
    fn matches(&self, stop: &CancellationToken) -> tokio::task::JoinHandle<()> {
        tokio::spawn(standing::run(self.matcher.clone(), stop.clone()))
    }

    async fn end(mut self) {
        self.stop.cancel();
        while let Some(ended) = self.followers.join_next().await {
            ended.unwrap();
        }
    }
}

/// Needs and technologies of some trades, published.
async fn fill(store: &Store, count: usize) -> Vec<ListingId> {
    let folder = tempfile::tempdir().unwrap();
    let parts = space::stand_on(store.clone(), &Config::default(), folder.path()).unwrap();
    let mut parties = Vec::new();
    for (name, party_type) in [("Viện Dừa", "institute"), ("Công ty Dừa", "enterprise")] {
        let names = base::Localised::of(Lang::Vi, name);
        let profile = accounts::PartyProfile { names, party_type: party_type.into(), ..accounts::PartyProfile::default() };
        parties.push(accounts::parties::create_demonstration(&parts.accounts, Ctx::system(), profile).await.unwrap().id);
    }
    let one = |n: usize| {
        let words = format!("{} {} {}", TRADES[n % TRADES.len()], HOW[n % HOW.len()], n % 7);
        let (kind, party, content) = if n.is_multiple_of(3) {
            let mut content = need();
            content["title"]["vi"] = json!(format!("Cần {words}"));
            content["problem"]["vi"] = json!(format!("Chưa làm được: {words}."));
            (Kind::Need, parties[1], content)
        } else {
            (Kind::Technology, parties[0], technology(&format!("Công nghệ {words}")))
        };
        Bulk {
            party,
            source_lang: Lang::Vi,
            content: Content::from_json(kind, &content.to_string()).unwrap(),
            private: None,
            visibility: Visibility::Public,
            provenance: Provenance { origin: "manual".into(), source: None, external_id: None, licence: None },
            import: None,
            published_at: Some(parts.store.clock().now()),
            next_action_on: None,
            contact: None,
        }
    };
    seed(&parts.listings, &Actor::system(), (0..count).map(one).collect()).await.unwrap()
}

async fn count(store: &Store, sql: &str) -> i64 {
    let row = store.db().query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await.unwrap().unwrap();
    row.try_get("", "n").unwrap()
}

/// Whether the one generation is done and the log taken to its end.
async fn is_current(store: &Store) -> bool {
    let open = "SELECT count(*) AS n FROM match_generation WHERE done";
    count(store, open).await == 1 && store.follower_position(standing::NAME).await.unwrap() == store.last_position().await.unwrap()
}

/// Each pair is there once, as it would be reckoned from scratch, and each listing that is out is counted.
async fn right(node: &Node, what: &str) {
    let store = &node.listings.store;
    let difference = standing::check(&node.matcher, |_| {}).await.unwrap().unwrap();
    assert!(difference.is_none(), "{what}: {difference:?}");
    assert!(difference.offers.same > 100, "{what}: {}", difference.offers.same);
    let out = count(store, "SELECT count(*) AS n FROM listing WHERE status = 'published'").await;
    assert_eq!(count(store, "SELECT count(*) AS n FROM match_subject").await, out, "{what}");
    assert_eq!(count(store, "SELECT count(*) AS n FROM match_generation").await, 1, "{what}");
}

/// Takes a listing down for a while, or puts it back.
async fn turn(listings: &Listings, id: ListingId) {
    let kind = listings::view::kind_of(listings, id).await.unwrap().unwrap();
    let view = listings::view::show(listings, &Actor::system(), kind, id).await.unwrap();
    let step = if view.status == Status::OnHold { Move::Resume } else { Move::Hold };
    listings::lifecycle::transition(listings, Ctx::system(), id, view.version, Transition { step, outcome: None }).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_that_fill_one_generation_at_once_leave_each_pair_once() {
    let Ok(server) = std::env::var("TEST_PG_URL") else { return };
    let test = TestStore::postgres(&server).await.unwrap();
    let ids = fill(&test.store, 150).await;
    let nodes = [Node::start(test.store.clone()).await, Node::start(test.beside().await.unwrap()).await];
    for round in 0..9 {
        for table in ["match_generation", "standing_match", "match_expert", "match_subject", "follower"] {
            test.store.db().execute_unprepared(&format!("DELETE FROM {table}")).await.unwrap();
        }
        let stop = CancellationToken::new();
        let mut running = vec![nodes[0].matches(&stop)];
        if round % 3 != 0 {
            // The second comes to a generation that is half filled; in every third round both begin one.
            let half = "SELECT count(*) AS n FROM match_generation WHERE reached IS NOT NULL";
            until("a page is written", async || count(&test.store, half).await == 1).await;
        }
        running.push(nodes[1].matches(&stop));
        // What is listed changes meanwhile, so that pages of the two are not the same.
        for n in 0..6 {
            let id = ids[(round * 31 + n * 47) % ids.len()];
            turn(&nodes[n % 2].listings, id).await;
            if n % 2 == 0 {
                turn(&nodes[n % 2].listings, id).await;
            }
        }
        if round % 3 == 2 {
            // The first stops wherever it is; the second ends what it began.
            running.remove(0).abort();
        }
        until("the matches are current", async || is_current(&test.store).await).await;
        stop.cancel();
        for run in running {
            run.await.unwrap();
        }
        for node in &nodes {
            node.indexed().await;
            right(node, &format!("round {round}")).await;
        }
    }
    for node in nodes {
        node.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_generation_begun_on_one_node_ends_what_another_reckoned_with_the_one_before() {
    let Ok(server) = std::env::var("TEST_PG_URL") else { return };
    let test = TestStore::postgres(&server).await.unwrap();
    let ids = fill(&test.store, 150).await;
    let nodes = [Node::start(test.store.clone()).await, Node::start(test.beside().await.unwrap()).await];
    let stop = CancellationToken::new();
    let running = nodes[0].matches(&stop);
    until("the matches are current", async || is_current(&test.store).await).await;
    for round in 0..6 {
        // Freshness is measured anew, so that pairs of the two generations have other scores.
        test.clock.advance(chrono::TimeDelta::days(3));
        let changes = async {
            for n in 0..8 {
                let id = ids[(round * 29 + n * 13) % ids.len()];
                turn(&nodes[0].listings, id).await;
                turn(&nodes[0].listings, id).await;
            }
        };
        let (begun, ()) = tokio::join!(standing::rebuild(&nodes[1].matcher, |_| {}), changes);
        match begun {
            // The first node filled what the second began: that is as good.
            Ok(_) | Err(standing::StandingError::Elsewhere) => {}
            Err(error) => panic!("{error}"),
        }
        until("the matches are current", async || is_current(&test.store).await).await;
        for node in &nodes {
            node.indexed().await;
            right(node, &format!("round {round}")).await;
        }
    }
    stop.cancel();
    running.await.unwrap();
    for node in nodes {
        node.end().await;
    }
}

/// What a node finds, in order, and what it counts.
fn found(node: &Node, text: &str) -> String {
    // With all words: which may be missing where few have all goes by how rare each is, and a node counts there what it has
    // deleted and not yet cleared away.
    let query = Query { limit: Limit::new(100).unwrap(), all_words: true, ..Query::words(text) };
    let results = node.search.find(&query, &Viewer::of(&Actor::anonymous(Lang::Vi))).unwrap();
    let ids: BTreeSet<_> = results.items.iter().map(|hit| hit.card.id).collect();
    format!("{} {ids:?} {:?}", results.total, results.facets)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_either_node_writes_is_found_alike_by_both() {
    let Ok(server) = std::env::var("TEST_PG_URL") else { return };
    let test = TestStore::postgres(&server).await.unwrap();
    let ids = fill(&test.store, 60).await;
    let nodes = [Node::start(test.store.clone()).await, Node::start(test.beside().await.unwrap()).await];
    for round in 0..4 {
        for n in 0..10 {
            turn(&nodes[n % 2].listings, ids[(round * 17 + n * 7) % ids.len()]).await;
        }
        if round == 2 {
            follower::rebuild(&nodes[0].listings.store, &nodes[0].search, |_| {}).await.unwrap();
        }
        for node in &nodes {
            node.indexed().await;
            let difference = follower::verify(&node.listings.store, &node.search).await.unwrap();
            assert!(difference.is_none(), "round {round}: {difference:?}");
        }
        assert_eq!(nodes[0].search.seals(), nodes[1].search.seals(), "round {round}");
        for text in ["", "sấy cơm dừa", "\"nuôi tôm thẻ\"", "bom nhiet -dua", "kind:need", "title:loc"] {
            assert_eq!(found(&nodes[0], text), found(&nodes[1], text), "round {round}: {text}");
        }
    }
    for node in nodes {
        node.end().await;
    }
}

#[tokio::test]
async fn a_space_is_known_by_one_id_to_all_its_nodes_and_another_space_by_another() {
    let mut ids = std::collections::BTreeSet::new();
    for test in TestStore::all().await.unwrap().into_iter().chain(TestStore::all().await.unwrap()) {
        assert_eq!(test.beside().await.unwrap().space(), test.store.space());
        assert!(!test.store.space().is_nil() && ids.insert(test.store.space()), "{ids:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_with_other_settings_leaves_a_young_generation_to_the_node_that_began_it() {
    for test in TestStore::all().await.unwrap() {
        let ids = fill(&test.store, 30).await;
        let mut config = Config::default();
        config.matching.strong_min += 0.01;
        let other = Node::start_with(test.store.clone(), config).await;
        standing::rebuild(&other.matcher, |_| {}).await.unwrap();
        // As if it were cut off before its first page was written.
        test.store.db().execute_unprepared("UPDATE match_generation SET done = FALSE, reached = NULL").await.unwrap();
        let begun = standing::generation(&test.store).await.unwrap();
        let node = Node::start(test.store.clone()).await;
        let stop = CancellationToken::new();
        let running = node.matches(&stop);
        // Behind each event it is looked whether there is something to fill.
        for _ in 0..3 {
            turn(&node.listings, ids[1]).await;
            until("the event was taken", async || {
                test.store.follower_position(standing::NAME).await.unwrap() == test.store.last_position().await.unwrap()
            })
            .await;
        }
        assert_eq!(standing::generation(&test.store).await.unwrap(), begun, "{}", test.name);
        let sql = "SELECT count(*) AS n FROM match_generation WHERE reached IS NULL AND NOT done";
        let statement = Statement::from_string(test.store.db().get_database_backend(), sql);
        let row = test.store.db().query_one_raw(statement).await.unwrap().unwrap();
        assert_eq!(row.try_get::<i64>("", "n").unwrap(), 1, "{}: nobody fills it with other figures", test.name);

        // Once it is old enough that nobody may be there any more, it is begun anew.
        test.clock.advance(chrono::TimeDelta::minutes(31));
        turn(&node.listings, ids[1]).await;
        until("a generation is whole", async || standing::is_whole(&test.store).await.unwrap()).await;
        assert_ne!(standing::generation(&test.store).await.unwrap(), begun);
        assert!(standing::check(&node.matcher, |_| {}).await.unwrap().unwrap().is_none(), "{}", test.name);
        stop.cancel();
        running.await.unwrap();
        for node in [node, other] {
            node.end().await;
        }
    }
}
