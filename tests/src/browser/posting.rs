//! From nobody to a published technology, and a need from a phone.

use std::time::Instant;

use base::{Lang, StaffRole};
use serde_json::json;
use thirtyfour::Key;

use super::{Browser, DESKTOP, PHONE, Window, journey};
use crate::main_job::{publish, technology};
use crate::site::{PASSWORD, Site, until};

/// Fills the steps of a technology from its description on; ends in the last one.
pub(super) async fn fill_what_is_behind_the_problem(window: &Window) {
    window.write("/description/vi", "Hai trục gai quay ngược chiều.").await;
    next(window, 3).await;
    window.write("/advantages/0/metric/vi", "Năng suất").await;
    window.write("/advantages/0/baseline", "120").await;
    window.write("/advantages/0/offered", "1.200,5").await;
    window.write("/advantages/0/unit", "quả/h").await;
    window.choose("/trl", "7").await;
    next(window, 4).await;
    window.choose("/ipr_status", "granted").await;
    window.write("/owners/0/name", "Viện Dừa").await;
    window.write("/owners/0/share_bp", "100").await;
    next(window, 5).await;
    window.choose("/cooperation", "licence").await;
    window.choose("/partner_types", "enterprise").await;
    window.write("/partner_role/vi", "Lắp tại xưởng và chạy thử.").await;
    next(window, 6).await;
}

/// Fills the six steps of a technology, as an institute does; ends at its desk.
async fn post_a_technology(window: &Window) {
    window.open("/post").await;
    window.click("main a.door[href$=\"/post/technologies\"]").await;
    window.write("/title/vi", "Máy tách vỏ dừa khô tự động").await;
    window.write("/summary/vi", "Tách vỏ 600 quả mỗi giờ, thay cho dao tay.").await;
    window.write("/keywords/vi", "tách vỏ, dừa khô").await;
    window.choose("/field", "21101").await;
    next(window, 2).await;
    window.write("/problem/vi", "Tách bằng dao chậm và dễ đứt tay.").await;
    fill_what_is_behind_the_problem(window).await;
    window.press("_do", "close").await;
    window.at("the desk", is_desk).await;
}

/// Whether an address is that of a desk.
fn is_desk(path: &str) -> bool {
    path.strip_prefix("/my/listings/").is_some_and(|rest| !rest.contains('/'))
}

pub(super) async fn next(window: &Window, step: usize) {
    window.press("_do", "next").await;
    window.at(&format!("step {step}"), |path| path.contains(&format!("/edit/{step}"))).await;
}

