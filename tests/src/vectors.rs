//! Vectors of sentences in a space: made once, resumed wherever they were cut off, told in words, and no part of anything
//! where there is no model.

use std::path::Path;
use std::sync::Arc;

use ::vectors::testing::{Concepts, tiny_model};
use base::{Lang, ListingId};
use innospace::config::Config;
use innospace::space;
use listings::bulk::{Bulk, seed};
use listings::content::Content;
use listings::lifecycle::Transition;
use listings::published::Provenance;
use listings::state::{Move, Status};
use listings::{Kind, Listings, Visibility};
use matching::{Matcher, Meanings, VectorSettings, meaning, standing};
use sea_orm::{ConnectionTrait, Statement};
use search::{Search, follower};
use serde_json::{Value, json};
use store::testing::TestStore;
use store::{Ctx, Store};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::commands::{json as answer, run};
use crate::main_job::{need, technology};
use crate::site::{Site, until};
use crate::standing::World;

/// Words that the glossary does not have, so that vectors alone lead from one to the other.
const WORDS: [(&str, &str); 12] = [
    ("bánh", "pastry"),
    ("gói", "wrapping"),
    ("lá", "leaf"),
    ("tươi", "staleness"),
    ("chuông", "bell"),
    ("đúc", "foundry"),
    ("nón", "hat"),
    ("chiếu", "mat"),
    ("đan", "weaving"),
    ("gốm", "pottery"),
    ("men", "glaze"),
    ("nung", "kiln"),
];

/// One node of a space whose listings have vectors by an encoder of these words.
struct Node {
    listings: Listings,
    search: Search,
    matcher: Matcher,
    encoder: Arc<Concepts>,
    stop: CancellationToken,
    followers: JoinSet<()>,
    _folder: TempDir,
}

fn config() -> Config {
    let mut config = Config::default();
    config.matching.vector_line = [0.2, 0.9];
    config.matching.standing_min = 0.2;
    config
}

fn unbounded() -> VectorSettings {
    VectorSettings { texts_per_second: 0.0, ..VectorSettings::default() }
}

impl Node {
    /// A node with its index, and nothing else that follows.
    async fn start(store: Store, encoder: Concepts) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = config();
        let parts = space::stand_on(store.clone(), &config, folder.path()).unwrap();
        let (search, wanting) = space::index(&config, folder.path(), &parts).unwrap();
        let encoder = Arc::new(encoder);
        let meanings = Arc::new(Meanings::new(Arc::clone(&encoder) as Arc<dyn ::vectors::Encoder>, &unbounded()));
        let matcher = space::matcher(&config, &parts, &search).unwrap().with_meanings(Some(meanings));
        let stop = CancellationToken::new();
        let mut followers = JoinSet::new();
        followers.spawn(follower::run(store, search.clone(), wanting, stop.clone()));
        Self { listings: parts.listings, search, matcher, encoder, stop, followers, _folder: folder }
    }

    fn meanings(&self) -> &Arc<Meanings> {
        self.matcher.meanings().unwrap()
    }

    fn make_vectors(&mut self) {
        self.followers.spawn(meaning::run(self.listings.store.clone(), Arc::clone(self.meanings()), self.stop.clone()));
    }

    fn keep_matches(&mut self) {
        self.followers.spawn(standing::run(self.matcher.clone(), self.stop.clone()));
    }

    async fn end(mut self) -> Vec<String> {
        self.stop.cancel();
        while let Some(ended) = self.followers.join_next().await {
            ended.unwrap();
        }
        self.encoder.given()
    }

    /// Waits until vectors and matches have seen all that was committed and touches them.
    async fn at_rest(&self) {
        let store = &self.listings.store;
        until("vectors and matches have followed", async || {
            let after = async |name| store.events_after(store.follower_position(name).await.unwrap(), 10_000).await.unwrap();
            let (of_vectors, of_matches) = (after(meaning::NAME).await, after(standing::NAME).await);
            let is_news = |event: &store::EventRow| event.subject_kind == "vectors" && event.payload["first"] != true;
            self.meanings().progress().whole
                && follower::Touched::by(&of_vectors).listings.is_empty()
                && follower::Touched::by(&of_matches).is_empty()
                && !of_matches.iter().any(is_news)
                && self.search.followed() >= store.last_position().await.unwrap()
                && standing::is_whole(store).await.unwrap()
        })
        .await;
    }

    /// Nothing that is stored differs from what would be reckoned anew; gives how many pairs there are.
    async fn same_as_from_scratch(&self, what: &str) -> u64 {
        self.at_rest().await;
        let difference = standing::check(&self.matcher, |_| {}).await.unwrap().unwrap();
        assert!(difference.is_none(), "{what}: {difference:?}");
        difference.offers.same
    }
}

