//! What saved searches and followed needs bring: each reader each new thing once, whatever breaks off or is down meanwhile.

use accounts::notices::{self, NewNotice, NoticeKind};
use chrono::TimeDelta;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;
use store::Ctx;
use store::testing::TestStore;

use crate::alerts::{Press, keep, round, titles};
use crate::main_job::{need, publish};
use crate::site::{Client, PASSWORD, Site, on_every_database};
use crate::smtp::{kept, server, tried};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_round_and_a_letter_wait_for_the_index_instead_of_giving_up_or_telling_what_is_gone() {
    on_every_database(async |site: Site| {
        let press = Press::new(&site).await;
        let reader = site.person("reader").await;
        keep(&reader, "q=máy sấy", "at_once").await;
        for n in 1..=3 {
            // What was committed when the round began is in it, whether or not the index had it then.
            press.writes(&site, &format!("Máy sấy cơm dừa số {n}"), "public").await;
            let done = matching::alerts::round(&site.app.saved, -1).await.unwrap();
            assert_eq!(done.with_news, 1);
            site.settled().await;
        }
        assert_eq!(site.letters_of("reader@example.org").len(), 3);

        // A letter that is due before the index knows of a withdrawal tells nothing of it.
        let id = press.publishes(&site, "Máy sấy rút lại ngay", "public").await;
        let search = keep(&reader, "q=rút lại", "at_once").await["id"].as_str().unwrap().parse().unwrap();
        let (store, found, round) = (&site.app.store, id.parse::<uuid::Uuid>().unwrap(), uuid::Uuid::from_u128(77));
        press.takes_back(&id).await;
        let work = move |tx: store::Tx| async move {
            let sql = "INSERT INTO saved_search_item (search_id, found_id, account_id, round_id, found_at) SELECT id, $2, account_id, $3, created_at FROM saved_search WHERE id = $1";
            let backend = tx.db().get_database_backend();
            let base::SavedSearchId(search) = search;
            tx.db().execute_raw(Statement::from_sql_and_values(backend, sql, [search.into(), found.into(), round.into()])).await?;
            let letter = matching::alerts::AlertMail { search: base::SavedSearchId(search), round, position: 0 };
            tx.enqueue(matching::alerts::MAIL_JOB, &letter, tx.now()).await
        };
        store.write(Ctx::system(), work).await.unwrap();
        site.settled().await;
        assert!(site.letters_of("reader@example.org").iter().all(|letter| !accounts::mailbox::plain_text(letter).unwrap().contains("rút lại")));
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_more_than_one_round_brings_comes_with_the_next_without_anything_moving() {
    on_every_database(async |site: Site| {
        let press = Press::new(&site).await;
        let reader = site.person("reader").await;
        keep(&reader, "q=máy sấy", "at_once").await;
        for n in 1..=3 {
            press.publishes(&site, &format!("Máy sấy cơm dừa số {n}"), "public").await;
        }
        let (mut since, mut rounds) = (0, 0);
        while titles(&reader).await.len() < 3 {
            let done = matching::alerts::round_of(&site.app.saved, since, 1).await.unwrap();
            assert_eq!(done.with_news, 1, "each round brings one");
            (since, rounds) = (done.position, rounds + 1);
        }
        assert_eq!(rounds, 3);
        assert_eq!(matching::alerts::round_of(&site.app.saved, since, 1).await.unwrap().with_news, 0);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_thing_is_told_once_to_one_reader_and_their_own_things_never() {
    on_every_database(async |site: Site| {
        let mut press = Press::new(&site).await;
        let reader = site.person("reader").await;
        keep(&reader, "q=máy sấy", "at_once").await;
        let wide = keep(&reader, "kind=technology", "daily").await["id"].as_str().unwrap().to_owned();
        keep(&press.author, "q=máy sấy", "at_once").await;
        let mine = keep(&press.author, &format!("party={}", press.party), "at_once").await["id"].as_str().unwrap().to_owned();
        press.publishes(&site, "Máy sấy cơm dừa bơm nhiệt", "public").await;
        // The reader's, and the author's that looks at the own party alone: that is what it is for.
        assert_eq!(round(&site).await, 2);
        assert_eq!(site.letters_of("reader@example.org").len(), 1);
        let news =
            async |client: &Client, search: &str| client.get(&format!("/api/v1/alerts?search={search}")).await.expect(200)["total"].clone();
        assert_eq!(news(&press.author, &mine).await, 1);
        assert_eq!(press.author.get("/api/v1/alerts").await.expect(200)["total"], 1);

        // The next morning the other search has it too, and one thing more: only that is told.
        press.publishes(&site, "Lò ép dầu dừa", "public").await;
        press.next_day(&site).await;
        assert_eq!(round(&site).await, 2, "the reader's, and again the author's of the own party");
        let reader = site.visitor().sign_in("reader@example.org", PASSWORD).await;
        let letters = site.letters_of("reader@example.org");
        let text = accounts::mailbox::plain_text(letters.last().unwrap()).unwrap();
        assert!(letters.len() == 2 && text.contains("Lò ép dầu dừa") && !text.contains("bơm nhiệt"), "{text}");
        assert_eq!(news(&reader, &wide).await, 2, "on its page it has both");
        assert_eq!(reader.get("/api/v1/notices").await.expect(200)["total"], 2);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_may_see_a_need_follows_what_answers_it() {
    on_every_database(async |site: Site| {
        let press = Press::new(&site).await;
        let seeker = site.person("seeker").await;
        let firm = site.party(&seeker, "Công ty Dừa", "enterprise").await;
        let made = seeker.post("/api/v1/needs", json!({"party": firm, "content": need()})).await.expect(201);
        let id = made["id"].as_str().unwrap().to_owned();
        let reader = site.person("reader").await;
        let follow = json!({"name": "Máy cho nhu cầu", "need": id, "when": "at_once"});
        assert_eq!(reader.post("/api/v1/saved-searches", follow.clone()).await.status, 404, "nobody follows what they may not see");
        let both = json!({"name": "Cả hai", "need": id, "query": "q=x", "when": "off"});
        assert_eq!(reader.post("/api/v1/saved-searches", both).await.pointers(), ["/query"]);
        let seen = seeker.post_at(&format!("/api/v1/listings/{id}/transitions"), 1, json!({"step": "submit"})).await.expect(200);
        publish(&press.moderator, &id, seen["version"].as_i64().unwrap()).await;
        press.publishes(&site, "Máy sấy cơm dừa bơm nhiệt", "public").await;
        site.clock.advance(TimeDelta::minutes(1));

        // By its page, which offers it.
        let url = reader.get(&format!("/api/v1/needs/{id}")).await.expect(200)["url"].as_str().unwrap().to_owned();
        let door = format!("/my/searches/new?need={id}");
        assert!(reader.get(&format!("{url}/matches")).await.text.contains(&door));
        assert!(reader.get(&door).await.text.contains("Cần máy sấy cơm dừa nhanh hơn"));
        let kept = reader.post("/api/v1/saved-searches", follow).await.expect(201);
        assert_eq!((kept["need"].clone(), kept["url"].clone()), (json!(id), json!(format!("{url}/matches"))));
        assert_eq!(round(&site).await, 0, "what answered it before is no news");

        press.publishes(&site, "Lò sấy cơm dừa hai tầng", "public").await;
        press.publishes(&site, "Robot thăm đồng", "private").await;
        assert_eq!((round(&site).await, round(&site).await), (1, 0));
        assert_eq!(titles(&reader).await, ["Lò sấy cơm dừa hai tầng"]);
        assert_eq!(site.letters_of("reader@example.org").len(), 1);
        let feed = kept["feed"].as_str().unwrap().replace(&site.app.settings.public_url, "");
        let atom = site.visitor().get(&feed).await;
        assert!(atom.status == 200 && atom.text.contains("<title>Lò sấy cơm dừa hai tầng</title>"), "{}", atom.text);
        let page = reader.get("/my/searches").await.text;
        assert!(page.contains("Cần máy sấy cơm dừa nhanh hơn") && page.contains(&format!("{url}/matches")), "{page}");

        // Once the need is gone there is nothing to follow.
        let gone = json!({"step": "withdraw", "outcome": {"result": "unsolved", "unsolved_reason": "no_candidate"}});
        let seen = seeker.get(&format!("/api/v1/needs/{id}")).await.expect(200)["inside"]["version"].as_i64().unwrap();
        seeker.post_at(&format!("/api/v1/listings/{id}/transitions"), seen, gone).await.expect(200);
        press.publishes(&site, "Tủ sấy cơm dừa", "public").await;
        assert_eq!(round(&site).await, 0);
        assert_eq!(site.visitor().get(&feed).await.status, 404);
        assert!(reader.get("/my/searches").await.status == 200);
        site.stop().await;
    })
    .await;
}

/// Lets work go on for so many steps, and drops it where it is then; true if it came to its end.
pub async fn broken_off(work: impl Future, steps: u32) -> bool {
    let (mut work, mut left) = (std::pin::pin!(work), steps);
    std::future::poll_fn(|cx| {
        if left == 0 {
            return std::task::Poll::Ready(false);
        }
        left -= 1;
        work.as_mut().poll(cx).map(|_| true)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_round_that_is_broken_off_anywhere_is_begun_again_and_brings_each_thing_once() {
    on_every_database(async |site: Site| {
        let press = Press::new(&site).await;
        let reader = site.person("reader").await;
        keep(&reader, "q=máy sấy", "at_once").await;
        let mut wanted = Vec::new();
        for steps in 1.. {
            wanted.push(format!("Máy sấy cơm dừa số {steps}"));
            press.publishes(&site, wanted.last().unwrap(), "public").await;
            let is_over = broken_off(matching::alerts::round(&site.app.saved, -1), steps).await;
            round(&site).await;
            if is_over {
                break;
            }
            assert!(steps < 400, "a round comes to its end");
        }
        assert!(wanted.len() > 3, "it was broken off in its midst");
        let letters: Vec<String> =
            site.letters_of("reader@example.org").iter().map(|l| accounts::mailbox::plain_text(l).unwrap()).collect();
        for title in &wanted {
            let told = letters.iter().flat_map(|letter| letter.lines()).filter(|line| line.trim() == title).count();
            assert_eq!(told, 1, "{title}");
        }
        assert_eq!(reader.get("/api/v1/alerts").await.expect(200)["total"], wanted.len());
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_that_was_sent_and_not_noted_as_done_is_the_same_letter_again() {
    on_every_database(async |site: Site| {
        let press = Press::new(&site).await;
        let reader = site.person("reader").await;
        keep(&reader, "q=máy sấy", "at_once").await;
        press.publishes(&site, "Máy sấy cơm dừa bơm nhiệt", "public").await;
        round(&site).await;
        let id_of = |letter: &str| letter.lines().find_map(|l| l.strip_prefix("Message-ID:")).unwrap().trim().to_owned();
        let first: Vec<String> = site.letters_of("reader@example.org").iter().map(|l| id_of(l)).collect();
        // As after a crash between sending and noting: another worker gets the job.
        let sql = "UPDATE job SET state = 'waiting', ended_at = NULL WHERE kind = 'mail.alert'";
        site.app.store.db().execute_unprepared(sql).await.unwrap();
        site.settled().await;
        let again: std::collections::BTreeSet<String> = site.letters_of("reader@example.org").iter().map(|l| id_of(l)).collect();
        assert_eq!((first.len(), again), (1, first.into_iter().collect()));
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_mail_server_is_down_news_waits_and_comes_once() {
    for store in store::testing::TestStore::all().await.unwrap() {
        let folder = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let site = Site::start_with(store, |config| {
            config.mail.transport = accounts::mail::Transport::Smtp;
            config.mail.tls = accounts::mail::Tls::None;
            config.mail.host = "127.0.0.1".to_owned();
            config.mail.port = port;
        })
        .await;
        let mut press = Press::new(&site).await;
        let reader = site.person("reader").await;
        keep(&reader, "q=máy sấy", "at_once").await;
        press.publishes(&site, "Máy sấy cơm dừa bơm nhiệt", "public").await;
        assert_eq!(matching::alerts::round(&site.app.saved, -1).await.unwrap().with_news, 1);
        tried(&site, None).await;
        assert!(kept(folder.path()).is_empty());
        // What goes on meanwhile is as always.
        press.next_day(&site).await;
        press.publishes(&site, "Máy sấy tầng sôi", "public").await;
        assert_eq!(matching::alerts::round(&site.app.saved, -1).await.unwrap().with_news, 1);
        tried(&site, None).await;
        let mut up = server(port, folder.path(), &[]).await;
        site.clock.advance(TimeDelta::hours(2));
        site.settled().await;
        up.kill().unwrap();
        up.wait().unwrap();
        let letters = kept(folder.path()).into_iter().filter(|(_, to)| to.contains("reader@")).count();
        assert_eq!(letters, 2, "one of each round");
        site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_match_whose_counterpart_was_withdrawn_is_in_no_letter() {
    on_every_database(async |site: Site| {
        let mut press = Press::new(&site).await;
        let seeker = site.account("seeker", &[]).await;
        let firm = site.party(&seeker.0, "Công ty Dừa", "enterprise").await;
        let made = seeker.0.post("/api/v1/needs", json!({"party": firm, "content": need()})).await.expect(201);
        let own: uuid::Uuid = made["id"].as_str().unwrap().parse().unwrap();
        let seen = seeker.0.post_at(&format!("/api/v1/listings/{own}/transitions"), 1, json!({"step": "submit"})).await.expect(200);
        publish(&press.moderator, &own.to_string(), seen["version"].as_i64().unwrap()).await;
        let goes = press.publishes(&site, "Lò sấy dừa", "public").await;
        let met = async |offer: &str| {
            let facts = json!({"need": own, "offer": offer, "score_ppm": 700_000});
            let new =
                NewNotice { kind: NoticeKind::MatchFound, about_kind: "listing", about: own, facts, once: format!("match:{own}:{offer}") };
            let account = seeker.1;
            let work = move |tx: store::Tx| {
                let new = new.clone();
                async move { notices::tell(&tx, account, &new).await }
            };
            site.app.store.write(Ctx::system(), work).await.unwrap();
        };
        let morning = async || {
            site.clock.advance(TimeDelta::hours(24));
            notices::leave_digests(&site.app.accounts).await.unwrap();
            site.settled().await;
            let letters = site.letters_of("seeker@example.org");
            letters.iter().filter(|l| accounts::mailbox::plain_text(l).unwrap().contains("đối tác phù hợp mới")).count()
        };
        met(&goes).await;
        press.takes_back(&goes).await;
        assert_eq!(morning().await, 0, "it is all there was to tell");
        press.next_day(&site).await;
        let stays = press.publishes(&site, "Máy sấy cơm dừa bơm nhiệt", "public").await;
        met(&stays).await;
        assert_eq!(morning().await, 1);
        // The page that it leads to begins with the pair, wherever in the list that is.
        let letters = site.letters_of("seeker@example.org");
        let place = format!("/matches?at={stays}#m-{own}.{stays}");
        assert!(letters.iter().any(|letter| accounts::mailbox::plain_text(letter).unwrap().contains(&place)), "{letters:?}");
        let reader = site.visitor().sign_in("seeker@example.org", PASSWORD).await;
        assert_eq!(reader.get("/my/notices").await.status, 200);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_feed_of_a_followed_need_has_what_its_letters_have() {
    for (bound, is_brought) in [(0.3, true), (0.95, false)] {
        for store in TestStore::all().await.unwrap() {
            let site = Site::start_with(store, |config| config.matching.standing_min = bound).await;
            let press = Press::new(&site).await;
            let (seeker, own) = press.seeks(&site).await;
            let follow = json!({"name": "Máy cho nhu cầu", "need": own, "when": "at_once"});
            let kept = seeker.post("/api/v1/saved-searches", follow).await.expect(201);
            let feed = kept["feed"].as_str().unwrap().replace(&site.app.settings.public_url, "");
            let in_feed = async || {
                let atom = site.visitor().get(&feed).await;
                assert_eq!(atom.status, 200);
                atom.text.contains("<entry>")
            };
            let offer = press.publishes(&site, "Máy sấy cơm dừa bơm nhiệt", "public").await;
            assert_eq!(seeker.get(&format!("/api/v1/needs/{own}/matches")).await.expect(200)["total"], 1);
            assert_eq!((round(&site).await == 1, in_feed().await), (is_brought, is_brought), "{bound}");

            // What its own side does not want is in neither.
            let refusal = json!({"verdict": "not_for_us", "reason": "other"});
            seeker.post(&format!("/api/v1/matches/{own}.{offer}/feedback"), refusal).await.expect(200);
            assert!(!in_feed().await);
            site.stop().await;
        }
    }
}

/// Writes that a round brought this, and the letter of it, until the letter is dealt with.
async fn brought(site: &Site, search: &str, found: &str, round: u128) {
    let (search, found): (uuid::Uuid, uuid::Uuid) = (search.parse().unwrap(), found.parse().unwrap());
    let round = uuid::Uuid::from_u128(round);
    let work = move |tx: store::Tx| async move {
        let sql = "INSERT INTO saved_search_item (search_id, found_id, account_id, round_id, found_at) SELECT id, $2, account_id, $3, created_at FROM saved_search WHERE id = $1";
        let backend = tx.db().get_database_backend();
        tx.db().execute_raw(Statement::from_sql_and_values(backend, sql, [search.into(), found.into(), round.into()])).await?;
        let letter = matching::alerts::AlertMail { search: base::SavedSearchId(search), round, position: 0 };
        tx.enqueue(matching::alerts::MAIL_JOB, &letter, tx.now()).await
    };
    site.app.store.write(Ctx::system(), work).await.unwrap();
    site.settled().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_of_a_followed_need_tells_nothing_that_was_refused_since_and_nothing_once_the_need_is_gone() {
    on_every_database(async |site: Site| {
        let press = Press::new(&site).await;
        let (seeker, own) = press.seeks(&site).await;
        let reader = site.person("reader").await;
        let follow = json!({"name": "Chờ máy cho lò", "need": own, "when": "daily"});
        let kept = seeker.post("/api/v1/saved-searches", follow.clone()).await.expect(201)["id"].as_str().unwrap().to_owned();
        let followed = reader.post("/api/v1/saved-searches", follow).await.expect(201)["id"].as_str().unwrap().to_owned();
        let offer = press.publishes(&site, "Máy sấy cơm dừa bơm nhiệt", "public").await;
        let other = press.publishes(&site, "Lò sấy cơm dừa hai tầng", "public").await;
        let letters = |email: &str| {
            let texts = site.letters_of(email).into_iter().map(|letter| accounts::mailbox::plain_text(&letter).unwrap());
            texts.filter(|text| text.contains("Chờ máy cho lò")).collect::<Vec<_>>()
        };

        let refusal = json!({"verdict": "not_for_us", "reason": "other"});
        seeker.post(&format!("/api/v1/matches/{own}.{offer}/feedback"), refusal).await.expect(200);
        brought(&site, &kept, &offer, 77).await;
        assert!(letters("seeker@example.org").is_empty(), "nothing is left, so there is no letter");
        brought(&site, &kept, &other, 78).await;
        let of_other = letters("seeker@example.org");
        assert!(of_other.len() == 1 && of_other[0].contains("Lò sấy cơm dừa hai tầng"), "{of_other:?}");
        // What one side refuses is not refused for others.
        brought(&site, &followed, &offer, 79).await;
        assert_eq!(letters("reader@example.org").len(), 1);

        let gone = json!({"step": "withdraw", "outcome": {"result": "unsolved", "unsolved_reason": "no_candidate"}});
        let seen = seeker.get(&format!("/api/v1/needs/{own}")).await.expect(200)["inside"]["version"].as_i64().unwrap();
        seeker.post_at(&format!("/api/v1/listings/{own}/transitions"), seen, gone).await.expect(200);
        brought(&site, &followed, &other, 80).await;
        assert_eq!(letters("reader@example.org").len(), 1, "the need is not to be seen any more");
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_that_is_taken_up_again_brings_nothing_of_what_came_while_it_was_off() {
    on_every_database(async |site: Site| {
        let press = Press::new(&site).await;
        let reader = site.person("reader").await;
        let kept = keep(&reader, "q=máy sấy", "at_once").await;
        let path = format!("/api/v1/saved-searches/{}", kept["id"].as_str().unwrap());
        let rhythm = async |when: &str| {
            let seen = reader.get(&path).await.expect(200)["version"].as_i64().unwrap();
            reader.put_at(&path, seen, json!({"name": "Tin tôi chờ", "when": when})).await.expect(200)
        };
        press.publishes(&site, "Máy sấy trước khi tắt", "public").await;
        assert_eq!(round(&site).await, 1);
        rhythm("off").await;
        press.publishes(&site, "Máy sấy trong lúc tắt", "public").await;
        assert_eq!(round(&site).await, 0);

        site.clock.advance(TimeDelta::minutes(1));
        let again = rhythm("at_once").await;
        assert_ne!(again["news_from"], kept["news_from"]);
        assert_eq!((&again["created_at"], &kept["news_from"]), (&kept["created_at"], &kept["created_at"]));
        assert_eq!(round(&site).await, 0, "it begins when it is taken up again");
        press.publishes(&site, "Máy sấy sau khi bật", "public").await;
        assert_eq!(round(&site).await, 1);
        let mut found = titles(&reader).await;
        found.sort();
        assert_eq!(found, ["Máy sấy sau khi bật", "Máy sấy trước khi tắt"]);

        // Another rhythm of what was not off begins nothing anew: what waits for the morning still comes.
        rhythm("in_space").await;
        press.publishes(&site, "Máy sấy giữa hai nhịp", "public").await;
        rhythm("at_once").await;
        assert_eq!(round(&site).await, 1);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_nodes_one_does_a_round_and_the_other_takes_over_when_it_is_gone() {
    for store in TestStore::all().await.unwrap() {
        let other = store.beside().await.unwrap();
        let site = Site::start_with(store, |_| {}).await;
        let (one, apart) = (&site.app.store, TimeDelta::seconds(50));
        let first = tokio::join!(one.begin_round("a test", apart), other.begin_round("a test", apart));
        assert_eq!(usize::from(first.0.unwrap()) + usize::from(first.1.unwrap()), 1);
        assert!(!one.begin_round("a test", apart).await.unwrap() && one.begin_round("another", apart).await.unwrap());
        site.clock.advance(TimeDelta::seconds(60));
        assert!(one.begin_round("a test", apart).await.unwrap());
        site.stop().await;
    }
}
