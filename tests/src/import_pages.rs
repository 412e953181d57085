//! Importing on the pages: a trial that changes nothing, the import itself, and taking it back.

use base::StaffRole;
use reqwest::Method;
use serde_json::json;

use crate::main_job::technology;
use crate::site::{Answer, Client, Site, on_every_database};

/// A form with a file, as a browser sends it.
pub async fn hand_over(client: &Client, file: (&str, &str), fields: &[(&str, &str)]) -> Answer {
    let mut body = String::new();
    for (name, value) in fields {
        body.push_str(&format!("--xxx\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
    }
    let (name, content) = file;
    body.push_str(&format!(
        "--xxx\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n{content}\r\n--xxx--\r\n"
    ));
    client.send_raw(Method::POST, "/my/imports", "multipart/form-data; boundary=xxx", body.into_bytes()).await
}

pub async fn ended(site: &Site, client: &Client, answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.text);
    let page = answer.headers["location"].to_str().unwrap().to_owned();
    site.until("the import has ended", async || {
        let text = client.get(&page).await.text;
        // While it moves the page asks for itself again, with and without JavaScript.
        let moves = text.contains("hx-trigger=\"load delay:1s\"");
        assert_eq!(moves, text.contains("http-equiv=\"refresh\""));
        !moves
    })
    .await;
    page
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_tried_imported_and_taken_back_on_the_pages() {
    on_every_database(async |site: Site| {
        let author = site.person("author").await;
        let party = site.party(&author, "Viện Dừa", "institute").await.to_string();
        let row = |content: serde_json::Value| json!({"kind": "technology", "source_lang": "vi", "content": content}).to_string();
        let mut wrong = technology("Máy sấy 2");
        wrong["trl"] = json!(12);
        let good = row(technology("Máy sấy 1"));
        let both = format!("{good}\n{}\n", row(wrong));

        let missing = hand_over(&author, ("", ""), &[("party", ""), ("dry_run", "true")]).await;
        assert_eq!(missing.status, 422);
        assert!(missing.text.contains("href=\"#file\""), "{}", missing.text);

        // A trial tells what is wrong, row by row, and changes nothing.
        let fields = [("party", party.as_str()), ("mapping", ""), ("dry_run", "true"), ("skip_faulty", "true")];
        let trial = ended(&site, &author, &hand_over(&author, ("tin <b>.jsonl", &both), &fields).await).await;
        let text = author.get(&trial).await.text;
        assert!(
            text.contains("tin &#60;b&#62;.jsonl") && text.contains("trl") && text.contains("<th scope=\"row\" class=\"num\">2</th>"),
            "{text}"
        );
        assert!(!text.contains("/undo"), "there is nothing to take back");
        // What is wrong and what was imported are taken away as they are shown.
        let away = author.get(&format!("{trial}?format=csv")).await;
        assert_eq!((away.status.as_u16(), away.headers["content-type"].to_str().unwrap()), (200, "text/csv; charset=utf-8"));
        let row = away.text.lines().nth(1).unwrap_or_default();
        assert!(away.text.starts_with("\u{feff}Dòng,") && row.starts_with("2,") && row.contains("trl"), "{}", away.text);
        let list = author.get("/my/imports?format=csv").await;
        assert!(list.status == 200 && list.text.contains("tin <b>.jsonl,"), "{}", list.text);
        let page = author.get("/my/imports?order=turned").await.text;
        assert!(page.contains("aria-sort=\"ascending\"") && page.contains("order=turned&#38;format=csv"), "{page}");
        assert_eq!(author.get("/my/imports?format=pdf").await.status, 400);
        assert_eq!(author.get(&format!("/api/v1/technologies?party={party}")).await.expect(200)["total"], 0);

        // A file of some megabytes is as good as a short one.
        let long = format!("{good}\n{}", " \n".repeat(1_500_000));
        ended(&site, &author, &hand_over(&author, ("dài.jsonl", &long), &[("party", &party), ("dry_run", "true")]).await).await;

        let fields = [("party", party.as_str()), ("dry_run", "false")];
        let done = ended(&site, &author, &hand_over(&author, ("tin.jsonl", &good), &fields).await).await;
        assert!(author.get("/my").await.text.contains("Máy sấy 1"));
        assert!(author.get("/en/my/imports").await.text.contains(&format!("href=\"/en{done}\"")));

        // Others see none of it; taking it back removes what it made.
        let outsider = site.person("outsider").await;
        assert_eq!(outsider.get(&done).await.status, 404);
        let undo = author.send_raw(Method::POST, &format!("{done}/undo"), "application/x-www-form-urlencoded", Vec::new()).await;
        assert_eq!(undo.status, 303, "{}", undo.text);
        assert_eq!(author.get(&format!("/api/v1/technologies?party={party}")).await.expect(200)["total"], 0);
        site.stop().await;
    })
    .await;
}

/// The value of the first hidden input of this name.
fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name}: {page}"));
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_moderator_finds_a_party_and_imports_and_publishes_for_it_and_not_for_their_own() {
    on_every_database(async |site: Site| {
        let owner = site.person("owner").await;
        let other = site.party(&owner, "Hợp tác xã Dừa Rạch Mây", "cooperative").await.to_string();
        site.indexed().await;
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let content = technology("Máy sấy nhập hộ");
        let row = json!({"kind": "technology", "source_lang": "vi", "status": "published", "visibility": "public", "content": content})
            .to_string();

        // There is a door, and behind it a party is looked for; nobody else looks for any.
        assert!(moderator.get("/staff").await.text.contains("href=\"/my/imports\""));
        assert!(!moderator.get("/my/imports").await.text.contains(&other));
        let page = moderator.get("/my/imports?find=rach+may").await.text;
        assert!(page.contains(&format!("name=\"party\" value=\"{other}\"")) && page.contains("name=\"publish\""), "{page}");
        let asked = owner.get("/my/imports?find=vien+dua").await.text;
        assert!(!asked.contains("name=\"find\"") && !asked.contains("name=\"publish\""), "{asked}");

        // Tried, then imported and published. Sent twice by one click too many, it is one import.
        let party = [("party", other.as_str()), ("publish", "true")];
        let fields = [party.as_slice(), &[("dry_run", "true")]].concat();
        ended(&site, &moderator, &hand_over(&moderator, ("tin.jsonl", &row), &fields).await).await;
        let key = hidden(&page, "_key");
        let fields = [party.as_slice(), &[("dry_run", "false"), ("_key", key.as_str())]].concat();
        let first = ended(&site, &moderator, &hand_over(&moderator, ("tin.jsonl", &row), &fields).await).await;
        assert_eq!(ended(&site, &moderator, &hand_over(&moderator, ("tin.jsonl", &row), &fields).await).await, first);
        let public = site.visitor().get("/api/v1/technologies").await.expect(200);
        assert_eq!((public["total"].as_u64(), public["items"][0]["title"].as_str()), (Some(1), Some("Máy sấy nhập hộ")));
        // The same form with another file is another import.
        let changed = hand_over(&moderator, ("tin 2.jsonl", &row), &fields).await;
        assert_ne!(ended(&site, &moderator, &changed).await, first);

        // Nobody publishes what their own party wants published: it is said, and what was typed is still there.
        let own = site.party(&moderator, "Viện Dừa", "institute").await.to_string();
        let fields = [("party", own.as_str()), ("mapping", "a = <b>"), ("dry_run", "false"), ("skip_faulty", "true"), ("publish", "true")];
        let refused = hand_over(&moderator, ("tin.jsonl", &row), &fields).await;
        assert_eq!(refused.status, 403);
        for part in [
            "Không ai tự đăng tin của tổ chức mình",
            &format!("name=\"party\" value=\"{own}\" checked"),
            "a = &#60;b&#62;",
            "name=\"dry_run\" value=\"false\" checked",
            "name=\"skip_faulty\" value=\"true\" checked",
            "name=\"publish\" value=\"true\" checked",
            "Hãy chọn lại tệp",
        ] {
            assert!(refused.text.contains(part), "{part}: {}", refused.text);
        }
        // Whoever is no moderator keeps the form as well.
        let fields = [("party", other.as_str()), ("dry_run", "false"), ("publish", "true")];
        let refused = hand_over(&owner, ("tin.jsonl", &row), &fields).await;
        assert_eq!(refused.status, 403);
        assert!(refused.text.contains("name=\"dry_run\" value=\"false\" checked"), "{}", refused.text);
        site.stop().await;
    })
    .await;
}
