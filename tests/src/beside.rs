//! What is wrong with a form stands beside its inputs, too: each fault that the summary leads to is told by its input.

use base::StaffRole;
use reqwest::Method;
use serde_json::json;

use crate::main_job::{need, publish};
use crate::site::{Answer, Client, PASSWORD, Site, on_every_database};

async fn post(client: &Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    client.send_raw(Method::POST, path, "application/x-www-form-urlencoded", body.into_bytes()).await
}

/// The element with this id, from its `<` to its `>`.
fn element<'a>(page: &'a str, id: &str) -> &'a str {
    let at = page.find(&format!(" id=\"{id}\"")).unwrap_or_else(|| panic!("no {id}: {page}"));
    let from = page[..at].rfind('<').unwrap();
    &page[from..at + page[at..].find('>').unwrap()]
}

/// Holds that the page faults these inputs, and each of them so that whoever comes to it hears why.
fn told_beside(answer: &Answer, status: u16, inputs: &[&str]) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
    let (_, summary) = answer.text.split_once("class=\"error-summary\"").unwrap_or_else(|| panic!("{}", answer.text));
    let summary = summary.split("</div>").next().unwrap();
    for id in inputs {
        assert!(summary.contains(&format!("href=\"#{id}\"")), "{id}: {summary}");
        let input = element(&answer.text, id);
        let described = input.split("aria-describedby=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
        assert!(input.contains("aria-invalid=\"true\""), "{input}");
        for part in described.split(' ') {
            assert_eq!(answer.text.matches(&format!(" id=\"{part}\"")).count(), 1, "{part}: {input}");
        }
        let fault = format!("fault:{id}");
        assert!(described.split(' ').any(|part| part == fault), "{input}");
        assert!(element(&answer.text, &fault).starts_with("<p class=\"fault\""), "{fault}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_makes_an_account_reads_the_rule_for_passwords_before_and_beside_what_is_wrong() {
    on_every_database(async |site: Site| {
        let visitor = site.visitor().with("sec-fetch-site", "same-origin");
        for path in ["/account/sign-up", "/en/account/sign-up", "/account/reset?token=x"] {
            let page = visitor.get(path).await.text;
            let input = element(&page, "password");
            assert!(input.contains("aria-describedby=\"hint:password\"") && !input.contains("aria-invalid"), "{path}: {input}");
            let hint = page.split("id=\"hint:password\">").nth(1).unwrap().split('<').next().unwrap();
            assert!(hint.contains('8'), "{path}: {hint}");
        }
        let fields = [("name", ""), ("email", "no address"), ("password", "short")];
        told_beside(&post(&visitor, "/account/sign-up", &fields).await, 422, &["name", "email", "password"]);
        told_beside(&post(&visitor, "/account/forgot", &[("email", "no address")]).await, 422, &["email"]);
        site.account("lan", &[]).await;
        assert_eq!(post(&visitor, "/account/forgot", &[("email", "lan@example.org")]).await.status, 202);
        let letter = site.letter_with("lan@example.org", "/account/reset").await;
        let token: String = letter.split("token=").nth(1).unwrap().chars().take_while(|c| !c.is_whitespace()).collect();
        told_beside(&post(&visitor, "/account/reset", &[("token", &token), ("password", "short")]).await, 422, &["password"]);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_ones_account_members_and_listings_stands_beside_its_input() {
    on_every_database(async |site: Site| {
        let person = site.person("lan").await;
        told_beside(&post(&person, "/account", &[("name", ""), ("lang", "vi"), ("_seen", "1")]).await, 422, &["name"]);
        told_beside(&post(&person, "/account/password", &[("old", "nhầm"), ("new", PASSWORD)]).await, 422, &["old"]);
        told_beside(&post(&person, "/account/password", &[("old", PASSWORD), ("new", "short")]).await, 422, &["new"]);
        let begin = [("_do", "begin"), ("password", "nhầm")];
        told_beside(&post(&person, "/account/second-factor", &begin).await, 422, &["password-begin"]);
        let begun = post(&person, "/account/second-factor", &[("_do", "begin"), ("password", PASSWORD)]).await;
        assert_eq!(begun.status, 200, "{}", begun.text);
        told_beside(&post(&person, "/account/second-factor", &[("_do", "confirm"), ("code", "000000")]).await, 422, &["code"]);
        let token = [("_do", "create"), ("_key", "k"), ("name", ""), ("days", "0")];
        told_beside(&post(&person, "/account/tokens", &token).await, 422, &["name", "scopes", "days"]);

        let party = site.party(&person, "Hợp tác xã Dừa", "cooperative").await;
        let invite = [("_do", "invite"), ("email", "no address")];
        told_beside(&post(&person, &format!("/my/parties/{party}/members"), &invite).await, 422, &["email", "roles"]);
        let moderator = site.staff("duyet", &[StaffRole::Moderator]).await;
        let made = person.post("/api/v1/needs", json!({"party": party, "content": need()})).await.expect(201);
        let id = made["id"].as_str().unwrap().to_owned();
        let submitted = person.post_at(&format!("/api/v1/listings/{id}/transitions"), 1, json!({"step": "submit"})).await.expect(200);
        let seen = publish(&moderator, &id, submitted["version"].as_i64().unwrap()).await.to_string();
        let withdraw = [("_seen", seen.as_str()), ("step", "withdraw"), ("/outcome/solved_by", "CN-1999-000001")];
        let refused = post(&person, &format!("/my/listings/{id}/steps"), &withdraw).await;
        told_beside(&refused, 422, &["/outcome/result"]);
        assert!(refused.text.contains("id=\"withdraw\" open"), "{}", refused.text);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_a_form_of_the_staff_stands_beside_its_input() {
    on_every_database(async |site: Site| {
        let administrator = site.staff("quan-tri", &[StaffRole::Administrator, StaffRole::Moderator]).await;
        let trail = administrator.get("/staff/events?from=24/11&subject=x&actor=y&to=z").await;
        told_beside(&trail, 400, &["from", "subject", "actor", "to"]);
        let owner = site.person("lan").await;
        let party = site.party(&owner, "Viện Dừa", "institute").await.to_string();
        let page = administrator.get("/staff/parties").await.text;
        let form = page.split(&format!("name=\"party\" value=\"{party}\"")).nth(1).unwrap();
        let seen = form.split("name=\"_seen\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let fields = [("party", party.as_str()), ("_seen", seen), ("level", "by_heart")];
        told_beside(&post(&administrator, "/staff/parties", &fields).await, 422, &[&format!("level-{party}")]);
        site.stop().await;
    })
    .await;
}