/// A need in Vietnamese or a technology in English that speak of some of the words.
fn some(kind: Kind, words: &[usize]) -> Value {
    let said = |lang: Lang| {
        let of = |n: &usize| if lang == Lang::Vi { WORDS[*n].0 } else { WORDS[*n].1 };
        words.iter().map(of).collect::<Vec<_>>().join(" ")
    };
    let keywords: std::collections::BTreeSet<String> =
        words.iter().map(|n| if kind == Kind::Need { WORDS[*n].0 } else { WORDS[*n].1 }.to_owned()).collect();
    match kind {
        Kind::Need => {
            let mut content = need();
            content["title"] = json!({"vi": format!("Cần {}", said(Lang::Vi))});
            content["problem"] = json!({"vi": format!("Chưa có {}", said(Lang::Vi))});
            content["keywords"] = json!({"vi": keywords});
            content["targets"] = json!([{"metric": {"vi": "Số mẻ hỏng"}, "today": 14.0, "target": 6.0, "unit": "%", "direction": "at_most", "priority": "nice"}]);
            content["trl_min"] = Value::Null;
            content
        }
        _ => {
            let mut content = technology("");
            content["title"] = json!({"en": format!("About {}", said(Lang::En))});
            content["summary"] = json!({"en": format!("Made for {}", said(Lang::En))});
            for other in ["problem", "description", "partner_role"] {
                content[other] = json!({"en": "Told to whoever asks for it."});
            }
            content["keywords"] = json!({"en": keywords});
            content["field"] = json!("40107");
            let advantage = json!({"metric": {"en": "Hours until worn"}, "compared_with": {"en": "what is usual"}, "baseline": 5.0, "offered": 14.0, "unit": "h"});
            content["advantages"] = json!([advantage]);
            content
        }
    }
}

/// Publishes listings of two parties.
async fn publish(store: &Store, all: Vec<(Kind, Value)>) -> Vec<ListingId> {
    let folder = tempfile::tempdir().unwrap();
    let parts = space::stand_on(store.clone(), &config(), folder.path()).unwrap();
    let mut parties = Vec::new();
    for (name, party_type) in [("Viện Nghề", "institute"), ("Công ty Bánh", "enterprise")] {
        let names = base::Localised::of(Lang::Vi, name);
        let profile = accounts::PartyProfile { names, party_type: party_type.into(), ..accounts::PartyProfile::default() };
        parties.push(accounts::parties::create_demonstration(&parts.accounts, Ctx::system(), profile).await.unwrap().id);
    }
    let one = |(kind, content): (Kind, Value)| Bulk {
        party: parties[usize::from(kind == Kind::Need)],
        source_lang: if kind == Kind::Need { Lang::Vi } else { Lang::En },
        content: Content::from_json(kind, &content.to_string()).unwrap(),
        private: None,
        visibility: Visibility::Public,
        provenance: Provenance { origin: "manual".into(), source: None, external_id: None, licence: None },
        import: None,
        published_at: Some(parts.store.clock().now()),
        next_action_on: None,
        contact: None,
    };
    seed(&parts.listings, &base::Actor::system(), all.into_iter().map(one).collect()).await.unwrap()
}

/// Takes a listing down for a while, or puts it back.
async fn turn(listings: &Listings, id: ListingId) {
    let kind = listings::view::kind_of(listings, id).await.unwrap().unwrap();
    let view = listings::view::show(listings, &base::Actor::system(), kind, id).await.unwrap();
    let step = if view.status == Status::OnHold { Move::Resume } else { Move::Hold };
    listings::lifecycle::transition(listings, Ctx::system(), id, view.version, Transition { step, outcome: None }).await.unwrap();
}

