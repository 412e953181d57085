//! The pages by which people keep their parties, members and accounts, and staff keep theirs, used as a browser without
//! JavaScript uses them.

use base::StaffRole;
use reqwest::Method;
use serde_json::{Value, json};

use crate::site::{Answer, Client, PASSWORD, Site, on_every_database};

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

/// The same person with the cookies of an answer, as a browser keeps them.
fn with_cookies(site: &Site, answer: &Answer) -> Client {
    let cookies: Vec<&str> = answer.headers.get_all("set-cookie").iter().map(|c| c.to_str().unwrap().split(';').next().unwrap()).collect();
    assert!(!cookies.is_empty(), "no cookie came");
    site.visitor().with("cookie", &cookies.join("; ")).with("sec-fetch-site", "same-origin")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_password_ends_the_other_sessions_and_name_and_sessions_are_kept_by_their_owner() {
    on_every_database(async |site: Site| {
        let person = site.person("lan").await;
        let other = site.visitor().sign_in("lan@example.org", PASSWORD).await;
        let hub = other.get("/account").await.text;
        for page in ["/account/password", "/account/second-factor", "/account/sessions", "/account/tokens", "/account/memberships"] {
            assert!(hub.contains(&format!("href=\"{page}\"")), "{page}");
            assert_eq!(person.get(page).await.status, 200, "{page}");
            assert_eq!(person.get(&format!("/en{page}")).await.status, 200, "/en{page}");
        }

        let seen = hidden(&hub, "_seen");
        let empty = post(&person, "/account", &[("_seen", &seen), ("name", " "), ("lang", "en")]).await;
        assert!(empty.status == 422 && empty.text.contains("href=\"#name\""));
        let edit = [("_seen", seen.as_str()), ("name", "Lan Nguyễn"), ("lang", "en")];
        assert_eq!(location(&post(&person, "/account", &edit).await), "/account?did=save");
        let late = post(&other, "/account", &[("_seen", seen.as_str()), ("name", "Lan Trần"), ("lang", "vi")]).await;
        assert!(late.status == 409 && late.text.contains("value=\"Lan Trần\""), "what was typed is kept");
        assert_eq!(person.get("/api/v1/accounts/me").await.expect(200)["name"], "Lan Nguyễn");

        // One session after the other, and not those of others.
        let third = site.visitor().sign_in("lan@example.org", PASSWORD).await;
        let id = third.get("/api/v1/session").await.expect(200)["session"]["id"].as_str().unwrap().to_owned();
        let stranger = site.person("stranger").await;
        assert_eq!(post(&stranger, "/account/sessions", &[("_do", "end"), ("session", &id)]).await.status, 404);
        assert!(person.get("/account/sessions").await.text.contains(&id));
        location(&post(&person, "/account/sessions", &[("_do", "end"), ("session", &id)]).await);
        assert_eq!(location(&third.get("/account").await), "/sign-in?next=%2Faccount");

        let fresh = "gió chướng thổi qua rặng dừa 7";
        let wrong = post(&person, "/account/password", &[("old", "không phải"), ("new", fresh)]).await;
        assert!(wrong.status == 422 && wrong.text.contains("href=\"#old\"") && !wrong.text.contains("không phải"));
        let weak = post(&person, "/account/password", &[("old", PASSWORD), ("new", "12345678")]).await;
        assert!(weak.status == 422 && weak.text.contains("href=\"#new\"") && !weak.text.contains("12345678"));
        assert_eq!(other.get("/account").await.status, 200, "nothing happened yet");
        let changed = post(&person, "/account/password", &[("old", PASSWORD), ("new", fresh)]).await;
        assert_eq!(location(&changed), "/account?did=password");
        assert_eq!(other.get("/account").await.status, 303, "the other session is over");
        assert_eq!(person.get("/account").await.status, 303, "the old secret opens nothing");
        let renewed = with_cookies(&site, &changed);
        assert!(renewed.get("/account?did=password").await.text.contains("role=\"status\""));

        site.visitor().sign_in("lan@example.org", fresh).await;
        location(&post(&renewed, "/account/sessions", &[("_do", "others")]).await);
        assert_eq!(renewed.get("/api/v1/sessions").await.expect(200)["total"], 1);
        site.stop().await;
    })
    .await;
}

/// The code an authenticator app shows for this secret now.
fn code(site: &Site, secret: &str) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
    let now = u64::try_from(site.clock.now().timestamp()).unwrap();
    totp_rs::Builder::new().with_secret(secret).build().unwrap().generate(now).to_string()
}

