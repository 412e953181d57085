//! Pieces of a page that are exchanged while it is open: what stays when there is no answer, a file whose import ends, and a
//! form that saves itself over a slow line.

use base::StaffRole;
use serde_json::json;
use thirtyfour::Key;

use super::{Browser, DESKTOP, Window, journey};
use crate::import_pages::hand_over;
use crate::main_job::technology;
use crate::site::{Site, until};

impl Window {
    /// From now on a request of a script is answered with an error page; the page's own ones go through.
    async fn answers_fail(&self) {
        let script = "window.fetch = async () => new Response('<!doctype html><title>x</title><main><h1>503</h1></main>',
            {status: 503, headers: {'content-type': 'text/html'}}); return true";
        self.ask(script).await;
    }

    /// Whether a sentence beside what was asked says that there was no answer, and is said aloud.
    async fn says_there_was_no_answer(&self) -> bool {
        let script = "const line = document.querySelector('main .unanswered');
            return !!line && line.textContent.length > 10 && document.getElementById('live').textContent === line.textContent";
        self.ask(script).await == true
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_live_request_that_fails_takes_nothing_from_the_page() {
    journey("unanswered", async |site: &Site, browser: &Browser| {
        let owner = site.person("owner").await;
        let party = site.party(&owner, "Hợp tác xã Dừa Rạch Mây", "cooperative").await;
        site.indexed().await;
        // Words that were typed stay, and so does the choice.
        let moderator = site.staff("moderator", &[StaffRole::Moderator, StaffRole::Broker]).await;
        let window = browser.window(DESKTOP).await;
        window.signed_in(&moderator).await;
        window.open("/staff/needs/new").await;
        window.write("/content/title/vi", "Cần máy tách vỏ dừa").await;
        window.input("_find").await.send_keys("rach may").await.unwrap();
        let radio = format!("#found input[name=\"/party\"][value=\"{party}\"]");
        window.click(&radio).await;
        window.answers_fail().await;
        window.input("_find").await.send_keys(" x").await.unwrap();
        until("the page says that there was no answer", async || window.says_there_was_no_answer().await).await;
        window.see(&format!("{radio}:checked")).await;
        assert_eq!(window.input("/content/title/vi").await.prop("value").await.unwrap().as_deref(), Some("Cần máy tách vỏ dừa"));

        // The same where a file was being chosen, after the session ended: the answer is the door.
        window.open("/my/imports").await;
        window.see("#found").await;
        window.nobody().await;
        window.input("find").await.send_keys("rach may").await.unwrap();
        until("the page says that there was no answer", async || window.says_there_was_no_answer().await).await;
        window.see("#found").await;

        // Where nothing can be lost, the page goes to where the answer is, and that says what is wrong.
        window.open("/search").await;
        window.see("#finding").await;
        window.answers_fail().await;
        window.see("#q").await.send_keys("dừa").await.unwrap();
        window.at("that of the search", |path| path.starts_with("/search?") && path.contains("q=d%E1%BB%ABa")).await;
        window.see("#finding").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_that_ends_while_it_is_looked_at_shows_its_faults_and_the_way_back() {
    journey("import-ends", async |site: &Site, browser: &Browser| {
        let author = site.person("author").await;
        let party = site.party(&author, "Viện Dừa", "institute").await.to_string();
        let row = |content: serde_json::Value| json!({"kind": "technology", "source_lang": "vi", "content": content}).to_string();
        let mut wrong = technology("Máy sấy 2");
        wrong["trl"] = json!(12);
        let file = format!("{}\n{}\n", row(technology("Máy sấy 1")), row(wrong));
        let fields = [("party", party.as_str()), ("mapping", ""), ("dry_run", "false"), ("skip_faulty", "true")];
        let window = browser.window(DESKTOP).await;
        window.signed_in(&author).await;
        let handed = hand_over(&author, ("tin.jsonl", &file), &fields).await;
        let page = handed.headers["location"].to_str().unwrap().to_owned();
        site.until("the import has ended", async || !author.get(&page).await.text.contains("hx-trigger")).await;
        let ended = author.get(&page).await.text;
        // The page as it stood a moment before: it asks for what has become of the file.
        window.open(&page).await;
        let before = format!(
            "const progress = document.getElementById('progress');
             progress.innerHTML = '<p>…</p>';
             progress.setAttribute('hx-get', '{page}');
             progress.setAttribute('hx-trigger', 'load');
             progress.setAttribute('hx-select', '#progress');
             progress.setAttribute('hx-swap', 'outerHTML');
             document.querySelectorAll('main section, main details').forEach(one => one.remove());
             htmx.process(progress);
             return true"
        );
        window.ask(&before).await;
        window.see("#progress section table tbody td.say").await;
        window.see("main details summary").await;
        let seen = "return [document.querySelectorAll('section table tbody tr').length,
            document.querySelectorAll('main form[action$=\"/undo\"]').length, document.querySelectorAll('#progress').length]";
        assert_eq!(window.ask(seen).await, json!([1, 1, 1]));
        assert!(ended.contains("class=\"say\""), "{ended}");
        assert_eq!(window.complaints().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_that_saves_itself_twice_over_a_slow_line_goes_on_from_what_it_saved() {
    journey("saves-twice", async |site: &Site, browser: &Browser| {
        let author = site.person("author").await;
        let party = site.party(&author, "Viện Dừa", "institute").await;
        let new = json!({"party": party, "content": {"title": {"vi": "Máy tách vỏ dừa"}}});
        let id = author.post("/api/v1/technologies", new).await.expect(201)["id"].as_str().unwrap().to_owned();
        let window = browser.window(DESKTOP).await;
        window.signed_in(&author).await;
        window.open(&format!("/my/listings/{id}/edit/2")).await;
        window.see("#sheet").await;
        // The answer to the first is held back on its way, once the space has kept what it said.
        let hold = "const go = window.fetch.bind(window);
            window.sent = window.asked = 0;
            document.addEventListener('htmx:config:request', () => window.asked++);
            window.fetch = async (...all) => {
              window.sent++;
              if (window.sent > 1) return go(...all);
              const answer = await go(...all);
              window.kept = true;
              await new Promise(done => { window.release = done; });
              return answer;
            };
            return true";
        window.ask(hold).await;
        window.write("/problem/vi", "Tách bằng dao chậm.").await;
        window.key(Key::Tab).await;
        until("the space has kept the first", async || window.ask("return window.kept === true").await == true).await;
        window.write("/description/vi", "Hai trục gai quay ngược chiều.").await;
        window.key(Key::Tab).await;
        // The second is asked for while the first is on its way.
        until("the form asks again", async || window.ask("return window.asked").await == 2).await;
        window.ask("window.release(); return true").await;
        until("both are kept", async || {
            let content = author.get(&format!("/api/v1/technologies/{id}")).await.expect(200)["content"].to_string();
            content.contains("Tách bằng dao chậm.") && content.contains("Hai trục gai")
        })
        .await;
        window.see("#saved[data-ok]").await;
        assert!(!window.sees("#saved .fault").await);
        assert_eq!(window.complaints().await, Vec::<String>::new());
    })
    .await;
}
