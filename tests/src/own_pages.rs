//! The pages by which people keep their parties, members and accounts, and staff keep theirs, used as a browser without
//! JavaScript uses them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::site::{Answer, Client, Site, on_every_database};

async fn post(client: &Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    client.send_raw(Method::POST, path, "application/x-www-form-urlencoded", body.into_bytes()).await
}

fn location(answer: &Answer) -> &str {
    assert_eq!(answer.status, 303, "{}", answer.text);
    answer.headers["location"].to_str().unwrap()
}

/// The value of the first hidden input of this name.
fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name}: {page}"));
    rest.split('"').next().unwrap().to_owned()
}

async fn profile(client: &Client, party: &str) -> Value {
    client.get(&format!("/api/v1/parties/{party}")).await.expect(200)["profile"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_party_is_registered_once_and_edited_in_two_windows_without_losing_a_word() {
    on_every_database(async |site: Site| {
        let admin = site.person("admin").await;
        let page = admin.get("/my/parties/new").await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains("<optgroup label=\"Xã, phường (tỉnh Vĩnh Long)\">") && page.text.len() < 60_000, "{}", page.text.len());

        // What is wrong is told at its field, and what was typed is kept.
        let empty = post(&admin, "/my/parties/new", &[("/names/vi", ""), ("/party_type", ""), ("/tax_code", "123")]).await;
        assert_eq!(empty.status, 422);
        for part in ["href=\"#/names/vi\"", "href=\"#/party_type\"", "value=\"123\""] {
            assert!(empty.text.contains(part), "{part}: {}", empty.text);
        }
        let form = [("/names/vi", "Hợp tác xã Dừa Xiêm"), ("/party_type", "cooperative"), ("/tax_code", "123")];
        let wrong = post(&admin, "/my/parties/new", &form).await;
        assert_eq!(wrong.status, 422);
        for part in ["href=\"#/tax_code\"", "value=\"Hợp tác xã Dừa Xiêm\"", "value=\"cooperative\" selected"] {
            assert!(wrong.text.contains(part), "{part}: {}", wrong.text);
        }

        let key = hidden(&page.text, "_key");
        let new = [
            ("_key", key.as_str()),
            ("/names/vi", "Hợp tác xã Dừa Xiêm"),
            ("/party_type", "cooperative"),
            ("/address/province", "86"),
            ("/address/commune", "28756"),
            ("/address/street", "Số 1"),
            ("/address/street_public", "no"),
        ];
        let first = post(&admin, "/my/parties/new", &new).await;
        let party = location(&first).strip_prefix("/my?party=").unwrap().to_owned();
        assert_eq!(location(&post(&admin, "/my/parties/new", &new).await), location(&first), "sent twice, made once");
        assert_eq!(admin.get("/api/v1/memberships").await.expect(200)["total"], 1);
        assert!(admin.get("/my").await.text.contains(&format!("/my/parties/{party}")));

        // Two windows, the same version.
        let path = format!("/my/parties/{party}");
        let window = admin.get(&path).await.text;
        assert!(window.contains("name=\"/names/en\"") && window.contains("value=\"28756\" selected") && window.len() < 60_000);
        let seen = hidden(&window, "_seen");
        let one = [("_seen", seen.as_str()), ("/equipment/vi", "Máy sấy, 500 kg\nLò hơi"), ("/names/en", "Xiem Coconut Cooperative")];
        assert_eq!(location(&post(&admin, &path, &one).await), format!("{path}?did=save"));
        assert!(admin.get(&format!("{path}?did=save")).await.text.contains("role=\"status\""));
        let other = [("_seen", seen.as_str()), ("/presentation/vi", "Trồng dừa từ 1998."), ("/contact_relay", "no")];
        let late = post(&admin, &path, &other).await;
        assert_eq!(late.status, 409);
        assert!(late.text.contains("Trồng dừa từ 1998.") && late.text.contains("role=\"alert\""));
        assert!(late.text.contains("Lò hơi"), "what the other one saved is there");
        assert!(profile(&admin, &party).await["presentation"].get("vi").is_none(), "nothing was saved over it");
        // Sent again from the page that said so, it is kept beside the other change.
        let seen = hidden(&late.text, "_seen");
        let again = [("_seen", seen.as_str()), ("/presentation/vi", "Trồng dừa từ 1998."), ("/contact_relay", "no")];
        location(&post(&admin, &path, &again).await);
        let kept = profile(&admin, &party).await;
        assert_eq!(kept["equipment"]["vi"], json!(["Máy sấy, 500 kg", "Lò hơi"]));
        assert_eq!((kept["contact_relay"].clone(), kept["address"]["street"].clone()), (json!(false), json!("Số 1")));

        // A fault of the other language leads to its own section.
        let long = "x".repeat(301);
        let wrong = post(&admin, &path, &[("_seen", &seen), ("/interests/en", &long)]).await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.text.contains("href=\"#/interests/en\"") && !wrong.text.contains("href=\"#/interests/vi\""), "{}", wrong.text);

        // Nobody else edits it, and nobody learns more than the public page tells.
        let outsider = site.person("outsider").await;
        assert_eq!(outsider.get(&path).await.status, 403);
        assert_eq!(post(&outsider, &path, &again).await.status, 403);
        assert_eq!(admin.get("/my/parties/0190a6f2-0000-7000-8000-000000000000").await.status, 404);
        assert_eq!(admin.get("/my/parties/nothing").await.status, 404);
        let door = site.visitor().get("/my/parties/new").await;
        assert_eq!(location(&door), "/sign-in?next=%2Fmy%2Fparties%2Fnew");
        site.stop().await;
    })
    .await;
}