/// Hands the listing in from its desk.
pub(super) async fn submit(window: &Window) {
    window.press("step", "submit").await;
    window.see(".badge.s-submitted").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_institute_signs_up_posts_mends_what_staff_ask_for_and_is_found() {
    journey("posting", async |site: &Site, browser: &Browser| {
        site.staff("moderator", &[StaffRole::Moderator]).await;
        let author = browser.window(DESKTOP).await;
        author.open("/").await;
        author.follow(Lang::Vi, "sign-in").await;
        author.follow(Lang::Vi, "account-sign-up-link").await;
        author.write("name", "Lan").await;
        author.write("email", "lan@example.org").await;
        author.write("password", PASSWORD).await;
        author.follow(Lang::Vi, "account-sign-up-button").await;
        let letter = site.letter_with("lan@example.org", "/account/confirm").await;
        let link: String = letter[letter.find("/account/confirm").unwrap()..].chars().take_while(|c| !c.is_whitespace()).collect();
        author.open(&link).await;
        author.click("main form[method=\"post\"] button[type=\"submit\"]").await;
        until("the address is confirmed", async || author.ask("return !document.querySelector('main input[name=token]')").await == true)
            .await;
        author.open("/sign-in?next=/my").await;
        author.sign_in("lan@example.org", PASSWORD).await;
        author.open("/my/parties/new").await;
        author.write("/names/vi", "Viện Dừa").await;
        author.choose("/party_type", "institute").await;
        author.choose("/address/province", "86").await;
        author.follow(Lang::Vi, "profile-register").await;
        author.at("what one has", |path| path.starts_with("/my?party=")).await;

        // Staff verify the institute.
        let staff = browser.window(DESKTOP).await;
        staff.open("/sign-in?next=/staff/parties").await;
        staff.sign_in("moderator@example.org", PASSWORD).await;
        staff.click("main .people summary").await;
        staff.choose("level", "document").await;
        staff.follow(Lang::Vi, "staff-verify-do").await;
        staff.at("done", |path| path.contains("did=verify")).await;
        staff.see("main .people .badge.m-confirmed").await;

        post_a_technology(&author).await;
        let desk = author.path().await;
        submit(&author).await;

        // Staff ask for a change at a field.
        staff.open("/review").await;
        staff.click("main .list tbody a").await;
        staff.press("decision", "claim").await;
        staff.see("main button[value=\"request_changes\"]").await;
        let review = staff.path().await;
        let note = "main textarea[name=\"note:/summary\"]";
        if !staff.sees(note).await {
            staff.click("tr:has(textarea[name=\"note:/summary\"]) summary").await;
        }
        staff.write("note:/summary", "Nêu công suất điện.").await;
        staff.press("decision", "request_changes").await;
        staff.at("the queue", |path| path == "/review").await;

        // The institute reads it on the desk, goes to the field, mends it and hands in again.
        author.open(&desk).await;
        author.reads("Nêu công suất điện.").await;
        author.click("main .notice.amber a").await;
        author.at("a step", |path| path.contains("/edit/1")).await;
        author.write("/summary/vi", "Tách vỏ 600 quả mỗi giờ với 2,2 kW, thay cho dao tay.").await;
        author.press("_do", "close").await;
        author.at("the desk", is_desk).await;
        submit(&author).await;

        // A visitor is waiting for it.
        let visitor = browser.window(DESKTOP).await;
        visitor.open("/search?q=may+tach+vo+dua").await;
        assert!(!visitor.text().await.contains("Máy tách vỏ dừa khô tự động"));
        staff.open(&review).await;
        staff.press("decision", "claim").await;
        for criterion in ["innovation_or_need", "clarity", "partner_ask", "language"] {
            staff.choose(&format!("score:{criterion}"), "4").await;
        }
        staff.press("decision", "publish").await;
        let page = staff.at("the public page", |path| path.starts_with("/technologies/")).await;
        let published = Instant::now();
        until("a visitor finds it", async || {
            visitor.open("/search?q=may+tach+vo+dua").await;
            visitor.sees(&format!(".hits h2 a[href=\"{page}\"]")).await
        })
        .await;
        println!("a visitor found it {} ms after it was published (the aim is 2,000 ms)", published.elapsed().as_millis());
        visitor.click(".hits h2 a").await;
        visitor.reads("2,2 kW").await;
        for window in [&author, &staff, &visitor] {
            assert_eq!(window.complaints().await, Vec::<String>::new());
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_business_posts_a_need_on_a_phone_and_sees_who_may_solve_it() {
    journey("need-on-a-phone", async |site: &Site, browser: &Browser| {
        let firm = site.person("firm").await;
        site.party(&firm, "Công ty Dừa", "enterprise").await;
        // Somebody has what will be needed.
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let institute = site.person("institute").await;
        let party = site.party(&institute, "Viện Dừa", "institute").await;
        let offer = json!({"party": party, "content": technology("Máy sấy cơm dừa bơm nhiệt")});
        let offer = institute.post("/api/v1/technologies", offer).await.expect(201)["id"].as_str().unwrap().to_owned();
        let steps = format!("/api/v1/listings/{offer}/transitions");
        let seen = institute.post_at(&steps, 1, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
        publish(&moderator, &offer, seen).await;
        let window = browser.window(PHONE).await;
        window.open("/post/needs").await;
        window.sign_in("firm@example.org", PASSWORD).await;
        window.at("the first step", |path| path == "/post/needs").await;
        window.write("/title/vi", "Cần máy sấy cơm dừa nhanh hơn").await;
        let mut step = 1;
        // Whatever is asked for is filled where it stands, page by page, until the desk is there.
        let answers = [
            ("/problem/vi", "Lò than sấy cơm dừa mất 14 giờ một mẻ, sản phẩm bị vàng."),
            ("/keywords/vi", "sấy, cơm dừa"),
            ("/targets/0/metric/vi", "Thời gian sấy một mẻ"),
            ("/targets/0/today", "14"),
            ("/targets/0/target", "6"),
            ("/targets/0/unit", "h"),
        ];
        let choices = [
            ("/field", "21101"),
            ("/targets/0/direction", "at_most"),
            ("/targets/0/priority", "must"),
            ("/cooperation", "licence"),
            ("/partner_types", "institute"),
            ("/anonymity", "named"),
        ];
        loop {
            for (name, text) in answers {
                if window.has(name).await {
                    window.write(name, text).await;
                }
            }
            for (name, value) in choices {
                if window.has(name).await {
                    window.choose(name, value).await;
                }
            }
            let wide = window.ask("return document.documentElement.scrollWidth").await;
            assert_eq!(wide, 390, "step {step}");
            let before = window.path().await;
            window.press("_do", "next").await;
            // The first step may have gone on to the address of its draft meanwhile.
            let now = window.at("the next step", |path| path != before && !path.ends_with("/edit/1")).await;
            step += 1;
            if is_desk(&now) {
                break;
            }
            assert!(step < 12, "{now}");
        }
        submit(&window).await;

        // Once it is public, the business sees who may solve it, and why.
        let desk = window.path().await;
        let id = desk.rsplit('/').next().unwrap();
        let seen = firm.get(&format!("/api/v1/needs/{id}")).await.expect(200)["inside"]["version"].as_i64().unwrap();
        publish(&moderator, id, seen).await;
        site.indexed().await;
        window.open(&desk).await;
        window.click("main a[href$=\"/matches\"]").await;
        window.at("its matches", |path| path.starts_with("/needs/") && path.ends_with("/matches")).await;
        assert!(window.see(".pairs .hit h2 a").await.text().await.unwrap().contains("Máy sấy cơm dừa bơm nhiệt"));
        window.see(".pairs .hit .reasons li").await;
        assert_eq!(window.ask("return document.documentElement.scrollWidth").await, 390);
        assert_eq!(window.complaints().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_that_is_saving_itself_is_not_in_the_way_of_saving_it() {
    journey("saving-itself", async |site: &Site, browser: &Browser| {
        let author = site.person("author").await;
        site.party(&author, "Viện Dừa", "institute").await;
        let window = browser.window(DESKTOP).await;
        window.signed_in(&author).await;
        window.open("/post/technologies").await;
        window.write("/title/vi", "Máy tách vỏ dừa").await;
        next(&window, 2).await;
        // A slow line, so that the form is still saving itself when the button is pressed.
        window.slow_line().await;
        window.write("/problem/vi", "Tách bằng dao chậm.").await;
        window.write("/description/vi", "Hai trục gai.").await;
        window.key(Key::Tab).await;
        until("the form saves itself", async || window.ask("return !!document.querySelector('#sheet.htmx-request')").await == true).await;
        next(&window, 3).await;
        assert_eq!(window.complaints().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_step_of_something_new_is_checked_and_kept_as_it_is_written() {
    journey("first-step", async |site: &Site, browser: &Browser| {
        let author = site.person("author").await;
        site.party(&author, "Viện Dừa", "institute").await;
        let window = browser.window(DESKTOP).await;
        window.signed_in(&author).await;
        window.open("/post/technologies").await;
        window.write("/title/vi", "Máy tách vỏ dừa").await;
        window.write("/summary/vi", "Tách vỏ 600 quả mỗi giờ.").await;
        // The draft has an address; who writes goes on where they are.
        let first = window.at("the draft", |path| path.starts_with("/my/listings/") && path.ends_with("/edit/1")).await;
        assert_eq!(window.ask("return document.activeElement.name").await, "/summary/vi");
        assert_eq!(window.ask("return document.getElementsByName('/summary/vi')[0].value").await, "Tách vỏ 600 quả mỗi giờ.");
        window.key(Key::Tab).await;
        let id = first.split('/').nth(3).unwrap().to_owned();
        until("the summary is kept", async || {
            let kept = author.get(&format!("/api/v1/technologies/{id}")).await.expect(200);
            kept["content"]["summary"]["vi"]["text"] == "Tách vỏ 600 quả mỗi giờ."
        })
        .await;
        window.press("_do", "next").await;
        let second = window.at("step 2", |path| path.contains("/edit/2")).await;
        assert_eq!(second.split('/').nth(3), Some(id.as_str()), "one draft and no other");
        assert_eq!(window.complaints().await, Vec::<String>::new());
    })
    .await;
}