/// What stands in the elements of this class.
fn secrets(page: &str) -> Vec<String> {
    page.split("<code class=\"secret\">").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_factor_is_set_up_on_its_page_and_asked_for_at_the_next_sign_in() {
    on_every_database(async |site: Site| {
        let path = "/account/second-factor";
        let person = site.person("lan").await;
        let wrong = post(&person, path, &[("_do", "begin"), ("password", "nhầm")]).await;
        assert!(wrong.status == 422 && wrong.text.contains("href=\"#password-begin\""), "{}", wrong.text);
        let begun = post(&person, path, &[("_do", "begin"), ("password", PASSWORD)]).await;
        assert_eq!((begun.status.as_u16(), begun.headers["cache-control"].to_str().unwrap()), (200, "no-store"));
        assert!(begun.text.contains("<svg viewBox=\"0 0 ") && begun.text.contains("href=\"otpauth://totp/"));
        let secret = secrets(&begun.text)[0].replace(' ', "");
        assert!(!person.get(path).await.text.contains(&secret[..8]), "the secret is shown once");

        let early = post(&person, path, &[("_do", "confirm"), ("code", "000000")]).await;
        assert!(early.status == 422 && early.text.contains("href=\"#code\"") && !early.text.contains(&secret[..8]));
        let set = post(&person, path, &[("_do", "confirm"), ("code", &code(&site, &secret))]).await;
        let codes = secrets(&set.text);
        assert_eq!((set.status.as_u16(), codes.len()), (200, 10));
        let person = with_cookies(&site, &set);
        assert!(!person.get(path).await.text.contains(&codes[0]), "recovery codes are shown once");
        let again = post(&person, path, &[("_do", "begin"), ("password", PASSWORD)]).await;
        assert!(again.status == 409 && again.text.contains("role=\"alert\""));

        // The next sign-in asks for it, and until then nothing of the account can be changed.
        site.clock.advance(chrono::TimeDelta::seconds(30));
        let door = site.visitor().with("sec-fetch-site", "same-origin");
        let signed_in = post(&door, "/sign-in", &[("email", "lan@example.org"), ("password", PASSWORD)]).await;
        assert!(location(&signed_in).starts_with("/sign-in/code"));
        let half = with_cookies(&site, &signed_in);
        assert_eq!(post(&half, path, &[("_do", "remove"), ("password", PASSWORD)]).await.status, 403);
        let given = post(&half, "/sign-in/code", &[("code", &code(&site, &secret))]).await;
        let whole = with_cookies(&site, &given);
        let renewed = post(&whole, path, &[("_do", "renew"), ("password", PASSWORD)]).await;
        let fresh = secrets(&renewed.text);
        assert!(fresh.len() == 10 && fresh != codes);
        assert_eq!(location(&post(&whole, path, &[("_do", "remove"), ("password", PASSWORD)]).await), format!("{path}?did=removed"));
        site.visitor().sign_in("lan@example.org", PASSWORD).await.get("/api/v1/accounts/me").await.expect(200);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_secret_of_a_token_is_shown_once_and_opens_nothing_once_it_is_revoked() {
    on_every_database(async |site: Site| {
        let path = "/account/tokens";
        let person = site.person("lan").await;
        let wrong = post(&person, path, &[("_do", "create"), ("name", "Sàn của viện"), ("days", "mãi")]).await;
        assert_eq!(wrong.status, 422);
        for part in ["href=\"#scopes\"", "href=\"#days\"", "value=\"Sàn của viện\"", "value=\"mãi\""] {
            assert!(wrong.text.contains(part), "{part}: {}", wrong.text);
        }
        assert!(!wrong.text.contains("value=\"staff\""), "who is no staff is not offered its work");
        let forged = [("_do", "create"), ("name", "Sàn của viện"), ("days", "30"), ("scopes", "staff")];
        assert_eq!(post(&person, path, &forged).await.status, 422);
        let made = post(&person, path, &[("_do", "create"), ("name", "Sàn của viện"), ("days", "30"), ("scopes", "read")]).await;
        assert_eq!(made.status, 201);
        let secret = secrets(&made.text)[0].clone();
        let program = site.visitor().with("authorization", &format!("Bearer {secret}"));
        assert_eq!(program.get("/api/v1/accounts/me").await.status, 200);
        let list = person.get(path).await.text;
        assert!(list.contains("Sàn của viện") && !list.contains(&secret));

        let id = hidden(&list, "token");
        let stranger = site.person("stranger").await;
        assert_eq!(post(&stranger, path, &[("_do", "revoke"), ("token", &id)]).await.status, 404);
        assert!(!stranger.get(path).await.text.contains("Sàn của viện"));
        assert_eq!(location(&post(&person, path, &[("_do", "revoke"), ("token", &id)]).await), format!("{path}?did=revoked"));
        assert_eq!(program.get("/api/v1/accounts/me").await.status, 401);
        // The pages are for people: a token opens none of them.
        let program = person.with_token(&site, &["read", "write"]).await;
        assert_eq!(program.get(path).await.status, 403);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_for_a_token_that_is_sent_twice_makes_one_and_its_last_answer_has_the_secret_that_counts() {
    on_every_database(async |site: Site| {
        let path = "/account/tokens";
        let person = site.person("lan").await;
        let key = hidden(&person.get(path).await.text, "_key");
        let form = [("_do", "create"), ("_key", key.as_str()), ("name", "Sàn của viện"), ("days", "30"), ("scopes", "read")];
        let mut secret = Vec::new();
        for _ in 0..2 {
            let made = post(&person, path, &form).await;
            assert_eq!(made.status, 201, "{}", made.text);
            secret.push(secrets(&made.text)[0].clone());
        }
        assert_eq!(person.get("/api/v1/tokens").await.expect(200)["items"].as_array().unwrap().len(), 1);
        let program = |secret: &str| site.visitor().with("authorization", &format!("Bearer {secret}"));
        assert_eq!(program(&secret[0]).get("/api/v1/accounts/me").await.status, 401, "nobody ever saw it");
        assert_eq!(program(&secret[1]).get("/api/v1/accounts/me").await.status, 200);
        // Once a program uses it, no page that is loaded again takes it away.
        assert_eq!(post(&person, path, &form).await.status, 422);
        assert_eq!(program(&secret[1]).get("/api/v1/accounts/me").await.status, 200);
        // Another name is another token.
        let form = [("_do", "create"), ("_key", key.as_str()), ("name", "Báo cáo"), ("days", "30"), ("scopes", "read")];
        assert_eq!(post(&person, path, &form).await.status, 201);
        assert_eq!(person.get("/api/v1/tokens").await.expect(200)["items"].as_array().unwrap().len(), 2);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pages_of_staff_are_closed_to_others_and_to_staff_with_another_role() {
    on_every_database(async |site: Site| {
        let pages = ["/staff", "/staff/accounts", "/staff/parties", "/staff/events"];
        let outsider = site.person("outsider").await;
        let party = site.party(&outsider, "Hợp tác xã Dừa Xiêm", "cooperative").await.to_string();
        for page in pages {
            let refused = outsider.get(page).await.status.as_u16();
            assert!([403, 404].contains(&refused), "{page}: {refused}");
            assert_eq!(site.visitor().get(page).await.status, 303, "{page} leads to the door");
        }
        let verify = [("party", party.as_str()), ("_seen", "1"), ("level", "document")];
        assert_eq!(post(&outsider, "/staff/parties", &verify).await.status, 403);
        assert_eq!(post(&outsider, "/staff/events", &[]).await.status, 403);
        assert!(!outsider.get("/my").await.text.contains("href=\"/staff\""));

        // A moderator verifies and audits; accounts are not theirs, and are not linked.
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        assert!(moderator.get("/my").await.text.contains("href=\"/staff\""));
        let hub = moderator.get("/staff").await.text;
        assert!(
            hub.contains("href=\"/staff/parties\"") && hub.contains("href=\"/staff/events\"") && !hub.contains("href=\"/staff/accounts\"")
        );
        assert_eq!(moderator.get("/staff/accounts").await.status, 403);
        let broker = site.staff("broker", &[StaffRole::Broker]).await;
        // Every role has the lists of codes at hand, also one with nothing else to do there.
        for role in [StaffRole::Broker, StaffRole::Registrar] {
            let hub = site.staff(&format!("lists-{}", role.as_str()), &[role]).await.get("/staff").await;
            let main = hub.text.split("<main").nth(1).unwrap().split("</main").next().unwrap();
            assert!(hub.status == 200 && main.contains("href=\"/lists\""), "{main}");
        }
        for page in &pages[1..] {
            assert_eq!(broker.get(page).await.status, 403, "{page}");
        }

        let open = moderator.get("/staff/parties?verification=unverified").await;
        assert!(open.status == 200 && open.text.contains("Hợp tác xã Dừa Xiêm"), "{}", open.text);
        let action = "/staff/parties?verification=unverified";
        assert_eq!(location(&post(&moderator, action, &verify).await), "/staff/parties?verification=unverified&did=verify");
        assert_eq!(outsider.get(&format!("/api/v1/parties/{party}")).await.expect(200)["verification"]["level"], "document");
        let late = post(&moderator, action, &verify).await;
        assert!(late.status == 409 && late.text.contains("role=\"alert\""), "somebody was faster");
        assert!(!moderator.get(action).await.text.contains("Hợp tác xã Dừa Xiêm"));
        let unknown = [("party", party.as_str()), ("_seen", "2"), ("level", "hearsay")];
        assert_eq!(post(&moderator, "/staff/parties", &unknown).await.status, 422);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_parties_are_verified_after_a_look_each_with_how_it_went_and_the_search_stays() {
    on_every_database(async |site: Site| {
        let owner = site.person("owner").await;
        let mut ids = Vec::new();
        for name in ["Hợp tác xã Dừa Một", "Hợp tác xã Dừa Hai", "Viện Tôm"] {
            ids.push(site.party(&owner, name, "cooperative").await.to_string());
        }
        site.indexed().await;
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let list = "/staff/parties?verification=unverified&q=dua";
        let page = moderator.get(list).await.text;
        assert!(page.contains(&ids[0]) && page.contains(&ids[1]) && !page.contains(&ids[2]), "{page}");
        assert!(page.contains("name=\"q\" value=\"dua\"") && page.contains("form=\"several\" name=\"pick\""), "{page}");

        // One at a time, one comes back to what was looked for.
        let one = [("party", ids[0].as_str()), ("_seen", "1"), ("level", "email_domain")];
        assert_eq!(location(&post(&moderator, list, &one).await), format!("{list}&did=verify"));

        // A look changes nothing; whoever may not verify does not get as far.
        let at = "/staff/parties/verify";
        let look = format!("{at}?verification=unverified&q=dua&to=document&pick={}&pick={}&pick={}", ids[0], ids[1], ids[1]);
        let shown = moderator.get(&look).await.text;
        assert!(shown.contains("Hợp tác xã Dừa Một") && !shown.contains("Viện Tôm"), "{shown}");
        assert_eq!(shown.matches(&format!("name=\"pick\" value=\"{}\"", ids[1])).count(), 1, "each once: {shown}");
        let level = async |id: &str| owner.get(&format!("/api/v1/parties/{id}")).await.expect(200)["verification"]["level"].clone();
        assert_eq!((level(&ids[0]).await, level(&ids[1]).await), (json!("email_domain"), json!("unverified")));
        assert_eq!(owner.get(&look).await.status, 403);
        assert_eq!(moderator.get(&format!("{at}?to=hearsay&pick={}", ids[0])).await.status, 400);
        assert_eq!(moderator.get(&format!("{at}?to=document")).await.status, 200);

        // The first has changed since it was looked at: it is told, and the second is verified all the same.
        let names = [format!("seen:{}", ids[0]), format!("seen:{}", ids[1])];
        let fields =
            [("to", "document"), ("pick", ids[0].as_str()), (names[0].as_str(), "1"), ("pick", ids[1].as_str()), (names[1].as_str(), "1")];
        assert_eq!(post(&owner, at, &fields).await.status, 403);
        let done = post(&moderator, &format!("{at}?verification=unverified&q=dua"), &fields).await;
        assert_eq!(done.status, 200);
        assert!(done.text.contains("Chưa ghi:") && done.text.contains(">Đã ghi<"), "{}", done.text);
        assert!(done.text.contains("href=\"/staff/parties?verification=unverified&#38;q=dua\""), "{}", done.text);
        assert_eq!((level(&ids[0]).await, level(&ids[1]).await), (json!("email_domain"), json!("document")));
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn administrators_give_roles_and_shut_accounts_and_the_trail_tells_of_it() {
    on_every_database(async |site: Site| {
        let (admin, admin_id) = site.account("root", &[StaffRole::Administrator]).await;
        let (person, id) = site.account("lan", &[]).await;
        let (id, admin_id) = (id.to_string(), admin_id.to_string());
        let list = admin.get("/staff/accounts").await.text;
        assert!(list.contains("lan@example.org") && list.contains("root@example.org"));
        assert!(!admin.get("/staff/accounts?show=staff").await.text.contains("lan@example.org"));
        let version = async |id: &str| admin.get(&format!("/api/v1/accounts/{id}")).await.expect(200)["version"].to_string();

        let seen = version(&id).await;
        let roles = [("_do", "roles"), ("account", id.as_str()), ("_seen", seen.as_str()), ("roles", "moderator")];
        let here = "/staff/accounts?show=active";
        assert_eq!(location(&post(&admin, here, &roles).await), format!("{here}&did=roles"));
        assert_eq!(person.get("/account").await.status, 303, "whoever gains rights signs in anew");
        let late = post(&admin, here, &roles).await;
        assert!(late.status == 409 && late.text.contains("role=\"alert\""));

        let own = version(&admin_id).await;
        for (does, role) in [("disable", ""), ("roles", "broker")] {
            let last = [("_do", does), ("account", admin_id.as_str()), ("_seen", own.as_str()), ("roles", role)];
            let refused = post(&admin, here, &last).await;
            assert!(refused.status == 409 && refused.text.contains("ít nhất một quản trị viên"), "{does}");
        }

        let lan = site.visitor().sign_in("lan@example.org", PASSWORD).await;
        assert_eq!(lan.get("/staff/events").await.status, 200);
        let seen = version(&id).await;
        location(&post(&admin, here, &[("_do", "disable"), ("account", &id), ("_seen", &seen)]).await);
        assert_eq!(lan.get("/account").await.status, 303);
        assert!(admin.get("/staff/accounts?show=disabled").await.text.contains("value=\"enable\""));
        let seen = version(&id).await;
        location(&post(&admin, here, &[("_do", "enable"), ("account", &id), ("_seen", &seen)]).await);
        let lan = site.visitor().sign_in("lan@example.org", PASSWORD).await;

        // The trail: all, of one kind, of one thing; and whether it is whole.
        let trail = admin.get(&format!("/staff/events?subject={id}&kind=account.disabled")).await;
        assert!(trail.status == 200 && trail.text.contains("account.disabled") && !trail.text.contains(">account.enabled<"));
        assert!(trail.text.contains(">root<"), "an administrator reads who it was");
        assert!(!lan.get("/staff/events").await.text.contains(">root<"), "others read ids");
        let wrong = admin.get("/staff/events?subject=7&kind=account.disabled").await;
        assert_eq!(wrong.status, 400);
        assert!(wrong.text.contains("href=\"#subject\"") && wrong.text.contains("value=\"account.disabled\""));
        assert_eq!(admin.get("/staff/events?cursor=x").await.status, 400);
        let whole = post(&admin, "/staff/events", &[]).await;
        assert!(whole.status == 200 && whole.text.contains("Nhật ký nguyên vẹn"), "{}", whole.text);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_helps_whoever_lost_their_second_factor_and_the_person_is_told_why() {
    on_every_database(async |site: Site| {
        let admin = site.staff("root", &[StaffRole::Administrator]).await;
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let (person, id) = site.account("lan", &[]).await;
        let id = id.to_string();
        let begun = person.post("/api/v1/accounts/me/second-factor", json!({"password": PASSWORD})).await.expect(200);
        let first = code(&site, begun["secret"].as_str().unwrap());
        let set = person.post("/api/v1/accounts/me/second-factor/confirm", json!({"code": first})).await;
        assert_eq!(set.status, 200);
        let lan = with_cookies(&site, &set);
        lan.get("/api/v1/accounts/me").await.expect(200);

        // Found by a part of the address or of the name, whatever the case.
        for words in ["lan%40exam", "LAN", "L%41n"] {
            let page = admin.get(&format!("/staff/accounts?q={words}")).await.text;
            assert!(page.contains("lan@example.org") && !page.contains("root@example.org"), "{words}");
            assert_eq!(admin.get(&format!("/api/v1/accounts?q={words}")).await.expect(200)["total"], 1);
        }
        assert_eq!(moderator.get("/staff/accounts?q=lan").await.status, 403);
        let here = "/staff/accounts?q=lan";
        let page = admin.get(here).await.text;
        assert!(page.contains("có xác thực hai lớp") && page.contains("value=\"second-factor\""), "{page}");

        // With a reason, and only on what is there.
        let seen = admin.get(&format!("/api/v1/accounts/{id}")).await.expect(200)["version"].to_string();
        let form = |reason: &'static str| [("_do", "second-factor"), ("account", ""), ("_seen", ""), ("reason", reason)];
        let filled = |reason| {
            let mut form = form(reason);
            form[1].1 = id.as_str();
            form[2].1 = seen.as_str();
            form
        };
        let short = post(&admin, here, &filled("mất máy")).await;
        assert!(short.status == 422 && short.text.contains(&format!("href=\"#reason-{id}\"")) && short.text.contains(">mất máy<"));
        lan.get("/api/v1/accounts/me").await.expect(200);
        let refused = post(&moderator, here, &filled("Mất điện thoại, đã gặp tại Sở")).await;
        assert_eq!(refused.status, 404);
        let done = post(&admin, here, &filled("Mất điện thoại, đã gặp tại Sở")).await;
        assert_eq!(location(&done), format!("{here}&did=second-factor"));
        assert_eq!(lan.get("/api/v1/accounts/me").await.status, 401, "their sessions ended");
        let letter = site.letter_with("lan@example.org", "Mất điện thoại, đã gặp tại Sở").await;
        assert!(letter.contains("/account/forgot"), "{letter}");
        let page = admin.get(here).await.text;
        assert!(page.contains("Mất điện thoại") && page.contains("chưa có xác thực hai lớp"), "administrators read why: {page}");
        let said = admin.get(&format!("/api/v1/events?subject={id}&kind=account.second_factor_removed")).await.expect(200);
        assert_eq!(said["total"], 1);
        assert!(!said.to_string().contains("Mất điện thoại"), "the log holds no such text");
        let again = admin
            .post_at(&format!("/api/v1/accounts/{id}/second-factor/remove"), 4, json!({"reason": "Mất điện thoại, đã gặp tại Sở"}))
            .await;
        assert_eq!(again.status, 409, "{}", again.text);

        // The password alone opens the door again; sessions can be ended without more.
        let lan = site.visitor().sign_in("lan@example.org", PASSWORD).await;
        lan.get("/api/v1/accounts/me").await.expect(200);
        let seen = admin.get(&format!("/api/v1/accounts/{id}")).await.expect(200)["version"].to_string();
        let end = [("_do", "sessions"), ("account", id.as_str()), ("_seen", seen.as_str())];
        assert_eq!(location(&post(&admin, here, &end).await), format!("{here}&did=sessions"));
        assert_eq!(lan.get("/api/v1/accounts/me").await.status, 401);
        // Nobody takes away their own without the password.
        let own = admin.get("/api/v1/accounts/me").await.expect(200);
        let path = format!("/api/v1/accounts/{}/second-factor/remove", own["id"].as_str().unwrap());
        let body = json!({"reason": "Mất điện thoại, đã gặp tại Sở"});
        assert_eq!(admin.post_at(&path, own["version"].as_i64().unwrap(), body).await.status, 403);
        site.stop().await;
    })
    .await;
}