/// The first membership of a party whose row says this.
async fn membership(admin: &Client, party: &str, email: &str) -> (String, i64) {
    let all = admin.get(&format!("/api/v1/parties/{party}/memberships")).await.expect(200);
    let row = all["items"].as_array().unwrap().iter().find(|m| m["email"] == email).unwrap_or_else(|| panic!("{email}: {all}")).clone();
    (row["id"].as_str().unwrap().to_owned(), row["version"].as_i64().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_is_invited_accepts_and_is_confirmed_and_the_last_admin_stays() {
    on_every_database(async |site: Site| {
        let admin = site.person("admin").await;
        let guest = site.person("guest").await;
        let party = site.party(&admin, "Hợp tác xã Dừa Xiêm", "cooperative").await.to_string();
        let path = format!("/my/parties/{party}/members");

        // Nobody outside sees who acts for a party, and nobody outside invites.
        assert_eq!(guest.get(&path).await.status, 403);
        let invitation = [("_do", "invite"), ("email", "guest@example.org"), ("roles", "editor")];
        assert_eq!(post(&guest, &path, &invitation).await.status, 403);

        let wrong = post(&admin, &path, &[("_do", "invite"), ("email", "no address")]).await;
        assert_eq!(wrong.status, 422);
        for part in ["href=\"#email\"", "href=\"#roles\"", "value=\"no address\""] {
            assert!(wrong.text.contains(part), "{part}: {}", wrong.text);
        }
        assert_eq!(location(&post(&admin, &path, &invitation).await), format!("{path}?did=invite"));
        assert!(site.letter_to("guest@example.org").await.contains("/account/memberships"));
        let twice = post(&admin, &path, &invitation).await;
        assert!(twice.status == 422 && twice.text.contains("href=\"#email\""));

        let (id, seen) = membership(&admin, &party, "guest@example.org").await;
        let seen = seen.to_string();
        let invited = admin.get(&path).await.text;
        assert!(!invited.contains("value=\"confirm\""), "nobody is confirmed who did not accept");
        let early = post(&admin, &path, &[("_do", "confirm"), ("membership", &id), ("_seen", &seen)]).await;
        assert_eq!(early.status, 409);
        assert!(early.text.contains("role=\"alert\""));
        location(&post(&guest, "/account/memberships", &[("membership", &id), ("step", "accept")]).await);
        // What the admin saw is over, so it is told and nothing happens.
        assert_eq!(post(&admin, &path, &[("_do", "confirm"), ("membership", &id), ("_seen", &seen)]).await.status, 409);
        let seen = membership(&admin, &party, "guest@example.org").await.1.to_string();
        assert_eq!(
            location(&post(&admin, &path, &[("_do", "confirm"), ("membership", &id), ("_seen", &seen)]).await),
            format!("{path}?did=confirm")
        );

        // A member who is no admin reads the list and changes nothing.
        let read = guest.get(&path).await;
        assert_eq!(read.status, 200);
        assert!(read.text.contains("admin@example.org") && !read.text.contains("name=\"_do\""));
        let seen = membership(&admin, &party, "guest@example.org").await.1.to_string();
        let roles = [("_do", "roles"), ("membership", id.as_str()), ("_seen", seen.as_str()), ("roles", "viewer"), ("roles", "signatory")];
        assert_eq!(post(&guest, &path, &roles).await.status, 403);
        location(&post(&admin, &path, &roles).await);
        let none = [("_do", "roles"), ("membership", id.as_str()), ("_seen", "99")];
        assert_eq!(post(&admin, &path, &none).await.status, 409);

        // The last admin neither goes nor loses the role.
        let (own, seen) = membership(&admin, &party, "admin@example.org").await;
        let seen = seen.to_string();
        for does in ["remove", "suspend"] {
            let last = post(&admin, &path, &[("_do", does), ("membership", &own), ("_seen", &seen)]).await;
            assert_eq!(last.status, 409, "{does}");
            assert!(last.text.contains("ít nhất một quản trị viên"), "{}", last.text);
        }
        let demoted = [("_do", "roles"), ("membership", own.as_str()), ("_seen", seen.as_str()), ("roles", "viewer")];
        assert_eq!(post(&admin, &path, &demoted).await.status, 409);
        let seen = membership(&admin, &party, "guest@example.org").await.1.to_string();
        location(&post(&admin, &path, &[("_do", "remove"), ("membership", &id), ("_seen", &seen)]).await);
        assert_eq!(guest.get(&path).await.status, 403);
        assert_eq!(post(&admin, &path, &[("_do", "rule"), ("membership", &id), ("_seen", "1")]).await.status, 400);
        site.stop().await;
    })
    .await;
}