async fn count(store: &Store, sql: &str) -> i64 {
    let statement = Statement::from_string(store.db().get_database_backend(), sql);
    store.db().query_one_raw(statement).await.unwrap().unwrap().try_get("", "n").unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stored_matches_count_vectors_once_all_listings_have_them_and_stay_those_from_scratch() {
    for test in TestStore::all().await.unwrap() {
        let pairs = vec![(Kind::Need, some(Kind::Need, &[0, 1, 2])), (Kind::Technology, some(Kind::Technology, &[0, 1, 2]))];
        let ids = publish(&test.store, pairs).await;
        let mut node = Node::start(test.store.clone(), Concepts::new(1, &WORDS)).await;
        node.keep_matches();
        node.make_vectors();
        assert_eq!(node.same_as_from_scratch("first").await, 1, "{}", test.name);
        let generation = standing::generation(&test.store).await.unwrap();

        // What comes and goes later touches its own pairs alone.
        let more = [[4, 5, 0], [6, 7, 8], [9, 10, 11], [6, 8, 2]];
        let more = more.iter().flat_map(|w| [(Kind::Technology, some(Kind::Technology, w)), (Kind::Need, some(Kind::Need, w))]).collect();
        let more = publish(&test.store, more).await;
        let there = node.same_as_from_scratch("more").await;
        assert!(there >= 5, "{}: {there}", test.name);
        for (round, id) in [ids[1], more[2], more[3], ids[1], ids[0], more[2]].into_iter().enumerate() {
            turn(&node.listings, id).await;
            node.same_as_from_scratch(&format!("{} round {round}", test.name)).await;
        }
        assert_eq!(standing::generation(&test.store).await.unwrap(), generation, "{}", test.name);
        // A vector lasts as long as its listing is out.
        let out = count(&test.store, "SELECT count(*) AS n FROM listing WHERE status = 'published'").await;
        assert_eq!(count(&test.store, "SELECT count(*) AS n FROM listing_vector").await, out);
        // Title and short text go into the model, and nothing else of a listing.
        let given = node.end().await;
        assert!(given.iter().all(|text| text.starts_with("Cần ") || text.starts_with("About ")), "{given:?}");
        assert!(!given.iter().any(|text| text.contains("Told to whoever") || text.contains("Hours until worn")), "{given:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn making_vectors_goes_on_where_it_was_cut_off() {
    const LISTINGS: usize = 70;
    for test in TestStore::all().await.unwrap() {
        let of = |n: usize| (Kind::Technology, some(Kind::Technology, &[n % 12, (n / 2) % 12, (n * 5 + 1) % 12]));
        publish(&test.store, (0..LISTINGS).map(of).collect()).await;
        let mut given = 0;
        // In the first page, at the end of it, at the beginning of the second, in the third.
        for (model, cut) in [(1, 1), (2, 31), (3, 32), (4, 33), (5, 66)] {
            let stop = CancellationToken::new();
            let cutting = stop.clone();
            let encoder = Concepts::new(model, &WORDS).calling(move |texts| {
                if texts == cut {
                    cutting.cancel()
                }
            });
            let encoder = Arc::new(encoder);
            let meanings = Arc::new(Meanings::new(Arc::clone(&encoder) as Arc<dyn ::vectors::Encoder>, &unbounded()));
            meaning::run(test.store.clone(), meanings, stop).await;
            assert_eq!(encoder.given().len(), cut, "{} {model}: it stops behind the text it has in hand", test.name);
            let (_, is_whole) = Meanings::new(encoder, &unbounded()).made(&test.store).await.unwrap();
            assert!(!is_whole);

            let mut node = Node::start(test.store.clone(), Concepts::new(model, &WORDS)).await;
            node.make_vectors();
            until("all have vectors", async || node.meanings().progress().whole).await;
            assert_eq!(node.meanings().made(&test.store).await.unwrap(), (LISTINGS as u64, true));
            let held = node.meanings().progress();
            assert_eq!((held.held, held.left_out), (LISTINGS as u64, 0), "{} {model}", test.name);
            given = node.end().await.len();
            // A whole page is never made again.
            assert!(given + cut <= LISTINGS + 32 && given + cut >= LISTINGS, "{} {model}: {given} {cut}", test.name);
            // Of the model before nothing is left.
            assert_eq!(count(&test.store, "SELECT count(*) AS n FROM listing_vector").await, LISTINGS as i64);
            assert_eq!(count(&test.store, "SELECT count(DISTINCT model) AS n FROM listing_vector").await, 1);
            assert_eq!(count(&test.store, "SELECT count(*) AS n FROM vector_fill").await, 1);
        }
        assert!(given > 0);
        // Started again with the same model, nothing is made anew.
        let mut node = Node::start(test.store.clone(), Concepts::new(5, &WORDS)).await;
        node.make_vectors();
        until("all are held", async || node.meanings().progress().held == LISTINGS as u64).await;
        assert!(node.end().await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_model_begins_a_generation_and_the_same_one_does_not() {
    let test = TestStore::sqlite().await.unwrap();
    publish(&test.store, vec![(Kind::Need, some(Kind::Need, &[0, 1])), (Kind::Technology, some(Kind::Technology, &[0, 1]))]).await;
    let mut generations = Vec::new();
    for model in [1, 1, 2] {
        let mut node = Node::start(test.store.clone(), Concepts::new(model, &WORDS)).await;
        node.make_vectors();
        node.keep_matches();
        assert_eq!(node.same_as_from_scratch(&format!("model {model}")).await, 1);
        generations.push(standing::generation(&test.store).await.unwrap());
        node.end().await;
    }
    assert_eq!(generations[0], generations[1]);
    assert_ne!(generations[1], generations[2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_make_each_vector_and_both_hold_all_of_them() {
    let Ok(server) = std::env::var("TEST_PG_URL") else { return };
    let test = TestStore::postgres(&server).await.unwrap();
    let of = |n: usize| (Kind::Technology, some(Kind::Technology, &[n % 12, (n / 3) % 12]));
    publish(&test.store, (0..50).map(of).collect()).await;
    let mut nodes = [
        Node::start(test.store.clone(), Concepts::new(1, &WORDS)).await,
        Node::start(test.beside().await.unwrap(), Concepts::new(1, &WORDS)).await,
    ];
    nodes.iter_mut().for_each(Node::make_vectors);
    let all_hold = async |nodes: &[Node; 2], many: u64| {
        until("both hold all", async || {
            nodes.iter().all(|node| node.meanings().progress().whole && node.meanings().progress().held == many)
        })
        .await;
    };
    all_hold(&nodes, 50).await;
    publish(&test.store, (50..60).map(of).collect()).await;
    all_hold(&nodes, 60).await;
    assert_eq!(count(&test.store, "SELECT count(*) AS n FROM listing_vector").await, 60);
    for node in nodes {
        node.end().await;
    }
}

fn with_model(folder: &Path) -> impl FnOnce(&mut Config) {
    let folder = folder.to_owned();
    move |config| {
        config.vectors = VectorSettings { model: Some(folder), prefix: String::new(), ..unbounded() };
        // The toy model knows few words; here it matters what is told, not how well it knows.
        config.matching.vector_line = [-1.0, 0.0];
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_is_told_what_means_the_same_in_both_languages() {
    for test in TestStore::all().await.unwrap() {
        let folder = tempfile::tempdir().unwrap();
        tiny_model(folder.path(), 1).unwrap();
        let site = Site::start_with(test, with_model(folder.path())).await;
        let world = World::new(&site).await;
        let (wanted, _) = world.publish("needs", need()).await;
        let mut offer = technology("Máy sấy cơm dừa bơm nhiệt");
        offer["title"] = json!({"vi": "Máy sấy cơm dừa nhanh hơn"});
        world.publish("technologies", offer).await;
        let made = async || site.visitor().get("/readyz").await.json()["vectors"].clone();
        site.until("both have vectors", async || made().await == json!({"state": "whole", "held": 2, "left_out": 0})).await;
        site.matched().await;
        let found = world.seeker.get(&format!("/api/v1/needs/{wanted}/matches?explain=true")).await.expect(200);
        let reasons = found["items"][0]["reasons"].as_array().unwrap();
        let meant = reasons.iter().find(|reason| reason["part"] == "meaning").unwrap_or_else(|| panic!("{found}"));
        assert_eq!((meant["need_field"].as_str(), meant["offer_field"].as_str()), (Some("/problem/vi"), Some("/summary/vi")));
        let url = world.seeker.get(&format!("/api/v1/needs/{wanted}")).await.expect(200)["url"].as_str().unwrap().to_owned();
        let page = world.seeker.get(&format!("{url}/matches")).await;
        assert!(page.status == 200 && page.text.contains("Theo mô hình ngôn ngữ"));
        let page = world.seeker.get(&format!("/en{url}/matches")).await;
        assert!(page.status == 200 && page.text.contains("The language model finds"));
        site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_model_is_told_in_words_and_the_space_goes_on_without() {
    let folder = tempfile::tempdir().unwrap();
    tiny_model(folder.path(), 1).unwrap();
    let weights = folder.path().join("model.safetensors");
    let whole = std::fs::read(&weights).unwrap();
    std::fs::write(&weights, &whole[..whole.len() / 2]).unwrap();
    let site = Site::start_with(TestStore::sqlite().await.unwrap(), with_model(folder.path())).await;
    assert_eq!(site.visitor().get("/readyz").await.expect(200)["vectors"], json!({"state": "refused"}));
    let world = World::new(&site).await;
    let (wanted, _) = world.publish("needs", need()).await;
    world.publish("technologies", technology("Máy sấy cơm dừa bơm nhiệt")).await;
    site.matched().await;
    assert_eq!(world.seeker.get(&format!("/api/v1/needs/{wanted}/matches")).await.expect(200)["total"], 1);
    site.stop().await;

    // The doctor names it, and says how far a good one is.
    let data = tempfile::tempdir().unwrap();
    let settings = data.path().join("innospace.toml");
    let name = |model: &Path| std::fs::write(&settings, format!("[vectors]\nmodel = \"{}\"\n", model.display())).unwrap();
    let ask = || answer(&run(data.path(), &["doctor", "--json", "--config", settings.to_str().unwrap()]));
    name(folder.path());
    let told = ask();
    let finding = told["findings"].as_array().unwrap().iter().find(|one| one["setting"] == "vectors.model").unwrap();
    assert!(finding["finding"].as_str().unwrap().contains("model.safetensors"), "{finding}");
    std::fs::write(&weights, &whole).unwrap();
    let told = ask();
    assert!(!told["findings"].as_array().unwrap().iter().any(|one| one["setting"] == "vectors.model"), "{told}");
    assert_eq!(told["notes"], json!(["vectors: 0 of 0 published listings have one; a running server makes the others"]));
    // A command that would reckon without vectors what a server reckons with them is refused instead.
    std::fs::remove_file(&weights).unwrap();
    let refused = run(data.path(), &["rematch", "--config", settings.to_str().unwrap()]);
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("model.safetensors"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_file_brought_in_stays_no_news_to_its_own_side_when_its_vector_comes() {
    for test in TestStore::all().await.unwrap() {
        let folder = tempfile::tempdir().unwrap();
        tiny_model(folder.path(), 1).unwrap();
        let site = Site::start_with(test, |config| {
            with_model(folder.path())(config);
            config.matching.strong_min = 0.4;
        })
        .await;
        let world = World::new(&site).await;
        world.publish("needs", need()).await;
        site.matched().await;
        crate::standing::brought_in(&site, world.institute, "Máy sấy cơm dừa bơm nhiệt").await;
        let store = &site.app.store;
        site.until("its vector is there and was looked at", async || {
            let events = store.events_after(0, 10_000).await.unwrap();
            let made = events.iter().filter(|event| event.subject_kind == "vectors" && event.payload["listings"].is_array());
            let at = made.map(|event| event.position).max();
            count(store, "SELECT count(*) AS n FROM listing_vector").await == 2
                && at.is_some_and(|at| at > events.iter().rposition(|e| e.kind == "listing.published").map_or(0, |n| events[n].position))
                && store.follower_position(standing::NAME).await.unwrap() >= at.unwrap_or(i64::MAX)
        })
        .await;
        assert_eq!(world.unread(&site).await, (0, 1));
        site.stop().await;
    }
}
