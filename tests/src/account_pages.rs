//! The pages that letters lead to, used as a browser without JavaScript uses them.

use reqwest::Method;

use crate::site::{Answer, Client, PASSWORD, Site, on_every_database};
use serde_json::json;

async fn post(client: &Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    client.send_raw(Method::POST, path, "application/x-www-form-urlencoded", body.into_bytes()).await
}

/// The page and token of the link in a letter.
async fn link(site: &Site, email: &str, page: &str) -> (String, String) {
    let letter = site.letter_with(email, page).await;
    let at = letter.find(page).expect(&letter);
    let path: String = letter[at..].chars().take_while(|c| !c.is_whitespace()).collect();
    let token = path.split_once("token=").expect(&path).1.to_owned();
    (path, token)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_signs_up_confirms_and_sets_a_new_password_on_the_pages_of_the_letters() {
    on_every_database(async |site: Site| {
        let visitor = site.visitor().with("sec-fetch-site", "same-origin");
        for page in ["/account/sign-up", "/en/account/sign-up", "/account/forgot", "/account/reset?token=x", "/account/confirm?token=x"] {
            let answer = visitor.get(page).await;
            assert_eq!(answer.status, 200, "{page}");
            assert!(answer.text.contains("<form class=\"form\" method=\"post\""), "{page}");
        }
        let sign_in = visitor.get("/sign-in").await.text;
        assert!(sign_in.contains("href=\"/account/forgot\"") && sign_in.contains("href=\"/account/sign-up\""));

        // What is wrong is said at its field, and what was typed is kept; a password never comes back.
        let wrong = post(&visitor, "/account/sign-up", &[("name", "Lan"), ("email", "no address"), ("password", "short7x")]).await;
        assert_eq!(wrong.status, 422);
        for part in ["href=\"#email\"", "href=\"#password\"", "value=\"Lan\"", "value=\"no address\""] {
            assert!(wrong.text.contains(part), "{part}: {}", wrong.text);
        }
        assert!(!wrong.text.contains("short7x"));

        let fields = [("name", "Lan"), ("email", "lan@example.org"), ("password", PASSWORD)];
        assert_eq!(post(&visitor, "/account/sign-up", &fields).await.status, 202);
        let (page, token) = link(&site, "lan@example.org", "/account/confirm").await;
        // Opening the link, as mail scanners do, confirms nothing.
        assert!(visitor.get(&page).await.text.contains(&format!("name=\"token\" value=\"{token}\"")));
        assert_eq!(post(&visitor, "/sign-in", &[("email", "lan@example.org"), ("password", PASSWORD)]).await.status, 403);
        assert_eq!(post(&visitor, "/account/confirm", &[("token", &token)]).await.status, 200);
        let again = post(&visitor, "/account/confirm", &[("token", &token)]).await;
        assert_eq!(again.status, 410);
        assert!(again.text.contains("href=\"/account/resend\"") && again.text.contains("href=\"/sign-in\""), "it offers a new one");
        assert_eq!(post(&visitor, "/sign-in", &[("email", "lan@example.org"), ("password", PASSWORD)]).await.status, 303);

        for email in ["", "no address"] {
            let wrong = post(&visitor, "/account/forgot", &[("email", email)]).await;
            assert_eq!(wrong.status, 422);
            assert!(wrong.text.contains("href=\"#email\""));
        }
        // The answer is the same whether or not there is such an account.
        let known = post(&visitor, "/account/forgot", &[("email", "lan@example.org")]).await;
        let unknown = post(&visitor, "/account/forgot", &[("email", "nobody@example.org")]).await;
        assert_eq!((known.status.as_u16(), &known.text), (202, &unknown.text));
        let (_, token) = link(&site, "lan@example.org", "/account/reset").await;
        let weak = post(&visitor, "/account/reset", &[("token", &token), ("password", "12345678")]).await;
        assert_eq!(weak.status, 422);
        assert!(weak.text.contains(&token), "the link is still good");
        let fresh = "gió chướng thổi qua rặng dừa 7";
        assert_eq!(post(&visitor, "/account/reset", &[("token", &token), ("password", fresh)]).await.status, 200);
        assert_eq!(post(&visitor, "/sign-in", &[("email", "lan@example.org"), ("password", PASSWORD)]).await.status, 401);
        assert_eq!(post(&visitor, "/sign-in", &[("email", "lan@example.org"), ("password", fresh)]).await.status, 303);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_lost_the_letter_that_confirms_an_address_is_sent_another_and_nobody_learns_who_has_an_account() {
    on_every_database(async |site: Site| {
        let visitor = site.visitor().with("sec-fetch-site", "same-origin");
        let there = "/post/needs";
        let fields = [("name", "Lan"), ("email", "lan@example.org"), ("password", PASSWORD)];
        assert_eq!(post(&visitor, "/account/sign-up", &fields).await.status, 202);
        let (_, first) = link(&site, "lan@example.org", "/account/confirm").await;

        // The door says where; an address is never told to be known.
        let door = post(&visitor, "/sign-in", &[("email", "lan@example.org"), ("password", PASSWORD), ("next", there)]).await;
        assert_eq!(door.status, 403);
        let way = "/account/resend?next=%2Fpost%2Fneeds";
        assert!(door.text.contains(&format!("href=\"{way}\"")), "{}", door.text);
        let wrong = post(&visitor, "/sign-in", &[("email", "lan@example.org"), ("password", "nhầm lẫn rồi")]).await;
        assert!(wrong.status == 401 && !wrong.text.contains("/account/resend"));
        for lang in ["", "/en"] {
            let page = visitor.get(&format!("{lang}{way}")).await;
            assert!(page.status == 200 && page.text.contains("name=\"next\" value=\"/post/needs\""), "{}", page.text);
        }
        assert_eq!(post(&visitor, "/account/resend", &[("email", "no address")]).await.status, 422);
        let unknown = post(&visitor, "/account/resend", &[("email", "nobody@example.org")]).await;
        let known = post(&visitor, "/account/resend", &[("email", "lan@example.org"), ("next", there)]).await;
        assert_eq!((known.status.as_u16(), &known.text), (202, &unknown.text));
        site.settled().await;
        assert!(site.letters_of("nobody@example.org").is_empty());

        // The new letter confirms, and leads on.
        let letter = site.letter_with("lan@example.org", "&next=%2Fpost%2Fneeds").await;
        let token = letter.split_once("&next=").unwrap().0.rsplit("token=").next().unwrap();
        assert_ne!(token, first);
        assert_eq!(post(&visitor, "/account/confirm", &[("token", token)]).await.status, 200);
        site.settled().await;
        let letters = site.letters_of("lan@example.org").len();
        assert_eq!(post(&visitor, "/account/resend", &[("email", "lan@example.org")]).await.status, 202);
        site.settled().await;
        assert_eq!(site.letters_of("lan@example.org").len(), letters, "who is confirmed is sent nothing");
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_is_answered_on_its_page() {
    on_every_database(async |site: Site| {
        let admin = site.person("admin").await;
        let guest = site.person("guest").await;
        let party = site.party(&admin, "Hợp tác xã Dừa Xiêm", "cooperative").await;
        let invitation = json!({"email": "guest@example.org", "roles": ["editor"]});
        admin.post(&format!("/api/v1/parties/{party}/memberships"), invitation).await.expect(201);

        let door = site.visitor().get("/account/memberships").await;
        assert_eq!((door.status.as_u16(), door.headers["location"].to_str().unwrap()), (303, "/sign-in?next=%2Faccount%2Fmemberships"));
        let page = guest.get("/account/memberships").await;
        assert!(page.text.contains("Hợp tác xã Dừa Xiêm"), "{}", page.text);
        let id = guest.get("/api/v1/memberships").await.expect(200)["items"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(post(&admin, "/account/memberships", &[("membership", &id), ("step", "accept")]).await.status, 403);
        assert_eq!(post(&guest, "/account/memberships", &[("membership", &id), ("step", "accept")]).await.status, 303);
        assert_eq!(guest.get("/api/v1/memberships").await.expect(200)["items"][0]["status"], "accepted");
        // A second time it is no step any more, and the page says so.
        let twice = post(&guest, "/account/memberships", &[("membership", &id), ("step", "accept")]).await;
        assert_eq!(twice.status, 409);
        assert!(twice.text.contains("role=\"alert\""));
        assert_eq!(post(&guest, "/account/memberships", &[("membership", &id), ("step", "rule")]).await.status, 400);
        assert_eq!(post(&guest, "/en/account/memberships", &[("membership", &id), ("step", "leave")]).await.status, 303);
        assert_eq!(guest.get("/api/v1/memberships").await.expect(200)["total"], 0);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_makes_an_account_on_the_way_to_a_page_comes_there() {
    on_every_database(async |site: Site| {
        let visitor = site.visitor().with("sec-fetch-site", "same-origin");
        // From the page that asks who one is, over every page on the way, to the link in the letter.
        let there = "/post/needs?title=M%C3%A1y+s%E1%BA%A5y";
        let door = visitor.get(there).await.headers["location"].to_str().unwrap().to_owned();
        let carried: String = form_urlencoded::byte_serialize(there.as_bytes()).collect();
        assert_eq!(door, format!("/sign-in?next={carried}"));
        let page = visitor.get(&door).await.text;
        for way in ["/account/sign-up", "/account/forgot"] {
            assert!(page.contains(&format!("href=\"{way}?next={carried}\"")), "{way}: {page}");
        }
        let hidden = format!("name=\"next\" value=\"{there}\"");
        let form = visitor.get(&format!("/account/sign-up?next={carried}")).await.text;
        assert!(form.contains(&hidden) && form.contains(&format!("href=\"/sign-in?next={carried}\"")), "{form}");
        let wrong = post(&visitor, "/account/sign-up", &[("name", "Lan"), ("email", "lan"), ("password", "x"), ("next", there)]).await;
        assert!(wrong.status == 422 && wrong.text.contains(&hidden), "{}", wrong.text);
        let fields = [("name", "Lan"), ("email", "lan@example.org"), ("password", PASSWORD), ("next", there)];
        assert_eq!(post(&visitor, "/account/sign-up", &fields).await.status, 202);
        let (path, rest) = link(&site, "lan@example.org", "/account/confirm").await;
        let (token, next) = rest.split_once("&next=").unwrap();
        assert_eq!(next, carried);
        assert!(visitor.get(&path).await.text.contains(&hidden));
        let done = post(&visitor, "/account/confirm", &[("token", token), ("next", there)]).await;
        assert!(done.status == 200 && done.text.contains(&format!("href=\"/sign-in?next={carried}\"")), "{}", done.text);

        // The same for whoever forgot the password.
        assert_eq!(post(&visitor, "/account/forgot", &[("email", "lan@example.org"), ("next", there)]).await.status, 202);
        let (_, rest) = link(&site, "lan@example.org", "/account/reset").await;
        let (token, next) = rest.split_once("&next=").unwrap();
        assert_eq!(next, carried);
        let fields = [("token", token), ("password", "cây cầu mới xây 2027"), ("next", there)];
        let done = post(&visitor, "/account/reset", &fields).await;
        assert!(done.status == 200 && done.text.contains(&format!("href=\"/sign-in?next={carried}\"")), "{}", done.text);

        // Another house is no page of ours, in no letter either; nor is an address that is too long for one.
        for (n, elsewhere) in ["https://evil.example/", "//evil.example", &format!("/{}", "x".repeat(600))].into_iter().enumerate() {
            let email = format!("someone{n}@example.org");
            let fields = [("name", "Mai"), ("email", email.as_str()), ("password", PASSWORD), ("next", elsewhere)];
            assert_eq!(post(&visitor, "/account/sign-up", &fields).await.status, 202, "{elsewhere}");
            assert!(!link(&site, &email, "/account/confirm").await.0.contains("next"), "{elsewhere}");
        }
        site.stop().await;
    })
    .await;
}
